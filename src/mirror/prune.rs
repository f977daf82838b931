//! Files that no version needs any more.
//!
//! In: a table, and until when its old versions are to be kept. Out: fewer files on the disk. Nothing is removed while
//! somebody reads the mirror; the next one that prunes does it then.

use super::delta::{self, At, LOG, Snapshot};
use super::layout;
use super::lock::ReadLock;
use super::store::Mirror;
use super::terms::sidecar_path;
use super::transaction::cannot_write;
use crate::diagnostic::Diagnostic;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Removes the files that left the table before `keep`, in milliseconds since 1970, and those of days before `day` (days since
/// year 1) whenever they left it. Returns how many went.
///
/// # Errors
/// When the table is damaged, or a file cannot be removed.
pub fn old_files(mirror: &Mirror, table: &str, keep: i64, day: Option<i64>) -> Result<u64, Diagnostic> {
    let folder = mirror.folder(table);
    let gone = delta::tombstones(&folder)?;
    let day = day.map(|day| layout::day_folder(Some(day)));
    // The names of days are in the order of time, and that of rows without one comes last.
    let over = |path: &str| day.as_deref().is_some_and(|day| path < day);
    let old: Vec<PathBuf> =
        gone.into_iter().filter(|(path, at)| *at < keep || over(path)).map(|(path, _)| folder.join(path)).collect();
    let Some(_alone) = ReadLock::alone(mirror.dir()) else { return Ok(0) };
    let mut removed = 0;
    for path in &old {
        let _ = sidecar_path(path).map(std::fs::remove_file);
        if !path.exists() {
            continue;
        }
        std::fs::remove_file(path).map_err(|e| cannot_write(path, &e))?;
        removed += 1;
        // An empty day goes with its last file; a folder that is not empty stays.
        let _ = path.parent().map(std::fs::remove_dir);
    }
    Ok(removed)
}

/// The files under a table's folder that its newest version does not name, with what lies beside each: left by a crash, or kept for old versions.
///
/// # Errors
/// When the table is damaged.
pub fn unnamed(folder: &Path) -> Result<(Vec<PathBuf>, BTreeMap<PathBuf, i64>), Diagnostic> {
    let named = Snapshot::read(folder, At::Latest)?.map(|s| s.parts).unwrap_or_default();
    let mut named: BTreeSet<PathBuf> = named.iter().map(|part| folder.join(&part.path)).flat_map(with_terms).collect();
    named.insert(delta::memory_path(folder));
    let gone = delta::tombstones(folder)?.into_iter();
    let old = gone.flat_map(|(path, at)| with_terms(folder.join(path)).map(move |path| (path, at)));
    let old: BTreeMap<PathBuf, i64> = old.collect();
    let mut orphans = Vec::new();
    for day in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(|e| e.file_name() != LOG) {
        let files = std::fs::read_dir(day.path()).into_iter().flatten().flatten().map(|e| e.path());
        orphans.extend(files.filter(|path| !named.contains(path) && !old.contains_key(path)));
    }
    orphans.sort();
    Ok((orphans, old))
}

/// A data file and its term filters.
fn with_terms(path: PathBuf) -> impl Iterator<Item = PathBuf> {
    sidecar_path(&path).into_iter().chain([path])
}
