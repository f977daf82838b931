//! What cannot have rows is not run: tables without files, filters that nothing passes, and what is built on them only.
//!
//! A `search` or `union *` names every table of both portals; on most mirrors few of them have rows.

use super::rewrite::Rewrite;
use super::{JoinKind, Plan, Relation, RelationKind};
use crate::catalog::TableSource;
use crate::value::{Batch, Value};
use std::sync::Arc;

/// Replaces relations that have no rows by constant ones.
pub fn prune(plan: Plan) -> Plan {
    Prune.plan(plan)
}

struct Prune;

impl Rewrite for Prune {
    fn relation(&mut self, relation: Relation) -> Relation {
        match relation.kind {
            RelationKind::Union { inputs } => {
                union(Relation { kind: RelationKind::Union { inputs: vec![] }, ..relation }, inputs)
            }
            ref kind if rowless(kind) => without_rows(relation),
            _ => relation,
        }
    }
}

/// True when an operation over these inputs yields no row.
fn rowless(kind: &RelationKind) -> bool {
    use RelationKind as K;
    match kind {
        K::Scan { table, .. } => matches!(&table.source, TableSource::Files { files, .. } if files.is_empty()),
        K::Filter { input, predicate } => {
            let never = matches!(predicate.as_literal(), Some(Value::Bool(false) | Value::Null));
            never || is_empty(input)
        }
        K::Summarize { input, keys, .. } => !keys.is_empty() && is_empty(input),
        K::Project { input, .. }
        | K::Extend { input, .. }
        | K::DistinctOn { input, .. }
        | K::Sort { input, .. }
        | K::Take { input, .. }
        | K::MvExpand { input, .. }
        | K::Parse { input, .. }
        | K::RowNumber { input, .. }
        | K::Sequence { input, .. }
        | K::Shared { input, .. } => is_empty(input),
        K::Join { left, right, kind, .. } => match kind {
            JoinKind::Inner | JoinKind::LeftSemi | JoinKind::RightSemi => is_empty(left) || is_empty(right),
            JoinKind::LeftOuter | JoinKind::LeftAnti => is_empty(left),
            JoinKind::RightOuter | JoinKind::RightAnti => is_empty(right),
            JoinKind::FullOuter => is_empty(left) && is_empty(right),
        },
        _ => false,
    }
}

fn is_empty(relation: &Relation) -> bool {
    matches!(&relation.kind, RelationKind::Values(batch) if batch.rows == 0)
}

fn without_rows(relation: Relation) -> Relation {
    let batch = Batch::empty(&relation.schema);
    Relation { kind: RelationKind::Values(Arc::new(batch)), ..relation }
}

/// A union keeps the inputs that may have rows; a single one stands for it.
fn union(hollow: Relation, inputs: Vec<Relation>) -> Relation {
    let mut kept: Vec<Relation> = inputs.into_iter().filter(|input| !is_empty(input)).collect();
    match kept.len() {
        0 => without_rows(hollow),
        1 => kept.pop().unwrap_or(hollow),
        _ => Relation { kind: RelationKind::Union { inputs: kept }, ..hollow },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::plan::Expr;
    use crate::value::{Schema, Type};

    fn values(rows: usize) -> Relation {
        let schema = Schema::of([("a", Type::Long)]);
        let batch = Batch::from_rows(&schema, (0..rows).map(|_| vec![Value::Long(1)]));
        Relation::new(RelationKind::Values(Arc::new(batch)), schema, Span::default())
    }

    fn pruned(kind: RelationKind) -> Relation {
        let root = Relation::new(kind, Schema::of([("a", Type::Long)]), Span::default());
        prune(Plan { root, visualization: None, ordered: false }).root
    }

    #[test]
    fn a_union_keeps_what_may_have_rows() {
        let kept = pruned(RelationKind::Union { inputs: vec![values(0), values(2), values(0)] });
        assert!(matches!(kept.kind, RelationKind::Values(batch) if batch.rows == 2));
    }

    #[test]
    fn a_count_over_nothing_is_still_a_row() {
        let none = Box::new(values(0));
        let count = pruned(RelationKind::Summarize { input: none.clone(), keys: vec![], aggregates: vec![] });
        assert!(matches!(count.kind, RelationKind::Summarize { .. }));
        let never = Expr::literal(Value::Bool(false), Type::Bool, Span::default());
        assert!(is_empty(&pruned(RelationKind::Filter { input: Box::new(values(3)), predicate: never })));
        assert!(is_empty(&pruned(RelationKind::DistinctOn { input: none, keys: vec![] })));
    }
}
