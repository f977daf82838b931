//! Dead letters: writes that a service refused for good. They wait for a person, who drops them or has them tried again.

use super::journal::WriteKind;
use super::snapshot::digest;
use super::{Desk, Ledger, LedgerError, PairId, Reader, all, from_json, one, run, side_of, to_json};
use crate::incident::Side;
use rusqlite::{Row, params};
use serde::Serialize;
use serde_json::Value;

/// Names a dead letter; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct LetterId(pub i64);

/// A write that was refused for good.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refusal {
    /// The pair it was for, if it was for one.
    pub pair: Option<PairId>,
    /// Where.
    pub side: Side,
    /// The incident there.
    pub incident: String,
    /// How it was written.
    pub kind: WriteKind,
    /// What was sent.
    pub body: Value,
    /// What the service said.
    pub error: String,
    /// When, ticks.
    pub at: i64,
}

/// A dead letter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Letter {
    /// Its name here.
    pub id: LetterId,
    /// The last refusal.
    pub refusal: Refusal,
    /// How often it was refused.
    pub tries: i64,
    /// The first refusal, ticks.
    pub first: i64,
    /// When somebody wanted it tried again, ticks; `None` while it just lies there.
    pub retry_at: Option<i64>,
}

const COLUMNS: &str = "SELECT id, pair, side, incident, kind, body, error, tries, first, last, retry_at FROM letter";

fn read(row: &Row<'_>) -> Result<Letter, LedgerError> {
    let id = LetterId(row.get("id")?);
    let refusal = Refusal {
        pair: row.get::<_, Option<i64>>("pair")?.map(PairId),
        side: side_of(&row.get::<_, String>("side")?)?,
        incident: row.get("incident")?,
        kind: WriteKind::of_name(&row.get::<_, String>("kind")?)?,
        body: from_json(&row.get::<_, String>("body")?, &format!("dead letter {}", id.0))?,
        error: row.get("error")?,
        at: row.get("last")?,
    };
    let (tries, first, retry_at) = (row.get("tries")?, row.get("first")?, row.get("retry_at")?);
    Ok(Letter { id, refusal, tries, first, retry_at })
}

impl Reader {
    /// All dead letters, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn letters(&self) -> Result<Vec<Letter>, LedgerError> {
        all(&self.conn, &format!("{COLUMNS} ORDER BY id"), [], read)
    }

    /// The dead letters that somebody wants tried again, oldest wish first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn retries(&self) -> Result<Vec<Letter>, LedgerError> {
        all(&self.conn, &format!("{COLUMNS} WHERE retry_at IS NOT NULL ORDER BY retry_at, id"), [], read)
    }
}

impl Desk {
    /// Throws a dead letter away.
    ///
    /// # Errors
    /// When there is no such letter, or the ledger cannot be written.
    pub fn drop_letter(&self, id: LetterId) -> Result<(), LedgerError> {
        self.change(|conn| match run(conn, "DELETE FROM letter WHERE id = ?1", [id.0])? {
            0 => Err(LedgerError::NoSuchLetter(id)),
            _ => Ok(()),
        })
    }

    /// Asks the sync to try a dead letter again: it comes up in [`Reader::retries`]. The sync drops it when it succeeds;
    /// a new refusal takes the wish back.
    ///
    /// # Errors
    /// When there is no such letter, or the ledger cannot be written.
    pub fn retry_letter(&self, id: LetterId, at: i64) -> Result<(), LedgerError> {
        self.change(|conn| match run(conn, "UPDATE letter SET retry_at = ?2 WHERE id = ?1", [id.0, at])? {
            0 => Err(LedgerError::NoSuchLetter(id)),
            _ => Ok(()),
        })
    }
}

impl Ledger {
    /// Keeps a write that was refused for good. The same write to the same incident (whatever its etag) is the same
    /// letter: its tries are counted.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn bury(&self, refusal: &Refusal) -> Result<LetterId, LedgerError> {
        let (body, digest) = (to_json(&refusal.body)?, digest(&refusal.body));
        let sql = "INSERT INTO letter (pair, side, incident, kind, body, digest, error, first, last)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
            ON CONFLICT (side, incident, kind, digest) DO UPDATE SET pair = excluded.pair, body = excluded.body,
            error = excluded.error, tries = tries + 1, last = excluded.last, retry_at = NULL RETURNING id";
        let (pair, side, kind) = (refusal.pair.map(|p| p.0), refusal.side.name(), refusal.kind.name());
        self.change(|conn| {
            let key = params![pair, side, refusal.incident, kind, body, digest, refusal.error, refusal.at];
            let id = one(conn, sql, key, |row| Ok(LetterId(row.get(0)?)))?;
            id.ok_or_else(|| LedgerError::Sqlite("a dead letter has no number".to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::fresh;
    use serde_json::json;

    #[test]
    fn the_same_refusal_is_one_letter() {
        let (_dir, ledger) = fresh();
        let refused = |etag: &str, status: &str, at| Refusal {
            pair: None,
            side: Side::Sentinel,
            incident: "a".into(),
            kind: WriteKind::Put,
            body: json!({ "etag": etag, "status": status }),
            error: format!("bad request at {at}"),
            at,
        };
        let id = ledger.bury(&refused("1", "Closed", 5)).unwrap();
        ledger.retry_letter(id, 6).unwrap();
        assert_eq!(ledger.retries().unwrap().len(), 1);
        assert_eq!(ledger.bury(&refused("2", "Closed", 7)).unwrap(), id);
        let letter = Letter { id, refusal: refused("2", "Closed", 7), tries: 2, first: 5, retry_at: None };
        assert_eq!(ledger.letters().unwrap(), [letter]);
        assert_ne!(ledger.bury(&refused("2", "Active", 8)).unwrap(), id);
        ledger.drop_letter(id).unwrap();
        assert!(matches!(ledger.drop_letter(id), Err(LedgerError::NoSuchLetter(_))));
        assert!(matches!(ledger.retry_letter(id, 9), Err(LedgerError::NoSuchLetter(_))));
        assert_eq!(ledger.letters().unwrap().len(), 1);
    }
}
