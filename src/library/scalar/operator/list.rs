//! Lists: `in` and its kin, `has_any`, `has_all`. The list is written out, or is one dynamic array.

use super::comparison::equality;
use crate::library::arguments::{any, text};
use crate::library::convert::json_text;
use crate::library::text::{Matcher, Place, equal_ignore_case};
use crate::library::{Accepts, Example, Function, Native, Parameter, Returns, Signature};
use crate::value::{Json, Type, Value, datetime, dynamic, timespan};

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("in", ITEMS, is_in, "Whether a value equals one of a list; texts with regard to case.")
        .remarks("The list may be a dynamic array. A null is in no list of values.")
        .examples(&[
            Example::new("445 in (135, 139, 445)", "true"),
            Example::new("'CMD' in ('cmd', 'sh')", "false"),
            Example::new("'cmd' in (dynamic(['cmd', 'sh']))", "true"),
        ])
        .sees_nulls()
        .native(Native::In),
    Function::new("!in", ITEMS, is_not_in, "Whether a value equals none of a list; texts with regard to case.")
        .examples(&[Example::new("80 !in (135, 139, 445)", "true")])
        .sees_nulls()
        .native(Native::NotIn),
    Function::new("in~", TEXTS, is_in_tilde, "Whether a text equals one of a list but for case.")
        .examples(&[Example::new("'CMD.exe' in~ ('cmd.exe', 'sh')", "true")])
        .native(Native::InTilde),
    Function::new("!in~", TEXTS, is_not_in_tilde, "Whether a text equals none of a list, whatever the case.")
        .examples(&[Example::new("'CMD.exe' !in~ ('cmd.exe', 'sh')", "false")])
        .native(Native::NotInTilde),
    Function::new("has_any", TEXTS, has_any, "Whether a text has one of some terms, whatever their case.")
        .remarks("Terms as in `has`. The terms may be a dynamic array, whose numbers count as their text.")
        .examples(&[
            Example::new("'net user /add' has_any ('whoami', 'USER')", "true"),
            Example::new("'net user /add' has_any (dynamic(['whoami', 'use']))", "false"),
        ])
        .native(Native::HasAny),
    Function::new("has_all", TEXTS, has_all, "Whether a text has all of some terms, whatever their case.")
        .examples(&[
            Example::new("'net user /add' has_all ('ADD', 'user')", "true"),
            Example::new("'net user /add' has_all ('add', 'group')", "false"),
        ])
        .native(Native::HasAll),
];

const ARRAY: Parameter = Parameter::new("list", Accepts::Exactly(Type::Dynamic));
const ITEMS: &[Signature] = &[
    Signature::new(&[Parameter::new("value", Accepts::Any), ARRAY], Returns::Type(Type::Bool)),
    Signature::new(
        &[Parameter::new("value", Accepts::Common), Parameter::new("item", Accepts::Common).repeats()],
        Returns::Type(Type::Bool),
    ),
];
const TEXTS: &[Signature] = &[
    Signature::new(&[Parameter::new("text", Accepts::Type(Type::String)), ARRAY], Returns::Type(Type::Bool)),
    Signature::new(
        &[
            Parameter::new("text", Accepts::Type(Type::String)),
            Parameter::new("item", Accepts::Type(Type::String)).repeats(),
        ],
        Returns::Type(Type::Bool),
    ),
];

/// The elements of a dynamic array; another dynamic value is a list of itself.
fn elements(json: &Json) -> &[Json] {
    match json {
        Json::Array(items) => items,
        Json::Null => &[],
        other => std::slice::from_ref(other),
    }
}

/// Whether the first argument equals any other.
fn member(arguments: &[Value]) -> bool {
    let Some((value, items)) = arguments.split_first() else { return false };
    items.iter().any(|item| match item {
        Value::Dynamic(list) if !matches!(value, Value::Dynamic(_)) => {
            elements(list).iter().any(|json| equals_json(value, json))
        }
        Value::Dynamic(list @ Json::Array(_)) if arguments.len() == 2 => {
            elements(list).iter().any(|json| equality(value, &Value::Dynamic(json.clone())) == Some(true))
        }
        _ => equality(value, item) == Some(true),
    })
}

/// Whether a value equals an element of a dynamic array. Types that JSON lacks stand there as their text.
fn equals_json(value: &Value, json: &Json) -> bool {
    match (value, json) {
        (Value::String(a), Json::String(b)) => a == b,
        (Value::Datetime(t), Json::String(text)) => datetime::parse(text) == Some(*t),
        (Value::Timespan(t), Json::String(text)) => timespan::parse(text) == Some(*t),
        (Value::Null, _) => false,
        (Value::String(_), _) => false,
        _ => equality(&Value::Dynamic(dynamic::from_value(value)), &Value::Dynamic(json.clone())) == Some(true),
    }
}

/// Whether any text of a list (all arguments but the first) passes.
fn any_text(arguments: &[Value], mut passes: impl FnMut(&str) -> bool) -> bool {
    arguments.iter().skip(1).any(|item| match item {
        Value::Dynamic(list) => elements(list).iter().any(|json| passes(&json_text(json))),
        Value::String(text) => passes(text),
        _ => false,
    })
}

fn is_in(arguments: &[Value]) -> Value {
    Value::Bool(member(arguments))
}

fn is_not_in(arguments: &[Value]) -> Value {
    Value::Bool(!member(arguments))
}

fn is_in_tilde(arguments: &[Value]) -> Value {
    let value = text(arguments, 0);
    Value::Bool(any_text(arguments, |item| equal_ignore_case(value, item)))
}

fn is_not_in_tilde(arguments: &[Value]) -> Value {
    let value = text(arguments, 0);
    Value::Bool(!any_text(arguments, |item| equal_ignore_case(value, item)))
}

fn has_any(arguments: &[Value]) -> Value {
    let value = text(arguments, 0);
    Value::Bool(any_text(arguments, |item| Matcher::new(item, Place::TERM, false).is_match(value)))
}

fn has_all(arguments: &[Value]) -> Value {
    let value = text(arguments, 0);
    let missing = any_text(arguments, |item| !Matcher::new(item, Place::TERM, false).is_match(value));
    Value::Bool(!missing && !any(arguments, 1).is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_items_are_lists() {
        let list = Value::Dynamic(serde_json::json!(["a", 7, "2024-03-01", 1.5]));
        assert_eq!(is_in(&[Value::Long(7), list.clone()]), Value::Bool(true));
        assert_eq!(is_in(&[Value::String("7".into()), list.clone()]), Value::Bool(false));
        assert_eq!(is_in(&[Value::Real(1.5), list.clone()]), Value::Bool(true));
        assert_eq!(is_in(&[Value::Dynamic(serde_json::json!("a")), list.clone()]), Value::Bool(true));
        let day = datetime::from_date(2024, 3, 1).map_or(Value::Null, Value::Datetime);
        assert_eq!(is_in(&[day, list]), Value::Bool(true));
        assert_eq!(is_in(&[Value::Null, Value::Long(1)]), Value::Bool(false));
        assert_eq!(is_not_in(&[Value::Null, Value::Long(1)]), Value::Bool(true));
    }
}
