//! Reading both lists: what changed since the last time, into snapshots, links and rows for the mirror.

use super::{Options, PassReport, Reading, Record, RunError, Sync};
use crate::incident::table::rows_of_change;
use crate::incident::{DefenderIncident, Joined, SentinelIncident, Side, joined};
use crate::ledger::{Ledger, LedgerError, OutRow, Put, Reader, Snapshot, Stored};
use crate::sync::port::{Answer, LoggedChange, Services};
use crate::value::datetime;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// What both lists gave.
#[derive(Clone, Debug, Default)]
pub(super) struct Polled {
    pub defender: Vec<Reading<DefenderIncident>>,
    pub sentinel: Vec<Reading<SentinelIncident>>,
    /// Every id that was listed.
    pub listed: (HashSet<String>, HashSet<String>),
    /// Why nobody knows who changed Sentinel's incidents, when the log of changes could not be read.
    pub unsigned: Option<String>,
    /// The newest change that was seen, by each service's clock.
    pub marks: (Option<i64>, Option<i64>),
}

/// The reading that a snapshot keeps.
pub(super) fn kept<T: DeserializeOwned>(stored: &Stored) -> Result<Reading<T>, RunError> {
    Ok(serde_json::from_value(stored.snapshot.body.clone())?)
}

/// The last reading of an incident, if there is one and it is not gone.
pub(super) fn last<T: Record + DeserializeOwned>(
    reader: Option<&Reader>,
    id: &str,
) -> Result<Option<(Reading<T>, Stored)>, RunError> {
    let Some(stored) = reader.map(|r| r.snapshot(T::SIDE, id)).transpose()?.flatten() else { return Ok(None) };
    Ok(Some((kept(&stored)?, stored)))
}

/// Reads both lists since the marks of the last time, all of them without a reader or when asked to.
pub(super) async fn poll<S: Services>(
    services: &S,
    reader: Option<&Reader>,
    options: &Options,
    full: bool,
) -> Result<Polled, RunError> {
    let since = |side| -> Result<Option<i64>, LedgerError> {
        let mark = reader.map(|r| r.poll(side)).transpose()?.and_then(|p| p.watermark);
        Ok(mark.filter(|_| !full).map(|mark| mark.saturating_sub(options.overlap).max(datetime::MIN)))
    };
    let (d_since, s_since) = (since(Side::Defender)?, since(Side::Sentinel)?);
    let (defender, sentinel) = tokio::join!(services.defender_list(d_since), services.sentinel_list(s_since));
    let (defender, mut sentinel) = (defender?, sentinel?);
    let newest = |times: &mut dyn Iterator<Item = Option<&str>>| times.flatten().filter_map(datetime::parse).max();
    let marks = (
        newest(&mut defender.iter().map(|i| i.updated())).or(d_since),
        newest(&mut sentinel.iter().map(|i| i.updated())).or(s_since),
    );
    let unsigned = sign(services, s_since, &mut sentinel).await;
    let listed =
        (defender.iter().map(|i| i.id.clone()).collect(), sentinel.iter().map(|i| i.id.to_lowercase()).collect());
    let mut out = Polled { marks, listed, unsigned, ..Polled::default() };
    for incident in defender {
        let before = last::<DefenderIncident>(reader, &incident.id)?;
        if before.as_ref().is_none_or(|(b, stored)| stored.gone || b.incident != incident) {
            out.defender.push(next(incident, before.map(|b| b.0).as_ref(), options));
        }
    }
    for incident in sentinel {
        if let Some(reading) = read_sentinel(services, reader, options, incident).await? {
            out.sentinel.push(reading);
        }
    }
    Ok(out)
}

pub(super) fn next<T: Record>(incident: T, before: Option<&Reading<T>>, options: &Options) -> Reading<T> {
    Reading::next(incident, before, &options.identities, &options.settings.directory)
}

