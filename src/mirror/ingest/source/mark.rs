//! What tells bytes again.
//!
//! In: bytes on their way to a reader. Out: their mark: how many they are, and a hash of them. The same bytes that are read
//! in the same way have the same mark, wherever they lie.

use memchr::memchr_iter;
use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;
use xxhash_rust::xxh64::Xxh64;

/// Bytes that were taken, counted.
#[derive(Clone)]
pub struct Tally {
    hash: Xxh64,
    /// The hash of no bytes.
    salted: Xxh64,
    bytes: u64,
    lines: u64,
    /// Bytes that come once more and are counted already.
    again: u64,
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tally").field("bytes", &self.bytes).field("lines", &self.lines).finish_non_exhaustive()
    }
}

impl Tally {
    /// Nothing yet. `salt` is how the bytes are read: into which table they are forced.
    pub fn new(salt: &str) -> Tally {
        let mut hash = Xxh64::new(0);
        hash.update(salt.as_bytes());
        Tally { salted: hash.clone(), hash, bytes: 0, lines: 0, again: 0 }
    }

    /// Counts further bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        let known = self.again.min(bytes.len() as u64);
        self.again -= known;
        let new = bytes.get(known as usize..).unwrap_or_default();
        self.hash.update(new);
        self.bytes += new.len() as u64;
        self.lines += memchr_iter(b'\n', new).count() as u64;
    }

    /// A tally of nothing, for bytes that are read in the same way.
    pub fn anew(&self) -> Tally {
        Tally { hash: self.salted.clone(), salted: self.salted.clone(), bytes: 0, lines: 0, again: 0 }
    }

    /// Expects that the last so many bytes come once more; they are not counted again.
    pub fn expect_again(&mut self, bytes: u64) {
        self.again += bytes;
    }

    /// How many bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many line ends are in them.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The mark of the bytes so far; none of no bytes.
    pub fn mark(&self) -> Option<String> {
        (self.bytes > 0).then(|| format!("{}-{:016x}", self.bytes, self.hash.digest()))
    }
}

/// A reader whose bytes are counted as they are read.
pub struct Counted<R> {
    reader: R,
    tally: Rc<RefCell<Tally>>,
}

impl<R: Read> Counted<R> {
    /// Counts what is read into `tally`.
    pub fn new(reader: R, tally: Rc<RefCell<Tally>>) -> Self {
        Counted { reader, tally }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.tally.borrow_mut().take(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_the_bytes_and_of_how_they_are_read() {
        let mark = |salt: &str, parts: &[&str]| {
            let mut tally = Tally::new(salt);
            parts.iter().for_each(|p| tally.take(p.as_bytes()));
            tally.mark()
        };
        assert_eq!(mark("", &["a\nb"]), mark("", &["a", "\nb"]));
        assert_ne!(mark("", &["a\nb"]), mark("T", &["a\nb"]));
        assert_ne!(mark("", &["a\nb"]), mark("", &["a\nc"]));
        assert_eq!(mark("", &[]), None);
        assert!(mark("", &["a\nb"]).unwrap().starts_with("3-"));
    }

    #[test]
    fn what_comes_once_more_is_counted_once() {
        let (mut once, mut twice) = (Tally::new(""), Tally::new(""));
        once.take(b"ab\ncd");
        twice.take(b"ab\nc");
        twice.expect_again(1);
        twice.take(b"cd");
        assert_eq!((twice.mark(), twice.lines()), (once.mark(), 1));
    }
}
