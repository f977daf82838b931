//! What can go wrong with a ledger.
//!
//! In: failures of files, of SQLite and of the caller. Out: one typed error, and the [`Diagnostic`] that a user reads.

use super::{BatchId, JournalId, LetterId, PairId, PairName};
use crate::diagnostic::{Code, Diagnostic};
use crate::incident::Field;
use crate::value::datetime;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why the ledger did not do what was asked. Nothing of the failed change is kept.
#[derive(Debug)]
pub enum LedgerError {
    /// A file of the ledger cannot be made, read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// SQLite refused, in its own words.
    Sqlite(String),
    /// Another process kept the ledger for longer than the time that a change waits.
    Busy,
    /// The file or something in it cannot be read as what it should be.
    Damaged(String),
    /// Another sync holds the lock.
    Locked {
        /// The ledger.
        path: PathBuf,
        /// Its process id, when it could be read.
        pid: Option<u32>,
        /// When it took the lock, ticks.
        since: Option<i64>,
    },
    /// The ledger belongs to another pair of sides.
    Mismatch {
        /// The ledger.
        path: PathBuf,
        /// The sides it belongs to.
        belongs: Box<PairName>,
        /// The sides that were asked for.
        asked: Box<PairName>,
    },
    /// A newer huntline wrote it.
    NewerSchema {
        /// The ledger.
        path: PathBuf,
        /// Its schema's number.
        found: i64,
        /// The newest schema that this huntline knows.
        known: i64,
    },
    /// An older huntline wrote it, and it was opened without the right to migrate it.
    OlderSchema {
        /// The ledger.
        path: PathBuf,
        /// Its schema's number.
        found: i64,
        /// The schema that this huntline needs.
        known: i64,
    },
    /// There is no ledger at this path yet.
    Missing(PathBuf),
    /// The file is something else.
    NotALedger(PathBuf),
    /// No pair of that id.
    NoSuchPair(PairId),
    /// One of the two incidents is already paired with another one.
    Paired {
        /// The Defender incident of the pair that is there.
        defender: String,
        /// The Sentinel incident of the pair that is there.
        sentinel: String,
    },
    /// The journal has no write intent of that id.
    NoSuchIntent(JournalId),
    /// The write intent is already closed for good.
    AlreadyClosed(JournalId),
    /// The operation id is already in the journal: each attempt needs its own.
    OpTaken(String),
    /// The field of the pair is not held.
    NotHeld(PairId, Field),
    /// The question of a hold is no longer the one that is being answered.
    QuestionChanged(PairId, Field),
    /// No dead letter of that id.
    NoSuchLetter(LetterId),
    /// A batch of that id was never handed out.
    NoSuchBatch(BatchId),
}

impl LedgerError {
    /// The stable code of what the user is told.
    pub const fn code(&self) -> Code {
        match self {
            LedgerError::Io { .. } | LedgerError::Sqlite(_) => Code::LedgerFailed,
            LedgerError::Busy => Code::LedgerBusy,
            LedgerError::Damaged(_) => Code::LedgerDamaged,
            LedgerError::Locked { .. } => Code::SyncLocked,
            LedgerError::Mismatch { .. } => Code::LedgerMismatch,
            LedgerError::NewerSchema { .. } => Code::LedgerNewer,
            LedgerError::OlderSchema { .. } => Code::LedgerOlder,
            LedgerError::Missing(_) => Code::NoLedger,
            LedgerError::NotALedger(_) => Code::NotALedger,
            LedgerError::NoSuchPair(_)
            | LedgerError::NotHeld(..)
            | LedgerError::NoSuchLetter(_)
            | LedgerError::NoSuchBatch(_) => Code::NotInLedger,
            LedgerError::Paired { .. } => Code::AlreadyPaired,
            LedgerError::QuestionChanged(..) => Code::QuestionChanged,
            LedgerError::NoSuchIntent(_) | LedgerError::AlreadyClosed(_) | LedgerError::OpTaken(_) => Code::Bug,
        }
    }

