//! Cells by the names that expressions give them.

use crate::value::Value;
use std::fmt::Write;

/// Values as a text that equal values share: what a group, a partition or a node is told apart by.
pub(super) fn key(values: &[Value]) -> String {
    let mut text = String::new();
    for value in values {
        // whole numbers are one thing, whatever their width
        let _ = match value.as_i64() {
            Some(number) => write!(text, "{number};"),
            None => write!(text, "{value:?};"),
        };
    }
    text
}
