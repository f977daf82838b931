//! `==`, `<` and their kin, `between`.
//!
//! A null equals no value, and two nulls leave the question open; polars calls NaN equal to itself and above all numbers,
//! Kusto neither.

use super::Unknown;
use crate::backend::polars::operand::Operand;
use crate::backend::polars::types::literal;
use crate::library::Native;
use crate::value::{Type, Value};
use ::polars::prelude::{Expr, when};

/// Types whose cells compare as the values do.
const fn plain(ty: Type) -> bool {
    matches!(
        ty,
        Type::Bool | Type::Int | Type::Long | Type::Datetime | Type::Timespan | Type::String | Type::Guid | Type::Real
    )
}

/// A comparison of two values of one type.
pub(super) fn compare(native: Native, operands: &[Operand], unknown: Unknown) -> Option<Expr> {
    let [left, right] = operands else { return None };
    if left.ty() != right.ty() || !plain(left.ty()) || is_odd(left) || is_odd(right) {
        return None;
    }
    Some(match native {
        Native::Equal => equal(left, right, unknown),
        Native::NotEqual => not_equal(left, right, unknown),
        Native::Less => known(guarded(left.expr().lt(right.expr()), &[right]), left, right, unknown),
        Native::LessOrEqual => known(guarded(left.expr().lt_eq(right.expr()), &[right]), left, right, unknown),
        Native::Greater => known(guarded(left.expr().gt(right.expr()), &[left]), left, right, unknown),
        Native::GreaterOrEqual => known(guarded(left.expr().gt_eq(right.expr()), &[left]), left, right, unknown),
        _ => return None,
    })
}

/// Null where a side is null, also where the other one is NaN.
fn known(comparison: Expr, left: &Operand, right: &Operand, unknown: Unknown) -> Expr {
    if unknown == Unknown::False || !(may_be_nan(left) && may_be_nan(right)) {
        return comparison;
    }
    when(left.expr().is_null().or(right.expr().is_null())).then(null()).otherwise(comparison)
}

/// A constant that no number is like.
fn is_odd(operand: &Operand) -> bool {
    operand.constant().is_some_and(|value| match value {
        Value::Real(x) => x.is_nan(),
        other => other.is_null(),
    })
}

/// Whether a cell may be null.
fn nullable(operand: &Operand) -> bool {
    match operand {
        Operand::Constant(value, _) => value.is_null(),
        Operand::Column(_, ty) => *ty != Type::String,
    }
}

/// A comparison that must be false where one of these sides is NaN, which polars holds to be the largest number.
fn guarded(comparison: Expr, sides: &[&Operand]) -> Expr {
    sides.iter().filter(|side| may_be_nan(side)).fold(comparison, |all, side| all.and(side.expr().is_not_nan()))
}

fn may_be_nan(side: &Operand) -> bool {
    side.ty() == Type::Real && side.constant().is_none()
}

fn equal(left: &Operand, right: &Operand, unknown: Unknown) -> Expr {
    let (l, r) = (left.expr(), right.expr());
    let nan = if may_be_nan(left) && may_be_nan(right) { vec![left] } else { vec![] };
    let plain = guarded(l.clone().eq(r.clone()), &nan);
    match (unknown, nullable(left), nullable(right)) {
        (Unknown::False, ..) | (_, false, false) => plain,
        (_, true, true) => when(l.is_null().and(r.is_null())).then(null()).otherwise(plain.fill_null(no())),
        _ => plain.fill_null(no()),
    }
}

fn not_equal(left: &Operand, right: &Operand, unknown: Unknown) -> Expr {
    let (l, r) = (left.expr(), right.expr());
    let mut differ =
        if nullable(left) || nullable(right) { l.clone().neq_missing(r.clone()) } else { l.clone().neq(r.clone()) };
    if may_be_nan(left) && may_be_nan(right) {
        differ = differ.or(l.clone().is_nan().fill_null(no()));
    }
    if unknown == Unknown::Kept && nullable(left) && nullable(right) {
        return when(l.is_null().and(r.is_null())).then(null()).otherwise(differ);
    }
    differ
}

/// `between`, both ends included.
pub(super) fn between(negated: bool, operands: &[Operand]) -> Option<Expr> {
    let [value, from, to] = operands else { return None };
    let to = &end(from, to)?;
    let ty = value.ty();
    if ty != from.ty() || ty != to.ty() || !plain(ty) {
        return None;
    }
    let known = |o: &Operand| o.constant().is_some() && !is_odd(o);
    // NaN is the largest number to polars.
    if ty == Type::Real && !(known(from) && known(to)) {
        return None;
    }
    let inside = value.expr().gt_eq(from.expr()).and(value.expr().lt_eq(to.expr()));
    Some(if negated { inside.not() } else { inside })
}

/// The end of a range, which may be given as a timespan from its start.
fn end(from: &Operand, to: &Operand) -> Option<Operand> {
    if !(from.ty() == Type::Datetime && to.ty() == Type::Timespan) {
        return Some(to.clone());
    }
    let length = to.constant()?.as_ticks().filter(|t| (0..=crate::value::datetime::MAX).contains(t))?;
    Some(match from {
        Operand::Constant(start, _) => Operand::Constant(Value::Datetime(start.as_ticks()? + length), Type::Datetime),
        // Neither can overflow: both lie within the calendar.
        Operand::Column(start, _) => {
            Operand::Column(start.clone() + literal(&Value::Timespan(length), Type::Timespan), Type::Datetime)
        }
    })
}

fn null() -> Expr {
    literal(&Value::Null, Type::Bool)
}

fn no() -> Expr {
    literal(&Value::Bool(false), Type::Bool)
}
