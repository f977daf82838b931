//! The writes of one outcome, each journalled before it is sent and closed after it.
//!
//! Sentinel comes first: its etag says when somebody else was faster, and then nothing was written yet. Comments come last:
//! each of them moves that etag.

use super::pair::{Loaded, said_digest};
use super::{PassReport, RunError, Sync};
use crate::incident::{Field, Side, Status, sentinel_copy_id};
use crate::ledger::{self, Closing, Intent, JournalId, Loser, Question, Refusal, WriteKind};
use crate::sync::base::Base;
use crate::sync::input::Input;
use crate::sync::pass::{Move, Outcome};
use crate::sync::plan::NewComment;
use crate::sync::port::{Answer, ServiceError, ServiceErrorKind, Services};
use serde_json::{Value, json};
use uuid::Uuid;

/// How far the writes of an outcome came.
pub(super) enum Done {
    /// All of them were acknowledged, or refused for good.
    Everything,
    /// Something failed that may succeed later; what was acknowledged is settled.
    Partly,
    /// Somebody else was faster and nothing was written: read and decide again.
    Again,
}

/// How one write ended.
enum End<T> {
    Done(T),
    Refused,
    Conflict,
    Later,
}

/// What was acknowledged.
#[derive(Default)]
struct Took<'a> {
    defender: bool,
    sentinel: bool,
    comments: Vec<&'a NewComment>,
    failed: bool,
}

