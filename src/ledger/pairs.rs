//! Pairs: which two incidents are one, what they last agreed on, what is counted about them, what we last wrote.
//!
//! In: links, bases, marks. Out: the same. A pair stays when it is unlinked, so that it is not joined again by itself; a
//! new link that needs one of its incidents takes its place.

use super::{Desk, Ledger, LedgerError, PAGE, Reader, all, count, from_json, one, pages, run, to_json};
use crate::incident::{Field, Side};
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Names a pair in one ledger; never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct PairId(pub i64);

/// Why something was set aside, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Why.
    pub reason: String,
    /// When, ticks.
    pub at: i64,
}

/// Two incidents that are one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// Its name here.
    pub id: PairId,
    /// The incident in Defender.
    pub defender: String,
    /// The incident in Sentinel.
    pub sentinel: String,
    /// How they were joined.
    pub joined: String,
    /// When they were joined, ticks.
    pub since: i64,
    /// How many bases were settled so far.
    pub version: i64,
    /// When the last base was settled, ticks; `None` before the first.
    pub settled: Option<i64>,
    /// Set while nothing may be written.
    pub frozen: Option<Mark>,
    /// Set when the two are no longer one.
    pub unlinked: Option<Mark>,
    #[serde(skip)]
    base: Option<String>,
}

impl Pair {
    /// A pair that a dry run would link: no ledger knows it.
    pub fn planned(defender: &str, sentinel: &str) -> Pair {
        Pair {
            id: PairId(0),
            defender: defender.to_owned(),
            sentinel: sentinel.to_owned(),
            joined: String::new(),
            since: 0,
            version: 0,
            settled: None,
            frozen: None,
            unlinked: None,
            base: None,
        }
    }

    /// What both sides last agreed on; `None` before the first agreement.
    ///
    /// # Errors
    /// When the stored JSON is no such base.
    pub fn base<B: DeserializeOwned>(&self) -> Result<Option<B>, LedgerError> {
        let what = format!("the base of pair {}", self.id.0);
        self.base.as_deref().map(|text| from_json(text, &what)).transpose()
    }
}

/// What we last wrote to a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Echo {
    /// The digest of the value.
    pub digest: String,
    /// The operation that wrote it, as in the journal.
    pub op: String,
}

const COLUMNS: &str =
    "SELECT id, defender, sentinel, joined, since, base, version, settled, frozen, frozen_at, unlinked,
    unlinked_at FROM pair";

fn read(row: &Row<'_>) -> Result<Pair, LedgerError> {
    let mark = |reason: Option<String>, at: Option<i64>| reason.zip(at).map(|(reason, at)| Mark { reason, at });
    Ok(Pair {
        id: PairId(row.get("id")?),
        defender: row.get("defender")?,
        sentinel: row.get("sentinel")?,
        joined: row.get("joined")?,
        since: row.get("since")?,
        version: row.get("version")?,
        settled: row.get("settled")?,
        frozen: mark(row.get("frozen")?, row.get("frozen_at")?),
        unlinked: mark(row.get("unlinked")?, row.get("unlinked_at")?),
        base: row.get("base")?,
    })
}

