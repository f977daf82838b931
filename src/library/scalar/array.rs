//! Dynamic arrays.

use crate::library::arguments::{any, array, arrays, dynamic, long, or_null};
use crate::library::compare::{compare_json, json_key};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Json, Type, Value, dynamic as json_of};
use std::cmp::Ordering;

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const LONG: Returns = Returns::Type(Type::Long);
const ARRAY: Parameter = Parameter::new("array", Accepts::Type(Type::Dynamic));
const MORE: Parameter = Parameter::new("more", Accepts::Type(Type::Dynamic)).repeats();
const COUNT: Parameter = Parameter::new("count", Accepts::Type(Type::Long));
const ANY: Accepts = Accepts::Any;

const ROTATE: &[Signature] = &[Signature::new(&[ARRAY, COUNT], DYNAMIC)];
const SHIFT: &[Signature] =
    &[Signature::new(&[ARRAY, COUNT, Parameter::new("default_value", ANY).optional()], DYNAMIC)];
const SHIFT_REMARKS: &str = "A negative count shifts the other way. What is moved in is the default value; without one, \
                             `\"\"` for an array of strings and null for others.";
const SORT: &[Signature] = &[Signature::new(&[ARRAY, Parameter::new("more", ANY).optional().repeats()], DYNAMIC)];
const SORT_REMARKS: &str = "Further arrays of the same length follow the order of the first; the result is then an array of \
                            the sorted arrays, with null for one of another length. Nulls stand last, or first when the \
                            last argument is `false`.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("array_length", &[Signature::new(&[ARRAY], LONG)], array_length, "Number of elements of an array.")
        .aliases(&["arraylength"])
        .remarks("Null for what is no array.")
        .examples(&[
            Example::new("array_length(dynamic([1, 'two', null]))", "3"),
            Example::new("array_length(dynamic({'a': 1}))", "long(null)"),
        ]),
    Function::new(
        "array_concat",
        &[Signature::new(&[ARRAY, MORE.optional()], DYNAMIC)],
        array_concat,
        "One array of the elements of several.",
    )
    .remarks("Null when one of the arguments is no array.")
    .examples(&[Example::new("array_concat(dynamic([1, 2]), dynamic(['x']))", "dynamic([1, 2, 'x'])")]),
    Function::new(
        "array_slice",
        &[Signature::new(
            &[
                ARRAY,
                Parameter::new("start", Accepts::Type(Type::Long)),
                Parameter::new("end", Accepts::Type(Type::Long)),
            ],
            DYNAMIC,
        )],
        array_slice,
        "The elements between two places, both included.",
    )
    .remarks("Places count from 0, negative ones from the end; places outside of the array are cut off.")
    .examples(&[
        Example::new("array_slice(dynamic([10, 20, 30, 40]), 1, 2)", "dynamic([20, 30])"),
        Example::new("array_slice(dynamic([10, 20, 30, 40]), -2, -1)", "dynamic([30, 40])"),
    ]),
    Function::new(
        "array_split",
        &[Signature::new(&[ARRAY, Parameter::new("index", Accepts::OneOf(&[Type::Dynamic, Type::Long, Type::Int]))], DYNAMIC)],
        array_split,
        "An array cut into several, before each of the given places.",
    )
    .remarks("One place or an array of them; negative ones count from the end.")
    .examples(&[
        Example::new("array_split(dynamic([1, 2, 3, 4]), 1)", "dynamic([[1], [2, 3, 4]])"),
        Example::new("array_split(dynamic([1, 2, 3, 4]), dynamic([1, -1]))", "dynamic([[1], [2, 3], [4]])"),
    ]),
    Function::new("array_sort_asc", SORT, |a| array_sort(a, Ordering::Less), "An array in ascending order.")
        .remarks(SORT_REMARKS)
        .examples(&[
            Example::new("array_sort_asc(dynamic([3, null, 1]))", "dynamic([1, 3, null])"),
            Example::new("array_sort_asc(dynamic([2, 1]), dynamic(['b', 'a']))[1]", "dynamic(['a', 'b'])"),
        ])
        .sees_nulls(),
    Function::new("array_sort_desc", SORT, |a| array_sort(a, Ordering::Greater), "An array in descending order.")
        .remarks(SORT_REMARKS)
        .examples(&[Example::new("array_sort_desc(dynamic([3, null, 10]))", "dynamic([10, 3, null])")])
        .sees_nulls(),
    Function::new(
        "array_index_of",
        &[Signature::new(
            &[
                ARRAY,
                Parameter::new("value", ANY),
                Parameter::new("start", Accepts::Type(Type::Long)).optional(),
                Parameter::new("length", Accepts::Type(Type::Long)).optional(),
                Parameter::new("occurrence", Accepts::Type(Type::Long)).optional(),
            ],
            LONG,
        )],
        array_index_of,
        "The place of a value in an array, -1 when it is not there.",
    )
    .remarks(
        "`start` may be negative and counts from the end then; `length` is the number of elements that are looked at, -1 for \
         all; `occurrence` tells the first from the second and so on.",
    )
    .examples(&[
        Example::new("array_index_of(dynamic(['a', 'b', 'a']), 'a')", "0"),
        Example::new("array_index_of(dynamic(['a', 'b', 'a']), 'a', 1)", "2"),
        Example::new("array_index_of(dynamic([1, 2]), 3)", "-1"),
    ]),
    Function::new("array_sum", &[Signature::new(&[ARRAY], Returns::Type(Type::Real))], array_sum, "Sum of an array.")
        .remarks("Nulls are left out. Null when an element is no number.")
        .examples(&[
            Example::new("array_sum(dynamic([1, 2.5, null]))", "3.5"),
            Example::new("array_sum(dynamic([1, 'x']))", "real(null)"),
        ]),
    Function::new("array_reverse", &[Signature::new(&[ARRAY], DYNAMIC)], array_reverse, "An array from back to front.")
        .examples(&[Example::new("array_reverse(dynamic([1, 2, 3]))", "dynamic([3, 2, 1])")]),
    Function::new("array_rotate_left", ROTATE, |a| rotate(a, 1), "An array whose first elements went to its end.")
        .remarks("A negative count rotates the other way.")
        .examples(&[Example::new("array_rotate_left(dynamic([1, 2, 3]), 1)", "dynamic([2, 3, 1])")]),
    Function::new("array_rotate_right", ROTATE, |a| rotate(a, -1), "An array whose last elements went to its start.")
        .remarks("A negative count rotates the other way.")
        .examples(&[Example::new("array_rotate_right(dynamic([1, 2, 3]), 1)", "dynamic([3, 1, 2])")]),
    Function::new("array_shift_left", SHIFT, |a| shift(a, 1), "An array without its first elements, filled up at its end.")
        .remarks(SHIFT_REMARKS)
        .examples(&[
            Example::new("array_shift_left(dynamic([1, 2, 3]), 2)", "dynamic([3, null, null])"),
            Example::new("array_shift_left(dynamic([1, 2, 3]), 1, 0)", "dynamic([2, 3, 0])"),
        ]),
    Function::new("array_shift_right", SHIFT, |a| shift(a, -1), "An array without its last elements, filled up at its start.")
        .remarks(SHIFT_REMARKS)
        .examples(&[Example::new("array_shift_right(dynamic([1, 2, 3]), 1, -1)", "dynamic([-1, 1, 2])")]),
    Function::new(
        "array_iff",
        &[Signature::new(
            &[
                Parameter::new("condition_array", Accepts::Type(Type::Dynamic)),
                Parameter::new("when_true", ANY),
                Parameter::new("when_false", ANY),
            ],
            DYNAMIC,
        )],
        array_iff,
        "For each condition, the element in its place of one array or the other.",
    )
    .aliases(&["array_iif"])
    .remarks("Numbers that are not 0 are true. A single value stands for each element; an array that is too short gives nulls.")
    .examples(&[Example::new(
        "array_iff(dynamic([true, false]), dynamic([1, 2]), 0)",
        "dynamic([1, 0])",
    )])
    .sees_nulls(),
    Function::new(
        "pack_array",
        &[Signature::new(&[Parameter::new("value", ANY).repeats()], DYNAMIC)],
        |arguments| Value::Dynamic(arguments.iter().map(json_of::from_value).collect()),
        "An array of the arguments.",
    )
    .examples(&[Example::new("pack_array(1, 'two', long(null))", "dynamic([1, 'two', null])")])
    .sees_nulls(),
    Function::new(
        "zip",
        &[Signature::new(&[ARRAY, MORE], DYNAMIC)],
        zip,
        "An array of arrays: the first elements of all arguments, then the second ones, and so on.",
    )
    .remarks("Shorter arrays are filled with nulls.")
    .examples(&[Example::new("zip(dynamic([1, 2]), dynamic(['a']))", "dynamic([[1, 'a'], [2, null]])")]),
    Function::new(
        "repeat",
        &[Signature::new(&[Parameter::new("value", ANY), COUNT], DYNAMIC)],
        repeat,
        "An array of one value, again and again.",
    )
    .remarks("Null for a negative count.")
    .examples(&[Example::new("repeat('x', 2)", "dynamic(['x', 'x'])"), Example::new("array_length(repeat(1, 0))", "0")])
    .sees_nulls(),
];

