//! The local store of telemetry, and the readers that bring files into it.
//!
//! In: files of every form in which the portals and their interfaces hand out rows. Out: tables as parquet, a folder for
//! each table and day, as a [`Catalog`](crate::catalog::Catalog). Knows nothing of queries, asks no clock, prints nothing.

mod frame;
mod ingest;
pub mod layout;
mod manifest;
pub mod rhythm;
mod store;
mod transaction;
mod writer;

pub use frame::{read_parquet, readable, write_parquet};
pub use ingest::{ImportOptions, ImportReport, Progress, SourceImport, TableImport, import, read_file_as_table};
pub use store::{Mirror, TableStatus, status};
