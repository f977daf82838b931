//! Lists, sets and bags of a group's values.

use super::super::compare::{Key, json_key};
use super::super::{Accepts, AggregateFunction, Example, NativeAggregate, Parameter, ResultName, Returns, Signature};
use super::schema::buildschema;
use super::{PREDICATE, column, constant, present, where_true};
use crate::value::{Json, Type, Value, dynamic};
use std::collections::HashSet;

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const EXPR: Parameter = Parameter::new("expr", Accepts::Any);
const BAG: Parameter = Parameter::new("expr", Accepts::Type(Type::Dynamic));
const MAX_SIZE: Parameter = Parameter::new("maxSize", Accepts::Integer).optional().constant();

/// How many elements a list, set or bag holds unless a `maxSize` says less.
const LIMIT: usize = 1_048_576;

const LIST: &str = "Nulls are left out, empty strings are not. A dynamic array adds its elements, one level deep. Holds \
                    1,048,576 elements at most.";
const SET: &str = "Nulls are left out, empty strings are not. A dynamic array adds its elements, one level deep. Elements \
                   stand in the order in which they were first met; Kusto promises none.";
const BAGS: &str = "The first of several values of a key stays. Values that are no bag are left out.";

/// The records.
pub static FUNCTIONS: &[AggregateFunction] = &[
    AggregateFunction::new(
        "make_list",
        &[Signature::new(&[EXPR, MAX_SIZE], DYNAMIC)],
        ResultName::Prefix("list"),
        make_list,
        "Array of all values.",
    )
    .aliases(&["makelist"])
    .remarks(LIST)
    .native(NativeAggregate::MakeList)
    .examples(&[
        Example::new(
            "datatable(x: long) [1, 2, 2, long(null)] | summarize make_list(x)",
            "print list_x = dynamic([1, 2, 2])",
        ),
        Example::new(
            "range x from 1 to 9 step 1 | summarize some = make_list(x, 3)",
            "print some = dynamic([1, 2, 3])",
        ),
    ]),
    AggregateFunction::new(
        "make_list_if",
        &[Signature::new(&[EXPR, PREDICATE, MAX_SIZE], DYNAMIC)],
        ResultName::Prefix("list"),
        |arguments| make_list(&where_true(arguments, 1)),
        "Array of all values over the rows for which the predicate is true.",
    )
    .remarks(LIST)
    .native(NativeAggregate::MakeListIf)
    .examples(&[Example::new(
        "range x from 1 to 4 step 1 | summarize make_list_if(x, x > 2)",
        "print list_x = dynamic([3, 4])",
    )]),
    AggregateFunction::new(
        "make_list_with_nulls",
        &[Signature::new(&[EXPR], DYNAMIC)],
        ResultName::Prefix("list"),
        make_list_with_nulls,
        "Array of all values, nulls among them.",
    )
    .remarks("As `make_list`, but that nulls stay.")
    .examples(&[Example::new(
        "datatable(x: long) [1, 2, 2, long(null)] | summarize x = make_list_with_nulls(x)",
        "print x = dynamic([1, 2, 2, null])",
    )]),
    AggregateFunction::new(
        "make_set",
        &[Signature::new(&[EXPR, MAX_SIZE], DYNAMIC)],
        ResultName::Prefix("set"),
        make_set,
        "Array of the distinct values.",
    )
    .aliases(&["makeset"])
    .remarks(SET)
    .native(NativeAggregate::MakeSet)
    .examples(&[
        Example::new(
            "datatable(x: long) [1, 2, 2, long(null)] | summarize make_set(x)",
            "print set_x = dynamic([1, 2])",
        ),
        Example::new(
            "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] \
             | summarize n = array_length(make_set(who))",
            "print n = 2",
        ),
    ]),
    AggregateFunction::new(
        "make_set_if",
        &[Signature::new(&[EXPR, PREDICATE, MAX_SIZE], DYNAMIC)],
        ResultName::Prefix("set"),
        |arguments| make_set(&where_true(arguments, 1)),
        "Array of the distinct values over the rows for which the predicate is true.",
    )
    .remarks(SET)
    .native(NativeAggregate::MakeSetIf)
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] \
             | summarize people = make_set_if(who, size < 9)",
        "print people = dynamic([\"ann\"])",
    )]),
    AggregateFunction::new(
        "make_bag",
        &[Signature::new(&[BAG, MAX_SIZE], DYNAMIC)],
        ResultName::Prefix("bag"),
        make_bag,
        "One bag of the properties of all bags.",
    )
    .aliases(&["make_dictionary"])
    .remarks(BAGS)
    .examples(&[Example::new(
        "datatable(d: dynamic) [dynamic({\"a\": 1}), dynamic({\"a\": 2, \"b\": 3})] | summarize make_bag(d)",
        "print bag_d = dynamic({\"a\": 1, \"b\": 3})",
    )]),
    AggregateFunction::new(
        "make_bag_if",
        &[Signature::new(&[BAG, PREDICATE, MAX_SIZE], DYNAMIC)],
        ResultName::Prefix("bag"),
        |arguments| make_bag(&where_true(arguments, 1)),
        "One bag of the properties of all bags over the rows for which the predicate is true.",
    )
    .remarks(BAGS)
    .examples(&[Example::new(
        "datatable(d: dynamic, use: bool) [dynamic({\"a\": 1}), true, dynamic({\"b\": 2}), false] \
             | summarize make_bag_if(d, use)",
        "print bag_d = dynamic({\"a\": 1})",
    )]),
    AggregateFunction::new(
        "buildschema",
        &[Signature::new(&[BAG], DYNAMIC)],
        ResultName::Prefix("schema"),
        |arguments| vec![Value::Dynamic(buildschema(present(arguments, 0)))],
        "The smallest schema that admits all values.",
    )
    .remarks("Several types of one property stand in an array; the elements of arrays under `` `indexer` ``.")
    .examples(&[Example::new(
        "datatable(d: dynamic) [dynamic({\"a\": 1}), dynamic({\"a\": \"x\", \"b\": [true]})] \
             | summarize s = buildschema(d)",
        "print s = dynamic({\"a\": [\"long\", \"string\"], \"b\": {\"`indexer`\": \"bool\"}})",
    )]),
];

