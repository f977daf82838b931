//! `mv-expand` and `mv-apply`.

use crate::syntax::ast::{MvExpand, MvExpandColumn, OperatorKind};
use crate::syntax::parse::combinator::{firmly, need_list, need_word, within, word};
use crate::syntax::parse::expr::{named_expression, need_expression};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::operator::not_built;
use crate::syntax::parse::parameter::parameters;
use crate::syntax::parse::problem::Parsed;
use crate::syntax::parse::schema::typeof_type;
use crate::syntax::parse::tabular::subquery;
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::preceded;

/// `mv-expand a = b to typeof(string), c limit 10`
pub fn mv_expand_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, expand) = expansion(input)?;
    Ok((rest, OperatorKind::MvExpand(Box::new(expand))))
}

/// `mv-apply a = b to typeof(string) on (operators)`
pub fn mv_apply_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, expand) = expansion(input)?;
    if rest.text(0) == "id" {
        return not_built(rest.span(), "`id` of `mv-apply`");
    }
    let (rest, _) = need_word("on")(rest)?;
    let (rest, (operators, _)) = firmly(rest, within(TokenKind::OpenParen, subquery), "`(`")?;
    Ok((rest, OperatorKind::MvExpand(Box::new(MvExpand { apply: Some(operators), ..expand }))))
}

/// What both have in common.
fn expansion(input: Tokens<'_>) -> Parsed<'_, MvExpand> {
    let (rest, parameters) = parameters(input, &["bagexpansion", "kind", "with_itemindex"], true)?;
    let (rest, columns) = need_list(mv_expand_column, "an expression")(rest)?;
    let (rest, limit) = opt(preceded(word("limit"), need_expression)).parse(rest)?;
    Ok((rest, MvExpand { parameters, columns, limit, apply: None }))
}

/// `a = b to typeof(string)`
fn mv_expand_column(input: Tokens<'_>) -> Parsed<'_, MvExpandColumn> {
    let (rest, expr) = named_expression(input)?;
    let ty = preceded(word("to"), |i| firmly(i, typeof_type, "`typeof(...)`"));
    let (rest, to) = opt(ty).parse(rest)?;
    Ok((rest, MvExpandColumn { expr, to }))
}
