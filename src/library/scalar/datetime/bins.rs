//! Bins of numbers, datetimes and timespans, and ranges of them.

use crate::library::arguments::{any, or_null};
use crate::library::{Accepts, Example, Function, Native, Parameter, ResultName, Returns, Signature};
use crate::value::datetime::{self, TICKS_PER_SECOND};
use crate::value::{Json, Type, Value, dynamic};

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("bin", BIN, bin, "A value rounded down to a multiple of a size.")
        .aliases(&["floor"])
        .result_name(ResultName::FirstArgument)
        .remarks("Bins of datetimes start at 0001-01-01, a Monday. Null for a size of zero or below.")
        .examples(&[
            Example::new("bin(17, 5)", "15"),
            Example::new("bin(-7.5, 2)", "-8.0"),
            Example::new("bin(datetime(2024-03-01 12:34:56), 15m)", "datetime(2024-03-01 12:30)"),
            Example::new("bin(26h, 1d)", "1d"),
        ])
        .native(Native::Bin),
    Function::new("bin_at", BIN_AT, bin_at, "A value rounded down to a bin that starts at a given point, or a multiple away.")
        .result_name(ResultName::FirstArgument)
        .examples(&[
            Example::new("bin_at(6.5, 2.5, 7)", "4.5"),
            Example::new(
                "bin_at(datetime(2024-03-01 05:00), 1d, datetime(2000-01-01 06:00))",
                "datetime(2024-02-29 06:00)",
            ),
        ])
        .native(Native::BinAt),
    Function::new("around", AROUND, around, "Whether a value lies within a distance of a centre.")
        .examples(&[
            Example::new("around(7, 5, 2)", "true"),
            Example::new("around(datetime(2024-03-01), datetime(2024-03-03), 1d)", "false"),
        ]),
    Function::new("range", RANGE, range, "A dynamic array of values at equal steps.")
        .remarks(
            "Without a step, 1 for numbers and 1h for datetimes and timespans. The end belongs to it when a step meets it. At \
             most 1,048,576 values.",
        )
        .examples(&[
            Example::new("range(1, 7, 3)", "dynamic([1, 4, 7])"),
            Example::new("range(1, 0)", "dynamic([])"),
        ]),
];

const LONG: Accepts = Accepts::Exactly(Type::Long);
const TIME: Accepts = Accepts::Exactly(Type::Datetime);
const SPAN: Accepts = Accepts::Exactly(Type::Timespan);

const fn size(value: Accepts, size: Accepts) -> [Parameter; 2] {
    [Parameter::new("value", value), Parameter::new("roundTo", size)]
}

const fn at(value: Accepts, size: Accepts, point: Accepts) -> [Parameter; 3] {
    [Parameter::new("value", value), Parameter::new("bin_size", size), Parameter::new("fixed_point", point)]
}

const fn near(value: Accepts, delta: Accepts) -> [Parameter; 3] {
    [Parameter::new("value", value), Parameter::new("center", value), Parameter::new("delta", delta)]
}

const fn steps(value: Accepts, step: Accepts) -> [Parameter; 3] {
    [Parameter::new("start", value), Parameter::new("stop", value), Parameter::new("step", step).optional()]
}

const BIN: &[Signature] = &[
    Signature::new(&size(LONG, LONG), Returns::Type(Type::Long)),
    Signature::new(&size(Accepts::Promoted, Accepts::Promoted), Returns::Promoted),
    Signature::new(&size(Accepts::Type(Type::Datetime), SPAN), Returns::Type(Type::Datetime)),
    Signature::new(&size(SPAN, SPAN), Returns::Type(Type::Timespan)),
];
const BIN_AT: &[Signature] = &[
    Signature::new(&at(LONG, LONG, LONG), Returns::Type(Type::Long)),
    Signature::new(&at(Accepts::Promoted, Accepts::Promoted, Accepts::Promoted), Returns::Promoted),
    Signature::new(&at(Accepts::Type(Type::Datetime), SPAN, TIME), Returns::Type(Type::Datetime)),
    Signature::new(&at(SPAN, SPAN, SPAN), Returns::Type(Type::Timespan)),
];
const AROUND: &[Signature] = &[
    Signature::new(&near(LONG, LONG), Returns::Type(Type::Bool)),
    Signature::new(&near(Accepts::Promoted, Accepts::Promoted), Returns::Type(Type::Bool)),
    Signature::new(&near(TIME, SPAN), Returns::Type(Type::Bool)),
    Signature::new(&near(SPAN, SPAN), Returns::Type(Type::Bool)),
];
const RANGE: &[Signature] = &[
    Signature::new(&steps(LONG, LONG), Returns::Type(Type::Dynamic)),
    Signature::new(&steps(Accepts::Promoted, Accepts::Promoted), Returns::Type(Type::Dynamic)),
    Signature::new(&steps(TIME, SPAN), Returns::Type(Type::Dynamic)),
    Signature::new(&steps(SPAN, SPAN), Returns::Type(Type::Dynamic)),
];

/// The most values that `range` makes.
const MOST_VALUES: usize = 1 << 20;

/// The greatest number of the form `point + n * size` that is not above the value.
fn floor_to(value: i64, size: i64, point: i64) -> Option<i64> {
    if size <= 0 {
        return None;
    }
    let rest = (i128::from(value) - i128::from(point)).rem_euclid(i128::from(size));
    i64::try_from(i128::from(value) - rest).ok()
}

