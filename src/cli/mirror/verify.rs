//! `huntline mirror verify`

use super::super::args::VerifyArgs;
use super::super::context::{Context, Failure};
use super::super::output;
use super::super::progress::Line;
use super::{long, report, text};
use crate::mirror::{self, Fault, FaultKind, Mirror};
use crate::value::{QueryResult, Type};
use std::process::ExitCode;

/// Looks at every file. Ends with 1 when something is wrong that was not mended.
pub fn run(context: &Context, args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let mirror = Mirror::open(&context.mirror)?;
    let mut line = Line::new(context);
    let mut bytes = 0;
    let done = mirror::verify(&mirror, args.repair, &mut |more| {
        bytes += more;
        line.show(&format!("{} MB read", bytes >> 20));
    });
    line.end();
    let done = done?;
    output::print(context, &listing(&done.faults), args.format)?;
    context.say(&format!("{} tables, {} files, {} rows, {} MB", done.tables, done.files, done.rows, done.bytes >> 20));
    if done.unsigned > 0 {
        context.say(&format!("{} files of other programs have no digest: only their rows were counted", done.unsigned));
    }
    let rows = done.lost();
    if done.is_sound() {
        if rows > 0 {
            context.say(&format!(
                "{rows} rows are lost to their tables: `mirror pull` or `import` of their files brings them again"
            ));
        }
        context.say("the mirror is sound");
        return Ok(ExitCode::SUCCESS);
    }
    let log = done.faults.iter().any(|f| f.kind == FaultKind::Log && f.repair.is_none());
    context.say(match log {
        true => "a table whose log cannot be read can be moved away, and its files imported again: they are parquet",
        false => "`mirror verify --repair` lets the tables go on without what is lost; then `mirror pull` or `import` brings it again",
    });
    if rows > 0 {
        context.say(&format!("{rows} rows are affected"));
    }
    Ok(ExitCode::FAILURE)
}

/// A row a fault.
fn listing(faults: &[Fault]) -> QueryResult {
    let columns = [
        ("Table", Type::String),
        ("File", Type::String),
        ("Fault", Type::String),
        ("Why", Type::String),
        ("Rows", Type::Long),
        ("Repair", Type::String),
    ];
    let kind = |kind| match kind {
        FaultKind::Log => "log",
        FaultKind::Missing => "missing",
        FaultKind::Damaged => "damaged",
        FaultKind::Unreadable => "unreadable",
        FaultKind::Waiting => "waiting",
        FaultKind::Orphan => "orphan",
    };
    let row = |f: &Fault| {
        let repair = f.repair.as_deref().unwrap_or_default();
        [text(&f.table), text(&f.file), text(kind(f.kind)), text(&f.why), long(f.rows), text(repair)]
    };
    report(columns, faults.iter().map(row))
}
