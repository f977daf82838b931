//! How the sync stands: the polls of both sides, and what waits.
//!
//! In: the end of every poll. Out: watermarks, counts, and how far behind everything is.

use super::{Ledger, LedgerError, Reader, count, one, run};
use crate::incident::Side;
use rusqlite::{Connection, params};
use serde::Serialize;

/// What is known of the polls of a side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Poll {
    /// Changes up to here were read, ticks by the service's clock; `None` before the first poll.
    pub watermark: Option<i64>,
    /// When a poll last succeeded, ticks.
    pub ok_at: Option<i64>,
    /// What the last failed poll was told; `None` once a poll has succeeded after it.
    pub error: Option<String>,
    /// When that was, ticks.
    pub error_at: Option<i64>,
}

/// Counts for `sync status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Pairs that are linked.
    pub pairs: u64,
    /// Linked pairs on whose base both sides have never agreed.
    pub unsettled: u64,
    /// Linked pairs that are frozen.
    pub frozen: u64,
    /// Pairs that were unlinked.
    pub unlinked: u64,
    /// Fields that are held.
    pub held: u64,
    /// Held fields whose answer waits for the sync.
    pub answered: u64,
    /// Dead letters.
    pub letters: u64,
    /// Writes of which it is not known whether they were done.
    pub open_intents: u64,
    /// Snapshots that changed since they were decided.
    pub queue: u64,
    /// When the first of them was read, ticks.
    pub queue_since: Option<i64>,
    /// Rows that wait for the mirror.
    pub outbox: u64,
    /// Defender's polls.
    pub defender: Poll,
    /// Sentinel's polls.
    pub sentinel: Poll,
}

impl Stats {
    /// How far behind the sync is, ticks: since the older of both sides' last good polls, or since the first snapshot
    /// in the queue was read, whichever is longer ago. `None` while a side was never polled.
    pub fn lag(&self, now: i64) -> Option<i64> {
        let polled = self.defender.ok_at?.min(self.sentinel.ok_at?);
        let since = self.queue_since.map_or(polled, |queued| queued.min(polled));
        Some(now.saturating_sub(since).max(0))
    }
}

fn poll(conn: &Connection, side: Side) -> Result<Poll, LedgerError> {
    let sql = "SELECT watermark, ok_at, error, error_at FROM poll WHERE side = ?1";
    let found = one(conn, sql, [side.name()], |row| {
        Ok(Poll { watermark: row.get(0)?, ok_at: row.get(1)?, error: row.get(2)?, error_at: row.get(3)? })
    })?;
    Ok(found.unwrap_or_default())
}

impl Reader {
    /// What is known of the polls of a side.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn poll(&self, side: Side) -> Result<Poll, LedgerError> {
        poll(&self.conn, side)
    }

    /// How the sync stands, all of one moment.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn stats(&self) -> Result<Stats, LedgerError> {
        self.view(|conn| {
            let number = |sql| count(conn, sql, []);
            let since = "SELECT min(read_at) FROM snapshot WHERE decided < changed";
            Ok(Stats {
                pairs: number("SELECT count(*) FROM pair WHERE unlinked IS NULL")?,
                unsettled: number("SELECT count(*) FROM pair WHERE unlinked IS NULL AND base IS NULL")?,
                frozen: number("SELECT count(*) FROM pair WHERE unlinked IS NULL AND frozen IS NOT NULL")?,
                unlinked: number("SELECT count(*) FROM pair WHERE unlinked IS NOT NULL")?,
                held: number("SELECT count(*) FROM hold")?,
                answered: number("SELECT count(*) FROM hold WHERE answer IS NOT NULL")?,
                letters: number("SELECT count(*) FROM letter")?,
                open_intents: number(
                    "SELECT count(*) FROM intent i WHERE NOT EXISTS
                        (SELECT 1 FROM closing c WHERE c.journal = i.journal AND c.outcome <> 'unknown')",
                )?,
                queue: number("SELECT count(*) FROM snapshot WHERE decided < changed")?,
                queue_since: one(conn, since, [], |row| Ok(row.get(0)?))?.flatten(),
                outbox: number("SELECT count(*) FROM outbox")?,
                defender: poll(conn, Side::Defender)?,
                sentinel: poll(conn, Side::Sentinel)?,
            })
        })
    }
}