fn array_length(arguments: &[Value]) -> Value {
    or_null(array(arguments, 0).and_then(|items| i64::try_from(items.len()).ok()), Value::Long)
}

fn array_concat(arguments: &[Value]) -> Value {
    dynamic(arrays(arguments, 0).map(|arrays| Json::Array(arrays.concat())))
}

/// A place in an array of that length, counted from the end when it is negative; before the start it is negative still.
fn place(index: i64, length: usize) -> i64 {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    if index < 0 { index.saturating_add(length) } else { index }
}

/// A place within the bounds of an array, its end included.
fn bounded(index: i64, length: usize) -> usize {
    usize::try_from(place(index, length).max(0)).unwrap_or(usize::MAX).min(length)
}

fn array_slice(arguments: &[Value]) -> Value {
    let sliced = || {
        let items = array(arguments, 0)?;
        let start = bounded(long(arguments, 1)?, items.len());
        let end = usize::try_from(place(long(arguments, 2)?, items.len()).saturating_add(1).max(0)).ok()?;
        Some(Json::Array(items.get(start..end.min(items.len())).unwrap_or_default().to_vec()))
    };
    dynamic(sliced())
}

fn array_split(arguments: &[Value]) -> Value {
    let split = || {
        let items = array(arguments, 0)?;
        let places: Vec<i64> = match any(arguments, 1) {
            Value::Dynamic(Json::Array(places)) => places.iter().map(Json::as_i64).collect::<Option<_>>()?,
            Value::Dynamic(place) => vec![place.as_i64()?],
            place => vec![place.as_i64()?],
        };
        let mut parts = Vec::new();
        let mut from = 0;
        for at in places.into_iter().map(|index| bounded(index, items.len())) {
            parts.push(Json::Array(items.get(from..at).unwrap_or_default().to_vec()));
            from = at.max(from);
        }
        parts.push(Json::Array(items.get(from..).unwrap_or_default().to_vec()));
        Some(Json::Array(parts))
    };
    dynamic(split())
}

