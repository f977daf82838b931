//! Between polars' frames, as the mirror's files hold them, and Kusto's columns.
//!
//! In: a frame of physical columns or a batch. Out: the other. Also writes parquet. Types are those of
//! [`layout`](super::layout); nothing is guessed from data.

use super::ingest::Builder;
use super::layout::{self, join_ticks, physical, tick_column};
use super::row_group::RowGroups;
use crate::diagnostic::{Code, Diagnostic};
use crate::value::{Batch, Column, Schema, Type, format_guid, parse_guid};
use polars::prelude as pl;
use polars::prelude::{DataFrame, IntoColumn, NamedFrom, NewChunkedArray, PolarsResult};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh64::Xxh64;

/// A frame of finished columns.
///
/// # Errors
/// When polars refuses them.
pub(super) fn of_builders(columns: Vec<Builder>, rows: usize) -> PolarsResult<DataFrame> {
    let finish = |mut column: Builder| {
        column.pad(rows);
        column.finish()
    };
    DataFrame::new(rows, columns.into_iter().flat_map(finish).collect())
}

/// Reads a file of the mirror's form whole.
///
/// # Errors
/// When it cannot be read, or a column is not of its type.
pub fn read_parquet(path: &Path, schema: &Schema) -> Result<Batch, Diagnostic> {
    let damaged = |e: &dyn std::fmt::Display| {
        Diagnostic::general(Code::StoreDamaged, format!("`{}` cannot be read: {e}", path.display()))
    };
    let file = std::fs::File::open(path).map_err(|e| damaged(&e))?;
    let frame =
        pl::SerReader::finish(<pl::ParquetReader<_> as pl::SerReader<_>>::new(file)).map_err(|e| damaged(&e))?;
    to_batch(&frame, schema)
}

/// The columns of a schema out of a frame; those that it lacks are missing values.
///
/// # Errors
/// When a column is not of its physical type.
pub fn to_batch(frame: &DataFrame, schema: &Schema) -> Result<Batch, Diagnostic> {
    let columns = schema.fields().iter().map(|field| match frame.column(&field.name) {
        Ok(column) => to_column(frame, column, field.ty).map_err(unexpected),
        Err(_) => Ok(missing(field.ty, frame.height())),
    });
    Ok(Batch { columns: columns.collect::<Result<_, _>>()?, rows: frame.height() })
}

fn unexpected(error: pl::PolarsError) -> Diagnostic {
    Diagnostic::general(Code::StoreDamaged, format!("a column is not of its type: {error}"))
}

fn missing(ty: Type, rows: usize) -> Column {
    let mut column = Column::empty(ty);
    for _ in 0..rows {
        column.push(crate::value::Value::missing(ty));
    }
    column
}

fn to_column(frame: &DataFrame, column: &pl::Column, ty: Type) -> PolarsResult<Column> {
    let texts =
        || -> PolarsResult<Vec<Option<String>>> { Ok(column.str()?.iter().map(|v| v.map(str::to_owned)).collect()) };
    Ok(match ty {
        Type::Bool => Column::Bool(column.bool()?.iter().collect()),
        Type::Int => Column::Int(column.i32()?.iter().collect()),
        Type::Long => Column::Long(column.i64()?.iter().collect()),
        Type::Timespan => Column::Timespan(column.i64()?.iter().collect()),
        Type::Real => Column::Real(column.f64()?.iter().collect()),
        Type::Datetime => Column::Datetime(ticks_of(frame, column)?),
        Type::String => Column::String(texts()?.into_iter().map(Option::unwrap_or_default).collect()),
        Type::Dynamic => Column::Dynamic(texts()?),
        Type::Guid => Column::Guid(texts()?.into_iter().map(|t| t.and_then(|t| parse_guid(&t))).collect()),
        Type::Decimal => Column::Decimal(texts()?.into_iter().map(|t| t.and_then(|t| t.parse().ok())).collect()),
    })
}

/// Ticks of a datetime column and its companion.
fn ticks_of(frame: &DataFrame, column: &pl::Column) -> PolarsResult<Vec<Option<i64>>> {
    let micros = column.datetime()?.physical().iter();
    let Ok(companion) = frame.column(&tick_column(column.name())) else {
        return Ok(micros.map(|m| m.and_then(|m| join_ticks(m, 0))).collect());
    };
    let join = |(m, t): (Option<i64>, Option<i8>)| m.and_then(|m| join_ticks(m, t.unwrap_or(0)));
    Ok(micros.zip(companion.i8()?.iter()).map(join).collect())
}

