//! Changes of the mirror that happen wholly or not at all, over several tables.
//!
//! In: new files and counters of tables. Out: the mirror in its next state. Each table has a log of its own that moves from
//! version to version at once; a journal beside them makes one change of all. It names the batch before the first file is
//! written, and holds the whole change before the first table moves. Whoever finds a journal finishes it: a decided batch
//! is done in the tables that lack it, of an undecided one every file is removed.

use super::delta::{self, Change, Columns, Part, Snapshot};
use super::frame::readable;
use super::ingest::is_source;
use super::layout;
use super::lock::{ReadLock, WriteLock};
use super::status::{LOST, PULLED};
use super::store::{is_table_name, time_column};
use super::terms::sidecar_path;
use crate::catalog::device;
use crate::diagnostic::{Code, Diagnostic};
use crate::value::{Field, Schema};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const JOURNAL: &str = "commit.json";
/// The counter that says which batch a table got last.
const BATCH: &str = "huntline/batch";

/// A batch that is being written.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Journal {
    /// Its number; every file of it has it in its name.
    batch: u64,
    /// What becomes of each table, once that is decided.
    changes: BTreeMap<Arc<str>, Change>,
}

/// A table within a batch.
#[derive(Debug)]
pub struct Staged {
    /// The table as it was; none when it is new.
    pub before: Option<Snapshot>,
    /// What becomes of it.
    pub change: Change,
    documented: Schema,
    /// The rows that were there go when new ones come.
    replaced: bool,
}

impl Staged {
    /// The columns of the table: the documented ones, then the others.
    pub fn schema(&self) -> Schema {
        Schema::new(self.documented.fields().iter().cloned().chain(self.extra()))
    }

    /// Columns beyond the documented ones.
    pub fn extra(&self) -> Vec<Field> {
        self.change.columns.fields().filter(|f| self.documented.field(&f.name).is_none()).collect()
    }

    /// Files of the table that hold rows of a day: those that were there, and those of this batch.
    pub fn of_day(&self, day: Option<i64>) -> impl Iterator<Item = &Part> {
        let before = self.before.iter().filter(|_| !self.replaced).flat_map(|s| &s.parts);
        before.chain(&self.change.add).filter(move |part| part.day == day)
    }

    /// Columns that the batch brings.
    pub fn new_columns(&self) -> Vec<Field> {
        let had = |name: &str| self.before.as_ref().is_some_and(|s| s.columns.has(name));
        self.extra().into_iter().filter(|f| !had(&f.name)).collect()
    }

    /// Adds to a counter of the table.
    pub fn count(&mut self, name: &str, more: u64) {
        let counter = self.change.counters.entry(name.to_owned()).or_default();
        *counter = counter.saturating_add(i64::try_from(more).unwrap_or(i64::MAX));
    }

    fn is_changed(&self) -> bool {
        !self.change.add.is_empty() || !self.change.remove.is_empty() || !self.change.counters.is_empty()
    }
}

/// The only writer of a mirror, from [`Transaction::begin`] until it is dropped.
#[derive(Debug)]
pub struct Transaction {
    dir: PathBuf,
    lock: Option<WriteLock>,
    batch: u64,
    parts: u64,
    tables: BTreeMap<Arc<str>, Staged>,
    written: Vec<PathBuf>,
    replacing: bool,
    /// Some table has moved: the journal stays until all have.
    decided: bool,
}

impl Transaction {
    /// Takes the lock, finishes what a crashed writer had decided, and sweeps away what it had not.
    ///
    /// # Errors
    /// When another process keeps writing, or the folder cannot be written.
    pub fn begin(dir: &Path) -> Result<Transaction, Diagnostic> {
        let begun = Transaction::begin_when(dir, &mut || true)?;
        begun.ok_or_else(|| Diagnostic::bug("nobody waits for the lock"))
    }

    /// The same; `wait` is asked now and then, while another process writes, whether to go on. None when it said no.
    ///
    /// # Errors
    /// As for [`Transaction::begin`].
    pub fn begin_when(dir: &Path, wait: &mut dyn FnMut() -> bool) -> Result<Option<Transaction>, Diagnostic> {
        fs::create_dir_all(dir).map_err(|e| cannot_write(dir, &e))?;
        WriteLock::take(dir, wait)?.map(|lock| Transaction::begin_with(dir, lock)).transpose()
    }

