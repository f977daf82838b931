//! `mv-expand`: a row for each element.

use super::function::converted;
use super::lowering::Lowering;
use super::rowwise;
use super::types::{self, ROWS};
use crate::diagnostic::Diagnostic;
use crate::plan::{ColumnName, Relation, RelationKind};
use crate::value::{self, Json, Schema, Type, Value, dynamic};
use ::polars::prelude::{
    ChunkTake, Column, DataFrame, IdxCa, IdxSize, IntoColumn, LazyFrame, NewChunkedArray, PlHashMap, PlSmallStr,
    PolarsResult, StringChunked,
};
use std::cell::Cell;
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

/// An element, and the place of its text among all texts once a row has it.
struct Element {
    json: Json,
    text: Cell<Option<IdxSize>>,
}

impl Element {
    const fn new(json: Json) -> Element {
        Element { json, text: Cell::new(None) }
    }
}

/// The cells of an expanded column.
enum Made {
    /// Dynamic ones, by the places of their texts: rows of the same element share its text.
    Texts(Vec<IdxSize>),
    /// Those of another type.
    Values(value::Column),
}

impl Made {
    fn new(ty: Type) -> Made {
        if ty == Type::Dynamic { Made::Texts(vec![]) } else { Made::Values(value::Column::empty(ty)) }
    }

    /// Adds an element; `texts` are all texts so far.
    fn push(&mut self, element: &Element, texts: &mut Vec<Option<String>>) {
        match self {
            Made::Texts(places) => {
                let place = element.text.get().unwrap_or_else(|| {
                    texts.push((!element.json.is_null()).then(|| element.json.to_string()));
                    texts.len() as IdxSize - 1
                });
                element.text.set(Some(place));
                places.push(place);
            }
            Made::Values(column) if element.json.is_null() => column.push(Value::missing(column.ty())),
            Made::Values(column) => column.push(converted(&Value::Dynamic(element.json.clone()), column.ty())),
        }
    }

    fn column(self, name: &ColumnName, texts: &StringChunked) -> PolarsResult<Column> {
        Ok(match self {
            Made::Texts(places) => {
                texts.take(&IdxCa::from_vec(types::small(name), places))?.with_name(types::small(name)).into_column()
            }
            Made::Values(column) => types::to_polars(name, column),
        })
    }
}

impl Expansion {
    fn run(&self, frame: &DataFrame) -> PolarsResult<DataFrame> {
        let sources = (0..self.columns.len()).map(|at| Ok(frame.column(&source_name(at))?.rechunk()));
        let sources = sources.collect::<PolarsResult<Vec<Column>>>()?;
        let texts: Vec<&StringChunked> = sources.iter().map(Column::str).collect::<PolarsResult<_>>()?;
        let mut known: PlHashMap<&str, Rc<[Element]>> = PlHashMap::default();
        let null: Rc<[Element]> = Rc::new([Element::new(Json::Null)]);
        let nothing = Element::new(Json::Null);
        let mut made: Vec<Made> = self.columns.iter().map(|(_, ty)| Made::new(*ty)).collect();
        let mut texts_made: Vec<Option<String>> = Vec::new();
        let mut rows: Vec<IdxSize> = Vec::new();
        let mut indexes: Vec<Option<i64>> = Vec::new();
        for row in 0..frame.height() {
            let cells = texts.iter().map(|cells| cells.get(row));
            let lists: Vec<Rc<[Element]>> =
                cells.map(|cell| cell.map_or_else(|| null.clone(), |text| self.list(text, &mut known))).collect();
            let longest = lists.iter().map(|list| list.len()).max().unwrap_or(0).min(self.limit);
            for index in 0..longest {
                rows.push(row as IdxSize);
                indexes.push(i64::try_from(index).ok());
                for (column, list) in made.iter_mut().zip(&lists) {
                    column.push(list.get(index).unwrap_or(&nothing), &mut texts_made);
                }
            }
        }
        let texts_made = StringChunked::from_iter_options(PlSmallStr::EMPTY, texts_made.into_iter());
        let made = self.columns.iter().zip(made).map(|((name, _), made)| made.column(name, &texts_made));
        self.assemble(frame, &rows, made.collect::<PolarsResult<_>>()?, indexes)
    }

    /// The elements of a cell, remembered: the same few values are met again and again.
    fn list<'t>(&self, text: &'t str, known: &mut PlHashMap<&'t str, Rc<[Element]>>) -> Rc<[Element]> {
        if known.len() > REMEMBERED {
            known.clear();
        }
        let elements = || self.elements(dynamic::parse(text)).into_iter().map(Element::new).collect();
        known.entry(text).or_insert_with(elements).clone()
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
        mut made: Vec<Column>,
        indexes: Vec<Option<i64>>,
    ) -> PolarsResult<DataFrame> {
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
