//! Snapshots: every incident as it was last read on each side, and the queue of those that changed since they were decided.
//!
//! In: incidents as JSON. Out: the same, with marks. A mark is a number that grows with every change of any snapshot.

use super::{Ledger, LedgerError, Reader, all, from_json, one, run, side_of, to_json};
use crate::incident::Side;
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// An incident as it was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// Where.
    pub side: Side,
    /// Which.
    pub incident: String,
    /// The incident.
    pub body: Value,
    /// The service's time of its last update, as the service wrote it.
    pub last_update: Option<String>,
    /// How many comments it has.
    pub comments: i64,
    /// When it was read, ticks.
    pub read_at: i64,
}

/// A snapshot as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stored {
    /// What was read last.
    pub snapshot: Snapshot,
    /// The digest of its body, see [`digest`].
    pub digest: String,
    /// True when the incident is no longer there; the rest is from when it still was.
    pub gone: bool,
    /// The mark of its last change.
    pub changed: i64,
    /// The mark up to which it was decided: less than `changed` while it waits.
    pub decided: i64,
}

/// What putting a snapshot changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The incident was not known.
    New,
    /// It differs from what was read before, or it is there again.
    Changed,
    /// It does not.
    Same,
}

/// The digest of an incident: SHA-256 of its JSON with sorted names, without the etag at the top (it also changes where
/// nothing else does), in lower-case hexadecimal.
pub fn digest(body: &Value) -> String {
    let mut text = Vec::new();
    match body {
        Value::Object(map) => {
            let kept = map.iter().filter(|(name, _)| !matches!(name.as_str(), "etag" | "@odata.etag"));
            canonical_object(kept, &mut text);
        }
        other => canonical(other, &mut text),
    }
    hex(&text)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => canonical_object(map.iter(), out),
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                canonical(item, out);
            }
            out.push(b']');
        }
        scalar => out.extend(scalar.to_string().into_bytes()),
    }
}

fn canonical_object<'a>(members: impl Iterator<Item = (&'a String, &'a Value)>, out: &mut Vec<u8>) {
    let mut members: Vec<_> = members.collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    out.push(b'{');
    for (i, (name, value)) in members.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        out.extend(Value::from(name.as_str()).to_string().into_bytes());
        out.push(b':');
        canonical(value, out);
    }
    out.push(b'}');
}

const COLUMNS: &str = "SELECT side, incident, body, digest, last_update, comments, read_at, gone, changed, decided
    FROM snapshot";
/// The next mark. The row with the greatest mark may move on, but never back.
const NEXT: &str = "(SELECT coalesce(max(changed), 0) + 1 FROM snapshot)";

fn read(row: &Row<'_>) -> Result<Stored, LedgerError> {
    let (side, incident) = (side_of(&row.get::<_, String>("side")?)?, row.get::<_, String>("incident")?);
    let body = from_json(&row.get::<_, String>("body")?, &format!("the snapshot of `{incident}`"))?;
    let (last_update, comments, read_at) = (row.get("last_update")?, row.get("comments")?, row.get("read_at")?);
    Ok(Stored {
        snapshot: Snapshot { side, incident, body, last_update, comments, read_at },
        digest: row.get("digest")?,
        gone: row.get("gone")?,
        changed: row.get("changed")?,
        decided: row.get("decided")?,
    })
}

fn put(conn: &Connection, new: &Snapshot) -> Result<Put, LedgerError> {
    let (body, digest) = (to_json(&new.body)?, digest(&new.body));
    let sql = "SELECT digest, gone FROM snapshot WHERE side = ?1 AND incident = ?2";
    let before = one(conn, sql, params![new.side.name(), new.incident], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?))
    })?;
    let (sql, what) = match before {
        None => (
            format!(
                "INSERT INTO snapshot (side, incident, body, digest, last_update, comments, read_at, changed)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, {NEXT})"
            ),
            Put::New,
        ),
        // The body is kept all the same: its etag may be a new one.
        Some((old, false)) if old == digest => (
            "UPDATE snapshot SET incident = ?2, body = ?3, digest = ?4, last_update = ?5, comments = ?6, read_at = ?7
                WHERE side = ?1 AND incident = ?2"
                .to_owned(),
            Put::Same,
        ),
        Some(_) => (
            format!(
                "UPDATE snapshot SET incident = ?2, body = ?3, digest = ?4, last_update = ?5, comments = ?6, read_at = ?7,
                gone = 0, changed = {NEXT} WHERE side = ?1 AND incident = ?2"
            ),
            Put::Changed,
        ),
    };
    let row = params![new.side.name(), new.incident, body, digest, new.last_update, new.comments, new.read_at];
    run(conn, &sql, row)?;
    Ok(what)
}

impl Reader {
    /// An incident as it was last read.
    ///
    /// # Errors
    /// When the ledger cannot be read, or the snapshot is damaged.
    pub fn snapshot(&self, side: Side, incident: &str) -> Result<Option<Stored>, LedgerError> {
        one(&self.conn, &format!("{COLUMNS} WHERE side = ?1 AND incident = ?2"), [side.name(), incident], read)
    }

    /// At most `limit` snapshots that changed after a mark, oldest change first. The `changed` of the last one is the
    /// mark to go on from; 0 is the beginning.
    ///
    /// # Errors
    /// When the ledger cannot be read, or a snapshot is damaged.
    pub fn changed_since(&self, mark: i64, limit: usize) -> Result<Vec<Stored>, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        all(&self.conn, &format!("{COLUMNS} WHERE changed > ?1 ORDER BY changed LIMIT ?2"), [mark, limit], read)
    }

    /// At most `limit` snapshots that changed since they were last decided, oldest change first.
    ///
    /// # Errors
    /// When the ledger cannot be read, or a snapshot is damaged.
    pub fn undecided(&self, limit: usize) -> Result<Vec<Stored>, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        all(&self.conn, &format!("{COLUMNS} WHERE decided < changed ORDER BY changed LIMIT ?1"), [limit], read)
    }
}

