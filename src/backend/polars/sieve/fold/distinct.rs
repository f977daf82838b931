//! Sets of distinct values, one for each group, of which only the size is asked.
//!
//! In: values of 64 bits; of a text, its hash; best in order. Out: how many differ. A set is a list that is sorted, and rid
//! of what stands there twice, each time it has doubled: less memory than a hash set, and the groups are sorted on all cores.

use rayon::prelude::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator, ParallelSliceMut};

/// Lists up to this length are searched before something is added, and so hold nothing twice.
const FEW: usize = 16;

/// Lists from this length on are sorted on all cores by themselves.
const MANY: usize = 1 << 17;

/// Groups that one core takes at once.
const AT_ONCE: usize = 64;

/// The values of a group, some of them perhaps several times.
#[derive(Clone, Default)]
pub(super) struct Distinct {
    values: Vec<u64>,
    /// How many of them stood there when it was last sorted.
    known: usize,
}

impl Distinct {
    /// Adds values.
    pub(super) fn add(&mut self, more: &[u64]) {
        if self.values.is_empty() {
            self.values.reserve_exact(more.len());
        }
        if self.values.len() + more.len() > FEW {
            self.values.extend_from_slice(more);
            return;
        }
        for value in more {
            if !self.values.contains(value) {
                self.values.push(*value);
            }
        }
    }

    /// A sort that is stable finds what is sorted already: the values that stood there, and those of each addition.
    fn sort(&mut self) {
        if self.values.len() < MANY {
            self.values.sort();
        } else {
            self.values.par_sort();
        }
        self.values.dedup();
        self.known = self.values.len();
    }
}

/// Sorts the sets that have doubled.
pub(super) fn settle(sets: &mut [Distinct]) {
    let grown = |set: &&mut Distinct| set.values.len() > set.known * 2 + FEW;
    sets.par_iter_mut().with_min_len(AT_ONCE).filter(grown).for_each(Distinct::sort);
}

/// The size of each set.
pub(super) fn counts(mut sets: Vec<Distinct>) -> Vec<i64> {
    let count = |set: &mut Distinct| {
        set.sort();
        set.known as i64
    };
    sets.par_iter_mut().with_min_len(AT_ONCE).map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn counts_equal_those_of_hash_sets() {
        let mut sets = vec![Distinct::default(); 3];
        let mut known: Vec<HashSet<u64>> = vec![HashSet::new(); 3];
        for round in 0..200_u64 {
            for (group, (set, known)) in sets.iter_mut().zip(&mut known).enumerate() {
                let values: Vec<u64> = (0..round % 7)
                    .map(|n| (round * 31 + n).wrapping_mul(0x9e37_79b9) % 10_u64.pow(group as u32 + 1))
                    .collect();
                set.add(&values);
                known.extend(values);
            }
            settle(&mut sets);
            assert!(sets.iter().all(|set| set.values.len() <= set.known * 2 + FEW));
        }
        let expected: Vec<i64> = known.iter().map(|known| known.len() as i64).collect();
        assert_eq!(counts(sets), expected);
        assert_eq!(counts(vec![Distinct::default()]), [0]);
    }
}
