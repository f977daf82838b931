//! `graph-to-table`: the nodes or the edges of a graph as rows.

use crate::bind::Binder;
use crate::bind::operator::{parameter_span, parameter_text};
use crate::bind::scope::{GraphRows, Rows};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::graph::GraphOutput;
use crate::plan::{ColumnName, Relation, RelationKind};
use crate::syntax::ast::{self, GraphClause, Name, OperatorParameter};
use crate::value::{Field, Schema, Type};

impl Binder<'_> {
    /// `graph-to-table nodes as N with_node_id=id, edges as E`
    pub(super) fn graph_to_table(&mut self, graph: &GraphRows, written: &ast::Graph, span: Span) -> Rows {
        let mut tables: Vec<Rows> = vec![];
        for clause in &written.clauses {
            let GraphClause::As { what, parameters, name } = clause else { continue };
            let rows = self.exported(graph, what, parameters, span);
            // without `as` the name is the keyword itself
            tables.push(if name.span == what.span { rows } else { self.name_rows(rows, name, span) });
        }
        let mut tables = tables.into_iter();
        let Some(first) = tables.next() else { return Rows::unknown(span) };
        Rows { more: tables.collect(), ..first }
    }

    fn exported(&mut self, graph: &GraphRows, what: &Name, parameters: &[OperatorParameter], span: Span) -> Rows {
        let of_nodes = &*what.text == "nodes";
        let (own, output, ids) = if of_nodes {
            let [id] = self.parameters(parameters, &["with_node_id"]);
            let id = id.map(|p| (ColumnName::from(parameter_text(&p)), parameter_span(&p)));
            let output = GraphOutput::Nodes { id: id.as_ref().map(|(name, _)| name.clone()) };
            (&graph.nodes, output, vec![id])
        } else {
            let ids = self.parameters(parameters, &["with_source_id", "with_target_id"]);
            let ids = ids.map(|p| p.map(|p| (ColumnName::from(parameter_text(&p)), parameter_span(&p))));
            let [source, target] = ids.clone().map(|id| id.map(|(name, _)| name));
            (&graph.edges, GraphOutput::Edges { source, target }, ids.to_vec())
        };
        let mut fields: Vec<Field> = vec![];
        for (name, place) in ids.into_iter().flatten() {
            if own.schema.field(&name).is_some() || fields.iter().any(|f| f.name == name) {
                let message = format!("there is a column `{name}` already");
                self.report(Diagnostic::error(Code::DuplicateColumn, place, message));
                return Rows::unknown(span);
            }
            fields.push(Field { name, ty: Type::Long });
        }
        fields.extend(own.schema.fields().iter().cloned());
        if fields.is_empty() {
            let help = "name their id by `make-graph ... with_node_id=`, or give a table of nodes";
            let diagnostic =
                Diagnostic::error(Code::NotTabular, what.span, "the nodes of this graph have no properties");
            self.report(diagnostic.with_help(help));
            return Rows::unknown(span);
        }
        let plan = Box::new(crate::plan::Graph { output, ..graph.graph.clone() });
        let kind = RelationKind::Graph { inputs: graph.inputs.clone(), graph: plan };
        Rows::new(Relation::new(kind, Schema::new(fields), span))
    }
}
