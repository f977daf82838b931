//! Which sources came before.
//!
//! In: the counters of the tables. Out: what earlier imports took. A source is noted in every table that got rows of it, in
//! the same version; batches over several tables are whole, so one of them is enough to know it by.

use super::output::Summary;
use super::source::Taken;
use crate::diagnostic::Diagnostic;
use crate::mirror::delta;
use crate::mirror::store::Mirror;
use crate::mirror::transaction::{Staged, now_millis};
use std::collections::BTreeMap;

/// Counters of this kind name the bytes that were read.
const CONTENT: &str = "content/";
/// Counters of this kind say how many bytes of a source were taken.
const SOURCE: &str = "source/";
/// Counters of this kind name an object's version and the object; they say when that was read.
const OBJECT: &str = "object/";

/// What earlier imports took.
///
/// # Errors
/// When a table is damaged.
pub fn known(mirror: &Mirror) -> Result<Taken, Diagnostic> {
    let mut taken = Taken::default();
    let mut objects: BTreeMap<String, (i64, String)> = BTreeMap::new();
    for table in mirror.stored() {
        // What is noted with 0 was taken, and left the table since.
        for (name, number) in delta::counters(&mirror.folder(&table))?.into_iter().filter(|(_, number)| *number > 0) {
            if let Some(mark) = name.strip_prefix(CONTENT) {
                taken.add_mark(mark);
            } else if let Some(identity) = name.strip_prefix(SOURCE) {
                taken.add_source(identity, u64::try_from(number).unwrap_or_default());
            } else if let Some((version, identity)) = name.strip_prefix(OBJECT).and_then(|rest| rest.split_once(' ')) {
                let last = objects.entry(identity.to_owned()).or_default();
                *last = (&*last).max(&(number, version.to_owned())).clone();
            }
        }
    }
    objects.into_iter().for_each(|(identity, (_, version))| taken.add_version(&identity, &version));
    Ok(taken)
}

/// Whether a counter is about a source.
pub fn is_source(name: &str) -> bool {
    [CONTENT, SOURCE, OBJECT].iter().any(|kind| name.starts_with(kind))
}

/// Notes what was taken of a source.
pub fn note(staged: &mut Staged, summary: &Summary) {
    let counters = &mut staged.change.counters;
    if let Some(mark) = &summary.mark {
        counters.insert(format!("{CONTENT}{mark}"), 1);
    }
    if let Some(identity) = &summary.identity {
        let consumed = i64::try_from(summary.consumed).unwrap_or(i64::MAX);
        counters.insert(format!("{SOURCE}{identity}"), consumed);
        if let Some(version) = &summary.version {
            counters.insert(format!("{OBJECT}{} {identity}", version.replace(' ', "_")), now_millis());
        }
    }
}
