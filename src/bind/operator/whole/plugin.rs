//! What `evaluate` says of a plugin's parameters, and what the query declares of its columns.
//!
//! In: a call. Out: words and schemas. Nothing here reports anything.

use crate::library::table::{Argument, TableCall, Takes};
use crate::syntax::ast;
use crate::value::{Field, Schema, Type};

/// What a parameter takes, in words.
pub(in crate::bind::operator) fn wanted(takes: Takes) -> String {
    let (what, types) = match takes {
        Takes::Column(types) => ("a column", types),
        Takes::Expression(types) => ("a value of each row", types),
        Takes::Constant(types) => ("a constant", types),
        Takes::ColumnOrConstant(types) => ("a column or a constant", types),
        Takes::Table => ("a table", &[] as &[Type]),
        Takes::ColumnOfTable(types) => ("a column of the table before", types),
    };
    if types.is_empty() {
        return what.to_owned();
    }
    let names: Vec<String> = types.iter().map(|t| format!("`{t}`")).collect();
    format!("{what} of type {}", names.join(" or "))
}

/// The columns that the query declares; `*` stands for the input's, but for those that are arguments.
pub(in crate::bind::operator) fn declared_schema(call: &TableCall, declared: &ast::EvaluateSchema) -> Schema {
    let taken = |index: usize| {
        call.arguments.iter().any(|(_, a)| matches!(a, Argument::Column { table: 0, index: i, .. } if *i == index))
    };
    let input = call.input_columns().filter(|c| declared.star && !taken(c.index));
    let input = input.map(|c| Field { name: c.name.into(), ty: c.ty });
    let columns = declared.columns.iter().map(|c| Field { name: c.name.text.clone(), ty: c.ty.ty });
    let columns: Vec<Field> = columns.collect();
    let kept: Vec<Field> = input.filter(|f| !columns.iter().any(|c| c.name == f.name)).collect();
    Schema::new(kept.into_iter().chain(columns))
}
