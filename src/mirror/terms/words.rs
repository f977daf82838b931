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
use super::part::Part;
use super::probe::Probe;
use super::{sidecar, token};
use memchr::{memchr, memmem, memrchr};
use std::ops::Range;
use std::sync::OnceLock;

/// A longer term is in no list.
const LONGEST: usize = 32;

/// Bytes of a list at most.
const MOST_BYTES: usize = 64 << 10;

/// Bytes of a list that names with digits fill at most: there may be any number of them, and room for others is left.
const MOST_BYTES_OF_NAMES: usize = MOST_BYTES / 4 * 3;

/// A piece that more words hold is taken to be everywhere.
const MOST_FOUND: usize = 1000;

/// Bytes of an unpacked list with its grams at most, with room to spare.
const MOST_UNPACKED: usize = 2 * MOST_BYTES;

/// Slots for the words of a usual column.
const FIRST_SLOTS: usize = 2048;

/// Level of zstd.
const LEVEL: i32 = 3;

/// Gathers the words of a row group, block by block.
#[derive(Debug)]
pub(super) struct WordsBuilder {
    /// Places of words, counted from 1; 0 is free. A power of two, at most half full.
    slots: Vec<u32>,
    words: Vec<Word>,
    /// The words one after the other, in small letters.
    text: Vec<u8>,
    /// The block that is gathered, counted from 1.
    block: u32,
    /// The terms that are not in the list.
    others: Grams,
}

/// A word of the list.
#[derive(Debug)]
struct Word {
    key: u64,
    /// Where it lies in the text.
    at: Range<u32>,
    /// The block that had it last.
    block: u32,
}

impl WordsBuilder {
    pub(super) fn new() -> WordsBuilder {
        WordsBuilder { slots: vec![0; FIRST_SLOTS], words: vec![], text: vec![], block: 1, others: Grams::default() }
    }

    /// Adds a term that does not look like a number, in any case, by its key. Whether the block is known to have it already.
    pub(super) fn insert(&mut self, key: u64, term: &[u8]) -> bool {
        let mask = self.slots.len() - 1;
        let mut at = key as usize & mask;
        while let Some(slot) = self.slots.get(at) {
            let Some(place) = (*slot as usize).checked_sub(1) else { break };
            match self.words.get_mut(place) {
                Some(word) if word.key == key => {
                    let known = self.text.get(word.at.start as usize..word.at.end as usize);
                    if known.is_some_and(|known| is_small_of(known, term)) {
                        return std::mem::replace(&mut word.block, self.block) == self.block;
                    }
                    // Two terms of one key: the list has the other one.
                    self.others.insert(term);
                    return false;
                }
                _ => at = (at + 1) & mask,
            }
        }
        self.add(key, term, at);
        false
    }

    /// Goes on with the next block.
    pub(super) fn end_block(&mut self) {
        self.block += 1;
    }

