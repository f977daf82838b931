//! Terms of a text, as the filters keep them.
//!
//! In: a text. Out: a 64-bit key for each term: a longest run of ASCII letters and digits, its case left aside. The keys are
//! stored, so this page must never change without a new version of the sidecar:
//!
//! - Letters beyond ASCII are folded first: each becomes the capital of the small letter of its capital, so that a letter,
//!   its capital and its small letter are one. Then every byte that is no ASCII letter or digit parts.
//! - Letters are made small. The bytes are read as little-endian words of eight, the last one filled up with zeros.
//! - The key starts as `SEED + length * STEP`; each word is mixed in: `low(p) ^ high(p)` of the 128-bit product
//!   `p = (key ^ word) * FACTOR`. A last mix, with the word 0, ends it.

use super::part::is_prefixed_number;
use crate::library::text::{lower_char, upper_char};
use std::borrow::Cow;

/// Values up to this length (in bytes, folded) are keys themselves, beside their terms.
const WHOLE: usize = 48;

const TERM_SEED: u64 = 0x6A09_E667_F3BC_C909;
const WHOLE_SEED: u64 = 0xBB67_AE85_84CA_A73B;
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
const FACTOR: u64 = 0xD6E8_FEB8_6659_FD93;

/// Bytes that are looked at in one go.
const CHUNK: usize = 64;

/// A term of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// The byte at which it starts, in the folded text.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// Its key.
    pub key: u64,
}

/// Calls `each` with the key of each term of a text, and then with the key of the whole text where it is short and has
/// several terms: the terms of an address say little.
pub fn keys(text: &str, mut each: impl FnMut(u64)) {
    keys_and_words(text, |key, _| each(key));
}

/// The same, and with each key the letters and digits of its term, in any case. None with a term that looks like a number, and
/// with the whole text.
pub(super) fn keys_and_words(text: &str, mut each: impl FnMut(u64, Option<&[u8]>)) {
    keys_of(&fold(text), &mut each);
}

/// A text whose letters beyond ASCII have lost their case. Texts that are equal without case differ by the case of ASCII
/// letters only; so do a text, its `tolower` and its `toupper`.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.chars().map(fold_char).collect()) }
}

fn fold_char(c: char) -> char {
    if c.is_ascii() { c } else { upper_char(lower_char(upper_char(c))) }
}

fn keys_of(folded: &str, each: &mut impl FnMut(u64, Option<&[u8]>)) {
    let bytes = folded.as_bytes();
    let mut terms = 0_usize;
    runs(bytes, |start, end| {
        terms += 1;
        let (key, is_late) = key(TERM_SEED, bytes, start, end);
        let word = if is_late { bytes.get(start..end) } else { None };
        each(key, word.filter(|word| !is_prefixed_number(word)));
    });
    if terms > 1
        && let Some(whole) = whole(folded)
    {
        each(whole, None);
    }
}

/// The terms of a folded or ASCII text.
pub(super) fn terms(folded: &str) -> Vec<Term> {
    let bytes = folded.as_bytes();
    let mut terms = Vec::new();
    runs(bytes, |start, end| terms.push(Term { start, end, key: key(TERM_SEED, bytes, start, end).0 }));
    terms
}

/// The key of a term in small letters.
pub(super) fn term_key(term: &[u8]) -> u64 {
    small_key(TERM_SEED, term)
}

/// The key of a whole folded or ASCII text, if it is short enough to have one.
pub(super) fn whole(folded: &str) -> Option<u64> {
    let mut small = [0_u8; WHOLE];
    let copy = small.get_mut(..folded.len())?;
    copy.copy_from_slice(folded.as_bytes());
    copy.make_ascii_lowercase();
    Some(small_key(WHOLE_SEED, copy))
}

/// Calls `each` with the start and the end of each longest run of ASCII letters and digits.
fn runs(bytes: &[u8], mut each: impl FnMut(usize, usize)) {
    let (mut base, mut inside, mut start) = (0, 0_u64, 0);
    for chunk in bytes.chunks(CHUNK) {
        let mask = match <&[u8; CHUNK]>::try_from(chunk) {
            Ok(full) => alphanumerics(full),
            Err(_) => {
                let mut padded = [0; CHUNK];
                if let Some(front) = padded.get_mut(..chunk.len()) {
                    front.copy_from_slice(chunk);
                }
                alphanumerics(&padded)
            }
        };
        // A bit for each byte whose kind differs from that of the byte before.
        let mut edges = mask ^ (mask << 1 | inside);
        let mut open = inside == 1;
        while edges != 0 {
            let at = base + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            if open {
                each(start, at);
            } else {
                start = at;
            }
            open = !open;
        }
        inside = mask >> (CHUNK - 1);
        base += CHUNK;
    }
    if inside == 1 {
        each(start, bytes.len());
    }
}

/// A bit for each byte that is an ASCII letter or digit; the first byte is the lowest bit.
fn alphanumerics(chunk: &[u8; CHUNK]) -> u64 {
    let (words, _) = chunk.as_chunks::<8>();
    words.iter().rev().fold(0, |mask, word| mask << 8 | alphanumerics_of_word(u64::from_le_bytes(*word)))
}

