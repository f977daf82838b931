//! Aggregations as polars' own expressions.

use super::operand::Operand;
use super::types;
use crate::library::NativeAggregate;
use crate::plan::Aggregate;
use ::polars::prelude::{DataType, Expr, len};

/// The result columns of an aggregation, or none where its kernel has to run.
pub(super) fn native(aggregate: &Aggregate, operands: &[Operand]) -> Option<Vec<Expr>> {
    use NativeAggregate as N;
    let argument = |at: usize| operands.get(at).map(Operand::expr);
    let expr = match aggregate.function.native? {
        N::Count => len().cast(DataType::Int64),
        N::CountIf => argument(0)?.sum().cast(DataType::Int64),
        _ => return None,
    };
    Some(vec![expr.alias(types::small(&aggregate.name))])
}
