//! Literals: what they are worth.

use super::combinator::token;
use super::input::Tokens;
use super::json::dynamic_literal;
use super::problem::{self, Parsed};
use super::text::decode;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{Literal, LiteralKind};
use crate::syntax::token::TokenKind;
use crate::value::{Type, Value, datetime, parse_guid, timespan};
use nom::Parser;
use nom::branch::alt;
use rust_decimal::Decimal;

/// Any literal, a number with its sign too.
pub fn literal(input: Tokens<'_>) -> Parsed<'_, (Literal, Span)> {
    alt((signed, unsigned)).parse(input)
}

/// A literal without sign.
pub fn unsigned(input: Tokens<'_>) -> Parsed<'_, (Literal, Span)> {
    let (kind, text, span) = match input.kind(0) {
        Some(TokenKind::String) => return string(input),
        Some(TokenKind::Name) => return dynamic_literal(input),
        Some(kind) => (kind, input.text(0), input.span()),
        None => return problem::missing(input, "a literal"),
    };
    let rest = input.skip(1);
    let read = |kind: LiteralKind, value: Option<Value>| match value {
        Some(value) => Ok((rest, (Literal { value, kind, text: text.into() }, span))),
        None => problem::fail(bad_number(text, span)),
    };
    match kind {
        TokenKind::Number => read(LiteralKind::Number, whole(text).map(Value::Long)),
        TokenKind::Real => read(LiteralKind::Real, text.parse().ok().map(Value::Real)),
        TokenKind::Timespan => read(LiteralKind::Timespan, timespan::parse(text).map(Value::Timespan)),
        TokenKind::Bool => read(LiteralKind::Bool, Some(Value::Bool(text.eq_ignore_ascii_case("true")))),
        TokenKind::Typed(ty) => typed(rest, ty, text, span),
        _ => problem::missing(input, "a literal"),
    }
}

/// `-1`, `+1.5`, `-1h`: a sign that touches its number.
pub fn signed(input: Tokens<'_>) -> Parsed<'_, (Literal, Span)> {
    let numeric = matches!(input.kind(1), Some(TokenKind::Number | TokenKind::Real | TokenKind::Timespan));
    let sign = match input.kind(0) {
        Some(TokenKind::Minus) => "-",
        Some(TokenKind::Plus) => "",
        _ => return problem::missing(input, "a literal"),
    };
    if !numeric || !input.touches(1) {
        return problem::missing(input, "a literal");
    }
    let rest = input.skip(2);
    let span = rest.since(input.span());
    let unsigned = format!("{sign}{}", input.text(1));
    let read = match input.kind(1) {
        Some(TokenKind::Number) => whole(&unsigned).map(|n| (Value::Long(n), LiteralKind::Number)),
        Some(TokenKind::Real) => unsigned.parse().ok().map(|x| (Value::Real(x), LiteralKind::Real)),
        _ => timespan::parse(&unsigned).map(|t| (Value::Timespan(t), LiteralKind::Timespan)),
    };
    let text = input.context.source.slice(span);
    match read {
        Some((value, kind)) => Ok((rest, (Literal { value, kind, text: text.into() }, span))),
        None => problem::fail(bad_number(text, span)),
    }
}

pub(super) fn bad_number(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::BadLiteral, span, format!("`{text}` is out of range"))
        .with_help("a `long` has 64 bits; `decimal(...)` and `real(...)` hold larger numbers")
}

/// Decimal or hexadecimal digits, with a sign or none.
fn whole(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i128::from_str_radix(hex, 16).ok()?,
        None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse::<i128>().ok()?,
        None => return None,
    };
    i64::try_from(if negative { -number } else { number }).ok()
}

/// One string token, whatever follows it.
pub fn single_string(input: Tokens<'_>) -> Parsed<'_, (Literal, Span)> {
    let (rest, token) = token(TokenKind::String)(input)?;
    let (value, written) = decoded(input);
    Ok((rest, (Literal { value: Value::String(value), kind: LiteralKind::String, text: written.into() }, token.span)))
}

/// A string; several in a row are one.
pub fn string(input: Tokens<'_>) -> Parsed<'_, (Literal, Span)> {
    let (rest, (value, written)) = text(input)?;
    let span = rest.since(input.span());
    Ok((rest, (Literal { value: Value::String(value), kind: LiteralKind::String, text: written.into() }, span)))
}

/// What one or more string tokens say, and how they are written.
pub fn text(input: Tokens<'_>) -> Parsed<'_, (String, String)> {
    let (mut rest, _) = token(TokenKind::String)(input)?;
    let (mut value, mut written) = decoded(input);
    while rest.kind(0) == Some(TokenKind::String) {
        let (more, text) = decoded(rest);
        value.push_str(&more);
        written.push(' ');
        written.push_str(&text);
        rest = rest.skip(1);
    }
    Ok((rest, (value, written)))
}

fn decoded(input: Tokens<'_>) -> (String, String) {
    let (value, found) = decode(input.text(0), input.span());
    found.into_iter().for_each(|diagnostic| input.context.report(diagnostic));
    (value, input.text(0).to_owned())
}

/// `type(content)`
fn typed<'a>(rest: Tokens<'a>, ty: Type, text: &'a str, span: Span) -> Parsed<'a, (Literal, Span)> {
    let (word, content) = text.split_once('(').unwrap_or((text, ""));
    let content = content.strip_suffix(')').unwrap_or(content).trim();
    match constant(ty, content) {
        Some(value) => Ok((rest, (Literal { value, kind: LiteralKind::Typed(ty), text: text.into() }, span))),
        None => {
            let found = Diagnostic::error(Code::BadLiteral, span, format!("`{content}` is no {ty}"));
            problem::fail(found.with_help(format!("`{word}(...)` holds a literal; `to{ty}(...)` converts a value")))
        }
    }
}

/// The value of a typed literal's content.
pub fn constant(ty: Type, content: &str) -> Option<Value> {
    if content == "null" {
        return Some(Value::missing(ty));
    }
    Some(match ty {
        Type::Bool => Value::Bool(bool_constant(content)?),
        Type::Int => Value::Int(i32::try_from(whole(content)?).ok()?),
        Type::Long => Value::Long(whole(content)?),
        Type::Real => Value::Real(real_constant(content)?),
        Type::Decimal => Value::Decimal(decimal_constant(content)?),
        Type::Datetime => Value::Datetime(datetime::parse(unquoted(content))?),
        Type::Timespan => Value::Timespan(timespan::parse(unquoted(content))?),
        Type::Guid => Value::Guid(parse_guid(unquoted(content))?),
        Type::String | Type::Dynamic => return None,
    })
}

/// Dates, spans and guids are taken with quotes around them too.
fn unquoted(content: &str) -> &str {
    ['"', '\''].iter().find_map(|q| content.strip_prefix(*q)?.strip_suffix(*q)).unwrap_or(content)
}

fn bool_constant(content: &str) -> Option<bool> {
    match content.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn real_constant(content: &str) -> Option<f64> {
    match content.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        // Rust reads words such as `infinity` too, Kusto does not.
        digits if digits.contains(|c: char| c.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    }
}

fn decimal_constant(content: &str) -> Option<Decimal> {
    content.parse().ok().or_else(|| Decimal::from_scientific(content).ok())
}