/// The elements that a value adds: those of an array, or the value itself.
fn elements(value: &Value) -> Vec<Json> {
    match value {
        Value::Dynamic(Json::Array(items)) => items.clone(),
        other => vec![dynamic::from_value(other)],
    }
}

/// The limit of elements, from its constant argument.
fn limit(arguments: &[Vec<Value>], index: usize) -> usize {
    let asked = constant(arguments, index).and_then(Value::as_i64).and_then(|n| usize::try_from(n).ok());
    asked.map_or(LIMIT, |n| n.min(LIMIT))
}

fn make_list(arguments: &[Vec<Value>]) -> Vec<Value> {
    let items = present(arguments, 0).flat_map(elements).take(limit(arguments, 1)).collect();
    vec![Value::Dynamic(Json::Array(items))]
}

fn make_list_with_nulls(arguments: &[Vec<Value>]) -> Vec<Value> {
    let items = column(arguments, 0).iter().flat_map(elements).take(LIMIT).collect();
    vec![Value::Dynamic(Json::Array(items))]
}

fn make_set(arguments: &[Vec<Value>]) -> Vec<Value> {
    let mut seen: HashSet<Key> = HashSet::new();
    let items = present(arguments, 0).flat_map(elements).filter(|item| seen.insert(json_key(item)));
    vec![Value::Dynamic(Json::Array(items.take(limit(arguments, 1)).collect()))]
}

fn make_bag(arguments: &[Vec<Value>]) -> Vec<Value> {
    let mut bag = serde_json::Map::new();
    let limit = limit(arguments, 1);
    for value in present(arguments, 0) {
        let Value::Dynamic(Json::Object(properties)) = value else { continue };
        for (name, property) in properties {
            if bag.len() < limit && !bag.contains_key(name) {
                bag.insert(name.clone(), property.clone());
            }
        }
    }
    vec![Value::Dynamic(Json::Object(bag))]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{longs, run, texts};
    use super::*;
    use serde_json::json;

    fn dynamics(values: &[Json]) -> Vec<Value> {
        values.iter().cloned().map(Value::Dynamic).collect()
    }

    #[test]
    fn lists_drop_nulls_and_keep_empty_texts() {
        let numbers = vec![Value::Int(1), Value::Null, Value::Int(1)];
        assert_eq!(run("make_list", std::slice::from_ref(&numbers)), dynamics(&[json!([1, 1])]));
        assert_eq!(run("make_list_with_nulls", &[numbers]), dynamics(&[json!([1, null, 1])]));
        assert_eq!(run("make_set", &[texts(&["", "a", ""])]), dynamics(&[json!(["", "a"])]));
    }

    #[test]
    fn arrays_add_their_elements() {
        let arrays = dynamics(&[json!([1, 2]), json!([2, 3])]);
        assert_eq!(run("make_list", std::slice::from_ref(&arrays)), dynamics(&[json!([1, 2, 2, 3])]));
        assert_eq!(run("make_set", &[arrays]), dynamics(&[json!([1, 2, 3])]));
    }

    #[test]
    fn the_limit_counts_elements() {
        let arguments = [longs(&[1, 1, 2, 3]), longs(&[2, 2, 2, 2])];
        assert_eq!(run("make_list", &arguments), dynamics(&[json!([1, 1])]));
        assert_eq!(run("make_set", &arguments), dynamics(&[json!([1, 2])]));
    }

    #[test]
    fn the_first_value_of_a_key_stays() {
        let bags = dynamics(&[json!({"a": 1}), json!({"a": 2, "b": null}), json!([1])]);
        assert_eq!(run("make_bag", &[bags]), dynamics(&[json!({"a": 1, "b": null})]));
    }
}
