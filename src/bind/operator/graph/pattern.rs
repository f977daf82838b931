//! `graph-match` and `graph-shortest-paths`: the pattern, its conditions and its columns.

use super::{conjuncts, of_element};
use crate::bind::Binder;
use crate::bind::naming::{Projected, Projection, schema_of};
use crate::bind::operator::project::Style;
use crate::bind::operator::{parameter_span, parameter_text};
use crate::bind::scope::{GraphRows, GraphScope, Part, PartKind, RowScope, Rows};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::graph::{Cycles, Direction, GraphMatch, GraphOutput, PathColumn, PathKind, PatternEdge, Shortest};
use crate::plan::{ColumnName, Expr, ExprKind, Graph, Relation, RelationKind, split_part_column};
use crate::syntax::ast::{self, GraphClause, GraphPatternPart, Name, OperatorParameter};
use crate::value::Type;
use std::rc::Rc;

/// Most edges of a pattern: the search goes one call deeper with each.
const MOST_EDGES: usize = 200;

/// The variables of a pattern.
#[derive(Default)]
struct Shape {
    nodes: Vec<ColumnName>,
    edges: Vec<PatternEdge>,
}

impl Binder<'_> {
    /// `graph-match cycles=none (a)-[e]->(b) where x project y`, and `graph-shortest-paths` alike.
    pub(super) fn graph_pattern(&mut self, graph: &GraphRows, written: &ast::Graph, keyword: Span, span: Span) -> Rows {
        self.matched(graph, written, keyword, span).unwrap_or_else(|| Rows::unknown(span))
    }

    fn matched(&mut self, graph: &GraphRows, written: &ast::Graph, keyword: Span, span: Span) -> Option<Rows> {
        let shortest = written.operator == "graph-shortest-paths";
        let [cycles, output] = self.parameters(&written.parameters, &["cycles", "output"]);
        let cycles = self.cycles(cycles.as_ref());
        let output = self.shortest(output.as_ref());
        let (mut patterns, mut filter, mut project) = (None, None, None);
        for clause in &written.clauses {
            match clause {
                GraphClause::Patterns(found) => patterns = Some(found),
                GraphClause::Where(found) => filter = Some(found),
                GraphClause::Project(found) => project = Some(found),
                _ => {}
            }
        }
        let shape = self.shape(patterns?, shortest, keyword)?;
        let Some(project) = project else {
            let message = format!("`{}` needs a `project`", written.operator);
            return self.refuse(Code::MissingExpression, span.after(), message);
        };
        let parts: Rc<[Part]> = parts(graph, &shape).into();
        let mut paths = vec![];
        let conditions = self.conditions(filter, &parts, graph, &shape, &mut paths);
        let mut projection = Projection::default();
        let scope = self.pattern_scope(&parts, graph, &shape, std::mem::take(&mut paths), false);
        let (_, scope) = self.in_row(scope, |b| b.project_items(&mut projection, project, Style::Project));
        let paths = scope.and_then(|s| s.graph).map(|g| g.paths).unwrap_or_default();
        let columns = projection.into_columns();
        if columns.iter().any(|c| c.value.is_none()) {
            return None;
        }
        let columns: Vec<(ColumnName, Expr)> = columns.into_iter().map(Projected::into_pair).collect();
        for (_, value) in &columns {
            self.whole_arrays(value, &shape)?;
        }
        let schema = schema_of(&columns);
        let plan = GraphMatch {
            nodes: shape.nodes,
            edges: shape.edges,
            cycles: cycles?,
            shortest: output?.filter(|_| shortest),
            paths,
            conditions: conditions?,
            columns,
        };
        let plan = Graph { output: GraphOutput::Match(Box::new(plan)), ..graph.graph.clone() };
        let kind = RelationKind::Graph { inputs: graph.inputs.clone(), graph: Box::new(plan) };
        Some(Rows::new(Relation::new(kind, schema, span)))
    }

    fn cycles(&mut self, parameter: Option<&OperatorParameter>) -> Option<Cycles> {
        let Some(parameter) = parameter else { return Some(Cycles::UniqueEdges) };
        match parameter_text(parameter).as_str() {
            "all" => Some(Cycles::All),
            "none" => Some(Cycles::None),
            "unique_edges" => Some(Cycles::UniqueEdges),
            other => {
                let message = format!("cycles are `all`, `none` or `unique_edges`, not `{other}`");
                self.refuse(Code::WrongValue, parameter_span(parameter), message)
            }
        }
    }

    fn shortest(&mut self, parameter: Option<&OperatorParameter>) -> Option<Option<Shortest>> {
        let Some(parameter) = parameter else { return Some(Some(Shortest::Any)) };
        match parameter_text(parameter).as_str() {
            "any" => Some(Some(Shortest::Any)),
            "all" => Some(Some(Shortest::All)),
            other => {
                let message = format!("the output is `any` or `all` shortest paths, not `{other}`");
                self.refuse(Code::WrongValue, parameter_span(parameter), message)
            }
        }
    }

    /// Nodes and edges in turn, in each sequence.
    fn shape(&mut self, patterns: &[Vec<GraphPatternPart>], shortest: bool, keyword: Span) -> Option<Shape> {
        let mut shape = Shape::default();
        for sequence in patterns {
            let mut parts = sequence.iter();
            let Some(GraphPatternPart::Node(first)) = parts.next() else { return self.not_in_turn(keyword) };
            let mut left = self.node(&mut shape, first.as_ref())?;
            while let Some(edge) = parts.next() {
                let (GraphPatternPart::Edge { .. }, Some(GraphPatternPart::Node(node))) = (edge, parts.next()) else {
                    return self.not_in_turn(keyword);
                };
                let right = self.node(&mut shape, node.as_ref())?;
                self.edge(&mut shape, edge, (left, right), keyword)?;
                left = right;
            }
        }
        if shortest && (patterns.len() != 1 || !shape.edges.iter().any(|e| e.range.is_some())) {
            let message = "`graph-shortest-paths` takes one sequence, with an edge of variable length";
            return self.refuse(Code::WrongValue, keyword, message);
        }
        let mut reached = vec![0];
        let mut at = 0;
        while let Some(node) = reached.get(at).copied() {
            at += 1;
            for edge in &shape.edges {
                for (one, other) in [(edge.left, edge.right), (edge.right, edge.left)] {
                    if one == node && !reached.contains(&other) {
                        reached.push(other);
                    }
                }
            }
        }
        if reached.len() < shape.nodes.len() {
            return self.refuse(
                Code::WrongValue,
                keyword,
                "the sequences of a pattern share nodes, so that it is of one piece",
            );
        }
        Some(shape)
    }

    fn not_in_turn<T>(&mut self, keyword: Span) -> Option<T> {
        self.refuse(Code::UnexpectedToken, keyword, "a pattern has nodes and edges in turn, and a node at both ends")
    }

    /// A variable of a node; the same name is the same node.
    fn node(&mut self, shape: &mut Shape, name: Option<&Name>) -> Option<usize> {
        let next = shape.nodes.len();
        let Some(name) = name else {
            shape.nodes.push(format!("(n{next})").into());
            return Some(next);
        };
        if shape.edges.iter().any(|e| e.name == name.text) {
            return self.refuse(Code::DuplicateName, name.span, format!("`{}` is an edge already", name.text));
        }
        if let Some(known) = shape.nodes.iter().position(|n| *n == name.text) {
            return Some(known);
        }
        shape.nodes.push(name.text.clone());
        Some(next)
    }

    fn edge(
        &mut self,
        shape: &mut Shape,
        edge: &GraphPatternPart,
        (left, right): (usize, usize),
        keyword: Span,
    ) -> Option<()> {
        let GraphPatternPart::Edge { name, left: to_left, right: to_right, range } = edge else { return None };
        let place = name.as_ref().map_or(keyword, |n| n.span);
        let direction = match (to_left, to_right) {
            (false, true) => Direction::Right,
            (true, false) => Direction::Left,
            (false, false) => Direction::Any,
            (true, true) => return self.refuse(Code::UnexpectedToken, place, "an edge points to one side, or to none"),
        };
        let range = match range {
            Some((low, high)) => Some(self.range_of(low, high)?),
            None => None,
        };
        let name = match name {
            Some(name) => {
                if shape.edges.iter().any(|e| e.name == name.text) || shape.nodes.contains(&name.text) {
                    let message = format!("`{}` is in the pattern already", name.text);
                    return self.refuse(Code::DuplicateName, name.span, message);
                }
                name.text.clone()
            }
            None => format!("(e{})", shape.edges.len()).into(),
        };
        if shape.edges.len() == MOST_EDGES {
            return self.refuse(Code::TooDeep, place, format!("a pattern has at most {MOST_EDGES} edges"));
        }
        shape.edges.push(PatternEdge { name, left, right, direction, range });
        Some(())
    }

    fn range_of(&mut self, low: &ast::Expr, high: &ast::Expr) -> Option<(u32, u32)> {
        let mut bound = |e: &ast::Expr| {
            let value = self.literal(e, "the length of an edge")?;
            let number = value.as_literal().and_then(|v| v.as_i64()).and_then(|n| u32::try_from(n).ok());
            number.or_else(|| self.refuse(Code::WrongValue, e.span, "the length of an edge is a whole number, from 0"))
        };
        let (least, most) = (bound(low)?, bound(high)?);
        if least > most {
            return self.refuse(Code::WrongValue, low.span.to(high.span), "the least length is above the most");
        }
        Some((least, most))
    }

    /// The parts of the condition. One that reads properties of an edge of variable length holds for each of its edges.
    fn conditions(
        &mut self,
        filter: Option<&ast::Expr>,
        parts: &Rc<[Part]>,
        graph: &GraphRows,
        shape: &Shape,
        paths: &mut Vec<PathColumn>,
    ) -> Option<Vec<Expr>> {
        let mut written = vec![];
        if let Some(filter) = filter {
            conjuncts(filter, &mut written);
        }
        let mut bound: Vec<Option<Expr>> = vec![];
        for part in written {
            let scope = self.pattern_scope(parts, graph, shape, std::mem::take(paths), true);
            let (condition, scope) = self.in_row(scope, |b| b.predicate(part));
            let scope = scope.and_then(|s| s.graph).unwrap_or_default();
            *paths = scope.paths;
            let mut edges = scope.touched;
            edges.sort_unstable();
            edges.dedup();
            bound.push(match (condition, edges.as_slice()) {
                (Some(condition), []) => Some(condition),
                (Some(condition), [edge]) => self.for_each_edge(condition, *edge, shape, paths),
                (Some(_), _) => self.refuse(
                    Code::NotBuiltYet,
                    part.span,
                    "a condition over two edges of variable length is not built yet",
                ),
                (None, _) => None,
            });
        }
        bound.into_iter().collect()
    }

    /// The condition as one of every edge of a path.
    fn for_each_edge(
        &mut self,
        condition: Expr,
        edge: usize,
        shape: &Shape,
        paths: &mut Vec<PathColumn>,
    ) -> Option<Expr> {
        let span = condition.span;
        let variable = shape.edges.get(edge)?;
        let mut reads_path = false;
        condition.visit(&mut |e| {
            reads_path |= matches!(&e.kind, ExprKind::Column(name) if paths.iter().any(|p| p.name == *name));
        });
        if reads_path {
            let message =
                format!("`{}` stands beside a function over a path: put the condition into `all()`", variable.name);
            return self.refuse(Code::NotBuiltYet, span, message);
        }
        let name: ColumnName = format!("$({})", paths.len()).into();
        let expr = of_element(&variable.name, condition);
        paths.push(PathColumn { name: name.clone(), edge, inner_nodes: false, kind: PathKind::All, expr });
        Some(Expr::column(name, Type::Bool, span))
    }

    fn pattern_scope(
        &self,
        parts: &Rc<[Part]>,
        graph: &GraphRows,
        shape: &Shape,
        paths: Vec<PathColumn>,
        by_element: bool,
    ) -> RowScope {
        let edges = shape.edges.iter().map(|e| e.name.clone()).collect();
        let sides = Some((graph.nodes.clone(), graph.edges.clone()));
        let graph = GraphScope { edges, sides, paths, by_element, ..GraphScope::default() };
        RowScope { parts: parts.clone(), graph: Some(graph), ..self.row_scope(vec![], false) }
    }

    /// In columns, a property of an edge of variable length is an array, and only what takes arrays may have it.
    fn whole_arrays(&mut self, value: &Expr, shape: &Shape) -> Option<()> {
        let misused = match &value.kind {
            ExprKind::Call { function, arguments } => {
                let takes = ["array_", "set_", "strcat_array", "pack_array", "zip", "series_"];
                let takes_arrays = takes.iter().any(|prefix| function.name.starts_with(prefix));
                let mut arguments = arguments.iter();
                match arguments.find(|a| !takes_arrays && is_array(a, shape)) {
                    Some(argument) => Some(argument),
                    None => return arguments_of(value).iter().try_for_each(|a| self.whole_arrays(a, shape)),
                }
            }
            _ => None,
        };
        let Some(argument) = misused else { return Some(()) };
        let message = "a property of an edge of variable length is an array here";
        let diagnostic = Diagnostic::error(Code::WrongType, argument.span, message);
        self.report(diagnostic.with_help("`map(edge, ...)` computes something for each of its edges"));
        None
    }
}

fn arguments_of(value: &Expr) -> &[Expr] {
    match &value.kind {
        ExprKind::Call { arguments, .. } => arguments,
        _ => &[],
    }
}

fn is_array(value: &Expr, shape: &Shape) -> bool {
    let ExprKind::Column(name) = &value.kind else { return false };
    shape.edges.iter().any(|e| e.range.is_some() && split_part_column(name, &e.name).is_some())
}

/// The variables by their names.
fn parts(graph: &GraphRows, shape: &Shape) -> Vec<Part> {
    let nodes =
        shape.nodes.iter().map(|name| Part { name: name.clone(), kind: PartKind::Node, side: graph.nodes.clone() });
    let edges = shape.edges.iter().map(|edge| {
        let kind = if edge.range.is_some() { PartKind::Path } else { PartKind::Edge };
        Part { name: edge.name.clone(), kind, side: graph.edges.clone() }
    });
    nodes.chain(edges).collect()
}
