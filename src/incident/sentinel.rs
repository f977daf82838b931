//! An incident as ARM's `Microsoft.SecurityInsights/incidents` tells it: the resource and its properties in one.

use super::Status;
use super::alert::Entity;
use super::closing::{Class, Closing};
use super::defender::null_is_empty;
use super::wire::{Open, Reason, SentinelClassification, SentinelStatus, Severity};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The incident, values as they came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentinelIncident {
    /// The resource's name, a GUID: what its address ends with.
    #[serde(alias = "name")]
    pub id: String,
    /// Changes with every write, also with a comment; a write must carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// ARM's `IncidentStatus`.
    #[serde(default = "new")]
    pub status: Open<SentinelStatus>,
    /// ARM's `IncidentClassification`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<Open<SentinelClassification>>,
    /// ARM's `IncidentClassificationReason`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification_reason: Option<Open<Reason>>,
    /// The text given with the closing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification_comment: Option<String>,
    /// ARM's `IncidentSeverity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Open<Severity>>,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerInfo>,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Labels of users and of Sentinel itself.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub labels: Vec<Label>,
    /// Comments, when they were asked for.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub comments: Vec<SentinelComment>,
    /// Whose incident it is: Defender's, by one of several names, or Sentinel's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_name: Option<String>,
    /// Its number at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_incident_id: Option<String>,
    /// Its number in the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_number: Option<i64>,
    /// Its page in the Azure portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_url: Option<String>,
    /// When it was made, as ARM writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_time_utc: Option<String>,
    /// When anything of it last changed, as ARM writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified_time_utc: Option<String>,
    /// Who changed it last. Not ARM's: from the table SecurityIncident, where it could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_by: Option<String>,
    /// Its alerts as SecurityAlert entities, when they were asked for; 150 at most.
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<Value>,
    /// Its entities, when they were asked for.
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
    /// Every other property, as it came: a write replaces the whole, so they go back with it.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// ARM's `IncidentOwnerInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerInfo {
    /// The directory's id, a GUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
    /// The user principal name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_principal_name: Option<String>,
    /// The mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The name that the portal shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<String>,
    /// `User`, `Group` or `Unknown`; older versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_type: Option<String>,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// The text.
    pub label_name: String,
    /// `User`, or Sentinel's own: `AutoAssigned`, in older versions `System`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_type: Option<String>,
}

impl Label {
    /// A label that a user may set and take away.
    pub fn user(name: impl Into<String>) -> Label {
        Label { label_name: name.into(), label_type: None }
    }

    /// True unless Sentinel set it itself.
    pub fn is_user(&self) -> bool {
        self.label_type.as_deref().is_none_or(|t| t.eq_ignore_ascii_case("user"))
    }
}

/// A comment in Sentinel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentinelComment {
    /// Chosen by whoever writes it: writing it twice is writing it once.
    #[serde(alias = "name")]
    pub id: String,
    /// The text.
    #[serde(default)]
    pub message: String,
    /// Who wrote it, as the portal shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When, as ARM writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_time_utc: Option<String>,
}

fn new() -> Open<SentinelStatus> {
    Open::Known(SentinelStatus::New)
}

impl SentinelIncident {
    /// A new incident of that name, with nothing said about it.
    pub fn new(id: impl Into<String>) -> SentinelIncident {
        SentinelIncident {
            id: id.into(),
            etag: None,
            status: new(),
            classification: None,
            classification_reason: None,
            classification_comment: None,
            severity: None,
            owner: None,
            title: None,
            description: None,
            labels: vec![],
            comments: vec![],
            provider_name: None,
            provider_incident_id: None,
            incident_number: None,
            incident_url: None,
            created_time_utc: None,
            last_modified_time_utc: None,
            modified_by: None,
            alerts: vec![],
            entities: vec![],
            other: Map::new(),
        }
    }

    /// What its status means; `None` for a value nobody knows.
    pub fn meaning(&self) -> Option<Status> {
        Status::of_sentinel(&self.status)
    }

    /// What it says of its closing. A classification is Sentinel's reason of closing, so an open incident says nothing.
    pub fn closing(&self) -> Option<Closing> {
        if self.meaning() != Some(Status::Closed) {
            return None;
        }
        let class = match &self.classification {
            None => Class::Undetermined,
            Some(value) => Class::of_sentinel(value.known()?),
        };
        Some(Closing { class, determination: None, reason: self.classification_reason.clone() })
    }

    /// True when its classification is a value nobody knows.
    pub fn closing_unknown(&self) -> bool {
        matches!(self.classification, Some(Open::Other(_)))
    }

    /// The names of the users' labels.
    pub fn user_labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().filter(|l| l.is_user()).map(|l| l.label_name.as_str())
    }

    /// The same without alerts, entities, comments and whatever else is not kept in step: what a base needs.
    pub fn shadow(&self) -> SentinelIncident {
        SentinelIncident { comments: vec![], alerts: vec![], entities: vec![], other: Map::new(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_incident_says_nothing_of_its_closing() {
        let mut incident = SentinelIncident::new("a");
        incident.classification = Some(Open::read("TruePositive"));
        assert_eq!(incident.closing(), None);
        incident.status = Open::read("closed");
        assert_eq!(incident.closing().unwrap().class, Class::TruePositive);
    }

    #[test]
    fn automatic_labels_are_no_users_labels() {
        let text = r#"{"id":"a","labels":[{"labelName":"x"},{"labelName":"y","labelType":"AutoAssigned"},{"labelName":"z","labelType":"User"}]}"#;
        let incident: SentinelIncident = serde_json::from_str(text).unwrap();
        assert_eq!(incident.user_labels().collect::<Vec<_>>(), ["x", "z"]);
    }
}
