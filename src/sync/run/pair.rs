//! One incident of the queue: its input put together, decided, written, remembered.

use super::poll::{kept, next, snapshot};
use super::write::Done;
use super::{Options, PassReport, Reading, RunError, Sync, order};
use crate::incident::{DefenderIncident, Field, SentinelIncident, Side};
use crate::ledger::{Pair, PairId, Reader};
use crate::sync::base::Base;
use crate::sync::decision::Decision;
use crate::sync::input::{Actor, Change, History, Input, Moment};
use crate::sync::pass::{Outcome, decide};
use crate::sync::port::Services;
use crate::value::datetime;
use futures_util::stream::{self, StreamExt};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Pairs that are taken from the queue at a time.
const BATCH: usize = 500;
/// How often an incident is decided again because somebody else was faster.
const TRIES: usize = 3;
/// The window of the rate fuse and of flips.
pub(super) const HOUR: i64 = 3600 * datetime::TICKS_PER_SECOND;

/// A pair with both sides as they were last read.
pub(super) struct Loaded {
    pub pair: Pair,
    pub defender: Option<Reading<DefenderIncident>>,
    pub sentinel: Option<Reading<SentinelIncident>>,
    /// Up to where each side's snapshot is decided once this is.
    pub marks: Vec<(Side, String, i64)>,
}

/// What reading again before a write found.
enum Fresh {
    Same,
    Changed,
    Unreadable,
}

