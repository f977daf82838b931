//! What would have happened: decisions of the journal made again under another rule.
//!
//! In: what was decided on, and what came out then. Out: which decisions, holds and writes would have been different, counted,
//! with incidents as examples. Never: a request, or a change of the journal.

use super::explain::{Ink, columns, paint, shown};
use crate::diagnostic::Style;
use crate::sync::decision::Resolver;
use crate::sync::input::{Input, Settings};
use crate::sync::pass::decide;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Incidents that are named for each difference.
const EXAMPLES: usize = 3;

/// An entry of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// The incident, as people name it.
    pub incident: String,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What was decided on.
    pub input: Input,
    /// What came out then: [`crate::sync::pass::Outcome::json`].
    pub outcome: Value,
}

/// What kind of difference it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Another decision about a field, or about the incident.
    Decision,
    /// Held then and not now, or the other way round.
    Hold,
    /// Another write of a property.
    Write,
    /// A rule that fails, or that decides what is not carried out.
    Refusal,
}

impl Kind {
    /// All, in the order in which they are shown.
    pub const ALL: [Kind; 4] = [Kind::Decision, Kind::Hold, Kind::Write, Kind::Refusal];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Decision => "decision",
            Kind::Hold => "hold",
            Kind::Write => "write",
            Kind::Refusal => "refusal",
        }
    }
}

/// Differences of one kind about the same thing, from the same to the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What kind.
    pub kind: Kind,
    /// What it is about: a field, `incident`, or `side.property`.
    pub what: String,
    /// As it was.
    pub then: String,
    /// As it would have been.
    pub now: String,
    /// How often.
    pub count: usize,
    /// The first incidents, each with its time where it is known.
    pub examples: Vec<String>,
}

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Entries that were decided again.
    pub entries: usize,
    /// Incidents that they are about.
    pub incidents: usize,
    /// Entries with any difference.
    pub different: usize,
    /// The differences, by kind, the most frequent first.
    pub groups: Vec<Group>,
}

/// What is counted apart: the kind, what it is about, then, now.
type Key = (Kind, String, String, String);

/// Decides the entries again under a rule. What people answered then is answered again.
pub fn replay<I: Iterator<Item = Recorded>>(entries: I, rule: &dyn Resolver, settings: &Settings) -> ReplayReport {
    let mut report = ReplayReport::default();
    let mut incidents = BTreeSet::new();
    let mut groups: BTreeMap<Key, (usize, Vec<String>)> = BTreeMap::new();
    for entry in entries {
        report.entries += 1;
        let now = decide(&entry.input, settings, rule).json();
        let (then, now) = (told(&entry.outcome), told(&now));
        let keys: BTreeSet<&(Kind, String)> = then.keys().chain(now.keys()).collect();
        let mut differs = false;
        for key in keys {
            let nothing = || "nothing".to_owned();
            let (was, is) = (then.get(key), now.get(key));
            if was == is {
                continue;
            }
            differs = true;
            let (was, is) = (was.cloned().unwrap_or_else(nothing), is.cloned().unwrap_or_else(nothing));
            let group = groups.entry((key.0, key.1.clone(), was, is)).or_default();
            group.0 += 1;
            if group.1.len() < EXAMPLES {
                let at = entry.at.as_ref().map_or(String::new(), |at| format!(" at {at}"));
                group.1.push(format!("{}{at}", entry.incident));
            }
        }
        report.different += usize::from(differs);
        incidents.insert(entry.incident);
    }
    report.incidents = incidents.len();
    report.groups = groups
        .into_iter()
        .map(|((kind, what, then, now), (count, examples))| Group { kind, what, then, now, count, examples })
        .collect();
    report.groups.sort_by(|a, b| (a.kind, b.count, &a.what).cmp(&(b.kind, a.count, &b.what)));
    report
}

/// An outcome as what is compared: reasons and lines of the rule are no difference.
fn told(outcome: &Value) -> BTreeMap<(Kind, String), String> {
    let mut out = BTreeMap::new();
    let list = |name: &str| outcome.get(name).and_then(Value::as_array).into_iter().flatten();
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    for decision in list("decisions") {
        out.insert((Kind::Decision, text(decision, "field")), text(decision, "decision"));
    }
    for name in ["freeze", "unlink"] {
        if outcome.get(name).is_some_and(|v| !v.is_null()) {
            out.insert((Kind::Decision, "incident".to_owned()), name.to_owned());
        }
    }
    for hold in list("hold") {
        out.insert((Kind::Hold, text(hold, "field")), "held".to_owned());
    }
    for refused in list("refused") {
        out.insert((Kind::Refusal, text(refused, "field")), text(refused, "message"));
    }
    let writes = outcome.get("writes");
    for side in ["defender", "sentinel"] {
        for (name, value) in writes.and_then(|w| w.get(side)).and_then(Value::as_object).into_iter().flatten() {
            let after = if value.is_null() { "emptied".to_owned() } else { shown(value) };
            out.insert((Kind::Write, format!("{side}.{name}")), after);
        }
        let comments = writes.and_then(|w| w.get("comments")).and_then(Value::as_array).into_iter().flatten();
        let comments: Vec<String> = comments.filter(|c| text(c, "side") == side).map(|c| text(c, "text")).collect();
        if !comments.is_empty() {
            out.insert((Kind::Write, format!("{side}.comments")), comments.join("; ").replace('\n', " "));
        }
    }
    out
}