impl<S: Services> Sync<'_, S> {
    /// Everything that an outcome writes.
    pub(super) async fn write(
        &self,
        loaded: &Loaded,
        input: &Input,
        outcome: &Outcome,
        report: &mut PassReport,
    ) -> Result<Done, RunError> {
        let mut took = Took::default();
        if !outcome.writes.sentinel.is_empty() {
            match self.put(loaded, input, outcome, report).await? {
                End::Done(()) => took.sentinel = true,
                End::Conflict => return Ok(Done::Again),
                End::Later => return Ok(Done::Partly),
                End::Refused => {}
            }
        }
        if !outcome.writes.defender.is_empty() {
            match self.patch(loaded, outcome, report).await? {
                End::Done(()) => took.defender = true,
                End::Conflict | End::Later => took.failed = true,
                End::Refused => {}
            }
        }
        for comment in &outcome.writes.comments {
            if took.failed {
                break;
            }
            match self.comment(loaded, comment, report).await? {
                End::Done(()) => took.comments.push(comment),
                End::Conflict | End::Later => took.failed = true,
                End::Refused => {}
            }
        }
        self.settle(loaded, input, outcome, &took)?;
        Ok(if took.failed { Done::Partly } else { Done::Everything })
    }

    /// Moves the base to what was acknowledged.
    fn settle(&self, loaded: &Loaded, input: &Input, outcome: &Outcome, took: &Took) -> Result<(), RunError> {
        let took_side = |side| match side {
            Side::Defender => took.defender,
            Side::Sentinel => took.sentinel,
        };
        let Some(base) = outcome.next_base(input, took_side, &took.comments) else { return Ok(()) };
        if input.base.as_ref() == Some(&base) {
            return Ok(());
        }
        let (pair, at) = (loaded.pair.id, self.clock.now());
        self.ledger.together(|ledger| {
            ledger.settle(pair, &base, at)?;
            for (field, moves) in &outcome.moves {
                let settled = matches!(moves, Move::After { .. }) && !base.unsettled.contains(field);
                for side in Side::BOTH.into_iter().filter(|_| settled) {
                    if ledger.last_written(pair, side, *field)?.is_some_and(|e| !e.digest.is_empty()) {
                        ledger.wrote(pair, side, *field, "", "settled")?;
                    }
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Begins a write in the journal.
    fn begin(
        &self,
        loaded: &Loaded,
        side: Side,
        incident: &str,
        kind: WriteKind,
        body: Value,
        comment: Option<&NewComment>,
    ) -> Result<(JournalId, String), RunError> {
        let op = Uuid::new_v4().to_string();
        let intent = Intent {
            op: op.clone(),
            pair: loaded.pair.id,
            side,
            incident: incident.to_owned(),
            kind,
            body,
            fingerprint: comment.map(|c| c.origin.clone()),
            base_version: loaded.pair.version,
            at: self.clock.now(),
        };
        Ok((self.ledger.begin(&intent)?, op))
    }

    /// Closes a write in the journal, and says how it ended.
    fn close<T>(
        &self,
        loaded: &Loaded,
        id: JournalId,
        side: Side,
        incident: &str,
        body: &Value,
        answer: Answer<T>,
        stamp: impl Fn(&T) -> Option<String>,
        report: &mut PassReport,
    ) -> Result<End<T>, RunError> {
        let at = self.clock.now();
        match answer {
            Ok(value) => {
                self.ledger.close(id, &Closing::Done { digest: String::new(), stamp: stamp(&value) }, at)?;
                Ok(End::Done(value))
            }
            Err(error) if error.maybe_done() => {
                self.ledger.close(id, &Closing::Unknown { message: error.to_string() }, at)?;
                report.fail(incident, &error);
                Ok(End::Later)
            }
            Err(error) => {
                self.ledger.close(id, &Closing::Refused { message: error.to_string() }, at)?;
                if error.kind == ServiceErrorKind::Conflict {
                    return Ok(End::Conflict);
                }
                report.fail(incident, &error);
                if error.passes() {
                    return Ok(End::Later);
                }
                self.bury(loaded, side, incident, body, &error, at)?;
                Ok(End::Refused)
            }
        }
    }

    /// A write that a service refuses for good is kept for a person.
    fn bury(
        &self,
        loaded: &Loaded,
        side: Side,
        incident: &str,
        body: &Value,
        error: &ServiceError,
        at: i64,
    ) -> Result<(), RunError> {
        let kind = match (side, body.get("text").is_some()) {
            (_, true) => WriteKind::Comment,
            (Side::Defender, _) => WriteKind::Patch,
            (Side::Sentinel, _) => WriteKind::Put,
        };
        let (pair, incident) = (Some(loaded.pair.id), incident.to_owned());
        self.ledger.bury(&Refusal { pair, side, incident, kind, body: body.clone(), error: error.to_string(), at })?;
        Ok(())
    }

    /// Remembers what we wrote to each field, until both sides agree on it.
    fn echo(&self, loaded: &Loaded, side: Side, after: &Input, fields: &[Field], op: &str) -> Result<(), RunError> {
        for field in fields {
            let Some(digest) = said_digest(after, side, *field, self.options) else { continue };
            self.ledger.wrote(loaded.pair.id, side, *field, &digest, op)?;
        }
        Ok(())
    }

    async fn put(
        &self,
        loaded: &Loaded,
        input: &Input,
        outcome: &Outcome,
        report: &mut PassReport,
    ) -> Result<End<()>, RunError> {
        let Some(mut incident) = input.sentinel.clone() else { return Ok(End::Refused) };
        let reopens = incident.meaning() == Some(Status::Closed);
        outcome.writes.sentinel.apply(&mut incident);
        let (id, body) = (incident.id.clone(), Value::Object(outcome.writes.sentinel.body()));
        let (entry, op) = self.begin(loaded, Side::Sentinel, &id, WriteKind::Put, body.clone(), None)?;
        let answer = self.services.sentinel_put(&incident).await;
        let end = self.close(loaded, entry, Side::Sentinel, &id, &body, answer, |i| i.etag.clone(), report)?;
        match end {
            End::Done(written) => {
                report.put += 1;
                let fields = sentinel_fields(outcome);
                let after = Input { sentinel: Some(incident), ..Input::default() };
                self.turned(
                    loaded,
                    Side::Sentinel,
                    &after,
                    &fields,
                    reopens && written.meaning() != Some(Status::Closed),
                )?;
                self.echo(loaded, Side::Sentinel, &after, &fields, &op)?;
                self.keep_read_sentinel(written, false)?;
                Ok(End::Done(()))
            }
            End::Conflict => match self.services.sentinel_get(&id).await {
                Ok(Some(fresh)) => {
                    self.keep_read_sentinel(fresh, true)?;
                    Ok(End::Conflict)
                }
                Ok(None) => {
                    report.gone += usize::from(self.ledger.gone(Side::Sentinel, &id, self.clock.now())?);
                    Ok(End::Conflict)
                }
                Err(error) => {
                    report.fail(&id, &error);
                    Ok(End::Later)
                }
            },
            End::Refused => Ok(End::Refused),
            End::Later => Ok(End::Later),
        }
    }

    async fn patch(&self, loaded: &Loaded, outcome: &Outcome, report: &mut PassReport) -> Result<End<()>, RunError> {
        let (id, body) = (loaded.pair.defender.clone(), Value::Object(outcome.writes.defender.body()));
        let (entry, op) = self.begin(loaded, Side::Defender, &id, WriteKind::Patch, body.clone(), None)?;
        let answer = self.services.defender_patch(&id, &outcome.writes.defender).await;
        let end =
            self.close(loaded, entry, Side::Defender, &id, &body, answer, |i| i.last_update_date_time.clone(), report)?;
        Ok(match end {
            End::Done(written) => {
                report.patched += 1;
                let Some(before) = loaded.defender.as_ref() else { return Ok(End::Done(())) };
                let reopens = before.incident.meaning() == Some(Status::Closed);
                let fields = defender_fields(outcome);
                let mut incident = before.incident.clone();
                outcome.writes.defender.apply(&mut incident);
                let after = Input { defender: Some(incident), ..Input::default() };
                self.turned(
                    loaded,
                    Side::Defender,
                    &after,
                    &fields,
                    reopens && written.meaning() != Some(Status::Closed),
                )?;
                self.echo(loaded, Side::Defender, &after, &fields, &op)?;
                self.keep_read_defender(written)?;
                End::Done(())
            }
            End::Refused => End::Refused,
            End::Conflict => End::Conflict,
            End::Later => End::Later,
        })
    }

    /// Counts what the rate fuse and the rules look at: a field that we write again with another value, and reopenings.
    fn turned(
        &self,
        loaded: &Loaded,
        side: Side,
        after: &Input,
        fields: &[Field],
        reopened: bool,
    ) -> Result<(), RunError> {
        let (pair, at) = (loaded.pair.id, self.clock.now());
        for field in fields {
            let before = self.ledger.last_written(pair, side, *field)?.filter(|e| !e.digest.is_empty());
            let digest = said_digest(after, side, *field, self.options);
            if before.is_some_and(|b| Some(b.digest) != digest) {
                self.ledger.flip(pair, *field, at)?;
            }
        }
        if reopened {
            self.ledger.reopened(pair, at)?;
        }
        Ok(())
    }

    async fn comment(
        &self,
        loaded: &Loaded,
        comment: &NewComment,
        report: &mut PassReport,
    ) -> Result<End<()>, RunError> {
        let body = json!({"text": comment.text});
        let (entry, _) =
            self.begin(loaded, comment.side, &comment.incident, WriteKind::Comment, body.clone(), Some(comment))?;
        let end = match comment.side {
            Side::Defender => {
                let answer = self.services.defender_comment(&comment.incident, &comment.text).await;
                let end =
                    self.close(loaded, entry, comment.side, &comment.incident, &body, answer, |_| None, report)?;
                match end {
                    End::Done(comments) => {
                        let known = loaded.defender.as_ref().map(|d| d.incident.clone());
                        if let Some(mut incident) = known.filter(|d| d.id == comment.incident) {
                            let read = super::poll::last(Some(self.ledger), &incident.id)?;
                            incident = read.map_or(incident, |r: (super::Reading<_>, _)| r.0.incident);
                            incident.comments = comments;
                            self.keep_read_defender(incident)?;
                        }
                        End::Done(())
                    }
                    End::Refused => End::Refused,
                    End::Conflict => End::Conflict,
                    End::Later => End::Later,
                }
            }
            Side::Sentinel => {
                let id = sentinel_copy_id(&comment.origin);
                let answer = self.services.sentinel_comment(&comment.incident, &id, &comment.text).await;
                match self.close(loaded, entry, comment.side, &comment.incident, &body, answer, |_| None, report)? {
                    End::Done(written) => {
                        let read = super::poll::last(Some(self.ledger), &comment.incident)?;
                        if let Some((mut reading, _)) =
                            read as Option<(super::Reading<crate::incident::SentinelIncident>, _)>
                        {
                            reading.incident.comments.retain(|c| !c.id.eq_ignore_ascii_case(&written.id));
                            reading.incident.comments.push(written);
                            // The comment has moved the etag: the next write has to read it first.
                            reading.incident.etag = None;
                            self.keep_read_sentinel(reading.incident, true)?;
                        }
                        End::Done(())
                    }
                    End::Refused => End::Refused,
                    End::Conflict => End::Conflict,
                    End::Later => End::Later,
                }
            }
        };
        if matches!(end, End::Done(())) {
            report.comments += 1;
        }
        Ok(end)
    }

    /// Journals what was decided, when there is anything to tell, and keeps the fields that wait for a person.
    pub(super) fn remember(
        &self,
        loaded: &Loaded,
        input: &Input,
        outcome: &Outcome,
        report: &mut PassReport,
    ) -> Result<(), RunError> {
        report.decided += 1;
        report.held += outcome.holds.len();
        let (pair, at) = (loaded.pair.id, self.clock.now());
        let mut news = !outcome.rulings.is_empty() || !outcome.writes.is_empty() || !outcome.refusals.is_empty();
        self.ledger.together(|ledger| {
            let mut held_before = Vec::new();
            for field in Field::ALL {
                held_before.extend(ledger.held(pair, field)?.map(|_| field));
            }
            for hold in &outcome.holds {
                let field = hold.field.unwrap_or(Field::Status);
                let question = question(outcome, hold, input);
                let facts = ledger::digest(&question);
                let ask = Question { pair, field, reason: hold.why.clone(), facts, question, at };
                news |= ledger.hold(&ask)? != ledger::Held::Same;
            }
            let waits = |field: &Field| outcome.holds.iter().any(|h| h.field.unwrap_or(Field::Status) == *field);
            // An answered field is let go only when what was answered is written: until then the answer counts again.
            for field in held_before.into_iter().filter(|f| !waits(f) && !input.answers.contains_key(f)) {
                ledger.release(pair, field)?;
                news = true;
            }
            if let Some(reason) = &outcome.freeze {
                ledger.freeze(pair, reason, at)?;
            }
            if let Some(reason) = &outcome.unlink {
                ledger.unlink(pair, reason, at)?;
            }
            if news {
                let losers = outcome
                    .lost
                    .iter()
                    .map(|l| Loser { field: l.field, side: l.side, value: json!(l.value) })
                    .collect();
                ledger.decide(&ledger::Decision {
                    pair,
                    rule: self.options.rule.name.clone(),
                    rule_digest: self.options.rule.digest.clone(),
                    input: recorded(input),
                    outcome: outcome.json(),
                    losers,
                    holds: outcome.holds.iter().filter_map(|h| h.field).collect(),
                    at,
                })?;
            }
            Ok(())
        })?;
        report.frozen += usize::from(outcome.freeze.is_some());
        Ok(())
    }

    /// Takes a decided pair from the queue, with the answers that were carried out.
    pub(super) fn finish(&self, loaded: &Loaded, input: &Input, outcome: &Outcome) -> Result<(), RunError> {
        for field in input.answers.keys() {
            match outcome.holds.iter().any(|h| h.field == Some(*field)) {
                true => drop(self.ledger.take_answer(loaded.pair.id, *field)?),
                false => drop(self.ledger.release(loaded.pair.id, *field)?),
            }
        }
        for (side, id, mark) in &loaded.marks {
            self.ledger.decided(*side, id, *mark)?;
        }
        Ok(())
    }
}

/// What a person is asked about a held field.
fn question(outcome: &Outcome, hold: &crate::sync::pass::Hold, input: &Input) -> Value {
    let ruled = outcome.rulings.iter().rev().find(|r| match r.subject {
        crate::sync::pass::Subject::Field(field) => Some(field) == hold.field,
        crate::sync::pass::Subject::Incident(_) => hold.field.is_none(),
    });
    let base = input
        .base
        .as_ref()
        .map(|b: &Base| json!({"defender": b.defender.status.text(), "sentinel": b.sentinel.status.text()}));
    json!({
        "field": hold.name(),
        "why": hold.why,
        "defender": ruled.map(|r| r.defender.clone()),
        "sentinel": ruled.map(|r| r.sentinel.clone()),
        "base_status": base,
    })
}

/// An input as the journal keeps it: all that a decision is made of, without the evidence of alerts.
fn recorded(input: &Input) -> Value {
    let mut input = input.clone();
    if let Some(defender) = &mut input.defender {
        defender.other.clear();
        for alert in &mut defender.alerts {
            alert.evidence.clear();
            alert.other.clear();
        }
    }
    if let Some(sentinel) = &mut input.sentinel {
        sentinel.other.clear();
        sentinel.alerts.clear();
        sentinel.entities.clear();
    }
    serde_json::to_value(&input).unwrap_or(Value::Null)
}

fn defender_fields(outcome: &Outcome) -> Vec<Field> {
    let patch = &outcome.writes.defender;
    let fields = [
        (patch.status.is_some(), Field::Status),
        (patch.closing.is_some(), Field::Closing),
        (patch.resolving_comment.is_some(), Field::ClosingComment),
        (patch.assigned_to.is_some(), Field::Owner),
        (patch.severity.is_some(), Field::Severity),
        (patch.display_name.is_some(), Field::Title),
        (patch.description.is_some(), Field::Description),
        (patch.custom_tags.is_some(), Field::Tags),
    ];
    fields.into_iter().filter(|f| f.0).map(|f| f.1).collect()
}

fn sentinel_fields(outcome: &Outcome) -> Vec<Field> {
    let patch = &outcome.writes.sentinel;
    let fields = [
        (patch.status.is_some(), Field::Status),
        (patch.closing.is_some(), Field::Closing),
        (patch.classification_comment.is_some(), Field::ClosingComment),
        (patch.owner.is_some(), Field::Owner),
        (patch.severity.is_some(), Field::Severity),
        (patch.title.is_some(), Field::Title),
        (patch.description.is_some(), Field::Description),
        (patch.labels.is_some(), Field::Tags),
    ];
    fields.into_iter().filter(|f| f.0).map(|f| f.1).collect()
}
