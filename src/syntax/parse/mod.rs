//! Tokens to a tree, with nom over a slice of tokens.
//!
//! In: tokens without comments. Out: [`ast::Query`], or every fault that one pass finds. Each function is a production of
//! `grammar/kql.ebnf` of the same name. A production decides by one or two tokens and never goes back further, so parsing
//! takes linear time. After a fault in an operator, parsing goes on at the next pipe or semicolon.

mod combinator;
mod expr;
mod input;
mod json;
mod literal;
mod name;
mod operator;
mod parameter;
mod primary;
mod problem;
mod schema;
mod statement;
mod stored;
mod tabular;
#[cfg(test)]
mod tests;
mod text;

use super::ast;
use super::bracket::{self, Brackets};
use super::token::{Token, TokenKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Source, Span};
use input::{Context, Tokens};
use std::collections::BTreeSet;
use std::sync::Arc;

pub use primary::TABULAR_FUNCTIONS;

/// The productions of the grammar: each is a function of this module.
pub const PRODUCTIONS: &[&str] = &[
    "alias_statement",
    "argument",
    "as_operator",
    "assert_schema_operator",
    "assigned_names",
    "axis",
    "bounds",
    "call",
    "column_declaration",
    "column_type",
    "consume_operator",
    "count_operator",
    "datatable_cell",
    "datatable_operator",
    "declared_name",
    "direction",
    "distinct_operator",
    "dynamic_literal",
    "edge_range",
    "entity_group",
    "evaluate_operator",
    "evaluate_schema",
    "expansion",
    "expression",
    "extend_operator",
    "externaldata_operator",
    "facet_operator",
    "find_column",
    "find_operator",
    "find_project",
    "fork_branch",
    "fork_operator",
    "function",
    "getschema_operator",
    "graph_edge",
    "graph_mark_components_operator",
    "graph_match_operator",
    "graph_output",
    "graph_pattern",
    "graph_shortest_paths_operator",
    "graph_to_table_operator",
    "graph_where_edges_operator",
    "graph_where_nodes_operator",
    "head",
    "in_tables",
    "index",
    "invoke_operator",
    "join_operator",
    "json",
    "json_pair",
    "let_statement",
    "list_operand",
    "literal",
    "lookup_operator",
    "macro_expand_operator",
    "make_graph_operator",
    "make_series_operator",
    "member",
    "mv_apply_operator",
    "mv_expand_column",
    "mv_expand_operator",
    "name",
    "named_expression",
    "node_id",
    "node_table",
    "node_tables",
    "nulls",
    "operand",
    "operator",
    "others",
    "parameter",
    "parameter_list",
    "parameters",
    "parenthesized",
    "parse_item",
    "parse_kv_operator",
    "parse_operator",
    "parse_where_operator",
    "partition_body",
    "partition_key",
    "partition_operator",
    "partitioned_by",
    "pattern_edge",
    "pattern_node",
    "pattern_plain_edge",
    "pattern_statement",
    "piped",
    "postfix",
    "predicate",
    "primary",
    "print_operator",
    "project_away_operator",
    "project_by_names_operator",
    "project_keep_operator",
    "project_operator",
    "project_rename_operator",
    "project_reorder_operator",
    "properties",
    "query_parameters_statement",
    "quoted_name",
    "range_axis",
    "range_operator",
    "reduce_operator",
    "reduce_option",
    "render_operator",
    "render_properties",
    "render_value",
    "reorder_order",
    "restrict_statement",
    "row_schema",
    "sample_distinct_operator",
    "sample_operator",
    "scan_assignment",
    "scan_operator",
    "scan_step",
    "search_operator",
    "serialize_operator",
    "series_aggregate",
    "set_statement",
    "sort_key",
    "sort_operator",
    "star",
    "statement",
    "statements",
    "step_output",
    "string",
    "subquery",
    "summarize_operator",
    "table_literal",
    "table_pattern",
    "tabular",
    "tabular_call",
    "tabular_type",
    "take_operator",
    "text_operator",
    "top_hitters_operator",
    "top_nested_level",
    "top_nested_operator",
    "top_operator",
    "type_name",
    "typeof_type",
    "union_operator",
    "unsigned",
    "value",
    "where_operator",
    "wildcard_name",
    "with_properties",
];

/// The levels of precedence, from the loosest to the tightest: productions that `climb` of `expr.rs` reads together.
pub const LEVELS: &[&str] = &["or", "and", "equality", "relation", "sum", "product", "text"];

/// The longest text that is read.
pub const MAX_TEXT: usize = 32 << 20;

/// Brackets deeper than this are read on a thread with a stack of its own.
const DEEP: usize = 16;

/// Stack for deeply nested texts: [`bracket::MAX_NESTING`] levels in a build without optimization take a fraction of it.
const STACK: usize = 64 << 20;

