//! `+ - * / %` and the sign, over numbers, datetimes and timespans.
//!
//! Whole numbers are computed in 64 bits and wrap around, as the engine's do; an `int` becomes a `long` first.

use crate::library::arguments::or_null;
use crate::library::{Accepts, Example, Function, Native, Parameter, Returns, Signature};
use crate::value::{Type, Value, datetime};
use rust_decimal::Decimal;

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("+", PLUS, add, "The sum of two numbers, or a datetime or timespan moved by a timespan.")
        .remarks(
            "Two whole numbers give a long, which wraps around. A datetime that leaves the range of the calendar is null.",
        )
        .examples(&[
            Example::new("2 + 3", "5"),
            Example::new("2 + 0.5", "2.5"),
            Example::new("datetime(2024-02-28) + 2d", "datetime(2024-03-01)"),
        ])
        .native(Native::Add),
    Function::new("-", MINUS, subtract, "The difference of two numbers, of two datetimes, or a datetime moved back.")
        .remarks("The difference of two datetimes is a timespan.")
        .examples(&[
            Example::new("2 - 3", "-1"),
            Example::new("datetime(2024-03-01) - datetime(2024-02-28)", "2d"),
            Example::new("datetime(2024-03-01) - 1d", "datetime(2024-02-29)"),
        ])
        .native(Native::Subtract),
    Function::new("*", TIMES, multiply, "The product of two numbers, or a timespan a number of times.")
        .remarks("Two whole numbers give a long, which wraps around.")
        .examples(&[Example::new("6 * 7", "42"), Example::new("1h * 1.5", "90m"), Example::new("3 * 20m", "1h")])
        .native(Native::Multiply),
    Function::new("/", DIVIDED, divide, "The quotient of two numbers or timespans, or the part of a timespan.")
        .remarks(
            "Whole numbers are divided towards zero, and by zero give null. Reals divided by zero give infinity or NaN. Two \
             timespans give a real.",
        )
        .examples(&[
            Example::new("7 / 2", "3"),
            Example::new("7 / 2.0", "3.5"),
            Example::new("1 / 0", "long(null)"),
            Example::new("1d / 6h", "4.0"),
        ])
        .native(Native::Divide),
    Function::new("%", REST, modulo, "The rest of a division, never negative.")
        .remarks("Whatever the signs, the rest lies between 0 and the divisor's size. Divided by zero, whole numbers give null.")
        .examples(&[Example::new("8 % 5", "3"), Example::new("-8 % 5", "2"), Example::new("90m % 1h", "30m")])
        .native(Native::Modulo),
    Function::new("negate", SIGN, negate, "The sign in front of a number or timespan.")
        .examples(&[Example::new("-(2 + 3)", "-5"), Example::new("-(1h)", "-1h")])
        .native(Native::Negate),
];

const fn both(accepts: Accepts) -> [Parameter; 2] {
    mixed(accepts, accepts)
}

const fn mixed(left: Accepts, right: Accepts) -> [Parameter; 2] {
    [Parameter::new("left", left), Parameter::new("right", right)]
}

const LONG: Accepts = Accepts::Exactly(Type::Long);
const NUMBER: Accepts = Accepts::OneOf(&[Type::Int, Type::Long, Type::Real]);
const TIME: Accepts = Accepts::Exactly(Type::Datetime);
const SPAN: Accepts = Accepts::Exactly(Type::Timespan);

const LONGS: Signature = Signature::new(&both(LONG), Returns::Type(Type::Long));
const NUMBERS: Signature = Signature::new(&both(Accepts::Promoted), Returns::Promoted);
const SPANS: Signature = Signature::new(&both(SPAN), Returns::Type(Type::Timespan));
const TIME_AND_SPAN: Signature = Signature::new(&mixed(TIME, SPAN), Returns::Type(Type::Datetime));
const SPAN_AND_NUMBER: Signature = Signature::new(&mixed(SPAN, NUMBER), Returns::Type(Type::Timespan));

