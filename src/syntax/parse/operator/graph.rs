//! `make-graph` and the `graph-...` operators.

use crate::syntax::ast::{Expr, ExprKind, Graph, GraphClause, GraphPatternPart, Name, OperatorKind};
use crate::syntax::parse::combinator::{bracketed, firmly, need, need_list, need_word, token, within, word};
use crate::syntax::parse::expr::{named_expression, need_expression};
use crate::syntax::parse::input::Tokens;
use crate::syntax::parse::name::{any_name, name};
use crate::syntax::parse::parameter::parameters;
use crate::syntax::parse::primary::{operand, postfix};
use crate::syntax::parse::problem::{self, Parsed};
use crate::syntax::parse::tabular::subquery;
use crate::syntax::token::TokenKind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};
use nom::multi::many1;
use nom::sequence::preceded;

fn graph(
    operator: &str,
    parameters: Vec<crate::syntax::ast::OperatorParameter>,
    clauses: Vec<GraphClause>,
) -> OperatorKind {
    OperatorKind::Graph(Box::new(Graph { operator: operator.to_owned(), parameters, clauses }))
}

/// `make-graph source --> target with Nodes on id partitioned-by key (operators)`
pub fn make_graph_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let (rest, parameters) = parameters(input, &[], true)?;
    let (rest, edge) = graph_edge(rest)?;
    let mut clauses = vec![edge];
    let (rest, with) = opt(alt((node_id, node_tables))).parse(rest)?;
    clauses.extend(with);
    let (rest, partitioned) = opt(partitioned_by).parse(rest)?;
    clauses.extend(partitioned);
    Ok((rest, graph("make-graph", parameters, clauses)))
}

/// `source --> target`, `source -- target`
fn graph_edge(input: Tokens<'_>) -> Parsed<'_, GraphClause> {
    let (rest, source) = firmly(input, name, "a column")?;
    let (rest, directed) =
        firmly(rest, alt((arrow(&[Minus, Minus, Greater], true), arrow(&[Minus, Minus], false))), "`-->`")?;
    let (rest, target) = firmly(rest, name, "a column")?;
    Ok((rest, GraphClause::Edge { source, target, directed }))
}

use TokenKind::{CloseBracket, Greater, Less, Minus, OpenBracket};

/// Tokens that touch each other.
fn arrow<'a, T: Copy>(kinds: &'static [TokenKind], value: T) -> impl Fn(Tokens<'a>) -> Parsed<'a, T> {
    move |input| {
        let matches =
            kinds.iter().enumerate().all(|(n, kind)| input.kind(n) == Some(*kind) && (n == 0 || input.touches(n)));
        if matches { Ok((input.skip(kinds.len()), value)) } else { problem::missing(input, "an arrow") }
    }
}

/// `with_node_id = name`
fn node_id(input: Tokens<'_>) -> Parsed<'_, GraphClause> {
    let (rest, _) = word("with_node_id")(input)?;
    let (rest, _) = need(TokenKind::Assign)(rest)?;
    let (rest, name) = firmly(rest, name, "a name")?;
    let span = name.span;
    Ok((rest, GraphClause::With { tables: vec![(Expr { kind: ExprKind::Name(name), span }, None)] }))
}

/// `with Nodes on id, Others on key`
fn node_tables(input: Tokens<'_>) -> Parsed<'_, GraphClause> {
    let (rest, _) = word("with")(input)?;
    map(need_list(node_table, "a table"), |tables| GraphClause::With { tables }).parse(rest)
}

fn node_table(input: Tokens<'_>) -> Parsed<'_, (Expr, Option<Name>)> {
    let (rest, table) = postfix(input)?;
    let (rest, _) = need_word("on")(rest)?;
    let (rest, key) = firmly(rest, name, "a column")?;
    Ok((rest, (table, Some(key))))
}

/// `partitioned-by key (operators)`
fn partitioned_by(input: Tokens<'_>) -> Parsed<'_, GraphClause> {
    let (rest, _) = word("partitioned-by")(input)?;
    let (rest, column) = firmly(rest, name, "a column")?;
    let (rest, (body, _)) = firmly(rest, within(TokenKind::OpenParen, subquery), "`(`")?;
    Ok((rest, GraphClause::PartitionedBy { column, body }))
}

/// `graph-match cycles=none (a)-[e]->(b) where x project y`
pub fn graph_match_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    matching(input, "graph-match", &["cycles"])
}

/// `graph-shortest-paths output=all (a)-[e*1..5]->(b) where x project y`
pub fn graph_shortest_paths_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    matching(input, "graph-shortest-paths", &["output"])
}

fn matching<'a>(input: Tokens<'a>, operator: &str, known: &'static [&'static str]) -> Parsed<'a, OperatorKind> {
    let (rest, parameters) = parameters(input, known, false)?;
    let (rest, patterns) = need_list(graph_pattern, "a pattern such as `(a)-[e]->(b)`")(rest)?;
    let mut clauses = vec![GraphClause::Patterns(patterns)];
    let (rest, filter) = opt(preceded(word("where"), need_expression)).parse(rest)?;
    clauses.extend(filter.map(GraphClause::Where));
    let columns = preceded(word("project"), need_list(named_expression, "an expression"));
    let (rest, columns) = opt(columns).parse(rest)?;
    clauses.extend(columns.map(GraphClause::Project));
    Ok((rest, graph(operator, parameters, clauses)))
}

