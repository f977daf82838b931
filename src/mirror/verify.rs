//! Whether the store is as it was written.
//!
//! In: a mirror. Out: what is wrong with it, file by file, and what of that was mended. A file is good when it is there, has its
//! size, its digest and its rows. What a crash leaves is no fault: the next writer sweeps it; it is told all the same.

use super::delta::{self, At, Part, Snapshot};
use super::lock::{ReadLock, WriteLock};
use super::prune;
use super::store::{Mirror, REJECTS};
use super::terms::sidecar_path;
use super::transaction::{self, Transaction, cannot_write};
use crate::diagnostic::Diagnostic;
use polars::prelude::{ParquetReader, SerReader};
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh64::Xxh64;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// The table.
    pub table: String,
    /// The file, from the table's folder; empty for the table itself.
    pub file: String,
    /// What it is.
    pub kind: FaultKind,
    /// In words.
    pub why: String,
    /// Rows that are lost with it.
    pub rows: u64,
    /// What was done about it; none when nothing was.
    pub repair: Option<String>,
}

/// What may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The log cannot be read.
    Log,
    /// A file is not there.
    Missing,
    /// A file is not as it was written.
    Damaged,
    /// A file that cannot be read now, for a reason that may pass.
    Unreadable,
    /// A file that no version names.
    Orphan,
    /// A batch that was decided, and is not done in every table yet: the next command that writes does it.
    Waiting,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verified {
    /// Tables.
    pub tables: u64,
    /// Files.
    pub files: u64,
    /// Rows in them.
    pub rows: u64,
    /// Their size.
    pub bytes: u64,
    /// Files without a recorded digest, because another program wrote them: only their rows were counted.
    pub unsigned: u64,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

impl Verified {
    /// Whether anything is wrong that was not mended. An orphan takes room and does no harm.
    pub fn is_sound(&self) -> bool {
        self.faults.iter().all(|f| matches!(f.kind, FaultKind::Orphan | FaultKind::Waiting) || f.repair.is_some())
    }

    /// Rows that left their tables, and come again only when somebody brings them.
    pub fn lost(&self) -> u64 {
        self.faults.iter().filter(|f| matches!(f.kind, FaultKind::Missing | FaultKind::Damaged)).map(|f| f.rows).sum()
    }
}

/// Looks at every file. With `repair` a batch that a crash interrupted is finished, orphans are removed, files that are lost or
/// damaged leave the table, the latter kept in the folder of refused rows. `progress` is told of each file's bytes.
///
/// # Errors
/// When the mirror cannot be read, or a repair cannot be written.
pub fn verify(mirror: &Mirror, repair: bool, progress: &mut dyn FnMut(u64)) -> Result<Verified, Diagnostic> {
    // Nobody removes what is looked at, and with `repair` nobody writes: what a writer has not named yet looks like an orphan.
    let _share = ReadLock::share(mirror.dir());
    let mut lock = if repair { Some(Transaction::begin(mirror.dir())?.commit("repair")?) } else { None };
    let mut found = Verified::default();
    let waiting = if repair { None } else { transaction::waiting(mirror.dir()) };
    if let Some(files) = &waiting {
        let why =
            format!("a batch of {} files is decided and not done: the next command that writes does it", files.len());
        found.faults.push(fault("", "", FaultKind::Waiting, why, 0));
    }
    for table in mirror.stored() {
        found.tables += 1;
        let folder = mirror.folder(&table);
        let snapshot = match read(&table, &folder, repair, &mut found) {
            Some(snapshot) => snapshot,
            None => continue,
        };
        let mut bad: Vec<(Part, Fault)> = Vec::new();
        for part in &snapshot.parts {
            found.files += 1;
            found.rows += part.rows;
            found.bytes += part.bytes;
            found.unsigned += u64::from(part.own.is_none());
            if let Err((kind, why)) = check(&folder, part) {
                bad.push((part.clone(), fault(&table, &part.path, kind, why, part.rows)));
            }
            progress(part.bytes);
        }
        let (mut gone, other): (Vec<_>, Vec<_>) = bad.into_iter().partition(|(_, f)| f.kind != FaultKind::Unreadable);
        if !gone.is_empty()
            && let Some(held) = lock.take()
        {
            lock = Some(set_aside(mirror, &table, &mut gone, held)?);
        }
        found.faults.extend(gone.into_iter().chain(other).map(|(_, fault)| fault));
        orphans(&table, &folder, lock.is_some(), waiting.as_deref().unwrap_or_default(), &mut found)?;
    }
    Ok(found)
}

/// The newest version of a table; none when its log cannot be read. With `repair` a checkpoint that cannot be read is set
/// aside, if every version since the first is there: the log can be read without it.
fn read(table: &str, folder: &Path, repair: bool, found: &mut Verified) -> Option<Snapshot> {
    let error = match Snapshot::read(folder, At::Latest) {
        Ok(snapshot) => return snapshot,
        Err(error) => error,
    };
    let mut fault = fault(table, "", FaultKind::Log, error.message, 0);
    let mended = if repair { delta::without_checkpoints(folder) } else { false };
    let snapshot = if mended { Snapshot::read(folder, At::Latest).ok().flatten() } else { None };
    fault.repair = snapshot.is_some().then(|| "its checkpoints were set aside; every version is there".to_owned());
    found.faults.push(fault);
    snapshot
}

fn fault(table: &str, file: &str, kind: FaultKind, why: impl Into<String>, rows: u64) -> Fault {
    Fault { table: table.to_owned(), file: file.to_owned(), kind, why: why.into(), rows, repair: None }
}

fn check(folder: &Path, part: &Part) -> Result<(), (FaultKind, String)> {
    let path = folder.join(&part.path);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err((FaultKind::Missing, "it is not there".into()));
        }
        Err(e) => return Err((FaultKind::Unreadable, e.to_string())),
    };
    let damaged = |why: String| (FaultKind::Damaged, why);
    let (bytes, digest) = digest(&mut file).map_err(|e| (FaultKind::Unreadable, e.to_string()))?;
    if bytes != part.bytes {
        return Err(damaged(format!("it has {bytes} bytes and should have {}", part.bytes)));
    }
    if part.own.as_ref().is_some_and(|own| own.digest != digest) {
        return Err(damaged("its bytes are not those that were written".into()));
    }
    let again = File::open(&path).map_err(|e| (FaultKind::Unreadable, e.to_string()))?;
    match ParquetReader::new(again).num_rows().map_err(|e| e.to_string()) {
        Err(why) => Err(damaged(why)),
        Ok(rows) if rows as u64 != part.rows => {
            Err(damaged(format!("it has {rows} rows and should have {}", part.rows)))
        }
        Ok(_) => Ok(()),
    }
}

