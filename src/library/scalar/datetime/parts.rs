//! Parts of datetimes, differences counted in them, and moves by them.

use super::DATE;
use super::calendar::{month_after, weekday};
use crate::library::arguments::{any, constant_text, long, or_null, text, ticks};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::datetime::{
    Parts, TICKS_PER_DAY, TICKS_PER_SECOND, checked, days_in_month, from_date, from_parts, parts,
};
use crate::value::{Type, Value};

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "dayofweek",
        &[Signature::new(&[DATE], Returns::Type(Type::Timespan))],
        dayofweek,
        "The days since Sunday.",
    )
    .remarks("A timespan of whole days. Null on the calendar's last day.")
    .examples(&[Example::new("dayofweek(datetime(2024-03-01))", "5d")]),
    Function::new("dayofmonth", INT, dayofmonth, "The day of the month.")
        .examples(&[Example::new("dayofmonth(datetime(2024-03-17))", "int(17)")]),
    Function::new("dayofyear", INT, dayofyear, "The day of the year, from 1.")
        .examples(&[Example::new("dayofyear(datetime(2024-03-01))", "int(61)")]),
    Function::new("week_of_year", INT, week_of_year, "The week of the year by ISO 8601.")
        .aliases(&["weekofyear"])
        .remarks("Weeks start on Monday; the first one has the year's first Thursday.")
        .examples(&[Example::new("week_of_year(datetime(2023-01-01))", "int(52)")]),
    Function::new("monthofyear", INT, monthofyear, "The month, from 1.")
        .aliases(&["getmonth"])
        .examples(&[Example::new("monthofyear(datetime(2024-03-17))", "int(3)")]),
    Function::new("getyear", INT, getyear, "The year.")
        .examples(&[Example::new("getyear(datetime(2024-03-17))", "int(2024)")]),
    Function::new("hourofday", INT, hourofday, "The hour of the day, from 0.")
        .examples(&[Example::new("hourofday(datetime(2024-03-17 18:30))", "int(18)")]),
    Function::new(
        "datetime_part",
        &[Signature::new(&[PART, DATE], Returns::Type(Type::Int))],
        datetime_part,
        "A part of a datetime.",
    )
    .aliases(&["datepart"])
    .remarks(
        "Parts: `year`, `quarter`, `month`, `week_of_year`, `day`, `dayofyear`, `hour`, `minute`, `second`, and \
             `millisecond`, `microsecond`, `nanosecond` of the second.",
    )
    .examples(&[
        Example::new("datetime_part('quarter', datetime(2024-05-01))", "int(2)"),
        Example::new("datetime_part('millisecond', datetime(2024-05-01 00:00:01.25))", "int(250)"),
    ])
    .check(|constants| check_part(constants, read_part)),
    Function::new(
        "datetime_add",
        &[Signature::new(
            &[
                PART,
                Parameter::new("value", Accepts::Type(Type::Long)),
                Parameter::new("datetime", Accepts::Type(Type::Datetime)),
            ],
            Returns::Type(Type::Datetime),
        )],
        datetime_add,
        "A datetime so many units later.",
    )
    .remarks("A day that the month does not have becomes its last one. Null outside of the calendar.")
    .examples(&[
        Example::new("datetime_add('month', 1, datetime(2024-01-31))", "datetime(2024-02-29)"),
        Example::new("datetime_add('hour', -3, datetime(2024-03-01))", "datetime(2024-02-29 21:00)"),
    ])
    .check(|constants| check_part(constants, read_unit)),
    Function::new(
        "datetime_diff",
        &[Signature::new(
            &[
                PART,
                Parameter::new("datetime1", Accepts::Type(Type::Datetime)),
                Parameter::new("datetime2", Accepts::Type(Type::Datetime)),
            ],
            Returns::Custom(type_of_difference),
        )],
        datetime_diff,
        "How many starts of a unit lie between two datetimes; positive when the first is later.",
    )
    .remarks("Not the time between them: from 23:59 to 00:01 it is one day. Weeks start on Sunday and give a real.")
    .examples(&[
        Example::new("datetime_diff('day', datetime(2024-03-02 00:01), datetime(2024-03-01 23:59))", "1"),
        Example::new("datetime_diff('month', datetime(2024-01-31), datetime(2024-03-01))", "-2"),
    ])
    .check(|constants| check_part(constants, read_unit)),
];

const PART: Parameter = Parameter::new("part", Accepts::Type(Type::String)).constant();
const INT: &[Signature] = &[Signature::new(&[DATE], Returns::Type(Type::Int))];

