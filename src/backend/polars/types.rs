//! Kusto values and polars values, and the way between them.
//!
//! In: columns, batches and values by Kusto type. Out: polars columns, frames and literals, and back. No other module
//! knows how a Kusto type lies in a polars column:
//!
//! | Kusto | polars |
//! |---|---|
//! | `bool`, `int`, `long`, `real` | Boolean, Int32, Int64, Float64 |
//! | `datetime`, `timespan` | Int64, ticks |
//! | `string` | String, never null |
//! | `guid`, `decimal` | String, their canonical text |
//! | `dynamic` | String, JSON text (a text that is no JSON stands for the string itself) |

use crate::value::{self, Batch, Json, Schema, Type, Value, dynamic, format_guid, parse_guid};
use ::polars::prelude::{
    AnyValue, BooleanChunked, Column, DataFrame, DataType, Expr, Field as PolarsField, Float64Chunked, Int32Chunked,
    Int64Chunked, IntoColumn, LiteralValue, NewChunkedArray, PlSmallStr, PolarsResult, Scalar, Schema as PolarsSchema,
    StringChunked,
};
use rust_decimal::Decimal;
use std::sync::Arc;

/// The column that carries the number of rows of a table without columns.
pub(super) const ROWS: &str = "\u{1}rows";

/// How a Kusto type lies in a polars column.
pub(super) const fn data_type(ty: Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Int => DataType::Int32,
        Type::Long | Type::Datetime | Type::Timespan => DataType::Int64,
        Type::Real => DataType::Float64,
        Type::Decimal | Type::Guid | Type::String | Type::Dynamic => DataType::String,
    }
}

/// The polars schema of a table.
pub(super) fn polars_schema(schema: &Schema) -> PolarsSchema {
    let mut fields: Vec<PolarsField> =
        schema.fields().iter().map(|f| PolarsField::new((&*f.name).into(), data_type(f.ty))).collect();
    if fields.is_empty() {
        fields.push(PolarsField::new(ROWS.into(), DataType::Boolean));
    }
    PolarsSchema::from_iter(fields)
}

/// A column by its exact name: `col` of polars would read `*` and `^...$` as patterns.
pub(super) fn column(name: &str) -> Expr {
    Expr::Column(name.into())
}

/// A constant, typed, so that polars has nothing to coerce.
pub(super) fn literal(value: &Value, ty: Type) -> Expr {
    Expr::Literal(LiteralValue::Scalar(scalar(value, ty)))
}

/// Null in the cells of a type; of strings too, which have none outside of a group's computation.
pub(super) fn null_of(ty: Type) -> Expr {
    Expr::Literal(LiteralValue::Scalar(Scalar::null(data_type(ty))))
}

fn scalar(value: &Value, ty: Type) -> Scalar {
    let any = match (value, ty) {
        (Value::Null, Type::String) => AnyValue::StringOwned(PlSmallStr::EMPTY),
        (Value::Null, _) => AnyValue::Null,
        (Value::Bool(b), _) => AnyValue::Boolean(*b),
        (Value::Int(n), Type::Int) => AnyValue::Int32(*n),
        (Value::Long(n), Type::Int) => i32::try_from(*n).map_or(AnyValue::Null, AnyValue::Int32),
        (number, Type::Long) => number.as_i64().map_or(AnyValue::Null, AnyValue::Int64),
        (number, Type::Real) => number.as_f64().map_or(AnyValue::Null, AnyValue::Float64),
        (Value::Datetime(t) | Value::Timespan(t), _) => AnyValue::Int64(*t),
        (other, _) => match cell_text(other, ty) {
            Some(text) => AnyValue::StringOwned(text.into()),
            None => AnyValue::Null,
        },
    };
    Scalar::new(data_type(ty), any)
}

/// The text of a value in a column whose type lies there as text.
fn cell_text(value: &Value, ty: Type) -> Option<String> {
    let mut column = value::Column::empty(ty);
    column.push(value.clone());
    match column {
        value::Column::String(mut texts) => texts.pop(),
        value::Column::Dynamic(mut texts) => texts.pop().flatten(),
        value::Column::Decimal(mut cells) => cells.pop().flatten().map(|d| d.to_string()),
        value::Column::Guid(mut cells) => cells.pop().flatten().map(format_guid),
        _ => None,
    }
}

/// The value of a text cell.
pub(super) fn text_value(text: &str, ty: Type) -> Value {
    match ty {
        Type::Decimal => parse_decimal(text).map_or(Value::Null, Value::Decimal),
        Type::Guid => parse_guid(text).map_or(Value::Null, Value::Guid),
        Type::Dynamic => match dynamic::parse(text) {
            Json::Null => Value::Null,
            json => Value::Dynamic(json),
        },
        _ => Value::String(text.to_owned()),
    }
}

/// Reads the text of a decimal cell.
pub(super) fn parse_decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// The cells of a polars column, read one at a time as Kusto values.
pub(super) enum Cells {
    /// One value for all rows.
    Constant(Value),
    /// `bool`
    Bool(BooleanChunked),
    /// `int`
    Int(Int32Chunked),
    /// `long`
    Long(Int64Chunked),
    /// `datetime`
    Datetime(Int64Chunked),
    /// `timespan`
    Timespan(Int64Chunked),
    /// `real`
    Real(Float64Chunked),
    /// Types that lie there as text.
    Text(StringChunked, Type),
}

