//! Operators that make one row of many: `summarize` and `make-series`.
//!
//! In: rows, aggregates and keys as written. Out: a row for each group.

mod aggregate;
mod series;
mod summarize;
