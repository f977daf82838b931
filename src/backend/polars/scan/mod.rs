//! Tables of the catalog to lazy frames.
//!
//! In: a table, the columns wanted of it, bounds on its time column. Out: a lazy frame of those columns in the types of
//! [`types`](super::types). Bounds leave out files and row groups, never decide a row: the filter above does.

mod footer;
mod foreign;
mod mirror;

pub(super) use foreign::scan_file as foreign_file;
pub use foreign::scan_foreign_schema;
pub(super) use mirror::Stored;

use super::lowering::Lowering;
use super::relation::empty;
use super::types::{batch_to_frame, literal};
use super::{failed, types};
use crate::catalog::{DataFile, FileLayout, Table, TableSource};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Relation, RelationKind, ScanBounds};
use crate::value::{Batch, Schema, Value, datetime};
use ::polars::prelude::PlRefPath;
use ::polars::prelude::{
    AnyValue, CastColumnsPolicy, DataType, DslBuilder, Expr, ExtraColumnsPolicy, IntoLazy, LazyFrame, LiteralValue,
    MissingColumnsPolicy, ParquetOptions, PolarsResult, Scalar, ScanSources, SchemaRef, TimeUnit, UnifiedScanArgs,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Lowering<'_> {
    /// The wanted columns of a table.
    pub(super) fn scan(
        &self,
        table: &Arc<Table>,
        bounds: ScanBounds,
        relation: &Relation,
    ) -> Result<LazyFrame, Diagnostic> {
        let schema = &relation.schema;
        match &table.source {
            TableSource::Batch(batch) => {
                let wanted = columns_of(batch, &table.schema, schema);
                batch_to_frame(&wanted, schema).map(IntoLazy::lazy).map_err(failed(relation.span))
            }
            TableSource::Files { files, layout, renamed } => {
                let wanted = self.within(files, bounds);
                self.count_files(relation, &wanted);
                if wanted.is_empty() {
                    return Ok(empty(schema).lazy());
                }
                self.runs_streaming();
                let bounds = needed(bounds, &wanted);
                let frame = match layout {
                    FileLayout::Mirror => mirror::scan(table, Stored { files: &wanted, renamed }, bounds, schema),
                    FileLayout::Foreign => foreign::scan(table, &wanted, bounds, schema),
                };
                frame.map_err(|error| {
                    let text = super::first_line(&error.to_string());
                    let message = format!("the files of `{}` cannot be read: {text}", table.name);
                    Diagnostic::error(Code::CannotRead, relation.span, message)
                })
            }
        }
    }

    /// The files that may hold rows within the bounds.
    pub(super) fn within<'f>(&self, files: &'f [DataFile], bounds: ScanBounds) -> Vec<&'f DataFile> {
        let mut wanted = kept_files(files, bounds);
        if self.first_file_only() {
            wanted.truncate(1);
        }
        wanted
    }

    /// Counts the files of a scan that are read.
    pub(super) fn count_files(&self, scan: &Relation, read: &[&DataFile]) {
        let RelationKind::Scan { table, bounds } = &scan.kind else { return };
        let TableSource::Files { files, .. } = &table.source else { return };
        self.record(|stats| {
            stats.files_read += read.len() as u64;
            stats.files_skipped += (files.len() - read.len()) as u64;
            stats.columns_read += scan.schema.len() as u64;
        });
        if self.env.limits.stats {
            self.count_row_groups(read, table.time_column.as_deref(), *bounds);
        }
    }

    /// Counts what the bounds leave out within the files.
    fn count_row_groups(&self, files: &[&DataFile], time_column: Option<&str>, bounds: ScanBounds) {
        for file in files {
            let Ok(groups) = footer::row_groups(&file.path, time_column) else { continue };
            self.record(|stats| {
                for group in groups {
                    if group.time.is_some_and(|(first, last)| !within(first, last, bounds)) {
                        stats.row_groups_skipped += 1;
                    } else {
                        stats.row_groups_read += 1;
                        stats.rows_read += group.rows;
                    }
                }
            });
        }
    }
}

/// The wanted columns of rows in memory.
fn columns_of(batch: &Batch, all: &Schema, wanted: &Schema) -> Batch {
    let places = wanted.names().filter_map(|name| all.index_of(name));
    Batch { columns: places.filter_map(|at| batch.columns.get(at).cloned()).collect(), rows: batch.rows }
}

/// The files that may hold rows within the bounds.
pub(super) fn kept_files(files: &[DataFile], bounds: ScanBounds) -> Vec<&DataFile> {
    files.iter().filter(|file| overlaps(file, bounds)).collect()
}

