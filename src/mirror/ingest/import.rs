//! Many sources into the store, side by side.
//!
//! In: paths and options. Out: rows in the store, or nothing at all. Threads read sources and hand frames on, each source
//! through its own channel; one collector takes them in the order of the sources, so that the same import gives the same
//! files however the threads run.

use super::collector::Collector;
use super::output::{Failure, Message, Settings, Summary};
use super::report::ImportReport;
use super::source::{self, Expand, Place, Source};
use super::time::Zone;
use super::{documented, reader, sources};
use crate::diagnostic::{Code, Diagnostic};
use crate::mirror::delta;
use crate::mirror::lock::{self, WriteLock};
use crate::mirror::status::LAST_PULL;
use crate::mirror::store::{Mirror, is_table_name};
use crate::mirror::transaction::{Transaction, now_millis};
use crate::mirror::writer::Duplicates;
use crate::value::Type;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Frames of one source that may wait for the collector.
const WAITING: usize = 1;

/// How an import is done.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The table that every row belongs to, whatever the files say.
    pub table: Option<String>,
    /// The zone of local times in portal exports, such as `Europe/Berlin`; UTC when it is not given.
    pub timezone: Option<String>,
    /// Whether one bad row, or one file that cannot be read, undoes all.
    pub strict: bool,
    /// Whether files that an earlier import took are taken once more.
    pub again: bool,
    /// Threads that read; 0 for as many as there are processors.
    pub threads: usize,
    /// What is done with rows that came before.
    pub duplicates: Duplicates,
    /// Whether the rows take the place of those that their tables have.
    pub replace: bool,
    /// Types of columns that no table documents, in place of what the values suggest.
    pub columns: Vec<(String, Type)>,
    /// Whether all is read and told, and nothing kept.
    pub dry_run: bool,
    /// How paths and addresses are expanded.
    pub expand: Expand,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Files read.
    pub sources: usize,
    /// Files in all.
    pub all_sources: usize,
    /// Rows taken.
    pub rows: u64,
    /// Bytes of the files read.
    pub bytes: u64,
    /// Bytes of all files.
    pub all_bytes: u64,
    /// True while another process writes to the mirror, and this one waits.
    pub waiting: bool,
}

