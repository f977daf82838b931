//! What would be written: at most one change a side, and comments.

use crate::incident::{
    DefenderClosing, DefenderIncident, DefenderStatus, Fingerprint, Label, Open, OwnerInfo, SentinelClosing,
    SentinelIncident, SentinelStatus, Severity, Side,
};
use serde_json::{Map, Value, json};

/// The properties of a Defender incident to change; `None` leaves one as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DefenderPatch {
    /// A status that may be written: never `redirected`, never `awaitingAction`.
    pub status: Option<DefenderStatus>,
    /// A legal pair.
    pub closing: Option<DefenderClosing>,
    /// The owner; `Some(None)` is nobody.
    pub assigned_to: Option<Option<String>>,
    /// The whole set.
    pub custom_tags: Option<Vec<String>>,
    /// The text given with the closing.
    pub resolving_comment: Option<String>,
    /// The severity.
    pub severity: Option<Severity>,
    /// The title.
    pub display_name: Option<String>,
    /// The description.
    pub description: Option<String>,
}

/// The properties of a Sentinel incident to change; `None` leaves one as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SentinelPatch {
    /// The status.
    pub status: Option<SentinelStatus>,
    /// A legal pair.
    pub closing: Option<SentinelClosing>,
    /// The text given with the closing.
    pub classification_comment: Option<String>,
    /// The owner; `Some(None)` is nobody.
    pub owner: Option<Option<OwnerInfo>>,
    /// All labels, Sentinel's own included.
    pub labels: Option<Vec<Label>>,
    /// The severity.
    pub severity: Option<Severity>,
    /// The title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
}

/// A comment to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewComment {
    /// Where.
    pub side: Side,
    /// The incident there: its own, or where it was merged into.
    pub incident: String,
    /// The fingerprint of what it copies.
    pub origin: Fingerprint,
    /// The whole text, marker included.
    pub text: String,
}

/// Everything that one pass over one incident would write.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Writes {
    /// To Defender.
    pub defender: DefenderPatch,
    /// To Sentinel.
    pub sentinel: SentinelPatch,
    /// To either.
    pub comments: Vec<NewComment>,
}

impl Writes {
    /// True when nothing would be written.
    pub fn is_empty(&self) -> bool {
        self.defender.is_empty() && self.sentinel.is_empty() && self.comments.is_empty()
    }
}

impl DefenderPatch {
    /// True when it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == DefenderPatch::default()
    }

    /// Graph's body: only what changes, by Graph's names.
    pub fn body(&self) -> Map<String, Value> {
        use crate::incident::Wire;
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        put("status", self.status.map(|s| json!(s.wire())));
        put("classification", self.closing.map(|c| json!(c.class.defender().wire())));
        put("determination", self.closing.map(|c| json!(c.determination.wire())));
        put("assignedTo", self.assigned_to.as_ref().map(|a| json!(a)));
        put("customTags", self.custom_tags.as_ref().map(|t| json!(t)));
        put("resolvingComment", self.resolving_comment.as_ref().map(|c| json!(c)));
        put("severity", self.severity.map(|s| json!(s.wire())));
        put("displayName", self.display_name.as_ref().map(|t| json!(t)));
        put("description", self.description.as_ref().map(|t| json!(t)));
        body
    }

    /// The incident as it will be.
    pub fn apply(&self, incident: &mut DefenderIncident) {
        if let Some(status) = self.status {
            incident.status = Open::Known(status);
        }
        if let Some(closing) = self.closing {
            incident.classification = Some(Open::Known(closing.class.defender()));
            incident.determination = Some(Open::Known(closing.determination));
        }
        if let Some(assigned_to) = &self.assigned_to {
            incident.assigned_to.clone_from(assigned_to);
        }
        if let Some(tags) = &self.custom_tags {
            incident.custom_tags.clone_from(tags);
        }
        if let Some(severity) = self.severity {
            incident.severity = Some(Open::Known(severity));
        }
        set(&mut incident.resolving_comment, &self.resolving_comment);
        set(&mut incident.display_name, &self.display_name);
        set(&mut incident.description, &self.description);
    }
}

impl SentinelPatch {
    /// True when it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == SentinelPatch::default()
    }

    /// What changes, by ARM's names; for people. A write carries the whole incident.
    pub fn body(&self) -> Map<String, Value> {
        use crate::incident::Wire;
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        put("status", self.status.map(|s| json!(s.wire())));
        put("classification", self.closing.map(|c| json!(c.class.sentinel().wire())));
        put("classificationReason", self.closing.map(|c| json!(c.reason.map(Wire::wire))));
        put("classificationComment", self.classification_comment.as_ref().map(|c| json!(c)));
        put("owner", self.owner.as_ref().map(|o| json!(o)));
        put("labels", self.labels.as_ref().map(|l| json!(l)));
        put("severity", self.severity.map(|s| json!(s.sentinel())));
        put("title", self.title.as_ref().map(|t| json!(t)));
        put("description", self.description.as_ref().map(|t| json!(t)));
        body
    }

    /// The incident as it will be: what a PUT carries.
    pub fn apply(&self, incident: &mut SentinelIncident) {
        if let Some(status) = self.status {
            incident.status = Open::Known(status);
        }
        if let Some(closing) = self.closing {
            incident.classification = Some(Open::Known(closing.class.sentinel()));
            incident.classification_reason = closing.reason.map(Open::Known);
        }
        if let Some(owner) = &self.owner {
            incident.owner.clone_from(owner);
        }
        if let Some(labels) = &self.labels {
            incident.labels.clone_from(labels);
        }
        if let Some(severity) = self.severity {
            incident.severity = Some(Open::Known(severity));
        }
        set(&mut incident.classification_comment, &self.classification_comment);
        set(&mut incident.title, &self.title);
        set(&mut incident.description, &self.description);
    }
}

fn set(target: &mut Option<String>, value: &Option<String>) {
    if value.is_some() {
        target.clone_from(value);
    }
}
