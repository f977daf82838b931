//! SecurityAlert: every alert by Sentinel's words, what Sentinel does not tell filled from Graph's.

use super::super::Alert;
use super::alert_info::{categories, changed, product, recorded, techniques};
use super::columns::{Columns, add_once, list_text, text, text_at, texts, time};
use super::product::{capital, provider, tactic};
use super::reading::{Reading, Told};
use super::{alert_evidence::kind, entities};
use serde_json::{Map, Value};

/// The alerts of a reading: Graph's with what Sentinel tells of them, then those that only Sentinel tells.
fn alerts<'a>(reading: &Reading<'a>) -> Vec<(Option<&'a Alert>, Option<Told<'a>>)> {
    let told = |alert: &Alert| reading.told.iter().find(|t| t.twin.is_some_and(|twin| twin.id == alert.id)).copied();
    let both = reading.alerts.iter().map(|alert| (Some(*alert), told(alert)));
    both.chain(reading.told.iter().filter(|t| t.twin.is_none()).map(|t| (None, Some(*t)))).collect()
}

/// The rows of alerts that are new, or whose row changed.
pub(super) fn changes(old: &Reading<'_>, new: &Reading<'_>, read_at: i64) -> Vec<Map<String, Value>> {
    let id = |columns: &Map<String, Value>| columns.get("SystemAlertId").cloned();
    let known: Vec<Map<String, Value>> = alerts(old).into_iter().map(|(a, t)| columns_of(a, t, old)).collect();
    let row = |(alert, told): (Option<&Alert>, Option<Told<'_>>)| {
        let shown = columns_of(alert, told, new);
        let before = known.iter().find(|k| id(k) == id(&shown));
        if before == Some(&shown) {
            return None;
        }
        let mut columns = Columns::default();
        columns.time("TimeGenerated", Some(generated(alert, told, new, before.is_some(), read_at)));
        columns.0.extend(shown);
        Some(columns.0)
    };
    alerts(new).into_iter().filter_map(row).collect()
}

/// When the row was made: with the alert, or with its last change.
fn generated(alert: Option<&Alert>, told: Option<Told<'_>>, reading: &Reading<'_>, known: bool, read_at: i64) -> i64 {
    let own = told.and_then(|t| time(t.properties, "timeGenerated"));
    if known {
        let moved = alert.map_or_else(|| reading.sentinel_changed(), |a| Some(changed(a, reading, read_at)));
        return own.max(moved).unwrap_or(read_at);
    }
    own.or_else(|| alert.map(|a| recorded(a, reading, read_at))).or_else(|| reading.created()).unwrap_or(read_at)
}

/// The columns without the time of the row.
fn columns_of(alert: Option<&Alert>, told: Option<Told<'_>>, reading: &Reading<'_>) -> Map<String, Value> {
    let mut columns = Columns::default();
    columns.text("SystemAlertId", alert.map(|a| a.id.as_str()).or(told.as_ref().map(Told::id)));
    if let Some(alert) = alert {
        of_graph(alert, &mut columns);
    }
    if let Some(told) = told {
        of_sentinel(told, reading, &mut columns);
    }
    if !columns.0.contains_key("VendorName") {
        columns.text("VendorName", Some("Microsoft"));
    }
    let mut extended = Map::new();
    if let Some(alert) = alert {
        extend_by_graph(alert, &mut extended);
    }
    if let Some(id) =
        told.and_then(|t| t.system_id()).filter(|id| columns.0.get("SystemAlertId") != Some(&(*id).into()))
    {
        extended.insert("SystemAlertId".to_owned(), id.into());
    }
    columns.text("ExtendedProperties", (!extended.is_empty()).then(|| Value::Object(extended).to_string()));
    columns.json("IsIncident", false.into());
    columns.text("Type", Some("SecurityAlert"));
    columns.0
}

/// What Graph tells of it.
fn of_graph(alert: &Alert, columns: &mut Columns) {
    let own = &alert.other;
    columns.text("VendorOriginalId", Some(alert.key()));
    let source = alert.service_source.as_deref().filter(|s| !s.starts_with("unknown"));
    columns.text("ProviderName", source.map(|s| provider(s, text(own, "detectionSource"))));
    columns.text("ProductName", product(alert));
    columns.text("AlertName", alert.title.as_deref());
    columns.text("DisplayName", alert.title.as_deref());
    columns.text("AlertSeverity", text(own, "severity").map(capital));
    columns.text("AlertType", text(own, "detectorId"));
    columns.text("Description", text(own, "description"));
    columns.text("Status", text(own, "status").map(capital));
    columns.time("StartTime", time(own, "firstActivityDateTime"));
    columns.time("EndTime", time(own, "lastActivityDateTime"));
    columns.time("ProcessingEndTime", time(own, "createdDateTime"));
    columns.text("AlertLink", text(own, "alertWebUrl"));
    columns.text("RemediationSteps", text(own, "recommendedActions").and_then(|t| list_text(&[t.to_owned()])));
    let tactics: Vec<&str> = categories(alert).iter().filter_map(|c| tactic(c)).collect();
    columns.text("Tactics", Some(tactics.join(", ")));
    technique_columns(&techniques(alert), columns);
    columns.text("CompromisedEntity", compromised(alert));
    columns.text("Entities", entities::of_evidence(&alert.evidence));
}