    /// The same for whoever has the lock already.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn begin_with(dir: &Path, lock: WriteLock) -> Result<Transaction, Diagnostic> {
        // Readers who may not write need the file to share.
        drop(ReadLock::share(dir));
        finish_journal(dir)?;
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(".journal-") {
                let _ = fs::remove_file(entry.path());
            }
        }
        let batch = rand::random::<u64>() >> 1;
        write_journal(dir, &Journal { batch, changes: BTreeMap::new() }).map_err(|e| cannot_write(dir, &e))?;
        let (tables, written) = (BTreeMap::new(), Vec::new());
        Ok(Transaction {
            dir: dir.to_owned(),
            lock: Some(lock),
            batch,
            parts: 0,
            tables,
            written,
            replacing: false,
            decided: false,
        })
    }

    /// From now on, what a table gets takes the place of what it has.
    pub fn replace(&mut self) {
        self.replacing = true;
    }

    /// The mirror's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A table, to be changed.
    ///
    /// # Errors
    /// When it is damaged, or the name cannot be a table's.
    pub fn table(&mut self, table: &Arc<str>) -> Result<&mut Staged, Diagnostic> {
        if !self.tables.contains_key(table) {
            let mut staged = stage(&self.dir, table)?;
            staged.replaced = self.replacing;
            self.tables.insert(table.clone(), staged);
        }
        self.tables.get_mut(table).ok_or_else(|| Diagnostic::bug("a table of the batch got lost"))
    }

    /// A fresh name for a file of rows of a day, from the table's folder, and its full path.
    pub fn new_part(&mut self, table: &str, day: Option<i64>) -> (String, PathBuf) {
        let name = format!("{}/part-{:016x}-{:05}.parquet", layout::day_folder(day), self.batch, self.parts);
        self.parts += 1;
        let path = self.dir.join(table).join(&name);
        self.written.push(path.clone());
        (name, path)
    }

    /// A fresh path in a folder of the mirror for rows that are refused; removed with the files if nothing comes of the
    /// change.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new_rejects(&mut self, folder: &str) -> io::Result<PathBuf> {
        let path = self.dir.join(folder).join(format!("{:016x}.jsonl", self.batch));
        fs::create_dir_all(self.dir.join(folder))?;
        self.written.push(path.clone());
        Ok(path)
    }

    /// Makes the change, as that of a command. Gives the lock back, for a next one.
    ///
    /// # Errors
    /// When the disk does not take it. Then nothing has changed; or, if a table has moved already, the next writer does the
    /// rest, and the error says so.
    pub fn commit(mut self, command: &str) -> Result<WriteLock, Diagnostic> {
        let at = now_millis();
        let tables = std::mem::take(&mut self.tables);
        let mut journal = Journal { batch: self.batch, changes: BTreeMap::new() };
        for (name, staged) in tables.into_iter().filter(|(_, staged)| staged.is_changed()) {
            journal.changes.insert(name.clone(), decided(&self.dir, &name, staged, self.batch, command, at)?);
        }
        if journal.changes.is_empty() {
            return self.done();
        }
        if let Some(table) = journal.changes.iter().find(|(name, c)| !whole(&self.dir.join(name.as_ref()), c)) {
            let text = format!("files of `{}` that were just written are gone; nothing of this was kept", table.0);
            return Err(Diagnostic::general(Code::CannotWrite, text));
        }
        self.make_last(&journal).map_err(|e| cannot_write(&self.dir, &e))?;
        for (name, change) in &journal.changes {
            let folder = self.dir.join(name.as_ref());
            let Err(e) = delta::commit(&folder, change) else {
                self.decided = true;
                continue;
            };
            // The version may stand, and only what comes after it have failed.
            match has_batch(&folder, self.batch) {
                Ok(true) => self.decided = true,
                Ok(false) if !self.decided => return Err(e),
                Ok(false) | Err(_) => {
                    self.decided = true;
                    let help = "some tables have the new rows; the next command that writes gives the rest theirs";
                    return Err(e.with_help(help));
                }
            }
        }
        self.done()
    }

    /// Forgets the batch, and gives the lock back.
    fn done(mut self) -> Result<WriteLock, Diagnostic> {
        if self.decided {
            remove_journal(&self.dir).map_err(|e| cannot_write(&self.dir, &e))?;
        } else {
            self.undo();
            self.decided = true;
        }
        self.lock.take().ok_or_else(|| Diagnostic::bug("a batch lost its lock"))
    }

    /// Removes what was written, and the folders that were made for it. Best effort: the next writer sweeps what stays.
    fn undo(&self) {
        for path in &self.written {
            let _ = fs::remove_file(path);
            if let Some(terms) = sidecar_path(path) {
                let _ = fs::remove_file(&terms);
                let _ = terms.parent().map(fs::remove_dir);
            }
            // The folders of the day and the table; a folder that is not empty stays.
            path.ancestors()
                .skip(1)
                .take(2)
                .take_while(|f| *f != self.dir)
                .all(|folder| fs::remove_dir(folder).is_ok());
        }
        let _ = remove_journal(&self.dir);
    }

    /// Makes the names of the files last, then decides.
    fn make_last(&self, journal: &Journal) -> io::Result<()> {
        let folders: BTreeSet<&Path> = self.written.iter().filter_map(|p| p.parent()).collect();
        for folder in folders.into_iter().filter(|f| f.exists()) {
            sync_folder(folder)?;
            folder.parent().map_or(Ok(()), sync_folder)?;
        }
        write_journal(&self.dir, journal)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.decided {
            self.undo();
        }
    }
}

