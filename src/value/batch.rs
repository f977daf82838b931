//! Columns by Kusto type, free of any engine.

use super::{Json, Schema, Type, Value, dynamic, format_guid, parse_guid};
use rust_decimal::Decimal;

/// The values of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// `bool`
    Bool(Vec<Option<bool>>),
    /// `int`
    Int(Vec<Option<i32>>),
    /// `long`
    Long(Vec<Option<i64>>),
    /// `real`
    Real(Vec<Option<f64>>),
    /// `decimal`
    Decimal(Vec<Option<Decimal>>),
    /// `datetime`, ticks since 0001-01-01
    Datetime(Vec<Option<i64>>),
    /// `timespan`, ticks
    Timespan(Vec<Option<i64>>),
    /// `guid`
    Guid(Vec<Option<u128>>),
    /// `string`; never null
    String(Vec<String>),
    /// `dynamic`, as its JSON text; a text that is no JSON stands for the string itself
    Dynamic(Vec<Option<String>>),
}

impl Column {
    /// An empty column of a type.
    pub fn empty(ty: Type) -> Column {
        match ty {
            Type::Bool => Column::Bool(vec![]),
            Type::Int => Column::Int(vec![]),
            Type::Long => Column::Long(vec![]),
            Type::Real => Column::Real(vec![]),
            Type::Decimal => Column::Decimal(vec![]),
            Type::Datetime => Column::Datetime(vec![]),
            Type::Timespan => Column::Timespan(vec![]),
            Type::Guid => Column::Guid(vec![]),
            Type::String => Column::String(vec![]),
            Type::Dynamic => Column::Dynamic(vec![]),
        }
    }

    /// The column's type.
    pub const fn ty(&self) -> Type {
        match self {
            Column::Bool(_) => Type::Bool,
            Column::Int(_) => Type::Int,
            Column::Long(_) => Type::Long,
            Column::Real(_) => Type::Real,
            Column::Decimal(_) => Type::Decimal,
            Column::Datetime(_) => Type::Datetime,
            Column::Timespan(_) => Type::Timespan,
            Column::Guid(_) => Type::Guid,
            Column::String(_) => Type::String,
            Column::Dynamic(_) => Type::Dynamic,
        }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Column::Bool(v) => v.len(),
            Column::Int(v) => v.len(),
            Column::Long(v) | Column::Datetime(v) | Column::Timespan(v) => v.len(),
            Column::Real(v) => v.len(),
            Column::Decimal(v) => v.len(),
            Column::Guid(v) => v.len(),
            Column::String(v) => v.len(),
            Column::Dynamic(v) => v.len(),
        }
    }

    /// True when there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a row; past the end, the missing one.
    pub fn value(&self, row: usize) -> Value {
        fn wrap<T: Clone>(v: &[Option<T>], row: usize, make: impl Fn(T) -> Value) -> Value {
            v.get(row).cloned().flatten().map_or(Value::Null, make)
        }
        match self {
            Column::Bool(v) => wrap(v, row, Value::Bool),
            Column::Int(v) => wrap(v, row, Value::Int),
            Column::Long(v) => wrap(v, row, Value::Long),
            Column::Real(v) => wrap(v, row, Value::Real),
            Column::Decimal(v) => wrap(v, row, Value::Decimal),
            Column::Datetime(v) => wrap(v, row, Value::Datetime),
            Column::Timespan(v) => wrap(v, row, Value::Timespan),
            Column::Guid(v) => wrap(v, row, Value::Guid),
            Column::String(v) => Value::String(v.get(row).cloned().unwrap_or_default()),
            Column::Dynamic(v) => wrap(v, row, |text| match dynamic::parse(&text) {
                Json::Null => Value::Null,
                json => Value::Dynamic(json),
            }),
        }
    }

    /// Adds a value. One of another type (numbers of different width apart, which convert) becomes the missing value.
    pub fn push(&mut self, value: Value) {
        match self {
            Column::Bool(v) => v.push(value.as_bool()),
            Column::Int(v) => v.push(value.as_i64().and_then(|n| i32::try_from(n).ok())),
            Column::Long(v) => v.push(value.as_i64()),
            Column::Real(v) => v.push(value.as_f64()),
            Column::Decimal(v) => v.push(match value {
                Value::Decimal(d) => Some(d),
                other => other.as_i64().map(Decimal::from),
            }),
            Column::Datetime(v) => v.push(match value {
                Value::Datetime(t) => Some(t),
                _ => None,
            }),
            Column::Timespan(v) => v.push(match value {
                Value::Timespan(t) => Some(t),
                _ => None,
            }),
            Column::Guid(v) => v.push(match value {
                Value::Guid(g) => Some(g),
                Value::String(text) => parse_guid(&text),
                _ => None,
            }),
            Column::String(v) => v.push(match value {
                Value::String(text) => text,
                _ => String::new(),
            }),
            Column::Dynamic(v) => v.push(match value {
                Value::Null | Value::Dynamic(Json::Null) => None,
                Value::Dynamic(json) => Some(json.to_string()),
                Value::Guid(g) => Some(Json::String(format_guid(g)).to_string()),
                other => Some(dynamic::from_value(&other).to_string()),
            }),
        }
    }
}

/// Some rows: a column for each field of a schema, all of one length.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Batch {
    /// The columns, in the schema's order.
    pub columns: Vec<Column>,
    /// Number of rows (a table without columns may have rows).
    pub rows: usize,
}

impl Batch {
    /// No rows, of that schema.
    pub fn empty(schema: &Schema) -> Batch {
        Batch { columns: schema.fields().iter().map(|f| Column::empty(f.ty)).collect(), rows: 0 }
    }

    /// From rows of values; a short row is filled with missing values.
    pub fn from_rows(schema: &Schema, rows: impl IntoIterator<Item = Vec<Value>>) -> Batch {
        let mut batch = Batch::empty(schema);
        for row in rows {
            let mut row = row.into_iter();
            for column in &mut batch.columns {
                let missing = Value::missing(column.ty());
                column.push(row.next().unwrap_or(missing));
            }
            batch.rows += 1;
        }
        batch
    }

    /// The rows of several batches of one schema, one after the other.
    pub fn concat(schema: &Schema, batches: Vec<Batch>) -> Batch {
        let mut batches = batches.into_iter();
        let Some(mut all) = batches.next() else { return Batch::empty(schema) };
        for batch in batches {
            for (column, more) in all.columns.iter_mut().zip(&batch.columns) {
                (0..batch.rows).for_each(|row| column.push(more.value(row)));
            }
            all.rows += batch.rows;
        }
        all
    }

    /// The values of one row.
    pub fn row(&self, row: usize) -> Vec<Value> {
        self.columns.iter().map(|c| c.value(row)).collect()
    }
}