/// The physical columns of a batch.
///
/// # Errors
/// When the batch does not fit the schema.
pub fn of_batch(schema: &Schema, batch: &Batch) -> PolarsResult<DataFrame> {
    let pairs = schema.fields().iter().zip(&batch.columns);
    DataFrame::new(batch.rows, pairs.flat_map(|(field, column)| of_column(&field.name, column)).collect())
}

fn of_column(name: &str, column: &Column) -> Vec<pl::Column> {
    fn text<T>(name: &str, values: &[Option<T>], show: impl Fn(&T) -> String) -> pl::Column {
        let shown: Vec<Option<String>> = values.iter().map(|v| v.as_ref().map(&show)).collect();
        pl::Series::new(name.into(), shown).into_column()
    }
    vec![match column {
        Column::Bool(v) => pl::BooleanChunked::from_slice_options(name.into(), v).into_column(),
        Column::Int(v) => pl::Int32Chunked::from_slice_options(name.into(), v).into_column(),
        Column::Long(v) | Column::Timespan(v) => pl::Int64Chunked::from_slice_options(name.into(), v).into_column(),
        Column::Real(v) => pl::Float64Chunked::from_slice_options(name.into(), v).into_column(),
        Column::String(v) => pl::StringChunked::from_slice(name.into(), v).into_column(),
        Column::Dynamic(v) => pl::Series::new(name.into(), v).into_column(),
        Column::Guid(v) => text(name, v, |g| format_guid(*g)),
        Column::Decimal(v) => text(name, v, ToString::to_string),
        Column::Datetime(v) => return of_ticks(name, v),
    }]
}

fn of_ticks(name: &str, values: &[Option<i64>]) -> Vec<pl::Column> {
    let split: Vec<(Option<i64>, i8)> = values
        .iter()
        .map(|v| {
            v.map_or((None, 0), |ticks| {
                let (micros, tick) = layout::split_ticks(ticks);
                (Some(micros), tick)
            })
        })
        .collect();
    let micros: Vec<Option<i64>> = split.iter().map(|s| s.0).collect();
    let ticks: Vec<i8> = split.iter().map(|s| s.1).collect();
    let mut columns = vec![layout::datetime_column(name, &micros)];
    if ticks.iter().any(|t| *t != 0) {
        columns.push(pl::Series::new(tick_column(name).as_str().into(), ticks).into_column());
    }
    columns
}

/// A column of missing values in its physical form.
pub fn missing_column(name: &str, ty: Type, rows: usize) -> pl::Column {
    match ty {
        Type::String => pl::Column::new_scalar(
            name.into(),
            pl::Scalar::new(pl::DataType::String, pl::AnyValue::StringOwned("".into())),
            rows,
        ),
        _ => pl::Column::full_null(name.into(), rows, &physical(ty)),
    }
}

/// Writes batches as one parquet file in the mirror's form. Companion columns are there where some batch needs them.
///
/// # Errors
/// When the batches do not fit the schema, or the file cannot be written; then there is no file.
pub fn write_parquet(path: &Path, schema: &Schema, batches: &[Batch]) -> Result<u64, Diagnostic> {
    let failed = |e: &dyn std::fmt::Display| {
        Diagnostic::general(Code::CannotWrite, format!("`{}` cannot be written: {e}", path.display()))
    };
    let frames: PolarsResult<Vec<DataFrame>> = batches.iter().map(|batch| of_batch(schema, batch)).collect();
    let mut frames = frames.map_err(|e| failed(&e))?;
    if frames.is_empty() {
        frames.push(of_batch(schema, &Batch::empty(schema)).map_err(|e| failed(&e))?);
    }
    let whole = polars::functions::concat_df_diagonal(&frames).map_err(|e| failed(&e))?;
    let ordered = in_order(&whole, schema).map_err(|e| failed(&e))?;
    write_frame(path, ordered).map(|file| file.bytes).map_err(|e| failed(&e))
}

/// The columns of a schema in its order, each datetime followed by its companion where it has one that says anything;
/// columns that the frame lacks are filled.
///
/// # Errors
/// When polars refuses a column.
pub fn in_order(frame: &DataFrame, schema: &Schema) -> PolarsResult<DataFrame> {
    let mut columns = Vec::with_capacity(schema.len());
    for field in schema.fields() {
        let Ok(column) = frame.column(&field.name) else {
            columns.push(missing_column(&field.name, field.ty, frame.height()));
            continue;
        };
        let filled = field.ty == Type::String && column.null_count() > 0;
        columns.push(if filled { fill_text(column)? } else { column.clone() });
        if let Some(ticks) = companion(frame, &field.name)? {
            columns.push(ticks);
        }
    }
    DataFrame::new(frame.height(), columns)
}

