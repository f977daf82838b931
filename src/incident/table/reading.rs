//! What is known of one incident after a reading: both sides, their alerts joined.

use super::super::{Alert, DefenderIncident, Entity, SentinelComment, SentinelIncident};
use super::columns::{ticks, time};
use serde_json::{Map, Value};

/// One incident as both sides tell it, with what an earlier reading told and this one was not asked for.
pub(super) struct Reading<'a> {
    /// Defender's side.
    pub(super) defender: Option<&'a DefenderIncident>,
    /// Sentinel's side.
    pub(super) sentinel: Option<&'a SentinelIncident>,
    /// Graph's alerts, each once, oldest first.
    pub(super) alerts: Vec<&'a Alert>,
    /// Sentinel's alerts.
    pub(super) told: Vec<Told<'a>>,
    /// Sentinel's comments.
    pub(super) comments: &'a [SentinelComment],
    /// Sentinel's entities.
    pub(super) entities: &'a [Entity],
}

/// An alert as Sentinel tells it.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    /// The resource, with its address.
    pub(super) resource: &'a Value,
    /// The properties of the SecurityAlert entity.
    pub(super) properties: &'a Map<String, Value>,
    /// The same alert as Graph tells it.
    pub(super) twin: Option<&'a Alert>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        defender: Option<&'a DefenderIncident>,
        sentinel: Option<&'a SentinelIncident>,
        earlier: Option<&Reading<'a>>,
    ) -> Reading<'a> {
        let defender = defender.or(earlier.and_then(|e| e.defender));
        let sentinel = sentinel.or(earlier.and_then(|e| e.sentinel));
        // A merged incident has lost its alerts; any other one has some, so that an empty list was not asked for.
        let kept = earlier.filter(|_| !defender.is_some_and(DefenderIncident::redirected));
        let mut alerts: Vec<&Alert> = defender.map_or(vec![], |d| d.alerts.iter().collect());
        if let (true, Some(earlier)) = (alerts.is_empty(), kept) {
            alerts.clone_from(&earlier.alerts);
        }
        alerts.sort_by_key(|a| (time(&a.other, "createdDateTime"), a.id.as_str()));
        alerts.dedup_by_key(|a| a.id.as_str());
        let mut told: Vec<&Value> = sentinel.map_or(vec![], |s| s.alerts.iter().collect());
        if let (true, Some(earlier)) = (told.is_empty(), kept) {
            told = earlier.told.iter().map(|t| t.resource).collect();
        }
        let told = told.into_iter().filter_map(|resource| Told::new(resource, &alerts)).collect();
        let comments = sentinel.map_or(&[][..], |s| &s.comments);
        let entities = sentinel.map_or(&[][..], |s| &s.entities);
        Reading {
            defender,
            sentinel,
            alerts,
            told,
            comments: if comments.is_empty() { earlier.map_or(comments, |e| e.comments) } else { comments },
            entities: if entities.is_empty() { kept.map_or(entities, |e| e.entities) } else { entities },
        }
    }

    /// Graph's alert of that id.
    pub(super) fn alert(&self, id: &str) -> Option<&'a Alert> {
        self.alerts.iter().find(|a| a.id == id).copied()
    }

    /// The ids of its alerts, Graph's first.
    pub(super) fn alert_ids(&self) -> Vec<String> {
        let own = self.told.iter().filter(|t| t.twin.is_none()).map(|t| t.id().to_owned());
        self.alerts.iter().map(|a| a.id.clone()).chain(own).collect()
    }

    /// When Defender last changed it.
    pub(super) fn defender_changed(&self) -> Option<i64> {
        ticks(self.defender.and_then(|d| d.last_update_date_time.as_deref()))
    }

    /// When Sentinel last changed it.
    pub(super) fn sentinel_changed(&self) -> Option<i64> {
        ticks(self.sentinel.and_then(|s| s.last_modified_time_utc.as_deref()))
    }

    /// When it was made.
    pub(super) fn created(&self) -> Option<i64> {
        ticks(self.defender.and_then(|d| d.created_date_time.as_deref()))
            .or_else(|| ticks(self.sentinel.and_then(|s| s.created_time_utc.as_deref())))
    }
}

impl<'a> Told<'a> {
    fn new(resource: &'a Value, alerts: &[&'a Alert]) -> Option<Told<'a>> {
        let properties = resource.get("properties").unwrap_or(resource).as_object()?;
        let mut told = Told { resource, properties, twin: None };
        if told.system_id().is_none() && told.vendor_id().is_none() {
            return None;
        }
        told.twin = alerts.iter().find(|alert| told.is(alert)).copied();
        Some(told)
    }

    /// Sentinel's own id of it.
    pub(super) fn system_id(&self) -> Option<&'a str> {
        super::columns::text(self.properties, "systemAlertId").or_else(|| self.resource.get("name")?.as_str())
    }

    /// The id that it has at the product that raised it.
    pub(super) fn vendor_id(&self) -> Option<&'a str> {
        super::columns::text(self.properties, "providerAlertId")
    }

    /// The id that it has in all tables.
    pub(super) fn id(&self) -> &'a str {
        self.twin.map(|t| t.id.as_str()).or(self.system_id()).or(self.vendor_id()).unwrap_or_default()
    }

    /// Defender names a product's alert by the product's id, and one of Sentinel by `sn` and Sentinel's id.
    fn is(&self, alert: &Alert) -> bool {
        let names = [Some(alert.id.as_str()), alert.provider_alert_id.as_deref()];
        let own = [self.system_id(), self.vendor_id()];
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        names.iter().flatten().any(|name| own.iter().flatten().any(|id| same(name, id)))
            || alert.id.strip_prefix("sn").is_some_and(|rest| self.system_id().is_some_and(|id| same(rest, id)))
    }
}