/// Brings files into the mirror. `progress` is called now and then, from the thread that calls this; when it gives false the
/// import ends early, with what was kept so far.
///
/// What is read is kept all at once at the end. Of a large import a stage is kept after each GiB of input, unless it is strict,
/// replaces, or is a dry run.
///
/// # Errors
/// When nothing could be read, a named file cannot be read, the store cannot be written, or, if strict, on the first bad
/// row. Then nothing has changed since the last stage.
pub fn import(
    mirror: &Mirror,
    paths: &[PathBuf],
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<ImportReport, Diagnostic> {
    let mut settings = settings(options)?;
    let sources = source::expand(paths, &options.expand)?;
    let made = options.dry_run && !mirror.dir().exists();
    let mut wait = || progress(Progress { waiting: true, ..Progress::default() });
    let Some(mut transaction) = Transaction::begin_when(mirror.dir(), &mut wait)? else {
        return Ok(ImportReport { interrupted: true, ..ImportReport::default() });
    };
    if options.replace {
        transaction.replace();
    }
    // What takes the place of all else is taken whatever came before.
    if !options.again && !options.replace {
        settings.known = Some(Arc::new(sources::known(mirror)?));
    }
    let command = if options.replace { "replace" } else { "import" };
    let mut collector = Collector::new(transaction, options, command);
    let report = match read_all(&sources, &settings, options.threads, &mut collector, progress)? {
        true => collector.finish(&[]),
        false => Ok(collector.interrupted()),
    };
    // A dry run leaves no mirror where there was none.
    if made && let Some(held) = WriteLock::take(mirror.dir(), &mut || false)? {
        lock::remove(mirror.dir(), held);
    }
    report
}

/// Brings answers of a service into a table, with counters that say how far it was asked, all in one version. The bodies are
/// read as files of the same form would be.
///
/// # Errors
/// When a body cannot be read, or the store cannot be written. Then nothing has changed.
pub fn append(
    mirror: &Mirror,
    table: &str,
    bodies: Vec<Vec<u8>>,
    counters: &[(String, i64)],
) -> Result<ImportReport, Diagnostic> {
    let options = ImportOptions { table: Some(table.to_owned()), ..ImportOptions::default() };
    let settings = Settings { may_grow: false, ..settings(&options)? };
    let answer = |(number, bytes): (usize, Vec<u8>)| Source {
        name: format!("answer {} of {table}", number + 1),
        bytes: bytes.len() as u64,
        place: Place::Bytes(bytes.into()),
        named: true,
    };
    let sources: Vec<Source> = bodies.into_iter().enumerate().map(answer).collect();
    let mut collector = Collector::new(Transaction::begin(mirror.dir())?, &options, "pull");
    read_all(&sources, &settings, options.threads, &mut collector, &mut |_| true)?;
    let mut counters = counters.to_vec();
    counters.push((LAST_PULL.to_owned(), now_millis()));
    collector.finish(&[(Arc::from(table), &counters)])
}

/// The counters of a table whose names begin with `prefix`, without it.
///
/// # Errors
/// When the table is damaged.
pub fn counters(mirror: &Mirror, table: &str, prefix: &str) -> Result<BTreeMap<String, i64>, Diagnostic> {
    let all = delta::counters(&mirror.folder(table))?;
    Ok(all.into_iter().filter_map(|(name, n)| Some((name.strip_prefix(prefix)?.to_owned(), n))).collect())
}

/// Reads sources, and gives the collector what they have. False when `progress` ended it early.
fn read_all(
    sources: &[Source],
    settings: &Settings,
    threads: usize,
    collector: &mut Collector,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<bool, Diagnostic> {
    let all_bytes = sources.iter().map(|s| s.bytes).sum();
    let mut goes_on = true;
    let threads = match threads {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        n => n,
    };
    let done = run(sources, settings, threads, &mut |at, message| {
        collector.take(sources.get(at), message)?;
        goes_on = progress(Progress {
            sources: collector.ended,
            all_sources: sources.len(),
            rows: collector.rows,
            bytes: collector.report.bytes,
            all_bytes,
            waiting: false,
        });
        if goes_on { Ok(()) } else { Err(Diagnostic::bug("an import was ended early")) }
    });
    match done {
        Err(_) if !goes_on => Ok(false),
        done => done.map(|()| true),
    }
}

/// What readers are told, checked.
pub fn settings(options: &ImportOptions) -> Result<Settings, Diagnostic> {
    let zone = match &options.timezone {
        None => None,
        Some(name) => Some(zone_of(name).ok_or_else(|| {
            Diagnostic::general(Code::Usage, format!("no time zone `{name}` is known"))
                .with_help("name it as the IANA database does (Europe/Berlin) or as an offset (+02:00)")
        })?),
    };
    let forced = match &options.table {
        Some(name) if !is_table_name(name) => {
            let text = format!("`{name}` cannot be the name of a table");
            return Err(Diagnostic::general(Code::Usage, text).with_help("names have letters, digits, `_` and `-`"));
        }
        other => other.as_deref().map(|name| Arc::from(documented(name).unwrap_or(name))),
    };
    let columns = Arc::new(options.columns.clone());
    Ok(Settings { forced, zone: Zone(zone), columns, may_grow: true, ..Settings::default() })
}

/// A zone by its name, or an offset `+hh:mm`.
fn zone_of(text: &str) -> Option<jiff::tz::TimeZone> {
    let offset = || {
        let (hours, minutes) = text.get(1..)?.split_once(':')?;
        let seconds = hours.parse::<i32>().ok()?.checked_mul(3600)? + minutes.parse::<i32>().ok()?.checked_mul(60)?;
        let signed = match text.as_bytes().first()? {
            b'+' => seconds,
            b'-' => -seconds,
            _ => return None,
        };
        jiff::tz::Offset::from_seconds(signed).ok().map(jiff::tz::TimeZone::fixed)
    };
    jiff::tz::TimeZone::get(text).ok().or_else(offset)
}

/// Reads all sources with some threads, and hands their messages to `take`, source by source, in order.
fn run(
    sources: &[Source],
    settings: &Settings,
    threads: usize,
    take: &mut dyn FnMut(usize, Message) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    let next = AtomicUsize::new(0);
    let (senders, receivers): (Vec<_>, Vec<_>) = sources.iter().map(|_| sync_channel(WAITING)).unzip();
    let senders: Vec<Mutex<Option<SyncSender<Message>>>> = senders.into_iter().map(|s| Mutex::new(Some(s))).collect();
    std::thread::scope(|scope| {
        for _ in 0..threads.min(sources.len()) {
            scope.spawn(|| work(sources, settings, &next, &senders));
        }
        // Dropping the receivers, by an early return too, stops the readers.
        collect(receivers, take)
    })
}

fn work(sources: &[Source], settings: &Settings, next: &AtomicUsize, senders: &[Mutex<Option<SyncSender<Message>>>]) {
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let (Some(source), Some(slot)) = (sources.get(at), senders.get(at)) else { return };
        let Some(sender) = slot.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let settings = Settings { guess: source.table(), ..settings.clone() };
        let mut send = |message| sender.send(message).map_err(|_| Failure::Stopped);
        // A fault in here must not leave the collector waiting for the sources that nobody would read any more.
        let read = catch_unwind(AssertUnwindSafe(|| reader::read(source, settings, &mut send)));
        match read {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => {
                let failure = Some(Failure::Broken("it shows a fault in huntline; please report it".into()));
                let _ = sender.send(Message::End(Summary { failure, ..Summary::default() }));
            }
        }
    }
}

fn collect(
    receivers: Vec<Receiver<Message>>,
    take: &mut dyn FnMut(usize, Message) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    for (at, receiver) in receivers.into_iter().enumerate() {
        let mut ended = false;
        for message in receiver {
            ended |= matches!(message, Message::End(_));
            take(at, message)?;
        }
        if !ended {
            return Err(Diagnostic::bug("a reader of files broke off"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
