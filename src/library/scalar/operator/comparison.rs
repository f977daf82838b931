//! `== != < <= > >=`, `=~ !~` and `between`.
//!
//! A null is unequal to every value, but whether two nulls are equal is unknown, and so is every order with a null. NaN is
//! unequal to itself.

use crate::library::arguments::{any, text};
use crate::library::{Accepts, Example, Function, Native, Parameter, Returns, Signature, text::equal_ignore_case};
use crate::value::{Json, Type, Value, datetime};
use std::cmp::Ordering;

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("==", COMMON, equal, "Whether two values are equal; texts with regard to case.")
        .remarks("False when only one side is null; null when both are.")
        .examples(&[
            Example::new("'cmd' == 'CMD'", "false"),
            Example::new("1 == 1.0", "true"),
            Example::new("long(null) == 1", "false"),
            Example::new("long(null) == long(null)", "bool(null)"),
        ])
        .sees_nulls()
        .native(Native::Equal),
    Function::new("!=", COMMON, not_equal, "Whether two values differ; texts with regard to case.")
        .aliases(&["<>"])
        .remarks("True when only one side is null; null when both are.")
        .examples(&[Example::new("'cmd' != 'CMD'", "true"), Example::new("long(null) != 1", "true")])
        .sees_nulls()
        .native(Native::NotEqual),
    Function::new("<", ORDERED, less, "Whether the left value is smaller.")
        .remarks("Numbers, datetimes and timespans have an order, texts have none. Null when a side is null.")
        .examples(&[
            Example::new("1 < 2.5", "true"),
            Example::new("datetime(2024-01-02) < datetime(2024-01-01)", "false"),
        ])
        .native(Native::Less),
    Function::new("<=", ORDERED, less_or_equal, "Whether the left value is smaller or equal.")
        .remarks("Null when a side is null.")
        .examples(&[Example::new("2 <= 2", "true")])
        .native(Native::LessOrEqual),
    Function::new(">", ORDERED, greater, "Whether the left value is greater.")
        .remarks("Null when a side is null.")
        .examples(&[Example::new("90m > 1h", "true"), Example::new("long(null) > 0", "bool(null)")])
        .native(Native::Greater),
    Function::new(">=", ORDERED, greater_or_equal, "Whether the left value is greater or equal.")
        .remarks("Null when a side is null.")
        .examples(&[Example::new("2.0 >= 2", "true")])
        .native(Native::GreaterOrEqual),
    Function::new("=~", TEXTS, equal_tilde, "Whether two texts are equal but for case.")
        .remarks("Letter by letter, also beyond ASCII.")
        .examples(&[Example::new("'PowerShell.exe' =~ 'powershell.EXE'", "true"), Example::new("'é' =~ 'e'", "false")])
        .native(Native::EqualTilde),
    Function::new("!~", TEXTS, not_equal_tilde, "Whether two texts differ by more than case.")
        .examples(&[Example::new("'cmd.exe' !~ 'CMD.EXE'", "false")])
        .native(Native::NotEqualTilde),
    Function::new("between", RANGE, between, "Whether a value lies in a range, both ends included.")
        .remarks("The end of a range of datetimes may be a timespan, counted from its start. It is `x >= from and x <= to`: a \
                  null bound leaves it null unless the other one decides.")
        .sees_nulls()
        .examples(&[
            Example::new("5 between (1 .. 5)", "true"),
            Example::new("9 between (long(null) .. 5)", "false"),
            Example::new("datetime(2024-01-03) between (datetime(2024-01-01) .. 3d)", "true"),
        ])
        .native(Native::Between),
    Function::new("!between", RANGE, not_between, "Whether a value lies outside of a range.")
        .remarks("The opposite of `between`; null where that is.")
        .sees_nulls()
        .examples(&[Example::new("5 !between (1 .. 4)", "true")])
        .native(Native::NotBetween),
];

const COMMON: &[Signature] = &[Signature::new(
    &[Parameter::new("left", Accepts::Common), Parameter::new("right", Accepts::Common)],
    Returns::Type(Type::Bool),
)];
const fn ordered_pair(accepts: Accepts) -> [Parameter; 2] {
    [Parameter::new("left", accepts), Parameter::new("right", accepts)]
}

/// A dynamic value compares as the number that it holds.
const ORDERED: &[Signature] = &[
    Signature::new(&ordered_pair(Accepts::Promoted), Returns::Type(Type::Bool)),
    Signature::new(&ordered_pair(Accepts::Exactly(Type::Datetime)), Returns::Type(Type::Bool)),
    Signature::new(&ordered_pair(Accepts::Exactly(Type::Timespan)), Returns::Type(Type::Bool)),
    Signature::new(&ordered_pair(Accepts::Exactly(Type::Bool)), Returns::Type(Type::Bool)),
    Signature::new(&ordered_pair(Accepts::Type(Type::Real)), Returns::Type(Type::Bool)),
];
const TEXTS: &[Signature] = &[Signature::new(
    &[Parameter::new("left", Accepts::Type(Type::String)), Parameter::new("right", Accepts::Type(Type::String))],
    Returns::Type(Type::Bool),
)];
const RANGE: &[Signature] = &[
    Signature::new(
        &[
            Parameter::new("value", Accepts::Exactly(Type::Datetime)),
            Parameter::new("from", Accepts::Exactly(Type::Datetime)),
            Parameter::new("to", Accepts::Exactly(Type::Timespan)),
        ],
        Returns::Type(Type::Bool),
    ),
    Signature::new(
        &[
            Parameter::new("value", Accepts::Common),
            Parameter::new("from", Accepts::Common),
            Parameter::new("to", Accepts::Common),
        ],
        Returns::Type(Type::Bool),
    ),
];