impl Cells {
    /// The cells of a column of a Kusto type. A column of one row stands for as many rows as are asked for.
    pub(super) fn new(column: &Column, ty: Type) -> PolarsResult<Cells> {
        let repeated = column.as_scalar_column().is_some() || column.len() == 1;
        let cells = Cells::read(&if repeated { column.head(Some(1)) } else { column.rechunk() }, ty)?;
        Ok(if repeated && !column.is_empty() { Cells::Constant(cells.value(0)) } else { cells })
    }

    fn read(column: &Column, ty: Type) -> PolarsResult<Cells> {
        Ok(match ty {
            Type::Bool => Cells::Bool(column.bool()?.clone()),
            Type::Int => Cells::Int(column.i32()?.clone()),
            Type::Long => Cells::Long(column.i64()?.clone()),
            Type::Datetime => Cells::Datetime(column.i64()?.clone()),
            Type::Timespan => Cells::Timespan(column.i64()?.clone()),
            Type::Real => Cells::Real(column.f64()?.clone()),
            Type::Decimal | Type::Guid | Type::String | Type::Dynamic => Cells::Text(column.str()?.clone(), ty),
        })
    }

    /// The value at a row; past the end, null.
    pub(super) fn value(&self, row: usize) -> Value {
        match self {
            Cells::Constant(value) => value.clone(),
            Cells::Bool(ca) => ca.get(row).map_or(Value::Null, Value::Bool),
            Cells::Int(ca) => ca.get(row).map_or(Value::Null, Value::Int),
            Cells::Long(ca) => ca.get(row).map_or(Value::Null, Value::Long),
            Cells::Datetime(ca) => ca.get(row).map_or(Value::Null, Value::Datetime),
            Cells::Timespan(ca) => ca.get(row).map_or(Value::Null, Value::Timespan),
            Cells::Real(ca) => ca.get(row).map_or(Value::Null, Value::Real),
            Cells::Text(ca, ty) => ca.get(row).map_or_else(|| Value::missing(*ty), |text| text_value(text, *ty)),
        }
    }
}

/// A Kusto column as a polars column.
pub(super) fn to_polars(name: &str, column: value::Column) -> Column {
    let name: PlSmallStr = name.into();
    match column {
        value::Column::Bool(v) => BooleanChunked::from_slice_options(name, &v).into_column(),
        value::Column::Int(v) => Int32Chunked::from_slice_options(name, &v).into_column(),
        value::Column::Long(v) | value::Column::Datetime(v) | value::Column::Timespan(v) => {
            Int64Chunked::from_slice_options(name, &v).into_column()
        }
        value::Column::Real(v) => Float64Chunked::from_slice_options(name, &v).into_column(),
        value::Column::Decimal(v) => {
            StringChunked::from_iter_options(name, v.iter().map(|d| d.map(|d| d.to_string()))).into_column()
        }
        value::Column::Guid(v) => {
            StringChunked::from_iter_options(name, v.iter().map(|g| g.map(format_guid))).into_column()
        }
        value::Column::String(v) => StringChunked::from_iter_values(name, v.iter().map(String::as_str)).into_column(),
        value::Column::Dynamic(v) => {
            StringChunked::from_iter_options(name, v.iter().map(Option::as_deref)).into_column()
        }
    }
}

/// A polars column as a Kusto column.
pub(super) fn from_polars(column: &Column, ty: Type) -> PolarsResult<value::Column> {
    let texts = || column.str();
    Ok(match ty {
        Type::Bool => value::Column::Bool(column.bool()?.iter().collect()),
        Type::Int => value::Column::Int(column.i32()?.iter().collect()),
        Type::Long => value::Column::Long(column.i64()?.iter().collect()),
        Type::Datetime => value::Column::Datetime(column.i64()?.iter().collect()),
        Type::Timespan => value::Column::Timespan(column.i64()?.iter().collect()),
        Type::Real => value::Column::Real(column.f64()?.iter().collect()),
        Type::Decimal => value::Column::Decimal(texts()?.iter().map(|t| t.and_then(parse_decimal)).collect()),
        Type::Guid => value::Column::Guid(texts()?.iter().map(|t| t.and_then(parse_guid)).collect()),
        Type::String => value::Column::String(texts()?.iter().map(|t| t.unwrap_or_default().to_owned()).collect()),
        Type::Dynamic => value::Column::Dynamic(texts()?.iter().map(|t| t.map(str::to_owned)).collect()),
    })
}

/// Rows as a polars frame, in the types of this module's table. A table without columns keeps its number of rows.
///
/// # Errors
/// When the batch does not fit the schema.
pub fn batch_to_frame(batch: &Batch, schema: &Schema) -> PolarsResult<DataFrame> {
    let columns = schema.fields().iter().zip(&batch.columns).map(|(f, c)| to_polars(&f.name, c.clone()));
    let mut columns: Vec<Column> = columns.collect();
    if columns.is_empty() {
        columns.push(Column::full_null(ROWS.into(), batch.rows, &DataType::Boolean));
    }
    DataFrame::new(batch.rows, columns)
}

/// A polars frame of this module's types as rows; it may hold more columns than the schema.
///
/// # Errors
/// When a column is missing or has another type.
pub fn frame_to_batches(frame: &DataFrame, schema: &Schema) -> PolarsResult<Vec<Batch>> {
    let columns = schema.fields().iter().map(|f| from_polars(frame.column(&f.name)?, f.ty));
    Ok(vec![Batch { columns: columns.collect::<PolarsResult<_>>()?, rows: frame.height() }])
}

/// A shared name.
pub(super) fn small(name: &Arc<str>) -> PlSmallStr {
    (&**name).into()
}
