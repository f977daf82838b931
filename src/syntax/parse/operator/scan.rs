//! `scan`.

use super::sort::sort_key;
use crate::syntax::ast::{Expr, ExprKind, Name, OperatorKind, Scan, ScanStep};
use crate::syntax::parse::combinator::{closed, firmly, list, need, need_list, need_word, token, word};
use crate::syntax::parse::expr::{expression, need_expression};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::name::{any_name, declared_name};
use crate::syntax::parse::parameter::parameters;
use crate::syntax::parse::problem::{self, Parsed};
use crate::syntax::parse::schema::parameter_list;
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::combinator::{map, opt};
use nom::multi::many0;
use nom::sequence::preceded;

/// `scan with_match_id=m order by t partition by k declare (a:long = 0) with (step s: x > 1 => a = x;)`
pub fn scan_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &["with_match_id", "with_step_name", "kind"], false)?;
    let order = preceded((word("order"), need_word("by")), need_list(sort_key, "an expression"));
    let (rest, order) = map(opt(order), Option::unwrap_or_default).parse(rest)?;
    let partition = preceded((word("partition"), need_word("by")), need_list(expression, "an expression"));
    let (rest, partition) = map(opt(partition), Option::unwrap_or_default).parse(rest)?;
    let declare = preceded(word("declare"), |i| firmly(i, parameter_list, "`(`"));
    let (rest, declare) = map(opt(declare), Option::unwrap_or_default).parse(rest)?;
    let (rest, _) = need_word("with")(rest)?;
    let (rest, opener) = need(TokenKind::OpenParen)(rest)?;
    let (rest, steps) = many0(scan_step).parse(rest)?;
    if steps.is_empty() {
        return problem::expected(rest, "`step`");
    }
    let (rest, _) = closed(rest, opener, "`step`")?;
    Ok((rest, OperatorKind::Scan(Box::new(Scan { parameters, order, partition, declare, steps }))))
}

/// `step name optional output=last: condition => a = b;`
fn scan_step(input: Tokens<'_>) -> Parsed<'_, ScanStep> {
    let (rest, _) = word("step")(input)?;
    let (rest, name) = firmly(rest, declared_name, "a name")?;
    let (rest, optional) = map(opt(word("optional")), |found| found.is_some()).parse(rest)?;
    let (rest, output) = opt(step_output).parse(rest)?;
    let (rest, _) = need(TokenKind::Colon)(rest)?;
    let (rest, condition) = need_expression(rest)?;
    let assignments =
        preceded(token(TokenKind::Arrow), |i| firmly(i, list(scan_assignment, "an assignment"), "an assignment"));
    let (rest, assignments) = map(opt(assignments), Option::unwrap_or_default).parse(rest)?;
    let (rest, _) = need(TokenKind::Semicolon)(rest)?;
    Ok((rest, ScanStep { name, optional, output, condition, assignments }))
}

fn step_output(input: Tokens<'_>) -> Parsed<'_, Name> {
    let (rest, _) = word("output")(input)?;
    let (rest, _) = need(TokenKind::Assign)(rest)?;
    match rest.text(0) {
        "all" | "last" | "none" => any_name(rest),
        _ => problem::expected(rest, "`all`, `last` or `none`"),
    }
}

/// `name = value`
fn scan_assignment(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, name) = declared_name(input)?;
    let (rest, _) = need(TokenKind::Assign)(rest)?;
    let (rest, value) = need_expression(rest)?;
    let kind = ExprKind::Named { names: vec![name], value: Box::new(value) };
    Ok((rest, Expr { kind, span: rest.since(input.span()) }))
}
