//! Dynamic values: JSON, as text in columns and parsed in kernels.

use super::{Json, Value, datetime, format_guid, timespan};

/// Parses the text of a dynamic column. A text that is no JSON is the string itself: Defender keeps such texts in columns
/// like `AdditionalFields`.
pub fn parse(text: &str) -> Json {
    serde_json::from_str(text)
        .unwrap_or_else(|_| if text.trim().is_empty() { Json::Null } else { Json::String(text.to_owned()) })
}

/// A value as JSON: datetimes, timespans, guids and decimals become their text, a real that is no number its name.
pub fn from_value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) => Json::from(*n),
        Value::Long(n) => Json::from(*n),
        Value::Real(x) => {
            serde_json::Number::from_f64(*x).map_or_else(|| Json::String(real_name(*x).to_owned()), Json::Number)
        }
        Value::Decimal(d) => Json::String(d.to_string()),
        Value::Datetime(t) => Json::String(datetime::format(*t)),
        Value::Timespan(t) => Json::String(timespan::format(*t)),
        Value::Guid(g) => Json::String(format_guid(*g)),
        Value::String(s) => Json::String(s.clone()),
        Value::Dynamic(json) => json.clone(),
    }
}

/// The name of a real that is no JSON number.
pub fn real_name(x: f64) -> &'static str {
    if x.is_nan() {
        "NaN"
    } else if x > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}
