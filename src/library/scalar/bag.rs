//! Property bags and JSON.

use super::super::Function;

/// The records.
pub static FUNCTIONS: &[Function] = &[];
