//! The clients of both services: Microsoft Graph for Defender's incidents, Azure Resource Manager for Sentinel's, and Log
//! Analytics for Sentinel's log of changes.
//!
//! In: settings and an identity. Out: the ports' answers, in huntline's types, and one event a request for whoever counts.
//! Never: a decision about incidents; a write that is sent again when it may have been done; a secret in a text. HTTP and
//! Azure's identity library are seen in this module only. It has clocks, as time limits need them.
//!
//! Sources: Microsoft Graph's and ARM's published specifications, and Microsoft's pages on throttling and on the query
//! service of Log Analytics.

mod auth;
mod budget;
mod defender;
mod http;
mod hunting;
mod log_analytics;
mod login;
mod page;
mod read;
mod record;
mod sentinel;
mod settings;
#[cfg(test)]
mod tests;

pub use auth::{Claims, Identity, Secret};
pub use hunting::Hunter;
pub use login::Api;
pub use record::{Observer, Recorder, RequestEvent, Service};
pub use settings::{Breaker, Budget, Budgets, DEFENDER_URL, MAX_SENTINEL_PAGE, Retry, Settings, SetupError, Timeouts};

use crate::incident::{DefenderComment, DefenderIncident, Entity, SentinelComment, SentinelIncident};
use crate::sync::plan::DefenderPatch;
use crate::sync::port::{Answer, LoggedChange, Services};
use serde_json::Value;
use std::sync::Arc;

/// Both services over HTTP. It is shared by reference; budgets, tokens and circuits are common to all who use it.
pub struct Connector {
    http: http::Http,
}

impl Connector {
    /// Prepares the clients; asks the services for nothing yet.
    ///
    /// # Errors
    /// When the settings cannot work, or name what is not built.
    pub fn new(settings: Settings) -> Result<Connector, SetupError> {
        Ok(Connector { http: http::Http::new(settings)? })
    }

    /// The same, with somebody to tell of every request.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Connector {
        self.http.observer = Some(observer);
        self
    }

    /// The same, with somebody who keeps all traffic, bodies included.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Arc<dyn Recorder>) -> Connector {
        self.http.recorder = Some(recorder);
        self
    }
}

impl Services for Connector {
    async fn defender_list(&self, since: Option<i64>) -> Answer<Vec<DefenderIncident>> {
        self.http.defender_list(since).await
    }

    async fn defender_get(&self, id: &str) -> Answer<Option<DefenderIncident>> {
        self.http.defender_get(id).await
    }

    async fn defender_patch(&self, id: &str, patch: &DefenderPatch) -> Answer<DefenderIncident> {
        self.http.defender_patch(id, patch).await
    }

    async fn defender_comment(&self, id: &str, text: &str) -> Answer<Vec<DefenderComment>> {
        self.http.defender_comment(id, text).await
    }

    async fn sentinel_list(&self, since: Option<i64>) -> Answer<Vec<SentinelIncident>> {
        self.http.sentinel_list(since).await
    }

    async fn sentinel_get(&self, id: &str) -> Answer<Option<SentinelIncident>> {
        self.http.sentinel_get(id).await
    }

    async fn sentinel_comments(&self, id: &str) -> Answer<Vec<SentinelComment>> {
        self.http.sentinel_comments(id).await
    }

    async fn sentinel_alerts(&self, id: &str) -> Answer<Vec<Value>> {
        self.http.sentinel_alerts(id).await
    }

    async fn sentinel_entities(&self, id: &str) -> Answer<Vec<Entity>> {
        self.http.sentinel_entities(id).await
    }

    async fn sentinel_put(&self, incident: &SentinelIncident) -> Answer<SentinelIncident> {
        self.http.sentinel_put(incident).await
    }

    async fn sentinel_comment(&self, incident: &str, id: &str, text: &str) -> Answer<SentinelComment> {
        self.http.sentinel_comment(incident, id, text).await
    }

    async fn sentinel_changes(&self, since: i64) -> Answer<Vec<LoggedChange>> {
        self.http.sentinel_changes(since).await
    }
}
