//! The groups of one row group.
//!
//! In: the rows that passed. Out: a [`Partial`]: each group once, with what its aggregations gathered.

use super::measure::Measure;
use super::{Fold, Key};
use crate::backend::polars::sieve::reader::Coded;
use crate::backend::polars::sieve::rows::{Passed, Sieve};
use crate::value::Field;
use ::polars::prelude::{
    Column, DataFrame, DataType, Expr as PolarsExpr, IntoLazy, PlHashMap, PlHashSet, PolarsResult,
};
use polars_arrow::array::Utf8ViewArray;
use std::collections::HashMap;
use std::sync::Arc;

/// The groups of a row group.
pub(super) struct Partial {
    /// How many there are.
    pub(super) groups: usize,
    /// The value of each key in each group.
    pub(super) keys: Vec<Values>,
    /// What each aggregation gathered.
    pub(super) cells: Vec<Cells>,
}

/// Values by group.
pub(super) enum Values {
    /// Texts by their numbers.
    Texts(Vec<u32>, Utf8ViewArray),
    /// Whole numbers, or null.
    Whole(Vec<Option<i64>>),
}

/// What an aggregation gathered.
pub(super) enum Cells {
    /// A number for each group, to be added up.
    Sums(Vec<i64>),
    /// The least or greatest number of each group.
    Extremes(Vec<Option<i64>>),
    /// Each pair of a group and the number of a text that is in it, in the order of the rows.
    Texts(Vec<(u32, u32)>, Utf8ViewArray),
    /// Each pair of a group and a number that is in it.
    Whole(Vec<(u32, i64)>),
}

/// Numbers of groups below which a table is faster than a map.
const DENSE: usize = 1 << 20;

/// Groups the rows of a row group.
pub(super) fn partial(fold: &Fold, sieve: &Sieve<'_>, rows: &Passed) -> PolarsResult<Partial> {
    let computed = computed(fold, sieve, rows)?;
    let mut texts: HashMap<Arc<str>, Coded> = HashMap::new();
    let of_keys = fold.keys.iter().filter_map(|(_, key)| match key {
        Key::Text(name) => Some(name),
        Key::Whole(_) => None,
    });
    let of_measures = fold.measures.iter().filter_map(|(_, measure)| match measure {
        Measure::DistinctTexts(name) | Measure::Set(name, _) => Some(name),
        _ => None,
    });
    for name in of_keys.chain(of_measures) {
        if !texts.contains_key(name) {
            texts.insert(name.clone(), sieve.codes(rows, name)?);
        }
    }
    let mut groups = Groups::of(rows.rows());
    let mut wholes: Vec<(Vec<u32>, Vec<Option<i64>>)> = Vec::new();
    for (_, key) in &fold.keys {
        match key {
            Key::Text(name) => {
                if let Some(coded) = texts.get(name) {
                    groups.split(&coded.codes, coded.values.len());
                }
            }
            Key::Whole(place) => {
                let (codes, values) = coded(&whole(&computed, *place)?);
                groups.split(&codes, values.len());
                wholes.push((codes, values));
            }
        }
    }
    let firsts = groups.firsts();
    let at = |codes: &[u32]| -> Vec<u32> { firsts.iter().filter_map(|row| codes.get(*row).copied()).collect() };
    let mut wholes = wholes.into_iter();
    let mut keys = Vec::with_capacity(fold.keys.len());
    for (_, key) in &fold.keys {
        match key {
            Key::Text(name) => {
                if let Some(coded) = texts.get(name) {
                    keys.push(Values::Texts(at(&coded.codes), coded.values.clone()));
                }
            }
            Key::Whole(_) => {
                let (codes, values) = wholes.next().unwrap_or_default();
                let values = at(&codes).into_iter().filter_map(|code| values.get(code as usize).copied());
                keys.push(Values::Whole(values.collect()));
            }
        }
    }
    let cells = fold.measures.iter().map(|(_, measure)| cells(measure, &groups, &computed, &texts));
    Ok(Partial { groups: groups.count, keys, cells: cells.collect::<PolarsResult<_>>()? })
}

/// What is computed of the rows.
fn computed(fold: &Fold, sieve: &Sieve<'_>, rows: &Passed) -> PolarsResult<DataFrame> {
    if fold.exprs.is_empty() {
        return Ok(DataFrame::empty());
    }
    let reads = |field: &&Field| fold.reads.contains(&field.name);
    let fields: Vec<&Field> = sieve.schema.fields().iter().filter(reads).collect();
    let frame = sieve.cells_of(rows, fields.iter().copied())?;
    let values: Vec<PolarsExpr> = fields.iter().map(|field| sieve.stored.value(field)).collect();
    // Beside the columns, so that a constant is repeated for each row.
    frame.lazy().select(values).with_columns(fold.exprs.clone()).collect()
}

fn column(computed: &DataFrame, place: usize) -> PolarsResult<&Column> {
    computed.column(&super::name_of(place))
}

pub(super) fn whole(computed: &DataFrame, place: usize) -> PolarsResult<Vec<Option<i64>>> {
    Ok(column(computed, place)?.cast(&DataType::Int64)?.i64()?.iter().collect())
}

