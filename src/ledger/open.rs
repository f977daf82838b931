//! Opening: the lock, the sides, the schema.
//!
//! In: a path, and for a sync the sides. Out: a handle on a ledger of this version, or why there is none. A new ledger is
//! made whole in one transaction; an older one is brought up to date in one; a newer one is refused.

use super::{Desk, Ledger, LedgerError, Reader, all};
use crate::diagnostic::Diagnostic;
use crate::value::datetime;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What changes each schema into the next. The length is the version that this huntline knows.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];
/// SQLite's `application_id`: says whose file it is.
const APPLICATION: i64 = 0x6875_6E74;
/// How long a change waits for another process's change.
const PATIENCE: Duration = Duration::from_secs(10);
/// Prepared statements kept by a handle: more than the ledger has.
const STATEMENTS: usize = 160;

/// The pair of sides that a ledger belongs to. All three ignore case, as Azure does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PairName {
    /// The tenant: its id or domain. Defender's side.
    pub tenant: String,
    /// The subscription of the workspace, an id.
    pub subscription: String,
    /// The workspace of Sentinel's side: `resourceGroup/name`, since a name is unique in its group only.
    pub workspace: String,
}

impl PartialEq for PairName {
    fn eq(&self, other: &Self) -> bool {
        self.tenant.eq_ignore_ascii_case(&other.tenant)
            && self.subscription.eq_ignore_ascii_case(&other.subscription)
            && self.workspace.eq_ignore_ascii_case(&other.workspace)
    }
}

impl Eq for PairName {}

impl fmt::Display for PairName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.tenant, self.subscription, self.workspace)
    }
}

impl Ledger {
    /// Opens a ledger for a sync: makes it when it is not there, brings an older one up to date.
    ///
    /// # Errors
    /// `SyncLocked` while another sync has it, `LedgerMismatch` when it belongs to other sides, and when it is newer,
    /// damaged, no ledger, or its files cannot be used.
    pub fn open(path: &Path, name: &PairName) -> Result<Ledger, Diagnostic> {
        Ok(open(path, name)?)
    }

