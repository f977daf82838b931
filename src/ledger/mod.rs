//! The sync's memory: one SQLite file for one pair of sides.
//!
//! In: what was read, decided, held, written and answered, each as one short transaction with its time (ticks; the ledger
//! has no clock). Out: the same, typed, also while a sync runs and after it was killed at any point. Never: a request, a
//! decision, another module's types (a base is whatever serde can read back), SQLite seen from outside.
//!
//! Three handles, each with all that the one before can do. [`Reader`] reads, beside a running sync. [`Desk`] is for
//! people: it answers questions, freezes pairs and retries dead letters, also beside a running sync. [`Ledger`] is the
//! sync's own, and there is only one at a time: it holds the lock.
//!
//! A change is on the disk when its call returns (WAL, `synchronous = FULL`), except inside [`Ledger::together`]: there it
//! is when that returns. So a write intent is begun outside, before the request leaves.

mod error;
mod hold;
mod journal;
mod letter;
mod log;
mod open;
mod outbox;
mod pairs;
mod snapshot;
mod stats;

pub use error::LedgerError;
pub use hold::{Answer, Held, Hold, Question};
pub use journal::{Closed, Closing, Decision, Intent, JournalId, Loser, Note, WriteKind};
pub use letter::{Letter, LetterId, Refusal};
pub use log::{Entry, Filter, Opened, What};
pub use open::PairName;
pub use outbox::{Batch, BatchId, OutRow};
pub use pairs::{Echo, Mark, Pair, PairId};
pub use snapshot::{Put, Snapshot, Stored, digest};
pub use stats::{Poll, Stats};

use crate::incident::{Field, Side};
use rusqlite::{Connection, Params, Row, Transaction, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::fs::File;
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// Reads a ledger. Made by [`Ledger::open_read`].
#[derive(Debug)]
pub struct Reader {
    conn: Connection,
    path: PathBuf,
    name: PairName,
}

/// What people do beside a running sync. Made by [`Ledger::open_answer`].
#[derive(Debug)]
pub struct Desk {
    reader: Reader,
}

/// The sync's own handle, with the lock. Made by [`Ledger::open`].
#[derive(Debug)]
pub struct Ledger {
    desk: Desk,
    /// Held open for its lock; the system lets go of it however the process ends. Dropped last: the file is then closed.
    _lock: File,
}

impl Deref for Desk {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Deref for Ledger {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl Reader {
    /// Where the ledger is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The sides it belongs to.
    pub fn name(&self) -> &PairName {
        &self.name
    }

    /// Checks the whole file: SQLite's own check, and that nothing refers to what is not there. Takes as long as reading
    /// everything.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] with what was found.
    pub fn check(&self) -> Result<(), LedgerError> {
        let found: Vec<String> = all(&self.conn, "PRAGMA integrity_check", [], |row| Ok(row.get(0)?))?;
        if found != ["ok"] {
            return Err(LedgerError::Damaged(found.join("; ")));
        }
        let lost: Vec<String> = all(&self.conn, "PRAGMA foreign_key_check", [], |row| Ok(row.get(0)?))?;
        match lost.first() {
            None => Ok(()),
            Some(table) => Err(LedgerError::Damaged(format!("a row of `{table}` refers to nothing"))),
        }
    }

    /// Several reads of one state.
    fn view<T>(&self, read: impl FnOnce(&Connection) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        if !self.conn.is_autocommit() {
            return read(&self.conn);
        }
        let transaction = Transaction::new_unchecked(&self.conn, TransactionBehavior::Deferred)?;
        let value = read(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// One change, wholly or not at all; inside another one, a part of that.
    fn change<T>(&self, write: impl FnOnce(&Connection) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("SAVEPOINT part")?;
            let value = write(&self.conn);
            let end = if value.is_ok() { "RELEASE part" } else { "ROLLBACK TO part; RELEASE part" };
            self.conn.execute_batch(end)?;
            return value;
        }
        // At once, not when the first row is written: a reader that turns into a writer could not wait for another one.
        let transaction = Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
        let value = write(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }
}

impl Ledger {
    /// Several changes as one: all of them or none. A failed one undoes itself; the rest goes on if the error is not
    /// handed on.
    ///
    /// # Errors
    /// What `changes` returns, and when the whole cannot be committed.
    pub fn together<T>(&self, changes: impl FnOnce(&Ledger) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        self.change(|_| changes(self))
    }
}

/// Runs a statement; how many rows it changed.
fn run(conn: &Connection, sql: &str, params: impl Params) -> Result<usize, LedgerError> {
    Ok(conn.prepare_cached(sql)?.execute(params)?)
}

/// Every row of a query.
fn all<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, LedgerError>,
) -> Result<Vec<T>, LedgerError> {
    conn.prepare_cached(sql)?.query_and_then(params, read)?.collect()
}

/// The first row of a query.
fn one<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, LedgerError>,
) -> Result<Option<T>, LedgerError> {
    conn.prepare_cached(sql)?.query_and_then(params, read)?.next().transpose()
}

/// The number that a query counts.
fn count(conn: &Connection, sql: &str, params: impl Params) -> Result<u64, LedgerError> {
    let number: i64 = one(conn, sql, params, |row| Ok(row.get(0)?))?.unwrap_or(0);
    Ok(u64::try_from(number).unwrap_or(0))
}

/// Rows fetched at a time by an iterator: no read transaction stays open between them, so the write-ahead log can be
/// folded back however slowly somebody reads.
const PAGE: i64 = 256;

/// Goes through rows by a growing key. `fetch` gets the last key and gives at most a page.
fn pages<T>(
    mut fetch: impl FnMut(i64) -> Result<Vec<T>, LedgerError>,
    key: impl Fn(&T) -> i64,
) -> impl Iterator<Item = Result<T, LedgerError>> {
    let (mut last, mut ended, mut ready) = (i64::MIN, false, VecDeque::new());
    std::iter::from_fn(move || {
        if ready.is_empty() && !ended {
            match fetch(last) {
                Ok(rows) => {
                    ended = rows.is_empty();
                    last = rows.last().map_or(last, &key);
                    ready.extend(rows);
                }
                Err(error) => {
                    ended = true;
                    return Some(Err(error));
                }
            }
        }
        ready.pop_front().map(Ok)
    })
}

/// A value as the JSON text that is stored.
fn to_json(value: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|e| LedgerError::Damaged(format!("a value cannot be written as JSON: {e}")))
}

/// A stored JSON text, read back.
fn from_json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|e| LedgerError::Damaged(format!("{what} cannot be read: {e}")))
}

