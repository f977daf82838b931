//! Choices between values, and tests for null and emptiness.

use super::operator::comparison::order;
use crate::library::arguments::any;
use crate::library::{Accepts, Example, Function, Native, Parameter, Returns, Signature};
use crate::value::{Type, Value};
use std::cmp::Ordering;

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("iff", IFF, iff, "One of two values, by a condition.")
        .aliases(&["iif"])
        .remarks("A condition that is null counts as false.")
        .examples(&[Example::new("iff(2 > 1, 'more', 'less')", "'more'"), Example::new("iff(bool(null), 1, 2)", "2")])
        .sees_nulls()
        .native(Native::Iff),
    Function::new("case", CASE, case, "The value behind the first condition that holds, else the last value.")
        .remarks("Conditions and values alternate; the value for all other cases ends the list. Null counts as false.")
        .examples(&[
            Example::new("case(5 < 3, 'low', 5 < 10, 'middle', 'high')", "'middle'"),
            Example::new("case(false, 1, 2)", "2"),
        ])
        .sees_nulls()
        .native(Native::Case),
    Function::new("coalesce", COMMON, coalesce, "The first value that is not null, or not empty.")
        .remarks("An empty string counts as missing.")
        .examples(&[Example::new("coalesce(long(null), 7)", "7"), Example::new("coalesce('', 'unknown')", "'unknown'")])
        .sees_nulls()
        .native(Native::Coalesce),
    Function::new("max_of", COMMON, max_of, "The greatest of some values.")
        .remarks("Nulls are left out; null when there is nothing else.")
        .examples(&[Example::new("max_of(3, 10, -4)", "10"), Example::new("max_of(3, long(null))", "3")])
        .sees_nulls(),
    Function::new("min_of", COMMON, min_of, "The smallest of some values.")
        .remarks("Nulls are left out; null when there is nothing else.")
        .examples(&[Example::new("min_of(3, 10, -4)", "-4")])
        .sees_nulls(),
    Function::new("isnull", TEST, isnull, "Whether a value is null.")
        .remarks("Never true for a string, not even an empty one. True for the dynamic `null`.")
        .examples(&[Example::new("isnull(long(null))", "true"), Example::new("isnull('')", "false")])
        .sees_nulls()
        .native(Native::IsNull),
    Function::new("isnotnull", TEST, isnotnull, "Whether a value is not null.")
        .aliases(&["notnull"])
        .examples(&[Example::new("isnotnull(0)", "true")])
        .sees_nulls()
        .native(Native::IsNotNull),
    Function::new("isempty", TEST, isempty, "Whether a string is empty or another value null.")
        .examples(&[Example::new("isempty('')", "true"), Example::new("isempty(' ')", "false")])
        .sees_nulls()
        .native(Native::IsEmpty),
    Function::new("isnotempty", TEST, isnotempty, "Whether a string is not empty, or another value not null.")
        .aliases(&["notempty"])
        .examples(&[Example::new("isnotempty('x')", "true"), Example::new("isnotempty(int(null))", "false")])
        .sees_nulls()
        .native(Native::IsNotEmpty),
];

const CONDITION: Parameter = Parameter::new("predicate", Accepts::Type(Type::Bool));
const IFF: &[Signature] = &[Signature::new(
    &[CONDITION, Parameter::new("then", Accepts::Common), Parameter::new("else", Accepts::Common)],
    Returns::Common,
)];
const CASE: &[Signature] = &[Signature::new(
    &[CONDITION.repeats(), Parameter::new("then", Accepts::Common).repeats(), Parameter::new("else", Accepts::Common)],
    Returns::Common,
)];
const COMMON: &[Signature] = &[Signature::new(&[Parameter::new("value", Accepts::Common).repeats()], Returns::Common)];
const TEST: &[Signature] = &[Signature::new(&[Parameter::new("value", Accepts::Any)], Returns::Type(Type::Bool))];

fn iff(arguments: &[Value]) -> Value {
    let holds = any(arguments, 0).as_bool() == Some(true);
    any(arguments, if holds { 1 } else { 2 }).clone()
}

fn case(arguments: &[Value]) -> Value {
    let chosen = arguments.chunks(2).find_map(|pair| match pair {
        [condition, then] => (condition.as_bool() == Some(true)).then_some(then),
        otherwise => otherwise.first(),
    });
    chosen.cloned().unwrap_or(Value::Null)
}

fn coalesce(arguments: &[Value]) -> Value {
    let found = arguments.iter().find(|value| !is_missing(value));
    found.or(arguments.last()).cloned().unwrap_or(Value::Null)
}

/// Null, or the empty string.
fn is_missing(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

/// The value that comes first in that order among those that are not null.
fn extreme(arguments: &[Value], wanted: Ordering) -> Value {
    let values = arguments.iter().filter(|value| !value.is_null());
    let best = values.reduce(|best, value| if order(value, best) == Some(wanted) { value } else { best });
    best.cloned().unwrap_or(Value::Null)
}

fn max_of(arguments: &[Value]) -> Value {
    extreme(arguments, Ordering::Greater)
}

fn min_of(arguments: &[Value]) -> Value {
    extreme(arguments, Ordering::Less)
}

fn isnull(arguments: &[Value]) -> Value {
    Value::Bool(any(arguments, 0).is_null())
}

fn isnotnull(arguments: &[Value]) -> Value {
    Value::Bool(!any(arguments, 0).is_null())
}

fn isempty(arguments: &[Value]) -> Value {
    Value::Bool(is_missing(any(arguments, 0)))
}

fn isnotempty(arguments: &[Value]) -> Value {
    Value::Bool(!is_missing(any(arguments, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_takes_the_first_that_holds() {
        let arguments = [Value::Null, Value::Long(1), Value::Bool(true), Value::Long(2), Value::Long(3)];
        assert_eq!(case(&arguments), Value::Long(2));
        assert_eq!(case(&[Value::Bool(false), Value::Long(1), Value::Null]), Value::Null);
    }
}
