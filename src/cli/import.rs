//! `huntline import`

use super::args::{DuplicatesArg, ImportArgs};
use super::context::{Context, Failure};
use super::output;
use super::progress::{Amount, Line};
use super::stop::Stop;
use super::watch::{self, Watch};
use crate::catalog::{Catalog, device};
use crate::diagnostic::{Code, Diagnostic};
use crate::mirror::{self, Duplicates, Expand, ImportOptions, ImportReport, Mirror, RemoteOptions};
use crate::sink::Format;
use crate::value::{Batch, QueryResult, Schema, Type, Value};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Brings files into the mirror and tells what came in.
pub fn run(context: &Context, args: &ImportArgs) -> Result<ExitCode, Failure> {
    let options = ImportOptions {
        expand: Expand { remote: remote(), ..Expand::default() },
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
    if args.every.is_some() && args.watch.is_empty() {
        return Err(Failure::usage("`--every` says how often `--watch` looks: name a folder with it"));
    }
    if let Some(signed) = args.paths.iter().chain(&args.watch).find(|path| is_signed(path)) {
        let shown = signed.to_string_lossy();
        let plain = shown.split('?').next().unwrap_or_default().to_owned();
        return Err(Failure::from(
            Diagnostic::general(
                Code::Usage,
                format!("a signature in an address is seen by everybody on the machine: `{plain}?...`"),
            )
            .with_help("put it into AZURE_STORAGE_SAS_TOKEN, and name the address without it"),
        ));
    }
    let stop = Stop::heed()?;
    if !args.watch.is_empty() {
        // What lies there was named by nobody: a file that is none of ours is left out.
        let options = ImportOptions { expand: Expand { named: false, ..options.expand }, ..options };
        let every = watch::interval(args.every.as_deref().unwrap_or(EVERY))?;
        let watched = Watch { roots: args.watch.clone(), every, expand: options.expand.clone() };
        return watch::follow(context, &watched, &stop, &mut |paths| bring(context, paths, &options, &stop, args));
    }
    bring(context, &args.paths, &options, &stop, args)?;
    Ok(if stop.is_asked() { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

/// How often is looked with `--watch` unless `--every` says otherwise.
const EVERY: &str = "10s";

/// The exit code of an import that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Brings some files in, and tells.
fn bring(
    context: &Context,
    paths: &[PathBuf],
    options: &ImportOptions,
    stop: &Stop,
    args: &ImportArgs,
) -> Result<(), Failure> {
    let json = args.format == Some(Format::Json);
    let start = Instant::now();
    let mut line = Line::new(context);
    let mirror = Mirror::open(&context.mirror)?;
    let done = mirror::import(&mirror, paths, options, &mut |p| {
        if p.waiting {
            line.show("another process writes to the mirror; waiting for its end");
            return !stop.is_asked();
        }
        let (done, all) = (p.sources as u64, p.all_sources as u64);
        let (rows, bytes, all_bytes) = (p.rows, p.bytes, p.all_bytes);
        line.tell(&Amount { done, all, parts: "files", rows, bytes, all_bytes });
        !stop.is_asked()
    });
    line.end();
    let report = done.map_err(|e| Failure::from(e).with_sources(&[], json))?;
    if !args.watch.is_empty() && report.rows + report.duplicates + report.rejected == 0 {
        return Ok(());
    }
    context.warn(&report.warnings(), &[], json);
    if args.watch.is_empty() {
        output::print(context, &listing(&report), args.format)?;
    }
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
    match (report.interrupted, args.dry_run) {
        (true, true) => context.say("ended early: nothing is kept"),
        (true, false) => {
            context.say(&format!("ended early: {} rows were kept; the same command goes on from there", report.rows))
        }
        (false, _) => {
            context.say(&format!("{} rows from {files} files in {seconds:.1} s{duplicates}{kept}", report.rows));
        }
    }
    without_effect(context, &mirror, options, &report)
}

/// Whether a path is an address with a signature.
fn is_signed(path: &Path) -> bool {
    let text = path.to_string_lossy().to_ascii_lowercase();
    text.contains("://") && ["sig=", "x-amz-signature=", "x-goog-signature="].iter().any(|name| text.contains(name))
}

/// Says which wishes for the types of columns had no effect.
fn without_effect(
    context: &Context,
    mirror: &Mirror,
    options: &ImportOptions,
    report: &ImportReport,
) -> Result<(), Failure> {
    let fresh = |name: &str| report.tables.iter().any(|t| t.new_columns.iter().any(|f| &*f.name == name));
    for (name, _) in options.columns.iter().filter(|(name, _)| !fresh(name)) {
        let mut tables = report.tables.iter().map(|t| t.table.as_str());
        let documented = tables.find(|t| device::known_table(t).is_some_and(|t| t.column(name).is_some()));
        let mut there = false;
        for table in &report.tables {
            there |= mirror.table(&table.table)?.is_some_and(|t| t.schema.field(name).is_some());
        }
        match documented {
            Some(table) => context.say(&format!("--column {name}: {table} documents it, and its type stays")),
            None if there => context.say(&format!("--column {name}: it is there already, and its type stays")),
            None => context.say(&format!("--column {name}: no row has a column of that name")),
        }
    }
    Ok(())
}

/// What `object_store` and the clouds' own tools read from the environment.
fn remote() -> RemoteOptions {
    let ours = |name: &str| ["AZURE_", "AWS_", "GOOGLE_"].iter().any(|prefix| name.starts_with(prefix));
    let all =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    RemoteOptions::new(all.filter(|(name, _)| ours(name)))
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
