//! What is known of a field: what each side says, what both last agreed on, who changed it.

use crate::incident::{Field, Side};
use crate::sync::input::{Actor, Input, Settings};
use crate::sync::merge::{Merge, merge};
use crate::sync::value::{Said, of_defender, of_sentinel};
use serde_json::{Value, json};

/// What is known of a field on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFacts {
    /// The field.
    pub field: Field,
    /// What both last agreed on; `None` when nothing was.
    pub base: Option<(String, String)>,
    /// What Defender says.
    pub defender: String,
    /// What Sentinel says; nothing when the incident is gone there.
    pub sentinel: String,
    /// By whom it was changed in Defender; `None` when it was not.
    pub defender_by: Option<String>,
    /// By whom it was changed in Sentinel; `None` when it was not.
    pub sentinel_by: Option<String>,
    /// Which side is later.
    pub order: &'static str,
    /// What the merge finds: `same`, `changed in Defender`, `conflict`, ...
    pub found: &'static str,
}

/// What is known of a field.
pub fn facts_of(field: Field, input: &Input, settings: &Settings) -> FieldFacts {
    let directory = &settings.directory;
    let defender = input.defender.as_ref().map_or(Said::Nothing, |d| of_defender(field, d, directory));
    let sentinel = input.sentinel.as_ref().map_or(Said::Nothing, |s| of_sentinel(field, s, directory));
    let base = input.base.as_ref().filter(|b| !b.unsettled.contains(&field));
    let said = base.map(|b| (of_defender(field, &b.defender, directory), of_sentinel(field, &b.sentinel, directory)));
    let echo = |side| input.actor(side, field) == Actor::Sync;
    let (found, changed) = merge(said.as_ref(), &defender, &sentinel, (echo(Side::Defender), echo(Side::Sentinel)));
    let by = |side: Side, changed: bool| {
        let change = input.change(side, field);
        let name = change.name.map_or(String::new(), |name| format!(" {name}"));
        changed.then(|| format!("{}{name}", change.by.name()))
    };
    let comments = field == Field::Comments;
    let count = |n: Option<usize>| n.map_or_else(|| "-".to_owned(), |n| format!("{n} comments"));
    FieldFacts {
        field,
        base: said.filter(|_| !comments).map(|(d, s)| (d.text(), s.text())),
        defender: if comments { count(input.defender.as_ref().map(|d| d.comments.len())) } else { defender.text() },
        sentinel: if comments { count(input.sentinel.as_ref().map(|s| s.comments.len())) } else { sentinel.text() },
        defender_by: by(Side::Defender, changed.defender),
        sentinel_by: by(Side::Sentinel, changed.sentinel),
        order: input.order(field).name(),
        found: match found {
            _ if comments => "a log",
            Merge::Same => "same",
            Merge::Carry(Side::Defender) => "changed in Defender",
            Merge::Carry(Side::Sentinel) => "changed in Sentinel",
            Merge::Conflict if field == Field::Tags => "changed in both",
            Merge::Conflict => "conflict",
            Merge::Unknown(Side::Defender) => "not known in Defender",
            Merge::Unknown(Side::Sentinel) => "not known in Sentinel",
        },
    }
}

impl FieldFacts {
    /// In a line.
    pub fn line(&self) -> String {
        let base = match &self.base {
            None => "never agreed".to_owned(),
            Some((d, s)) if d == s => format!("base {d}"),
            Some((d, s)) => format!("base {d} and {s}"),
        };
        let side = |said: &str, by: &Option<String>| match by {
            Some(by) => format!("{said} by {by}"),
            None => format!("{said}, unchanged"),
        };
        let (d, s) = (side(&self.defender, &self.defender_by), side(&self.sentinel, &self.sentinel_by));
        format!("{}: {base} | Defender {d} | Sentinel {s} | later: {} | {}", self.field.name(), self.order, self.found)
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let base = self.base.as_ref().map(|(d, s)| json!({"defender": d, "sentinel": s}));
        json!({"field": self.field.name(), "base": base, "defender": self.defender, "sentinel": self.sentinel,
            "defender_by": self.defender_by, "sentinel_by": self.sentinel_by, "order": self.order, "found": self.found})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{DefenderIncident, Open, SentinelIncident};
    use crate::sync::base::Base;
    use crate::sync::input::Change;

    #[test]
    fn one_side_changed_and_nobody_else() {
        let (mut defender, sentinel) = (DefenderIncident::new("1"), SentinelIncident::new("a"));
        let mut input = Input { base: Some(Base::of(&defender, &sentinel)), ..Input::default() };
        defender.status = Open::read("resolved");
        (input.defender, input.sentinel) = (Some(defender), Some(sentinel));
        input.defender_changes.insert(Field::Status, Change { by: Actor::Human, name: Some("Alice".into()) });
        let facts = facts_of(Field::Status, &input, &Settings::default());
        let line = "status: base new | Defender closed by human Alice | Sentinel new, unchanged | later: unknown | changed in Defender";
        assert_eq!(facts.line(), line);
    }
}