fn stage(dir: &Path, table: &Arc<str>) -> Result<Staged, Diagnostic> {
    if !is_table_name(table) {
        let text = format!("`{table}` cannot be the name of a table");
        return Err(
            Diagnostic::general(Code::UnknownTableForFile, text).with_help("names have letters, digits, `_` and `-`")
        );
    }
    let folder = dir.join(table.as_ref());
    super::store::refuse_old(&folder, table)?;
    let before = Snapshot::read(&folder, delta::At::Latest)?;
    let columns = before.as_ref().map(|s| s.columns.clone()).unwrap_or_default();
    let documented = device::known_table(table).map(device::KnownTable::schema).unwrap_or_default();
    Ok(Staged { before, change: Change { columns, ..Change::default() }, documented, replaced: false })
}

/// The whole change of a table: counters are sums until here, and become the new values.
fn decided(dir: &Path, table: &str, staged: Staged, batch: u64, command: &str, at: i64) -> Result<Change, Diagnostic> {
    let time = time_column(table, &staged.schema());
    let mut change = Change { command: command.to_owned(), time, at, ..staged.change };
    if staged.replaced && !change.add.is_empty() {
        change.remove = staged.before.map(|s| s.parts).unwrap_or_default();
    }
    change.add.iter_mut().for_each(|part| part.written = at);
    let before = delta::counters(&dir.join(table))?;
    // Rows that left the table, but not by age, may come again: no hour is noted as pulled, and no file as taken any more.
    if matches!(command, "repair" | "replace") && !change.remove.is_empty() {
        for name in before.keys() {
            let lost = if name.starts_with(PULLED) { LOST } else { 0 };
            if lost == LOST || is_source(name) {
                change.counters.entry(name.clone()).or_insert(lost);
            }
        }
    }
    for (name, value) in &mut change.counters {
        if is_sum(name) {
            *value = value.saturating_add(before.get(name).copied().unwrap_or_default());
        }
    }
    if change.columns == Columns::default() {
        // A table that has got nothing but refused rows.
        change.columns.extend(&staged.documented, &[]);
    }
    change.counters.insert(BATCH.to_owned(), i64::try_from(batch).unwrap_or(i64::MAX));
    Ok(change)
}

/// Counters of things that add up, unlike those that note how far something came.
fn is_sum(name: &str) -> bool {
    name.starts_with("count/")
}

