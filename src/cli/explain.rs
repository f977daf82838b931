//! `huntline explain`

use super::args::{ExplainArgs, Stage};
use super::context::{Context, Failure};
use super::input;
use crate::backend::Backend;
use crate::backend::polars::PolarsBackend;
use crate::catalog::Env;
use crate::diagnostic::{Diagnostics, Source, mask};
use crate::{bind, engine, plan, syntax};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

/// Prints what a stage makes of each query.
pub fn run(context: &Context, args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let sources = input::queries(&args.text)?;
    let env = input::environment(context, &args.env)?;
    let mut out = std::io::stdout().lock();
    for source in &sources {
        let text = stage(source, &env, args.stage)
            .map_err(|d| Failure::from(d).with_sources(std::slice::from_ref(source), false))?;
        out.write_all(text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn stage(source: &Source, env: &Env, stage: Stage) -> Result<String, Diagnostics> {
    match stage {
        Stage::Tokens => tokens(source),
        Stage::Ast => Ok(format!("{:#?}\n", syntax::parse(source)?)),
        Stage::Plan => {
            let (plans, _) = bind::bind(&syntax::parse(source)?, env, None)?;
            Ok(plans.iter().map(|p| plan::explain(&p.root)).collect())
        }
        Stage::Optimized => {
            let compiled = engine::compile(source, env)?;
            Ok(compiled.plans.iter().map(|p| plan::explain(&p.root)).collect())
        }
        Stage::Polars => {
            let compiled = engine::compile(source, env)?;
            let mut out = String::new();
            for plan in &compiled.plans {
                let _ = writeln!(out, "{}", PolarsBackend.explain(plan, env)?.trim_end());
            }
            Ok(out)
        }
    }
}

/// A token a line: its bytes, kind and text.
fn tokens(source: &Source) -> Result<String, Diagnostics> {
    let (tokens, diagnostics) = syntax::lex(source);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let mut out = String::new();
    for token in tokens {
        let span = token.span;
        let _ = writeln!(out, "{}..{} {:?} {:?}", span.start, span.end, token.kind, mask(source.slice(span)));
    }
    Ok(out)
}
