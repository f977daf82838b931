//! What earlier imports took of a source.
//!
//! In: marks of earlier imports, and the bytes as they lie there now. Out: whether they are new, taken already, or taken up
//! to some place. A claim of the past counts only when the hash of the bytes confirms it.

use super::mark::Tally;
use super::place::Handle;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Debug;
use std::io::{self, Read};
use std::ops::Range;

/// Bytes that are read at once to hash them.
const BLOCK: usize = 1 << 20;

/// What earlier imports left behind.
pub trait Known: Send + Sync + Debug {
    /// Whether bytes with this mark were taken.
    fn complete(&self, mark: &str) -> bool;

    /// How many bytes of the source with this identity were taken, from its start: several numbers, in rising order, where
    /// several tables remember it from different times.
    fn consumed(&self, identity: &str) -> Vec<u64>;

    /// Whether any mark is of so many bytes. False saves reading the bytes to hash them.
    fn has_size(&self, bytes: u64) -> bool;

    /// The version (e-tag) that the object with this identity had when it was taken to its end. Where it is the same, the
    /// object is not read again.
    fn version(&self, _identity: &str) -> Option<String> {
        None
    }
}

/// Marks of earlier imports, in memory.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    marks: HashSet<String>,
    sizes: HashSet<u64>,
    sources: HashMap<String, (BTreeSet<u64>, Option<String>)>,
}

#[cfg(test)]
impl Taken {
    /// Notes what an import took of a source: the mark in its summary, and its version.
    pub fn add(&mut self, identity: Option<&str>, mark: &str, version: Option<&str>) {
        let bytes = mark.split('-').next().and_then(|n| n.parse().ok()).unwrap_or_default();
        self.sizes.insert(bytes);
        self.marks.insert(mark.to_owned());
        if let Some(identity) = identity {
            self.sources.insert(identity.to_owned(), (BTreeSet::from([bytes]), version.map(str::to_owned)));
        }
    }
}

impl Taken {
    /// Notes bytes that were taken, by their mark.
    pub fn add_mark(&mut self, mark: &str) {
        let bytes = mark.split('-').next().and_then(|n| n.parse().ok()).unwrap_or_default();
        self.sizes.insert(bytes);
        self.marks.insert(mark.to_owned());
    }

    /// Notes how many bytes of a source were taken.
    pub fn add_source(&mut self, identity: &str, consumed: u64) {
        self.sources.entry(identity.to_owned()).or_default().0.insert(consumed);
    }

    /// Notes the version of an object that was taken to its end.
    pub fn add_version(&mut self, identity: &str, version: &str) {
        self.sources.entry(identity.to_owned()).or_default().1 = Some(version.to_owned());
    }
}

impl Known for Taken {
    fn complete(&self, mark: &str) -> bool {
        self.marks.contains(mark)
    }

    fn consumed(&self, identity: &str) -> Vec<u64> {
        self.sources.get(identity).into_iter().flat_map(|(bytes, _)| bytes).copied().collect()
    }

    fn has_size(&self, bytes: u64) -> bool {
        self.sizes.contains(&bytes)
    }

    fn version(&self, identity: &str) -> Option<String> {
        self.sources.get(identity)?.1.clone()
    }
}

/// What is known of a source.
#[derive(Clone, Debug)]
pub enum Recall {
    /// Nothing: it is read from its start.
    New,
    /// All of it was taken.
    Repeated(Tally),
    /// This much of it was taken; the rest is new.
    Grown(Tally),
}

/// Asks `known` about the bytes of a range. Those that `grow` may have been taken in part.
///
/// # Errors
/// When they cannot be read.
pub fn recall(
    known: &dyn Known,
    identity: &str,
    handle: &Handle,
    range: &Range<u64>,
    salt: &str,
    grow: bool,
) -> io::Result<Recall> {
    let bytes = range.end - range.start;
    let mut parts = known.consumed(identity);
    parts.retain(|n| grow && *n > 0 && *n < bytes);
    let whole = bytes > 0 && known.has_size(bytes);
    if !whole && parts.is_empty() {
        return Ok(Recall::New);
    }
    let mut tally = Tally::new(salt);
    let mut grown = None;
    for n in parts {
        hash(handle, range.start + tally.bytes()..range.start + n, &mut tally)?;
        grown = Some(tally.clone()).filter(|t| is_complete(known, t)).or(grown);
    }
    if whole {
        hash(handle, range.start + tally.bytes()..range.end, &mut tally)?;
        if is_complete(known, &tally) {
            return Ok(Recall::Repeated(tally));
        }
    }
    Ok(grown.map_or(Recall::New, Recall::Grown))
}

fn is_complete(known: &dyn Known, tally: &Tally) -> bool {
    tally.mark().is_some_and(|mark| known.complete(&mark))
}

/// Counts the bytes of a range.
///
/// # Errors
/// When they cannot be read.
pub fn hash(handle: &Handle, range: Range<u64>, tally: &mut Tally) -> io::Result<()> {
    if range.is_empty() {
        return Ok(());
    }
    let mut reader = handle.read(range)?;
    let mut block = vec![0; BLOCK];
    loop {
        match reader.read(&mut block)? {
            0 => return Ok(()),
            read => tally.take(block.get(..read).unwrap_or_default()),
        }
    }
}
