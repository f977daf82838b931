//! Choices and tests for null.

use super::super::Function;

/// The records.
pub static FUNCTIONS: &[Function] = &[];