/// The two incidents of a pair.
pub(super) fn incidents(conn: &Connection, pair: PairId) -> Result<(String, String), LedgerError> {
    one(conn, "SELECT defender, sentinel FROM pair WHERE id = ?1", [pair.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .ok_or(LedgerError::NoSuchPair(pair))
}

impl Reader {
    /// The pair of a Defender incident, unlinked or not.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn pair(&self, defender: &str) -> Result<Option<Pair>, LedgerError> {
        one(&self.conn, &format!("{COLUMNS} WHERE defender = ?1"), [defender], read)
    }

    /// The pair of a Sentinel incident, unlinked or not.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn pair_by_sentinel(&self, sentinel: &str) -> Result<Option<Pair>, LedgerError> {
        one(&self.conn, &format!("{COLUMNS} WHERE sentinel = ?1"), [sentinel], read)
    }

    /// The pair of that id.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn pair_by_id(&self, pair: PairId) -> Result<Option<Pair>, LedgerError> {
        one(&self.conn, &format!("{COLUMNS} WHERE id = ?1"), [pair.0], read)
    }

    /// All pairs in the order in which they were joined. What is joined meanwhile may come too.
    pub fn pairs(&self) -> impl Iterator<Item = Result<Pair, LedgerError>> {
        let sql = format!("{COLUMNS} WHERE id > ?1 ORDER BY id LIMIT ?2");
        pages(move |last| all(&self.conn, &sql, [last, PAGE], read), |pair| pair.id.0)
    }

    /// How often a field turned at or after a time.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn flips(&self, pair: PairId, field: Field, since: i64) -> Result<u64, LedgerError> {
        let sql = "SELECT count(*) FROM turn WHERE pair = ?1 AND field = ?2 AND at >= ?3";
        count(&self.conn, sql, params![pair.0, field.name(), since])
    }

    /// How often the pair was reopened at or after a time.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn reopens(&self, pair: PairId, since: i64) -> Result<u64, LedgerError> {
        count(&self.conn, "SELECT count(*) FROM turn WHERE pair = ?1 AND field IS NULL AND at >= ?2", [pair.0, since])
    }

    /// When writes to a pair were begun at or after a time, oldest first, whatever became of them: what a rate fuse
    /// counts. Taken from the journal.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn writes(&self, pair: PairId, since: i64) -> Result<Vec<i64>, LedgerError> {
        let sql = "SELECT at FROM journal WHERE kind = 'write' AND pair = ?1 AND at >= ?2 ORDER BY at";
        all(&self.conn, sql, [pair.0, since], |row| Ok(row.get(0)?))
    }

    /// What we last wrote to a field of a side.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_written(&self, pair: PairId, side: Side, field: Field) -> Result<Option<Echo>, LedgerError> {
        let sql = "SELECT digest, op FROM echo WHERE pair = ?1 AND side = ?2 AND field = ?3";
        let key = params![pair.0, side.name(), field.name()];
        one(&self.conn, sql, key, |row| Ok(Echo { digest: row.get(0)?, op: row.get(1)? }))
    }
}

impl Desk {
    /// Keeps the sync from writing to a pair. A pass that has already decided may still finish its writes.
    ///
    /// # Errors
    /// When there is no such pair, or the ledger cannot be written.
    pub fn freeze(&self, pair: PairId, reason: &str, at: i64) -> Result<(), LedgerError> {
        self.flag(pair, "UPDATE pair SET frozen = ?2, frozen_at = ?3 WHERE id = ?1", Some((reason, at)))
    }

    /// Lets the sync write to a pair again.
    ///
    /// # Errors
    /// When there is no such pair, or the ledger cannot be written.
    pub fn unfreeze(&self, pair: PairId) -> Result<(), LedgerError> {
        self.flag(pair, "UPDATE pair SET frozen = ?2, frozen_at = ?3 WHERE id = ?1", None)
    }

    /// Says that the two incidents are no longer one.
    ///
    /// # Errors
    /// When there is no such pair, or the ledger cannot be written.
    pub fn unlink(&self, pair: PairId, reason: &str, at: i64) -> Result<(), LedgerError> {
        self.flag(pair, "UPDATE pair SET unlinked = ?2, unlinked_at = ?3 WHERE id = ?1", Some((reason, at)))
    }

    fn flag(&self, pair: PairId, sql: &str, mark: Option<(&str, i64)>) -> Result<(), LedgerError> {
        let (reason, at) = mark.unzip();
        self.change(|conn| match run(conn, sql, params![pair.0, reason, at])? {
            0 => Err(LedgerError::NoSuchPair(pair)),
            _ => Ok(()),
        })
    }
}