/// Reads the statements of a whole text.
type Whole = for<'a> fn(Tokens<'a>) -> problem::Parsed<'a, Vec<ast::Statement>>;

/// Parses a text that holds one query.
pub fn parse(source: &Source) -> Result<ast::Query, Diagnostics> {
    whole(source, statement::statements)
}

/// Parses a text that holds one function, as a query of one `let` or as the query that is its body.
pub fn parse_function(source: &Source) -> Result<(ast::FunctionLiteral, BTreeSet<Arc<str>>), Diagnostics> {
    let query = whole(source, stored::stored_function)?;
    Ok((stored::literal(query.statements, query.span)?, query.names))
}

fn whole(source: &Source, statements: Whole) -> Result<ast::Query, Diagnostics> {
    if source.text.len() > MAX_TEXT {
        let megabytes = MAX_TEXT >> 20;
        return Err(Diagnostic::general(Code::TooLong, format!("the text is longer than {megabytes} MB")).into());
    }
    let (mut tokens, lexical) = super::lexer::lex(source);
    tokens.retain(|token| token.kind != TokenKind::Comment);
    if tokens.is_empty() {
        let at = Span::new(0, source.text.len(), source.id);
        return Err(Diagnostic::error(Code::EmptyQuery, at, "there is no query here").into());
    }
    let brackets = bracket::check(source, &tokens);
    if brackets.depth > bracket::MAX_NESTING {
        return Err(merge(lexical, brackets, Diagnostics::default()));
    }
    let (query, found) = match brackets.depth > DEEP {
        true => on_large_stack(source, &tokens, statements),
        false => query(source, &tokens, statements),
    };
    let found = merge(lexical, brackets, found);
    if found.has_errors() { Err(found) } else { Ok(query) }
}

/// Parses on a thread of its own; the tree itself is small enough for any stack.
fn on_large_stack(source: &Source, tokens: &[Token], statements: Whole) -> (ast::Query, Diagnostics) {
    let failed = |_| {
        let query = ast::Query { statements: vec![], span: Span::new(0, 0, source.id), names: BTreeSet::new() };
        (query, Diagnostic::bug("the parser's thread could not run").into())
    };
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("parser".to_owned()).stack_size(STACK);
        match builder.spawn_scoped(scope, || query(source, tokens, statements)) {
            Ok(thread) => thread.join().unwrap_or_else(|_| failed(())),
            Err(_) => failed(()),
        }
    })
}

/// The whole text as a query, and what is wrong with it.
fn query(source: &Source, tokens: &[Token], whole: Whole) -> (ast::Query, Diagnostics) {
    let context = Context::new(source);
    let input = Tokens::new(tokens, &context);
    let (rest, statements) = match whole(input) {
        Ok(result) => result,
        Err(error) => {
            context.report(problem::diagnostic(input, error));
            (Tokens::new(&[], &context), vec![])
        }
    };
    let span = tokens.last().map_or(input.span(), |last| input.span().to(last.span));
    if rest.first().is_none() && statements.is_empty() && context.found.borrow().0.is_empty() {
        context.report(Diagnostic::error(Code::EmptyQuery, span, "there is no query here"));
    }
    (ast::Query { statements, span, names: names(source, tokens) }, context.found.into_inner())
}

/// The names in a text: those of its name tokens, and strings that are written like one (`['My name']`,
/// `column_ifexists("Name", ...)`).
fn names(source: &Source, tokens: &[Token]) -> BTreeSet<Arc<str>> {
    let texts = tokens.iter().filter_map(|token| match token.kind {
        TokenKind::Name => Some(source.slice(token.span)),
        TokenKind::String => Some(source.slice(token.span).trim_matches(['"', '\''])),
        _ => None,
    });
    let is_name = |text: &&str| text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    texts.filter(is_name).map(Into::into).collect()
}

/// Faults in the order of the text, each told once. A missing quote or bracket upsets everything after it, so what follows
/// one is left out.
fn merge(lexical: Diagnostics, brackets: Brackets, found: Diagnostics) -> Diagnostics {
    let start = |d: &Diagnostic| d.span.map_or(0, |span| span.start);
    let unclosed = lexical.0.iter().filter(|d| d.code == Code::UnclosedString).map(start).min();
    let bracket = brackets.found.0.iter().map(start).min();
    let limit = unclosed.or(bracket).unwrap_or(u32::MAX);
    let mut all = lexical.0;
    all.extend(brackets.found.0.into_iter().filter(|_| unclosed.is_none()));
    all.extend(found.0.into_iter().filter(|d| d.span.is_none_or(|span| span.end <= limit)));
    all.sort_by_key(start);
    all.dedup_by(|a, b| a.code == b.code && a.span == b.span);
    Diagnostics(all)
}