impl Ledger {
    /// Notes a poll that succeeded, and the watermark that it reached: it never goes back. Inside [`Ledger::together`]
    /// with the snapshots that it read, so that neither is there without the other.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn polled(&self, side: Side, watermark: Option<i64>, at: i64) -> Result<(), LedgerError> {
        let sql = "INSERT INTO poll (side, watermark, ok_at) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
            watermark = coalesce(max(watermark, excluded.watermark), watermark, excluded.watermark),
            ok_at = excluded.ok_at, error = NULL, error_at = NULL";
        self.change(|conn| run(conn, sql, params![side.name(), watermark, at]).map(drop))
    }

    /// Notes a poll that failed.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn poll_failed(&self, side: Side, error: &str, at: i64) -> Result<(), LedgerError> {
        let sql = "INSERT INTO poll (side, error, error_at) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
            error = excluded.error, error_at = excluded.error_at";
        self.change(|conn| run(conn, sql, params![side.name(), error, at]).map(drop))
    }

    /// Forgets the watermark of a side: the next poll reads everything.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn poll_afresh(&self, side: Side) -> Result<(), LedgerError> {
        self.change(|conn| run(conn, "UPDATE poll SET watermark = NULL WHERE side = ?1", [side.name()]).map(drop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::{fresh, intent};
    use crate::ledger::{Closing, OutRow, Snapshot};
    use serde_json::json;

    #[test]
    fn a_watermark_never_goes_back_and_an_error_passes() {
        let (_dir, ledger) = fresh();
        assert_eq!(ledger.poll(Side::Defender).unwrap(), Poll::default());
        ledger.poll_failed(Side::Defender, "throttled", 1).unwrap();
        assert_eq!(ledger.poll(Side::Defender).unwrap().error.as_deref(), Some("throttled"));
        for (mark, kept) in
            [(None, None), (Some(10), Some(10)), (Some(8), Some(10)), (None, Some(10)), (Some(12), Some(12))]
        {
            ledger.polled(Side::Defender, mark, 20).unwrap();
            assert_eq!(ledger.poll(Side::Defender).unwrap().watermark, kept, "{mark:?}");
        }
        ledger.poll_failed(Side::Defender, "denied", 30).unwrap();
        let poll = ledger.poll(Side::Defender).unwrap();
        assert_eq!((poll.watermark, poll.ok_at, poll.error_at), (Some(12), Some(20), Some(30)));
        ledger.poll_afresh(Side::Defender).unwrap();
        assert_eq!(ledger.poll(Side::Defender).unwrap().watermark, None);
    }

    #[test]
    fn everything_that_waits_is_counted() {
        let (_dir, ledger) = fresh();
        let pair = ledger.link("7", "a", "provider", 1).unwrap().id;
        let gone = ledger.link("8", "b", "provider", 1).unwrap().id;
        ledger.unlink(gone, "merged", 2).unwrap();
        let ids: Vec<_> = ["1", "2"].map(|op| ledger.begin(&intent(pair, op, 3)).unwrap()).into();
        ledger.close(ids[0], &Closing::Recovered { seen: false }, 4).unwrap();
        ledger.close(ids[1], &Closing::Unknown { message: "reset".into() }, 4).unwrap();
        ledger.push_rows(&[OutRow::new("SecurityIncident", json!({}))]).unwrap();
        let body = json!({});
        let read =
            Snapshot { side: Side::Defender, incident: "7".into(), body, last_update: None, comments: 0, read_at: 50 };
        ledger.put_snapshot(&read).unwrap();
        let stats = ledger.stats().unwrap();
        assert_eq!((stats.pairs, stats.unlinked, stats.unsettled, stats.open_intents), (1, 1, 1, 1));
        assert_eq!((stats.queue, stats.queue_since, stats.outbox, stats.held), (1, Some(50), 1, 0));
        assert_eq!(stats.lag(100), None, "a side that was never polled");
        ledger.polled(Side::Defender, None, 90).unwrap();
        ledger.polled(Side::Sentinel, None, 80).unwrap();
        assert_eq!(ledger.stats().unwrap().lag(100), Some(50));
        ledger.decided(Side::Defender, "7", 1).unwrap();
        assert_eq!(ledger.stats().unwrap().lag(100), Some(20));
    }
}
