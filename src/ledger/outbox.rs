//! The outbox: rows of the incident tables on their way into the mirror.
//!
//! In: rows, in the order in which they came about. Out: batches. A batch stays the same, with the same name and rows,
//! until it is acknowledged, also over a crash: whoever imports it can tell that it has it already.

use super::snapshot::{digest, hex};
use super::{Ledger, LedgerError, all, from_json, one, run, to_json};
use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::Value;

/// Names a batch of one ledger; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct BatchId(pub i64);

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutRow {
    /// The table's name.
    pub table: String,
    /// The row, an object by column.
    pub row: Value,
    /// The digest of the row.
    pub digest: String,
}

impl OutRow {
    /// A row with its digest.
    pub fn new(table: impl Into<String>, row: Value) -> OutRow {
        let digest = digest(&row);
        OutRow { table: table.into(), row, digest }
    }
}

/// Rows that are exported together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Batch {
    /// Its name.
    pub id: BatchId,
    /// The digest of all its rows: names it also among the batches of other ledgers.
    pub digest: String,
    /// The rows, oldest first, of any tables.
    pub rows: Vec<OutRow>,
}

fn rows(conn: &Connection, last: i64) -> Result<Vec<OutRow>, LedgerError> {
    all(conn, "SELECT tab, row, digest FROM outbox WHERE id <= ?1 ORDER BY id", [last], |row| {
        let table: String = row.get(0)?;
        let place = format!("a row of `{table}` in the outbox");
        Ok(OutRow { row: from_json(&row.get::<_, String>(1)?, &place)?, digest: row.get(2)?, table })
    })
}

impl Ledger {
    /// Puts rows into the outbox. Inside [`Ledger::together`] they are there with what they tell of, or not at all.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn push_rows<'a>(&self, new: impl IntoIterator<Item = &'a OutRow>) -> Result<(), LedgerError> {
        self.change(|conn| {
            for row in new {
                let sql = "INSERT INTO outbox (tab, row, digest) VALUES (?1, ?2, ?3)";
                run(conn, sql, params![row.table, to_json(&row.row)?, row.digest])?;
            }
            Ok(())
        })
    }

    /// The batch that is out, or a new one of at most `limit` rows; `None` when the outbox is empty.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn pending(&self, limit: usize) -> Result<Option<Batch>, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX).max(1);
        self.change(|conn| {
            let out = one(conn, "SELECT id, last FROM batch", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let (id, last): (i64, i64) = match out {
                Some(out) => out,
                None => {
                    let sql = "SELECT max(id) FROM (SELECT id FROM outbox ORDER BY id LIMIT ?1)";
                    let last = one(conn, sql, [limit], |row| Ok(row.get::<_, Option<i64>>(0)?))?.flatten();
                    let Some(last) = last else { return Ok(None) };
                    run(conn, "INSERT INTO batch (last) VALUES (?1)", [last])?;
                    (conn.last_insert_rowid(), last)
                }
            };
            let rows = rows(conn, last)?;
            let digests: String = rows.iter().map(|row| format!("{} {}\n", row.table, row.digest)).collect();
            Ok(Some(Batch { id: BatchId(id), digest: hex(digests.as_bytes()), rows }))
        })
    }

    /// Takes a batch out of the outbox, once its rows are safe elsewhere; how many rows. An earlier batch again changes
    /// nothing.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchBatch`] for one that was never handed out, or when the ledger cannot be written.
    pub fn acknowledge(&self, batch: BatchId) -> Result<usize, LedgerError> {
        self.change(|conn| {
            let sql = "DELETE FROM batch WHERE id = ?1 RETURNING last";
            if let Some(last) = one(conn, sql, [batch.0], |row| Ok(row.get::<_, i64>(0)?))? {
                return run(conn, "DELETE FROM outbox WHERE id <= ?1", [last]);
            }
            let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'batch'";
            let newest = one(conn, sql, [], |row| Ok(row.get::<_, i64>(0)?))?.unwrap_or(0);
            match (1..=newest).contains(&batch.0) {
                true => Ok(0),
                false => Err(LedgerError::NoSuchBatch(batch)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::{fresh, sides};
    use serde_json::json;

    #[test]
    fn a_batch_stays_until_it_is_acknowledged() {
        let (dir, ledger) = fresh();
        assert_eq!(ledger.pending(10).unwrap(), None);
        let rows: Vec<OutRow> = (0..5).map(|n| OutRow::new("SecurityIncident", json!({ "n": n }))).collect();
        ledger.push_rows(&rows[..3]).unwrap();
        let batch = ledger.pending(2).unwrap().unwrap();
        assert_eq!(batch.rows, rows[..2]);
        ledger.push_rows(&rows[3..]).unwrap();
        drop(ledger);
        let ledger = Ledger::open(&dir.path().join("ledger"), &sides()).unwrap();
        assert_eq!(ledger.pending(100).unwrap(), Some(batch.clone()));
        assert_eq!(ledger.acknowledge(batch.id).unwrap(), 2);
        assert_eq!(ledger.acknowledge(batch.id).unwrap(), 0);
        let next = ledger.pending(100).unwrap().unwrap();
        assert_eq!(next.rows, rows[2..]);
        assert!(next.id > batch.id && next.digest != batch.digest);
        assert!(matches!(ledger.acknowledge(BatchId(9)), Err(LedgerError::NoSuchBatch(_))));
        assert_eq!(ledger.acknowledge(next.id).unwrap(), 3);
        assert_eq!(ledger.pending(1).unwrap(), None);
    }
}
