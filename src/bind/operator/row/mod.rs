//! Operators that choose, order and count rows.
//!
//! In: rows with a predicate, keys or a count as written. Out: some of the rows, or what is known about them.

mod filter;
mod sort;