impl Ledger {
    /// Joins two incidents. The same link again is the pair that is there. Pairs that were unlinked give way, with their
    /// base, echoes and holds: the new pair begins afresh.
    ///
    /// # Errors
    /// [`LedgerError::Paired`] when one of the two belongs to another linked pair, or the ledger cannot be written.
    pub fn link(&self, defender: &str, sentinel: &str, joined: &str, at: i64) -> Result<Pair, LedgerError> {
        self.change(|conn| {
            let there =
                all(conn, &format!("{COLUMNS} WHERE defender = ?1 OR sentinel = ?2"), [defender, sentinel], read)?;
            for old in there {
                let same = old.defender.eq_ignore_ascii_case(defender) && old.sentinel.eq_ignore_ascii_case(sentinel);
                match (same, &old.unlinked) {
                    (true, None) => return Ok(old),
                    (false, None) => {
                        return Err(LedgerError::Paired { defender: old.defender, sentinel: old.sentinel });
                    }
                    (_, Some(_)) => run(conn, "DELETE FROM pair WHERE id = ?1", [old.id.0])?,
                };
            }
            let sql = "INSERT INTO pair (defender, sentinel, joined, since) VALUES (?1, ?2, ?3, ?4)";
            run(conn, sql, params![defender, sentinel, joined, at])?;
            let id = PairId(conn.last_insert_rowid());
            one(conn, &format!("{COLUMNS} WHERE id = ?1"), [id.0], read)?.ok_or(LedgerError::NoSuchPair(id))
        })
    }

    /// Notes what both sides now agree on; the version of this base.
    ///
    /// # Errors
    /// When there is no such pair, or the ledger cannot be written.
    pub fn settle<B: Serialize + ?Sized>(&self, pair: PairId, base: &B, at: i64) -> Result<i64, LedgerError> {
        let text = to_json(&base)?;
        let sql = "UPDATE pair SET base = ?2, version = version + 1, settled = ?3 WHERE id = ?1 RETURNING version";
        self.change(|conn| {
            one(conn, sql, params![pair.0, text, at], |row| Ok(row.get(0)?))?.ok_or(LedgerError::NoSuchPair(pair))
        })
    }

    /// Counts a turn of a field.
    ///
    /// # Errors
    /// When there is no such pair, or the ledger cannot be written.
    pub fn flip(&self, pair: PairId, field: Field, at: i64) -> Result<(), LedgerError> {
        self.turn(pair, Some(field.name()), at)
    }

    /// Counts a reopening.
    ///
    /// # Errors
    /// When there is no such pair, or the ledger cannot be written.
    pub fn reopened(&self, pair: PairId, at: i64) -> Result<(), LedgerError> {
        self.turn(pair, None, at)
    }

    fn turn(&self, pair: PairId, field: Option<&str>, at: i64) -> Result<(), LedgerError> {
        self.change(|conn| {
            incidents(conn, pair)?;
            run(conn, "INSERT INTO turn (pair, field, at) VALUES (?1, ?2, ?3)", params![pair.0, field, at])?;
            Ok(())
        })
    }

