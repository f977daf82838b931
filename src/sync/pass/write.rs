//! From what a side shall say to the property that is written, or the reason why it cannot be.

use super::field::Target;
use super::outcome::RefusalKind;
use super::{Merged, Pass};
use crate::incident::{DefenderStatus, Field, Owner, Side, Status};
use crate::sync::value::Said;

impl<'a> Pass<'a> {
    /// Plans what makes both sides say it. True unless the field is held.
    pub(super) fn write(&mut self, merged: &Merged<'a>, target: &Target<'a>) -> bool {
        let field = merged.field;
        let shall = [(Side::Defender, &target.defender), (Side::Sentinel, &target.sentinel)];
        let differs: Vec<(Side, &Said)> =
            shall.into_iter().filter(|(side, said)| self.differs(merged, *side, said)).collect();
        for (side, said) in &differs {
            if let Err(why) = self.can(merged, *side, said, target) {
                let refused = why.strip_prefix("!").map(str::to_owned);
                match refused {
                    Some(message) => self.refuse(Some(field), RefusalKind::ReopenWithoutCause, message, None),
                    None => self.hold(field, why),
                }
                return false;
            }
        }
        self.losers(merged, target);
        for (side, said) in &differs {
            match side {
                Side::Defender => self.write_defender(field, said),
                Side::Sentinel => self.write_sentinel(field, said),
            }
        }
        let writes = |side| differs.iter().any(|(s, _)| *s == side);
        if target.split || target.defender.same(&target.sentinel) {
            self.settle(field, writes(Side::Defender), writes(Side::Sentinel));
        } else {
            self.out.moves.insert(field, super::Move::Stay);
        }
        true
    }

    /// Whether a side has to be written to. A finer value of the same class is no difference, unless a rule gave one.
    fn differs(&self, merged: &Merged, side: Side, shall: &Said) -> bool {
        let says = merged.said(side);
        match (shall, says) {
            (Said::Nothing, _) => false,
            (Said::Closing(shall), Said::Closing(says)) if shall.class == says.class => match side {
                Side::Defender => {
                    shall.determination.is_some()
                        && says.determination.is_some()
                        && shall.determination != says.determination
                }
                Side::Sentinel => shall.reason.is_some() && shall.reason != says.reason,
            },
            _ => !shall.same(says),
        }
    }

    /// Whether a side can be made to say it.
    fn can(&self, merged: &Merged, side: Side, shall: &Said, target: &Target) -> Result<(), String> {
        match shall {
            Said::Unknown(_) => Err(format!("{} has a value that is not known", side.other().title())),
            Said::Owner(Owner::Unresolved(text)) => Err(format!("`{text}` is not in the directory")),
            Said::Owner(Owner::Group(_)) if side == Side::Defender => {
                Err("a group has no image in Defender".to_owned())
            }
            Said::Owner(Owner::Group(text)) => Err(format!("the group `{text}` cannot be assigned from here")),
            Said::Status(_) if side == Side::Defender && self.awaits() => {
                Err("Defender Experts work on it: `awaitingAction` is never written over".to_owned())
            }
            Said::Status(shall) if *shall != Status::Closed && merged.said(side) == &Said::Status(Status::Closed) => {
                let asked_for = self.out.rulings.last().is_some_and(|r| r.ruling.decision.name() == "reopen");
                match target.reopen || self.may_reopen(merged, side.other()) {
                    true => Ok(()),
                    false if asked_for => {
                        Err("!`reopen` without a cause: no person opened it and no new alert came".to_owned())
                    }
                    false => Err("reopen needs a human".to_owned()),
                }
            }
            _ => Ok(()),
        }
    }

    fn awaits(&self) -> bool {
        self.defender.status.known() == Some(DefenderStatus::AwaitingAction)
    }

    fn write_defender(&mut self, field: Field, said: &Said) {
        let patch = &mut self.out.writes.defender;
        match (field, said) {
            (_, Said::Status(status)) => patch.status = Some(status.defender()),
            (_, Said::Closing(closing)) => patch.closing = Some(self.shadow.to_defender(closing)),
            (_, Said::Owner(owner)) => patch.assigned_to = Some(owner.text().map(str::to_owned)),
            (_, Said::Severity(severity)) => patch.severity = Some(*severity),
            (Field::ClosingComment, Said::Text(text)) => patch.resolving_comment = Some(text.to_string()),
            (Field::Title, Said::Text(text)) => patch.display_name = Some(text.to_string()),
            (Field::Description, Said::Text(text)) => patch.description = Some(text.to_string()),
            _ => {}
        }
    }

    fn write_sentinel(&mut self, field: Field, said: &Said) {
        let patch = &mut self.out.writes.sentinel;
        match (field, said) {
            (_, Said::Status(status)) => patch.status = Some(status.sentinel()),
            (_, Said::Closing(closing)) => patch.closing = Some(self.shadow.to_sentinel(closing)),
            (_, Said::Owner(Owner::Person(person))) => patch.owner = Some(Some(person.to_sentinel())),
            (_, Said::Owner(_)) => patch.owner = Some(None),
            (_, Said::Severity(severity)) => patch.severity = Some(*severity),
            (Field::ClosingComment, Said::Text(text)) => patch.classification_comment = Some(text.to_string()),
            (Field::Title, Said::Text(text)) => patch.title = Some(text.to_string()),
            (Field::Description, Said::Text(text)) => patch.description = Some(text.to_string()),
            _ => {}
        }
    }
}
