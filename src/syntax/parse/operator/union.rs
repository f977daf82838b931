//! `union`, and the tables that it, `find`, `search` and `restrict` take.

use crate::syntax::ast::{Expr, ExprKind, Name, OperatorKind};
use crate::syntax::parse::combinator::need_list;
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::name::wildcard_name;
use crate::syntax::parse::parameter::parameters;
use crate::syntax::parse::primary::postfix;
use crate::syntax::parse::problem::Parsed;
use crate::syntax::token::TokenKind;

/// `union kind=outer withsource=X isfuzzy=true T1, T2*, (T3 | ...)`
pub fn union_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let known = &["kind", "withsource", "with_source", "isfuzzy", "best_effort"];
    let (rest, parameters) = parameters(input, known, false)?;
    let (rest, tables) = need_list(table_pattern, "a table")(rest)?;
    Ok((rest, OperatorKind::Union { parameters, tables }))
}

/// A table, a pipeline in parentheses, or a name with wildcards (also after `database("x").`).
pub fn table_pattern(input: Tokens<'_>) -> Parsed<'_, Expr> {
    if let Some(found) = wildcard(input) {
        return Ok(found);
    }
    let (rest, table) = postfix(input)?;
    // `database("d").T*`: the star was left over by the member.
    let touches = rest.span().start == table.span.end;
    match (&table.kind, rest.kind(0)) {
        (ExprKind::Member { .. }, Some(TokenKind::Star)) if touches => Ok(wildcard_member(rest, table)),
        _ => Ok((rest, table)),
    }
}

/// A bare name with a star in it.
fn wildcard(input: Tokens<'_>) -> Option<(Tokens<'_>, Expr)> {
    let (rest, name) = wildcard_name(input).ok()?;
    let span = name.span;
    (!name.quoted && name.text.contains('*')).then_some((rest, Expr { kind: ExprKind::Name(name), span }))
}

/// Adds the rest of a wildcard to the last member.
fn wildcard_member<'a>(input: Tokens<'a>, table: Expr) -> (Tokens<'a>, Expr) {
    let piece = |n: usize| matches!(input.kind(n), Some(TokenKind::Star | TokenKind::Name | TokenKind::Number));
    let count = 1 + (1..).take_while(|n| piece(*n) && input.touches(*n)).count();
    let rest = input.skip(count);
    let span = rest.since(table.span);
    let kind = match table.kind {
        ExprKind::Member { base, member } => {
            let at = rest.since(member.span);
            let name = Name { text: input.context.source.slice(at).into(), span: at, quoted: false };
            ExprKind::Member { base, member: Box::new(Expr { kind: ExprKind::Name(name), span: at }) }
        }
        kind => kind,
    };
    (rest, Expr { kind, span })
}
