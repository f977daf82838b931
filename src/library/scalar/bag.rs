//! Property bags and JSON.

use crate::library::arguments::{any, array, bag, constant_text, dynamic, or_null, text, texts};
use crate::library::json_path::{self, Step};
use crate::library::{Accepts, Example, Function, Parameter, ResultName, Returns, Signature, convert};
use crate::value::{Json, Type, Value, dynamic as json_of};

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const BAG: Parameter = Parameter::new("bag", Accepts::Type(Type::Dynamic));
const OTHER: Parameter = Parameter::new("other", Accepts::Type(Type::Dynamic));
const KEY: Parameter = Parameter::new("key", Accepts::Type(Type::String));
const VALUE: Parameter = Parameter::new("value", Accepts::Any);

type Bag = serde_json::Map<String, Json>;

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "bag_pack",
        &[Signature::new(&[KEY.repeats(), VALUE.repeats()], DYNAMIC)],
        bag_pack,
        "A bag of keys and values.",
    )
    .aliases(&["pack", "pack_dictionary"])
    .remarks("A null value stays as null.")
    .examples(&[Example::new("bag_pack('a', 1, 'b', 'x')", "dynamic({'a': 1, 'b': 'x'})")])
    .sees_nulls(),
    Function::new("bag_keys", &[Signature::new(&[BAG], DYNAMIC)], bag_keys, "Array of the keys of a bag.")
        .remarks("Null for what is no bag.")
        .examples(&[
            Example::new("bag_keys(dynamic({'a': 1, 'b': {'c': 2}}))", "dynamic(['a', 'b'])"),
            Example::new("isnull(bag_keys(dynamic([1])))", "true"),
        ]),
    Function::new(
        "bag_merge",
        &[Signature::new(&[BAG, OTHER.repeats()], DYNAMIC)],
        bag_merge,
        "One bag of the properties of several.",
    )
    .remarks("The first of several values of a key stays. Null when one of the arguments is no bag.")
    .examples(&[Example::new("bag_merge(dynamic({'a': 1}), dynamic({'a': 2, 'b': 3}))", "dynamic({'a': 1, 'b': 3})")]),
    Function::new(
        "bag_has_key",
        &[Signature::new(&[BAG, KEY], Returns::Type(Type::Bool))],
        bag_has_key,
        "Whether a bag has a key.",
    )
    .remarks("The key may be a JSON path, which starts with `$`. Keys are case-sensitive.")
    .examples(&[
        Example::new("bag_has_key(dynamic({'a': {'b': 1}}), 'a')", "true"),
        Example::new("bag_has_key(dynamic({'a': {'b': 1}}), '$.a.b')", "true"),
        Example::new("bag_has_key(dynamic({'a': {'b': 1}}), 'A')", "false"),
    ]),
    Function::new(
        "bag_remove_keys",
        &[Signature::new(&[BAG, Parameter::new("keys", Accepts::Type(Type::Dynamic))], DYNAMIC)],
        bag_remove_keys,
        "A bag without some keys.",
    )
    .remarks("Keys may be JSON paths, which start with `$`.")
    .examples(&[
        Example::new("bag_remove_keys(dynamic({'a': 1, 'b': 2}), dynamic(['b', 'z']))", "dynamic({'a': 1})"),
        Example::new(
            "bag_remove_keys(dynamic({'a': {'b': 1, 'c': 2}}), dynamic(['$.a.b']))",
            "dynamic({'a': {'c': 2}})",
        ),
    ]),
    Function::new(
        "bag_set_key",
        &[Signature::new(&[BAG, KEY, VALUE], DYNAMIC)],
        bag_set_key,
        "A bag with a key set to a value.",
    )
    .remarks("The key may be a JSON path, which starts with `$`; bags that are missing on the way are made.")
    .examples(&[
        Example::new("bag_set_key(dynamic({'a': 1}), 'a', 2)", "dynamic({'a': 2})"),
        Example::new("bag_set_key(dynamic({}), '$.a.b', 'x')", "dynamic({'a': {'b': 'x'}})"),
    ])
    .sees_nulls(),
    Function::new(
        "bag_zip",
        &[Signature::new(
            &[
                Parameter::new("keys", Accepts::Type(Type::Dynamic)),
                Parameter::new("values", Accepts::Type(Type::Dynamic)),
            ],
            DYNAMIC,
        )],
        bag_zip,
        "A bag of an array of keys and one of values.",
    )
    .remarks("A key that is no string is left out with its value; a key without a value gets null.")
    .examples(&[Example::new("bag_zip(dynamic(['a', 1, 'b']), dynamic([10, 20]))", "dynamic({'a': 10, 'b': null})")])
    .sees_nulls(),
    Function::new("treepath", &[Signature::new(&[BAG], DYNAMIC)], treepath, "The paths of all members of a value.")
        .remarks("`[0]` stands for any element of an array.")
        .examples(&[Example::new(
            "treepath(dynamic({'a': [1, {'b': 2}]}))",
            "dynamic([\"['a']\", \"['a'][0]\", \"['a'][0]['b']\"])",
        )]),
    Function::new(
        "extract_json",
        &[Signature::new(
            &[
                Parameter::new("jsonPath", Accepts::Type(Type::String)),
                Parameter::new("dataSource", Accepts::Type(Type::String)),
                Parameter::new("type", Accepts::Type(Type::String)).optional().constant(),
            ],
            Returns::Custom(extracted_type),
        )],
        extract_json,
        "What a JSON path leads to in a text, converted to a type (`string` unless one is given).",
    )
    .aliases(&["extractjson"])
    .remarks("Null (`\"\"` for a string) where the path leads nowhere.")
    .examples(&[
        Example::new("extract_json('$.a[1].b', '{\"a\": [0, {\"b\": \"x\"}]}')", "'x'"),
        Example::new("extract_json('$.a', '{\"a\": \"7\"}', typeof(long))", "7"),
    ])
    .result_name(ResultName::None),
];

