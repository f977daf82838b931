//! Operators over whole tables: what `sample`, `reduce` and `parse-kv` do to rows.
//!
//! The binder calls them as it calls plugins; `evaluate` does not know them.

mod kv;
mod reduce;
mod sample;

pub use kv::{PARSE_KV, check_kv_regex};
pub use reduce::{REDUCE, REDUCE_SOURCE};
pub use sample::SAMPLE;
