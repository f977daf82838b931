//! Small parsers that all others are made of.

use super::input::Tokens;
use super::problem::{self, Parsed};
use crate::diagnostic::{Code, Span};
use crate::syntax::token::{Token, TokenKind};
use nom::combinator::opt;
use nom::{Err, Parser};

/// A token of a kind.
pub fn token<'a>(kind: TokenKind) -> impl Fn(Tokens<'a>) -> Parsed<'a, Token> {
    move |input| match input.first() {
        Some(token) if token.kind == kind => Ok((input.skip(1), token)),
        _ => problem::missing(input, name_of(kind)),
    }
}

/// A keyword, by its text.
pub fn word<'a>(text: &'static str) -> impl Fn(Tokens<'a>) -> Parsed<'a, Span> {
    move |input| match input.first() {
        Some(token) if is_word(input, text) => Ok((input.skip(1), token.span)),
        _ => problem::missing(input, text),
    }
}

/// True when the first token is that keyword.
pub fn is_word(input: Tokens<'_>, text: &str) -> bool {
    matches!(input.kind(0), Some(TokenKind::Name | TokenKind::Keyword)) && input.text(0) == text
}

/// A token that can only be this one here.
pub fn need<'a>(kind: TokenKind) -> impl Fn(Tokens<'a>) -> Parsed<'a, Token> {
    move |input| firmly(input, token(kind), name_of(kind))
}

/// A keyword that can only be this one here.
pub fn need_word<'a>(text: &'static str) -> impl Fn(Tokens<'a>) -> Parsed<'a, Span> {
    move |input| match word(text)(input) {
        Ok(found) => Ok(found),
        Err(_) => problem::expected(input, &format!("`{text}`")),
    }
}

/// Turns a soft failure into `expected what`.
pub fn firmly<'a, T>(
    input: Tokens<'a>,
    mut parser: impl Parser<Tokens<'a>, Output = T, Error = problem::Problem>,
    what: &str,
) -> Parsed<'a, T> {
    match parser.parse(input) {
        Err(Err::Error(_)) => problem::expected(input, what),
        other => other,
    }
}

/// One or more items with commas between them; nothing after a comma is a fault.
pub fn list<'a, T>(
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
    what: &'static str,
) -> impl Fn(Tokens<'a>) -> Parsed<'a, Vec<T>> {
    move |input| {
        let (mut input, first) = item(input)?;
        let mut items = vec![first];
        while let Ok((after, _)) = token(TokenKind::Comma)(input) {
            let (rest, next) = firmly(after, &item, what)?;
            items.push(next);
            input = rest;
        }
        Ok((input, items))
    }
}

/// [`list`], of which there must be at least one item.
pub fn need_list<'a, T>(
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
    what: &'static str,
) -> impl Fn(Tokens<'a>) -> Parsed<'a, Vec<T>> {
    move |input| firmly(input, list(&item, what), what)
}

/// Zero or more items between brackets, `open` being the first token. A comma may trail when `trailing` is true.
pub fn bracketed<'a, T>(
    open: TokenKind,
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
    what: &'static str,
    trailing: bool,
) -> impl Fn(Tokens<'a>) -> Parsed<'a, (Vec<T>, Span)> {
    move |input| {
        let close = open.closing().unwrap_or(TokenKind::CloseParen);
        let (mut rest, opener) = token(open)(input)?;
        let mut items = Vec::new();
        if rest.kind(0) == Some(TokenKind::Comma) && trailing {
            rest = rest.skip(1);
        }
        while rest.kind(0) != Some(close) {
            let (after, next) = firmly(rest, &item, what)?;
            items.push(next);
            let (after, comma) = opt(token(TokenKind::Comma)).parse(after)?;
            rest = after;
            if comma.is_none() {
                break;
            }
            if rest.kind(0) == Some(close) && !trailing {
                return problem::expected(rest, what);
            }
        }
        let (rest, _) = closed(rest, opener, if items.is_empty() { what } else { "`,`" })?;
        Ok((rest, (items, rest.since(opener.span))))
    }
}

/// The partner of an opening bracket. `or` is what else could have followed.
pub fn closed<'a>(input: Tokens<'a>, opener: Token, or: &str) -> Parsed<'a, Token> {
    let close = opener.kind.closing().unwrap_or(TokenKind::CloseParen);
    match token(close)(input) {
        Ok(found) => Ok(found),
        Err(_) => {
            let what = if or.is_empty() { name_of(close).to_owned() } else { format!("{or} or {}", name_of(close)) };
            let found = problem::expectation(input, &what);
            let code = if input.first().is_none() { Code::UnclosedBracket } else { found.code };
            problem::fail(crate::diagnostic::Diagnostic { code, ..found }.with_label(opener.span, "opened here"))
        }
    }
}

/// What is between an opening bracket, which is the first token, and its partner.
pub fn within<'a, T>(
    open: TokenKind,
    inner: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
) -> impl Fn(Tokens<'a>) -> Parsed<'a, (T, Span)> {
    move |input| {
        let (rest, opener) = token(open)(input)?;
        let (rest, value) = inner(rest)?;
        let (rest, _) = closed(rest, opener, "")?;
        Ok((rest, (value, rest.since(opener.span))))
    }
}

/// A kind of token as diagnostics name it.
pub fn name_of(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Name => "a name",
        TokenKind::String => "a string",
        TokenKind::OpenParen => "`(`",
        TokenKind::CloseParen => "`)`",
        TokenKind::OpenBracket => "`[`",
        TokenKind::CloseBracket => "`]`",
        TokenKind::OpenBrace => "`{`",
        TokenKind::CloseBrace => "`}`",
        TokenKind::Pipe => "`|`",
        TokenKind::Comma => "`,`",
        TokenKind::Semicolon => "`;`",
        TokenKind::Colon => "`:`",
        TokenKind::Dot => "`.`",
        TokenKind::DotDot => "`..`",
        TokenKind::Assign => "`=`",
        TokenKind::Arrow => "`=>`",
        _ => "something else",
    }
}
