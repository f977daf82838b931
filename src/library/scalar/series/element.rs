//! Series, element by element: arithmetic, comparisons, mathematical functions.

use super::{real, whole_numbers};
use crate::library::arguments::{any, array, dynamic};
use crate::library::compare::compare_json;
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Json, Type, Value};
use std::cmp::Ordering;

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
/// A series, or a number that stands for each of its elements.
const OPERAND: Accepts = Accepts::OneOf(&[Type::Dynamic, Type::Int, Type::Long, Type::Real]);
const TWO: &[Signature] =
    &[Signature::new(&[Parameter::new("series1", OPERAND), Parameter::new("series2", OPERAND)], DYNAMIC)];
const ONE: &[Signature] = &[Signature::new(&[Parameter::new("series", Accepts::Type(Type::Dynamic))], DYNAMIC)];
const TWO_REMARKS: &str =
    "A number stands for a series of it. An element that is no number, or has no partner, gives null.";
const ONE_REMARKS: &str = "An element that is no number gives null.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "series_add",
        TWO,
        |a| arithmetic(a, i64::checked_add, |x, y| x + y),
        "The sums of the elements of two series.",
    )
    .remarks(TWO_REMARKS)
    .examples(&[
        Example::new("series_add(dynamic([1, 2]), dynamic([10, 0.5]))", "dynamic([11.0, 2.5])"),
        Example::new("series_add(dynamic([1, 2]), 3)", "dynamic([4, 5])"),
    ]),
    Function::new(
        "series_subtract",
        TWO,
        |a| arithmetic(a, i64::checked_sub, |x, y| x - y),
        "The differences of the elements of two series.",
    )
    .remarks(TWO_REMARKS)
    .examples(&[Example::new("series_subtract(dynamic([5, 7]), dynamic([1, 10]))", "dynamic([4, -3])")]),
    Function::new(
        "series_multiply",
        TWO,
        |a| arithmetic(a, i64::checked_mul, |x, y| x * y),
        "The products of the elements of two series.",
    )
    .remarks(TWO_REMARKS)
    .examples(&[Example::new("series_multiply(dynamic([2, 3]), dynamic([4, 5]))", "dynamic([8, 15])")]),
    Function::new(
        "series_divide",
        TWO,
        |a| arithmetic(a, |_, _| None, |x, y| x / y),
        "The quotients of the elements of two series.",
    )
    .remarks(TWO_REMARKS)
    .examples(&[Example::new("series_divide(dynamic([1, 9]), 2)", "dynamic([0.5, 4.5])")]),
    Function::new(
        "series_pow",
        TWO,
        |a| arithmetic(a, |_, _| None, f64::powf),
        "The elements of a series to the power of those of another.",
    )
    .remarks(TWO_REMARKS)
    .examples(&[Example::new("series_pow(dynamic([2, 3]), dynamic([3, 2]))", "dynamic([8.0, 9.0])")]),
    Function::new(
        "series_less",
        TWO,
        |a| comparison(a, Ordering::is_lt),
        "Whether the elements of a series are less than those of another.",
    )
    .remarks(TWO_REMARKS)
    .examples(&[Example::new("series_less(dynamic([1, 2, 3]), 2)", "dynamic([true, false, false])")]),
    Function::new(
        "series_less_equals",
        TWO,
        |a| comparison(a, Ordering::is_le),
        "Whether the elements of a series are less than those of another, or equal.",
    )
    .remarks(TWO_REMARKS)
    .examples(&[Example::new("series_less_equals(dynamic([1, 2, 3]), 2)", "dynamic([true, true, false])")]),
    Function::new(
        "series_greater",
        TWO,
        |a| comparison(a, Ordering::is_gt),
        "Whether the elements of a series are greater than those of another.",
    )
    .remarks(TWO_REMARKS)
    .examples(&[Example::new("series_greater(dynamic([1, 2, 3]), 2)", "dynamic([false, false, true])")]),
    Function::new(
        "series_greater_equals",
        TWO,
        |a| comparison(a, Ordering::is_ge),
        "Whether the elements of a series are greater than those of another, or equal.",
    )
    .remarks(TWO_REMARKS)
    .examples(&[Example::new("series_greater_equals(dynamic([1, 2, 3]), 2)", "dynamic([false, true, true])")]),
    Function::new(
        "series_equals",
        TWO,
        |a| comparison(a, Ordering::is_eq),
        "Whether the elements of two series are equal.",
    )
    .remarks(TWO_REMARKS)
    .examples(&[Example::new("series_equals(dynamic([1, 2]), dynamic([1.0, 3]))", "dynamic([true, false])")]),
    Function::new(
        "series_not_equals",
        TWO,
        |a| comparison(a, Ordering::is_ne),
        "Whether the elements of two series differ.",
    )
    .remarks(TWO_REMARKS)
    .examples(&[Example::new("series_not_equals(dynamic([1, 2]), dynamic([1, 3]))", "dynamic([false, true])")]),
    Function::new(
        "series_abs",
        ONE,
        |a| each(a, i64::checked_abs, f64::abs),
        "The elements of a series without their sign.",
    )
    .remarks(ONE_REMARKS)
    .examples(&[Example::new("series_abs(dynamic([-1, 2, null]))", "dynamic([1, 2, null])")]),
    Function::new(
        "series_sign",
        ONE,
        |a| each(a, |n| Some(n.signum()), sign),
        "The signs of the elements of a series: -1, 0 or 1.",
    )
    .remarks(ONE_REMARKS)
    .examples(&[Example::new("series_sign(dynamic([-7, 0, 2]))", "dynamic([-1, 0, 1])")]),
    Function::new("series_floor", ONE, |a| each(a, Some, f64::floor), "The elements of a series, rounded down.")
        .remarks(ONE_REMARKS)
        .examples(&[Example::new("series_floor(dynamic([-1.5, 2.5]))", "dynamic([-2.0, 2.0])")]),
    Function::new("series_ceiling", ONE, |a| each(a, Some, f64::ceil), "The elements of a series, rounded up.")
        .remarks(ONE_REMARKS)
        .examples(&[Example::new("series_ceiling(dynamic([-1.5, 2.5]))", "dynamic([-1.0, 3.0])")]),
    Function::new("series_exp", ONE, |a| each(a, |_| None, f64::exp), "The exponentials of the elements of a series.")
        .remarks(ONE_REMARKS)
        .examples(&[Example::new("series_exp(dynamic([0]))", "dynamic([1.0])")]),
    Function::new(
        "series_log",
        ONE,
        |a| each(a, |_| None, f64::ln),
        "The natural logarithms of the elements of a series.",
    )
    .remarks(ONE_REMARKS)
    .examples(&[Example::new("series_log(dynamic([1]))", "dynamic([0.0])")]),
    Function::new("series_sin", ONE, |a| each(a, |_| None, f64::sin), "The sines of the elements of a series.")
        .remarks(ONE_REMARKS)
        .examples(&[Example::new("series_sin(dynamic([0]))", "dynamic([0.0])")]),
    Function::new("series_cos", ONE, |a| each(a, |_| None, f64::cos), "The cosines of the elements of a series.")
        .remarks(ONE_REMARKS)
        .examples(&[Example::new("series_cos(dynamic([0]))", "dynamic([1.0])")]),
    Function::new("series_tan", ONE, |a| each(a, |_| None, f64::tan), "The tangents of the elements of a series.")
        .remarks(ONE_REMARKS)
        .examples(&[Example::new("series_tan(dynamic([0]))", "dynamic([0.0])")]),
    Function::new(
        "series_asin",
        ONE,
        |a| each(a, |_| None, f64::asin),
        "The angles whose sines are the elements of a series.",
    )
    .remarks(ONE_REMARKS)
    .examples(&[Example::new("series_asin(dynamic([0]))", "dynamic([0.0])")]),
    Function::new(
        "series_acos",
        ONE,
        |a| each(a, |_| None, f64::acos),
        "The angles whose cosines are the elements of a series.",
    )
    .remarks(ONE_REMARKS)
    .examples(&[Example::new("series_acos(dynamic([1]))", "dynamic([0.0])")]),
    Function::new(
        "series_atan",
        ONE,
        |a| each(a, |_| None, f64::atan),
        "The angles whose tangents are the elements of a series.",
    )
    .remarks(ONE_REMARKS)
    .examples(&[Example::new("series_atan(dynamic([0]))", "dynamic([0.0])")]),
];

fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// The elements of two series side by side, null where one is shorter. A number is as long as the other series.
fn pairs(arguments: &[Value]) -> Option<Vec<(Json, Json)>> {
    let operands = [any(arguments, 0), any(arguments, 1)];
    let length = operands.iter().filter_map(|operand| match operand {
        Value::Dynamic(Json::Array(items)) => Some(items.len()),
        _ => None,
    });
    let length = length.max()?;
    let [first, second] = operands.map(|operand| {
        move |place: usize| match operand {
            Value::Dynamic(Json::Array(items)) => items.get(place).cloned().unwrap_or_default(),
            Value::Dynamic(json) => json.clone(),
            number => crate::value::dynamic::from_value(number),
        }
    });
    Some((0..length).map(|place| (first(place), second(place))).collect())
}

/// Computes with whole numbers where both series are whole and the operation says how, with reals otherwise.
fn arithmetic(arguments: &[Value], whole: fn(i64, i64) -> Option<i64>, reals: fn(f64, f64) -> f64) -> Value {
    dynamic(pairs(arguments).map(|pairs| {
        let is_whole = pairs.iter().all(|(x, y)| [x, y].iter().all(|item| item.is_null() || item.is_i64()));
        let compute = |(x, y): &(Json, Json)| {
            let exact = x.as_i64().zip(y.as_i64()).filter(|_| is_whole).and_then(|(x, y)| whole(x, y));
            exact.map(Json::from).or_else(|| Some(real(reals(x.as_f64()?, y.as_f64()?)))).unwrap_or_default()
        };
        pairs.iter().map(compute).collect()
    }))
}

fn comparison(arguments: &[Value], holds: fn(Ordering) -> bool) -> Value {
    dynamic(pairs(arguments).map(|pairs| {
        let compare = |(x, y): &(Json, Json)| match (x, y) {
            (Json::Number(_), Json::Number(_)) => Json::from(holds(compare_json(x, y))),
            _ => Json::Null,
        };
        pairs.iter().map(compare).collect()
    }))
}

/// Computes each element: as a whole number in a whole series where the function says how, as a real otherwise.
fn each(arguments: &[Value], whole: fn(i64) -> Option<i64>, reals: fn(f64) -> f64) -> Value {
    dynamic(array(arguments, 0).map(|items| {
        let is_whole = whole_numbers(items);
        let compute = |item: &Json| {
            let exact = item.as_i64().filter(|_| is_whole).and_then(whole);
            exact.map(Json::from).or_else(|| Some(real(reals(item.as_f64()?)))).unwrap_or_default()
        };
        items.iter().map(compute).collect()
    }))
}
