//! `range`: one column of evenly spaced values.

use super::lowering::Lowering;
use super::{failed, types};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Relation};
use crate::value::{Column, Type, Value};
use ::polars::prelude::{DataFrame, IntoLazy, LazyFrame};

/// The most rows that a range may make.
const MOST: usize = 200_000_000;

impl Lowering<'_> {
    /// The values from `from` to `to`, both included; none where a bound is null or the step leads away.
    pub(super) fn range(
        &self,
        from: &Expr,
        to: &Expr,
        step: &Expr,
        relation: &Relation,
    ) -> Result<LazyFrame, Diagnostic> {
        let bounds = (self.constant(from)?, self.constant(to)?, self.constant(step)?);
        let Some(field) = relation.schema.fields().first() else {
            return Err(Diagnostic::bug("a range without a column"));
        };
        let too_long = || {
            Diagnostic::error(Code::OutOfRange, relation.span, "the range has too many values")
                .with_help(format!("at most {MOST} are made"))
        };
        let values = match field.ty {
            Type::Real => reals(bounds.0.as_f64(), bounds.1.as_f64(), bounds.2.as_f64()).ok_or_else(too_long)?,
            Type::Decimal => decimals(&bounds.0, &bounds.1, &bounds.2).ok_or_else(too_long)?,
            ty => integers(whole(&bounds.0), whole(&bounds.1), whole(&bounds.2), ty).ok_or_else(too_long)?,
        };
        let column = types::to_polars(&field.name, values);
        DataFrame::new_infer_height(vec![column]).map(IntoLazy::lazy).map_err(failed(relation.span))
    }
}

/// A whole number or a count of ticks.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_ticks())
}

fn integers(from: Option<i64>, to: Option<i64>, step: Option<i64>, ty: Type) -> Option<Column> {
    let mut values = Vec::new();
    if let (Some(from), Some(to), Some(step)) = (from, to, step)
        && step != 0
    {
        let mut next = Some(from);
        while let Some(value) = next.filter(|v| if step > 0 { *v <= to } else { *v >= to }) {
            if values.len() == MOST {
                return None;
            }
            values.push(Some(value));
            next = value.checked_add(step);
        }
    }
    Some(match ty {
        Type::Int => Column::Int(values.into_iter().map(|v| v.and_then(|v| i32::try_from(v).ok())).collect()),
        Type::Datetime => Column::Datetime(values),
        Type::Timespan => Column::Timespan(values),
        _ => Column::Long(values),
    })
}

fn reals(from: Option<f64>, to: Option<f64>, step: Option<f64>) -> Option<Column> {
    let mut values = Vec::new();
    if let (Some(from), Some(to), Some(step)) = (from, to, step)
        && step != 0.0
    {
        let mut next = from;
        while if step > 0.0 { next <= to } else { next >= to } {
            if values.len() == MOST {
                return None;
            }
            values.push(Some(next));
            next += step;
        }
    }
    Some(Column::Real(values))
}

/// Exact steps, unlike those of reals. A sum that no decimal holds ends the range.
fn decimals(from: &Value, to: &Value, step: &Value) -> Option<Column> {
    let mut values = Vec::new();
    if let (Value::Decimal(from), Value::Decimal(to), Value::Decimal(step)) = (from, to, step)
        && !step.is_zero()
    {
        let up = step.is_sign_positive();
        let mut next = Some(*from);
        while let Some(value) = next.filter(|v| if up { v <= to } else { v >= to }) {
            if values.len() == MOST {
                return None;
            }
            values.push(Some(value));
            next = value.checked_add(*step);
        }
    }
    Some(Column::Decimal(values))
}
