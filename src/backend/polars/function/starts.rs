//! How the texts of a long list start.
//!
//! In: the texts. Out: a table of bits that tells of almost every other text, by its first bytes, that it is none of them.

/// Bytes of a start.
const LENGTH: usize = 8;

/// Bits of the table for each text at least.
const BITS: usize = 16;

/// Bits of the table at most, a power of two: it stays in the processor's cache.
const MOST_BITS: usize = 1 << 20;

/// Starts of texts.
#[derive(Debug)]
pub(in crate::backend::polars) struct Starts {
    table: Vec<u64>,
    /// How many bits of a hash are left out to get a place in the table.
    shift: u32,
    folded: bool,
}

impl Starts {
    /// The starts of texts, compared as they stand; none of texts that are too many.
    pub(super) fn exact<T: AsRef<str>>(texts: &[T]) -> Option<Starts> {
        Starts::of(texts, false)
    }

    /// The starts of texts that are folded, and compared with folded ones; none where one starts with more than ASCII, which
    /// other texts may fold to.
    pub(super) fn folded<T: AsRef<str>>(texts: &[T]) -> Option<Starts> {
        Starts::of(texts, true)
    }

    fn of<T: AsRef<str>>(texts: &[T], folded: bool) -> Option<Starts> {
        let size = texts.len().checked_mul(BITS)?.next_power_of_two().max(64);
        if size > MOST_BITS {
            return None;
        }
        let mut starts = Starts { table: vec![0; size / 64], shift: 64 - size.trailing_zeros(), folded };
        for text in texts {
            let place = starts.place(text.as_ref().as_bytes())?;
            if let Some(word) = starts.table.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
        }
        Some(starts)
    }

    /// Whether a text may be one of them.
    pub(in crate::backend::polars) fn admit(&self, text: &[u8]) -> bool {
        let Some(place) = self.place(text) else { return true };
        self.table.get(place / 64).is_none_or(|word| word & 1 << (place % 64) != 0)
    }

    /// The place in the table of a text's start; none where the text, folded, may start otherwise.
    fn place(&self, text: &[u8]) -> Option<usize> {
        let mut start = [0; LENGTH];
        match text.first_chunk() {
            Some(first) => start = *first,
            None => start.iter_mut().zip(text).for_each(|(to, from)| *to = *from),
        }
        if self.folded {
            if !start.is_ascii() {
                return None;
            }
            start.make_ascii_lowercase();
        }
        Some((u64::from_le_bytes(start).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::text::fold;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn none_of_the_texts_is_turned_away(
            texts in proptest::collection::vec("[aAkKiIsS\u{212a}ıſä.]{0,12}", 0..40),
            strange in any::<bool>(),
        ) {
            let exact = Starts::exact(&texts).unwrap();
            prop_assert!(texts.iter().all(|text| exact.admit(text.as_bytes())));
            let folded: Vec<String> = texts.iter().map(|text| fold(text)).collect();
            if let Some(starts) = Starts::folded(&folded) {
                for text in &texts {
                    let other = if strange { text.replace(['k', 'K'], "\u{212a}") } else { text.to_uppercase() };
                    for text in [text, &other] {
                        prop_assert!(!folded.contains(&fold(text)) || starts.admit(text.as_bytes()), "{:?}", text);
                    }
                }
            }
        }
    }

    #[test]
    fn most_others_are() {
        let texts: Vec<String> =
            (0..5000).map(|n: u64| format!("{:x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
        let starts = Starts::folded(&texts).unwrap();
        let others = (5000..15_000_u64).map(|n| format!("{:X}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let admitted = others.filter(|text| starts.admit(text.as_bytes())).count();
        assert!(admitted < 1000, "{admitted} of 10,000");
        assert!(Starts::exact(&vec![""; MOST_BITS]).is_none());
    }
}
