//! `bin`, `bin_at`, `startofday`, and tests over whole numbers and ticks.

use super::arithmetic;
use crate::backend::polars::kernel::{returns, shape};
use crate::backend::polars::operand::Operand;
use crate::backend::polars::types::literal;
use crate::value::{Type, Value, datetime};
use ::polars::prelude::{
    BooleanChunked, Column, DataType, Expr, IntoColumn, NewChunkedArray, PolarsResult, map_multiple, when,
};

/// `bin` by a constant size.
pub(super) fn bin(operands: &[Operand], ty: Type) -> Option<Expr> {
    let [value, size] = operands else { return None };
    floor(value, size, 0, ty)
}

/// `bin_at` by a constant size, from a constant point.
pub(super) fn bin_at(operands: &[Operand], ty: Type) -> Option<Expr> {
    let [value, size, point] = operands else { return None };
    floor(value, size, whole(point.constant()?)?, ty)
}

/// The greatest multiple of a size, counted from a point, that is not above the value.
fn floor(value: &Operand, size: &Operand, point: i64, ty: Type) -> Option<Expr> {
    let size = whole(size.constant()?).filter(|size| (1..=datetime::MAX).contains(size))?;
    let count = |n: i64| literal(&Value::Long(n), Type::Long);
    match (value.ty(), ty) {
        // Neither step leaves 64 bits: both sides lie in the calendar. Beyond its ends there is no bin.
        (Type::Datetime, Type::Datetime) if (datetime::MIN..=datetime::MAX).contains(&point) => {
            let offset = point.rem_euclid(size);
            if offset == 0 {
                return Some(value.expr().floor_div(count(size)) * count(size));
            }
            let floored = (value.expr() - count(offset)).floor_div(count(size)) * count(size) + count(offset);
            let before = floored.clone().lt(count(datetime::MIN));
            Some(when(before).then(literal(&Value::Null, Type::Datetime)).otherwise(floored))
        }
        (Type::Timespan, Type::Timespan) | (Type::Long, Type::Long) => {
            let size = Operand::Constant(Value::Long(size), Type::Long);
            let offset = move |value: i64, size: i64| {
                let rest = (i128::from(value) - i128::from(point)).rem_euclid(i128::from(size));
                i64::try_from(i128::from(value) - rest).ok()
            };
            Some(arithmetic::whole(offset, value, &size, ty))
        }
        _ => None,
    }
}

/// A whole number, or a count of ticks.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_ticks())
}

/// `startofday`, of the very day.
pub(super) fn start_of_day(operands: &[Operand]) -> Option<Expr> {
    let [time] = operands else { return None };
    let day = literal(&Value::Long(datetime::TICKS_PER_DAY), Type::Long);
    (time.ty() == Type::Datetime).then(|| time.expr().floor_div(day.clone()) * day)
}

/// A test of each whole number (or count of ticks) of a column.
pub(super) fn test_whole(column: Expr, passes: impl Fn(Option<i64>) -> bool + Send + Sync + 'static) -> Expr {
    let run = move |columns: &mut [Column]| -> PolarsResult<Column> {
        let (name, _) = shape(columns);
        let Some(column) = columns.first() else { return Ok(Column::default()) };
        let numbers = column.cast(&DataType::Int64)?;
        let answers: Vec<bool> = numbers.i64()?.iter().map(&passes).collect();
        Ok(BooleanChunked::from_slice(name, &answers).into_column())
    };
    map_multiple(run, [column], returns(Type::Bool))
}
