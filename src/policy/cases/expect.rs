//! What a case expects, and how that compares with what came out.

use super::json::{Json, Node};
use super::reading::Reading;
use super::{About, Difference};
use crate::diagnostic::{Code, Span};
use crate::incident::{
    Classification, DefenderStatus, Determination, Field, Reason, SentinelClassification, SentinelStatus, Severity,
    Side, Wire, same_tags,
};
use crate::policy::api::{FIELDS, FUNCTIONS};
use crate::sync::pass::{Outcome, RefusalKind, Subject};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The word for a field that nobody had to be asked about.
pub(super) const NOTHING: &str = "nothing";

/// What a case expects. What is not named is free, refusals of the engine excepted: they are never expected silently.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Expect {
    /// What came out: what the rule decided, or `hold` where the field is held, whoever holds it.
    decision: Option<String>,
    /// What the rule decided, whether it was carried out or not.
    rule: Option<String>,
    reason: Option<String>,
    decisions: BTreeMap<Field, String>,
    hold: Option<BTreeSet<String>>,
    writes: Option<Map<String, Value>>,
    fault: Option<String>,
    refused: Option<String>,
}

/// Graph's names of what is written to Defender; `comments` are the texts that are added.
const DEFENDER: &[&str] = &[
    "status",
    "classification",
    "determination",
    "assignedTo",
    "customTags",
    "resolvingComment",
    "severity",
    "displayName",
    "description",
    "comments",
];
/// ARM's names of what is written to Sentinel.
const SENTINEL: &[&str] = &[
    "status",
    "classification",
    "classificationReason",
    "classificationComment",
    "owner",
    "labels",
    "severity",
    "title",
    "description",
    "comments",
];
const EXPECT: &[&str] = &["decision", "rule", "reason", "decisions", "hold", "writes", "fault", "refused"];

/// Reads what is expected.
pub(super) fn expectation(reading: &mut Reading, node: &Node, about: About) -> Expect {
    let mut expect = Expect::default();
    if matches!(node.json, Json::Text(_)) {
        expect.decision = decision(reading, node, about);
        return expect;
    }
    if !reading.members(node, "expect", EXPECT) {
        return expect;
    }
    if node.members().is_empty() {
        reading.wrong(Code::WrongValue, node.span, "the case expects nothing that could fail");
    }
    expect.decision = node.get("decision").and_then(|d| decision(reading, d, about));
    expect.rule = node.get("rule").and_then(|d| decision(reading, d, about));
    for (name, slot) in [("reason", &mut expect.reason), ("fault", &mut expect.fault), ("refused", &mut expect.refused)]
    {
        *slot = node.get(name).and_then(|n| reading.text(n, name)).map(str::to_owned);
    }
    if let Some(reason) = node.get("reason")
        && about == About::Incident
    {
        reading.wrong(Code::WrongValue, reason.span, "a `reason` belongs to a case with a `field` or an `event`");
    }
    if let Some(node) = node.get("decisions")
        && reading.members(node, "decisions", FIELDS)
    {
        for member in node.members() {
            let named = Field::of_name(&member.key);
            let decided = named.and_then(|field| decision(reading, &member.value, About::Field(field)));
            expect.decisions.extend(named.zip(decided));
        }
    }
    expect.hold = node.get("hold").and_then(|hold| holds(reading, hold));
    expect.writes = node.get("writes").and_then(|w| writes(reading, w));
    expect
}

fn decision(reading: &mut Reading, node: &Node, about: About) -> Option<String> {
    let text = reading.text(node, "decision")?;
    if about == About::Incident {
        let message = "the case has no `field` and no `event`: say what is expected in `decisions`, `hold` or `writes`";
        reading.wrong(Code::WrongValue, node.span, message);
        return None;
    }
    let known: Vec<&str> = FUNCTIONS.iter().filter(|f| f.decides).map(|f| f.name).chain([NOTHING]).collect();
    if !known.contains(&text) {
        reading.unknown(node.span, format!("`{text}` is no decision"), text, &known);
        return None;
    }
    Some(text.to_owned())
}

fn holds(reading: &mut Reading, node: &Node) -> Option<BTreeSet<String>> {
    let texts = reading.texts(node, "hold")?;
    let known: Vec<&str> = FIELDS.iter().copied().chain(["link"]).collect();
    let spans: Vec<Span> = match &node.json {
        Json::List(list) => list.iter().map(|n| n.span).collect(),
        _ => vec![],
    };
    for (text, span) in texts.iter().zip(spans) {
        if !known.contains(&text.as_str()) {
            reading.unknown(span, format!("`{text}` is no field"), text, &known);
        }
    }
    Some(texts.into_iter().collect())
}

