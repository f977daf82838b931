//! Percentiles, plain and weighted.

use super::super::digest::{Weighted, percentile};
use super::super::{Accepts, AggregateFunction, Example, NativeAggregate, Parameter, ResultName, Returns, Signature};
use super::{column, constant};
use crate::value::{Json, Type, Value, dynamic};

const RANKED: Accepts =
    Accepts::OneOf(&[Type::Real, Type::Int, Type::Long, Type::Decimal, Type::Datetime, Type::Timespan]);
const EXPR: Parameter = Parameter::new("expr", RANKED);
const WEIGHT: Parameter = Parameter::new("weight", Accepts::Integer);
const PERCENTILE: Parameter = Parameter::new("percentile", Accepts::Number).constant();
const MORE: Parameter = PERCENTILE.repeats();
const ARRAY: Parameter = Parameter::new("percentiles", Accepts::Type(Type::Dynamic)).constant();

const VALUE: Returns = Returns::Custom(value_type);
const DYNAMIC: Returns = Returns::Type(Type::Dynamic);

const REMARKS: &str = "The value of the nearest rank: the smallest one with at least that share of the group at or below \
                       it. Nulls are left out; null over no values. Exact here: Kusto estimates over large groups.";
const WEIGHTED: &str = "Each value counts as often as its weight says; values without a positive weight are left out. \
                        Otherwise as `percentile`.";

/// The records.
pub static FUNCTIONS: &[AggregateFunction] = &[
    AggregateFunction::new(
        "percentile",
        &[Signature::new(&[EXPR, PERCENTILE], VALUE)],
        ResultName::Prefix("percentile"),
        |arguments| columns(plain(arguments), arguments, 1),
        "The value below which a percentage of the group lies.",
    )
    .remarks(REMARKS)
    .native(NativeAggregate::Percentile)
    .examples(&[Example::new(
        "range x from 1 to 10 step 1 | summarize percentile(x, 90)",
        "print percentile_x_90 = 9",
    )]),
    AggregateFunction::new(
        "percentiles",
        &[Signature::new(&[EXPR, MORE], VALUE)],
        ResultName::Prefix("percentile"),
        |arguments| columns(plain(arguments), arguments, 1),
        "Several percentiles, a column for each.",
    )
    .remarks(REMARKS)
    .native(NativeAggregate::Percentiles)
    .examples(&[Example::new(
        "range x from 1 to 10 step 1 | summarize percentiles(x, 50, 99.9)",
        "print percentile_x_50 = 5, percentile_x_99_9 = 10",
    )]),
    AggregateFunction::new(
        "percentiles_array",
        &[Signature::new(&[EXPR, MORE], DYNAMIC), Signature::new(&[EXPR, ARRAY], DYNAMIC)],
        ResultName::Prefix("percentiles"),
        |arguments| array(plain(arguments), arguments, 1),
        "Several percentiles as an array.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new(
        "range x from 1 to 10 step 1 | summarize p = percentiles_array(x, 25, 50)",
        "print p = dynamic([3, 5])",
    )]),
    AggregateFunction::new(
        "percentilew",
        &[Signature::new(&[EXPR, WEIGHT, PERCENTILE], VALUE)],
        ResultName::Prefix("percentile"),
        |arguments| columns(weighted(arguments), arguments, 2),
        "A percentile of values that stand for several each.",
    )
    .remarks(WEIGHTED)
    .examples(&[Example::new(
        "datatable(ms: long, times: long) [5, 8, 40, 2] | summarize percentilew(ms, times, 50)",
        "print percentile_ms_50 = 5",
    )]),
    AggregateFunction::new(
        "percentilesw",
        &[Signature::new(&[EXPR, WEIGHT, MORE], VALUE)],
        ResultName::Prefix("percentile"),
        |arguments| columns(weighted(arguments), arguments, 2),
        "Several percentiles of values that stand for several each, a column for each.",
    )
    .remarks(WEIGHTED)
    .examples(&[Example::new(
        "datatable(ms: long, times: long) [5, 8, 40, 2] | summarize percentilesw(ms, times, 50, 95)",
        "print percentile_ms_50 = 5, percentile_ms_95 = 40",
    )]),
    AggregateFunction::new(
        "percentilesw_array",
        &[Signature::new(&[EXPR, WEIGHT, MORE], DYNAMIC), Signature::new(&[EXPR, WEIGHT, ARRAY], DYNAMIC)],
        ResultName::Prefix("percentiles"),
        |arguments| array(weighted(arguments), arguments, 2),
        "Several percentiles of values that stand for several each, as an array.",
    )
    .remarks(WEIGHTED)
    .examples(&[Example::new(
        "datatable(ms: long, times: long) [5, 8, 40, 2] \
             | summarize p = percentilesw_array(ms, times, dynamic([50, 95]))",
        "print p = dynamic([5, 40])",
    )]),
];

