//! Membership in a list of values: `in`, `in~` and their negations.

use crate::backend::polars::kernel;
use crate::backend::polars::operand::Operand;
use crate::value::{Type, Value};
use std::collections::HashSet;

/// A value as it is compared: equal keys for equal values.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Bits(i64),
    Wide(u128),
    Text(String),
}

/// Whether a value is one of the values.
pub(in crate::backend::polars) fn in_values(
    value: &Operand,
    values: &[Value],
    case_sensitive: bool,
    negated: bool,
) -> Operand {
    let fold = !case_sensitive;
    let keys: HashSet<Key> = values.iter().filter_map(|v| key(v, fold)).collect();
    let found = move |row: &[Value]| {
        let found = row.first().and_then(|v| key(v, fold)).is_some_and(|k| keys.contains(&k));
        Value::Bool(found != negated)
    };
    match value {
        Operand::Constant(value, _) => Operand::Constant(found(std::slice::from_ref(value)), Type::Bool),
        Operand::Column(expr, ty) => {
            Operand::Column(kernel::map_rows(vec![(expr.clone(), *ty)], Type::Bool, found), Type::Bool)
        }
    }
}

/// The key of a value; none for null and NaN, which equal nothing.
fn key(value: &Value, fold: bool) -> Option<Key> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(b) => Key::Bits(i64::from(*b)),
        Value::Int(n) => Key::Bits(i64::from(*n)),
        Value::Long(n) | Value::Datetime(n) | Value::Timespan(n) => Key::Bits(*n),
        Value::Real(x) if x.is_nan() => return None,
        // Both zeros are one value.
        Value::Real(x) => Key::Bits((x + 0.0).to_bits().cast_signed()),
        Value::Guid(g) => Key::Wide(*g),
        Value::Decimal(d) => Key::Text(d.normalize().to_string()),
        Value::String(text) if fold => Key::Text(text.to_lowercase()),
        Value::String(text) => Key::Text(text.clone()),
        Value::Dynamic(json) => Key::Text(json.to_string()),
    })
}
