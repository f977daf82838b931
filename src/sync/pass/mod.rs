//! One pass over one incident: both sides, the base and a rule in, decisions and writes out.
//!
//! In: an [`Input`], the [`Settings`], a [`Resolver`]. Out: an [`Outcome`]; nothing is written here. What no rule can
//! change is in this module: only legal values are planned, at most one write a side, a merged incident is never written to,
//! closed becomes open only for a cause, comments are copied once.

mod after;
mod closing;
mod comments;
mod event;
mod field;
mod outcome;
mod tags;
mod write;

pub use after::after;
pub use outcome::{Asked, Hold, Lost, Move, Outcome, Refusal, RefusalKind, Ruled, Subject};

use super::decision::Resolver;
use super::input::{Actor, Input, Settings};
use super::merge::{Changed, Merge, merge};
use super::value::{Said, of_defender, of_sentinel};
use crate::incident::{DefenderIncident, Field, SentinelIncident, Shadow, Side, Status};

/// Decides everything about one incident.
pub fn decide(input: &Input, settings: &Settings, resolver: &dyn Resolver) -> Outcome {
    let (defender, sentinel) = match (&input.defender, &input.sentinel) {
        (Some(defender), Some(sentinel)) => (defender, sentinel),
        _ => return event::one_sided(input, settings, resolver),
    };
    let mut pass = Pass::new(input, settings, resolver, defender, sentinel);
    if defender.redirected() {
        pass.redirected();
    } else if pass.linked() {
        pass.fields();
    }
    pass.fuse();
    pass.out
}

/// A pass under way.
struct Pass<'a> {
    input: &'a Input,
    settings: &'a Settings,
    resolver: &'a dyn Resolver,
    defender: &'a DefenderIncident,
    sentinel: &'a SentinelIncident,
    shadow: Shadow,
    out: Outcome,
}

/// A field as both sides say it, merged.
struct Merged<'a> {
    field: Field,
    base: Option<(Said<'a>, Said<'a>)>,
    defender: Said<'a>,
    sentinel: Said<'a>,
    found: Merge,
    changed: Changed,
}

impl Merged<'_> {
    fn said(&self, side: Side) -> &Said<'_> {
        match side {
            Side::Defender => &self.defender,
            Side::Sentinel => &self.sentinel,
        }
    }

    fn changed(&self, side: Side) -> bool {
        match side {
            Side::Defender => self.changed.defender,
            Side::Sentinel => self.changed.sentinel,
        }
    }

    /// True when something would have to be done.
    fn pending(&self) -> bool {
        self.found != Merge::Same
    }
}

impl<'a> Pass<'a> {
    fn new(
        input: &'a Input,
        settings: &'a Settings,
        resolver: &'a dyn Resolver,
        defender: &'a DefenderIncident,
        sentinel: &'a SentinelIncident,
    ) -> Pass<'a> {
        let mut shadow = input.base.as_ref().map(|b| b.shadow.clone()).unwrap_or_default();
        // What a side says now is the freshest finer value, unless it is what the other side's change is about to undo.
        for (side, closing) in [(Side::Defender, defender.closing()), (Side::Sentinel, sentinel.closing())] {
            if let Some(closing) = closing {
                shadow.remember(side, &closing);
            }
        }
        Pass { input, settings, resolver, defender, sentinel, shadow, out: Outcome::default() }
    }

    /// The three-way merge of a field.
    fn merged(&self, field: Field) -> Merged<'a> {
        let directory = &self.settings.directory;
        let base = self.input.base.as_ref().and_then(|b| b.said(field, directory));
        let defender = of_defender(field, self.defender, directory);
        let sentinel = of_sentinel(field, self.sentinel, directory);
        let echo = |side| self.input.actor(side, field) == Actor::Sync;
        let (found, changed) = merge(base.as_ref(), &defender, &sentinel, (echo(Side::Defender), echo(Side::Sentinel)));
        Merged { field, base, defender, sentinel, found, changed }
    }

    /// Every field in its order.
    fn fields(&mut self) {
        for field in Field::ALL.into_iter().filter(|f| *f != Field::Tags) {
            if self.settings.fields.contains(&field) && self.merged(field).found == Merge::Conflict {
                self.out.conflicts.push(field);
            }
        }
        self.status_and_closing();
        for field in [Field::Owner, Field::Severity, Field::Title, Field::Description] {
            if self.settings.fields.contains(&field) {
                let merged = self.merged(field);
                self.field(&merged);
            }
        }
        if self.settings.fields.contains(&Field::Tags) {
            self.tags();
        }
        if self.settings.fields.contains(&Field::Comments) {
            self.comments(&self.defender.id);
        }
    }

    /// Stops an incident that is written to too often: a loop that nobody foresaw.
    fn fuse(&mut self) {
        let limit = self.settings.max_writes_per_hour;
        if !self.out.writes.is_empty() && self.input.history.writes >= limit && self.out.freeze.is_none() {
            self.out.freeze = Some(format!("{limit} writes within an hour"));
        }
        if self.out.freeze.is_some() || self.out.unlink.is_some() {
            self.out.writes = Default::default();
            self.out.moves.clear();
        }
    }

    fn hold(&mut self, field: Field, why: impl Into<String>) {
        self.out.moves.insert(field, Move::Stay);
        if !self.out.holds(field) {
            self.out.holds.push(Hold { field: Some(field), why: why.into() });
        }
    }

    fn settle(&mut self, field: Field, defender: bool, sentinel: bool) {
        self.out.moves.insert(field, Move::After { defender, sentinel });
    }

    /// Sentinel's status once the writes are done.
    fn sentinel_closed_after(&self) -> bool {
        match self.out.writes.sentinel.status {
            Some(status) => status == Status::Closed.sentinel(),
            None => self.sentinel.meaning() == Some(Status::Closed),
        }
    }
}
