//! Window functions: one pass over rows in order.
//!
//! The arguments are translated like any expression; the pass itself reads their cells and writes a column.

use super::failed;
use super::lowering::Lowering;
use super::types::{self, Cells, column};
use crate::diagnostic::Diagnostic;
use crate::plan::{Relation, WindowColumn, WindowFunction};
use crate::value::{self, Type, Value};
use ::polars::prelude::{Column, DataFrame, IntoLazy, LazyFrame, PolarsResult};
use rust_decimal::Decimal;

impl Lowering<'_> {
    /// The rows and the columns of window functions over them.
    pub(super) fn window(
        &self,
        input: &Relation,
        columns: &[WindowColumn],
        relation: &Relation,
    ) -> Result<LazyFrame, Diagnostic> {
        let mut arguments = vec![];
        for (place, column) in columns.iter().enumerate() {
            for (argument, expr) in column.function.expressions().into_iter().enumerate() {
                arguments.push(self.expr(expr, &input.schema)?.alias(argument_name(place, argument)));
            }
        }
        let frame = self.relation(input)?.with_columns(arguments);
        let mut frame = self.run(frame).map_err(failed(relation.span))?;
        for (place, window) in columns.iter().enumerate() {
            let computed = windowed(&frame, place, window).map_err(failed(window.span))?;
            frame.with_column(computed).map_err(failed(window.span))?;
        }
        let kept = relation.schema.names().map(column).collect::<Vec<_>>();
        Ok(frame.lazy().select(kept))
    }
}

/// A name for an argument's column that no Kusto column has.
fn argument_name(place: usize, argument: usize) -> String {
    format!("\u{1}window{place}.{argument}")
}

/// The cells of the arguments, in their order.
fn cells(frame: &DataFrame, place: usize, function: &WindowFunction) -> PolarsResult<Vec<Cells>> {
    let arguments = function.expressions().into_iter().enumerate();
    arguments.map(|(at, expr)| Cells::new(frame.column(&argument_name(place, at))?, expr.ty)).collect()
}

fn windowed(frame: &DataFrame, place: usize, window: &WindowColumn) -> PolarsResult<Column> {
    let cells = cells(frame, place, &window.function)?;
    let rows = frame.height();
    let read = |argument: usize, row: usize| cells.get(argument).map_or(Value::Null, |c| c.value(row));
    let holds = |argument: usize, row: usize| read(argument, row) == Value::Bool(true);
    let mut out = value::Column::empty(window.ty);
    match &window.function {
        WindowFunction::RowNumber { first, .. } => {
            let mut number = *first;
            for row in 0..rows {
                number = if row == 0 || holds(0, row) { *first } else { number + 1 };
                out.push(Value::Long(number));
            }
        }
        WindowFunction::Shift { offset, default, .. } => {
            for row in 0..rows {
                let from = i64::try_from(row).ok().and_then(|r| usize::try_from(r - offset).ok());
                out.push(match from.filter(|from| *from < rows) {
                    Some(from) => read(0, from),
                    None if default.is_some() => read(1, row),
                    None => Value::missing(window.ty),
                });
            }
        }
        WindowFunction::CumulativeSum { .. } => {
            let mut sum = zero(window.ty);
            for row in 0..rows {
                let before = if holds(1, row) { zero(window.ty) } else { sum };
                sum = plus(before, &read(0, row));
                out.push(sum.clone());
            }
        }
        WindowFunction::RankDense { .. } => ranks(rows, read, holds, &mut out, |rank, _| rank + 1),
        WindowFunction::RankMin { .. } => ranks(rows, read, holds, &mut out, |_, number| number),
        WindowFunction::Session { from_first, between, .. } => {
            sessions(rows, (*from_first, *between), read, holds, &mut out);
        }
    }
    Ok(types::to_polars(&window.name, out))
}

/// A rank that changes with the value; `next` makes the new one of the old one and the row's number since the last start.
fn ranks(
    rows: usize,
    read: impl Fn(usize, usize) -> Value,
    holds: impl Fn(usize, usize) -> bool,
    out: &mut value::Column,
    next: impl Fn(i64, i64) -> i64,
) {
    let (mut rank, mut number, mut last) = (0, 0, None);
    for row in 0..rows {
        let current = read(0, row);
        if row == 0 || holds(1, row) {
            (rank, number) = (1, 1);
        } else {
            number += 1;
            if !last.as_ref().is_some_and(|last| same(last, &current)) {
                rank = next(rank, number);
            }
        }
        last = Some(current);
        out.push(Value::Long(rank));
    }
}

/// Whether a value goes on: NaN equals nothing, yet neighbours that are no number are of one kind.
fn same(a: &Value, b: &Value) -> bool {
    let no_number = |value: &Value| matches!(value, Value::Real(x) if x.is_nan());
    a == b || (no_number(a) && no_number(b))
}

/// The start of each row's session.
fn sessions(
    rows: usize,
    (from_first, between): (i64, i64),
    read: impl Fn(usize, usize) -> Value,
    holds: impl Fn(usize, usize) -> bool,
    out: &mut value::Column,
) {
    let mut session: Option<(i64, i64)> = None;
    for row in 0..rows {
        let Some(time) = read(0, row).as_ticks() else {
            out.push(Value::Null);
            continue;
        };
        let open = session.filter(|(start, last)| {
            !holds(1, row) && time.saturating_sub(*start) <= from_first && time.saturating_sub(*last) <= between
        });
        let start = open.map_or(time, |(start, _)| start);
        session = Some((start, time));
        out.push(Value::Datetime(start));
    }
}

const fn zero(ty: Type) -> Value {
    match ty {
        Type::Real => Value::Real(0.0),
        Type::Decimal => Value::Decimal(Decimal::ZERO),
        Type::Timespan => Value::Timespan(0),
        _ => Value::Long(0),
    }
}

/// The sum with one more value; null adds nothing.
fn plus(sum: Value, value: &Value) -> Value {
    match (&sum, value) {
        (Value::Long(a), Value::Long(b)) => Value::Long(a.wrapping_add(*b)),
        (Value::Real(a), Value::Real(b)) => Value::Real(a + b),
        (Value::Decimal(a), Value::Decimal(b)) => a.checked_add(*b).map_or(Value::Null, Value::Decimal),
        (Value::Timespan(a), Value::Timespan(b)) => a.checked_add(*b).map_or(Value::Null, Value::Timespan),
        _ => sum,
    }
}
