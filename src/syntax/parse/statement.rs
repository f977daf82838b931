//! Statements, separated by `;`.

use super::combinator::{bracketed, closed, firmly, need, need_word, token, within, word};
use super::expr::need_expression;
use super::input::Tokens;
use super::name::{any_name, declared_name, name};
use super::operator::union::table_pattern;
use super::parameter::value;
use super::problem::{self, Parsed};
use super::schema::parameter_list;
use super::tabular::{synchronized, tabular};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{FunctionLiteral, Let, LetValue, Statement};
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::combinator::{map, opt};
use nom::sequence::preceded;

/// Statements up to the end or a closing bracket. Empty ones (`;;`) count for nothing.
pub fn statements(input: Tokens<'_>) -> Parsed<'_, Vec<Statement>> {
    let mut rest = input;
    let mut found = Vec::new();
    loop {
        while rest.kind(0) == Some(TokenKind::Semicolon) {
            rest = rest.skip(1);
        }
        if rest.kind(0).is_none_or(TokenKind::is_closing) {
            return Ok((rest, found));
        }
        let (after, statement) = recovered(rest);
        found.extend(statement);
        rest = after;
    }
}

/// A statement; after a fault the next one is read too.
fn recovered(input: Tokens<'_>) -> (Tokens<'_>, Option<Statement>) {
    let (rest, statement) = match statement(input) {
        Ok((rest, statement)) => (rest, Some(statement)),
        Err(error) => {
            input.context.report(problem::diagnostic(input, error));
            return (next_statement(input), None);
        }
    };
    match rest.kind(0) {
        None | Some(TokenKind::Semicolon) => return (rest, statement),
        Some(kind) if kind.is_closing() => return (rest, statement),
        _ => {}
    }
    if starts_declaration(rest) || !matches!(statement, Some(Statement::Expression(_))) {
        report_missing_semicolon(rest);
        return (rest, statement);
    }
    input.context.report(problem::expectation(rest, "`|`, `;` or the end"));
    (next_statement(rest), statement)
}

/// The next semicolon outside of brackets; always past at least one token.
fn next_statement(input: Tokens<'_>) -> Tokens<'_> {
    let mut rest = synchronized(input);
    while rest.kind(0) == Some(TokenKind::Pipe) {
        rest = synchronized(rest.skip(1));
    }
    rest
}

fn report_missing_semicolon(input: Tokens<'_>) {
    let found =
        Diagnostic::error(Code::UnexpectedToken, input.span(), format!("expected `;` before `{}`", input.text(0)));
    input.context.report(found.with_help("a `;` ends each statement but the last"));
}

/// True for words that start a statement other than a query.
fn starts_declaration(input: Tokens<'_>) -> bool {
    match input.text(0) {
        "let" => matches!(input.kind(1), Some(TokenKind::Name | TokenKind::OpenBracket | TokenKind::Assign)),
        "set" => true,
        "declare" => matches!(input.text(1), "pattern" | "query_parameters"),
        "alias" => input.text(1) == "database",
        "restrict" => input.text(1) == "access",
        _ => false,
    }
}

/// One statement.
fn statement(input: Tokens<'_>) -> Parsed<'_, Statement> {
    if input.kind(0) == Some(TokenKind::Dot) {
        return problem::fail(control_command(input));
    }
    if !starts_declaration(input) {
        return map(|i| firmly(i, tabular, "a query"), Statement::Expression).parse(input);
    }
    match input.text(0) {
        "let" => let_statement(input),
        "set" => set_statement(input),
        "declare" if input.text(1) == "pattern" => pattern_statement(input),
        "declare" => query_parameters_statement(input),
        "alias" => alias_statement(input),
        _ => restrict_statement(input),
    }
}

fn control_command(input: Tokens<'_>) -> Diagnostic {
    let span = input.skip(2).since(input.span());
    let text = input.context.source.slice(span);
    Diagnostic::error(Code::ControlCommand, span, format!("`{text}` is a management command, not a query"))
        .with_help("only queries run here")
}

/// `let name = value`
fn let_statement(input: Tokens<'_>) -> Parsed<'_, Statement> {
    let (rest, keyword) = word("let")(input)?;
    let (rest, name) = firmly(rest, name, "a name")?;
    let (rest, _) = need(TokenKind::Assign)(rest)?;
    let (rest, value) = if starts_function(rest) {
        map(function, |function| LetValue::Function(Box::new(function))).parse(rest)?
    } else {
        map(|i| firmly(i, tabular, "an expression"), LetValue::Expression).parse(rest)?
    };
    Ok((rest, Statement::Let(Let { keyword, name, value })))
}

/// True for `view (`, `()`, and `(name:`.
pub fn starts_function(input: Tokens<'_>) -> bool {
    let input =
        if input.text(0) == "view" && input.kind(1) == Some(TokenKind::OpenParen) { input.skip(1) } else { input };
    if input.kind(0) != Some(TokenKind::OpenParen) {
        return false;
    }
    let parameter = declared_name(input.skip(1)).is_ok_and(|(rest, _)| rest.kind(0) == Some(TokenKind::Colon));
    parameter || input.kind(1) == Some(TokenKind::CloseParen)
}

/// `view (parameters) { statements; body }`
pub fn function(input: Tokens<'_>) -> Parsed<'_, FunctionLiteral> {
    let (rest, view) = opt(word("view")).parse(input)?;
    let (rest, parameters) = firmly(rest, parameter_list, "parameters")?;
    let (rest, (mut statements, _)) = firmly(rest, within(TokenKind::OpenBrace, statements), "`{`")?;
    let body = match statements.pop() {
        Some(Statement::Expression(expr)) => Some(expr),
        last => {
            statements.extend(last);
            None
        }
    };
    if let Some(Statement::Expression(extra)) = statements.iter().find(|s| matches!(s, Statement::Expression(_))) {
        let found =
            Diagnostic::error(Code::UnexpectedToken, extra.span, "a function returns one expression, the last one");
        input.context.report(found.with_help("declare the others by `let`"));
    }
    Ok((rest, FunctionLiteral { view, parameters, statements, body, span: rest.since(input.span()) }))
}

/// `set name = value`
fn set_statement(input: Tokens<'_>) -> Parsed<'_, Statement> {
    let (rest, keyword) = word("set")(input)?;
    let (rest, name) = firmly(rest, any_name, "a name")?;
    let (rest, value) = opt(preceded(token(TokenKind::Assign), value)).parse(rest)?;
    Ok((rest, Statement::Set { keyword, name, value }))
}

/// `declare query_parameters(a:long = 1)`
fn query_parameters_statement(input: Tokens<'_>) -> Parsed<'_, Statement> {
    let (rest, keyword) = keywords(input, &["declare", "query_parameters"])?;
    let (rest, parameters) = firmly(rest, parameter_list, "`(`")?;
    Ok((rest, Statement::DeclareQueryParameters { keyword, parameters }))
}

/// `declare pattern name ...`: the rest is kept as text.
fn pattern_statement(input: Tokens<'_>) -> Parsed<'_, Statement> {
    let (rest, keyword) = keywords(input, &["declare", "pattern"])?;
    let (rest, name) = firmly(rest, name, "a name")?;
    let end = next_statement(rest);
    let mut words = Vec::new();
    let mut at = rest;
    while at.first().is_some() && at.span() != end.span() {
        words.push(at.text(0));
        at = at.skip(1);
    }
    let text = words.join(" ");
    Ok((end, Statement::DeclarePattern { keyword, name, text }))
}

/// `alias database name = cluster(...).database(...)`
fn alias_statement(input: Tokens<'_>) -> Parsed<'_, Statement> {
    let (rest, keyword) = keywords(input, &["alias", "database"])?;
    let (rest, name) = firmly(rest, name, "a name")?;
    let (rest, _) = need(TokenKind::Assign)(rest)?;
    let (rest, value) = need_expression(rest)?;
    Ok((rest, Statement::AliasDatabase { keyword, name, value }))
}

/// `restrict access to (T1, database("d").*)`
fn restrict_statement(input: Tokens<'_>) -> Parsed<'_, Statement> {
    let (rest, keyword) = keywords(input, &["restrict", "access", "to"])?;
    let items = bracketed(TokenKind::OpenParen, table_pattern, "a table", false);
    let (rest, (items, _)) = firmly(rest, items, "`(`")?;
    if rest.text(0) == "with" {
        let found = Diagnostic::error(Code::NotBuiltYet, rest.span(), "`with` of `restrict access` is not built");
        return problem::fail(found);
    }
    Ok((rest, Statement::RestrictAccess { keyword, items }))
}

/// Several keywords in a row, and where they stand.
fn keywords<'a>(input: Tokens<'a>, words: &[&'static str]) -> Parsed<'a, Span> {
    let mut rest = input;
    for word in words {
        rest = need_word(word)(rest)?.0;
    }
    Ok((rest, rest.since(input.span())))
}

/// `{ statements }` or `( statements )` inside of an operator.
pub fn block<'a>(open: TokenKind) -> impl Fn(Tokens<'a>) -> Parsed<'a, Vec<Statement>> {
    move |input| {
        let (rest, opener) = need(open)(input)?;
        let (rest, body) = statements(rest)?;
        let (rest, _) = closed(rest, opener, "")?;
        Ok((rest, body))
    }
}
