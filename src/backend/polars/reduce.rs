//! Semi-joins ahead of joins: of the larger side only those rows are read that the smaller one can meet.
//!
//! In: a join. Out: the rows of its smaller side, and for the scans of the other side the keys that their rows must have.
//! It only leaves out rows that the join would.

use super::failed;
use super::lowering::Lowering;
use super::sieve::{Keys, MOST_KEYS, knows_keys};
use super::types::column;
use crate::catalog::TableSource;
use crate::diagnostic::Diagnostic;
use crate::plan::{ColumnName, Expr, ExprKind, JoinKind, Relation, RelationKind};
use ::polars::prelude::{DataFrame, Expr as PolarsExpr, IntoLazy, LazyFrame};
use std::sync::Arc;

/// A side for which more rows are read is not run ahead: its rows are held in memory.
const MOST_READ: u64 = 8_000_000;

/// Bytes of a memory limit for each of these rows.
const ROOM: u64 = 256;

/// More rows than these leave out few of the other side's.
const MOST_ROWS: usize = 500_000;

/// A scan, and its own names of the keys of a join, where they are its columns.
struct Target<'r> {
    scan: &'r Relation,
    keys: Vec<Option<ColumnName>>,
}

impl Lowering<'_> {
    /// The rows of both sides of a join, the larger side's reduced where that pays.
    pub(super) fn both_sides(
        &self,
        left: &Relation,
        right: &Relation,
        kind: JoinKind,
        keys: &[(Expr, Expr)],
    ) -> Result<(LazyFrame, LazyFrame), Diagnostic> {
        use JoinKind as K;
        let (left_keys, right_keys): (Vec<&Expr>, Vec<&Expr>) = keys.iter().map(|(l, r)| (l, r)).unzip();
        let right_drops = matches!(kind, K::Inner | K::LeftOuter | K::LeftSemi | K::LeftAnti | K::RightSemi);
        let left_drops = matches!(kind, K::Inner | K::RightOuter | K::RightSemi | K::RightAnti | K::LeftSemi);
        let (of_left, of_right) = (self.rows_read(left), self.rows_read(right));
        if right_drops && of_left <= of_right {
            let (left, right) = self.reduced(left, &left_keys, right, &right_keys)?;
            return Ok((left, right));
        }
        if left_drops && of_right <= of_left {
            let (right, left) = self.reduced(right, &right_keys, left, &left_keys)?;
            return Ok((left, right));
        }
        Ok((self.relation(left)?, self.relation(right)?))
    }

    /// The rows of a side, and those of the other side that have its keys.
    fn reduced(
        &self,
        first: &Relation,
        first_keys: &[&Expr],
        other: &Relation,
        other_keys: &[&Expr],
    ) -> Result<(LazyFrame, LazyFrame), Diagnostic> {
        let targets = self.targets(other, other_keys);
        let most = self.env.limits.memory.map_or(MOST_READ, |memory| MOST_READ.min(memory / ROOM));
        if targets.is_empty() || !selects(first) || self.rows_read(first) > most || self.only_explains() {
            return Ok((self.relation(first)?, self.relation(other)?));
        }
        let rows = self.collect(first)?;
        let mut asked = Vec::new();
        if rows.height() <= MOST_ROWS {
            let mut known: Vec<(Vec<bool>, Arc<Keys>)> = Vec::new();
            for target in &targets {
                let which: Vec<bool> = target.keys.iter().map(Option::is_some).collect();
                let keys = match known.iter().find(|(of, _)| *of == which) {
                    Some((_, keys)) => Arc::new(keys.of(target.keys.iter().flatten().cloned().collect())),
                    None => Arc::new(self.keys(first, first_keys, &rows, target)?),
                };
                known.push((which, keys.clone()));
                asked.push((std::ptr::from_ref(target.scan), keys));
            }
        }
        let other = self.with_keys(asked, || self.relation(other))?;
        Ok((rows.lazy(), other))
    }

    /// The keys of rows, under the names that a scan of the other side has for them.
    fn keys(&self, side: &Relation, keys: &[&Expr], rows: &DataFrame, target: &Target<'_>) -> Result<Keys, Diagnostic> {
        let (mut names, mut exprs): (Vec<ColumnName>, Vec<PolarsExpr>) = (vec![], vec![]);
        for (key, name) in keys.iter().zip(&target.keys) {
            if let Some(name) = name {
                exprs.push(self.expr(key, &side.schema)?.alias(name_of(names.len())));
                names.push(name.clone());
            }
        }
        // Beside the columns, so that a constant is repeated for each row.
        let made: Vec<PolarsExpr> = (0..names.len()).map(|at| column(&name_of(at))).collect();
        let frame = rows.clone().lazy().with_columns(exprs).select(made);
        let frame = frame.collect().map_err(failed(side.span))?;
        Keys::new(names, &frame).map_err(failed(side.span))
    }

    /// The scans below a relation whose rows can be told by keys of it.
    fn targets<'r>(&self, relation: &'r Relation, keys: &[&Expr]) -> Vec<Target<'r>> {
        let plain = |key: &&Expr| knows_keys(key.ty).then(|| column_of(key)).flatten();
        let mut targets = Vec::new();
        descend(relation, keys.iter().map(plain).collect(), &mut targets);
        for target in &mut targets {
            let mut known = 0;
            for name in &mut target.keys {
                known += usize::from(name.is_some());
                if known > MOST_KEYS {
                    *name = None;
                }
            }
        }
        targets.retain(|target| target.keys.iter().any(Option::is_some) && self.own_files(target.scan).is_some());
        targets
    }

    /// How many rows are read for a relation, as far as that is known beforehand.
    fn rows_read(&self, relation: &Relation) -> u64 {
        match &relation.kind {
            RelationKind::Scan { table, bounds } => match &table.source {
                TableSource::Files { files, .. } => {
                    self.within(files, *bounds).iter().map(|file| file.rows.unwrap_or(MOST_READ)).sum()
                }
                TableSource::Batch(batch) => batch.rows as u64,
            },
            RelationKind::Values(batch) => batch.rows as u64,
            RelationKind::Shared { id, input } => match self.known(*id) {
                Some(frame) => frame.height() as u64,
                None => self.rows_read(input),
            },
            _ => relation.inputs().into_iter().map(|input| self.rows_read(input)).sum(),
        }
    }
}

