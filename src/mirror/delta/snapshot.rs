//! What a version of a table holds.
//!
//! In: a table's folder and which version. Out: its columns and files.

use super::bridge::run;
use super::{Columns, Part, history, is_table, table, told};
use crate::diagnostic::{Code, Diagnostic};
use deltalake::DeltaTable;
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Which version of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum At {
    /// The newest.
    #[default]
    Latest,
    /// One by its number, from 0.
    Version(u64),
    /// The one that was the newest at that time, in ticks.
    Time(i64),
}

/// A version of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its number.
    pub version: u64,
    /// The columns of the table.
    pub columns: Columns,
    /// The files, oldest rows first.
    pub parts: Vec<Part>,
}

impl Snapshot {
    /// Reads a version; none when the folder holds no table, or held none at that time.
    ///
    /// # Errors
    /// When the log is damaged, or has no such version.
    pub fn read(folder: &Path, at: At) -> Result<Option<Snapshot>, Diagnostic> {
        if !is_table(folder) {
            return Ok(None);
        }
        let version = match at {
            At::Latest => None,
            At::Version(version) => Some(version),
            At::Time(time) => match history::version_at(folder, time)? {
                Some(version) => Some(version),
                None => return Ok(None),
            },
        };
        let mut table = table(folder)?;
        let loaded = run(async {
            match version {
                None => table.load().await,
                Some(version) => table.load_version(version).await,
            }
            .map(|()| table)
        })?;
        let table = loaded.map_err(|e| missing(folder, version).unwrap_or_else(|| told(folder, &e, false)))?;
        of(folder, &table).map(Some)
    }
}

/// The error for a version that the log has not.
fn missing(folder: &Path, version: Option<u64>) -> Option<Diagnostic> {
    let wanted = version?;
    let all = history::history(folder).ok()?;
    let last = all.last().map(|v| v.number).filter(|last| *last < wanted)?;
    let name = folder.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
    let text = format!("`{name}` has no version {wanted}: its newest is {last}");
    Some(Diagnostic::general(Code::NoVersion, text).with_help("`huntline mirror log` lists the versions of a table"))
}

fn of(folder: &Path, table: &DeltaTable) -> Result<Snapshot, Diagnostic> {
    let state = table.snapshot().map_err(|e| told(folder, &e, false))?;
    let schema = serde_json::to_value(state.schema().as_ref()).map_err(|e| super::damaged(folder, &e.to_string()))?;
    let columns = Columns::of_delta(&schema).map_err(|why| super::damaged(folder, &why))?;
    if let Some(feature) = unread(table, folder)? {
        return Err(super::damaged(folder, &feature));
    }
    let mut parts: Vec<Part> = Vec::with_capacity(state.log_data().num_files());
    for file in state.log_data().iter() {
        #[expect(deprecated, reason = "it alone gives the tags of a file; its successor is not in this release")]
        parts.push(Part::of_add(&file.add_action()));
    }
    parts.sort_by(|a, b| (a.day, a.range(), a.written, &a.path).cmp(&(b.day, b.range(), b.written, &b.path)));
    Ok(Snapshot { version: state.version(), columns, parts })
}

/// What the table uses that the readers of its files here do not know: rows deleted beside a file, renamed columns.
fn unread(table: &DeltaTable, folder: &Path) -> Result<Option<String>, Diagnostic> {
    let state = table.snapshot().map_err(|e| told(folder, &e, false))?;
    let protocol = serde_json::to_value(state.protocol()).unwrap_or_default();
    let features = protocol.get("readerFeatures").and_then(|f| f.as_array()).cloned().unwrap_or_default();
    let odd = features.iter().filter_map(|f| f.as_str()).find(|f| matches!(*f, "deletionVectors" | "columnMapping"));
    Ok(odd.map(|feature| format!("another program switched on `{feature}`, which huntline does not read")))
}

/// Files that a table no longer has, with the time of their removal in milliseconds since 1970: those that the log still
/// remembers.
///
/// # Errors
/// When the log is damaged.
pub fn tombstones(folder: &Path) -> Result<Vec<(String, i64)>, Diagnostic> {
    if !is_table(folder) {
        return Ok(vec![]);
    }
    let mut table = table(folder)?;
    let read = run(async {
        table.load().await?;
        let log = table.log_store();
        let all = table.snapshot()?.all_tombstones(log.as_ref());
        let all: Vec<_> =
            all.map_ok(|t| (t.path().into_owned(), t.deletion_timestamp().unwrap_or_default())).try_collect().await?;
        Ok(all)
    })?;
    read.map_err(|e: deltalake::DeltaTableError| told(folder, &e, false))
}
