//! Parquet files of anybody: types are adapted, missing columns and null texts filled.

use super::footer::{self, Columns};
use super::{coarse, missing, parquet, ticks};
use crate::backend::polars::types::{self, ROWS, column};
use crate::backend::polars::{failed_reading, function, kernel};
use crate::catalog::{DataFile, Table};
use crate::diagnostic::Diagnostic;
use crate::plan::ScanBounds;
use crate::value::datetime::{TICKS_PER_DAY, UNIX_EPOCH};
use crate::value::{Field, Json, Schema, Type, Value, dynamic};
use ::polars::prelude::{
    AnyValue, Column, DataType, Expr, IntoColumn, LazyFrame, NewChunkedArray, PolarsResult, StringChunked, TimeUnit,
    UnionArgs, concat, map_multiple,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The columns of a parquet file as a table of Kusto.
///
/// # Errors
/// When the file cannot be read, or holds a column that has no like in Kusto.
pub fn scan_foreign_schema(path: &Path) -> Result<Schema, Diagnostic> {
    let columns = footer::columns(path).map_err(|error| failed_reading(path, &error))?;
    Ok(Schema::new(
        columns.schema.iter().map(|(name, dtype)| Field { name: name.as_str().into(), ty: kusto_type(dtype) }),
    ))
}

/// The Kusto type that takes a column.
fn kusto_type(dtype: &DataType) -> Type {
    match dtype {
        DataType::Boolean => Type::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => Type::Int,
        DataType::UInt32 | DataType::Int64 | DataType::UInt64 => Type::Long,
        DataType::Float32 | DataType::Float64 => Type::Real,
        DataType::Decimal(..) => Type::Decimal,
        DataType::Datetime(..) | DataType::Date => Type::Datetime,
        DataType::Duration(_) => Type::Timespan,
        DataType::List(_) | DataType::Struct(_) => Type::Dynamic,
        _ => Type::String,
    }
}

/// The wanted columns of files, which need not agree in their own types.
pub(super) fn scan(table: &Table, files: &[&DataFile], bounds: ScanBounds, schema: &Schema) -> PolarsResult<LazyFrame> {
    let mut groups: Vec<(Columns, Vec<PathBuf>)> = Vec::new();
    for DataFile { path, .. } in files {
        let columns = footer::columns(path)?;
        let known = groups.last_mut().filter(|(c, _)| c.schema == columns.schema && c.full == columns.full);
        match known {
            Some((_, paths)) => paths.push(path.clone()),
            None => groups.push((columns, vec![path.clone()])),
        }
    }
    let frames = groups.into_iter().map(|(columns, paths)| scan_alike(table, &paths, columns, bounds, schema));
    let frames = frames.collect::<PolarsResult<Vec<LazyFrame>>>()?;
    match frames.as_slice() {
        [only] => Ok(only.clone()),
        several => concat(several, UnionArgs::default()),
    }
}

/// The wanted columns of one file.
pub(in crate::backend::polars) fn scan_file(
    table: &Table,
    file: &DataFile,
    schema: &Schema,
) -> PolarsResult<LazyFrame> {
    scan(table, &[file], ScanBounds::default(), schema)
}

/// Files whose columns have the same types.
fn scan_alike(
    table: &Table,
    paths: &[PathBuf],
    columns: Columns,
    bounds: ScanBounds,
    schema: &Schema,
) -> PolarsResult<LazyFrame> {
    let exprs: Vec<Expr> = schema.fields().iter().map(|field| adapted(field, &columns)).collect();
    let time = table.time_column.as_deref().and_then(|name| Some((name, columns.schema.get(name)?)));
    let predicate = time.and_then(|(name, dtype)| coarse(&column(name), bounds, dtype));
    let any = columns.schema.iter_names().next().map_or_else(|| missing(Type::Bool), |name| column(name));
    let has_column = schema.names().any(|name| columns.schema.contains(name));
    let mut frame = parquet(paths, Arc::new(columns.schema))?;
    if let Some(predicate) = predicate {
        frame = frame.filter(predicate);
    }
    if has_column {
        return Ok(frame.select(exprs));
    }
    // Nothing that is wanted is there: constants alone would forget the number of rows.
    let rows = any.is_null().alias(ROWS);
    if schema.is_empty() {
        return Ok(frame.select([rows]));
    }
    Ok(frame.select([rows]).with_columns(exprs).select(schema.names().map(column).collect::<Vec<Expr>>()))
}

/// A column of a file in the type that the table has for it.
fn adapted(field: &Field, columns: &Columns) -> Expr {
    let name = &*field.name;
    let Some(dtype) = columns.schema.get(name) else { return missing(field.ty).alias(name) };
    let raw = column(name);
    let full = columns.full.iter().any(|full| full == name);
    let of = kusto_type(dtype);
    if of != field.ty {
        return converted(natural(raw, dtype), of, field.ty).alias(name);
    }
    let value = natural(raw, dtype);
    if field.ty == Type::String && !full { value.fill_null(missing(Type::String)) } else { value }
}

/// A column in the backend's form of the Kusto type that takes it.
fn natural(raw: Expr, dtype: &DataType) -> Expr {
    let count = |n: i64| types::literal(&Value::Long(n), Type::Long);
    match dtype {
        DataType::Datetime(unit, _) => ticks(raw, *unit),
        DataType::Date => raw.cast(DataType::Int64) * count(TICKS_PER_DAY) + count(UNIX_EPOCH),
        DataType::Duration(TimeUnit::Nanoseconds) => raw.cast(DataType::Int64).floor_div(count(100)),
        DataType::Duration(TimeUnit::Microseconds) => raw.cast(DataType::Int64) * count(10),
        DataType::Duration(TimeUnit::Milliseconds) => raw.cast(DataType::Int64) * count(10_000),
        DataType::List(_) | DataType::Struct(_) => map_multiple(json_texts, [raw], kernel::returns(Type::Dynamic)),
        own => {
            let target = types::data_type(kusto_type(own));
            if *own == target { raw } else { raw.cast(target) }
        }
    }
}

/// A column of a type in another type, by the library's conversion; null where there is none.
fn converted(value: Expr, from: Type, to: Type) -> Expr {
    kernel::map_rows(vec![(value, from)], to, move |row| {
        row.first().map_or(Value::missing(to), |value| function::converted(value, to))
    })
}

/// Nested values as JSON text.
fn json_texts(columns: &mut [Column]) -> PolarsResult<Column> {
    let Some(first) = columns.first() else { return Ok(Column::default()) };
    let mut texts: Vec<Option<String>> = Vec::with_capacity(first.len());
    for row in 0..first.len() {
        let json = json(&first.get(row)?);
        texts.push((!json.is_null()).then(|| json.to_string()));
    }
    Ok(StringChunked::from_iter_options(first.name().clone(), texts.iter().map(Option::as_deref)).into_column())
}

fn json(value: &AnyValue) -> Json {
    match value {
        AnyValue::Null => Json::Null,
        AnyValue::Boolean(b) => Json::Bool(*b),
        AnyValue::String(text) => Json::String((*text).to_owned()),
        AnyValue::StringOwned(text) => Json::String(text.to_string()),
        AnyValue::List(items) => {
            Json::Array((0..items.len()).map(|at| items.get(at).map_or(Json::Null, |v| json(&v))).collect())
        }
        AnyValue::Struct(_, _, fields) => {
            let names = fields.iter().map(|f| f.name().to_string());
            Json::Object(names.zip(value._iter_struct_av().map(|v| json(&v))).collect())
        }
        AnyValue::Float32(x) => dynamic::from_value(&Value::Real(f64::from(*x))),
        AnyValue::Float64(x) => dynamic::from_value(&Value::Real(*x)),
        AnyValue::Datetime(t, unit, _) => {
            super::ticks_of(*t, *unit).map_or(Json::Null, |t| dynamic::from_value(&Value::Datetime(t)))
        }
        number => match number.try_extract::<i64>() {
            Ok(n) => Json::from(n),
            Err(_) => Json::String(number.to_string()),
        },
    }
}