/// The earliest and latest time in files, where all of them are known.
pub(super) fn span_of(files: &[&DataFile]) -> Option<(i64, i64)> {
    let ranges = files.iter().map(|file| file.time_range).collect::<Option<Vec<(i64, i64)>>>()?;
    let (first, last) = (ranges.iter().map(|r| r.0).min()?, ranges.iter().map(|r| r.1).max()?);
    Some((first, last))
}

/// The bounds that leave out some row of the files.
pub(super) fn needed(bounds: ScanBounds, files: &[&DataFile]) -> ScanBounds {
    let Some((first, last)) = span_of(files) else { return bounds };
    ScanBounds { from: bounds.from.filter(|from| first < *from), to: bounds.to.filter(|to| last > *to) }
}

fn overlaps(file: &DataFile, bounds: ScanBounds) -> bool {
    file.rows != Some(0) && file.time_range.is_none_or(|(first, last)| within(first, last, bounds))
}

/// Whether a span of time touches the bounds.
fn within(first: i64, last: i64, bounds: ScanBounds) -> bool {
    bounds.from.is_none_or(|from| last >= from) && bounds.to.is_none_or(|to| first <= to)
}

/// A scan of parquet files that all are read as the given schema; columns that a file lacks are null there, further ones
/// are left alone.
fn parquet(paths: &[PathBuf], schema: SchemaRef) -> PolarsResult<LazyFrame> {
    let paths = paths.iter().map(|path| path_of(path)).collect::<PolarsResult<Vec<PlRefPath>>>()?;
    let options = ParquetOptions { schema: Some(schema), ..ParquetOptions::default() };
    let arguments = UnifiedScanArgs {
        glob: false,
        cast_columns_policy: CastColumnsPolicy { integer_upcast: true, ..CastColumnsPolicy::ERROR_ON_MISMATCH },
        missing_columns_policy: MissingColumnsPolicy::Insert,
        extra_columns_policy: ExtraColumnsPolicy::Ignore,
        ..UnifiedScanArgs::default()
    };
    let sources = ScanSources::Paths(paths.into_iter().collect());
    Ok(DslBuilder::scan_parquet(sources, options, arguments)?.build().into())
}

fn path_of(path: &Path) -> PolarsResult<PlRefPath> {
    PlRefPath::try_from_path(path)
}

/// Rows outside of the bounds, by the column as the file has it, so that the statistics of row groups apply. Rounded down to
/// the file's unit on both ends: a row of the first or last unit may lie on either side of a bound.
fn coarse(column: &Expr, bounds: ScanBounds, dtype: &DataType) -> Option<Expr> {
    let DataType::Datetime(unit, zone) = dtype else { return None };
    let bound = |ticks: i64| {
        let value = AnyValue::DatetimeOwned(in_unit(ticks, *unit)?, *unit, zone.clone().map(Arc::new));
        Some(Expr::Literal(LiteralValue::Scalar(Scalar::new(dtype.clone(), value))))
    };
    let from = bounds.from.and_then(bound).map(|from| column.clone().gt_eq(from));
    let to = bounds.to.and_then(bound).map(|to| column.clone().lt_eq(to));
    match (from, to) {
        (Some(from), Some(to)) => Some(from.and(to)),
        (from, to) => from.or(to),
    }
}

/// Ticks in a unit of polars since 1970, rounded down; none beyond the unit's range.
pub(super) fn in_unit(ticks: i64, unit: TimeUnit) -> Option<i64> {
    let since = ticks.checked_sub(datetime::UNIX_EPOCH)?;
    match unit {
        TimeUnit::Nanoseconds => since.checked_mul(100),
        TimeUnit::Microseconds => Some(since.div_euclid(10)),
        TimeUnit::Milliseconds => Some(since.div_euclid(10_000)),
    }
}

/// The opposite of [`in_unit`].
fn ticks_of(count: i64, unit: TimeUnit) -> Option<i64> {
    let since = match unit {
        TimeUnit::Nanoseconds => Some(count.div_euclid(100)),
        TimeUnit::Microseconds => count.checked_mul(10),
        TimeUnit::Milliseconds => count.checked_mul(10_000),
    };
    since?.checked_add(datetime::UNIX_EPOCH)
}

/// Ticks of a datetime column of polars.
fn ticks(column: Expr, unit: TimeUnit) -> Expr {
    let count = |n: i64| literal(&Value::Long(n), crate::value::Type::Long);
    let raw = column.cast(DataType::Int64);
    let since = match unit {
        TimeUnit::Nanoseconds => raw.floor_div(count(100)),
        TimeUnit::Microseconds => raw * count(10),
        TimeUnit::Milliseconds => raw * count(10_000),
    };
    since + count(datetime::UNIX_EPOCH)
}

/// A column that a file does not have.
fn missing(ty: crate::value::Type) -> Expr {
    types::literal(&Value::missing(ty), ty)
}
