//! What an aggregation has gathered over the row groups so far.
//!
//! In: the [`Cells`] of each row group, and which of all groups its own are. Out: the aggregation's columns.

use super::cells::Cells;
use super::distinct::Distinct;
use super::found::Found;
use super::known::{Texts, numbers_of};
use super::measure::{Best, Measure};
use super::winners::{self, Piece, Row};
use crate::backend::polars::lists::percentile;
use crate::backend::polars::types;
use crate::value::{Field, Json};
use ::polars::prelude::{
    Column, Float64Chunked, IntoColumn, NewChunkedArray, PlHashSet, PolarsError, PolarsResult, StringChunked,
};
use rayon::prelude::{IntoParallelRefMutIterator, ParallelIterator};

/// What an aggregation has gathered, by group.
pub(super) enum Total {
    Sums(Vec<i64>),
    /// Sums, and of how many numbers.
    Means(Vec<i64>, Vec<i64>),
    Extremes(Vec<Option<i64>>, Best),
    Distinct(Distinct),
    /// The texts of each group in the order in which they came.
    Sets {
        texts: Texts,
        seen: PlHashSet<(u32, u32)>,
        sets: Vec<Vec<u32>>,
    },
    Values(Vec<Vec<i64>>),
    Winners(Vec<Row>, Best),
}

impl Total {
    /// Nothing yet.
    pub(super) fn of(measure: &Measure) -> Total {
        match measure {
            Measure::Count | Measure::CountIf(_) | Measure::Sum(_) => Total::Sums(vec![]),
            Measure::Mean(_) => Total::Means(vec![], vec![]),
            Measure::Extreme(_, best) => Total::Extremes(vec![], *best),
            Measure::DistinctTexts(..) | Measure::DistinctWhole(_) => Total::Distinct(Distinct::default()),
            Measure::Set(..) => Total::Sets { texts: Texts::default(), seen: PlHashSet::default(), sets: vec![] },
            Measure::Percentiles(..) => Total::Values(vec![]),
            Measure::Winner(winner) => Total::Winners(vec![], winner.best),
        }
    }

    /// Makes room for so many groups.
    pub(super) fn grow(&mut self, groups: usize) {
        match self {
            Total::Sums(sums) => sums.resize(groups, 0),
            Total::Means(sums, counts) => {
                sums.resize(groups, 0);
                counts.resize(groups, 0);
            }
            Total::Extremes(extremes, _) => extremes.resize(groups, None),
            Total::Distinct(distinct) => distinct.grow(groups),
            Total::Sets { sets, .. } => sets.resize_with(groups, Vec::new),
            Total::Values(values) => values.resize_with(groups, Vec::new),
            Total::Winners(rows, _) => rows.resize(groups, Row::NONE),
        }
    }

    /// Takes in what was gathered of row groups; the first of them has this number among all.
    pub(super) fn add(&mut self, gathered: Vec<Cells>, groups_of: &[Vec<u32>], first: u32) -> PolarsResult<()> {
        if let Total::Distinct(distinct) = self {
            let found = gathered.into_iter().map(found).collect::<PolarsResult<Vec<Found>>>()?;
            distinct.add(found, groups_of);
            return Ok(());
        }
        for ((piece, group_of), cells) in (first..).zip(groups_of).zip(gathered) {
            self.add_piece(cells, group_of, piece)?;
        }
        Ok(())
    }

