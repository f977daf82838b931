//! Terms that no list of words has, as far as pieces of four letters tell.
//!
//! In: terms. Out: whether one of them may hold a piece. A bit stands for some fours of letters and digits. Fours that look
//! like numbers are not kept: there are many, and nobody asks for them.

use super::part::is_late;

/// Letters of a gram.
const LETTERS: usize = 4;

/// The number of bits, as a power of two.
const BITS: u32 = 17;

/// Bytes of the bits.
const BYTES: usize = 1 << (BITS - 3);

/// Fours of letters of terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grams {
    /// A bit for each gram, or nothing where no term was added.
    bits: Vec<u8>,
}

impl Grams {
    /// Adds a term of ASCII letters and digits, in any case.
    pub(super) fn insert(&mut self, term: &[u8]) {
        self.bits.resize(BYTES, 0);
        for bit in grams(term) {
            if let Some(byte) = self.bits.get_mut(bit / 8) {
                *byte |= 1 << (bit % 8);
            }
        }
    }

    /// Whether a term that was added may hold a piece. A piece of fewer than four letters may be in any.
    pub(super) fn may_hold(&self, piece: &[u8]) -> bool {
        let has = |bit: usize| self.bits.get(bit / 8).is_some_and(|byte| byte & 1 << (bit % 8) != 0);
        !self.bits.is_empty() && grams(piece).all(has)
    }

    /// The bits.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bits
    }

    /// The opposite of [`Grams::bytes`]. None where the bytes are no bits.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Grams> {
        matches!(bytes.len(), 0 | BYTES).then(|| Grams { bits: bytes.to_vec() })
    }
}

/// The bits of the grams that do not look like a number.
fn grams(term: &[u8]) -> impl Iterator<Item = usize> {
    let kept = term.array_windows::<LETTERS>().filter(|gram| gram.iter().any(|byte| is_late(*byte)));
    kept.map(|gram| {
        let small = u32::from_le_bytes(*gram) | u32::from_le_bytes([0x20; LETTERS]);
        (small.wrapping_mul(0x9E37_79B1) >> (u32::BITS - BITS)) as usize
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_holds_no_piece() {
        assert!(!Grams::default().may_hold(b"powershell"));
        let mut grams = Grams::default();
        grams.insert(b"ab");
        assert!(!grams.may_hold(b"powershell") && grams.may_hold(b"pow"), "too short to tell");
    }

    #[test]
    fn bytes_are_bits_or_nothing() {
        let mut grams = Grams::default();
        grams.insert(b"frombase64string");
        for grams in [Grams::default(), grams] {
            assert_eq!(Grams::of_bytes(grams.bytes()), Some(grams));
        }
        assert_eq!(Grams::of_bytes(&[0; 9]), None);
    }

    proptest! {
        #[test]
        fn a_piece_of_a_term_is_held(terms in proptest::collection::vec("[0-9a-zA-Z]{0,60}", 1..20), from in 0..60_usize, count in 0..60_usize) {
            let mut grams = Grams::default();
            terms.iter().for_each(|term| grams.insert(term.as_bytes()));
            for term in &terms {
                let from = from.min(term.len());
                let piece = &term[from..term.len().min(from + count)];
                prop_assert!(grams.may_hold(piece.to_lowercase().as_bytes()), "{} {}", term, piece);
            }
        }
    }
}
