//! What aggregations gather of one row group.
//!
//! In: the group of each row, and the values of the aggregations' arguments. Out: [`Cells`] by group that can be merged.

use super::by_group::ByGroup;
use super::found::Found;
use super::group::{Groups, coded, column, whole};
use super::measure::{Best, Measure, Winner};
use crate::backend::polars::sieve::reader::Coded;
use ::polars::prelude::{DataFrame, PlHashSet, PolarsResult};
use polars_arrow::array::Utf8ViewArray;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// What an aggregation gathered.
pub(super) enum Cells {
    /// A number for each group, to be added up.
    Sums(Vec<i64>),
    /// The sum of each group, and of how many numbers.
    Means(Vec<i64>, Vec<i64>),
    /// The least or greatest number of each group.
    Extremes(Vec<Option<i64>>),
    /// The distinct values of each group; of a text, its hash.
    Distinct(Found),
    /// Each pair of a group and the number of a text that is in it, in the order of the rows.
    Texts(Vec<(u32, u32)>, Utf8ViewArray),
    /// All numbers of each group.
    Values(ByGroup<i64>),
    /// The best number of each group, and the row that has it.
    Winners(Vec<(Option<i64>, u32)>),
}

/// What is known of the rows of a row group.
pub(super) struct Gathering<'a> {
    /// Their groups.
    pub(super) groups: &'a Groups,
    /// What is computed of them.
    pub(super) computed: &'a DataFrame,
    /// Their texts.
    pub(super) texts: &'a [Arc<Coded>],
}

/// Pairs of groups and texts that a table of bits may tell apart.
const DENSE: usize = 1 << 24;

/// Bits of such a table for each row, above which it takes longer to clear than to use.
const BESIDE_ROW: usize = 512;

