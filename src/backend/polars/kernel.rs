//! Library kernels over polars columns: what runs where this backend has no translation of its own.
//!
//! In: a function, and for each argument a constant or a polars expression. Out: a polars expression that hands the rows to
//! the kernel one at a time. A text column is asked once for each distinct text, since most are repetitive.

use super::operand::Operand;
use super::types::{self, Cells};
use crate::library::{Function, Volatility};
use crate::value::{self, Type, Value};
use ::polars::prelude::{
    Column, Expr, Field, IdxSize, PlHashMap, PlSmallStr, PolarsResult, Schema, map_multiple, polars_err,
};
use std::sync::Arc;

/// The most distinct texts of one piece of a column that are remembered.
const MEMORY: usize = 1 << 16;

/// An argument of a kernel over columns.
#[derive(Clone)]
enum Argument {
    /// The same for all rows.
    Constant(Value),
    /// The column at that place of the expression's inputs.
    Column(usize, Type),
}

/// A call by kernel. `rows` names any column of the input, for calls that read none but differ by row.
pub(super) fn call(function: &'static Function, operands: &[Operand], ty: Type, rows: &Expr) -> Expr {
    let mut inputs = Vec::new();
    let mut arguments = Vec::new();
    for operand in operands {
        arguments.push(match operand {
            Operand::Constant(value, _) => Argument::Constant(value.clone()),
            Operand::Column(expr, ty) => {
                inputs.push(expr.clone());
                Argument::Column(inputs.len() - 1, *ty)
            }
        });
    }
    if inputs.is_empty() {
        inputs.push(rows.clone());
    }
    let evaluate = move |values: &[Value]| function.evaluate(values);
    let distinct = function.volatility == Volatility::Stable;
    map_values(inputs, arguments_of(arguments), ty, distinct, Arc::new(evaluate))
}

/// A function on the values of some expressions, row by row, as an expression. It must be stable: a text may be asked for
/// once only.
pub(super) fn map_rows(
    inputs: Vec<(Expr, Type)>,
    ty: Type,
    evaluate: impl Fn(&[Value]) -> Value + Send + Sync + 'static,
) -> Expr {
    let arguments = inputs.iter().enumerate().map(|(i, (_, ty))| Argument::Column(i, *ty)).collect();
    let inputs = inputs.into_iter().map(|(expr, _)| expr).collect();
    map_values(inputs, arguments_of(arguments), ty, true, Arc::new(evaluate))
}

type Evaluate = Arc<dyn Fn(&[Value]) -> Value + Send + Sync>;

fn arguments_of(arguments: Vec<Argument>) -> Arc<[Argument]> {
    arguments.into()
}

fn map_values(inputs: Vec<Expr>, arguments: Arc<[Argument]>, ty: Type, distinct: bool, evaluate: Evaluate) -> Expr {
    let run = move |columns: &mut [Column]| run(columns, &arguments, ty, distinct, &evaluate);
    map_multiple(run, inputs, returns(ty))
}

/// The field that a function of a Kusto type yields: named as its first input.
pub(super) fn returns(ty: Type) -> impl Fn(&Schema, &[Field]) -> PolarsResult<Field> + Send + Sync + 'static {
    move |_, fields| {
        let name = fields.first().map_or(PlSmallStr::EMPTY, |f| f.name.clone());
        Ok(Field::new(name, types::data_type(ty)))
    }
}

fn run(
    columns: &mut [Column],
    arguments: &[Argument],
    ty: Type,
    distinct: bool,
    evaluate: &Evaluate,
) -> PolarsResult<Column> {
    let (name, rows) = shape(columns);
    let cells = arguments.iter().map(|argument| match argument {
        Argument::Constant(value) => Ok(Cells::Constant(value.clone())),
        Argument::Column(at, ty) => {
            let column = columns.get(*at).ok_or_else(|| polars_err!(ComputeError: "an argument is missing"))?;
            Cells::new(column, *ty)
        }
    });
    let cells = cells.collect::<PolarsResult<Vec<Cells>>>()?;
    if rows == 0 {
        return Ok(types::to_polars(&name, value::Column::empty(ty)));
    }
    let mut varying = cells.iter().enumerate().filter(|(_, c)| !matches!(c, Cells::Constant(_)));
    match (varying.next(), varying.next()) {
        (None, _) if distinct => one_row(&cells, ty, rows, evaluate, name),
        (Some((at, Cells::Text(..))), None) if distinct => by_distinct_text(&cells, at, ty, rows, evaluate, name),
        _ => {
            let mut result = value::Column::empty(ty);
            let mut values = Vec::with_capacity(cells.len());
            for row in 0..rows {
                values.clear();
                values.extend(cells.iter().map(|c| c.value(row)));
                result.push(evaluate(&values));
            }
            Ok(types::to_polars(&name, result))
        }
    }
}

/// The name and the number of rows of the inputs of an expression: a column of one row stands for any number.
pub(super) fn shape(columns: &[Column]) -> (PlSmallStr, usize) {
    let name = columns.first().map_or(PlSmallStr::EMPTY, |c| c.name().clone());
    let lengths = || columns.iter().map(Column::len);
    (name, lengths().find(|n| *n != 1).or_else(|| lengths().next()).unwrap_or(0))
}

fn one_row(cells: &[Cells], ty: Type, rows: usize, evaluate: &Evaluate, name: PlSmallStr) -> PolarsResult<Column> {
    let mut result = value::Column::empty(ty);
    let values: Vec<Value> = cells.iter().map(|c| c.value(0)).collect();
    result.push(evaluate(&values));
    Ok(types::to_polars(&name, result).new_from_index(0, rows))
}

/// Asks once for each distinct text of the one column that varies, then gathers.
fn by_distinct_text(
    cells: &[Cells],
    at: usize,
    ty: Type,
    rows: usize,
    evaluate: &Evaluate,
    name: PlSmallStr,
) -> PolarsResult<Column> {
    let mut answers = value::Column::empty(ty);
    let mut known: PlHashMap<Option<&str>, IdxSize> = PlHashMap::default();
    let mut places: Vec<IdxSize> = Vec::with_capacity(rows);
    let Some(Cells::Text(texts, _)) = cells.get(at) else { return one_row(cells, ty, rows, evaluate, name) };
    let mut values: Vec<Value> = cells.iter().map(|c| c.value(0)).collect();
    for (row, text) in texts.iter().enumerate() {
        if let Some(place) = known.get(&text) {
            places.push(*place);
            continue;
        }
        if let (Some(slot), Some(cell)) = (values.get_mut(at), cells.get(at)) {
            *slot = cell.value(row);
        }
        let place = answers.len() as IdxSize;
        answers.push(evaluate(&values));
        places.push(place);
        if known.len() < MEMORY {
            known.insert(text, place);
        }
    }
    types::to_polars(&name, answers).take_slice(&places)
}
