//! What a pull asks of the service and of the mirror: the ports that others implement.
//!
//! In: questions, and answers to keep. Out: whole answers or why there are none; notes of what was taken. `connector`
//! and `cli` stand behind them.

use crate::diagnostic::Diagnostic;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A query, and what is to be known of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// The text, KQL.
    pub kql: &'a str,
    /// The datetime column of the answer by which its rows are counted, if they are rows of a table.
    pub time: Option<&'a str>,
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The body, byte for byte as the service sent it.
    pub body: Vec<u8>,
    /// Its rows.
    pub rows: u64,
    /// Rows without those that are the same as another one of the answer.
    pub distinct: u64,
    /// Rows by the start, in ticks, of the five minutes that they are of.
    pub slots: BTreeMap<i64, i64>,
    /// The same without rows that are the same as another one.
    pub distinct_slots: BTreeMap<i64, i64>,
    /// Rows whose time could not be read.
    pub untimed: u64,
    /// What the service said when it sent only a part of the rows.
    pub partial: Option<String>,
}

/// Why a query has no answer. The text is the service's own, or the network's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HuntFailure {
    /// The quota is spent. Ask again after this time.
    Throttled(Duration),
    /// The result is larger than the service allows.
    TooLarge(String),
    /// Only a part of the result came.
    Partial(String),
    /// The query took longer than the service allows.
    Timeout(String),
    /// The identity may not ask this.
    Denied(String),
    /// There is no token, for no table.
    NoToken {
        /// Why.
        text: String,
        /// False when trying later is no use.
        passes: bool,
    },
    /// The service has no table of that name.
    UnknownTable(String),
    /// No connection, or a fault of the service that may pass.
    Unavailable(String),
    /// Anything else; asking again is no use.
    Other(String),
}

impl fmt::Display for HuntFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HuntFailure::Throttled(wait) => write!(f, "the quota is spent for another {} s", wait.as_secs()),
            HuntFailure::TooLarge(text)
            | HuntFailure::Partial(text)
            | HuntFailure::Timeout(text)
            | HuntFailure::Denied(text)
            | HuntFailure::NoToken { text, .. }
            | HuntFailure::UnknownTable(text)
            | HuntFailure::Unavailable(text)
            | HuntFailure::Other(text) => f.write_str(text),
        }
    }
}

/// A service that answers queries.
pub trait Hunting: Send + Sync {
    /// Asks once. Short trouble of the network may be got over inside; a spent quota is told at once.
    ///
    /// # Errors
    /// When there is no whole answer.
    fn query(&self, question: Question<'_>) -> impl Future<Output = Result<Page, HuntFailure>> + Send;
}

/// What became of the rows of a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Rows that are new in the mirror.
    pub rows: u64,
    /// Rows that it had.
    pub duplicates: u64,
    /// Rows that it could not read.
    pub rejected: u64,
}

/// The mirror. Both calls may take long; they are made beside the run.
pub trait Store: Send + Sync {
    /// The rows that the service had in each hour when that hour was last taken whole, by the hour's start in ticks.
    ///
    /// # Errors
    /// When the mirror cannot be read.
    fn known(&self, table: &str) -> Result<BTreeMap<i64, i64>, Diagnostic>;

    /// Takes answers as the service sent them, and notes the rows of hours, all in one atomic commit. A row that the
    /// mirror has is dropped.
    ///
    /// # Errors
    /// When nothing was committed.
    fn commit(&self, table: &str, bodies: Vec<Vec<u8>>, hours: Vec<(i64, i64)>) -> Result<Added, Diagnostic>;
}
