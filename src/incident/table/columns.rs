//! The columns of one row as they are filled, and the small readings that all four tables share.
//!
//! In: texts and JSON as the services write them. Out: columns by name; what is not known has no column. Never: a time that is
//! not read as one, or a number through a float.

use crate::value::datetime;
use serde_json::{Map, Value};

/// The columns of one row, in the order in which they are filled.
#[derive(Default)]
pub(super) struct Columns(pub(super) Map<String, Value>);

impl Columns {
    /// Sets a text; nothing for none and for the empty one.
    pub(super) fn text(&mut self, name: &str, text: Option<impl Into<String>>) {
        if let Some(text) = text.map(Into::into).filter(|t: &String| !t.is_empty()) {
            self.0.insert(name.to_owned(), Value::String(text));
        }
    }

    /// Sets a datetime given in ticks.
    pub(super) fn time(&mut self, name: &str, ticks: Option<i64>) {
        self.text(name, ticks.map(datetime::format));
    }

    /// Sets any JSON; nothing for `null`.
    pub(super) fn json(&mut self, name: &str, value: Value) {
        if !value.is_null() {
            self.0.insert(name.to_owned(), value);
        }
    }
}

/// The value at a path of names with dots between them.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |v, name| v.get(name)).filter(|v| !v.is_null())
}

/// The text at a path; numbers and booleans are written out.
pub(super) fn text_at(value: &Value, path: &str) -> Option<String> {
    match at(value, path)? {
        Value::String(text) => Some(text.clone()).filter(|t| !t.is_empty()),
        other @ (Value::Number(_) | Value::Bool(_)) => Some(other.to_string()),
        _ => None,
    }
}

/// The whole number at a path. OData may write 64 bits as a text.
pub(super) fn whole_at(value: &Value, path: &str) -> Option<i64> {
    let found = at(value, path)?;
    found.as_i64().or_else(|| found.as_str()?.parse().ok())
}

/// The texts of a list of a record.
pub(super) fn texts<'a>(record: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a str> {
    record.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).filter(|t| !t.is_empty())
}

/// The text of a record.
pub(super) fn text<'a>(record: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    record.get(name).and_then(Value::as_str).filter(|t| !t.is_empty())
}

/// The ticks of a time. The services write the first day of the calendar for none.
pub(super) fn ticks(text: Option<&str>) -> Option<i64> {
    text.and_then(datetime::parse).filter(|t| *t > 0)
}

/// The ticks of a time of a record.
pub(super) fn time(record: &Map<String, Value>, name: &str) -> Option<i64> {
    ticks(text(record, name))
}

/// Adds a text to a list that holds every text once.
pub(super) fn add_once(list: &mut Vec<String>, text: &str) {
    if !list.iter().any(|t| t == text) {
        list.push(text.to_owned());
    }
}

/// A list as JSON text; nothing for the empty one.
pub(super) fn list_text(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| Value::from(list.to_vec()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_known_has_no_column() {
        let mut columns = Columns::default();
        columns.text("A", Some(""));
        columns.text("B", None::<String>);
        columns.time("C", ticks(Some("0001-01-01T00:00:00Z")));
        columns.time("D", ticks(Some("yesterday")));
        columns.json("E", Value::Null);
        assert!(columns.0.is_empty());
        columns.time("F", ticks(Some("2026-01-02T03:04:05.12Z")));
        assert_eq!(columns.0["F"], "2026-01-02T03:04:05.1200000Z");
    }

    #[test]
    fn sixty_four_bits_stay_exact() {
        let value = json!({"a": {"b": "9007199254740993", "c": 9_007_199_254_740_993_i64}});
        assert_eq!(
            (whole_at(&value, "a.b"), whole_at(&value, "a.c")),
            (Some(9_007_199_254_740_993), Some(9_007_199_254_740_993))
        );
    }
}
