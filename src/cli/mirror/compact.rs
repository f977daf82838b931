//! `huntline mirror compact`

use super::super::args::CompactArgs;
use super::super::context::{Context, Failure};
use super::super::output;
use super::super::progress::Line;
use super::{long, report, text};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::mirror::{self, Compacted, Mirror};
use crate::value::{QueryResult, Type};
use std::process::ExitCode;

/// How long old versions stay whole unless `mirror.history` says otherwise.
const HISTORY: &str = "7d";

/// Puts small files together.
pub fn run(context: &Context, args: &CompactArgs) -> Result<ExitCode, Failure> {
    let history = context.config.mirror.history.as_deref().unwrap_or(HISTORY);
    let keep = mirror::now_millis() - super::super::input::span(history, "mirror.history")? / 10_000;
    let mirror = Mirror::open(&context.mirror)?;
    known(&mirror, &args.tables)?;
    let mut line = Line::new(context);
    let mut rows = 0;
    let done = mirror::compact(&mirror, &args.tables, keep, &mut |more| {
        rows += more;
        line.show(&format!("{rows} rows put together"));
    });
    line.end();
    let done: Vec<Compacted> = done?.into_iter().filter(|c| c.before > 0 || c.removed > 0).collect();
    if done.is_empty() {
        context.say("nothing to do: every day lies in files that are large enough");
    }
    output::print(context, &listing(&done), args.format)?;
    Ok(ExitCode::SUCCESS)
}

/// A name that nothing is stored of is a mistake.
fn known(mirror: &Mirror, tables: &[String]) -> Result<(), Failure> {
    let stored = mirror::tables(mirror);
    match tables.iter().find(|name| !stored.contains(*name)) {
        None => Ok(()),
        Some(name) => {
            let problem = Diagnostic::general(Code::UnknownTable, format!("nothing is stored of `{name}`"));
            Err(problem.with_suggestion(nearest(name, stored.iter().map(String::as_str))).into())
        }
    }
}

/// A row a table.
fn listing(done: &[Compacted]) -> QueryResult {
    let columns = [
        ("Table", Type::String),
        ("FilesBefore", Type::Long),
        ("FilesAfter", Type::Long),
        ("Rows", Type::Long),
        ("BytesBefore", Type::Long),
        ("BytesAfter", Type::Long),
        ("OldFilesRemoved", Type::Long),
    ];
    let row = |c: &Compacted| {
        let [a, b, c2, d, e, f] = [c.before, c.after, c.rows, c.bytes_before, c.bytes_after, c.removed].map(long);
        [text(&c.table), a, b, c2, d, e, f]
    };
    report(columns, done.iter().map(row))
}
