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

/// How the files of a table hold its columns.
#[derive(Clone, Copy)]
pub(in crate::backend::polars) struct Stored<'a> {
    /// The files.
    pub(in crate::backend::polars) files: &'a [&'a DataFile],
    /// Stored names by the columns' own, where they differ.
    pub(in crate::backend::polars) renamed: &'a BTreeMap<Arc<str>, Arc<str>>,
}

/// The wanted columns of the mirror's files. Text columns are passed on as they are, so that filters on them reach the
/// reader.
pub(super) fn scan(table: &Table, stored: Stored<'_>, bounds: ScanBounds, schema: &Schema) -> PolarsResult<LazyFrame> {
    let paths: Vec<PathBuf> = stored.files.iter().map(|file| file.path.clone()).collect();
    let frame = parquet(&paths, Arc::new(file_schema(table, stored, schema)))?;
    let physical = layout::physical(Type::Datetime);
    let time = table.time_column.as_deref();
    let frame = match time.and_then(|name| coarse(&column(stored.name(name)), bounds, &physical)) {
        Some(predicate) => frame.filter(predicate),
        None => frame,
    };
    if schema.is_empty() {
        let any = table.schema.names().next().map_or_else(|| missing(Type::Bool), |name| column(stored.name(name)));
        return Ok(frame.select([any.is_null().alias(ROWS)]));
    }
    Ok(frame.select(schema.fields().iter().map(|field| stored.value(field)).collect::<Vec<Expr>>()))
}

/// The columns of the files that are needed: those wanted, companions of datetimes, and the time column for the bounds.
fn file_schema(table: &Table, stored: Stored<'_>, schema: &Schema) -> PolarsSchema {
    let first = table.schema.fields().first().filter(|_| schema.is_empty());
    let time = table.time_column.as_deref().filter(|name| schema.field(name).is_none());
    let time = time.and_then(|name| table.schema.field(name)).filter(|f| first.is_none_or(|g| g.name != f.name));
    PolarsSchema::from_iter(schema.fields().iter().chain(time).chain(first).flat_map(|field| stored.columns(field)))
}

impl<'a> Stored<'a> {
    /// The name of a column in the files.
    pub(in crate::backend::polars) fn name(&self, name: &'a str) -> &'a str {
        self.renamed.get(name).map_or(name, |stored| stored)
    }

    /// What the files hold for a column: itself, and its companion.
    pub(in crate::backend::polars) fn columns(&self, field: &'a Field) -> impl Iterator<Item = PolarsField> + use<'a> {
        let own = PolarsField::new(self.name(&field.name).into(), layout::physical(field.ty));
        let ticks = field.ty == Type::Datetime && self.has_ticks(&field.name);
        let ticks = ticks.then(|| PolarsField::new(self.companion(&field.name).into(), DataType::Int8));
        std::iter::once(own).chain(ticks)
    }

    /// A column in the backend's own types.
    pub(in crate::backend::polars) fn value(&self, field: &'a Field) -> Expr {
        let name = &field.name;
        let plain = self.name(name);
        let column_of = || if plain == &**name { column(name) } else { column(plain).alias(types::small(name)) };
        match field.ty {
            Type::Datetime => {
                let micros = ticks(column_of(), TimeUnit::Microseconds);
                if !self.has_ticks(name) {
                    return micros;
                }
                let tick = column(&self.companion(name)).cast(DataType::Int64);
                (micros + tick.fill_null(types::literal(&Value::Long(0), Type::Long))).alias(types::small(name))
            }
            Type::String if self.may_lack(name) => column_of().fill_null(missing(Type::String)),
            _ => column_of(),
        }
    }

    /// The name of a datetime's companion in the files.
    fn companion(&self, name: &str) -> String {
        let companion = layout::tick_column(name);
        self.renamed.get(companion.as_str()).map_or(companion, |stored| stored.to_string())
    }

    /// Whether a datetime column of some file may have a companion.
    fn has_ticks(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.contents.as_ref().is_none_or(|c| c.ticks.iter().any(|t| &**t == name)))
    }

    /// Whether some file may lack a column, or a text in it. Of files that another program wrote nothing is known.
    fn may_lack(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.contents.as_ref().is_none_or(|c| c.missing.iter().any(|m| &**m == name)))
    }
}