    fn help(&self) -> Option<&'static str> {
        Some(match self {
            LedgerError::Locked { .. } => {
                "wait until it has finished, or stop it; reading and answering work meanwhile"
            }
            LedgerError::Mismatch { .. } => "give every pair of sides a ledger of its own",
            LedgerError::NewerSchema { .. } => "use the newer huntline that wrote it",
            LedgerError::OlderSchema { .. } => "start a sync once: it brings the ledger up to date",
            LedgerError::Missing(_) => "it is made by the first sync",
            LedgerError::Busy => "try again",
            LedgerError::Damaged(_) => {
                "restore the ledger from a copy, or start a new one: both sides are then compared afresh"
            }
            LedgerError::QuestionChanged(..) => "list the open questions again and answer the new one",
            LedgerError::Paired { .. } => "unlink the pair that is there first",
            LedgerError::NoSuchIntent(_) | LedgerError::AlreadyClosed(_) | LedgerError::OpTaken(_) => {
                "this is a fault in huntline; please report it"
            }
            _ => return None,
        })
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LedgerError::Io { path, error } => {
                write!(f, "the ledger's file `{}` cannot be used: {error}", path.display())
            }
            LedgerError::Sqlite(text) => write!(f, "the ledger failed: {text}"),
            LedgerError::Busy => write!(f, "another process is busy with the ledger"),
            LedgerError::Damaged(text) => write!(f, "the ledger is damaged: {text}"),
            LedgerError::Locked { path, pid, since } => {
                match pid {
                    Some(pid) => write!(f, "process {pid} is already syncing with the ledger `{}`", path.display())?,
                    None => write!(f, "another process is already syncing with the ledger `{}`", path.display())?,
                }
                since.map_or(Ok(()), |since| write!(f, ", since {}", datetime::format(since)))
            }
            LedgerError::Mismatch { path, belongs, asked } => {
                write!(f, "the ledger `{}` belongs to `{belongs}`, not to `{asked}`", path.display())
            }
            LedgerError::NewerSchema { path, found, known } => {
                write!(f, "the ledger `{}` has schema {found}; this huntline knows {known}", path.display())
            }
            LedgerError::OlderSchema { path, found, known } => {
                write!(f, "the ledger `{}` has schema {found}; this huntline needs {known}", path.display())
            }
            LedgerError::Missing(path) => write!(f, "there is no ledger at `{}`", path.display()),
            LedgerError::NotALedger(path) => write!(f, "the file `{}` is no ledger", path.display()),
            LedgerError::NoSuchPair(pair) => write!(f, "the ledger has no pair {}", pair.0),
            LedgerError::Paired { defender, sentinel } => {
                write!(f, "Defender's incident `{defender}` is already paired with Sentinel's `{sentinel}`")
            }
            LedgerError::NoSuchIntent(id) => write!(f, "the journal has no write {}", id.0),
            LedgerError::AlreadyClosed(id) => write!(f, "the write {} of the journal is already closed", id.0),
            LedgerError::OpTaken(op) => write!(f, "the journal already has an operation `{op}`"),
            LedgerError::NotHeld(pair, field) => {
                write!(f, "the field `{}` of pair {} is not held", field.name(), pair.0)
            }
            LedgerError::QuestionChanged(pair, field) => {
                write!(f, "the question about `{}` of pair {} has changed meanwhile", field.name(), pair.0)
            }
            LedgerError::NoSuchLetter(id) => write!(f, "the ledger has no dead letter {}", id.0),
            LedgerError::NoSuchBatch(id) => write!(f, "the ledger never handed out a batch {}", id.0),
        }
    }
}

impl std::error::Error for LedgerError {}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::{Error, ErrorCode};
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LedgerError::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => LedgerError::Damaged(error.to_string()),
            Some(_) => LedgerError::Sqlite(error.to_string()),
            None => match error {
                Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::InvalidColumnType(..)
                | Error::Utf8Error(..) => LedgerError::Damaged(error.to_string()),
                other => LedgerError::Sqlite(other.to_string()),
            },
        }
    }
}

impl From<LedgerError> for Diagnostic {
    fn from(error: LedgerError) -> Self {
        let told = Diagnostic::general(error.code(), error.to_string());
        match error.help() {
            Some(help) => told.with_help(help),
            None => told,
        }
    }
}