/// A unit of the calendar or the clock.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

/// What `datetime_part` knows beyond the units.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Of(Unit),
    WeekOfYear,
    DayOfYear,
}

fn read_unit(name: &str) -> Option<Unit> {
    Some(match name.to_ascii_lowercase().as_str() {
        "year" => Unit::Year,
        "quarter" => Unit::Quarter,
        "month" => Unit::Month,
        "week" => Unit::Week,
        "day" => Unit::Day,
        "hour" => Unit::Hour,
        "minute" => Unit::Minute,
        "second" => Unit::Second,
        "millisecond" => Unit::Millisecond,
        "microsecond" => Unit::Microsecond,
        "nanosecond" => Unit::Nanosecond,
        _ => return None,
    })
}

fn read_part(name: &str) -> Option<Part> {
    match name.to_ascii_lowercase().as_str() {
        "week" => None,
        "week_of_year" | "weekofyear" => Some(Part::WeekOfYear),
        "dayofyear" => Some(Part::DayOfYear),
        unit => read_unit(unit).map(Part::Of),
    }
}

fn check_part<T>(constants: &[Option<Value>], read: fn(&str) -> Option<T>) -> Result<(), String> {
    match constant_text(constants, 0) {
        Some(name) if read(name).is_none() => Err(format!("`{name}` is no part of a datetime")),
        _ => Ok(()),
    }
}

/// Ticks of a unit of fixed length; a nanosecond is less than a tick.
fn ticks_per(unit: Unit) -> Option<i64> {
    Some(match unit {
        Unit::Week => 7 * TICKS_PER_DAY,
        Unit::Day => TICKS_PER_DAY,
        Unit::Hour => 3600 * TICKS_PER_SECOND,
        Unit::Minute => 60 * TICKS_PER_SECOND,
        Unit::Second => TICKS_PER_SECOND,
        Unit::Millisecond => TICKS_PER_SECOND / 1000,
        Unit::Microsecond => TICKS_PER_SECOND / 1_000_000,
        Unit::Year | Unit::Quarter | Unit::Month | Unit::Nanosecond => return None,
    })
}

fn int(value: i64) -> Value {
    or_null(i32::try_from(value).ok(), Value::Int)
}

/// A number out of the parts of the first argument.
fn from_first(arguments: &[Value], number: fn(Parts) -> u32) -> Value {
    or_null(ticks(arguments, 0), |t| int(i64::from(number(parts(t)))))
}

fn dayofweek(arguments: &[Value]) -> Value {
    // The engine shifts by a day first, which leaves the calendar on its last one.
    let time = ticks(arguments, 0).filter(|t| checked(t + TICKS_PER_DAY).is_some());
    or_null(time, |t| Value::Timespan(weekday(t) * TICKS_PER_DAY))
}

fn dayofmonth(arguments: &[Value]) -> Value {
    from_first(arguments, |p| p.day)
}

fn monthofyear(arguments: &[Value]) -> Value {
    from_first(arguments, |p| p.month)
}

fn getyear(arguments: &[Value]) -> Value {
    from_first(arguments, |p| p.year.unsigned_abs())
}

fn hourofday(arguments: &[Value]) -> Value {
    from_first(arguments, |p| p.hour)
}

fn dayofyear(arguments: &[Value]) -> Value {
    or_null(ticks(arguments, 0), |t| int(day_of_year(t)))
}

fn week_of_year(arguments: &[Value]) -> Value {
    or_null(ticks(arguments, 0), |t| int(iso_week(t)))
}

fn day_of_year(time: i64) -> i64 {
    let start = from_date(parts(time).year, 1, 1).unwrap_or(0);
    (time - start).div_euclid(TICKS_PER_DAY) + 1
}

/// A week belongs to the year of its Thursday.
fn iso_week(time: i64) -> i64 {
    let days = time.div_euclid(TICKS_PER_DAY);
    let thursday = days - days.rem_euclid(7) + 3;
    (day_of_year(thursday * TICKS_PER_DAY) - 1) / 7 + 1
}

fn datetime_part(arguments: &[Value]) -> Value {
    let (Some(part), Some(time)) = (read_part(text(arguments, 0)), ticks(arguments, 1)) else { return Value::Null };
    let p = parts(time);
    let tick = i64::from(p.tick);
    int(match part {
        Part::WeekOfYear | Part::Of(Unit::Week) => iso_week(time),
        Part::DayOfYear => day_of_year(time),
        Part::Of(Unit::Year) => i64::from(p.year),
        Part::Of(Unit::Quarter) => i64::from((p.month - 1) / 3 + 1),
        Part::Of(Unit::Month) => i64::from(p.month),
        Part::Of(Unit::Day) => i64::from(p.day),
        Part::Of(Unit::Hour) => i64::from(p.hour),
        Part::Of(Unit::Minute) => i64::from(p.minute),
        Part::Of(Unit::Second) => i64::from(p.second),
        Part::Of(Unit::Millisecond) => tick / 10_000,
        Part::Of(Unit::Microsecond) => tick / 10,
        Part::Of(Unit::Nanosecond) => tick * 100,
    })
}

