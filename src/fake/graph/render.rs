//! A Defender incident or alert as a caller of Graph sees it.

use super::super::store::Core;
use super::super::wire::{Call, Object, Reply};
use serde_json::{Value as Json, json};

/// The properties of incidents and alerts.
#[rustfmt::skip]
const SELECTABLE: &[&str] = &[
    "id", "tenantId", "status", "incidentWebUrl", "redirectIncidentId", "displayName", "createdDateTime",
    "lastUpdateDateTime", "assignedTo", "classification", "determination", "severity", "customTags", "systemTags",
    "description", "lastModifiedBy", "resolvingComment", "summary", "priorityScore", "comments", "alerts",
    "providerAlertId", "incidentId", "serviceSource", "detectionSource", "productName", "detectorId", "title",
    "recommendedActions", "category", "alertWebUrl", "actorDisplayName", "threatDisplayName", "threatFamilyName",
    "mitreTechniques", "resolvedDateTime", "firstActivityDateTime", "lastActivityDateTime", "evidence",
];

/// What the query says about the shape of answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    expand_alerts: bool,
    select: Option<Vec<String>>,
    unknown_members: bool,
}

impl Shape {
    /// From `$expand`, `$select` and the `Prefer` header.
    pub(super) fn of(call: &Call) -> Result<Shape, Reply> {
        if let Some(name) = ["$search", "$apply", "$compute"].into_iter().find(|n| call.query(n).is_some()) {
            return Err(super::bad(format!("The query option '{name}' is not supported on this resource.")));
        }
        let expand_alerts = match call.query("$expand") {
            None => false,
            Some("alerts" | "*") => true,
            Some(other) => return Err(super::bad(format!("Could not find a property named '{other}' to expand."))),
        };
        let select: Option<Vec<String>> =
            call.query("$select").map(|list| list.split(',').map(|s| s.trim().to_owned()).collect());
        if let Some(other) = select.iter().flatten().find(|s| !SELECTABLE.contains(&s.as_str())) {
            return Err(super::bad(format!("Could not find a property named '{other}' to select.")));
        }
        let unknown_members = call.prefers("include-unknown-enum-members");
        Ok(Shape { expand_alerts, select, unknown_members })
    }

    /// An incident.
    pub(super) fn incident(&self, core: &Core, props: &Object) -> Object {
        let mut out = props.clone();
        self.veil(&mut out);
        if self.expand_alerts {
            let id = props.get("id").and_then(Json::as_str).unwrap_or_default();
            let ids = core.defender.get(id).map(|d| d.alert_ids.as_slice()).unwrap_or_default();
            let alerts = ids.iter().filter_map(|a| core.alerts.get(a)).cloned().map(|mut alert| {
                self.veil(&mut alert);
                Json::Object(alert)
            });
            out.insert("alerts".into(), Json::Array(alerts.collect()));
        }
        self.pick(out)
    }

    /// An alert.
    pub(super) fn alert(&self, alert: &Object) -> Object {
        let mut out = alert.clone();
        self.veil(&mut out);
        self.pick(out)
    }

    /// Members that were added to an enumeration later are shown to those only who say that they can take them.
    fn veil(&self, record: &mut Object) {
        const LATER: [(&str, &[&str]); 3] = [
            ("status", &["awaitingAction"]),
            ("serviceSource", &["microsoftDefenderForCloud", "microsoftSentinel", "microsoftInsiderRiskManagement"]),
            ("detectionSource", &["nrtAlerts", "scheduledAlerts", "builtInMl", "microsoftSentinel"]),
        ];
        for (name, later) in LATER.iter().filter(|_| !self.unknown_members) {
            if record.get(*name).and_then(Json::as_str).is_some_and(|word| later.contains(&word)) {
                record.insert((*name).to_owned(), "unknownFutureValue".into());
            }
        }
    }

    /// Only the properties of `$select`.
    fn pick(&self, mut out: Object) -> Object {
        if let Some(select) = &self.select {
            out.retain(|name, _| name == "id" || name == "alerts" || select.contains(name));
        }
        out
    }
}

/// An entity's answer, with its context first.
pub(super) fn entity(what: &str, props: Object) -> Reply {
    let mut out = Object::new();
    out.insert("@odata.context".into(), super::context(&format!("{what}/$entity")));
    out.extend(props);
    Reply::json(200, Json::Object(out))
}

/// A collection's answer.
pub(super) fn collection(what: &str, value: Vec<Json>, total: Option<usize>, next: Option<String>) -> Reply {
    let mut out = Object::new();
    out.insert("@odata.context".into(), super::context(what));
    if let Some(total) = total {
        out.insert("@odata.count".into(), total.into());
    }
    if let Some(next) = next {
        out.insert("@odata.nextLink".into(), next.into());
    }
    out.insert("value".into(), json!(value));
    Reply::json(200, Json::Object(out))
}
