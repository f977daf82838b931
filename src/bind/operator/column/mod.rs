//! Operators that choose and compute columns; rows stay as many.
//!
//! In: rows and columns as written. Out: the same rows with other columns.

mod parse;
pub(in crate::bind) mod project;
