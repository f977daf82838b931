//! One incident as both services tell it: what the values are, which of them mean the same, what may be written.
//!
//! In: values as the services name them. Out: typed native values (unknown ones kept as they came), what they mean, and how
//! one side's meaning is said on the other. Never: a decision, a request, a clock. Sources of every list and table here:
//! Graph's CSDL (`microsoft.graph.security`), ARM's `Microsoft.SecurityInsights` specification, and Microsoft's page on
//! the integration of Defender XDR with Sentinel for the direction Defender to Sentinel; the way back is huntline's own.

mod alert;
mod closing;
mod comment;
mod defender;
mod link;
mod owner;
mod sentinel;
mod status;
pub mod table;
mod tag;
mod wire;

pub use alert::{Alert, Entity, entity_kind};
pub use closing::{Class, Closing, DefenderClosing, SentinelClosing, Shadow, legal_determinations};
pub use comment::{Fingerprint, MAX_COMMENT, MAX_SENTINEL_COMMENTS, copy_text, marker_of, sentinel_copy_id};
pub use defender::{DefenderComment, DefenderIncident};
pub use link::{Joined, REDIRECTED_LABEL, joined, redirect_end};
pub use owner::{Directory, Owner, Person};
pub use sentinel::{Label, OwnerInfo, SentinelComment, SentinelIncident};
pub use status::{Status, is_closed_defender};
pub use tag::{has_tag, same_tag, same_tags};
pub use wire::{
    Classification, DefenderStatus, Determination, Open, Reason, SentinelClassification, SentinelStatus, Severity, Wire,
};

use serde::{Deserialize, Serialize};

/// One of the two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Microsoft Defender XDR.
    Defender,
    /// Microsoft Sentinel.
    Sentinel,
}

impl Side {
    /// Both, in the order in which they are always named.
    pub const BOTH: [Side; 2] = [Side::Defender, Side::Sentinel];

    /// The other one.
    pub const fn other(self) -> Side {
        match self {
            Side::Defender => Side::Sentinel,
            Side::Sentinel => Side::Defender,
        }
    }

    /// Its name in rules, in the ledger and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Side::Defender => "defender",
            Side::Sentinel => "sentinel",
        }
    }

    /// Its name in sentences.
    pub const fn title(self) -> &'static str {
        match self {
            Side::Defender => "Defender",
            Side::Sentinel => "Sentinel",
        }
    }
}

/// What is kept in step: a field, or a group of fields that only make sense together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// `status` on both sides.
    Status,
    /// Why it was closed: classification with determination (Defender) or reason (Sentinel).
    Closing,
    /// `resolvingComment` and `classificationComment`.
    ClosingComment,
    /// `assignedTo` and `owner`.
    Owner,
    /// `severity` on both sides.
    Severity,
    /// `displayName` and `title`.
    Title,
    /// `description` on both sides.
    Description,
    /// `customTags` and the labels of users.
    Tags,
    /// Comments, append-only.
    Comments,
}

impl Field {
    /// All, in the order in which they are decided: a closing follows its status.
    pub const ALL: [Field; 9] = [
        Field::Status,
        Field::Closing,
        Field::ClosingComment,
        Field::Owner,
        Field::Severity,
        Field::Title,
        Field::Description,
        Field::Tags,
        Field::Comments,
    ];

    /// Its name in rules, in the ledger and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Field::Status => "status",
            Field::Closing => "closing",
            Field::ClosingComment => "closing_comment",
            Field::Owner => "owner",
            Field::Severity => "severity",
            Field::Title => "title",
            Field::Description => "description",
            Field::Tags => "tags",
            Field::Comments => "comments",
        }
    }

    /// The field of a name.
    pub fn of_name(name: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|f| f.name() == name)
    }
}
