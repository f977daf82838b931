//! Sums, averages, extremes.

use super::super::compare::compare;
use super::super::{Accepts, AggregateFunction, Example, NativeAggregate, Parameter, ResultName, Returns, Signature};
use super::{PREDICATE, present, where_true};
use crate::value::{Type, Value};
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// What can be added up. A dynamic argument is read as `real`.
const SUMMABLE: Accepts = Accepts::OneOf(&[Type::Real, Type::Int, Type::Long, Type::Decimal, Type::Timespan]);
/// What has an average: also points in time.
const AVERAGEABLE: Accepts =
    Accepts::OneOf(&[Type::Real, Type::Int, Type::Long, Type::Decimal, Type::Timespan, Type::Datetime]);
const SUM: Parameter = Parameter::new("expr", SUMMABLE);
const AVG: Parameter = Parameter::new("expr", AVERAGEABLE);
const EXPR: Parameter = Parameter::new("expr", Accepts::Any);

/// The records.
pub static FUNCTIONS: &[AggregateFunction] = &[
    AggregateFunction::new(
        "sum",
        &[Signature::new(&[SUM], Returns::Custom(sum_type))],
        ResultName::Prefix("sum"),
        sum,
        "Sum of the values.",
    )
    .remarks(
        "Nulls are left out; the sum of nothing is 0. An `int` adds up to a `long`; a `long` wraps when it overflows.",
    )
    .native(NativeAggregate::Sum)
    .examples(&[
        Example::new("datatable(x: long) [1, 2, 2, long(null)] | summarize sum(x)", "print sum_x = 5"),
        Example::new("datatable(x: real) [] | summarize sum(x)", "print sum_x = 0.0"),
    ]),
    AggregateFunction::new(
        "sumif",
        &[Signature::new(&[SUM, PREDICATE], Returns::Custom(sum_type))],
        ResultName::Prefix("sumif"),
        |arguments| sum(&where_true(arguments, 1)),
        "Sum of the values over the rows for which the predicate is true.",
    )
    .remarks("As `sum`.")
    .native(NativeAggregate::SumIf)
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] \
             | summarize sumif(size, who == 'ann')",
        "print sumif_size = 8",
    )]),
    AggregateFunction::new(
        "avg",
        &[Signature::new(&[AVG], Returns::Custom(avg_type))],
        ResultName::Prefix("avg"),
        avg,
        "Average of the values.",
    )
    .remarks(
        "Nulls are left out; the average of no numbers is NaN, of no decimals, times and spans null. Whole numbers add \
         up in 64 bits, which wrap, before they are divided.",
    )
    .native(NativeAggregate::Avg)
    .examples(&[Example::new("range x from 1 to 4 step 1 | summarize avg(x)", "print avg_x = 2.5")]),
    AggregateFunction::new(
        "avgif",
        &[Signature::new(&[AVG, PREDICATE], Returns::Custom(avg_type))],
        ResultName::Prefix("avgif"),
        |arguments| avg(&where_true(arguments, 1)),
        "Average of the values over the rows for which the predicate is true.",
    )
    .remarks("As `avg`.")
    .native(NativeAggregate::AvgIf)
    .examples(&[Example::new("range x from 1 to 4 step 1 | summarize avgif(x, x > 2)", "print avgif_x = 3.5")]),
    AggregateFunction::new(
        "min",
        &[Signature::new(&[EXPR], Returns::Argument(0))],
        ResultName::Prefix("min"),
        |arguments| extreme(arguments, Ordering::Less),
        "Smallest value.",
    )
    .remarks("Nulls are left out; null (`\"\"` for a string) over no values. A NaN among the values is the answer.")
    .native(NativeAggregate::Min)
    .examples(&[Example::new("datatable(x: long) [1, 2, 2, long(null)] | summarize min(x)", "print min_x = 1")]),
    AggregateFunction::new(
        "minif",
        &[Signature::new(&[EXPR, PREDICATE], Returns::Argument(0))],
        ResultName::Prefix("minif"),
        |arguments| extreme(&where_true(arguments, 1), Ordering::Less),
        "Smallest value over the rows for which the predicate is true.",
    )
    .remarks("As `min`.")
    .native(NativeAggregate::MinIf)
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | summarize minif(size, size > 4)",
        "print minif_size = 5",
    )]),
    AggregateFunction::new(
        "max",
        &[Signature::new(&[EXPR], Returns::Argument(0))],
        ResultName::Prefix("max"),
        |arguments| extreme(arguments, Ordering::Greater),
        "Largest value.",
    )
    .remarks("Nulls are left out; null (`\"\"` for a string) over no values. A NaN among the values is the answer.")
    .native(NativeAggregate::Max)
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | summarize max(size) by who",
        "datatable(who: string, max_size: long) ['ann', 5, 'bob', 9]",
    )]),
    AggregateFunction::new(
        "maxif",
        &[Signature::new(&[EXPR, PREDICATE], Returns::Argument(0))],
        ResultName::Prefix("maxif"),
        |arguments| extreme(&where_true(arguments, 1), Ordering::Greater),
        "Largest value over the rows for which the predicate is true.",
    )
    .remarks("As `max`.")
    .native(NativeAggregate::MaxIf)
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] \
             | summarize maxif(size, who == 'ann')",
        "print maxif_size = 5",
    )]),
];

fn sum_type(types: &[Type], _: &[Option<Value>]) -> Type {
    match types.first() {
        Some(Type::Int) | None => Type::Long,
        Some(ty) => *ty,
    }
}

fn avg_type(types: &[Type], _: &[Option<Value>]) -> Type {
    match types.first() {
        Some(ty @ (Type::Decimal | Type::Timespan | Type::Datetime)) => *ty,
        _ => Type::Real,
    }
}

