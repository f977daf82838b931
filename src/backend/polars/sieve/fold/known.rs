//! Texts that were met already, and the way from whole numbers to cells.
//!
//! In: texts, in any order. Out: their numbers, in the order in which they first came.

use crate::backend::polars::types;
use crate::value::{Field, Type};
use ::polars::prelude::{Column, DataType, Int64Chunked, IntoColumn, NewChunkedArray, PlHashMap, PolarsResult};

/// Distinct texts and their numbers.
#[derive(Default)]
pub(super) struct Texts {
    numbers: PlHashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Texts {
    /// The number of a text, a new one when it was not met yet.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }

    /// The text of a number.
    pub(super) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }

    /// All texts, by number.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }
}

/// Whole numbers in the cells of a column's type.
pub(super) fn numbers_of(field: &Field, values: Vec<Option<i64>>) -> PolarsResult<Column> {
    let column = Int64Chunked::from_slice_options(types::small(&field.name), &values).into_column();
    match field.ty {
        Type::Int => column.cast(&DataType::Int32),
        Type::Bool => column.cast(&DataType::Boolean),
        _ => Ok(column),
    }
}
