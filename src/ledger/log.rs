//! The journal's reading side, and its pruning.
//!
//! In: what is looked for. Out: entries with everything that belongs to them, in the order in which they were made.

use super::journal::{Closed, Decision, Intent, Note};
use super::{JournalId, Ledger, LedgerError, PAGE, PairId, Reader, WriteKind, all, from_json, pages, run, side_of};
use crate::incident::Fingerprint;
use rusqlite::{Row, params};
use serde::Serialize;

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Its number.
    pub id: JournalId,
    /// When, ticks.
    pub at: i64,
    /// The Defender incident of the pair it is about, as it was then.
    pub defender: Option<String>,
    /// The Sentinel incident of the pair it is about, as it was then.
    pub sentinel: Option<String>,
    /// What it says.
    pub what: What,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum What {
    /// A write was begun.
    Write {
        /// The write.
        intent: Intent,
        /// How it ended so far; empty while nothing is known.
        closings: Vec<Closed>,
    },
    /// Something was decided.
    Decided(Decision),
    /// Something else.
    Note(Note),
}

/// Which entries; everything that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// An incident of either side, also one that others were merged into.
    pub incident: Option<String>,
    /// At or after, ticks.
    pub from: Option<i64>,
    /// Before, ticks.
    pub to: Option<i64>,
    /// Only the last so many.
    pub last: Option<usize>,
}

/// A write of which it is not known whether it was done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Opened {
    /// Its entry.
    pub id: JournalId,
    /// The write.
    pub intent: Intent,
    /// Empty after a crash; else the `Unknown` closings so far.
    pub closings: Vec<Closed>,
}

const COLUMNS: &str = "SELECT j.id, j.at, j.kind, j.pair, j.defender, j.sentinel,
    i.op, i.side, i.incident, i.kind AS write, i.body, i.fingerprint, i.base_version,
    (SELECT json_group_array(json_object('at', c.at, 'how', json(c.body)) ORDER BY c.rowid)
        FROM closing c WHERE c.journal = j.id) AS closings,
    d.rule, d.rule_digest, d.input, d.outcome, d.losers, d.holds,
    n.text, n.data
    FROM journal j LEFT JOIN intent i ON i.journal = j.id LEFT JOIN decision d ON d.journal = j.id
    LEFT JOIN note n ON n.journal = j.id";

/// Holds for a write `i` that is not closed for good.
const OPEN: &str = "NOT EXISTS (SELECT 1 FROM closing c WHERE c.journal = i.journal AND c.outcome <> 'unknown')";

fn read(row: &Row<'_>) -> Result<Entry, LedgerError> {
    let (id, at) = (JournalId(row.get("id")?), row.get("at")?);
    let pair = row.get::<_, Option<i64>>("pair")?.map(PairId);
    let place = format!("entry {} of the journal", id.0);
    let of_pair = || pair.ok_or_else(|| LedgerError::Damaged(format!("{place} names no pair")));
    let text = |name: &str| row.get::<_, String>(name);
    let what = match text("kind")?.as_str() {
        "write" => {
            let intent = Intent {
                op: row.get("op")?,
                pair: of_pair()?,
                side: side_of(&text("side")?)?,
                incident: row.get("incident")?,
                kind: WriteKind::of_name(&text("write")?)?,
                body: from_json(&text("body")?, &place)?,
                fingerprint: row.get::<_, Option<String>>("fingerprint")?.map(Fingerprint),
                base_version: row.get("base_version")?,
                at,
            };
            What::Write { intent, closings: from_json(&text("closings")?, &place)? }
        }
        "decided" => What::Decided(Decision {
            pair: of_pair()?,
            rule: row.get("rule")?,
            rule_digest: row.get("rule_digest")?,
            input: from_json(&text("input")?, &place)?,
            outcome: from_json(&text("outcome")?, &place)?,
            losers: from_json(&text("losers")?, &place)?,
            holds: from_json(&text("holds")?, &place)?,
            at,
        }),
        "note" => What::Note(Note { pair, text: row.get("text")?, data: from_json(&text("data")?, &place)?, at }),
        other => return Err(LedgerError::Damaged(format!("{place} is of the unknown kind `{other}`"))),
    };
    Ok(Entry { id, at, defender: row.get("defender")?, sentinel: row.get("sentinel")?, what })
}