/// Sorts the first array and lets the others follow. `direction` is how two neighbours of the result compare.
fn array_sort(arguments: &[Value], direction: Ordering) -> Value {
    let (others, nulls_last) = match arguments.get(1..).unwrap_or_default() {
        [others @ .., Value::Bool(last)] => (others, *last),
        others => (others, true),
    };
    let Some(keys) = array(arguments, 0) else { return Value::Null };
    let mut order: Vec<usize> = (0..keys.len()).collect();
    let at = |index: &usize| keys.get(*index).unwrap_or(&Json::Null);
    order.sort_by(|a, b| match (at(a), at(b)) {
        (Json::Null, Json::Null) => Ordering::Equal,
        (Json::Null, _) if nulls_last => Ordering::Greater,
        (Json::Null, _) => Ordering::Less,
        (_, Json::Null) if nulls_last => Ordering::Less,
        (_, Json::Null) => Ordering::Greater,
        (a, b) if direction == Ordering::Less => compare_json(a, b),
        (a, b) => compare_json(b, a),
    });
    let follow = |items: &[Json]| -> Json { order.iter().filter_map(|index| items.get(*index).cloned()).collect() };
    if others.is_empty() {
        return Value::Dynamic(follow(keys));
    }
    let others = others.iter().map(|other| match other {
        Value::Dynamic(Json::Array(items)) if items.len() == keys.len() => follow(items),
        _ => Json::Null,
    });
    Value::Dynamic(std::iter::once(follow(keys)).chain(others).collect())
}

