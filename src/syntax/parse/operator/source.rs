//! Operators that bring rows: `datatable`, `externaldata`, `print`, `range`, `evaluate`, `invoke`.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{EvaluateSchema, Expr, ExprKind, Operator, OperatorKind, Pipeline, Source};
use crate::syntax::parse::combinator::{bracketed, firmly, need_list, need_word, token};
use crate::syntax::parse::expr::{named_expression, need_expression};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::literal::literal;
use crate::syntax::parse::name::name;
use crate::syntax::parse::parameter::{parameters, with_properties};
use crate::syntax::parse::primary::{call, postfix};
use crate::syntax::parse::problem::{self, Parsed};
use crate::syntax::parse::schema::{column_declaration, row_schema};
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::combinator::{map, opt};
use nom::sequence::preceded;

/// `datatable ...` or `externaldata ...` where an expression may stand.
pub fn table_literal(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let keyword = input.span();
    let body = if input.text(0) == "datatable" { datatable_operator } else { externaldata_operator };
    let (rest, kind) = body(input.skip(1))?;
    let span = rest.since(keyword);
    let source = Source::Operator(Operator { kind, keyword, span });
    Ok((rest, Expr { kind: ExprKind::Pipeline(Box::new(Pipeline { source, operators: vec![] })), span }))
}

/// `datatable (a:long, b:string) [1, "x", 2, "y"]`
fn datatable_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, columns) = row_schema(input)?;
    let cells = bracketed(TokenKind::OpenBracket, datatable_cell, "a literal", true);
    let (rest, (values, _)) = firmly(rest, cells, "`[`")?;
    Ok((rest, OperatorKind::Datatable { columns, values }))
}

/// A cell: a literal, with its sign.
fn datatable_cell(input: Tokens<'_>) -> Parsed<'_, Expr> {
    if input.text(0) == "null" {
        let found = Diagnostic::error(Code::BadLiteral, input.span(), "a null needs its type");
        return problem::fail(
            found.with_help("write `int(null)`, `datetime(null)` ...; a string is never null: `\"\"`"),
        );
    }
    map(literal, |(literal, span)| Expr { kind: ExprKind::Literal(literal), span }).parse(input)
}

/// `externaldata (a:string) ["uri"] with (format="csv")`
fn externaldata_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, columns) = row_schema(input)?;
    let uris = bracketed(TokenKind::OpenBracket, need_expression, "a URI", true);
    let (rest, (uris, _)) = firmly(rest, uris, "`[`")?;
    let (rest, properties) = with_properties(rest)?;
    Ok((rest, OperatorKind::ExternalData { columns, uris, properties }))
}

/// `print a = 1, 2`
pub fn print_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(need_list(named_expression, "an expression"), |columns| OperatorKind::Print { columns }).parse(input)
}

/// `range x from 1 to 10 step 2`
pub fn range_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, name) = firmly(input, name, "a name")?;
    let (rest, _) = need_word("from")(rest)?;
    let (rest, from) = need_expression(rest)?;
    let (rest, _) = need_word("to")(rest)?;
    let (rest, to) = need_expression(rest)?;
    let (rest, _) = need_word("step")(rest)?;
    let (rest, step) = need_expression(rest)?;
    Ok((rest, OperatorKind::Range { name, from, to, step }))
}

/// `evaluate plugin(...) : (schema)`
pub fn evaluate_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &[], false)?;
    let (rest, call) = firmly(rest, call, "a plugin's call")?;
    let (rest, schema) = opt(preceded(token(TokenKind::Colon), evaluate_schema)).parse(rest)?;
    Ok((rest, OperatorKind::Evaluate { parameters, call, schema }))
}

/// `(*, a:long)`
fn evaluate_schema(input: Tokens<'_>) -> Parsed<'_, EvaluateSchema> {
    let column = |i| {
        let star = map(token(TokenKind::Star), |_| None);
        nom::branch::alt((star, map(column_declaration, Some))).parse(i)
    };
    let schema = bracketed(TokenKind::OpenParen, column, "a column as `name:type`", true);
    let (rest, (columns, span)) = firmly(input, schema, "`(`")?;
    let star = columns.first().is_some_and(Option::is_none);
    if columns.iter().skip(1).any(Option::is_none) {
        return problem::fail(Diagnostic::error(Code::UnexpectedToken, span, "`*` comes first in a schema"));
    }
    Ok((rest, EvaluateSchema { star, columns: columns.into_iter().flatten().collect(), span }))
}

/// `invoke f(...)`
pub fn invoke_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, call) = firmly(input, postfix, "a function call")?;
    let called = match &call.kind {
        ExprKind::Call(_) => true,
        ExprKind::Member { member, .. } => matches!(member.kind, ExprKind::Call(_)),
        _ => false,
    };
    if !called {
        return problem::expected(input, "a function call");
    }
    Ok((rest, OperatorKind::Invoke { call }))
}
