//! Arrays as sets.

use crate::library::arguments::{any, array, arrays, dynamic, or_null};
use crate::library::compare::{Key, json_key};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Json, Type, Value, dynamic as json_of};
use std::collections::HashSet;

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const BOOL: Returns = Returns::Type(Type::Bool);
const SET: Parameter = Parameter::new("set", Accepts::Type(Type::Dynamic));
const OTHER: Parameter = Parameter::new("other", Accepts::Type(Type::Dynamic));
const SETS: &[Signature] = &[Signature::new(&[SET, OTHER.repeats()], DYNAMIC)];
const REMARKS: &str = "Elements stand in the order in which they were first met; Kusto promises none. Null when one of the \
                       arguments is no array.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("set_union", SETS, set_union, "The distinct elements of all arrays.")
        .remarks(REMARKS)
        .examples(&[Example::new("set_union(dynamic([1, 2, 2]), dynamic([3, 1]))", "dynamic([1, 2, 3])")]),
    Function::new("set_intersect", SETS, set_intersect, "The distinct elements that all arrays have.")
        .remarks(REMARKS)
        .examples(&[Example::new("set_intersect(dynamic([1, 2, 2]), dynamic([2, 3]))", "dynamic([2])")]),
    Function::new(
        "set_difference",
        SETS,
        set_difference,
        "The distinct elements of the first array that no other has.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new("set_difference(dynamic([1, 2, 3]), dynamic([2]))", "dynamic([1, 3])")]),
    Function::new(
        "set_equals",
        &[Signature::new(&[SET, OTHER], BOOL)],
        set_equals,
        "Whether two arrays have the same elements.",
    )
    .remarks("Order and repetition do not matter.")
    .examples(&[Example::new("set_equals(dynamic([1, 2]), dynamic([2, 1, 1]))", "true")]),
    Function::new(
        "set_has_element",
        &[Signature::new(&[SET, Parameter::new("value", Accepts::Any)], BOOL)],
        set_has_element,
        "Whether an array has an element.",
    )
    .remarks("A number is not its text.")
    .examples(&[
        Example::new("set_has_element(dynamic([1, 2]), 2)", "true"),
        Example::new("set_has_element(dynamic([1, 2]), '2')", "false"),
    ]),
    Function::new(
        "jaccard_index",
        &[Signature::new(&[SET, OTHER], Returns::Type(Type::Real))],
        jaccard_index,
        "How much two sets have in common: the share of their union that is in both.",
    )
    .examples(&[Example::new("jaccard_index(dynamic([1, 2, 3]), dynamic([1, 2, 3, 4]))", "0.75")]),
];

fn keys(items: &[Json]) -> HashSet<Key> {
    items.iter().map(json_key).collect()
}

/// The elements that are kept, each once.
fn distinct<'j>(items: impl Iterator<Item = &'j Json>, keep: impl Fn(&Key) -> bool) -> Json {
    let mut seen = HashSet::new();
    items
        .filter(|item| {
            let key = json_key(item);
            keep(&key) && seen.insert(key)
        })
        .cloned()
        .collect()
}

fn set_union(arguments: &[Value]) -> Value {
    dynamic(arrays(arguments, 0).map(|sets| distinct(sets.into_iter().flatten(), |_| true)))
}

fn set_intersect(arguments: &[Value]) -> Value {
    dynamic(arrays(arguments, 0).and_then(|sets| {
        let (first, others) = sets.split_first()?;
        let others: Vec<HashSet<Key>> = others.iter().map(|items| keys(items)).collect();
        Some(distinct(first.iter(), |key| others.iter().all(|set| set.contains(key))))
    }))
}

fn set_difference(arguments: &[Value]) -> Value {
    dynamic(arrays(arguments, 0).and_then(|sets| {
        let (first, others) = sets.split_first()?;
        let others: HashSet<Key> = others.iter().flat_map(|items| keys(items)).collect();
        Some(distinct(first.iter(), |key| !others.contains(key)))
    }))
}

/// The keys of the first two arguments.
fn pair(arguments: &[Value]) -> Option<(HashSet<Key>, HashSet<Key>)> {
    Some((keys(array(arguments, 0)?), keys(array(arguments, 1)?)))
}

fn set_equals(arguments: &[Value]) -> Value {
    or_null(pair(arguments), |(a, b)| Value::Bool(a == b))
}

fn set_has_element(arguments: &[Value]) -> Value {
    let wanted = json_key(&json_of::from_value(any(arguments, 1)));
    or_null(array(arguments, 0), |items| Value::Bool(items.iter().any(|item| json_key(item) == wanted)))
}

fn jaccard_index(arguments: &[Value]) -> Value {
    or_null(pair(arguments), |(a, b)| Value::Real(a.intersection(&b).count() as f64 / a.union(&b).count() as f64))
}
