//! Files that the mirror wrote, see [`layout`](crate::mirror::layout).

use super::{coarse, missing, parquet, ticks};
use crate::backend::polars::types::{self, ROWS, column};
use crate::catalog::{DataFile, Table};
use crate::mirror::layout;
use crate::plan::ScanBounds;
use crate::value::{Field, Schema, Type, Value};
use ::polars::prelude::{
    DataType, Expr, Field as PolarsField, LazyFrame, PolarsResult, Schema as PolarsSchema, TimeUnit,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The wanted columns of the mirror's files. Text columns are passed on as they are, so that filters on them reach the
/// reader.
pub(super) fn scan(
    table: &Table,
    files: &[&DataFile],
    renamed: &Renamed,
    bounds: ScanBounds,
    schema: &Schema,
) -> PolarsResult<LazyFrame> {
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    let frame = parquet(&paths, Arc::new(file_schema(table, files, renamed, schema)))?;
    let physical = layout::physical(Type::Datetime);
    let time = table.time_column.as_deref();
    let frame = match time.and_then(|name| coarse(&column(stored(renamed, name)), bounds, &physical)) {
        Some(predicate) => frame.filter(predicate),
        None => frame,
    };
    if schema.is_empty() {
        let any = table.schema.names().next().map_or_else(|| missing(Type::Bool), |name| column(stored(renamed, name)));
        return Ok(frame.select([any.is_null().alias(ROWS)]));
    }
    Ok(frame.select(schema.fields().iter().map(|field| value(files, renamed, field)).collect::<Vec<Expr>>()))
}

/// The columns of the files that are needed: those wanted, companions of datetimes, and the time column for the bounds.
fn file_schema(table: &Table, files: &[&DataFile], renamed: &Renamed, schema: &Schema) -> PolarsSchema {
    let mut fields: Vec<PolarsField> = Vec::new();
    let first = table.schema.fields().first().filter(|_| schema.is_empty());
    let time = table.time_column.as_deref().filter(|name| schema.field(name).is_none());
    let time = time.and_then(|name| table.schema.field(name)).filter(|f| first.is_none_or(|g| g.name != f.name));
    for field in schema.fields().iter().chain(time).chain(first) {
        fields.push(PolarsField::new(stored(renamed, &field.name).into(), layout::physical(field.ty)));
        if field.ty == Type::Datetime && has_ticks(files, &field.name) {
            fields.push(PolarsField::new(layout::tick_column(&field.name).into(), DataType::Int8));
        }
    }
    PolarsSchema::from_iter(fields)
}

/// A column in the backend's own types.
fn value(files: &[&DataFile], renamed: &Renamed, field: &Field) -> Expr {
    let name = &field.name;
    let plain = stored(renamed, name);
    let column_of = || if plain == &**name { column(name) } else { column(plain).alias(types::small(name)) };
    match field.ty {
        Type::Datetime => {
            let micros = ticks(column_of(), TimeUnit::Microseconds);
            if !has_ticks(files, name) {
                return micros;
            }
            let tick = column(&layout::tick_column(name)).cast(DataType::Int64);
            (micros + tick.fill_null(types::literal(&Value::Long(0), Type::Long))).alias(types::small(name))
        }
        Type::String if may_lack(files, name) => column_of().fill_null(missing(Type::String)),
        _ => column_of(),
    }
}

/// Stored names by the columns' own, where they differ.
type Renamed = BTreeMap<Arc<str>, Arc<str>>;

/// The name of a column in the files.
fn stored<'n>(renamed: &'n Renamed, name: &'n str) -> &'n str {
    renamed.get(name).map_or(name, |stored| stored)
}

/// Whether a datetime column of some file may have a companion.
fn has_ticks(files: &[&DataFile], name: &str) -> bool {
    files.iter().any(|file| file.contents.as_ref().is_none_or(|c| c.ticks.iter().any(|t| &**t == name)))
}

/// Whether some file may lack a column, or a text in it. Of files that another program wrote nothing is known.
fn may_lack(files: &[&DataFile], name: &str) -> bool {
    files.iter().any(|file| file.contents.as_ref().is_none_or(|c| c.missing.iter().any(|m| &**m == name)))
}
