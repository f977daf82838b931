//! `render`.

use crate::syntax::ast::{Expr, OperatorKind, OperatorParameter};
use crate::syntax::parse::combinator::{firmly, word};
use crate::syntax::parse::expr::expression;
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::name::any_name;
use crate::syntax::parse::parameter::{parameters, properties, value};
use crate::syntax::parse::problem::Parsed;
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::combinator::opt;

/// `render timechart with (title="x", ycolumns=a, b)`
pub fn render_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, kind) = if input.text(0) == "with" { (input, None) } else { opt(any_name).parse(input)? };
    let (rest, mut properties) = parameters(rest, &["kind", "title", "accumulate"], false)?;
    let (rest, more) = render_properties(rest)?;
    properties.extend(more);
    Ok((rest, OperatorKind::Render { kind, properties }))
}

fn render_properties(input: Tokens<'_>) -> Parsed<'_, Vec<OperatorParameter>> {
    match word("with")(input) {
        Ok((rest, _)) => properties(rest, render_value),
        Err(_) => Ok((input, vec![])),
    }
}

/// A name or literal that ends there; otherwise an expression, such as a title that is computed.
fn render_value(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let ends = |rest: Tokens<'_>| matches!(rest.kind(0), Some(TokenKind::Comma | TokenKind::CloseParen) | None);
    match value(input) {
        Ok((rest, found)) if ends(rest) => Ok((rest, found)),
        _ => firmly(input, expression, "a value"),
    }
}