/// The change log says who changed Sentinel's incidents. Without it nobody is known: rules see `unknown`, and that is told.
async fn sign<S: Services>(services: &S, since: Option<i64>, incidents: &mut [SentinelIncident]) -> Option<String> {
    if incidents.is_empty() {
        return None;
    }
    let log: Answer<Vec<LoggedChange>> = services.sentinel_changes(since.unwrap_or(datetime::MIN)).await;
    let (log, told) = match log {
        Ok(log) => (log, None),
        Err(error) => (vec![], Some(format!("who changed what in Sentinel is not known in this pass: {error}"))),
    };
    let mut last: HashMap<String, LoggedChange> = HashMap::new();
    for change in log {
        let key = change.incident.to_lowercase();
        if last.get(&key).is_none_or(|known| known.at <= change.at) {
            last.insert(key, change);
        }
    }
    for incident in incidents {
        incident.modified_by = last.get(&incident.id.to_lowercase()).map(|c| c.modified_by.clone());
    }
    told
}

/// Comments do not come with the list: they are read when their number changed. `None` when nothing is new.
async fn read_sentinel<S: Services>(
    services: &S,
    reader: Option<&Reader>,
    options: &Options,
    mut incident: SentinelIncident,
) -> Result<Option<Reading<SentinelIncident>>, RunError> {
    let before = last::<SentinelIncident>(reader, &incident.id)?;
    if joined(&incident) == Joined::Apart {
        return Ok(None);
    }
    if let Some((before, stored)) = &before {
        let same = before.incident.etag == incident.etag && incident.etag.is_some() && !stored.gone;
        if same && before.incident.last_modified_time_utc == incident.last_modified_time_utc {
            return Ok(None);
        }
    }
    let known = before.as_ref().map_or(0, |(b, _)| b.incident.comments.len());
    match comment_count(&incident) {
        Some(count) if count == known => {
            incident.comments = before.as_ref().map(|(b, _)| b.incident.comments.clone()).unwrap_or_default();
        }
        Some(0) => {}
        _ => incident.comments = services.sentinel_comments(&incident.id).await?,
    }
    Ok(Some(next(incident, before.map(|b| b.0).as_ref(), options)))
}

fn comment_count(incident: &SentinelIncident) -> Option<usize> {
    let count = incident.other.get("additionalData")?.get("commentsCount")?.as_u64()?;
    usize::try_from(count).ok()
}

/// A reading as a snapshot of the ledger.
pub(super) fn snapshot<T: Record + Serialize>(reading: &Reading<T>, at: i64) -> Result<Snapshot, RunError> {
    Ok(Snapshot {
        side: T::SIDE,
        incident: reading.incident.id().to_owned(),
        body: serde_json::to_value(reading)?,
        last_update: reading.incident.updated().map(str::to_owned),
        comments: i64::try_from(reading.incident.comment_count()).unwrap_or(i64::MAX),
        read_at: at,
    })
}

