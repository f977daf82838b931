//! What the footers of parquet files say, without reading a row.

use super::ticks_of;
use ::polars::prelude::{DataType, ParquetReader, PolarsResult, Schema, SchemaExt, SerReader};
use std::fs::File;
use std::path::Path;

/// A row group of a file.
pub(super) struct RowGroup {
    /// Its rows.
    pub(super) rows: u64,
    /// Ticks of the earliest and latest time, where the file says.
    pub(super) time: Option<(i64, i64)>,
}

/// The columns of a file, and which of them have no null at all by the file's own count.
pub(super) struct Columns {
    /// Names and types as polars reads them.
    pub(super) schema: Schema,
    /// Columns without a null.
    pub(super) full: Vec<String>,
}

/// The columns of a parquet file.
pub(super) fn columns(path: &Path) -> PolarsResult<Columns> {
    let mut reader = ParquetReader::new(File::open(path)?);
    let schema = Schema::from_arrow_schema(reader.schema()?.as_ref());
    let metadata = reader.get_metadata()?;
    let no_null = |name: &str| {
        metadata.row_groups.iter().all(|group| {
            let statistics = group.columns_under_root_iter(name).and_then(|mut chunks| chunks.next());
            let statistics = statistics.and_then(|chunk| chunk.statistics(&metadata.footer_buf)?.ok());
            statistics.is_some_and(|s| s.null_count() == Some(0))
        })
    };
    let full = schema.iter_names().filter(|name| no_null(name)).map(ToString::to_string).collect();
    Ok(Columns { schema, full })
}

/// The row groups of a parquet file, with the span of a time column.
pub(super) fn row_groups(path: &Path, time_column: Option<&str>) -> PolarsResult<Vec<RowGroup>> {
    let mut reader = ParquetReader::new(File::open(path)?);
    let schema = Schema::from_arrow_schema(reader.schema()?.as_ref());
    let metadata = reader.get_metadata()?;
    let groups = metadata.row_groups.iter().map(|group| {
        let time = time_column.and_then(|name| {
            let chunk = group.columns_under_root_iter(name)?.next()?;
            let statistics = chunk.statistics(&metadata.footer_buf)?.ok()?;
            let longs = statistics.expect_as_int64();
            span(longs.min_value?, longs.max_value?, schema.get(name)?)
        });
        RowGroup { rows: group.num_rows() as u64, time }
    });
    Ok(groups.collect())
}

fn span(first: i64, last: i64, dtype: &DataType) -> Option<(i64, i64)> {
    let DataType::Datetime(unit, _) = dtype else { return None };
    Some((ticks_of(first, *unit)?, ticks_of(last, *unit)?))
}
