//! `print`, `range`, `datatable`: rows that the query itself holds.

mod external;
mod macro_expand;

use crate::bind::Binder;
use crate::bind::coerce::{assign, convert};
use crate::bind::expr::literal_expr;
use crate::bind::naming::Projection;
use crate::bind::operator::project::Style;
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{Expr, Relation, RelationKind};
use crate::syntax::ast;
use crate::value::{Batch, Field, Schema, Type, Value};
use std::sync::Arc;

impl Binder<'_> {
    /// `print a = 1, 2`
    pub(in crate::bind::operator) fn print(&mut self, columns: &[ast::Expr], span: Span) -> Rows {
        let one = Batch { columns: vec![], rows: 1 };
        let input = Rows::new(Relation::new(RelationKind::Values(Arc::new(one)), Schema::default(), span));
        let mut projection = Projection::default();
        self.without_row(|b| {
            for (place, column) in columns.iter().enumerate() {
                b.print_column(&mut projection, place, column);
            }
        });
        Rows { serialized: true, ..crate::bind::operator::project::projected(input, projection, span) }
    }

    fn print_column(&mut self, projection: &mut Projection, place: usize, column: &ast::Expr) {
        match &column.kind {
            ast::ExprKind::Named { names, value } => match self.call_of_several(value) {
                Some(call) => self.add_results(projection, names, call, value.span, false),
                None => self.named_item_of(projection, names, value, Style::Project),
            },
            _ => {
                if let Some(call) = self.call_of_several(column) {
                    return self.add_results(projection, &[], call, column.span, true);
                }
                let bound = self.scalar(column);
                projection.add(&format!("print_{place}"), bound, false);
            }
        }
    }

    /// `range x from a to b step c`
    pub(in crate::bind::operator) fn range(
        &mut self,
        name: &ast::Name,
        [from, to, step]: [&ast::Expr; 3],
        span: Span,
    ) -> Rows {
        let what = "a bound of `range`";
        let bounds = (self.constant(from, what), self.constant(to, what), self.constant(step, "the step of `range`"));
        let (Some(from), Some(to), Some(step)) = bounds else { return Rows::unknown(span) };
        let Some((ty, step_ty)) = range_types(from.ty, to.ty, step.ty) else {
            let message = format!(
                "`range` goes over numbers, datetimes or timespans, not from `{}` to `{}` by `{}`",
                from.ty, to.ty, step.ty
            );
            self.report(Diagnostic::error(Code::WrongType, span, message));
            return Rows::unknown(span);
        };
        let converted = (self.ok(convert(from, ty)), self.ok(convert(to, ty)), self.ok(convert(step, step_ty)));
        let (Some(from), Some(to), Some(step)) = converted else { return Rows::unknown(span) };
        if step.as_literal().is_some_and(is_zero) {
            self.report(Diagnostic::error(Code::WrongValue, step.span, "the step of `range` cannot be zero"));
        }
        let schema = Schema::new([Field { name: name.text.clone(), ty }]);
        let rows = Rows::new(Relation::new(RelationKind::Range { from, to, step }, schema, span));
        Rows { serialized: true, ..rows }
    }

    /// `datatable (a:long) [1, 2]`
    pub(in crate::bind::operator) fn datatable(
        &mut self,
        columns: &[ast::ColumnDeclaration],
        values: &[ast::Expr],
        span: Span,
    ) -> Rows {
        let declared = self.declared_fields(columns);
        if columns.is_empty() || !values.len().is_multiple_of(columns.len()) {
            let message = format!("{} values do not fill rows of {} columns", values.len(), columns.len());
            self.report(Diagnostic::error(Code::WrongArgumentCount, span, message));
        }
        let types = declared.iter().map(|f| f.ty).cycle();
        let cells: Vec<Value> = values.iter().zip(types).map(|(value, ty)| self.cell(value, ty)).collect();
        let width = declared.len().max(1);
        let schema = Schema::new(declared);
        let batch = Batch::from_rows(&schema, cells.chunks(width).map(<[Value]>::to_vec));
        Rows::new(Relation::new(RelationKind::Values(Arc::new(batch)), schema, span))
    }

    /// Columns that the query declares; those of one name are reported.
    fn declared_fields(&mut self, columns: &[ast::ColumnDeclaration]) -> Vec<Field> {
        let mut declared: Vec<Field> = vec![];
        for column in columns {
            if declared.iter().any(|f| f.name == column.name.text) {
                let message = format!("the column `{}` is declared twice", column.name.text);
                self.report(Diagnostic::error(Code::DuplicateColumn, column.name.span, message));
            }
            declared.push(Field { name: column.name.text.clone(), ty: column.ty.ty });
        }
        declared
    }

    /// A cell of a `datatable`: a constant, converted as its column asks.
    fn cell(&mut self, value: &ast::Expr, ty: Type) -> Value {
        let missing = Value::missing(ty);
        let bound = match &value.kind {
            ast::ExprKind::Literal(literal) => Some(literal_expr(literal, value.span)),
            _ => self.literal(value, "a value of `datatable`"),
        };
        let Some(bound) = bound else { return missing };
        self.ok(convert(bound, ty)).and_then(|e| e.as_literal().cloned()).unwrap_or(missing)
    }
}

/// The column's type of a `range`, and its step's.
fn range_types(from: Type, to: Type, step: Type) -> Option<(Type, Type)> {
    match (from, to, step) {
        (Type::Datetime, Type::Datetime, Type::Timespan) => Some((Type::Datetime, Type::Timespan)),
        (Type::Timespan, Type::Timespan, Type::Timespan) => Some((Type::Timespan, Type::Timespan)),
        (a, b, c) if a.is_numeric() && b.is_numeric() && c.is_numeric() => {
            let ty = a.max(b).max(c).max(Type::Long);
            Some((ty, ty))
        }
        _ => None,
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Timespan(ticks) => *ticks == 0,
        value => value.as_f64() == Some(0.0),
    }
}

/// An expression as the value of a declared parameter or property.
pub(in crate::bind::operator) fn constant_long(binder: &mut Binder<'_>, expr: &ast::Expr, what: &str) -> Option<i64> {
    let bound = binder.literal(expr, what)?;
    let bound: Option<Expr> = binder.ok(assign(bound, Type::Long, what));
    bound?.as_literal().and_then(Value::as_i64)
}