impl ReplayReport {
    /// As text.
    pub fn text(&self, rule: &str, style: Style) -> String {
        let mut out = String::new();
        let differ = match self.different {
            0 => paint(style, Ink::Good, "nothing would have been different"),
            n => paint(style, Ink::Warn, &format!("{n} would have been different")),
        };
        let (entries, incidents) = (self.entries, self.incidents);
        let _ = writeln!(out, "{entries} decisions about {incidents} incidents made again under `{rule}`: {differ}");
        for kind in Kind::ALL {
            let groups: Vec<&Group> = self.groups.iter().filter(|g| g.kind == kind).collect();
            if groups.is_empty() {
                continue;
            }
            let _ = writeln!(out, "  {}s", paint(style, Ink::Strong, kind.name()));
            let rows = groups.iter().map(|g| {
                let more = g.count.saturating_sub(g.examples.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let row = [format!("    {} x", g.count), g.what.clone(), cut(&g.then), "->".to_owned(), cut(&g.now)];
                row.into_iter().chain([format!("{}{more}", g.examples.join(", "))]).collect()
            });
            for line in columns(rows) {
                let _ = writeln!(out, "{line}");
            }
        }
        out
    }

    /// As JSON: `entries`, `incidents`, `different`, `groups`.
    pub fn json(&self) -> Value {
        let group = |g: &Group| {
            json!({"kind": g.kind.name(), "what": g.what, "then": g.then, "now": g.now, "count": g.count,
                "examples": g.examples})
        };
        json!({"entries": self.entries, "incidents": self.incidents, "different": self.different,
            "groups": self.groups.iter().map(group).collect::<Vec<_>>()})
    }
}

/// A text that fits a column.
fn cut(text: &str) -> String {
    const WIDTH: usize = 40;
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Source, SourceId};
    use crate::policy::{Rule, cases, preset};

    fn rule(name: &str) -> Rule {
        Rule::compile(name, preset(name).unwrap().source, &Settings::default()).unwrap()
    }

    /// Five incidents that `defender_wins` decided.
    fn journal() -> Vec<Recorded> {
        let case = |n: u32| {
            let sides =
                r#""defender": {"value": "low", "by": "human"}, "sentinel": {"value": "high", "by": "automation"}"#;
            format!(r#"{{"name": "{n}", "field": "severity", {sides}, "expect": "hold"}}"#)
        };
        let text = format!("[{}]", (1..=5).map(case).collect::<Vec<_>>().join(","));
        let cases = cases::read(&[Source::new(SourceId(0), "x.json", text)]).unwrap();
        let was = rule("defender_wins");
        cases
            .into_iter()
            .map(|case| Recorded {
                incident: case.name.clone(),
                at: None,
                outcome: decide(&case.input, &Settings::default(), &was).json(),
                input: case.input,
            })
            .collect()
    }

    #[test]
    fn the_same_rule_decides_the_same_after_a_way_through_json() {
        let text = serde_json::to_string(&journal()).unwrap();
        let entries: Vec<Recorded> = serde_json::from_str(&text).unwrap();
        let report = replay(entries.into_iter(), &rule("defender_wins"), &Settings::default());
        assert_eq!((report.entries, report.incidents, report.different, report.groups.len()), (5, 5, 0, 0));
        assert!(report.text("x", Style::Plain).ends_with("nothing would have been different\n"));
    }

    #[test]
    fn another_rule_is_told_grouped_and_counted() {
        let settings = Settings::default();
        let report = replay(journal().into_iter(), &rule("most_recent_else_hold"), &settings);
        assert_eq!(
            report.text("most_recent_else_hold", Style::Plain),
            "5 decisions about 5 incidents made again under `most_recent_else_hold`: 5 would have been different\n\
             \x20 decisions\n    5 x  severity  take_defender  ->  hold  1, 2, 3 and 2 more\n\
             \x20 holds\n    5 x  severity  nothing  ->  held  1, 2, 3 and 2 more\n\
             \x20 writes\n    5 x  sentinel.severity  Low  ->  nothing  1, 2, 3 and 2 more\n"
        );
        let back = replay(journal().into_iter(), &rule("sentinel_wins"), &settings).json();
        assert_eq!((&back["groups"][0]["now"], &back["groups"][0]["count"]), (&"take_sentinel".into(), &5.into()));
    }
}
