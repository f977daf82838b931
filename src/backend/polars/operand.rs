//! An argument on its way into a call: a constant that is known already, or an expression of polars.

use super::types;
use crate::value::{Type, Value};
use ::polars::prelude::Expr;

/// A lowered expression and its Kusto type.
#[derive(Clone)]
pub(super) enum Operand {
    /// Known before any row is read.
    Constant(Value, Type),
    /// Computed for each row.
    Column(Expr, Type),
}

impl Operand {
    /// Its type.
    pub(super) const fn ty(&self) -> Type {
        match self {
            Operand::Constant(_, ty) | Operand::Column(_, ty) => *ty,
        }
    }

    /// As an expression of polars.
    pub(super) fn expr(&self) -> Expr {
        match self {
            Operand::Constant(value, ty) => types::literal(value, *ty),
            Operand::Column(expr, _) => expr.clone(),
        }
    }

    /// The constant.
    pub(super) const fn constant(&self) -> Option<&Value> {
        match self {
            Operand::Constant(value, _) => Some(value),
            Operand::Column(..) => None,
        }
    }

    /// The constant text.
    pub(super) fn text(&self) -> Option<&str> {
        self.constant().and_then(Value::as_str)
    }
}
