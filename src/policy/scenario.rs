//! Sync scenarios as data: both sides, who changed what, and what each named rule is expected to hold and write.
//!
//! In: a file of scenarios, a rule. Out: what the rule holds and writes, beside what was expected. The whole way from reading
//! to the plan is run, a lost race included, and once more over the state after the writes: that must write nothing.

use crate::incident::{
    DefenderIncident, Directory, Field, Fingerprint, Joined, Person, SentinelComment, SentinelIncident, Side,
    copy_text, has_tag, joined,
};
use crate::sync::base::Base;
use crate::sync::decision::Resolver;
use crate::sync::input::{Actor, Change, Input, Order, Settings};
use crate::sync::pass::{Outcome, after, decide};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A file of scenarios.
#[derive(Clone, Debug, Deserialize)]
pub struct ScenarioFile {
    /// The people.
    #[serde(default)]
    pub directory: Vec<Person>,
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
}

/// One scenario.
#[derive(Clone, Debug, Deserialize)]
pub struct Scenario {
    /// Its name.
    pub id: String,
    /// What happens, in words.
    pub title: String,
    #[serde(default = "yes")]
    linked: bool,
    base: Option<Pair>,
    defender: Option<Value>,
    sentinel: Option<Value>,
    #[serde(default)]
    changes: Vec<ListedChange>,
    #[serde(default)]
    order: BTreeMap<Field, String>,
    #[serde(default)]
    redirects: BTreeMap<String, Option<String>>,
    #[serde(default)]
    sentinel_more_comments: usize,
    race: Option<Race>,
    #[serde(default)]
    conflict: Vec<Field>,
    /// What each rule is expected to do.
    pub expect: BTreeMap<String, Expected>,
}

#[derive(Clone, Debug, Deserialize)]
struct Pair {
    defender: Value,
    sentinel: Value,
}

#[derive(Clone, Debug, Deserialize)]
struct ListedChange {
    side: Side,
    field: Field,
    by: Actor,
}

#[derive(Clone, Debug, Deserialize)]
struct Race {
    sentinel: Value,
    #[serde(default)]
    changes: Vec<ListedChange>,
    #[serde(default)]
    order: BTreeMap<Field, String>,
}

/// What a rule is expected to do.
#[derive(Clone, Debug, Deserialize)]
pub struct Expected {
    hold: Vec<Value>,
    writes: Vec<Value>,
    #[serde(default)]
    unspecified: Vec<String>,
}

/// How a scenario went under a rule.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The scenario.
    pub id: String,
    /// What happens in it.
    pub title: String,
    /// Whether everything was as expected.
    pub pass: bool,
    /// What the rule held and wrote.
    pub got: Value,
    /// What was expected.
    pub expected: Value,
    /// What differs, a line each.
    pub differences: Vec<String>,
}

fn yes() -> bool {
    true
}

/// Reads a file of scenarios.
///
/// # Errors
/// Where the JSON does not fit.
pub fn read(text: &str) -> Result<ScenarioFile, String> {
    serde_json::from_str(text).map_err(|e| e.to_string())
}

impl ScenarioFile {
    /// The settings that the scenarios are run with.
    pub fn settings(&self) -> Settings {
        Settings { directory: Directory::new(self.directory.iter().cloned()), ..Settings::default() }
    }
}

impl Scenario {
    /// Runs it under a rule.
    ///
    /// # Errors
    /// When an incident of the scenario cannot be read.
    pub fn run(&self, expected: &Expected, rule: &dyn Resolver, settings: &Settings) -> Result<Verdict, String> {
        let mut input = self.input()?;
        let joins = input.sentinel.as_ref().is_none_or(|s| joined(s) != Joined::Apart);
        let mut out = if joins { decide(&input, settings, rule) } else { Outcome::default() };
        let mut conflicts: BTreeSet<Field> = out.conflicts.iter().copied().collect();
        if let Some(race) = &self.race
            && !out.writes.sentinel.is_empty()
        {
            self.raced(race, &mut input)?;
            out = decide(&input, settings, rule);
            conflicts.extend(&out.conflicts);
        }
        let got = got(&input, &out);
        let mut differences = self.compare(expected, &got, &input);
        let wanted: BTreeSet<Field> = self.conflict.iter().copied().collect();
        if conflicts != wanted {
            differences.push(format!("in conflict: {}; expected: {}", names(&conflicts), names(&wanted)));
        }
        if !self.linked && joins {
            differences.push("the two were joined".to_owned());
        }
        differences.extend(again(&input, &out, settings, rule).filter(|_| joins));
        let expected = json!({"hold": expected.hold, "writes": expected.writes, "unspecified": expected.unspecified});
        let (id, title) = (self.id.clone(), self.title.clone());
        Ok(Verdict { id, title, pass: differences.is_empty(), got, expected, differences })
    }

