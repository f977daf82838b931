//! Percentiles and sketches.

use super::super::AggregateFunction;

/// The records.
pub static FUNCTIONS: &[AggregateFunction] = &[];
