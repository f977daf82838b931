//! Starts and ends of days, weeks, months and years.

use super::{DATE, OFFSET};
use crate::library::arguments::{long, or_null, ticks};
use crate::library::{Example, Function, Native, ResultName, Returns, Signature};
use crate::value::datetime::{TICKS_PER_DAY, checked, days_in_month, from_date, parts};
use crate::value::{Type, Value};

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("startofday", TIMES, start_of_day, "The start of a datetime's day.")
        .result_name(ResultName::FirstArgument)
        .remarks("With an offset, of a day so many days later.")
        .examples(&[
            Example::new("startofday(datetime(2024-03-01 12:30))", "datetime(2024-03-01)"),
            Example::new("startofday(datetime(2024-03-01 12:30), -1)", "datetime(2024-02-29)"),
        ])
        .native(Native::StartOfDay),
    Function::new("startofweek", TIMES, start_of_week, "The start of a datetime's week, a Sunday.")
        .remarks("With an offset, of a week so many weeks later.")
        .examples(&[Example::new("startofweek(datetime(2024-03-01))", "datetime(2024-02-25)")]),
    Function::new("startofmonth", TIMES, start_of_month, "The start of a datetime's month.")
        .remarks("With an offset, of a month so many months later.")
        .examples(&[Example::new("startofmonth(datetime(2024-03-17), -1)", "datetime(2024-02-01)")]),
    Function::new("startofyear", TIMES, start_of_year, "The start of a datetime's year.")
        .remarks("With an offset, of a year so many years later.")
        .examples(&[Example::new("startofyear(datetime(2024-03-17))", "datetime(2024-01-01)")]),
    Function::new("endofday", TIMES, end_of_day, "The last tick of a datetime's day.")
        .remarks("With an offset, of a day so many days later.")
        .examples(&[Example::new("endofday(datetime(2024-03-01 12:30))", "datetime(2024-03-01 23:59:59.9999999)")]),
    Function::new("endofweek", TIMES, end_of_week, "The last tick of a datetime's week, a Saturday.")
        .remarks("With an offset, of a week so many weeks later.")
        .examples(&[Example::new("endofweek(datetime(2024-03-01))", "datetime(2024-03-02 23:59:59.9999999)")]),
    Function::new("endofmonth", TIMES, end_of_month, "The last tick of a datetime's month.")
        .remarks("With an offset, of a month so many months later.")
        .examples(&[Example::new("endofmonth(datetime(2024-01-31), 1)", "datetime(2024-02-29 23:59:59.9999999)")]),
    Function::new("endofyear", TIMES, end_of_year, "The last tick of a datetime's year.")
        .remarks("With an offset, of a year so many years later.")
        .examples(&[Example::new("endofyear(datetime(2024-03-17))", "datetime(2024-12-31 23:59:59.9999999)")]),
];

const TIMES: &[Signature] = &[Signature::new(&[DATE, OFFSET], Returns::Type(Type::Datetime))];

/// Runs a function of a datetime and an offset; no result when it leaves the calendar.
fn moved(arguments: &[Value], of: fn(i64, i64) -> Option<i64>) -> Value {
    let offset = long(arguments, 1).unwrap_or(0);
    or_null(ticks(arguments, 0).and_then(|t| of(t, offset)).and_then(checked), Value::Datetime)
}

/// Day of the week, from Sunday (0). 0001-01-01 was a Monday.
pub(super) fn weekday(time: i64) -> i64 {
    (time.div_euclid(TICKS_PER_DAY) + 1).rem_euclid(7)
}

fn day(time: i64, offset: i64) -> Option<i64> {
    time.div_euclid(TICKS_PER_DAY).checked_add(offset)?.checked_mul(TICKS_PER_DAY)
}

fn week(time: i64, offset: i64) -> Option<i64> {
    day(time, offset.checked_mul(7)?.checked_sub(weekday(time))?)
}

/// Year and month so many months later.
pub(super) fn month_after(time: i64, months: i64) -> Option<(i32, u32)> {
    let p = parts(time);
    let month = (i64::from(p.year) * 12 + i64::from(p.month) - 1).checked_add(months)?;
    Some((i32::try_from(month.div_euclid(12)).ok()?, u32::try_from(month.rem_euclid(12)).ok()? + 1))
}

fn last_tick(day: Option<i64>) -> Option<i64> {
    day?.checked_add(TICKS_PER_DAY - 1)
}

fn start_of_day(arguments: &[Value]) -> Value {
    moved(arguments, day)
}

fn start_of_week(arguments: &[Value]) -> Value {
    moved(arguments, week)
}

fn start_of_month(arguments: &[Value]) -> Value {
    moved(arguments, |time, offset| month_after(time, offset).and_then(|(year, month)| from_date(year, month, 1)))
}

fn start_of_year(arguments: &[Value]) -> Value {
    moved(arguments, |time, offset| from_date(year_after(time, offset)?, 1, 1))
}

fn end_of_day(arguments: &[Value]) -> Value {
    moved(arguments, |time, offset| last_tick(day(time, offset)))
}

fn end_of_week(arguments: &[Value]) -> Value {
    moved(arguments, |time, offset| last_tick(week(time, offset)?.checked_add(6 * TICKS_PER_DAY)))
}

fn end_of_month(arguments: &[Value]) -> Value {
    moved(arguments, |time, offset| {
        let (year, month) = month_after(time, offset)?;
        last_tick(from_date(year, month, days_in_month(year, month)))
    })
}

fn end_of_year(arguments: &[Value]) -> Value {
    moved(arguments, |time, offset| last_tick(from_date(year_after(time, offset)?, 12, 31)))
}

fn year_after(time: i64, years: i64) -> Option<i32> {
    i32::try_from(i64::from(parts(time).year).checked_add(years)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::datetime::{MAX, parse};

    fn at(text: &str) -> Value {
        or_null(parse(text), Value::Datetime)
    }

    #[test]
    fn the_calendar_has_ends() {
        assert_eq!(end_of_month(&[Value::Datetime(MAX)]), Value::Datetime(MAX));
        assert_eq!(end_of_year(&[Value::Datetime(MAX), Value::Long(1)]), Value::Null);
        assert_eq!(start_of_week(&[Value::Datetime(0)]), Value::Null, "that week began in front of the calendar");
        assert_eq!(start_of_day(&[Value::Datetime(0), Value::Long(i64::MIN)]), Value::Null);
    }

    #[test]
    fn offsets_cross_years() {
        assert_eq!(start_of_month(&[at("2021-02-10"), Value::Long(-14)]), at("2019-12-01"));
        assert_eq!(start_of_week(&[at("2021-01-01"), Value::Long(1)]), at("2021-01-03"));
        assert_eq!(end_of_week(&[at("2021-01-02")]), at("2021-01-02 23:59:59.9999999"));
    }
}