/// A sum in the type of its values.
enum Sum {
    Whole(i64),
    Real(f64),
    Decimal(Decimal),
    Datetime(i64),
    Timespan(i64),
}

/// Adds up; `None` when a decimal overflows or a value is no number. The sum of nothing is the whole number 0.
fn add_up<'a>(values: impl Iterator<Item = &'a Value>) -> Option<Sum> {
    let mut total: Option<Sum> = None;
    for value in values {
        total = Some(match (total, value) {
            (None, Value::Real(x)) => Sum::Real(*x),
            (None, Value::Decimal(d)) => Sum::Decimal(*d),
            (None, Value::Datetime(t)) => Sum::Datetime(*t),
            (None, Value::Timespan(t)) => Sum::Timespan(*t),
            (None, whole) => Sum::Whole(whole.as_i64()?),
            (Some(Sum::Whole(sum)), whole) => Sum::Whole(sum.wrapping_add(whole.as_i64()?)),
            (Some(Sum::Real(sum)), x) => Sum::Real(sum + x.as_f64()?),
            (Some(Sum::Decimal(sum)), Value::Decimal(d)) => Sum::Decimal(sum.checked_add(*d)?),
            (Some(Sum::Datetime(sum)), t) => Sum::Datetime(sum.wrapping_add(t.as_ticks()?)),
            (Some(Sum::Timespan(sum)), t) => Sum::Timespan(sum.wrapping_add(t.as_ticks()?)),
            _ => return None,
        });
    }
    Some(total.unwrap_or(Sum::Whole(0)))
}

fn sum(arguments: &[Vec<Value>]) -> Vec<Value> {
    vec![match add_up(present(arguments, 0)) {
        Some(Sum::Whole(n)) => Value::Long(n),
        Some(Sum::Real(x)) => Value::Real(x),
        Some(Sum::Decimal(d)) => Value::Decimal(d),
        Some(Sum::Timespan(t)) => Value::Timespan(t),
        Some(Sum::Datetime(_)) | None => Value::Null,
    }]
}

fn avg(arguments: &[Vec<Value>]) -> Vec<Value> {
    let count = i64::try_from(present(arguments, 0).count()).unwrap_or(i64::MAX);
    vec![match add_up(present(arguments, 0)) {
        // INVARIANT: nothing adds up to `Whole(0)`, so that the average of no numbers is 0/0, NaN.
        Some(Sum::Whole(n)) => Value::Real(n as f64 / count as f64),
        Some(Sum::Real(x)) => Value::Real(x / count as f64),
        Some(Sum::Decimal(d)) => d.checked_div(Decimal::from(count)).map_or(Value::Null, Value::Decimal),
        Some(Sum::Datetime(_)) => Value::Datetime(average_ticks(arguments, count)),
        Some(Sum::Timespan(_)) => Value::Timespan(average_ticks(arguments, count)),
        None => Value::Null,
    }]
}

/// The average of times, added up in 128 bits: a handful of dates overflows 64.
fn average_ticks(arguments: &[Vec<Value>], count: i64) -> i64 {
    let total: i128 = present(arguments, 0).filter_map(Value::as_ticks).map(i128::from).sum();
    i64::try_from(total / i128::from(count.max(1))).unwrap_or(0)
}

/// The smallest or largest value. NaN wins both ways, as the engine has it.
fn extreme(arguments: &[Vec<Value>], wanted: Ordering) -> Vec<Value> {
    let winner = present(arguments, 0).reduce(|best, value| if beats(value, best, wanted) { value } else { best });
    vec![winner.cloned().unwrap_or(Value::Null)]
}

/// Whether a value takes the place of the best one so far; the earlier one of equal values stays.
pub(super) fn beats(value: &Value, best: &Value, wanted: Ordering) -> bool {
    let nan = |v: &Value| matches!(v, Value::Real(x) if x.is_nan());
    if nan(best) { false } else { nan(value) || compare(value, best) == wanted }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{longs, reals, run, texts};
    use super::*;

    fn real(values: &[Value]) -> f64 {
        values.first().and_then(Value::as_f64).expect("a number")
    }

    #[test]
    fn nothing_sums_to_zero_and_has_no_average() {
        assert_eq!(run("sum", &[vec![Value::Null]]), longs(&[0]));
        assert!(real(&run("avg", &[vec![]])).is_nan());
        assert_eq!(run("max", &[vec![Value::Null]]), vec![Value::Null]);
    }

    #[test]
    fn whole_numbers_wrap_as_in_the_engine() {
        let group = longs(&[i64::MAX, 1]);
        assert_eq!(run("sum", std::slice::from_ref(&group)), longs(&[i64::MIN]));
        assert_eq!(run("avg", &[group]), reals(&[i64::MIN as f64 / 2.0]));
    }

    #[test]
    fn nan_is_both_smallest_and_largest() {
        let group = reals(&[1.5, f64::NAN, 2.5]);
        assert!(real(&run("min", std::slice::from_ref(&group))).is_nan());
        assert!(real(&run("max", &[group])).is_nan());
        assert_eq!(run("min", &[reals(&[f64::INFINITY, f64::NEG_INFINITY])]), reals(&[f64::NEG_INFINITY]));
    }

    #[test]
    fn dates_and_texts_have_extremes_and_dates_an_average() {
        let dates: Vec<Value> = [6_000_000_000_000_000_000, 6_000_000_000_000_000_002].map(Value::Datetime).to_vec();
        assert_eq!(run("avg", &[dates]), vec![Value::Datetime(6_000_000_000_000_000_001)]);
        assert_eq!(run("max", &[texts(&["b", "a"])]), texts(&["b"]));
    }
}
