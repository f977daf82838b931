//! What both services know: incidents, alerts, the change log, and what is still on its way between them.
//!
//! In: changes with somebody's name on them. Out: the records, as JSON in the vendors' property names. No HTTP in here.
//! INVARIANT: every change goes through `touch_defender` or `touch_sentinel`, so stamps, etags and the change log never lie.

pub(super) mod actor;
mod alerts;
mod change;
mod changelog;
mod clock;
mod lag;
mod merge;
mod record;
mod seed;
mod twin;

pub(super) use actor::Actor;
pub(super) use alerts::AlertSpec;
pub(super) use clock::{Clock, SECOND};
pub(super) use record::{Comment, Defender, Sentinel};
pub(super) use seed::{labels_of, tags_of};
pub(super) use twin::image;

use super::options::{Options, Person};
use super::wire::Object;
use crate::value::datetime;
use changelog::ChangeLog;
use indexmap::IndexMap;
use lag::{Lag, Pending};
use serde_json::{Value as Json, json};
use std::collections::VecDeque;

/// Actions kept for `GET /__control/actions`.
const ACTIONS: usize = 100_000;

/// Both services' records.
#[derive(Clone)]
pub(super) struct Core {
    /// The present.
    pub clock: Clock,
    /// The directory.
    pub people: Vec<Person>,
    /// Defender's incidents by id.
    pub defender: IndexMap<String, Defender>,
    /// Defender's alerts by id.
    pub alerts: IndexMap<String, Object>,
    /// Sentinel's incidents by name.
    pub sentinel: IndexMap<String, Sentinel>,
    /// The table SecurityIncident.
    pub log: ChangeLog,
    /// Delays.
    pub lag: Lag,
    /// What was done by the world and by `edit`, oldest first.
    pub actions: VecDeque<Json>,
    /// The tenant's id.
    pub tenant: String,
    pending: Vec<Pending>,
    serial: u64,
    next_number: i64,
    next_id: u64,
}

impl Core {
    /// An empty state.
    pub(super) fn new(options: &Options) -> Core {
        Core {
            clock: Clock::new(options.time.clone()),
            people: options.people.clone(),
            defender: IndexMap::new(),
            alerts: IndexMap::new(),
            sentinel: IndexMap::new(),
            log: ChangeLog::new(options.log_cap),
            lag: Lag::default(),
            actions: VecDeque::new(),
            tenant: options.tenant.clone(),
            pending: Vec::new(),
            serial: 0,
            next_number: 1,
            next_id: 1,
        }
    }

