//! One incident under one rule as a person reads it: what was known, what ran, what was decided, what would be written.
//!
//! In: an input, a rule. Out: an explanation, as text or JSON. Nothing is written, and nothing is decided differently for
//! being explained: it is the same pass.

mod known;
mod print;

pub use known::{FieldFacts, facts_of};
pub(super) use print::{Ink, columns, paint, shown};

use crate::diagnostic::Style;
use crate::incident::Side;
use crate::policy::coverage::Watched;
use crate::sync::decision::{IncidentQuestion, Question, Resolver, RuleFault, Ruling};
use crate::sync::input::{Input, Settings};
use crate::sync::pass::{Outcome, Subject, decide};
use serde_json::{Map, Value, json};
use std::cell::RefCell;

/// One call of the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What it was asked about.
    pub subject: Subject,
    /// The function: `decide`, `review` or `incident`.
    pub function: &'static str,
    /// The lines that ran, in order, each once, with their text.
    pub lines: Vec<(u32, String)>,
    /// The branches that were taken, in the words of the rule.
    pub branches: Vec<String>,
}

impl Call {
    /// The field or event that it is about.
    pub fn name(&self) -> String {
        match self.subject {
            Subject::Field(field) => field.name().to_owned(),
            Subject::Incident(event) => event.name().to_owned(),
        }
    }
}

/// A property that would be written.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyChange {
    /// On which side.
    pub side: Side,
    /// By the service's name.
    pub property: String,
    /// As it is.
    pub before: Value,
    /// As it would be.
    pub after: Value,
}

/// Everything about one pass.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The rule's name.
    pub rule: String,
    /// Defender's number of the incident.
    pub defender_id: Option<String>,
    /// Sentinel's name of the incident.
    pub sentinel_id: Option<String>,
    /// What was known of each field.
    pub fields: Vec<FieldFacts>,
    /// Each call of the rule.
    pub calls: Vec<Call>,
    /// What would be written, property by property.
    pub changes: Vec<PropertyChange>,
    /// Everything that came out.
    pub outcome: Outcome,
}

/// Notes what the rule is asked about, in the order of its calls.
struct Noting<'a> {
    rule: &'a dyn Resolver,
    asked: RefCell<Vec<Subject>>,
}

impl Noting<'_> {
    /// A function that the rule does not have was not called.
    fn note<T>(&self, subject: Subject, answer: Result<Option<T>, RuleFault>) -> Result<Option<T>, RuleFault> {
        if !matches!(answer, Ok(None)) {
            self.asked.borrow_mut().push(subject);
        }
        answer
    }
}

impl Resolver for Noting<'_> {
    fn conflict(&self, question: &Question) -> Result<Ruling, RuleFault> {
        self.asked.borrow_mut().push(Subject::Field(question.field));
        self.rule.conflict(question)
    }

    fn review(&self, question: &Question) -> Result<Option<Ruling>, RuleFault> {
        self.note(Subject::Field(question.field), self.rule.review(question))
    }

    fn incident(&self, question: &IncidentQuestion) -> Result<Option<Ruling>, RuleFault> {
        self.note(Subject::Incident(question.event), self.rule.incident(question))
    }
}

/// Explains one pass.
///
/// # Errors
/// Where and why the script cannot be compiled.
pub fn explain(name: &str, source: &str, input: &Input, settings: &Settings) -> Result<Explanation, RuleFault> {
    Ok(explain_watched(&Watched::compile(name, source, settings)?, input, settings))
}

/// Explains one pass under a rule that is compiled already, with the same settings.
pub fn explain_watched(watched: &Watched, input: &Input, settings: &Settings) -> Explanation {
    let ((outcome, asked), followed) = watched.follow(|rule| {
        let noting = Noting { rule, asked: RefCell::default() };
        let outcome = decide(input, settings, &noting);
        (outcome, noting.asked.into_inner())
    });
    let texts: Vec<&str> = watched.rule().source().lines().collect();
    let branches = watched.coverage().branches;
    let call = |(subject, followed): (Subject, crate::policy::coverage::Followed)| {
        let mut lines: Vec<(u32, String)> = Vec::new();
        for line in followed.lines {
            let text = texts.get(line.saturating_sub(1) as usize).map_or("", |t| t.trim());
            if !lines.iter().any(|(known, _)| *known == line) {
                lines.push((line, text.to_owned()));
            }
        }
        let branches = followed.branches.iter().filter_map(|b| branches.get(*b)).map(|b| b.label.clone()).collect();
        Call { subject, function: followed.function, lines, branches }
    };
    Explanation {
        rule: watched.rule().name().to_owned(),
        defender_id: input.defender.as_ref().map(|d| d.id.clone()),
        sentinel_id: input.sentinel.as_ref().map(|s| s.id.clone()),
        fields: settings.fields.iter().map(|f| facts_of(*f, input, settings)).collect(),
        calls: asked.into_iter().zip(followed).map(call).collect(),
        changes: changes(input, &outcome),
        outcome,
    }
}

