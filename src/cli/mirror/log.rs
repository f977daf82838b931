//! `huntline mirror log`

use super::super::args::LogArgs;
use super::super::context::{Context, Failure};
use super::super::output;
use super::{long, report, text, time};
use crate::catalog::Catalog;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::mirror::{self, Mirror};
use crate::value::{Type, Value};
use std::process::ExitCode;

/// The versions of a table.
pub fn run(context: &Context, args: &LogArgs) -> Result<ExitCode, Failure> {
    let mirror = Mirror::open(&context.mirror)?;
    let Some(versions) = mirror::versions(&mirror, &args.table)? else {
        let problem = Diagnostic::general(Code::UnknownTable, format!("nothing is stored of `{}`", args.table));
        let names = mirror.names();
        return Err(problem.with_suggestion(nearest(&args.table, names.iter().map(|n| &**n))).into());
    };
    let columns = [
        ("Version", Type::Long),
        ("Time", Type::Datetime),
        ("Command", Type::String),
        ("Operation", Type::String),
        ("RowsWritten", Type::Long),
    ];
    let rows = versions.iter().map(|v| {
        let rows = v.rows.map_or(Value::Null, long);
        [long(v.number), time(Some(v.time)), text(&v.command), text(&v.operation), rows]
    });
    output::print(context, &report(columns, rows), args.format)?;
    Ok(ExitCode::SUCCESS)
}
