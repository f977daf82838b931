//! Graph operators: `make-graph`, what changes a graph, and what makes rows of it.
//!
//! In: rows, or a graph beside them, and the operator as written. Out: the graph or the rows. A graph is no table: where one is
//! needed, the other is refused.

mod make;
mod pattern;
mod table;

use super::{operator_name, parameter_text};
use crate::bind::Binder;
use crate::bind::scope::{GraphRows, GraphScope, PartKind, RowScope, Rows, Side};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::Expr;
use crate::plan::graph::GraphStep;
use crate::syntax::ast::{self, GraphClause, OperatorKind};
use crate::value::{Field, Schema, Type};
use std::rc::Rc;
use std::sync::Arc;

impl Binder<'_> {
    /// `make-graph` and the `graph-...` operators.
    pub(super) fn graph_operator(&mut self, rows: Rows, written: &ast::Graph, keyword: Span, span: Span) -> Rows {
        let name = written.operator.as_str();
        if rows.open {
            return Rows::unknown(span);
        }
        let graph = match (name, rows.graph.clone()) {
            ("make-graph", None) => return self.make_graph(rows, written, span),
            ("make-graph", Some(_)) => {
                let message = "`make-graph` takes a table of edges, and a graph stands before it";
                self.report(Diagnostic::error(Code::NotTabular, keyword, message));
                return Rows::unknown(span);
            }
            (_, Some(graph)) => graph,
            (_, None) => {
                let message = format!("`{name}` needs a graph, and a table stands before it");
                let help = "`make-graph` makes a graph of a table of edges";
                self.report(Diagnostic::error(Code::WrongType, keyword, message).with_help(help));
                return Rows::unknown(span);
            }
        };
        match name {
            "graph-match" | "graph-shortest-paths" => self.graph_pattern(&graph, written, keyword, span),
            "graph-to-table" => self.graph_to_table(&graph, written, span),
            "graph-mark-components" => self.mark_components(&graph, written, span),
            "graph-where-nodes" | "graph-where-edges" => self.graph_where(&graph, written, span),
            _ => {
                let message = format!("the operator `{name}` is not built yet");
                self.report(Diagnostic::error(Code::NotBuiltYet, keyword, message));
                Rows::unknown(span)
            }
        }
    }

    /// Refuses a table operator over a graph.
    pub(super) fn over_graph(&mut self, kind: &OperatorKind, keyword: Span, span: Span) -> Rows {
        let message = format!("`{}` needs a table, and a graph stands before it", operator_name(kind));
        let help = "`graph-match` finds patterns in it, `graph-to-table nodes` gives its nodes";
        self.report(Diagnostic::error(Code::NotTabular, keyword, message).with_help(help));
        Rows::unknown(span)
    }

    /// `graph-mark-components kind=weak with_component_id=c`
    fn mark_components(&mut self, graph: &GraphRows, written: &ast::Graph, span: Span) -> Rows {
        let [kind, id] = self.parameters(&written.parameters, &["kind", "with_component_id"]);
        let strong = match kind.as_ref().map(parameter_text).as_deref() {
            None | Some("weak") => false,
            Some("strong") => true,
            Some(other) => {
                let place = kind.as_ref().map_or(span, super::parameter_span);
                let message = format!("components are `weak` or `strong`, not `{other}`");
                self.report(Diagnostic::error(Code::WrongValue, place, message));
                return Rows::unknown(span);
            }
        };
        let name: Arc<str> = id.as_ref().map_or_else(|| "ComponentId".into(), |id| parameter_text(id).into());
        if graph.nodes.schema.field(&name).is_some() {
            let message = format!("the nodes have a property `{name}` already");
            self.report(Diagnostic::error(
                Code::DuplicateColumn,
                id.as_ref().map_or(span, super::parameter_span),
                message,
            ));
            return Rows::unknown(span);
        }
        let mut marked = graph.clone();
        let fields = graph.nodes.schema.fields().iter().cloned();
        marked.nodes.schema = Arc::new(Schema::new(fields.chain([Field { name: name.clone(), ty: Type::Long }])));
        marked.graph.steps.push(GraphStep::MarkComponents { strong, name });
        Rows::of_graph(marked, span)
    }

    /// `graph-where-nodes predicate`, `graph-where-edges predicate`
    fn graph_where(&mut self, graph: &GraphRows, written: &ast::Graph, span: Span) -> Rows {
        let predicate = written.clauses.iter().find_map(|clause| match clause {
            GraphClause::Where(predicate) => Some(predicate),
            _ => None,
        });
        let Some(predicate) = predicate else { return Rows::unknown(span) };
        let of_nodes = written.operator == "graph-where-nodes";
        let (side, kind) = if of_nodes { (&graph.nodes, PartKind::Node) } else { (&graph.edges, PartKind::Edge) };
        let (bound, _) = self.in_row(self.element_scope(side, kind, Rc::default()), |b| b.predicate(predicate));
        let Some(bound) = bound else { return Rows::unknown(span) };
        let mut left = graph.clone();
        left.graph.steps.push(if of_nodes { GraphStep::WhereNodes(bound) } else { GraphStep::WhereEdges(bound) });
        Rows::of_graph(left, span)
    }

    /// Where the properties of one element are in sight by their names.
    pub(in crate::bind) fn element_scope(
        &self,
        side: &Side,
        kind: PartKind,
        parts: Rc<[crate::bind::scope::Part]>,
    ) -> RowScope {
        let graph = GraphScope { element: Some(kind), ..GraphScope::default() };
        RowScope { parts, graph: Some(graph), ..self.row_scope(vec![side.clone()], false) }
    }
}

/// The parts of a condition that must all hold.
fn conjuncts<'e>(expr: &'e ast::Expr, found: &mut Vec<&'e ast::Expr>) {
    match &expr.kind {
        ast::ExprKind::Parenthesized(inner) => conjuncts(inner, found),
        ast::ExprKind::Binary { op: ast::BinaryOp::And, left, right, .. } => {
            conjuncts(left, found);
            conjuncts(right, found);
        }
        _ => found.push(expr),
    }
}

/// Reads of `$edge.property` as reads of the property itself.
fn of_element(pass: &str, expr: Expr) -> Expr {
    struct Renamed<'n>(&'n str);
    impl crate::plan::rewrite::Rewrite for Renamed<'_> {
        fn expr(&mut self, expr: Expr) -> Expr {
            match &expr.kind {
                crate::plan::ExprKind::Column(name) => match crate::plan::split_part_column(name, self.0) {
                    Some(property) => Expr::column(property, expr.ty, expr.span),
                    None => expr,
                },
                _ => expr,
            }
        }
    }
    crate::plan::rewrite::rewrite_expr(&mut Renamed(pass), expr)
}
