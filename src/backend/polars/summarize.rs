//! `summarize`: a row for each group.
//!
//! Aggregations that polars has are its own expressions. For all others the arguments of a group become lists, and the
//! library's kernel runs on each group's values.

use super::lists::{OnList, on_list};
use super::lowering::{Lowering, keep};
use super::operand::Operand;
use super::relation::empty;
use super::sort::canonical;
use super::types::{self, Cells};
use super::{aggregate, failed, rowwise};
use crate::diagnostic::Diagnostic;
use crate::library::{AggregateFunction, NativeAggregate};
use crate::plan::{Aggregate, ColumnName, Expr, Relation};
use crate::value::{self, Schema, Type, Value};
use ::polars::prelude::{Column, DataFrame, Expr as PolarsExpr, IntoLazy, LazyFrame, PlSmallStr, PolarsResult};

/// An aggregation by kernel: where its arguments' lists lie, and what it yields.
struct ByKernel {
    function: &'static AggregateFunction,
    /// The same without its kernel, over the list of the first argument.
    on_list: Option<OnList>,
    arguments: Vec<ListArgument>,
    results: Vec<(ColumnName, Type)>,
}

/// An argument of an aggregation by kernel.
enum ListArgument {
    /// The same for all rows.
    Constant(Value),
    /// A column of lists.
    Lists(PlSmallStr, Type),
}

impl Lowering<'_> {
    /// A row for each group; without keys, one row in all.
    pub(super) fn summarize(
        &self,
        input: &Relation,
        keys: &[(ColumnName, Expr)],
        aggregates: &[Aggregate],
        schema: &Schema,
    ) -> Result<LazyFrame, Diagnostic> {
        if let Some(groups) = self.folded(input, keys, aggregates, schema)? {
            return Ok(groups);
        }
        let key_exprs = keys
            .iter()
            .map(|(name, key)| Ok(canonical(self.expr(key, &input.schema)?, key.ty).alias(types::small(name))))
            .collect::<Result<Vec<PolarsExpr>, Diagnostic>>()?;
        let mut exprs = Vec::new();
        let mut kernels = Vec::new();
        let mut spread = Vec::new();
        for (at, aggregate) in aggregates.iter().enumerate() {
            let operands = aggregate.arguments.iter().map(|a| self.operand(a, &input.schema));
            let operands = operands.collect::<Result<Vec<Operand>, _>>()?;
            // An aggregation of polars over a literal does not see how many rows there are.
            let columns: Vec<Operand> = operands.iter().map(|operand| over_rows(operand, &mut spread)).collect();
            match aggregate::native(aggregate, &columns) {
                Some(native) => exprs.extend(native),
                None => {
                    let values = columns.into_iter().take(1).chain(operands.into_iter().skip(1));
                    let operands: Vec<Operand> = values.collect();
                    let on_list = on_list(aggregate.function.native, &operands);
                    // The list leaves out nulls, and so the rows for which the condition of an `if` form is not true.
                    let operands = match (&on_list, aggregate.function.native) {
                        (Some(_), Some(NativeAggregate::MakeListIf | NativeAggregate::MakeSetIf)) => {
                            aggregate::masked(&operands).into_iter().collect()
                        }
                        (Some(_), _) => operands.into_iter().take(1).collect(),
                        (None, _) => operands,
                    };
                    kernels.push(by_kernel(at, aggregate, on_list, &operands, &mut exprs));
                }
            }
        }
        let mut frame = self.relation(input)?;
        let winners = aggregates.iter().any(aggregate::has_winner);
        if winners || !keys.is_empty() && (!kernels.is_empty() || !self.streams()) {
            // Lists need all rows at once, as all does in memory, so nothing is lost by running the input here; and no groups
            // at all are more than polars can bear beside lists, and in memory beside the rows of extremes.
            let rows = self.run(frame).map_err(failed(input.span))?;
            if !keys.is_empty() && rows.height() == 0 {
                return Ok(empty(schema).lazy());
            }
            frame = rows.lazy();
        }
        if !spread.is_empty() {
            frame = frame.with_columns(spread);
        }
        let mut frame = grouped(frame, key_exprs, exprs, kernels.is_empty() && aggregates.is_empty());
        if winners {
            // Of equal rows the first one wins, which the streaming engine does not know any more.
            frame = frame.collect().map_err(failed(input.span))?.lazy();
        }
        Ok(keep(with_kernels(frame, kernels, schema), schema))
    }
}

/// A constant as a column of the input.
fn over_rows(operand: &Operand, spread: &mut Vec<PolarsExpr>) -> Operand {
    let Operand::Constant(value, ty) = operand else { return operand.clone() };
    let name: PlSmallStr = format!("\u{1}constant{}", spread.len()).into();
    spread.push(types::literal(value, *ty).alias(name.clone()));
    Operand::Column(::polars::prelude::col(name), *ty)
}