/// Numbers of distinct values, for each row, and the values. Equal neighbours, as times are, are told at a glance.
pub(super) fn coded(values: &[Option<i64>]) -> (Vec<u32>, Vec<Option<i64>>) {
    let mut known: PlHashMap<Option<i64>, u32> = PlHashMap::default();
    let (mut codes, mut distinct) = (Vec::with_capacity(values.len()), Vec::new());
    let mut last: Option<(Option<i64>, u32)> = None;
    for value in values {
        let code = match last {
            Some((known, code)) if known == *value => code,
            _ => *known.entry(*value).or_insert_with(|| {
                distinct.push(*value);
                distinct.len() as u32 - 1
            }),
        };
        last = Some((*value, code));
        codes.push(code);
    }
    (codes, distinct)
}

/// The group of each row; groups are numbered in the order of their first rows.
pub(super) struct Groups {
    pub(super) of_row: Vec<u32>,
    pub(super) count: usize,
}

impl Groups {
    /// One group of all rows.
    pub(super) fn of(rows: usize) -> Groups {
        Groups { of_row: vec![0; rows], count: usize::from(rows > 0) }
    }

    /// Splits the groups by one more value.
    pub(super) fn split(&mut self, codes: &[u32], distinct: usize) {
        let distinct = distinct.max(1);
        let mut count = 0_u32;
        let mut fresh = || {
            count += 1;
            count - 1
        };
        match self.count.checked_mul(distinct).filter(|size| *size <= DENSE) {
            Some(size) => {
                let mut known = vec![u32::MAX; size];
                for (group, code) in self.of_row.iter_mut().zip(codes) {
                    if let Some(slot) = known.get_mut(*group as usize * distinct + *code as usize) {
                        if *slot == u32::MAX {
                            *slot = fresh();
                        }
                        *group = *slot;
                    }
                }
            }
            None => {
                let mut known: PlHashMap<u64, u32> = PlHashMap::default();
                for (group, code) in self.of_row.iter_mut().zip(codes) {
                    let key = u64::from(*group) << 32 | u64::from(*code);
                    *group = *known.entry(key).or_insert_with(&mut fresh);
                }
            }
        }
        self.count = count as usize;
    }

    /// The first row of each group.
    pub(super) fn firsts(&self) -> Vec<usize> {
        let mut firsts = Vec::with_capacity(self.count);
        for (row, group) in self.of_row.iter().enumerate() {
            if *group as usize == firsts.len() {
                firsts.push(row);
            }
        }
        firsts
    }
}

fn cells(
    measure: &Measure,
    groups: &Groups,
    computed: &DataFrame,
    texts: &HashMap<Arc<str>, Coded>,
) -> PolarsResult<Cells> {
    let numbers = |place: usize| column(computed, place)?.cast(&DataType::Int64);
    let mut sums = vec![0_i64; groups.count];
    Ok(match measure {
        Measure::Count => {
            for group in &groups.of_row {
                if let Some(sum) = sums.get_mut(*group as usize) {
                    *sum += 1;
                }
            }
            Cells::Sums(sums)
        }
        Measure::CountIf(place) => {
            let passes = column(computed, *place)?.bool()?.clone();
            for (group, passes) in groups.of_row.iter().zip(passes.iter()) {
                if let Some(sum) = sums.get_mut(*group as usize) {
                    *sum += i64::from(passes == Some(true));
                }
            }
            Cells::Sums(sums)
        }
        Measure::Sum(place) => {
            let values = numbers(*place)?;
            for (group, value) in groups.of_row.iter().zip(values.i64()?.iter()) {
                if let (Some(sum), Some(value)) = (sums.get_mut(*group as usize), value) {
                    *sum = sum.wrapping_add(value);
                }
            }
            Cells::Sums(sums)
        }
        Measure::Min(place) => Cells::Extremes(extremes(groups, &numbers(*place)?, i64::min)?),
        Measure::Max(place) => Cells::Extremes(extremes(groups, &numbers(*place)?, i64::max)?),
        Measure::DistinctWhole(place) => {
            let values = numbers(*place)?;
            let mut seen: PlHashSet<(u32, i64)> = PlHashSet::default();
            let pairs = groups.of_row.iter().zip(values.i64()?.iter());
            let pairs = pairs.filter_map(|(group, value)| Some((*group, value?)));
            Cells::Whole(pairs.filter(|pair| seen.insert(*pair)).collect())
        }
        Measure::DistinctTexts(name) | Measure::Set(name, _) => match texts.get(name) {
            Some(coded) => Cells::Texts(pairs(groups, coded), coded.values.clone()),
            None => Cells::Texts(vec![], Utf8ViewArray::from_slice_values::<&str, _>([])),
        },
    })
}

fn extremes(groups: &Groups, values: &Column, best: fn(i64, i64) -> i64) -> PolarsResult<Vec<Option<i64>>> {
    let mut extremes: Vec<Option<i64>> = vec![None; groups.count];
    for (group, value) in groups.of_row.iter().zip(values.i64()?.iter()) {
        if let (Some(extreme), Some(value)) = (extremes.get_mut(*group as usize), value) {
            *extreme = Some(extreme.map_or(value, |known| best(known, value)));
        }
    }
    Ok(extremes)
}

/// Each pair of a group and a text once, in the order of the rows.
fn pairs(groups: &Groups, coded: &Coded) -> Vec<(u32, u32)> {
    let rows = groups.of_row.iter().copied().zip(coded.codes.iter().copied());
    let distinct = coded.values.len().max(1);
    match groups.count.checked_mul(distinct).filter(|size| *size <= DENSE * 16) {
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