/// What the writes change, property by property.
fn changes(input: &Input, outcome: &Outcome) -> Vec<PropertyChange> {
    let object = |value: serde_json::Result<Value>| match value {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    };
    let defender = object(serde_json::to_value(&input.defender));
    let mut sentinel = object(serde_json::to_value(&input.sentinel));
    // ARM spells a severity otherwise than Graph.
    if let Some(known) = input.sentinel.as_ref().and_then(|s| s.severity.as_ref()?.known()) {
        sentinel.insert("severity".to_owned(), json!(known.sentinel()));
    }
    let of = |side: Side, now: Map<String, Value>, body: Map<String, Value>| {
        let change = move |(property, after): (String, Value)| {
            let before = now.get(&property).cloned().unwrap_or(Value::Null);
            PropertyChange { side, property, before, after }
        };
        body.into_iter().map(change).filter(|c| c.before != c.after).collect::<Vec<_>>()
    };
    let mut out = of(Side::Defender, defender, outcome.writes.defender.body());
    out.extend(of(Side::Sentinel, sentinel, outcome.writes.sentinel.body()));
    out
}

impl Explanation {
    /// Whether there is anything to tell about a field.
    fn concerns(&self, facts: &FieldFacts) -> bool {
        let field = Some(facts.field);
        let ruled = self.outcome.rulings.iter().any(|r| r.subject == Subject::Field(facts.field));
        let held = self.outcome.holds.iter().any(|h| h.field == field);
        ruled || held || self.outcome.refusals.iter().any(|r| r.field == field && field.is_some())
    }

    /// As text.
    pub fn text(&self, style: Style) -> String {
        print::text(self, style)
    }

    /// As JSON: `rule`, `defender_id`, `sentinel_id`, `fields`, `calls`, `changes`, `outcome`.
    pub fn json(&self) -> Value {
        let line = |(line, text): &(u32, String)| json!({"line": line, "text": text});
        let call = |c: &Call| {
            json!({"about": c.name(), "function": c.function, "lines": c.lines.iter().map(line).collect::<Vec<_>>(),
                "branches": c.branches})
        };
        let change = |c: &PropertyChange| json!({"side": c.side.name(), "property": c.property, "before": c.before, "after": c.after});
        json!({
            "rule": self.rule,
            "defender_id": self.defender_id,
            "sentinel_id": self.sentinel_id,
            "fields": self.fields.iter().map(FieldFacts::json).collect::<Vec<_>>(),
            "calls": self.calls.iter().map(call).collect::<Vec<_>>(),
            "changes": self.changes.iter().map(change).collect::<Vec<_>>(),
            "outcome": self.outcome.json(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Source, SourceId};
    use crate::policy::cases;

    fn explained(rule: &str, case: &str) -> Explanation {
        let source =
            Source::new(SourceId(0), "x.json", format!("[{{\"name\": \"a\", \"expect\": {{\"hold\": []}}, {case}}}]"));
        let cases = cases::read(&[source]).unwrap_or_else(|d| panic!("{d}"));
        let settings = cases[0].settings(&Settings::default());
        explain("mine", rule, &cases[0].input, &settings).unwrap()
    }

    #[test]
    fn a_conflict_is_told_from_the_facts_to_the_write() {
        let told = explained(
            "fn decide(f) {\n  if f.defender.by == \"human\" {\n    return take_defender(\"a person\");\n  }\n  hold(\"no\")\n}",
            r#""defender": {"severity": "high", "by": "human"}, "sentinel": {"severity": "low", "owner": "bob@example.com"}"#,
        );
        let text = told.text(Style::Plain);
        let expected = "Defender 29 and Sentinel 00000000-0000-4000-8000-000000000029 under `mine`
  owner: base nobody | Defender nobody, unchanged | Sentinel bob@example.com by unknown | later: unknown | changed in Sentinel
    accept (the engine): changed in Sentinel only
  severity: base medium | Defender high by human | Sentinel low by unknown | later: unknown | conflict
    `decide` ran:
      1  fn decide(f) {
      2  if f.defender.by == \"human\" {
      3  return take_defender(\"a person\");
    take_defender (line 3): a person
    overwrites: Sentinel's `low` by unknown
  nothing to do: status, closing, closing_comment, title, description, tags, comments
  defender.assignedTo  nothing  ->  bob@example.com
  sentinel.severity    Low      ->  High
";
        assert_eq!(text, expected, "{text}");
        let json = told.json();
        assert_eq!(json["calls"][0]["branches"], json!(["fn decide", "if f.defender.by == \"human\""]));
        assert_eq!((&json["changes"][1]["before"], &json["changes"][1]["after"]), (&"Low".into(), &"High".into()));
    }

    #[test]
    fn what_the_engine_does_not_carry_out_is_told() {
        let told = explained(
            "fn decide(f) { take_sentinel() }\nfn incident(f) { hold(\"ask: \" + f.event) }",
            r#""field": "status", "agreed": false, "defender": "closed""#,
        );
        let text = told.text(Style::Plain);
        assert!(text.contains("  first_link\n    `incident` ran:\n      2  fn incident"), "{text}");
        assert!(text.contains("    held: ask: first_link\n"), "{text}");
        let told = explained(
            "fn decide(f) { take_sentinel() }",
            r#""field": "status", "defender": "closed", "sentinel": "in_progress""#,
        );
        let text = told.text(Style::Plain);
        assert!(text.contains("    held: reopen needs a human\n") && text.contains("  writes nothing\n"), "{text}");
        let told = explained(
            "fn decide(f) { f.x.y }",
            r#""field": "status", "defender": "closed", "sentinel": "in_progress""#,
        );
        assert!(told.text(Style::Plain).contains("    not carried out (line 1): "), "{}", told.text(Style::Plain));
    }
}