/// Whether two dynamic values are the same; numbers by size.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(_), Json::Number(_)) => compare_json(a, b).is_eq(),
        _ => json_key(a) == json_key(b) && a.is_string() == b.is_string(),
    }
}

fn array_index_of(arguments: &[Value]) -> Value {
    let Some(items) = array(arguments, 0) else { return Value::Null };
    let wanted = json_of::from_value(any(arguments, 1));
    let start = bounded(long(arguments, 2).unwrap_or(0), items.len());
    let length = long(arguments, 3).and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
    let before = long(arguments, 4).and_then(|n| usize::try_from(n - 1).ok()).unwrap_or(0);
    let places = items.iter().enumerate().skip(start).take(length).filter(|(_, item)| same(item, &wanted));
    let found = places.map(|(place, _)| place).nth(before).and_then(|place| i64::try_from(place).ok());
    Value::Long(found.unwrap_or(-1))
}

fn array_sum(arguments: &[Value]) -> Value {
    let sum = array(arguments, 0).and_then(|items| {
        items.iter().filter(|item| !item.is_null()).try_fold(0.0, |sum, item| Some(sum + item.as_f64()?))
    });
    or_null(sum, Value::Real)
}

fn array_reverse(arguments: &[Value]) -> Value {
    dynamic(array(arguments, 0).map(|items| items.iter().rev().cloned().collect()))
}

/// Rotates to the left, or against it.
fn rotate(arguments: &[Value], direction: i64) -> Value {
    let rotated = || {
        let mut items = array(arguments, 0)?.to_vec();
        if !items.is_empty() {
            let length = i64::try_from(items.len()).ok()?;
            let count = long(arguments, 1)?.wrapping_mul(direction).rem_euclid(length);
            items.rotate_left(usize::try_from(count).ok()?);
        }
        Some(Json::Array(items))
    };
    dynamic(rotated())
}

/// Shifts to the left, or against it.
fn shift(arguments: &[Value], direction: i64) -> Value {
    let shifted = || {
        let items = array(arguments, 0)?;
        let count = long(arguments, 1)?.wrapping_mul(direction);
        let missing = match arguments.get(2) {
            Some(default) => json_of::from_value(default),
            None if items.iter().any(Json::is_string) => Json::from(""),
            None => Json::Null,
        };
        let places = 0..i64::try_from(items.len()).ok()?;
        let element = |place: i64| usize::try_from(place.saturating_add(count)).ok().and_then(|from| items.get(from));
        Some(places.map(|place| element(place).unwrap_or(&missing).clone()).collect())
    };
    dynamic(shifted())
}

fn array_iff(arguments: &[Value]) -> Value {
    let Some(conditions) = array(arguments, 0) else { return Value::Null };
    let branches = [any(arguments, 1), any(arguments, 2)].map(json_of::from_value);
    let element = |branch: &Json, place: usize| match branch {
        Json::Array(items) => items.get(place).cloned().unwrap_or_default(),
        single => single.clone(),
    };
    let [when_true, when_false] = &branches;
    let chosen = conditions.iter().enumerate().map(|(place, condition)| match truth(condition) {
        Some(true) => element(when_true, place),
        Some(false) => element(when_false, place),
        None => Json::Null,
    });
    Value::Dynamic(chosen.collect())
}

fn truth(condition: &Json) -> Option<bool> {
    condition.as_bool().or_else(|| condition.as_f64().map(|x| x != 0.0))
}

fn zip(arguments: &[Value]) -> Value {
    dynamic(arrays(arguments, 0).map(|arrays| {
        let longest = arrays.iter().map(|items| items.len()).max().unwrap_or(0);
        let row = |place: usize| arrays.iter().map(|items| items.get(place).cloned().unwrap_or_default()).collect();
        Json::Array((0..longest).map(row).collect())
    }))
}

fn repeat(arguments: &[Value]) -> Value {
    let count = long(arguments, 1).and_then(|n| usize::try_from(n).ok());
    dynamic(count.map(|count| Json::Array(vec![json_of::from_value(any(arguments, 0)); count])))
}
