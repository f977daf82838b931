//! Graphs: made of tables, changed, and turned into rows.
//!
//! In: the plan's graph and the rows of its tables. Out: rows of nodes, of edges, or of matches of a pattern. A graph that is
//! parted runs part by part, in the order in which the parts come up among the edges.

mod component;
mod net;
mod pattern;
mod search;
mod shortest;
#[cfg(test)]
mod tests;
mod view;

use super::{Fault, cell};
use crate::library::scalar_function;
use crate::plan::Graph;
use crate::plan::graph::{GraphOutput, GraphStep};
use crate::value::{Batch, Schema, Type, Value};
use net::Net;
use std::collections::HashMap;

/// A table of a graph.
pub(super) struct Table<'t> {
    pub(super) batch: &'t Batch,
    pub(super) schema: &'t Schema,
}

/// What a pattern may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Edges that may be followed in all.
    pub(super) steps: u64,
    /// Cells that may come out.
    pub(super) cells: u64,
}

/// Rows of a graph; `tables` are the edges and the tables of nodes.
///
/// # Errors
/// What cannot be evaluated, and patterns with too many ways to be matched.
pub(super) fn run(graph: &Graph, tables: &[Table<'_>], result: &Schema, bounds: Bounds) -> Result<Batch, Fault> {
    let Some((edges, nodes)) = tables.split_first() else { return Ok(Batch::empty(result)) };
    let mut rows = vec![];
    for part in parts(graph, tables) {
        let mut net = Net::new(graph, edges, nodes, &part);
        for step in &graph.steps {
            change(&mut net, step)?;
        }
        match &graph.output {
            GraphOutput::Nodes { id } => rows.extend(node_rows(&net, id.is_some(), result)),
            GraphOutput::Edges { source, target } => {
                let ends = (source.is_some(), target.is_some());
                rows.extend(edge_rows(&net, edges, ends, result));
            }
            GraphOutput::Match(pattern) => search::matches(&net, pattern, bounds, &mut rows)?,
        }
    }
    Ok(Batch::from_rows(result, rows))
}

/// The rows of each table that make one graph.
type Part = Vec<Vec<usize>>;

fn parts(graph: &Graph, tables: &[Table<'_>]) -> Vec<Part> {
    let Some(column) = &graph.partition else {
        return vec![tables.iter().map(|t| (0..t.batch.rows).collect()).collect()];
    };
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut parts: Vec<Part> = vec![];
    for (at, table) in tables.iter().enumerate() {
        let Some(values) = table.schema.index_of(column).and_then(|c| table.batch.columns.get(c)) else { continue };
        for row in 0..table.batch.rows {
            let key = cell::key(&[values.value(row)]);
            let next = parts.len();
            // a part is there by its edges
            let place = match places.get(&key) {
                Some(place) => *place,
                None if at == 0 => {
                    places.insert(key, next);
                    parts.push(vec![vec![]; tables.len()]);
                    next
                }
                None => continue,
            };
            if let Some(rows) = parts.get_mut(place).and_then(|p| p.get_mut(at)) {
                rows.push(row);
            }
        }
    }
    parts
}

fn change(net: &mut Net<'_>, step: &GraphStep) -> Result<(), Fault> {
    match step {
        GraphStep::MarkComponents { strong, name } => {
            let marks = if *strong { component::strong(net) } else { component::weak(net) };
            net.mark(name, &marks);
        }
        GraphStep::WhereNodes(predicate) => {
            let kept = net.nodes_where(predicate)?;
            net.keep_nodes(&kept);
        }
        GraphStep::WhereEdges(predicate) => {
            let kept = net.edges_where(predicate)?;
            net.keep_edges(&kept);
        }
    }
    Ok(())
}

fn node_rows<'n>(net: &'n Net<'_>, with_id: bool, result: &'n Schema) -> impl Iterator<Item = Vec<Value>> + 'n {
    (0..net.ids.len()).map(move |node| {
        let hash = with_id.then(|| net.ids.get(node).map_or(Value::Null, hash_of));
        let names = result.names().skip(usize::from(with_id));
        hash.into_iter().chain(names.map(|name| net.node_value(node, name).unwrap_or(Value::Null))).collect()
    })
}

fn edge_rows<'n>(
    net: &'n Net<'_>,
    table: &'n Table<'_>,
    (source, target): (bool, bool),
    result: &'n Schema,
) -> impl Iterator<Item = Vec<Value>> + 'n {
    let made = usize::from(source) + usize::from(target);
    net.edges.iter().map(move |edge| {
        let hash = |node: usize| net.ids.get(node).map_or(Value::Null, hash_of);
        let ends = source.then(|| hash(edge.from)).into_iter().chain(target.then(|| hash(edge.to)));
        let own = result.names().skip(made).map(|name| {
            let column = table.schema.index_of(name).and_then(|c| table.batch.columns.get(c));
            column.map_or(Value::Null, |c| c.value(edge.row))
        });
        ends.chain(own).collect()
    })
}

/// The hash of a node's id: of its text, or of its 8 bytes, as `hash()` does.
fn hash_of(id: &Value) -> Value {
    let hashed = match id.type_of() {
        Some(Type::Int) => Value::Long(id.as_i64().unwrap_or(0)),
        Some(Type::String | Type::Long | Type::Datetime | Type::Timespan) => id.clone(),
        _ => Value::String(text_of(id)),
    };
    scalar_function("hash").map_or(Value::Null, |f| f.evaluate(&[hashed]))
}

/// The text of a node's id.
fn text_of(id: &Value) -> String {
    match id {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => match scalar_function("tostring").map(|f| f.evaluate(std::slice::from_ref(other))) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        },
    }
}