impl<S: Services> Sync<'_, S> {
    /// Decides everything that changed, and what people answered.
    pub(super) async fn decide_queue(&self, report: &mut PassReport) -> Result<(), RunError> {
        let mut done = BTreeSet::new();
        loop {
            let queue = self.queue(&done)?;
            if queue.is_empty() || self.stopped() {
                return Ok(());
            }
            done.extend(queue.iter().copied());
            let results: Vec<_> = stream::iter(queue)
                .map(|pair| async move {
                    let mut report = PassReport::default();
                    if !self.stopped() {
                        self.one(pair, &mut report).await?;
                    }
                    Ok::<_, RunError>(report)
                })
                .buffer_unordered(self.options.parallel.max(1))
                .collect()
                .await;
            for result in results {
                report.add(result?);
            }
        }
    }

    /// Pairs that wait, oldest change first, without those that this pass has already been through.
    fn queue(&self, done: &BTreeSet<PairId>) -> Result<Vec<PairId>, RunError> {
        let mut out = Vec::new();
        if done.is_empty() {
            out.extend(self.ledger.holds()?.into_iter().filter(|h| h.answer.is_some()).map(|h| h.question.pair));
            for letter in self.ledger.retries()? {
                out.extend(letter.refusal.pair);
                self.ledger.drop_letter(letter.id)?;
            }
        }
        for stored in self.ledger.undecided((done.len() + BATCH) * 2)? {
            let id = &stored.snapshot.incident;
            let pair = match stored.snapshot.side {
                Side::Defender => self.ledger.pair(id)?,
                Side::Sentinel => self.ledger.pair_by_sentinel(id)?,
            };
            match pair {
                Some(pair) if pair.unlinked.is_none() && pair.frozen.is_none() => {
                    if out.len() < BATCH && !done.contains(&pair.id) && !out.contains(&pair.id) {
                        out.push(pair.id);
                    }
                }
                // The other side has no such incident yet, or the two are not kept in step: nothing to decide.
                _ => self.ledger.decided(stored.snapshot.side, id, stored.changed)?,
            }
        }
        Ok(out)
    }

    /// One pair: decided, and written unless somebody else was faster too often.
    async fn one(&self, id: PairId, report: &mut PassReport) -> Result<(), RunError> {
        for _ in 0..TRIES {
            let Some(loaded) = self.load(id, report).await? else { return Ok(()) };
            let input = self.input(&loaded)?;
            let outcome = decide(&input, &self.options.settings, self.rule);
            match self.reread(&loaded, &outcome, report).await? {
                Fresh::Changed => continue,
                Fresh::Unreadable => return Ok(()),
                Fresh::Same => {}
            }
            self.remember(&loaded, &input, &outcome, report)?;
            match self.write(&loaded, &input, &outcome, report).await? {
                Done::Everything => return self.finish(&loaded, &input, &outcome),
                Done::Partly => return Ok(()),
                Done::Again => report.conflicts += 1,
            }
        }
        Ok(())
    }

    /// Both sides as they were last read; one that was never read is read now. `None` when it cannot be.
    async fn load(&self, id: PairId, report: &mut PassReport) -> Result<Option<Loaded>, RunError> {
        let Some(pair) = self.ledger.pair_by_id(id)? else { return Ok(None) };
        if self.ledger.snapshot(Side::Defender, &pair.defender)?.is_none() {
            match self.services.defender_get(&pair.defender).await {
                Ok(Some(incident)) => self.keep_read_defender(incident)?,
                Ok(None) => return self.wait_for_defender(&pair).map(|()| None),
                Err(error) => {
                    report.fail(&pair.defender, &error);
                    return Ok(None);
                }
            }
        }
        loaded(self.ledger, pair).map(Some)
    }

    /// Sentinel names an incident that Defender does not show: there is nothing to decide until it does.
    fn wait_for_defender(&self, pair: &Pair) -> Result<(), RunError> {
        if let Some(stored) = self.ledger.snapshot(Side::Sentinel, &pair.sentinel)? {
            self.ledger.decided(Side::Sentinel, &pair.sentinel, stored.changed)?;
        }
        Ok(())
    }

    fn input(&self, loaded: &Loaded) -> Result<Input, RunError> {
        input_of(Some(self.ledger), loaded, self.options, self.clock.now(), self.clock.moment())
    }

    /// Defender has no lock against lost updates: before anything is written there, it is read again, and when it had
    /// changed meanwhile everything is decided again.
    async fn reread(&self, loaded: &Loaded, outcome: &Outcome, report: &mut PassReport) -> Result<Fresh, RunError> {
        let comments = outcome.writes.comments.iter().any(|c| c.side == Side::Defender);
        if outcome.writes.defender.is_empty() && !comments {
            return Ok(Fresh::Same);
        }
        let id = &loaded.pair.defender;
        match self.services.defender_get(id).await {
            Ok(Some(incident)) => {
                let before = loaded.defender.as_ref().map(|d| what_counts(&d.incident));
                // Only what a decision is made of counts: a new time of change alone decides nothing again.
                let same = before.as_ref() == Some(&what_counts(&incident));
                self.keep_read_defender(incident)?;
                Ok(if same { Fresh::Same } else { Fresh::Changed })
            }
            Ok(None) => {
                report.gone += usize::from(self.ledger.gone(Side::Defender, id, self.clock.now())?);
                Ok(Fresh::Changed)
            }
            Err(error) => {
                report.fail(id, &error);
                Ok(Fresh::Unreadable)
            }
        }
    }

    /// Keeps a single reading of Defender's incident, as the list would have.
    pub(super) fn keep_read_defender(&self, mut incident: DefenderIncident) -> Result<(), RunError> {
        let before = super::poll::last::<DefenderIncident>(Some(self.ledger), &incident.id)?.map(|b| b.0);
        if let Some(before) = before.as_ref().filter(|_| incident.alerts.is_empty()) {
            incident.alerts.clone_from(&before.incident.alerts);
        }
        let reading = next(incident, before.as_ref(), self.options);
        let snapshot = snapshot(&reading, self.clock.now())?;
        self.ledger.together(|ledger| self.keep_defender(ledger, &snapshot, &reading.incident).map(|_| ()))?;
        Ok(())
    }

    /// Keeps a single reading of Sentinel's incident; without comments, those of before stand.
    pub(super) fn keep_read_sentinel(&self, mut incident: SentinelIncident, comments: bool) -> Result<(), RunError> {
        let before = super::poll::last::<SentinelIncident>(Some(self.ledger), &incident.id)?.map(|b| b.0);
        if let Some(before) = before.as_ref() {
            if !comments {
                incident.comments.clone_from(&before.incident.comments);
            }
            if incident.modified_by.is_none()
                && incident.last_modified_time_utc == before.incident.last_modified_time_utc
            {
                incident.modified_by.clone_from(&before.incident.modified_by);
            }
        }
        let reading = next(incident, before.as_ref(), self.options);
        let snapshot = snapshot(&reading, self.clock.now())?;
        self.ledger.together(|ledger| self.keep_sentinel(ledger, &snapshot, &reading.incident).map(|_| ()))?;
        Ok(())
    }
}

/// What a decision is made of: not when it was changed, and not by whom.
fn what_counts(incident: &DefenderIncident) -> DefenderIncident {
    DefenderIncident {
        comments: incident.comments.clone(),
        last_update_date_time: None,
        last_modified_by: None,
        ..incident.shadow()
    }
}

