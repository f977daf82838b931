//! Types, columns with types, and parameters.

use super::combinator::{bracketed, firmly, need, token, within};
use super::input::Tokens;
use super::literal::literal;
use super::name::declared_name;
use super::problem::{self, Parsed};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::syntax::ast::{ColumnDeclaration, Expr, ExprKind, Parameter, ParameterType, TypeName};
use crate::syntax::token::TokenKind;
use crate::value::Type;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};
use nom::sequence::preceded;

/// A type name: `string`, `int64`, `date` ...
pub fn type_name(input: Tokens<'_>) -> Parsed<'_, TypeName> {
    if input.kind(0) != Some(TokenKind::Name) {
        return problem::expected(input, "a type");
    }
    let written = input.text(0);
    match Type::from_name(written) {
        Some(ty) => Ok((input.skip(1), TypeName { ty, span: input.span() })),
        None => {
            let near = nearest(written, Type::ALL.iter().map(|t| t.name()));
            let found = Diagnostic::error(Code::UnexpectedToken, input.span(), format!("there is no type `{written}`"));
            problem::fail(found.with_suggestion(near))
        }
    }
}

/// `typeof(type)`
pub fn typeof_type(input: Tokens<'_>) -> Parsed<'_, TypeName> {
    if input.text(0) != "typeof" || input.kind(1) != Some(TokenKind::OpenParen) {
        return problem::missing(input, "`typeof(...)`");
    }
    let (rest, (ty, _)) = within(TokenKind::OpenParen, type_name)(input.skip(1))?;
    Ok((rest, ty))
}

/// `name:type`
pub fn column_declaration(input: Tokens<'_>) -> Parsed<'_, ColumnDeclaration> {
    let (input, name) = declared_name(input)?;
    let (input, _) = need(TokenKind::Colon)(input)?;
    let (input, ty) = type_name(input)?;
    Ok((input, ColumnDeclaration { name, ty }))
}

/// `(a:long, b:string)`
pub fn row_schema(input: Tokens<'_>) -> Parsed<'_, Vec<ColumnDeclaration>> {
    let columns = bracketed(TokenKind::OpenParen, column_declaration, "a column as `name:type`", true);
    firmly(input, map(columns, |(columns, _)| columns), "columns as `(name:type, ...)`")
}

/// `name:type = default`, or `name:(columns)`.
pub fn parameter(input: Tokens<'_>) -> Parsed<'_, Parameter> {
    let (input, name) = declared_name(input)?;
    let (input, _) = need(TokenKind::Colon)(input)?;
    let (input, ty) = alt((tabular_type, map(type_name, ParameterType::Scalar))).parse(input)?;
    let (input, default) = opt(preceded(token(TokenKind::Assign), parameter_default)).parse(input)?;
    Ok((input, Parameter { name, ty, default }))
}

fn parameter_default(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let constant = map(literal, |(literal, span)| Expr { kind: ExprKind::Literal(literal), span });
    firmly(input, constant, "a literal")
}

/// `(*)`, or `(a:long, b:string)`
fn tabular_type(input: Tokens<'_>) -> Parsed<'_, ParameterType> {
    if input.kind(0) == Some(TokenKind::OpenParen) && input.kind(1) == Some(TokenKind::Star) {
        let (rest, (_, span)) = within(TokenKind::OpenParen, token(TokenKind::Star))(input)?;
        return Ok((rest, ParameterType::Tabular { columns: vec![], open: true, span }));
    }
    let columns = bracketed(TokenKind::OpenParen, column_declaration, "a column as `name:type`", true);
    map(columns, |(columns, span)| ParameterType::Tabular { columns, open: false, span }).parse(input)
}

/// `(a:long, b:int = 1)`
pub fn parameter_list(input: Tokens<'_>) -> Parsed<'_, Vec<Parameter>> {
    let all = bracketed(TokenKind::OpenParen, parameter, "a parameter as `name:type`", false);
    map(all, |(parameters, _)| parameters).parse(input)
}
