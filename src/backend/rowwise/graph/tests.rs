//! Graphs of a few nodes, told by letters.

use super::*;
use crate::diagnostic::Span;
use crate::library::scalar_function;
use crate::plan::graph::{Cycles, Direction, GraphMatch, PathColumn, PathKind, PatternEdge, Shortest};
use crate::plan::{Expr, part_column};
use std::sync::Arc;

const TEXT: Type = Type::String;

fn column(name: &str, ty: Type) -> Expr {
    Expr::column(name, ty, Span::default())
}

fn is(name: &str, text: &str) -> Expr {
    let text = Expr::literal(Value::String(text.to_owned()), TEXT, Span::default());
    Expr::call(scalar_function("==").unwrap(), vec![column(name, TEXT), text], Type::Bool, Span::default())
}

/// Edges such as `ab`, each with itself as its property `e`.
fn graph(output: GraphOutput, steps: Vec<GraphStep>) -> Graph {
    Graph {
        source: "s".into(),
        target: "t".into(),
        keys: vec![],
        node_id: Some("n".into()),
        partition: None,
        nodes: Arc::new(Schema::of([("n", TEXT)])),
        steps,
        output,
    }
}

fn rows(graph: &Graph, edges: &[&str], result: &[(&str, Type)], steps: u64) -> Result<Vec<String>, String> {
    let schema = Schema::of([("s", TEXT), ("t", TEXT), ("e", TEXT)]);
    let text = |text: &str| Value::String(text.to_owned());
    let batch = Batch::from_rows(&schema, edges.iter().map(|e| vec![text(&e[..1]), text(&e[1..2]), text(e)]));
    let tables = [Table { batch: &batch, schema: &schema }];
    let result = Schema::of(result.iter().copied());
    let out = run(graph, &tables, &result, Bounds { steps, cells: 1000 }).map_err(|fault| fault.text)?;
    let shown = |row: usize| out.row(row).iter().map(text_of).collect::<Vec<String>>().join(" ");
    let mut rows: Vec<String> = (0..out.rows).map(shown).collect();
    rows.sort_by_key(|row| (row.len(), row.clone()));
    Ok(rows)
}

/// `(a)-[p*low..high]->(b)`: both ends, and the path's edges.
fn along(range: (u32, u32), direction: Direction, cycles: Cycles, conditions: Vec<Expr>) -> GraphMatch {
    let each =
        PathColumn { name: "$(0)".into(), edge: 0, inner_nodes: false, kind: PathKind::Map, expr: column("e", TEXT) };
    GraphMatch {
        nodes: vec!["a".into(), "b".into()],
        edges: vec![PatternEdge { name: "p".into(), left: 0, right: 1, direction, range: Some(range) }],
        cycles,
        shortest: None,
        paths: vec![each],
        conditions,
        columns: vec![("path".into(), column("$(0)", Type::Dynamic))],
    }
}

fn paths(pattern: GraphMatch, edges: &[&str]) -> Vec<String> {
    let graph = graph(GraphOutput::Match(Box::new(pattern)), vec![]);
    rows(&graph, edges, &[("path", Type::Dynamic)], 10_000).unwrap()
}

fn from(node: &str) -> Vec<Expr> {
    vec![is(&part_column("a", "n"), node)]
}

