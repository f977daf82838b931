//! Rows of a table as a calendar: an array of hours for each day.
//!
//! In: rows by hour. Out: [`Days`], one for each stretch of days without a long silence in it.

use super::HOUR;
use crate::value::datetime::TICKS_PER_DAY;
use std::collections::BTreeMap;

/// Days without any row that end a stretch.
const SILENCE: i64 = 7;
/// Hours of a day.
pub const HOURS: usize = 24;

/// A stretch of days. Days are counted since year 1, hours of a day from 0.
#[derive(Clone, Debug)]
pub struct Days {
    first: i64,
    rows: Vec<[u64; HOURS]>,
}

/// The stretches, by time. Hours that begin after now are left out: a clock was wrong.
pub fn stretches(hours: &BTreeMap<i64, u64>, now: i64) -> Vec<Days> {
    let mut all: Vec<Days> = Vec::new();
    for (start, rows) in hours.range(..=now).filter(|(_, rows)| **rows > 0) {
        let day = start.div_euclid(TICKS_PER_DAY);
        match all.last_mut() {
            Some(days) if day - days.end() < SILENCE => days.add(day, hour_of(*start), *rows),
            _ => {
                let mut days = Days { first: day, rows: vec![] };
                days.add(day, hour_of(*start), *rows);
                all.push(days);
            }
        }
    }
    all
}

/// The hour of the day, 0 to 23.
pub fn hour_of(ticks: i64) -> usize {
    usize::try_from(ticks.rem_euclid(TICKS_PER_DAY) / HOUR).unwrap_or(0)
}

impl Days {
    fn add(&mut self, day: i64, hour: usize, rows: u64) {
        let Ok(place) = usize::try_from(day - self.first) else { return };
        if self.rows.len() <= place {
            self.rows.resize(place + 1, [0; HOURS]);
        }
        if let Some(cell) = self.rows.get_mut(place).and_then(|day| day.get_mut(hour)) {
            *cell = cell.saturating_add(rows);
        }
    }

    /// The first day.
    pub fn first(&self) -> i64 {
        self.first
    }

    /// The day behind the last one.
    pub fn end(&self) -> i64 {
        self.first + self.rows.len() as i64
    }

    /// Rows of an hour; none where there are none.
    pub fn rows(&self, day: i64, hour: usize) -> u64 {
        self.day(day).and_then(|hours| hours.get(hour)).copied().unwrap_or(0)
    }

    fn day(&self, day: i64) -> Option<&[u64; HOURS]> {
        self.rows.get(usize::try_from(day - self.first).ok()?)
    }

    /// Rows of a day.
    pub fn total(&self, day: i64) -> u64 {
        self.day(day).map_or(0, |hours| hours.iter().fold(0, |sum, rows| sum.saturating_add(*rows)))
    }

    /// Days with rows.
    pub fn active(&self) -> usize {
        self.rows.iter().filter(|hours| hours.iter().any(|rows| *rows > 0)).count()
    }

    /// The median of the days with rows.
    pub fn usual_day(&self) -> Option<f64> {
        let mut totals: Vec<u64> = (self.first..self.end()).map(|day| self.total(day)).filter(|t| *t > 0).collect();
        totals.sort_unstable();
        totals.get(totals.len().checked_sub(1)? / 2).map(|rows| *rows as f64)
    }

    /// Ticks of the start of the first hour with rows.
    pub fn first_hour(&self) -> Option<i64> {
        let hour = self.rows.first()?.iter().position(|rows| *rows > 0)?;
        Some(start_of(self.first, hour))
    }

    /// Ticks of the start of the last hour with rows.
    pub fn last_hour(&self) -> Option<i64> {
        let hour = self.rows.last()?.iter().rposition(|rows| *rows > 0)?;
        Some(start_of(self.end() - 1, hour))
    }
}

/// Ticks of the start of an hour.
pub fn start_of(day: i64, hour: usize) -> i64 {
    day.saturating_mul(TICKS_PER_DAY).saturating_add(hour as i64 * HOUR)
}
