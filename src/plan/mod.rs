//! The typed plan: what a query means, with nothing left to resolve.
//!
//! In: the binder's decisions. Out: a tree of [`Relation`]s and [`Expr`]s that a backend translates. Here are no `let`, no
//! `*`, no implicit conversion and no default that is not spelled out; every node has its schema or type, and its span.

mod empty;
mod explain;
mod expr;
mod fold;
pub mod graph;
mod interpret;
mod pushdown;
mod relation;
pub mod rewrite;
mod sequence;
mod simplify;
mod sink;

pub use explain::explain;
pub use expr::{Aggregate, Expr, ExprKind, PathStep};
pub use fold::{fold_call, fold_path};
pub use graph::Graph;
pub use interpret::{Row, interpret};
pub use pushdown::narrowed;
pub use relation::{
    JoinKind, MvColumn, ParsePart, Relation, RelationKind, ScanBounds, SharedId, SortKey, Tabular, WindowColumn,
    WindowFunction,
};
pub use sequence::{Sequence, SequenceStep, StepOutput, part_column, split_part_column};
pub use sink::filtered;

use crate::catalog::Env;
use crate::value::Visualization;
use std::sync::Arc;

/// A bound query: one tabular result.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The rows.
    pub root: Relation,
    /// What `render` asked for.
    pub visualization: Option<Visualization>,
    /// True when the order of the result's rows means something.
    pub ordered: bool,
}

/// A column name: resolved, unique in its schema.
pub type ColumnName = Arc<str>;

/// Rewrites a plan into a cheaper one with the same rows: constants folded, what has no rows left out, filters moved
/// down, scans narrowed and bounded. Doing it twice changes nothing more.
pub fn optimize(plan: Plan, _env: &Env) -> Plan {
    pushdown::pushdown(sink::sink(empty::prune(simplify::simplify(plan))))
}
