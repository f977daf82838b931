//! Cases beside a rule: what a team expects of it, as JSON or as a table in Markdown.
//!
//! In: `<rule>.cases.json`, `<rule>.cases.md`, a rule. Out: which cases hold, and what came out instead where they do not.
//! A case goes the whole way of a pass, so that what the engine enforces is seen too. Nothing that is written in a case is
//! skipped silently: what is not known is refused with its place.
//!
//! **A case** is one incident that begins untouched on both sides (new, medium, nobody's, no tags). `base` changes what both
//! last agreed on; a side says what differs from the base now, and by whom. The shortest form:
//!
//! ```json
//! [{"name": "Defender is later", "field": "status", "defender": "closed", "sentinel": "in_progress",
//!   "order": "defender", "expect": "take_defender"}]
//! ```
//!
//! | member | is |
//! |---|---|
//! | `name`, `why` | a sentence, unique; why it matters |
//! | `field` or `event` | what it is about: a field; `redirected` (with `target`), `gone` (with `gone`: the side), `first_link`. Neither: several fields |
//! | `base` | a value for both sides, or an object: fields for both, `defender` and `sentinel` for one |
//! | `agreed` | `false`: nothing was agreed yet, there is no base |
//! | `defender`, `sentinel` | a value, or an object: `value`, `by`, `by_name`, any field. Comments are added to those of the base |
//! | `order` | `defender`, `sentinel`, `tie`, `unknown` (usual) |
//! | `moment` | `weekday`, `hour`, `business_hours`; usual is Monday at ten |
//! | `history`, `new_alerts`, `products`, `config` | the facts of these names; `config` is laid over the constants |
//! | `allow_revert`, `reopen_on_new_alerts`, `max_writes_per_hour` | settings for this case |
//! | `expect` | a decision by name, or an object, see below |
//!
//! A closing is `"true_positive"`, `"true_positive/malware"` or an object; an owner a user principal name, or an object with
//! `upn` and `team`, or with `group`; `{"native": "..."}` is a status or severity by the service's own name; `null` is nothing.
//!
//! **Expected**: `decision` is what came out (`hold` where the field is held, whoever holds it; `nothing` where nobody had to
//! be asked), `rule` what the rule decided even if it was not carried out, `reason` the whole reason or `contains ...`,
//! `decisions` those of several fields, `hold` the names of everything that is held, `writes` the properties that are
//! written (others of that side are free, a side that is not named gets no write), `fault` and `refused` a part of the
//! message. A fault or a refusal that is not expected fails the case.

mod expect;
mod form;
mod json;
mod native;
mod print;
mod reading;
mod run;
mod table;

pub use print::{json, text};
pub use run::{CaseResult, Report, run, run_rule};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Source, Span};
use crate::incident::{Directory, Field, Person};
use crate::sync::decision::Event;
use crate::sync::input::{Input, Settings};
use expect::Expect;
use json::Json;
use reading::Reading;

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// One field.
    Field(Field),
    /// What happened to the incident as a whole.
    Event(Event),
    /// Several fields.
    Incident,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name, a sentence.
    pub name: String,
    /// Why it matters.
    pub why: Option<String>,
    /// What it is about.
    pub about: About,
    /// What is decided on.
    pub input: Input,
    /// Where its name stands.
    pub span: Span,
    people: Vec<Person>,
    overrides: Overrides,
    expect: Expect,
}

/// Settings of one case.
#[derive(Clone, Debug, Default)]
struct Overrides {
    allow_revert: Option<bool>,
    reopen_on_new_alerts: Option<bool>,
    max_writes_per_hour: Option<u32>,
    constants: serde_json::Map<String, serde_json::Value>,
}

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub what: String,
    /// As expected.
    pub expected: String,
    /// As it is.
    pub got: String,
}

/// Reads files of cases: Markdown by the name's ending `.md`, else JSON. Names are unique over all of them.
///
/// # Errors
/// Everything that is wrong with them.
pub fn read(sources: &[Source]) -> Result<Vec<Case>, Diagnostics> {
    let mut reading = Reading::default();
    let mut cases: Vec<Case> = Vec::new();
    for source in sources {
        let nodes = match source.name.to_lowercase().ends_with(".md") {
            true => table::rows(&mut reading, source),
            false => match json::parse(&source.text, 0, source.id) {
                Ok(node) => match node.json {
                    Json::List(list) => list,
                    _ => {
                        reading.kind(&node, "the file", "a list of cases");
                        vec![]
                    }
                },
                Err(error) => {
                    reading.found.push(error);
                    vec![]
                }
            },
        };
        for node in nodes {
            let Some(case) = form::case(&mut reading, &node) else { continue };
            if let Some(first) = cases.iter().find(|c| c.name == case.name) {
                let message = format!("there are two cases `{}`", case.name);
                let told = Diagnostic::error(Code::DuplicateName, case.span, message);
                reading.found.push(told.with_label(first.span, "the first one"));
                continue;
            }
            cases.push(case);
        }
    }
    if reading.found.has_errors() { Err(reading.found) } else { Ok(cases) }
}

