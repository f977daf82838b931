//! Datetimes and timespans from numbers.

use crate::library::arguments::{any, or_null, real};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature, convert};
use crate::value::datetime::{Parts, TICKS_PER_DAY, TICKS_PER_SECOND, UNIX_EPOCH, checked, from_parts};
use crate::value::{Type, Value};

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "make_datetime",
        &[
            Signature::new(
                &[
                    number("year"),
                    number("month"),
                    number("day"),
                    number("hour").optional(),
                    number("minute").optional(),
                    number("second").optional(),
                ],
                Returns::Type(Type::Datetime),
            ),
            Signature::new(&[Parameter::new("value", Accepts::Any)], Returns::Type(Type::Datetime)),
        ],
        make_datetime,
        "A datetime from its parts.",
    )
    .remarks("Null when there is no such date or time. A single value is converted as by `todatetime()`.")
    .examples(&[
        Example::new("make_datetime(2024, 2, 29)", "datetime(2024-02-29)"),
        Example::new("make_datetime(2024, 2, 29, 12, 30, 1.5)", "datetime(2024-02-29 12:30:01.5)"),
        Example::new("make_datetime(2023, 2, 29)", "datetime(null)"),
    ]),
    Function::new(
        "make_timespan",
        &[
            Signature::new(
                &[number("days"), number("hours"), number("minutes"), number("seconds")],
                Returns::Type(Type::Timespan),
            ),
            Signature::new(
                &[number("hours"), number("minutes"), number("seconds").optional()],
                Returns::Type(Type::Timespan),
            ),
            Signature::new(&[Parameter::new("value", Accepts::Any)], Returns::Type(Type::Timespan)),
        ],
        make_timespan,
        "A timespan from its parts.",
    )
    .remarks("Null when hours, minutes or seconds are out of their range.")
    .examples(&[
        Example::new("make_timespan(1, 12, 30, 0.5)", "1d + 12h + 30m + 500ms"),
        Example::new("make_timespan(2, 45)", "165m"),
    ]),
    unixtime("unixtime_seconds_todatetime", from_seconds, "A datetime from seconds since 1970.", SECONDS),
    unixtime(
        "unixtime_milliseconds_todatetime",
        from_milliseconds,
        "A datetime from milliseconds since 1970.",
        MILLISECONDS,
    ),
    unixtime(
        "unixtime_microseconds_todatetime",
        from_microseconds,
        "A datetime from microseconds since 1970.",
        MICROSECONDS,
    ),
    unixtime(
        "unixtime_nanoseconds_todatetime",
        from_nanoseconds,
        "A datetime from nanoseconds since 1970.",
        NANOSECONDS,
    ),
];

const SECONDS: &[Example] = &[Example::new("unixtime_seconds_todatetime(86400)", "datetime(1970-01-02)")];
const MILLISECONDS: &[Example] =
    &[Example::new("unixtime_milliseconds_todatetime(1500)", "datetime(1970-01-01 00:00:01.5)")];
const MICROSECONDS: &[Example] =
    &[Example::new("unixtime_microseconds_todatetime(-1000000)", "datetime(1969-12-31 23:59:59)")];
const NANOSECONDS: &[Example] =
    &[Example::new("unixtime_nanoseconds_todatetime(250)", "datetime(1970-01-01 00:00:00.0000002)")];

const fn number(name: &'static str) -> Parameter {
    Parameter::new(name, Accepts::Number)
}

const fn unixtime(
    name: &'static str,
    kernel: fn(&[Value]) -> Value,
    summary: &'static str,
    examples: &'static [Example],
) -> Function {
    Function::new(name, UNIXTIME, kernel, summary)
        .remarks("Parts of a unit count, what is less than a tick is cut off. Null outside of the calendar.")
        .examples(examples)
}

const UNIXTIME: &[Signature] = &[Signature::new(
    &[Parameter::new("number", Accepts::OneOf(&[Type::Long, Type::Int, Type::Real]))],
    Returns::Type(Type::Datetime),
)];