    fn input(&self) -> Result<Input, String> {
        let base = self.base.as_ref().map(|b| self.base(b)).transpose()?;
        let mut input = Input {
            base,
            defender: self.defender.as_ref().map(defender).transpose()?,
            sentinel: self.sentinel.as_ref().map(|s| self.sentinel(s)).transpose()?,
            redirects: self.redirects.clone(),
            ..Input::default()
        };
        listed(&self.changes, &self.order, &mut input);
        Ok(input)
    }

    fn base(&self, pair: &Pair) -> Result<Base, String> {
        Ok(Base::of(&defender(&pair.defender)?, &self.sentinel(&pair.sentinel)?))
    }

    /// Sentinel's incident, with further comments that both sides know already.
    fn sentinel(&self, value: &Value) -> Result<SentinelIncident, String> {
        let mut incident: SentinelIncident =
            serde_json::from_value(value.clone()).map_err(|e| format!("{}: {e}", self.id))?;
        let more = (0..self.sentinel_more_comments).map(|n| SentinelComment {
            id: format!("further-{n}"),
            message: format!("further comment {n}"),
            author: None,
            created_time_utc: None,
        });
        incident.comments.extend(more);
        Ok(incident)
    }

    /// What is found when reading again after the 409.
    fn raced(&self, race: &Race, input: &mut Input) -> Result<(), String> {
        input.sentinel = Some(self.sentinel(&race.sentinel)?);
        listed(&race.changes, &race.order, input);
        Ok(())
    }

    fn compare(&self, expected: &Expected, got: &Value, input: &Input) -> Vec<String> {
        let mut differences = Vec::new();
        let held = |list: &Value| -> BTreeSet<String> {
            list.as_array().into_iter().flatten().filter_map(|h| h["field"].as_str().map(str::to_owned)).collect()
        };
        let (was, should) = (held(&got["hold"]), held(&Value::Array(expected.hold.clone())));
        if was != should {
            differences.push(format!("held: {}; expected: {}", list(&was), list(&should)));
        }
        let mut open: Vec<&Value> = expected.writes.iter().collect();
        for write in got["writes"].as_array().into_iter().flatten() {
            match open.iter().position(|e| fits(e, write, &expected.unspecified, input)) {
                Some(at) => {
                    open.remove(at);
                }
                None => differences.push(format!("not expected: {write}")),
            }
        }
        differences.extend(open.into_iter().map(|e| format!("missing: {e}")));
        differences
    }
}

fn names(fields: &BTreeSet<Field>) -> String {
    list(&fields.iter().map(|f| f.name().to_owned()).collect())
}

fn list(names: &BTreeSet<String>) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(", ") }
}

fn listed(changes: &[ListedChange], order: &BTreeMap<Field, String>, input: &mut Input) {
    for change in changes {
        let by = Change { by: change.by, name: None };
        match change.side {
            Side::Defender => input.defender_changes.insert(change.field, by),
            Side::Sentinel => input.sentinel_changes.insert(change.field, by),
        };
    }
    for (field, order) in order {
        let order = match order.as_str() {
            "d" => Order::Defender,
            "s" => Order::Sentinel,
            "tie" => Order::Tie,
            _ => Order::Unknown,
        };
        input.order.insert(*field, order);
    }
}

/// Defender's incident; a comment that is a copy of ours gets the text that our copy would have.
fn defender(value: &Value) -> Result<DefenderIncident, String> {
    let mut value = value.clone();
    for comment in value.get_mut("comments").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(origin) = comment.get("copy_of").and_then(Value::as_str) else { continue };
        let origin =
            SentinelComment { id: origin.to_owned(), message: String::new(), author: None, created_time_utc: None };
        let text = comment.get("comment").and_then(Value::as_str).unwrap_or_default().replacen("[Sentinel] ", "", 1);
        let copy = copy_text(Side::Sentinel, None, &text, &Fingerprint::of_sentinel(&origin));
        if let Some(slot) = comment.get_mut("comment") {
            *slot = Value::String(copy);
        }
    }
    serde_json::from_value(value).map_err(|e| e.to_string())
}