#[test]
fn cycles_as_asked_for() {
    let ring = ["ab", "ba"];
    let found = |cycles| paths(along((1, 3), Direction::Right, cycles, from("a")), &ring);
    assert_eq!(found(Cycles::None), [r#"["ab"]"#]);
    assert_eq!(found(Cycles::UniqueEdges), [r#"["ab"]"#, r#"["ab","ba"]"#]);
    assert_eq!(found(Cycles::All).len(), 3);
}

#[test]
fn directions_and_loops() {
    let edges = ["ab", "cb", "bb"];
    let found = |direction| paths(along((1, 1), direction, Cycles::UniqueEdges, from("b")), &edges);
    assert_eq!(found(Direction::Right), [r#"["bb"]"#]);
    assert_eq!(found(Direction::Left), [r#"["ab"]"#, r#"["bb"]"#, r#"["cb"]"#]);
    assert_eq!(found(Direction::Any), [r#"["ab"]"#, r#"["bb"]"#, r#"["cb"]"#]);
}

#[test]
fn a_path_found_backwards_is_told_from_left_to_right() {
    let ends = vec![is(&part_column("b", "n"), "d")];
    let found = paths(along((2, 3), Direction::Right, Cycles::UniqueEdges, ends), &["ab", "bc", "cd", "xd"]);
    assert_eq!(found, [r#"["bc","cd"]"#, r#"["ab","bc","cd"]"#]);
}

#[test]
fn no_edge_at_all_is_a_path_too() {
    let found = paths(along((0, 1), Direction::Right, Cycles::UniqueEdges, from("a")), &["ab"]);
    assert_eq!(found, ["[]", r#"["ab"]"#]);
}

#[test]
fn conditions_on_every_edge_and_inner_node_leave_ways_out() {
    let edges = ["ab", "bd", "ac", "cd"];
    let not_by = |inner_nodes, expr| {
        let mut pattern = along((1, 3), Direction::Right, Cycles::UniqueEdges, from("a"));
        pattern.paths.push(PathColumn { name: "$(1)".into(), edge: 0, inner_nodes, kind: PathKind::All, expr });
        pattern.conditions.push(column("$(1)", Type::Bool));
        paths(pattern, &edges)
    };
    assert_eq!(not_by(true, is("n", "c")), [r#"["ab"]"#, r#"["ac"]"#, r#"["ac","cd"]"#]);
    assert_eq!(not_by(false, is("e", "ab")), [r#"["ab"]"#]);
}

#[test]
fn shortest_paths_one_or_all() {
    let edges = ["ab", "bd", "ac", "cd", "ad", "da", "de"];
    let found = |which, low, to: &str| {
        let mut pattern = along((low, 4), Direction::Right, Cycles::UniqueEdges, from("a"));
        pattern.conditions.push(is(&part_column("b", "n"), to));
        pattern.shortest = Some(which);
        paths(pattern, &edges)
    };
    assert_eq!(found(Shortest::Any, 1, "e"), [r#"["ad","de"]"#]);
    assert_eq!(found(Shortest::All, 2, "d"), [r#"["ab","bd"]"#, r#"["ac","cd"]"#]);
    assert_eq!(found(Shortest::Any, 2, "d").len(), 1);
    assert_eq!(found(Shortest::All, 1, "a"), [r#"["ad","da"]"#]);
    assert_eq!(found(Shortest::All, 0, "a"), ["[]"]);
}

#[test]
fn all_shortest_paths_share_their_ways() {
    let edges = ["ab", "ac", "bd", "cd", "de", "df", "eg", "fg"];
    let mut pattern = along((1, 9), Direction::Right, Cycles::UniqueEdges, from("a"));
    pattern.conditions.push(is(&part_column("b", "n"), "g"));
    pattern.shortest = Some(Shortest::All);
    assert_eq!(paths(pattern, &edges).len(), 4);
}

#[test]
fn too_many_ways_are_refused() {
    let pattern = along((1, 9), Direction::Any, Cycles::All, vec![]);
    let graph = graph(GraphOutput::Match(Box::new(pattern)), vec![]);
    let refused = rows(&graph, &["ab", "bc", "ca"], &[("path", Type::Dynamic)], 50).unwrap_err();
    assert!(refused.contains("too many ways"), "{refused}");
}

#[test]
fn components_weak_and_strong() {
    let marked = |strong| {
        let mark = GraphStep::MarkComponents { strong, name: "c".into() };
        let graph = graph(GraphOutput::Nodes { id: None }, vec![mark]);
        rows(&graph, &["ab", "bc", "cb", "xy"], &[("n", TEXT), ("c", Type::Long)], 1).unwrap()
    };
    assert_eq!(marked(false), ["a 0", "b 0", "c 0", "x 1", "y 1"]);
    assert_eq!(marked(true), ["a 0", "b 1", "c 1", "x 2", "y 3"]);
}

#[test]
fn left_nodes_keep_the_edges_between_them() {
    let step = GraphStep::WhereNodes(is("n", "a"));
    let nodes = graph(GraphOutput::Nodes { id: None }, vec![step.clone()]);
    assert_eq!(rows(&nodes, &["ab", "aa"], &[("n", TEXT)], 1).unwrap(), ["a"]);
    let edges = graph(GraphOutput::Edges { source: None, target: None }, vec![step]);
    assert_eq!(rows(&edges, &["ab", "aa"], &[("e", TEXT)], 1).unwrap(), ["aa"]);
}
