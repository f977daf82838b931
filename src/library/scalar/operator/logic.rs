//! `and`, `or`, `not`: true, false and unknown.

use super::comparison::three_valued;
use crate::library::arguments::any;
use crate::library::{Accepts, Example, Function, Native, Parameter, Returns, Signature};
use crate::value::{Type, Value};

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("and", BOTH, and, "Whether both sides hold.")
        .remarks("Null counts as unknown: `false and null` is false, `true and null` is null.")
        .examples(&[
            Example::new("1 < 2 and 2 < 3", "true"),
            Example::new("bool(null) and false", "false"),
            Example::new("bool(null) and true", "bool(null)"),
        ])
        .sees_nulls()
        .native(Native::And),
    Function::new("or", BOTH, or, "Whether a side holds.")
        .remarks("Null counts as unknown: `true or null` is true, `false or null` is null.")
        .examples(&[
            Example::new("1 > 2 or 2 < 3", "true"),
            Example::new("bool(null) or true", "true"),
            Example::new("bool(null) or false", "bool(null)"),
        ])
        .sees_nulls()
        .native(Native::Or),
    Function::new("not", ONE, not, "The opposite of a condition.")
        .remarks("Null stays null.")
        .examples(&[Example::new("not(1 > 2)", "true"), Example::new("not(bool(null))", "bool(null)")])
        .native(Native::Not),
];

const CONDITION: Accepts = Accepts::Type(Type::Bool);
const BOTH: &[Signature] = &[Signature::new(
    &[Parameter::new("left", CONDITION), Parameter::new("right", CONDITION)],
    Returns::Type(Type::Bool),
)];
const ONE: &[Signature] = &[Signature::new(&[Parameter::new("expr", CONDITION)], Returns::Type(Type::Bool))];

fn and(arguments: &[Value]) -> Value {
    let sides = (any(arguments, 0).as_bool(), any(arguments, 1).as_bool());
    three_valued(match sides {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    })
}

fn or(arguments: &[Value]) -> Value {
    let sides = (any(arguments, 0).as_bool(), any(arguments, 1).as_bool());
    three_valued(match sides {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    })
}

fn not(arguments: &[Value]) -> Value {
    three_valued(any(arguments, 0).as_bool().map(|holds| !holds))
}
