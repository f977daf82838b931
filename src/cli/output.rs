//! Results to stdout, files and pictures.

use super::args::OutputArgs;
use super::context::{Context, Failure};
use crate::diagnostic::{Code, Diagnostic, Source, Style};
use crate::mirror::readable;
use crate::render;
use crate::sink::{self, Format};
use crate::value::datetime::TICKS_PER_SECOND;
use crate::value::{Batch, QueryResult, Schema, Value};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Width of a chart where there is no terminal to ask.
const WIDTH: usize = 120;
/// Size of a picture file, in pixels.
const PICTURE: render::Size = render::Size { width: 1000, height: 480 };

/// Where and how a result goes.
pub struct Output<'a> {
    context: &'a Context,
    args: &'a OutputArgs,
    format: Format,
}

impl<'a> Output<'a> {
    /// Decides the form: as asked, else a table on a terminal and JSON elsewhere.
    pub fn new(context: &'a Context, args: &'a OutputArgs) -> Result<Output<'a>, Failure> {
        let terminal = args.out.is_none() && std::io::stdout().is_terminal();
        let named = args.out.as_deref().and_then(Format::from_path);
        let format = args.format.or(named).unwrap_or(if terminal { Format::Table } else { Format::Json });
        if format == Format::Parquet && args.out.is_none() && terminal {
            return Err(Failure::usage("a parquet file needs a place: add --out FILE"));
        }
        if let Some(path) = &args.chart {
            picture_kind(path)?;
        }
        Ok(Output { context, args, format })
    }

    /// True when diagnostics should be JSON lines too.
    pub fn json(&self) -> bool {
        self.args.format == Some(Format::Json)
    }

    /// Writes a result, and the picture that was asked for.
    pub fn write(&self, result: &QueryResult, sources: &[Source]) -> Result<(), Failure> {
        self.write_all(std::slice::from_ref(result), sources)
    }

    /// Writes the results of one text. A file that holds one table takes the first; those behind it get files of their own
    /// (`out-2.csv`). The picture is that of the first result with `render`.
    pub fn write_all(&self, results: &[QueryResult], sources: &[Source]) -> Result<(), Failure> {
        let drawn = results.iter().find(|r| r.visualization.is_some()).or(results.first());
        if let (Some(path), Some(result)) = (&self.args.chart, drawn) {
            self.picture(result, path)?;
        }
        let color = self.args.out.is_none() && self.context.stdout_style == Style::Ansi;
        let width = if self.args.out.is_none() { terminal_width() } else { None };
        let options = sink::Options { width, color, limit: self.args.limit, sources };
        match &self.args.out {
            Some(path) if self.format == Format::Json => self.write_file(results, path, &options),
            Some(path) => {
                for (place, result) in results.iter().enumerate() {
                    self.write_file(std::slice::from_ref(result), &numbered(path, place), &options)?;
                }
                Ok(())
            }
            None if self.format == Format::Table => {
                results.iter().try_for_each(|result| self.write_table(result, &options))
            }
            None => {
                let mut out = BufWriter::new(std::io::stdout().lock());
                sink::write_all(results, self.format, &mut out, &options)?;
                Ok(out.flush()?)
            }
        }
    }

    fn write_table(&self, result: &QueryResult, options: &sink::Options<'_>) -> Result<(), Failure> {
        let mut out = BufWriter::new(std::io::stdout().lock());
        if !self.args.no_chart && draws(result) {
            match draw_terminal(self.context, result, &mut out) {
                Ok(()) => {
                    writeln!(out, "{}; --no-chart shows them", sink::row_count(result, None))?;
                    return Ok(out.flush()?);
                }
                Err(why) => self.context.warn(&why.diagnostics.0, &[], false),
            }
        }
        sink::write(result, self.format, &mut out, options)?;
        Ok(out.flush()?)
    }

    /// Writes beside the target first, so that a failure leaves an older file as it was.
    fn write_file(&self, results: &[QueryResult], path: &Path, options: &sink::Options<'_>) -> Result<(), Failure> {
        atomic(path, |out| sink::write_all(results, self.format, out, options))?;
        let rows: usize = results.iter().map(QueryResult::rows).sum();
        self.context.say(&format!("wrote {} ({rows} rows)", path.display()));
        Ok(())
    }

    fn picture(&self, result: &QueryResult, path: &Path) -> Result<(), Failure> {
        if result.visualization.is_none() {
            let what = Diagnostic::general(Code::Usage, "the query has no `render`, so there is nothing to draw");
            return Err(what.with_help("end the query with `| render timechart`").into());
        }
        draw(self.context, result, path)?;
        self.context.say(&format!("wrote {}", path.display()));
        Ok(())
    }
}

