//! A graph in memory: nodes with their properties, edges with the row they come from, and who touches whom.

use super::view::{Element, ElementView};
use super::{Fault, Part, Table, cell, text_of};
use crate::plan::graph::{DEGREE_IN, DEGREE_OUT, NODE_ID};
use crate::plan::{ColumnName, Expr, Graph, interpret};
use crate::value::{Column, Field, Schema, Type, Value};
use std::collections::HashMap;

/// An edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// Its row in the table of edges.
    pub(super) row: usize,
    /// Its source, a node.
    pub(super) from: usize,
    /// Its target.
    pub(super) to: usize,
}

/// Edges of a node, each with the node at its other end.
pub(super) type Touching = Vec<(usize, usize)>;

/// A graph.
pub(super) struct Net<'t> {
    /// The ids of the nodes.
    pub(super) ids: Vec<Value>,
    /// The edges.
    pub(super) edges: Vec<Edge>,
    /// For each node its edges that leave.
    pub(super) outgoing: Vec<Touching>,
    /// For each node its edges that come in.
    pub(super) incoming: Vec<Touching>,
    properties: Schema,
    columns: Vec<Column>,
    table: &'t Table<'t>,
}

/// Nodes in the making.
struct Nodes {
    places: HashMap<String, usize>,
    ids: Vec<Value>,
    /// Cells by node; none where nothing was said.
    rows: Vec<Vec<Option<Value>>>,
    width: usize,
}

impl Nodes {
    fn place(&mut self, id: Value) -> usize {
        let next = self.ids.len();
        let place = *self.places.entry(cell::key(std::slice::from_ref(&id))).or_insert(next);
        if place == next {
            self.ids.push(id);
            self.rows.push(vec![None; self.width]);
        }
        place
    }

    /// What is said first stays.
    fn say(&mut self, node: usize, property: Option<usize>, value: Value) {
        let cell = property.and_then(|p| self.rows.get_mut(node)?.get_mut(p));
        if let Some(cell @ None) = cell {
            *cell = Some(value);
        }
    }
}

