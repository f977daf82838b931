//! How many values differ in each group, over the row groups so far.
//!
//! In: what was [`Found`] in each row group, and which of all groups its own are. Out: the number of distinct values of each
//! group. Values that are in many groups are numbered; values that mostly are in one group each are sorted, which then is
//! less than to look each up. Which it is, the first row groups tell.

use super::by_group::ByGroup;
use super::found::Found;
use super::numbered::Numbered;
use super::sorted::Sorted;
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

/// Where the values of each group were found: in which row group, and in which group of it.
pub(super) type Origins = ByGroup<(u32, u32)>;

/// Groups that have a value, on average, from which on it pays to number the values.
const SHARED: usize = 2;

/// The distinct values of each group.
#[derive(Default)]
pub(super) struct Distinct {
    groups: usize,
    sets: Sets,
}

#[derive(Default)]
enum Sets {
    /// Nothing was found yet.
    #[default]
    Empty,
    Sorted(Vec<Sorted>),
    Numbered(Numbered),
}

impl Distinct {
    /// Makes room for so many groups.
    pub(super) fn grow(&mut self, groups: usize) {
        self.groups = groups;
    }

    /// Takes in what was found in row groups, on all cores.
    pub(super) fn add(&mut self, found: Vec<Found>, groups_of: &[Vec<u32>]) {
        let origins = (0_u32..)
            .zip(groups_of)
            .flat_map(|(piece, group_of)| group_of.iter().zip(0_u32..).map(move |(group, own)| (*group, (piece, own))));
        let origins = Origins::of(self.groups, origins);
        if matches!(self.sets, Sets::Empty) {
            self.sets = Sets::for_what(&found);
        }
        match &mut self.sets {
            Sets::Empty => {}
            Sets::Sorted(sets) => {
                sets.resize_with(self.groups, Sorted::default);
                sets.par_iter_mut().enumerate().for_each(|(group, set)| {
                    for (piece, own) in origins.group(group) {
                        let Some(found) = found.get(*piece as usize) else { continue };
                        set.add(found.of_group(*own as usize));
                    }
                });
                // To sort takes memory of its own.
                drop(found);
                sets.par_iter_mut().for_each(Sorted::settle);
            }
            Sets::Numbered(numbered) => numbered.add(&found, &origins, self.groups),
        }
    }

    /// How many values differ in each group.
    pub(super) fn counts(self) -> Vec<i64> {
        match self.sets {
            Sets::Empty => vec![0; self.groups],
            Sets::Sorted(mut sets) => sets.par_iter_mut().map(|set| set.count() as i64).collect(),
            Sets::Numbered(numbered) => numbered.counts(),
        }
    }
}

impl Sets {
    /// Those that are best for values like these.
    fn for_what(found: &[Found]) -> Sets {
        let values: usize = found.iter().map(|found| found.values.len()).sum();
        let places: usize = found.iter().map(|found| found.places.values().len()).sum();
        match values {
            0 => Sets::Empty,
            _ if places < values * SHARED => Sets::Sorted(vec![]),
            _ => Sets::Numbered(Numbered::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// What is found where the groups have these values.
    fn found(of_groups: &[Vec<u64>]) -> Found {
        let mut values: Vec<u64> = of_groups.concat();
        values.sort_unstable();
        values.dedup();
        let code = |value: &u64| values.binary_search(value).unwrap() as u32;
        let of_group = |(group, of_group): (u32, &Vec<u64>)| of_group.iter().map(|v| (group, code(v))).collect();
        let rows: Vec<Vec<(u32, u32)>> = (0..).zip(of_groups).map(of_group).collect();
        Found::of(of_groups.len(), rows.concat().into_iter(), values.len(), |code| values.get(code).copied())
    }

    fn each_way() -> [Distinct; 2] {
        let with = |sets| Distinct { groups: 0, sets };
        [with(Sets::Sorted(vec![])), with(Sets::Numbered(Numbered::default()))]
    }

    #[test]
    fn a_value_of_several_row_groups_counts_once_in_each_group() {
        for mut distinct in each_way() {
            distinct.grow(2);
            distinct.add(vec![found(&[vec![7, 0], vec![7]]), found(&[vec![0, u64::MAX]])], &[vec![0, 1], vec![1]]);
            // The groups come in another order, one for the first time, and one has nothing.
            distinct.grow(4);
            distinct.add(vec![found(&[vec![9, 7], vec![], vec![7, 8, 0]])], &[vec![2, 3, 0]]);
            distinct.add(vec![], &[]);
            assert_eq!(distinct.counts(), [3, 3, 2, 0]);
        }
    }

    #[test]
    fn the_first_row_groups_with_values_tell_what_is_best() {
        let mut distinct = Distinct::default();
        distinct.grow(3);
        distinct.add(vec![], &[]);
        distinct.add(vec![found(&[vec![], vec![]])], &[vec![0, 1]]);
        assert!(matches!(distinct.sets, Sets::Empty));
        distinct.add(vec![found(&[vec![5], vec![5, 6], vec![6]])], &[vec![1, 0, 2]]);
        assert!(matches!(distinct.sets, Sets::Numbered(_)));
        assert_eq!(distinct.counts(), [2, 1, 1]);
        assert!(matches!(Sets::for_what(&[found(&[vec![5], vec![6, 7], vec![5]])]), Sets::Sorted(_)));
        let mut nothing = Distinct::default();
        nothing.grow(2);
        assert_eq!(nothing.counts(), [0, 0]);
    }

    #[test]
    fn counts_equal_those_of_hash_sets() {
        for mut distinct in each_way() {
            let mut known = vec![HashSet::<u64>::new(); 40];
            for round in 0..30_u64 {
                let groups = (round as usize + 5).min(40);
                distinct.grow(groups);
                // The greater the number of its group, the more values there are.
                let value =
                    |group: u64, n: u64| (round * 131 + n * n).wrapping_mul(0x9E37_79B9_7F4A_7C15) % (1 << (group / 2));
                let piece = |of: u64| -> Vec<Vec<u64>> {
                    let of_group = |group| (0..(of + group * 7) % 90).map(|n| value(group, n * of)).collect();
                    (0..groups as u64).map(of_group).collect()
                };
                let pieces = [piece(round + 1), piece(round + 2)];
                // The second row group has its groups the other way round.
                let there: Vec<u32> = (0..groups as u32).collect();
                let back: Vec<u32> = there.iter().rev().copied().collect();
                for (piece, group_of) in pieces.iter().zip([&there, &back]) {
                    for (values, group) in piece.iter().zip(group_of) {
                        known[*group as usize].extend(values);
                    }
                }
                distinct.add(pieces.iter().map(|piece| found(piece)).collect(), &[there, back]);
            }
            let expected: Vec<i64> = known[..34].iter().map(|known| known.len() as i64).collect();
            assert_eq!(distinct.counts(), expected);
        }
    }
}