impl Reader {
    /// The entries that a filter lets through, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read, or an entry is damaged.
    pub fn journal(&self, filter: &Filter) -> Result<Vec<Entry>, LedgerError> {
        let (from, to) = (filter.from.unwrap_or(i64::MIN), filter.to.unwrap_or(i64::MAX));
        let last = filter.last.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX));
        let sql = |of: &str| format!("{COLUMNS} WHERE j.at >= ?1 AND j.at < ?2 {of} ORDER BY j.id DESC LIMIT ?3");
        let mut found = match &filter.incident {
            None => all(&self.conn, &sql(""), params![from, to, last], read)?,
            Some(incident) => {
                let of = "AND j.id IN (SELECT id FROM journal WHERE defender = ?4
                    UNION SELECT id FROM journal WHERE sentinel = ?4
                    UNION SELECT journal FROM intent WHERE incident = ?4)";
                all(&self.conn, &sql(of), params![from, to, last, incident], read)?
            }
        };
        found.reverse();
        Ok(found)
    }

    /// Every entry from the first, for a replay. What is added meanwhile comes too.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry, LedgerError>> {
        let sql = format!("{COLUMNS} WHERE j.id > ?1 ORDER BY j.id LIMIT ?2");
        pages(move |last| all(&self.conn, &sql, [last, PAGE], read), |entry| entry.id.0)
    }

    /// The writes of which it is not known whether they were done, oldest first: begun and never closed, or closed as
    /// `Unknown`. A sync reads them again before anything else.
    ///
    /// # Errors
    /// When the ledger cannot be read, or an entry is damaged.
    pub fn open_intents(&self) -> Result<Vec<Opened>, LedgerError> {
        let sql = format!("{COLUMNS} WHERE j.kind = 'write' AND {OPEN} ORDER BY j.id");
        let found = all(&self.conn, &sql, [], read)?;
        Ok(found
            .into_iter()
            .filter_map(|entry| match entry.what {
                What::Write { intent, closings } => Some(Opened { id: entry.id, intent, closings }),
                What::Decided(_) | What::Note(_) => None,
            })
            .collect())
    }
}

