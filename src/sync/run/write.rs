//! The writes of one outcome, each journalled before it is sent and closed after it.
//!
//! Sentinel comes first: its etag says when somebody else was faster, and then nothing was written yet. Comments come last:
//! each of them moves that etag.

use super::pair::{Loaded, said_digest};
use super::poll::last;
use super::{PassReport, RunError, Sync};
use crate::incident::{DefenderIncident, Field, SentinelIncident, Side, Status, sentinel_copy_id};
use crate::ledger::{Closing, Intent, JournalId, Refusal, WriteKind};
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

impl<T> End<T> {
    /// The same end without what was done.
    fn ended(self) -> End<()> {
        match self {
            End::Done(_) => End::Done(()),
            End::Refused => End::Refused,
            End::Conflict => End::Conflict,
            End::Later => End::Later,
        }
    }
}

/// What is written.
struct Write<'w> {
    side: Side,
    incident: &'w str,
    kind: WriteKind,
    body: Value,
    comment: Option<&'w NewComment>,
}

/// A write that is in the journal and not yet closed there.
struct Begun<'w> {
    id: JournalId,
    op: String,
    loaded: &'w Loaded,
    write: Write<'w>,
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
    fn begin<'w>(&self, loaded: &'w Loaded, write: Write<'w>) -> Result<Begun<'w>, RunError> {
        let op = Uuid::new_v4().to_string();
        let intent = Intent {
            op: op.clone(),
            pair: loaded.pair.id,
            side: write.side,
            incident: write.incident.to_owned(),
            kind: write.kind,
            body: write.body.clone(),
            fingerprint: write.comment.map(|c| c.origin.clone()),
            base_version: loaded.pair.version,
            at: self.clock.now(),
        };
        Ok(Begun { id: self.ledger.begin(&intent)?, op, loaded, write })
    }

    /// Closes a write in the journal, and says how it ended.
    fn close<T>(
        &self,
        begun: &Begun,
        answer: Answer<T>,
        stamp: impl Fn(&T) -> Option<String>,
        report: &mut PassReport,
    ) -> Result<End<T>, RunError> {
        let at = self.clock.now();
        let how = match &answer {
            Ok(value) => Closing::Done { digest: String::new(), stamp: stamp(value) },
            Err(error) if error.maybe_done() => Closing::Unknown { message: error.to_string() },
            Err(error) => Closing::Refused { message: error.to_string() },
        };
        self.ledger.close(begun.id, &how, at)?;
        match answer {
            Ok(value) => Ok(End::Done(value)),
            Err(error) if error.kind == ServiceErrorKind::Conflict => Ok(End::Conflict),
            Err(error) => {
                report.fail(begun.write.incident, &error);
                if error.passes() {
                    return Ok(End::Later);
                }
                self.bury(begun, &error, at)?;
                Ok(End::Refused)
            }
        }
    }

    /// A write that a service refuses for good is kept for a person.
    fn bury(&self, begun: &Begun, error: &ServiceError, at: i64) -> Result<(), RunError> {
        let Write { side, kind, body, .. } = &begun.write;
        self.ledger.bury(&Refusal {
            pair: Some(begun.loaded.pair.id),
            side: *side,
            incident: begun.write.incident.to_owned(),
            kind: *kind,
            body: body.clone(),
            error: error.to_string(),
            at,
        })?;
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
        let closed = incident.meaning() == Some(Status::Closed);
        outcome.writes.sentinel.apply(&mut incident);
        let (id, body) = (incident.id.clone(), Value::Object(outcome.writes.sentinel.body()));
        let write = Write { side: Side::Sentinel, incident: &id, kind: WriteKind::Put, body, comment: None };
        let begun = self.begin(loaded, write)?;
        let answer = self.services.sentinel_put(&incident).await;
        match self.close(&begun, answer, |i| i.etag.clone(), report)? {
            End::Done(written) => {
                report.put += 1;
                let after = Input { sentinel: Some(incident), ..Input::default() };
                let reopened = closed && written.meaning() != Some(Status::Closed);
                self.wrote(&begun, &after, &sentinel_fields(outcome), reopened)?;
                self.keep_read_sentinel(written, false)?;
                Ok(End::Done(()))
            }
            End::Conflict => self.read_after_conflict(&id, report).await,
            other => Ok(other.ended()),
        }
    }

    /// Somebody else was faster: what they did is read, to decide on it.
    async fn read_after_conflict(&self, id: &str, report: &mut PassReport) -> Result<End<()>, RunError> {
        match self.services.sentinel_get(id).await {
            Ok(Some(fresh)) => self.keep_read_sentinel(fresh, true)?,
            Ok(None) => report.gone += usize::from(self.ledger.gone(Side::Sentinel, id, self.clock.now())?),
            Err(error) => {
                report.fail(id, &error);
                return Ok(End::Later);
            }
        }
        Ok(End::Conflict)
    }

    async fn patch(&self, loaded: &Loaded, outcome: &Outcome, report: &mut PassReport) -> Result<End<()>, RunError> {
        let Some(before) = loaded.defender.as_ref() else { return Ok(End::Refused) };
        let (id, body) = (&loaded.pair.defender, Value::Object(outcome.writes.defender.body()));
        let write = Write { side: Side::Defender, incident: id, kind: WriteKind::Patch, body, comment: None };
        let begun = self.begin(loaded, write)?;
        let answer = self.services.defender_patch(id, &outcome.writes.defender).await;
        match self.close(&begun, answer, |i| i.last_update_date_time.clone(), report)? {
            End::Done(written) => {
                report.patched += 1;
                let closed = before.incident.meaning() == Some(Status::Closed);
                let mut incident = before.incident.clone();
                outcome.writes.defender.apply(&mut incident);
                let after = Input { defender: Some(incident), ..Input::default() };
                let reopened = closed && written.meaning() != Some(Status::Closed);
                self.wrote(&begun, &after, &defender_fields(outcome), reopened)?;
                self.keep_read_defender(written)?;
                Ok(End::Done(()))
            }
            other => Ok(other.ended()),
        }
    }

    /// Remembers what we wrote to each field until both sides agree on it, and counts what the rate fuse and the rules
    /// look at: a field that we write again with another value, and reopenings.
    fn wrote(&self, begun: &Begun, after: &Input, fields: &[Field], reopened: bool) -> Result<(), RunError> {
        let (pair, side, at) = (begun.loaded.pair.id, begun.write.side, self.clock.now());
        for field in fields {
            let Some(digest) = said_digest(after, side, *field, self.options) else { continue };
            let before = self.ledger.last_written(pair, side, *field)?.filter(|e| !e.digest.is_empty());
            if before.is_some_and(|b| b.digest != digest) {
                self.ledger.flip(pair, *field, at)?;
            }
            self.ledger.wrote(pair, side, *field, &digest, &begun.op)?;
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
        let (side, incident) = (comment.side, comment.incident.as_str());
        let body = json!({"text": comment.text});
        let write = Write { side, incident, kind: WriteKind::Comment, body, comment: Some(comment) };
        let begun = self.begin(loaded, write)?;
        let end = match side {
            Side::Defender => {
                let answer = self.services.defender_comment(incident, &comment.text).await;
                match self.close(&begun, answer, |_| None, report)? {
                    End::Done(comments) => {
                        if let Some((reading, _)) = last::<DefenderIncident>(Some(self.ledger), incident)? {
                            self.keep_read_defender(DefenderIncident { comments, ..reading.incident })?;
                        }
                        End::Done(())
                    }
                    other => other.ended(),
                }
            }
            Side::Sentinel => {
                let id = sentinel_copy_id(&comment.origin);
                let answer = self.services.sentinel_comment(incident, &id, &comment.text).await;
                match self.close(&begun, answer, |_| None, report)? {
                    End::Done(written) => {
                        if let Some((mut reading, _)) = last::<SentinelIncident>(Some(self.ledger), incident)? {
                            let comments = &mut reading.incident.comments;
                            comments.retain(|c| !c.id.eq_ignore_ascii_case(&written.id));
                            comments.push(written);
                            // The comment has moved the etag: the next write has to read it first.
                            reading.incident.etag = None;
                            self.keep_read_sentinel(reading.incident, true)?;
                        }
                        End::Done(())
                    }
                    other => other.ended(),
                }
            }
        };
        report.comments += usize::from(matches!(end, End::Done(())));
        Ok(end)
    }
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
