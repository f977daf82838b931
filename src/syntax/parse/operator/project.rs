//! `project` and its family, `extend`, `serialize`.

use crate::diagnostic::Span;
use crate::syntax::ast::{Expr, Name, OperatorKind, ReorderOrder};
use crate::syntax::parse::combinator::{list, need_list, word};
use crate::syntax::parse::expr::{expression, named_expression};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::name::wildcard_name;
use crate::syntax::parse::problem::Parsed;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};

/// `a, b = c`; none at all is taken too.
fn columns(input: Tokens<'_>) -> Parsed<'_, Vec<Expr>> {
    map(opt(list(named_expression, "an expression")), Option::unwrap_or_default).parse(input)
}

/// `a*, b`
fn names(input: Tokens<'_>) -> Parsed<'_, Vec<Name>> {
    map(opt(list(wildcard_name, "a name")), Option::unwrap_or_default).parse(input)
}

/// `extend a = 1`
pub fn extend_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(need_list(named_expression, "an expression"), |columns| OperatorKind::Extend { columns }).parse(input)
}

/// `project a, b = c`
pub fn project_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(columns, |columns| OperatorKind::Project { columns }).parse(input)
}

/// `project-away a*`
pub fn project_away_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(names, |columns| OperatorKind::ProjectAway { columns }).parse(input)
}

/// `project-keep a*`
pub fn project_keep_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(names, |columns| OperatorKind::ProjectKeep { columns }).parse(input)
}

/// `project-rename new = old`
pub fn project_rename_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(columns, |columns| OperatorKind::ProjectRename { columns }).parse(input)
}

/// `project-by-names expr`
pub fn project_by_names_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let columns = map(opt(list(expression, "an expression")), Option::unwrap_or_default);
    map(columns, |columns| OperatorKind::ProjectByNames { columns }).parse(input)
}

/// `project-reorder a, b* desc`
pub fn project_reorder_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let columns = opt(list(|i| (wildcard_name, opt(reorder_order)).parse(i), "a name"));
    map(columns, |columns| OperatorKind::ProjectReorder { columns: columns.unwrap_or_default() }).parse(input)
}

fn reorder_order(input: Tokens<'_>) -> Parsed<'_, (ReorderOrder, Span)> {
    let order = |text, order: ReorderOrder| map(word(text), move |span| (order, span));
    alt((
        order("asc", ReorderOrder::Ascending),
        order("desc", ReorderOrder::Descending),
        order("granny-asc", ReorderOrder::GrannyAscending),
        order("granny-desc", ReorderOrder::GrannyDescending),
    ))
    .parse(input)
}

/// `serialize a = row_number()`
pub fn serialize_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(columns, |columns| OperatorKind::Serialize { columns }).parse(input)
}
