//! The groups of all row groups.
//!
//! In: [`Partial`]s in the order of the files. Out: a frame with a row for each group, in the order in which they came.

use super::group::{Cells, Partial, Values};
use super::measure::Measure;
use super::{Fold, Key};
use crate::backend::polars::types;
use crate::value::{Field, Json, Type};
use ::polars::prelude::{
    Column, DataFrame, DataType, Int64Chunked, IntoColumn, NewChunkedArray, PlHashMap, PlHashSet, PlSmallStr,
    PolarsError, PolarsResult, StringChunked,
};
use xxhash_rust::xxh3::xxh3_64;

/// All groups so far.
pub(super) struct Merged<'a> {
    fold: &'a Fold,
    keys: Vec<Known>,
    /// The groups by the numbers of their keys' values, 32 bits each.
    groups: PlHashMap<u128, u32>,
    /// The number of each key's value, by group.
    of_group: Vec<Vec<u32>>,
    totals: Vec<Total>,
}

/// The distinct values of a key.
enum Known {
    Texts(Texts),
    Whole(PlHashMap<Option<i64>, u32>, Vec<Option<i64>>),
}

/// Distinct texts and their numbers.
#[derive(Default)]
struct Texts {
    numbers: PlHashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }
}

/// What an aggregation has gathered so far.
enum Total {
    Sums(Vec<i64>),
    Extremes(Vec<Option<i64>>),
    /// How many distinct values each group has; texts are told apart by a hash of 64 bits.
    Distinct(PlHashSet<(u32, u64)>, Vec<i64>),
    /// The texts of each group in the order in which they came.
    Sets {
        texts: Texts,
        seen: PlHashSet<(u32, u32)>,
        sets: Vec<Vec<u32>>,
    },
}

