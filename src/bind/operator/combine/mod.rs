//! Operators over several tables: `join`, `lookup`, `union`, `search`, `find`.
//!
//! In: rows, and tables as written. Out: one table.

mod join;
mod search;
mod union;