/// A whole number that fits an unsigned part.
fn part(arguments: &[Value], index: usize) -> Option<u32> {
    match any(arguments, index) {
        Value::Null => Some(0),
        value => u32::try_from(convert::long(value)?).ok(),
    }
}

/// Seconds and ticks of a number of seconds below a minute.
fn seconds(arguments: &[Value], index: usize) -> Option<(u32, u32)> {
    let seconds = real(arguments, index).unwrap_or(0.0);
    let ticks = (seconds * TICKS_PER_SECOND as f64).round() as i64;
    let second = u32::try_from(ticks.div_euclid(TICKS_PER_SECOND)).ok().filter(|second| *second < 60)?;
    Some((second, u32::try_from(ticks.rem_euclid(TICKS_PER_SECOND)).ok()?))
}

fn make_datetime(arguments: &[Value]) -> Value {
    if let [value] = arguments {
        return convert::to(Type::Datetime, value.clone());
    }
    let made = || {
        let year = i32::try_from(convert::long(any(arguments, 0))?).ok()?;
        let (second, tick) = seconds(arguments, 5)?;
        let (month, day) = (part(arguments, 1)?, part(arguments, 2)?);
        from_parts(Parts { year, month, day, hour: part(arguments, 3)?, minute: part(arguments, 4)?, second, tick })
    };
    or_null(made(), Value::Datetime)
}

fn make_timespan(arguments: &[Value]) -> Value {
    let (days, clock) = match arguments {
        [value] => return convert::to(Type::Timespan, value.clone()),
        [days, clock @ ..] if clock.len() == 3 => (convert::long(days), clock),
        clock => (Some(0), clock),
    };
    let made = || {
        let (hours, minutes) = (part(clock, 0).filter(|h| *h < 24)?, part(clock, 1).filter(|m| *m < 60)?);
        let (second, tick) = seconds(clock, 2)?;
        let seconds = i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(second);
        days?.checked_mul(TICKS_PER_DAY)?.checked_add(seconds * TICKS_PER_SECOND + i64::from(tick))
    };
    or_null(made(), Value::Timespan)
}

/// The datetime a number of units after 1970, with so many units in a second.
fn since_1970(arguments: &[Value], per_second: i64) -> Value {
    let ticks = match any(arguments, 0) {
        Value::Real(x) if x.is_finite() => Some((x * (TICKS_PER_SECOND as f64 / per_second as f64)).floor() as i64),
        value => value.as_i64().and_then(|n| {
            let ticks = i128::from(n) * i128::from(TICKS_PER_SECOND);
            i64::try_from(ticks.div_euclid(i128::from(per_second))).ok()
        }),
    };
    or_null(ticks.and_then(|t| t.checked_add(UNIX_EPOCH)).and_then(checked), Value::Datetime)
}

fn from_seconds(arguments: &[Value]) -> Value {
    since_1970(arguments, 1)
}

fn from_milliseconds(arguments: &[Value]) -> Value {
    since_1970(arguments, 1000)
}

fn from_microseconds(arguments: &[Value]) -> Value {
    since_1970(arguments, 1_000_000)
}

fn from_nanoseconds(arguments: &[Value]) -> Value {
    since_1970(arguments, 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_out_of_range() {
        let numbers = |numbers: &[i64]| numbers.iter().map(|n| Value::Long(*n)).collect::<Vec<_>>();
        assert_eq!(make_datetime(&numbers(&[2024, 13, 1])), Value::Null);
        assert_eq!(make_datetime(&numbers(&[2024, 1, 1, 24])), Value::Null);
        assert_eq!(make_timespan(&numbers(&[25, 0, 0])), Value::Null);
        assert_eq!(make_timespan(&numbers(&[0, 0, 1])), Value::Timespan(TICKS_PER_SECOND));
        assert_eq!(since_1970(&numbers(&[i64::MAX]), 1), Value::Null);
        assert_eq!(since_1970(&[Value::Real(0.5)], 1), Value::Datetime(UNIX_EPOCH + TICKS_PER_SECOND / 2));
    }
}
