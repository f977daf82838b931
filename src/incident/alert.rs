//! Alerts with their evidence, and the entities that Sentinel makes of it. Both are read-only on both sides: they are
//! mirrored, never written.

use super::defender::null_is_empty;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An alert as Graph's `/security/alerts_v2` tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// Its id.
    pub id: String,
    /// Its id at the product that raised it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_alert_id: Option<String>,
    /// The incident it is grouped into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    /// The product, as Graph's `serviceSource` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_source: Option<String>,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is about, each an object with its `@odata.type`.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub evidence: Vec<Value>,
    /// Everything else, as it came.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Alert {
    /// The id that both sides know it by.
    pub fn key(&self) -> &str {
        self.provider_alert_id.as_deref().unwrap_or(&self.id)
    }
}

/// An entity as Sentinel tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entity {
    /// ARM's `EntityKind`.
    pub kind: String,
    /// Its properties, as they came.
    #[serde(default)]
    pub properties: Value,
    /// Everything else, as it came.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Graph's evidence types beside Sentinel's entity kinds. What is not listed has no kind in Sentinel.
const KINDS: &[(&str, &str)] = &[
    ("deviceEvidence", "Host"),
    ("userEvidence", "Account"),
    ("mailboxEvidence", "Mailbox"),
    ("fileEvidence", "File"),
    ("fileHashEvidence", "FileHash"),
    ("processEvidence", "Process"),
    ("ipEvidence", "Ip"),
    ("urlEvidence", "Url"),
    ("dnsEvidence", "DnsResolution"),
    ("analyzedMessageEvidence", "MailMessage"),
    ("mailClusterEvidence", "MailCluster"),
    ("submissionMailEvidence", "SubmissionMail"),
    ("malwareEvidence", "Malware"),
    ("registryKeyEvidence", "RegistryKey"),
    ("registryValueEvidence", "RegistryValue"),
    ("cloudApplicationEvidence", "CloudApplication"),
    ("oauthApplicationEvidence", "CloudApplication"),
    ("azureResourceEvidence", "AzureResource"),
    ("securityGroupEvidence", "SecurityGroup"),
    ("ioTDeviceEvidence", "IoTDevice"),
];

/// Sentinel's kind for an `@odata.type` of Graph's evidence; `None` where Sentinel has none and only the raw object is kept.
pub fn entity_kind(odata_type: &str) -> Option<&'static str> {
    let name = odata_type.rsplit('.').next().unwrap_or(odata_type).trim_start_matches('#');
    KINDS.iter().find(|(evidence, _)| evidence.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_without_a_kind_is_told() {
        assert_eq!(entity_kind("#microsoft.graph.security.deviceEvidence"), Some("Host"));
        assert_eq!(entity_kind("#microsoft.graph.security.kubernetesPodEvidence"), None);
    }

    #[test]
    fn an_alert_keeps_what_it_does_not_know() {
        let text = r#"{"id":"a1","evidence":null,"mitreTechniques":["T1564.001"]}"#;
        let alert: Alert = serde_json::from_str(text).unwrap();
        assert_eq!((alert.key(), alert.evidence.len()), ("a1", 0));
        assert_eq!(serde_json::to_value(&alert).unwrap()["mitreTechniques"][0], "T1564.001");
    }
}