/// The sides that are written to, and properties with their values; a side that is not named gets no write.
fn writes(reading: &mut Reading, node: &Node) -> Option<Map<String, Value>> {
    if !reading.members(node, "writes", &["defender", "sentinel"]) {
        return None;
    }
    for (side, known) in [("defender", DEFENDER), ("sentinel", SENTINEL)] {
        let Some(node) = node.get(side) else { continue };
        if !reading.members(node, side, known) {
            continue;
        }
        for member in node.members() {
            let Some(values) = values(side, &member.key) else { continue };
            match &member.value.json {
                Json::Null => {}
                Json::Text(text) if values.contains(&text.as_str()) => {}
                Json::Text(text) => {
                    let message = format!("`{text}` is nothing that is written to `{}` of {side}", member.key);
                    reading.unknown(member.value.span, message, text, &values);
                }
                _ => reading.kind(&member.value, &member.key, "a text"),
            }
        }
    }
    node.value().as_object().cloned()
}

/// The values that a property takes, where it does not take any text.
fn values(side: &str, property: &str) -> Option<Vec<&'static str>> {
    fn wires<T: Wire>(all: &[T]) -> Vec<&'static str> {
        all.iter().map(|v| v.wire()).collect()
    }
    Some(match (side, property) {
        ("defender", "status") => wires(DefenderStatus::ALL),
        ("defender", "classification") => wires(Classification::ALL),
        (_, "determination") => wires(Determination::ALL),
        ("defender", "severity") => wires(Severity::ALL),
        ("sentinel", "status") => wires(SentinelStatus::ALL),
        ("sentinel", "classification") => wires(SentinelClassification::ALL),
        (_, "classificationReason") => wires(Reason::ALL),
        ("sentinel", "severity") => Severity::ALL.iter().map(|s| s.sentinel()).collect(),
        _ => return None,
    })
}

/// What came out for a field, or for the incident: the decision, and why.
pub(super) fn came_out(about: About, out: &Outcome) -> (String, String) {
    let said = |word: &str, why: &str| (word.to_owned(), why.to_owned());
    if let Some(why) = &out.freeze {
        return said("freeze", why);
    }
    if let Some(why) = &out.unlink {
        return said("unlink", why);
    }
    let field = match about {
        About::Field(field) => Some(field),
        _ => None,
    };
    if let Some(hold) = out.holds.iter().find(|h| h.field.is_none() || (field.is_some() && h.field == field)) {
        return said("hold", &hold.why);
    }
    match ruled(about, out) {
        Some(ruled) => said(ruled.ruling.decision.name(), &ruled.ruling.reason),
        // The usual answer to the first link leaves no trace.
        None if matches!(about, About::Event(_)) => said("accept", ""),
        None => said(NOTHING, ""),
    }
}

/// The last decision about it.
pub(super) fn ruled(about: About, out: &Outcome) -> Option<&crate::sync::pass::Ruled> {
    out.rulings.iter().rev().find(|r| match (about, r.subject) {
        (About::Field(field), Subject::Field(of)) => field == of,
        (About::Event(event), Subject::Incident(of)) => event == of,
        _ => false,
    })
}