impl Case {
    /// The settings that it is decided with: the given ones, with what the case says of its own.
    pub fn settings(&self, settings: &Settings) -> Settings {
        let mut own = settings.clone();
        own.allow_revert = self.overrides.allow_revert.unwrap_or(own.allow_revert);
        own.reopen_on_new_alerts = self.overrides.reopen_on_new_alerts.unwrap_or(own.reopen_on_new_alerts);
        own.max_writes_per_hour = self.overrides.max_writes_per_hour.unwrap_or(own.max_writes_per_hour);
        own.constants.extend(self.overrides.constants.clone());
        if !self.people.is_empty() {
            let mut people: Vec<Person> = own.directory.people().cloned().collect();
            for person in &self.people {
                match people.iter_mut().find(|p| p.upn.eq_ignore_ascii_case(&person.upn)) {
                    Some(known) => known.team = person.team.clone().or(known.team.take()),
                    None => people.push(person.clone()),
                }
            }
            own.directory = Directory::new(people);
        }
        own
    }

    /// Whether the case changes what a compiled rule has in it: the constants, or the teams of people.
    fn needs_own_rule(&self) -> bool {
        !self.overrides.constants.is_empty() || self.people.iter().any(|p| p.team.is_some())
    }
}

/// Cases for a new rule, with a text that holds for a rule that holds every conflict.
pub fn scaffold_cases(name: &str) -> String {
    let sentence = |of: &str| serde_json::Value::String(format!("{name}: {of}"));
    format!(
        r#"[
  {{
    "name": {},
    "why": "nothing is decided yet, so a person decides: change what is expected, then the rule",
    "field": "status",
    "defender": {{"value": "closed", "closing": "true_positive/malware", "by": "human"}},
    "sentinel": {{"value": "in_progress", "by": "automation"}},
    "order": "unknown",
    "expect": "hold"
  }},
  {{
    "name": {},
    "field": "severity",
    "defender": "high",
    "expect": {{"decision": "accept", "writes": {{"sentinel": {{"severity": "High"}}}}}}
  }}
]
"#,
        sentence("a person closed it in Defender while a playbook worked on it in Sentinel"),
        sentence("a change of one side only is carried over"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{SourceId, Style, print};
    use crate::policy::PRESETS;

    /// The table that comes with a preset, where one does.
    const TABLE: (&str, &str) =
        ("human_over_automation", include_str!("../../../rules/human_over_automation.cases.md"));

    fn json_file(text: &str) -> Source {
        Source::new(SourceId(0), "rule.cases.json", text)
    }

    /// What is told about a file of one case.
    fn told(text: &str) -> String {
        let source = json_file(text);
        let found = read(std::slice::from_ref(&source)).err().unwrap_or_default();
        found.0.iter().map(|d| print(d, std::slice::from_ref(&source), Style::Plain)).collect()
    }

    #[test]
    fn the_presets_pass_with_every_branch_taken() {
        for preset in PRESETS {
            let mut sources = vec![Source::new(SourceId(0), format!("{}.cases.json", preset.name), preset.cases)];
            if preset.name == TABLE.0 {
                sources.push(Source::new(SourceId(1), format!("{}.cases.md", preset.name), TABLE.1));
            }
            let told = |d: Diagnostics| d.0.iter().map(|d| print(d, &sources, Style::Plain)).collect::<String>();
            let cases = read(&sources).map_err(told).unwrap_or_else(|told| panic!("{told}"));
            let report = run_rule(preset.name, preset.source, &Settings::default(), &cases).unwrap();
            let shown = text(&report, &sources, Style::Plain, false);
            assert!(report.pass(), "{shown}");
            assert!(cases.len() > 3 && report.coverage.taken() == report.coverage.total(), "{shown}");
        }
    }

    #[test]
    fn mistakes_are_told_with_place_and_suggestion() {
        let case = |more: &str| format!("[{{\"name\": \"a\", \"field\": \"status\", {more}}}]");
        for (text, expected) in [
            (case(r#""defendr": "closed", "expect": "hold""#), "`a case` has no `defendr`"),
            (case(r#""defendr": "closed", "expect": "hold""#), "did you mean `defender`?"),
            (case(r#""defender": "close", "expect": "hold""#), "`close` is no status"),
            (case(r#""defender": {"value": "closed", "bi": "human"}, "expect": "hold""#), "did you mean `by`?"),
            (case(r#""defender": {"by": "human"}, "expect": "hold""#), "Defender is as it was in the base"),
            (case(r#""order": "later", "expect": "hold""#), "`later` is no order"),
            (case(r#""expect": "take_defendr""#), "did you mean `take_defender`?"),
            (case(r#""expect": {"hold": ["statsu"]}"#), "did you mean `status`?"),
            (case(r#""expect": {"writes": {"sentinel": {"status": "Closde"}}}"#), "did you mean `Closed`?"),
            (case(r#""expect": {"writes": {"sentinel": {"state": "Closed"}}}"#), "`sentinel` has no `state`"),
            (case(r#""new_alerts": "many", "expect": "hold""#), "whole number"),
            (case(r#""agreed": 1, "expect": "hold""#), "`agreed` is a number; true or false is needed here"),
            (case(r#""moment": {"weekday": 0}, "expect": "hold""#), "1 for Monday"),
            (case(r#""defender": "closed", "defender": "new", "expect": "hold""#), "`defender` is given twice"),
            (case(r#""gone": "defender", "expect": "hold""#), "belongs to the event `gone`"),
            (case(r#""defender": "closed""#), "nothing about what to `expect`"),
            (r#"[{"name": "a", "event": "redirekted", "expect": "hold"}]"#.into(), "did you mean `redirected`?"),
            (
                r#"[{"name": "a", "field": "closing", "defender": "true_positive/clean", "expect": "hold"}]"#.into(),
                "`clean` is no",
            ),
            (
                r#"[{"name": "a", "field": "closing", "sentinel": "true_positive/malware", "expect": "hold"}]"#.into(),
                "of Defender only",
            ),
            (r#"[{"name": "a", "defender": "closed", "expect": {}}]"#.into(), "the case has no `field`"),
            (
                r#"[{"name": "a", "expect": "hold"}, {"name": "a", "expect": {"hold": []}}]"#.into(),
                "no `field` and no `event`",
            ),
            (r#"{"cases": []}"#.into(), "a list of cases is needed here"),
            ("[{\"name\": \"a\",\n  \"expect\" \"hold\"}]".into(), "rule.cases.json:2:12"),
        ] {
            let told = told(&text);
            assert!(told.contains(expected), "{text}\n{told}");
        }
        let twice = r#"[{"name": "a", "expect": {"hold": []}}, {"name": "a", "expect": {"hold": []}}]"#;
        assert!(told(twice).contains("rule.cases.json:1:50"), "{}", told(twice));
    }

    /// What a case about a conflict of status says of itself under a rule.
    fn shown(rule: &str, case: &str) -> (bool, String) {
        let source = json_file(case);
        let cases = read(std::slice::from_ref(&source)).unwrap_or_else(|d| panic!("{d}"));
        let report = run_rule("test", rule, &Settings::default(), &cases).unwrap();
        (report.pass(), text(&report, &[source], Style::Plain, true))
    }

    #[test]
    fn a_failed_case_shows_expected_beside_got_and_the_line() {
        let case = r#"[{"name": "a person beats a playbook", "field": "status", "defender": {"value": "closed", "by": "human"},
            "sentinel": {"value": "in_progress", "by": "automation"}, "expect": {"decision": "take_defender", "reason": "x"}}]"#;
        let (pass, shown) = shown("fn decide(f) {\n  if f.defender.closed { return hold(\"no\"); }\n  keep()\n}", case);
        assert!(!pass);
        for line in [
            "FAIL a person beats a playbook  rule.cases.json:1",
            "               expected       got",
            "     decision  take_defender  hold",
            "     reason    x              no",
            "     status: base new | Defender closed by human | Sentinel in_progress by automation | later: unknown | conflict",
            "     `hold` in line 2 of test",
            "test: 1 case, 1 failed",
            "branches 2/3",
            "  never taken line 2: if f.defender.closed: no",
        ] {
            assert!(shown.lines().any(|l| l == line), "{line}\n{shown}");
        }
    }

    #[test]
    fn a_failing_rule_is_never_a_held_field_as_expected() {
        let case = |expect: &str| {
            format!(
                r#"[{{"name": "a", "field": "status", "defender": "closed", "sentinel": "in_progress", "expect": {expect}}}]"#
            )
        };
        let rule = "fn decide(f) { throw \"no team\" }";
        assert!(!shown(rule, &case("\"hold\"")).0);
        assert!(shown(rule, &case("{\"fault\": \"no team\"}")).0);
        let rule = "fn decide(f) { set(\"active\") }";
        assert!(!shown(rule, &case("\"hold\"")).0);
        assert!(shown(rule, &case("{\"decision\": \"hold\", \"refused\": \"is no status\"}")).0);
    }

    #[test]
    fn every_fact_can_be_said() {
        let rule = r#"fn decide(f) {
            let team = team_of(f.sentinel.value);
            if f.config.team == team && f.moment.hour == 3 && !f.moment.business_hours && f.history.flips == 2
                && f.incident.new_alerts == 1 && f.incident.products == ["x"] && f.defender.by_name == "Alice"
                && f.base.sentinel == () && f.sentinel.tags == ["vip"] { take_sentinel() } else { hold("no") }
        }
        fn incident(f) { if f.target == "77" { freeze("merged") } else if f.event == "gone" { unlink("gone") } else { hold(f.event) } }
        fn review(f) { if f.field == "comments" { append(["seen"]) } else { merge_sets(["soc"], []) } }"#;
        let cases = r#"[
            {"name": "facts", "field": "owner", "config": {"team": "tier2"}, "moment": {"hour": 3}, "history": {"flips": 2},
             "new_alerts": 1, "products": ["x"], "base": {"tags": ["vip"]},
             "defender": {"value": "bob@example.com", "by": "human", "by_name": "Alice"},
             "sentinel": {"upn": "carol@example.com", "team": "tier2"}, "expect": "take_sentinel"},
            {"name": "merged", "event": "redirected", "target": "77", "expect": {"decision": "freeze", "reason": "merged"}},
            {"name": "gone", "event": "gone", "gone": "sentinel", "expect": "unlink"},
            {"name": "first", "event": "first_link", "expect": {"decision": "hold", "hold": ["link"]}},
            {"name": "tags", "field": "tags", "base": ["a"], "defender": ["b", "a"], "sentinel": [],
             "expect": {"decision": "merge_sets", "writes": {"defender": {"customTags": ["SOC", "b"]}, "sentinel": {"labels": ["b", "soc"]}}}},
            {"name": "comments", "field": "comments", "defender": ["blocked"], "sentinel": {"value": [{"text": "ok", "by": "Bob"}]},
             "expect": {"decision": "append", "writes": {"defender": {"comments": ["seen"]}, "sentinel": {"comments": ["seen"]}}}},
            {"name": "unknown", "field": "status", "defender": {"native": "escalated"}, "sentinel": "closed",
             "expect": {"decision": "hold", "reason": "contains not known"}}
        ]"#;
        let (pass, shown) = shown(rule, cases);
        assert!(pass, "{shown}");
        let rule = crate::policy::Rule::compile("test", rule, &Settings::default()).unwrap();
        let results = run(&rule, &Settings::default(), &read(&[json_file(cases)]).unwrap());
        assert_eq!(results.iter().filter(|r| !r.pass).map(|r| r.name.as_str()).collect::<Vec<_>>(), ["facts"]);
    }

    #[test]
    fn the_scaffold_passes_with_a_rule_that_holds() {
        let cases = scaffold_cases("my \"own\" rule");
        let (pass, shown) = shown("fn decide(f) { hold(\"not decided yet\") }", &cases);
        assert!(pass && shown.contains("2 cases, all passed"), "{shown}");
    }

    /// Whatever is cut off or swapped, there is an answer and no crash; what is read still says something.
    #[test]
    fn broken_files_are_read_or_refused() {
        for (name, whole) in [("x.json", PRESETS[2].cases), ("x.md", TABLE.1)] {
            for at in (0..whole.len()).step_by(7).filter(|at| whole.is_char_boundary(*at)) {
                let (head, tail) = whole.split_at(at);
                for text in [head.to_owned(), format!("{tail}{head}"), format!("{head}é\\|{tail}")] {
                    let source = Source::new(SourceId(0), name, text);
                    match read(std::slice::from_ref(&source)) {
                        Ok(cases) => assert!(name == "x.md" || !cases.is_empty()),
                        Err(found) => found
                            .0
                            .iter()
                            .for_each(|d| assert!(!print(d, std::slice::from_ref(&source), Style::Plain).is_empty())),
                    }
                }
            }
        }
    }

    #[test]
    fn json_tells_the_same() {
        let source = json_file(
            r#"[{"name": "a", "field": "severity", "defender": "high", "sentinel": "low", "expect": "keep"}]"#,
        );
        let cases = read(std::slice::from_ref(&source)).unwrap();
        let report = run_rule("test", "fn decide(f) { hold(\"x\") }", &Settings::default(), &cases).unwrap();
        let out = json(&report, &[source]);
        assert_eq!((&out["cases"][0]["differences"][0]["got"], &out["failed"]), (&"hold".into(), &1.into()));
        assert_eq!((&out["cases"][0]["line"], &out["branches"]["total"]), (&1.into(), &1.into()));
    }
}
