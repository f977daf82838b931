//! Counts that the log of a table knows already: rows by the hour, without opening a file.
//!
//! In: a file, and keys that are bins of its time. Out: its groups with their counts, or none where an hour lies in two bins
//! or the log does not tell the hours.

use super::Fold;
use super::cells::Cells;
use super::group::{Groups, Partial, Values, coded, whole};
use super::measure::Measure;
use crate::catalog::DataFile;
use crate::library::Native;
use crate::plan::{Expr, ExprKind};
use crate::value::datetime::TICKS_PER_DAY;
use ::polars::prelude::{DataFrame, Int64Chunked, IntoColumn, IntoLazy, NewChunkedArray, PolarsResult, by_name};

/// Ticks of an hour.
const HOUR: i64 = TICKS_PER_DAY / 24;

/// Whether a key is a bin of a column: it never falls as the column's values grow.
pub(super) fn is_bin_of(key: &Expr, column: &str) -> bool {
    let ExprKind::Call { function, arguments } = &key.kind else { return false };
    let is_column = |expr: &Expr| matches!(&expr.kind, ExprKind::Column(name) if &**name == column);
    match (function.native, arguments.as_slice()) {
        (Some(Native::Bin | Native::BinAt | Native::StartOfDay), [time, rest @ ..]) => {
            is_column(time) && rest.iter().all(|argument| argument.as_literal().is_some())
        }
        _ => false,
    }
}

/// The groups of a file. All keys are bins of the time column, all aggregations counts of rows.
pub(super) fn partial(fold: &Fold, file: &DataFile, time: &str) -> PolarsResult<Option<Partial>> {
    let Some(hours) = file.hours.as_ref().filter(|hours| Some(hours.values().sum()) == file.rows) else {
        return Ok(None);
    };
    if !fold.measures.iter().all(|(_, measure)| matches!(measure, Measure::Count)) {
        return Ok(None);
    }
    let computed = |offset: i64| -> PolarsResult<DataFrame> {
        let times: Vec<i64> = hours.keys().map(|hour| hour * HOUR + offset).collect();
        let times = Int64Chunked::from_slice(time.into(), &times).into_column();
        DataFrame::new(hours.len(), vec![times])?
            .lazy()
            .with_columns(fold.exprs.iter().map(|computed| computed.expr.clone()).collect::<Vec<_>>())
            .drop(by_name([time], true, false))
            .collect()
    };
    let firsts = computed(0)?;
    if !firsts.equals_missing(&computed(HOUR - 1)?) {
        return Ok(None);
    }
    let mut groups = Groups::of(hours.len());
    let mut keys = Vec::with_capacity(fold.keys.len());
    for place in 0..fold.exprs.len() {
        let (codes, values) = coded(&whole(&firsts, place)?);
        groups.split(&codes, values.len());
        keys.push((codes, values));
    }
    let rows_of_groups = groups.firsts();
    let of_groups = |(codes, values): (Vec<u32>, Vec<Option<i64>>)| {
        let code = |row: &usize| values.get(*codes.get(*row)? as usize).copied();
        Values::Whole(rows_of_groups.iter().filter_map(code).collect())
    };
    let keys = keys.into_iter().map(of_groups).collect();
    let mut sums = vec![0_i64; groups.count];
    for (group, rows) in groups.of_row.iter().zip(hours.values()) {
        if let Some(sum) = sums.get_mut(*group as usize) {
            *sum += rows.cast_signed();
        }
    }
    let cells = fold.measures.iter().map(|_| Cells::Sums(sums.clone())).collect();
    Ok(Some(Partial { groups: groups.count, keys, cells }))
}