/// Whether a side may have fewer rows than are read for it.
fn selects(relation: &Relation) -> bool {
    match &relation.kind {
        RelationKind::Scan { .. } => false,
        RelationKind::Project { input, .. } | RelationKind::Extend { input, .. } | RelationKind::Sort { input, .. } => {
            selects(input)
        }
        RelationKind::Union { inputs } => inputs.iter().any(selects),
        _ => true,
    }
}

/// Finds the scans of which a relation keeps the keys as they are, and leaves out no row because of others.
fn descend<'r>(relation: &'r Relation, keys: Vec<Option<ColumnName>>, targets: &mut Vec<Target<'r>>) {
    use RelationKind as K;
    if keys.iter().all(Option::is_none) {
        return;
    }
    match &relation.kind {
        K::Scan { .. } => targets.push(Target { scan: relation, keys }),
        K::Filter { input, .. } | K::Sort { input, .. } => descend(input, keys, targets),
        K::Union { inputs } => inputs.iter().for_each(|input| descend(input, keys.clone(), targets)),
        K::Project { input, columns } => {
            let source =
                |name: ColumnName| columns.iter().find(|(made, _)| *made == name).and_then(|(_, e)| column_of(e));
            descend(input, keys.into_iter().map(|key| key.and_then(source)).collect(), targets);
        }
        K::Extend { input, columns } => {
            let kept = |name: &ColumnName| columns.iter().all(|(made, _)| made != name);
            descend(input, keys.into_iter().map(|key| key.filter(kept)).collect(), targets);
        }
        // All rows of a value go, or none.
        K::DistinctOn { input, keys: distinct } => {
            let told = |name: &ColumnName| distinct.iter().any(|key| column_of(key).as_ref() == Some(name));
            descend(input, keys.into_iter().map(|key| key.filter(told)).collect(), targets);
        }
        _ => {}
    }
}

/// The name of a key among the columns of a side.
fn name_of(place: usize) -> String {
    format!("\u{1}key{place}")
}

fn column_of(expr: &Expr) -> Option<ColumnName> {
    match &expr.kind {
        ExprKind::Column(name) => Some(name.clone()),
        _ => None,
    }
}
