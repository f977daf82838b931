//! Operators with queries inside: `partition`, `fork`, `facet`, `macro-expand`.

use crate::syntax::ast::{Expr, ExprKind, Name, Operator, OperatorKind, PartitionBody, Pipeline, Source};
use crate::syntax::keyword;
use crate::syntax::parse::combinator::{firmly, need, need_list, need_word, token, within, word};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::name::{any_name, name};
use crate::syntax::parse::operator::{not_built, operator};
use crate::syntax::parse::parameter::parameters;
use crate::syntax::parse::primary::postfix;
use crate::syntax::parse::problem::{self, Parsed};
use crate::syntax::parse::statement::block;
use crate::syntax::parse::tabular::subquery;
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::combinator::{map, opt};
use nom::multi::many0;
use nom::sequence::terminated;

/// `partition hint.strategy=native by key (operators)`, or `... { query }`
pub fn partition_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &[], false)?;
    let (rest, _) = need_word("by")(rest)?;
    let (rest, by) = firmly(rest, partition_key, "a column")?;
    if rest.text(0) == "in" {
        return not_built(rest.span(), "`in` of `partition`");
    }
    let (rest, body) = partition_body(rest)?;
    Ok((rest, OperatorKind::Partition { parameters, by, body }))
}

/// A column, or a path of names: the parenthesis after it is not a call's.
fn partition_key(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let named = |name: Name| Expr { span: name.span, kind: ExprKind::Name(name) };
    let (mut rest, mut key) = map(name, named).parse(input)?;
    while let Ok((after, _)) = token(TokenKind::Dot)(rest) {
        let (after, member) = firmly(after, map(any_name, named), "a name")?;
        let kind = ExprKind::Member { base: Box::new(key), member: Box::new(member) };
        key = Expr { kind, span: after.since(input.span()) };
        rest = after;
    }
    Ok((rest, key))
}

fn partition_body(input: Tokens<'_>) -> Parsed<'_, PartitionBody> {
    match input.kind(0) {
        Some(TokenKind::OpenBrace) => map(block(TokenKind::OpenBrace), PartitionBody::Query).parse(input),
        Some(TokenKind::OpenParen) if keyword::is_operator(input.text(1)) => {
            map(within(TokenKind::OpenParen, subquery), |(operators, _)| PartitionBody::Operators(operators))
                .parse(input)
        }
        Some(TokenKind::OpenParen) => map(block(TokenKind::OpenParen), PartitionBody::Query).parse(input),
        _ => problem::expected(input, "`(`"),
    }
}

/// `fork a=(operators) (operators)`
pub fn fork_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, branches) = many0(fork_branch).parse(input)?;
    if branches.is_empty() {
        return problem::expected(rest, "`(`");
    }
    Ok((rest, OperatorKind::Fork { branches }))
}

fn fork_branch(input: Tokens<'_>) -> Parsed<'_, (Option<Name>, Vec<Operator>)> {
    let (rest, name) = opt(terminated(name, token(TokenKind::Assign))).parse(input)?;
    let (rest, (operators, _)) = within(TokenKind::OpenParen, subquery)(rest)?;
    Ok((rest, (name, operators)))
}

/// `facet by a, b with (operators)`
pub fn facet_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, _) = need_word("by")(input)?;
    let (rest, columns) = need_list(name, "a column")(rest)?;
    let Ok((rest, _)) = word("with")(rest) else {
        return Ok((rest, OperatorKind::Facet { columns, with: None }));
    };
    let (rest, mut operators) = match rest.kind(0) {
        Some(TokenKind::OpenParen) => {
            map(within(TokenKind::OpenParen, subquery), |(operators, _)| operators).parse(rest)?
        }
        _ => map(operator, |operator| vec![operator]).parse(rest)?,
    };
    let source = Source::Operator(operators.remove(0));
    Ok((rest, OperatorKind::Facet { columns, with: Some(Box::new(Pipeline { source, operators })) }))
}

/// `macro-expand group as X (statements)`
pub fn macro_expand_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) =
        parameters(input, &["isfuzzy", "best_effort", "force_remote", "kind", "withsource"], false)?;
    let (rest, group) = firmly(rest, postfix, "an entity group")?;
    let (rest, _) = need_word("as")(rest)?;
    let (rest, alias) = firmly(rest, any_name, "a name")?;
    need(TokenKind::OpenParen)(rest)?;
    let (rest, body) = block(TokenKind::OpenParen)(rest)?;
    Ok((rest, OperatorKind::MacroExpand { parameters, group, alias, body }))
}
