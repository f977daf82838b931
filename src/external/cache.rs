//! Copies of what was fetched or added.
//!
//! In: contents and the address that they came from. Out: files. Contents lie in `objects/` under their SHA-256, so a damaged
//! one is seen; each address has a small file of its own in `index/`. Everything is written beside its place and renamed, under a
//! lock, so that several processes may share a cache. Of an address only what [`Address::shown`] shows is kept, and a digest.

use super::Refusal;
use crate::catalog::Address;
use crate::diagnostic::Code;
use crate::value::datetime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;

/// How names of files begin that are being written.
const UNFINISHED: &str = ".writing-";
/// The file that is locked while entries and contents change together.
const LOCK: &str = "write.lock";
/// How long a file may be in writing before it counts as left behind.
const LEFT_BEHIND: Duration = Duration::from_secs(86_400);

/// A folder of copies.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// The copy of an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The address, without its secrets.
    pub address: String,
    /// Something of the address was left out: it cannot be fetched again without being told.
    pub partial: bool,
    /// SHA-256 of the contents, in hex.
    pub digest: String,
    /// Bytes of the contents.
    pub bytes: u64,
    /// When it was fetched, found unchanged, or added: a datetime.
    pub date: String,
    /// The server's mark of this state.
    pub etag: Option<String>,
    /// The server's time of this state, in the server's words.
    pub last_modified: Option<String>,
    /// The server's word for the kind of contents.
    pub media_type: Option<String>,
    /// Added by hand: it is never fetched again unless asked for.
    pub added: bool,
}

impl Entry {
    /// Ticks since its date; 0 when that lies ahead.
    pub fn age(&self, now: i64) -> i64 {
        // A date that cannot be read is as old as can be.
        datetime::parse(&self.date).map_or(i64::MAX, |date| now.saturating_sub(date).max(0))
    }

    /// Its date to the minute, for reading.
    pub fn day(&self) -> String {
        self.date.get(..16).unwrap_or(&self.date).replace('T', " ")
    }
}

/// What a server told beside the contents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) media_type: Option<String>,
}

impl Cache {
    /// A cache in a folder, which need not exist yet.
    pub fn new(folder: PathBuf) -> Cache {
        Cache { folder }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn objects(&self) -> PathBuf {
        self.folder.join("objects")
    }

    fn index(&self) -> PathBuf {
        self.folder.join("index")
    }

    fn index_file(&self, address: &Address) -> PathBuf {
        self.index().join(format!("{}.json", hex(&Sha256::digest(address.identity().as_bytes()))))
    }

    /// Waits until no other process changes the cache. Held until it is dropped.
    fn lock(&self) -> io::Result<File> {
        std::fs::create_dir_all(&self.folder)?;
        let file = File::options().create(true).append(true).open(self.folder.join(LOCK))?;
        match file.lock() {
            // Some file systems have no locks; what is lost then is seen by its digest.
            Err(e) if e.kind() != io::ErrorKind::Unsupported => Err(e),
            _ => Ok(file),
        }
    }

    /// The copy of an address, if there is one.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn find(&self, address: &Address) -> io::Result<Option<Entry>> {
        read_entry(&self.index_file(address))
    }

    /// The file of a copy's contents, compared with its digest.
    ///
    /// # Errors
    /// In words, when it is missing or damaged.
    pub fn open(&self, entry: &Entry) -> Result<PathBuf, String> {
        let plain = entry.digest.len() == 64 && entry.digest.bytes().all(|b| b.is_ascii_hexdigit());
        if !plain {
            return Err("its entry is damaged".to_owned());
        }
        let path = self.objects().join(&entry.digest);
        match digest_of(&path) {
            Ok(digest) if digest == entry.digest => Ok(path),
            Ok(_) => Err("its contents are damaged".to_owned()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err("its contents are missing".to_owned()),
            Err(e) => Err(format!("its contents cannot be read: {e}")),
        }
    }

    /// Begins a new copy.
    pub(super) fn begin(&self) -> io::Result<Copy> {
        let folder = self.objects();
        std::fs::create_dir_all(&folder)?;
        let file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&folder)?;
        sweep(&folder, &file);
        Ok(Copy { file, hash: Sha256::new(), bytes: 0 })
    }

    /// Keeps a file as the copy of an address.
    ///
    /// # Errors
    /// When the file cannot be read, or nothing can be written.
    pub fn add(&self, address: &Address, file: &Path, now: i64) -> io::Result<Entry> {
        let mut source = File::open(file)?;
        let mut copy = self.begin()?;
        let mut block = vec![0; 64 << 10];
        loop {
            match source.read(&mut block)? {
                0 => return copy.keep(self, address, Facts::default(), now, true),
                n => copy.write(block.get(..n).unwrap_or_default())?,
            }
        }
    }