fn value_type(types: &[Type], _: &[Option<Value>]) -> Type {
    match types.first() {
        Some(Type::Int) | None => Type::Long,
        Some(Type::Decimal) => Type::Real,
        Some(ty) => *ty,
    }
}

/// A value in the type that percentiles have.
pub(super) fn widened(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Int(n) => Some(Value::Long(i64::from(*n))),
        Value::Decimal(_) => value.as_f64().map(Value::Real),
        other => Some(other.clone()),
    }
}

fn plain(arguments: &[Vec<Value>]) -> Weighted {
    Weighted::new(column(arguments, 0).iter().filter_map(|value| Some((widened(value)?, 1))))
}

fn weighted(arguments: &[Vec<Value>]) -> Weighted {
    let rows = column(arguments, 0).iter().zip(column(arguments, 1));
    Weighted::new(rows.filter_map(|(value, weight)| Some((widened(value)?, weight.as_i64()?))))
}

/// The percentages asked for: constants from an argument on, or one constant array of them.
fn percentages(arguments: &[Vec<Value>], from: usize) -> Vec<f64> {
    (from..arguments.len())
        .filter_map(|index| constant(arguments, index))
        .flat_map(|value| match value {
            Value::Dynamic(Json::Array(items)) => items.iter().filter_map(Json::as_f64).collect(),
            number => number.as_f64().into_iter().collect::<Vec<f64>>(),
        })
        .collect()
}

fn columns(values: Weighted, arguments: &[Vec<Value>], from: usize) -> Vec<Value> {
    percentages(arguments, from).into_iter().map(|p| percentile(&values, p).unwrap_or(Value::Null)).collect()
}

fn array(values: Weighted, arguments: &[Vec<Value>], from: usize) -> Vec<Value> {
    let items = columns(values, arguments, from);
    vec![Value::Dynamic(Json::Array(items.iter().map(dynamic::from_value).collect()))]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{longs, run};
    use super::*;
    use serde_json::json;

    fn repeated(value: Value, rows: usize) -> Vec<Value> {
        vec![value; rows]
    }

    #[test]
    fn takes_the_nearest_rank() {
        let group = longs(&[10, 1, 9, 2, 8, 3, 7, 4, 6, 5]);
        let at = |p: i64| run("percentile", &[group.clone(), repeated(Value::Long(p), 10)]);
        assert_eq!((at(0), at(50), at(51), at(100)), (longs(&[1]), longs(&[5]), longs(&[6]), longs(&[10])));
    }

    #[test]
    fn weights_stand_for_repeated_values() {
        let (values, weights) = (longs(&[100, 200, 300]), longs(&[5, 4, 1]));
        let asked = repeated(Value::Dynamic(json!([50, 90, 99.5])), 3);
        let result = run("percentilesw_array", &[values, weights, asked]);
        assert_eq!(result, vec![Value::Dynamic(json!([100, 200, 300]))]);
    }
}
