//! `huntline schema` and `huntline functions`: reference, printed from the records.

mod pages;
mod support;

use super::args::{FunctionsArgs, SchemaArgs, command};
use super::context::{Context, Failure};
use super::output;
use crate::catalog::device;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::render;
use crate::value::{Batch, QueryResult, Schema, Type, Value};
use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;

/// The tables, or the columns of one.
pub fn schema(context: &Context, args: &SchemaArgs) -> Result<ExitCode, Failure> {
    let result = match &args.table {
        None => tables(),
        Some(name) => columns(name)?,
    };
    output::print(context, &result, args.format)?;
    Ok(ExitCode::SUCCESS)
}

fn tables() -> QueryResult {
    let schema = Schema::of([("Table", Type::String), ("Columns", Type::Long), ("TimeColumn", Type::String)]);
    let rows = device::tables().map(|t| {
        let time = t.time_column.unwrap_or_default();
        vec![text(t.name), Value::Long(i64::try_from(t.columns.len()).unwrap_or(0)), text(time)]
    });
    listing(schema, rows)
}

fn columns(name: &str) -> Result<QueryResult, Diagnostic> {
    let table = device::known_table(name).ok_or_else(|| {
        Diagnostic::general(Code::UnknownTable, format!("no table is called `{name}`"))
            .with_suggestion(nearest(name, device::names()))
    })?;
    let schema = Schema::of([("Column", Type::String), ("Type", Type::String), ("Description", Type::String)]);
    let rows = table.columns.iter().map(|c| vec![text(c.name), text(c.ty.name()), text(table.about(c))]);
    Ok(listing(schema, rows))
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn listing(schema: Schema, rows: impl Iterator<Item = Vec<Value>>) -> QueryResult {
    let batch = Batch::from_rows(&schema, rows);
    QueryResult { schema, batches: vec![batch], ordered: true, ..QueryResult::default() }
}

/// The names of the language, or the page of one.
pub fn functions(args: &FunctionsArgs) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    match &args.name {
        None => write!(out, "{}", pages::listing())?,
        Some(name) => write!(out, "{}", pages::named(name)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The whole reference of the language, as Markdown: kept in `src/library/FUNCTIONS.md`.
pub fn functions_markdown() -> String {
    pages::markdown()
}

/// Which of Kusto's names run here, as Markdown: kept in `src/library/SUPPORT.md`.
pub fn support_markdown() -> String {
    support::markdown(|kind| kind == "table" || render::draws(kind))
}

/// The command line's own help for every subcommand, as Markdown: kept in `src/cli/REFERENCE.md`.
pub fn command_markdown() -> String {
    let mut out = String::from("# Command line\n\nPrinted from the program's own help.\n");
    let mut root = command().term_width(100);
    root.build();
    write_help(&mut out, &mut root, "");
    out
}

fn write_help(out: &mut String, command: &mut clap::Command, above: &str) {
    let name = format!("{above} {}", command.get_name()).trim().to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(out, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
    for sub in command.get_subcommands_mut().filter(|c| c.get_name() != "help") {
        write_help(out, sub, &name);
    }
}