    /// Takes in what was gathered of a row group.
    fn add_piece(&mut self, cells: Cells, group_of: &[u32], piece: u32) -> PolarsResult<()> {
        match (self, cells) {
            (Total::Sums(totals), Cells::Sums(sums)) => add_up(totals, &sums, group_of),
            (Total::Means(totals, of), Cells::Means(sums, counts)) => {
                add_up(totals, &sums, group_of);
                add_up(of, &counts, group_of);
            }
            (Total::Extremes(totals, best), Cells::Extremes(extremes)) => {
                for (group, extreme) in group_of.iter().zip(extremes) {
                    if let Some(total) = totals.get_mut(*group as usize).filter(|total| best.wins(extreme, **total)) {
                        *total = extreme;
                    }
                }
            }
            (Total::Sets { texts, seen, sets }, Cells::Texts(pairs, values)) => {
                let mut numbers: Vec<Option<u32>> = vec![None; values.len()];
                for (group, code) in pairs {
                    let group = group_of.get(group as usize).copied().unwrap_or_default();
                    let Some(number) = numbers.get_mut(code as usize) else { continue };
                    let number = *number.get_or_insert_with(|| texts.number(values.value(code as usize)));
                    if let Some(set) = sets.get_mut(group as usize).filter(|_| seen.insert((group, number))) {
                        set.push(number);
                    }
                }
            }
            (Total::Values(totals), Cells::Values(values)) => {
                for (group, values) in group_of.iter().zip(values.groups()) {
                    if let Some(total) = totals.get_mut(*group as usize) {
                        total.extend_from_slice(values);
                    }
                }
            }
            (Total::Winners(rows, best), Cells::Winners(winners)) => {
                for (group, (value, row)) in group_of.iter().zip(winners) {
                    if let Some(known) = rows.get_mut(*group as usize).filter(|row| row.loses(value, *best)) {
                        *known = Row { value, piece, row };
                    }
                }
            }
            _ => return Err(mixed_up()),
        }
        Ok(())
    }

    /// The columns of the aggregation at a place of the fold.
    pub(super) fn columns(
        self,
        fields: &[Field],
        measure: &Measure,
        at: usize,
        pieces: &[Piece<'_>],
    ) -> PolarsResult<Vec<Column>> {
        let Some(field) = fields.first() else { return Ok(vec![]) };
        Ok(match self {
            Total::Sums(sums) => vec![numbers_of(field, sums.into_iter().map(Some).collect())?],
            Total::Means(sums, counts) => {
                let means: Vec<f64> =
                    sums.into_iter().zip(counts).map(|(sum, count)| sum as f64 / count as f64).collect();
                vec![Float64Chunked::from_slice(types::small(&field.name), &means).into_column()]
            }
            Total::Extremes(extremes, _) => vec![numbers_of(field, extremes)?],
            Total::Distinct(distinct) => {
                vec![numbers_of(field, distinct.counts().into_iter().map(Some).collect())?]
            }
            Total::Sets { texts, sets, .. } => {
                let limit = if let Measure::Set(_, limit, _) = measure { *limit } else { usize::MAX };
                let arrays = arrays(&texts, &sets, limit);
                vec![StringChunked::from_iter_values(types::small(&field.name), arrays.into_iter()).into_column()]
            }
            Total::Values(values) => {
                let asked = if let Measure::Percentiles(_, asked) = measure { asked.as_slice() } else { &[] };
                percentiles(values, asked, fields)?
            }
            Total::Winners(rows, _) => winners::columns(fields, at, &rows, pieces)?,
        })
    }
}

/// What was found of distinct values.
fn found(cells: Cells) -> PolarsResult<Found> {
    match cells {
        Cells::Distinct(found) => Ok(found),
        _ => Err(mixed_up()),
    }
}

fn mixed_up() -> PolarsError {
    PolarsError::ComputeError("an aggregation was gathered as another one".into())
}

fn add_up(totals: &mut [i64], sums: &[i64], group_of: &[u32]) {
    for (group, sum) in group_of.iter().zip(sums) {
        if let Some(total) = totals.get_mut(*group as usize) {
            *total = total.wrapping_add(*sum);
        }
    }
}

/// The sets as JSON arrays.
fn arrays(texts: &Texts, sets: &[Vec<u32>], limit: usize) -> Vec<String> {
    let quoted: Vec<String> = texts.all().map(|text| Json::from(text).to_string()).collect();
    let array = |set: &Vec<u32>| {
        let items = set.iter().take(limit).filter_map(|number| quoted.get(*number as usize));
        format!("[{}]", items.map(String::as_str).collect::<Vec<_>>().join(","))
    };
    sets.iter().map(array).collect()
}

/// A column for each percentage that is asked for.
fn percentiles(mut values: Vec<Vec<i64>>, asked: &[f64], fields: &[Field]) -> PolarsResult<Vec<Column>> {
    let of_group = |values: &mut Vec<i64>| asked.iter().map(|asked| percentile(values, *asked)).collect();
    let found: Vec<Vec<Option<i64>>> = values.par_iter_mut().map(of_group).collect();
    let column = |(nth, field): (usize, &Field)| {
        numbers_of(field, found.iter().map(|of_group| of_group.get(nth).copied().flatten()).collect())
    };
    fields.iter().enumerate().map(column).collect()
}