/// Techniques and their parts after the dot, each a JSON text of a list.
fn technique_columns(list: &[String], columns: &mut Columns) {
    let (mut whole, mut parts) = (vec![], vec![]);
    for technique in list {
        add_once(&mut whole, technique.split('.').next().unwrap_or(technique));
        if technique.contains('.') {
            add_once(&mut parts, technique);
        }
    }
    columns.text("Techniques", list_text(&whole));
    columns.text("SubTechniques", list_text(&parts));
}

/// The main asset: the first device, else the first user, mailbox or resource.
fn compromised(alert: &Alert) -> Option<String> {
    const ASSETS: &[(&str, &[&str])] = &[
        ("device", &["deviceDnsName", "hostName"]),
        ("user", &["userAccount.userPrincipalName", "userAccount.accountName"]),
        ("mailbox", &["primaryAddress", "upn"]),
        ("azureResource", &["resourceName"]),
    ];
    ASSETS.iter().find_map(|(name, paths)| {
        let mut of_kind = alert.evidence.iter().filter(|e| kind(e) == *name);
        of_kind.find_map(|e| paths.iter().find_map(|path| text_at(e, path)))
    })
}

/// What Sentinel tells of it, over what Graph told.
fn of_sentinel(told: Told<'_>, reading: &Reading<'_>, columns: &mut Columns) {
    let own = told.properties;
    for (column, name) in [
        ("VendorOriginalId", "providerAlertId"),
        ("ProductName", "productName"),
        ("ProductComponentName", "productComponentName"),
        ("VendorName", "vendorName"),
        ("AlertName", "alertDisplayName"),
        ("DisplayName", "alertDisplayName"),
        ("AlertSeverity", "severity"),
        ("AlertType", "alertType"),
        ("Description", "description"),
        ("Status", "status"),
        ("AlertLink", "alertLink"),
        ("CompromisedEntity", "compromisedEntity"),
        ("ConfidenceLevel", "confidenceLevel"),
    ] {
        columns.text(column, text(own, name));
    }
    for (column, name) in
        [("StartTime", "startTimeUtc"), ("EndTime", "endTimeUtc"), ("ProcessingEndTime", "processingEndTime")]
    {
        columns.time(column, time(own, name));
    }
    columns.json("ConfidenceScore", own.get("confidenceScore").and_then(Value::as_f64).into());
    columns.text("Tactics", Some(texts(own, "tactics").collect::<Vec<_>>().join(", ")));
    let steps: Vec<String> = texts(own, "remediationSteps").map(str::to_owned).collect();
    columns.text("RemediationSteps", list_text(&steps));
    // Sentinel tells the entities of the whole incident: they are this alert's only where it is the one alert.
    if !columns.0.contains_key("Entities") && reading.alert_ids().len() == 1 {
        columns.text("Entities", entities::of_sentinel(reading.entities));
    }
    let address = told.resource.get("id").and_then(Value::as_str).unwrap_or_default();
    let after = |name: &str| {
        let mut parts = address.split('/').skip_while(|p| !p.eq_ignore_ascii_case(name));
        parts.nth(1).map(str::to_owned)
    };
    columns.text("WorkspaceSubscriptionId", after("subscriptions"));
    columns.text("WorkspaceResourceGroup", after("resourceGroups"));
}

/// What has no column of its own.
fn extend_by_graph(alert: &Alert, extended: &mut Map<String, Value>) {
    let own = &alert.other;
    for (name, value) in [
        ("IncidentId", alert.incident_id.as_deref()),
        ("ProviderAlertId", alert.provider_alert_id.as_deref()),
        ("ServiceSource", alert.service_source.as_deref()),
        ("DetectionSource", text(own, "detectionSource")),
        ("Category", text(own, "category")),
        ("Classification", text(own, "classification")),
        ("Determination", text(own, "determination")),
        ("AssignedTo", text(own, "assignedTo")),
        ("InvestigationState", text(own, "investigationState")),
        ("ThreatFamilyName", text(own, "threatFamilyName")),
        ("ActorDisplayName", text(own, "actorDisplayName")),
    ] {
        if let Some(value) = value {
            extended.insert(name.to_owned(), value.into());
        }
    }
    for (name, key) in [("Custom Details", "customDetails"), ("AdditionalData", "additionalData")] {
        if let Some(value) = own.get(key).filter(|v| v.as_object().is_some_and(|o| !o.is_empty())) {
            extended.insert(name.to_owned(), value.clone());
        }
    }
}
