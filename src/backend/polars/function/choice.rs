//! Logic, choices between values, tests for null.

use crate::backend::polars::operand::Operand;
use crate::backend::polars::types::literal;
use crate::library::Native;
use crate::value::{Type, Value};
use ::polars::prelude::{Expr, coalesce as first_known, when};

/// `and`, `or`, `not`, with three values as polars has them too.
pub(super) fn logic(native: Native, operands: &[Operand]) -> Option<Expr> {
    if operands.iter().any(|o| o.ty() != Type::Bool) {
        return None;
    }
    match (native, operands) {
        (Native::And, [left, right]) => Some(left.expr().and(right.expr())),
        (Native::Or, [left, right]) => Some(left.expr().or(right.expr())),
        (Native::Not, [only]) => Some(only.expr().not()),
        _ => None,
    }
}

/// The value behind the first condition that holds; null conditions do not.
pub(super) fn case(operands: &[Operand], ty: Type) -> Option<Expr> {
    let (otherwise, pairs) = operands.split_last()?;
    if pairs.is_empty() || pairs.len() % 2 != 0 || !alike(pairs.iter().skip(1).step_by(2), ty) || otherwise.ty() != ty {
        return None;
    }
    Some(pairs.chunks(2).rev().fold(value(otherwise), |rest, pair| match pair {
        [condition, then] => when(condition.expr()).then(value(then)).otherwise(rest),
        _ => rest,
    }))
}

/// The first value that is not missing, else the last one.
pub(super) fn coalesce(operands: &[Operand], ty: Type) -> Option<Expr> {
    // A dynamic cell may be null by its text too.
    if !alike(operands.iter(), ty) || ty == Type::Dynamic {
        return None;
    }
    let exprs: Vec<Expr> = operands.iter().map(value).collect();
    if ty != Type::String {
        return Some(first_known(&exprs));
    }
    let (last, before) = exprs.split_last()?;
    Some(before.iter().rev().fold(last.clone(), |rest, text| {
        let empty = text.clone().eq(literal(&Value::missing(Type::String), Type::String));
        when(empty).then(rest).otherwise(text.clone())
    }))
}

fn alike<'o>(mut operands: impl Iterator<Item = &'o Operand>, ty: Type) -> bool {
    operands.all(|o| o.ty() == ty)
}

/// An operand as the value of a choice.
fn value(operand: &Operand) -> Expr {
    operand.expr()
}

/// `isnull`, `isempty` and their opposites.
pub(super) fn test(native: Native, operands: &[Operand]) -> Option<Expr> {
    let [operand] = operands else { return None };
    let string = operand.ty() == Type::String;
    if operand.ty() == Type::Dynamic {
        return None;
    }
    let missing = literal(&Value::missing(Type::String), Type::String);
    Some(match (native, string) {
        (Native::IsNull | Native::IsEmpty, false) => operand.expr().is_null(),
        (Native::IsNotNull | Native::IsNotEmpty, false) => operand.expr().is_not_null(),
        (Native::IsEmpty, true) => operand.expr().eq(missing),
        (Native::IsNotEmpty, true) => operand.expr().neq(missing),
        _ => return None,
    })
}