impl Expect {
    /// What is expected otherwise.
    pub fn compare(&self, about: About, out: &Outcome) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut differ = |what: &str, expected: String, got: String| {
            found.push(Difference { what: what.to_owned(), expected, got });
        };
        let (decision, why) = came_out(about, out);
        if let Some(expected) = self.decision.as_ref().filter(|d| **d != decision) {
            differ("decision", expected.clone(), decision);
        }
        let rule = ruled(about, out).map_or(NOTHING, |r| r.ruling.decision.name());
        if let Some(expected) = self.rule.as_ref().filter(|d| *d != rule) {
            differ("rule", expected.clone(), rule.to_owned());
        }
        if let Some(expected) = &self.reason {
            let fits = expected.strip_prefix("contains ").map_or(*expected == why, |part| why.contains(part));
            if !fits {
                differ("reason", expected.clone(), why);
            }
        }
        for (field, expected) in &self.decisions {
            let (got, _) = came_out(About::Field(*field), out);
            if got != *expected {
                differ(field.name(), expected.clone(), got);
            }
        }
        if let Some(expected) = &self.hold {
            let got: BTreeSet<String> = out.holds.iter().map(|h| h.name().to_owned()).collect();
            if got != *expected {
                let list = |names: &BTreeSet<String>| match names.is_empty() {
                    true => NOTHING.to_owned(),
                    false => names.iter().cloned().collect::<Vec<_>>().join(", "),
                };
                differ("hold", list(expected), list(&got));
            }
        }
        found.extend(self.refusals(out));
        found.extend(self.writes.iter().flat_map(|writes| compare_writes(writes, out)));
        found
    }

    /// A decision that was not carried out is either expected or wrong.
    fn refusals(&self, out: &Outcome) -> Vec<Difference> {
        let mut found = Vec::new();
        for (what, expected, fault) in [("fault", &self.fault, true), ("refused", &self.refused, false)] {
            let of_kind = out.refusals.iter().filter(|r| (r.kind == RefusalKind::Fault) == fault);
            let got: Vec<&str> = of_kind.map(|r| r.message.as_str()).collect();
            let fits = match expected {
                Some(part) => got.iter().any(|message| message.contains(part)),
                None => got.is_empty(),
            };
            if !fits {
                let got = if got.is_empty() { NOTHING.to_owned() } else { got.join("; ") };
                let expected = expected.clone().unwrap_or_else(|| NOTHING.to_owned());
                found.push(Difference { what: what.to_owned(), expected, got });
            }
        }
        found
    }
}

/// What is written to a side, its new comments included.
pub(super) fn body(side: Side, out: &Outcome) -> Map<String, Value> {
    let mut body = match side {
        Side::Defender => out.writes.defender.body(),
        Side::Sentinel => out.writes.sentinel.body(),
    };
    let comments = out.writes.comments.iter().filter(|c| c.side == side).map(|c| Value::String(c.text.clone()));
    let comments: Vec<Value> = comments.collect();
    if !comments.is_empty() {
        body.insert("comments".to_owned(), Value::Array(comments));
    }
    body
}

fn compare_writes(expected: &Map<String, Value>, out: &Outcome) -> Vec<Difference> {
    let mut found = Vec::new();
    for side in Side::BOTH {
        let got = body(side, out);
        let show = |value: Option<&Value>| value.map_or_else(|| "not written".to_owned(), Value::to_string);
        match expected.get(side.name()).and_then(Value::as_object) {
            Some(properties) => {
                if properties.is_empty() && got.is_empty() {
                    let (what, expected) = (side.title().to_owned(), "a write".to_owned());
                    found.push(Difference { what, expected, got: NOTHING.to_owned() });
                }
                for (name, value) in properties.iter().filter(|(n, v)| !equal(n, v, got.get(*n))) {
                    let what = format!("{}.{name}", side.name());
                    found.push(Difference { what, expected: value.to_string(), got: show(got.get(name)) });
                }
            }
            None if !got.is_empty() => {
                let got = Value::Object(got).to_string();
                found.push(Difference { what: side.title().to_owned(), expected: "no write".to_owned(), got });
            }
            None => {}
        }
    }
    found
}

fn equal(name: &str, expected: &Value, got: Option<&Value>) -> bool {
    let Some(got) = got else { return false };
    let texts = |value: &Value| -> Vec<String> {
        let one = |v: &Value| v.as_str().or_else(|| v["labelName"].as_str()).map(str::to_owned);
        value.as_array().into_iter().flatten().filter_map(one).collect()
    };
    match name {
        "customTags" | "labels" => expected.is_array() && same_tags(&texts(expected), &texts(got)),
        "comments" => {
            let (expected, got) = (texts(expected), texts(got));
            expected.len() == got.len() && expected.iter().zip(&got).all(|(part, text)| text.contains(part))
        }
        // A person by any of the names that are written.
        "owner" if expected.is_string() => {
            got.as_object().is_some_and(|owner| owner.values().any(|name| name == expected))
        }
        _ => expected == got,
    }
}

/// Fields that a case is about are named in its facts.
pub(super) fn fields_of(about: About, out: &Outcome) -> BTreeSet<Field> {
    let ruled = out.rulings.iter().filter_map(|r| match r.subject {
        Subject::Field(field) => Some(field),
        Subject::Incident(_) => None,
    });
    match about {
        About::Field(field) => BTreeSet::from([field]),
        _ => ruled.chain(out.holds.iter().filter_map(|h| h.field)).collect(),
    }
}
