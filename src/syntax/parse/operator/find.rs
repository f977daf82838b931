//! `find` and `search`.

use super::parse::column_type;
use super::union::table_pattern;
use crate::syntax::ast::{Expr, Find, FindColumn, OperatorKind};
use crate::syntax::parse::combinator::{bracketed, need_list, need_word, within, word};
use crate::syntax::parse::expr::{expression, need_expression};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::name::{name, wildcard_name};
use crate::syntax::parse::parameter::parameters;
use crate::syntax::parse::primary::star;
use crate::syntax::parse::problem::Parsed;
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};
use nom::sequence::preceded;

/// `find withsource=T in (A, B*) where predicate project a, b:string`
pub fn find_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &["withsource", "with_source", "datascope"], false)?;
    let (rest, tables) = opt(in_tables).parse(rest)?;
    let plain = parameters.is_empty() && tables.is_none();
    let (rest, _) = if plain { opt(word("where")).parse(rest)? } else { map(need_word("where"), Some).parse(rest)? };
    let (rest, predicate) = predicate(rest)?;
    let (rest, project) = find_project(rest)?;
    let away = preceded(word("project-away"), need_list(wildcard_name, "a name"));
    let (rest, project_away) = map(opt(away), Option::unwrap_or_default).parse(rest)?;
    let find = Find { parameters, tables: tables.unwrap_or_default(), predicate, project, project_away };
    Ok((rest, OperatorKind::Find(Box::new(find))))
}

/// `in (A, B*)`
fn in_tables(input: Tokens<'_>) -> Parsed<'_, Vec<Expr>> {
    let (rest, _) = word("in")(input)?;
    let tables = bracketed(TokenKind::OpenParen, table_pattern, "a table", false);
    map(|i| crate::syntax::parse::combinator::firmly(i, &tables, "`(`"), |(tables, _)| tables).parse(rest)
}

/// `project a, b:string, pack_all()`, or `project-smart`
fn find_project(input: Tokens<'_>) -> Parsed<'_, Option<Vec<FindColumn>>> {
    if let Ok((rest, _)) = word("project-smart")(input) {
        return Ok((rest, None));
    }
    opt(preceded(word("project"), need_list(find_column, "a column"))).parse(input)
}

fn find_column(input: Tokens<'_>) -> Parsed<'_, FindColumn> {
    let called = input.kind(1) == Some(TokenKind::OpenParen);
    if called && matches!(input.text(0), "pack" | "pack_all") {
        let (rest, _) = within(TokenKind::OpenParen, opt_star)(input.skip(1))?;
        return Ok((rest, FindColumn::Pack(rest.since(input.span()))));
    }
    map((name, opt(column_type)), |(name, ty)| FindColumn::Column(name, ty)).parse(input)
}

fn opt_star(input: Tokens<'_>) -> Parsed<'_, Option<Expr>> {
    opt(star).parse(input)
}

/// `search kind=case_sensitive in (A, B) "text" and col:"x"`
pub fn search_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &["kind", "datascope"], false)?;
    let (rest, tables) = opt(in_tables).parse(rest)?;
    let (rest, predicate) = predicate(rest)?;
    Ok((rest, OperatorKind::Search { parameters, tables: tables.unwrap_or_default(), predicate }))
}

/// A predicate, or `*` for every row.
fn predicate(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, found) = opt(alt((expression, star))).parse(input)?;
    match found {
        Some(found) => Ok((rest, found)),
        None => need_expression(input),
    }
}
