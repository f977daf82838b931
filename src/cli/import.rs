//! `huntline import`

use super::args::{DuplicatesArg, ImportArgs};
use super::context::{Context, Failure};
use super::output;
use super::progress::Line;
use crate::mirror::{self, Duplicates, ImportOptions, ImportReport, Mirror};
use crate::sink::Format;
use crate::value::{Batch, QueryResult, Schema, Type, Value};
use std::process::ExitCode;
use std::time::Instant;

/// Brings files into the mirror and tells what came in.
pub fn run(context: &Context, args: &ImportArgs) -> Result<ExitCode, Failure> {
    let json = args.format == Some(Format::Json);
    let options = ImportOptions {
        table: args.table.clone(),
        timezone: args.timezone.clone(),
        strict: args.strict,
        again: args.again,
        duplicates: match args.duplicates {
            DuplicatesArg::Auto => Duplicates::Auto,
            DuplicatesArg::Drop => Duplicates::Drop,
            DuplicatesArg::Keep => Duplicates::Keep,
        },
        replace: args.replace,
        columns: args.columns.iter().map(|text| column(text)).collect::<Result<_, _>>()?,
        dry_run: args.dry_run,
        ..ImportOptions::default()
    };
    let start = Instant::now();
    let mut line = Line::new(context);
    let mirror = Mirror::open(&context.mirror)?;
    let done = mirror::import(&mirror, &args.paths, &options, &mut |p| {
        let megabytes = p.bytes >> 20;
        line.show(&format!("{} of {} files, {} rows, {megabytes} MB", p.sources, p.all_sources, p.rows));
    });
    line.end();
    let report = done.map_err(|e| Failure::from(e).with_sources(&[], json))?;
    context.warn(&report.warnings(), &[], json);
    output::print(context, &listing(&report), args.format)?;
    for table in &report.tables {
        if !table.new_columns.is_empty() {
            let names: Vec<String> = table.new_columns.iter().map(|f| format!("{}: {}", f.name, f.ty)).collect();
            context.say(&format!("new columns of {}: {}", table.table, names.join(", ")));
        }
    }
    let files = report.sources.iter().filter(|s| s.skipped.is_none() && !s.repeated).count();
    let duplicates = match report.duplicates {
        0 => String::new(),
        n => format!(", {n} more came before"),
    };
    let kept = if args.dry_run { " (nothing is kept: --dry-run)" } else { "" };
    let seconds = start.elapsed().as_secs_f64();
    context.say(&format!("{} rows from {files} files in {seconds:.1} s{duplicates}{kept}", report.rows));
    Ok(ExitCode::SUCCESS)
}

/// `--column NAME=TYPE`
fn column(text: &str) -> Result<(String, Type), Failure> {
    let wrong = |why: &str| Failure::usage(format!("`--column {text}`: {why}"));
    let (name, ty) =
        text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| wrong("write NAME=TYPE"))?;
    let ty = Type::from_name(ty).ok_or_else(|| {
        wrong("the types are bool, int, long, real, decimal, datetime, timespan, string, guid and dynamic")
    })?;
    Ok((name.to_owned(), ty))
}

/// A row a table.
fn listing(report: &ImportReport) -> QueryResult {
    let schema = Schema::of([
        ("Table", Type::String),
        ("Rows", Type::Long),
        ("Duplicates", Type::Long),
        ("Rejected", Type::Long),
        ("Files", Type::Long),
        ("First", Type::Datetime),
        ("Last", Type::Datetime),
    ]);
    let long = |n: u64| Value::Long(i64::try_from(n).unwrap_or(i64::MAX));
    let time = |t: Option<i64>| t.map_or(Value::Null, Value::Datetime);
    let rows = report.tables.iter().map(|t| {
        let name = Value::String(t.table.clone());
        vec![name, long(t.rows), long(t.duplicates), long(t.rejected), long(t.files), time(t.first), time(t.last)]
    });
    let batch = Batch::from_rows(&schema, rows);
    QueryResult { schema, batches: vec![batch], ordered: true, ..QueryResult::default() }
}
