//! `sort`, and keys that polars compares otherwise than Kusto does.

use super::kernel;
use super::lowering::Lowering;
use super::operand::Operand;
use super::types::{self, column};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind, Relation, SortKey};
use crate::value::{Schema, Type, Value};
use ::polars::prelude::{DataType, Expr as PolarsExpr, LazyFrame, PlSmallStr, SortMultipleOptions, when};
use rust_decimal::Decimal;

/// Keys of a sort in polars' own terms.
#[derive(Default)]
struct Keys {
    exprs: Vec<PolarsExpr>,
    descending: Vec<bool>,
    nulls_last: Vec<bool>,
}

impl Keys {
    fn push(&mut self, expr: PolarsExpr, descending: bool, nulls_last: bool) {
        self.exprs.push(expr);
        self.descending.push(descending);
        self.nulls_last.push(nulls_last);
    }
}

impl Lowering<'_> {
    /// A stable sort. NaN lies between the numbers and the nulls, at whichever end the nulls are.
    pub(super) fn sort(&self, input: &Relation, keys: &[SortKey]) -> Result<LazyFrame, Diagnostic> {
        self.sorted(self.relation(input)?, keys, &input.schema)
    }

    /// A frame of a schema, sorted.
    pub(super) fn sorted(&self, frame: LazyFrame, keys: &[SortKey], input: &Schema) -> Result<LazyFrame, Diagnostic> {
        let mut sorted = Keys::default();
        for key in keys {
            let Operand::Column(expr, ty) = self.operand(&key.expr, input)? else { continue };
            if ty == Type::Real {
                sorted.push(nan_rank(expr.clone(), key.nulls_first), false, false);
            }
            sorted.push(ordered(expr, ty), key.descending, !key.nulls_first);
        }
        if sorted.exprs.is_empty() {
            return Ok(frame);
        }
        let options = SortMultipleOptions {
            descending: sorted.descending,
            nulls_last: sorted.nulls_last,
            maintain_order: true,
            ..SortMultipleOptions::default()
        };
        Ok(frame.sort_by_exprs(sorted.exprs, options))
    }

    /// Adds a column for each key that is not one already, and gives the keys' names.
    pub(super) fn key_columns<'e>(
        &self,
        frame: LazyFrame,
        keys: impl Iterator<Item = &'e Expr>,
        input: &Schema,
    ) -> Result<(LazyFrame, Vec<PlSmallStr>), Diagnostic> {
        let mut names = Vec::new();
        let mut made = Vec::new();
        for (at, key) in keys.enumerate() {
            match &key.kind {
                ExprKind::Column(name) if !needs_canonical(key.ty) => names.push(types::small(name)),
                _ => {
                    let name: PlSmallStr = format!("\u{1}key{at}").into();
                    made.push(canonical(self.expr(key, input)?, key.ty).alias(name.clone()));
                    names.push(name);
                }
            }
        }
        Ok((if made.is_empty() { frame } else { frame.with_columns(made) }, names))
    }
}

/// Whether equal values of the type may lie in columns as different texts.
pub(super) const fn needs_canonical(ty: Type) -> bool {
    matches!(ty, Type::Decimal)
}

/// An expression whose cells are equal where the values are.
pub(super) fn canonical(expr: PolarsExpr, ty: Type) -> PolarsExpr {
    if !needs_canonical(ty) {
        return expr;
    }
    kernel::map_rows(vec![(expr, ty)], ty, |values| match values {
        [Value::Decimal(d)] => Value::Decimal(d.normalize()),
        _ => Value::Null,
    })
}

/// An expression whose cells sort as the values do.
pub(super) fn ordered(expr: PolarsExpr, ty: Type) -> PolarsExpr {
    if ty != Type::Decimal {
        return expr;
    }
    let text = kernel::map_rows(vec![(expr.clone(), ty)], Type::String, |values| match values {
        [Value::Decimal(d)] => Value::String(decimal_order(*d)),
        _ => Value::missing(Type::String),
    });
    when(expr.is_null()).then(types::literal(&Value::Null, Type::Dynamic)).otherwise(text)
}

/// A text of fixed width that sorts as decimals do: the sign, then the digits, complemented below zero.
fn decimal_order(d: Decimal) -> String {
    let (whole, fraction) = (d.trunc().abs(), d.fract().abs());
    let fraction = format!("{fraction:.28}");
    let digits = format!("{:0>30}{}", whole.to_string(), fraction.split_once('.').map_or("", |(_, f)| f));
    if d.is_sign_negative() && !d.is_zero() {
        let complement = digits.chars().filter_map(|c| c.to_digit(10)).map(|n| char::from(b'9' - n as u8));
        return format!("0{}", complement.collect::<String>());
    }
    format!("1{digits}")
}

fn nan_rank(expr: PolarsExpr, nulls_first: bool) -> PolarsExpr {
    let rank = |n: i32| types::literal(&Value::Int(n), Type::Int);
    let (null, nan, number) = if nulls_first { (0, 1, 2) } else { (2, 1, 0) };
    let of_value = when(expr.clone().is_nan()).then(rank(nan)).otherwise(rank(number));
    when(expr.is_null()).then(rank(null)).otherwise(of_value).cast(DataType::Int32)
}

/// A column of the frame by name, for keys that [`Lowering::key_columns`] made.
pub(super) fn named(names: &[PlSmallStr]) -> Vec<PolarsExpr> {
    names.iter().map(|name| column(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_sort_by_value() {
        let mut texts: Vec<Decimal> =
            ["-10.5", "-2", "-0.001", "0", "0.5", "1.05", "1.5", "20"].iter().map(|t| t.parse().unwrap()).collect();
        let expected = texts.clone();
        texts.reverse();
        texts.sort_by_key(|d| decimal_order(*d));
        assert_eq!(texts, expected);
    }
}
