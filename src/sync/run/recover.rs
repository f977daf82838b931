//! Looking for the ends of writes that were begun and never closed: the process died, or the answer was lost.
//!
//! The incident is read again. Whether the write is to be seen there closes it in the journal; the base was not moved, so
//! deciding again does what is left to do, and nothing twice.

use super::{PassReport, RunError, Sync};
use crate::incident::{DefenderIncident, SentinelIncident, Side, marker_of, sentinel_copy_id};
use crate::ledger::{Closing, Intent, WriteKind};
use crate::sync::port::{ServiceError, Services};
use serde_json::Value;

impl<S: Services> Sync<'_, S> {
    /// Closes every open write whose incident can be read.
    pub(super) async fn recover(&self, report: &mut PassReport) -> Result<(), RunError> {
        for open in self.ledger.open_intents()? {
            if self.stopped() {
                return Ok(());
            }
            let seen = match self.look(&open.intent).await {
                Ok(seen) => seen?,
                Err(error) => {
                    report.fail(&open.intent.incident, &error);
                    continue;
                }
            };
            self.ledger.close(open.id, &Closing::Recovered { seen }, self.clock.now())?;
            report.recovered += 1;
        }
        Ok(())
    }

    /// Reads the incident, keeps the reading, and says whether the write is to be seen in it.
    async fn look(&self, intent: &Intent) -> Result<Result<bool, RunError>, ServiceError> {
        match intent.side {
            Side::Defender => {
                let Some(incident) = self.services.defender_get(&intent.incident).await? else { return Ok(Ok(false)) };
                let seen = seen_in_defender(intent, &incident);
                Ok(self.keep_read_defender(incident).map(|()| seen))
            }
            Side::Sentinel => {
                let Some(incident) = self.services.sentinel_get(&intent.incident).await? else { return Ok(Ok(false)) };
                let seen = seen_in_sentinel(intent, &incident);
                Ok(self.keep_read_sentinel(incident, true).map(|()| seen))
            }
        }
    }
}

fn seen_in_defender(intent: &Intent, incident: &DefenderIncident) -> bool {
    match (intent.kind, &intent.fingerprint) {
        (WriteKind::Comment, Some(print)) => {
            incident.comments.iter().any(|c| marker_of(&c.comment).as_ref() == Some(print))
        }
        _ => shows(&intent.body, serde_json::to_value(incident).ok()),
    }
}

fn seen_in_sentinel(intent: &Intent, incident: &SentinelIncident) -> bool {
    match (intent.kind, &intent.fingerprint) {
        (WriteKind::Comment, Some(print)) => {
            let id = sentinel_copy_id(print);
            incident.comments.iter().any(|c| c.id.eq_ignore_ascii_case(&id))
        }
        _ => shows(&intent.body, serde_json::to_value(incident).ok()),
    }
}

/// Whether an incident has every value of a written body.
fn shows(body: &Value, incident: Option<Value>) -> bool {
    let Some(incident) = incident else { return false };
    body.as_object().is_some_and(|body| {
        body.iter().all(|(name, value)| match (value, incident.get(name)) {
            (Value::Null, found) => found.is_none_or(Value::is_null),
            (value, Some(found)) => value == found || text(value).is_some() && text(value) == text(found),
            (_, None) => false,
        })
    })
}

/// A text without regard to case: the services spell enumerations as they like.
fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_lowercase)
}