fn bag_pack(arguments: &[Value]) -> Value {
    let mut bag = Bag::new();
    for pair in arguments.chunks_exact(2) {
        if let [key, value] = pair {
            bag.insert(convert::text(key).into_owned(), json_of::from_value(value));
        }
    }
    Value::Dynamic(Json::Object(bag))
}

fn bag_keys(arguments: &[Value]) -> Value {
    dynamic(bag(arguments, 0).map(|bag| bag.keys().cloned().collect()))
}

fn bag_merge(arguments: &[Value]) -> Value {
    let merged = || {
        let mut merged = Bag::new();
        for index in 0..arguments.len() {
            for (key, value) in bag(arguments, index)? {
                if !merged.contains_key(key) {
                    merged.insert(key.clone(), value.clone());
                }
            }
        }
        Some(Json::Object(merged))
    };
    dynamic(merged())
}

/// A key, or a path when it starts with `$` and is one.
fn steps(key: &str) -> Vec<Step> {
    json_path::parse(key).unwrap_or_else(|| vec![Step::Key(key.to_owned())])
}

fn bag_has_key(arguments: &[Value]) -> Value {
    let Some(Value::Dynamic(json @ Json::Object(_))) = arguments.first() else { return Value::Null };
    Value::Bool(json_path::find(json, &steps(text(arguments, 1))).is_some())
}

fn bag_remove_keys(arguments: &[Value]) -> Value {
    let Some(Value::Dynamic(json @ Json::Object(_))) = arguments.first() else { return Value::Null };
    let mut json = json.clone();
    for key in texts(arguments, 1) {
        remove(&mut json, &steps(key));
    }
    Value::Dynamic(json)
}

fn remove(json: &mut Json, steps: &[Step]) {
    match (json, steps) {
        (Json::Object(bag), [Step::Key(last)]) => {
            bag.shift_remove(last);
        }
        (Json::Object(bag), [Step::Key(key), rest @ ..]) => {
            if let Some(inner) = bag.get_mut(key) {
                remove(inner, rest);
            }
        }
        (Json::Array(items), [Step::Index(index), rest @ ..]) if !rest.is_empty() => {
            if let Some(inner) = items.get_mut(*index) {
                remove(inner, rest);
            }
        }
        _ => {}
    }
}

fn bag_set_key(arguments: &[Value]) -> Value {
    let Some(Value::Dynamic(json @ Json::Object(_))) = arguments.first() else { return Value::Null };
    let mut json = json.clone();
    let set = set(&mut json, &steps(text(arguments, 1)), json_of::from_value(any(arguments, 2)));
    or_null(set, |()| Value::Dynamic(json))
}

/// Sets what a path leads to; `None` when something on the way is neither a bag nor missing.
fn set(json: &mut Json, steps: &[Step], value: Json) -> Option<()> {
    match steps {
        [] => *json = value,
        [Step::Key(key), rest @ ..] => {
            if json.is_null() {
                *json = Json::Object(Bag::new());
            }
            set(json.as_object_mut()?.entry(key.clone()).or_insert(Json::Null), rest, value)?;
        }
        [Step::Index(index), rest @ ..] => set(json.as_array_mut()?.get_mut(*index)?, rest, value)?,
    }
    Some(())
}

fn bag_zip(arguments: &[Value]) -> Value {
    dynamic(array(arguments, 0).map(|keys| {
        let values = array(arguments, 1).unwrap_or_default();
        let value = |place: usize| values.get(place).cloned().unwrap_or_default();
        let named = keys.iter().enumerate().filter_map(|(place, key)| Some((key.as_str()?.to_owned(), value(place))));
        Json::Object(named.collect())
    }))
}

fn treepath(arguments: &[Value]) -> Value {
    let Some(Value::Dynamic(json)) = arguments.first() else { return Value::Null };
    let mut paths: Vec<String> = Vec::new();
    members(json, "", &mut paths);
    Value::Dynamic(Json::from(paths))
}

fn members(json: &Json, path: &str, paths: &mut Vec<String>) {
    let children: Vec<(String, &Json)> = match json {
        Json::Object(bag) => bag.iter().map(|(key, value)| (format!("{path}['{key}']"), value)).collect(),
        Json::Array(items) => items.iter().map(|item| (format!("{path}[0]"), item)).collect(),
        _ => vec![],
    };
    for (child_path, child) in children {
        if !paths.contains(&child_path) {
            paths.push(child_path.clone());
        }
        members(child, &child_path, paths);
    }
}

fn extracted_type(_: &[Type], constants: &[Option<Value>]) -> Type {
    constant_text(constants, 2).and_then(Type::from_name).unwrap_or(Type::String)
}

fn extract_json(arguments: &[Value]) -> Value {
    let ty = Type::from_name(text(arguments, 2)).unwrap_or(Type::String);
    let parsed: Option<Json> = serde_json::from_str(text(arguments, 1)).ok();
    let found = parsed.as_ref().zip(json_path::parse(text(arguments, 0)));
    let found = found.and_then(|(json, steps)| json_path::find(json, &steps)).filter(|json| !json.is_null());
    found.map_or(Value::missing(ty), |json| convert::to(ty, Value::Dynamic(json.clone())))
}
