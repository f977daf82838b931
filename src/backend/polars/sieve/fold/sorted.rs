//! A list of distinct values that is sorted now and then, of which only the size is asked.
//!
//! In: values of 64 bits. Out: how many differ. The list is sorted, and rid of what stands there twice, each time it has
//! doubled: less memory than a hash set, and faster where few values come again.

use rayon::prelude::ParallelSliceMut;

/// Lists up to this length are searched before something is added, and so hold nothing twice.
const FEW: usize = 16;

/// Values from which on all cores sort them.
const MANY: usize = 1 << 15;

/// Values, some of them perhaps several times.
#[derive(Default)]
pub(super) struct Sorted {
    values: Vec<u64>,
    /// How many of them stood there when they were last sorted.
    known: usize,
}

impl Sorted {
    /// Adds values, in any order.
    pub(super) fn add(&mut self, more: impl ExactSizeIterator<Item = u64>) {
        let before = self.values.len();
        if before == 0 {
            self.values.reserve_exact(more.len());
        }
        if before + more.len() <= FEW {
            for value in more {
                if !self.values.contains(&value) {
                    self.values.push(value);
                }
            }
            return;
        }
        self.values.extend(more);
        // Values that are sorted among themselves are merged later: that is less than to sort all of them at once.
        match self.values.get_mut(before..) {
            Some(added) if added.len() < MANY => added.sort_unstable(),
            Some(added) => added.par_sort_unstable(),
            None => {}
        }
    }

    /// Gives back memory that is not needed, where the list has doubled.
    pub(super) fn settle(&mut self) {
        if self.values.len() > self.known * 2 + FEW {
            self.sort();
        }
    }

    /// How many values differ.
    pub(super) fn count(&mut self) -> usize {
        self.sort();
        self.known
    }

    /// A sort that is stable finds what is sorted already: the values that stood there, and those of each addition.
    fn sort(&mut self) {
        if self.values.len() == self.known {
            return;
        }
        if self.values.len() < MANY {
            self.values.sort();
        } else {
            self.values.par_sort();
        }
        self.values.dedup();
        self.known = self.values.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn counts_equal_those_of_hash_sets() {
        for below in [10_u64, 1_000, 1_000_000] {
            let (mut set, mut known) = (Sorted::default(), HashSet::new());
            for round in 0..200_u64 {
                let values: Vec<u64> =
                    (0..round % 700).map(|n| (round * 31 + n).wrapping_mul(0x9E37_79B9) % below).collect();
                set.add(values.iter().copied());
                known.extend(values);
                set.settle();
                assert!(set.values.len() <= set.known * 2 + FEW);
            }
            assert_eq!(set.count(), known.len());
        }
        assert_eq!(Sorted::default().count(), 0);
    }

    #[test]
    fn a_few_values_stand_there_once() {
        let mut set = Sorted::default();
        set.add([3, 1, 3].into_iter());
        set.add([1, 2, 3, 0].into_iter());
        assert_eq!((set.values.len(), set.count()), (4, 4));
    }
}
