//! Which sources came before.
//!
//! In: the counters of the tables. Out: the marks of all that was read. A source is noted in every table that got rows of
//! it, in the same version; batches over several tables are whole, so one of them is enough to know it by.

use crate::diagnostic::Diagnostic;
use crate::mirror::delta;
use crate::mirror::store::Mirror;
use crate::mirror::transaction::Staged;
use std::collections::HashSet;

/// Counters of this kind have the mark of what was read.
const CONTENT: &str = "content/";

/// The marks of all that was read.
///
/// # Errors
/// When a table is damaged.
pub fn known(mirror: &Mirror) -> Result<HashSet<String>, Diagnostic> {
    let mut all = HashSet::new();
    for table in mirror.stored() {
        let counters = delta::counters(&mirror.folder(&table))?;
        all.extend(counters.keys().filter_map(|name| name.strip_prefix(CONTENT)).map(str::to_owned));
    }
    Ok(all)
}

/// Notes that something was read.
pub fn note(staged: &mut Staged, mark: &str) {
    staged.change.counters.insert(format!("{CONTENT}{mark}"), 1);
}
