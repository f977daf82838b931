//! From hours that lack rows to gaps.
//!
//! In: hours in order, each with its rows and those that are usual. Out: gaps, from the first hour that lacks rows to
//! the last one. Pure.

use super::expect::Hour;
use super::{Gap, HOUR};

/// The share of the usual rows below which an hour lacks rows.
const SHARE: f64 = 0.1;
/// Hours with some rows that do not end a gap.
const STRAY: i64 = 2;

/// Gaps in which at least so many rows are missing.
pub fn find(hours: &[Hour], least: f64) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for run in runs(hours) {
        match gaps.last_mut() {
            Some(gap) if goes_on(gap, &run, hours) => *gap = between(hours, gap.from, run.to),
            _ => gaps.push(run),
        }
    }
    gaps.retain(|gap| gap.expected - gap.found as f64 >= least);
    gaps
}

/// Hours that lack rows, one after another. An hour in which nothing is usual and nothing came does not end them.
fn runs(hours: &[Hour]) -> Vec<Gap> {
    let mut runs: Vec<Gap> = Vec::new();
    let mut ended = true;
    for hour in hours {
        let expected = hour.expected.unwrap_or(0.0);
        let lacks = expected > 0.0 && (hour.found as f64) < SHARE * expected;
        if !lacks {
            ended |= hour.found > 0;
            continue;
        }
        let to = hour.start + HOUR;
        match runs.last_mut().filter(|_| !ended) {
            Some(run) => {
                *run =
                    Gap { to, expected: run.expected + expected, found: run.found.saturating_add(hour.found), ..*run };
            }
            None => runs.push(Gap { from: hour.start, to, expected, found: hour.found }),
        }
        ended = false;
    }
    runs
}

/// True when what came between two runs is little against either of them.
fn goes_on(gap: &Gap, run: &Gap, hours: &[Hour]) -> bool {
    let stray = between(hours, gap.to, run.from);
    let less = gap.expected.min(run.expected);
    run.from - gap.to <= STRAY * HOUR && (stray.found as f64) < SHARE * less
}

fn between(hours: &[Hour], from: i64, to: i64) -> Gap {
    let first = hours.partition_point(|hour| hour.start < from);
    let within = hours.get(first..).unwrap_or_default().iter().take_while(|hour| hour.start < to);
    within.fold(Gap { from, to, expected: 0.0, found: 0 }, |gap, hour| Gap {
        expected: gap.expected + hour.expected.unwrap_or(0.0),
        found: gap.found.saturating_add(hour.found),
        ..gap
    })
}
