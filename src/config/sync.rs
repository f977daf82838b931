//! `[sync]`: the two sides, the rule, and what rules may know.

use serde::Deserialize;
use std::path::PathBuf;

/// `[sync]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncConfig {
    /// The rule: a preset's name, or the path of a script.
    pub rule: Option<String>,
    /// The ledger's file.
    pub ledger: Option<PathBuf>,
    /// Seconds between two passes of `sync watch`.
    pub poll_seconds: u64,
    /// Seconds that a list reaches back before the last change that was read.
    pub overlap_seconds: u32,
    /// Seconds within which two clocks say the same.
    pub skew_seconds: u32,
    /// Incidents under way at the same time.
    pub parallel: usize,
    /// The fields that are kept in step; all unless set.
    pub fields: Option<Vec<String>>,
    /// Whether a rule may put a changed side back to the base.
    pub allow_revert: bool,
    /// Whether new alerts in Defender are cause enough to reopen.
    pub reopen_on_new_alerts: bool,
    /// Writes to one incident within an hour after which it is frozen.
    pub max_writes_per_hour: u32,
    /// Names under which the services know huntline itself.
    pub names: Vec<String>,
    /// Beginnings of names that are your automation.
    pub automation: Vec<String>,
    /// Beginnings of names that are people, where they have no address.
    pub human: Vec<String>,
    /// The zone of business hours, such as `Europe/Berlin`; UTC unless set.
    pub timezone: Option<String>,
    /// Business hours, for rules.
    pub business_hours: BusinessHours,
    /// The directory as a CSV file with the columns `upn`, `objectId`, `display` and, if you like, `team`.
    pub directory: Option<PathBuf>,
    /// People beside those of the file.
    pub people: Vec<PersonConfig>,
    /// Your constants: what rules see as `f.config`.
    pub constants: toml::Table,
    /// Requests to Graph within a minute, at most. Microsoft names 50 for the older incidents API and 150 for alerts.
    pub graph_requests_per_minute: u32,
    /// Graph's address, if it is not the public one.
    pub graph_url: Option<String>,
    /// `[sync.sentinel]`
    pub sentinel: SentinelConfig,
    /// `[sync.auth]`
    pub auth: AuthConfig,
}

impl Default for SyncConfig {
    fn default() -> SyncConfig {
        SyncConfig {
            rule: None,
            ledger: None,
            poll_seconds: 60,
            overlap_seconds: 600,
            skew_seconds: 2,
            parallel: 4,
            fields: None,
            allow_revert: false,
            reopen_on_new_alerts: false,
            max_writes_per_hour: 30,
            names: vec!["API-huntline".to_owned()],
            automation: vec![],
            human: vec![],
            timezone: None,
            business_hours: BusinessHours::default(),
            directory: None,
            people: vec![],
            constants: toml::Table::new(),
            graph_requests_per_minute: 50,
            graph_url: None,
            sentinel: SentinelConfig::default(),
            auth: AuthConfig::default(),
        }
    }
}

/// `[sync.business_hours]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BusinessHours {
    /// Days, 1 is Monday.
    pub days: Vec<u8>,
    /// The first hour, 0 to 23.
    pub from: u8,
    /// The hour after the last one, 1 to 24.
    pub to: u8,
}

impl Default for BusinessHours {
    fn default() -> BusinessHours {
        BusinessHours { days: vec![1, 2, 3, 4, 5], from: 8, to: 18 }
    }
}

/// A person of `[[sync.people]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonConfig {
    /// The user principal name.
    pub upn: String,
    /// The directory's id.
    pub object_id: String,
    /// The name that portals show.
    #[serde(default)]
    pub display: String,
    /// The team.
    #[serde(default)]
    pub team: Option<String>,
}

/// `[sync.sentinel]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SentinelConfig {
    /// The subscription, a GUID.
    pub subscription: Option<String>,
    /// The resource group.
    pub resource_group: Option<String>,
    /// The workspace's name.
    pub workspace: Option<String>,
    /// The workspace's id, a GUID; with it Sentinel's log of changes says who changed what.
    pub workspace_id: Option<String>,
    /// ARM's version.
    pub api_version: Option<String>,
    /// ARM's address, if it is not the public one.
    pub url: Option<String>,
    /// Log Analytics' address, if it is not the public one.
    pub log_analytics_url: Option<String>,
}

/// `[sync.auth]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// How to sign in; Azure's command line unless set.
    pub method: AuthMethod,
    /// The tenant.
    pub tenant: Option<String>,
    /// The app's id.
    pub client_id: Option<String>,
    /// A file with the app's secret, readable by its owner only; else `HUNTLINE_CLIENT_SECRET` or `AZURE_CLIENT_SECRET` has
    /// it.
    pub secret_file: Option<PathBuf>,
    /// A PEM file with the app's certificate and its key, readable by its owner only.
    pub certificate: Option<PathBuf>,
    /// Where tokens come from, if it is not the public cloud: `https://login.microsoftonline.us`.
    pub authority_url: Option<String>,
}

/// How to sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// What `az login` left.
    #[default]
    AzureCli,
    /// Azure's developer tools.
    DeveloperTools,
    /// The machine's own identity.
    ManagedIdentity,
    /// A federated token of a workload.
    WorkloadIdentity,
    /// An app with a secret.
    ClientSecret,
    /// An app with a certificate.
    ClientCertificate,
}
