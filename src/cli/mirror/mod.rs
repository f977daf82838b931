//! `huntline mirror`

mod compact;
mod log;
mod retain;
mod status;
mod verify;

pub use status::{OPTIONAL, judge, listing};

use super::args::{MirrorArgs, MirrorCommand};
use super::context::{Context, Failure};
use super::pull;
use crate::value::{Batch, QueryResult, Schema, Type, Value};
use std::process::ExitCode;

/// Hands over to the subcommand.
pub fn run(context: &Context, args: &MirrorArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        MirrorCommand::Status(args) => status::run(context, args),
        MirrorCommand::Pull(args) => pull::run(context, args),
        MirrorCommand::Retain(args) => retain::run(context, args),
        MirrorCommand::Compact(args) => compact::run(context, args),
        MirrorCommand::Verify(args) => verify::run(context, args),
        MirrorCommand::Log(args) => log::run(context, args),
    }
}

/// A report in the form of a result.
fn report<const N: usize>(columns: [(&str, Type); N], rows: impl IntoIterator<Item = [Value; N]>) -> QueryResult {
    let schema = Schema::of(columns);
    let batch = Batch::from_rows(&schema, rows.into_iter().map(Vec::from));
    QueryResult { schema, batches: vec![batch], ordered: true, ..QueryResult::default() }
}

fn long(n: u64) -> Value {
    Value::Long(i64::try_from(n).unwrap_or(i64::MAX))
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn time(ticks: Option<i64>) -> Value {
    ticks.map_or(Value::Null, Value::Datetime)
}
