//! What a pass over one incident decided: rulings, holds, writes, losers, and which fields are agreed afterwards.

use crate::incident::{Field, Side};
use crate::sync::base::Base;
use crate::sync::decision::{Event, Ruling};
use crate::sync::input::{Actor, Input};
use crate::sync::plan::{NewComment, Writes};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The outcome of one pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Fields that both sides changed to different meanings, whatever was decided about them.
    pub conflicts: Vec<Field>,
    /// What was decided, by whom.
    pub rulings: Vec<Ruled>,
    /// What gets no write and waits for a person.
    pub holds: Vec<Hold>,
    /// What would be written.
    pub writes: Writes,
    /// Values that a decision overwrites.
    pub lost: Vec<Lost>,
    /// Decisions of the rule that were not carried out.
    pub refusals: Vec<Refusal>,
    /// For each field whether it is agreed once the writes are acknowledged.
    pub moves: BTreeMap<Field, Move>,
    /// Why nothing is written to this incident any more, until a person thaws it.
    pub freeze: Option<String>,
    /// Why the two are no longer kept in step.
    pub unlink: Option<String>,
}

/// A decision about a field, or about the incident as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruled {
    /// What it is about.
    pub subject: Subject,
    /// How it came to be asked.
    pub question: Asked,
    /// The decision.
    pub ruling: Ruling,
    /// What Defender said.
    pub defender: String,
    /// What Sentinel said.
    pub sentinel: String,
}

/// What a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A field.
    Field(Field),
    /// The incident.
    Incident(Event),
}

/// How a decision came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Both sides changed.
    Conflict,
    /// One side changed: carried over.
    Carried(Side),
    /// A person answered.
    Answer,
    /// Something happened to the incident.
    Event,
}

/// A field, or the link, that gets no write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The field; `None` is the link.
    pub field: Option<Field>,
    /// Why.
    pub why: String,
}

impl Hold {
    /// The field's name, or `link`.
    pub fn name(&self) -> &'static str {
        self.field.map_or("link", Field::name)
    }
}

/// A value that a decision overwrites. It stays in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Whose value.
    pub side: Side,
    /// The field.
    pub field: Field,
    /// The value.
    pub value: String,
    /// Who had set it.
    pub by: Actor,
    /// Whether the other side had changed it too.
    pub in_conflict: bool,
}

/// A decision of the rule that was not carried out; the field is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The field; `None` is the incident.
    pub field: Option<Field>,
    /// What was wrong with it.
    pub kind: RefusalKind,
    /// In words.
    pub message: String,
    /// Line and column in the rule.
    pub at: Option<(u32, u32)>,
}

/// What was wrong with a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// The rule failed: it threw, ran too long, returned something else.
    Fault,
    /// A value that the field, or a service, does not take.
    IllegalValue,
    /// It reopens without a cause.
    ReopenWithoutCause,
    /// It would write to a merged incident.
    Redirected,
    /// The decision is not one for this question.
    NotHere,
}

/// Whether the base of a field moves to the present state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// No: it is held, or still in conflict.
    Stay,
    /// Yes, once these sides have taken their write.
    After {
        /// Defender's.
        defender: bool,
        /// Sentinel's.
        sentinel: bool,
    },
}

impl Outcome {
    /// True when nothing is to be done: no write, no hold.
    pub fn is_quiet(&self) -> bool {
        self.writes.is_empty() && self.holds.is_empty() && self.freeze.is_none() && self.unlink.is_none()
    }

    /// True when the field is held.
    pub fn holds(&self, field: Field) -> bool {
        self.holds.iter().any(|h| h.field == Some(field))
    }

    /// What both sides agree on once these sides took their change and these comments were added. A field that stays keeps
    /// its old base, or none.
    // INVARIANT: the base is what was read plus what was written, never what a service answered: what somebody changed in
    // between would count as agreed, and be lost silently.
    pub fn next_base(&self, input: &Input, took: impl Fn(Side) -> bool, added: &[&NewComment]) -> Option<Base> {
        let (mut defender, mut sentinel) = (input.defender.clone()?, input.sentinel.clone()?);
        let mut base = input.base.clone().unwrap_or_else(|| Base::unsettled(&defender.id, &sentinel.id));
        let first = base.unsettled.contains(&Field::Comments);
        base.remember(&defender, &sentinel);
        if took(Side::Defender) {
            self.writes.defender.apply(&mut defender);
        }
        if took(Side::Sentinel) {
            self.writes.sentinel.apply(&mut sentinel);
        }
        base.remember(&defender, &sentinel);
        for (field, moves) in &self.moves {
            let settled = match moves {
                Move::Stay => false,
                Move::After { defender, sentinel } => {
                    (!defender || took(Side::Defender)) && (!sentinel || took(Side::Sentinel))
                }
            };
            if settled {
                base.settle(*field, &defender, &sentinel);
            }
        }
        if first && !base.unsettled.contains(&Field::Comments) {
            base.saw(&defender, &sentinel);
        }
        base.seen.extend(added.iter().map(|c| c.origin.clone()));
        Some(base)
    }

    /// For the journal and for `--format json`.
    pub fn json(&self) -> Value {
        let ruled = |r: &Ruled| {
            let subject = match r.subject {
                Subject::Field(field) => field.name(),
                Subject::Incident(event) => event.name(),
            };
            let asked = match r.question {
                Asked::Conflict => json!("conflict"),
                Asked::Carried(from) => json!(format!("changed in {}", from.title())),
                Asked::Answer => json!("answered"),
                Asked::Event => json!("event"),
            };
            json!({"field": subject, "asked": asked, "decision": r.ruling.decision.name(), "reason": r.ruling.reason,
                "line": r.ruling.line, "defender": r.defender, "sentinel": r.sentinel})
        };
        let comment =
            |c: &NewComment| json!({"side": c.side.name(), "incident": c.incident, "text": c.text, "origin": c.origin});
        json!({
            "conflicts": self.conflicts.iter().map(|f| f.name()).collect::<Vec<_>>(),
            "decisions": self.rulings.iter().map(ruled).collect::<Vec<_>>(),
            "hold": self.holds.iter().map(|h| json!({"field": h.name(), "why": h.why})).collect::<Vec<_>>(),
            "writes": {
                "defender": self.writes.defender.body(),
                "sentinel": self.writes.sentinel.body(),
                "comments": self.writes.comments.iter().map(comment).collect::<Vec<_>>(),
            },
            "lost": self.lost.iter().map(|l| json!({"side": l.side.name(), "field": l.field.name(), "value": l.value,
                "by": l.by.name()})).collect::<Vec<_>>(),
            "refused": self.refusals.iter().map(|r| json!({"field": r.field.map_or("incident", Field::name),
                "message": r.message, "line": r.at.map(|a| a.0)})).collect::<Vec<_>>(),
            "freeze": self.freeze,
            "unlink": self.unlink,
        })
    }
}
