//! Operators that go from row to row with a memory of their own: `scan`.
//!
//! In: the plan's node, and a way to have the rows of tables. Out: the node's rows. Any backend may use this: nothing here
//! knows an engine, and nothing here reads a file, the clock or KQL.

mod cell;
mod sequence;
mod tables;

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Relation, RelationKind};
use crate::value::Batch;

/// All rows of a relation, by the backend.
pub type Rows<'r> = dyn FnMut(&Relation) -> Result<Batch, Diagnostic> + 'r;

/// Runs a node of one of the kinds that are at home here. The tables that it reads are asked for whole.
///
/// # Errors
/// What the tables fail with, what cannot be evaluated on a row, and a fault for a node of another kind.
pub fn run(relation: &Relation, rows: &mut Rows<'_>) -> Result<Batch, Diagnostic> {
    let mut relation = relation.clone();
    tables::replace(&mut relation, rows)?;
    let failed = |text: String| Diagnostic::error(Code::ExecutionFailed, relation.span, text);
    match &relation.kind {
        RelationKind::Sequence { input, sequence } => {
            let batch = rows(input)?;
            sequence::run(sequence, &batch, &input.schema, &relation.schema).map_err(failed)
        }
        _ => Err(Diagnostic::bug("a node that is not run row by row")),
    }
}
