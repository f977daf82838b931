//! Extremes and any value.

use super::super::AggregateFunction;

/// The records.
pub static FUNCTIONS: &[AggregateFunction] = &[];