    /// A number that was never given before.
    pub(super) fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// A guid that was never given before; the same in every run that does the same.
    pub(super) fn guid(&mut self) -> String {
        let serial = self.serial();
        let name = format!("{}/{serial}", self.tenant);
        uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).hyphenated().to_string()
    }

    /// The next number of a Sentinel incident.
    pub(super) fn next_number(&mut self) -> i64 {
        self.next_number += 1;
        self.next_number - 1
    }

    /// The next id of a Defender incident.
    pub(super) fn next_id(&mut self) -> String {
        self.next_id += 1;
        (self.next_id - 1).to_string()
    }

    /// A person by user principal name.
    pub(super) fn person(&self, upn: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.upn.eq_ignore_ascii_case(upn))
    }

    /// A person by object id.
    pub(super) fn person_by_id(&self, object_id: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.object_id.eq_ignore_ascii_case(object_id))
    }

    /// Marks a Defender incident as changed by `by`: its time moves, by at least a tick.
    pub(super) fn touch_defender(&mut self, id: &str, by: &str) {
        let at = self.clock.write();
        let keep = self.lag.list > 0;
        if let Some(incident) = self.defender.get_mut(id) {
            incident.stamp = at.max(incident.stamp + 1);
            incident.props.insert("lastUpdateDateTime".into(), datetime::format(incident.stamp).into());
            incident.props.insert("lastModifiedBy".into(), by.into());
            if keep {
                incident.remember();
            }
        }
        if self.lag.mirror {
            self.later(lag::What::Fields(id.to_owned()));
        }
    }

    /// Marks a Sentinel incident as changed by `by`: its time and etag move, and the change log gets a row.
    pub(super) fn touch_sentinel(&mut self, name: &str, by: &str) {
        let at = self.clock.write();
        let serial = self.serial();
        let keep = self.lag.list > 0;
        let Some(incident) = self.sentinel.get_mut(name) else { return };
        incident.stamp = at.max(incident.stamp + 1);
        incident.etag = etag(serial);
        incident.props.insert("lastModifiedTimeUtc".into(), datetime::format(incident.stamp).into());
        incident.modified_by = by.to_owned();
        if keep {
            incident.remember();
        }
        let row = changelog::row(incident, &self.alerts, by);
        self.log.push(row);
    }

    /// Keeps an action.
    pub(super) fn note(&mut self, action: Json) {
        if self.actions.len() >= ACTIONS {
            self.actions.pop_front();
        }
        self.actions.push_back(action);
    }

    /// Both sides as stored, in the vendors' property names.
    pub(super) fn state(&self) -> Json {
        let defender: Vec<Json> = self
            .defender
            .values()
            .map(|d| {
                let mut props = d.props.clone();
                let alerts = d.alert_ids.iter().filter_map(|a| self.alerts.get(a)).cloned().map(Json::Object);
                props.insert("alerts".into(), Json::Array(alerts.collect()));
                Json::Object(props)
            })
            .collect();
        let sentinel: Vec<Json> = self.sentinel.values().map(Sentinel::stored).collect();
        json!({
            "now": datetime::format(self.clock.now()),
            "defender": defender,
            "sentinel": sentinel,
            "directory": self.people.iter().map(Person::json).collect::<Vec<_>>(),
            "pending": self.pending.len(),
        })
    }

    /// Both sides in the flat form of sync scenarios: Sentinel's properties beside its name as `id`.
    pub(super) fn flat_state(&self) -> Json {
        let defender: Vec<Json> = self.defender.values().map(|d| Json::Object(d.props.clone())).collect();
        let sentinel: Vec<Json> = self.sentinel.values().map(Sentinel::flat).collect();
        json!({"now": datetime::format(self.clock.now()), "defender": defender, "sentinel": sentinel})
    }
}

/// An etag of the form the service uses: a quoted guid that counts up.
fn etag(serial: u64) -> String {
    format!("\"{serial:08x}-0000-0100-0000-{:012x}\"", serial.wrapping_mul(0x9e37_79b9_7f4a) & 0xffff_ffff_ffff)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::sync::Arc;

    /// A core at noon, seeded with one linked pair `29`/`inc-29`.
    pub(in crate::fake) fn pair() -> Core {
        let mut core = Core::new(&Options::new(Arc::new(|| 0)));
        let seed = json!({"now": "2026-01-05T12:00:00Z",
            "defender": [{"id": "29", "customTags": ["a"], "alerts": 2}],
            "sentinel": [{"id": "inc-29", "providerName": "Microsoft XDR", "providerIncidentId": "29"}]});
        core.seed(&seed).expect("a seed");
        core
    }

    #[test]
    fn stamps_and_etags_always_move() {
        let mut core = pair();
        let (mut last, mut tag) = (core.defender["29"].stamp, core.sentinel["inc-29"].etag.clone());
        for _ in 0..5 {
            core.touch_defender("29", "x");
            core.touch_sentinel("inc-29", "x");
            assert!(core.defender["29"].stamp > last && core.sentinel["inc-29"].etag != tag);
            last = core.defender["29"].stamp;
            tag = core.sentinel["inc-29"].etag.clone();
        }
        let text = core.defender["29"].props["lastUpdateDateTime"].as_str().expect("a text").to_owned();
        assert_eq!(text.len(), "2026-01-05T12:00:00.0000000Z".len());
        assert_eq!(core.log.table().rows.len(), 6, "one row at the seed, one a change");
    }
}