fn datetime_add(arguments: &[Value]) -> Value {
    let (Some(unit), Some(count), Some(time)) =
        (read_unit(text(arguments, 0)), long(arguments, 1), ticks(arguments, 2))
    else {
        return Value::Null;
    };
    or_null(add(unit, count, time).and_then(checked), Value::Datetime)
}

fn add(unit: Unit, count: i64, time: i64) -> Option<i64> {
    match unit {
        Unit::Year => add_months(time, count.checked_mul(12)?),
        Unit::Quarter => add_months(time, count.checked_mul(3)?),
        Unit::Month => add_months(time, count),
        Unit::Nanosecond => time.checked_add(count / 100),
        fixed => time.checked_add(count.checked_mul(ticks_per(fixed)?)?),
    }
}

fn add_months(time: i64, months: i64) -> Option<i64> {
    let (year, month) = month_after(time, months)?;
    let p = parts(time);
    from_parts(Parts { year, month, day: p.day.min(days_in_month(year, month)), ..p })
}

fn type_of_difference(_: &[Type], constants: &[Option<Value>]) -> Type {
    match constant_text(constants, 0).and_then(read_unit) {
        Some(Unit::Week) => Type::Real,
        _ => Type::Long,
    }
}

fn datetime_diff(arguments: &[Value]) -> Value {
    let Some(unit) = read_unit(text(arguments, 0)) else { return Value::Null };
    let (Some(later), Some(earlier)) = (any(arguments, 1).as_ticks(), any(arguments, 2).as_ticks()) else {
        return Value::Null;
    };
    let difference = number_of(unit, later).checked_sub(number_of(unit, earlier));
    match unit {
        Unit::Nanosecond => or_null((later - earlier).checked_mul(100), Value::Long),
        Unit::Week => or_null(difference, |weeks| Value::Real(weeks as f64)),
        _ => or_null(difference, Value::Long),
    }
}

/// The number of the unit in which a datetime lies, counted from the calendar's start.
fn number_of(unit: Unit, time: i64) -> i64 {
    let p = parts(time);
    let months = i64::from(p.year) * 12 + i64::from(p.month) - 1;
    match unit {
        Unit::Year => i64::from(p.year),
        Unit::Quarter => months.div_euclid(3),
        Unit::Month => months,
        // The calendar starts on a Monday, weeks on Sunday.
        Unit::Week => (time + TICKS_PER_DAY).div_euclid(7 * TICKS_PER_DAY),
        fixed => time.div_euclid(ticks_per(fixed).unwrap_or(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::datetime::parse;

    fn at(text: &str) -> Value {
        or_null(parse(text), Value::Datetime)
    }

    fn name(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    #[test]
    fn weeks_by_iso() {
        for (date, week) in [("2026-01-01", 1), ("2022-01-02", 52), ("2015-12-31", 53), ("2018-12-31", 1)] {
            assert_eq!(week_of_year(&[at(date)]), Value::Int(week), "{date}");
        }
    }

    #[test]
    fn differences_count_starts() {
        let diff = |unit, a, b| datetime_diff(&[name(unit), at(a), at(b)]);
        assert_eq!(diff("week", "2024-03-03", "2024-03-02"), Value::Real(1.0));
        assert_eq!(diff("Quarter", "2024-04-01", "2024-03-31"), Value::Long(1));
        assert_eq!(diff("minute", "2024-01-01 00:00:59", "2024-01-01 00:00:01"), Value::Long(0));
        assert_eq!(diff("nanosecond", "2024-01-01", "2024-01-01 00:00:00.0000003"), Value::Long(-300));
    }

    #[test]
    fn months_have_ends() {
        let add = |unit, n, date| datetime_add(&[name(unit), Value::Long(n), at(date)]);
        assert_eq!(add("quarter", -1, "2023-05-31 10:00"), at("2023-02-28 10:00"));
        assert_eq!(add("year", 9000, "2023-05-31"), Value::Null);
        assert_eq!(add("fortnight", 1, "2023-05-31"), Value::Null);
    }
}
