//! The versions of a table.
//!
//! In: a table's log. Out: each version that still has its entry: when it was made, and what made it. The time is the one
//! that the writer noted in the version; the time of the file would change when a mirror is copied.

use super::{LOG, damaged};
use crate::diagnostic::Diagnostic;
use crate::value::datetime;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// A version.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Its number.
    pub number: u64,
    /// When it was made, in ticks.
    pub time: i64,
    /// What was done, in Delta's words: `WRITE`, `OPTIMIZE`, `DELETE`.
    pub operation: String,
    /// What huntline did: `import`, `pull`, `compact`, `retain`, `repair`, `replace`; empty for another writer.
    pub command: String,
    /// Rows that came in.
    pub rows: Option<u64>,
}

/// The versions, oldest first.
///
/// # Errors
/// When the log cannot be read.
pub fn history(folder: &Path) -> Result<Vec<Version>, Diagnostic> {
    let log = folder.join(LOG);
    let entries = std::fs::read_dir(&log).map_err(|e| damaged(folder, &e.to_string()))?;
    let mut all = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(number) = number(&name.to_string_lossy()) else { continue };
        let version =
            read(&entry.path(), number).map_err(|why| damaged(folder, &format!("version {number}: {why}")))?;
        all.push(version);
    }
    all.sort_by_key(|v| v.number);
    Ok(all)
}

/// The version that was the newest at a time; none when there was none yet.
///
/// # Errors
/// When the log cannot be read.
pub fn version_at(folder: &Path, time: i64) -> Result<Option<u64>, Diagnostic> {
    let all = history(folder)?;
    // Clocks may go back: what was noted by a version holds until a later one is due.
    Ok(all.iter().take_while(|v| v.time <= time).last().map(|v| v.number))
}

/// The name of a version's file.
pub fn file_name(number: u64) -> String {
    format!("{number:020}.json")
}

/// The number of a version's entry, by the name of its file.
pub fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    (digits.len() == 20).then(|| digits.parse().ok()).flatten()
}

fn read(path: &Path, number: u64) -> Result<Version, String> {
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    let mut version =
        Version { number, time: datetime::MIN, operation: String::new(), command: String::new(), rows: None };
    // Its note comes first, as this and other writers put it; it may also come later.
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|e| e.to_string())?;
        if !line.contains("\"commitInfo\"") {
            continue;
        }
        let action: Value = serde_json::from_str(&line).map_err(|e| e.to_string())?;
        let Some(info) = action.get("commitInfo") else { continue };
        let text = |name: &str| info.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let millis = info.get("timestamp").and_then(Value::as_i64).unwrap_or_default();
        version.time = datetime::from_unix_micros(millis.saturating_mul(1000)).unwrap_or(datetime::MAX);
        version.operation = text("operation");
        version.command = text("huntline.command");
        version.rows = info.get("huntline.rows").and_then(Value::as_u64);
        break;
    }
    Ok(version)
}
