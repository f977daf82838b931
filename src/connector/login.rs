//! Who huntline is to a service, without doing anything there: the claims of a token, and one cheap read.
//!
//! In: an API. Out: what its token says, or why there is none. Never: the token.

use super::Connector;
use super::auth::{Claims, Slot};
use super::http::{Call, Effect, Http};
use super::read::unreadable;
use super::record::Service;
use crate::sync::port::Answer;
use reqwest::Method;
use serde_json::json;

/// An API with permissions of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Microsoft Graph.
    Graph,
    /// Defender's older API, `api.security.microsoft.com`.
    Defender,
    /// Azure Resource Manager: Sentinel.
    Arm,
    /// The query service of Log Analytics.
    LogAnalytics,
}

/// What a token for Defender's older API is asked for.
const DEFENDER: &str = "https://api.security.microsoft.com/.default";

impl Api {
    /// All.
    pub const ALL: [Api; 4] = [Api::Graph, Api::Defender, Api::Arm, Api::LogAnalytics];

    /// Its name in reports and arguments.
    pub const fn name(self) -> &'static str {
        match self {
            Api::Graph => Service::Graph.name(),
            Api::Defender => "defender",
            Api::Arm => Service::Arm.name(),
            Api::LogAnalytics => Service::LogAnalytics.name(),
        }
    }
}

impl Connector {
    /// What a token for the API says about whoever asks; `None` when only the API can read it.
    ///
    /// # Errors
    /// Why there is no token, in words.
    pub async fn claims(&self, api: Api) -> Result<Option<Claims>, String> {
        self.http.claims(api).await
    }

    /// Reads one record, or asks a query without a table: `Ok` when the API allows it. [`Api::Defender`] is not asked: what
    /// it allows is in its token.
    ///
    /// # Errors
    /// What the API answered.
    pub async fn probe(&self, api: Api) -> Answer<()> {
        self.http.probe(api).await
    }
}

impl Http {
    async fn claims(&self, api: Api) -> Result<Option<Claims>, String> {
        let token = match api {
            Api::Graph => self.token(Service::Graph).await,
            Api::Arm => self.token(Service::Arm).await,
            Api::LogAnalytics => self.token(Service::LogAnalytics).await,
            Api::Defender => self.auth.token(&Slot::default(), DEFENDER, self.settings.timeouts.token).await,
        };
        token.map(|token| Claims::read(token.expose())).map_err(|e| e.message)
    }

    async fn probe(&self, api: Api) -> Answer<()> {
        let call = match api {
            Api::Graph => {
                let path = ["v1.0", "security", "incidents"];
                self.call(Service::Graph, "incidents.list", Method::GET, &path, &[("$top", "1")])?
            }
            Api::Arm => self.arm("incidents.list", Method::GET, &[], &[("$top", "1")])?,
            Api::LogAnalytics => {
                let workspace = self.settings.workspace_id.as_deref().unwrap_or_default();
                let path = ["v1", "workspaces", workspace, "query"];
                let call = self.call(Service::LogAnalytics, "print.query", Method::POST, &path, &[])?;
                Call { effect: Effect::Read, body: Some(json!({ "query": "print 1" })), ..call }
            }
            Api::Defender => return Ok(()),
        };
        let reply = self.send(&call).await?;
        match reply.json.get("error") {
            Some(error) if !error.is_null() => Err(unreadable(&call, &reply, "the answer is only a part")),
            _ => Ok(()),
        }
    }
}
