//! Operands: literals, names, calls, parentheses; the sign before them, members and indexes after them.

use super::combinator::{bracketed, firmly, within};
use super::expr::{argument, check_height, compares, need_expression};
use super::input::Tokens;
use super::literal;
use super::name::{any_name, name, wildcard_name};
use super::operator::source;
use super::parameter::parameter_named;
use super::problem::{self, Parsed};
use super::schema::typeof_type;
use super::tabular::tabular;
use crate::syntax::ast::{Call, Expr, ExprKind, Name};
use crate::syntax::token::TokenKind;
use nom::branch::alt;

/// Functions that take a table in their parentheses.
pub const TABULAR_FUNCTIONS: &[&str] = &["toscalar", "totable", "materialize"];

/// An operand with its sign.
pub fn operand(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let negative = match input.kind(0) {
        Some(TokenKind::Minus) => true,
        Some(TokenKind::Plus) => false,
        _ => return postfix(input),
    };
    if let Ok((rest, (literal, span))) = literal::signed(input) {
        return members(rest, Expr { kind: ExprKind::Literal(literal), span });
    }
    let (rest, operand) = firmly(input.skip(1), postfix, "an expression")?;
    let span = rest.since(input.span());
    grow(input);
    Ok((rest, Expr { kind: ExprKind::Unary { negative, operand: Box::new(operand) }, span }))
}

/// An operand with its members and indexes: `a.b[0]["c"]`.
pub fn postfix(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, base) = primary(input)?;
    members(rest, base)
}

/// Notes that the expression built last became one level taller.
fn grow(input: Tokens<'_>) {
    let tallest = &input.context.tallest;
    tallest.set(tallest.get() + 1);
}

fn members<'a>(input: Tokens<'a>, base: Expr) -> Parsed<'a, Expr> {
    let start = base.span;
    let (mut rest, mut base) = (input, base);
    loop {
        let (after, kind) = match (rest.kind(0), rest.kind(1)) {
            (Some(TokenKind::Dot), Some(TokenKind::OpenBracket)) if rest.kind(2) != Some(TokenKind::String) => {
                index(rest.skip(1), base)?
            }
            (Some(TokenKind::Dot), _) => member(rest, base)?,
            (Some(TokenKind::OpenBracket), _) => index(rest, base)?,
            _ => return Ok((rest, base)),
        };
        base = Expr { kind, span: after.since(start) };
        grow(rest);
        check_height(input, after, rest.context.tallest.get())?;
        rest = after;
    }
}

/// `.name` or `.call(...)`
fn member<'a>(input: Tokens<'a>, base: Expr) -> Parsed<'a, ExprKind> {
    let start = input.skip(1);
    let (rest, name) = firmly(start, alt((any_name, all_names)), "a name")?;
    let (rest, member) = if rest.kind(0) == Some(TokenKind::OpenParen) {
        call_of(rest, name)?
    } else {
        let span = name.span;
        (rest, Expr { kind: ExprKind::Name(name), span })
    };
    Ok((rest, ExprKind::Member { base: Box::new(base), member: Box::new(member) }))
}

/// The `*` of `database("d").*`.
fn all_names(input: Tokens<'_>) -> Parsed<'_, Name> {
    match input.kind(0) {
        Some(TokenKind::Star) => wildcard_name(input),
        _ => problem::missing(input, "a name"),
    }
}

/// `[index]`
fn index<'a>(input: Tokens<'a>, base: Expr) -> Parsed<'a, ExprKind> {
    let (rest, (index, _)) = within(TokenKind::OpenBracket, need_expression)(input)?;
    Ok((rest, ExprKind::Index { base: Box::new(base), index: Box::new(index) }))
}

