//! Aggregations as polars' own expressions, which its streaming engine computes as the rows pass.

use super::operand::Operand;
use super::types::{self, literal, null_of};
use crate::library::NativeAggregate;
use crate::plan::Aggregate;
use crate::value::{Type, Value};
use ::polars::prelude::{DataType, Expr, len, when};

/// The result columns of an aggregation, or none where its kernel has to run.
pub(super) fn native(aggregate: &Aggregate, operands: &[Operand]) -> Option<Vec<Expr>> {
    use NativeAggregate as N;
    let native = aggregate.function.native?;
    let one = |expr: Expr| Some(vec![expr.alias(types::small(&aggregate.name))]);
    match native {
        N::Count => one(len().cast(DataType::Int64)),
        N::CountIf => one(operands.first()?.expr().sum().cast(DataType::Int64)),
        N::Sum => one(sum(operands.first()?)?),
        N::SumIf => one(sum(&masked(operands)?)?),
        N::Avg => one(average(operands.first()?)?),
        N::AvgIf => one(average(&masked(operands)?)?),
        N::Min => one(extreme(operands.first()?, Extreme::Smallest)?),
        N::MinIf => one(extreme(&masked(operands)?, Extreme::Smallest)?),
        N::Max => one(extreme(operands.first()?, Extreme::Largest)?),
        N::MaxIf => one(extreme(&masked(operands)?, Extreme::Largest)?),
        N::Dcount | N::CountDistinct => one(distinct(operands.first()?, false)?),
        N::DcountIf | N::CountDistinctIf => one(distinct(&masked(operands)?, true)?),
        N::TakeAny if operands.len() == 1 => one(any(operands.first()?)?),
        N::TakeAny => rows(aggregate, operands, |value| value.first()),
        N::TakeAnyIf => one(any(&masked(operands)?)?),
        N::ArgMax => arg(aggregate, operands, Extreme::Largest),
        N::ArgMin => arg(aggregate, operands, Extreme::Smallest),
        N::Stdev => one(spread(operands.first()?, |x| x.std(1))?),
        N::Variance => one(spread(operands.first()?, |x| x.var(1))?),
        // Their results are lists in the order of the rows, or need all values of a group side by side.
        N::MakeList | N::MakeListIf | N::MakeSet | N::MakeSetIf | N::Percentile | N::Percentiles => None,
    }
}