const PLUS: &[Signature] =
    &[LONGS, NUMBERS, TIME_AND_SPAN, Signature::new(&mixed(SPAN, TIME), Returns::Type(Type::Datetime)), SPANS];
const MINUS: &[Signature] =
    &[LONGS, NUMBERS, TIME_AND_SPAN, Signature::new(&both(TIME), Returns::Type(Type::Timespan)), SPANS];
const TIMES: &[Signature] =
    &[LONGS, NUMBERS, SPAN_AND_NUMBER, Signature::new(&mixed(NUMBER, SPAN), Returns::Type(Type::Timespan))];
const DIVIDED: &[Signature] =
    &[LONGS, NUMBERS, Signature::new(&both(SPAN), Returns::Type(Type::Real)), SPAN_AND_NUMBER];
const REST: &[Signature] = &[LONGS, NUMBERS, SPANS];
const SIGN: &[Signature] = &[
    Signature::new(&[Parameter::new("value", LONG)], Returns::Type(Type::Long)),
    Signature::new(
        &[Parameter::new("value", Accepts::OneOf(&[Type::Real, Type::Decimal, Type::Timespan]))],
        Returns::Argument(0),
    ),
];

/// What an operation does to two numbers, by kind.
struct Numbers {
    long: fn(i64, i64) -> Option<i64>,
    real: fn(f64, f64) -> f64,
    decimal: fn(Decimal, Decimal) -> Option<Decimal>,
}

impl Numbers {
    /// Null where the operands are no two numbers of one kind, or have no result.
    fn apply(&self, left: &Value, right: &Value) -> Value {
        match (left, right) {
            (Value::Real(a), Value::Real(b)) => Value::Real((self.real)(*a, *b)),
            (Value::Decimal(a), Value::Decimal(b)) => or_null((self.decimal)(*a, *b), Value::Decimal),
            _ => match (left.as_i64(), right.as_i64()) {
                (Some(a), Some(b)) => or_null((self.long)(a, b), Value::Long),
                _ => Value::Null,
            },
        }
    }
}

const ADD: Numbers =
    Numbers { long: |a, b| Some(a.wrapping_add(b)), real: |a, b| a + b, decimal: |a, b| a.checked_add(b) };
const SUBTRACT: Numbers =
    Numbers { long: |a, b| Some(a.wrapping_sub(b)), real: |a, b| a - b, decimal: |a, b| a.checked_sub(b) };
const MULTIPLY: Numbers =
    Numbers { long: |a, b| Some(a.wrapping_mul(b)), real: |a, b| a * b, decimal: |a, b| a.checked_mul(b) };
const DIVIDE: Numbers =
    Numbers { long: |a, b| (b != 0).then(|| a.wrapping_div(b)), real: |a, b| a / b, decimal: |a, b| a.checked_div(b) };
const MODULO: Numbers = Numbers {
    long: |a, b| (b != 0).then(|| a.wrapping_rem_euclid(b)),
    real: f64::rem_euclid,
    decimal: |a, b| a.checked_rem(b).map(|rest| if rest.is_sign_negative() { rest + b.abs() } else { rest }),
};

fn add(arguments: &[Value]) -> Value {
    let [left, right] = arguments else { return Value::Null };
    match (left, right) {
        (Value::Datetime(t), Value::Timespan(s)) | (Value::Timespan(s), Value::Datetime(t)) => moved(*t, *s),
        (Value::Timespan(a), Value::Timespan(b)) => or_null(a.checked_add(*b), Value::Timespan),
        _ => ADD.apply(left, right),
    }
}

fn subtract(arguments: &[Value]) -> Value {
    let [left, right] = arguments else { return Value::Null };
    match (left, right) {
        (Value::Datetime(a), Value::Datetime(b)) => Value::Timespan(a - b),
        (Value::Datetime(t), Value::Timespan(s)) => or_null(s.checked_neg(), |back| moved(*t, back)),
        (Value::Timespan(a), Value::Timespan(b)) => or_null(a.checked_sub(*b), Value::Timespan),
        _ => SUBTRACT.apply(left, right),
    }
}