fn side_of(name: &str) -> Result<Side, LedgerError> {
    let side = Side::BOTH.into_iter().find(|s| s.name() == name);
    side.ok_or_else(|| LedgerError::Damaged(format!("there is no side `{name}`")))
}

fn field_of(name: &str) -> Result<Field, LedgerError> {
    Field::of_name(name).ok_or_else(|| LedgerError::Damaged(format!("there is no field `{name}`")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use serde_json::{Value, json};
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;
    use tempfile::TempDir;

    const ROLE: &str = "HUNTLINE_TEST_LEDGER_ROLE";
    const PLACE: &str = "HUNTLINE_TEST_LEDGER_PATH";

    pub(super) fn sides() -> PairName {
        PairName { tenant: "contoso".into(), subscription: "sub-1".into(), workspace: "soc/main".into() }
    }

    pub(super) fn fresh() -> (TempDir, Ledger) {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&dir.path().join("ledger"), &sides()).unwrap();
        (dir, ledger)
    }

    pub(super) fn intent(pair: PairId, op: &str, at: i64) -> Intent {
        let (body, incident) = (json!({ "status": "active" }), "7".to_owned());
        let (op, side, kind) = (op.to_owned(), Side::Defender, WriteKind::Patch);
        Intent { op, pair, side, incident, kind, body, fingerprint: None, base_version: 0, at }
    }

    /// This test binary again, as another process with a role.
    fn child(role: &str, path: &Path) -> Child {
        let here = module_path!().split_once("::").unwrap().1;
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("{here}::other_process"), "--nocapture"])
            .env(ROLE, role)
            .env(PLACE, path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn say(text: &str) {
        let mut out = std::io::stdout();
        writeln!(out, "\nsaid {text}").and_then(|()| out.flush()).unwrap();
    }

    /// What the other process says until it ends.
    fn said(child: &mut Child) -> impl Iterator<Item = String> + use<> {
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        lines.filter_map(|line| line.strip_prefix("said ").map(str::to_owned))
    }

    #[test]
    fn other_process() {
        let Ok(role) = std::env::var(ROLE) else { return };
        let path = PathBuf::from(std::env::var(PLACE).unwrap());
        match role.as_str() {
            "sync" => sync_for_ever(&path),
            "open" => {
                say("opening");
                sync_for_ever(&path);
            }
            "second" => say(&Ledger::open(&path, &sides()).map(|_| "opened".into()).unwrap_or_else(|e| e.to_string())),
            "answer" => {
                let desk = Ledger::open_answer(&path).unwrap();
                let question = desk.holds().unwrap().remove(0).question;
                let answer = Answer { answer: json!("take_s"), by: "alice".into(), at: 9 };
                desk.answer(question.pair, question.field, &question.facts, &answer).unwrap();
            }
            other => panic!("no role {other}"),
        }
    }

    /// Journal, write, settle, over and over. Says what is safe as soon as the ledger says so.
    fn sync_for_ever(path: &Path) {
        let ledger = Ledger::open(path, &sides()).unwrap();
        let pair = ledger.link("7", "a", "provider", 1).unwrap();
        for lost in ledger.open_intents().unwrap() {
            ledger.close(lost.id, &Closing::Recovered { seen: false }, 2).unwrap();
        }
        let mut version = pair.version;
        loop {
            let op = format!("{}-{version}", std::process::id());
            let id = ledger.begin(&intent(pair.id, &op, version)).unwrap();
            say(&format!("begun {op}"));
            let settle = |ledger: &Ledger| {
                ledger.close(id, &Closing::Done { digest: op.clone(), stamp: None }, version)?;
                ledger.wrote(pair.id, Side::Defender, Field::Status, &op, &op)?;
                ledger.push_rows(&[OutRow::new("SecurityIncident", json!({ "op": op }))])?;
                ledger.settle(pair.id, &json!({ "op": op }), version)
            };
            version = ledger.together(settle).unwrap();
            say(&format!("settled {version} {op}"));
        }
    }

    /// All that was said is there, and nothing is there by halves.
    fn look(path: &Path, begun: &[String], settled: &[(i64, String)]) {
        let ledger = Ledger::open_read(path).unwrap();
        ledger.check().unwrap();
        let mut done = Vec::new();
        let mut seen = Vec::new();
        for entry in ledger.entries().map(Result::unwrap) {
            let What::Write { intent, closings } = entry.what else { panic!("only writes") };
            if closings.iter().any(|c| matches!(c.how, Closing::Done { .. })) {
                done.push(intent.op.clone());
            }
            seen.push(intent.op);
        }
        assert!(begun.iter().all(|op| seen.contains(op)), "a begun write is lost");
        for (version, op) in settled {
            assert_eq!(done.get(usize::try_from(version - 1).unwrap()), Some(op), "settled {version}");
        }
        let Some(pair) = ledger.pair("7").unwrap() else { return assert!(done.is_empty()) };
        assert_eq!(pair.version, i64::try_from(done.len()).unwrap());
        let base = pair.base::<Value>().unwrap();
        assert_eq!(base.as_ref().and_then(|b| b["op"].as_str()), done.last().map(String::as_str));
        let echo = ledger.last_written(pair.id, Side::Defender, Field::Status).unwrap();
        assert_eq!(echo.map(|e| e.digest), done.last().cloned());
        assert!(ledger.open_intents().unwrap().len() <= 1);
        assert_eq!(ledger.stats().unwrap().outbox, pair.version.unsigned_abs());
    }

    #[test]
    fn killed_at_any_point_nothing_is_lost_or_halved() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger");
        let (mut begun, mut settled) = (Vec::new(), Vec::new());
        for round in 0..20u64 {
            let mut child = child("sync", &path);
            let mut lines = said(&mut child);
            begun.extend(lines.next().unwrap().strip_prefix("begun ").map(str::to_owned));
            std::thread::sleep(Duration::from_micros(round * 7919 % 40_000));
            if round % 5 == 0 {
                let desk = Ledger::open_answer(&path).unwrap();
                let pair = desk.pair("7").unwrap().unwrap().id;
                for at in 0..5 {
                    desk.freeze(pair, "both write", at).unwrap();
                    desk.unfreeze(pair).unwrap();
                }
            }
            child.kill().unwrap();
            child.wait().unwrap();
            for line in lines {
                match line.split(' ').collect::<Vec<_>>()[..] {
                    ["begun", op] => begun.push(op.to_owned()),
                    ["settled", version, op] => settled.push((version.parse().unwrap(), op.to_owned())),
                    _ => panic!("{line}"),
                }
            }
            look(&path, &begun, &settled);
        }
        assert!(begun.len() >= 20 && settled.len() >= 20, "{} and {}", begun.len(), settled.len());
        println!("20 kills over {} begun writes, {} settled", begun.len(), settled.len());
        let ledger = Ledger::open(&path, &sides()).unwrap();
        assert_eq!(
            ledger.pending(usize::MAX).unwrap().unwrap().rows.len(),
            ledger.pair("7").unwrap().unwrap().version as usize
        );
    }

    #[test]
    fn killed_while_it_is_made_it_is_made_by_the_next() {
        for round in 0..10u64 {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("ledger");
            let mut child = child("open", &path);
            let mut lines = said(&mut child);
            assert_eq!(lines.next().as_deref(), Some("opening"));
            std::thread::sleep(Duration::from_micros(round * 600));
            child.kill().unwrap();
            child.wait().unwrap();
            match Ledger::open_read(&path) {
                Ok(ledger) => ledger.check().unwrap(),
                Err(told) => assert_eq!(told.code, Code::NoLedger, "{told}"),
            }
            let ledger = Ledger::open(&path, &sides()).unwrap();
            ledger.check().unwrap();
            ledger.link("7", "a", "provider", 1).unwrap();
            drop(lines);
        }
    }

    #[test]
    fn a_second_sync_is_refused_by_the_firsts_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger");
        let mut first = child("sync", &path);
        let mut lines = said(&mut first);
        assert!(lines.next().unwrap().starts_with("begun"));
        let told = Ledger::open(&path, &sides()).unwrap_err();
        assert_eq!(told.code, Code::SyncLocked);
        assert!(told.message.starts_with(&format!("process {} is already syncing", first.id())), "{told}");
        assert!(told.message.contains(", since 20"), "{told}");
        let mut second = child("second", &path);
        let answer: Vec<String> = said(&mut second).collect();
        assert!(second.wait().unwrap().success() && answer[0].starts_with("HL6001: "), "{answer:?}");
        Ledger::open_read(&path).unwrap().stats().unwrap();
        first.kill().unwrap();
        first.wait().unwrap();
        drop(lines);
        Ledger::open(&path, &sides()).unwrap();
    }

    #[test]
    fn an_answer_comes_from_another_process() {
        let (_dir, ledger) = fresh();
        let pair = ledger.link("7", "a", "provider", 1).unwrap().id;
        let (reason, facts, question) = ("both changed it".to_owned(), "f1".to_owned(), json!({ "defender": 1 }));
        ledger.hold(&Question { pair, field: Field::Owner, reason, facts, question, at: 2 }).unwrap();
        assert_eq!(ledger.take_answer(pair, Field::Owner).unwrap(), None);
        assert!(child("answer", ledger.path()).wait().unwrap().success());
        let answer = ledger.take_answer(pair, Field::Owner).unwrap();
        assert_eq!(answer, Some(Answer { answer: json!("take_s"), by: "alice".into(), at: 9 }));
    }

    #[test]
    fn a_change_waits_for_another_ones_end() {
        let (_dir, ledger) = fresh();
        let pair = ledger.link("7", "a", "provider", 1).unwrap().id;
        let desk = Ledger::open_answer(ledger.path()).unwrap();
        let (looked, look) = std::sync::mpsc::channel();
        let other = std::thread::spawn(move || {
            look.recv().unwrap();
            desk.freeze(pair, "asked to", 2).unwrap();
        });
        let version = ledger.together(|ledger| {
            assert_eq!(ledger.pair("7")?.unwrap().frozen, None);
            looked.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(100));
            ledger.settle(pair, &json!(1), 2)
        });
        assert_eq!(version.unwrap(), 1);
        other.join().unwrap();
        assert!(ledger.pair("7").unwrap().unwrap().frozen.is_some());
    }

    #[test]
    fn changes_together_are_one() {
        let (_dir, ledger) = fresh();
        let pair = ledger.link("7", "a", "provider", 1).unwrap().id;
        let failed = ledger.together(|ledger| {
            ledger.settle(pair, &json!(1), 2)?;
            ledger.push_rows(&[OutRow::new("T", json!({}))])?;
            ledger.settle(PairId(99), &json!(1), 2)
        });
        assert!(matches!(failed, Err(LedgerError::NoSuchPair(_))));
        assert_eq!((ledger.pair("7").unwrap().unwrap().version, ledger.stats().unwrap().outbox), (0, 0));
        let kept = ledger.together(|ledger| {
            let part = ledger.together(|ledger| {
                ledger.push_rows(&[OutRow::new("T", json!({}))])?;
                ledger.settle(PairId(99), &json!(1), 2)
            });
            assert!(part.is_err());
            ledger.settle(pair, &json!(1), 2)
        });
        assert_eq!((kept.unwrap(), ledger.stats().unwrap().outbox), (1, 0));
    }
}
