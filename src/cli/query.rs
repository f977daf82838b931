//! `huntline query`

use super::args::{EnvArgs, OutputArgs, QueryArgs};
use super::context::{Context, Failure};
use super::output::Output;
use super::{input, limits};
use crate::catalog::Env;
use crate::diagnostic::{Diagnostic, Source, SourceId};
use crate::engine;
use crate::value::{QueryResult, RunStats};
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Runs the query, or stays up.
pub fn run(context: &Context, args: &QueryArgs) -> Result<ExitCode, Failure> {
    let limits = limits::limits(args.timeout.as_deref(), args.memory_limit.as_deref())?;
    if args.stdin {
        return stay_up(context, &args.env);
    }
    let output = Output::new(context, &args.output)?;
    let json = output.json();
    let prepare = || -> Result<(Vec<Source>, Env), Failure> {
        let sources = input::queries(&args.text)?;
        let mut env = input::environment(context, &args.env)?;
        env.limits = limits;
        env.limits.stats = args.stats;
        Ok((sources, env))
    };
    let (sources, env) = prepare().map_err(|f| f.with_sources(&[], json))?;
    limits::watch(context, limits, json);
    for source in &sources {
        let sources = std::slice::from_ref(source);
        let results = engine::run(source, &env).map_err(|d| Failure::from(d).with_sources(sources, json))?;
        results.iter().for_each(|result| context.warn(&result.warnings, sources, json));
        output.write_all(&results, sources).map_err(|f| f.with_sources(sources, json))?;
        for result in &results {
            if args.stats {
                context.say(&stats(&result.stats));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Answers one query file a line with its time and number of rows, over one environment.
fn stay_up(context: &Context, args: &EnvArgs) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let path = line?;
        let start = Instant::now();
        let answer = input::read_source(Path::new(path.trim()), SourceId(0)).and_then(|source| {
            // A fresh environment each time: the mirror may have grown since.
            let env = input::environment(context, args)?;
            engine::run(&source, &env).map_err(|d| Failure::from(d).with_sources(&[source], true))
        });
        let seconds = start.elapsed().as_secs_f64();
        let answer = match answer {
            Ok(results) => serde_json::json!({
                "seconds": seconds, "rows": results.iter().map(QueryResult::rows).sum::<usize>()
            }),
            Err(failure) => serde_json::json!({ "error": failure.diagnostics.to_string() }),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What was read and skipped, in a few lines.
pub fn stats(stats: &RunStats) -> String {
    format!(
        "files: {} read, {} skipped; row groups: {} read, {} skipped; rows scanned: {}; columns: {}; compile {:.1} ms, run {:.1} ms",
        stats.files_read,
        stats.files_skipped,
        stats.row_groups_read,
        stats.row_groups_skipped,
        stats.rows_read,
        stats.columns_read,
        stats.compile_seconds * 1e3,
        stats.run_seconds * 1e3,
    )
}

/// Runs a text of huntline's own (the ingestion chart, the demo) and writes its last result.
pub fn run_own(context: &Context, name: &str, text: &str, args: &OutputArgs) -> Result<QueryResult, Failure> {
    let source = Source::new(SourceId(0), name, text);
    let env = input::environment(context, &EnvArgs::default())?;
    let output = Output::new(context, args)?;
    let sources = std::slice::from_ref(&source);
    let results = engine::run(&source, &env).map_err(|d| Failure::from(d).with_sources(sources, output.json()))?;
    let last = results.into_iter().next_back().ok_or_else(|| Diagnostic::bug("a built-in query gave no result"))?;
    output.write(&last, sources)?;
    Ok(last)
}
