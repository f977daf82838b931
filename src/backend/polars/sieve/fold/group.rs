//! The groups of one row group.
//!
//! In: the rows that passed. Out: a [`Partial`]: each group once, with what its aggregations gathered.

use super::bins::Bin;
use super::cells::{Cells, Gathering};
use super::texts;
use super::{Computed, Fold, Key};
use crate::backend::polars::sieve::reader::Coded;
use crate::backend::polars::sieve::rows::{Passed, Sieve};
use crate::value::Field;
use ::polars::prelude::{Column, DataFrame, DataType, Expr as PolarsExpr, IntoLazy, PlHashMap, PolarsResult};
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

/// The values of a key: for each row the number of a distinct one.
enum OfRows {
    Texts(Arc<Coded>),
    Whole(Vec<u32>, Vec<Option<i64>>),
}

impl OfRows {
    /// Splits groups by the values.
    fn split(&self, groups: &mut Groups) {
        match self {
            OfRows::Texts(coded) => groups.split(&coded.codes, coded.values.len()),
            OfRows::Whole(codes, values) => groups.split(codes, values.len()),
        }
    }

    /// The values of some rows.
    fn at(&self, rows: &[usize]) -> Values {
        match self {
            OfRows::Texts(coded) => {
                let codes = rows.iter().filter_map(|row| coded.codes.get(*row).copied());
                Values::Texts(codes.collect(), coded.values.clone())
            }
            OfRows::Whole(codes, values) => {
                let value = |row: &usize| values.get(*codes.get(*row)? as usize).copied();
                Values::Whole(rows.iter().filter_map(value).collect())
            }
        }
    }
}

/// Numbers of groups below which a table is faster than a map.
const DENSE: usize = 1 << 20;

/// Places of such a table for each row, above which it takes longer to clear than to use.
const BESIDE_ROW: usize = 16;

/// Groups the rows of a row group.
pub(super) fn partial(fold: &Fold, sieve: &Sieve<'_>, rows: &Passed) -> PolarsResult<Partial> {
    let bins = bins(fold, sieve, rows)?;
    let computed = computed(fold, sieve, rows, &bins)?;
    let texts = texts::coded(fold, sieve, rows)?;
    let mut groups = Groups::of(rows.rows());
    let mut of_keys = Vec::with_capacity(fold.keys.len());
    for (_, key) in &fold.keys {
        let values = match key {
            Key::Text(place) => match texts.get(*place) {
                Some(coded) => OfRows::Texts(coded.clone()),
                None => continue,
            },
            Key::Whole(place) => {
                let (codes, values) = match bins.get(place) {
                    Some(known) => known.clone(),
                    None => coded(&whole(&computed, *place)?),
                };
                OfRows::Whole(codes, values)
            }
        };
        values.split(&mut groups);
        of_keys.push(values);
    }
    let firsts = groups.firsts();
    let keys = of_keys.iter().map(|values| values.at(&firsts)).collect();
    let gathering = Gathering { groups: &groups, computed: &computed, texts: &texts };
    let cells = fold.measures.iter().map(|(_, measure)| gathering.cells(measure));
    Ok(Partial { groups: groups.count, keys, cells: cells.collect::<PolarsResult<_>>()? })
}

/// Values by number, and the values.
type Numbered = (Vec<u32>, Vec<Option<i64>>);

/// The bins of time that are known without computing each, by their places.
fn bins(fold: &Fold, sieve: &Sieve<'_>, rows: &Passed) -> PolarsResult<HashMap<usize, Numbered>> {
    let mut known = HashMap::new();
    for (place, computed) in fold.exprs.iter().enumerate() {
        let Some(time) = &computed.bin_of else { continue };
        if let Some(coded) = (Bin { time, expr: &computed.expr, place }).of_rows(sieve, rows)? {
            known.insert(place, coded);
        }
    }
    Ok(known)
}

/// What is computed of the rows, without what is known.
fn computed(
    fold: &Fold,
    sieve: &Sieve<'_>,
    rows: &Passed,
    known: &HashMap<usize, Numbered>,
) -> PolarsResult<DataFrame> {
    let asked = fold.exprs.iter().enumerate().filter(|(place, _)| !known.contains_key(place));
    let asked: Vec<&Computed> = asked.map(|(_, computed)| computed).collect();
    if asked.is_empty() {
        return Ok(DataFrame::empty());
    }
    let reads = |field: &&Field| asked.iter().any(|computed| computed.reads.contains(&field.name));
    let fields: Vec<&Field> = sieve.schema.fields().iter().filter(reads).collect();
    let frame = sieve.cells_of(rows, fields.iter().copied())?;
    let values: Vec<PolarsExpr> = fields.iter().map(|field| sieve.stored.value(field)).collect();
    // Beside the columns, so that a constant is repeated for each row.
    let exprs: Vec<PolarsExpr> = asked.iter().map(|computed| computed.expr.clone()).collect();
    frame.lazy().select(values).with_columns(exprs).collect()
}

/// What is computed at a place.
pub(super) fn column(computed: &DataFrame, place: usize) -> PolarsResult<&Column> {
    computed.column(&super::name_of(place))
}

/// The whole numbers (or ticks) that are computed at a place.
pub(super) fn whole(computed: &DataFrame, place: usize) -> PolarsResult<Vec<Option<i64>>> {
    Ok(column(computed, place)?.cast(&DataType::Int64)?.i64()?.iter().collect())
}

/// Numbers of distinct values, for each row, and the values. Equal neighbours, as times are, are told at a glance.
pub(super) fn coded(values: &[Option<i64>]) -> Numbered {
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
        let most = DENSE.min(self.of_row.len().saturating_mul(BESIDE_ROW));
        match self.count.checked_mul(distinct).filter(|size| *size <= most) {
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
