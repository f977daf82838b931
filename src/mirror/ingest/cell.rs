//! One value of a row, by the type of its column.
//!
//! In: a JSON token or the text of a CSV field, and a type. Out: a [`Cell`], or a reason why the value does not fit. The
//! rules: `""` is null in every column but a string's; integers are exact; 0 and 1 are booleans; dynamic keeps its text.

use super::time::{self, Clock};
use super::token::{Reason, Token, compact};
use crate::value::{Type, format_guid, parse_guid, timespan};
use std::borrow::Cow;

/// A value on its way into a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// `""` in a string column, null elsewhere.
    Missing,
    /// bool
    Bool(bool),
    /// int
    Int(i32),
    /// long; timespan in ticks
    Long(i64),
    /// real
    Real(f64),
    /// datetime in ticks
    Time(i64),
    /// string, dynamic, guid, decimal
    Text(Cow<'a, str>),
}

/// The cell of a JSON value.
///
/// # Errors
/// When the value does not fit the type.
pub fn from_token<'a>(ty: Type, token: Token<'a>) -> Result<Cell<'a>, Reason> {
    match (ty, token) {
        (_, Token::Null) => Ok(Cell::Missing),
        (Type::String, Token::Text { raw: "", .. }) => Ok(Cell::Missing),
        (Type::String, Token::Text { .. }) => Ok(token.text().map_or(Cell::Missing, Cell::Text)),
        (Type::String | Type::Dynamic, _) if !matches!(token, Token::Text { .. }) => Ok(Cell::Text(token.json())),
        (Type::Bool, Token::Bool(b)) => Ok(Cell::Bool(b)),
        (Type::Bool | Type::Int | Type::Long | Type::Real | Type::Decimal, Token::Number(raw)) => {
            from_text(ty, Cow::Borrowed(raw), &Clock::Utc)
        }
        (_, Token::Text { .. }) => match token.text() {
            Some(text) => from_text(ty, text, &Clock::Utc),
            None => Ok(Cell::Missing),
        },
        (_, other) => Err(unfit(ty, &other.json())),
    }
}

/// The cell of a text.
///
/// # Errors
/// When the text is no value of the type.
pub fn from_text<'a>(ty: Type, text: Cow<'a, str>, clock: &Clock) -> Result<Cell<'a>, Reason> {
    if text.is_empty() {
        return Ok(Cell::Missing);
    }
    if ty == Type::String {
        return Ok(Cell::Text(text));
    }
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed == "null" {
        return Ok(Cell::Missing);
    }
    let cell = match ty {
        Type::Bool => bool_of(trimmed).map(Cell::Bool),
        Type::Int => long_of(trimmed).and_then(|n| i32::try_from(n).ok()).map(Cell::Int),
        Type::Long => long_of(trimmed).map(Cell::Long),
        Type::Real => real_of(trimmed).map(Cell::Real),
        Type::Datetime if trimmed == "Invalid date" => Some(Cell::Missing),
        Type::Datetime => time::parse(trimmed, clock).map(Cell::Time),
        Type::Timespan => timespan::parse(trimmed).map(Cell::Long),
        Type::Guid => parse_guid(trimmed).map(|g| Cell::Text(Cow::Owned(format_guid(g)))),
        Type::Decimal => decimal_of(trimmed).map(|text| Cell::Text(Cow::Owned(text))),
        Type::Dynamic | Type::String => return Ok(Cell::Text(text)),
    };
    cell.ok_or_else(|| unfit(ty, &text))
}

fn bool_of(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A whole number. `5.0` and `1e3` are whole too as long as a double holds them exactly.
fn long_of(text: &str) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    text.parse().ok().or_else(|| {
        let x: f64 = text.contains(['.', 'e', 'E']).then(|| text.parse().ok()).flatten()?;
        (x.fract() == 0.0 && x.abs() < EXACT).then_some(x as i64)
    })
}

fn real_of(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => text.parse().ok(),
        _ => None,
    }
}

fn decimal_of(text: &str) -> Option<String> {
    let read = rust_decimal::Decimal::from_str_exact(text).or_else(|_| rust_decimal::Decimal::from_scientific(text));
    read.ok().map(|d| d.to_string())
}

/// `x` is no `long`, with long texts cut.
fn unfit(ty: Type, text: &str) -> Reason {
    let shown: String = text.chars().take(60).collect();
    let dots = if shown.len() < text.len() { "..." } else { "" };
    format!("`{shown}{dots}` is no {ty}").into()
}

/// The text of a JSON value in a string column of loose type: a string's own text, else its JSON.
pub fn loose_text(token: Token<'_>) -> Cow<'_, str> {
    match token {
        Token::Null => Cow::Borrowed(""),
        Token::Nested(raw) => compact(raw),
        _ => token.text().unwrap_or_else(|| token.json()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ty: Type, text: &str) -> Result<Cell<'_>, Reason> {
        from_text(ty, Cow::Borrowed(text), &Clock::Utc)
    }

    #[test]
    fn integers_never_pass_through_doubles() {
        assert_eq!(text(Type::Long, "639199803770463703"), Ok(Cell::Long(639_199_803_770_463_703)));
        assert_eq!(text(Type::Long, "9223372036854775807"), Ok(Cell::Long(i64::MAX)));
        assert_eq!(text(Type::Long, "12.0"), Ok(Cell::Long(12)));
        for bad in ["9223372036854775808", "1.5", "9007199254740993.0", "x", "0x10"] {
            assert!(text(Type::Long, bad).is_err(), "{bad}");
        }
        assert!(text(Type::Int, "2147483648").is_err());
    }

    #[test]
    fn missing_and_booleans() {
        for ty in Type::ALL {
            assert_eq!(text(ty, ""), Ok(Cell::Missing));
            assert_eq!(from_token(ty, Token::Null), Ok(Cell::Missing));
        }
        assert_eq!(text(Type::Bool, "TRUE"), Ok(Cell::Bool(true)));
        assert_eq!(text(Type::Bool, "0"), Ok(Cell::Bool(false)));
        assert_eq!(text(Type::Datetime, "Invalid date"), Ok(Cell::Missing));
        assert_eq!(text(Type::Real, "nan").ok(), None);
    }

    #[test]
    fn dynamic_is_text_or_object() {
        let object = Token::Nested(r#"{ "a": 1 }"#);
        assert_eq!(from_token(Type::Dynamic, object), Ok(Cell::Text(r#"{"a":1}"#.into())));
        let raw = r#"{\"a\":1}"#;
        let quoted = Token::Text { raw, escaped: true };
        assert_eq!(from_token(Type::Dynamic, quoted), Ok(Cell::Text(r#"{"a":1}"#.into())));
        assert_eq!(from_token(Type::String, Token::Number("5")), Ok(Cell::Text("5".into())));
        assert!(from_token(Type::Long, object).is_err());
    }
}
