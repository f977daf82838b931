//! Who may write, and whose files must stay.
//!
//! In: a mirror's folder. Out: the lock of its one writer, or the share of a reader. Both are held by an open file, so that
//! they end with the process, however it ends.

use super::transaction::cannot_write;
use crate::diagnostic::{Code, Diagnostic};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

const WRITERS: &str = "write.lock";
const READERS: &str = "read.lock";

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often it looks.
const PERIOD: Duration = Duration::from_millis(20);

/// The right to write, for as long as it lives.
#[derive(Debug)]
pub struct WriteLock {
    _file: File,
}

impl WriteLock {
    /// Waits until no other process writes. `wait` is asked now and then whether to go on; none when it said no.
    ///
    /// # Errors
    /// When another one does not end, or the folder cannot be written.
    pub fn take(dir: &Path, wait: &mut dyn FnMut() -> bool) -> Result<Option<WriteLock>, Diagnostic> {
        let path = dir.join(WRITERS);
        let failed = |e: std::io::Error| cannot_write(&path, &e);
        let open = || File::options().create(true).write(true).truncate(false).open(&path).map_err(failed);
        let mut file = open()?;
        let end = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => return Ok(Some(WriteLock { _file: file })),
                // Somebody took the file away: another one is the lock now.
                Ok(()) => file = open()?,
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    if !wait() {
                        return Ok(None);
                    }
                    std::thread::sleep(PERIOD);
                }
                Err(TryLockError::WouldBlock) => {
                    let text = format!("another process keeps writing to the mirror `{}`", dir.display());
                    return Err(
                        Diagnostic::general(Code::StoreLocked, text).with_help("try again when it has finished")
                    );
                }
                Err(TryLockError::Error(e)) => return Err(failed(e)),
            }
        }
    }
}

/// Whether an open file is still the one of that name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |about: std::fs::Metadata| (about.dev(), about.ino());
    match (file.metadata().map(id), std::fs::metadata(path).map(id)) {
        (Ok(open), Ok(named)) => open == named,
        _ => false,
    }
}

/// An open file cannot be removed.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// Removes the locks of a folder that holds nothing else, and the folder. Only for who has the lock.
pub fn remove(dir: &Path, _held: WriteLock) {
    let others = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let others = others.filter(|e| e.file_name() != WRITERS && e.file_name() != READERS);
    if others.count() == 0 {
        // What is not removed is empty.
        let _ = std::fs::remove_file(dir.join(WRITERS));
        let _ = std::fs::remove_file(dir.join(READERS));
        let _ = std::fs::remove_dir(dir);
    }
}

/// A reader's share: while anybody has one, no file disappears that a version names.
#[derive(Debug)]
pub struct ReadLock {
    _file: Option<File>,
}

impl ReadLock {
    /// Takes a share. Where the folder cannot be written nobody can remove files either, and there is nothing to hold.
    pub fn share(dir: &Path) -> ReadLock {
        let path = dir.join(READERS);
        let file = File::options().create(true).read(true).write(true).truncate(false).open(&path);
        let file = file.or_else(|_| File::open(&path)).ok().filter(|file| file.lock_shared().is_ok());
        ReadLock { _file: file }
    }

    /// The right to remove files; none while anybody reads.
    pub fn alone(dir: &Path) -> Option<ReadLock> {
        let file = File::options().create(true).write(true).truncate(false).open(dir.join(READERS)).ok()?;
        file.try_lock().is_ok().then_some(ReadLock { _file: Some(file) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_removes_what_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (ReadLock::share(dir.path()), ReadLock::share(dir.path()));
        assert!(ReadLock::alone(dir.path()).is_none());
        drop(one);
        assert!(ReadLock::alone(dir.path()).is_none());
        drop(two);
        assert!(ReadLock::alone(dir.path()).is_some());
    }
}
