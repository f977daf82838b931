//! Scalars: what gives one value for each row.
//!
//! In: an expression as written, with the rows and names in sight. Out: a typed plan expression. Never a table: what gives
//! rows is bound beside this folder.

mod binary;
pub(super) mod call;
pub(super) mod coerce;
pub(super) mod expr;
mod graph;
pub(super) mod list;
pub(super) mod window;
