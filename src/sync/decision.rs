//! What may be decided about a conflict, a planned change or an incident, and who is asked.

use super::input::{Change, Input, Order, Settings};
use super::value::Said;
use crate::incident::{Class, Field, Side, Status};
use serde::{Deserialize, Serialize};

/// A value as a rule or a person gives it; it is checked against its field before anything is done with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Given {
    /// A text: a status, a severity, an owner, a title; empty is nobody or nothing.
    Text(String),
    /// A closing: the class, and a finer value if one is meant.
    Closing {
        /// The class by its name in rules.
        class: String,
        /// Defender's finer value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        determination: Option<String>,
        /// Sentinel's finer value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Both mean the same, whatever it looks like.
    Keep,
    /// The planned change is right; only where a change is planned.
    Accept,
    /// Defender's value for both.
    TakeDefender,
    /// Sentinel's value for both.
    TakeSentinel,
    /// This value for both.
    Set(Given),
    /// One value for Defender, one for Sentinel. Unless both mean the same, the field stays in conflict.
    SetEach(Given, Given),
    /// The sides may differ as they do now.
    Split,
    /// The sides may differ, with these values.
    SplitEach(Given, Given),
    /// Tags to add on both sides, and tags to take away on both.
    MergeSets {
        /// To add.
        add: Vec<String>,
        /// To take away.
        remove: Vec<String>,
    },
    /// Texts to add as comments on both sides.
    Append(Vec<String>),
    /// The finer value to write where the other side's is coarser.
    Choose(String),
    /// Write nothing and ask a person.
    Hold,
    /// Put the changed side back to the base.
    Reject,
    /// Take the open side although the other one is closed.
    Reopen,
    /// Close the image of a merged incident and go on with what it was merged into.
    FollowRedirect,
    /// The two are not one incident: never write to either again.
    Unlink,
    /// Write nothing to this incident until a person thaws it.
    Freeze,
}

impl Decision {
    /// Its name: the function that a rule calls.
    pub const fn name(&self) -> &'static str {
        match self {
            Decision::Keep => "keep",
            Decision::Accept => "accept",
            Decision::TakeDefender => "take_defender",
            Decision::TakeSentinel => "take_sentinel",
            Decision::Set(_) => "set",
            Decision::SetEach(..) => "set_each",
            Decision::Split => "split",
            Decision::SplitEach(..) => "split_each",
            Decision::MergeSets { .. } => "merge_sets",
            Decision::Append(_) => "append",
            Decision::Choose(_) => "choose",
            Decision::Hold => "hold",
            Decision::Reject => "reject",
            Decision::Reopen => "reopen",
            Decision::FollowRedirect => "follow_redirect",
            Decision::Unlink => "unlink",
            Decision::Freeze => "freeze",
        }
    }
}

/// A decision with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// What to do.
    pub decision: Decision,
    /// Why, for people and the journal.
    pub reason: String,
    /// The line of the rule that decided, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl Ruling {
    /// A decision of the engine itself.
    pub fn engine(decision: Decision, reason: impl Into<String>) -> Ruling {
        Ruling { decision, reason: reason.into(), line: None }
    }
}

/// What happened to an incident as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Defender merged it into another one.
    Redirected,
    /// One side no longer has it.
    Gone,
    /// Both sides have it and nothing was agreed yet.
    FirstLink,
}

impl Event {
    /// All.
    pub const ALL: [Event; 3] = [Event::Redirected, Event::Gone, Event::FirstLink];

    /// Its name in rules.
    pub const fn name(self) -> &'static str {
        match self {
            Event::Redirected => "redirected",
            Event::Gone => "gone",
            Event::FirstLink => "first_link",
        }
    }
}

/// A change that is planned although nobody is in conflict.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned<'a> {
    /// The side that changed.
    pub from: Side,
    /// Tags that both would have.
    pub tags: Option<&'a [String]>,
    /// Texts that would be copied.
    pub comments: Option<&'a [String]>,
}

/// What is asked about one field.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The field.
    pub field: Field,
    /// What was last agreed: Defender's and Sentinel's way to say it.
    pub base: Option<(Said<'a>, Said<'a>)>,
    /// What Defender says now.
    pub defender: Said<'a>,
    /// What Sentinel says now.
    pub sentinel: Said<'a>,
    /// Who changed it in Defender; `None` when it did not change there.
    pub defender_change: Option<Change>,
    /// Who changed it in Sentinel; `None` when it did not change there.
    pub sentinel_change: Option<Change>,
    /// Which side is later.
    pub order: Order,
    /// What is planned; `None` in a conflict.
    pub planned: Option<Planned<'a>>,
    /// Everything else.
    pub input: &'a Input,
    /// What holds for every incident.
    pub settings: &'a Settings,
}

/// What is asked about the incident as a whole.
#[derive(Clone, Debug)]
pub struct IncidentQuestion<'a> {
    /// What happened.
    pub event: Event,
    /// Where it was merged into at the end of the chain.
    pub target: Option<&'a str>,
    /// Everything else.
    pub input: &'a Input,
    /// What holds for every incident.
    pub settings: &'a Settings,
}

/// Why there is no decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFault {
    /// What went wrong.
    pub message: String,
    /// Line and column in the rule, from 1.
    pub at: Option<(u32, u32)>,
}

/// Whoever decides. Pure: the same question has the same answer.
pub trait Resolver {
    /// Decides a conflict.
    ///
    /// # Errors
    /// When there is no decision: the field is held.
    fn conflict(&self, question: &Question) -> Result<Ruling, RuleFault>;

    /// Looks at a planned change; `Ok(None)` when it does not look at planned changes.
    ///
    /// # Errors
    /// When there is no decision: the field is held.
    fn review(&self, question: &Question) -> Result<Option<Ruling>, RuleFault>;

    /// Decides about the incident as a whole; `Ok(None)` for what is usual.
    ///
    /// # Errors
    /// When there is no decision: the incident is held.
    fn incident(&self, question: &IncidentQuestion) -> Result<Option<Ruling>, RuleFault>;
}

impl Given {
    /// A status.
    pub fn status(status: Status) -> Given {
        Given::Text(status.name().to_owned())
    }

    /// A class without a finer value.
    pub fn class(class: Class) -> Given {
        Given::Closing { class: class.name().to_owned(), determination: None, reason: None }
    }
}
