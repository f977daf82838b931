//! What a sync needs of the two services: the port that connectors implement.

use super::plan::DefenderPatch;
use crate::incident::{DefenderComment, DefenderIncident, Entity, SentinelComment, SentinelIncident, Side};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// Why a request had no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// The service.
    pub side: Side,
    /// What kind of failure.
    pub kind: ServiceErrorKind,
    /// What the service, or the network, said.
    pub message: String,
    /// The id under which the service knows the request.
    pub correlation: String,
}

/// What kind of failure, and so what may be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceErrorKind {
    /// A newer version exists (ARM's 409): read again and decide again.
    Conflict,
    /// There is no such resource.
    NotFound,
    /// The service refused the request for good: the HTTP status and the service's own code.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's code, as `BadRequest`.
        code: String,
    },
    /// The identity may not do this, or there is no token.
    Denied,
    /// Too many requests; nothing was done. Try again after this time.
    Throttled(Duration),
    /// Nothing was done: no connection, a closed circuit, a spent budget.
    Unavailable,
    /// It may have been done or not: the answer was lost, cut short, late, or a server error. Read again before anything else.
    Unknown,
}

impl ServiceError {
    /// True when the request may have had its effect.
    pub fn maybe_done(&self) -> bool {
        self.kind == ServiceErrorKind::Unknown
    }

    /// True when the same request may succeed later.
    pub fn passes(&self) -> bool {
        !matches!(self.kind, ServiceErrorKind::Refused { .. } | ServiceErrorKind::Denied | ServiceErrorKind::NotFound)
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (request {})", self.side.title(), self.message, self.correlation)
    }
}

impl std::error::Error for ServiceError {}

/// A change in Sentinel's own log of changes (the table SecurityIncident): who changed an incident, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedChange {
    /// The incident's name, a GUID.
    pub incident: String,
    /// Who, as the table has it.
    pub modified_by: String,
    /// When, in ticks.
    pub at: i64,
}

/// The answer of a service.
pub type Answer<T> = Result<T, ServiceError>;

/// Both services. Times are ticks; every future ends within the client's time limits.
pub trait Services: Send + Sync {
    /// Defender's incidents that changed at or after a time, with their alerts, oldest change first; all for `None`.
    fn defender_list(&self, since: Option<i64>) -> impl Future<Output = Answer<Vec<DefenderIncident>>> + Send;
    /// One incident of Defender with its alerts; `None` when it is gone.
    fn defender_get(&self, id: &str) -> impl Future<Output = Answer<Option<DefenderIncident>>> + Send;
    /// Changes an incident of Defender; the incident afterwards.
    fn defender_patch(&self, id: &str, patch: &DefenderPatch) -> impl Future<Output = Answer<DefenderIncident>> + Send;
    /// Adds a comment in Defender; all comments afterwards.
    fn defender_comment(&self, id: &str, text: &str) -> impl Future<Output = Answer<Vec<DefenderComment>>> + Send;

    /// Sentinel's incidents that changed at or after a time, without comments, alerts and entities, oldest change first.
    fn sentinel_list(&self, since: Option<i64>) -> impl Future<Output = Answer<Vec<SentinelIncident>>> + Send;
    /// One incident of Sentinel with its comments; `None` when it is gone.
    fn sentinel_get(&self, id: &str) -> impl Future<Output = Answer<Option<SentinelIncident>>> + Send;
    /// The comments of an incident of Sentinel.
    fn sentinel_comments(&self, id: &str) -> impl Future<Output = Answer<Vec<SentinelComment>>> + Send;
    /// The alerts of an incident of Sentinel as SecurityAlert entities: 150 at most.
    fn sentinel_alerts(&self, id: &str) -> impl Future<Output = Answer<Vec<Value>>> + Send;
    /// The entities of an incident of Sentinel.
    fn sentinel_entities(&self, id: &str) -> impl Future<Output = Answer<Vec<Entity>>> + Send;
    /// Replaces an incident of Sentinel: the whole, with its etag; the incident afterwards (without comments).
    fn sentinel_put(&self, incident: &SentinelIncident) -> impl Future<Output = Answer<SentinelIncident>> + Send;
    /// Adds a comment in Sentinel under a chosen id.
    fn sentinel_comment(
        &self,
        incident: &str,
        id: &str,
        text: &str,
    ) -> impl Future<Output = Answer<SentinelComment>> + Send;
    /// Who changed which incident of Sentinel since a time; empty where the log cannot be asked.
    fn sentinel_changes(&self, since: i64) -> impl Future<Output = Answer<Vec<LoggedChange>>> + Send;
}
