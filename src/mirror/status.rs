//! What the mirror holds, and whether data arrives.
//!
//! In: the logs of the tables. Out: a line for each table. No data file is opened: files carry their rows by the hour in the
//! log.

use super::delta::{self, HOUR};
use super::store::Mirror;
use crate::diagnostic::Diagnostic;
use serde::Serialize;
use std::collections::BTreeMap;

/// The counter of imports that brought rows.
pub const IMPORTS: &str = "count/imports";
/// The counter of rows that were refused.
pub const REJECTED: &str = "count/rejected";

/// What the mirror holds of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TableStatus {
    /// The table.
    pub table: String,
    /// The number of its newest version.
    pub version: u64,
    /// Rows.
    pub rows: u64,
    /// Files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// Ticks of the first event.
    pub first: Option<i64>,
    /// Ticks of the last event.
    pub last: Option<i64>,
    /// Imports that brought rows.
    pub imports: u64,
    /// Rows that came before, and were dropped.
    pub duplicates: u64,
    /// Rows that were refused.
    pub rejects: u64,
    /// Rows by the hour: its first tick, and how many.
    #[serde(skip)]
    pub hours: BTreeMap<i64, u64>,
    /// When rows were pulled last, in ticks.
    pub last_pull: Option<i64>,
    /// Why the last pull failed.
    pub last_pull_error: Option<String>,
}

/// What the mirror holds, a line for each table that is stored.
///
/// # Errors
/// When a table is damaged.
pub fn status(mirror: &Mirror) -> Result<Vec<TableStatus>, Diagnostic> {
    let mut all = Vec::new();
    for table in mirror.stored() {
        let Some(snapshot) = mirror.snapshot(&table)? else { continue };
        let counters = delta::counters(&mirror.folder(&table))?;
        let counter = |name: &str| counters.get(name).and_then(|n| u64::try_from(*n).ok()).unwrap_or_default();
        let ranges = || snapshot.parts.iter().filter_map(delta::Part::range);
        let mut hours = BTreeMap::new();
        for (hour, rows) in snapshot.parts.iter().filter_map(|p| p.own.as_ref()).flat_map(|own| &own.hours) {
            *hours.entry(hour * HOUR).or_default() += rows;
        }
        all.push(TableStatus {
            version: snapshot.version,
            rows: snapshot.parts.iter().map(|p| p.rows).sum(),
            files: snapshot.parts.len() as u64,
            bytes: snapshot.parts.iter().map(|p| p.bytes).sum(),
            first: ranges().map(|r| r.0).min(),
            last: ranges().map(|r| r.1).max(),
            imports: counter(IMPORTS),
            duplicates: counter(super::writer::DUPLICATES),
            rejects: counter(REJECTED),
            hours,
            last_pull: None,
            last_pull_error: None,
            table,
        });
    }
    Ok(all)
}
