//! `make-graph`: a graph of a table of edges, and of tables of nodes.

use crate::bind::Binder;
use crate::bind::operator::operator_name;
use crate::bind::scope::{GraphRows, Rows, Side};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::plan::Graph;
use crate::plan::graph::GraphOutput;
use crate::syntax::ast::{self, GraphClause, Name, Operator, OperatorKind};
use crate::value::{Field, Schema, Type};
use std::sync::Arc;

/// Nodes as they are written: tables and their keys, or the name of the id.
#[derive(Default)]
struct Nodes {
    tables: Vec<Rows>,
    keys: Vec<Field>,
    id: Option<Name>,
    fields: Vec<Field>,
}

impl Binder<'_> {
    /// `make-graph source --> target with Nodes on id partitioned-by key (operators)`
    pub(super) fn make_graph(&mut self, edges: Rows, written: &ast::Graph, span: Span) -> Rows {
        self.hints(&written.parameters);
        self.graph_of(edges, written, span).unwrap_or_else(|| Rows::unknown(span))
    }

    fn graph_of(&mut self, edges: Rows, written: &ast::Graph, span: Span) -> Option<Rows> {
        let (source, target, directed) = written.clauses.iter().find_map(|clause| match clause {
            GraphClause::Edge { source, target, directed } => Some((source, target, *directed)),
            _ => None,
        })?;
        if !directed {
            return self.refuse(
                Code::NotBuiltYet,
                source.span.to(target.span),
                "a graph without directions (`--`) is not built yet",
            );
        }
        let from = self.id_column(&edges, source, "the table of edges");
        let to = self.id_column(&edges, target, "the table of edges");
        let nodes = self.nodes_of(written);
        let (from, to, nodes) = (from?, to?, nodes?);
        self.same_ids(&from, &to, target.span)?;
        for (table, key) in nodes.tables.iter().zip(&nodes.keys) {
            self.same_ids(&from, key, table.relation.span)?;
        }
        let mut fields = nodes.fields;
        fields.extend(nodes.id.as_ref().map(|name| Field { name: name.text.clone(), ty: from.ty }));
        let properties = Arc::new(Schema::new(fields));
        let partition = written.clauses.iter().find_map(|clause| match clause {
            GraphClause::PartitionedBy { column, body } => Some((column, body)),
            _ => None,
        });
        if let Some((column, _)) = partition {
            self.parting(&edges, &nodes.tables, column)?;
        }
        let graph = Graph {
            source: from.name,
            target: to.name,
            keys: nodes.keys.into_iter().map(|key| key.name).collect(),
            node_id: nodes.id.map(|name| name.text),
            partition: partition.map(|(column, _)| column.text.clone()),
            nodes: properties.clone(),
            steps: vec![],
            output: GraphOutput::Nodes { id: None },
        };
        let side = edges.side();
        let inputs = std::iter::once(edges).chain(nodes.tables).map(|rows| rows.relation).collect();
        let nodes = Side {
            schema: properties,
            poisoned: [].into(),
            open: false,
            loose: false,
            origin: None,
            hidden: [].into(),
        };
        let made = Rows::of_graph(GraphRows { inputs, graph, nodes, edges: side }, span);
        match partition {
            Some((_, body)) => self.parted(made, body, span),
            None => Some(made),
        }
    }

    /// A column that holds ids of nodes.
    fn id_column(&mut self, rows: &Rows, name: &Name, table: &str) -> Option<Field> {
        let Some(field) = rows.schema().field(&name.text).cloned() else {
            let near = nearest(&name.text, rows.schema().names()).map(str::to_owned);
            let message = format!("no column `{}` in {table}", name.text);
            let diagnostic = Diagnostic::error(Code::UnknownColumn, name.span, message);
            self.report(diagnostic.with_suggestion(near.as_deref()));
            return None;
        };
        if field.ty == Type::Dynamic {
            let diagnostic = Diagnostic::error(Code::WrongType, name.span, "a `dynamic` cannot be the id of a node");
            self.report(diagnostic.with_help("convert it, for example with `tostring()`"));
            return None;
        }
        Some(field)
    }

    fn same_ids(&mut self, one: &Field, other: &Field, span: Span) -> Option<()> {
        if one.ty == other.ty || (one.ty.is_integer() && other.ty.is_integer()) {
            return Some(());
        }
        let message = format!(
            "ids of nodes are of one type: `{}` is a `{}`, and `{}` a `{}`",
            one.name, one.ty, other.name, other.ty
        );
        self.refuse(Code::NotComparable, span, message)
    }

    /// The tables of nodes, or the name of the id.
    fn nodes_of(&mut self, written: &ast::Graph) -> Option<Nodes> {
        let mut nodes = Nodes::default();
        let tables = written.clauses.iter().find_map(|clause| match clause {
            GraphClause::With { tables } => Some(tables),
            _ => None,
        });
        for (table, key) in tables.into_iter().flatten() {
            match (key, &table.kind) {
                (None, ast::ExprKind::Name(name)) => nodes.id = Some(name.clone()),
                (None, _) => return None,
                (Some(key), _) => {
                    let rows = self.table(table);
                    if rows.open {
                        return None;
                    }
                    let key = self.id_column(&rows, key, "the table of nodes")?;
                    for field in rows.schema().fields() {
                        self.property(&mut nodes.fields, field, table.span)?;
                    }
                    nodes.keys.push(key);
                    nodes.tables.push(rows);
                }
            }
        }
        Some(nodes)
    }

    /// A property of nodes; those of one name in two tables are one.
    fn property(&mut self, fields: &mut Vec<Field>, field: &Field, span: Span) -> Option<()> {
        match fields.iter().find(|f| f.name == field.name) {
            Some(known) if known.ty != field.ty => {
                let message = format!(
                    "the property `{}` is a `{}` in one table of nodes and a `{}` in another",
                    field.name, known.ty, field.ty
                );
                self.refuse(Code::WrongType, span, message)
            }
            Some(_) => Some(()),
            None => {
                fields.push(field.clone());
                Some(())
            }
        }
    }

    /// The column that parts a graph is one of every table.
    fn parting(&mut self, edges: &Rows, nodes: &[Rows], column: &Name) -> Option<()> {
        for rows in std::iter::once(edges).chain(nodes) {
            if rows.schema().field(&column.text).is_none() {
                let message = format!("every table of a parted graph has its column, and one has no `{}`", column.text);
                return self.refuse(Code::UnknownColumn, column.span, message);
            }
        }
        Some(())
    }

    /// The operators of `partitioned-by`: over each graph by itself, up to its rows.
    fn parted(&mut self, graph: Rows, body: &[Operator], span: Span) -> Option<Rows> {
        for operator in body {
            if !matches!(operator.kind, OperatorKind::Graph(_)) {
                let name = operator_name(&operator.kind);
                let message = format!("the operator `{name}` inside of `partitioned-by` is not built yet");
                return self.refuse(Code::NotBuiltYet, operator.keyword, message);
            }
        }
        let rows = self.operators(graph, body);
        if rows.graph.is_some() {
            return self.refuse(Code::NotTabular, span, "what is done to a parted graph ends with rows");
        }
        Some(rows)
    }
}
