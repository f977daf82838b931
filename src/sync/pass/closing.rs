//! Status, closing and closing comment: three fields that only make sense together.
//!
//! A closing follows its status: it is written to Sentinel only where Sentinel is or becomes closed; a held status holds
//! it; a held closing holds the write that would close the other side; a closed status that loses takes its closing along.

use super::outcome::Move;
use super::{Merged, Pass};
use crate::incident::{Field, Side, Status};
use crate::sync::merge::Merge;
use crate::sync::value::Said;

impl<'a> Pass<'a> {
    /// The three fields in their order.
    pub(super) fn status_and_closing(&mut self) {
        let on = |field| self.settings.fields.contains(&field);
        let (status, closing, comment) = (on(Field::Status), on(Field::Closing), on(Field::ClosingComment));
        if status {
            let merged = self.merged(Field::Status);
            self.field(&merged);
        }
        for field in [(closing, Field::Closing), (comment, Field::ClosingComment)].into_iter().filter(|f| f.0) {
            let merged = self.merged(field.1);
            self.follows(&merged);
        }
        if self.out.holds(Field::Closing) && status && !self.out.holds(Field::Status) {
            self.close_nothing();
        }
    }

    /// A field that follows the status.
    fn follows(&mut self, merged: &Merged<'a>) {
        let field = merged.field;
        let closed = self.sentinel.meaning() == Some(Status::Closed);
        if self.out.holds(Field::Status) || (field == Field::ClosingComment && self.out.holds(Field::Closing)) {
            let one_is_closed = closed || self.defender.meaning() == Some(Status::Closed);
            if merged.pending() && one_is_closed {
                self.hold(field, "follows status");
            } else if !merged.pending() {
                self.settle(field, false, false);
            }
            return;
        }
        match (closed, self.sentinel_closed_after()) {
            (true, true) => {
                self.field(merged);
            }
            // Sentinel becomes closed by our write: it says what Defender says.
            (false, true) => self.carry_along(merged),
            // Open stays open, or what was closed is reopened: Sentinel has nothing to say, Defender keeps what it says.
            (_, false) => {
                let reopens = closed && matches!(merged.found, Merge::Conflict | Merge::Carry(Side::Sentinel));
                if reopens {
                    self.lost_with_status(merged);
                }
                self.settle(field, false, closed);
            }
        }
    }

    /// Sentinel is closed by our write and takes Defender's closing, or its comment, along.
    fn carry_along(&mut self, merged: &Merged<'a>) {
        match &merged.defender {
            Said::Nothing => self.settle(merged.field, false, false),
            Said::Unknown(_) => self.hold(merged.field, "Defender has a value that is not known"),
            said => {
                let carried = Merged {
                    field: merged.field,
                    base: merged.base.clone(),
                    defender: said.clone(),
                    sentinel: Said::Nothing,
                    found: Merge::Carry(Side::Defender),
                    changed: merged.changed,
                };
                self.ruled(&carried, Some(Side::Defender));
            }
        }
    }

    /// The closing of a status that loses is kept in the journal.
    fn lost_with_status(&mut self, merged: &Merged<'a>) {
        if merged.changed(Side::Sentinel) {
            let target = super::field::Target {
                defender: merged.defender.clone(),
                sentinel: merged.defender.clone(),
                split: false,
                reopen: false,
            };
            self.losers(merged, &target);
        }
    }

    /// A closing that is held holds the write that would close the other side.
    fn close_nothing(&mut self) {
        let closes_defender = self.out.writes.defender.status == Some(Status::Closed.defender());
        let closes_sentinel = self.out.writes.sentinel.status == Some(Status::Closed.sentinel());
        if closes_defender {
            self.out.writes.defender.status = None;
            self.out.writes.defender.resolving_comment = None;
        }
        if closes_sentinel {
            self.out.writes.sentinel.status = None;
            self.out.writes.sentinel.classification_comment = None;
        }
        if closes_defender || closes_sentinel {
            self.hold(Field::Status, "follows closing");
            self.out.moves.insert(Field::ClosingComment, Move::Stay);
        }
    }
}
