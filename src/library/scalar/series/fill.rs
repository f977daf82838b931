//! Series whose missing elements are filled in.

use super::{real, whole_numbers};
use crate::library::arguments::{any, array, dynamic};
use crate::library::compare::json_key;
use crate::library::{Accepts, Example, Function, Parameter, ResultName, Returns, Signature};
use crate::value::{Json, Type, Value, dynamic as json_of};

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const SERIES: Parameter = Parameter::new("series", Accepts::Type(Type::Dynamic));
const MISSING: Parameter = Parameter::new("missing_value_placeholder", Accepts::Any).optional();
const DIRECTED: &[Signature] = &[Signature::new(&[SERIES, MISSING], DYNAMIC)];
const REMARKS: &str = "Null is missing, unless another value is named that stands for what is missing.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("series_fill_forward", DIRECTED, |a| fill_forward(a, false), "A series whose missing elements repeat the one before.").result_name(ResultName::FirstArgument)
        .remarks(REMARKS)
        .examples(&[Example::new("series_fill_forward(dynamic([null, 1, null, 3]))", "dynamic([null, 1, 1, 3])")])
        .sees_nulls(),
    Function::new("series_fill_backward", DIRECTED, |a| fill_forward(a, true), "A series whose missing elements repeat the one after.").result_name(ResultName::FirstArgument)
        .remarks(REMARKS)
        .examples(&[Example::new("series_fill_backward(dynamic([null, 1, null]))", "dynamic([1, 1, null])")])
        .sees_nulls(),
    Function::new(
        "series_fill_const",
        &[Signature::new(&[SERIES, Parameter::new("constant_value", Accepts::Any), MISSING], DYNAMIC)],
        fill_const,
        "A series whose missing elements are a constant.",
    ).result_name(ResultName::FirstArgument)
    .remarks(REMARKS)
    .examples(&[
        Example::new("series_fill_const(dynamic([1, null, 3]), 0)", "dynamic([1, 0, 3])"),
        Example::new("series_fill_const(dynamic([1, -1, 3]), 0, -1)", "dynamic([1, 0, 3])"),
    ])
    .sees_nulls(),
    Function::new(
        "series_fill_linear",
        &[Signature::new(
            &[
                SERIES,
                MISSING,
                Parameter::new("fill_edges", Accepts::Type(Type::Bool)).optional(),
                Parameter::new("constant_value", Accepts::Number).optional(),
            ],
            DYNAMIC,
        )],
        fill_linear,
        "A series whose missing elements lie on the line between their neighbours.",
    ).result_name(ResultName::FirstArgument)
    .remarks(
        "A series of whole numbers stays one: the filled ones are cut towards zero. The edges repeat the nearest element unless \
         `fill_edges` is false; a series of nothing becomes the constant, 0.0 unless it is given.",
    )
    .examples(&[
        Example::new("series_fill_linear(dynamic([null, 1.0, null, 2.0]))", "dynamic([1.0, 1.0, 1.5, 2.0])"),
        Example::new("series_fill_linear(dynamic([1, null, null, 2, null]), real(null), false)", "dynamic([1, 1, 1, 2, null])"),
    ])
    .sees_nulls(),
];

/// Tells missing elements: nulls, or those equal to the placeholder at that place of the arguments.
fn missing(arguments: &[Value], index: usize) -> impl Fn(&Json) -> bool {
    let placeholder = json_of::from_value(any(arguments, index));
    move |item| match (item, &placeholder) {
        (Json::Number(x), Json::Number(y)) => x.as_f64() == y.as_f64(),
        _ => json_key(item) == json_key(&placeholder),
    }
}

fn fill_forward(arguments: &[Value], backward: bool) -> Value {
    dynamic(array(arguments, 0).map(|items| {
        let missing = missing(arguments, 1);
        let mut filled = items.to_vec();
        if backward {
            filled.reverse();
        }
        let mut last: Option<Json> = None;
        for item in &mut filled {
            match &last {
                Some(value) if missing(item) => *item = value.clone(),
                _ if missing(item) => {}
                _ => last = Some(item.clone()),
            }
        }
        if backward {
            filled.reverse();
        }
        Json::Array(filled)
    }))
}

fn fill_const(arguments: &[Value]) -> Value {
    let constant = json_of::from_value(any(arguments, 1));
    let missing = missing(arguments, 2);
    let fill = |item: &Json| if missing(item) { constant.clone() } else { item.clone() };
    dynamic(array(arguments, 0).map(|items| items.iter().map(fill).collect()))
}

fn fill_linear(arguments: &[Value]) -> Value {
    let Some(items) = array(arguments, 0) else { return Value::Null };
    let missing = missing(arguments, 1);
    let edges = any(arguments, 2).as_bool().unwrap_or(true);
    let known: Vec<(usize, &Json, f64)> = items
        .iter()
        .enumerate()
        .filter(|(_, i)| !missing(i))
        .filter_map(|(at, i)| Some((at, i, i.as_f64()?)))
        .collect();
    if known.is_empty() {
        let constant = any(arguments, 3).as_f64().unwrap_or(0.0);
        return Value::Dynamic(items.iter().map(|_| real(constant)).collect());
    }
    let elements: Vec<Json> = known.iter().map(|(_, item, _)| (*item).clone()).collect();
    let whole = whole_numbers(&elements);
    let element = |at: usize| {
        let next = known.partition_point(|(place, ..)| *place < at);
        let before = next.checked_sub(1).and_then(|index| known.get(index));
        match (before, known.get(next)) {
            (_, Some((place, item, _))) if *place == at => (*item).clone(),
            (Some((left, _, x)), Some((right, _, y))) => {
                let value = x + (y - x) * (at - left) as f64 / (right - left) as f64;
                if whole { Json::from(value as i64) } else { real(value) }
            }
            (None, Some((_, item, _))) | (Some((_, item, _)), None) if edges => (*item).clone(),
            _ => Json::Null,
        }
    };
    Value::Dynamic((0..items.len()).map(element).collect())
}