fn fill_text(column: &pl::Column) -> PolarsResult<pl::Column> {
    let filled: pl::StringChunked = column.str()?.iter().map(|v| Some(v.unwrap_or(""))).collect();
    Ok(filled.with_name(column.name().clone()).into_column())
}

/// The companion of a datetime, without nulls; none when it holds nothing but 0.
fn companion(frame: &DataFrame, name: &str) -> PolarsResult<Option<pl::Column>> {
    let Ok(column) = frame.column(&tick_column(name)) else { return Ok(None) };
    let ticks: Vec<i8> = column.i8()?.iter().map(Option::unwrap_or_default).collect();
    let says = ticks.iter().any(|t| *t != 0);
    Ok(says.then(|| pl::Series::new(column.name().clone(), ticks).into_column()))
}

/// Files get the rights that any new file gets, not those of a temporary one: other tools of the same machine read them.
pub fn readable<'b, 'p, 's>(builder: &'b mut tempfile::Builder<'p, 's>) -> &'b mut tempfile::Builder<'p, 's> {
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

/// A file that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its size in bytes.
    pub bytes: u64,
    /// XXH64 of its bytes.
    pub digest: u64,
}

/// Writes a frame to a file beside the path, makes it last, and moves it there.
///
/// # Errors
/// When the file cannot be written; then there is none.
pub fn write_frame(path: &Path, frame: DataFrame) -> PolarsResult<WrittenFile> {
    let schema = frame.schema().as_ref().clone();
    let mut file = ParquetFile::begin(path, &schema)?;
    file.write(&frame)?;
    file.finish()
}

/// A parquet file that grows by row groups, under another name until it is whole.
pub struct ParquetFile {
    path: PathBuf,
    file: Arc<Mutex<Hashing>>,
    rows: RowGroups<Handle>,
}

impl ParquetFile {
    /// A file of a schema, still without rows.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn begin(path: &Path, schema: &pl::Schema) -> PolarsResult<ParquetFile> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let file = readable(tempfile::Builder::new().prefix(".writing-").suffix(".parquet")).tempfile_in(folder)?;
        let inner = Some(BufWriter::with_capacity(1 << 20, file));
        let file = Arc::new(Mutex::new(Hashing { inner, hash: Xxh64::new(0), bytes: 0 }));
        let rows = RowGroups::begin(Handle(file.clone()), schema)?;
        Ok(ParquetFile { path: path.to_owned(), file, rows })
    }

    /// Adds rows, as row groups of their own.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&mut self, frame: &DataFrame) -> PolarsResult<()> {
        let mut from = 0;
        while from < frame.height() {
            self.rows.write(&mut frame.slice(from as i64, layout::ROW_GROUP))?;
            from += layout::ROW_GROUP;
        }
        Ok(())
    }

    /// Makes the file last, and gives it its name.
    ///
    /// # Errors
    /// When that fails; then there is no file.
    pub fn finish(self) -> PolarsResult<WrittenFile> {
        self.rows.finish()?;
        let mut hashing = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = || std::io::Error::other("the file was closed already");
        let file = hashing.inner.take().ok_or_else(gone)?;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|e| e.error)?;
        Ok(WrittenFile { bytes: hashing.bytes, digest: hashing.hash.digest() })
    }
}

/// The rows of each row group of a parquet file.
///
/// # Errors
/// When its footer cannot be read.
pub fn row_groups(path: &Path) -> PolarsResult<Vec<usize>> {
    let mut reader = <pl::ParquetReader<_> as pl::SerReader<_>>::new(std::fs::File::open(path)?);
    Ok(reader.get_metadata()?.row_groups.iter().map(|group| group.num_rows()).collect())
}

/// A file that digests what goes into it.
struct Hashing {
    inner: Option<BufWriter<tempfile::NamedTempFile>>,
    hash: Xxh64,
    bytes: u64,
}

/// What polars writes through; it keeps its writer, and the file is needed after it.
struct Handle(Arc<Mutex<Hashing>>);

impl Write for Handle {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(inner) = &mut file.inner else { return Err(std::io::Error::other("the file is closed")) };
        let taken = inner.write(bytes)?;
        file.hash.update(bytes.get(..taken).unwrap_or_default());
        file.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.inner.as_mut().map_or(Ok(()), Write::flush)
    }
}
