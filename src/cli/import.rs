//! `huntline import`

use super::args::ImportArgs;
use super::context::{Context, Failure};
use super::output;
use super::progress::Line;
use crate::mirror::{self, ImportOptions, ImportReport, Mirror};
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
    let files = report.sources.iter().filter(|s| s.skipped.is_none() && !s.repeated).count();
    context.say(&format!("{} rows from {files} files in {:.1} s", report.rows, start.elapsed().as_secs_f64()));
    Ok(ExitCode::SUCCESS)
}

/// A row a table.
fn listing(report: &ImportReport) -> QueryResult {
    let schema = Schema::of([
        ("Table", Type::String),
        ("Rows", Type::Long),
        ("Rejected", Type::Long),
        ("Files", Type::Long),
        ("First", Type::Datetime),
        ("Last", Type::Datetime),
    ]);
    let long = |n: u64| Value::Long(i64::try_from(n).unwrap_or(i64::MAX));
    let time = |t: Option<i64>| t.map_or(Value::Null, Value::Datetime);
    let rows = report.tables.iter().map(|t| {
        let name = Value::String(t.table.clone());
        vec![name, long(t.rows), long(t.rejected), long(t.files), time(t.first), time(t.last)]
    });
    let batch = Batch::from_rows(&schema, rows);
    QueryResult { schema, batches: vec![batch], ordered: true, ..QueryResult::default() }
}