/// The file of a result behind the first: `out-2.csv` beside `out.csv`.
fn numbered(path: &Path, place: usize) -> PathBuf {
    if place == 0 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(extension) => format!("{stem}-{}.{}", place + 1, extension.to_string_lossy()),
        None => format!("{stem}-{}", place + 1),
    };
    path.with_file_name(name)
}

/// Lines of a chart in the terminal.
const CHART_LINES: usize = 22;

/// Draws a result into a picture file.
pub fn draw(context: &Context, result: &QueryResult, path: &Path) -> Result<(), Failure> {
    let chart = render::chart(result)?;
    context.warn(&chart.notes, &[], false);
    let bytes = match picture_kind(path)? {
        Picture::Svg => render::svg(&chart, PICTURE).into_bytes(),
        Picture::Html => render::html(&chart).into_bytes(),
        Picture::Png => render::png(&chart, PICTURE)
            .map_err(|e| Diagnostic::general(Code::CannotWrite, format!("the picture cannot be made: {e}")))?,
    };
    Ok(atomic(path, |out| out.write_all(&bytes))?)
}

/// Writes a listing of huntline's own to stdout: a table on a terminal and for people, as asked elsewhere.
pub fn print(context: &Context, result: &QueryResult, format: Option<Format>) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    sink::write(result, format.unwrap_or(Format::Table), &mut out, &options(context, None))?;
    Ok(out.flush()?)
}

/// Writes a listing as [`print`] does; the form for reading is brief.
pub fn print_brief(
    context: &Context,
    result: QueryResult,
    optional: &[&str],
    format: Option<Format>,
) -> Result<(), Failure> {
    let reading = matches!(format, None | Some(Format::Table));
    print(context, &if reading { for_reading(result, optional) } else { result }, format)
}

/// Without those of the `optional` columns that say nothing in any row, and with times to the second.
pub fn for_reading(report: QueryResult, optional: &[&str]) -> QueryResult {
    let rows: Vec<Vec<Value>> = report.iter_rows().collect();
    let says = |place: usize| rows.iter().filter_map(|row| row.get(place)).any(says);
    let fields = report.schema.fields().iter().enumerate();
    let kept: Vec<usize> =
        fields.filter(|(at, f)| !optional.contains(&&*f.name) || says(*at)).map(|(at, _)| at).collect();
    let schema = Schema::new(kept.iter().filter_map(|at| report.schema.fields().get(*at)).cloned());
    let rows = rows.iter().map(|row| kept.iter().filter_map(|at| row.get(*at)).map(to_the_second).collect());
    let batch = Batch::from_rows(&schema, rows);
    QueryResult { schema, batches: vec![batch], ..report }
}

fn says(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Long(0) | Value::Timespan(0) => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

fn to_the_second(value: &Value) -> Value {
    let floor = |ticks: i64| ticks - ticks.rem_euclid(TICKS_PER_SECOND);
    match value {
        Value::Datetime(ticks) => Value::Datetime(floor(*ticks)),
        Value::Timespan(ticks) => Value::Timespan(floor(*ticks)),
        other => other.clone(),
    }
}

/// Draws a result as characters, as wide as the terminal.
pub fn draw_terminal(context: &Context, result: &QueryResult, out: &mut dyn Write) -> Result<(), Failure> {
    let chart = render::chart(result)?;
    context.warn(&chart.notes, &[], false);
    let color = context.stdout_style == Style::Ansi;
    Ok(writeln!(out, "{}", render::terminal(&chart, terminal_width().unwrap_or(WIDTH), CHART_LINES, color))?)
}

/// How huntline's own listings are written: as wide as the terminal, or as is good for reading.
pub fn options(context: &Context, limit: Option<usize>) -> sink::Options<'static> {
    let color = context.stdout_style == Style::Ansi;
    sink::Options { width: Some(terminal_width().unwrap_or(WIDTH)), color, limit, ..sink::Options::default() }
}

/// True when the result asks for a picture rather than a table.
pub fn draws(result: &QueryResult) -> bool {
    result.visualization.as_ref().is_some_and(|v| v.kind != "table")
}

/// Columns of the terminal; `None` where stdout is none.
pub fn terminal_width() -> Option<usize> {
    let terminal = std::io::stdout().is_terminal();
    terminal.then(|| terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)))
}

enum Picture {
    Svg,
    Png,
    Html,
}

fn picture_kind(path: &Path) -> Result<Picture, Failure> {
    match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => Ok(Picture::Svg),
        Some("png") => Ok(Picture::Png),
        Some("html" | "htm") => Ok(Picture::Html),
        _ => Err(Failure::usage(format!("`--chart {}` must end in .svg, .png or .html", path.display()))),
    }
}

/// Writes a file beside its target and renames it over it.
fn atomic(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = BufWriter::new(readable(&mut tempfile::Builder::new()).tempfile_in(folder)?);
    write(&mut file)?;
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}
