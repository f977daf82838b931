//! `make-series`.

use crate::syntax::ast::{Expr, MakeSeries, OperatorKind};
use crate::syntax::parse::combinator::{closed, firmly, need, need_list, need_word, word};
use crate::syntax::parse::expr::{named_expression, need_expression};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::parameter::{assignment_of, parameters};
use crate::syntax::parse::problem::Parsed;
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::preceded;

/// `make-series n = count() default=0 on time from a to b step c by key`
pub fn make_series_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &["kind"], true)?;
    let (rest, aggregates) = need_list(series_aggregate, "an expression")(rest)?;
    let (rest, _) = need_word("on")(rest)?;
    let (rest, on) = firmly(rest, named_expression, "an expression")?;
    let (rest, axis) = axis(rest)?;
    let (rest, by) = opt(word("by")).parse(rest)?;
    let (rest, keys) = match by {
        Some(_) => need_list(named_expression, "an expression")(rest)?,
        None => (rest, vec![]),
    };
    let Axis { from, to, step, in_range } = axis;
    let series = MakeSeries { parameters, aggregates, on, from, to, step, in_range, keys };
    Ok((rest, OperatorKind::MakeSeries(Box::new(series))))
}

/// `name = agg(x) default = 0`
fn series_aggregate(input: Tokens<'_>) -> Parsed<'_, (Expr, Option<Expr>)> {
    let default = preceded(|i| assignment_of(i, "default"), need_expression);
    (named_expression, opt(default)).parse(input)
}

struct Axis {
    from: Option<Expr>,
    to: Option<Expr>,
    step: Option<Expr>,
    in_range: bool,
}

/// `from a to b step c`, or `in range(a, b, c)`
fn axis(input: Tokens<'_>) -> Parsed<'_, Axis> {
    if let Ok((rest, _)) = word("in")(input) {
        return range_axis(rest);
    }
    let (rest, from) = opt(preceded(word("from"), need_expression)).parse(input)?;
    let (rest, to) = opt(preceded(word("to"), need_expression)).parse(rest)?;
    let (rest, _) = need_word("step")(rest)?;
    let (rest, step) = need_expression(rest)?;
    Ok((rest, Axis { from, to, step: Some(step), in_range: false }))
}

fn range_axis(input: Tokens<'_>) -> Parsed<'_, Axis> {
    let (rest, _) = need_word("range")(input)?;
    let (rest, opener) = need(TokenKind::OpenParen)(rest)?;
    let (rest, from) = need_expression(rest)?;
    let (rest, _) = need(TokenKind::Comma)(rest)?;
    let (rest, to) = need_expression(rest)?;
    let (rest, _) = need(TokenKind::Comma)(rest)?;
    let (rest, step) = need_expression(rest)?;
    let (rest, _) = closed(rest, opener, "")?;
    Ok((rest, Axis { from: Some(from), to: Some(to), step: Some(step), in_range: true }))
}
