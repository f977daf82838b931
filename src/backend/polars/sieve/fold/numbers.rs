//! A set of numbers that were given out from 0 on, of which only the size is asked.
//!
//! In: numbers, and below which all of them are. Out: how many differ. A few stand in the set itself; more of them are a
//! table, or a bit for each number that there is, whichever takes less memory.

/// Numbers that stand in the set itself at most: as many as fit beside the other forms.
const FEW: usize = 6;

/// A place that is free. No number is that great: the memory for so many values ends before.
const FREE: u32 = u32::MAX;

/// A set of numbers.
pub(super) enum Numbers {
    Few([u32; FEW]),
    Table(Table),
    /// The number `n` is bit `n % 64` of the word at `n / 64`.
    Bits(Vec<u64>),
}

/// Open addressing: a number stands at its place, or behind it where that is taken.
pub(super) struct Table {
    /// A power of two, a quarter of them free at least.
    slots: Vec<u32>,
    len: usize,
}

impl Default for Numbers {
    fn default() -> Numbers {
        Numbers::Few([FREE; FEW])
    }
}

impl Numbers {
    /// Adds numbers. All numbers that there are lie below `below`.
    pub(super) fn add(&mut self, mut more: impl Iterator<Item = u32>, below: usize) {
        loop {
            let without_room = match self {
                Numbers::Few(few) => more.find(|number| !put(few, *number)),
                Numbers::Table(table) => more.find(|number| !table.put(*number)),
                Numbers::Bits(words) => more.find(|number| !mark(words, *number)),
            };
            let Some(number) = without_room else { return };
            self.grow(below);
            self.put(number);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Numbers::Few(few) => few.iter().filter(|number| **number != FREE).count(),
            Numbers::Table(table) => table.len,
            Numbers::Bits(words) => words.iter().map(|word| word.count_ones() as usize).sum(),
        }
    }

    /// Adds a number; false where there is no room.
    fn put(&mut self, number: u32) -> bool {
        match self {
            Numbers::Few(few) => put(few, number),
            Numbers::Table(table) => table.put(number),
            Numbers::Bits(words) => mark(words, number),
        }
    }

    /// Makes room for at least one more number, in the form that takes less memory from here on.
    fn grow(&mut self, below: usize) {
        let slots = (self.len() * 2).next_power_of_two();
        let words = below.div_ceil(64);
        let of_bits = words * size_of::<u64>() <= slots * size_of::<u32>();
        if let Numbers::Bits(known) = self
            && of_bits
        {
            known.resize(words, 0);
            return;
        }
        let mut grown = match of_bits {
            true => Numbers::Bits(vec![0; words]),
            false => Numbers::Table(Table { slots: vec![FREE; slots], len: 0 }),
        };
        self.for_each(|number| {
            grown.put(number);
        });
        *self = grown;
    }

    fn for_each(&self, take: impl FnMut(u32)) {
        match self {
            Numbers::Few(few) => few.iter().copied().filter(|number| *number != FREE).for_each(take),
            Numbers::Table(table) => table.slots.iter().copied().filter(|number| *number != FREE).for_each(take),
            Numbers::Bits(words) => each_bit(words, take),
        }
    }
}

/// Puts a number to a few others; false where there is no room.
fn put(few: &mut [u32; FEW], number: u32) -> bool {
    for slot in few {
        if *slot == FREE {
            *slot = number;
        }
        if *slot == number {
            return true;
        }
    }
    false
}

/// Sets the bit of a number; false where there is none.
fn mark(words: &mut [u64], number: u32) -> bool {
    words.get_mut(number as usize / 64).map(|word| *word |= 1 << (number % 64)).is_some()
}

impl Table {
    /// Adds a number; false where that would leave too few places free.
    fn put(&mut self, number: u32) -> bool {
        let room = self.len * 4 < self.slots.len() * 3;
        let mask = self.slots.len().wrapping_sub(1);
        // Numbers in a row are spread over the table by the multiples of the golden ratio.
        let spread = number.wrapping_mul(0x9E37_79B1);
        let mut at = spread.rotate_left(self.slots.len().trailing_zeros()) as usize & mask;
        while let Some(slot) = self.slots.get_mut(at) {
            if *slot == number {
                return true;
            }
            if *slot == FREE {
                if room {
                    *slot = number;
                    self.len += 1;
                }
                return room;
            }
            at = (at + 1) & mask;
        }
        false
    }
}

/// The number of each bit that is set, in order.
pub(super) fn each_bit(words: &[u64], mut take: impl FnMut(u32)) {
    for (base, word) in (0_u32..).step_by(64).zip(words) {
        let mut word = *word;
        while word != 0 {
            take(base + word.trailing_zeros());
            word &= word - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn all(set: &Numbers) -> HashSet<u32> {
        let mut all = HashSet::new();
        set.for_each(|number| assert!(all.insert(number)));
        all
    }

    #[test]
    fn sets_equal_hash_sets_in_each_form() {
        for (below, step) in [(40, 1), (5_000, 7), (1 << 20, 1), (1 << 20, 977), (1 << 28, 1 << 17)] {
            let (mut set, mut known) = (Numbers::default(), HashSet::new());
            for round in 0..40_u32 {
                let numbers: Vec<u32> =
                    (0..round * 3).map(|n| (round * 31 + n * n).wrapping_mul(step) % below).collect();
                set.add(numbers.iter().copied(), below as usize);
                known.extend(numbers);
                assert_eq!((set.len(), all(&set)), (known.len(), known.clone()));
            }
        }
    }

    #[test]
    fn a_set_takes_the_form_that_needs_less_memory() {
        let mut set = Numbers::default();
        set.add((0..6).chain([0, 5]), 64);
        assert!(matches!(set, Numbers::Few(_)) && set.len() == 6);
        set.add((3..17).chain([63]), 64);
        assert!(matches!(set, Numbers::Bits(_)));
        // Bits for all of these numbers would take more than a table of those that are in the set.
        set.add([1_000_000].into_iter(), 1_000_001);
        assert!(matches!(&set, Numbers::Table(table) if table.slots.len() == 64));
        assert_eq!(all(&set), (0..17).chain([63, 1_000_000]).collect());
        set.add(0..300_000, 1_000_001);
        assert!(matches!(&set, Numbers::Bits(words) if words.len() == 1_000_001_usize.div_ceil(64)));
        assert_eq!(set.len(), 300_001);
    }

    #[test]
    fn a_few_numbers_take_no_memory_of_their_own() {
        assert!(size_of::<Numbers>() <= 32);
    }

    #[test]
    fn a_table_without_places_has_no_room() {
        assert!(!Table { slots: vec![], len: 0 }.put(7));
    }

    #[test]
    fn bits_are_told_from_the_lowest_on() {
        let mut told = vec![];
        each_bit(&[1 << 63 | 0b1001, 0, 2], |bit| told.push(bit));
        assert_eq!(told, [0, 3, 63, 129]);
    }
}