    /// Every copy, by address. Entries that cannot be read are left out.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> io::Result<Vec<Entry>> {
        let folder = match std::fs::read_dir(self.index()) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            folder => folder?,
        };
        let mut entries = vec![];
        for file in folder {
            let path = file?.path();
            if path.extension().is_some_and(|e| e == "json") {
                entries.extend(read_entry(&path)?);
            }
        }
        entries.sort_by(|a, b| a.address.cmp(&b.address).then_with(|| a.digest.cmp(&b.digest)));
        Ok(entries)
    }

    /// Removes the copy of an address, and its contents when no other address has the same. False: there was none.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, address: &Address) -> io::Result<bool> {
        if self.find(address)?.is_none() {
            return Ok(false);
        }
        let _lock = self.lock()?;
        let Some(entry) = self.find(address)? else { return Ok(false) };
        std::fs::remove_file(self.index_file(address))?;
        if !self.list()?.iter().any(|e| e.digest == entry.digest) {
            self.discard(&entry.digest)?;
        }
        Ok(true)
    }

    fn discard(&self, digest: &str) -> io::Result<()> {
        let plain = digest.bytes().all(|b| b.is_ascii_hexdigit());
        match std::fs::remove_file(self.objects().join(digest)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound && plain => Err(e),
            _ => Ok(()),
        }
    }

    /// Writes the entry of an address whose contents are kept already.
    pub(super) fn write(&self, address: &Address, entry: &Entry) -> io::Result<()> {
        let _lock = self.lock()?;
        self.replace(address, entry)
    }

    /// Writes an entry, and removes the contents that nobody has any more. Under the lock.
    fn replace(&self, address: &Address, entry: &Entry) -> io::Result<()> {
        let folder = self.index();
        std::fs::create_dir_all(&folder)?;
        let before = self.find(address)?;
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&folder)?;
        serde_json::to_writer_pretty(&mut file, entry)?;
        file.write_all(b"\n")?;
        file.persist(self.index_file(address)).map_err(|e| e.error)?;
        match before.filter(|b| b.digest != entry.digest) {
            Some(old) if !self.list()?.iter().any(|e| e.digest == old.digest) => self.discard(&old.digest),
            _ => Ok(()),
        }
    }

    /// A refusal because the cache itself cannot be used.
    pub(super) fn failed(&self, error: &io::Error) -> Refusal {
        let message = format!("the cache `{}` cannot be used: {error}", self.folder.display());
        Refusal::new(Code::CannotWrite, message)
    }
}

/// A copy that is being written. Dropped, it leaves nothing.
pub(super) struct Copy {
    file: NamedTempFile,
    hash: Sha256,
    bytes: u64,
}

impl Copy {
    /// Bytes so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
        self.file.write_all(piece)
    }

    /// Keeps it as the copy of an address.
    pub(super) fn keep(
        self,
        cache: &Cache,
        address: &Address,
        facts: Facts,
        now: i64,
        added: bool,
    ) -> io::Result<Entry> {
        let digest = hex(&self.hash.finalize());
        self.file.as_file().sync_all()?;
        // Without the lock another process could discard the contents before an entry names them.
        let _lock = cache.lock()?;
        self.file.persist(cache.objects().join(&digest)).map_err(|e| e.error)?;
        let Facts { etag, last_modified, media_type } = facts;
        let entry = Entry {
            address: address.shown(),
            partial: address.hides(),
            digest,
            bytes: self.bytes,
            date: datetime::format(now),
            etag,
            last_modified,
            media_type,
            added,
        };
        cache.replace(address, &entry)?;
        Ok(entry)
    }
}

/// An entry; none where there is no file. One that cannot be read as an entry counts as none: it is written anew.
fn read_entry(path: &Path) -> io::Result<Option<Entry>> {
    match std::fs::read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => Ok(serde_json::from_slice(&bytes?).ok()),
    }
}

/// Removes what processes that were killed left behind, by the clock of the file system. What cannot be removed stays.
fn sweep(folder: &Path, newest: &NamedTempFile) {
    let Ok(now) = newest.as_file().metadata().and_then(|m| m.modified()) else { return };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|t| now.duration_since(t).ok());
        if unfinished && age.is_some_and(|age| age > LEFT_BEHIND) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn digest_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 64 << 10];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hex(&hash.finalize())),
            n => hash.update(block.get(..n).unwrap_or_default()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}
