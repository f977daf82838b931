//! Functions that polars runs by itself. Each must equal its kernel.

use super::operand::Operand;
use crate::library::{Function, Native};
use crate::value::{Type, Value};
use ::polars::prelude::Expr;

mod set;

pub(super) use set::in_values;

/// The translation of a call, or none where the kernel has to run.
pub(super) fn lower(native: Native, _function: &'static Function, _operands: &[Operand], _ty: Type) -> Option<Expr> {
    let _ = native;
    let _ = Value::Null;
    None
}
