//! `sort` and the keys that other operators sort by too.

use crate::diagnostic::Span;
use crate::syntax::ast::{OperatorKind, SortKey};
use crate::syntax::parse::combinator::{need_list, need_word, word};
use crate::syntax::parse::expr::named_expression;
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::operator::not_built;
use crate::syntax::parse::parameter::parameters;
use crate::syntax::parse::problem::{self, Parsed};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};

/// `sort by a asc nulls first, b`
pub fn sort_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &[], false)?;
    let (rest, _) = need_word("by")(rest)?;
    let (rest, keys) = need_list(sort_key, "an expression")(rest)?;
    Ok((rest, OperatorKind::Sort { parameters, keys }))
}

/// `expr asc nulls first`
pub fn sort_key(input: Tokens<'_>) -> Parsed<'_, SortKey> {
    let (rest, expr) = named_expression(input)?;
    if matches!(rest.text(0), "granny-asc" | "granny-desc") {
        return not_built(rest.span(), &format!("`{}` in a sort", rest.text(0)));
    }
    let (rest, ascending) = opt(direction).parse(rest)?;
    let (rest, nulls_first) = opt(nulls).parse(rest)?;
    Ok((rest, SortKey { expr, ascending, nulls_first }))
}

fn direction(input: Tokens<'_>) -> Parsed<'_, (bool, Span)> {
    alt((map(word("asc"), |span| (true, span)), map(word("desc"), |span| (false, span)))).parse(input)
}

/// `nulls first`, `nulls last`
fn nulls(input: Tokens<'_>) -> Parsed<'_, (bool, Span)> {
    let (rest, start) = word("nulls")(input)?;
    let first = match rest.text(0) {
        "first" => true,
        "last" => false,
        _ => return problem::expected(rest, "`first` or `last`"),
    };
    let rest = rest.skip(1);
    Ok((rest, (first, rest.since(start))))
}
