//! Arithmetic on numbers, datetimes and timespans.

use crate::backend::polars::kernel::{returns, shape};
use crate::backend::polars::operand::Operand;
use crate::backend::polars::types::data_type;
use crate::library::Native;
use crate::value::{Type, Value, datetime};
use ::polars::prelude::{Column, DataType, Expr, Int64Chunked, IntoColumn, PolarsResult, map_multiple, polars_err};

/// An operation on whole numbers or ticks; none is null.
type Whole = fn(i64, i64) -> Option<i64>;

/// A binary operation.
pub(super) fn binary(native: Native, operands: &[Operand], ty: Type) -> Option<Expr> {
    let [left, right] = operands else { return None };
    match (left.ty(), right.ty()) {
        (Type::Real, Type::Real) if ty == Type::Real => reals(native, left.expr(), right.expr()),
        (Type::Int | Type::Long, Type::Int | Type::Long) if ty == Type::Long => longs(native, left, right),
        (Type::Timespan, Type::Timespan) if ty == Type::Real && native == Native::Divide => {
            Some(left.expr().cast(DataType::Float64) / right.expr().cast(DataType::Float64))
        }
        (l, r) => ticks(native, l, r).map(|operation| whole(operation, left, right, ty)),
    }
}

fn reals(native: Native, left: Expr, right: Expr) -> Option<Expr> {
    match native {
        Native::Add => Some(left + right),
        Native::Subtract => Some(left - right),
        Native::Multiply => Some(left * right),
        Native::Divide => Some(left / right),
        _ => None,
    }
}

/// Whole numbers wrap around, as polars' own do.
fn longs(native: Native, left: &Operand, right: &Operand) -> Option<Expr> {
    let wide = |o: &Operand| if o.ty() == Type::Int { o.expr().cast(DataType::Int64) } else { o.expr() };
    let operation: Whole = match native {
        Native::Add => return Some(wide(left) + wide(right)),
        Native::Subtract => return Some(wide(left) - wide(right)),
        Native::Multiply => return Some(wide(left) * wide(right)),
        Native::Divide => |a, b| (b != 0).then(|| a.wrapping_div(b)),
        Native::Modulo => |a, b| (b != 0).then(|| a.wrapping_rem_euclid(b)),
        _ => return None,
    };
    Some(whole(operation, left, right, Type::Long))
}

/// Operations on ticks. Beyond the calendar, or 64 bits, there is no result.
fn ticks(native: Native, left: Type, right: Type) -> Option<Whole> {
    use Type::{Datetime, Int, Long, Timespan};
    Some(match (native, left, right) {
        (Native::Add, Datetime, Timespan) | (Native::Add, Timespan, Datetime) => {
            |a, b| a.checked_add(b).and_then(datetime::checked)
        }
        (Native::Subtract, Datetime, Timespan) => {
            |a, b| b.checked_neg().and_then(|back| a.checked_add(back)).and_then(datetime::checked)
        }
        (Native::Subtract, Datetime, Datetime) => |a, b| Some(a.wrapping_sub(b)),
        (Native::Add, Timespan, Timespan) => i64::checked_add,
        (Native::Subtract, Timespan, Timespan) => i64::checked_sub,
        (Native::Multiply, Timespan, Int | Long) | (Native::Multiply, Int | Long, Timespan) => i64::checked_mul,
        (Native::Divide, Timespan, Int | Long) => i64::checked_div,
        (Native::Modulo, Timespan, Timespan) => |a, b| (b != 0).then(|| a.wrapping_rem_euclid(b)),
        _ => return None,
    })
}

/// An operation over two columns of whole numbers or ticks.
pub(super) fn whole(
    operation: impl Fn(i64, i64) -> Option<i64> + Send + Sync + 'static,
    left: &Operand,
    right: &Operand,
    ty: Type,
) -> Expr {
    let run = move |columns: &mut [Column]| -> PolarsResult<Column> {
        let (name, rows) = shape(columns);
        let [left, right] = columns else { return Err(polars_err!(ComputeError: "two operands are needed")) };
        let (left, right) = (left.cast(&DataType::Int64)?, right.cast(&DataType::Int64)?);
        let (left, right) = (left.i64()?, right.i64()?);
        let both = |a: Option<i64>, b: Option<i64>| operation(a?, b?);
        let result: Int64Chunked = if right.len() == 1 && rows != 1 {
            let right = right.get(0);
            left.iter().map(|a| both(a, right)).collect()
        } else if left.len() == 1 && rows != 1 {
            let left = left.get(0);
            right.iter().map(|b| both(left, b)).collect()
        } else {
            left.iter().zip(right.iter()).map(|(a, b)| both(a, b)).collect()
        };
        Ok(result.into_column().with_name(name))
    };
    map_multiple(run, [left.expr(), right.expr()], returns(ty))
}

/// The sign in front of a value.
pub(super) fn negate(operands: &[Operand]) -> Option<Expr> {
    let [operand] = operands else { return None };
    match operand.ty() {
        Type::Real => Some(-operand.expr()),
        Type::Int | Type::Long => {
            Some(crate::backend::polars::types::literal(&Value::Long(0), operand.ty()) - operand.expr())
        }
        _ => None,
    }
}

/// A cast that the types' table of the backend asks for.
pub(super) fn cast(operand: &Operand, ty: Type) -> Expr {
    operand.expr().cast(data_type(ty))
}
