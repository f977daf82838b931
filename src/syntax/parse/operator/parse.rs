//! `parse`, `parse-where`, `parse-kv`.

use crate::syntax::ast::{Expr, ExprKind, OperatorKind, Parse, ParseItem, TypeName};
use crate::syntax::parse::combinator::{need_word, token};
use crate::syntax::parse::expr::need_expression;
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::literal::string;
use crate::syntax::parse::name::declared_name;
use crate::syntax::parse::parameter::{parameters, with_properties};
use crate::syntax::parse::problem::{self, Parsed};
use crate::syntax::parse::schema::{row_schema, type_name};
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};
use nom::multi::many0;
use nom::sequence::preceded;

/// `parse expr with * "a" b:long *`
pub fn parse_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    pattern_operator(input, false)
}

/// `parse-where expr with ...`
pub fn parse_where_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    pattern_operator(input, true)
}

fn pattern_operator(input: Tokens<'_>, filter: bool) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &["flags", "kind"], false)?;
    let (rest, value) = need_expression(rest)?;
    let (rest, _) = need_word("with")(rest)?;
    let (rest, pattern) = many0(parse_item).parse(rest)?;
    if pattern.is_empty() {
        return problem::expected(rest, "a pattern of strings, names and `*`");
    }
    Ok((rest, OperatorKind::Parse(Box::new(Parse { filter, parameters, value, pattern }))))
}

/// A piece of the pattern.
fn parse_item(input: Tokens<'_>) -> Parsed<'_, ParseItem> {
    let text = map(string, |(literal, span)| ParseItem::Text(Expr { kind: ExprKind::Literal(literal), span }));
    let star = map(token(TokenKind::Star), |token| ParseItem::Star(token.span));
    let column = map((declared_name, opt(column_type)), |(name, ty)| ParseItem::Column(name, ty));
    alt((text, star, column)).parse(input)
}

/// `: type`
pub fn column_type(input: Tokens<'_>) -> Parsed<'_, TypeName> {
    preceded(token(TokenKind::Colon), type_name).parse(input)
}

/// `parse-kv expr as (a:long) with (pair_delimiter=",")`
pub fn parse_kv_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, value) = need_expression(input)?;
    let (rest, _) = need_word("as")(rest)?;
    let (rest, columns) = row_schema(rest)?;
    let (rest, properties) = with_properties(rest)?;
    Ok((rest, OperatorKind::ParseKv { value, columns, properties }))
}