/// The size of a file, and XXH64 of its bytes.
pub(super) fn digest(file: &mut File) -> std::io::Result<(u64, u64)> {
    let mut hash = Xxh64::new(0);
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, hash.digest())),
            read => {
                hash.update(buffer.get(..read).unwrap_or_default());
                bytes += read as u64;
            }
        }
    }
}

/// Takes bad files out of the table, and what is left of them out of its folder.
fn set_aside(
    mirror: &Mirror,
    table: &str,
    bad: &mut [(Part, Fault)],
    lock: WriteLock,
) -> Result<WriteLock, Diagnostic> {
    let mut transaction = Transaction::begin_with(mirror.dir(), lock)?;
    let staged = transaction.table(&Arc::from(table))?;
    staged.change.remove = bad.iter().map(|(part, _)| part.clone()).collect();
    let lock = transaction.commit("repair")?;
    let aside = mirror.dir().join(REJECTS);
    std::fs::create_dir_all(&aside).map_err(|e| cannot_write(&aside, &e))?;
    for (part, fault) in bad {
        let from = mirror.folder(table).join(&part.path);
        let to = aside.join(format!("{table}-{}", part.path.rsplit('/').next().unwrap_or_default()));
        fault.repair = Some(match from.exists() {
            true => {
                std::fs::rename(&from, &to).map_err(|e| cannot_write(&to, &e))?;
                format!("the table goes on without it; what is left of it lies in `{}`", to.display())
            }
            false => "the table goes on without it".to_owned(),
        });
    }
    Ok(lock)
}

fn orphans(
    table: &str,
    folder: &Path,
    repair: bool,
    waiting: &[PathBuf],
    found: &mut Verified,
) -> Result<(), Diagnostic> {
    let (orphans, _) = prune::unnamed(folder)?;
    let waits = |path: &PathBuf| waiting.iter().any(|file| file == path || sidecar_path(file).as_ref() == Some(path));
    for path in orphans.into_iter().filter(|path| !waits(path)) {
        let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        let mut fault = fault(table, &name, FaultKind::Orphan, "no version of the table names it", 0);
        if repair {
            std::fs::remove_file(&path).map_err(|e| cannot_write(&path, &e))?;
            fault.repair = Some("removed".to_owned());
        }
        found.faults.push(fault);
    }
    Ok(())
}

/// The versions of a table, oldest first; none when it is not stored.
///
/// # Errors
/// When its log is damaged.
pub fn versions(mirror: &Mirror, table: &str) -> Result<Option<Vec<delta::Version>>, Diagnostic> {
    let folder = mirror.folder(table);
    if !super::store::is_table_name(table) || !delta::is_table(&folder) {
        return Ok(None);
    }
    delta::history(&folder).map(Some)
}
