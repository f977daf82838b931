//! The query APIs: Graph hunting under both names, the older hunting API, Log Analytics.
//!
//! In: a request's query text. Out: the vendors' answer shapes and errors. What a query means is none of the fake's
//! business: the engine stands behind the port [`Hunt`], and the fake adds its own tables to each run.

mod graph;
mod la;

pub(super) use graph::{graph_answer, graph_query, legacy_answer};
pub(super) use la::{la_answer, la_query, path_not_found};

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

/// A query engine. `timespan` is the request's ISO 8601 text (`P30D`, `a/b`, ...), not parsed.
pub trait Hunt: Send + Sync {
    /// Runs `query` over the engine's own tables and `live`.
    fn run(&self, query: &str, timespan: Option<&str>, live: &[LiveTable]) -> Result<Answer, HuntError>;
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
