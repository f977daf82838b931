//! Operators of graphs: their clauses, and patterns as they are drawn.

use super::writer::Writer;
use crate::syntax::ast::{Graph, GraphClause, GraphPatternPart};

impl Writer<'_> {
    /// An operator of graphs, from its keyword on.
    pub fn graph(&mut self, graph: &Graph, end: u32) {
        self.text(&graph.operator);
        self.operator_parameters(&graph.parameters);
        let outputs = graph.clauses.iter().all(|clause| matches!(clause, GraphClause::As { .. }));
        for (n, clause) in graph.clauses.iter().enumerate() {
            self.text(if outputs && n > 0 { ", " } else { " " });
            self.graph_clause(&graph.operator, clause, end);
        }
    }

    fn graph_clause(&mut self, operator: &str, clause: &GraphClause, end: u32) {
        match clause {
            GraphClause::Edge { source, target, directed } => {
                self.name(source);
                self.text(if *directed { " --> " } else { " -- " });
                self.name(target);
            }
            GraphClause::With { tables } => match tables.as_slice() {
                [(name, None)] => self.optional("with_node_id=", Some(name)),
                tables => {
                    self.text("with ");
                    self.separated(tables, |w, (table, key)| {
                        w.expr(table);
                        w.text(" on ");
                        key.iter().for_each(|key| w.name(key));
                    });
                }
            },
            GraphClause::PartitionedBy { column, body } => {
                self.text("partitioned-by ");
                self.name(column);
                self.text(" ");
                self.subquery(body, end);
            }
            GraphClause::Patterns(patterns) => self.separated(patterns, |w, pattern| {
                pattern.iter().for_each(|part| w.pattern_part(part));
            }),
            GraphClause::Where(predicate) if operator.starts_with("graph-where") => self.expr(predicate),
            GraphClause::Where(predicate) => self.optional("where ", Some(predicate)),
            GraphClause::Project(columns) => {
                self.text("project");
                self.expressions(columns);
            }
            GraphClause::As { what, parameters, name } => {
                self.name(what);
                if name.text != what.text || name.span != what.span {
                    self.text(" as ");
                    self.name(name);
                }
                self.operator_parameters(parameters);
            }
        }
    }

    fn pattern_part(&mut self, part: &GraphPatternPart) {
        match part {
            GraphPatternPart::Node(name) => {
                self.text("(");
                name.iter().for_each(|name| self.name(name));
                self.text(")");
            }
            GraphPatternPart::Edge { name, left, right, range } => {
                self.text(if *left { "<-" } else { "-" });
                if name.is_some() || range.is_some() || (*left && *right) {
                    self.text("[");
                    name.iter().for_each(|name| self.name(name));
                    if let Some((low, high)) = range {
                        self.optional("*", Some(low));
                        self.before_dot();
                        self.optional("..", Some(high));
                    }
                    self.text("]");
                }
                self.text(if *right { "->" } else { "-" });
            }
        }
    }
}
