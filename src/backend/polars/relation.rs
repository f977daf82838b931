//! Relations to lazy frames.
//!
//! In: a bound relation. Out: a lazy frame with at least the columns of its schema, and more only where the schema has none
//! (the column that counts the rows). The larger operations have files of their own.

use super::failed;
use super::lowering::{Lowering, keep};
use super::types::{self, batch_to_frame, column};
use crate::backend::rowwise;
use crate::diagnostic::{Code, Diagnostic};
use crate::library::table::{Argument, TableCall, TableData, TableFunction};
use crate::plan::{ColumnName, Expr, Relation, RelationKind};
use crate::value::{Batch, Schema};
use ::polars::prelude::{
    DataFrame, DataType, Expr as PolarsExpr, IdxSize, IntoLazy, LazyFrame, UnionArgs, UniqueKeepStrategy, by_name,
    concat,
};

impl Lowering<'_> {
    /// A relation as a lazy frame.
    pub(super) fn relation(&self, relation: &Relation) -> Result<LazyFrame, Diagnostic> {
        use RelationKind as K;
        match &relation.kind {
            K::Scan { .. } => self.scanned(relation),
            K::Values(batch) => {
                batch_to_frame(batch, &relation.schema).map(IntoLazy::lazy).map_err(failed(relation.span))
            }
            K::External(data) => self.external(data, relation),
            K::Range { from, to, step } => self.range(from, to, step, relation),
            K::Filter { input, predicate } => self.filter(input, predicate, &relation.schema),
            K::Project { input, columns } => self.project(input, columns, &relation.schema),
            K::Extend { input, columns } => {
                let frame = self.relation(input)?.with_columns(self.assignments(columns, &input.schema)?);
                Ok(if input.schema.is_empty() { keep(frame, &relation.schema) } else { frame })
            }
            K::Summarize { input, keys, aggregates } => self.summarize(input, keys, aggregates, &relation.schema),
            K::DistinctOn { input, keys } => self.distinct_on(input, keys),
            K::Sort { input, keys } => self.sort(input, keys),
            K::Take { input, count } => self.take(input, count),
            K::Union { inputs } => self.union(inputs, relation),
            K::Join { left, right, kind, keys, right_columns } => {
                self.join(left, right, *kind, keys, right_columns, &relation.schema)
            }
            K::MvExpand { .. } => self.mv_expand(relation),
            K::Parse { .. } => self.parse(relation),
            K::RowNumber { input, name } => self.row_number(input, name, &relation.schema),
            K::Series { .. } => self.series(relation),
            K::Window { input, columns } => self.window(input, columns, relation),
            K::Apply { function, inputs, own_columns, arguments } => {
                self.apply(function, inputs, *own_columns, arguments, relation)
            }
            K::Sequence { .. } | K::Graph { .. } => self.row_by_row(relation),
            K::Shared { id, input } => self.shared(*id, input),
        }
    }

    /// Named expressions over a table.
    pub(super) fn assignments(
        &self,
        columns: &[(ColumnName, Expr)],
        input: &Schema,
    ) -> Result<Vec<PolarsExpr>, Diagnostic> {
        columns.iter().map(|(name, expr)| Ok(self.expr(expr, input)?.alias(types::small(name)))).collect()
    }

    fn project(
        &self,
        input: &Relation,
        columns: &[(ColumnName, Expr)],
        schema: &Schema,
    ) -> Result<LazyFrame, Diagnostic> {
        let frame = self.relation(input)?;
        if schema.is_empty() {
            return Ok(frame.with_columns([rows_column()]).select([column(types::ROWS)]));
        }
        let operands = columns.iter().map(|(_, expr)| self.operand(expr, &input.schema));
        let operands = operands.collect::<Result<Vec<_>, _>>()?;
        let named: Vec<PolarsExpr> =
            operands.iter().zip(columns).map(|(o, (name, _))| o.expr().alias(types::small(name))).collect();
        // A select of constants alone would forget the number of rows.
        if operands.iter().all(|o| o.constant().is_some()) {
            return Ok(keep(frame.with_columns(named), schema));
        }
        Ok(frame.select(named))
    }

    fn distinct_on(&self, input: &Relation, keys: &[Expr]) -> Result<LazyFrame, Diagnostic> {
        let frame = self.relation(input)?;
        let (frame, names) = self.key_columns(frame, keys.iter(), &input.schema)?;
        let subset = by_name(names, true, false);
        Ok(keep(frame.unique_stable(Some(subset), UniqueKeepStrategy::First), &input.schema))
    }

    fn take(&self, input: &Relation, count: &Expr) -> Result<LazyFrame, Diagnostic> {
        let wanted = self.constant(count)?.as_i64().unwrap_or(0).max(0);
        let wanted = IdxSize::try_from(wanted).unwrap_or(IdxSize::MAX);
        if let RelationKind::Sort { input: rows, keys } = &input.kind
            && let Some(candidates) = self.candidates(rows, keys, wanted)?
        {
            return Ok(self.sorted(candidates, keys, &rows.schema)?.limit(wanted));
        }
        if let Some(rows) = self.first_rows(input, wanted)? {
            return Ok(rows.lazy());
        }
        Ok(self.relation(input)?.limit(wanted))
    }

    fn union(&self, inputs: &[Relation], relation: &Relation) -> Result<LazyFrame, Diagnostic> {
        let frames = inputs.iter().map(|input| Ok(keep(self.relation(input)?, &relation.schema)));
        let frames = frames.collect::<Result<Vec<LazyFrame>, Diagnostic>>()?;
        match frames.as_slice() {
            [] => Ok(empty(&relation.schema).lazy()),
            [only] => Ok(only.clone()),
            several => concat(several, UnionArgs::default()).map_err(failed(relation.span)),
        }
    }

    /// A table function: its tables run whole, and the kernel makes the rows.
    fn apply(
        &self,
        function: &TableFunction,
        inputs: &[Relation],
        own_columns: usize,
        arguments: &[(&'static str, Argument)],
        relation: &Relation,
    ) -> Result<LazyFrame, Diagnostic> {
        let table = |input: &Relation| {
            let schema = input.schema.as_ref().clone();
            Ok(TableData { batch: self.batch(input)?, schema })
        };
        let tables = inputs.iter().map(table).collect::<Result<Vec<_>, Diagnostic>>()?;
        let call = TableCall { tables, own_columns, arguments: arguments.to_vec() };
        let batch = (function.kernel)(&call, &relation.schema).map_err(|text| {
            Diagnostic::error(Code::ExecutionFailed, relation.span, format!("`{}`: {text}", function.name))
        })?;
        batch_to_frame(&batch, &relation.schema).map(IntoLazy::lazy).map_err(failed(relation.span))
    }

    /// An operator with a memory of its own: the tables that it reads run whole, and engine-free code makes the rows.
    fn row_by_row(&self, relation: &Relation) -> Result<LazyFrame, Diagnostic> {
        let batch = rowwise::run(relation, self.env.limits.memory, &mut |table| self.batch(table))?;
        batch_to_frame(&batch, &relation.schema).map(IntoLazy::lazy).map_err(failed(relation.span))
    }

    /// All rows of a relation, engine-free.
    pub(super) fn batch(&self, relation: &Relation) -> Result<Batch, Diagnostic> {
        let frame = self.collect(relation)?;
        let batches = types::frame_to_batches(&frame, &relation.schema).map_err(failed(relation.span))?;
        Ok(Batch::concat(&relation.schema, batches))
    }

    fn row_number(&self, input: &Relation, name: &ColumnName, schema: &Schema) -> Result<LazyFrame, Diagnostic> {
        let frame = self.relation(input)?.with_row_index(types::small(name), None);
        let number = column(name).cast(DataType::Int64);
        Ok(keep(frame.with_columns([number]), schema))
    }
}

/// No rows of a schema.
pub(super) fn empty(schema: &Schema) -> DataFrame {
    DataFrame::empty_with_schema(&types::polars_schema(schema))
}

fn rows_column() -> PolarsExpr {
    types::literal(&crate::value::Value::Null, crate::value::Type::Bool).alias(types::ROWS)
}