impl<'t> Net<'t> {
    /// The graph of some rows of its tables. Nodes come in the order of their tables, then those that only edges name.
    pub(super) fn new(graph: &Graph, table: &'t Table<'t>, nodes: &[Table<'_>], part: &Part) -> Net<'t> {
        let properties = graph.nodes.as_ref().clone();
        let width = properties.len();
        let mut made = Nodes { places: HashMap::new(), ids: vec![], rows: vec![], width };
        let mut parts = part.iter();
        let edge_rows = parts.next().map_or(&[][..], Vec::as_slice);
        for ((table, key), rows) in nodes.iter().zip(&graph.keys).zip(parts) {
            let Some(ids) = column(table, key) else { continue };
            let places: Vec<Option<usize>> = table.schema.names().map(|name| properties.index_of(name)).collect();
            for row in rows {
                let node = made.place(ids.value(*row));
                for (place, cells) in places.iter().zip(&table.batch.columns) {
                    made.say(node, *place, cells.value(*row));
                }
            }
        }
        let keys: Vec<Option<usize>> =
            graph.keys.iter().chain(&graph.node_id).map(|k| properties.index_of(k)).collect();
        let mut edges = vec![];
        if let (Some(source), Some(target)) = (column(table, &graph.source), column(table, &graph.target)) {
            for row in edge_rows {
                let mut end = |id: Value| {
                    let known = made.ids.len();
                    let node = made.place(id.clone());
                    if node == known {
                        keys.iter().for_each(|key| made.say(node, *key, id.clone()));
                    }
                    node
                };
                let (from, to) = (end(source.value(*row)), end(target.value(*row)));
                edges.push(Edge { row: *row, from, to });
            }
        }
        let mut columns: Vec<Column> = properties.fields().iter().map(|f| Column::empty(f.ty)).collect();
        for row in made.rows {
            for (cells, value) in columns.iter_mut().zip(row) {
                let missing = Value::missing(cells.ty());
                cells.push(value.unwrap_or(missing));
            }
        }
        let mut net = Net { ids: made.ids, edges, outgoing: vec![], incoming: vec![], properties, columns, table };
        net.index();
        net
    }

    fn index(&mut self) {
        self.outgoing = vec![vec![]; self.ids.len()];
        self.incoming = vec![vec![]; self.ids.len()];
        for (at, edge) in self.edges.iter().enumerate() {
            if let Some(touching) = self.outgoing.get_mut(edge.from) {
                touching.push((at, edge.to));
            }
            if let Some(touching) = self.incoming.get_mut(edge.to) {
                touching.push((at, edge.from));
            }
        }
    }

    /// A property of a node by its name.
    pub(super) fn node_value(&self, node: usize, name: &str) -> Option<Value> {
        if let Some(column) = self.properties.index_of(name) {
            return self.columns.get(column).map(|c| c.value(node));
        }
        let degree = |touching: &[Touching]| {
            let count = touching.get(node).map_or(0, Vec::len);
            Value::Long(i64::try_from(count).unwrap_or(i64::MAX))
        };
        match name {
            DEGREE_IN => Some(degree(&self.incoming)),
            DEGREE_OUT => Some(degree(&self.outgoing)),
            NODE_ID => self.ids.get(node).map(|id| Value::String(text_of(id))),
            _ => None,
        }
    }

    /// A property of an edge by its name.
    pub(super) fn edge_value(&self, edge: usize, name: &str) -> Option<Value> {
        let row = self.edges.get(edge)?.row;
        column(self.table, name).map(|c| c.value(row))
    }

    /// The properties of nodes.
    pub(super) fn node_names(&self) -> impl Iterator<Item = &str> {
        self.properties.names()
    }

    /// The properties of edges.
    pub(super) fn edge_names(&self) -> impl Iterator<Item = &str> {
        self.table.schema.names()
    }

    /// Gives the nodes one more property.
    pub(super) fn mark(&mut self, name: &ColumnName, marks: &[i64]) {
        let fields = self.properties.fields().iter().cloned();
        self.properties = Schema::new(fields.chain([Field { name: name.clone(), ty: Type::Long }]));
        self.columns.push(Column::Long(marks.iter().copied().map(Some).collect()));
    }

    /// For each node whether a predicate over its properties is true.
    pub(super) fn nodes_where(&self, predicate: &Expr) -> Result<Vec<bool>, Fault> {
        let test = |node| {
            Ok(interpret(predicate, &ElementView { net: self, element: Element::Node(node) })? == Value::Bool(true))
        };
        (0..self.ids.len()).map(test).collect()
    }

    /// For each edge whether a predicate over its properties is true.
    pub(super) fn edges_where(&self, predicate: &Expr) -> Result<Vec<bool>, Fault> {
        let test = |edge| {
            Ok(interpret(predicate, &ElementView { net: self, element: Element::Edge(edge) })? == Value::Bool(true))
        };
        (0..self.edges.len()).map(test).collect()
    }

    /// Leaves these nodes, and the edges between them.
    pub(super) fn keep_nodes(&mut self, kept: &[bool]) {
        let is_kept = |node: usize| kept.get(node) == Some(&true);
        let mut next = 0;
        let places: Vec<usize> = (0..self.ids.len())
            .map(|node| {
                let place = next;
                next += usize::from(is_kept(node));
                place
            })
            .collect();
        let place = |node: usize| places.get(node).copied().unwrap_or(0);
        self.edges.retain(|e| is_kept(e.from) && is_kept(e.to));
        self.edges.iter_mut().for_each(|e| (e.from, e.to) = (place(e.from), place(e.to)));
        for column in &mut self.columns {
            let mut left = Column::empty(column.ty());
            (0..places.len()).filter(|node| is_kept(*node)).for_each(|node| left.push(column.value(node)));
            *column = left;
        }
        let ids = std::mem::take(&mut self.ids);
        self.ids = ids.into_iter().enumerate().filter(|(node, _)| is_kept(*node)).map(|(_, id)| id).collect();
        self.index();
    }

    /// Leaves these edges.
    pub(super) fn keep_edges(&mut self, kept: &[bool]) {
        let mut kept = kept.iter();
        self.edges.retain(|_| kept.next() == Some(&true));
        self.index();
    }
}

fn column<'c>(table: &Table<'c>, name: &str) -> Option<&'c Column> {
    table.batch.columns.get(table.schema.index_of(name)?)
}
