//! `join` and `lookup`.

use crate::syntax::ast::{Join, OperatorKind};
use crate::syntax::parse::combinator::{need_list, need_word, word};
use crate::syntax::parse::expr::{expression, need_expression};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::operator::not_built;
use crate::syntax::parse::parameter::parameters;
use crate::syntax::parse::problem::Parsed;
use nom::Parser;
use nom::combinator::opt;

/// `join kind=inner (T) on key, $left.a == $right.b`
pub fn join_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &["kind"], false)?;
    let (rest, right) = need_expression(rest)?;
    if rest.text(0) == "where" {
        return not_built(rest.span(), "`where` in place of `on`");
    }
    let (rest, on) = opt(word("on")).parse(rest)?;
    let (rest, conditions) = match on {
        Some(_) => need_list(expression, "a key")(rest)?,
        None => (rest, vec![]),
    };
    Ok((rest, OperatorKind::Join(Box::new(Join { lookup: false, parameters, right, on, conditions }))))
}

/// `lookup kind=leftouter (T) on key`
pub fn lookup_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &["kind"], false)?;
    let (rest, right) = need_expression(rest)?;
    let (rest, on) = need_word("on")(rest)?;
    let (rest, conditions) = need_list(expression, "a key")(rest)?;
    Ok((rest, OperatorKind::Join(Box::new(Join { lookup: true, parameters, right, on: Some(on), conditions }))))
}
