//! The local store of telemetry, and the readers that bring files into it.
//!
//! In: files of every form in which the portals and their interfaces hand out rows. Out: a Delta Lake table for each
//! table, partitioned by day, as a [`Catalog`](crate::catalog::Catalog). Knows nothing of queries, asks no clock, prints nothing.

mod compact;
mod dedupe;
mod delta;
mod frame;
mod ingest;
pub mod layout;
mod lock;
mod part_file;
mod part_terms;
mod prune;
mod retain;
pub mod rhythm;
mod row_group;
mod status;
mod store;
pub mod terms;
mod transaction;
mod verify;
mod writer;

pub use compact::{Compacted, TARGET, compact};
pub use delta::{At, Version};
pub use frame::{read_parquet, readable, write_parquet};
pub use ingest::{Expand, Listing, RemoteOptions, Rounds, Seen, list};
pub use ingest::{
    ImportOptions, ImportReport, Progress, SourceImport, TableImport, append, counters, import, read_file_as_table,
};
pub use retain::{Retained, Retention, retain};
pub use status::{TableStatus, note_pull, status, tables};
pub use store::Mirror;
pub use transaction::now_millis;
pub use verify::{Fault, FaultKind, Verified, verify, versions};
pub use writer::Duplicates;

#[cfg(test)]
pub(crate) use row_group::RowGroups;
