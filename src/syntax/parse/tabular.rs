//! Pipelines, and how parsing goes on after a fault in one of their operators.

use super::combinator::token;
use super::expr::expression;
use super::input::Tokens;
use super::operator::{operator, starts_source};
use super::problem::{self, Parsed};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Expr, ExprKind, Operator, OperatorKind, Pipeline, Source};
use crate::syntax::keyword;
use crate::syntax::token::TokenKind;

/// A source and the operators after it; an expression alone when there are none.
pub fn tabular(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, head) = head(input)?;
    let (rest, operators) = piped(rest)?;
    let source = match head {
        Source::Expr(expr) if operators.is_empty() => return Ok((rest, expr)),
        Source::Expr(expr) => source_of(expr),
        operator => operator,
    };
    let kind = ExprKind::Pipeline(Box::new(Pipeline { source, operators }));
    Ok((rest, Expr { kind, span: rest.since(input.span()) }))
}

/// What rows come from.
fn head(input: Tokens<'_>) -> Parsed<'_, Source> {
    if starts_source(input) {
        let (rest, operator) = operator(input)?;
        return Ok((rest, Source::Operator(operator)));
    }
    if orphaned(input) {
        let text = input.text(0);
        let found = Diagnostic::error(Code::UnexpectedToken, input.span(), format!("`{text}` has no table before it"));
        return problem::fail(found.with_help("start with a table: `Table | ...`"));
    }
    let (rest, expr) = expression(input)?;
    Ok((rest, Source::Expr(expr)))
}

/// A `datatable` at the head is the source itself, not a pipeline inside of one.
fn source_of(expr: Expr) -> Source {
    match expr.kind {
        ExprKind::Pipeline(pipeline) if pipeline.operators.is_empty() => pipeline.source,
        kind => Source::Expr(Expr { kind, span: expr.span }),
    }
}

/// An operator that needs input, where a table should stand.
fn orphaned(input: Tokens<'_>) -> bool {
    let word = input.text(0);
    let reserved = keyword::is_reserved(word) || input.kind(0) == Some(TokenKind::Keyword);
    let operand = matches!(input.kind(1), Some(TokenKind::Name | TokenKind::Number | TokenKind::String));
    keyword::is_operator(word) && (reserved || operand) && !keyword::is_operator(input.text(1))
}

/// Zero or more `| operator`.
fn piped(input: Tokens<'_>) -> Parsed<'_, Vec<Operator>> {
    let mut rest = input;
    let mut operators = Vec::new();
    loop {
        if let Ok((after, _)) = token(TokenKind::Pipe)(rest) {
            rest = after;
        } else if pipe_is_missing(rest) {
            report_missing_pipe(rest);
        } else {
            return Ok((rest, operators));
        }
        let (after, operator) = recovered(rest);
        operators.push(operator);
        rest = after;
    }
}

/// One or more operators with pipes between: a subquery whose rows come from outside.
pub fn subquery(input: Tokens<'_>) -> Parsed<'_, Vec<Operator>> {
    if input.kind(0).is_none_or(TokenKind::is_closing) {
        return problem::expected(input, "an operator");
    }
    let (rest, first) = recovered(input);
    let (rest, mut others) = piped(rest)?;
    others.insert(0, first);
    Ok((rest, others))
}

/// An operator; after a fault, what is left of it is skipped, so that the next one is read too.
fn recovered(input: Tokens<'_>) -> (Tokens<'_>, Operator) {
    match operator(input) {
        Ok((rest, operator)) if ends(rest) => (rest, operator),
        Ok((rest, operator)) => {
            input.context.report(problem::expectation(rest, "`|`, `;` or the end"));
            (synchronized(rest), operator)
        }
        Err(error) => {
            input.context.report(problem::diagnostic(input, error));
            let rest = synchronized(input);
            let span = rest.since(input.span());
            (rest, Operator { kind: OperatorKind::Missing, keyword: input.span(), span })
        }
    }
}

/// True where an operator may end.
fn ends(input: Tokens<'_>) -> bool {
    match input.kind(0) {
        None | Some(TokenKind::Pipe | TokenKind::Semicolon | TokenKind::Comma) => true,
        Some(kind) => kind.is_closing() || pipe_is_missing(input),
    }
}

/// The next pipe, semicolon or closing bracket that is not inside of brackets opened after here.
pub fn synchronized(input: Tokens<'_>) -> Tokens<'_> {
    let mut depth = 0_usize;
    let mut rest = input;
    while let Some(kind) = rest.kind(0) {
        match kind {
            TokenKind::Pipe | TokenKind::Semicolon if depth == 0 => break,
            kind if kind.closing().is_some() => depth += 1,
            kind if kind.is_closing() && depth == 0 => break,
            kind if kind.is_closing() => depth -= 1,
            _ => {}
        }
        rest = rest.skip(1);
    }
    rest
}

/// True when an operator's keyword stands where only a pipe could.
fn pipe_is_missing(input: Tokens<'_>) -> bool {
    let word = matches!(input.kind(0), Some(TokenKind::Name | TokenKind::Keyword));
    // `print` and `range` start a query; what is missing before them is a semicolon.
    word && keyword::is_operator(input.text(0)) && !matches!(input.text(0), "print" | "range")
}

fn report_missing_pipe(input: Tokens<'_>) {
    let text = input.text(0);
    let found = Diagnostic::error(Code::MissingPipe, input.span(), format!("a pipe is missing before `{text}`"));
    input.context.report(found.with_help(format!("write `| {text}`")));
}
