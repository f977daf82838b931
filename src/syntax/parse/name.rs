//! Names: bare, in brackets and quotes, with wildcards; and the two that stand before `=`.

use super::combinator::{bracketed, token, within};
use super::input::Tokens;
use super::literal;
use super::problem::{self, Parsed};
use crate::syntax::ast::Name;
use crate::syntax::keyword;
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::branch::alt;
use nom::sequence::terminated;

/// A name that can be read back: a word that is no keyword, or `['any text']`.
pub fn name(input: Tokens<'_>) -> Parsed<'_, Name> {
    match input.kind(0) {
        Some(TokenKind::Name) if !keyword::is_reserved(input.text(0)) => Ok(bare(input, 1)),
        Some(TokenKind::OpenBracket) => quoted_name(input),
        _ => problem::missing(input, "a name"),
    }
}

/// A name where one is declared: some keywords too.
pub fn declared_name(input: Tokens<'_>) -> Parsed<'_, Name> {
    match input.kind(0) {
        Some(TokenKind::Name) if keyword::DECLARABLE.contains(&input.text(0)) => Ok(bare(input, 1)),
        _ => name(input),
    }
}

/// A name where nothing but a name can stand: any word.
pub fn any_name(input: Tokens<'_>) -> Parsed<'_, Name> {
    match input.kind(0) {
        Some(TokenKind::Name | TokenKind::Keyword) => Ok(bare(input, 1)),
        _ => name(input),
    }
}

/// The first `count` tokens as a bare name.
fn bare(input: Tokens<'_>, count: usize) -> (Tokens<'_>, Name) {
    let rest = input.skip(count);
    let span = rest.since(input.span());
    (rest, Name { text: input.context.source.slice(span).into(), span, quoted: false })
}

/// `['any text']`
fn quoted_name(input: Tokens<'_>) -> Parsed<'_, Name> {
    if input.kind(1) != Some(TokenKind::String) {
        return problem::missing(input, "a name");
    }
    let (rest, (text, span)) = within(TokenKind::OpenBracket, literal::text)(input)?;
    Ok((rest, Name { text: text.0.into(), span, quoted: true }))
}

/// `a*`, `*_b`, `a*b*`: pieces that touch each other. Falls back to a plain name.
pub fn wildcard_name(input: Tokens<'_>) -> Parsed<'_, Name> {
    let piece = |n: usize| matches!(input.kind(n), Some(TokenKind::Star | TokenKind::Name | TokenKind::Number));
    let starts = matches!(input.kind(0), Some(TokenKind::Star | TokenKind::Name));
    let count = if starts { 1 + (1..).take_while(|n| piece(*n) && input.touches(*n)).count() } else { 0 };
    if (0..count).any(|n| input.kind(n) == Some(TokenKind::Star)) { Ok(bare(input, count)) } else { name(input) }
}

/// The names before a `=`: `a =`, or `(a, b) =`.
pub fn assigned_names(input: Tokens<'_>) -> Parsed<'_, Vec<Name>> {
    let several = bracketed(TokenKind::OpenParen, declared_name, "a name", false).map(|(names, _)| names);
    let one = declared_name.map(|name| vec![name]);
    // A tuple cannot be told from a parenthesized expression before its end, so look for the end first.
    if input.kind(0) == Some(TokenKind::OpenParen) && !tuple_ahead(input) {
        return problem::missing(input, "a name");
    }
    terminated(alt((one, several)), token(TokenKind::Assign)).parse(input)
}

/// True for `(` names `)` `=`.
fn tuple_ahead(input: Tokens<'_>) -> bool {
    let inside = |kind: Option<TokenKind>| {
        use TokenKind::{CloseBracket, Comma, Name, OpenBracket, String};
        matches!(kind, Some(Name | Comma | OpenBracket | String | CloseBracket))
    };
    let end = (1..).find(|n| !inside(input.kind(*n))).unwrap_or(1);
    end > 1 && input.kind(end) == Some(TokenKind::CloseParen) && input.kind(end + 1) == Some(TokenKind::Assign)
}
