//! Data files of tables: written whole or in pieces, read in pieces.
//!
//! In: sorted rows of one day. Out: a file, and what the log is to know of it.

use super::delta::{HOUR, Own, Part};
use super::frame::{self, ParquetFile};
use super::layout::{self, join_ticks, tick_column};
use super::part_terms;
use super::terms::SidecarBuilder;
use super::transaction::Staged;
use crate::diagnostic::{Code, Diagnostic};
use crate::value::{Schema, Type, datetime};
use polars::prelude::{
    Column, DataFrame, DataType, ParquetReader, PolarsError, PolarsResult, Scalar, Schema as FileSchema, SerReader,
};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What rows of a file have in common.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// The table.
    pub table: &'a Arc<str>,
    /// Its columns.
    pub schema: &'a Schema,
    /// Its time column.
    pub time: Option<&'a str>,
    /// The day, as the number of days since year 1.
    pub day: Option<i64>,
    /// The columns that are stored under another name.
    pub renamed: &'a Renamed,
}

/// Stored names by the columns' own, where they differ.
pub type Renamed = BTreeMap<Arc<str>, Arc<str>>;

/// A file that is being written.
pub struct PartFile<'a> {
    piece: Piece<'a>,
    path: PathBuf,
    file: ParquetFile,
    part: Part,
    own: Own,
    terms: SidecarBuilder,
}

impl<'a> PartFile<'a> {
    /// A file under a path; `name` is the path from the table's folder, `ticks` are the datetimes that get a companion.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(path: &Path, name: String, piece: Piece<'a>, ticks: Vec<Arc<str>>) -> Result<Self, Diagnostic> {
        let file = ParquetFile::begin(path, &file_schema(&piece, &ticks)).map_err(|e| failed(path, &e))?;
        let part = Part { path: name, day: piece.day, ..Part::default() };
        let own = Own { ticks, ..Own::default() };
        Ok(PartFile { piece, path: path.to_owned(), file, part, own, terms: SidecarBuilder::default() })
    }

    /// Adds rows; they follow those that are there in time.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&mut self, rows: &DataFrame) -> Result<(), Diagnostic> {
        let path = &self.path;
        let rows = whole(rows, self.piece.schema, &self.own.ticks).map_err(|e| failed(path, &e))?;
        let stored = stored(&rows, self.piece.renamed).map_err(|e| failed(path, &e))?;
        if let Some(time) = self.piece.time {
            let hours = hours(&rows, time).map_err(|e| failed(path, &e))?;
            hours.into_iter().for_each(|(hour, n)| *self.own.hours.entry(hour).or_default() += n);
            self.own.range = match (self.own.range, range(&rows, time)) {
                (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
                (a, b) => a.or(b),
            };
        }
        self.part.rows += rows.height() as u64;
        let mut from = 0;
        // A row group at a time: filters are of row groups.
        while from < stored.height() {
            let group = stored.slice(from as i64, layout::ROW_GROUP);
            self.terms.row_group(part_terms::filters(&group, self.piece.schema, self.piece.renamed));
            self.file.write(&group).map_err(|e| failed(path, &e))?;
            from += group.height();
        }
        Ok(())
    }

    /// Makes the file last.
    ///
    /// # Errors
    /// When that fails; then there is none.
    pub fn finish(mut self) -> Result<Part, Diagnostic> {
        let file = self.file.finish().map_err(|e| failed(&self.path, &e))?;
        self.own.digest = file.digest;
        part_terms::write(&self.path, &self.terms, file.digest, self.part.rows);
        Ok(Part { bytes: file.bytes, own: Some(self.own), ..self.part })
    }
}

fn failed(path: &Path, e: &PolarsError) -> Diagnostic {
    let problem = Diagnostic::general(Code::CannotWrite, format!("`{}` cannot be written: {e}", path.display()));
    match e {
        PolarsError::IO { error, .. } if error.kind() == std::io::ErrorKind::StorageFull => {
            problem.with_help("the disk is full; nothing of this was kept")
        }
        _ => problem,
    }
}

/// Whether a datetime has a companion among the rows that says something.
pub fn says(rows: &DataFrame, name: &str) -> bool {
    let companion = rows.column(&tick_column(name)).ok();
    companion.and_then(|c| c.i8().ok().cloned()).is_some_and(|ticks| ticks.iter().flatten().any(|t| t != 0))
}

