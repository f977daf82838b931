//! Defender's alerts: made from a few facts, listed by incident, moved by merges.

use super::super::wire::Object;
use super::{Core, Sentinel};
use crate::value::datetime;
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

/// What an alert is about.
#[derive(Clone, Debug)]
pub(in crate::fake) struct AlertSpec {
    /// The title.
    pub title: String,
    /// Graph's `severity`.
    pub severity: String,
    /// Defender's category, which is also the tactic's name.
    pub category: String,
    /// MITRE techniques.
    pub techniques: Vec<String>,
    /// Graph's `serviceSource`.
    pub service: String,
    /// Graph's `detectionSource`.
    pub detection: String,
    /// Evidence, each with its `@odata.type`.
    pub evidence: Vec<Json>,
}

impl AlertSpec {
    /// A plain alert of Defender for Endpoint about one device.
    pub(in crate::fake) fn plain(number: usize, at: &str) -> AlertSpec {
        AlertSpec {
            title: format!("Suspicious process launched ({number})"),
            severity: "medium".to_owned(),
            category: "Execution".to_owned(),
            techniques: vec!["T1059.001".to_owned()],
            service: "microsoftDefenderForEndpoint".to_owned(),
            detection: "microsoftDefenderForEndpoint".to_owned(),
            evidence: vec![json!({"@odata.type": "#microsoft.graph.security.deviceEvidence", "createdDateTime": at,
                "verdict": "unknown", "remediationStatus": "none", "roles": [], "detailedRoles": [], "tags": [],
                "deviceDnsName": "ws-0001.contoso.com", "hostName": "ws-0001", "osPlatform": "Windows11"})],
        }
    }
}

/// A product's name as the portals print it.
pub(in crate::fake) fn product(service: &str) -> &'static str {
    match service {
        "microsoftDefenderForEndpoint" => "Microsoft Defender for Endpoint",
        "microsoftDefenderForIdentity" => "Microsoft Defender for Identity",
        "microsoftDefenderForOffice365" => "Microsoft Defender for Office 365",
        "microsoftDefenderForCloudApps" => "Microsoft Defender for Cloud Apps",
        "microsoftSentinel" => "Azure Sentinel",
        _ => "Microsoft Defender XDR",
    }
}

/// The different texts of a property over an incident's alerts, in order of appearance.
pub(super) fn distinct<'a>(incident: &Sentinel, alerts: &'a IndexMap<String, Object>, name: &str) -> Vec<&'a str> {
    let mut out: Vec<&str> = Vec::new();
    for text in incident.alert_ids.iter().filter_map(|id| alerts.get(id)?.get(name)?.as_str()) {
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

impl Core {
    /// Makes an alert. `incident` is the Defender incident's id, if it belongs to one. Answers the alert's id.
    pub(in crate::fake) fn make_alert(&mut self, incident: Option<&str>, spec: AlertSpec, at: &str) -> String {
        let serial = self.serial();
        let prefix = match spec.service.as_str() {
            "microsoftDefenderForEndpoint" => "da",
            "microsoftDefenderForIdentity" => "aa",
            "microsoftDefenderForOffice365" => "fa",
            "microsoftDefenderForCloudApps" => "ca",
            "microsoftSentinel" => "sn",
            _ => "ra",
        };
        let own = self.guid();
        let id = format!("{prefix}{own}_{serial}");
        let portal = "https://security.microsoft.com";
        let incident_url = incident.map(|i| format!("{portal}/incidents/{i}?tid={}", self.tenant));
        let alert = json!({
            "id": id, "providerAlertId": own, "incidentId": incident, "status": "new", "severity": spec.severity,
            "classification": "unknown", "determination": "unknown", "serviceSource": spec.service,
            "detectionSource": spec.detection, "productName": product(&spec.service), "detectorId": Json::Null,
            "tenantId": self.tenant, "title": spec.title,
                "description": format!("{}. Seen on one or more assets.", spec.title),
            "recommendedActions": "Validate the alert, find out what else the actor touched, then contain the asset.",
            "category": spec.category, "assignedTo": Json::Null,
            "alertWebUrl": format!("{portal}/alerts/{id}?tid={}", self.tenant), "incidentWebUrl": incident_url,
            "actorDisplayName": Json::Null, "threatDisplayName": Json::Null, "threatFamilyName": Json::Null,
            "mitreTechniques": spec.techniques, "createdDateTime": at, "lastUpdateDateTime": at,
            "resolvedDateTime": Json::Null, "firstActivityDateTime": at, "lastActivityDateTime": at,
            "systemTags": [], "comments": [], "evidence": spec.evidence,
        });
        if let Json::Object(alert) = alert {
            self.keep_alert(&id, incident, alert);
        }
        id
    }

    /// Takes an alert in the vendor's form, filling what it leaves out.
    pub(in crate::fake) fn take_alert(&mut self, incident: Option<&str>, given: Object, at: &str) -> String {
        let number = self.alerts.len() + 1;
        let id = self.make_alert(incident, AlertSpec::plain(number, at), at);
        let Some(mut alert) = self.alerts.shift_remove(&id) else { return id };
        alert.extend(given);
        alert.insert("incidentId".into(), incident.into());
        let own = alert.get("id").and_then(Json::as_str).unwrap_or(&id).to_owned();
        if let Some(owner) = incident.and_then(|i| self.defender.get_mut(i)) {
            owner.alert_ids.retain(|a| *a != id && *a != own);
        }
        self.keep_alert(&own, incident, alert);
        own
    }

    fn keep_alert(&mut self, id: &str, incident: Option<&str>, alert: Object) {
        self.alerts.insert(id.to_owned(), alert);
        if let Some(owner) = incident.and_then(|i| self.defender.get_mut(i)) {
            owner.alert_ids.push(id.to_owned());
        }
    }

    /// Sets properties on all alerts of an incident, as Defender does when an incident is assigned or resolved.
    fn set_alerts(&mut self, incident: &str, change: &Object) {
        let Some(ids) = self.defender.get(incident).map(|d| d.alert_ids.clone()) else { return };
        let now = datetime::format(self.clock.now());
        for id in ids {
            if let Some(alert) = self.alerts.get_mut(&id) {
                alert.extend(change.clone());
                alert.insert("lastUpdateDateTime".into(), now.clone().into());
            }
        }
    }

    /// Assigning an incident assigns its alerts, and resolving it resolves them, with the same judgement.
    pub(in crate::fake) fn spread(&mut self, id: &str, change: &Object) {
        let mut alerts = Object::new();
        for name in ["assignedTo", "classification", "determination"] {
            if let Some(value) = change.get(name) {
                alerts.insert(name.into(), value.clone());
            }
        }
        if change.get("status").and_then(Json::as_str) == Some("resolved") {
            alerts.insert("status".into(), "resolved".into());
            alerts.insert("resolvedDateTime".into(), datetime::format(self.clock.now()).into());
        }
        if !alerts.is_empty() {
            self.set_alerts(id, &alerts);
        }
    }
}