/// What an operand starts with.
fn primary(input: Tokens<'_>) -> Parsed<'_, Expr> {
    match input.kind(0) {
        Some(TokenKind::OpenParen) => parenthesized(input),
        Some(TokenKind::Name) => word(input),
        Some(TokenKind::OpenBracket) => plain_name(input),
        Some(TokenKind::Star) if compares(input.skip(1)) => star(input),
        // A fault that the lexer has told already.
        Some(TokenKind::Bad) => Ok((input.skip(1), Expr { kind: ExprKind::Missing, span: input.span() })),
        _ => {
            let (rest, (literal, span)) = literal::unsigned(input)?;
            Ok((rest, Expr { kind: ExprKind::Literal(literal), span }))
        }
    }
}

/// `*`
pub fn star(input: Tokens<'_>) -> Parsed<'_, Expr> {
    match input.kind(0) {
        Some(TokenKind::Star) => Ok((input.skip(1), Expr { kind: ExprKind::Star, span: input.span() })),
        _ => problem::missing(input, "`*`"),
    }
}

/// `(scalar)`, or `(a pipeline)`
pub fn parenthesized(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, (inner, span)) = within(TokenKind::OpenParen, |i| firmly(i, tabular, "an expression"))(input)?;
    grow(input);
    Ok((rest, Expr { kind: ExprKind::Parenthesized(Box::new(inner)), span }))
}

/// Operands that start with a word.
fn word(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let called = input.kind(1) == Some(TokenKind::OpenParen);
    match input.text(0) {
        "dynamic" if called => {
            let (rest, (literal, span)) = literal::unsigned(input)?;
            Ok((rest, Expr { kind: ExprKind::Literal(literal), span }))
        }
        "typeof" if called => {
            let (rest, ty) = typeof_type(input)?;
            Ok((rest, Expr { kind: ExprKind::Typeof(ty), span: rest.since(input.span()) }))
        }
        "datatable" | "externaldata" | "external_data" => source::table_literal(input),
        "entity_group" if input.kind(1) == Some(TokenKind::OpenBracket) => entity_group(input),
        text if TABULAR_FUNCTIONS.contains(&text) => tabular_call(input),
        _ if called => call(input),
        _ => plain_name(input),
    }
}

fn plain_name(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, name) = name(input)?;
    if rest.kind(0) == Some(TokenKind::OpenParen) && name.quoted {
        return call_of(rest, name);
    }
    let span = name.span;
    Ok((rest, Expr { kind: ExprKind::Name(name), span }))
}

/// `name(arguments)`
pub fn call(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, name) = name(input)?;
    if rest.kind(0) != Some(TokenKind::OpenParen) {
        return problem::missing(input, "a function call");
    }
    call_of(rest, name)
}

/// The parentheses of a call whose name was read.
fn call_of<'a>(input: Tokens<'a>, name: Name) -> Parsed<'a, Expr> {
    let start = name.span;
    let (rest, (arguments, arguments_span)) = bracketed(TokenKind::OpenParen, argument, "an expression", false)(input)?;
    grow(input);
    let call = Call { name, arguments, arguments_span };
    Ok((rest, Expr { kind: ExprKind::Call(call), span: rest.since(start) }))
}

/// `toscalar(T | ...)`, `toscalar kind=nooptimization (T)`
fn tabular_call(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, name) = any_name(input)?;
    let mut arguments = Vec::new();
    let mut rest = rest;
    if let Ok((after, parameter)) = parameter_named(rest, "kind") {
        let span = parameter.name.span.to(parameter.value.span);
        arguments.push(Expr {
            kind: ExprKind::Named { names: vec![parameter.name], value: Box::new(parameter.value) },
            span,
        });
        rest = after;
    }
    if rest.kind(0) != Some(TokenKind::OpenParen) {
        return problem::missing(input, "an expression");
    }
    let (rest, (table, arguments_span)) = within(TokenKind::OpenParen, |i| firmly(i, tabular, "a table"))(rest)?;
    arguments.push(table);
    grow(input);
    let call = Call { name, arguments, arguments_span };
    Ok((rest, Expr { kind: ExprKind::Call(call), span: rest.since(input.span()) }))
}

/// `entity_group [a, b]`
fn entity_group(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, (items, _)) = bracketed(TokenKind::OpenBracket, need_expression, "an expression", false)(input.skip(1))?;
    grow(input);
    Ok((rest, Expr { kind: ExprKind::EntityGroup(items), span: rest.since(input.span()) }))
}