/// Finishes the batch that a journal names. It may be done again after a crash in it.
///
/// # Errors
/// When the disk does not take it.
fn finish_journal(dir: &Path) -> Result<(), Diagnostic> {
    let failed = |e: io::Error| cannot_write(dir, &e);
    let Some(journal) = read_journal(dir).map_err(failed)? else { return Ok(()) };
    let (mut started, mut complete) = (false, true);
    for (table, change) in &journal.changes {
        let folder = dir.join(table.as_ref());
        started |= has_batch(&folder, journal.batch)?;
        complete &= whole(&folder, change);
    }
    // Where files are missing and no table has moved, its writer was undoing it: all of it goes.
    let goes_on = started || complete;
    for (table, change) in journal.changes.iter().filter(|_| goes_on) {
        let folder = dir.join(table.as_ref());
        if !has_batch(&folder, journal.batch)? && whole(&folder, change) {
            delta::commit(&folder, change)?;
        }
    }
    if journal.changes.is_empty() || !goes_on {
        let _ = fs::remove_file(dir.join(super::store::REJECTS).join(format!("{:016x}.jsonl", journal.batch)));
    }
    sweep(dir, journal.batch).map_err(failed)?;
    remove_journal(dir).map_err(failed)
}

/// Whether a table has got a batch; it is the last one that it got.
fn has_batch(folder: &Path, batch: u64) -> Result<bool, Diagnostic> {
    Ok(delta::counters(folder)?.get(BATCH).copied() == i64::try_from(batch).ok())
}

/// The files of a batch that a writer left decided and not done in every table; none when no such batch waits.
pub fn waiting(dir: &Path) -> Option<Vec<PathBuf>> {
    let journal = read_journal(dir).ok()??;
    let files = |(table, change): (&Arc<str>, &Change)| {
        let folder = dir.join(table.as_ref());
        change.add.iter().map(move |part| folder.join(&part.path)).collect::<Vec<_>>()
    };
    (!journal.changes.is_empty()).then(|| journal.changes.iter().flat_map(files).collect())
}

/// Whether every file of a change is there: they are before it is decided, unless somebody removed them.
fn whole(folder: &Path, change: &Change) -> bool {
    change.add.iter().all(|part| folder.join(&part.path).is_file())
}

/// Removes the files of an undecided batch, and those that were being written.
fn sweep(dir: &Path, batch: u64) -> io::Result<()> {
    let mark = format!("part-{batch:016x}-");
    for table in fs::read_dir(dir)?.flatten().filter(|e| is_table_name(&e.file_name().to_string_lossy())) {
        let named: BTreeSet<PathBuf> = match Snapshot::read(&table.path(), delta::At::Latest) {
            Ok(Some(snapshot)) => {
                let parts = snapshot.parts.iter().map(|p| table.path().join(&p.path));
                parts.flat_map(|path| [sidecar_path(&path).unwrap_or_default(), path]).collect()
            }
            Ok(None) => BTreeSet::new(),
            // A damaged table is for `verify`.
            Err(_) => continue,
        };
        for day in fs::read_dir(table.path()).into_iter().flatten().flatten() {
            // Also those of the log.
            for file in fs::read_dir(day.path()).into_iter().flatten().flatten() {
                let name = file.file_name().to_string_lossy().into_owned();
                let ours = name.starts_with(&mark) || name.starts_with(".writing-");
                if ours && !named.contains(&file.path()) {
                    fs::remove_file(file.path())?;
                }
            }
        }
    }
    Ok(())
}

