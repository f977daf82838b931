//! The query APIs: Graph hunting under both names, the older hunting API, Log Analytics.
//!
//! In: a request's query text. Out: the vendors' answer shapes and errors. What a query means is none of the fake's
//! business: the engine stands behind the port [`Hunt`], and the fake adds its own tables to each run.

mod graph;
mod la;

pub(super) use graph::{Caps, graph_answer, graph_query, legacy_answer};
pub(super) use la::{Short, la_answer, la_query, path_not_found};

use super::telemetry::Arrivals;
use serde_json::Value as Json;

/// A table the fake holds itself, handed to each run.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveTable {
    /// Its name in queries.
    pub name: String,
    /// Columns: name and Kusto type.
    pub columns: Vec<(String, String)>,
    /// Rows in the columns' order; datetimes as text, dynamic values as JSON.
    pub rows: Vec<Vec<Json>>,
}

/// What a query returned. Without columns the workspace is empty, and Log Analytics answers 204.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Columns: name and Kusto type.
    pub columns: Vec<(String, String)>,
    /// Rows in the columns' order.
    pub rows: Vec<Vec<Json>>,
    /// True when the query put the rows in order.
    pub ordered: bool,
}

/// Why a query was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HuntError {
    /// The text is no query.
    Syntax(String),
    /// The query names what does not exist, or mixes types.
    Semantic(String),
    /// The result is larger than the service allows.
    TooLarge(String),
    /// The time was not enough.
    Timeout,
    /// No engine stands behind the port.
    Absent,
    /// No answer for another reason.
    Other(String),
}

/// What a query is run over.
#[derive(Clone, Copy, Debug)]
pub struct Hunting<'a> {
    /// The query's text.
    pub query: &'a str,
    /// Ticks of `now()`.
    pub now: i64,
    /// First and last tick of the rows in sight, by each table's time column; both included.
    pub within: (Option<i64>, Option<i64>),
    /// What the engine's own tables hold at `now`.
    pub arrivals: Arrivals,
    /// The fake's own tables.
    pub live: &'a [LiveTable],
}

/// A query engine.
pub trait Hunt: Send + Sync {
    /// Runs a query over the engine's own tables and the live ones.
    fn run(&self, hunting: &Hunting<'_>) -> Result<Answer, HuntError>;

    /// The names of the engine's own tables of events, sorted.
    fn tables(&self) -> Vec<String>;
}

/// What is said where no engine answers.
const NO_ENGINE: &str = "No query engine stands behind this fake.";

/// A query as it came, with the marks of the API it came through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    /// Its text.
    pub text: String,
    /// The timespan.
    pub timespan: Option<String>,
}
