//! Tables inside of expressions, replaced by their values before single rows are looked at.

use super::{Rows, cell};
use crate::catalog::Lookup;
use crate::diagnostic::Diagnostic;
use crate::library::{Function, scalar_function, text};
use crate::plan::rewrite::{Part, Rewrite, rewrite_expr};
use crate::plan::{Expr, ExprKind, Relation};
use crate::value::{Batch, Json, Type, Value, dynamic};
use std::collections::HashMap;
use std::sync::Arc;

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
                let (of, cells) = (value.ty, self.cells(&table));
                if Members::hold(of) {
                    let source = Arc::new(Members::new(function, !case_sensitive, cells));
                    return Expr { kind: ExprKind::Lookup { source, arguments: vec![*value] }, ty, span };
                }
                let items = cells.into_iter().map(|cell| Expr::literal(cell, of, span));
                Expr::call(function, std::iter::once(*value).chain(items).collect(), ty, span)
            }
            kind => Expr { kind, ty, span },
        }
    }
}

/// The cells of a table that values are looked for in: one look for each row, however long the table is.
#[derive(Debug)]
struct Members {
    /// `in`, or one of its kin: it decides, over the cells that may be equal to a value.
    function: &'static Function,
    fold: bool,
    cells: HashMap<String, Vec<Value>>,
}

impl Members {
    /// Whether equal values of a type have equal keys. Others (`-0.0` and `0.0`, members of a dynamic) are compared one by one.
    fn hold(ty: Type) -> bool {
        matches!(ty, Type::String | Type::Int | Type::Long | Type::Bool | Type::Datetime | Type::Timespan | Type::Guid)
    }

    fn new(function: &'static Function, fold: bool, cells: Vec<Value>) -> Members {
        let mut members = Members { function, fold, cells: HashMap::new() };
        for cell in cells {
            let alike = members.cells.entry(members.key(&cell)).or_default();
            if !alike.contains(&cell) {
                alike.push(cell);
            }
        }
        members
    }

    fn key(&self, value: &Value) -> String {
        match value {
            Value::String(written) if self.fold => text::fold(written),
            value => cell::key(std::slice::from_ref(value)),
        }
    }
}

impl Lookup for Members {
    fn name(&self) -> &'static str {
        self.function.name
    }

    fn value(&self, arguments: &[Value]) -> Value {
        let alike = arguments.first().and_then(|value| self.cells.get(&self.key(value)));
        let arguments: Vec<Value> = arguments.iter().chain(alike.into_iter().flatten()).cloned().collect();
        self.function.evaluate(&arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_as_by_comparing_all() {
        let string = |text: &str| Value::String(text.to_owned());
        let texts = vec![string("Straße"), string("a"), string("A"), string("a"), string("")];
        let longs = vec![Value::Long(7), Value::Null, Value::Int(8)];
        for (name, cells) in [("in", &texts), ("in~", &texts), ("!in", &texts), ("!in~", &texts), ("in", &longs)] {
            let function = scalar_function(name).unwrap();
            let members = Members::new(function, name.ends_with('~'), cells.clone());
            let asked = texts.iter().chain(&longs).cloned();
            let asked = asked.chain([string("STRASSE"), string("STRAßE"), string("b"), Value::Long(8), Value::Long(9)]);
            for value in asked.filter(|value| matches!(value, Value::String(_)) == std::ptr::eq(cells, &texts)) {
                let all: Vec<Value> = std::iter::once(&value).chain(cells).cloned().collect();
                assert_eq!(members.value(std::slice::from_ref(&value)), function.evaluate(&all), "{value:?} {name}");
            }
        }
    }
}