fn multiply(arguments: &[Value]) -> Value {
    let [left, right] = arguments else { return Value::Null };
    match (left, right) {
        (Value::Timespan(s), Value::Real(x)) | (Value::Real(x), Value::Timespan(s)) => scaled(*s as f64 * x),
        (Value::Timespan(s), n) | (n, Value::Timespan(s)) => {
            or_null(n.as_i64().and_then(|n| s.checked_mul(n)), Value::Timespan)
        }
        _ => MULTIPLY.apply(left, right),
    }
}

fn divide(arguments: &[Value]) -> Value {
    let [left, right] = arguments else { return Value::Null };
    match (left, right) {
        (Value::Timespan(a), Value::Timespan(b)) => Value::Real(*a as f64 / *b as f64),
        (Value::Timespan(s), Value::Real(x)) => scaled(*s as f64 / x),
        (Value::Timespan(s), n) => or_null(n.as_i64().and_then(|n| s.checked_div(n)), Value::Timespan),
        _ => DIVIDE.apply(left, right),
    }
}

fn modulo(arguments: &[Value]) -> Value {
    let [left, right] = arguments else { return Value::Null };
    match (left, right) {
        (Value::Timespan(a), Value::Timespan(b)) => or_null((MODULO.long)(*a, *b), Value::Timespan),
        _ => MODULO.apply(left, right),
    }
}

fn negate(arguments: &[Value]) -> Value {
    match arguments {
        [n @ (Value::Int(_) | Value::Long(_))] => or_null(n.as_i64(), |n| Value::Long(n.wrapping_neg())),
        [Value::Real(x)] => Value::Real(-x),
        [Value::Decimal(d)] => Value::Decimal(-d),
        [Value::Timespan(s)] => or_null(s.checked_neg(), Value::Timespan),
        _ => Value::Null,
    }
}

/// A datetime later by a timespan, if it stays in the calendar.
fn moved(time: i64, by: i64) -> Value {
    or_null(time.checked_add(by).and_then(datetime::checked), Value::Datetime)
}

/// A timespan of so many ticks, cut to whole ones; null when they do not fit.
fn scaled(ticks: f64) -> Value {
    let fits = ticks >= i64::MIN as f64 && ticks < i64::MAX as f64;
    if fits { Value::Timespan(ticks as i64) } else { Value::Null }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_wrap_and_truncate() {
        assert_eq!(add(&[Value::Long(i64::MAX), Value::Long(1)]), Value::Long(i64::MIN));
        assert_eq!(add(&[Value::Int(i32::MAX), Value::Int(1)]), Value::Long(1 << 31));
        for (a, b, quotient, rest) in [(9, 4, 2, 1), (-9, 4, -2, 3), (9, -4, -2, 1), (-9, -4, 2, 3)] {
            assert_eq!(divide(&[Value::Long(a), Value::Long(b)]), Value::Long(quotient));
            assert_eq!(modulo(&[Value::Long(a), Value::Long(b)]), Value::Long(rest));
        }
        assert_eq!(modulo(&[Value::Long(3), Value::Long(0)]), Value::Null);
        assert_eq!(modulo(&[Value::Real(-5.25), Value::Real(2.0)]), Value::Real(0.75));
    }

    #[test]
    fn the_calendar_ends() {
        assert_eq!(subtract(&[Value::Datetime(5), Value::Timespan(6)]), Value::Null);
        assert_eq!(add(&[Value::Datetime(datetime::MAX), Value::Timespan(1)]), Value::Null);
        assert_eq!(multiply(&[Value::Timespan(10), Value::Real(f64::INFINITY)]), Value::Null);
        assert_eq!(divide(&[Value::Timespan(10), Value::Long(0)]), Value::Null);
    }
}