/// Writes rows as one file.
///
/// # Errors
/// When it cannot be written.
pub fn write_part(path: &Path, name: String, piece: Piece<'_>, rows: &DataFrame) -> Result<Part, Diagnostic> {
    let times = piece.schema.fields().iter().filter(|f| f.ty == Type::Datetime).map(|f| f.name.clone());
    let mut file = PartFile::begin(path, name, piece, times.filter(|name| says(rows, name)).collect())?;
    file.write(rows)?;
    file.finish()
}

/// Takes a written file into a table of the batch, with the columns that it brings.
pub fn add_part(staged: &mut Staged, schema: &Schema, mut part: Part) {
    if let Some(own) = &mut part.own {
        staged.change.columns.extend(schema, &own.ticks);
        own.columns = staged.change.columns.0.len();
    }
    staged.change.add.push(part);
}

/// The columns of a file: those of the table, each datetime followed by its companion where it gets one.
fn file_schema(piece: &Piece<'_>, ticks: &[Arc<str>]) -> FileSchema {
    let mut columns = FileSchema::default();
    for field in piece.schema.fields() {
        let name = piece.renamed.get(&field.name).unwrap_or(&field.name);
        columns.insert(name.as_ref().into(), layout::physical(field.ty));
        if ticks.contains(&field.name) {
            let companion: Arc<str> = tick_column(&field.name).into();
            let stored = piece.renamed.get(&companion).unwrap_or(&companion);
            columns.insert(stored.as_ref().into(), DataType::Int8);
        }
    }
    columns
}

/// The rows with exactly these columns.
fn whole(rows: &DataFrame, schema: &Schema, ticks: &[Arc<str>]) -> PolarsResult<DataFrame> {
    let ordered = frame::in_order(rows, schema)?;
    let mut columns: Vec<Column> = Vec::with_capacity(schema.len() + ticks.len());
    for field in schema.fields() {
        columns.push(ordered.column(&field.name)?.clone());
        if ticks.contains(&field.name) {
            let name = tick_column(&field.name);
            columns.push(match ordered.column(&name) {
                Ok(column) => column.clone(),
                Err(_) => Column::new_scalar(name.as_str().into(), Scalar::from(0i8), rows.height()),
            });
        }
    }
    DataFrame::new(rows.height(), columns)
}

/// The rows under the names of the file.
fn stored(rows: &DataFrame, renamed: &Renamed) -> PolarsResult<DataFrame> {
    let mut rows = rows.clone();
    for (name, stored) in renamed {
        if rows.column(name).is_ok() {
            rows.rename(name, stored.as_ref().into())?;
        }
    }
    Ok(rows)
}

/// Reads some rows of a file, all of its columns or those of the named ones that it has, under their own names.
///
/// # Errors
/// When it cannot be read.
pub fn read_part(
    path: &Path,
    renamed: &Renamed,
    columns: Option<Vec<String>>,
    rows: Option<(usize, usize)>,
) -> PolarsResult<DataFrame> {
    let mut reader = ParquetReader::new(File::open(path)?);
    if let Some(mut wanted) = columns {
        for name in &mut wanted {
            if let Some(stored) = renamed.get(name.as_str()) {
                *name = stored.to_string();
            }
        }
        let there = reader.schema()?;
        wanted.retain(|name| there.contains(name));
        reader = reader.with_columns(Some(wanted));
    }
    let mut frame = reader.with_slice(rows).finish()?;
    for (name, stored) in renamed {
        if frame.column(stored).is_ok() {
            frame.rename(stored, name.as_ref().into())?;
        }
    }
    Ok(frame)
}

/// Rows by the hour since year 1.
fn hours(rows: &DataFrame, time: &str) -> PolarsResult<BTreeMap<i64, u64>> {
    let mut hours = BTreeMap::new();
    for micros in rows.column(time)?.datetime()?.physical().iter().flatten() {
        *hours.entry((micros + datetime::UNIX_EPOCH / 10).div_euclid(HOUR / 10)).or_default() += 1;
    }
    Ok(hours)
}

/// Ticks of the first and the last row of sorted rows; none when a row has no time.
pub fn range(rows: &DataFrame, time: &str) -> Option<(i64, i64)> {
    let micros = rows.column(time).ok()?.datetime().ok()?.physical().clone();
    let ticks = rows.column(&tick_column(time)).ok().and_then(|c| c.i8().ok().cloned());
    let at = |row: usize| join_ticks(micros.get(row)?, ticks.as_ref().and_then(|t| t.get(row)).unwrap_or(0));
    Some((at(0)?, at(rows.height().checked_sub(1)?)?))
}
