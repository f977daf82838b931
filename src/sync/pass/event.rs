//! What happens to an incident as a whole: merged into another one, gone from one side, linked for the first time.

use super::outcome::{Asked, Hold, Outcome, RefusalKind, Ruled, Subject};
use super::{Move, Pass};
use crate::incident::{Class, Closing, Field, Label, REDIRECTED_LABEL, Side, Status, has_tag, redirect_end};
use crate::sync::decision::{Decision, Event, IncidentQuestion, Resolver, Ruling};
use crate::sync::input::{Input, Settings};

/// One side has no such incident, or neither has.
pub(super) fn one_sided(input: &Input, settings: &Settings, resolver: &dyn Resolver) -> Outcome {
    let mut out = Outcome::default();
    let here = input.defender.is_some() || input.sentinel.is_some();
    if input.base.is_none() || !here {
        return out; // Never linked, or gone on both: there is nothing to keep in step.
    }
    let question = IncidentQuestion { event: Event::Gone, target: None, input, settings };
    let usual = Ruling::engine(Decision::Hold, "one side is gone");
    let ruling = match resolver.incident(&question) {
        Ok(ruling) => ruling.unwrap_or(usual),
        Err(fault) => {
            out.refusals.push(super::Refusal {
                field: None,
                kind: RefusalKind::Fault,
                message: fault.message,
                at: fault.at,
            });
            usual
        }
    };
    note(&mut out, Event::Gone, &ruling);
    match ruling.decision {
        Decision::Unlink => out.unlink = Some(ruling.reason),
        Decision::Freeze => out.freeze = Some(ruling.reason),
        Decision::Hold => out.holds.push(Hold { field: None, why: ruling.reason }),
        other => {
            out.holds.push(Hold { field: None, why: "one side is gone".to_owned() });
            out.refusals.push(not_here(&other, Event::Gone, ruling.line));
        }
    }
    out
}

fn note(out: &mut Outcome, event: Event, ruling: &Ruling) {
    let (subject, question) = (Subject::Incident(event), Asked::Event);
    out.rulings.push(Ruled {
        subject,
        question,
        ruling: ruling.clone(),
        defender: String::new(),
        sentinel: String::new(),
    });
}

fn not_here(decision: &Decision, event: Event, line: Option<u32>) -> super::Refusal {
    let kind = if event == Event::Redirected { RefusalKind::Redirected } else { RefusalKind::NotHere };
    let message = match event {
        Event::Redirected => format!("`{}`: a merged incident is never written to", decision.name()),
        _ => format!("`{}` is no answer to `{}`", decision.name(), event.name()),
    };
    super::Refusal { field: None, kind, message, at: line.map(|l| (l, 1)) }
}

impl Pass<'_> {
    /// Asks about the incident as a whole; `None` when that already ends the pass.
    fn incident(&mut self, event: Event, target: Option<&str>, usual: Ruling) -> Option<Ruling> {
        let question = IncidentQuestion { event, target, input: self.input, settings: self.settings };
        let ruling = match self.resolver.incident(&question) {
            Ok(ruling) => ruling.unwrap_or(usual),
            Err(fault) => {
                let why = format!("the rule failed: {}", fault.message);
                self.out.holds.push(Hold { field: None, why });
                let (kind, message, at) = (RefusalKind::Fault, fault.message, fault.at);
                self.out.refusals.push(super::Refusal { field: None, kind, message, at });
                return None;
            }
        };
        note(&mut self.out, event, &ruling);
        match ruling.decision {
            Decision::Unlink => self.out.unlink = Some(ruling.reason),
            Decision::Freeze => self.out.freeze = Some(ruling.reason),
            Decision::Hold => self.out.holds.push(Hold { field: None, why: ruling.reason }),
            _ => return Some(ruling),
        }
        None
    }

    /// True when the two are linked, or become so now.
    pub(super) fn linked(&mut self) -> bool {
        if self.input.base.is_some() {
            return true;
        }
        let usual = Ruling::engine(Decision::Accept, "linked");
        let Some(ruling) = self.incident(Event::FirstLink, None, usual) else { return false };
        match ruling.decision {
            Decision::Accept | Decision::Keep => {
                self.out.rulings.pop();
                true
            }
            other => {
                self.out.refusals.push(not_here(&other, Event::FirstLink, ruling.line));
                self.out.holds.push(Hold { field: None, why: "the rule gave no answer to the first link".to_owned() });
                false
            }
        }
    }

    /// Defender merged the incident into another one: its image is closed and labelled, nothing is written to it, and
    /// new comments go to the end of the chain.
    pub(super) fn redirected(&mut self) {
        let mut redirects = self.input.redirects.clone();
        redirects.insert(self.defender.id.clone(), self.defender.redirect_incident_id.clone());
        let end = match redirect_end(&self.defender.id, &redirects) {
            Ok(end) => end.map(str::to_owned),
            Err(circle) => {
                let why = format!("merged in a circle: {}", circle.join(", "));
                self.out.holds.push(Hold { field: None, why });
                return;
            }
        };
        let usual = Ruling::engine(Decision::FollowRedirect, "merged in Defender");
        let Some(ruling) = self.incident(Event::Redirected, end.as_deref(), usual) else { return };
        if ruling.decision != Decision::FollowRedirect {
            self.out.refusals.push(not_here(&ruling.decision, Event::Redirected, ruling.line));
            self.out.holds.push(Hold { field: None, why: "a merged incident is never written to".to_owned() });
            return;
        }
        self.close_image();
        for field in Field::ALL.into_iter().filter(|f| !matches!(f, Field::Comments)) {
            let writes = !self.out.writes.sentinel.is_empty();
            self.out.moves.entry(field).or_insert(Move::After { defender: false, sentinel: writes });
        }
        match end.filter(|_| self.settings.fields.contains(&Field::Comments)) {
            Some(end) => {
                self.comments(&end);
                // Comments do not move with a merge, and the source is written to by nobody.
                self.out.writes.comments.retain(|c| c.side == Side::Defender);
            }
            None => {
                self.out.moves.insert(Field::Comments, Move::Stay);
            }
        }
    }

    /// Closes Sentinel's image of a merged incident, once: who opens it again afterwards is asked.
    fn close_image(&mut self) {
        let before = self.input.base.as_ref().is_some_and(|b| b.defender.redirected());
        if self.sentinel.meaning() != Some(Status::Closed) {
            if before {
                self.hold(Field::Status, "merged incidents stay closed");
                return;
            }
            let closing = self.defender.closing().unwrap_or(Closing::of_class(Class::Undetermined));
            self.out.writes.sentinel.status = Some(Status::Closed.sentinel());
            self.out.writes.sentinel.closing = Some(self.shadow.to_sentinel(&closing));
        }
        let labels: Vec<&str> = self.sentinel.user_labels().collect();
        if !before && !has_tag(&labels, REDIRECTED_LABEL) {
            let labels = self.sentinel.labels.iter().cloned().chain([Label::user(REDIRECTED_LABEL)]).collect();
            self.out.writes.sentinel.labels = Some(labels);
        }
    }
}
