//! Local times.

use crate::library::arguments::{constant_text, or_null, text, ticks};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::datetime::{TICKS_PER_SECOND, UNIX_EPOCH, checked};
use crate::value::{Json, Type, Value};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("datetime_utc_to_local", ZONED, utc_to_local, "The local time of a zone.")
        .remarks("Zones by their IANA name.")
        .examples(&[Example::new(
            "datetime_utc_to_local(datetime(2024-07-01 12:00), 'Europe/Berlin')",
            "datetime(2024-07-01 14:00)",
        )])
        .check(check_zone),
    Function::new("datetime_local_to_utc", ZONED, local_to_utc, "The UTC time of a zone's local time.")
        .remarks("A time that the clocks skip counts from the new offset; one that they show twice is the first.")
        .examples(&[Example::new(
            "datetime_local_to_utc(datetime(2024-01-01 09:00), 'Asia/Tokyo')",
            "datetime(2024-01-01 00:00)",
        )])
        .check(check_zone),
    Function::new(
        "datetime_list_timezones",
        &[Signature::new(&[], Returns::Type(Type::Dynamic))],
        list_timezones,
        "The names of the time zones, as a dynamic array.",
    )
    .examples(&[Example::new("datetime_list_timezones() has 'Europe/Berlin'", "true")]),
];

const ZONED: &[Signature] = &[Signature::new(
    &[Parameter::new("from", Accepts::Type(Type::Datetime)), Parameter::new("timezone", Accepts::Type(Type::String))],
    Returns::Type(Type::Datetime),
)];

fn check_zone(constants: &[Option<Value>]) -> Result<(), String> {
    match constant_text(constants, 1) {
        Some(name) if TimeZone::get(name).is_err() => Err(format!("`{name}` is no time zone")),
        _ => Ok(()),
    }
}

/// The instant of a UTC time. Ticks below the second do not bear on a zone.
fn instant(time: i64) -> Option<Timestamp> {
    Timestamp::from_second((time - UNIX_EPOCH).div_euclid(TICKS_PER_SECOND)).ok()
}

fn utc_to_local(arguments: &[Value]) -> Value {
    let local = || {
        let (time, zone) = (ticks(arguments, 0)?, TimeZone::get(text(arguments, 1)).ok()?);
        let offset = zone.to_offset(instant(time)?);
        checked(time + i64::from(offset.seconds()) * TICKS_PER_SECOND)
    };
    or_null(local(), Value::Datetime)
}

fn local_to_utc(arguments: &[Value]) -> Value {
    let utc = || {
        let (time, zone) = (ticks(arguments, 0)?, TimeZone::get(text(arguments, 1)).ok()?);
        let wall = jiff::tz::Offset::UTC.to_datetime(instant(time)?);
        let earlier = zone.to_ambiguous_timestamp(wall).earlier().ok()?;
        let shift = earlier.as_second() - instant(time)?.as_second();
        checked(time + shift * TICKS_PER_SECOND)
    };
    or_null(utc(), Value::Datetime)
}

fn list_timezones(_: &[Value]) -> Value {
    let names = jiff::tz::db().available().map(|name| Json::String(name.to_string()));
    Value::Dynamic(Json::Array(names.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::datetime::parse;

    #[test]
    fn skipped_and_repeated_hours() {
        let utc = |local: &str| {
            local_to_utc(&[or_null(parse(local), Value::Datetime), Value::String("Europe/Berlin".into())])
        };
        let at = |text: &str| or_null(parse(text), Value::Datetime);
        assert_eq!(utc("2024-03-31 02:30"), at("2024-03-31 00:30"));
        assert_eq!(utc("2024-10-27 02:30:00.0000001"), at("2024-10-27 00:30:00.0000001"));
        assert!(check_zone(&[None, Some(Value::String("Moon/Base".into()))]).is_err());
    }
}
