//! Changes of the store that happen wholly or not at all.
//!
//! In: new manifests. Out: the store in its next state. Parts are written under names that no manifest has; then every
//! changed manifest is written beside the old one; then a journal names them all, and from that moment on the change is
//! made: whoever finds the journal, finishes it. A crash before leaves only files that the next writer sweeps away.

use super::manifest::{self, Manifest};
use super::store::is_table_name;
use crate::diagnostic::{Code, Diagnostic};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const LOCK: &str = "write.lock";
const JOURNAL: &str = "commit.json";
const IMPORTS: &str = "imports.json";
const NEXT: &str = ".next";

/// The files, from the mirror's folder, that the change replaces.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Journal {
    files: Vec<String>,
}

/// The imports so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Imports {
    /// How many there were.
    imports: u64,
    /// Marks of the files that were read.
    #[serde(default)]
    seen: BTreeSet<String>,
}

/// The only writer of a mirror, from [`Transaction::begin`] until it is dropped.
#[derive(Debug)]
pub struct Transaction {
    dir: PathBuf,
    /// Held open for its lock.
    _lock: File,
    imports: Imports,
    parts: u64,
    tables: BTreeMap<Arc<str>, Manifest>,
    written: Vec<PathBuf>,
}

impl Transaction {
    /// Takes the lock, finishes what a crashed writer had decided, and sweeps away what it had not.
    ///
    /// # Errors
    /// When another process is writing, or the folder cannot be made.
    pub fn begin(dir: &Path) -> Result<Transaction, Diagnostic> {
        let failed = |e: io::Error| cannot_write(dir, &e);
        fs::create_dir_all(dir).map_err(failed)?;
        let lock = File::options().create(true).write(true).truncate(false).open(dir.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = format!("another process is writing to the mirror `{}`", dir.display());
                return Err(Diagnostic::general(Code::StoreLocked, text).with_help("try again when it has finished"));
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        finish_journal(dir).map_err(failed)?;
        let mut imports: Imports = read_json(&dir.join(IMPORTS)).map_err(failed)?.unwrap_or_default();
        imports.imports += 1;
        let transaction = Transaction {
            dir: dir.to_owned(),
            _lock: lock,
            imports,
            parts: 0,
            tables: BTreeMap::new(),
            written: Vec::new(),
        };
        transaction.sweep()?;
        Ok(transaction)
    }

    /// Marks of the files that earlier imports read.
    pub fn seen(&self) -> &BTreeSet<String> {
        &self.imports.seen
    }

    /// Notes that a file was read.
    pub fn see(&mut self, mark: String) {
        self.imports.seen.insert(mark);
    }

    /// The manifest of a table, to be changed.
    ///
    /// # Errors
    /// When it is damaged, or the name cannot be a table's.
    pub fn manifest(&mut self, table: &Arc<str>) -> Result<&mut Manifest, Diagnostic> {
        if !self.tables.contains_key(table) {
            if !is_table_name(table) {
                let text = format!("`{table}` cannot be the name of a table");
                return Err(Diagnostic::general(Code::UnknownTableForFile, text)
                    .with_help("names have letters, digits, `_` and `-`"));
            }
            let manifest = read_manifest(&self.dir, table)?.unwrap_or_default();
            self.tables.insert(table.clone(), manifest);
        }
        self.tables.get_mut(table).ok_or_else(|| Diagnostic::bug("a manifest got lost"))
    }

    /// A fresh name for a part, from the table's folder, and its full path.
    pub fn new_part(&mut self, table: &str, day: &str) -> (String, PathBuf) {
        let name = format!("{day}/{:06}-{:04}.parquet", self.imports.imports, self.parts);
        self.parts += 1;
        let path = self.dir.join(table).join(&name);
        self.written.push(path.clone());
        (name, path)
    }

    /// A fresh path in a folder of the mirror for rows that are refused; removed with the parts if nothing comes of the
    /// change.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new_rejects(&mut self, folder: &str) -> io::Result<PathBuf> {
        let path = self.dir.join(folder).join(format!("{:06}.jsonl", self.imports.imports));
        fs::create_dir_all(self.dir.join(folder))?;
        self.written.push(path.clone());
        Ok(path)
    }

    /// Makes the change.
    ///
    /// # Errors
    /// When the disk does not take it; then nothing has changed.
    pub fn commit(mut self) -> Result<(), Diagnostic> {
        let dir = self.dir.clone();
        self.write_commit().map_err(|e| cannot_write(&dir, &e))?;
        self.written.clear();
        finish_journal(&dir).map_err(|e| cannot_write(&dir, &e))
    }