impl<S: Services> Sync<'_, S> {
    /// Reads both lists and keeps what they gave, all of it or nothing.
    pub(super) async fn poll(&self, full: bool, report: &mut PassReport) -> Result<(), RunError> {
        let polled = match poll(self.services, Some(self.ledger), self.options, full).await {
            Ok(polled) => polled,
            Err(error) => {
                let at = self.clock.now();
                let side = match &error {
                    RunError::Service(error) => error.side,
                    _ => return Err(error),
                };
                self.ledger.poll_failed(side, &error.to_string(), at)?;
                return Err(error);
            }
        };
        report.warnings.extend(polled.unsigned.clone());
        let at = self.clock.now();
        let mut defender = Vec::with_capacity(polled.defender.len());
        for reading in &polled.defender {
            defender.push((snapshot(reading, at)?, reading));
        }
        let mut sentinel = Vec::with_capacity(polled.sentinel.len());
        for reading in &polled.sentinel {
            sentinel.push((snapshot(reading, at)?, reading));
        }
        self.ledger.together(|ledger| {
            for (snapshot, reading) in &defender {
                if self.keep_defender(ledger, snapshot, &reading.incident)? {
                    report.changed_in_defender += 1;
                }
            }
            for (snapshot, reading) in &sentinel {
                if self.keep_sentinel(ledger, snapshot, &reading.incident)? {
                    report.changed_in_sentinel += 1;
                }
                self.link(ledger, &reading.incident, at, report)?;
            }
            ledger.polled(Side::Defender, polled.marks.0, at)?;
            ledger.polled(Side::Sentinel, polled.marks.1, at)
        })?;
        if full {
            self.look_for_gone(&polled, report).await?;
        }
        Ok(())
    }

    pub(super) fn keep_defender(
        &self,
        ledger: &Ledger,
        snapshot: &Snapshot,
        incident: &DefenderIncident,
    ) -> Result<bool, LedgerError> {
        let before = self.before::<DefenderIncident>(ledger, &incident.id)?;
        let changed = ledger.put_snapshot(snapshot)? != Put::Same;
        if changed && self.options.tables {
            let pair = ledger.pair(&incident.id)?;
            let other = pair.map(|p| self.before::<SentinelIncident>(ledger, &p.sentinel)).transpose()?.flatten();
            let rows =
                rows_of_change(Some(incident), other.as_ref(), (before.as_ref(), other.as_ref()), snapshot.read_at);
            push(ledger, rows)?;
        }
        Ok(changed)
    }

    pub(super) fn keep_sentinel(
        &self,
        ledger: &Ledger,
        snapshot: &Snapshot,
        incident: &SentinelIncident,
    ) -> Result<bool, LedgerError> {
        let before = self.before::<SentinelIncident>(ledger, &incident.id)?;
        let changed = ledger.put_snapshot(snapshot)? != Put::Same;
        if changed && self.options.tables {
            let other = match joined(incident) {
                Joined::To(id) => self.before::<DefenderIncident>(ledger, &id)?,
                Joined::Apart => None,
            };
            let rows =
                rows_of_change(other.as_ref(), Some(incident), (other.as_ref(), before.as_ref()), snapshot.read_at);
            push(ledger, rows)?;
        }
        Ok(changed)
    }

    fn before<T: Record + DeserializeOwned>(&self, ledger: &Ledger, id: &str) -> Result<Option<T>, LedgerError> {
        let stored = ledger.snapshot(T::SIDE, id)?;
        let parse = |s: Stored| {
            let kept: Result<Reading<T>, _> = serde_json::from_value(s.snapshot.body);
            kept.map(|r| r.incident).map_err(|e| LedgerError::Damaged(format!("the snapshot of `{id}`: {e}")))
        };
        stored.map(parse).transpose()
    }

    /// Links what names the other side's incident; whoever claims one that is taken is told of.
    fn link(
        &self,
        ledger: &Ledger,
        sentinel: &SentinelIncident,
        at: i64,
        report: &mut PassReport,
    ) -> Result<(), LedgerError> {
        let Joined::To(defender) = joined(sentinel) else { return Ok(()) };
        match (ledger.pair(&defender)?, ledger.pair_by_sentinel(&sentinel.id)?) {
            (Some(a), Some(b)) if a.id == b.id => {}
            (None, None) => {
                ledger.link(&defender, &sentinel.id, "provider id", at)?;
                report.linked += 1;
            }
            _ => report
                .doubles
                .push(format!("{} claims Defender's incident {defender}, which is another's", sentinel.id)),
        }
        Ok(())
    }

    /// A full list shows what is no longer there; a single read has the last word.
    async fn look_for_gone(&self, polled: &Polled, report: &mut PassReport) -> Result<(), RunError> {
        for pair in self.ledger.pairs().collect::<Result<Vec<_>, _>>()? {
            if pair.unlinked.is_some() || self.stopped() {
                continue;
            }
            let at = self.clock.now();
            let there = polled.listed.0.contains(&pair.defender);
            if !there && self.services.defender_get(&pair.defender).await?.is_none() {
                report.gone += usize::from(self.ledger.gone(Side::Defender, &pair.defender, at)?);
            }
            let there = polled.listed.1.contains(&pair.sentinel.to_lowercase());
            if !there && self.services.sentinel_get(&pair.sentinel).await?.is_none() {
                report.gone += usize::from(self.ledger.gone(Side::Sentinel, &pair.sentinel, at)?);
            }
        }
        Ok(())
    }
}

fn push(ledger: &Ledger, rows: Vec<crate::incident::table::Row>) -> Result<(), LedgerError> {
    let rows: Vec<OutRow> = rows.into_iter().map(|r| OutRow::new(r.table, Value::Object(r.columns))).collect();
    ledger.push_rows(&rows)
}
