//! The journal's writing side: what was decided, what is about to be written, how it ended.
//!
//! In: entries. Out: their numbers. Entries are only ever added; the end of a write is an entry of its own. The database
//! itself refuses to change or delete one.

use super::pairs::incidents;
use super::{Ledger, LedgerError, PairId, one, run, to_json};
use crate::incident::{Field, Fingerprint, Side};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Names an entry; grows with every entry, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct JournalId(pub i64);

/// How something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteKind {
    /// Graph's PATCH of an incident.
    Patch,
    /// ARM's PUT of an incident.
    Put,
    /// A new comment on either side.
    Comment,
}

impl WriteKind {
    /// All.
    pub const ALL: [WriteKind; 3] = [WriteKind::Patch, WriteKind::Put, WriteKind::Comment];

    /// Its name in the ledger and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            WriteKind::Patch => "patch",
            WriteKind::Put => "put",
            WriteKind::Comment => "comment",
        }
    }

    pub(super) fn of_name(name: &str) -> Result<WriteKind, LedgerError> {
        let kind = WriteKind::ALL.into_iter().find(|k| k.name() == name);
        kind.ok_or_else(|| LedgerError::Damaged(format!("there is no write `{name}`")))
    }
}

/// A write that is about to happen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Intent {
    /// The operation: one for every attempt.
    pub op: String,
    /// The pair that it is for.
    pub pair: PairId,
    /// Where.
    pub side: Side,
    /// The incident there: the pair's, or the one it was merged into.
    pub incident: String,
    /// How.
    pub kind: WriteKind,
    /// What is sent.
    pub body: Value,
    /// Of a comment: the fingerprint of what it copies.
    pub fingerprint: Option<Fingerprint>,
    /// The version of the base that it was decided on; 0 before the first.
    pub base_version: i64,
    /// When, ticks.
    pub at: i64,
}

/// How a write ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Closing {
    /// The service did it.
    Done {
        /// The digest of the incident, or of the comment, afterwards.
        digest: String,
        /// Its new etag or time of last update.
        stamp: Option<String>,
    },
    /// The service did not do it.
    Refused {
        /// What it said.
        message: String,
    },
    /// It may have been done or not. The write stays open until it is [`Closing::Recovered`] or otherwise closed.
    Unknown {
        /// What was lost.
        message: String,
    },
    /// Found out later, by reading again.
    Recovered {
        /// True when it had been done.
        seen: bool,
    },
}

impl Closing {
    /// Its name in the ledger.
    pub const fn name(&self) -> &'static str {
        match self {
            Closing::Done { .. } => "done",
            Closing::Refused { .. } => "refused",
            Closing::Unknown { .. } => "unknown",
            Closing::Recovered { .. } => "recovered",
        }
    }

    /// False when it has still to be found out.
    pub const fn is_final(&self) -> bool {
        !matches!(self, Closing::Unknown { .. })
    }
}

/// A closing and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// How.
    pub how: Closing,
    /// When, ticks.
    pub at: i64,
}

/// A value that lost a conflict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loser {
    /// The field.
    pub field: Field,
    /// Whose value it was.
    pub side: Side,
    /// The value.
    pub value: Value,
}

/// What was decided for a pair, with all that is needed to decide it again under another rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// The pair.
    pub pair: PairId,
    /// The rule's name.
    pub rule: String,
    /// The digest of its text.
    pub rule_digest: String,
    /// Everything that the rule was told.
    pub input: Value,
    /// Everything that it said.
    pub outcome: Value,
    /// The values that lost.
    pub losers: Vec<Loser>,
    /// The fields that are held.
    pub holds: Vec<Field>,
    /// When, ticks.
    pub at: i64,
}

/// Anything else worth remembering.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// The pair it is about, if any.
    pub pair: Option<PairId>,
    /// One line.
    pub text: String,
    /// More; null when there is none.
    pub data: Value,
    /// When, ticks.
    pub at: i64,
}

