//! The distinct values of one row group, and which of its groups have them.
//!
//! In: the group of each row, the number of its value, and the values of 64 bits; of a text, its hash. Out: [`Found`]: each
//! value that some row has once, and for each group the places of its values.

use super::by_group::ByGroup;
use super::numbers::each_bit;

/// Bits of a table of groups and values at most.
const DENSE: usize = 1 << 24;

/// Bits of such a table for each row, above which it takes longer to clear than to use.
const BESIDE_ROW: usize = 512;

/// The place of a value that is no value.
const NOWHERE: u32 = u32::MAX;

/// Distinct values of a row group.
pub(super) struct Found {
    /// The values, none twice.
    pub(super) values: Vec<u64>,
    /// The places of each group's values among them, none twice.
    pub(super) places: ByGroup<u32>,
}

/// The numbers of the values that each group has.
enum Marks {
    /// So many words for each group: a bit for each number.
    Bits(Vec<u64>, usize),
    /// The number of each row.
    Rows(ByGroup<u32>),
}

impl Found {
    /// What is found in rows: pairs of a group and the number of a value, below `distinct`. The value of a number is asked
    /// once at most; a number without one counts as nothing.
    pub(super) fn of(
        groups: usize,
        rows: impl Iterator<Item = (u32, u32)> + Clone,
        distinct: usize,
        value: impl Fn(usize) -> Option<u64>,
    ) -> Found {
        let marks = Marks::of(groups, rows, distinct);
        let (mut values, mut place_of) = (Vec::new(), vec![NOWHERE; distinct]);
        each_bit(&marks.used(distinct), |code| {
            if let (Some(value), Some(place)) = (value(code as usize), place_of.get_mut(code as usize)) {
                *place = values.len() as u32;
                values.push(value);
            }
        });
        Found { values, places: marks.places(groups, &place_of) }
    }

    /// The values of a group.
    pub(super) fn of_group(&self, group: usize) -> impl ExactSizeIterator<Item = u64> {
        self.places.group(group).iter().map(|place| self.values.get(*place as usize).copied().unwrap_or_default())
    }
}

impl Marks {
    /// How many rows there are at most, their iterator must know: it decides for a table or for lists.
    fn of(groups: usize, rows: impl Iterator<Item = (u32, u32)> + Clone, distinct: usize) -> Marks {
        let each = distinct.div_ceil(64).max(1);
        let most = DENSE.min(rows.size_hint().1.unwrap_or(0).saturating_mul(BESIDE_ROW)) / 64;
        let Some(words) = groups.checked_mul(each).filter(|words| *words <= most) else {
            return Marks::Rows(ByGroup::of(groups, rows));
        };
        let mut marks = vec![0_u64; words];
        for (group, code) in rows {
            if let Some(word) = marks.get_mut(group as usize * each + code as usize / 64) {
                *word |= 1 << (code % 64);
            }
        }
        Marks::Bits(marks, each)
    }

    /// A bit for each number that some group has.
    fn used(&self, distinct: usize) -> Vec<u64> {
        let mut used = vec![0_u64; distinct.div_ceil(64)];
        match self {
            Marks::Bits(marks, each) => {
                for group in marks.chunks(*each) {
                    used.iter_mut().zip(group).for_each(|(used, word)| *used |= word);
                }
            }
            Marks::Rows(rows) => {
                for code in rows.values() {
                    if let Some(word) = used.get_mut(*code as usize / 64) {
                        *word |= 1 << (code % 64);
                    }
                }
            }
        }
        used
    }

    /// The places of each group's values.
    fn places(&self, groups: usize, place_of: &[u32]) -> ByGroup<u32> {
        let place = |code: u32| place_of.get(code as usize).copied().filter(|place| *place != NOWHERE);
        match self {
            Marks::Bits(marks, each) => {
                let all = marks.iter().map(|word| word.count_ones() as usize).sum();
                let mut places = ByGroup::with_room(groups, all);
                for group in marks.chunks(*each) {
                    each_bit(group, |code| place(code).into_iter().for_each(|place| places.push(place)));
                    places.end();
                }
                places
            }
            Marks::Rows(rows) => {
                let mut places = ByGroup::with_room(groups, 0);
                // The last group that had the value at a place.
                let mut last = vec![usize::MAX; place_of.len()];
                for (group, codes) in rows.groups().enumerate() {
                    for place in codes.iter().filter_map(|code| place(*code)) {
                        if let Some(last) = last.get_mut(place as usize).filter(|last| **last != group) {
                            *last = group;
                            places.push(place);
                        }
                    }
                    places.end();
                }
                places
            }
        }
    }
}

#[cfg(test)]
impl Found {
    /// The values of each group, in order.
    pub(super) fn by_group(&self) -> Vec<Vec<u64>> {
        let of_group = |group: usize| {
            let mut values: Vec<u64> = self.of_group(group).collect();
            values.sort_unstable();
            values
        };
        (0..self.places.groups().count()).map(of_group).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_table_and_lists_find_the_same() {
        let value = |code: usize| (code != 3).then_some(code as u64 * 1_000);
        let rows = [(2, 70), (0, 3), (2, 5), (2, 70), (0, 5), (0, 5), (3, 3), (2, 0)];
        let expected = [vec![5_000], vec![], vec![0, 5_000, 70_000], vec![]];
        // With over half a thousand numbers to a row, a table takes too long to clear.
        for distinct in [71, 100_000] {
            let marks = Marks::of(4, rows.into_iter(), distinct);
            assert_eq!(matches!(marks, Marks::Bits(..)), distinct == 71);
            let found = Found::of(4, rows.into_iter(), distinct, value);
            assert_eq!(found.by_group(), expected);
            assert_eq!((found.values.len(), found.places.values().len()), (3, 4));
        }
    }

    #[test]
    fn a_value_is_asked_once_and_only_where_a_row_has_it() {
        let asked = Cell::new(0);
        let value = |code: usize| {
            asked.set(asked.get() + 1);
            Some(code as u64)
        };
        let found = Found::of(2, [(0, 1), (1, 1), (0, 1), (1, 9)].into_iter(), 1_000, value);
        assert_eq!((asked.get(), found.by_group()), (2, vec![vec![1], vec![1, 9]]));
    }

    #[test]
    fn no_rows_have_nothing() {
        assert!(Found::of(0, std::iter::empty(), 0, |_| None).by_group().is_empty());
        assert_eq!(Found::of(1, std::iter::empty(), 0, |_| None).by_group(), [Vec::<u64>::new()]);
    }
}
