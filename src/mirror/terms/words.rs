//! The words of a row group: its distinct terms that do not look like numbers.
//!
//! In: the terms of the texts that filters are made of; later a piece of a term. Out: a packed list; later the keys of the
//! words that hold the piece. Terms that are too long, or too many for the list, are known by their [grams](super::grams)
//! only: where one of them may hold the piece, the list does not say. The bytes of a list, packed by zstd:
//!
//! | part | content |
//! |---|---|
//! | length | of the list (u32) |
//! | list | a line feed; each word, in small letters and sorted, followed by a line feed |
//! | grams | bits of the terms that are not in the list, or nothing |

use super::grams::Grams;
use super::part::{Part, is_number_like};
use super::probe::Probe;
use super::{sidecar, token};
use memchr::{memchr, memmem, memrchr};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::OnceLock;

/// A longer term is in no list.
const LONGEST: usize = 32;

/// Bytes of a list at most.
const MOST_BYTES: usize = 64 << 10;

/// A piece that more words hold is taken to be everywhere.
const MOST_FOUND: usize = 1000;

/// Bytes of an unpacked list with its grams at most, with room to spare.
const MOST_UNPACKED: usize = 2 * MOST_BYTES;

/// Level of zstd.
const LEVEL: i32 = 3;

/// Gathers the words of a row group.
#[derive(Debug, Default)]
pub(super) struct WordsBuilder {
    /// The words of the list one after the other, in small letters.
    text: Vec<u8>,
    /// Where each lies in the text, by its key.
    places: HashMap<u64, Range<u32>, BuildHasherDefault<KeyHasher>>,
    /// The terms that are not in the list.
    others: Grams,
}

impl WordsBuilder {
    /// Adds a term of ASCII letters and digits, in any case, by its key.
    pub(super) fn insert(&mut self, key: u64, term: &[u8]) {
        if is_number_like(term) {
            return;
        }
        match self.places.get(&key) {
            Some(place) => {
                let known = self.text.get(place.start as usize..place.end as usize);
                // Two terms of one key: only one of them is in the list.
                if !known.is_some_and(|known| known.eq_ignore_ascii_case(term)) {
                    self.others.insert(term);
                }
            }
            None if term.len() <= LONGEST && self.bytes() + term.len() < MOST_BYTES => {
                let start = self.text.len() as u32;
                self.text.extend(term.iter().map(u8::to_ascii_lowercase));
                self.places.insert(key, start..self.text.len() as u32);
            }
            None => self.others.insert(term),
        }
    }

    /// Bytes of the list so far.
    fn bytes(&self) -> usize {
        1 + self.text.len() + self.places.len()
    }

    /// The packed list. The same terms give the same bytes.
    pub(super) fn finish(self) -> Words {
        let mut words: Vec<&[u8]> =
            self.places.values().filter_map(|at| self.text.get(at.start as usize..at.end as usize)).collect();
        words.sort_unstable();
        let mut bytes = (self.bytes() as u32).to_le_bytes().to_vec();
        bytes.push(b'\n');
        for word in words {
            bytes.extend_from_slice(word);
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(self.others.bytes());
        Words { packed: zstd::bulk::compress(&bytes, LEVEL).unwrap_or_default(), list: OnceLock::new() }
    }
}

/// Keys are hashes already.
#[derive(Debug, Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// The words of a row group. Unpacked when they are first asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// Empty where the words are not known.
    packed: Vec<u8>,
    /// None where the bytes are no list.
    list: OnceLock<Option<List>>,
}

/// Unpacked words.
#[derive(Clone, Debug)]
struct List {
    /// Words between line feeds.
    text: Vec<u8>,
    others: Grams,
}

impl Words {
    /// Words of these packed bytes.
    pub(super) fn packed(bytes: &[u8]) -> Words {
        Words { packed: bytes.to_vec(), list: OnceLock::new() }
    }

    /// The packed bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.packed
    }

    /// What a row of the row group has if one of its terms holds the piece: one of the words that hold it.
    pub(super) fn probe(&self, part: &Part) -> Probe {
        let list = self.list.get_or_init(|| List::unpack(&self.packed)).as_ref();
        let keys = list.and_then(|list| list.keys(part));
        keys.map_or(Probe::Always, |keys| Probe::any(keys.into_iter().map(Probe::Key)))
    }
}

impl List {
    fn unpack(packed: &[u8]) -> Option<List> {
        let bytes = zstd::bulk::decompress(packed, MOST_UNPACKED).ok()?;
        let mut rest = bytes.as_slice();
        let length = sidecar::u32(&mut rest)? as usize;
        let (text, grams) = rest.split_at_checked(length)?;
        let is_list = text.first() == Some(&b'\n') && text.last() == Some(&b'\n');
        if is_list { Some(List { text: text.to_vec(), others: Grams::of_bytes(grams)? }) } else { None }
    }

    /// The keys of the words that hold a piece. None where there may be others.
    fn keys(&self, part: &Part) -> Option<Vec<u64>> {
        if self.others.may_hold(part.text().as_bytes()) {
            return None;
        }
        let piece = part.between("\n");
        let finder = memmem::Finder::new(&piece);
        let (mut keys, mut from) = (vec![], 0);
        while let Some(found) = finder.find(self.text.get(from..)?) {
            // The piece has three letters at least: its second byte lies inside of the word.
            let inside = from + found + 1;
            let start = memrchr(b'\n', self.text.get(..inside)?)? + 1;
            let end = inside + memchr(b'\n', self.text.get(inside..)?)?;
            keys.push(token::term_key(self.text.get(start..end)?));
            if keys.len() > MOST_FOUND {
                return None;
            }
            from = end;
        }
        Some(keys)
    }
}
