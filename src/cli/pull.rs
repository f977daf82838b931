//! `huntline mirror pull`: rows of Defender or Sentinel into the mirror.
//!
//! In: the configuration, or the address of a fake. Out: a row a table on stdout, errors on stderr; exit code 0 when every
//! table has all rows that the service counted, 1 when one failed, 130 when it was interrupted.
//!
//! The form for reading leaves out columns that say nothing; every other form has all of them, always.

use super::args::PullArgs;
use super::context::{Context, Failure};
use super::progress::{Amount, Line};
use super::pull_store::MirrorStore;
use super::stop::Stop;
use super::{input, output, sync};
use crate::config::{PullConfig, PullSource};
use crate::connector::{Connector, DEFENDER_URL, Hunter, Settings};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::mirror::{self, Mirror};
use crate::pull::{self, Options, Progress, Pull, PullReport, PullTable, Since, Source, TableReport, Tokio};
use crate::sink::Format;
use crate::value::{Batch, QueryResult, Schema, Type, Value, datetime};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The exit code of a run that was interrupted.
const INTERRUPTED: u8 = 130;
/// Whose the fake's rows are.
const FAKE: &str = "fake";

/// Columns that the form for reading leaves out when they say nothing in any row.
const OPTIONAL: [&str; 4] = ["Rejected", "Splits", "Waited", "Error"];

/// A pull that is ready to run.
struct Ready {
    pull: Pull<Hunter, MirrorStore, Tokio>,
    store: Arc<MirrorStore>,
}

/// Pulls.
pub fn run(context: &Context, args: &PullArgs) -> Result<ExitCode, Failure> {
    let config = &context.config.mirror.pull;
    let tables = tables(context, args, source(config))?;
    let every = input::span(args.every.as_deref().unwrap_or(&config.every), "--every")?;
    let stop = Stop::heed()?;
    let line = Arc::new(Mutex::new(Line::new(context)));
    let ready = ready(context, args, stop.clone(), Arc::clone(&line))?;
    let end_line = || line.lock().unwrap_or_else(PoisonError::into_inner).end();
    if !args.follow {
        let report = sync::block_on(ready.pull.pass(&tables))?;
        end_line();
        let told = tell(context, &report, &ready.store.take_rejects(), args.format);
        note(context, &report)?;
        return told;
    }
    let mut told = Ok(ExitCode::SUCCESS);
    let every = Duration::from_nanos(every.unsigned_abs().saturating_mul(100));
    sync::block_on(ready.pull.follow(&tables, every, |report| {
        end_line();
        let news = |t: &TableReport| t.rows > 0 || t.rejected > 0 || t.error.is_some();
        if report.tables.iter().any(news) {
            told = tell(context, report, &ready.store.take_rejects(), args.format);
            if told.is_err() {
                // Nobody reads the reports any more.
                stop.ask();
            }
        }
        if let Err(failure) = note(context, report) {
            failure.tell(context.stderr_style);
        }
    }))?;
    told.map(|_| ExitCode::SUCCESS)
}

fn source(config: &PullConfig) -> Source {
    match config.source {
        PullSource::Graph => Source::Graph,
        PullSource::Defender => Source::Defender,
        PullSource::LogAnalytics => Source::LogAnalytics,
    }
}

/// The tables that are asked for, else those that are switched on.
fn tables(context: &Context, args: &PullArgs, source: Source) -> Result<Vec<PullTable>, Failure> {
    let names = match args.tables.is_empty() {
        true => pull::enabled(&context.config.mirror.tables)?,
        false => args.tables.clone(),
    };
    if names.is_empty() {
        return Err(Failure::usage("every table is switched off below `[mirror.tables]`"));
    }
    Ok(pull::choose(source, &names)?)
}