    fn write_commit(&self) -> io::Result<()> {
        let mut journal = Journal::default();
        for (table, manifest) in &self.tables {
            journal.files.push(format!("{table}/{}", manifest::FILE_NAME));
            let folder = self.dir.join(table.as_ref());
            fs::create_dir_all(&folder)?;
            write_whole(&folder.join(format!("{}{NEXT}", manifest::FILE_NAME)), manifest)?;
        }
        let folders: BTreeSet<&Path> = self.written.iter().filter_map(|p| p.parent()).collect();
        folders.into_iter().try_for_each(sync_folder)?;
        journal.files.push(IMPORTS.to_owned());
        write_whole(&self.dir.join(format!("{IMPORTS}{NEXT}")), &self.imports)?;
        let draft = self.dir.join(format!("{JOURNAL}{NEXT}"));
        write_whole(&draft, &journal)?;
        fs::rename(draft, self.dir.join(JOURNAL))?;
        sync_folder(&self.dir)
    }

    /// Removes parts that no manifest names: a crashed writer left them.
    fn sweep(&self) -> Result<(), Diagnostic> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        for table in entries.filter_map(|e| e.file_name().into_string().ok()).filter(|n| is_table_name(n)) {
            let named = read_manifest(&self.dir, &table)?.unwrap_or_default();
            let named: BTreeSet<PathBuf> = named.files.iter().map(|p| self.dir.join(&table).join(&p.path)).collect();
            for day in fs::read_dir(self.dir.join(&table)).into_iter().flatten().flatten() {
                for part in fs::read_dir(day.path()).into_iter().flatten().flatten() {
                    let path = part.path();
                    let ours = path.extension().is_some_and(|e| e == "parquet");
                    if ours && !named.contains(&path) {
                        fs::remove_file(&path).map_err(|e| cannot_write(&path, &e))?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // Best effort: the next writer sweeps what stays.
        for path in &self.written {
            let _ = fs::remove_file(path);
        }
    }
}

/// The manifest of a table as the last finished change left it, also when that change still has files to move.
pub fn read_manifest(dir: &Path, table: &str) -> Result<Option<Manifest>, Diagnostic> {
    let name = format!("{table}/{}", manifest::FILE_NAME);
    let journal: Option<Journal> = read_json(&dir.join(JOURNAL)).unwrap_or_default();
    if journal.is_some_and(|j| j.files.contains(&name))
        && let Some(manifest) = Manifest::read(&dir.join(format!("{name}{NEXT}")))?
    {
        return Ok(Some(manifest));
    }
    Manifest::read(&dir.join(name))
}

/// Moves the files that a journal names into place, and removes the journal. It may be done again after a crash in it.
fn finish_journal(dir: &Path) -> io::Result<()> {
    let Some(journal) = read_json::<Journal>(&dir.join(JOURNAL))? else { return Ok(()) };
    for name in &journal.files {
        match fs::rename(dir.join(format!("{name}{NEXT}")), dir.join(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        sync_folder(dir.join(name).parent().unwrap_or(dir))?;
    }
    fs::remove_file(dir.join(JOURNAL))?;
    sync_folder(dir)
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn write_whole(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(&serde_json::to_vec(value).map_err(io::Error::other)?)?;
    file.sync_all()
}

/// Makes the names in a folder last. Systems that cannot open folders make them last themselves.
fn sync_folder(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

fn cannot_write(path: &Path, e: &io::Error) -> Diagnostic {
    Diagnostic::general(Code::CannotWrite, format!("`{}` cannot be written: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Arc<str> {
        "DeviceEvents".into()
    }

    #[test]
    fn writers_exclude_each_other_and_leave_nothing_when_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Transaction::begin(dir.path()).unwrap();
        assert_eq!(Transaction::begin(dir.path()).unwrap_err().code, Code::StoreLocked);
        let (_, path) = first.new_part("DeviceEvents", "2026-01-01");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "x").unwrap();
        first.manifest(&table()).unwrap().imports += 1;
        drop(first);
        assert!(!path.exists());
        assert!(read_manifest(dir.path(), "DeviceEvents").unwrap().is_none());
    }

    #[test]
    fn a_crash_before_the_journal_changes_nothing_and_after_it_everything() {
        let dir = tempfile::tempdir().unwrap();
        let mut change = Transaction::begin(dir.path()).unwrap();
        change.manifest(&table()).unwrap().imports = 7;
        change.write_commit().unwrap();
        drop(change);
        assert_eq!(read_manifest(dir.path(), "DeviceEvents").unwrap().unwrap().imports, 7, "readers see it at once");
        let next = Transaction::begin(dir.path()).unwrap();
        assert_eq!(next.imports.imports, 2);
        assert!(!dir.path().join(JOURNAL).exists());
        drop(next);
        fs::create_dir_all(dir.path().join("DeviceEvents/2026-01-01")).unwrap();
        let orphan = dir.path().join("DeviceEvents/2026-01-01/000009-0000.parquet");
        fs::write(&orphan, "x").unwrap();
        fs::write(dir.path().join("DeviceEvents/manifest.json.next"), "half").unwrap();
        drop(Transaction::begin(dir.path()).unwrap());
        assert!(!orphan.exists());
        assert_eq!(read_manifest(dir.path(), "DeviceEvents").unwrap().unwrap().imports, 7);
    }
}
