//! Dates and timespans.

use super::super::Function;

/// The records.
pub static FUNCTIONS: &[Function] = &[];
