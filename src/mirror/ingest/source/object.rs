//! Objects as blocking readers.
//!
//! In: an object. Out: readers of ranges of it. A range is asked for in blocks, and the next block is on its way while one
//! is read, so that memory stays bounded and no request lasts long however slow the reader is.

use super::place::Stamp;
use super::remote::Remote;
use super::trouble::trouble;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta};
use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::task::JoinHandle;

/// Bytes that are asked for at once.
const BLOCK: u64 = 4 << 20;

/// A block that is on its way, and what the object looks like now.
type Asked = JoinHandle<object_store::Result<(Vec<u8>, Stamp)>>;

/// An object, as it was listed.
#[derive(Debug)]
pub struct Object {
    remote: Arc<Remote>,
    path: Path,
    stamp: Stamp,
}

/// Lists write e-tags with or without quotes, answers always with them.
fn stamp_of(meta: &ObjectMeta) -> Stamp {
    let version = match &meta.e_tag {
        Some(tag) => tag.trim_start_matches("W/").trim_matches('"').to_owned(),
        None => meta.last_modified.timestamp_micros().to_string(),
    };
    Stamp { bytes: meta.size, version }
}

impl Object {
    /// An object of a list.
    pub fn new(remote: Arc<Remote>, meta: ObjectMeta) -> Self {
        Object { remote, stamp: stamp_of(&meta), path: meta.location }
    }

    /// Its address with the signature that it was asked for with, a secret.
    pub fn address(&self) -> String {
        self.remote.address_of(self.key())
    }

    /// Its address, to be shown.
    pub fn name(&self) -> String {
        self.remote.name_of(self.key())
    }

    /// Its name in the container.
    pub fn key(&self) -> &str {
        self.path.as_ref()
    }

    /// What it looked like when it was listed.
    pub fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    fn ask(&self, range: Range<u64>) -> Asked {
        // Not the remote itself: its runtime must not end within one of its own tasks.
        let (store, path) = (self.remote.store.clone(), self.path.clone());
        self.remote.runtime.spawn(async move {
            let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
            let answer = store.get_opts(&path, options).await?;
            let stamp = stamp_of(&answer.meta);
            Ok((answer.bytes().await?.into(), stamp))
        })
    }

    fn wait(&self, asked: Asked) -> io::Result<(Vec<u8>, Stamp)> {
        let answer = self.remote.runtime.block_on(asked).map_err(|_| io::Error::other("a request broke off"))?;
        answer.map_err(|e| {
            let trouble = trouble(&e, &self.name(), self.remote.service, &self.remote.secrets);
            io::Error::other(trouble.what)
        })
    }
}

/// An object that is being read.
#[derive(Clone, Debug)]
pub struct Reading {
    object: Arc<Object>,
    /// What it looked like at the last answer.
    last: Arc<Mutex<Stamp>>,
    /// Its first block, which is looked at before it is read.
    first: Arc<OnceLock<Vec<u8>>>,
}

impl Reading {
    /// Nothing was read yet.
    pub fn new(object: Arc<Object>) -> Self {
        let last = Arc::new(Mutex::new(object.stamp.clone()));
        Reading { object, last, first: Arc::default() }
    }

    /// What the object looked like at the last answer.
    pub fn stamp(&self) -> Stamp {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A reader of a range.
    pub fn chunks(&self, range: Range<u64>) -> Chunks {
        Chunks { reading: self.clone(), range, asked: None, block: vec![], at: 0 }
    }
}

/// A reader of a range of an object.
pub struct Chunks {
    reading: Reading,
    /// What was not asked for yet.
    range: Range<u64>,
    asked: Option<Asked>,
    block: Vec<u8>,
    at: usize,
}

impl Chunks {
    /// Asks for the next block, if there is one.
    fn ask(&mut self) {
        if self.asked.is_some() || self.range.is_empty() {
            return;
        }
        let object = &self.reading.object;
        let next = match self.range.start {
            0 => 0..object.stamp.bytes.min(BLOCK),
            start => start..self.range.end.min(start + BLOCK),
        };
        self.range.start = next.end.min(self.range.end);
        self.asked = Some(object.ask(next));
    }

    /// The next block; empty at the end.
    fn next(&mut self) -> io::Result<Vec<u8>> {
        let (first, end) = (self.reading.first.clone(), self.range.end);
        if self.asked.is_none()
            && let Some(known) = first.get().and_then(|first| first.get(self.range.start as usize..))
            && !known.is_empty()
        {
            let known = known.get(..(end - self.range.start) as usize).unwrap_or(known).to_vec();
            self.range.start += known.len() as u64;
            return Ok(known);
        }
        let is_first = self.range.start == 0;
        self.ask();
        let Some(asked) = self.asked.take() else { return Ok(Vec::new()) };
        let (mut block, stamp) = self.reading.object.wait(asked)?;
        *self.reading.last.lock().unwrap_or_else(PoisonError::into_inner) = stamp;
        if is_first {
            let _ = first.set(block.clone());
            block.truncate(end as usize);
        }
        Ok(block)
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            (self.block, self.at) = (self.next()?, 0);
            self.ask();
        }
        let read = self.block.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        if let Some(asked) = &self.asked {
            asked.abort();
        }
    }
}
