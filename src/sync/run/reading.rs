//! An incident as it was read, with who changed which field since the reading before.
//!
//! Both services tell one time and one name per record. A field that differs from the reading before gets those of the
//! record; a field that does not keeps what it had. So a later change of another field takes nobody's change away.

use crate::incident::{DefenderIncident, Directory, Field, SentinelIncident, Side};
use crate::sync::input::{Actor, Change, Order};
use crate::sync::value::{Said, of_defender, of_sentinel};
use crate::value::datetime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who changed a field, and when at the latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated {
    /// Who.
    pub by: Actor,
    /// By name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The record's time of change, ticks by the service's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
}

/// An incident with its changes. This is the shape of a snapshot in the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading<T> {
    /// The incident.
    pub incident: T,
    /// The last change of each field that was seen to change.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<Field, Dated>,
}

/// What both kinds of incidents can tell.
pub trait Record {
    /// Where it is.
    const SIDE: Side;
    /// Its id there.
    fn id(&self) -> &str;
    /// The service's time of its last change, as the service wrote it.
    fn updated(&self) -> Option<&str>;
    /// Who changed it last, as the service, or its log, tells.
    fn changed_by(&self) -> Option<&str>;
    /// What it says about a field.
    fn said<'a>(&'a self, field: Field, directory: &Directory) -> Said<'a>;
    /// How many comments were read with it.
    fn comment_count(&self) -> usize;
}

impl Record for DefenderIncident {
    const SIDE: Side = Side::Defender;
    fn id(&self) -> &str {
        &self.id
    }
    fn updated(&self) -> Option<&str> {
        self.last_update_date_time.as_deref()
    }
    fn changed_by(&self) -> Option<&str> {
        self.last_modified_by.as_deref()
    }
    fn said<'a>(&'a self, field: Field, directory: &Directory) -> Said<'a> {
        of_defender(field, self, directory)
    }
    fn comment_count(&self) -> usize {
        self.comments.len()
    }
}

impl Record for SentinelIncident {
    const SIDE: Side = Side::Sentinel;
    fn id(&self) -> &str {
        &self.id
    }
    fn updated(&self) -> Option<&str> {
        self.last_modified_time_utc.as_deref()
    }
    fn changed_by(&self) -> Option<&str> {
        self.modified_by.as_deref()
    }
    fn said<'a>(&'a self, field: Field, directory: &Directory) -> Said<'a> {
        of_sentinel(field, self, directory)
    }
    fn comment_count(&self) -> usize {
        self.comments.len()
    }
}

impl<T: Record> Reading<T> {
    /// The next reading of an incident: what differs from the one before was changed by whoever changed the record last.
    pub fn next(
        incident: T,
        before: Option<&Reading<T>>,
        identities: &Identities,
        directory: &Directory,
    ) -> Reading<T> {
        let mut changes = before.map(|b| b.changes.clone()).unwrap_or_default();
        let at = incident.updated().and_then(datetime::parse);
        for field in Field::ALL {
            let said = incident.said(field, directory);
            let differs = before.is_none_or(|b| b.incident.said(field, directory) != said);
            if differs && before.is_some() {
                let name = incident.changed_by().map(str::to_owned);
                changes.insert(field, Dated { by: identities.actor(name.as_deref()), name, at });
            }
        }
        Reading { incident, changes }
    }

    /// The changes as a decision takes them.
    pub fn changes(&self) -> BTreeMap<Field, Change> {
        self.changes.iter().map(|(field, c)| (*field, Change { by: c.by, name: c.name.clone() })).collect()
    }
}

/// Which side is later, field by field, where both times are known. Within the skew of the clocks it is a tie.
pub fn order(
    defender: &BTreeMap<Field, Dated>,
    sentinel: &BTreeMap<Field, Dated>,
    skew: i64,
) -> BTreeMap<Field, Order> {
    let known = |field: &Field| Some((defender.get(field)?.at?, sentinel.get(field)?.at?));
    let ordered = |field: Field| {
        let (d, s) = known(&field)?;
        let order = match d.saturating_sub(s) {
            apart if apart > skew => Order::Defender,
            apart if apart < skew.saturating_neg() => Order::Sentinel,
            _ => Order::Tie,
        };
        Some((field, order))
    };
    Field::ALL.into_iter().filter_map(ordered).collect()
}

/// How names of services and people are told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identities {
    /// Our own names, in any case.
    pub ours: Vec<String>,
    /// Beginnings of names that are the user's automation.
    pub automation: Vec<String>,
    /// Beginnings of names that are people, for directories whose names have no `@`.
    pub people: Vec<String>,
}

impl Identities {
    /// Who a name is. What the configuration names comes first; then Microsoft's own habits: services begin with
    /// `Microsoft`, apps with `API-`, rules and playbooks with `Automation` or `Playbook`, people have an address.
    pub fn actor(&self, name: Option<&str>) -> Actor {
        let Some(name) = name.map(str::trim).filter(|n| !n.is_empty()) else { return Actor::Unknown };
        let lower = name.to_lowercase();
        let begins = |list: &[String]| list.iter().any(|start| lower.starts_with(&start.to_lowercase()));
        if self.ours.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            Actor::Sync
        } else if begins(&self.automation) {
            Actor::Automation
        } else if begins(&self.people) {
            Actor::Human
        } else if lower.starts_with("microsoft") {
            Actor::Provider
        } else if ["api-", "automation", "automated", "playbook", "logic app"].iter().any(|s| lower.starts_with(s)) {
            Actor::Automation
        } else if lower.contains('@') {
            Actor::Human
        } else {
            Actor::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Open;

    #[test]
    fn a_later_change_takes_nobodys_change_away() {
        let (identities, directory) = (Identities::default(), Directory::default());
        let mut incident = DefenderIncident::new("1");
        let first = Reading::next(incident.clone(), None, &identities, &directory);
        assert!(first.changes.is_empty());
        incident.status = Open::read("resolved");
        incident.last_modified_by = Some("alice@example.com".into());
        incident.last_update_date_time = Some("2026-01-02T03:04:05.1234567Z".into());
        let second = Reading::next(incident.clone(), Some(&first), &identities, &directory);
        incident.custom_tags.push("x".into());
        incident.last_modified_by = Some("API-playbook".into());
        let third = Reading::next(incident, Some(&second), &identities, &directory);
        assert_eq!(third.changes[&Field::Status].by, Actor::Human);
        assert_eq!(third.changes[&Field::Tags].by, Actor::Automation);
    }

    #[test]
    fn clocks_within_the_skew_are_a_tie() {
        let at = |at| BTreeMap::from([(Field::Status, Dated { by: Actor::Human, name: None, at: Some(at) })]);
        assert_eq!(order(&at(100), &at(90), 5)[&Field::Status], Order::Defender);
        assert_eq!(order(&at(100), &at(104), 5)[&Field::Status], Order::Tie);
        assert!(order(&at(1), &BTreeMap::new(), 5).is_empty());
    }
}