/// Both sides of a pair as the ledger has them.
pub(super) fn loaded(reader: &Reader, pair: Pair) -> Result<Loaded, RunError> {
    let mut marks = Vec::new();
    let mut read = |side: Side, id: &str| -> Result<Option<crate::ledger::Stored>, RunError> {
        let stored = reader.snapshot(side, id)?;
        marks.extend(stored.as_ref().map(|s| (side, id.to_owned(), s.changed)));
        Ok(stored.filter(|s| !s.gone))
    };
    let defender = read(Side::Defender, &pair.defender)?.as_ref().map(kept).transpose()?;
    let sentinel = read(Side::Sentinel, &pair.sentinel)?.as_ref().map(kept).transpose()?;
    Ok(Loaded { pair, defender, sentinel, marks })
}

/// Everything that the decision about a pair is made of.
pub(super) fn input_of(
    reader: Option<&Reader>,
    loaded: &Loaded,
    options: &Options,
    now: i64,
    moment: Moment,
) -> Result<Input, RunError> {
    let pair = &loaded.pair;
    let base: Option<Base> = pair.base()?;
    let (d, s) = (loaded.defender.as_ref(), loaded.sentinel.as_ref());
    let times = |dated: Option<&BTreeMap<Field, super::Dated>>| dated.cloned().unwrap_or_default();
    let mut input = Input {
        defender: d.map(|r| r.incident.clone()),
        sentinel: s.map(|r| r.incident.clone()),
        defender_changes: d.map(Reading::changes).unwrap_or_default(),
        sentinel_changes: s.map(Reading::changes).unwrap_or_default(),
        order: order(&times(d.map(|r| &r.changes)), &times(s.map(|r| &r.changes)), options.skew),
        base,
        moment,
        ..Input::default()
    };
    if let (Some(defender), Some(settled)) = (&input.defender, pair.settled) {
        let since = |a: &&crate::incident::Alert| {
            let made = a.other.get("createdDateTime").and_then(serde_json::Value::as_str).and_then(datetime::parse);
            made.is_some_and(|at| at > settled)
        };
        input.new_alerts = u32::try_from(defender.alerts.iter().filter(since).count()).unwrap_or(u32::MAX);
    }
    let Some(reader) = reader.filter(|_| pair.id.0 > 0) else { return Ok(input) };
    redirects(reader, &mut input)?;
    echoes(reader, pair, options, &mut input)?;
    input.history = history(reader, pair.id, now)?;
    for hold in reader.holds()?.into_iter().filter(|h| h.question.pair == pair.id) {
        if let Some(answer) = hold.answer {
            let decision: Decision = serde_json::from_value(answer.answer)?;
            input.answers.insert(hold.question.field, decision);
        }
    }
    Ok(input)
}

/// Where the incident was merged into, as far as that was read.
fn redirects(reader: &Reader, input: &mut Input) -> Result<(), RunError> {
    let mut next = input.defender.as_ref().and_then(|d| d.redirect_incident_id.clone());
    while let Some(id) = next.take() {
        if input.redirects.contains_key(&id) {
            break;
        }
        let target = super::poll::last::<DefenderIncident>(Some(reader), &id)?;
        next = target.and_then(|t| t.0.incident.redirect_incident_id);
        input.redirects.insert(id, next.clone());
    }
    Ok(())
}

/// A value that is still what we wrote, and was not agreed since, is no change of the other people there.
fn echoes(reader: &Reader, pair: &Pair, options: &Options, input: &mut Input) -> Result<(), RunError> {
    for side in Side::BOTH {
        for field in Field::ALL {
            let Some(echo) = reader.last_written(pair.id, side, field)?.filter(|e| !e.digest.is_empty()) else {
                continue;
            };
            if said_digest(input, side, field, options).as_ref() == Some(&echo.digest) {
                let changes = match side {
                    Side::Defender => &mut input.defender_changes,
                    Side::Sentinel => &mut input.sentinel_changes,
                };
                changes.insert(field, Change { by: Actor::Sync, name: None });
            }
        }
    }
    Ok(())
}

/// A digest of what a side says about a field.
pub(super) fn said_digest(input: &Input, side: Side, field: Field, options: &Options) -> Option<String> {
    use super::Record;
    let said = match side {
        Side::Defender => input.defender.as_ref()?.said(field, &options.settings.directory),
        Side::Sentinel => input.sentinel.as_ref()?.said(field, &options.settings.directory),
    };
    Some(Sha256::digest(said.text().as_bytes()).iter().map(|b| format!("{b:02x}")).collect())
}

fn history(reader: &Reader, pair: PairId, now: i64) -> Result<History, RunError> {
    let since = now.saturating_sub(HOUR);
    let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let mut flips = 0;
    for field in Field::ALL {
        flips += reader.flips(pair, field, since)?;
    }
    let writes = reader.writes(pair, since)?.len() as u64;
    Ok(History { flips: count(flips), reopened: count(reader.reopens(pair, datetime::MIN)?), writes: count(writes) })
}
