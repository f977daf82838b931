//! `rules diff`: every state of the domain of [`super::verify`] that two rules decide differently.
//!
//! In: two rules, the settings. Out: the differences, grouped by what was asked and answered, each with the simplest state.
//! Never: a sample; a state that is not counted was decided alike.

use super::host::digest;
use super::verify::{Options, Progress, State, VerifySource, differences};
use crate::diagnostic::Style;
use crate::incident::Field;
use crate::sync::decision::RuleFault;
use crate::sync::input::Settings;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// What two rules decide differently.
#[derive(Clone, Debug)]
pub struct Diff {
    /// The names of both.
    pub rules: [String; 2],
    /// The digests of both.
    pub digests: [String; 2],
    /// Whether every state of the scope was looked at.
    pub complete: bool,
    /// States.
    pub states: u64,
    /// States that are decided differently.
    pub different: u64,
    /// The differences, the most frequent first.
    pub groups: Vec<Group>,
}

/// States in which the same is asked about and answered in the same two ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What both were asked.
    #[serde(flatten)]
    pub key: GroupKey,
    /// In how many states.
    pub states: u64,
    /// The simplest of them.
    pub example: State,
}

/// What makes a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct GroupKey {
    /// The field, or the event.
    pub about: &'static str,
    /// `conflict`, `changed in Defender`, `changed in Sentinel`, `event`.
    pub asked: &'static str,
    /// The first rule's decision; `fails` for none.
    pub first: String,
    /// The second rule's decision.
    pub second: String,
    /// Who changed it in Defender; `-` for nobody.
    pub defender_by: &'static str,
    /// Who changed it in Sentinel.
    pub sentinel_by: &'static str,
    /// Which side is later.
    pub order: &'static str,
}

/// Compares two rules.
///
/// # Errors
/// When one of them cannot be compiled.
pub fn diff(
    first: &VerifySource,
    second: &VerifySource,
    settings: &Settings,
    options: &Options,
    progress: &Progress,
) -> Result<Diff, RuleFault> {
    let found = differences(first, second, settings, options, progress)?;
    let mut groups = found.groups;
    groups.sort_by(|a, b| b.states.cmp(&a.states).then_with(|| a.key.cmp(&b.key)));
    Ok(Diff {
        rules: [first.name.to_owned(), second.name.to_owned()],
        digests: [digest(first.script, settings), digest(second.script, settings)],
        complete: found.complete,
        states: found.states,
        different: found.different,
        groups,
    })
}

impl Diff {
    /// True when both decide every state alike.
    pub fn same(&self) -> bool {
        self.complete && self.groups.is_empty()
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "rules": self.rules,
            "digests": self.digests,
            "complete": self.complete,
            "states": self.states,
            "different": self.different,
            "groups": self.groups,
        })
    }

    /// For people: a line for each group, then an example of each kind of change.
    pub fn text(&self, style: Style) -> String {
        let [first, second] = &self.rules;
        let mut out = String::new();
        let _ =
            writeln!(out, "{first} -> {second}: {} of {} states are decided differently", self.different, self.states);
        if !self.complete {
            let _ = writeln!(out, "not complete: stopped before every state was looked at");
        }
        let mut shown: Vec<(&str, &str, &str, &str)> = Vec::new();
        for group in &self.groups {
            let key = &group.key;
            let kind = (key.about, key.asked, key.first.as_str(), key.second.as_str());
            if shown.contains(&kind) {
                continue;
            }
            shown.push(kind);
            let like = |g: &&Group| (g.key.about, g.key.asked, g.key.first.as_str(), g.key.second.as_str()) == kind;
            let change = format!("{} -> {}", key.first, key.second);
            let _ = writeln!(out, "\n{}, {}: {}", key.about, key.asked, style_change(style, &change));
            for g in self.groups.iter().filter(like) {
                let (d, s) = (g.key.defender_by, g.key.sentinel_by);
                let _ = writeln!(
                    out,
                    "  {:>9} states  Defender by {d:<10} Sentinel by {s:<10} later {}",
                    g.states, g.key.order
                );
            }
            super::verify::show_state(&mut out, "as", &group.example, style);
        }
        out
    }
}

fn style_change(style: Style, text: &str) -> String {
    match style {
        Style::Plain => text.to_owned(),
        Style::Ansi => format!("\x1b[1m{text}\x1b[0m"),
    }
}

/// A field's name, or an event's, as the key has it.
pub(super) fn about(field: Option<Field>, event: &'static str) -> &'static str {
    field.map_or(event, Field::name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::verify::Scope;

    const QUICK: Options = Options { scope: Scope::Quick, threads: 2, stop_at_first: false, remember: true };

    fn between(first: &str, second: &str) -> Diff {
        let source = |script| VerifySource { name: "rule", script };
        diff(&source(first), &source(second), &Settings::default(), &QUICK, &Progress::default()).unwrap()
    }

    #[test]
    fn finds_what_changed_and_nothing_else() {
        let old = "fn decide(f) { take_defender() }";
        let new = "fn decide(f) { if f.field == \"owner\" && f.sentinel.by == \"human\" { return take_sentinel(); } take_defender() }";
        let diff = between(old, new);
        assert!(!diff.groups.is_empty() && !diff.same());
        for group in &diff.groups {
            let key = &group.key;
            assert_eq!((key.about, key.asked, key.sentinel_by), ("owner", "conflict", "human"));
            assert_eq!((key.first.as_str(), key.second.as_str()), ("take_defender()", "take_sentinel()"));
        }
        assert_eq!(diff.groups.iter().map(|g| g.states).sum::<u64>(), diff.different);
        assert!(diff.text(Style::Plain).contains("owner, conflict: take_defender() -> take_sentinel()"));
    }

    #[test]
    fn words_are_no_difference() {
        let diff = between("fn decide(f) { take_defender(\"a\") }", "fn decide(f) { let x = 1; take_defender(\"b\") }");
        assert!(diff.same() && diff.different == 0 && diff.states > 50_000);
    }

    #[test]
    fn a_failure_is_a_difference() {
        let diff = between("fn decide(f) { hold(\"ask\") }", "fn decide(f) { throw \"no\" }");
        assert!(diff.groups.iter().all(|g| g.key.second == "fails") && !diff.groups.is_empty());
    }
}
