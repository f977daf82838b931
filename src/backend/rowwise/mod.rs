//! Operators that go from row to row with a memory of their own: `scan`, and those of graphs.
//!
//! In: the plan's node, and a way to have the rows of tables. Out: the node's rows. Any backend may use this: nothing here
//! knows an engine, and nothing here reads a file, the clock or KQL.

mod cell;
mod graph;
mod sequence;
mod tables;

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Relation, RelationKind};
use crate::value::Batch;

/// All rows of a relation, by the backend.
pub type Rows<'r> = dyn FnMut(&Relation) -> Result<Batch, Diagnostic> + 'r;

/// Edges that a graph's pattern may follow before it is given up: some ten seconds.
const STEPS: u64 = 50_000_000;
/// Bytes of a cell, about.
const CELL: u64 = 64;

/// Why a node cannot be run to its end.
struct Fault {
    code: Code,
    text: String,
}

impl From<String> for Fault {
    fn from(text: String) -> Fault {
        Fault { code: Code::ExecutionFailed, text }
    }
}

/// Runs a node of one of the kinds that are at home here. The tables that it reads are asked for whole; `memory` bounds the
/// bytes of its result.
///
/// # Errors
/// What the tables fail with, what cannot be evaluated on a row, and a fault for a node of another kind.
pub fn run(relation: &Relation, memory: Option<u64>, rows: &mut Rows<'_>) -> Result<Batch, Diagnostic> {
    let mut relation = relation.clone();
    tables::replace(&mut relation, rows)?;
    let failed = |text: String| Diagnostic::error(Code::ExecutionFailed, relation.span, text);
    match &relation.kind {
        RelationKind::Sequence { input, sequence } => {
            let batch = rows(input)?;
            sequence::run(sequence, &batch, &input.schema, &relation.schema).map_err(failed)
        }
        RelationKind::Graph { inputs, graph } => {
            let batches = inputs.iter().map(&mut *rows).collect::<Result<Vec<Batch>, _>>()?;
            let tables =
                inputs.iter().zip(&batches).map(|(input, batch)| graph::Table { batch, schema: &input.schema });
            let tables: Vec<graph::Table<'_>> = tables.collect();
            let bounds = graph::Bounds { steps: STEPS, cells: memory.map_or(u64::MAX, |bytes| bytes / CELL) };
            graph::run(graph, &tables, &relation.schema, bounds)
                .map_err(|fault| Diagnostic::error(fault.code, relation.span, fault.text))
        }
        _ => Err(Diagnostic::bug("a node that is not run row by row")),
    }
}
