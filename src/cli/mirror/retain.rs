//! `huntline mirror retain`

use super::super::args::RetainArgs;
use super::super::context::{Context, Failure};
use super::super::{input, output};
use super::{long, report, text, time};
use crate::catalog::device;
use crate::config::RetentionConfig;
use crate::diagnostic::{Code, Diagnostic};
use crate::mirror::{self, Mirror, Retained, Retention};
use crate::value::{QueryResult, Type};
use std::process::ExitCode;

/// Drops old days, or says which.
pub fn run(context: &Context, args: &RetainArgs) -> Result<ExitCode, Failure> {
    let mirror = Mirror::open(&context.mirror)?;
    let retention = retention(&context.config.mirror.retention, &mirror)?;
    if retention == Retention::default() {
        context.say("everything is kept: huntline.toml has no [mirror.retention], such as default = \"365d\"");
    }
    let done = mirror::retain(&mirror, &retention, context.now, args.dry_run)?;
    output::print(context, &listing(&done), args.format)?;
    let rows: u64 = done.iter().map(|d| d.rows).sum();
    let days: u64 = done.iter().map(|d| d.days).sum();
    let word = if args.dry_run { "would go" } else { "are gone" };
    context.say(&format!("{rows} rows of {days} days {word}"));
    let waiting: u64 = done.iter().map(|d| d.waiting).sum();
    if waiting > 0 {
        let held =
            format!("{waiting} files stay on the disk until nobody reads the mirror and `mirror retain` runs again");
        context.say(&held);
    }
    Ok(ExitCode::SUCCESS)
}

/// The spans of `[mirror.retention]`.
fn retention(config: &RetentionConfig, mirror: &Mirror) -> Result<Retention, Failure> {
    let span = |key: &str, text: &str| match text {
        "forever" => Ok(None),
        _ => input::span(text, &format!("mirror.retention.{key} =")).map(Some),
    };
    let mut retention = Retention::default();
    for (table, text) in config {
        match table.as_str() {
            "default" => retention.default = span(table, text)?,
            _ => {
                check_name(table, mirror)?;
                retention.tables.insert(table.clone(), span(table, text)?);
            }
        }
    }
    Ok(retention)
}

/// A misspelt table would silently be kept, or dropped, by the default.
fn check_name(table: &str, mirror: &Mirror) -> Result<(), Failure> {
    let known =
        device::known_table(table).is_some() || table.ends_with("_CL") || mirror::tables(mirror).contains(table);
    if known {
        return Ok(());
    }
    let problem =
        Diagnostic::general(Code::BadConfig, format!("[mirror.retention] names no table that is known: `{table}`"));
    Err(problem.with_help("names are case-sensitive; those of custom tables end with _CL").into())
}

/// A row a table.
fn listing(done: &[Retained]) -> QueryResult {
    let columns = [
        ("Table", Type::String),
        ("KeptFrom", Type::Datetime),
        ("Days", Type::Long),
        ("Rows", Type::Long),
        ("Files", Type::Long),
        ("Bytes", Type::Long),
        ("First", Type::Datetime),
        ("Last", Type::Datetime),
    ];
    let row = |r: &Retained| {
        let [days, rows, files, bytes] = [r.days, r.rows, r.files, r.bytes].map(long);
        let (first, last) = (r.range.map(|r| r.0), r.range.map(|r| r.1));
        [text(&r.table), time(Some(r.before)), days, rows, files, bytes, time(first), time(last)]
    };
    report(columns, done.iter().map(row))
}
