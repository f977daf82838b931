//! `huntline schema` and `huntline functions`: reference, printed from the records.

use super::args::{FunctionsArgs, SchemaArgs, command};
use super::context::{Context, Failure};
use super::output;
use crate::catalog::device;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::library::{self, Accepts, AggregateFunction, Function, Parameter, Returns, Signature};
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
    let rows = device::TABLES.iter().map(|t| {
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
    let rows = table.columns.iter().map(|c| vec![text(c.name), text(c.ty.name()), text(c.description)]);
    Ok(listing(schema, rows))
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn listing(schema: Schema, rows: impl Iterator<Item = Vec<Value>>) -> QueryResult {
    let batch = Batch::from_rows(&schema, rows);
    QueryResult { schema, batches: vec![batch], ordered: true, ..QueryResult::default() }
}

/// The functions, or the reference of one.
pub fn functions(args: &FunctionsArgs) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    match &args.name {
        None => {
            for family in library::scalar::FAMILIES {
                let names: Vec<&str> = family.functions.iter().map(|f| f.name).collect();
                writeln!(out, "{}\n  {}\n", family.name, names.join(" "))?;
            }
            let aggregates = library::aggregate::FAMILIES.iter().flat_map(|f| f.iter()).map(|f| f.name);
            writeln!(out, "Aggregation functions\n  {}", aggregates.collect::<Vec<_>>().join(" "))?;
        }
        Some(name) => write!(out, "{}", reference(name)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The whole function reference, as Markdown: it is kept in `src/library/FUNCTIONS.md`, and a test holds it fresh.
pub fn functions_markdown() -> String {
    let mut out =
        String::from("# Functions\n\nPrinted from the records in `src/library`; every example runs as a test.\n");
    for family in library::scalar::FAMILIES {
        let _ = write!(out, "\n## {}\n", family.name);
        for function in family.functions {
            let _ = write!(out, "\n```text\n{}```\n", page(function));
        }
    }
    out.push_str("\n## Aggregation functions\n");
    for function in library::aggregate::FAMILIES.iter().flat_map(|f| f.iter()) {
        let _ = write!(out, "\n```text\n{}```\n", aggregate_page(function));
    }
    out
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

fn aggregate_page(f: &AggregateFunction) -> String {
    [head(f.name, f.aliases, f.summary), signatures(f.name, f.signatures), remarks(f.remarks)].concat()
}

/// The reference page of a function.
fn reference(name: &str) -> Result<String, Diagnostic> {
    let scalar = library::scalar_function(name).map(page);
    let aggregate = library::aggregate_function(name).map(aggregate_page);
    match [scalar, aggregate].into_iter().flatten().reduce(|a, b| format!("{a}\n{b}")) {
        Some(page) => Ok(page),
        None => Err(Diagnostic::general(Code::UnknownFunction, format!("no function is called `{name}`"))
            .with_suggestion(nearest(name, library::function_names()))),
    }
}

fn page(f: &'static Function) -> String {
    let examples: String = f.examples.iter().map(|e| format!("  {}  =>  {}\n", e.expression, e.result)).collect();
    let examples = if examples.is_empty() { examples } else { format!("\nExamples\n{examples}") };
    let columns: String = f.results.iter().map(|r| format!("  {}: {}\n", r.name, r.ty.name())).collect();
    let columns = if columns.is_empty() { columns } else { format!("\nColumns\n{columns}") };
    let signatures = signatures(f.name, f.signatures);
    [head(f.name, f.aliases, f.summary), signatures, columns, remarks(f.remarks), examples].concat()
}

fn head(name: &str, aliases: &[&str], summary: &str) -> String {
    let also = if aliases.is_empty() { String::new() } else { format!(" (also {})", aliases.join(", ")) };
    format!("{name}{also}\n  {summary}\n\nForms\n")
}

fn remarks(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\nRemarks\n  {text}\n") }
}

fn signatures(name: &str, signatures: &[Signature]) -> String {
    let line = |s: &Signature| {
        let parameters: Vec<String> = s.parameters.iter().map(parameter).collect();
        format!("  {name}({}) -> {}\n", parameters.join(", "), returns(s))
    };
    signatures.iter().map(line).collect()
}

fn parameter(p: &Parameter) -> String {
    let ty = match p.accepts {
        Accepts::Type(ty) | Accepts::Exactly(ty) => ty.name().to_owned(),
        Accepts::OneOf(types) => types.iter().map(|t| t.name()).collect::<Vec<_>>().join("|"),
        Accepts::Any | Accepts::Common => "any".to_owned(),
        Accepts::Number | Accepts::Promoted => "number".to_owned(),
        Accepts::Integer => "int|long".to_owned(),
    };
    let more = if p.repeats { ", ..." } else { "" };
    let shown = format!("{}:{ty}{more}", p.name);
    if p.optional { format!("[{shown}]") } else { shown }
}

fn returns(signature: &Signature) -> String {
    match signature.returns {
        Returns::Type(ty) => ty.name().to_owned(),
        Returns::Argument(i) => {
            let of = signature.parameters.get(i).map_or("an argument", |p| p.name);
            format!("the type of {of}")
        }
        Returns::Promoted => "the widest type of the numbers".to_owned(),
        Returns::Common => "the common type".to_owned(),
        Returns::Custom(_) => "by its arguments".to_owned(),
    }
}
