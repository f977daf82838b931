//! A state and the passes over it, until one of them writes nothing.

use crate::incident::{Field, Side};
use crate::sync::decision::Resolver;
use crate::sync::input::{Actor, Change, Input, Settings};
use crate::sync::pass::{Outcome, after, decide};
use crate::sync::plan::Writes;

/// Passes before a run is given up: one more than a rule may take to come to rest, and one to show it.
const LIMIT: usize = 4;

/// The passes over one state.
pub(super) struct Run<'a> {
    /// The state.
    pub first: &'a Input,
    /// What each pass decided.
    pub outs: Vec<Outcome>,
    /// The state after each pass; none after a pass over an incident that one side does not have.
    pub states: Vec<Input>,
}

impl<'a> Run<'a> {
    /// Decides and applies until nothing is written any more. At least two passes, since the first one moves the base.
    pub fn new(first: &'a Input, settings: &Settings, resolver: &dyn Resolver, tape: &mut Tape) -> Run<'a> {
        let mut run = Run { first, outs: Vec::with_capacity(2), states: Vec::with_capacity(2) };
        for pass in 0..LIMIT {
            let out = decide(run.last(), settings, resolver);
            let next = after(run.last(), &out).map(|next| as_ours(next, &out.writes));
            let quiet = pass > 0 && out.writes.is_empty();
            tape.pass(&out, next.as_ref());
            run.outs.push(out);
            match next {
                Some(next) => run.states.push(next),
                None => break,
            }
            if quiet {
                break;
            }
        }
        run
    }

    /// The state before a pass.
    pub fn before(&self, pass: usize) -> &Input {
        pass.checked_sub(1).and_then(|p| self.states.get(p)).unwrap_or(self.first)
    }

    /// The state now.
    pub fn last(&self) -> &Input {
        self.states.last().unwrap_or(self.first)
    }

    /// Each pass with the state before and after it.
    pub fn passes(&self) -> impl Iterator<Item = (usize, &Input, &Outcome, &Input)> {
        self.outs.iter().zip(&self.states).enumerate().map(|(n, (out, next))| (n, self.before(n), out, next))
    }

    /// What the last pass decided.
    pub fn end(&self) -> Option<&Outcome> {
        self.outs.last()
    }
}

/// The fields that are written on a side.
pub(super) fn written(writes: &Writes, side: Side) -> impl Iterator<Item = Field> {
    let (d, s) = (&writes.defender, &writes.sentinel);
    let list = match side {
        Side::Defender => [
            (Field::Status, d.status.is_some()),
            (Field::Closing, d.closing.is_some()),
            (Field::ClosingComment, d.resolving_comment.is_some()),
            (Field::Owner, d.assigned_to.is_some()),
            (Field::Severity, d.severity.is_some()),
            (Field::Title, d.display_name.is_some()),
            (Field::Description, d.description.is_some()),
            (Field::Tags, d.custom_tags.is_some()),
        ],
        Side::Sentinel => [
            (Field::Status, s.status.is_some()),
            (Field::Closing, s.closing.is_some()),
            (Field::ClosingComment, s.classification_comment.is_some()),
            (Field::Owner, s.owner.is_some()),
            (Field::Severity, s.severity.is_some()),
            (Field::Title, s.title.is_some()),
            (Field::Description, s.description.is_some()),
            (Field::Tags, s.labels.is_some()),
        ],
    };
    list.into_iter().filter(|(_, is)| *is).map(|(field, _)| field)
}

/// What we wrote is ours in the next pass.
pub(super) fn as_ours(mut input: Input, writes: &Writes) -> Input {
    let ours = || Change { by: Actor::Sync, name: None };
    for field in written(writes, Side::Defender) {
        input.defender_changes.insert(field, ours());
    }
    for field in written(writes, Side::Sentinel) {
        input.sentinel_changes.insert(field, ours());
    }
    input
}

/// A recording of what was run, for the trace; off while states are counted.
#[derive(Default)]
pub(super) struct Tape {
    /// What happened, when it records.
    pub events: Option<Vec<TapeEvent>>,
}

/// What happened.
pub(super) enum TapeEvent {
    /// A state to start from.
    Start(Box<Input>),
    /// Something that somebody else did, and the state afterwards.
    Outside(String, Box<Input>),
    /// A pass, and the state afterwards.
    Pass(Box<Outcome>, Option<Box<Input>>),
}

impl Tape {
    /// A tape that records.
    pub fn recording() -> Tape {
        Tape { events: Some(vec![]) }
    }

    /// A state to start from.
    pub fn start(&mut self, input: &Input) {
        if let Some(events) = &mut self.events {
            events.push(TapeEvent::Start(Box::new(input.clone())));
        }
    }

    /// Something that somebody else did.
    pub fn outside(&mut self, what: impl FnOnce() -> String, input: &Input) {
        if let Some(events) = &mut self.events {
            events.push(TapeEvent::Outside(what(), Box::new(input.clone())));
        }
    }

    /// A pass.
    pub fn pass(&mut self, out: &Outcome, next: Option<&Input>) {
        if let Some(events) = &mut self.events {
            events.push(TapeEvent::Pass(Box::new(out.clone()), next.cloned().map(Box::new)));
        }
    }
}
