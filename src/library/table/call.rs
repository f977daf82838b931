//! What a table function is called with.

use crate::value::{Batch, Column, Field, Schema, Type, Value};
use std::collections::HashSet;

/// A table: a schema and its rows.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TableData {
    /// The columns.
    pub schema: Schema,
    /// The rows; none while the query is bound.
    pub batch: Batch,
}

impl TableData {
    /// A table without rows.
    pub fn of_schema(schema: Schema) -> TableData {
        TableData { batch: Batch::empty(&schema), schema }
    }
}

/// An argument of a table function.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// A column of one of the tables.
    Column {
        /// Number of the table in [`TableCall::tables`].
        table: usize,
        /// Place of the column in its schema.
        index: usize,
        /// The name that it has for the user: that of the column, or the one an expression gets.
        name: String,
    },
    /// A constant.
    Constant(Value),
    /// One of the tables.
    Table(usize),
}

/// A column of a call, found by the name of its parameter.
#[derive(Clone, Copy, Debug)]
pub struct InputColumn<'c> {
    /// The name that it has for the user.
    pub name: &'c str,
    /// Its type.
    pub ty: Type,
    /// Its values.
    pub values: &'c Column,
    /// Place in its table's schema.
    pub index: usize,
}

/// A call: tables (the piped one first) and arguments by the names of their parameters, in the order of the parameters.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TableCall {
    /// The tables. Columns computed for expressions stand behind the table's own (see [`TableCall::own_columns`]).
    pub tables: Vec<TableData>,
    /// How many columns of the first table are the user's.
    pub own_columns: usize,
    /// Parameter and argument; a parameter that repeats comes several times, one left out not at all.
    pub arguments: Vec<(&'static str, Argument)>,
}

impl TableCall {
    /// The piped table.
    ///
    /// # Errors
    /// When there is none.
    pub fn input(&self) -> Result<&TableData, String> {
        self.tables.first().ok_or_else(|| "there are no rows to work on".to_owned())
    }

    /// The user's columns of the piped table: name, type and values.
    pub fn input_columns(&self) -> impl Iterator<Item = InputColumn<'_>> {
        let columns = self.tables.first().into_iter().flat_map(|t| t.schema.fields().iter().zip(&t.batch.columns));
        let columns = columns.take(self.own_columns).enumerate();
        columns.map(|(index, (f, values))| InputColumn { name: &f.name, ty: f.ty, values, index })
    }

    /// Number of rows of the piped table.
    pub fn rows(&self) -> usize {
        self.tables.first().map_or(0, |t| t.batch.rows)
    }

    /// The argument of a parameter.
    pub fn argument(&self, parameter: &str) -> Option<&Argument> {
        self.arguments.iter().find(|(name, _)| *name == parameter).map(|(_, argument)| argument)
    }

    /// The columns given to a parameter.
    pub fn columns<'c>(&'c self, parameter: &str) -> Vec<InputColumn<'c>> {
        let given = self.arguments.iter().filter(|(name, _)| *name == parameter);
        given.filter_map(|(_, argument)| self.column_of(argument)).collect()
    }

    /// The column given to a parameter; none when it was left out, or a constant was given.
    pub fn column(&self, parameter: &str) -> Option<InputColumn<'_>> {
        self.argument(parameter).and_then(|argument| self.column_of(argument))
    }

    /// The column given to a parameter that cannot be left out.
    ///
    /// # Errors
    /// When it is not there.
    pub fn required(&self, parameter: &str) -> Result<InputColumn<'_>, String> {
        self.column(parameter).ok_or_else(|| format!("`{parameter}` takes a column"))
    }

    fn column_of<'c>(&'c self, argument: &'c Argument) -> Option<InputColumn<'c>> {
        let Argument::Column { table, index, name } = argument else { return None };
        let table = self.tables.get(*table)?;
        let (field, values) = table.schema.fields().get(*index).zip(table.batch.columns.get(*index))?;
        Some(InputColumn { name, ty: field.ty, values, index: *index })
    }

    /// The constant given to a parameter.
    pub fn constant(&self, parameter: &str) -> Option<&Value> {
        match self.argument(parameter)? {
            Argument::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// All constants given to a parameter.
    pub fn constants<'c>(&'c self, parameter: &'c str) -> impl Iterator<Item = &'c Value> {
        self.arguments.iter().filter_map(move |(name, argument)| match argument {
            Argument::Constant(value) if *name == parameter => Some(value),
            _ => None,
        })
    }

    /// The table given to a parameter.
    pub fn table(&self, parameter: &str) -> Option<&TableData> {
        match self.argument(parameter)? {
            Argument::Table(place) => self.tables.get(*place),
            _ => None,
        }
    }
}

/// The columns of two tables side by side, as a join names them: one whose name is taken gets the next free number.
pub(super) fn joined_fields(left: Vec<Field>, right: Vec<Field>) -> Schema {
    let mut taken: HashSet<String> = left.iter().map(|f| f.name.to_string()).collect();
    let wanted: HashSet<String> = right.iter().map(|f| f.name.to_string()).collect();
    let named = right.into_iter().map(|field| {
        let mut name = field.name.to_string();
        if taken.contains(&name) {
            let free = |n: &usize| {
                let numbered = format!("{}{n}", field.name);
                !taken.contains(&numbered) && !wanted.contains(&numbered)
            };
            let number = (1..).find(free).unwrap_or_default();
            name = format!("{}{number}", field.name);
        }
        taken.insert(name.clone());
        Field { name: name.into(), ty: field.ty }
    });
    let named: Vec<Field> = named.collect();
    Schema::new(left.into_iter().chain(named))
}