/// Puts it together; asks for nothing yet.
fn ready(context: &Context, args: &PullArgs, stop: Stop, line: Arc<Mutex<Line>>) -> Result<Ready, Failure> {
    let config = &context.config.mirror.pull;
    let options = Options {
        source: source(config),
        since: since(args.since.as_deref().unwrap_or(&config.since), context.now)?,
        parallel: config.parallel,
        target_rows: config.target_rows,
        local: args.fake.is_some(),
        again: args.again,
    };
    context.warn(options.shortfall(context.now).as_slice(), &[], args.format == Some(Format::Json));
    let (settings, owner) = settings(context, args, options.source)?;
    let bad = |why: crate::connector::SetupError| Failure::from(Diagnostic::general(Code::BadConfig, why.0));
    let mut connector = Connector::new(settings).map_err(bad)?;
    if context.verbose > 0 {
        connector = connector.with_observer(sync::health::log_observer());
    }
    let origin = match options.source {
        // One service, whichever way it is asked.
        Source::Graph | Source::Defender => format!("defender-{owner}"),
        Source::LogAnalytics => format!("log_analytics-{owner}"),
    };
    let store = Arc::new(MirrorStore::new(&context.mirror, &origin));
    let service = Hunter::new(connector, options.source);
    let watch = move |p: &Progress| show(&mut line.lock().unwrap_or_else(PoisonError::into_inner), p);
    let pull = Pull::new(service, Arc::clone(&store), Tokio::new(context.now), options, stop.asked(), watch);
    Ok(Ready { pull, store })
}

/// The connector's settings, and whose rows these are.
fn settings(context: &Context, args: &PullArgs, source: Source) -> Result<(Settings, String), Failure> {
    let (config, sync_config) = (&context.config.mirror.pull, &context.config.sync);
    if let Some(url) = &args.fake {
        let mut settings = sync::local_services(url);
        settings.defender_url = Some(url.clone());
        return Ok((settings, FAKE.to_owned()));
    }
    let mut settings = sync::service_settings(sync_config)?;
    if source == Source::Defender {
        settings.defender_url = Some(config.defender_url.clone().unwrap_or_else(|| DEFENDER_URL.to_owned()));
    }
    if source != Source::LogAnalytics {
        return Ok((settings, sync_config.auth.tenant.clone().unwrap_or_default()));
    }
    let workspace = sync_config.sentinel.workspace_id.clone().ok_or_else(|| {
        let missing = Diagnostic::general(Code::BadConfig, "`sync.sentinel.workspace_id` is not set");
        Failure::from(missing.with_help("it is the GUID on the workspace's page in the portal"))
    })?;
    Ok((settings, workspace))
}

/// A span of time, or a time that is past.
fn since(text: &str, now: i64) -> Result<Since, Failure> {
    match (input::span(text, "--since"), datetime::parse(text)) {
        (Ok(ticks), _) => Ok(Since::Span(ticks)),
        (Err(_), Some(ticks)) if ticks > now => {
            Err(Failure::usage(format!("`--since {text}` is in the future: there is nothing to pull yet")))
        }
        (Err(_), Some(ticks)) => Ok(Since::Time(ticks)),
        (Err(_), None) => {
            Err(Failure::usage(format!("`--since {text}` is neither a span of time (14d, 12h) nor a datetime")))
        }
    }
}

fn show(line: &mut Line, progress: &Progress) {
    if let Some(wait) = progress.paused {
        line.show(&format!("{} rows; waiting {} s for the quota", progress.rows, wait.as_secs() + 1));
        return;
    }
    line.tell(&amount(progress));
}

/// How far it is. What the rows that are due will weigh is told by those that came.
fn amount(progress: &Progress) -> Amount {
    let all = progress.rows.saturating_add(progress.due);
    Amount {
        done: progress.rows,
        all,
        parts: "rows",
        bytes: progress.bytes,
        all_bytes: progress.bytes.checked_div(progress.rows).map_or(0, |row| row.saturating_mul(all)),
        ..Amount::default()
    }
}

/// Notes for `mirror status` how each table ended; one that was interrupted stays as it was.
fn note(context: &Context, report: &PullReport) -> Result<(), Failure> {
    let mirror = Mirror::open(&context.mirror)?;
    for table in &report.tables {
        let error = table.error.as_ref().map(|e| e.message.as_str());
        if error.is_some() || !report.stopped {
            mirror::note_pull(&mirror, &table.table, error)?;
        }
    }
    Ok(())
}

/// Tells a report: tables on stdout, what went wrong on stderr.
fn tell(
    context: &Context,
    report: &PullReport,
    rejects: &[PathBuf],
    format: Option<Format>,
) -> Result<ExitCode, Failure> {
    output::print_brief(context, listing(report), &OPTIONAL, format)?;
    context.warn(rejected(report, rejects).as_slice(), &[], format == Some(Format::Json));
    let mut errors: Vec<Diagnostic> = report.tables.iter().filter_map(|t| t.error.clone()).collect();
    let failed = !errors.is_empty();
    // What ended several tables is told once.
    errors.dedup();
    Failure::from(crate::diagnostic::Diagnostics(errors))
        .with_sources(&[], format == Some(Format::Json))
        .tell(context.stderr_style);
    let sum = |of: fn(&TableReport) -> u64| report.tables.iter().map(of).sum::<u64>();
    let (rows, calls) = (sum(|t| t.rows), sum(|t| t.calls));
    context.say(&format!("{rows} rows with {calls} calls{}", if report.stopped { ", interrupted" } else { "" }));
    Ok(match (report.stopped, failed) {
        (true, _) => ExitCode::from(INTERRUPTED),
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::SUCCESS,
    })
}

