//! Parsers of texts.

use super::super::Function;

/// The records.
pub static FUNCTIONS: &[Function] = &[];
