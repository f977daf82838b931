//! A Sentinel incident as a caller of some api-version sees it.

use super::super::store::{Core, Sentinel};
use super::super::wire::{Call, Object};
use super::{Version, incident_path};
use serde_json::{Value as Json, json};

/// Sentinel counts and shows no more alerts of an incident than this.
pub(super) const ALERTS: usize = 150;

/// Properties in the service's order. Null ones are left out, but for the owner's.
const ORDER: &[&str] = &[
    "title",
    "description",
    "severity",
    "status",
    "classification",
    "classificationReason",
    "classificationComment",
    "owner",
    "labels",
    "firstActivityTimeUtc",
    "lastActivityTimeUtc",
    "lastModifiedTimeUtc",
    "createdTimeUtc",
    "incidentNumber",
    "additionalData",
    "relatedAnalyticRuleIds",
    "incidentUrl",
    "providerName",
    "providerIncidentId",
];

/// The resource.
pub(super) fn incident(core: &Core, call: &Call, record: &Sentinel, version: Version) -> Json {
    let id = incident_path(call, &record.name);
    let mut props = Object::new();
    for name in ORDER {
        let value = match *name {
            "additionalData" => additional(core, record, version),
            "incidentUrl" => {
                format!("https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident{id}").into()
            }
            "providerName" | "providerIncidentId" if !version.has_provider() => continue,
            "labels" => labels(record, version),
            "owner" => owner(record, version),
            name => record.props.get(name).cloned().unwrap_or(Json::Null),
        };
        if !value.is_null() {
            props.insert((*name).to_owned(), value);
        }
    }
    // A test may store what no version knows.
    for (name, value) in &record.props {
        if !ORDER.contains(&name.as_str()) {
            props.insert(name.clone(), value.clone());
        }
    }
    json!({"id": id, "name": record.name, "etag": record.etag, "type": "Microsoft.SecurityInsights/Incidents",
        "properties": props})
}

fn additional(core: &Core, record: &Sentinel, version: Version) -> Json {
    let alerts = || record.alert_ids.iter().filter_map(|id| core.alerts.get(id));
    let mut products: Vec<&str> = Vec::new();
    let mut tactics: Vec<&str> = Vec::new();
    for alert in alerts() {
        let text = |name: &str| alert.get(name).and_then(Json::as_str);
        products.extend(text("productName").filter(|p| !products.contains(p)));
        tactics.extend(text("category").and_then(tactic).filter(|t| !tactics.contains(t)));
    }
    let mut data = json!({"alertsCount": record.alert_ids.len().min(ALERTS), "bookmarksCount": record.bookmarks.len(),
        "commentsCount": record.comments.len(), "alertProductNames": products, "tactics": tactics});
    let defender = core.defender.get(record.text("providerIncidentId"));
    let url = defender.filter(|_| record.text("providerName") != "Azure Sentinel").map(|d| d.text("incidentWebUrl"));
    if let (Some(url), Some(data)) = (url.filter(|_| version.has_provider()), data.as_object_mut()) {
        data.insert("providerIncidentUrl".into(), url.into());
    }
    data
}

/// A category of Defender that is a tactic of Sentinel.
pub(super) fn tactic(category: &str) -> Option<&'static str> {
    const TACTICS: [&str; 12] = [
        "InitialAccess",
        "Execution",
        "Persistence",
        "PrivilegeEscalation",
        "DefenseEvasion",
        "CredentialAccess",
        "Discovery",
        "LateralMovement",
        "Collection",
        "Exfiltration",
        "CommandAndControl",
        "Impact",
    ];
    TACTICS.into_iter().find(|t| *t == category)
}

fn labels(record: &Sentinel, version: Version) -> Json {
    let mut labels = record.props.get("labels").cloned().unwrap_or_else(|| json!([]));
    if !version.has_owner_type() {
        for label in labels.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut) {
            if label.get("labelType").and_then(Json::as_str) == Some("AutoAssigned") {
                label.insert("labelType".into(), "System".into());
            }
        }
    }
    labels
}

fn owner(record: &Sentinel, version: Version) -> Json {
    let mut owner = record.props.get("owner").cloned().unwrap_or(Json::Null);
    if let Some(owner) = owner.as_object_mut().filter(|_| !version.has_owner_type()) {
        owner.shift_remove("ownerType");
    }
    owner
}
