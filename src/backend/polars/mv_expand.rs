//! `mv-expand`: a row for each element.

use super::function::converted;
use super::lowering::Lowering;
use super::rowwise;
use super::types::{self, ROWS};
use crate::diagnostic::Diagnostic;
use crate::plan::{ColumnName, Relation, RelationKind};
use crate::value::{self, Json, Schema, Type, Value, dynamic};
use ::polars::prelude::{Column, DataFrame, IdxSize, LazyFrame, PlHashMap, PolarsResult, StringChunked};
use std::rc::Rc;

/// The most cells whose elements are remembered.
const REMEMBERED: usize = 4096;

/// What is expanded, and how.
struct Expansion {
    columns: Vec<(ColumnName, Type)>,
    item_index: Option<ColumnName>,
    bag_as_array: bool,
    limit: usize,
    schema: Schema,
}

impl Lowering<'_> {
    /// A row for each element of the expanded columns.
    pub(super) fn mv_expand(&self, relation: &Relation) -> Result<LazyFrame, Diagnostic> {
        let RelationKind::MvExpand { input, columns, item_index, bag_as_array, limit } = &relation.kind else {
            return Err(Diagnostic::bug("not a `mv-expand`"));
        };
        let values = columns
            .iter()
            .enumerate()
            .map(|(at, column)| Ok(self.expr(&column.value, &input.schema)?.alias(source_name(at))));
        let values = values.collect::<Result<Vec<_>, Diagnostic>>()?;
        let expansion = Expansion {
            columns: columns.iter().map(|c| (c.name.clone(), c.ty)).collect(),
            item_index: item_index.clone(),
            bag_as_array: *bag_as_array,
            limit: limit.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX),
            schema: relation.schema.as_ref().clone(),
        };
        let frame = self.relation(input)?.with_columns(values);
        Ok(rowwise::map(frame, &relation.schema, "mv-expand", move |frame| expansion.run(&frame)))
    }
}

/// The name of the column that holds the value that is expanded.
fn source_name(at: usize) -> String {
    format!("\u{1}expand{at}")
}

/// Adds an element to a column of its type.
fn push(column: &mut value::Column, element: &Json) {
    let ty = column.ty();
    match column {
        value::Column::Dynamic(cells) => cells.push((!element.is_null()).then(|| element.to_string())),
        column if element.is_null() => column.push(Value::missing(ty)),
        column => column.push(converted(&Value::Dynamic(element.clone()), ty)),
    }
}

impl Expansion {
    fn run(&self, frame: &DataFrame) -> PolarsResult<DataFrame> {
        let sources = (0..self.columns.len()).map(|at| Ok(frame.column(&source_name(at))?.rechunk()));
        let sources = sources.collect::<PolarsResult<Vec<Column>>>()?;
        let texts = sources.iter().map(|column| column.str()).collect::<PolarsResult<Vec<&StringChunked>>>()?;
        let mut known: PlHashMap<&str, Rc<[Json]>> = PlHashMap::default();
        let mut made: Vec<value::Column> = self.columns.iter().map(|(_, ty)| value::Column::empty(*ty)).collect();
        let mut rows: Vec<IdxSize> = Vec::new();
        let mut indexes: Vec<Option<i64>> = Vec::new();
        for row in 0..frame.height() {
            let lists: Vec<Rc<[Json]>> = texts.iter().map(|cells| self.list(cells.get(row), &mut known)).collect();
            let longest = lists.iter().map(|list| list.len()).max().unwrap_or(0).min(self.limit);
            for index in 0..longest {
                rows.push(row as IdxSize);
                indexes.push(i64::try_from(index).ok());
                for (column, list) in made.iter_mut().zip(&lists) {
                    push(column, list.get(index).unwrap_or(&Json::Null));
                }
            }
        }
        self.assemble(frame, &rows, made, indexes)
    }

    /// The elements of a cell, remembered: the same few values are met again and again.
    fn list<'t>(&self, text: Option<&'t str>, known: &mut PlHashMap<&'t str, Rc<[Json]>>) -> Rc<[Json]> {
        let Some(text) = text else { return Rc::new([Json::Null]) };
        if known.len() > REMEMBERED {
            known.clear();
        }
        known.entry(text).or_insert_with(|| self.elements(dynamic::parse(text)).into()).clone()
    }

    /// The elements of a value: null is one, an empty array has none.
    fn elements(&self, value: Json) -> Vec<Json> {
        let property = |(key, value): (String, Json)| match self.bag_as_array {
            true => Json::Array(vec![Json::String(key), value]),
            false => Json::Object(std::iter::once((key, value)).collect()),
        };
        match value {
            Json::Array(items) => items,
            Json::Object(bag) => bag.into_iter().map(property).collect(),
            other => vec![other],
        }
    }

    /// The input's columns repeated, the expanded ones in their places.
    fn assemble(
        &self,
        frame: &DataFrame,
        rows: &[IdxSize],
        made: Vec<value::Column>,
        indexes: Vec<Option<i64>>,
    ) -> PolarsResult<DataFrame> {
        let mut made: Vec<Column> =
            self.columns.iter().zip(made).map(|((name, _), column)| types::to_polars(name, column)).collect();
        if let Some(name) = &self.item_index {
            made.push(types::to_polars(name, value::Column::Long(indexes)));
        }
        let columns = self.schema.names().map(|name| match made.iter().find(|c| c.name().as_str() == name) {
            Some(column) => Ok(column.clone()),
            None => frame.column(name)?.take_slice(rows),
        });
        let mut columns = columns.collect::<PolarsResult<Vec<Column>>>()?;
        if columns.is_empty() {
            columns.push(frame.column(ROWS)?.take_slice(rows)?);
        }
        DataFrame::new(rows.len(), columns)
    }
}
