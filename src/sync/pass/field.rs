//! One field with one value a side: asking, and carrying out what was decided.

use super::outcome::{Asked, Lost, Refusal, RefusalKind, Ruled, Subject};
use super::{Merged, Pass};
use crate::incident::{Class, Closing, Determination, Field, Reason, Side, Status, Wire};
use crate::sync::decision::{Decision, Given, Planned, Question, RuleFault, Ruling};
use crate::sync::input::Actor;
use crate::sync::merge::Merge;
use crate::sync::value::{Said, given};

/// What both sides shall say, and whether that is agreed then.
pub(super) struct Target<'a> {
    /// What Defender shall say.
    pub defender: Said<'a>,
    /// What Sentinel shall say.
    pub sentinel: Said<'a>,
    /// Whether a difference is agreed on.
    pub split: bool,
    /// Whether a person, or a cause that the settings name, allows to reopen.
    pub reopen: bool,
}

impl<'a> Pass<'a> {
    /// Merges, asks where it must be asked, and plans the writes of a field. True unless it is held.
    pub(super) fn field(&mut self, merged: &Merged<'a>) -> bool {
        let field = merged.field;
        match merged.found {
            Merge::Same => {
                self.settle(field, false, false);
                true
            }
            Merge::Unknown(side) if !self.input.answers.contains_key(&field) => {
                self.hold(field, format!("{} has a value that is not known", side.title()));
                false
            }
            found => {
                let from = match found {
                    Merge::Carry(side) => Some(side),
                    _ => None,
                };
                self.ruled(merged, from)
            }
        }
    }

    /// Asks about a field that is in conflict (`from` is none) or carried over, and carries the answer out.
    pub(super) fn ruled(&mut self, merged: &Merged<'a>, from: Option<Side>) -> bool {
        let field = merged.field;
        let planned = from.map(|from| Planned { from, tags: None, comments: None });
        let Some((asked, ruling)) = self.ask(&self.question(merged, planned), from) else { return false };
        let answered = asked == Asked::Answer;
        let decision = ruling.decision.clone();
        self.note(merged, asked, ruling.clone());
        let target = match self.target(merged, &decision, from, answered) {
            Ok(Some(target)) => target,
            Ok(None) => {
                match decision {
                    Decision::Split => self.settle(field, false, false),
                    Decision::Keep => {
                        self.out.moves.insert(field, super::Move::Stay);
                    }
                    _ => self.hold(field, ruling.reason),
                }
                return !self.out.holds(field);
            }
            Err((kind, message)) => {
                self.refuse(Some(field), kind, message, ruling.line);
                return false;
            }
        };
        self.write(merged, &target)
    }

    /// Asks a person's answer, else the rule. Without a decision the field is held and `None` comes back.
    pub(super) fn ask(&mut self, question: &Question, from: Option<Side>) -> Option<(Asked, Ruling)> {
        let field = question.field;
        if let Some(answer) = self.input.answers.get(&field) {
            return Some((Asked::Answer, Ruling::engine(answer.clone(), "answered by a person")));
        }
        let answer = match from {
            None => self.resolver.conflict(question).map(|ruling| (Asked::Conflict, ruling)),
            Some(from) => self.resolver.review(question).map(|ruling| {
                let usual = || Ruling::engine(Decision::Accept, format!("changed in {} only", from.title()));
                (Asked::Carried(from), ruling.unwrap_or_else(usual))
            }),
        };
        match answer {
            Ok(ruled) => Some(ruled),
            Err(RuleFault { message, at }) => {
                self.out.refusals.push(Refusal {
                    field: Some(field),
                    kind: RefusalKind::Fault,
                    message: message.clone(),
                    at,
                });
                self.hold(field, format!("the rule failed: {message}"));
                None
            }
        }
    }