/// The same for eight bytes, all at once: additions lift a byte's highest bit where it reaches a bound.
fn alphanumerics_of_word(word: u64) -> u64 {
    let seven = word & each_byte(0x7F);
    let small = seven | each_byte(0x20);
    let letters = (small + each_byte(0x80 - b'a')) & !(small + each_byte(0x7F - b'z'));
    let digits = (seven + each_byte(0x80 - b'0')) & !(seven + each_byte(0x7F - b'9'));
    let found = (letters | digits) & !word & each_byte(0x80);
    // The product gathers bit 8*i at bit 56+i.
    (found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

const fn each_byte(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The key of a run of letters and digits, and whether one of its letters comes after `f`.
fn key(seed: u64, bytes: &[u8], start: usize, end: usize) -> (u64, bool) {
    let length = end - start;
    let mut key = seed.wrapping_add((length as u64).wrapping_mul(STEP));
    let (mut at, mut late) = (start, 0);
    while at + 8 < end {
        let word = small(word(bytes, at));
        late |= late_letters(word);
        key = mix(key ^ word);
        at += 8;
    }
    let rest = end - at;
    let filled = u64::MAX >> (64 - 8 * rest);
    let last = if at + 8 <= bytes.len() {
        word(bytes, at) & filled
    } else if end >= 8 {
        word(bytes, end - 8) >> (64 - 8 * rest)
    } else {
        short_word(bytes.get(at..end).unwrap_or_default())
    };
    let last = small(last) & filled;
    (mix(mix(key ^ last)), late | late_letters(last) != 0)
}

/// The highest bits of those small letters that come after `f`. Digits and zeros have none.
fn late_letters(word: u64) -> u64 {
    word.wrapping_add(each_byte(0x80 - b'g')) & each_byte(0x80)
}

/// The same for any bytes that are small already.
fn small_key(seed: u64, bytes: &[u8]) -> u64 {
    let start = seed.wrapping_add((bytes.len() as u64).wrapping_mul(STEP));
    mix(bytes.chunks(8).fold(start, |key, part| mix(key ^ short_word(part))))
}

/// A word of up to eight bytes.
fn short_word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

fn word(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |word| u64::from_le_bytes(*word))
}

/// Letters become small; digits have that bit already.
pub(super) fn small(word: u64) -> u64 {
    word | each_byte(0x20)
}

fn mix(word: u64) -> u64 {
    let product = u128::from(word) * u128::from(FACTOR);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &str) -> Vec<String> {
        terms(text).iter().map(|t| text[t.start..t.end].to_owned()).collect()
    }

    fn all(text: &str) -> Vec<u64> {
        let mut found = vec![];
        keys(text, |key| found.push(key));
        found
    }

    /// The definition of the keys, byte by byte.
    fn plain(run: &[u8]) -> u64 {
        small_key(TERM_SEED, &run.to_ascii_lowercase())
    }

    #[test]
    fn runs_end_where_ascii_letters_and_digits_end() {
        assert_eq!(texts("net.exe /Add_me 0x1f"), ["net", "exe", "Add", "me", "0x1f"]);
        assert_eq!(texts("@AZ[`az{/09:"), ["AZ", "az", "09"]);
        assert_eq!(texts(""), [""; 0]);
        assert_eq!(texts("éabcé\u{10}\u{19}"), ["abc"]);
        for length in [7, 8, 9, 63, 64, 65, 128, 300] {
            let long = "x".repeat(length);
            assert_eq!(texts(&long), [long.as_str()]);
            assert_eq!(texts(&format!("-{long}-")), [long.as_str()]);
        }
    }

    #[test]
    fn keys_stay_as_they_were_stored() {
        assert_eq!(all("powershell"), [plain(b"powershell")]);
        assert_eq!(plain(b"powershell"), 15_861_468_587_597_068_072);
        assert_eq!(whole("10.0.0.1"), Some(3_091_989_218_740_127_704));
    }

    #[test]
    fn case_is_left_aside() {
        assert_eq!(all("Net USER 7f"), all("nET user 7F"));
        assert_eq!(all("ÄRGER im Haus"), all("ärger IM hauS"));
        // Letters beyond ASCII whose capital, or small letter, is an ASCII letter.
        assert_eq!(all("ſay \u{212a}"), all("SAY k"));
    }

    #[test]
    fn a_letter_its_capital_and_its_small_letter_are_one() {
        let key = |c: char| fold_char(c).to_ascii_uppercase();
        for c in '\0'..=char::MAX {
            assert_eq!(key(c), key(upper_char(c)), "{c}");
            assert_eq!(key(c), key(lower_char(c)), "{c}");
            // All of these are letters, so that no edge of a term can be missed.
            assert!(!key(c).is_ascii_alphanumeric() || c.is_ascii() || "ıſ\u{212a}".contains(c), "{c}");
        }
    }

    #[test]
    fn short_texts_of_several_terms_are_a_key_too() {
        assert_eq!(all("10.0.0.1").len(), 5);
        assert_eq!(all("powershell").len(), 1);
        assert_eq!(all(&"ab ".repeat(16)).len(), 17);
        assert_eq!(all(&"ab ".repeat(17)).len(), 17);
        assert_ne!(whole("abc"), Some(plain(b"abc")), "the whole is no term");
    }

    proptest! {
        #[test]
        fn terms_are_those_of_a_plain_split(text in "[ -~é\\x00-\\x1f]{0,200}") {
            let split: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|t| !t.is_empty()).collect();
            prop_assert_eq!(texts(&text), split.clone());
            let found: Vec<u64> = terms(&text).iter().map(|t| t.key).collect();
            let expected: Vec<u64> = split.iter().map(|t| plain(t.as_bytes())).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