/// The head of an entry. The incidents are those of the pair at this moment.
fn head(conn: &Connection, at: i64, kind: &str, pair: Option<PairId>) -> Result<JournalId, LedgerError> {
    let (defender, sentinel) = pair.map(|pair| incidents(conn, pair)).transpose()?.unzip();
    let sql = "INSERT INTO journal (at, kind, pair, defender, sentinel) VALUES (?1, ?2, ?3, ?4, ?5)";
    run(conn, sql, params![at, kind, pair.map(|p| p.0), defender, sentinel])?;
    Ok(JournalId(conn.last_insert_rowid()))
}

/// Adds a note as a part of another change.
pub(super) fn add_note(conn: &Connection, note: &Note) -> Result<JournalId, LedgerError> {
    let id = head(conn, note.at, "note", note.pair)?;
    let sql = "INSERT INTO note (journal, text, data) VALUES (?1, ?2, ?3)";
    run(conn, sql, params![id.0, note.text, to_json(&note.data)?])?;
    Ok(id)
}

impl Ledger {
    /// Notes a write before it is sent. When this returns, the note is on the disk (unless inside
    /// [`Ledger::together`]), so a crash afterwards is found by [`super::Reader::open_intents`].
    ///
    /// # Errors
    /// When there is no such pair, the operation is already in the journal, or the ledger cannot be written: then
    /// nothing may be sent.
    pub fn begin(&self, intent: &Intent) -> Result<JournalId, LedgerError> {
        let body = to_json(&intent.body)?;
        self.change(|conn| {
            let op = intent.op.as_str();
            if one(conn, "SELECT 1 FROM intent WHERE op = ?1", [op], |_| Ok(()))?.is_some() {
                return Err(LedgerError::OpTaken(op.to_owned()));
            }
            let id = head(conn, intent.at, "write", Some(intent.pair))?;
            let sql = "INSERT INTO intent (journal, op, side, incident, kind, body, fingerprint, base_version)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            let print = intent.fingerprint.as_ref().map(|f| f.0.as_str());
            let (side, kind) = (intent.side.name(), intent.kind.name());
            run(conn, sql, params![id.0, op, side, intent.incident, kind, body, print, intent.base_version])?;
            Ok(id)
        })
    }

    /// Notes how a write ended. `Unknown` leaves it open; every other closing is for good.
    ///
    /// # Errors
    /// When there is no such write, it is already closed for good, or the ledger cannot be written.
    pub fn close(&self, id: JournalId, how: &Closing, at: i64) -> Result<(), LedgerError> {
        let body = to_json(how)?;
        self.change(|conn| {
            let sql = "SELECT EXISTS (SELECT 1 FROM closing WHERE journal = ?1 AND outcome <> 'unknown')
                FROM intent WHERE journal = ?1";
            match one(conn, sql, [id.0], |row| Ok(row.get::<_, bool>(0)?))? {
                None => return Err(LedgerError::NoSuchIntent(id)),
                Some(true) => return Err(LedgerError::AlreadyClosed(id)),
                Some(false) => {}
            }
            let sql = "INSERT INTO closing (journal, at, outcome, body) VALUES (?1, ?2, ?3, ?4)";
            run(conn, sql, params![id.0, at, how.name(), body])?;
            Ok(())
        })
    }

    /// Notes what was decided.
    ///
    /// # Errors
    /// When there is no such pair, or the ledger cannot be written.
    pub fn decide(&self, decision: &Decision) -> Result<JournalId, LedgerError> {
        let (input, outcome) = (to_json(&decision.input)?, to_json(&decision.outcome)?);
        let (losers, holds) = (to_json(&decision.losers)?, to_json(&decision.holds)?);
        self.change(|conn| {
            let id = head(conn, decision.at, "decided", Some(decision.pair))?;
            let sql = "INSERT INTO decision (journal, rule, rule_digest, input, outcome, losers, holds)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let (rule, rule_digest) = (&decision.rule, &decision.rule_digest);
            run(conn, sql, params![id.0, rule, rule_digest, input, outcome, losers, holds])?;
            Ok(id)
        })
    }

    /// Notes anything else.
    ///
    /// # Errors
    /// When it names a pair that is not there, or the ledger cannot be written.
    pub fn note(&self, note: &Note) -> Result<JournalId, LedgerError> {
        self.change(|conn| add_note(conn, note))
    }
}