/// What a rule held and wrote, in the words of the scenarios.
fn got(input: &Input, out: &Outcome) -> Value {
    let mut writes = Vec::new();
    let id = |id: Option<&str>| id.unwrap_or_default().to_owned();
    if !out.writes.defender.is_empty() {
        let id = id(input.defender.as_ref().map(|d| d.id.as_str()));
        writes.push(json!({"side": "defender", "id": id, "op": "patch", "set": out.writes.defender.body()}));
    }
    if !out.writes.sentinel.is_empty() {
        let id = id(input.sentinel.as_ref().map(|s| s.id.as_str()));
        writes.push(json!({"side": "sentinel", "id": id, "op": "put", "set": out.writes.sentinel.body()}));
    }
    for comment in &out.writes.comments {
        writes
            .push(json!({"side": comment.side.name(), "id": comment.incident, "op": "comment", "text": comment.text}));
    }
    json!({"hold": out.holds.iter().map(|h| json!({"field": h.name(), "why": h.why})).collect::<Vec<_>>(), "writes": writes})
}

/// Whether a write is the expected one.
fn fits(expected: &Value, got: &Value, unspecified: &[String], input: &Input) -> bool {
    let same = |key: &str| expected[key] == got[key];
    if !(same("side") && same("id") && same("op")) {
        return false;
    }
    if expected["op"] == "comment" {
        let part = expected["contains"].as_str().unwrap_or_default();
        return got["text"].as_str().is_some_and(|text| text.contains(part));
    }
    let (Some(should), Some(was)) = (expected["set"].as_object(), got["set"].as_object()) else { return false };
    let side = expected["side"].as_str().unwrap_or_default();
    let free =
        |name: &str| unspecified.iter().any(|u| u.strip_prefix(side).and_then(|u| u.strip_prefix('.')) == Some(name));
    let now = now(side, input);
    let keys: BTreeSet<&String> = should.keys().chain(was.keys()).collect();
    keys.into_iter().filter(|k| !free(k)).all(|key| match (should.get(key), was.get(key)) {
        (Some(should), Some(was)) => equal(key, should, was),
        // Writing what is there already, or expecting that, is no difference.
        (Some(value), None) | (None, Some(value)) => equal(key, now.get(key.as_str()).unwrap_or(&Value::Null), value),
        (None, None) => true,
    })
}

fn now(side: &str, input: &Input) -> Map<String, Value> {
    let value = match side {
        "defender" => serde_json::to_value(&input.defender),
        _ => serde_json::to_value(&input.sentinel),
    };
    value.ok().and_then(|v| v.as_object().cloned()).unwrap_or_default()
}

fn equal(key: &str, should: &Value, was: &Value) -> bool {
    match key {
        "owner" => {
            let id = |v: &Value| v["objectId"].as_str().map(str::to_lowercase);
            id(should) == id(was)
        }
        "labels" | "customTags" => {
            let tags = |v: &Value| -> Vec<String> {
                let user = |l: &Value| l["labelType"].as_str().is_none_or(|t| t.eq_ignore_ascii_case("user"));
                v.as_array()
                    .into_iter()
                    .flatten()
                    .filter(|l| l.is_string() || user(l))
                    .filter_map(|l| l.as_str().or(l["labelName"].as_str()).map(str::to_owned))
                    .collect()
            };
            let (a, b) = (tags(should), tags(was));
            a.iter().all(|t| has_tag(&b, t)) && b.iter().all(|t| has_tag(&a, t))
        }
        _ => should == was || (should.is_null() && was.as_str() == Some("")),
    }
}

/// The same incident after its writes: a second pass must write nothing.
fn again(input: &Input, out: &Outcome, settings: &Settings, rule: &dyn Resolver) -> Option<String> {
    let next = after(input, out)?;
    let second = decide(&next, settings, rule);
    let quiet = second.writes.is_empty();
    (!quiet).then(|| format!("a second pass writes again: {}", got(&next, &second)))
}
