//! Regular expressions, compiled once for a thread.
//!
//! In: patterns as KQL has them. Out: what the compiled expression says. A broken pattern matches nothing; where it is a
//! constant, [`check`] has refused the query before.

use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;

/// Patterns that a thread keeps. A query has a few; a column of patterns must not fill the memory.
const KEPT: usize = 256;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Option<Regex>>> = RefCell::new(HashMap::new());
}

/// The compiled pattern; `None` when it is broken. A clone of a regex is a count.
pub(crate) fn compiled(pattern: &str) -> Option<Regex> {
    COMPILED.with_borrow_mut(|kept| {
        if let Some(regex) = kept.get(pattern) {
            return regex.clone();
        }
        if kept.len() >= KEPT {
            kept.clear();
        }
        let regex = Regex::new(pattern).ok();
        kept.insert(pattern.to_owned(), regex.clone());
        regex
    })
}

/// What is wrong with a pattern.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    if compiled(pattern).is_some() {
        return Ok(());
    }
    let cause = Regex::new(pattern).err().map(|e| e.to_string()).unwrap_or_default();
    // The last line of the crate's message names the cause; those above draw the pattern.
    let cause = cause.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    Err(format!("`{pattern}` is no regular expression: {cause}"))
}
