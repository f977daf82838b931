//! Whether the store is as it was written.
//!
//! In: a mirror. Out: what is wrong with it, file by file, and what of that was mended. A file is good when it is there, has its
//! size, its digest and its rows. What a crash leaves is no fault: the next writer sweeps it; it is told all the same.

use super::delta::{self, At, Part, Snapshot};
use super::prune;
use super::store::{Mirror, REJECTS};
use super::transaction::{Transaction, cannot_write};
use crate::diagnostic::Diagnostic;
use polars::prelude::{ParquetReader, SerReader};
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::Path;
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
    /// A file that no version names.
    Orphan,
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
        self.faults.iter().all(|f| f.kind == FaultKind::Orphan || f.repair.is_some())
    }
}

/// Looks at every file. With `repair` a batch that a crash interrupted is finished, orphans are removed, files that are lost or
/// damaged leave the table, the latter kept in the folder of refused rows. `progress` is told of each file's bytes.
///
/// # Errors
/// When the mirror cannot be read, or a repair cannot be written.
pub fn verify(mirror: &Mirror, repair: bool, progress: &mut dyn FnMut(u64)) -> Result<Verified, Diagnostic> {
    if repair {
        // Finishes or sweeps what a crash left.
        drop(Transaction::begin(mirror.dir())?);
    }
    let mut found = Verified::default();
    for table in mirror.stored() {
        found.tables += 1;
        let folder = mirror.folder(&table);
        let snapshot = match Snapshot::read(&folder, At::Latest) {
            Ok(Some(snapshot)) => snapshot,
            Ok(None) => continue,
            Err(e) => {
                found.faults.push(fault(&table, "", FaultKind::Log, e.message, 0));
                continue;
            }
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
        if repair && !bad.is_empty() {
            set_aside(mirror, &table, &mut bad)?;
        }
        found.faults.extend(bad.into_iter().map(|(_, fault)| fault));
        orphans(&table, &folder, repair, &mut found)?;
    }
    Ok(found)
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
        Err(e) => return Err((FaultKind::Damaged, e.to_string())),
    };
    let damaged = |why: String| (FaultKind::Damaged, why);
    let (bytes, digest) = digest(&mut file).map_err(|e| damaged(e.to_string()))?;
    if bytes != part.bytes {
        return Err(damaged(format!("it has {bytes} bytes and should have {}", part.bytes)));
    }
    if part.own.as_ref().is_some_and(|own| own.digest != digest) {
        return Err(damaged("its bytes are not those that were written".into()));
    }
    let rows = File::open(&path).map_err(|e| e.to_string());
    let rows = rows.and_then(|file| ParquetReader::new(file).num_rows().map_err(|e| e.to_string()));
    match rows {
        Err(why) => Err(damaged(why)),
        Ok(rows) if rows as u64 != part.rows => {
            Err(damaged(format!("it has {rows} rows and should have {}", part.rows)))
        }
        Ok(_) => Ok(()),
    }
}

fn digest(file: &mut File) -> std::io::Result<(u64, u64)> {
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
fn set_aside(mirror: &Mirror, table: &str, bad: &mut [(Part, Fault)]) -> Result<(), Diagnostic> {
    let mut transaction = Transaction::begin(mirror.dir())?;
    let staged = transaction.table(&Arc::from(table))?;
    staged.change.remove = bad.iter().map(|(part, _)| part.clone()).collect();
    transaction.commit("repair")?;
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
    Ok(())
}

fn orphans(table: &str, folder: &Path, repair: bool, found: &mut Verified) -> Result<(), Diagnostic> {
    let (orphans, _) = prune::unnamed(folder)?;
    for path in orphans {
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
