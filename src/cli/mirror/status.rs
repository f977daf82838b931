//! `huntline mirror status`

use super::super::args::StatusArgs;
use super::super::context::{Context, Failure};
use super::super::output;
use crate::mirror::{self, Mirror, TableStatus};
use crate::value::{Batch, QueryResult, Schema, Type, Value};
use std::process::ExitCode;

/// What the mirror holds.
pub fn run(context: &Context, args: &StatusArgs) -> Result<ExitCode, Failure> {
    let tables = mirror::status(&Mirror::open(&context.mirror)?)?;
    if tables.is_empty() {
        context
            .say(&format!("the mirror at {} is empty: bring files with `huntline import`", context.mirror.display()));
    }
    output::print(context, &listing(&tables), args.format)?;
    Ok(ExitCode::SUCCESS)
}

/// A row a table.
pub fn listing(tables: &[TableStatus]) -> QueryResult {
    let schema = Schema::of([
        ("Table", Type::String),
        ("Rows", Type::Long),
        ("Files", Type::Long),
        ("Bytes", Type::Long),
        ("First", Type::Datetime),
        ("Last", Type::Datetime),
        ("Imports", Type::Long),
        ("Rejects", Type::Long),
    ]);
    let long = |n: u64| Value::Long(i64::try_from(n).unwrap_or(i64::MAX));
    let time = |t: Option<i64>| t.map_or(Value::Null, Value::Datetime);
    let rows = tables.iter().map(|t| {
        let counts = [t.rows, t.files, t.bytes].map(long);
        let [rows, files, bytes] = counts;
        let name = Value::String(t.table.clone());
        vec![name, rows, files, bytes, time(t.first), time(t.last), long(t.imports), long(t.rejects)]
    });
    let batch = Batch::from_rows(&schema, rows);
    QueryResult { schema, batches: vec![batch], ordered: true, ..QueryResult::default() }
}
