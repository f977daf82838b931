//! `top`, `top-hitters`, `top-nested`.

use super::sort::sort_key;
use crate::syntax::ast::{Expr, OperatorKind, TopNestedLevel};
use crate::syntax::parse::combinator::{firmly, list, need, need_word, word};
use crate::syntax::parse::expr::{named_expression, need_expression};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::parameter::parameters;
use crate::syntax::parse::problem::Parsed;
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::combinator::{map, opt};
use nom::sequence::preceded;

/// `top count by key`
pub fn top_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &[], true)?;
    let (rest, count) = need_expression(rest)?;
    let (rest, _) = need_word("by")(rest)?;
    let (rest, by) = firmly(rest, sort_key, "an expression")?;
    Ok((rest, OperatorKind::Top { parameters, count, by }))
}

/// `top-hitters count of expr by measure`
pub fn top_hitters_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, count) = need_expression(input)?;
    let (rest, _) = need_word("of")(rest)?;
    let (rest, of) = firmly(rest, named_expression, "an expression")?;
    let (rest, by) = opt(preceded(word("by"), |i| firmly(i, named_expression, "an expression"))).parse(rest)?;
    Ok((rest, OperatorKind::TopHitters { count, of, by }))
}

/// `top-nested 2 of a by count(), top-nested 1 of b by max(c)`
pub fn top_nested_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, first) = top_nested_level(input)?;
    let more = preceded(crate::syntax::parse::combinator::token(TokenKind::Comma), list(next_level, "`top-nested`"));
    map(opt(more), move |more| {
        let mut levels = vec![first.clone()];
        levels.extend(more.unwrap_or_default());
        OperatorKind::TopNested { levels }
    })
    .parse(rest)
}

fn next_level(input: Tokens<'_>) -> Parsed<'_, TopNestedLevel> {
    let (rest, _) = need_word("top-nested")(input)?;
    top_nested_level(rest)
}

/// `2 of a with others = "x" by count()`
fn top_nested_level(input: Tokens<'_>) -> Parsed<'_, TopNestedLevel> {
    let (rest, count) = if input.text(0) == "of" { (input, None) } else { map(need_expression, Some).parse(input)? };
    let (rest, _) = need_word("of")(rest)?;
    let (rest, of) = firmly(rest, named_expression, "an expression")?;
    let (rest, others) = opt(others).parse(rest)?;
    let (rest, _) = need_word("by")(rest)?;
    let (rest, by) = firmly(rest, sort_key, "an expression")?;
    Ok((rest, TopNestedLevel { count, of, others, by }))
}

/// `with others = value`
fn others(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, _) = word("with")(input)?;
    let (rest, _) = need_word("others")(rest)?;
    let (rest, _) = need(TokenKind::Assign)(rest)?;
    need_expression(rest)
}