impl Ledger {
    /// Keeps an incident as it was read.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn put_snapshot(&self, new: &Snapshot) -> Result<Put, LedgerError> {
        self.change(|conn| put(conn, new))
    }

    /// Keeps many as one change; what each changed, in their order.
    ///
    /// # Errors
    /// When the ledger cannot be written; then none is kept.
    pub fn put_snapshots<'a>(&self, new: impl IntoIterator<Item = &'a Snapshot>) -> Result<Vec<Put>, LedgerError> {
        self.change(|conn| new.into_iter().map(|one| put(conn, one)).collect())
    }

    /// Marks an incident as no longer there; what it was stays. False when it was not known, or already gone.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn gone(&self, side: Side, incident: &str, at: i64) -> Result<bool, LedgerError> {
        let sql = format!(
            "UPDATE snapshot SET gone = 1, read_at = ?3, changed = {NEXT} WHERE side = ?1 AND incident = ?2 AND gone = 0"
        );
        self.change(|conn| Ok(run(conn, &sql, params![side.name(), incident, at])? > 0))
    }

    /// Takes a snapshot off the queue, as it was at a mark: a change that came later stays queued.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn decided(&self, side: Side, incident: &str, mark: i64) -> Result<(), LedgerError> {
        let sql = "UPDATE snapshot SET decided = max(decided, min(changed, ?3)) WHERE side = ?1 AND incident = ?2";
        self.change(|conn| run(conn, sql, params![side.name(), incident, mark]).map(drop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::fresh;
    use serde_json::json;

    fn read_of(incident: &str, body: Value, at: i64) -> Snapshot {
        let last_update = Some(format!("t{at}"));
        Snapshot { side: Side::Sentinel, incident: incident.into(), body, last_update, comments: 1, read_at: at }
    }

    #[test]
    fn digests_look_at_what_is_said_not_how() {
        let a = json!({ "etag": "1", "title": "x", "owner": { "b": 1, "a": "\u{e9}\"" } });
        let b = json!({ "owner": { "a": "é\"", "b": 1 }, "title": "x", "etag": "2" });
        assert_eq!(digest(&a), digest(&b));
        assert_ne!(digest(&json!({ "a": [1, 2] })), digest(&json!({ "a": [2, 1] })));
        assert_ne!(digest(&json!({ "a": { "etag": 1 } })), digest(&json!({ "a": { "etag": 2 } })));
        assert_ne!(digest(&json!({ "a": "1" })), digest(&json!({ "a": 1 })));
    }

    #[test]
    fn only_changes_are_queued() {
        let (_dir, ledger) = fresh();
        let marks = |ledger: &Ledger| ledger.undecided(9).unwrap().iter().map(|s| s.changed).collect::<Vec<_>>();
        assert_eq!(ledger.put_snapshot(&read_of("A", json!({ "title": "x", "etag": 1 }), 1)).unwrap(), Put::New);
        assert_eq!(ledger.put_snapshot(&read_of("B", json!({}), 1)).unwrap(), Put::New);
        assert_eq!(marks(&ledger), [1, 2]);
        ledger.decided(Side::Sentinel, "a", 1).unwrap();
        assert_eq!(ledger.put_snapshot(&read_of("a", json!({ "etag": 2, "title": "x" }), 3)).unwrap(), Put::Same);
        assert_eq!(marks(&ledger), [2]);
        let kept = ledger.snapshot(Side::Sentinel, "A").unwrap().unwrap();
        assert_eq!((&kept.snapshot.body["etag"], kept.snapshot.read_at), (&json!(2), 3));

        assert_eq!(ledger.put_snapshot(&read_of("a", json!({ "title": "y" }), 4)).unwrap(), Put::Changed);
        ledger.decided(Side::Sentinel, "a", 1).unwrap();
        assert_eq!(marks(&ledger), [2, 3], "a change that came meanwhile stays queued");
        assert!(ledger.gone(Side::Sentinel, "b", 5).unwrap());
        assert!(!ledger.gone(Side::Sentinel, "b", 6).unwrap());
        assert!(ledger.snapshot(Side::Sentinel, "b").unwrap().unwrap().gone);
        assert_eq!(marks(&ledger), [3, 4]);
        assert_eq!(ledger.put_snapshot(&read_of("b", json!({}), 7)).unwrap(), Put::Changed);
        let since: Vec<String> = ledger.changed_since(3, 9).unwrap().into_iter().map(|s| s.snapshot.incident).collect();
        assert_eq!(since, ["b"]);
        assert_eq!(ledger.snapshot(Side::Defender, "a").unwrap(), None);
    }

    #[test]
    fn a_first_sync_is_one_change() {
        let (_dir, ledger) = fresh();
        let alert = json!({ "id": "da1", "title": "Suspicious process", "evidence": ["x".repeat(400), 1, 2.5] });
        let incidents: Vec<Snapshot> = (0..5000)
            .map(|n| read_of(&format!("id-{n}"), json!({ "title": format!("t{n}"), "alerts": [alert, alert] }), n))
            .collect();
        let start = std::time::Instant::now();
        let put = ledger.put_snapshots(&incidents).unwrap();
        println!("5000 snapshots in {:?}", start.elapsed());
        assert!(put.len() == 5000 && put.iter().all(|p| *p == Put::New));
        assert_eq!(ledger.undecided(10_000).unwrap().len(), 5000);
    }
}