impl Gathering<'_> {
    /// What an aggregation gathers.
    pub(super) fn cells(&self, measure: &Measure) -> PolarsResult<Cells> {
        Ok(match measure {
            Measure::Count => Cells::Sums(self.sums(self.groups.of_row.iter().map(|_| 1))),
            Measure::CountIf(place) => Cells::Sums(self.sums(self.holds(*place)?.into_iter().map(i64::from))),
            Measure::Sum(place) => Cells::Sums(self.sums(self.zeroed(*place)?)),
            Measure::Mean(place) => {
                let values = whole(self.computed, *place)?;
                let counts = self.sums(values.iter().map(|value| i64::from(value.is_some())));
                Cells::Means(self.sums(values.into_iter().map(Option::unwrap_or_default)), counts)
            }
            Measure::Extreme(place, best) => Cells::Extremes(self.extremes(&whole(self.computed, *place)?, *best)),
            Measure::DistinctWhole(place) => Cells::Distinct(self.distinct_whole(&whole(self.computed, *place)?)),
            Measure::DistinctTexts(place, condition) => Cells::Distinct(self.distinct_texts(*place, *condition)?),
            Measure::Set(place, _, condition) => match self.texts.get(*place) {
                Some(coded) => Cells::Texts(self.text_pairs(coded, *condition)?, coded.values.clone()),
                None => Cells::Texts(vec![], Utf8ViewArray::from_slice_values::<&str, _>([])),
            },
            Measure::Percentiles(place, _) => {
                let values = whole(self.computed, *place)?;
                let pairs = self.groups.of_row.iter().zip(&values);
                let pairs = pairs.filter_map(|(group, value)| Some((*group, (*value)?)));
                Cells::Values(ByGroup::of(self.groups.count, pairs))
            }
            Measure::Winner(winner) => Cells::Winners(self.winners(winner)?),
        })
    }

    /// A sum for each group, of a number for each row.
    fn sums(&self, values: impl IntoIterator<Item = i64>) -> Vec<i64> {
        let mut sums = vec![0_i64; self.groups.count];
        for (group, value) in self.groups.of_row.iter().zip(values) {
            if let Some(sum) = sums.get_mut(*group as usize) {
                *sum = sum.wrapping_add(value);
            }
        }
        sums
    }

    /// The numbers at a place, 0 for null.
    fn zeroed(&self, place: usize) -> PolarsResult<impl Iterator<Item = i64>> {
        Ok(whole(self.computed, place)?.into_iter().map(Option::unwrap_or_default))
    }

    /// For which rows a condition is true.
    fn holds(&self, place: usize) -> PolarsResult<Vec<bool>> {
        Ok(column(self.computed, place)?.bool()?.iter().map(|holds| holds == Some(true)).collect())
    }

    fn extremes(&self, values: &[Option<i64>], best: Best) -> Vec<Option<i64>> {
        let mut extremes: Vec<Option<i64>> = vec![None; self.groups.count];
        for (group, value) in self.groups.of_row.iter().zip(values) {
            if let Some(extreme) = extremes.get_mut(*group as usize).filter(|extreme| best.wins(*value, **extreme)) {
                *extreme = *value;
            }
        }
        extremes
    }

    /// The first row of each group that has its best number; the very first where it has none.
    fn winners(&self, winner: &Winner) -> PolarsResult<Vec<(Option<i64>, u32)>> {
        let values = whole(self.computed, winner.by)?;
        let mut winners: Vec<(Option<i64>, u32)> = vec![(None, u32::MAX); self.groups.count];
        for ((row, group), value) in (0_u32..).zip(&self.groups.of_row).zip(&values) {
            let Some(known) = winners.get_mut(*group as usize) else { continue };
            if known.1 == u32::MAX || winner.best.wins(*value, known.0) {
                *known = (*value, row);
            }
        }
        Ok(winners)
    }

    fn distinct_whole(&self, values: &[Option<i64>]) -> Found {
        let (codes, values) = coded(values);
        let rows = self.groups.of_row.iter().copied().zip(codes.iter().copied());
        Found::of(self.groups.count, rows, values.len(), |code| Some((*values.get(code)?)?.cast_unsigned()))
    }

    /// Texts are told apart by a hash of 64 bits.
    fn distinct_texts(&self, place: usize, condition: Option<usize>) -> PolarsResult<Found> {
        let groups = self.groups.count;
        let Some(coded) = self.texts.get(place) else { return Ok(Found::of(groups, std::iter::empty(), 0, |_| None)) };
        let hash = |code| Some(xxh3_64(coded.values.value(code).as_bytes()));
        let rows = self.groups.of_row.iter().copied().zip(coded.codes.iter().copied());
        Ok(match condition {
            None => Found::of(groups, rows, coded.values.len(), hash),
            Some(place) => {
                let holds = self.holds(place)?;
                let holding = rows.zip(&holds).filter_map(|(pair, holds)| holds.then_some(pair));
                Found::of(groups, holding, coded.values.len(), hash)
            }
        })
    }

    /// Each pair of a group and a text once, in the order of the rows; only of rows for which a condition holds.
    fn text_pairs(&self, coded: &Coded, condition: Option<usize>) -> PolarsResult<Vec<(u32, u32)>> {
        let rows = self.groups.of_row.iter().copied().zip(coded.codes.iter().copied());
        Ok(match condition {
            None => pairs(self.groups, rows, coded.values.len()),
            Some(place) => {
                let holding = rows.zip(self.holds(place)?).filter_map(|(pair, holds)| holds.then_some(pair));
                pairs(self.groups, holding, coded.values.len())
            }
        })
    }
}

