//! The mirror as a pull sees it: answers go in, and with them the counts of the hours that they complete.
//!
//! In: bodies as the service sent them, counts by hour. Out: one commit each, the counts of earlier ones, and the files of
//! rows that could not be read.

use crate::diagnostic::Diagnostic;
use crate::mirror::{self, Mirror};
use crate::pull::{Added, Store};
use crate::value::datetime;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Counters of pulls begin with this.
const PREFIX: &str = "pull/";

/// The mirror of one origin.
#[derive(Debug)]
pub struct MirrorStore {
    path: PathBuf,
    prefix: String,
    rejects: Mutex<Vec<PathBuf>>,
}

impl MirrorStore {
    /// The mirror in a folder. Counts are kept apart by `origin`, the service and whose it is.
    pub fn new(path: &Path, origin: &str) -> MirrorStore {
        let origin: String = origin.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
        MirrorStore { path: path.to_owned(), prefix: format!("{PREFIX}{origin}/"), rejects: Mutex::default() }
    }

    /// The files of rows that could not be read, since this was last asked.
    pub fn take_rejects(&self) -> Vec<PathBuf> {
        std::mem::take(&mut *self.rejects.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `pull/graph/2026-07-01T13`
    fn key(&self, hour: i64) -> String {
        let text = datetime::format(hour);
        format!("{}{}", self.prefix, text.get(..13).unwrap_or(&text))
    }
}

/// The hour of the end of a counter's name.
fn hour(name: &str) -> Option<i64> {
    datetime::parse(&format!("{name}:00:00Z"))
}

impl Store for MirrorStore {
    fn known(&self, table: &str) -> Result<BTreeMap<i64, i64>, Diagnostic> {
        let counters = mirror::counters(&Mirror::open(&self.path)?, table, &self.prefix)?;
        Ok(counters.iter().filter_map(|(name, rows)| Some((hour(name)?, *rows))).collect())
    }

    fn commit(&self, table: &str, bodies: Vec<Vec<u8>>, hours: Vec<(i64, i64)>) -> Result<Added, Diagnostic> {
        let counters: Vec<(String, i64)> = hours.into_iter().map(|(hour, rows)| (self.key(hour), rows)).collect();
        let report = mirror::append(&Mirror::open(&self.path)?, table, bodies, &counters)?;
        self.rejects.lock().unwrap_or_else(PoisonError::into_inner).extend(report.rejects_file);
        Ok(Added { rows: report.rows, duplicates: report.duplicates, rejected: report.rejected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_known_again_by_its_counter() {
        let at = datetime::parse("2026-07-01T13:00:00Z").unwrap();
        let store = MirrorStore::new(Path::new("m"), "graph/contoso.example");
        let key = store.key(at);
        assert_eq!(key, "pull/graph_contoso_example/2026-07-01T13");
        assert_eq!(hour(key.strip_prefix(&store.prefix).unwrap()), Some(at));
        assert_eq!(hour("x"), None);
    }
}
