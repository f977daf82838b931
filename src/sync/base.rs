//! What both sides last agreed on: the third leg of a three-way merge.

use super::value::{Said, of_defender, of_sentinel};
use crate::incident::{
    DefenderIncident, Directory, Field, Fingerprint, Open, SentinelClassification, SentinelIncident, Shadow, Side,
    Status,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The last agreed state of one pair. A field that is held keeps its old value here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// Defender's values, as they were.
    pub defender: DefenderIncident,
    /// Sentinel's values, as they were.
    pub sentinel: SentinelIncident,
    /// Fields that were never agreed on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unsettled: BTreeSet<Field>,
    /// The finer values of closings that lossy mappings come back to.
    #[serde(default)]
    pub shadow: Shadow,
    /// Comments of both sides that need no copying: already copied, older than the link, or copies themselves.
    #[serde(default)]
    pub seen: BTreeSet<Fingerprint>,
}

impl Base {
    /// A base that agrees on nothing yet.
    pub fn unsettled(defender: &str, sentinel: &str) -> Base {
        Base {
            defender: DefenderIncident::new(defender),
            sentinel: SentinelIncident::new(sentinel),
            unsettled: Field::ALL.into_iter().collect(),
            shadow: Shadow::default(),
            seen: BTreeSet::new(),
        }
    }

    /// A base that agrees on everything as it is.
    pub fn of(defender: &DefenderIncident, sentinel: &SentinelIncident) -> Base {
        let mut base = Base::unsettled(&defender.id, &sentinel.id);
        for field in Field::ALL {
            base.settle(field, defender, sentinel);
        }
        base.remember(defender, sentinel);
        base.saw(defender, sentinel);
        base
    }

    /// Keeps the finer values of both sides' closings.
    pub fn remember(&mut self, defender: &DefenderIncident, sentinel: &SentinelIncident) {
        for (side, closing) in [(Side::Defender, defender.closing()), (Side::Sentinel, sentinel.closing())] {
            if let Some(closing) = closing {
                self.shadow.remember(side, &closing);
            }
        }
    }

    /// Takes every comment that is there as needing no copy.
    pub fn saw(&mut self, defender: &DefenderIncident, sentinel: &SentinelIncident) {
        self.seen.extend(defender.fingerprints());
        self.seen.extend(sentinel.comments.iter().map(Fingerprint::of_sentinel));
    }

    /// What was agreed about a field: Defender's and Sentinel's way to say it; `None` when it never was.
    pub fn said(&self, field: Field, directory: &Directory) -> Option<(Said<'_>, Said<'_>)> {
        if self.unsettled.contains(&field) {
            return None;
        }
        let sentinel = match (field, &self.sentinel.classification) {
            // Closed with no closing: the status was agreed, the closing still waits. Sentinel had said nothing of it.
            (Field::Closing, None) => Said::Nothing,
            _ => of_sentinel(field, &self.sentinel, directory),
        };
        Some((of_defender(field, &self.defender, directory), sentinel))
    }

    /// Agrees on a field as both sides have it.
    pub fn settle(&mut self, field: Field, defender: &DefenderIncident, sentinel: &SentinelIncident) {
        self.unsettled.remove(&field);
        let (d, s) = (&mut self.defender, &mut self.sentinel);
        match field {
            Field::Status => {
                d.status.clone_from(&defender.status);
                d.redirect_incident_id.clone_from(&defender.redirect_incident_id);
                if s.meaning() != Some(Status::Closed) {
                    // An open incident says nothing of its closing, whatever an earlier one left there: were it to stay,
                    // a closing that is held would count as agreed once the status is.
                    (s.classification, s.classification_reason, s.classification_comment) = (None, None, None);
                }
                s.status.clone_from(&sentinel.status);
            }
            Field::Closing => {
                d.classification.clone_from(&defender.classification);
                d.determination.clone_from(&defender.determination);
                let closed = sentinel.meaning() == Some(Status::Closed);
                let none = closed.then_some(Open::Known(SentinelClassification::Undetermined));
                s.classification = sentinel.classification.clone().or(none);
                s.classification_reason.clone_from(&sentinel.classification_reason);
            }
            Field::ClosingComment => {
                d.resolving_comment.clone_from(&defender.resolving_comment);
                s.classification_comment.clone_from(&sentinel.classification_comment);
            }
            Field::Owner => {
                d.assigned_to.clone_from(&defender.assigned_to);
                s.owner.clone_from(&sentinel.owner);
            }
            Field::Severity => {
                d.severity.clone_from(&defender.severity);
                s.severity.clone_from(&sentinel.severity);
            }
            Field::Title => {
                d.display_name.clone_from(&defender.display_name);
                s.title.clone_from(&sentinel.title);
            }
            Field::Description => {
                d.description.clone_from(&defender.description);
                s.description.clone_from(&sentinel.description);
            }
            Field::Tags => {
                d.custom_tags.clone_from(&defender.custom_tags);
                s.labels.clone_from(&sentinel.labels);
            }
            Field::Comments => {}
        }
    }
}