fn grouped(frame: LazyFrame, keys: Vec<PolarsExpr>, mut exprs: Vec<PolarsExpr>, distinct: bool) -> LazyFrame {
    if keys.is_empty() {
        if exprs.is_empty() {
            exprs.push(::polars::prelude::len().alias(types::ROWS));
        }
        return frame.select(exprs);
    }
    if distinct {
        return frame.select(keys).unique_stable(None, ::polars::prelude::UniqueKeepStrategy::Any);
    }
    frame.group_by_stable(keys).agg(exprs)
}

/// Gathers the arguments of an aggregation into lists.
fn by_kernel(
    at: usize,
    aggregate: &Aggregate,
    on_list: Option<OnList>,
    operands: &[Operand],
    exprs: &mut Vec<PolarsExpr>,
) -> ByKernel {
    let mut arguments = Vec::new();
    for (place, operand) in operands.iter().enumerate() {
        arguments.push(match operand {
            Operand::Constant(value, _) => ListArgument::Constant(value.clone()),
            Operand::Column(expr, ty) => {
                let name: PlSmallStr = format!("\u{1}list{at}_{place}").into();
                exprs.push(expr.clone().implode(true).alias(name.clone()));
                ListArgument::Lists(name, *ty)
            }
        });
    }
    if !arguments.iter().any(|a| matches!(a, ListArgument::Lists(..))) {
        // The kernel still has to see how many rows there are.
        let name: PlSmallStr = format!("\u{1}list{at}").into();
        exprs.push(::polars::prelude::len().alias(name.clone()));
        arguments.push(ListArgument::Lists(name, Type::Long));
    }
    let mut results = vec![(aggregate.name.clone(), aggregate.ty)];
    results.extend(aggregate.more.iter().cloned());
    ByKernel { function: aggregate.function, on_list, arguments, results }
}

/// Runs the kernels over the lists of each group.
fn with_kernels(frame: LazyFrame, kernels: Vec<ByKernel>, schema: &Schema) -> LazyFrame {
    if kernels.is_empty() {
        return frame;
    }
    let names: Vec<String> = schema.names().map(str::to_owned).collect();
    rowwise::map(frame, schema, "kernels", move |mut groups| {
        for kernel in &kernels {
            for made in kernel.run(&groups)? {
                groups.with_column(made)?;
            }
        }
        groups.select(&names)
    })
}

impl ByKernel {
    fn run(&self, groups: &DataFrame) -> PolarsResult<Vec<Column>> {
        let mut results: Vec<value::Column> = self.results.iter().map(|(_, ty)| value::Column::empty(*ty)).collect();
        for group in 0..groups.height() {
            if let (Some(on_list), [ListArgument::Lists(name, ty)]) = (&self.on_list, self.arguments.as_slice()) {
                on_list.run(&members(groups.column(name)?, group)?, *ty, &mut results)?;
                continue;
            }
            let arguments = self.values(groups, group)?;
            let mut values = (self.function.kernel)(&arguments).into_iter();
            for result in &mut results {
                let missing = Value::missing(result.ty());
                result.push(values.next().unwrap_or(missing));
            }
        }
        Ok(self.results.iter().zip(results).map(|((name, _), column)| types::to_polars(name, column)).collect())
    }

    /// The arguments of one group, a list each, constants repeated.
    fn values(&self, groups: &DataFrame, group: usize) -> PolarsResult<Vec<Vec<Value>>> {
        let mut lists: Vec<Option<Vec<Value>>> = Vec::new();
        for argument in &self.arguments {
            lists.push(match argument {
                ListArgument::Constant(_) => None,
                ListArgument::Lists(name, ty) => Some(list(groups.column(name)?, group, *ty)?),
            });
        }
        let rows = lists.iter().flatten().map(Vec::len).next().unwrap_or(0);
        Ok(lists
            .into_iter()
            .zip(&self.arguments)
            .map(|(list, argument)| match (list, argument) {
                (None, ListArgument::Constant(value)) => vec![value.clone(); rows],
                (list, _) => list.unwrap_or_default(),
            })
            .collect())
    }
}

/// The cells of one list.
fn members(lists: &Column, group: usize) -> PolarsResult<Column> {
    let series = lists.list()?.get_as_series(group);
    Ok(series.map_or_else(Column::default, Column::from))
}

/// The values of one list; a column that is a mere count stands for so many nulls.
fn list(lists: &Column, group: usize, ty: Type) -> PolarsResult<Vec<Value>> {
    let Ok(cells) = lists.list() else {
        let rows = lists.get(group)?.try_extract::<usize>()?;
        return Ok(vec![Value::Null; rows]);
    };
    if cells.is_empty() {
        return Ok(vec![]);
    }
    let values = members(lists, group)?;
    let rows = values.len();
    let cells = Cells::new(&values, ty)?;
    Ok((0..rows).map(|row| cells.value(row)).collect())
}
