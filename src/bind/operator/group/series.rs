//! `make-series`: arrays along an axis.
//!
//! Spelled out as a grouping by the points of the axis, whose groups are then laid out as arrays.

use crate::bind::Binder;
use crate::bind::coerce::{assign, convert};
use crate::bind::naming::{result_name, schema_of};
use crate::bind::operator::parameter_text;
use crate::bind::operator::with_column;
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{ColumnName, Expr, RelationKind};
use crate::syntax::ast;
use crate::value::{Field, Schema, Type, Value};
use std::sync::Arc;

/// The points of a series while it is grouped.
const POINT: &str = "$point";

/// The axis: its values, and its constant bounds.
struct Axis {
    value: Expr,
    from: Option<Expr>,
    to: Option<Expr>,
    step: Expr,
}

impl Binder<'_> {
    /// `make-series kind=nonempty a = sum(x) default = 0 on t from a to b step c by k`
    pub(in crate::bind::operator) fn make_series(&mut self, rows: Rows, series: &ast::MakeSeries, span: Span) -> Rows {
        let [kind] = self.parameters(&series.parameters, &["kind"]);
        if let Some(kind) = kind.as_ref().filter(|k| parameter_text(k) != "nonempty") {
            let message = format!("no kind `{}` here", parameter_text(kind));
            let diagnostic = Diagnostic::error(Code::WrongValue, kind.value.span, message);
            self.report(diagnostic.with_help("the one kind of `make-series` is `nonempty`"));
        }
        let nonempty = kind.is_some();
        let Some(axis) = self.axis(&rows, series, span) else { return Rows::unknown(span) };
        let within = self.within_axis(rows, &axis, series.in_range, span);
        let Some(point) = self.point(&axis, span) else { return Rows::unknown(span) };
        let parted = with_column(within, POINT.into(), point, span);
        let parted = Rows { hidden: vec![POINT.into()], ..parted };
        let summarize = ast::Summarize {
            parameters: vec![],
            aggregates: series.aggregates.iter().map(|(aggregate, _)| aggregate.clone()).collect(),
            by: None,
            keys: series.keys.clone(),
        };
        let grouped = self.summarize(parted, &summarize, span);
        if !grouped.poisoned.is_empty() {
            return Rows::unknown(span);
        }
        self.laid_out(grouped, series, axis, nonempty, span)
    }

    fn axis(&mut self, rows: &Rows, series: &ast::MakeSeries, span: Span) -> Option<Axis> {
        let value = self.over(rows, |b| b.scalar(&series.on));
        let mut bound = |expr: &Option<ast::Expr>| match expr {
            Some(expr) => self.constant(expr, "a bound of `make-series`").map(Some),
            None => Some(None),
        };
        let (from, to, step) = (bound(&series.from), bound(&series.to), bound(&series.step));
        let (value, from, to, step) = (value?, from?, to?, step?);
        let Some(step) = step else {
            return self.refuse(Code::WrongArgumentCount, span, "`make-series` needs a `step`");
        };
        let (value, step_ty) = match value.ty {
            Type::Datetime | Type::Timespan => (value, Type::Timespan),
            Type::Int => (self.ok(convert(value, Type::Long))?, Type::Long),
            Type::Long | Type::Real => {
                let ty = value.ty;
                (value, ty)
            }
            ty => {
                let message = format!("an axis is of numbers, datetimes or timespans, not of `{ty}`");
                return self.refuse(Code::WrongType, value.span, message);
            }
        };
        let what = "a bound of `make-series`";
        let ty = value.ty;
        let from = from.map(|e| self.ok(assign(e, ty, what)));
        let to = to.map(|e| self.ok(assign(e, ty, what)));
        let step = self.ok(assign(step, step_ty, "the step of `make-series`"))?;
        let positive = match step.as_literal() {
            Some(Value::Timespan(ticks)) => *ticks > 0,
            Some(value) => value.as_f64().is_some_and(|x| x > 0.0),
            None => false,
        };
        if !positive {
            return self.refuse(Code::WrongValue, step.span, "the step of `make-series` must be greater than zero");
        }
        let from = match from {
            Some(from) => Some(from?),
            None => None,
        };
        let to = match to {
            Some(to) => Some(to?),
            None => None,
        };
        Some(Axis { value, from, to, step })
    }

    /// The rows between the bounds.
    fn within_axis(&mut self, rows: Rows, axis: &Axis, to_included: bool, span: Span) -> Rows {
        let mut terms = vec![];
        if let Some(from) = &axis.from {
            terms.extend(self.operator(">=", ">=", vec![axis.value.clone(), from.clone()], span));
        }
        if let Some(to) = axis.to.as_ref().filter(|_| !to_included) {
            terms.extend(self.operator("<", "<", vec![axis.value.clone(), to.clone()], span));
        }
        match self.balanced("and", terms, span, span) {
            Some(predicate) => rows.then(span, |input| {
                let schema = input.schema.clone();
                (RelationKind::Filter { input, predicate }, schema)
            }),
            None => rows,
        }
    }

    /// The point that a row belongs to.
    fn point(&mut self, axis: &Axis, span: Span) -> Option<Expr> {
        let arguments = vec![axis.value.clone(), axis.step.clone()];
        match &axis.from {
            Some(from) => {
                self.operator("bin_at", "bin_at", arguments.into_iter().chain([from.clone()]).collect(), span)
            }
            None => self.operator("bin", "bin", arguments, span),
        }
    }

    fn laid_out(&mut self, grouped: Rows, series: &ast::MakeSeries, axis: Axis, nonempty: bool, span: Span) -> Rows {
        let fields: Vec<Field> = grouped.schema().fields().iter().filter(|f| &*f.name != POINT).cloned().collect();
        let (keys, made) = fields.split_at(fields.len().saturating_sub(series.aggregates.len()));
        let mut values = vec![];
        for (field, (_, default)) in made.iter().zip(&series.aggregates) {
            let Some(default) = self.default_of(field, default.as_ref(), span) else { return Rows::unknown(span) };
            values.push((field.name.clone(), default));
        }
        let keys: Vec<ColumnName> = keys.iter().map(|f| f.name.clone()).collect();
        let array =
            |f: &Field| Field { name: f.name.clone(), ty: if keys.contains(&f.name) { f.ty } else { Type::Dynamic } };
        let schema = Arc::new(Schema::new(grouped.schema().fields().iter().map(array)));
        let name = self.axis_name(&fields, &series.on);
        let Axis { from, to, step, .. } = axis;
        let to_included = series.in_range;
        let rows = Rows { hidden: vec![], ..grouped }.then(span, |input| {
            let axis = POINT.into();
            (RelationKind::Series { input, keys, values, axis, from, to, step, to_included, nonempty }, schema)
        });
        let mut columns: Vec<(ColumnName, Expr)> =
            rows.columns(span).into_iter().filter(|(name, _)| &**name != POINT).collect();
        columns.push((name, Expr::column(POINT, Type::Dynamic, span)));
        let schema = Arc::new(schema_of(&columns));
        rows.then(span, |input| (RelationKind::Project { input, columns }, schema)).unordered()
    }

    /// What stands at a point without rows: what is written, else zero.
    fn default_of(&mut self, field: &Field, written: Option<&ast::Expr>, span: Span) -> Option<Expr> {
        match written {
            Some(written) => {
                let bound = self.literal(written, "a default")?;
                // a default of another number type stays as it is written
                if bound.ty.is_numeric() && field.ty.is_numeric() {
                    return Some(bound);
                }
                self.ok(assign(bound, field.ty, "the default"))
            }
            None if field.ty.is_numeric() => {
                let zero = Expr::literal(Value::Long(0), Type::Long, span);
                self.ok(convert(zero, if field.ty == Type::Int { Type::Long } else { field.ty }))
            }
            None => Some(Expr::literal(Value::missing(field.ty), field.ty, span)),
        }
    }

    fn axis_name(&mut self, others: &[Field], on: &ast::Expr) -> ColumnName {
        let name = result_name(on).unwrap_or_else(|| "Column1".to_owned());
        if others.iter().any(|f| *f.name == *name) {
            let message = format!("the column `{name}` is given twice");
            self.report(Diagnostic::error(Code::DuplicateColumn, on.span, message));
        }
        name.into()
    }
}