/// Rounds a value down, whatever its kind.
fn round_down(value: &Value, size: &Value, point: Option<&Value>) -> Value {
    match (value, size) {
        (Value::Datetime(t), Value::Timespan(size)) => {
            let point = point.and_then(Value::as_ticks).unwrap_or(0);
            or_null(floor_to(*t, *size, point).and_then(datetime::checked), Value::Datetime)
        }
        (Value::Timespan(t), Value::Timespan(size)) => {
            let point = point.and_then(Value::as_ticks).unwrap_or(0);
            or_null(floor_to(*t, *size, point), Value::Timespan)
        }
        (Value::Decimal(d), Value::Decimal(size)) => {
            let point = match point {
                Some(Value::Decimal(point)) => *point,
                _ => rust_decimal::Decimal::ZERO,
            };
            let count = d.checked_sub(point).and_then(|d| d.checked_div(*size)).map(|n| n.floor());
            or_null(count.and_then(|n| n.checked_mul(*size)).and_then(|d| d.checked_add(point)), Value::Decimal)
        }
        (Value::Real(x), Value::Real(size)) => {
            let point = point.and_then(Value::as_f64).unwrap_or(0.0);
            if *size > 0.0 { Value::Real(((x - point) / size).floor() * size + point) } else { Value::Null }
        }
        _ => match (value.as_i64(), size.as_i64()) {
            (Some(n), Some(size)) => {
                or_null(floor_to(n, size, point.and_then(Value::as_i64).unwrap_or(0)), Value::Long)
            }
            _ => Value::Null,
        },
    }
}

fn bin(arguments: &[Value]) -> Value {
    round_down(any(arguments, 0), any(arguments, 1), None)
}

fn bin_at(arguments: &[Value]) -> Value {
    round_down(any(arguments, 0), any(arguments, 1), Some(any(arguments, 2)))
}

fn around(arguments: &[Value]) -> Value {
    let [value, center, delta] = arguments else { return Value::Null };
    let whole = |v: &Value| v.as_ticks().or(v.as_i64()).map(i128::from);
    let within = match (whole(value), whole(center), whole(delta)) {
        (Some(value), Some(center), Some(delta)) => Some((value - center).abs() <= delta),
        _ => match (value.as_f64(), center.as_f64(), delta.as_f64()) {
            (Some(value), Some(center), Some(delta)) => Some((value - center).abs() <= delta),
            _ => None,
        },
    };
    or_null(within, Value::Bool)
}

fn range(arguments: &[Value]) -> Value {
    let (start, stop) = (any(arguments, 0), any(arguments, 1));
    let step = arguments.get(2);
    let values = match (start, stop) {
        (Value::Datetime(from), Value::Datetime(to)) => ticks(*from, *to, step, Value::Datetime),
        (Value::Timespan(from), Value::Timespan(to)) => ticks(*from, *to, step, Value::Timespan),
        _ => match (start.as_i64(), stop.as_i64(), step.map_or(Some(1), Value::as_i64)) {
            (Some(from), Some(to), Some(step)) => whole(from, to, step, Value::Long),
            _ => {
                let step = step.map_or(Some(1.0), Value::as_f64);
                start.as_f64().zip(stop.as_f64()).zip(step).and_then(|((from, to), step)| reals(from, to, step))
            }
        },
    };
    or_null(values, |values| Value::Dynamic(Json::Array(values)))
}

fn ticks(from: i64, to: i64, step: Option<&Value>, make: fn(i64) -> Value) -> Option<Vec<Json>> {
    whole(from, to, step.map_or(Some(3600 * TICKS_PER_SECOND), Value::as_ticks)?, make)
}

/// Whole numbers from one to another; `None` when the step leads nowhere.
fn whole(from: i64, to: i64, step: i64, make: fn(i64) -> Value) -> Option<Vec<Json>> {
    if step == 0 {
        return None;
    }
    let next = |n: &i64| n.checked_add(step);
    let within = |n: &i64| if step > 0 { *n <= to } else { *n >= to };
    let numbers = std::iter::successors(Some(from), next).take_while(within).take(MOST_VALUES);
    Some(numbers.map(|n| dynamic::from_value(&make(n))).collect())
}

fn reals(from: f64, to: f64, step: f64) -> Option<Vec<Json>> {
    if step == 0.0 || !step.is_finite() {
        return None;
    }
    let numbers = (0..MOST_VALUES).map(|n| from + n as f64 * step);
    let within = |x: &f64| if step > 0.0 { *x <= to } else { *x >= to };
    Some(numbers.take_while(within).map(|x| dynamic::from_value(&Value::Real(x))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_reach_below_zero() {
        assert_eq!(bin(&[Value::Long(-1), Value::Long(10)]), Value::Long(-10));
        assert_eq!(bin(&[Value::Timespan(-1), Value::Timespan(10)]), Value::Timespan(-10));
        assert_eq!(bin(&[Value::Long(5), Value::Long(0)]), Value::Null);
        assert_eq!(bin_at(&[Value::Long(4), Value::Long(10), Value::Long(5)]), Value::Long(-5));
    }

    #[test]
    fn ranges_go_both_ways() {
        let array = |json: Json| Value::Dynamic(json);
        let down = [Value::Long(3), Value::Long(0), Value::Long(-2)];
        assert_eq!(range(&down), array(serde_json::json!([3, 1])));
        let halves = [Value::Real(0.0), Value::Real(1.0), Value::Real(0.5)];
        assert_eq!(range(&halves), array(serde_json::json!([0.0, 0.5, 1.0])));
        let hours = [Value::Timespan(0), Value::Timespan(3600 * TICKS_PER_SECOND)];
        assert_eq!(range(&hours), array(serde_json::json!(["00:00:00", "01:00:00"])));
        assert_eq!(range(&[Value::Long(0), Value::Long(1), Value::Long(0)]), Value::Null);
    }
}
