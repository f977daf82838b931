//! `[mirror.pull]`: where rows are pulled from, and how.

use serde::Deserialize;

/// `[mirror.pull]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PullConfig {
    /// The service.
    pub source: PullSource,
    /// How far back: a span of time (`30d`) or a datetime.
    pub since: String,
    /// The pause between two passes of `--follow`, a span of time.
    pub every: String,
    /// Tables at the same time.
    pub parallel: usize,
    /// Rows that one question aims at; as many as the service's limits allow unless set.
    pub target_rows: Option<u64>,
    /// The address of Defender's older interface, if it is not the public one.
    pub defender_url: Option<String>,
}

impl Default for PullConfig {
    fn default() -> PullConfig {
        PullConfig {
            source: PullSource::default(),
            since: "30d".to_owned(),
            every: "5m".to_owned(),
            parallel: 3,
            target_rows: None,
            defender_url: None,
        }
    }
}

/// The service that rows are pulled from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullSource {
    /// Advanced hunting by Microsoft Graph.
    #[default]
    Graph,
    /// Advanced hunting by Defender's older interface.
    Defender,
    /// The workspace of `[sync.sentinel]`, by Log Analytics.
    LogAnalytics,
}
