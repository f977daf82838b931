//! `bin`, `startofday`, and tests over whole numbers and ticks.

use crate::backend::polars::kernel::{returns, shape};
use crate::backend::polars::operand::Operand;
use crate::value::Type;
use ::polars::prelude::{
    BooleanChunked, Column, DataType, Expr, IntoColumn, NewChunkedArray, PolarsResult, map_multiple,
};

/// `bin`
pub(super) fn bin(_operands: &[Operand], _ty: Type) -> Option<Expr> {
    None
}

/// `startofday`
pub(super) fn start_of_day(_operands: &[Operand]) -> Option<Expr> {
    None
}

/// A test of each whole number (or count of ticks) of a column.
pub(super) fn test_whole(column: Expr, passes: impl Fn(Option<i64>) -> bool + Send + Sync + 'static) -> Expr {
    let run = move |columns: &mut [Column]| -> PolarsResult<Column> {
        let (name, _) = shape(columns);
        let Some(column) = columns.first() else { return Ok(Column::default()) };
        let numbers = column.cast(&DataType::Int64)?;
        let answers: Vec<bool> = numbers.i64()?.iter().map(&passes).collect();
        Ok(BooleanChunked::from_slice(name, &answers).into_column())
    };
    map_multiple(run, [column], returns(Type::Bool))
}
