//! `top`, and `sort` under a `take`: the few first rows of many.
//!
//! A first pass over the leading key alone finds the value that the last of the wanted rows has; the second one reads all
//! columns, but only of rows that are as good. Files that hold no such row are hardly touched.

use super::failed;
use super::lowering::Lowering;
use super::types::{Cells, column};
use crate::catalog::TableSource;
use crate::diagnostic::Diagnostic;
use crate::library::{Volatility, scalar_function};
use crate::plan::{Expr, ExprKind, Relation, RelationKind, SortKey, filtered, narrowed};
use crate::value::{Type, Value};
use ::polars::prelude::{DataFrame, IdxSize, LazyFrame, SortMultipleOptions};

/// The most rows for which two passes pay.
const MOST: IdxSize = 10_000;

/// The fewest columns for which two passes pay.
const WIDE: usize = 8;

impl Lowering<'_> {
    /// The first rows of files, where the first file alone holds enough of them: in whatever order a `take` may choose.
    pub(super) fn first_rows(&self, input: &Relation, count: IdxSize) -> Result<Option<DataFrame>, Diagnostic> {
        if count > MOST || !repeatable(input) {
            return Ok(None);
        }
        if let Some(rows) = self.first_rows_of_file(input, count as usize)? {
            return Ok(Some(rows));
        }
        let before = self.stats();
        let frame = self.with_first_file(|| self.relation(input))?.limit(count);
        let frame = self.run(frame).map_err(failed(input.span))?;
        if frame.height() == count as usize {
            return Ok(Some(frame));
        }
        self.record(|stats| *stats = before);
        Ok(None)
    }

    /// The rows of a sort that may be among the first `count`; the sort itself is still to come.
    pub(super) fn candidates(
        &self,
        input: &Relation,
        keys: &[SortKey],
        count: IdxSize,
    ) -> Result<Option<LazyFrame>, Diagnostic> {
        let Some(key) = keys.first() else { return Ok(None) };
        let comparable = matches!(key.expr.ty, Type::Int | Type::Long | Type::Datetime | Type::Timespan | Type::String);
        let ExprKind::Column(name) = &key.expr.kind else { return Ok(None) };
        if !comparable || count == 0 || count > MOST || input.schema.len() < WIDE || !repeatable(input) {
            return Ok(None);
        }
        let before = self.stats();
        let narrow = narrowed(input, name);
        let options =
            SortMultipleOptions::default().with_order_descending(key.descending).with_nulls_last(!key.nulls_first);
        let first = self.relation(&narrow)?.select([column(name).alias("key")]).sort(["key"], options).limit(count);
        let first = self.run(first).map_err(failed(key.expr.span))?;
        self.record(|stats| *stats = before.clone());
        if first.height() < count as usize {
            return Ok(Some(self.relation(input)?));
        }
        let cells = first.column("key").and_then(|column| Cells::new(&column.tail(Some(1)), key.expr.ty));
        let last = cells.map_err(failed(key.expr.span))?.value(0);
        self.relation(&match as_good(key, last) {
            Some(condition) => filtered(input.clone(), condition),
            None => input.clone(),
        })
        .map(Some)
    }
}

/// Whether a value sorts no later than the last wanted one; none when every value may.
fn as_good(key: &SortKey, last: Value) -> Option<Expr> {
    if last.is_null() {
        return None;
    }
    let span = key.expr.span;
    let call = |name: &str, arguments: Vec<Expr>| {
        let function = scalar_function(name)?;
        Some(Expr { kind: ExprKind::Call { function, arguments }, ty: Type::Bool, span })
    };
    let within = if key.descending { ">=" } else { "<=" };
    let within = call(within, vec![key.expr.clone(), Expr::literal(last, key.expr.ty, span)])?;
    if key.nulls_first && key.expr.ty != Type::String {
        return call("or", vec![within, call("isnull", vec![key.expr.clone()])?]);
    }
    Some(within)
}

/// Whether a table may be read twice: rows of files, each treated by itself, with the same answer each time.
fn repeatable(relation: &Relation) -> bool {
    use RelationKind as K;
    match &relation.kind {
        K::Scan { table, .. } => matches!(&table.source, TableSource::Files { .. }),
        K::Filter { input, predicate } => stable(predicate) && repeatable(input),
        K::Project { input, columns } | K::Extend { input, columns } => {
            columns.iter().all(|(_, expr)| stable(expr)) && repeatable(input)
        }
        _ => false,
    }
}

fn stable(expr: &Expr) -> bool {
    let mut stable = true;
    expr.visit(&mut |inner| match &inner.kind {
        ExprKind::Call { function, .. } => stable &= function.volatility == Volatility::Stable,
        ExprKind::Lookup { .. } | ExprKind::Scalar(_) | ExprKind::InTable { .. } | ExprKind::ArrayOf(_) => {
            stable = false
        }
        _ => {}
    });
    stable
}
