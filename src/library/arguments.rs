//! Reading the arguments of kernels, whose types the binder has settled.

use crate::value::{Json, Value};

/// The argument at that place; null when it was left out.
pub(crate) fn any(arguments: &[Value], index: usize) -> &Value {
    arguments.get(index).unwrap_or(&Value::Null)
}

/// A string argument; `""` when it was left out.
pub(crate) fn text(arguments: &[Value], index: usize) -> &str {
    any(arguments, index).as_str().unwrap_or_default()
}

/// A whole number.
pub(crate) fn long(arguments: &[Value], index: usize) -> Option<i64> {
    any(arguments, index).as_i64()
}

/// A number as a double.
pub(crate) fn real(arguments: &[Value], index: usize) -> Option<f64> {
    any(arguments, index).as_f64()
}

/// The ticks of a datetime or timespan.
pub(crate) fn ticks(arguments: &[Value], index: usize) -> Option<i64> {
    any(arguments, index).as_ticks()
}

/// A dynamic argument.
pub(crate) fn json(arguments: &[Value], index: usize) -> Option<&Json> {
    match any(arguments, index) {
        Value::Dynamic(json) => Some(json),
        _ => None,
    }
}

/// A constant string among the arguments that a check sees.
pub(crate) fn constant_text(constants: &[Option<Value>], index: usize) -> Option<&str> {
    constants.get(index)?.as_ref()?.as_str()
}

/// `None` is null.
pub(crate) fn or_null<T>(value: Option<T>, make: impl FnOnce(T) -> Value) -> Value {
    value.map_or(Value::Null, make)
}

/// The elements of a dynamic array.
pub(crate) fn array(arguments: &[Value], index: usize) -> Option<&[Json]> {
    json(arguments, index)?.as_array().map(Vec::as_slice)
}

/// The properties of a bag.
pub(crate) fn bag(arguments: &[Value], index: usize) -> Option<&serde_json::Map<String, Json>> {
    json(arguments, index)?.as_object()
}

/// All arguments from one on that are arrays; `None` when one is not.
pub(crate) fn arrays(arguments: &[Value], from: usize) -> Option<Vec<&[Json]>> {
    (from..arguments.len()).map(|index| array(arguments, index)).collect()
}

/// The texts from an argument on, the elements of arrays among them: `f(x, 'a', 'b')` and `f(x, dynamic(['a', 'b']))`.
pub(crate) fn texts(arguments: &[Value], from: usize) -> impl Iterator<Item = &str> {
    arguments.get(from..).unwrap_or_default().iter().flat_map(|argument| match argument {
        Value::String(text) => vec![text.as_str()],
        Value::Dynamic(Json::String(text)) => vec![text.as_str()],
        Value::Dynamic(Json::Array(items)) => items.iter().filter_map(Json::as_str).collect(),
        _ => vec![],
    })
}

/// A dynamic value; null when there is none, or when it is JSON's null.
pub(crate) fn dynamic(json: Option<Json>) -> Value {
    json.filter(|json| !json.is_null()).map_or(Value::Null, Value::Dynamic)
}
