//! A function that is kept as a text of its own: a workspace's saved function, a file.
//!
//! Its text is a function as `let` takes it (`(a:long = 1) { ... }`), such a `let` alone, a command that creates it, or a
//! whole query, which is then its body. A query's `declare query_parameters` at its head are the function's parameters.

use super::combinator::{firmly, within};
use super::input::Tokens;
use super::name::any_name;
use super::problem::{self, Parsed};
use super::statement::{function, starts_function, statements};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::syntax::ast::{FunctionLiteral, Let, LetValue, Name, Statement};
use crate::syntax::token::TokenKind;

/// The text of a function as statements: the function's own literal comes as a `let`.
pub fn stored_function(input: Tokens<'_>) -> Parsed<'_, Vec<Statement>> {
    let head = if input.kind(0) == Some(TokenKind::Dot) { created(input)?.0 } else { input };
    if head.span() == input.span() && !starts_function(input) {
        return statements(input);
    }
    let (rest, literal) = firmly(head, function, "a function as `(parameters) { body }`")?;
    let mut rest = rest;
    while rest.kind(0) == Some(TokenKind::Semicolon) {
        rest = rest.skip(1);
    }
    if rest.first().is_some() {
        return problem::expected(rest, "the end of the function");
    }
    let name = Name { text: "".into(), span: head.span(), quoted: false };
    Ok((rest, vec![Statement::Let(Let { keyword: head.span(), name, value: LetValue::Function(Box::new(literal)) })]))
}

/// `.create-or-alter function with (docstring = "...") name`: what is behind the name.
fn created(input: Tokens<'_>) -> Parsed<'_, ()> {
    let mut rest = input.skip(1);
    while rest.first().is_some() && rest.text(0) != "function" && rest.kind(0) != Some(TokenKind::OpenParen) {
        rest = rest.skip(1);
    }
    if !matches!(input.text(1), "create" | "alter" | "create-or-alter") || rest.text(0) != "function" {
        let text = input.context.source.slice(input.skip(2).since(input.span()));
        let message = format!("`{text}` is no command that creates a function");
        return problem::fail(Diagnostic::error(Code::ControlCommand, input.span(), message));
    }
    rest = rest.skip(1);
    if rest.text(0) == "ifnotexists" {
        rest = rest.skip(1);
    }
    if rest.text(0) == "with" {
        rest = within(TokenKind::OpenParen, until_closed)(rest.skip(1))?.0;
    }
    Ok((firmly(rest, any_name, "the name of the function")?.0, ()))
}

/// The bracket that closes the one before.
fn until_closed(input: Tokens<'_>) -> Parsed<'_, ()> {
    let mut rest = input;
    let mut open = 0usize;
    while let Some(kind) = rest.kind(0) {
        match kind {
            TokenKind::OpenParen => open += 1,
            TokenKind::CloseParen if open == 0 => break,
            TokenKind::CloseParen => open -= 1,
            _ => {}
        }
        rest = rest.skip(1);
    }
    Ok((rest, ()))
}

/// The function that the statements of its text make.
pub fn literal(mut statements: Vec<Statement>, span: Span) -> Result<FunctionLiteral, Diagnostics> {
    if let [Statement::Let(Let { value: LetValue::Function(literal), .. })] = statements.as_slice() {
        return Ok((**literal).clone());
    }
    let body = match statements.pop() {
        Some(Statement::Expression(expr)) => expr,
        _ => {
            let found = Diagnostic::error(Code::NoResult, span, "the function declares names but returns nothing");
            return Err(found.with_help("end it with a table, for example the last name declared").into());
        }
    };
    if let Some(Statement::Expression(extra)) = statements.iter().find(|s| matches!(s, Statement::Expression(_))) {
        let message = "a function returns one expression, the last one";
        return Err(Diagnostic::error(Code::UnexpectedToken, extra.span, message).into());
    }
    let parameters = match statements.first_mut() {
        Some(Statement::DeclareQueryParameters { parameters, .. }) => std::mem::take(parameters),
        _ => vec![],
    };
    Ok(FunctionLiteral { view: None, parameters, statements, body: Some(body), span })
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::{Source, SourceId};
    use crate::syntax::parse_function;

    fn shape(text: &str) -> String {
        match parse_function(&Source::new(SourceId(0), "f.kql", text)) {
            Ok((f, _)) => {
                let names: Vec<&str> = f.parameters.iter().map(|p| &*p.name.text).collect();
                format!("({}) {} {}", names.join(","), f.statements.len(), f.body.is_some())
            }
            Err(found) => found.0.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; "),
        }
    }

    #[test]
    fn a_function_is_kept_in_many_forms() {
        assert_eq!(shape("T | take 1"), "() 0 true");
        assert_eq!(shape("let a = 1; T | where x > a"), "() 1 true");
        assert_eq!(shape("(a:long = 1, T:(*)) { let b = a; T | where x > b };"), "(a,T) 1 true");
        assert_eq!(shape("let f = (a:string) { T | where x == a }"), "(a) 0 true");
        assert_eq!(
            shape(".create-or-alter function with (docstring = 'it (does)', folder = 'x') f(a:int) { print a }"),
            "(a) 0 true"
        );
        assert_eq!(shape(".create function ifnotexists f() { print 1 }"), "() 0 true");
        assert!(shape("declare query_parameters(a:long = 3); T | where x > a").starts_with("(a) "));
    }

    #[test]
    fn what_is_no_function_is_said() {
        assert_eq!(shape("let a = 1;"), "the function declares names but returns nothing");
        assert_eq!(shape("T; U"), "a function returns one expression, the last one");
        assert_eq!(shape(".drop table T"), "`.drop` is no command that creates a function");
        assert!(shape("(a:long) { T } | take 1").contains("the end of the function"));
    }
}