    /// Notes what was last written to a field of a side, so that it is known when it comes back.
    ///
    /// # Errors
    /// When there is no such pair, or the ledger cannot be written.
    pub fn wrote(&self, pair: PairId, side: Side, field: Field, digest: &str, op: &str) -> Result<(), LedgerError> {
        let sql = "INSERT INTO echo (pair, side, field, digest, op) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET digest = excluded.digest, op = excluded.op";
        self.change(|conn| {
            incidents(conn, pair)?;
            run(conn, sql, params![pair.0, side.name(), field.name(), digest, op])?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{DefenderIncident, SentinelIncident};
    use crate::ledger::tests::{fresh, intent};

    #[test]
    fn a_settled_base_comes_back_whole() {
        let (_dir, ledger) = fresh();
        let pair = ledger.link("7", "AB-cd", "provider", 1).unwrap();
        assert_eq!((pair.version, pair.base::<()>().unwrap()), (0, None));
        let mut defender = DefenderIncident::new("7");
        defender.other.insert("priorityScore".into(), 0.1.into());
        let base = (defender, SentinelIncident::new("AB-cd"));
        assert_eq!(ledger.settle(pair.id, &base, 2).unwrap(), 1);
        assert_eq!(ledger.settle(pair.id, &base, 3).unwrap(), 2);
        let pair = ledger.pair_by_sentinel("ab-CD").unwrap().unwrap();
        assert_eq!((pair.version, pair.settled, pair.defender.as_str()), (2, Some(3), "7"));
        assert_eq!(pair.base().unwrap(), Some(base));
        assert!(matches!(pair.base::<Vec<i64>>(), Err(LedgerError::Damaged(_))));
        assert!(matches!(ledger.settle(PairId(9), &1, 3), Err(LedgerError::NoSuchPair(PairId(9)))));
    }

    #[test]
    fn an_incident_is_in_one_pair() {
        let (_dir, ledger) = fresh();
        let first = ledger.link("7", "a", "provider", 1).unwrap();
        assert_eq!(ledger.link("7", "A", "provider", 2).unwrap(), first);
        for (d, s) in [("7", "b"), ("8", "a")] {
            let told = ledger.link(d, s, "provider", 2).unwrap_err();
            assert_eq!(told.to_string(), "Defender's incident `7` is already paired with Sentinel's `a`");
        }
        ledger.wrote(first.id, Side::Defender, Field::Owner, "x", "op").unwrap();
        ledger.unlink(first.id, "merged", 3).unwrap();
        assert_eq!(ledger.pair("7").unwrap().unwrap().unlinked, Some(Mark { reason: "merged".into(), at: 3 }));
        let second = ledger.link("7", "b", "provider", 4).unwrap();
        assert!(second.id > first.id);
        assert_eq!(ledger.pair_by_sentinel("a").unwrap(), None);
        assert_eq!(ledger.last_written(first.id, Side::Defender, Field::Owner).unwrap(), None);
        assert_eq!(ledger.pairs().map(|p| p.unwrap().id).collect::<Vec<_>>(), [second.id]);
    }

    #[test]
    fn counts_and_marks() {
        let (_dir, ledger) = fresh();
        let pair = ledger.link("7", "a", "provider", 1).unwrap().id;
        for at in [10, 20, 30] {
            ledger.flip(pair, Field::Status, at).unwrap();
            ledger.begin(&intent(pair, &format!("op {at}"), at)).unwrap();
        }
        ledger.reopened(pair, 20).unwrap();
        assert_eq!(ledger.flips(pair, Field::Status, 20).unwrap(), 2);
        assert_eq!(ledger.flips(pair, Field::Owner, 0).unwrap(), 0);
        assert_eq!((ledger.reopens(pair, 20).unwrap(), ledger.reopens(pair, 21).unwrap()), (1, 0));
        assert_eq!(ledger.writes(pair, 20).unwrap(), [20, 30]);
        ledger.freeze(pair, "asked to", 5).unwrap();
        assert!(ledger.pair("7").unwrap().unwrap().frozen.is_some());
        ledger.unfreeze(pair).unwrap();
        assert_eq!(ledger.pair("7").unwrap().unwrap().frozen, None);
        assert!(matches!(ledger.freeze(PairId(9), "x", 5), Err(LedgerError::NoSuchPair(_))));
        for digest in ["x", "y"] {
            ledger.wrote(pair, Side::Sentinel, Field::Tags, digest, "op").unwrap();
        }
        let echo = Echo { digest: "y".into(), op: "op".into() };
        assert_eq!(ledger.last_written(pair, Side::Sentinel, Field::Tags).unwrap(), Some(echo));
    }
}
