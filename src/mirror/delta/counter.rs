//! Numbers that a table keeps with its rows.
//!
//! In: a table's log. Out: each counter's last value. Delta lets an application note how far it came (`txn`: an identifier
//! and a number, the last one counts), in the same version as the rows. huntline notes there which sources the rows came
//! from, and what it counted. The crate gives these numbers one by one, reading the whole log each time; an import asks for
//! thousands, so the log is read here: the last checkpoint, then what came after.

use super::{LOG, damaged, history};
use crate::diagnostic::Diagnostic;
use polars::prelude::{ParquetReader, SerReader};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// All counters of a table; none where there is no table.
///
/// # Errors
/// When the log is damaged.
pub fn counters(folder: &Path) -> Result<BTreeMap<String, i64>, Diagnostic> {
    let log = folder.join(LOG);
    let mut all = BTreeMap::new();
    if !log.is_dir() {
        return Ok(all);
    }
    let failed = |why: String| damaged(folder, &why);
    let checkpoint = last_checkpoint(&log).map_err(failed)?;
    for path in checkpoint.iter().flat_map(|(_, files)| files) {
        of_checkpoint(path, &mut all).map_err(failed)?;
    }
    let after = checkpoint.map(|(version, _)| version);
    let mut versions: Vec<(u64, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(&log).map_err(|e| failed(e.to_string()))?.flatten() {
        let number = history::number(&entry.file_name().to_string_lossy());
        versions.extend(number.filter(|n| after.is_none_or(|after| *n > after)).map(|n| (n, entry.path())));
    }
    versions.sort();
    for (_, path) in versions {
        of_version(&path, &mut all).map_err(failed)?;
    }
    Ok(all)
}

/// The number and the files of the last checkpoint.
fn last_checkpoint(log: &Path) -> Result<Option<(u64, Vec<PathBuf>)>, String> {
    let text = match std::fs::read(log.join("_last_checkpoint")) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e.to_string()),
    };
    let last: Value = serde_json::from_slice(&text).map_err(|e| e.to_string())?;
    let Some(version) = last.get("version").and_then(Value::as_u64) else { return Ok(None) };
    let prefix = format!("{version:020}.checkpoint.");
    let entries = std::fs::read_dir(log).map_err(|e| e.to_string())?.flatten();
    let named = entries.filter(|e| {
        let name = e.file_name();
        let name = name.to_string_lossy();
        name.starts_with(&prefix) && name.ends_with(".parquet")
    });
    let files: Vec<PathBuf> = named.map(|e| e.path()).collect();
    match files.is_empty() {
        true => Err(format!("the checkpoint of version {version} is missing")),
        false => Ok(Some((version, files))),
    }
}

fn of_checkpoint(path: &Path, all: &mut BTreeMap<String, i64>) -> Result<(), String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let reader = ParquetReader::new(file).with_columns(Some(vec!["txn".to_owned()]));
    let frame = reader.finish().map_err(|e| e.to_string())?;
    let column = frame.column("txn").map_err(|e| e.to_string())?;
    let fields = column.struct_().map_err(|e| e.to_string())?;
    let field = |name: &str| fields.field_by_name(name).map_err(|e| e.to_string());
    let (names, numbers) = (field("appId")?, field("version")?);
    let (names, numbers) = (names.str().map_err(|e| e.to_string())?, numbers.i64().map_err(|e| e.to_string())?);
    for (name, number) in names.iter().zip(numbers.iter()) {
        if let (Some(name), Some(number)) = (name, number) {
            all.insert(name.to_owned(), number);
        }
    }
    Ok(())
}

fn of_version(path: &Path, all: &mut BTreeMap<String, i64>) -> Result<(), String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|e| e.to_string())?;
        if !line.starts_with("{\"txn\"") {
            continue;
        }
        let action: Value = serde_json::from_str(&line).map_err(|e| e.to_string())?;
        let txn = action.get("txn").unwrap_or(&Value::Null);
        let name = txn.get("appId").and_then(Value::as_str);
        if let (Some(name), Some(number)) = (name, txn.get("version").and_then(Value::as_i64)) {
            all.insert(name.to_owned(), number);
        }
    }
    Ok(())
}
