//! Aggregations over the list of a group's values, on the cells themselves: percentiles, `make_list`, `make_set`.
//!
//! They equal the library's kernels, without a value for each cell.

use super::operand::Operand;
use super::types::Cells;
use crate::library::NativeAggregate;
use crate::value::{self, Json, Type, Value, dynamic};
use ::polars::prelude::{Column, PolarsResult};
use std::collections::HashSet;

/// How many elements a list or set holds unless a limit says less.
const LIMIT: usize = 1_048_576;

/// What is computed of a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum OnList {
    /// The values of these ranks.
    Percentiles(Vec<f64>),
    /// An array of at most so many values.
    List { distinct: bool, limit: usize },
}

/// What an aggregation computes of the list of its first argument, if it is one of these. The condition of the `if` forms is
/// the second argument.
pub(super) fn on_list(native: Option<NativeAggregate>, operands: &[Operand]) -> Option<OnList> {
    use NativeAggregate as N;
    let ty = operands.first()?.ty();
    let limit = |at: usize| match operands.get(at) {
        None => Some(LIMIT),
        Some(operand) => usize::try_from(operand.constant()?.as_i64()?).ok().map(|n| n.min(LIMIT)),
    };
    let numbers = || operands.iter().skip(1).map(|o| o.constant()?.as_f64()).collect::<Option<Vec<f64>>>();
    let whole = matches!(ty, Type::Int | Type::Long | Type::Datetime | Type::Timespan);
    match native? {
        N::Percentile | N::Percentiles if whole => Some(OnList::Percentiles(numbers()?)),
        N::MakeList if ty != Type::Dynamic => Some(OnList::List { distinct: false, limit: limit(1)? }),
        N::MakeListIf if ty != Type::Dynamic => Some(OnList::List { distinct: false, limit: limit(2)? }),
        N::MakeSet if whole || ty == Type::String => Some(OnList::List { distinct: true, limit: limit(1)? }),
        N::MakeSetIf if whole || ty == Type::String => Some(OnList::List { distinct: true, limit: limit(2)? }),
        _ => None,
    }
}

impl OnList {
    /// Adds the results over one group's values to the result columns.
    pub(super) fn run(&self, values: &Column, ty: Type, results: &mut [value::Column]) -> PolarsResult<()> {
        match self {
            OnList::Percentiles(asked) => {
                let whole = values.cast(&::polars::prelude::DataType::Int64)?;
                let mut numbers: Vec<i64> = whole.i64()?.iter().flatten().collect();
                for (percentage, result) in asked.iter().zip(results) {
                    let value = percentile(&mut numbers, *percentage);
                    result.push(value.map_or(Value::Null, |n| of_type(n, result.ty())));
                }
            }
            OnList::List { distinct, limit } => {
                let array = if *distinct { set(values, ty, *limit)? } else { list(values, ty, *limit)? };
                if let Some(value::Column::Dynamic(cells)) = results.first_mut() {
                    cells.push(Some(array));
                }
            }
        }
        Ok(())
    }
}

/// The value of the nearest rank.
pub(super) fn percentile(numbers: &mut [i64], percentage: f64) -> Option<i64> {
    let last = numbers.len().checked_sub(1)?;
    let wanted = (percentage / 100.0 * numbers.len() as f64).ceil();
    let rank = if wanted >= 1.0 { (wanted as usize - 1).min(last) } else { 0 };
    Some(*numbers.select_nth_unstable(rank).1)
}

fn of_type(n: i64, ty: Type) -> Value {
    match ty {
        Type::Datetime => Value::Datetime(n),
        Type::Timespan => Value::Timespan(n),
        _ => Value::Long(n),
    }
}

fn list(values: &Column, ty: Type, limit: usize) -> PolarsResult<String> {
    if ty == Type::String {
        return Ok(array(values.str()?.iter().flatten().take(limit).map(quoted)));
    }
    let cells = Cells::new(values, ty)?;
    let present = (0..values.len()).map(|row| cells.value(row)).filter(|value| !value.is_null());
    Ok(array(present.take(limit).map(|value| dynamic::from_value(&value).to_string())))
}

fn set(values: &Column, ty: Type, limit: usize) -> PolarsResult<String> {
    if ty == Type::String {
        let mut seen = HashSet::new();
        return Ok(array(values.str()?.iter().flatten().filter(|text| seen.insert(*text)).take(limit).map(quoted)));
    }
    let whole = values.cast(&::polars::prelude::DataType::Int64)?;
    let mut seen = HashSet::new();
    let first = whole.i64()?.iter().flatten().filter(|n| seen.insert(*n)).take(limit);
    Ok(array(first.map(|n| dynamic::from_value(&of_type(n, ty)).to_string())))
}

fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

fn array(items: impl Iterator<Item = String>) -> String {
    let mut text = String::from("[");
    for (at, item) in items.enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&item);
    }
    text.push(']');
    text
}
