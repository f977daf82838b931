//! How many rows an hour should have.
//!
//! In: a stretch of days. Out: [`Expect`], which knows for each hour the usual number of rows, and how far chance strays
//! from it.

use super::days::{Days, HOURS, hour_of, start_of};
use super::{Gap, HOUR, LOOK_AHEAD, gap};
use crate::value::datetime::TICKS_PER_DAY;
use std::collections::BTreeSet;

/// Hours of one side that are compared when each has many rows.
const NEAR: usize = 7;
/// Hours of one side that are compared when each has few.
const FAR: usize = 14;
/// Days of one side that are looked through: nine weeks, of which a weekday is compared with a few.
const LOOK: usize = 63;
/// Hours that must be there to compare with.
const ENOUGH: usize = 2;
/// Rows of an hour below which the mean says more than the median.
const FEW: f64 = 5.0;
/// Standard deviations, squared, that chance does not bring.
const CHANCE: f64 = 16.0;
/// Judged hours that make a rhythm.
const KNOWN: usize = 24;
/// Rounds in which hours of gaps are taken out of what others are compared with.
const ROUNDS: usize = 3;

/// What is usual in a stretch of days.
#[derive(Clone, Debug)]
pub struct Expect {
    days: Days,
    /// For each day of the week, counted from that of 0001-01-01 (a Monday): a day of rest.
    rests: [bool; 7],
    /// Working days on which the rows came as on a day of rest.
    holidays: BTreeSet<i64>,
    /// The first and the last hour that are judged, by the ticks of their starts; the last is not included.
    judged: (i64, i64),
    /// Hours in gaps, by the ticks of their starts: nothing is compared with them.
    left_out: BTreeSet<i64>,
    /// Variance by mean: 1 for events that know nothing of each other.
    dispersion: f64,
    gaps: Vec<Gap>,
    known: bool,
}

impl Expect {
    /// Looks at a stretch; hours that end after `until` are not judged.
    pub fn new(days: Days, until: i64) -> Expect {
        let after_first = days.first_hour().map_or(i64::MAX, |start| start + HOUR);
        let judged = (after_first, days.last_hour().unwrap_or(i64::MIN).min(until.div_euclid(HOUR) * HOUR));
        let rests = rests(&days);
        let (holidays, left_out) = (BTreeSet::new(), BTreeSet::new());
        let mut expect =
            Expect { days, rests, holidays, judged, left_out, dispersion: 1.0, gaps: vec![], known: false };
        expect.holidays = expect.find_holidays();
        for _ in 0..ROUNDS {
            let hours = expect.hours();
            expect.known = hours.iter().filter(|h| h.expected.is_some_and(|e| e > 0.0)).count() >= KNOWN;
            expect.dispersion = dispersion(&hours);
            let gaps = gap::find(&hours, CHANCE * expect.dispersion);
            let settled = gaps == expect.gaps;
            expect.left_out = gaps.iter().flat_map(|gap| starts(gap.from, gap.to)).collect();
            expect.gaps = gaps;
            if settled {
                break;
            }
        }
        expect
    }

    /// The days.
    pub fn days(&self) -> &Days {
        &self.days
    }

    /// True when there is enough to compare with.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// The gaps; none when there is no rhythm.
    pub fn gaps(&self) -> Vec<Gap> {
        if self.known { self.gaps.clone() } else { vec![] }
    }

    /// True when so many rows should have come since the last hour with rows that chance does not explain their absence.
    pub fn is_overdue(&self, now: i64) -> bool {
        let Some(last) = self.days.last_hour().filter(|_| self.known) else { return false };
        let end = now.div_euclid(HOUR).saturating_mul(HOUR).min(last.saturating_add(LOOK_AHEAD * TICKS_PER_DAY));
        let mut missing = 0.0;
        starts(last.saturating_add(HOUR), end).any(|start| {
            missing += self.expected(start).unwrap_or(0.0);
            missing >= CHANCE * self.dispersion
        })
    }

    /// Every hour that is judged.
    fn hours(&self) -> Vec<Hour> {
        let hour = |start| {
            let found = self.days.rows(start_day(start), hour_of(start));
            Hour { start, found, expected: self.expected(start) }
        };
        starts(self.judged.0, self.judged.1).map(hour).collect()
    }