/// The order of two values that are not null; `None` where there is none (NaN, different kinds).
pub(in crate::library) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Datetime(a), Value::Datetime(b)) | (Value::Timespan(a), Value::Timespan(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Guid(a), Value::Guid(b)) => Some(a.cmp(b)),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::Dynamic(a), Value::Dynamic(b)) => order_of_json(a, b),
        _ => match (left.as_i64(), right.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
    }
}

/// Scalars in dynamic values compare as they would outside; arrays and bags are equal or have no order.
fn order_of_json(left: &Json, right: &Json) -> Option<Ordering> {
    match (left, right) {
        (Json::Number(a), Json::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        (Json::String(a), Json::String(b)) => Some(a.cmp(b)),
        (Json::Bool(a), Json::Bool(b)) => Some(a.cmp(b)),
        _ => (left == right).then_some(Ordering::Equal),
    }
}

/// Equality as `==` has it; `None` is null.
pub(super) fn equality(left: &Value, right: &Value) -> Option<bool> {
    match (left.is_null(), right.is_null()) {
        (true, true) => None,
        (true, false) | (false, true) => Some(false),
        (false, false) => Some(order(left, right) == Some(Ordering::Equal)),
    }
}

/// An answer that may be unknown.
pub(super) fn three_valued(answer: Option<bool>) -> Value {
    answer.map_or(Value::Null, Value::Bool)
}

fn equal(arguments: &[Value]) -> Value {
    three_valued(equality(any(arguments, 0), any(arguments, 1)))
}

fn not_equal(arguments: &[Value]) -> Value {
    three_valued(equality(any(arguments, 0), any(arguments, 1)).map(|same| !same))
}

fn ordered(arguments: &[Value], holds: fn(Ordering) -> bool) -> Value {
    Value::Bool(order(any(arguments, 0), any(arguments, 1)).is_some_and(holds))
}

fn less(arguments: &[Value]) -> Value {
    ordered(arguments, Ordering::is_lt)
}

fn less_or_equal(arguments: &[Value]) -> Value {
    ordered(arguments, Ordering::is_le)
}

fn greater(arguments: &[Value]) -> Value {
    ordered(arguments, Ordering::is_gt)
}

fn greater_or_equal(arguments: &[Value]) -> Value {
    ordered(arguments, Ordering::is_ge)
}

fn equal_tilde(arguments: &[Value]) -> Value {
    Value::Bool(equal_ignore_case(text(arguments, 0), text(arguments, 1)))
}

fn not_equal_tilde(arguments: &[Value]) -> Value {
    Value::Bool(!equal_ignore_case(text(arguments, 0), text(arguments, 1)))
}

/// Whether the first argument lies between the others; null where no bound that is there decides.
fn within(arguments: &[Value]) -> Option<bool> {
    let (value, from, to) = (any(arguments, 0), any(arguments, 1), any(arguments, 2));
    let end = match (from, to) {
        (Value::Datetime(start), Value::Timespan(length)) => {
            Value::Datetime(start.saturating_add(*length).clamp(datetime::MIN, datetime::MAX))
        }
        (Value::Null, Value::Timespan(_)) if matches!(value, Value::Datetime(_)) => Value::Null,
        _ => to.clone(),
    };
    let side = |bound: &Value, holds: fn(Ordering) -> bool| {
        let there = !value.is_null() && !bound.is_null();
        there.then(|| order(value, bound).is_some_and(holds))
    };
    match (side(from, Ordering::is_ge), side(&end, Ordering::is_le)) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn between(arguments: &[Value]) -> Value {
    within(arguments).map_or(Value::Null, Value::Bool)
}

fn not_between(arguments: &[Value]) -> Value {
    within(arguments).map_or(Value::Null, |inside| Value::Bool(!inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_and_nan() {
        let (null, one, nan) = (Value::Null, Value::Long(1), Value::Real(f64::NAN));
        assert_eq!(equality(&null, &null), None);
        assert_eq!(equality(&null, &one), Some(false));
        assert_eq!(not_equal(&[one, null]), Value::Bool(true));
        assert_eq!(equality(&nan, &nan), Some(false));
        assert_eq!(not_equal(&[nan.clone(), nan]), Value::Bool(true));
    }

    #[test]
    fn a_bound_that_is_there_decides() {
        let (null, one, nine) = (Value::Null, Value::Long(1), Value::Long(9));
        assert_eq!(within(&[nine.clone(), null.clone(), one.clone()]), Some(false));
        assert_eq!(within(&[one.clone(), null.clone(), nine.clone()]), None);
        assert_eq!(within(&[null, one, nine]), None);
    }

    #[test]
    fn a_range_may_end_after_a_while() {
        let at = |t| Value::Datetime(t);
        assert_eq!(within(&[at(15), at(10), Value::Timespan(5)]), Some(true));
        assert_eq!(within(&[at(16), at(10), Value::Timespan(5)]), Some(false));
        assert_eq!(within(&[at(datetime::MAX), at(datetime::MAX - 1), Value::Timespan(5)]), Some(true));
    }
}
