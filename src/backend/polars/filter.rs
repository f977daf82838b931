//! `where`: a condition over rows. What the files' own time ranges answer already is not asked of their rows.

use super::lowering::Lowering;
use super::scan::{kept_files, span_of};
use crate::catalog::{DataFile, FileLayout, TableSource};
use crate::diagnostic::Diagnostic;
use crate::library::Native;
use crate::plan::{Expr, ExprKind, Relation, RelationKind};
use crate::value::{Schema, Value};
use ::polars::prelude::LazyFrame;

impl Lowering<'_> {
    /// Rows for which the condition is true; the wanted columns of them at least.
    pub(super) fn filter(&self, input: &Relation, predicate: &Expr, wanted: &Schema) -> Result<LazyFrame, Diagnostic> {
        let mut conditions = Vec::new();
        split(predicate, &mut conditions);
        let mut input = input;
        while let RelationKind::Filter { input: below, predicate } = &input.kind {
            split(predicate, &mut conditions);
            input = below;
        }
        if let Some((column, span)) = times(input) {
            conditions.retain(|condition| !implied(condition, column, span));
        }
        if conditions.is_empty() {
            return self.relation(input);
        }
        self.sieved(input, &conditions, wanted)?.or(|| match &input.kind {
            // What a join asks of its rows was asked already.
            RelationKind::Scan { table, bounds } => self.scan(table, *bounds, input),
            _ => self.relation(input),
        })
    }

    /// The rows of a scan, or those of them that a join can use.
    pub(super) fn scanned(&self, scan: &Relation) -> Result<LazyFrame, Diagnostic> {
        let RelationKind::Scan { table, bounds } = &scan.kind else { return self.relation(scan) };
        if self.keys_of(scan).is_empty() {
            return self.scan(table, *bounds, scan);
        }
        self.sieved(scan, &[], &scan.schema)?.or(|| self.scan(table, *bounds, scan))
    }
}

/// The conditions that the times of the files do not answer already.
pub(super) fn not_implied<'e>(conditions: &[&'e Expr], scan: &Relation, files: &[&DataFile]) -> Vec<&'e Expr> {
    let column = match &scan.kind {
        RelationKind::Scan { table, .. } => table.time_column.as_deref(),
        _ => None,
    };
    let Some((column, span)) = column.zip(span_of(files)) else { return conditions.to_vec() };
    conditions.iter().copied().filter(|condition| !implied(condition, column, span)).collect()
}

/// The conditions that all have to hold.
pub(super) fn split<'e>(predicate: &'e Expr, conditions: &mut Vec<&'e Expr>) {
    match &predicate.kind {
        ExprKind::Call { function, arguments } if function.native == Some(Native::And) => {
            arguments.iter().for_each(|side| split(side, conditions));
        }
        _ => conditions.push(predicate),
    }
}

/// The time column of a scan of the mirror's files, and the span of all their rows where the manifest knows it.
fn times(input: &Relation) -> Option<(&str, (i64, i64))> {
    let RelationKind::Scan { table, bounds } = &input.kind else { return None };
    let TableSource::Files { files, layout: FileLayout::Mirror, .. } = &table.source else { return None };
    let span = span_of(&kept_files(files, *bounds))?;
    Some((table.time_column.as_deref()?, span))
}

/// Whether a condition on the time column holds for every time of the span.
fn implied(condition: &Expr, column: &str, (first, last): (i64, i64)) -> bool {
    let ExprKind::Call { function, arguments } = &condition.kind else { return false };
    let is_time = |expr: &Expr| matches!(&expr.kind, ExprKind::Column(name) if **name == *column);
    let bound = |expr: &Expr| match expr.as_literal() {
        Some(Value::Datetime(t)) => Some(*t),
        _ => None,
    };
    match (function.native, arguments.as_slice()) {
        (Some(Native::Between), [time, from, to]) if is_time(time) => {
            bound(from).is_some_and(|from| first >= from) && bound(to).is_some_and(|to| last <= to)
        }
        (Some(native), [time, at]) if is_time(time) => bound(at).is_some_and(|at| match native {
            Native::Greater => first > at,
            Native::GreaterOrEqual => first >= at,
            Native::Less => last < at,
            Native::LessOrEqual => last <= at,
            _ => false,
        }),
        _ => false,
    }
}
