//! A file as a table of its own, without the store.

use super::import::{ImportOptions, settings};
use super::output::{Failure, Message, Settings};
use super::source::{self, Expand, Source};
use super::{parquet, reader};
use crate::catalog::{DataFile, FileLayout, Table, TableSource, device};
use crate::diagnostic::{Code, Diagnostic};
use crate::mirror::frame;
use crate::mirror::store::time_column;
use crate::mirror::writer::settle;
use crate::value::{Field, Schema};
use polars::prelude::{ParquetReader, Schema as FileSchema, SerReader};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Reads a file as a table. Parquet stays where it is and is read by queries; other files are read now, as an import would
/// read them. The columns are those of the documented table of that name, if there is one, and the file's own.
///
/// # Errors
/// When the file cannot be read, or has a row that cannot.
pub fn read_file_as_table(path: &Path, name: &str, timezone: Option<&str>) -> Result<Table, Diagnostic> {
    let options =
        ImportOptions { table: Some(name.to_owned()), timezone: timezone.map(Into::into), ..Default::default() };
    // The name is the user's own here: it is a table's only if it is written like one.
    let settings = Settings { forced: Some(name.into()), may_grow: false, ..settings(&options)? };
    let sources = source::expand(&[path.to_owned()], &Expand::default())?;
    let files: Option<Vec<File>> = sources.iter().map(Source::parquet_file).collect();
    match files.filter(|files| !files.is_empty()) {
        Some(files) => in_place(name, &sources, files),
        None => read_now(name, &sources, &settings),
    }
}

fn in_place(name: &str, sources: &[Source], files: Vec<File>) -> Result<Table, Diagnostic> {
    let mut whole: Option<FileSchema> = None;
    let mut data = Vec::with_capacity(files.len());
    for (source, file) in sources.iter().zip(files) {
        let broken = |e: &dyn std::fmt::Display| {
            Diagnostic::general(Code::CannotRead, format!("`{}` cannot be read: {e}", source.name))
        };
        let mut reader = ParquetReader::new(file);
        let rows = reader.num_rows().map_err(|e| broken(&e))? as u64;
        let empty = reader.with_slice(Some((0, 0))).finish().map_err(|e| broken(&e))?;
        let schema: FileSchema = empty.schema().as_ref().clone();
        match &mut whole {
            None => whole = Some(schema),
            Some(whole) => schema.iter().for_each(|(name, dtype)| {
                if !whole.contains(name) {
                    whole.insert(name.clone(), dtype.clone());
                }
            }),
        }
        let path = std::path::PathBuf::from(&source.name);
        data.push(DataFile { path, rows: Some(rows), ..DataFile::default() });
    }
    let schema = parquet::schema(name, &whole.unwrap_or_default());
    let source = TableSource::Files { files: data, layout: FileLayout::Foreign, renamed: Arc::default() };
    Ok(Table { name: name.into(), time_column: time_column(name, &schema), schema, source })
}

fn read_now(name: &str, sources: &[Source], settings: &Settings) -> Result<Table, Diagnostic> {
    let mut frames = Vec::new();
    for source in sources {
        let mut problem = None;
        let mut send = |message| {
            match message {
                Message::Frame(frame) => frames.push(frame),
                Message::Reject(reject) => {
                    let text = format!("{}:{}: {}", source.name, reject.line, reject.reason);
                    problem = problem.take().or(Some(Diagnostic::general(Code::BadRow, text)));
                }
                Message::End(summary) => {
                    let why = match summary.failure {
                        Some(Failure::Format(why) | Failure::Broken(why)) => why,
                        Some(Failure::NoTable | Failure::Repeated | Failure::Stopped) => "it breaks off".into(),
                        None => return Ok(()),
                    };
                    let text = format!("`{}` cannot be read: {why}", source.name);
                    problem = problem.take().or(Some(Diagnostic::general(Code::CannotRead, text)));
                }
            }
            Ok(())
        };
        let _ = reader::read(source, settings.clone(), &mut send);
        if let Some(problem) = problem {
            return Err(problem);
        }
    }
    let mut extra: Vec<Field> = Vec::new();
    let known = device::known_table(name);
    let failed = |e| Diagnostic::general(Code::CannotRead, format!("rows of `{name}` cannot be put together: {e}"));
    let whole =
        if frames.is_empty() { None } else { Some(settle(frames, &mut extra, known.is_some()).map_err(failed)?) };
    let documented = known.map(device::KnownTable::schema).unwrap_or_default();
    let schema = Schema::new(documented.fields().iter().cloned().chain(extra));
    let batch = frame::to_batch(&whole.unwrap_or_default(), &schema)?;
    let source = TableSource::Batch(Arc::new(batch));
    Ok(Table { name: name.into(), time_column: time_column(name, &schema), schema, source })
}
