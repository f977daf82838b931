//! Tables inside of expressions, replaced by their values before single rows are looked at.

use super::Rows;
use crate::diagnostic::Diagnostic;
use crate::library::scalar_function;
use crate::plan::rewrite::{Part, Rewrite, rewrite_expr};
use crate::plan::{Expr, ExprKind, Relation};
use crate::value::{Batch, Json, Type, Value, dynamic};

/// Replaces the tables inside of a node's own expressions; those of its inputs stay.
///
/// # Errors
/// What the tables fail with.
pub(super) fn replace(relation: &mut Relation, rows: &mut Rows<'_>) -> Result<(), Diagnostic> {
    let mut pass = Replacing { rows, failed: None };
    relation.each_part(&mut |part| {
        if let Part::Expr(expr) = part
            && has_table(expr)
        {
            let hollow = Expr::literal(Value::Null, Type::Bool, expr.span);
            *expr = rewrite_expr(&mut pass, std::mem::replace(expr, hollow));
        }
    });
    pass.failed.map_or(Ok(()), Err)
}

fn has_table(expr: &Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |e| {
        found |= matches!(e.kind, ExprKind::Scalar(_) | ExprKind::InTable { .. } | ExprKind::ArrayOf(_));
    });
    found
}

struct Replacing<'r, 'f> {
    rows: &'r mut Rows<'f>,
    failed: Option<Diagnostic>,
}

impl Replacing<'_, '_> {
    fn table(&mut self, table: &Relation) -> Batch {
        if self.failed.is_some() {
            return Batch::default();
        }
        (self.rows)(table).unwrap_or_else(|diagnostic| {
            self.failed = Some(diagnostic);
            Batch::default()
        })
    }

    /// The cells of the first column.
    fn cells(&mut self, table: &Relation) -> Vec<Value> {
        let batch = self.table(table);
        let column = batch.columns.first();
        (0..batch.rows).filter_map(|row| Some(column?.value(row))).collect()
    }
}

impl Rewrite for Replacing<'_, '_> {
    fn expr(&mut self, expr: Expr) -> Expr {
        let Expr { kind, ty, span } = expr;
        match kind {
            ExprKind::Scalar(table) => {
                let first = self.cells(&table).into_iter().next();
                Expr::literal(first.unwrap_or_else(|| Value::missing(ty)), ty, span)
            }
            ExprKind::ArrayOf(table) => {
                let items = self.cells(&table).iter().map(dynamic::from_value).collect();
                Expr::literal(Value::Dynamic(Json::Array(items)), Type::Dynamic, span)
            }
            ExprKind::InTable { value, table, case_sensitive, negated } => {
                let name = match (case_sensitive, negated) {
                    (true, false) => "in",
                    (true, true) => "!in",
                    (false, false) => "in~",
                    (false, true) => "!in~",
                };
                let Some(function) = scalar_function(name) else {
                    self.failed = Some(Diagnostic::bug(format!("`{name}` has no record")));
                    return Expr::literal(Value::Null, ty, span);
                };
                let of = value.ty;
                let items = self.cells(&table).into_iter().map(|cell| Expr::literal(cell, of, span));
                Expr::call(function, std::iter::once(*value).chain(items).collect(), ty, span)
            }
            kind => Expr { kind, ty, span },
        }
    }
}