    /// Opens a ledger to read it, also while a sync runs.
    ///
    /// # Errors
    /// When there is none, or it cannot be read by this version.
    pub fn open_read(path: &Path) -> Result<Reader, Diagnostic> {
        Ok(open_beside(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
    }

    /// Opens a ledger for what people do, also while a sync runs.
    ///
    /// # Errors
    /// When there is none, or it cannot be used by this version.
    pub fn open_answer(path: &Path) -> Result<Desk, Diagnostic> {
        Ok(Desk { reader: open_beside(path, OpenFlags::SQLITE_OPEN_READ_WRITE)? })
    }
}

fn open(path: &Path, name: &PairName) -> Result<Ledger, LedgerError> {
    let path = whole(path)?;
    let lock = lock(&path)?;
    make(&path)?;
    let mut conn = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    migrate(&mut conn, &path, name, MIGRATIONS)?;
    let belongs = name_of(&conn)?;
    if belongs != *name {
        let (belongs, asked) = (Box::new(belongs), Box::new(name.clone()));
        return Err(LedgerError::Mismatch { path, belongs, asked });
    }
    Ok(Ledger { desk: Desk { reader: Reader { conn, path, name: belongs } }, _lock: lock })
}

fn open_beside(path: &Path, flags: OpenFlags) -> Result<Reader, LedgerError> {
    if !path.exists() {
        return Err(LedgerError::Missing(path.to_owned()));
    }
    let path = whole(path)?;
    if beside(&path, "-journal").exists() {
        // A sync was killed while it made the file: what it left can only be cleared by somebody who may write.
        connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    }
    let conn = connect(&path, flags)?;
    let (found, known) = (version(&conn, &path)?, known());
    match found {
        0 => return Err(LedgerError::Missing(path)),
        _ if found > known => return Err(LedgerError::NewerSchema { path, found, known }),
        _ if found < known => return Err(LedgerError::OlderSchema { path, found, known }),
        _ => {}
    }
    let name = name_of(&conn)?;
    Ok(Reader { conn, path, name })
}

/// The file beside the ledger whose name has a further ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The one path of the file, however it was named: the lock lies beside it.
fn whole(path: &Path) -> Result<PathBuf, LedgerError> {
    let failed = |error| LedgerError::Io { path: path.to_owned(), error };
    if path.exists() {
        return fs::canonicalize(path).map_err(failed);
    }
    let no_name = || failed(io::Error::from(io::ErrorKind::InvalidFilename));
    let name = path.file_name().ok_or_else(no_name)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(failed)?;
    Ok(fs::canonicalize(folder).map_err(failed)?.join(name))
}

/// Makes an empty file that only its owner may read: a ledger holds incidents. SQLite's own files take over its rights.
fn make(path: &Path) -> Result<(), LedgerError> {
    let mut options = private();
    options.write(true).create(true).truncate(false);
    options.open(path).map(drop).map_err(|error| LedgerError::Io { path: path.to_owned(), error })
}

fn private() -> OpenOptions {
    #[allow(unused_mut, reason = "only some systems have rights")]
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes the lock and writes into it who has it and since when. The time is the file system's: nothing here has a clock.
fn lock(path: &Path) -> Result<File, LedgerError> {
    let lock_path = beside(path, ".lock");
    let failed = |error| LedgerError::Io { path: lock_path.clone(), error };
    let mut file = private().read(true).write(true).create(true).truncate(false).open(&lock_path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let (pid, since) = owner(&mut file);
            return Err(LedgerError::Locked { path: path.to_owned(), pid, since });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let mut sign = || -> io::Result<()> {
        file.set_len(0)?;
        file.write_all(format!("{}\n", std::process::id()).as_bytes())?;
        let since = datetime::from_system_time(file.metadata()?.modified()?);
        file.write_all(format!("{since}\n{}\n", datetime::format(since)).as_bytes())
    };
    sign().map_err(failed)?;
    Ok(file)
}

/// Who has the lock, by what was written into it; a system may forbid reading it.
fn owner(file: &mut File) -> (Option<u32>, Option<i64>) {
    let mut text = String::new();
    if file.rewind().and_then(|()| file.read_to_string(&mut text)).is_err() {
        return (None, None);
    }
    let mut lines = text.lines();
    let pid = lines.next().and_then(|line| line.parse().ok());
    (pid, lines.next().and_then(|line| line.parse().ok()).and_then(datetime::checked))
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, LedgerError> {
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(PATIENCE)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // The first look into the file, so that a file that is something else is told as that.
    version(&conn, path)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    // `INSERT OR REPLACE` deletes: with this the journal's triggers see that too.
    conn.pragma_update(None, "recursive_triggers", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    Ok(conn)
}

/// The schema's number: 0 for an empty file.
fn version(conn: &Connection, path: &Path) -> Result<i64, LedgerError> {
    let number = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let strange = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => LedgerError::NotALedger(path.to_owned()),
        _ => LedgerError::from(error),
    };
    let (application, version) = (number("application_id").map_err(strange)?, number("user_version").map_err(strange)?);
    let tables =
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).map_err(strange)?;
    match (application, version, tables) {
        (0, 0, 0) => Ok(0),
        (APPLICATION, 1.., _) => Ok(version),
        _ => Err(LedgerError::NotALedger(path.to_owned())),
    }
}

/// What the write-ahead log keeps on disk after a checkpoint, bytes.
const LOG_BYTES: i64 = 16 << 20;

/// Brings the schema up to date, all steps in one transaction. A new file gets its name in the same: a crash leaves it
/// empty.
fn migrate(conn: &mut Connection, path: &Path, name: &PairName, steps: &[&str]) -> Result<(), LedgerError> {
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    let refuse_newer = |found| match found > known {
        true => Err(LedgerError::NewerSchema { path: path.to_owned(), found, known }),
        false => Ok(()),
    };
    // Before anything is written: the file may be somebody else's.
    refuse_newer(version(conn, path)?)?;
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(LedgerError::Sqlite(format!("no write-ahead log is possible there (journal mode `{mode}`)")));
    }
    // A first sync writes everything at once: what its log took is given back at the next checkpoint.
    conn.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction, path)?;
    refuse_newer(found)?;
    for step in steps.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        transaction.execute_batch(step)?;
    }
    if found == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        let sql = "INSERT INTO ledger (one, tenant, subscription, workspace) VALUES (1, ?1, ?2, ?3)";
        transaction.execute(sql, params![name.tenant, name.subscription, name.workspace])?;
    }
    if found < known {
        transaction.pragma_update(None, "user_version", known)?;
    }
    transaction.commit()?;
    Ok(())
}

