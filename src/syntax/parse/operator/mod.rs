//! Query operators, by the word they start with.

mod expand;
mod filter;
mod find;
mod graph;
mod join;
mod parse;
mod partition;
mod project;
mod render;
mod scan;
mod series;
mod sort;
pub mod source;
mod summarize;
mod top;
pub mod union;

use super::input::Tokens;
use super::name::name;
use super::problem::{self, Parsed};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::syntax::ast::{Operator, OperatorKind};
use crate::syntax::keyword;
use crate::syntax::token::TokenKind;

/// Reads what follows an operator's keyword.
type Body = for<'a> fn(Tokens<'a>) -> Parsed<'a, OperatorKind>;

/// The parser of each operator.
fn body(word: &str) -> Option<Body> {
    Some(match word {
        "as" => filter::as_operator,
        "assert-schema" => filter::assert_schema_operator,
        "consume" => filter::consume_operator,
        "count" => filter::count_operator,
        "distinct" => summarize::distinct_operator,
        "evaluate" => source::evaluate_operator,
        "extend" => project::extend_operator,
        "facet" => partition::facet_operator,
        "find" => find::find_operator,
        "fork" => partition::fork_operator,
        "getschema" => filter::getschema_operator,
        "graph-mark-components" => graph::graph_mark_components_operator,
        "graph-match" => graph::graph_match_operator,
        "graph-shortest-paths" => graph::graph_shortest_paths_operator,
        "graph-to-table" => graph::graph_to_table_operator,
        "graph-where-edges" => graph::graph_where_edges_operator,
        "graph-where-nodes" => graph::graph_where_nodes_operator,
        "invoke" => source::invoke_operator,
        "join" => join::join_operator,
        "limit" | "take" => filter::take_operator,
        "lookup" => join::lookup_operator,
        "macro-expand" => partition::macro_expand_operator,
        "make-graph" => graph::make_graph_operator,
        "make-series" => series::make_series_operator,
        "mv-apply" | "mvapply" => expand::mv_apply_operator,
        "mv-expand" | "mvexpand" => expand::mv_expand_operator,
        "order" | "sort" => sort::sort_operator,
        "parse" => parse::parse_operator,
        "parse-kv" => parse::parse_kv_operator,
        "parse-where" => parse::parse_where_operator,
        "partition" => partition::partition_operator,
        "print" => source::print_operator,
        "project" => project::project_operator,
        "project-away" => project::project_away_operator,
        "project-by-names" => project::project_by_names_operator,
        "project-keep" => project::project_keep_operator,
        "project-rename" => project::project_rename_operator,
        "project-reorder" => project::project_reorder_operator,
        "range" => source::range_operator,
        "reduce" => summarize::reduce_operator,
        "render" => render::render_operator,
        "sample" => filter::sample_operator,
        "sample-distinct" => filter::sample_distinct_operator,
        "scan" => scan::scan_operator,
        "search" => find::search_operator,
        "serialize" => project::serialize_operator,
        "summarize" => summarize::summarize_operator,
        "top" => top::top_operator,
        "top-hitters" => top::top_hitters_operator,
        "top-nested" => top::top_nested_operator,
        "union" => union::union_operator,
        "filter" | "where" => filter::where_operator,
        _ => return None,
    })
}

/// An operator, from its keyword on.
pub fn operator(input: Tokens<'_>) -> Parsed<'_, Operator> {
    let keyword = input.span();
    let word = matches!(input.kind(0), Some(TokenKind::Name | TokenKind::Keyword));
    // `project-remove` is one word to whoever writes it, though the lexer knows no such keyword.
    let hyphened = input.kind(1) == Some(TokenKind::Minus) && input.touches(1) && input.touches(2);
    let Some(body) = body(input.text(0)).filter(|_| word && !hyphened) else {
        return problem::fail(unknown_operator(input));
    };
    let (rest, kind) = body(input.skip(1))?;
    Ok((rest, Operator { kind, keyword, span: rest.since(keyword) }))
}

/// True when a pipeline starts here with an operator that needs no input.
pub fn starts_source(input: Tokens<'_>) -> bool {
    match input.text(0) {
        "find" | "print" | "search" | "union" => input.kind(0) == Some(TokenKind::Name),
        "macro-expand" => input.kind(0) == Some(TokenKind::Keyword),
        "range" => name(input.skip(1)).is_ok_and(|(rest, _)| rest.text(0) == "from"),
        "evaluate" => input.kind(1) == Some(TokenKind::Name),
        _ => false,
    }
}

fn unknown_operator(input: Tokens<'_>) -> Diagnostic {
    if !matches!(input.kind(0), Some(TokenKind::Name | TokenKind::Keyword)) {
        let found = problem::expectation(input, "an operator");
        return match input.kind(0) {
            Some(TokenKind::Pipe) => found.with_help("`or` joins conditions; `|` starts an operator"),
            _ => found,
        };
    }
    // `project-remove`: the words that touch each other are one attempt.
    let mut words = 1;
    while input.kind(words) == Some(TokenKind::Minus) && input.touches(words) && input.touches(words + 1) {
        words += 2;
    }
    let span = input.skip(words).since(input.span());
    let typed = input.context.source.slice(span);
    let found = Diagnostic::error(Code::UnknownOperator, span, format!("there is no operator `{typed}`"));
    found.with_suggestion(nearest(typed, keyword::OPERATORS.iter().copied()))
}

/// Refuses a form that KQL has and huntline has not.
pub fn not_built<'a, T>(span: Span, what: &str) -> Parsed<'a, T> {
    problem::fail(Diagnostic::error(Code::NotBuiltYet, span, format!("{what} is not built")))
}