/// `(a)-[e]->(b)<--(c)`
fn graph_pattern(input: Tokens<'_>) -> Parsed<'_, Vec<GraphPatternPart>> {
    many1(alt((pattern_node, pattern_plain_edge, pattern_edge))).parse(input)
}

/// `(name)`, `()`
fn pattern_node(input: Tokens<'_>) -> Parsed<'_, GraphPatternPart> {
    let node = bracketed(TokenKind::OpenParen, name, "a name", false);
    let (rest, (mut names, span)) = node(input)?;
    if names.len() > 1 {
        let found =
            crate::diagnostic::Diagnostic::error(crate::diagnostic::Code::UnexpectedToken, span, "a node has one name");
        return problem::fail(found);
    }
    Ok((rest, GraphPatternPart::Node(names.pop())))
}

/// `-->`, `<--`, `--`
fn pattern_plain_edge(input: Tokens<'_>) -> Parsed<'_, GraphPatternPart> {
    let right = arrow(&[Minus, Minus, Greater], (false, true));
    let left = arrow(&[Less, Minus, Minus], (true, false));
    let plain = arrow(&[Minus, Minus], (false, false));
    let edge = |(left, right)| GraphPatternPart::Edge { name: None, left, right, range: None };
    map(alt((right, left, plain)), edge).parse(input)
}

/// `-[name*1..3]->`, `<-[name]-`, `-[name]-`
fn pattern_edge(input: Tokens<'_>) -> Parsed<'_, GraphPatternPart> {
    let opening = alt((arrow(&[Less, Minus, OpenBracket], true), arrow(&[Minus, OpenBracket], false)));
    let (rest, left) = { opening }.parse(input)?;
    let (rest, name) = opt(name).parse(rest)?;
    let (rest, range) = opt(preceded(token(TokenKind::Star), edge_range)).parse(rest)?;
    let closing = alt((arrow(&[CloseBracket, Minus, Greater], true), arrow(&[CloseBracket, Minus], false)));
    let (rest, right) = firmly(rest, closing, "`]-` or `]->`")?;
    Ok((rest, GraphPatternPart::Edge { name, left, right, range }))
}

/// `1..3`
fn edge_range(input: Tokens<'_>) -> Parsed<'_, (Expr, Expr)> {
    let (rest, low) = firmly(input, operand, "a number")?;
    let (rest, _) = need(TokenKind::DotDot)(rest)?;
    let (rest, high) = firmly(rest, operand, "a number")?;
    Ok((rest, (low, high)))
}

/// `graph-to-table nodes as N with_node_id=id, edges as E`
pub fn graph_to_table_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(need_list(graph_output, "`nodes` or `edges`"), |clauses| graph("graph-to-table", vec![], clauses)).parse(input)
}

fn graph_output(input: Tokens<'_>) -> Parsed<'_, GraphClause> {
    if !matches!(input.text(0), "nodes" | "edges") {
        return problem::missing(input, "`nodes` or `edges`");
    }
    let (rest, what) = any_name(input)?;
    let (rest, alias) = opt(preceded(word("as"), |i| firmly(i, name, "a name"))).parse(rest)?;
    let (rest, parameters) = parameters(rest, &["with_node_id", "with_source_id", "with_target_id"], false)?;
    let name = alias.unwrap_or_else(|| what.clone());
    Ok((rest, GraphClause::As { what, parameters, name }))
}

/// `graph-mark-components kind=weak with_component_id=c`
pub fn graph_mark_components_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    let known = &["kind", "with_component_id"];
    map(|i| parameters(i, known, false), |parameters| graph("graph-mark-components", parameters, vec![])).parse(input)
}

/// `graph-where-nodes predicate`
pub fn graph_where_nodes_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(need_expression, |filter| graph("graph-where-nodes", vec![], vec![GraphClause::Where(filter)])).parse(input)
}

/// `graph-where-edges predicate`
pub fn graph_where_edges_operator(input: Tokens<'_>) -> Parsed<'_, OperatorKind> {
    map(need_expression, |filter| graph("graph-where-edges", vec![], vec![GraphClause::Where(filter)])).parse(input)
}
