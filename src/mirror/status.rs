//! What the mirror holds, and whether data arrives.
//!
//! In: the logs of the tables. Out: a line for each table. No data file is opened: files carry their rows by the hour in the
//! log.

use super::delta::{self, HOUR};
use super::frame::readable;
use super::store::Mirror;
use super::transaction::{cannot_write, sync_folder};
use crate::diagnostic::Diagnostic;
use crate::value::datetime;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// The counter of imports that brought rows.
pub const IMPORTS: &str = "count/imports";
/// The counter of rows that were refused.
pub const REJECTED: &str = "count/rejected";
/// The counter that says when rows were pulled last, in milliseconds since 1970.
pub const LAST_PULL: &str = "last/pull";
/// Counters of this kind say how many rows a service had of an hour when it was pulled.
pub const PULLED: &str = "pull/";
/// What stands there for an hour whose rows were lost since: no number of rows.
pub const LOST: i64 = -1;
/// The file with the errors of pulls: they bring nothing, and make no version.
const ERRORS: &str = "pull-errors.json";

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

/// What the mirror holds, a line for each table that is stored, or that a pull did not get.
///
/// # Errors
/// When a table is damaged.
pub fn status(mirror: &Mirror) -> Result<Vec<TableStatus>, Diagnostic> {
    let mut all = Vec::new();
    let errors = pull_errors(mirror);
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
            last_pull: counters.get(LAST_PULL).and_then(|ms| datetime::from_unix_micros(ms.saturating_mul(1000))),
            last_pull_error: errors.get(&table).cloned(),
            table,
        });
    }
    let stored: BTreeSet<String> = all.iter().map(|t: &TableStatus| t.table.clone()).collect();
    let never = errors.into_iter().filter(|(table, _)| !stored.contains(table));
    all.extend(never.map(|(table, error)| TableStatus {
        table,
        last_pull_error: Some(error),
        ..TableStatus::default()
    }));
    all.sort_by(|a, b| a.table.cmp(&b.table));
    Ok(all)
}

/// The names of the tables that are stored.
pub fn tables(mirror: &Mirror) -> BTreeSet<String> {
    mirror.stored()
}

/// Why the last pull of each table failed.
fn pull_errors(mirror: &Mirror) -> BTreeMap<String, String> {
    let text = std::fs::read(mirror.dir().join(ERRORS)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Notes how the last pull of a table ended: with an error, or well.
///
/// # Errors
/// When the mirror cannot be written.
pub fn note_pull(mirror: &Mirror, table: &str, error: Option<&str>) -> Result<(), Diagnostic> {
    let mut errors = pull_errors(mirror);
    let before = errors.get(table).cloned();
    if before.as_deref() == error {
        return Ok(());
    }
    match error {
        Some(error) => errors.insert(table.to_owned(), error.to_owned()),
        None => errors.remove(table),
    };
    let path = mirror.dir().join(ERRORS);
    let write = || {
        std::fs::create_dir_all(mirror.dir())?;
        let mut file = readable(tempfile::Builder::new().prefix(".pull-")).tempfile_in(mirror.dir())?;
        file.write_all(&serde_json::to_vec(&errors).map_err(std::io::Error::other)?)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|e| e.error)?;
        sync_folder(mirror.dir())
    };
    write().map_err(|e| cannot_write(&path, &e))
}
