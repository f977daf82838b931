//! The groups of all row groups.
//!
//! In: [`Partial`]s in the order of the files. Out: a frame with a row for each group, in the order in which they came.

use super::cells::Cells;
use super::group::{Partial, Values};
use super::known::{Texts, numbers_of};
use super::total::Total;
use super::winners::Piece;
use super::{Fold, Key};
use crate::backend::polars::types;
use crate::value::Field;
use ::polars::prelude::{
    Column, DataFrame, IntoColumn, NewChunkedArray, PlHashMap, PlSmallStr, PolarsError, PolarsResult, StringChunked,
};
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

/// All groups so far.
pub(super) struct Merged<'a> {
    fold: &'a Fold,
    keys: Vec<Known>,
    /// The groups by the numbers of their keys' values, 32 bits each.
    groups: PlHashMap<u128, u32>,
    /// The number of each key's value, by group.
    of_group: Vec<Vec<u32>>,
    totals: Vec<Total>,
    /// How many row groups were taken in.
    taken: u32,
}

/// The distinct values of a key.
enum Known {
    Texts(Texts),
    Whole(PlHashMap<Option<i64>, u32>, Vec<Option<i64>>),
}

impl<'a> Merged<'a> {
    /// Nothing yet; without keys there is one group all the same.
    pub(super) fn new(fold: &'a Fold) -> Merged<'a> {
        let known = |(_, key): &(Field, Key)| match key {
            Key::Text(_) => Known::Texts(Texts::default()),
            Key::Whole(_) => Known::Whole(PlHashMap::default(), vec![]),
        };
        let mut merged = Merged {
            fold,
            keys: fold.keys.iter().map(known).collect(),
            groups: PlHashMap::default(),
            of_group: fold.keys.iter().map(|_| vec![]).collect(),
            totals: fold.measures.iter().map(|(_, measure)| Total::of(measure)).collect(),
            taken: 0,
        };
        if fold.keys.is_empty() {
            merged.groups.insert(0, 0);
            merged.totals.iter_mut().for_each(|total| total.grow(1));
        }
        merged
    }

    /// Takes the groups of row groups in, each aggregation by itself on all cores.
    pub(super) fn add(&mut self, partials: Vec<Partial>) -> PolarsResult<()> {
        let mut groups_of = Vec::with_capacity(partials.len());
        let mut gathered: Vec<Vec<Cells>> = self.totals.iter().map(|_| vec![]).collect();
        for partial in partials {
            groups_of.push(self.groups_of(&partial)?);
            for (of_total, cells) in gathered.iter_mut().zip(partial.cells) {
                of_total.push(cells);
            }
        }
        let (groups, first) = (self.groups.len(), self.taken);
        self.taken += groups_of.len() as u32;
        self.totals.par_iter_mut().zip(gathered).try_for_each(|(total, gathered)| {
            total.grow(groups);
            total.add(gathered, &groups_of, first)
        })
    }

    /// The number of each group of a row group among all.
    fn groups_of(&mut self, partial: &Partial) -> PolarsResult<Vec<u32>> {
        let mut packed = vec![0_u128; partial.groups];
        let mut numbers: Vec<Vec<u32>> = Vec::with_capacity(self.keys.len());
        for (known, values) in self.keys.iter_mut().zip(&partial.keys) {
            numbers.push(known.numbers(values)?);
        }
        for numbers in &numbers {
            for (packed, number) in packed.iter_mut().zip(numbers) {
                *packed = *packed << 32 | u128::from(*number);
            }
        }
        let mut group_of = Vec::with_capacity(partial.groups);
        for (at, packed) in packed.into_iter().enumerate() {
            let next = self.groups.len() as u32;
            let group = *self.groups.entry(packed).or_insert(next);
            if group == next {
                for (of_group, numbers) in self.of_group.iter_mut().zip(&numbers) {
                    of_group.extend(numbers.get(at));
                }
            }
            group_of.push(group);
        }
        Ok(group_of)
    }

    /// A row for each group. The pieces are the row groups in the order in which they were taken in.
    pub(super) fn finish(self, pieces: &[Piece<'_>]) -> PolarsResult<DataFrame> {
        let rows = self.groups.len();
        drop(self.groups);
        let mut columns = Vec::with_capacity(self.keys.len() + self.totals.len());
        for (((field, _), known), numbers) in self.fold.keys.iter().zip(self.keys).zip(self.of_group) {
            columns.push(known.column(field, &numbers)?);
        }
        for (at, ((fields, measure), total)) in self.fold.measures.iter().zip(self.totals).enumerate() {
            columns.extend(total.columns(fields, measure, at, pieces)?);
        }
        DataFrame::new(rows, columns)
    }
}

impl Known {
    /// The numbers of some values, each by group.
    fn numbers(&mut self, values: &Values) -> PolarsResult<Vec<u32>> {
        Ok(match (self, values) {
            (Known::Texts(known), Values::Texts(codes, texts)) => {
                let mut numbers: Vec<Option<u32>> = vec![None; texts.len()];
                let number = |code: &u32| {
                    let number = numbers.get_mut(*code as usize)?;
                    Some(*number.get_or_insert_with(|| known.number(texts.value(*code as usize))))
                };
                codes.iter().map(number).map(Option::unwrap_or_default).collect()
            }
            (Known::Whole(known, distinct), Values::Whole(values)) => {
                let number = |value: &Option<i64>| {
                    *known.entry(*value).or_insert_with(|| {
                        distinct.push(*value);
                        distinct.len() as u32 - 1
                    })
                };
                values.iter().map(number).collect()
            }
            _ => return Err(PolarsError::ComputeError("a key has texts and numbers".into())),
        })
    }

    fn column(self, field: &Field, numbers: &[u32]) -> PolarsResult<Column> {
        let name: PlSmallStr = types::small(&field.name);
        match self {
            Known::Texts(known) => {
                let texts = numbers.iter().map(|number| known.text(*number));
                Ok(StringChunked::from_iter_values(name, texts).into_column())
            }
            Known::Whole(_, distinct) => {
                let values = numbers.iter().map(|number| distinct.get(*number as usize).copied().flatten());
                numbers_of(field, values.collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::polars::sieve::fold::by_group::ByGroup;
    use crate::backend::polars::sieve::fold::found::Found;
    use crate::backend::polars::sieve::fold::measure::Measure;
    use crate::value::Type;

    fn fold() -> Fold {
        let field = |name: &str, ty| Field { name: name.into(), ty };
        let measures = vec![
            (vec![field("N", Type::Long)], Measure::Count),
            (vec![field("Mean", Type::Real)], Measure::Mean(0)),
            (vec![field("Least", Type::Long), field("Most", Type::Long)], Measure::Percentiles(0, vec![0.0, 100.0])),
            (vec![field("Distinct", Type::Long)], Measure::DistinctWhole(0)),
        ];
        let keys = vec![(field("K", Type::Long), Key::Whole(0))];
        Fold { keys, measures, texts: vec![], exprs: vec![], plan: vec![] }
    }

    fn distinct(groups: usize, pairs: &[(u32, i64)]) -> Found {
        let rows = pairs.iter().map(|(group, value)| (*group, *value as u32));
        Found::of(groups, rows, 10, |code| Some(code as u64))
    }

    fn partial(keys: &[Option<i64>], values: &[&[i64]]) -> Partial {
        let of_group = |(group, values): (usize, &&[i64])| values.iter().map(move |v| (group as u32, *v)).collect();
        let pairs: Vec<Vec<(u32, i64)>> = values.iter().enumerate().map(of_group).collect();
        let pairs: Vec<(u32, i64)> = pairs.concat();
        let counts: Vec<i64> = values.iter().map(|values| values.len() as i64).collect();
        let cells = vec![
            Cells::Sums(counts.clone()),
            Cells::Means(values.iter().map(|values| values.iter().sum()).collect(), counts),
            Cells::Values(ByGroup::of(keys.len(), pairs.iter().copied())),
            Cells::Distinct(distinct(keys.len(), &pairs)),
        ];
        Partial { groups: keys.len(), keys: vec![Values::Whole(keys.to_vec())], cells }
    }

    #[test]
    fn groups_of_row_groups_are_joined_by_what_they_stand_for() {
        let fold = fold();
        let mut merged = Merged::new(&fold);
        merged.add(vec![partial(&[Some(7), None], &[&[3, 1], &[]]), partial(&[None], &[&[2]])]).unwrap();
        merged.add(vec![]).unwrap();
        merged.add(vec![partial(&[Some(9), Some(7)], &[&[], &[3, 8]])]).unwrap();
        let frame = merged.finish(&[]).unwrap();
        let column = |name: &str| frame.column(name).unwrap().i64().unwrap().iter().collect::<Vec<Option<i64>>>();
        assert_eq!(column("K"), [Some(7), None, Some(9)]);
        assert_eq!(column("N"), [Some(4), Some(1), Some(0)]);
        assert_eq!(column("Least"), [Some(1), Some(2), None]);
        assert_eq!(column("Most"), [Some(8), Some(2), None]);
        assert_eq!(column("Distinct"), [Some(3), Some(1), Some(0)]);
        let means: Vec<f64> = frame.column("Mean").unwrap().f64().unwrap().iter().flatten().collect();
        assert_eq!(means[..2], [3.75, 2.0]);
        assert!(means[2].is_nan());
    }
}
