//! What became of a pull.
//!
//! In: what a run counts while it goes on. Out: a report a table, and how far it is. Never: a row that is left out and not
//! told.

use crate::diagnostic::Diagnostic;
use std::time::Duration;

/// What became of one table. Nothing that was left out is left unsaid.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableReport {
    /// The table.
    pub table: String,
    /// Rows that are new in the mirror.
    pub rows: u64,
    /// Rows that it had.
    pub duplicates: u64,
    /// Rows that it could not read.
    pub rejected: u64,
    /// Hours that were due.
    pub due: u64,
    /// Hours that were taken whole.
    pub hours: u64,
    /// Calls of the service, those that failed too.
    pub calls: u64,
    /// Answers that were taken.
    pub windows: u64,
    /// Windows that had to be split.
    pub splits: u64,
    /// How long it waited for the quota, or after failures.
    pub waited: Duration,
    /// What was looked at, ticks: from, and to (not part of it).
    pub range: Option<(i64, i64)>,
    /// What ended it before its end, or the first of its spans that never came whole. What it has by then is kept.
    pub error: Option<Diagnostic>,
    /// True when there is no such table for this identity: the service does not have it, or does not let it be read.
    pub closed: bool,
}

/// What became of a pass over all tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PullReport {
    /// A report a table, in the order in which they were named.
    pub tables: Vec<TableReport>,
    /// True when it was asked to end before its end.
    pub stopped: bool,
}

impl PullReport {
    /// True when every table has all rows that the service counted.
    pub fn complete(&self) -> bool {
        !self.stopped && self.tables.iter().all(|t| t.error.is_none())
    }

    /// True when every table that this identity may read has all rows that the service counted.
    pub fn complete_where_open(&self) -> bool {
        !self.stopped && self.tables.iter().all(|t| t.error.is_none() || t.closed)
    }
}

/// How far a pass is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Tables that are done.
    pub tables: usize,
    /// All tables.
    pub all_tables: usize,
    /// Rows that were received.
    pub rows: u64,
    /// Rows that are known to be due yet.
    pub due: u64,
    /// Bytes of all answers.
    pub bytes: u64,
    /// Calls of the service.
    pub calls: u64,
    /// How long nobody may call yet, when the service's quota is spent.
    pub paused: Option<Duration>,
}