/// The warning about rows that the mirror could not read, with the files that they are in.
fn rejected(report: &PullReport, files: &[PathBuf]) -> Option<Diagnostic> {
    let rows: u64 = report.tables.iter().map(|t| t.rejected).sum();
    let text = format!("{rows} rows could not be read and were left out");
    let files: Vec<String> = files.iter().map(|p| format!("`{}`", p.display())).collect();
    let help = (!files.is_empty()).then(|| format!("they are in {}", files.join(", ")));
    (rows > 0).then(|| Diagnostic { severity: Severity::Warning, help, ..Diagnostic::general(Code::BadRow, text) })
}

/// A row a table.
fn listing(report: &PullReport) -> QueryResult {
    let schema = Schema::of([
        ("Table", Type::String),
        ("Rows", Type::Long),
        ("Duplicates", Type::Long),
        ("Rejected", Type::Long),
        ("Due", Type::Long),
        ("Hours", Type::Long),
        ("Calls", Type::Long),
        ("Windows", Type::Long),
        ("Splits", Type::Long),
        ("Waited", Type::Timespan),
        ("From", Type::Datetime),
        ("To", Type::Datetime),
        ("Error", Type::String),
    ]);
    let long = |n: u64| Value::Long(i64::try_from(n).unwrap_or(i64::MAX));
    let rows = report.tables.iter().map(|t| {
        let mut row = vec![Value::String(t.table.clone())];
        row.extend([t.rows, t.duplicates, t.rejected, t.due, t.hours, t.calls, t.windows, t.splits].map(long));
        row.push(Value::Timespan(i64::try_from(t.waited.as_nanos() / 100).unwrap_or(i64::MAX)));
        let (from, to) = t.range.map_or((Value::Null, Value::Null), |(a, b)| (Value::Datetime(a), Value::Datetime(b)));
        let error = t.error.as_ref().map(|e| e.message.clone()).unwrap_or_default();
        row.extend([from, to, Value::String(error)]);
        row
    });
    let batch = Batch::from_rows(&schema, rows);
    QueryResult { schema, batches: vec![batch], ordered: true, ..QueryResult::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::datetime::TICKS_PER_DAY;

    fn ticks(text: &str) -> i64 {
        datetime::parse(text).unwrap()
    }

    #[test]
    fn a_beginning_is_a_span_or_a_time_that_is_past() {
        let since = |text| since(text, ticks("2026-07-02"));
        assert_eq!(since("14d").unwrap(), Since::Span(14 * TICKS_PER_DAY));
        assert_eq!(since("2026-07-01").unwrap(), Since::Time(ticks("2026-07-01")));
        assert_eq!(since("2026-07-01T12:00:00Z").unwrap(), Since::Time(ticks("2026-07-01T12:00:00Z")));
        assert!(since("soon").is_err());
        assert!(since("2026-07-03").unwrap_err().diagnostics.0[0].message.contains("in the future"));
    }

    #[test]
    fn what_is_due_weighs_what_the_rows_that_came_weigh() {
        let progress = Progress { rows: 10, due: 30, bytes: 5000, ..Progress::default() };
        let told = amount(&progress);
        assert_eq!((told.done, told.all, told.bytes, told.all_bytes), (10, 40, 5000, 20_000));
        assert_eq!(amount(&Progress { due: 30, bytes: 100, ..Progress::default() }).all_bytes, 0);
    }

    #[test]
    fn rows_that_could_not_be_read_are_told_with_their_file() {
        let table = |rejected| TableReport { rejected, ..TableReport::default() };
        let report = |tables| PullReport { tables, stopped: false };
        assert_eq!(rejected(&report(vec![table(0)]), &[]), None);
        let told = rejected(&report(vec![table(2), table(1)]), &[PathBuf::from("m/rejects/1.json")]).unwrap();
        assert!(told.message.starts_with("3 rows") && told.severity == Severity::Warning);
        assert_eq!(told.help.as_deref(), Some("they are in `m/rejects/1.json`"));
    }
}
