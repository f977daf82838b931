//! Order and identity of single values, for the kernels that sort, pick and count.
//!
//! In: values of one type (or dynamic ones of any kind). Out: an order or a hashable key. Never asks what null means: the
//! callers leave nulls out or place them.

use crate::value::{Json, Value};
use std::cmp::Ordering;

/// What makes a value itself: equal keys are the same value to `dcount`, `make_set` and their like.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Null,
    Bool(bool),
    Whole(i64),
    Real(u64),
    Decimal(rust_decimal::Decimal),
    Guid(u128),
    Text(String),
    Json(String),
}

/// The key of a value.
pub(crate) fn key(value: &Value) -> Key {
    match value {
        Value::Null => Key::Null,
        Value::Bool(b) => Key::Bool(*b),
        Value::Int(n) => Key::Whole(i64::from(*n)),
        Value::Long(n) | Value::Datetime(n) | Value::Timespan(n) => Key::Whole(*n),
        Value::Real(x) => Key::Real(real_key(*x)),
        Value::Decimal(d) => Key::Decimal(d.normalize()),
        Value::Guid(g) => Key::Guid(*g),
        Value::String(s) => Key::Text(s.clone()),
        Value::Dynamic(json) => json_key(json),
    }
}

/// The key of a dynamic value: scalars by what they hold, arrays and bags by their text.
pub(crate) fn json_key(json: &Json) -> Key {
    match json {
        Json::Null => Key::Null,
        Json::Bool(b) => Key::Bool(*b),
        Json::Number(n) => n.as_i64().map_or_else(|| Key::Real(real_key(n.as_f64().unwrap_or(f64::NAN))), Key::Whole),
        Json::String(s) => Key::Text(s.clone()),
        other => Key::Json(other.to_string()),
    }
}

/// One pattern of bits for each real that is one value: `-0.0` is `0.0`, every NaN is the same.
fn real_key(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { (x + 0.0).to_bits() }
}

/// Order of two values; numbers by size whatever their width, texts by code point, NaN above all other reals.
pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
        (Value::Datetime(x), Value::Datetime(y)) | (Value::Timespan(x), Value::Timespan(y)) => x.cmp(y),
        (Value::Guid(x), Value::Guid(y)) => x.cmp(y),
        (Value::String(x), Value::String(y)) => x.cmp(y),
        (Value::Decimal(x), Value::Decimal(y)) => x.cmp(y),
        (Value::Dynamic(x), Value::Dynamic(y)) => compare_json(x, y),
        _ => match (a.as_i64(), b.as_i64()) {
            (Some(x), Some(y)) => x.cmp(&y),
            _ => match (a.as_f64(), b.as_f64()) {
                (Some(x), Some(y)) => compare_reals(x, y),
                _ => Ordering::Equal,
            },
        },
    }
}

/// Order of two dynamic values: numbers by size, texts by code point; values of different kinds stay apart (numbers, texts,
/// bools, arrays, bags).
pub(crate) fn compare_json(a: &Json, b: &Json) -> Ordering {
    match (a, b) {
        (Json::Number(x), Json::Number(y)) => match (x.as_i64(), y.as_i64()) {
            (Some(x), Some(y)) => x.cmp(&y),
            _ => compare_reals(x.as_f64().unwrap_or(f64::NAN), y.as_f64().unwrap_or(f64::NAN)),
        },
        (Json::String(x), Json::String(y)) => x.cmp(y),
        (Json::Bool(x), Json::Bool(y)) => x.cmp(y),
        (Json::Array(_), Json::Array(_)) | (Json::Object(_), Json::Object(_)) => a.to_string().cmp(&b.to_string()),
        _ => json_rank(a).cmp(&json_rank(b)),
    }
}

fn json_rank(json: &Json) -> u8 {
    match json {
        Json::Number(_) => 0,
        Json::String(_) => 1,
        Json::Bool(_) => 2,
        Json::Array(_) => 3,
        Json::Object(_) => 4,
        Json::Null => 5,
    }
}

/// Order of two reals, NaN last.
pub(crate) fn compare_reals(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_reals_have_equal_keys() {
        assert_eq!(key(&Value::Real(0.0)), key(&Value::Real(-0.0)));
        assert_eq!(key(&Value::Real(f64::NAN)), key(&Value::Real(-f64::NAN)));
    }

    #[test]
    fn whole_numbers_compare_without_rounding() {
        let (a, b) = (Value::Long(9_007_199_254_740_993), Value::Long(9_007_199_254_740_992));
        assert_eq!(compare(&a, &b), Ordering::Greater);
        assert_eq!(compare(&Value::Real(f64::NAN), &Value::Real(f64::INFINITY)), Ordering::Greater);
    }
}
