//! `huntline rules verify`

use super::args::VerifyArgs;
use super::sound;
use crate::cli::context::{Context, Failure};
use crate::cli::progress::{Amount, Line};
use crate::cli::sync::args::Form;
use crate::cli::sync::{ledger_path, note_verified, rule_of, settings_of, told};
use crate::policy::verify::{Options, Progress, Report, Scope, VerifySource, verify};
use crate::sync::decision::RuleFault;
use crate::sync::input::Settings;
use crate::value::datetime;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How often the bar moves.
const PERIOD: Duration = Duration::from_millis(100);

/// Tries every state. A rule that passes in full is noted beside the ledger: `sync apply` asks for that.
pub fn run(context: &Context, args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let mut pass = true;
    for name in &args.rules {
        let choice = rule_of(context, Some(name))?;
        sound(&choice, args.format == Form::Json)?;
        let settings = settings_of(&context.config.sync)?;
        let source = VerifySource { name: &choice.name, script: &choice.source };
        let start = Instant::now();
        let report = watched(context, &source, &settings, &options(args.quick, args.threads));
        let report = report.map_err(|fault| told(&choice, &fault))?;
        let seconds = start.elapsed().as_secs_f64();
        let mut out = std::io::stdout().lock();
        match args.format {
            Form::Json => writeln!(out, "{}", report.json(seconds))?,
            Form::Text => write!(out, "{}", report.text(context.stdout_style))?,
        }
        out.flush()?;
        context.say(&format!("{:.1} s", seconds));
        pass &= report.passes();
        if report.passes() && !args.quick {
            let ledger = ledger_path(context, args.ledger.as_ref());
            note_verified(&ledger, &report.digest, &choice.name, report.states, &datetime::format(context.now))?;
        }
    }
    Ok(if pass { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// How to verify: all processors unless told otherwise.
pub fn options(quick: bool, threads: Option<usize>) -> Options {
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    let scope = if quick { Scope::Quick } else { Scope::Full };
    Options { scope, threads: threads.unwrap_or(all), ..Options::default() }
}

/// Verifies with a bar.
fn watched(
    context: &Context,
    source: &VerifySource,
    settings: &Settings,
    options: &Options,
) -> Result<Report, RuleFault> {
    with_bar(context, |progress| verify(source, settings, options, progress))
}

/// Runs something long with a bar of its states.
pub fn with_bar<T: Send>(context: &Context, work: impl FnOnce(&Progress) -> T + Send) -> T {
    let progress = Progress::default();
    let mut line = Line::new(context);
    std::thread::scope(|scope| {
        let (done, finished) = std::sync::mpsc::channel::<()>();
        let worker = scope.spawn({
            let progress = &progress;
            move || {
                let result = work(progress);
                drop(done);
                result
            }
        });
        while finished.recv_timeout(PERIOD) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            let (done, total) = progress.states();
            if total > 0 {
                line.tell(&Amount { done, all: total, parts: "states", ..Amount::default() });
            }
        }
        line.end();
        worker.join()
    })
    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