fn read_journal(dir: &Path) -> io::Result<Option<Journal>> {
    match fs::read(dir.join(JOURNAL)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn write_journal(dir: &Path, journal: &Journal) -> io::Result<()> {
    let mut file = readable(tempfile::Builder::new().prefix(".journal-")).tempfile_in(dir)?;
    file.write_all(&serde_json::to_vec(journal).map_err(io::Error::other)?)?;
    file.as_file().sync_all()?;
    file.persist(dir.join(JOURNAL)).map_err(|e| e.error)?;
    sync_folder(dir)
}

fn remove_journal(dir: &Path) -> io::Result<()> {
    match fs::remove_file(dir.join(JOURNAL)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => sync_folder(dir),
    }
}

/// Makes the names in a folder last. Systems that cannot open folders make them last themselves.
pub fn sync_folder(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// The moment, in milliseconds since 1970: when a version is made.
pub fn now_millis() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default()
}

/// The error for what cannot be written.
pub fn cannot_write(path: &Path, e: &io::Error) -> Diagnostic {
    let problem = Diagnostic::general(Code::CannotWrite, format!("`{}` cannot be written: {e}", path.display()));
    match e.kind() {
        io::ErrorKind::StorageFull => problem.with_help("the disk is full; nothing of this was kept"),
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    /// A mirror that a writer left in the middle of a batch: files of two tables are written, one of the first may be gone.
    struct Left {
        dir: tempfile::TempDir,
        journal: Journal,
    }

    impl Left {
        fn new(decided: bool) -> Left {
            let dir = tempfile::tempdir().unwrap();
            let mut journal = Journal { batch: 7, changes: BTreeMap::new() };
            for table in ["DeviceEvents", "Mine_CL"] {
                let name = format!("{}/part-{:016x}-00000.parquet", layout::day_folder(None), 7);
                let path = dir.path().join(table).join(&name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "x").unwrap();
                let mut change = Change { command: "import".into(), ..Change::default() };
                change.columns.extend(&Schema::of([("A", Type::Long)]), &[]);
                change.add = vec![Part { path: name, rows: 1, ..Part::default() }];
                change.counters.insert(BATCH.to_owned(), 7);
                journal.changes.insert(table.into(), change);
            }
            let written = if decided { &journal } else { &Journal { batch: 7, ..Journal::default() } };
            write_journal(dir.path(), written).unwrap();
            Left { dir, journal }
        }

        fn path(&self, table: &str) -> PathBuf {
            self.dir.path().join(table).join(&self.journal.changes[table].add[0].path)
        }

        /// The rows of each table after the next writer came, and whether its file is there.
        fn after(&self) -> Vec<(u64, bool)> {
            drop(Transaction::begin(self.dir.path()).unwrap());
            assert!(!self.dir.path().join(JOURNAL).exists());
            let rows = |table: &Arc<str>| {
                let found = Snapshot::read(&self.dir.path().join(table.as_ref()), delta::At::Latest).unwrap();
                found.map_or(0, |s| s.parts.iter().map(|p| p.rows).sum())
            };
            self.journal.changes.keys().map(|table| (rows(table), self.path(table).exists())).collect()
        }
    }

    #[test]
    fn an_undecided_batch_is_swept_and_a_decided_one_is_done() {
        assert_eq!(Left::new(false).after(), [(0, false), (0, false)]);
        assert_eq!(Left::new(true).after(), [(1, true), (1, true)]);
    }

    #[test]
    fn what_its_writer_began_to_undo_is_undone_in_every_table() {
        let left = Left::new(true);
        fs::remove_file(left.path("DeviceEvents")).unwrap();
        assert_eq!(left.after(), [(0, false), (0, false)]);
    }

    #[test]
    fn a_table_that_has_moved_brings_the_others_after_it() {
        let left = Left::new(true);
        delta::commit(&left.dir.path().join("Mine_CL"), &left.journal.changes["Mine_CL"]).unwrap();
        assert_eq!(left.after(), [(1, true), (1, true)]);
    }

    #[test]
    fn a_writer_that_ended_before_the_first_version_leaves_no_table() {
        let left = Left::new(true);
        let log = left.dir.path().join("DeviceEvents/_delta_log");
        fs::create_dir_all(&log).unwrap();
        fs::write(log.join(".writing-x.tmp"), "half").unwrap();
        assert_eq!(left.after(), [(1, true), (1, true)]);
        assert_eq!(fs::read_dir(log).unwrap().count(), 1, "what was being written is swept");
    }

    #[test]
    fn nothing_is_left_of_a_batch_that_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let mut batch = Transaction::begin(dir.path()).unwrap();
        let (_, path) = batch.new_part("DeviceEvents", None);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "x").unwrap();
        let terms = sidecar_path(&path).unwrap();
        fs::create_dir_all(terms.parent().unwrap()).unwrap();
        fs::write(terms, "x").unwrap();
        drop(batch);
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().flatten().map(|e| e.file_name()).collect();
        assert!(left.iter().all(|name| name.to_string_lossy().ends_with(".lock")), "{left:?}");
    }
}
