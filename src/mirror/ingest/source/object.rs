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
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinHandle;

/// Bytes that are asked for at once.
const BLOCK: u64 = 4 << 20;

/// An object, as it was listed.
#[derive(Debug)]
pub struct Object {
    remote: Arc<Remote>,
    path: Path,
    stamp: Stamp,
}

fn stamp_of(meta: &ObjectMeta) -> Stamp {
    let changed = || meta.last_modified.timestamp_micros().to_string();
    Stamp { bytes: meta.size, version: meta.e_tag.clone().unwrap_or_else(changed) }
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

    fn ask(&self, range: Range<u64>) -> JoinHandle<object_store::Result<(Vec<u8>, Stamp)>> {
        let (remote, path) = (self.remote.clone(), self.path.clone());
        self.remote.runtime.spawn(async move {
            let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
            let answer = remote.store.get_opts(&path, options).await?;
            let stamp = stamp_of(&answer.meta);
            Ok((answer.bytes().await?.into(), stamp))
        })
    }

    fn wait(&self, asked: JoinHandle<object_store::Result<(Vec<u8>, Stamp)>>) -> io::Result<(Vec<u8>, Stamp)> {
        let answer = self.remote.runtime.block_on(asked).map_err(|_| io::Error::other("a request broke off"))?;
        answer.map_err(|e| {
            let trouble = trouble(&e, &self.name(), self.remote.service, &self.remote.secrets);
            io::Error::other(trouble.what)
        })
    }
}

/// An object that is being read, and what it looked like at each answer.
#[derive(Debug)]
pub struct Reading {
    object: Arc<Object>,
    last: Arc<Mutex<Stamp>>,
}

impl Reading {
    /// Nothing was read yet.
    pub fn new(object: Arc<Object>) -> Self {
        let last = Arc::new(Mutex::new(object.stamp.clone()));
        Reading { object, last }
    }

    /// What the object looked like at the last answer.
    pub fn stamp(&self) -> Stamp {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A reader of a range.
    pub fn chunks(&self, range: Range<u64>) -> Chunks {
        Chunks { object: self.object.clone(), last: self.last.clone(), range, asked: None, block: vec![], at: 0 }
    }
}

/// A reader of a range of an object.
pub struct Chunks {
    object: Arc<Object>,
    last: Arc<Mutex<Stamp>>,
    /// What was not asked for yet.
    range: Range<u64>,
    asked: Option<JoinHandle<object_store::Result<(Vec<u8>, Stamp)>>>,
    block: Vec<u8>,
    at: usize,
}

impl Chunks {
    /// Asks for the next block, if there is one.
    fn ask(&mut self) {
        if self.asked.is_none() && !self.range.is_empty() {
            let next = self.range.start..self.range.end.min(self.range.start + BLOCK);
            self.range.start = next.end;
            self.asked = Some(self.object.ask(next));
        }
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            self.ask();
            let Some(asked) = self.asked.take() else { return Ok(0) };
            let (block, stamp) = self.object.wait(asked)?;
            (self.block, self.at) = (block, 0);
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = stamp;
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
