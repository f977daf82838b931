//! Which tables there are, and what running code may ask of the outside.
//!
//! In: schemas and stores. Out: the trait [`Catalog`], its tables, the trait
//! [`External`] of what `externaldata` reads, and [`Env`]. Tables resolve to file lists with schema
//! and bounds, never to an engine's scan.

pub mod device;
mod env;
mod external;
mod memory;
mod overlay;
mod places;
pub mod portal;
mod saved;
mod shelf;
mod watchlist;

pub use env::{Env, Limits, Lookup};
pub use external::{
    Address, Artifact, ColumnSource, External, ExternalData, ExternalFormat, ExternalPart, ExternalRows,
};
pub use memory::MemoryCatalog;
pub use overlay::Overlay;
pub use places::Places;
pub use saved::SavedFunction;
pub use shelf::Shelf;
pub use watchlist::Watchlist;

use crate::diagnostic::Diagnostic;
use crate::value::{Batch, Schema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A table that queries may name.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name; names are case-sensitive.
    pub name: Arc<str>,
    /// Its columns.
    pub schema: Schema,
    /// The column that time ranges apply to (`Timestamp` in Defender, `TimeGenerated` in Sentinel); tables of inventory
    /// have none.
    pub time_column: Option<Arc<str>>,
    /// Where its rows are.
    pub source: TableSource,
}

/// Where rows are.
#[derive(Clone, Debug)]
pub enum TableSource {
    /// In memory.
    Batch(Arc<Batch>),
    /// In parquet files.
    Files {
        /// The files; none means no rows.
        files: Vec<DataFile>,
        /// Who wrote them.
        layout: FileLayout,
        /// Columns that have another name in the files.
        renamed: Arc<BTreeMap<Arc<str>, Arc<str>>>,
    },
}

/// What may be relied on in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileLayout {
    /// Written by the mirror: columns of the table's types, strings never null, datetimes as microseconds with a companion
    /// column for the seventh digit (see `mirror::layout`), sorted by time.
    Mirror,
    /// Anybody's: types are adapted, missing columns and null strings filled.
    Foreign,
}

/// A parquet file of a table.
#[derive(Clone, Debug, Default)]
pub struct DataFile {
    /// Where.
    pub path: PathBuf,
    /// Number of rows, where known.
    pub rows: Option<u64>,
    /// Ticks of the earliest and the latest row by the time column, where known.
    pub time_range: Option<(i64, i64)>,
    /// XXH64 of its bytes, where known: what lies beside the file names it.
    pub digest: Option<u64>,
    /// Its rows by the hour, as the number of hours since year 1, where known. Rows without a time are in none.
    pub hours: Option<Arc<BTreeMap<i64, u64>>>,
    /// Which of the table's columns it holds and how, where known without opening it.
    pub contents: Option<Arc<FileContents>>,
}

/// What a file of the mirror holds, told by the manifest so that nobody needs to open it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileContents {
    /// Columns of the table's schema that the file has not: all their values are missing. Never a documented column of the
    /// version that wrote the file.
    pub missing: Vec<Arc<str>>,
    /// Datetime columns with a companion column for the seventh digit; the others are whole microseconds throughout.
    pub ticks: Vec<Arc<str>>,
}

/// The tables of a run.
pub trait Catalog: Send + Sync {
    /// The table of that name, with old names resolved (`MiscEvents`).
    ///
    /// # Errors
    /// A diagnostic when the table is there but cannot be read.
    fn table(&self, name: &str) -> Result<Option<Arc<Table>>, Diagnostic>;

    /// The names of all tables, sorted: for wildcards and suggestions.
    fn names(&self) -> Vec<Arc<str>>;

    /// The column that another name stands for in a table (`EventTime`, `TimeGenerated` where only `Timestamp` is kept).
    fn column_alias(&self, _table: &str, _column: &str) -> Option<Arc<str>> {
        None
    }

    /// The saved function of that name.
    ///
    /// # Errors
    /// A diagnostic when it is there but cannot be read.
    fn function(&self, _name: &str) -> Result<Option<Arc<SavedFunction>>, Diagnostic> {
        Ok(None)
    }

    /// The names of all saved functions, sorted: for suggestions.
    fn function_names(&self) -> Vec<Arc<str>> {
        vec![]
    }

    /// The watchlist of that alias.
    ///
    /// # Errors
    /// A diagnostic when it is there but cannot be read.
    fn watchlist(&self, _alias: &str) -> Result<Option<Arc<Watchlist>>, Diagnostic> {
        Ok(None)
    }

    /// The aliases of all watchlists, sorted.
    fn watchlist_aliases(&self) -> Vec<Arc<str>> {
        vec![]
    }

    /// Where the files of saved functions and watchlists are looked for, to be told to the user.
    fn shelf(&self) -> Option<PathBuf> {
        None
    }

    /// The catalog that stands for another place: `kind` is the function that names it (`workspace`, `cluster`, `database`,
    /// `app`, `adx`), `name` its argument as written. A database of a cluster is asked of the cluster's catalog.
    fn place(&self, _kind: &str, _name: &str) -> Option<Arc<dyn Catalog>> {
        None
    }
}
