//! `huntline sync apply` and `huntline sync watch`

use super::args::{ApplyArgs, Form, SidesArgs, WatchArgs};
use super::health::{Health, serve};
use super::plan::failed;
use super::setup::{RealClock, Sides, block_on};
use super::{is_verified, tables};
use crate::cli::context::{Context, Failure};
use crate::cli::stop;
use crate::diagnostic::{Code, Diagnostic};
use crate::ledger::Ledger;
use crate::sync::run::{PassReport, RunError, Sync};
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Passes of `apply`, at most: what is still not quiet then is told.
const PASSES: usize = 10;
/// The longest pause after failures, in pauses between two passes.
const MAX_BACKOFF: u32 = 16;

/// Everything that is open while a sync runs.
struct Running {
    sides: Sides,
    ledger: Ledger,
    clock: RealClock,
    stop: Arc<AtomicBool>,
}

impl Running {
    fn open(context: &Context, args: &SidesArgs, unverified: bool) -> Result<Running, Failure> {
        let sides = Sides::new(context, args)?;
        if !unverified && !is_verified(&sides.ledger, sides.rule.digest()) {
            let message = format!("the rule `{}` was not verified as it is now", sides.rule.name());
            let help = format!("run `huntline rules verify {}` first, or say --unverified", sides.rule.name());
            return Err(Diagnostic::general(Code::RuleUnverified, message).with_help(help).into());
        }
        if let Some(dir) = sides.ledger.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let ledger = Ledger::open(&sides.ledger, &sides.name)?;
        let clock = RealClock::new(&context.config.sync)?;
        Ok(Running { sides, ledger, clock, stop: Arc::new(AtomicBool::new(false)) })
    }

    fn sync(&self) -> Sync<'_, crate::connector::Connector> {
        Sync {
            services: &self.sides.services,
            ledger: &self.ledger,
            rule: &self.sides.rule,
            clock: &self.clock,
            options: &self.sides.options,
            stop: &self.stop,
        }
    }

    /// Ends the run after the incidents under way when Ctrl-C, or the system, asks for it; at once the second time.
    fn heed_signals(&self) {
        let stop = Arc::clone(&self.stop);
        tokio::spawn(async move {
            loop {
                stop::interrupted().await;
                if stop.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
            }
        });
    }
}

/// Passes until both sides are quiet.
pub fn apply(context: &Context, args: &ApplyArgs) -> Result<ExitCode, Failure> {
    let running = Running::open(context, &args.sides, args.unverified)?;
    let total = block_on(async {
        running.heed_signals();
        let mut total = PassReport::default();
        for pass in 0..PASSES {
            let report = running.sync().pass(args.full && pass == 0).await?;
            let quiet = report.quiet();
            total.changed_in_defender += report.changed_in_defender;
            total.changed_in_sentinel += report.changed_in_sentinel;
            total.linked += report.linked;
            total.recovered += report.recovered;
            total.stopped |= report.stopped;
            total.doubles.clone_from(&report.doubles);
            total.warnings.clear();
            total.failures.clear();
            total.add(report);
            if quiet || total.stopped {
                break;
            }
        }
        Ok::<_, RunError>(total)
    })?;
    let total = total.map_err(|e| failed(&e))?;
    let total = PassReport { held: running.ledger.holds()?.len(), ..total };
    let exported = tables::export(context, &running.ledger)?;
    let mut out = std::io::stdout().lock();
    match args.format {
        Form::Json => writeln!(out, "{}", serde_json::to_string(&total).map_err(std::io::Error::other)?)?,
        Form::Text => writeln!(out, "{}", sentence(&total, exported))?,
    }
    for warning in total.warnings.iter().chain(&total.doubles) {
        context.say(&format!("warning: {warning}"));
    }
    for failure in &total.failures {
        context.say(&format!("failed, to be tried again: {}: {}", failure.incident, failure.message));
    }
    Ok(match (total.stopped, total.failures.is_empty()) {
        (true, _) => ExitCode::from(130),
        (_, false) => ExitCode::from(1),
        _ => ExitCode::SUCCESS,
    })
}

/// What was done, in one line.
fn sentence(r: &PassReport, rows: usize) -> String {
    let mut text = format!(
        "{} changed in Defender, {} in Sentinel, {} comments added, {} held",
        r.patched, r.put, r.comments, r.held
    );
    for (count, what) in [
        (r.linked, "linked"),
        (r.conflicts, "decided again"),
        (r.recovered, "broken writes looked up"),
        (r.gone, "gone"),
        (r.frozen, "frozen"),
        (rows, "rows for the mirror"),
        (r.failures.len(), "failed"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    text
}

/// Pass after pass, until it is told to end.
pub fn watch(context: &Context, args: &WatchArgs) -> Result<ExitCode, Failure> {
    let running = Running::open(context, &args.sides, args.unverified)?;
    let pause = Duration::from_secs_f64(args.every.unwrap_or(context.config.sync.poll_seconds as f64).max(0.0));
    let health = Arc::new(Health::default());
    block_on(async {
        running.heed_signals();
        if let Some(address) = &args.listen {
            serve(address, Arc::clone(&health)).await?;
        }
        let (mut passes, mut quiet, mut failures) = (0, 0, 0_u32);
        loop {
            let result = running.sync().pass(passes == 0).await;
            passes += 1;
            let report = match result {
                Ok(report) => {
                    failures = if report.failures.is_empty() { 0 } else { failures.saturating_add(1) };
                    Ok(report)
                }
                Err(error @ RunError::Service(_)) => {
                    failures = failures.saturating_add(1);
                    Err(error.to_string())
                }
                Err(error) => return Err(failed(&error)),
            };
            quiet = if report.as_ref().is_ok_and(PassReport::quiet) { quiet + 1 } else { 0 };
            tell(context, passes, &report);
            health.pass(&running.ledger, &report, args.health.as_deref())?;
            if let Err(failure) = tables::export(context, &running.ledger) {
                failure.tell(context.stderr_style);
            }
            let enough = args.passes.is_some_and(|n| passes >= n) || args.until_quiet.is_some_and(|n| quiet >= n);
            if enough || running.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            nap(pause * failures.clamp(1, MAX_BACKOFF), &running.stop).await;
            if running.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    })??;
    Ok(if running.stop.load(Ordering::Relaxed) { ExitCode::from(130) } else { ExitCode::SUCCESS })
}

/// A line a pass that did something, or failed.
fn tell(context: &Context, pass: u64, report: &Result<PassReport, String>) {
    match report {
        Ok(report) if report.quiet() && report.warnings.is_empty() && context.verbose == 0 => {}
        Ok(report) => {
            context.say(&format!("pass {pass}: {}", sentence(report, 0)));
            for warning in &report.warnings {
                context.say(&format!("  warning: {warning}"));
            }
            for failure in &report.failures {
                context.say(&format!("  {}: {}", failure.incident, failure.message));
            }
        }
        Err(error) => context.say(&format!("pass {pass}: failed: {error}")),
    }
}

/// Sleeps, but not through a signal.
async fn nap(pause: Duration, stop: &AtomicBool) {
    let until = tokio::time::Instant::now() + pause;
    while tokio::time::Instant::now() < until && !stop.load(Ordering::Relaxed) {
        let left = until - tokio::time::Instant::now();
        tokio::time::sleep(left.min(Duration::from_millis(200))).await;
    }
}
