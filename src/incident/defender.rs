//! An incident as Graph's `/security/incidents` tells it.

use super::alert::Alert;
use super::closing::{Class, Closing};
use super::wire::{Classification, DefenderStatus, Determination, Open, Severity};
use super::{Fingerprint, Status};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The incident, values as they came. Reads what Graph sends and what Microsoft's pages show; writes Graph's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefenderIncident {
    /// Its number, as a text.
    pub id: String,
    /// Graph's `incidentStatus`.
    #[serde(default = "active")]
    pub status: Open<DefenderStatus>,
    /// Graph's `alertClassification`; absent is `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<Open<Classification>>,
    /// Graph's `alertDetermination`; absent is `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub determination: Option<Open<Determination>>,
    /// Graph's `alertSeverity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Open<Severity>>,
    /// Who works on it: free text, usually a user principal name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<String>,
    /// The title; Defender's correlation may change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The text given with the closing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolving_comment: Option<String>,
    /// The users' tags.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub custom_tags: Vec<String>,
    /// Defender's own tags; never written.
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub system_tags: Vec<String>,
    /// Comments; Defender gives them no id.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub comments: Vec<DefenderComment>,
    /// Where it was merged into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_incident_id: Option<String>,
    /// When it was made, as Graph writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date_time: Option<String>,
    /// When anything of it last changed, as Graph writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update_date_time: Option<String>,
    /// Who changed it last: a user, an app, or one of Microsoft's services by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified_by: Option<String>,
    /// Its page in the Defender portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_web_url: Option<String>,
    /// Its alerts, when they were asked for.
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<Alert>,
    /// Everything else, as it came.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A comment in Defender. It has no id, cannot be edited and cannot be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefenderComment {
    /// The text.
    #[serde(default)]
    pub comment: String,
    /// Who wrote it; Microsoft's pages also show `createdBy`.
    #[serde(default, alias = "createdBy", skip_serializing_if = "Option::is_none")]
    pub created_by_display_name: Option<String>,
    /// When; Microsoft's pages also show `createdTime`.
    #[serde(default, alias = "createdTime", skip_serializing_if = "Option::is_none")]
    pub created_date_time: Option<String>,
}

fn active() -> Open<DefenderStatus> {
    Open::Known(DefenderStatus::Active)
}

/// Reads `null` as the empty list: both services write either.
pub(super) fn null_is_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

impl DefenderIncident {
    /// A new incident of that number, with nothing said about it.
    pub fn new(id: impl Into<String>) -> DefenderIncident {
        DefenderIncident {
            id: id.into(),
            status: active(),
            classification: None,
            determination: None,
            severity: None,
            assigned_to: None,
            display_name: None,
            description: None,
            resolving_comment: None,
            custom_tags: vec![],
            system_tags: vec![],
            comments: vec![],
            redirect_incident_id: None,
            created_date_time: None,
            last_update_date_time: None,
            last_modified_by: None,
            incident_web_url: None,
            alerts: vec![],
            other: Map::new(),
        }
    }

    /// What its status means; `None` for a value nobody knows.
    pub fn meaning(&self) -> Option<Status> {
        Status::of_defender(&self.status)
    }

    /// True when it was merged into another.
    pub fn redirected(&self) -> bool {
        self.status.known() == Some(DefenderStatus::Redirected) || self.redirect_incident_id.is_some()
    }

    /// What it says of its closing; `None` when the classification is a value nobody knows. Defender may classify at
    /// any status.
    pub fn closing(&self) -> Option<Closing> {
        let class = match &self.classification {
            None => Class::Undetermined,
            Some(value) => Class::of_defender(value.known()?),
        };
        Some(Closing { class, determination: self.determination.clone(), reason: None })
    }

    /// Fingerprints of its comments, in order. Equal comments are told apart by their place among the equal ones.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        let mut seen = std::collections::HashMap::<&DefenderComment, u32>::new();
        let print = |c| {
            let nth = seen.entry(c).or_default();
            *nth += 1;
            Fingerprint::of_defender(&self.id, c, *nth)
        };
        self.comments.iter().map(print).collect()
    }

    /// The same without alerts, comments and whatever else is not kept in step: what a base needs.
    pub fn shadow(&self) -> DefenderIncident {
        DefenderIncident { comments: vec![], alerts: vec![], other: Map::new(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_pages_show_and_keeps_what_it_does_not_know() {
        let text = r#"{"id":"29","status":"Resolved","classification":"FalsePositive","determination":"clean","customTags":null,
            "comments":[{"comment":"a","createdBy":"Alice","createdTime":"2024-01-02T03:11:00Z"}],"priorityScore":7}"#;
        let incident: DefenderIncident = serde_json::from_str(text).unwrap();
        assert_eq!(incident.meaning(), Some(Status::Closed));
        assert_eq!(incident.closing().unwrap().determination, Some(Open::Known(Determination::NotMalicious)));
        assert_eq!(incident.comments[0].created_by_display_name.as_deref(), Some("Alice"));
        let back = serde_json::to_value(&incident).unwrap();
        assert_eq!((back["priorityScore"].as_i64(), back["status"].as_str()), (Some(7), Some("resolved")));
    }

    #[test]
    fn equal_comments_have_different_fingerprints() {
        let mut incident = DefenderIncident::new("1");
        let same = DefenderComment { comment: "x".into(), created_by_display_name: None, created_date_time: None };
        incident.comments = vec![same.clone(), same];
        let prints = incident.fingerprints();
        assert_ne!(prints[0], prints[1]);
    }
}
