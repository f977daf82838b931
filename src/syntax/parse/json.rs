//! `dynamic(...)`: JSON as Kusto takes it, with its own strings, `datetime(...)` and the like inside, and a comma too many.

use super::combinator::{bracketed, firmly, need, within};
use super::input::Tokens;
use super::literal;
use super::problem::{self, Parsed};
use crate::diagnostic::Span;
use crate::syntax::ast::{Literal, LiteralKind};
use crate::syntax::token::TokenKind;
use crate::value::{Json, Type, Value, dynamic};

/// `dynamic(value)`
pub fn dynamic_literal(input: Tokens<'_>) -> Parsed<'_, (Literal, Span)> {
    if input.text(0) != "dynamic" || input.kind(1) != Some(TokenKind::OpenParen) {
        return problem::missing(input, "a literal");
    }
    let (rest, (value, _)) = within(TokenKind::OpenParen, need_json)(input.skip(1))?;
    let span = rest.since(input.span());
    let literal = Literal {
        value: Value::Dynamic(value),
        kind: LiteralKind::Typed(Type::Dynamic),
        text: canonical(input, span).into(),
    };
    Ok((rest, (literal, span)))
}

fn need_json(input: Tokens<'_>) -> Parsed<'_, Json> {
    firmly(input, json, "a JSON value")
}

fn json(input: Tokens<'_>) -> Parsed<'_, Json> {
    match input.kind(0) {
        Some(TokenKind::OpenBracket) => {
            let (rest, (items, _)) = bracketed(TokenKind::OpenBracket, json, "a JSON value", true)(input)?;
            Ok((rest, Json::Array(items)))
        }
        Some(TokenKind::OpenBrace) => {
            let (rest, (pairs, _)) = bracketed(TokenKind::OpenBrace, json_pair, "a key and value", true)(input)?;
            Ok((rest, Json::Object(pairs.into_iter().collect())))
        }
        Some(TokenKind::Number | TokenKind::Minus | TokenKind::Plus) if big_number(input).is_some() => {
            let (length, number) = big_number(input).unwrap_or((1, 0.0));
            Ok((input.skip(length), Json::from(number)))
        }
        Some(TokenKind::Name) if input.text(0) == "null" => Ok((input.skip(1), Json::Null)),
        _ => {
            let (rest, (literal, span)) = literal::literal(input)?;
            match literal.value {
                // JSON has no infinity: the engine refuses a number that no double holds
                Value::Real(x) if literal.kind == LiteralKind::Real && x.is_infinite() => {
                    problem::fail(literal::bad_number(&literal.text, span))
                }
                value => Ok((rest, dynamic::from_value(&value))),
            }
        }
    }
}

/// A whole number that fits no `long` is a double in JSON.
fn big_number(input: Tokens<'_>) -> Option<(usize, f64)> {
    let signed = usize::from(input.kind(0) != Some(TokenKind::Number));
    let digits = if input.kind(signed) == Some(TokenKind::Number) { input.text(signed) } else { return None };
    let number: f64 = digits.parse().ok()?;
    let fits = digits.parse::<i64>().is_ok();
    let negative = signed == 1 && input.kind(0) == Some(TokenKind::Minus);
    (!fits).then_some((signed + 1, if negative { -number } else { number }))
}

fn json_pair(input: Tokens<'_>) -> Parsed<'_, (String, Json)> {
    let (rest, (key, _)) = literal::text(input)?;
    let (rest, _) = need(TokenKind::Colon)(rest)?;
    let (rest, value) = need_json(rest)?;
    Ok((rest, (key, value)))
}

/// The tokens of a literal with one blank after each comma and colon, so that comments and line ends inside fall out.
fn canonical(input: Tokens<'_>, span: Span) -> String {
    let mut text = String::with_capacity((span.end - span.start) as usize);
    let mut before = None;
    let mut at = input;
    while let Some(token) = at.first().filter(|t| t.span.start < span.end) {
        let apart = matches!(before, Some(TokenKind::Comma | TokenKind::Colon));
        let joined = before == Some(TokenKind::String) && token.kind == TokenKind::String;
        if apart || joined {
            text.push(' ');
        }
        text.push_str(at.text(0));
        before = Some(token.kind);
        at = at.skip(1);
    }
    text
}
