//! `summarize`, `distinct`, `reduce`.

use crate::syntax::ast::{Expr, OperatorKind, Summarize};
use crate::syntax::parse::combinator::{list, need_list, need_word, word};
use crate::syntax::parse::expr::{named_expression, need_expression};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::operator::not_built;
use crate::syntax::parse::parameter::{parameter_named, parameters};
use crate::syntax::parse::primary::star;
use crate::syntax::parse::problem::{self, Parsed};
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};

/// `summarize a = count() by b`
pub fn summarize_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &[], true)?;
    let (rest, aggregates) = if rest.text(0) == "by" { (rest, vec![]) } else { aggregates(rest)? };
    let (rest, by) = opt(word("by")).parse(rest)?;
    let (rest, keys) = match by {
        Some(_) => need_list(named_expression, "an expression")(rest)?,
        None => (rest, vec![]),
    };
    if let Some(span) = rest.first().filter(|_| rest.text(0) == "bin" && rest.kind(1) == Some(TokenKind::Assign)) {
        return not_built(span.span, "`bin=` after `by`");
    }
    if aggregates.is_empty() && keys.is_empty() {
        return problem::expected(rest, "an expression");
    }
    Ok((rest, OperatorKind::Summarize(Box::new(Summarize { parameters, aggregates, by, keys }))))
}

fn aggregates(input: Tokens<'_>) -> Parsed<'_, Vec<Expr>> {
    map(opt(list(named_expression, "an expression")), Option::unwrap_or_default).parse(input)
}

/// `distinct a, b`, `distinct *`
pub fn distinct_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &[], true)?;
    let (rest, columns) = need_list(|i| alt((named_expression, star)).parse(i), "an expression")(rest)?;
    Ok((rest, OperatorKind::Distinct { parameters, columns }))
}

/// `reduce by expr with threshold=0.1, characters="x"`
pub fn reduce_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &["kind"], false)?;
    let (rest, _) = need_word("by")(rest)?;
    let (rest, by) = need_expression(rest)?;
    let (rest, with) = match word("with")(rest) {
        Ok((rest, _)) => need_list(reduce_option, "`threshold=` or `characters=`")(rest)?,
        Err(_) => (rest, vec![]),
    };
    Ok((rest, OperatorKind::Reduce { parameters, by, with }))
}

fn reduce_option(input: Tokens<'_>) -> Parsed<'_, crate::syntax::ast::OperatorParameter> {
    alt((|i| parameter_named(i, "threshold"), |i| parameter_named(i, "characters"))).parse(input)
}
