//! `huntline import`

use super::args::ImportArgs;
use super::context::{Context, Failure};
use super::output;
use super::progress::{Amount, Line};
use super::stop::Stop;
use super::watch::{Watch, follow, interval};
use crate::mirror::{self, Expand, ImportOptions, ImportReport, Mirror, RemoteOptions};
use crate::sink::Format;
use crate::value::{Batch, QueryResult, Schema, Type, Value};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Brings files into the mirror and tells what came in.
pub fn run(context: &Context, args: &ImportArgs) -> Result<ExitCode, Failure> {
    let expand = Expand { named: !args.watch, remote: remote_options() };
    let options = ImportOptions {
        table: args.table.clone(),
        timezone: args.timezone.clone(),
        strict: args.strict,
        again: args.again,
        expand: expand.clone(),
        ..ImportOptions::default()
    };
    let mut import = |paths: &[PathBuf]| once(context, paths, &options, args.format);
    if !args.watch {
        import(&args.paths)?;
        return Ok(ExitCode::SUCCESS);
    }
    let watch = Watch { roots: args.paths.clone(), every: interval(&args.every)?, expand };
    follow(context, &watch, &Stop::heed()?, &mut import)
}

/// What the environment says to services that keep objects.
fn remote_options() -> RemoteOptions {
    let all =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    RemoteOptions::new(all.filter(|(name, _)| RemoteOptions::is_option(name)))
}

/// One import.
fn once(context: &Context, paths: &[PathBuf], options: &ImportOptions, format: Option<Format>) -> Result<(), Failure> {
    let json = format == Some(Format::Json);
    let start = Instant::now();
    let mut line = Line::new(context);
    let mirror = Mirror::open(&context.mirror)?;
    let done = mirror::import(&mirror, paths, options, &mut |p| {
        line.tell(&Amount {
            done: p.sources as u64,
            all: p.all_sources as u64,
            parts: "files",
            rows: p.rows,
            bytes: p.bytes,
            all_bytes: 0,
        });
    });
    line.end();
    let report = done.map_err(|e| Failure::from(e).with_sources(&[], json))?;
    context.warn(&report.warnings(), &[], json);
    output::print(context, &listing(&report), format)?;
    let files = report.sources.iter().filter(|s| s.skipped.is_none() && !s.repeated).count();
    context.say(&format!("{} rows from {files} files in {:.1} s", report.rows, start.elapsed().as_secs_f64()));
    Ok(())
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
