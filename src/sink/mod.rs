//! Results to text and files.
//!
//! In: a [`QueryResult`] and a [`Format`]. Out: bytes into a writer, row by row, so that a big result never exists twice.
//! Never opens a file, never asks the terminal anything: width and colour are told through [`Options`]. Pictures are
//! drawn by `render`.

mod cell;
mod csv;
mod escape;
mod json;
mod markdown;
mod parquet;
mod record;
mod table;

pub use cell::text as cell_text;
pub use escape::visible;
pub use table::cut;

use crate::diagnostic::Source;
use crate::value::{Column, QueryResult};
use std::io::{self, Write};

/// The forms in which a result can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Columns side by side for reading; records below each other when there are too many columns for the width.
    Table,
    /// One JSON object: columns, rows, visualization, warnings.
    Json,
    /// A JSON object for each row, one a line.
    Ndjson,
    /// RFC 4180.
    Csv,
    /// Tab-separated; tab, line break and backslash within a value are written `\t`, `\n`, `\r`, `\\`.
    Tsv,
    /// A table of GitHub's Markdown.
    Markdown,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// Every format, in the order of the command line's help.
    pub const ALL: [Format; 7] =
        [Format::Table, Format::Json, Format::Ndjson, Format::Csv, Format::Tsv, Format::Markdown, Format::Parquet];

    /// The format's name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Markdown => "markdown",
            Format::Parquet => "parquet",
        }
    }

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|f| f.name().eq_ignore_ascii_case(name))
    }

    /// The format that a file name's extension stands for (`.md` is Markdown, `.jsonl` is NDJSON).
    pub fn from_path(path: &std::path::Path) -> Option<Format> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "md" => Some(Format::Markdown),
            "jsonl" => Some(Format::Ndjson),
            "txt" => Some(Format::Table),
            extension => Format::from_name(extension),
        }
    }
}

/// What the reader of the output can take.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Columns of the terminal; `None` when the output is no terminal and nothing is to be cut.
    pub width: Option<usize>,
    /// Whether ANSI colours may be used.
    pub color: bool,
    /// At most so many rows are written; a table and JSON say when there are more.
    pub limit: Option<usize>,
    /// The texts that the result's warnings point into, so that JSON can name their lines.
    pub sources: &'a [Source],
}

/// Writes a result.
///
/// # Errors
/// What the writer reports. Parquet also fails with [`io::ErrorKind::InvalidData`] when a value has no form there.
pub fn write(result: &QueryResult, format: Format, out: &mut dyn Write, options: &Options<'_>) -> io::Result<()> {
    write_all(std::slice::from_ref(result), format, out, options)
}

/// Writes the results of one text (`fork`, several statements), one behind the other; JSON makes one object of them.
///
/// # Errors
/// As [`write`].
pub fn write_all(
    results: &[QueryResult],
    format: Format,
    out: &mut dyn Write,
    options: &Options<'_>,
) -> io::Result<()> {
    let views: Vec<View<'_>> = results.iter().map(|result| View::new(result, options.limit)).collect();
    if format == Format::Json {
        json::write(&views, out, options.sources)?;
        return out.flush();
    }
    for (place, view) in views.iter().enumerate() {
        if place > 0 && matches!(format, Format::Table | Format::Markdown) {
            out.write_all(b"\n")?;
        }
        write_one(view, format, out, options)?;
    }
    out.flush()
}

fn write_one(view: &View<'_>, format: Format, out: &mut dyn Write, options: &Options<'_>) -> io::Result<()> {
    match format {
        Format::Table => table::write(view, out, options),
        Format::Json => json::write(&[*view], out, options.sources),
        Format::Ndjson => json::write_lines(view, out),
        Format::Csv => csv::write_csv(view, out),
        Format::Tsv => csv::write_tsv(view, out),
        Format::Markdown => markdown::write(view, out),
        Format::Parquet => parquet::write(view, out),
    }
}

/// `12 rows`, or `10 of 12 rows` when a limit leaves some out.
pub fn row_count(result: &QueryResult, limit: Option<usize>) -> String {
    let total = result.rows();
    let unit = if total == 1 { "row" } else { "rows" };
    match limit {
        Some(shown) if shown < total => format!("{shown} of {total} {unit}"),
        _ => format!("{total} {unit}"),
    }
}

/// The part of a result that is written: all its columns, and its rows up to the limit.
#[derive(Clone, Copy)]
struct View<'a> {
    result: &'a QueryResult,
    rows: usize,
}

impl<'a> View<'a> {
    fn new(result: &'a QueryResult, limit: Option<usize>) -> Self {
        View { result, rows: limit.map_or(usize::MAX, |n| n).min(result.rows()) }
    }

    /// Column names, in order.
    fn names(&self) -> impl Iterator<Item = &'a str> {
        self.result.schema.names()
    }

    /// Each row that is shown, as its batch's columns and its place in them.
    fn rows(&self) -> impl Iterator<Item = (&'a [Column], usize)> {
        let batches = self.result.batches.iter();
        batches.flat_map(|b| (0..b.rows).map(|row| (b.columns.as_slice(), row))).take(self.rows)
    }
}

/// Gathers small writes: rows are formatted into memory and handed on in large pieces.
struct Buffer<'a> {
    text: Vec<u8>,
    out: &'a mut dyn Write,
}

impl<'a> Buffer<'a> {
    const PIECE: usize = 64 * 1024;

    fn new(out: &'a mut dyn Write) -> Self {
        Buffer { text: Vec::with_capacity(2 * Self::PIECE), out }
    }

    /// Hands on what has gathered, when it is enough. Called once a row.
    fn pass_on(&mut self) -> io::Result<()> {
        if self.text.len() >= Self::PIECE { self.finish() } else { Ok(()) }
    }

    /// Hands on the rest.
    fn finish(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }
}

#[cfg(test)]
mod samples {
    //! One result that holds every type and the values that are awkward to write.

    use crate::value::{Batch, QueryResult, Schema, Type, Value, datetime};

    pub fn result(columns: &[(&str, Type)], rows: Vec<Vec<Value>>) -> QueryResult {
        let schema = Schema::of(columns.iter().copied());
        QueryResult { batches: vec![Batch::from_rows(&schema, rows)], schema, ..QueryResult::default() }
    }

    pub fn every_type() -> QueryResult {
        let columns = Type::ALL.map(|ty| (ty.name(), ty));
        let values = vec![
            Value::Bool(true),
            Value::Int(-7),
            Value::Long(9_007_199_254_740_993),
            Value::Real(f64::NEG_INFINITY),
            Value::Decimal("12.50".parse().unwrap()),
            Value::Datetime(datetime::from_date(2015, 12, 31).unwrap() + 863_999_000_000),
            Value::Timespan(-(datetime::TICKS_PER_DAY + 15_000_000)),
            Value::Guid(0x74be_27de_1e4e_49d9_b579_fe0b_331d_3642),
            Value::String("a,\"b\"\n\u{1b}[31m|".to_owned()),
            Value::Dynamic(serde_json::json!({"k": [1, "x y"]})),
        ];
        let missing = Type::ALL.map(Value::missing).to_vec();
        result(&columns, vec![values, missing])
    }

    pub fn text(result: &QueryResult, format: super::Format, options: &super::Options<'_>) -> String {
        let mut out = Vec::new();
        super::write(result, format, &mut out, options).unwrap();
        String::from_utf8(out).unwrap()
    }
}
