//! A piece of a term: what is left of a needle where a term may go on.
//!
//! In: the letters and digits at the edge of a needle. Out: the piece, if lists of words can say which terms hold it. Terms
//! that look like numbers are in no list; so only pieces that no such term can hold are pieces.

/// A shorter piece is in too many words.
const SHORTEST: usize = 3;

/// Letters and digits that a term has at its start, at its end, or anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The piece, in small letters.
    text: String,
    /// Whether the term starts with it.
    starts: bool,
    /// Whether the term ends with it.
    ends: bool,
}

impl Part {
    /// A piece of ASCII letters and digits. None where it is short, or where a term that looks like a number can hold it.
    pub(super) fn new(text: &str, starts: bool, ends: bool) -> Option<Part> {
        let known = text.len() >= SHORTEST && !is_number_like(text.as_bytes());
        known.then(|| Part { text: text.to_ascii_lowercase(), starts, ends })
    }

    /// The piece, in small letters.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The piece with `edge` at those ends where the term ends too.
    pub(super) fn between(&self, edge: &str) -> String {
        let at = |ends: bool| if ends { edge } else { "" };
        format!("{}{}{}", at(self.starts), self.text, at(self.ends))
    }
}

/// Whether letters and digits look like a number, or like a piece of one: only `0` to `9` and `a` to `f`, in either case,
/// behind `0x` or `x` perhaps. Every piece of a term that looks like a number looks like one too.
pub(super) fn is_number_like(term: &[u8]) -> bool {
    is_hex(term) || is_prefixed_number(term)
}

/// Whether letters and digits look like a number behind `0x` or `x`.
pub(super) fn is_prefixed_number(term: &[u8]) -> bool {
    match term {
        [b'0', b'x' | b'X', digits @ ..] | [b'x' | b'X', digits @ ..] => is_hex(digits),
        _ => false,
    }
}

fn is_hex(term: &[u8]) -> bool {
    !term.iter().any(|byte| is_late(*byte))
}

/// Whether a letter comes after `f`. A letter or a digit only.
pub(super) fn is_late(byte: u8) -> bool {
    byte | 0x20 > b'f'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number_like(text: &str) -> bool {
        is_number_like(text.as_bytes())
    }

    #[test]
    fn numbers_digests_and_pieces_of_guids_look_like_numbers() {
        for term in ["0", "4711", "7FFE", "0x7ffe0304", "0X1", "0x", "x9", "deadbeef", "0123456789abcdefABCDEF"] {
            assert!(number_like(term), "{term}");
        }
        for term in ["g", "exe", "system32", "00x1", "1x2", "0xg", "0123456789abcdefg", "gabcdef012345", "xx1", "pid12"]
        {
            assert!(!number_like(term), "{term}");
        }
    }

    #[test]
    fn pieces_that_lists_can_tell_of() {
        assert_eq!(Part::new("Net", true, false).unwrap().between("|"), "|net");
        assert_eq!(Part::new("Net", false, true).unwrap().between("|"), "net|");
        assert_eq!(Part::new("Net", false, false).unwrap().between("|"), "net");
        for piece in ["ne", "", "add", "x12", "0x1f"] {
            assert_eq!(Part::new(piece, false, false), None, "{piece}");
        }
    }

    proptest! {
        #[test]
        fn every_piece_of_a_number_looks_like_one(number in "(0?[xX])?[0-9a-fA-F]{0,40}", from in 0..43_usize, to in 0..43_usize) {
            prop_assert!(number_like(&number));
            prop_assert!(number_like(number.get(from..to).unwrap_or_default()));
        }

        #[test]
        fn it_is_as_it_says(term in "[0xX]{0,3}[0-9a-hA-H]{0,20}[0-9a-zA-Z]{0,2}") {
            let plain = regex::Regex::new("^(0?[xX])?[0-9a-fA-F]*$").unwrap();
            prop_assert_eq!(number_like(&term), plain.is_match(&term));
        }
    }
}
