//! `huntline format`

use super::args::FormatArgs;
use super::context::{Context, Failure};
use super::input;
use crate::syntax;
use std::io::Write;
use std::process::ExitCode;

/// Prints the canonical text of each query, or only tells whether it is canonical already.
pub fn run(context: &Context, args: &FormatArgs) -> Result<ExitCode, Failure> {
    let sources = input::queries(&args.text)?;
    let mut texts = Vec::new();
    for source in &sources {
        let sources = std::slice::from_ref(source);
        let query = syntax::parse(source).map_err(|d| Failure::from(d).with_sources(sources, false))?;
        texts.push(syntax::format(&query, source));
    }
    if args.check {
        let same = sources.iter().zip(&texts).all(|(source, text)| source.text.trim() == text.trim());
        if !same {
            context.say("not in canonical form");
        }
        return Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let mut out = std::io::stdout().lock();
    for (i, text) in texts.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}