/// Whether the result of an aggregation is that of one row, the first one of equal ones.
pub(super) fn has_winner(aggregate: &Aggregate) -> bool {
    matches!(aggregate.function.native, Some(NativeAggregate::ArgMax | NativeAggregate::ArgMin))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extreme {
    Smallest,
    Largest,
}

/// The first operand where the predicate, the second one, is true; null elsewhere.
pub(super) fn masked(operands: &[Operand]) -> Option<Operand> {
    let [value, predicate, ..] = operands else { return None };
    let nothing = null_of(value.ty());
    Some(Operand::Column(when(predicate.expr()).then(value.expr()).otherwise(nothing), value.ty()))
}

/// Nulls are left out; nothing adds up to 0, or to null for timespans.
fn sum(value: &Operand) -> Option<Expr> {
    match value.ty() {
        Type::Int => Some(value.expr().cast(DataType::Int64).sum()),
        Type::Long | Type::Real => Some(value.expr().sum()),
        Type::Timespan => {
            let some = value.expr().count().gt(literal(&Value::Int(0), Type::Int));
            Some(when(some).then(value.expr().sum()).otherwise(literal(&Value::Null, Type::Timespan)))
        }
        _ => None,
    }
}

/// Whole numbers are added up as such and then divided; nothing has the average NaN.
fn average(value: &Operand) -> Option<Expr> {
    if !matches!(value.ty(), Type::Int | Type::Long | Type::Real) {
        return None;
    }
    Some(sum(value)?.cast(DataType::Float64) / value.expr().count().cast(DataType::Float64))
}

/// The smallest or largest value. NaN wins both ways, where polars leaves it out; `""` where there is no text.
fn extreme(value: &Operand, wanted: Extreme) -> Option<Expr> {
    let best = |value: Expr| if wanted == Extreme::Smallest { value.min() } else { value.max() };
    match value.ty() {
        Type::Bool | Type::Int | Type::Long | Type::Datetime | Type::Timespan | Type::Guid => Some(best(value.expr())),
        Type::Real => {
            let nan = literal(&Value::Real(f64::NAN), Type::Real);
            Some(when(value.expr().is_nan().any(true)).then(nan).otherwise(best(value.expr())))
        }
        Type::String => Some(best(value.expr()).fill_null(no_text())),
        Type::Decimal | Type::Dynamic => None,
    }
}

/// The number of distinct values that are not null. Texts are null only where a condition leaves them out.
fn distinct(value: &Operand, conditional: bool) -> Option<Expr> {
    if matches!(value.ty(), Type::Decimal | Type::Dynamic | Type::Real) {
        return None;
    }
    let count = value.expr().n_unique().cast(DataType::Int64);
    if value.ty() == Type::String && !conditional {
        return Some(count);
    }
    Some(count - value.expr().is_null().any(true).cast(DataType::Int64))
}

/// The first value that is neither null nor empty; else nothing.
fn any(value: &Operand) -> Option<Expr> {
    match value.ty() {
        Type::String => {
            let filled = when(value.expr().neq(no_text())).then(value.expr());
            Some(filled.otherwise(null_of(Type::String)).first_non_null().fill_null(no_text()))
        }
        Type::Dynamic => None,
        _ => Some(value.expr().first_non_null()),
    }
}

/// The columns of one row, each by the same choice.
fn rows(aggregate: &Aggregate, operands: &[Operand], choose: impl Fn(Expr) -> Expr) -> Option<Vec<Expr>> {
    let names = std::iter::once(&aggregate.name).chain(aggregate.more.iter().map(|(name, _)| name));
    let chosen = operands.iter().zip(names).map(|(operand, name)| {
        let value = choose(operand.expr());
        let value = if operand.ty() == Type::String { value.fill_null(no_text()) } else { value };
        value.alias(types::small(name))
    });
    let chosen: Vec<Expr> = chosen.collect();
    (chosen.len() == 1 + aggregate.more.len()).then_some(chosen)
}

/// The row in which the first operand is extreme. Nulls lose; over nulls alone it is some row.
fn arg(aggregate: &Aggregate, operands: &[Operand], wanted: Extreme) -> Option<Vec<Expr>> {
    let by = operands.first()?;
    let lost = match (by.ty(), wanted) {
        // One off the very end, which polars takes for no value at all.
        (Type::Long | Type::Datetime | Type::Timespan, Extreme::Largest) => Value::Long(i64::MIN + 1),
        (Type::Long | Type::Datetime | Type::Timespan, Extreme::Smallest) => Value::Long(i64::MAX - 1),
        (Type::Int, Extreme::Largest) => Value::Int(i32::MIN + 1),
        (Type::Int, Extreme::Smallest) => Value::Int(i32::MAX - 1),
        _ => return None,
    };
    let key = by.expr().fill_null(literal(&lost, if by.ty() == Type::Int { Type::Int } else { Type::Long }));
    rows(aggregate, operands, |value| {
        if wanted == Extreme::Largest { value.max_by(key.clone()) } else { value.min_by(key.clone()) }
    })
}

/// Standard deviation and variance; 0 over fewer than two values, but NaN over a single one that is no number.
fn spread(value: &Operand, of: impl Fn(Expr) -> Expr) -> Option<Expr> {
    (value.ty() == Type::Real)
        .then(|| of(value.expr()).fill_null(value.expr().sum() * literal(&Value::Real(0.0), Type::Real)))
}

fn no_text() -> Expr {
    literal(&Value::missing(Type::String), Type::String)
}
