//! Values of one type as values of another: what `tostring()`, `tolong()` and their kin do, for all kernels.
//!
//! In: a value. Out: the converted one, `None` where there is none. A dynamic value converts as what it holds.

use super::arguments::or_null;
use crate::value::{Json, Type, Value, datetime, dynamic, format_guid, parse_guid, real, timespan};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use std::borrow::Cow;
use std::str::FromStr;

/// A value as one of another type; null (or `""`) where it has none.
pub(crate) fn to(ty: Type, value: Value) -> Value {
    match ty {
        Type::Bool => or_null(boolean(&value), Value::Bool),
        Type::Int => or_null(int(&value), Value::Int),
        Type::Long => or_null(long(&value), Value::Long),
        Type::Real => or_null(double(&value), Value::Real),
        Type::Decimal => or_null(decimal(&value), Value::Decimal),
        Type::Datetime => or_null(time(&value), Value::Datetime),
        Type::Timespan => or_null(span(&value), Value::Timespan),
        Type::Guid => or_null(guid(&value), Value::Guid),
        Type::String => match value {
            Value::String(_) => value,
            other => Value::String(text(&other).into_owned()),
        },
        Type::Dynamic => or_null(json(&value), Value::Dynamic),
    }
}

/// The text of a value; `""` for null.
pub(crate) fn text(value: &Value) -> Cow<'_, str> {
    Cow::Owned(match value {
        Value::Null => return Cow::Borrowed(""),
        Value::String(text) => return Cow::Borrowed(text),
        Value::Bool(true) => return Cow::Borrowed("True"),
        Value::Bool(false) => return Cow::Borrowed("False"),
        Value::Int(n) => n.to_string(),
        Value::Long(n) => n.to_string(),
        Value::Real(x) => real::format(*x),
        Value::Decimal(d) => d.to_string(),
        Value::Datetime(t) => datetime::format(*t),
        Value::Timespan(t) => timespan::format(*t),
        Value::Guid(g) => format_guid(*g),
        Value::Dynamic(json) => return json_text(json),
    })
}

/// The text of a dynamic value: a string's own, nothing for null, else its JSON.
pub(crate) fn json_text(json: &Json) -> Cow<'_, str> {
    match json {
        Json::Null => Cow::Borrowed(""),
        Json::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// What a dynamic value holds, as a value of its own type; arrays and bags stay dynamic.
pub(crate) fn unwrap(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => match n.as_i64() {
            Some(n) => Value::Long(n),
            None => n.as_f64().map_or(Value::Null, Value::Real),
        },
        Json::String(text) => Value::String(text.clone()),
        other => Value::Dynamic(other.clone()),
    }
}

/// A whole number in decimal, or in hex after `0x`.
pub(crate) fn parse_long(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
            u64::from_str_radix(hex, 16).ok().map(u64::cast_signed)
        }
        Some(_) => None,
        None => text.parse().ok(),
    }
}

/// `tolong()`: reals are cut towards zero and stay within the range; a text with a point is no whole number.
pub(crate) fn long(value: &Value) -> Option<i64> {
    Some(match value {
        Value::Bool(b) => i64::from(*b),
        Value::Int(n) => i64::from(*n),
        Value::Long(n) | Value::Datetime(n) | Value::Timespan(n) => *n,
        Value::Real(x) if x.is_nan() => return None,
        Value::Real(x) => *x as i64,
        Value::Decimal(d) => return d.trunc().to_i64(),
        Value::String(text) => return parse_long(text),
        Value::Dynamic(json @ (Json::Bool(_) | Json::Number(_) | Json::String(_))) => return long(&unwrap(json)),
        Value::Null | Value::Guid(_) | Value::Dynamic(_) => return None,
    })
}

/// `toint()`: a long loses its upper half, a real stays within the range, a text must fit.
pub(crate) fn int(value: &Value) -> Option<i32> {
    match value {
        Value::Real(x) if x.is_nan() => None,
        Value::Real(x) => Some(*x as i32),
        Value::String(text) => i32::try_from(parse_long(text)?).ok(),
        Value::Dynamic(json @ (Json::Bool(_) | Json::Number(_) | Json::String(_))) => int(&unwrap(json)),
        other => Some(long(other)? as i32),
    }
}

