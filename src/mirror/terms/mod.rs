//! Term filters: which blocks of a data file can hold a term at all.
//!
//! In: the texts of a column while a data file is written; later the terms that a query looks for. Out: the sidecar of the
//! data file, and a bit for each block of [`BLOCK`] rows. A filter may name a block in vain, it never leaves one out. A piece
//! of a term becomes the terms that hold it, by the list of a row group's words. Knows no parquet, no Delta and no plan.

mod block;
mod distinct;
mod filter;
mod grams;
mod needles;
mod part;
mod pattern;
mod probe;
mod section;
mod sidecar;
#[cfg(test)]
mod tests;
mod token;
mod words;

pub use block::BlockFilter;
pub use filter::RowGroupFilter;
pub use needles::Needles;
pub use part::Part;
pub use pattern::{Literal, literals};
pub use probe::Probe;
pub use section::{Blocks, ColumnFilters};
pub use sidecar::{Sidecar, SidecarBuilder, sidecar_path};
pub use token::keys;

/// Rows of a block. Blocks start anew at each row group.
pub const BLOCK: usize = 8192;
