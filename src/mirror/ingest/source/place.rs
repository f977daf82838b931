//! Where bytes are, and how any part of them is read.
//!
//! In: a path or an object, and which part of it. Out: readers of ranges, and what the whole looks like now.

use super::archive::Member;
use super::lines;
use super::object::{Object, Reading};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a source is.
#[derive(Clone, Debug)]
pub enum Place {
    /// The standard input.
    Stdin,
    /// Bytes at hand: an answer of a service.
    Bytes(Arc<[u8]>),
    /// Something that can be read from any place in it, and which part of it is the source.
    In(Origin, Part),
}

/// What can be read from any place in it.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// An object in a cloud.
    Object(Arc<Object>),
}

/// Which part of it.
#[derive(Clone, Debug)]
pub enum Part {
    /// All.
    All,
    /// The lines that begin in a range.
    Lines(Range<u64>),
    /// A file in an archive.
    Member(Member),
}

/// What the whole looks like at some time.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamp {
    /// Its size.
    pub bytes: u64,
    /// What changes with every change of it: the time of the last change of a file, the e-tag of an object.
    pub version: String,
}

impl Stamp {
    /// Whether what was read between the two is to be trusted. Lines may be added meanwhile (`grows`); anything else is
    /// not as it was.
    pub fn holds(&self, later: &Stamp, grows: bool) -> bool {
        self == later || (grows && later.bytes > self.bytes)
    }
}

impl Origin {
    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(&self) -> io::Result<Handle> {
        Ok(match self {
            Origin::File(path) => Handle::File(File::open(path)?),
            Origin::Object(object) => Handle::Object(Reading::new(object.clone())),
        })
    }
}

/// Something that is open. Its readers share their place in a file: one at a time.
#[derive(Debug)]
pub enum Handle {
    /// A file.
    File(File),
    /// An object in a cloud.
    Object(Reading),
}

impl Handle {
    /// What it looks like now; of an object, when it was asked for last.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn stamp(&self) -> io::Result<Stamp> {
        match self {
            Handle::File(file) => {
                let about = file.metadata()?;
                let changed = about.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
                let version = changed.map(|d| d.as_nanos().to_string()).unwrap_or_default();
                Ok(Stamp { bytes: about.len(), version })
            }
            Handle::Object(reading) => Ok(reading.stamp()),
        }
    }

    /// A reader of a range of it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, range: Range<u64>) -> io::Result<Box<dyn Read>> {
        match self {
            Handle::File(file) => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(range.start))?;
                Ok(Box::new(file.take(range.end.saturating_sub(range.start))))
            }
            Handle::Object(reading) => Ok(Box::new(reading.chunks(range))),
        }
    }
}

impl Part {
    /// The bytes of it in something of so many bytes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn range(&self, handle: &Handle, bytes: u64) -> io::Result<Range<u64>> {
        match self {
            Part::All => Ok(0..bytes),
            Part::Lines(range) => lines::of_range(handle, range, bytes),
            Part::Member(member) => Ok(member.range.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_growth_is_harmless_and_only_for_lines() {
        let stamp = |bytes, version: &str| Stamp { bytes, version: version.into() };
        let before = stamp(10, "a");
        assert!(before.holds(&stamp(10, "a"), false));
        assert!(before.holds(&stamp(11, "b"), true));
        assert!(!before.holds(&stamp(11, "b"), false));
        assert!(!before.holds(&stamp(10, "b"), true));
        assert!(!before.holds(&stamp(9, "b"), true));
    }
}
