//! Whether data arrives as it used to: what is missing of a table, against the table's own rhythm.
//!
//! In: rows by hour, the last event, the time. Out: [`Rhythm`]: gaps, lag, and whether the lag is unusual. Pure; reads no
//! rows and asks no clock.
//!
//! An hour is compared with the same hour of days like its own (working days or days of rest, learnt from the table), near
//! to it in time, before and after; the smaller of both counts, so that a table that grows or shrinks has no gap for it.
//! An hour lacks rows when it has less than a tenth of that. Hours that lack rows in a row are a gap when so many rows
//! are missing that chance does not explain it; how much chance there is, is measured on the table too. A sparse table
//! therefore needs a longer silence than a dense one. The first and the last hour may be incomplete and are not judged.

mod days;
mod expect;
mod gap;
#[cfg(test)]
mod tests;

use crate::value::datetime::{TICKS_PER_DAY, TICKS_PER_SECOND};
use expect::Expect;
use serde::Serialize;
use std::collections::BTreeMap;

/// Ticks in an hour.
pub const HOUR: i64 = 3600 * TICKS_PER_SECOND;
/// Days with rows before a long silence that make it a gap.
const DAYS_BEFORE: usize = 7;
/// Days with rows after a long silence that make it a gap.
const DAYS_AFTER: usize = 2;
/// Days that are looked at for a silence that goes on.
const LOOK_AHEAD: i64 = 60;

/// Hours that lack rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gap {
    /// Ticks of the start of its first hour.
    pub from: i64,
    /// Ticks of the end of its last hour.
    pub to: i64,
    /// Rows that the rhythm lets expect there.
    pub expected: f64,
    /// Rows that are there.
    pub found: u64,
}

/// What is usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RhythmOptions {
    /// Ticks before now in which rows are still on their way: hours that end there are not judged.
    pub settle: i64,
    /// Ticks of lag that are never unusual.
    pub patience: i64,
}

impl Default for RhythmOptions {
    fn default() -> Self {
        RhythmOptions { settle: 3 * HOUR, patience: 3 * HOUR }
    }
}

/// How a table's rows arrive.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rhythm {
    /// False for a table that is too young to have a rhythm, or has no times: then nothing is judged.
    pub known: bool,
    /// What is missing, by time.
    pub gaps: Vec<Gap>,
    /// Ticks from the last event that is not in the future until now.
    pub lag: Option<i64>,
    /// The lag is unusual for this table at this time of its week.
    pub stale: bool,
}

/// The rhythm of a table and what breaks it. `hours` has the rows of an hour by the ticks of its start; hours without
/// rows need not be there. `last` is the last event.
pub fn rhythm(hours: &BTreeMap<i64, u64>, last: Option<i64>, now: i64, options: &RhythmOptions) -> Rhythm {
    let until = now.saturating_sub(options.settle);
    let stretches = days::stretches(hours, now);
    let judged: Vec<Expect> = stretches.iter().map(|days| Expect::new(days.clone(), until)).collect();
    let mut gaps = Vec::new();
    let mut before: Option<&Expect> = None;
    for expect in &judged {
        gaps.extend(before.and_then(|before| silence(before, expect)));
        gaps.extend(expect.gaps());
        before = Some(expect);
    }
    let lag = lag(hours, last, now);
    let current = judged.last();
    Rhythm {
        known: current.is_some_and(Expect::is_known),
        stale: current.zip(lag).is_some_and(|(expect, lag)| lag > options.patience && expect.is_overdue(now)),
        gaps,
        lag,
    }
}

/// From the last event until now. A device whose clock is wrong may have told of tomorrow: then from the last hour with
/// rows that has begun.
fn lag(hours: &BTreeMap<i64, u64>, last: Option<i64>, now: i64) -> Option<i64> {
    let past = |last: &i64| *last <= now;
    let by_hour = || {
        let (start, _) = hours.range(..=now).rev().find(|(_, rows)| **rows > 0)?;
        Some(start.saturating_add(HOUR).min(now))
    };
    last.filter(past).or_else(by_hour).map(|last| now.saturating_sub(last))
}

/// The silence between two stretches of days, when both are more than some stray rows.
fn silence(before: &Expect, after: &Expect) -> Option<Gap> {
    let (old, new) = (before.days(), after.days());
    let (usual, then) = (old.usual_day()?, new.usual_day()?);
    if old.active() < DAYS_BEFORE || new.active() < DAYS_AFTER || then * 10.0 < usual {
        return None;
    }
    let (from, to) = (old.last_hour()?.saturating_add(HOUR), new.first_hour()?);
    let days = to.saturating_sub(from) as f64 / TICKS_PER_DAY as f64;
    Some(Gap { from, to, expected: days * usual.min(then), found: 0 })
}