impl<'a> Merged<'a> {
    /// Nothing yet; without keys there is one group all the same.
    pub(super) fn new(fold: &'a Fold) -> Merged<'a> {
        let known = |(_, key): &(Field, Key)| match key {
            Key::Text(_) => Known::Texts(Texts::default()),
            Key::Whole(_) => Known::Whole(PlHashMap::default(), vec![]),
        };
        let total = |(_, measure): &(Field, Measure)| match measure {
            Measure::Count | Measure::CountIf(_) | Measure::Sum(_) => Total::Sums(vec![]),
            Measure::Min(_) | Measure::Max(_) => Total::Extremes(vec![]),
            Measure::DistinctTexts(_) | Measure::DistinctWhole(_) => Total::Distinct(PlHashSet::default(), vec![]),
            Measure::Set(..) => Total::Sets { texts: Texts::default(), seen: PlHashSet::default(), sets: vec![] },
        };
        let mut merged = Merged {
            fold,
            keys: fold.keys.iter().map(known).collect(),
            groups: PlHashMap::default(),
            of_group: fold.keys.iter().map(|_| vec![]).collect(),
            totals: fold.measures.iter().map(total).collect(),
        };
        if fold.keys.is_empty() {
            merged.groups.insert(0, 0);
            merged.grow();
        }
        merged
    }

    /// Makes room for every group.
    fn grow(&mut self) {
        let groups = self.groups.len();
        for total in &mut self.totals {
            match total {
                Total::Sums(sums) | Total::Distinct(_, sums) => sums.resize(groups, 0),
                Total::Extremes(extremes) => extremes.resize(groups, None),
                Total::Sets { sets, .. } => sets.resize(groups, vec![]),
            }
        }
    }

    /// Takes the groups of a row group in.
    pub(super) fn add(&mut self, partial: Partial) -> PolarsResult<()> {
        let group_of = self.groups_of(&partial);
        self.grow();
        let of = |group: u32| group_of.get(group as usize).copied().unwrap_or_default();
        for ((total, cells), (_, measure)) in self.totals.iter_mut().zip(partial.cells).zip(&self.fold.measures) {
            match (total, cells) {
                (Total::Sums(totals), Cells::Sums(sums)) => {
                    for (group, sum) in group_of.iter().zip(sums) {
                        if let Some(total) = totals.get_mut(*group as usize) {
                            *total = total.wrapping_add(sum);
                        }
                    }
                }
                (Total::Extremes(totals), Cells::Extremes(extremes)) => {
                    let best = if matches!(measure, Measure::Min(_)) { i64::min } else { i64::max };
                    for (group, extreme) in group_of.iter().zip(extremes) {
                        if let (Some(total), Some(extreme)) = (totals.get_mut(*group as usize), extreme) {
                            *total = Some(total.map_or(extreme, |known| best(known, extreme)));
                        }
                    }
                }
                (Total::Distinct(seen, counts), Cells::Whole(pairs)) => {
                    for (group, value) in pairs {
                        count(seen, counts, of(group), value.cast_unsigned());
                    }
                }
                (Total::Distinct(seen, counts), Cells::Texts(pairs, values)) => {
                    let hashes: Vec<u64> = values.values_iter().map(|text| xxh3_64(text.as_bytes())).collect();
                    for (group, code) in pairs {
                        count(seen, counts, of(group), hashes.get(code as usize).copied().unwrap_or_default());
                    }
                }
                (Total::Sets { texts, seen, sets }, Cells::Texts(pairs, values)) => {
                    let mut numbers: Vec<Option<u32>> = vec![None; values.len()];
                    for (group, code) in pairs {
                        let (group, Some(number)) = (of(group), numbers.get_mut(code as usize)) else { continue };
                        let number = *number.get_or_insert_with(|| texts.number(values.value(code as usize)));
                        if let Some(set) = sets.get_mut(group as usize).filter(|_| seen.insert((group, number))) {
                            set.push(number);
                        }
                    }
                }
                _ => return Err(PolarsError::ComputeError("an aggregation was gathered as another one".into())),
            }
        }
        Ok(())
    }

    /// The number of each group of a row group among all.
    fn groups_of(&mut self, partial: &Partial) -> Vec<u32> {
        let mut packed = vec![0_u128; partial.groups];
        let mut numbers: Vec<Vec<u32>> = Vec::with_capacity(self.keys.len());
        for (known, values) in self.keys.iter_mut().zip(&partial.keys) {
            numbers.push(known.numbers(values));
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
        group_of
    }

    /// A row for each group.
    pub(super) fn finish(self) -> PolarsResult<DataFrame> {
        let rows = self.groups.len();
        let mut columns = Vec::with_capacity(self.keys.len() + self.totals.len());
        for (((field, _), known), numbers) in self.fold.keys.iter().zip(self.keys).zip(self.of_group) {
            columns.push(known.column(field, &numbers)?);
        }
        for ((field, measure), total) in self.fold.measures.iter().zip(self.totals) {
            columns.push(total.column(field, measure)?);
        }
        DataFrame::new(rows, columns)
    }
}

fn count(seen: &mut PlHashSet<(u32, u64)>, counts: &mut [i64], group: u32, value: u64) {
    if let Some(count) = counts.get_mut(group as usize).filter(|_| seen.insert((group, value))) {
        *count += 1;
    }
}

impl Known {
    /// The numbers of some values, each by group.
    fn numbers(&mut self, values: &Values) -> Vec<u32> {
        match (self, values) {
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
            _ => vec![],
        }
    }

    fn column(self, field: &Field, numbers: &[u32]) -> PolarsResult<Column> {
        let name: PlSmallStr = types::small(&field.name);
        match self {
            Known::Texts(known) => {
                let texts = numbers.iter().map(|number| known.texts.get(*number as usize).map_or("", |text| text));
                Ok(StringChunked::from_iter_values(name, texts).into_column())
            }
            Known::Whole(_, distinct) => {
                let values = numbers.iter().map(|number| distinct.get(*number as usize).copied().flatten());
                numbers_of(field, values.collect())
            }
        }
    }
}

impl Total {
    fn column(self, field: &Field, measure: &Measure) -> PolarsResult<Column> {
        match self {
            Total::Sums(sums) | Total::Distinct(_, sums) => numbers_of(field, sums.into_iter().map(Some).collect()),
            Total::Extremes(extremes) => numbers_of(field, extremes),
            Total::Sets { texts, sets, .. } => {
                let limit = if let Measure::Set(_, limit) = measure { *limit } else { usize::MAX };
                let quoted: Vec<String> = texts.texts.iter().map(|text| Json::from(&**text).to_string()).collect();
                let array = |set: &Vec<u32>| {
                    let items = set.iter().take(limit).filter_map(|number| quoted.get(*number as usize));
                    format!("[{}]", items.map(String::as_str).collect::<Vec<_>>().join(","))
                };
                Ok(StringChunked::from_iter_values(types::small(&field.name), sets.iter().map(array)).into_column())
            }
        }
    }
}

/// Whole numbers in the cells of a column's type.
fn numbers_of(field: &Field, values: Vec<Option<i64>>) -> PolarsResult<Column> {
    let column = Int64Chunked::from_slice_options(types::small(&field.name), &values).into_column();
    if field.ty == Type::Int { column.cast(&DataType::Int32) } else { Ok(column) }
}
