//! Distinct values of groups by numbers that stand for the values.
//!
//! In: what was [`Found`] in each row group. Out: how many values each group has. A value gets a number when it first comes,
//! and is looked up once for each row group that has it, however many groups it is in. The groups hold sets of
//! [`Numbers`], which take less memory than the values, and no sorting.

use super::by_group::ByGroup;
use super::distinct::Origins;
use super::found::Found;
use super::numbers::Numbers;
use ::polars::prelude::PlHashMap;
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator};

/// The shards that values are split into, so that each can be numbered by itself.
const SHARDS: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 4;

/// The distinct values of each group, by number.
pub(super) struct Numbered {
    /// The values by shard, each with how many came before it in its shard.
    known: Vec<PlHashMap<u64, u32>>,
    sets: Vec<Numbers>,
}

impl Default for Numbered {
    fn default() -> Numbered {
        Numbered { known: vec![PlHashMap::default(); SHARDS], sets: vec![] }
    }
}

impl Numbered {
    /// Takes in what was found in row groups, on all cores: the shards of the values, and then so many groups.
    pub(super) fn add(&mut self, found: &[Found], origins: &Origins, groups: usize) {
        self.sets.resize_with(groups, Numbers::default);
        let numbers = self.numbers(found);
        let below = self.known.iter().map(PlHashMap::len).max().unwrap_or_default() * SHARDS;
        self.sets.par_iter_mut().enumerate().for_each(|(group, set)| {
            for (piece, own) in origins.group(group) {
                let (Some(found), Some(numbers)) = (found.get(*piece as usize), numbers.get(*piece as usize)) else {
                    continue;
                };
                let places = found.places.group(*own as usize).iter();
                set.add(places.filter_map(|place| numbers.get(*place as usize).copied()), below);
            }
        });
    }

    /// The number of each value that was found. The numbers of a shard lie [`SHARDS`] apart. 32 bits are enough: the
    /// values of so many numbers would take over 70 GB.
    fn numbers(&mut self, found: &[Found]) -> Vec<Vec<u32>> {
        let by_shard = |found: &Found| {
            let shards = found.values.iter().map(|value| shard(*value));
            ByGroup::of(SHARDS, shards.zip(0_u32..))
        };
        let by_shard: Vec<ByGroup<u32>> = found.par_iter().map(by_shard).collect();
        let of_shard = |(shard, known): (usize, &mut PlHashMap<u64, u32>)| {
            let mut number = |value: u64| {
                let next = known.len() as u32;
                *known.entry(value).or_insert(next) * SHARDS as u32 + shard as u32
            };
            let pieces = found.iter().zip(&by_shard).map(|(found, by_shard)| {
                let values = by_shard.group(shard).iter().filter_map(|place| found.values.get(*place as usize));
                values.map(|value| number(*value)).collect()
            });
            pieces.collect()
        };
        let numbers: Vec<Vec<Vec<u32>>> = self.known.par_iter_mut().enumerate().map(of_shard).collect();
        let of_piece = |(piece, by_shard): (usize, &ByGroup<u32>)| {
            let mut of_piece = vec![0; by_shard.values().len()];
            let numbers = numbers.iter().filter_map(|shard| shard.get(piece)).flatten();
            for (place, number) in by_shard.values().iter().zip(numbers) {
                if let Some(of_place) = of_piece.get_mut(*place as usize) {
                    *of_place = *number;
                }
            }
            of_piece
        };
        by_shard.par_iter().enumerate().map(of_piece).collect()
    }

    /// How many values differ in each group.
    pub(super) fn counts(&self) -> Vec<i64> {
        self.sets.par_iter().map(|set| set.len() as i64).collect()
    }
}

/// The shard of a value: the upper bits of its multiple of the golden ratio, as whole numbers differ in the lower ones.
fn shard(value: u64) -> u32 {
    (value.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - SHARD_BITS)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_number_in_all_row_groups() {
        let found = |values: &[u64]| {
            let rows = (0..values.len() as u32).map(|code| (0, code));
            Found::of(1, rows, values.len(), |code| values.get(code).copied())
        };
        let first: Vec<u64> = (0..500).collect();
        let mut numbered = Numbered::default();
        let numbers = numbered.numbers(&[found(&first), found(&[499, 500, 0])]);
        let mut sorted = numbers[0].clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 500);
        assert_eq!((numbers[1][0], numbers[1][2]), (numbers[0][499], numbers[0][0]));
        assert!(!numbers[0].contains(&numbers[1][1]));
        assert_eq!(numbered.numbers(&[found(&[500, 7])]), [[numbers[1][1], numbers[0][7]]]);
        assert!(numbered.known.iter().all(|shard| shard.len() > 10));
    }
}