    /// The usual number of rows of an hour; none where there is too little to compare with.
    fn expected(&self, start: i64) -> Option<f64> {
        let (day, hour) = (start_day(start), hour_of(start));
        let rest = self.is_rest(day);
        match (self.before(day, hour, rest), self.after(day, hour, rest)) {
            (Ok(before), Ok(after)) => Some(before.min(after)),
            (Ok(before), Err(_)) => Some(before),
            (Err(few), Ok(after)) => {
                let least = few.iter().min().map_or(f64::INFINITY, |rows| *rows as f64);
                Some(least.min(after * self.level(day, rest)))
            }
            (Err(mut few), Err(others)) => {
                few.extend(others);
                (few.len() >= ENOUGH).then(|| few.iter().min().map(|rows| *rows as f64)).flatten()
            }
        }
    }

    /// What is usual at an hour before a day; the rows that there are when they are too few to say.
    fn before(&self, day: i64, hour: usize, rest: bool) -> Result<f64, Vec<u64>> {
        usual(self.like(hour, rest, (self.days.first()..day.min(self.days.end())).rev()))
    }

    fn after(&self, day: i64, hour: usize, rest: bool) -> Result<f64, Vec<u64>> {
        usual(self.like(hour, rest, (day + 1).max(self.days.first())..self.days.end()))
    }

    /// Rows of the same hour on other days of the same kind, nearest first. A working day without any row says nothing.
    fn like(&self, hour: usize, rest: bool, days: impl Iterator<Item = i64>) -> Vec<u64> {
        let fits = |day: &i64| {
            let start = start_of(*day, hour);
            self.is_rest(*day) == rest
                && (rest || self.days.total(*day) > 0)
                && self.is_whole(start)
                && !self.left_out.contains(&start)
        };
        days.take(LOOK).filter(fits).map(|day| self.days.rows(day, hour)).take(FAR).collect()
    }

    /// True when all of an hour lies within what was seen: not the first hour, not the last.
    fn is_whole(&self, start: i64) -> bool {
        start >= self.judged.0 && self.days.last_hour().is_some_and(|last| start < last)
    }

    /// How much of the days after it a day has, 0 to 1. A table begins small: its first days are measured by themselves.
    fn level(&self, day: i64, rest: bool) -> f64 {
        let hours = (0..HOURS).filter(|hour| self.is_whole(start_of(day, *hour)));
        let (found, after) = hours.fold((0.0, 0.0), |(found, after), hour| {
            let rows = self.days.rows(day, hour) as f64;
            (found + rows, after + self.after(day, hour, rest).unwrap_or(0.0))
        });
        if after > 0.0 { (found / after).min(1.0) } else { 0.0 }
    }

    fn is_rest(&self, day: i64) -> bool {
        self.holidays.contains(&day) || is_rest(&self.rests, day)
    }

    /// Working days that are days of rest in their rows. In each quarter of such a day there are rows, as many as on a day
    /// of rest, not as few as in a failure.
    fn find_holidays(&self) -> BTreeSet<i64> {
        let quarter = |day: i64, quarter: usize| {
            let hours = (quarter * 6..quarter * 6 + 6).filter(|hour| {
                let start = start_of(day, *hour);
                (self.judged.0..self.judged.1).contains(&start)
            });
            hours.fold((0.0, 0.0, 0.0), |(found, rest, work), hour| {
                let usual = |rest| {
                    let both = [self.before(day, hour, rest), self.after(day, hour, rest)];
                    both.into_iter().flatten().fold(f64::INFINITY, f64::min)
                };
                let finite = |rows: f64| if rows.is_finite() { rows } else { 0.0 };
                let rows = self.days.rows(day, hour) as f64;
                (found + rows, rest + finite(usual(true)), work + finite(usual(false)))
            })
        };
        let rests = |day: &i64| {
            let quarters: Vec<(f64, f64, f64)> = (0..4).map(|q| quarter(*day, q)).collect();
            let mut measured = quarters.iter().filter(|(_, rest, _)| *rest >= FEW).peekable();
            let total = |of: fn(&(f64, f64, f64)) -> f64| quarters.iter().map(of).sum::<f64>();
            measured.peek().is_some()
                && measured.all(|(found, rest, _)| *found >= 0.3 * rest)
                && total(|q| q.0) < 0.5 * total(|q| q.2)
        };
        let working = (self.days.first()..self.days.end()).filter(|day| !is_rest(&self.rests, *day));
        working.filter(|day| self.days.total(*day) > 0).filter(rests).collect()
    }
}

