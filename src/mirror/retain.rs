//! Days that are kept no longer.
//!
//! In: a mirror, and for each table how long its rows are kept. Out: the days before that are gone, each table in a version of
//! its own, and their files with them. Off unless set.

use super::delta::{self, Part};
use super::prune;
use super::store::Mirror;
use super::transaction::Transaction;
use crate::diagnostic::Diagnostic;
use crate::value::datetime;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long rows are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Retention {
    /// For tables without a word of their own, in ticks; none is forever.
    pub default: Option<i64>,
    /// By table, in ticks; none is forever.
    pub tables: BTreeMap<String, Option<i64>>,
}

impl Retention {
    /// How long rows of a table are kept.
    pub fn of(&self, table: &str) -> Option<i64> {
        self.tables.get(table).copied().unwrap_or(self.default)
    }
}

/// What goes of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Retained {
    /// The table.
    pub table: String,
    /// The first day that stays, in ticks.
    pub before: i64,
    /// Days that go.
    pub days: u64,
    /// Their rows.
    pub rows: u64,
    /// Their files.
    pub files: u64,
    /// The size of these.
    pub bytes: u64,
    /// Ticks of the first and the last row that goes.
    pub range: Option<(i64, i64)>,
    /// Files that are still on the disk because somebody reads the mirror; the next run removes them.
    pub waiting: u64,
}

/// Drops the days that are over at `now` (ticks): those whose last moment is older than the table's span. With `dry` it only
/// says so. Rows without a time stay.
///
/// # Errors
/// When a table is damaged, or the disk does not take it. Tables that were done before stay so.
pub fn retain(mirror: &Mirror, retention: &Retention, now: i64, dry: bool) -> Result<Vec<Retained>, Diagnostic> {
    let mut all = Vec::new();
    for table in mirror.stored() {
        let Some(span) = retention.of(&table) else { continue };
        let first_kept = now.saturating_sub(span).div_euclid(datetime::TICKS_PER_DAY);
        let mut done = if dry {
            let parts = mirror.snapshot(&table)?.map(|s| s.parts).unwrap_or_default();
            told(&table, first_kept, &over(&parts, first_kept))
        } else {
            drop_days(mirror, &table, first_kept)?
        };
        if !dry {
            let removed = prune::old_files(mirror, &table, i64::MIN, Some(first_kept))?;
            done.waiting = done.files.saturating_sub(removed);
        }
        if done.files > 0 {
            all.push(done);
        }
    }
    Ok(all)
}

fn drop_days(mirror: &Mirror, table: &str, first_kept: i64) -> Result<Retained, Diagnostic> {
    let mut transaction = Transaction::begin(mirror.dir())?;
    let staged = transaction.table(&Arc::from(table))?;
    let parts = staged.before.as_ref().map(|s| over(&s.parts, first_kept)).unwrap_or_default();
    let done = told(table, first_kept, &parts);
    staged.change.remove = parts;
    transaction.commit("retain")?;
    Ok(done)
}

/// The files whose day is over.
fn over(parts: &[Part], first_kept: i64) -> Vec<Part> {
    parts.iter().filter(|part| part.day.is_some_and(|day| day < first_kept)).cloned().collect()
}

fn told(table: &str, first_kept: i64, parts: &[Part]) -> Retained {
    let mut days: Vec<Option<i64>> = parts.iter().map(|p| p.day).collect();
    days.dedup();
    let ranges = || parts.iter().filter_map(delta::Part::range);
    let first = ranges().map(|r| r.0).min();
    Retained {
        table: table.to_owned(),
        before: first_kept * datetime::TICKS_PER_DAY,
        days: days.len() as u64,
        rows: parts.iter().map(|p| p.rows).sum(),
        files: parts.len() as u64,
        bytes: parts.iter().map(|p| p.bytes).sum(),
        range: first.zip(ranges().map(|r| r.1).max()),
        waiting: 0,
    }
}