/// Each pair of a group and a number below `distinct` once, in the order in which they come.
fn pairs(groups: &Groups, rows: impl Iterator<Item = (u32, u32)>, distinct: usize) -> Vec<(u32, u32)> {
    let distinct = distinct.max(1);
    let most = DENSE.min(groups.of_row.len().saturating_mul(BESIDE_ROW));
    match groups.count.checked_mul(distinct).filter(|size| *size <= most) {
        Some(size) => {
            let mut seen = vec![0_u64; size.div_ceil(64)];
            let mut is_new = |(group, code): &(u32, u32)| {
                let at = *group as usize * distinct + *code as usize;
                let Some(word) = seen.get_mut(at / 64) else { return false };
                let bit = 1 << (at % 64);
                let new = *word & bit == 0;
                *word |= bit;
                new
            };
            rows.filter(|pair| is_new(pair)).collect()
        }
        None => {
            let mut seen: PlHashSet<(u32, u32)> = PlHashSet::default();
            rows.filter(|pair| seen.insert(*pair)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::polars::sieve::fold::name_of;
    use ::polars::prelude::{BooleanChunked, Int64Chunked, IntoColumn, NewChunkedArray};

    fn computed() -> DataFrame {
        let numbers = [Some(5), None, Some(7), Some(5), Some(7), None];
        let holds = [Some(true), Some(true), None, Some(false), Some(true), Some(true)];
        let columns = vec![
            Int64Chunked::from_slice_options(name_of(0).into(), &numbers).into_column(),
            BooleanChunked::from_slice_options(name_of(1).into(), &holds).into_column(),
        ];
        DataFrame::new(6, columns).unwrap()
    }

    fn of_rows() -> Groups {
        Groups { of_row: vec![0, 1, 0, 0, 2, 1], count: 3 }
    }

    fn gather(measure: &Measure) -> Cells {
        let coded = Coded { codes: vec![0, 1, 0, 1, 2, 1], values: Utf8ViewArray::from_slice_values(["a", "b", "c"]) };
        let (groups, computed, texts) = (of_rows(), computed(), [Arc::new(coded)]);
        Gathering { groups: &groups, computed: &computed, texts: &texts }.cells(measure).unwrap()
    }

    fn sums(measure: &Measure) -> Vec<i64> {
        match gather(measure) {
            Cells::Sums(sums) => sums,
            _ => panic!("sums"),
        }
    }

    #[test]
    fn nulls_count_as_nothing() {
        assert_eq!(sums(&Measure::Count), [3, 2, 1]);
        assert_eq!(sums(&Measure::CountIf(1)), [1, 2, 1]);
        assert_eq!(sums(&Measure::Sum(0)), [17, 0, 7]);
        let Cells::Means(sums, counts) = gather(&Measure::Mean(0)) else { panic!("means") };
        assert_eq!((sums, counts), (vec![17, 0, 7], vec![3, 0, 1]));
        let Cells::Extremes(least) = gather(&Measure::Extreme(0, Best::Least)) else { panic!("extremes") };
        assert_eq!(least, [Some(5), None, Some(7)]);
        let Cells::Values(values) = gather(&Measure::Percentiles(0, vec![50.0])) else { panic!("values") };
        assert_eq!(values.groups().collect::<Vec<_>>(), [&[5, 7, 5][..], &[], &[7]]);
        let Cells::Distinct(values) = gather(&Measure::DistinctWhole(0)) else { panic!("distinct") };
        assert_eq!(values.by_group(), [vec![5, 7], vec![], vec![7]]);
    }

    #[test]
    fn texts_are_those_of_rows_for_which_the_condition_holds() {
        let Cells::Texts(all, _) = gather(&Measure::Set(0, 9, None)) else { panic!("texts") };
        assert_eq!(all, [(0, 0), (1, 1), (0, 1), (2, 2)]);
        let Cells::Texts(some, _) = gather(&Measure::Set(0, 9, Some(1))) else { panic!("texts") };
        assert_eq!(some, [(0, 0), (1, 1), (2, 2)]);
        let Cells::Distinct(hashes) = gather(&Measure::DistinctTexts(0, Some(1))) else { panic!("distinct") };
        let hash = |text: &str| xxh3_64(text.as_bytes());
        assert_eq!(hashes.by_group(), [[hash("a")], [hash("b")], [hash("c")]]);
    }

    #[test]
    fn the_first_best_row_wins() {
        let winner = |best| Measure::Winner(Winner { by: 0, best, others: vec![], reads: vec![] });
        let Cells::Winners(least) = gather(&winner(Best::Least)) else { panic!("winners") };
        assert_eq!(least, [(Some(5), 0), (None, 1), (Some(7), 4)]);
        let Cells::Winners(greatest) = gather(&winner(Best::Greatest)) else { panic!("winners") };
        assert_eq!(greatest, [(Some(7), 2), (None, 1), (Some(7), 4)]);
    }
}
