//! Questions to the states that `hll` and `tdigest` aggregate.

use crate::library::arguments::{any, constant_text, dynamic, json, or_null, real, text};
use crate::library::digest::{Distinct, Weighted, percentile};
use crate::library::{Accepts, Example, Function, Parameter, ResultName, Returns, Signature, convert};
use crate::value::{Json, Type, Value, dynamic as json_of};

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const REAL: Returns = Returns::Type(Type::Real);
const STATE: Parameter = Parameter::new("state", Accepts::Type(Type::Dynamic));
const MERGE: &[Signature] =
    &[Signature::new(&[STATE, Parameter::new("more", Accepts::Type(Type::Dynamic)).repeats()], DYNAMIC)];
const VALUE: Parameter = Parameter::new(
    "value",
    Accepts::OneOf(&[Type::Real, Type::Int, Type::Long, Type::Decimal, Type::Datetime, Type::Timespan]),
);
const REMARKS: &str = "Null for what is no such state.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "dcount_hll",
        &[Signature::new(&[STATE], Returns::Type(Type::Long))],
        dcount_hll,
        "Number of distinct values in an `hll` state.",
    )
    .result_name(ResultName::Prefix("dcount_hll"))
    .remarks(REMARKS)
    .examples(&[Example::new("dcount_hll(dynamic([]))", "long(null)")]),
    Function::new("hll_merge", MERGE, hll_merge, "The state of the values of several `hll` states together.")
        .aliases(&["merge_hll"])
        .remarks(REMARKS)
        .examples(&[Example::new("isnull(hll_merge(dynamic([]), dynamic([])))", "true")]),
    Function::new(
        "tdigest_merge",
        MERGE,
        tdigest_merge,
        "The state of the values of several `tdigest` states together.",
    )
    .aliases(&["merge_tdigest"])
    .remarks(REMARKS)
    .examples(&[Example::new("isnull(tdigest_merge(dynamic([]), dynamic([])))", "true")]),
    Function::new(
        "percentile_tdigest",
        &[Signature::new(
            &[
                STATE,
                Parameter::new("percentile", Accepts::Number),
                Parameter::new("type", Accepts::Type(Type::String)).optional().constant(),
            ],
            Returns::Custom(asked_type),
        )],
        percentile_tdigest,
        "A percentile of the values in a `tdigest` state.",
    )
    .result_name(ResultName::Prefix("percentile_tdigest"))
    .remarks("Of type dynamic unless a type is given.")
    .examples(&[Example::new("isnull(percentile_tdigest(dynamic([]), 50))", "true")]),
    Function::new(
        "percentiles_array_tdigest",
        &[
            Signature::new(&[STATE, Parameter::new("percentile", Accepts::Number).repeats()], DYNAMIC),
            Signature::new(&[STATE, Parameter::new("percentiles", Accepts::Type(Type::Dynamic))], DYNAMIC),
        ],
        percentiles_array_tdigest,
        "Several percentiles of the values in a `tdigest` state, as an array.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new("isnull(percentiles_array_tdigest(dynamic([]), 50, 90))", "true")]),
    Function::new(
        "percentrank_tdigest",
        &[Signature::new(&[STATE, VALUE], REAL)],
        percentrank_tdigest,
        "The percentage of the values in a `tdigest` state that are not above a value.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new("percentrank_tdigest(dynamic([]), 1)", "real(null)")]),
    Function::new(
        "rank_tdigest",
        &[Signature::new(&[STATE, VALUE], REAL)],
        rank_tdigest,
        "Number of the values in a `tdigest` state that are not above a value.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new("rank_tdigest(dynamic([]), 1)", "real(null)")]),
];

fn distinct(arguments: &[Value], index: usize) -> Option<Distinct> {
    json(arguments, index).and_then(Distinct::from_json)
}

fn weighted(arguments: &[Value], index: usize) -> Option<Weighted> {
    json(arguments, index).and_then(Weighted::from_json)
}

fn dcount_hll(arguments: &[Value]) -> Value {
    or_null(distinct(arguments, 0), |state| Value::Long(state.count()))
}

fn hll_merge(arguments: &[Value]) -> Value {
    let states: Option<Vec<Distinct>> = (0..arguments.len()).map(|index| distinct(arguments, index)).collect();
    dynamic(states.map(|states| Distinct::merge(states.into_iter()).to_json()))
}

fn tdigest_merge(arguments: &[Value]) -> Value {
    let states: Option<Vec<Weighted>> = (0..arguments.len()).map(|index| weighted(arguments, index)).collect();
    dynamic(states.map(|states| Weighted::merge(states.into_iter()).to_json()))
}

fn asked_type(_: &[Type], constants: &[Option<Value>]) -> Type {
    constant_text(constants, 2).and_then(Type::from_name).unwrap_or(Type::Dynamic)
}

fn percentile_tdigest(arguments: &[Value]) -> Value {
    let ty = Type::from_name(text(arguments, 2)).unwrap_or(Type::Dynamic);
    let state = weighted(arguments, 0).zip(real(arguments, 1));
    let found = state.and_then(|(state, percentage)| percentile(&state, percentage));
    found.map_or(Value::missing(ty), |value| convert::to(ty, value))
}

fn percentiles_array_tdigest(arguments: &[Value]) -> Value {
    let asked: Vec<f64> = match any(arguments, 1) {
        Value::Dynamic(Json::Array(items)) => items.iter().filter_map(Json::as_f64).collect(),
        _ => (1..arguments.len()).filter_map(|index| real(arguments, index)).collect(),
    };
    dynamic(weighted(arguments, 0).map(|state| {
        asked.into_iter().map(|p| json_of::from_value(&percentile(&state, p).unwrap_or(Value::Null))).collect()
    }))
}

/// The weight at or below the value, and the whole weight. `None` when state and value are of different kinds.
fn rank(arguments: &[Value]) -> Option<(f64, f64)> {
    let state = weighted(arguments, 0)?;
    Some((state.rank(any(arguments, 1))? as f64, state.total() as f64))
}

fn rank_tdigest(arguments: &[Value]) -> Value {
    or_null(rank(arguments), |(rank, _)| Value::Real(rank))
}

fn percentrank_tdigest(arguments: &[Value]) -> Value {
    or_null(rank(arguments), |(rank, total)| Value::Real(rank / total * 100.0))
}
