//! States that count and rank, to be merged and asked later.

use super::super::digest::{Distinct, Weighted};
use super::super::{Accepts, AggregateFunction, Example, Parameter, ResultName, Returns, Signature};
use super::{PREDICATE, column, present, where_true};
use crate::value::{Type, Value};

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const EXPR: Parameter = Parameter::new("expr", Accepts::Any);
const RANKED: Parameter = Parameter::new(
    "expr",
    Accepts::OneOf(&[Type::Real, Type::Int, Type::Long, Type::Decimal, Type::Datetime, Type::Timespan]),
);
const WEIGHT: Parameter = Parameter::new("weight", Accepts::Integer).optional();
const ACCURACY: Parameter = Parameter::new("accuracy", Accepts::Integer).optional().constant();
const STATE: &[Signature] = &[Signature::new(&[Parameter::new("state", Accepts::Type(Type::Dynamic))], DYNAMIC)];

const REMARKS: &str = "Null over no values. The state is exact and larger than Kusto's estimate; the two cannot be \
                       exchanged.";

/// The records.
pub static FUNCTIONS: &[AggregateFunction] = &[
    AggregateFunction::new(
        "hll",
        &[Signature::new(&[EXPR, ACCURACY], DYNAMIC)],
        ResultName::Prefix("hll"),
        hll,
        "The state of a count of distinct values, for `hll_merge` and `dcount_hll`.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new(
        "datatable(x: long) [1, 2, 2, long(null)] | summarize state = hll(x) | project n = dcount_hll(state)",
        "print n = 2",
    )]),
    AggregateFunction::new(
        "hll_if",
        &[Signature::new(&[EXPR, PREDICATE, ACCURACY], DYNAMIC)],
        ResultName::Prefix("hll_if"),
        |arguments| hll(&where_true(arguments, 1)),
        "The state of a count of distinct values over the rows for which the predicate is true.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new(
        "range x from 1 to 4 step 1 | summarize state = hll_if(x, x > 1) | project n = dcount_hll(state)",
        "print n = 3",
    )]),
    AggregateFunction::new(
        "hll_merge",
        STATE,
        ResultName::Prefix("hll_merge"),
        hll_merge,
        "The state of the values of several `hll` states together.",
    )
    .aliases(&["merge_hll"])
    .remarks("Values that are no such state are left out.")
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] \
             | summarize state = hll(who) by size | summarize all = hll_merge(state) \
             | project n = dcount_hll(all)",
        "print n = 2",
    )]),
    AggregateFunction::new(
        "tdigest",
        &[Signature::new(&[RANKED, WEIGHT], DYNAMIC)],
        ResultName::Prefix("tdigest"),
        tdigest,
        "The state of percentiles, for `tdigest_merge`, `percentile_tdigest` and `percentrank_tdigest`.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new(
        "range x from 1 to 10 step 1 | summarize state = tdigest(x) \
             | project p = percentile_tdigest(state, 90, typeof(long))",
        "print p = 9",
    )]),
    AggregateFunction::new(
        "tdigest_merge",
        STATE,
        ResultName::Prefix("merge_tdigests"),
        tdigest_merge,
        "The state of the values of several `tdigest` states together.",
    )
    .aliases(&["merge_tdigest"])
    .remarks("Values that are no such state are left out.")
    .examples(&[Example::new(
        "range x from 1 to 10 step 1 | summarize state = tdigest(x) by half = x > 5 \
             | summarize all = tdigest_merge(state) | project p = percentile_tdigest(all, 90, typeof(long))",
        "print p = 9",
    )]),
];

fn hll(arguments: &[Vec<Value>]) -> Vec<Value> {
    match present(arguments, 0).next() {
        Some(_) => vec![Value::Dynamic(Distinct::new(present(arguments, 0)).to_json())],
        None => vec![Value::Null],
    }
}

fn hll_merge(arguments: &[Vec<Value>]) -> Vec<Value> {
    let states = present(arguments, 0).filter_map(|v| match v {
        Value::Dynamic(json) => Distinct::from_json(json),
        _ => None,
    });
    vec![Value::Dynamic(Distinct::merge(states).to_json())]
}

fn tdigest(arguments: &[Vec<Value>]) -> Vec<Value> {
    let weight = |row: usize| match arguments.get(1) {
        Some(weights) => weights.get(row).and_then(Value::as_i64).unwrap_or(0),
        None => 1,
    };
    let entries = column(arguments, 0).iter().enumerate();
    let entries = entries.filter_map(|(row, value)| Some((super::percentile::widened(value)?, weight(row))));
    let state = Weighted::new(entries);
    vec![if state.total() == 0 { Value::Null } else { Value::Dynamic(state.to_json()) }]
}

fn tdigest_merge(arguments: &[Vec<Value>]) -> Vec<Value> {
    let states = present(arguments, 0).filter_map(|v| match v {
        Value::Dynamic(json) => Weighted::from_json(json),
        _ => None,
    });
    vec![Value::Dynamic(Weighted::merge(states).to_json())]
}

#[cfg(test)]
mod tests {
    use super::super::super::digest::percentile;
    use super::super::testing::{longs, run};
    use super::*;

    #[test]
    fn merged_digests_rank_all_their_values() {
        let states: Vec<Value> = [1..=10, 11..=20]
            .into_iter()
            .flat_map(|range| run("tdigest", &[longs(&range.collect::<Vec<i64>>())]))
            .collect();
        let merged = run("tdigest_merge", &[states]);
        let Some(Value::Dynamic(json)) = merged.first() else { panic!("a state") };
        let state = Weighted::from_json(json).expect("a state");
        assert_eq!(percentile(&state, 100.0), Some(Value::Long(20)));
        assert_eq!(percentile(&state, 50.0), Some(Value::Long(10)));
    }
}
