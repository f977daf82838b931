//! What a query answers.

use super::{Batch, Json, Schema, Value};
use crate::diagnostic::Diagnostic;

/// The answer of a query, free of any engine.
#[derive(Clone, Debug, Default)]
pub struct QueryResult {
    /// Names and types of the columns.
    pub schema: Schema,
    /// The rows, in one or more pieces.
    pub batches: Vec<Batch>,
    /// True when the order of the rows means something (the query sorted them).
    pub ordered: bool,
    /// What `render` asked for.
    pub visualization: Option<Visualization>,
    /// Warnings of the run.
    pub warnings: Vec<Diagnostic>,
    /// What the run read.
    pub stats: RunStats,
}

impl QueryResult {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(|b| b.rows).sum()
    }

    /// The rows as values, one at a time.
    pub fn iter_rows(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        self.batches.iter().flat_map(|b| (0..b.rows).map(move |row| b.row(row)))
    }
}

/// What `render` asks for: the kind of picture and its properties, names as Kusto has them (`title`, `xcolumn`,
/// `ycolumns`, `series`, `kind`, `legend`, `xaxis`, `yaxis`, `ymin`, `ymax`, `xtitle`, `ytitle`, `accumulate`, `ysplit`,
/// `anomalycolumns`).
#[derive(Clone, Debug, PartialEq)]
pub struct Visualization {
    /// `timechart`, `barchart`, `table`, ...
    pub kind: String,
    /// Properties of `with (...)`, in the order in which they were written. Lists of columns are JSON arrays.
    pub properties: Vec<(String, Json)>,
}

impl Visualization {
    /// The property of that name.
    pub fn property(&self, name: &str) -> Option<&Json> {
        self.properties.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }
}

/// What a run read and skipped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunStats {
    /// Data files that were read.
    pub files_read: u64,
    /// Data files left out because their time range, or another bound, rules them out.
    pub files_skipped: u64,
    /// Row groups in the files that were read.
    pub row_groups_read: u64,
    /// Row groups left out by their statistics.
    pub row_groups_skipped: u64,
    /// Rows in the row groups that were read.
    pub rows_read: u64,
    /// Columns read, over all tables.
    pub columns_read: u64,
    /// Seconds from text to plan.
    pub compile_seconds: f64,
    /// Seconds of execution.
    pub run_seconds: f64,
}
