//! Bringing files into the mirror.
//!
//! In: paths. Out: rows in the store, and a report that counts everything that was not taken. A file is read as a stream
//! of rows; each row goes by the columns of its table into a frame; frames are sorted, split by day and written.

mod cell;
mod collector;
mod csv;
mod envelope;
mod import;
mod in_place;
mod infer;
mod json;
mod output;
mod parquet;
mod reader;
mod report;
mod rows;
mod sniff;
mod source;
mod sources;
mod time;
mod token;

pub use import::{ImportOptions, Progress, append, counters, import};
pub use in_place::read_file_as_table;
pub use report::{ImportReport, SourceImport, TableImport};
pub use source::{Expand, Listing, RemoteOptions, Rounds, Seen, list};

pub(super) use infer::{Kinds, convert};
pub(super) use rows::{Builder, Frame, RawColumn, TIMES};
pub(super) use sources::is_source;

use source::documented;
