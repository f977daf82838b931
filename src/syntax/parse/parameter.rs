//! `name=value` between an operator's keyword and its operands, and in `with (...)`.

use super::combinator::{firmly, need, token};
use super::input::Tokens;
use super::literal;
use super::name::any_name;
use super::problem::{self, Parsed};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::syntax::ast::{Expr, ExprKind, Name, OperatorParameter};
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::branch::alt;

/// The parameters of an operator, as far as they go. `hint.*` is taken by every operator.
///
/// An operator whose operands may start with `name =` themselves says so by `ambiguous`: then only `known` names count.
/// Otherwise an unknown name before `=` is a fault.
pub fn parameters<'a>(
    input: Tokens<'a>,
    known: &'static [&'static str],
    ambiguous: bool,
) -> Parsed<'a, Vec<OperatorParameter>> {
    let mut rest = input;
    let mut found = Vec::new();
    while let Some(length) = name_length(rest) {
        let name = parameter_name(rest, length);
        let expected = known.contains(&&*name.text) || name.text.starts_with("hint.");
        if !expected && ambiguous {
            break;
        }
        if !expected {
            report_unknown(rest, &name, known);
        }
        let (after, value) = value(rest.skip(length + 1))?;
        found.push(OperatorParameter { name, value });
        rest = after;
        // `kind=outer, withsource=x`: a comma that does no harm.
        if rest.kind(0) == Some(TokenKind::Comma) && name_length(rest.skip(1)).is_some() && !ambiguous {
            rest = rest.skip(1);
        }
    }
    Ok((rest, found))
}

fn report_unknown(input: Tokens<'_>, name: &Name, known: &[&'static str]) {
    let message = format!("`{}` is no parameter of this operator", name.text);
    let found = Diagnostic::error(Code::BadParameter, name.span, message);
    let near = nearest(&name.text, known.iter().copied());
    let found = match near {
        None if !known.is_empty() => found.with_help(format!("it takes {}", known.join(", "))),
        near => found.with_suggestion(near),
    };
    input.context.report(found);
}

/// Number of tokens of `a.b.c` when a `=` follows.
fn name_length(input: Tokens<'_>) -> Option<usize> {
    let mut length = 1;
    while input.kind(length) == Some(TokenKind::Dot) && input.kind(length + 1) == Some(TokenKind::Name) {
        length += 2;
    }
    (input.kind(0) == Some(TokenKind::Name) && input.kind(length) == Some(TokenKind::Assign)).then_some(length)
}

fn parameter_name(input: Tokens<'_>, length: usize) -> Name {
    let span = input.skip(length).since(input.span());
    let text: String = (0..length).map(|n| input.text(n)).collect();
    Name { text: text.into(), span, quoted: false }
}

/// A parameter of one name.
pub fn parameter_named<'a>(input: Tokens<'a>, name: &'static str) -> Parsed<'a, OperatorParameter> {
    if input.text(0) != name || input.kind(1) != Some(TokenKind::Assign) {
        return problem::missing(input, name);
    }
    let (rest, value) = value(input.skip(2))?;
    Ok((rest, OperatorParameter { name: parameter_name(input, 1), value }))
}

/// A literal or a name; any word does. A string is one token: the next may be the operator's first operand.
pub fn value(input: Tokens<'_>) -> Parsed<'_, Expr> {
    if let Ok((rest, (literal, span))) = alt((literal::single_string, literal::literal)).parse(input) {
        return Ok((rest, Expr { kind: ExprKind::Literal(literal), span }));
    }
    let (rest, name) = firmly(input, any_name, "a value")?;
    let span = name.span;
    Ok((rest, Expr { kind: ExprKind::Name(name), span }))
}

/// `(a=1, b=x, y)`: properties of a `with`, each value read by `value`; a value without a name belongs to the name before.
pub fn properties<'a>(
    input: Tokens<'a>,
    value: impl Fn(Tokens<'a>) -> Parsed<'a, Expr>,
) -> Parsed<'a, Vec<OperatorParameter>> {
    let (mut rest, opener) = need(TokenKind::OpenParen)(input)?;
    let mut found: Vec<OperatorParameter> = Vec::new();
    while rest.kind(0) != Some(TokenKind::CloseParen) {
        if rest.kind(0) == Some(TokenKind::Comma) {
            rest = rest.skip(1);
            continue;
        }
        let (after, name) = match (name_length(rest), found.last()) {
            (Some(length), _) => (rest.skip(length + 1), parameter_name(rest, length)),
            (None, Some(previous)) => (rest, previous.name.clone()),
            (None, None) => return problem::expected(rest, "a property as `name=value`"),
        };
        let (after, value) = value(after)?;
        found.push(OperatorParameter { name, value });
        rest = after;
        if !matches!(rest.kind(0), Some(TokenKind::Comma | TokenKind::CloseParen)) {
            break;
        }
    }
    let (rest, _) = super::combinator::closed(rest, opener, "`,`")?;
    Ok((rest, found))
}

/// `with (a=1, b=x)`, or nothing: another `with` may belong to the operator around.
pub fn with_properties(input: Tokens<'_>) -> Parsed<'_, Vec<OperatorParameter>> {
    let opens = input.text(0) == "with" && input.kind(1) == Some(TokenKind::OpenParen);
    let properties_follow = input.kind(3) == Some(TokenKind::Assign) || input.kind(2) == Some(TokenKind::CloseParen);
    if opens && properties_follow { properties(input.skip(1), value) } else { Ok((input, vec![])) }
}

/// `name =` and nothing else: a clause such as `default =`.
pub fn assignment_of<'a>(input: Tokens<'a>, name: &'static str) -> Parsed<'a, ()> {
    let (rest, _) = super::combinator::word(name)(input)?;
    let (rest, _) = token(TokenKind::Assign)(rest)?;
    Ok((rest, ()))
}