    /// What is asked about a field.
    pub(super) fn question(&self, merged: &Merged<'a>, planned: Option<Planned<'a>>) -> Question<'a> {
        let field = merged.field;
        let change = |side| merged.changed(side).then(|| self.input.change(side, field));
        Question {
            field,
            base: merged.base.clone(),
            defender: merged.defender.clone(),
            sentinel: merged.sentinel.clone(),
            defender_change: change(Side::Defender),
            sentinel_change: change(Side::Sentinel),
            order: self.input.order(field),
            planned,
            input: self.input,
            settings: self.settings,
        }
    }

    pub(super) fn note(&mut self, merged: &Merged, question: Asked, ruling: Ruling) {
        self.out.rulings.push(Ruled {
            subject: Subject::Field(merged.field),
            question,
            ruling,
            defender: merged.defender.text(),
            sentinel: merged.sentinel.text(),
        });
    }

    pub(super) fn refuse(&mut self, field: Option<Field>, kind: RefusalKind, message: String, line: Option<u32>) {
        if let Some(field) = field {
            self.hold(field, message.clone());
        }
        self.out.refusals.push(Refusal { field, kind, message, at: line.map(|l| (l, 1)) });
    }

    /// What both sides shall say by a decision; `Ok(None)` when nothing is to be written.
    fn target(
        &self,
        merged: &Merged<'a>,
        decision: &Decision,
        from: Option<Side>,
        answered: bool,
    ) -> Result<Option<Target<'a>>, (RefusalKind, String)> {
        let both =
            |said: &Said<'a>| Target { defender: said.clone(), sentinel: said.clone(), split: false, reopen: answered };
        let side = |side: Side| match side {
            Side::Defender => both(&merged.defender),
            Side::Sentinel => both(&merged.sentinel),
        };
        let here = |message: &str| Err((RefusalKind::NotHere, message.to_owned()));
        let read = |value: &Given| {
            given(merged.field, value, &self.settings.directory)
                .map(Said::into_owned)
                .map_err(|message| (RefusalKind::IllegalValue, message))
        };
        Ok(Some(match decision {
            Decision::Keep | Decision::Split | Decision::Hold => return Ok(None),
            Decision::Accept => match from {
                Some(from) => side(from),
                None => return here("`accept` answers a planned change; a conflict needs a side or a value"),
            },
            Decision::TakeDefender => side(Side::Defender),
            Decision::TakeSentinel => side(Side::Sentinel),
            Decision::Set(value) => both(&read(value)?),
            Decision::SetEach(defender, sentinel) => {
                Target { defender: read(defender)?, sentinel: read(sentinel)?, split: false, reopen: answered }
            }
            Decision::SplitEach(defender, sentinel) => {
                Target { defender: read(defender)?, sentinel: read(sentinel)?, split: true, reopen: answered }
            }
            Decision::Choose(finer) => match from {
                Some(from) => both(&Said::Closing(chosen(merged, from, finer)?)),
                None => return here("`choose` says how to write a closing, not whose: use `set` in a conflict"),
            },
            Decision::Reject => match (from, &merged.base) {
                (Some(_), Some(_)) if !self.settings.allow_revert => {
                    return here("`reject` needs `allow_revert = true` in `[sync]`");
                }
                (Some(from), Some((defender, sentinel))) => {
                    both(if from == Side::Defender { defender } else { sentinel })
                }
                _ => return here("`reject` answers a planned change; there is no base to go back to"),
            },
            Decision::Reopen => match self.open_side(merged) {
                Some(open) => Target { reopen: self.may_reopen(merged, open) || answered, ..side(open) },
                None => return here("`reopen` needs one side open and one closed"),
            },
            other => return here(&format!("`{}` is no answer about `{}`", other.name(), merged.field.name())),
        }))
    }

    /// The side that is open while the other is closed.
    fn open_side(&self, merged: &Merged) -> Option<Side> {
        let closed = |side| merged.said(side) == &Said::Status(Status::Closed);
        match (closed(Side::Defender), closed(Side::Sentinel)) {
            _ if merged.field != Field::Status => None,
            (true, false) => Some(Side::Sentinel),
            (false, true) => Some(Side::Defender),
            _ => None,
        }
    }

    /// Whether an open side has a cause to open the other: a person's change, or new alerts where they are cause enough.
    pub(super) fn may_reopen(&self, merged: &Merged, open: Side) -> bool {
        let human = merged.changed(open) && self.input.actor(open, Field::Status) == Actor::Human;
        human || (self.settings.reopen_on_new_alerts && self.input.new_alerts > 0 && open == Side::Defender)
    }

    /// Keeps the values that a decision overwrites.
    pub(super) fn losers(&mut self, merged: &Merged, target: &Target) {
        let in_conflict = merged.found == Merge::Conflict;
        for side in Side::BOTH {
            let shall = if side == Side::Defender { &target.defender } else { &target.sentinel };
            let said = merged.said(side);
            if merged.changed(side) && !said.same(shall) && *said != Said::Nothing {
                let by = self.input.actor(side, merged.field);
                self.out.lost.push(Lost { side, field: merged.field, value: said.text(), by, in_conflict });
            }
        }
    }
}

/// A closing of one side with the finer value that a rule chose for the other.
fn chosen(merged: &Merged, from: Side, finer: &str) -> Result<Closing, (RefusalKind, String)> {
    let illegal = |message: String| (RefusalKind::IllegalValue, message);
    let Said::Closing(closing) = merged.said(from) else {
        return Err((RefusalKind::NotHere, "`choose` is for closings".to_owned()));
    };
    let class = closing.class;
    let given = match from {
        Side::Sentinel => {
            Given::Closing { class: class.name().to_owned(), determination: Some(finer.to_owned()), reason: None }
        }
        Side::Defender => {
            Given::Closing { class: class.name().to_owned(), determination: None, reason: Some(finer.to_owned()) }
        }
    };
    let fits = match from {
        Side::Sentinel => class == Class::Undetermined || Determination::read(finer).is_some(),
        Side::Defender => class == Class::Undetermined || Reason::read(finer).is_some(),
    };
    if !fits {
        return Err(illegal(format!("`{finer}` is no finer value of {}", from.other().title())));
    }
    match given_closing(&given) {
        Ok(Said::Closing(chosen)) => Ok(match from {
            Side::Sentinel => Closing { determination: chosen.determination, ..closing.clone() },
            Side::Defender => Closing { reason: chosen.reason, ..closing.clone() },
        }),
        Ok(_) => Err(illegal(format!("`{finer}` is no closing"))),
        Err(message) => Err(illegal(message)),
    }
}

fn given_closing(value: &Given) -> Result<Said<'static>, String> {
    given(Field::Closing, value, &crate::incident::Directory::default()).map(Said::into_owned)
}
