//! Operators: comparison, arithmetic, logic, text relations, lists.

use super::super::Function;

/// The records.
pub static FUNCTIONS: &[Function] = &[];
