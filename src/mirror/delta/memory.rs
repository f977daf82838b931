//! The newest version of a table beside its log, ready to be read.
//!
//! In: a version that was read from the log. Out: the same, without reading the log again, as long as it is the newest. A log
//! of a thousand versions takes long to read, and every query needs it. The copy names the version and the digest of that
//! version's own file, so that a copy that is behind, or of another table, is not believed; without a copy that can be
//! believed the log is read.

use super::{LOG, Snapshot, history};
use crate::mirror::frame::readable;
use crate::mirror::layout::OWN;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh64::xxh64;

/// The form of what is kept.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Memory {
    /// Goes up whenever the rest changes its meaning.
    format: u32,
    /// XXH64 of the file of the version.
    version_digest: u64,
    snapshot: Snapshot,
}

/// Where it is kept.
pub fn memory_path(folder: &Path) -> PathBuf {
    folder.join(OWN).join("newest.json")
}

fn version_file(folder: &Path, version: u64) -> PathBuf {
    folder.join(LOG).join(history::file_name(version))
}

/// The version of the newest checkpoint; 0 where there is none.
fn checkpoint(folder: &Path) -> u64 {
    let text = std::fs::read(folder.join(LOG).join("_last_checkpoint")).unwrap_or_default();
    let last: Option<serde_json::Value> = serde_json::from_slice(&text).ok();
    last.and_then(|last| last.get("version")?.as_u64()).unwrap_or_default()
}

/// The newest version, if it was kept.
pub fn recall(folder: &Path) -> Option<Snapshot> {
    let text = std::fs::read(memory_path(folder)).ok()?;
    let (digest, body) = text.split_at_checked(8)?;
    if digest != xxh64(body, 0).to_le_bytes() {
        return None;
    }
    let Memory { format, version_digest, snapshot } = serde_json::from_slice(body).ok()?;
    let newer = version_file(folder, snapshot.version + 1).try_exists().ok()? || checkpoint(folder) > snapshot.version;
    let own = std::fs::read(version_file(folder, snapshot.version)).ok()?;
    (format == FORMAT && !newer && xxh64(&own, 0) == version_digest).then_some(snapshot)
}

/// Keeps the newest version. Where it cannot be kept, the log is read again.
pub fn remember(folder: &Path, snapshot: &Snapshot) {
    let Ok(own) = std::fs::read(version_file(folder, snapshot.version)) else { return };
    let memory = Memory { format: FORMAT, version_digest: xxh64(&own, 0), snapshot: snapshot.clone() };
    let Ok(body) = serde_json::to_vec(&memory) else { return };
    let write = || {
        let own = folder.join(OWN);
        std::fs::create_dir_all(&own)?;
        let mut file = readable(tempfile::Builder::new().prefix(".writing-")).tempfile_in(&own)?;
        file.write_all(&xxh64(&body, 0).to_le_bytes())?;
        file.write_all(&body)?;
        file.persist(memory_path(folder)).map_err(|e| e.error)?;
        Ok::<(), std::io::Error>(())
    };
    // A copy that is not there costs time, nothing else.
    drop(write());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::delta::{At, Change, Part, commit};

    fn version(folder: &Path, path: &str) -> Snapshot {
        let part = Part { path: path.to_owned(), rows: 1, ..Part::default() };
        commit(folder, &Change { command: "import".to_owned(), add: vec![part], ..Change::default() }).unwrap();
        Snapshot::read(folder, At::Latest).unwrap().unwrap()
    }

    #[test]
    fn only_the_newest_version_of_this_log_is_recalled() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("T_CL");
        assert_eq!(recall(&folder), None);
        let first = version(&folder, "a.parquet");
        assert_eq!(recall(&folder), Some(first.clone()), "a commit keeps it");
        let newest = version(&folder, "b.parquet");
        assert_eq!(recall(&folder), Some(newest.clone()));

        remember(&folder, &first);
        assert_eq!(recall(&folder), None, "it is behind the log");
        remember(&folder, &newest);
        let mut text = std::fs::read(memory_path(&folder)).unwrap();
        *text.last_mut().unwrap() ^= 1;
        std::fs::write(memory_path(&folder), text).unwrap();
        assert_eq!(recall(&folder), None, "it is damaged");
        remember(&folder, &newest);
        let file = version_file(&folder, newest.version);
        let log = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, format!("{log}\n")).unwrap();
        assert_eq!(recall(&folder), None, "it is of another log");
    }
}