impl Ledger {
    /// Deletes the entries before a time, except writes that are still open, and the counted turns of that time; how many
    /// entries. The only way in which the journal ever loses something, so only on an explicit wish.
    ///
    /// # Errors
    /// When the ledger cannot be written; then everything is still there, and still protected.
    pub fn prune(&self, before: i64) -> Result<usize, LedgerError> {
        self.change(|conn| {
            let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE '%\\_no\\_delete' ESCAPE '\\'";
            let guards: Vec<(String, String)> = all(conn, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            for (name, _) in &guards {
                conn.execute_batch(&format!("DROP TRIGGER {name}"))?;
            }
            // Listed first: whether a write is open depends on rows that go away with it.
            conn.execute_batch("CREATE TEMP TABLE pruned (id INTEGER PRIMARY KEY)")?;
            let sql = format!(
                "INSERT INTO temp.pruned SELECT j.id FROM journal j LEFT JOIN intent i ON i.journal = j.id
                WHERE j.at < ?1 AND (i.journal IS NULL OR NOT {OPEN})"
            );
            conn.execute(&sql, [before])?;
            let pruned = conn.execute("DELETE FROM journal WHERE id IN (SELECT id FROM temp.pruned)", [])?;
            conn.execute_batch("DROP TABLE temp.pruned")?;
            for (_, sql) in &guards {
                conn.execute_batch(sql)?;
            }
            run(conn, "DELETE FROM turn WHERE at < ?1", [before])?;
            Ok(pruned)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{Field, Side};
    use crate::ledger::tests::{fresh, intent};
    use crate::ledger::{Closing, Loser};
    use serde_json::json;

    fn decision(pair: PairId, at: i64) -> Decision {
        Decision {
            pair,
            rule: "most_recent".into(),
            rule_digest: "d1".into(),
            input: json!({ "chg": { "owner": true } }),
            outcome: json!({ "owner": "take_d" }),
            losers: vec![Loser { field: Field::Owner, side: Side::Sentinel, value: json!("bob") }],
            holds: vec![Field::Tags],
            at,
        }
    }

    #[test]
    fn entries_come_back_as_they_were() {
        let (_dir, ledger) = fresh();
        let pair = ledger.link("7", "AA", "provider", 1).unwrap().id;
        let other = ledger.link("8", "BB", "provider", 1).unwrap().id;
        ledger.decide(&decision(pair, 10)).unwrap();
        let begun = intent(pair, "op-1", 11);
        let id = ledger.begin(&begun).unwrap();
        ledger.close(id, &Closing::Unknown { message: "reset".into() }, 12).unwrap();
        ledger.close(id, &Closing::Recovered { seen: true }, 13).unwrap();
        ledger.begin(&crate::ledger::Intent { incident: "99".into(), ..intent(other, "op-2", 14) }).unwrap();
        let note = Note { pair: None, text: "started".into(), data: json!(null), at: 15 };
        ledger.note(&note).unwrap();

        let all: Vec<Entry> = ledger.entries().map(Result::unwrap).collect();
        assert_eq!(all.iter().map(|e| e.at).collect::<Vec<_>>(), [10, 11, 14, 15]);
        assert_eq!(all[0].what, What::Decided(decision(pair, 10)));
        let closings = vec![
            Closed { how: Closing::Unknown { message: "reset".into() }, at: 12 },
            Closed { how: Closing::Recovered { seen: true }, at: 13 },
        ];
        assert_eq!(all[1].what, What::Write { intent: begun, closings });
        assert_eq!(all[3].what, What::Note(note));

        let times = |filter: Filter| ledger.journal(&filter).unwrap().iter().map(|e| e.at).collect::<Vec<_>>();
        assert_eq!(times(Filter { incident: Some("aa".into()), ..Filter::default() }), [10, 11]);
        assert_eq!(times(Filter { incident: Some("99".into()), ..Filter::default() }), [14]);
        assert_eq!(times(Filter { from: Some(11), to: Some(15), ..Filter::default() }), [11, 14]);
        assert_eq!(times(Filter { last: Some(2), ..Filter::default() }), [14, 15]);
    }

    #[test]
    fn a_write_is_open_until_it_is_known() {
        let (_dir, ledger) = fresh();
        let pair = ledger.link("7", "a", "provider", 1).unwrap().id;
        let id = ledger.begin(&intent(pair, "op-1", 2)).unwrap();
        let open = |ledger: &Ledger| ledger.open_intents().unwrap().iter().map(|o| o.id).collect::<Vec<_>>();
        assert_eq!(open(&ledger), [id]);
        ledger.close(id, &Closing::Unknown { message: "timeout".into() }, 3).unwrap();
        assert_eq!(open(&ledger), [id]);
        let done = Closing::Done { digest: "x".into(), stamp: Some("etag".into()) };
        ledger.close(id, &done, 4).unwrap();
        assert_eq!(open(&ledger), []);
        assert!(matches!(ledger.close(id, &done, 5), Err(LedgerError::AlreadyClosed(_))));
        assert!(matches!(ledger.close(JournalId(99), &done, 5), Err(LedgerError::NoSuchIntent(_))));
        assert!(matches!(ledger.begin(&intent(pair, "op-1", 6)), Err(LedgerError::OpTaken(_))));
        assert!(matches!(ledger.begin(&intent(PairId(99), "op-2", 6)), Err(LedgerError::NoSuchPair(_))));
    }

    #[test]
    fn the_journal_is_append_only_but_for_pruning() {
        let (_dir, ledger) = fresh();
        let pair = ledger.link("7", "a", "provider", 1).unwrap().id;
        let open = ledger.begin(&intent(pair, "op-1", 2)).unwrap();
        let closed = ledger.begin(&intent(pair, "op-2", 3)).unwrap();
        ledger.close(closed, &Closing::Refused { message: "no".into() }, 4).unwrap();
        ledger.decide(&decision(pair, 5)).unwrap();
        let guarded = |ledger: &Ledger| {
            for table in ["journal", "intent", "closing", "decision", "note"] {
                if table == "note" {
                    ledger.note(&Note { pair: None, text: "n".into(), data: json!(1), at: 90 }).unwrap();
                }
                for sql in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET rowid = rowid + 1000")] {
                    let rows: i64 =
                        ledger.conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0)).unwrap();
                    let told = ledger.conn.execute(&sql, []);
                    assert!(rows == 0 || told.unwrap_err().to_string().contains("append-only"), "{sql}");
                }
            }
            for table in ["journal", "note"] {
                let replace = format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}");
                assert!(ledger.conn.execute(&replace, []).unwrap_err().to_string().contains("append-only"));
            }
        };
        guarded(&ledger);
        assert_eq!(ledger.prune(50).unwrap(), 2);
        assert_eq!(ledger.entries().map(|e| e.unwrap().at).collect::<Vec<_>>(), [2, 90]);
        assert_eq!(ledger.open_intents().unwrap()[0].id, open);
        guarded(&ledger);
        ledger.check().unwrap();
    }

    #[test]
    fn long_journals_are_read_in_pages() {
        let (_dir, ledger) = fresh();
        ledger
            .together(|ledger| {
                for at in 0..600 {
                    ledger.note(&Note { pair: None, text: "n".into(), data: json!(null), at })?;
                }
                Ok(())
            })
            .unwrap();
        let times: Vec<i64> = ledger.entries().map(|e| e.unwrap().at).collect();
        assert_eq!(times, (0..600).collect::<Vec<_>>());
    }
}
