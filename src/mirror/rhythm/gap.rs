//! From hours that lack rows to gaps.

use super::expect::Hour;
use super::{Gap, HOUR};

/// The share of the usual rows below which an hour lacks rows.
const SHARE: f64 = 0.1;
/// Hours with some rows that do not end a gap.
const STRAY: i64 = 2;

/// Gaps in which at least so many rows are missing.
pub fn find(hours: &[Hour], least: f64) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    let mut between = 0_u64;
    for hour in hours {
        let expected = hour.expected.unwrap_or(0.0);
        let lacks = expected > 0.0 && (hour.found as f64) < SHARE * expected;
        if !lacks {
            between = between.saturating_add(hour.found);
            continue;
        }
        let end = hour.start + HOUR;
        match gaps.last_mut().filter(|gap| goes_on(gap, hour, between, hours)) {
            Some(gap) => {
                gap.expected = expected_between(hours, gap.from, end);
                gap.found = gap.found.saturating_add(between).saturating_add(hour.found);
                gap.to = end;
            }
            None => gaps.push(Gap { from: hour.start, to: end, expected, found: hour.found }),
        }
        between = 0;
    }
    gaps.retain(|gap| gap.expected - gap.found as f64 >= least);
    gaps
}

/// True when an hour belongs to the gap before it: with nothing in between, or so little that it changes nothing.
fn goes_on(gap: &Gap, hour: &Hour, between: u64, hours: &[Hour]) -> bool {
    if between == 0 {
        return true;
    }
    let all = expected_between(hours, gap.from, hour.start + HOUR);
    let found = gap.found.saturating_add(between).saturating_add(hour.found);
    hour.start - gap.to <= STRAY * HOUR && (found as f64) < SHARE * all
}

fn expected_between(hours: &[Hour], from: i64, to: i64) -> f64 {
    let first = hours.partition_point(|hour| hour.start < from);
    let within = hours.get(first..).unwrap_or_default().iter().take_while(|hour| hour.start < to);
    within.filter_map(|hour| hour.expected).sum()
}
