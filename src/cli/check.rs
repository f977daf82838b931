//! `huntline check`

use super::args::{CheckArgs, TextArgs};
use super::context::{Context, Failure};
use super::input;
use crate::catalog::Env;
use crate::diagnostic::{Source, SourceId};
use crate::engine;
use crate::sink::Format;
use std::process::ExitCode;

/// Compiles every text; exit 0 when all compile.
pub fn run(context: &Context, args: &CheckArgs) -> Result<ExitCode, Failure> {
    // Diagnostics on a pipe are for programs, unless asked otherwise.
    let json = args.format == Some(Format::Json);
    let env = Env { assume_external: true, ..input::environment(context, &args.env)? };
    let mut failed = false;
    for source in sources(args)? {
        let sources = std::slice::from_ref(&source);
        match engine::check(&source, &env) {
            Ok(warnings) => context.warn(&warnings.0, sources, json),
            Err(diagnostics) => {
                Failure::from(diagnostics).with_sources(sources, json).tell(context.stderr_style);
                failed = true;
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn sources(args: &CheckArgs) -> Result<Vec<Source>, Failure> {
    if args.file.is_empty() {
        return input::queries(&TextArgs { text: args.text.clone(), file: None, pick: None });
    }
    let mut all = Vec::new();
    for (i, path) in args.file.iter().enumerate() {
        let id = SourceId(u16::try_from(i).unwrap_or(u16::MAX));
        all.extend(input::split(input::read_source(path, id)?));
    }
    Ok(all)
}