/// An hour, what it should have and has.
#[derive(Clone, Copy, Debug)]
pub struct Hour {
    /// Ticks of its start.
    pub start: i64,
    /// Rows that it has.
    pub found: u64,
    /// Rows that are usual; none where that is not known.
    pub expected: Option<f64>,
}

fn start_day(start: i64) -> i64 {
    start.div_euclid(TICKS_PER_DAY)
}

/// The starts of the hours from one to before another.
fn starts(from: i64, to: i64) -> impl Iterator<Item = i64> {
    std::iter::successors(Some(from), |start| start.checked_add(HOUR)).take_while(move |start| *start < to)
}

fn is_rest(rests: &[bool; 7], day: i64) -> bool {
    usize::try_from(day.rem_euclid(7)).ok().and_then(|weekday| rests.get(weekday)).copied().unwrap_or(false)
}

/// Which days of the week are days of rest: those that usually have less than half of the rows of the days around them.
/// Saturday and Sunday where a day of the week was not seen twice.
fn rests(days: &Days) -> [bool; 7] {
    let mut shares: [Vec<f64>; 7] = Default::default();
    for day in days.first()..days.end() {
        let mut around: Vec<u64> = (day - 3..=day + 3).filter(|other| *other != day).map(|d| days.total(d)).collect();
        let usual = upper_median(&mut around, u64::cmp).unwrap_or(0);
        let weekday = usize::try_from(day.rem_euclid(7)).ok();
        if let Some(shares) = weekday.and_then(|weekday| shares.get_mut(weekday)).filter(|_| usual > 0) {
            shares.push(days.total(day) as f64 / usual as f64);
        }
    }
    let mut rests = [false; 7];
    for (weekday, (rest, mut shares)) in rests.iter_mut().zip(shares).enumerate() {
        *rest = match shares.len() {
            0 | 1 => weekday >= 5,
            _ => upper_median(&mut shares, f64::total_cmp).is_some_and(|share| share < 0.5),
        };
    }
    rests
}

/// The upper median: of two, one may be a failure.
fn upper_median<T: Copy>(values: &mut [T], order: impl FnMut(&T, &T) -> std::cmp::Ordering) -> Option<T> {
    values.sort_unstable_by(order);
    values.get(values.len() / 2).copied()
}

/// The usual number among rows of hours that are alike, nearest first: the lower median where there are many, a mean
/// without what sticks out where there are few. The rows themselves when they are too few to say.
fn usual(rows: Vec<u64>) -> Result<f64, Vec<u64>> {
    if rows.len() < ENOUGH {
        return Err(rows);
    }
    let mut near: Vec<u64> = rows.iter().take(NEAR).copied().collect();
    let median = at(&mut near, 0.5);
    if median >= FEW {
        return Ok(median);
    }
    let most = 2.0 * at(&mut rows.clone(), 0.75) + 1.0;
    Ok(rows.iter().map(|rows| (*rows as f64).min(most)).sum::<f64>() / rows.len() as f64)
}

/// A quantile, the lower one of two.
fn at(rows: &mut [u64], share: f64) -> f64 {
    rows.sort_unstable();
    let place = (rows.len().saturating_sub(1) as f64 * share).floor() as usize;
    rows.get(place).map_or(0.0, |rows| *rows as f64)
}

/// How far chance strays: the variance by the mean, from all hours and from those that fell short. Never below a quarter,
/// which is a table that is nearly as regular as a clock, nor below 1 where most hours are empty.
fn dispersion(hours: &[Hour]) -> f64 {
    let known = hours.iter().filter_map(|h| Some((h.found as f64, h.expected.filter(|e| *e > 0.0)?)));
    let (mut squares, mut short, mut rows) = (Vec::new(), Vec::new(), 0.0);
    for (found, expected) in known {
        rows += expected;
        let square = (found - expected).powi(2) / expected;
        squares.push(square.min(9.0));
        short.push(if found < expected { square } else { 0.0 });
    }
    if squares.is_empty() {
        return 1.0;
    }
    short.sort_unstable_by(f64::total_cmp);
    // Of a normal distribution a twentieth lies below 1.64 deviations, which is 2.7 squared.
    let twentieth = short.get(short.len() * 19 / 20).map_or(0.0, |square| square / 2.7);
    let mean = squares.iter().sum::<f64>() / squares.len() as f64;
    let least = if rows < squares.len() as f64 { 1.0 } else { 0.25 };
    mean.max(twentieth).max(least)
}