fn name_of(conn: &Connection) -> Result<PairName, LedgerError> {
    let names = all(conn, "SELECT tenant, subscription, workspace FROM ledger", [], |row| {
        Ok(PairName { tenant: row.get(0)?, subscription: row.get(1)?, workspace: row.get(2)? })
    })?;
    names.into_iter().next().ok_or_else(|| LedgerError::Damaged("it does not say whose it is".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::ledger::tests::{fresh, sides};

    #[test]
    fn a_ledger_belongs_to_its_sides() {
        let (dir, ledger) = fresh();
        drop(ledger);
        let path = dir.path().join("ledger");
        let other = PairName { workspace: "soc/other".into(), ..sides() };
        let told = Ledger::open(&path, &other).unwrap_err();
        assert_eq!(told.code, Code::LedgerMismatch);
        assert!(
            told.message.ends_with("belongs to `contoso/sub-1/soc/main`, not to `contoso/sub-1/soc/other`"),
            "{told}"
        );
        let shouted = PairName { tenant: "CONTOSO".into(), ..sides() };
        assert_eq!(Ledger::open(&path, &shouted).unwrap().name(), &sides());
    }

    #[test]
    fn what_is_newer_or_something_else_is_left_alone() {
        let (dir, ledger) = fresh();
        drop(ledger);
        let path = dir.path().join("ledger");
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert_eq!(Ledger::open(&path, &sides()).unwrap_err().code, Code::LedgerNewer);
        assert_eq!(Ledger::open_read(&path).unwrap_err().code, Code::LedgerNewer);
        assert_eq!(Ledger::open_answer(&path).unwrap_err().code, Code::LedgerNewer);

        let text = dir.path().join("text");
        fs::write(&text, "a text of some length, which is no database at all".repeat(50)).unwrap();
        let foreign = dir.path().join("foreign");
        Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        for path in [text, foreign] {
            let before = fs::read(&path).unwrap();
            assert_eq!(Ledger::open(&path, &sides()).unwrap_err().code, Code::NotALedger);
            assert_eq!(Ledger::open_read(&path).unwrap_err().code, Code::NotALedger);
            assert!(fs::read(&path).unwrap() == before);
        }
    }

    #[test]
    fn a_later_schema_is_taken_wholly_or_not_at_all() {
        let (dir, ledger) = fresh();
        drop(ledger);
        let path = dir.path().join("ledger");
        let mut conn = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        let (first, later) = (MIGRATIONS[0], "CREATE TABLE later (x) STRICT");
        let mut go = |steps: &[&str]| {
            let told = migrate(&mut conn, &path, &sides(), steps);
            (told.is_ok(), version(&conn, &path).unwrap())
        };
        assert_eq!(go(&[first, "CREATE TABLE later (x INTEGER) STRICT", "CREATE nothing"]), (false, 1));
        assert_eq!(go(&[first, "CREATE TABLE later (x INTEGER) STRICT"]), (true, 2));
        assert_eq!(go(&[first, later]), (true, 2), "a step is taken once");
        assert_eq!(go(&[first]), (false, 2));
    }

    #[test]
    fn a_reader_clears_what_a_crash_left_half_written() {
        let (dir, ledger) = fresh();
        drop(ledger);
        let (path, crashed) = (dir.path().join("ledger"), dir.path().join("crashed"));
        let conn = Connection::open(&path).unwrap();
        conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).unwrap();
        let half = "PRAGMA cache_size = 5; BEGIN; UPDATE ledger SET tenant = 'half'; CREATE TABLE half (x);
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
            INSERT INTO half SELECT randomblob(4000) FROM n";
        conn.execute_batch(half).unwrap();
        for ending in ["", "-journal"] {
            fs::copy(beside(&path, ending), beside(&crashed, ending)).unwrap();
        }
        let reader = Ledger::open_read(&crashed).unwrap();
        reader.check().unwrap();
        assert_eq!(reader.name(), &sides());
    }

    #[test]
    fn damage_is_told() {
        let (dir, ledger) = fresh();
        drop(ledger);
        let path = dir.path().join("ledger");
        let mut bytes = fs::read(&path).unwrap();
        bytes.iter_mut().skip(4096 * 3).for_each(|b| *b = 0x5a);
        fs::write(&path, bytes).unwrap();
        let told = Ledger::open_read(&path).and_then(|ledger| Ok(ledger.check()?)).unwrap_err();
        assert_eq!(told.code, Code::LedgerDamaged, "{told}");
    }

    #[test]
    #[cfg(unix)]
    fn another_name_of_the_file_is_the_same_lock() {
        let (dir, ledger) = fresh();
        let other = dir.path().join("other");
        std::os::unix::fs::symlink(ledger.path(), &other).unwrap();
        assert_eq!(Ledger::open(&other, &sides()).unwrap_err().code, Code::SyncLocked);
        drop(ledger);
        Ledger::open(&other, &sides()).unwrap();
    }

    #[test]
    fn reading_makes_and_changes_nothing() {
        let (dir, ledger) = fresh();
        let none = dir.path().join("none");
        assert_eq!(Ledger::open_read(&none).unwrap_err().code, Code::NoLedger);
        assert!(!none.exists());
        let reader = Ledger::open_read(ledger.path()).unwrap();
        assert!(reader.conn.execute("DELETE FROM snapshot", []).is_err());
        assert_eq!(ledger.link("7", "a", "provider", 1).unwrap().id, reader.pair("7").unwrap().unwrap().id);
        let settings = |name| ledger.conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(["foreign_keys", "synchronous", "user_version"].map(settings), [1, 2, 1]);
    }

    #[test]
    #[cfg(unix)]
    fn only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, ledger) = fresh();
        ledger.link("7", "a", "provider", 1).unwrap();
        let files: Vec<_> = fs::read_dir(dir.path()).unwrap().map(Result::unwrap).collect();
        assert!(files.len() >= 3, "file, log and lock");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.file_name());
        }
    }
}
