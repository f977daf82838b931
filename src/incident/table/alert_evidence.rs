//! AlertEvidence: one row for every piece of evidence of every alert that Graph tells.
//!
//! Every row has its EntityType and the evidence as it came in AdditionalFields, with the incident's id as `IncidentId`;
//! types that are listed here also fill their own columns.

use super::super::Alert;
use super::alert_info::{categories, changed, recorded, shared};
use super::columns::{Columns, at, list_text, text, text_at, ticks};
use super::evidence_columns::{fill, fill_from};
use super::product::capital;
use super::reading::Reading;
use serde_json::{Map, Value};

/// EntityType where it is not Graph's name with a capital: as rows of the table and public queries have it.
const ENTITY_TYPES: &[(&str, &str)] = &[
    ("device", "Machine"),
    ("analyzedMessage", "MailMessage"),
    ("oauthApplication", "OAuthApplication"),
    ("aiAgent", "AIAgent"),
];

/// The rows of evidence that is new or changed.
pub(super) fn changes(old: &Reading<'_>, new: &Reading<'_>, read_at: i64) -> Vec<Map<String, Value>> {
    let mut rows = vec![];
    for alert in &new.alerts {
        let before = old.alert(&alert.id);
        let mut known: Vec<_> = before.map_or(vec![], |b| b.evidence.iter().map(|e| columns_of(b, e, old)).collect());
        for evidence in &alert.evidence {
            let shown = columns_of(alert, evidence, new);
            if let Some(place) = known.iter().position(|k| *k == shown) {
                known.swap_remove(place);
                continue;
            }
            let own = ticks(at(evidence, "createdDateTime").and_then(Value::as_str));
            let time = match before {
                None => own.unwrap_or_else(|| recorded(alert, new, read_at)),
                Some(_) => changed(alert, new, read_at).max(own.unwrap_or(0)),
            };
            let mut columns = Columns::default();
            columns.time("Timestamp", Some(time));
            columns.0.extend(shown);
            rows.push(columns.0);
        }
    }
    rows
}

/// The columns without the time.
fn columns_of(alert: &Alert, evidence: &Value, reading: &Reading<'_>) -> Map<String, Value> {
    let kind = kind(evidence);
    let mut columns = Columns::default();
    columns.text("AlertId", Some(alert.id.as_str()));
    columns.text("Title", alert.title.as_deref());
    columns.text("Categories", list_text(&categories(alert)));
    shared(alert, &mut columns);
    columns.text("EntityType", Some(entity_type(kind)));
    columns.text("EvidenceRole", Some(role(kind, evidence)));
    columns.text("EvidenceDirection", direction(evidence));
    fill(kind, evidence, &mut columns);
    device(kind, alert, evidence, &mut columns);
    if matches!(kind, "file" | "process" | "malware") {
        columns.text("ThreatFamily", text(&alert.other, "threatFamilyName"));
    }
    let mut fields =
        evidence.as_object().cloned().unwrap_or_else(|| Map::from_iter([("value".into(), evidence.clone())]));
    if let Some(incident) = alert.incident_id.as_deref().or(reading.defender.map(|d| d.id.as_str())) {
        fields.insert("IncidentId".to_owned(), incident.into());
    }
    columns.json("AdditionalFields", Value::Object(fields));
    columns.0
}

/// Graph's name of the type without what all of them end with; `unknown` for an object that names none.
pub(super) fn kind(evidence: &Value) -> &str {
    let full = evidence.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
    let name = full.rsplit('.').next().unwrap_or(full).trim_start_matches('#');
    let name = name.strip_suffix("Evidence").unwrap_or(name);
    if name.is_empty() { "unknown" } else { name }
}

fn entity_type(kind: &str) -> String {
    ENTITY_TYPES.iter().find(|(k, _)| *k == kind).map_or_else(|| capital(kind), |(_, shown)| (*shown).to_owned())
}

fn roles(evidence: &Value) -> impl Iterator<Item = &str> {
    at(evidence, "roles").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// `Impacted` or `Related`, the table's two values: by Graph's roles, or where they say neither by what it is.
fn role(kind: &str, evidence: &Value) -> &'static str {
    let any = |names: &[&str]| roles(evidence).any(|r| names.iter().any(|n| n.eq_ignore_ascii_case(r)));
    if any(&["attacked", "compromised", "edited"]) {
        return "Impacted";
    }
    if any(&["attacker", "commandAndControl", "contextual", "created", "added", "loaded", "scanned", "suspicious"]) {
        return "Related";
    }
    match kind {
        "device" | "user" | "mailbox" => "Impacted",
        _ => "Related",
    }
}

fn direction(evidence: &Value) -> Option<&'static str> {
    roles(evidence).find_map(|role| match role {
        "source" => Some("Source"),
        "destination" => Some("Destination"),
        _ => None,
    })
}

/// The device that the evidence lies on: its own id, and the name and the group that the alert's devices give that id.
fn device(kind: &str, alert: &Alert, evidence: &Value, columns: &mut Columns) {
    let own = if kind == "hostLogonSession" { at(evidence, "host").unwrap_or(evidence) } else { evidence };
    let Some(id) = text_at(own, "mdeDeviceId") else { return };
    columns.text("DeviceId", Some(id.as_str()));
    let same = |e: &&Value| text_at(e, "mdeDeviceId").is_some_and(|i| i.eq_ignore_ascii_case(&id));
    let found = alert.evidence.iter().filter(|e| self::kind(e) == "device").find(same).unwrap_or(own);
    fill_from(found, &[("DeviceName", "deviceDnsName"), ("DeviceName", "hostName")], columns);
    fill_from(found, &[("MachineGroup", "rbacGroupName")], columns);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_that_nobody_knows_are_named() {
        assert_eq!(entity_type(kind(&json!({"@odata.type": "#microsoft.graph.security.quantumEvidence"}))), "Quantum");
        assert_eq!(entity_type(kind(&json!({"@odata.type": "#microsoft.graph.security.ipEvidence"}))), "Ip");
        assert_eq!(entity_type(kind(&json!("text"))), "Unknown");
    }

    #[test]
    fn roles_decide_before_the_type() {
        assert_eq!(role("device", &json!({"roles": []})), "Impacted");
        assert_eq!(role("user", &json!({"roles": ["attacker"]})), "Related");
        assert_eq!(role("ip", &json!({"roles": ["contextual", "compromised"]})), "Impacted");
        assert_eq!(direction(&json!({"roles": ["attacker", "source"]})), Some("Source"));
    }
}