    /// Adds a new term, at a free slot.
    fn add(&mut self, key: u64, term: &[u8], slot: usize) {
        let most = if term.iter().any(u8::is_ascii_digit) { MOST_BYTES_OF_NAMES } else { MOST_BYTES };
        if term.len() > LONGEST || self.bytes() + term.len() >= most {
            return self.others.insert(term);
        }
        let start = self.text.len() as u32;
        self.text.extend(term.iter().map(u8::to_ascii_lowercase));
        self.words.push(Word { key, at: start..self.text.len() as u32, block: self.block });
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = self.words.len() as u32;
        }
        if self.words.len() * 2 > self.slots.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        self.slots.clear();
        self.slots.resize(size, 0);
        for (place, word) in (1..).zip(&self.words) {
            let mut at = word.key as usize & (size - 1);
            while self.slots.get(at).is_some_and(|slot| *slot != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = place;
            }
        }
    }

    /// Bytes of the list so far.
    fn bytes(&self) -> usize {
        1 + self.text.len() + self.words.len()
    }

    /// The packed list. The same terms give the same bytes.
    pub(super) fn finish(self) -> Words {
        let text = |word: &Word| self.text.get(word.at.start as usize..word.at.end as usize);
        let mut words: Vec<&[u8]> = self.words.iter().filter_map(text).collect();
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

/// Whether letters and digits in any case are these small ones. Most are short: two words that overlap cover them.
fn is_small_of(small: &[u8], term: &[u8]) -> bool {
    let eight = |bytes: &[u8; 8]| token::small(u64::from_le_bytes(*bytes));
    let four = |bytes: &[u8; 4]| token::small(u64::from(u32::from_le_bytes(*bytes)));
    if term.len() != small.len() {
        return false;
    }
    if let (Some(last), Some(small_last)) = (term.last_chunk(), small.last_chunk()) {
        let ((words, _), (small_words, _)) = (term.as_chunks(), small.as_chunks());
        return eight(last) == eight(small_last) && words.iter().zip(small_words).all(|(a, b)| eight(a) == eight(b));
    }
    if let (Some(last), Some(small_last)) = (term.last_chunk(), small.last_chunk()) {
        return four(last) == four(small_last) && term.first_chunk().map(four) == small.first_chunk().map(four);
    }
    term.iter().zip(small).all(|(byte, small)| byte | 0x20 == *small)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(term: &str) -> u64 {
        token::term_key(term.to_lowercase().as_bytes())
    }

    fn words_of<'t>(terms: impl IntoIterator<Item = &'t str>) -> Words {
        let mut words = WordsBuilder::new();
        terms.into_iter().for_each(|term| {
            words.insert(key(term), term.as_bytes());
        });
        words.finish()
    }

    fn probe(words: &Words, piece: &str, starts: bool, ends: bool) -> Probe {
        words.probe(&Part::new(piece, starts, ends).unwrap())
    }

    fn one_of(terms: &[&str]) -> Probe {
        Probe::any(terms.iter().map(|term| Probe::Key(key(term))))
    }

    #[test]
    fn words_that_hold_a_piece() {
        let words = words_of(["Netsh", "planet", "netnet", "exe", "NETSH"]);
        for words in [&words, &Words::packed(words.bytes())] {
            assert_eq!(probe(words, "net", false, false), one_of(&["netnet", "netsh", "planet"]));
            assert_eq!(probe(words, "net", true, false), one_of(&["netnet", "netsh"]));
            assert_eq!(probe(words, "net", false, true), one_of(&["netnet", "planet"]));
            assert_eq!(probe(words, "netsh", true, true), one_of(&["netsh"]));
            assert_eq!(probe(words, "exenet", false, false), one_of(&[]), "words do not run into each other");
            assert_eq!(probe(words, "ping", false, false), one_of(&[]));
        }
    }

    #[test]
    fn a_block_has_a_word_once() {
        let mut words = WordsBuilder::new();
        let insert = |words: &mut WordsBuilder, term: &str| words.insert(key(term), term.as_bytes());
        assert!(!insert(&mut words, "Powershell") && insert(&mut words, "powershelL") && !insert(&mut words, "net"));
        words.end_block();
        assert!(!insert(&mut words, "net") && insert(&mut words, "NET") && !insert(&mut words, "powershell"));
    }

    #[test]
    fn a_term_with_the_key_of_another_is_not_lost() {
        let mut words = WordsBuilder::new();
        for term in ["netsh", "pings", "powershell", "powershelz"] {
            assert!(!words.insert(7, term.as_bytes()));
        }
        assert!(words.insert(7, b"netsh"));
        let words = words.finish();
        assert_eq!(probe(&words, "nets", false, false), one_of(&["netsh"]));
        assert_eq!(probe(&words, "pings", false, false), Probe::Always);
        assert_eq!(probe(&words, "shelz", false, false), Probe::Always);
    }

    #[test]
    fn terms_beyond_the_list_are_told_by_their_grams() {
        let names: Vec<String> = (0..20_000).map(|n| format!("kq{n}")).collect();
        let long = "frombase64string".repeat(3);
        let words = words_of(names.iter().map(String::as_str).chain([long.as_str(), "aneword"]));
        assert_eq!(probe(&words, "kq19999", false, false), Probe::Always);
        assert_eq!(probe(&words, "gfrom", false, false), Probe::Always);
        assert_eq!(probe(&words, "powershell", false, false), one_of(&[]));
        assert_eq!(probe(&words, "ewor", false, false), one_of(&["aneword"]), "there is room for words without digits");
        assert_eq!(probe(&words, "zzz", false, false), Probe::Always, "too short to tell");
        assert!(words.bytes().len() < MOST_BYTES);
    }

    #[test]
    fn a_piece_of_very_many_words_is_everywhere() {
        let names: Vec<String> = (0..=MOST_FOUND).map(|n| format!("kqx{n}")).collect();
        let names = |count| words_of(names.iter().map(String::as_str).take(count));
        assert_eq!(probe(&names(MOST_FOUND + 1), "kqx", false, false), Probe::Always);
        assert!(matches!(probe(&names(MOST_FOUND), "kqx", false, false), Probe::OneOf(_)));
    }

    #[test]
    fn bytes_that_are_no_list_say_nothing() {
        let packed = |bytes: &[u8]| Words::packed(&zstd::bulk::compress(bytes, LEVEL).unwrap());
        for words in [
            Words::default(),
            Words::packed(b"net"),
            packed(b""),
            packed(b"\x05\0\0\0\nnet"),
            packed(b"\x04\0\0\0\nnet"),
            packed(b"\x04\0\0\0net\n"),
            packed(b"\x05\0\0\0\nnet\n!"),
            packed(&[0; MOST_UNPACKED + 1]),
        ] {
            assert_eq!(probe(&words, "net", false, false), Probe::Always, "{words:?}");
        }
        assert_eq!(probe(&packed(b"\x05\0\0\0\nnet\n"), "net", false, false), one_of(&["net"]));
        assert_eq!(probe(&words_of([]), "net", false, false), one_of(&[]), "no words");
    }

    #[test]
    fn the_same_terms_give_the_same_bytes() {
        let names: Vec<String> = (0..9000).map(|n| format!("kq{n}")).collect();
        let of = |names: &[String]| words_of(names.iter().map(String::as_str)).bytes().to_vec();
        assert_eq!(of(&names), of(&names));
    }

    proptest! {
        #[test]
        fn small_letters_are_compared(a in "[0-9a-zA-Z]{0,40}", b in "[0-9a-zA-Z]{0,40}", at in 0..40_usize) {
            let small = a.to_lowercase();
            prop_assert!(is_small_of(small.as_bytes(), a.as_bytes()));
            prop_assert_eq!(is_small_of(small.as_bytes(), b.as_bytes()), small == b.to_lowercase());
            let mut other = a.into_bytes();
            if let Some(byte) = other.get_mut(at) {
                *byte = if *byte == b'7' { b'q' } else { b'7' };
                prop_assert!(!is_small_of(small.as_bytes(), &other));
            }
        }
    }
}