/// `toreal()`: datetimes and timespans as their ticks.
pub(crate) fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Real(x) => Some(*x),
        Value::Decimal(d) => d.to_f64(),
        Value::String(text) => real::parse(text),
        Value::Dynamic(json @ (Json::Bool(_) | Json::Number(_) | Json::String(_))) => double(&unwrap(json)),
        other => long(other).map(|n| n as f64),
    }
}

/// `todecimal()`
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Decimal(d) => Some(*d),
        // By its shortest text: 0.1 becomes 0.1, not the sum of powers of two that it is.
        Value::Real(x) => Decimal::from_scientific(&format!("{x:e}")).ok().or_else(|| Decimal::from_f64(*x)),
        Value::String(text) => {
            let text = text.trim();
            Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok()
        }
        Value::Dynamic(json @ (Json::Bool(_) | Json::Number(_) | Json::String(_))) => decimal(&unwrap(json)),
        other => long(other).map(Decimal::from),
    }
}

/// `tobool()`: `true` and `false` in any case, a number that is not zero.
pub(crate) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::Real(x) => Some(*x != 0.0),
        Value::Decimal(d) => Some(!d.is_zero()),
        Value::String(text) => match text.trim() {
            t if t.eq_ignore_ascii_case("true") => Some(true),
            t if t.eq_ignore_ascii_case("false") => Some(false),
            t => parse_long(t).map(|n| n != 0),
        },
        Value::Dynamic(json @ (Json::Bool(_) | Json::Number(_) | Json::String(_))) => boolean(&unwrap(json)),
        other => long(other).map(|n| n != 0),
    }
}

/// `todatetime()`: a number counts ticks since 0001-01-01.
pub(crate) fn time(value: &Value) -> Option<i64> {
    match value {
        Value::Datetime(t) => Some(*t),
        Value::String(text) => datetime::parse(text),
        Value::Dynamic(json @ (Json::Number(_) | Json::String(_))) => time(&unwrap(json)),
        Value::Int(_) | Value::Long(_) | Value::Real(_) | Value::Decimal(_) => long(value).and_then(datetime::checked),
        _ => None,
    }
}

/// `totimespan()`: a number counts ticks.
pub(crate) fn span(value: &Value) -> Option<i64> {
    match value {
        Value::Timespan(t) => Some(*t),
        Value::String(text) => timespan::parse(text),
        Value::Dynamic(json @ (Json::Number(_) | Json::String(_))) => span(&unwrap(json)),
        Value::Int(_) | Value::Long(_) | Value::Real(_) | Value::Decimal(_) => long(value),
        _ => None,
    }
}

/// `toguid()`
pub(crate) fn guid(value: &Value) -> Option<u128> {
    match value {
        Value::Guid(g) => Some(*g),
        Value::String(text) | Value::Dynamic(Json::String(text)) => parse_guid(text),
        _ => None,
    }
}

/// `todynamic()`: a text is read as JSON, or stands for itself; other values are what they are. `None` is null.
pub(crate) fn json(value: &Value) -> Option<Json> {
    let json = match value {
        Value::String(text) => dynamic::parse(text),
        other => dynamic::from_value(other),
    };
    (!json.is_null()).then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json as js;

    #[test]
    fn numbers_that_do_not_fit() {
        assert_eq!(int(&Value::Long((1 << 32) + 5)), Some(5));
        assert_eq!(int(&Value::Real(-4e12)), Some(i32::MIN));
        assert_eq!(int(&Value::String("4294967297".into())), None);
        assert_eq!(long(&Value::Real(4e30)), Some(i64::MAX));
        assert_eq!(long(&Value::String("7.0".into())), None);
        assert_eq!(long(&Value::String(" 0x1F ".into())), Some(31));
    }

    #[test]
    fn dynamic_values_convert_as_what_they_hold() {
        assert_eq!(int(&Value::Dynamic(js!("17"))), Some(17));
        assert_eq!(double(&Value::Dynamic(js!(true))), Some(1.0));
        assert_eq!(boolean(&Value::Dynamic(js!("FALSE"))), Some(false));
        assert_eq!(boolean(&Value::Dynamic(js!([1]))), None);
        assert_eq!(time(&Value::Dynamic(js!("0001-01-01T00:00:01Z"))), Some(10_000_000));
        assert_eq!(json(&Value::String("{oops".into())), Some(js!("{oops")));
        assert_eq!(decimal(&Value::Real(0.1)), Some(Decimal::new(1, 1)));
    }
}
