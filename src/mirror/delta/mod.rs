//! The log of a table, in Delta Lake's form: which files it has now and had before, its columns, and its counters.
//!
//! In: a table's folder. Out: what a version holds ([`Snapshot`]), and new versions made of a [`Change`], wholly or not at
//! all. The only place that knows the crate `deltalake`. Data files are not opened here: polars reads and writes them.
//!
//! Other tools read the same tables, so all that they need is in the standard's own places: partitions by day in the
//! column [`layout::DAY`](super::layout::DAY), statistics of rows and times, datetimes as timestamps. What only huntline
//! needs goes where the standard lets an application keep its own: Kusto's types in the metadata of columns, facts of a
//! file in its tags ([`part`]), counters and sources in transaction identifiers ([`counter`]). The newest version is also kept
//! ready beside the log ([`memory`]).

mod bridge;
mod change;
mod counter;
mod durable;
mod history;
mod memory;
mod part;
mod schema;
mod snapshot;

pub use change::{Change, commit};
pub use counter::counters;
pub use history::{Version, history};
pub use memory::{memory_path, recall};
pub use part::{HOUR, Own, Part};
pub use schema::Columns;
pub use snapshot::{At, Snapshot, tombstones};

use crate::diagnostic::{Code, Diagnostic};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// The folder of a table's log.
pub const LOG: &str = "_delta_log";

/// Whether a folder holds a table. A log without a version is none: its writer was ended before the first one.
pub fn is_table(folder: &Path) -> bool {
    match std::fs::read_dir(folder.join(LOG)) {
        Ok(entries) => entries.flatten().any(|e| !e.file_name().to_string_lossy().starts_with('.')),
        Err(e) => !matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory),
    }
}

/// Sets the checkpoints of a log aside, if it has every version since the first; then it can be read without them. True when
/// it was done.
pub fn without_checkpoints(folder: &Path) -> bool {
    let log = folder.join(LOG);
    let Ok(entries) = std::fs::read_dir(&log) else { return false };
    let names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let mut versions: Vec<u64> = names.iter().filter_map(|name| history::number(name)).collect();
    versions.sort_unstable();
    let whole = !versions.is_empty() && versions.iter().enumerate().all(|(at, version)| at as u64 == *version);
    let checkpoints: Vec<&String> =
        names.iter().filter(|n| *n == "_last_checkpoint" || n.contains(".checkpoint.")).collect();
    whole
        && !checkpoints.is_empty()
        && checkpoints.iter().all(|name| std::fs::rename(log.join(name), log.join(format!(".damaged-{name}"))).is_ok())
}

/// The table at a folder, not loaded yet. Writes to it last when they are done.
fn table(folder: &Path) -> Result<DeltaTable, Diagnostic> {
    let failed = |why: &dyn std::fmt::Display| damaged(folder, &why.to_string());
    let whole = std::path::absolute(folder).map_err(|e| failed(&e))?;
    let url = Url::from_directory_path(&whole).map_err(|()| failed(&"its path cannot be written as an address"))?;
    let builder = DeltaTableBuilder::from_url(url.clone()).map_err(|e| failed(&e))?;
    builder.with_storage_backend(Arc::new(durable::Durable::default()), url).build().map_err(|e| failed(&e))
}

fn damaged(folder: &Path, why: &str) -> Diagnostic {
    Diagnostic::general(Code::StoreDamaged, format!("the table at `{}` cannot be used: {why}", folder.display()))
        .with_help("`huntline mirror verify` says what is wrong with it")
}

/// What went wrong with a table, in words: reading it, or writing its log.
fn told(folder: &Path, error: &DeltaTableError, writing: bool) -> Diagnostic {
    // Behind the first line some errors carry where in the crate they arose.
    let why = error.to_string();
    let why = why.lines().next().unwrap_or_default();
    if !writing {
        return damaged(folder, why);
    }
    let text = format!("the log of `{}` cannot be written: {why}", folder.display());
    Diagnostic::general(Code::CannotWrite, text)
}
