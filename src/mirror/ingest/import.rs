//! Many sources into the store, side by side.
//!
//! In: paths and options. Out: rows in the store, or nothing at all. Threads read sources and hand frames on, each source
//! through its own channel; one collector takes them in the order of the sources, so that the same import gives the same
//! files however the threads run.

use super::output::{Failure, Message, Reject, Settings, Summary};
use super::report::{ImportReport, SourceImport, TableImport};
use super::source::{self, Expand, Place, Source};
use super::time::Zone;
use super::{documented, reader, sources};
use crate::diagnostic::{Code, Diagnostic};
use crate::mirror::delta;
use crate::mirror::lock::{self, WriteLock};
use crate::mirror::status::{IMPORTS, LAST_PULL, REJECTED};
use crate::mirror::store::{Mirror, REJECTS, is_table_name};
use crate::mirror::transaction::{Transaction, now_millis};
use crate::mirror::writer::{Duplicates, Writer};
use crate::value::Type;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of input after which what is read so far is kept: whoever ends a long import early loses no more than this.
const STAGE: u64 = 1 << 30;

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
    if made {
        // A dry run leaves no mirror where there was none.
        lock::remove(mirror.dir());
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

/// Takes messages in order, and builds the change and its report.
struct Collector {
    transaction: Option<Transaction>,
    dir: PathBuf,
    command: &'static str,
    /// Tables that rows of the source that is being read went to.
    of_tables: BTreeSet<Arc<str>>,
    writer: Writer,
    rejects: Option<BufWriter<File>>,
    rejected: BTreeMap<Arc<str>, u64>,
    report: ImportReport,
    rows: u64,
    ended: usize,
    /// Rejects of the source that is being read, and lines of the earlier pieces of its file.
    of_source: u64,
    lines: u64,
    /// Bytes of input since the last stage; none when there are no stages.
    since: Option<u64>,
    strict: bool,
    dry_run: bool,
}

impl Collector {
    fn new(transaction: Transaction, options: &ImportOptions, command: &'static str) -> Self {
        Collector {
            dir: transaction.dir().to_owned(),
            transaction: Some(transaction),
            command,
            of_tables: BTreeSet::new(),
            writer: Writer::new(options.duplicates),
            rejects: None,
            rejected: BTreeMap::new(),
            report: ImportReport::default(),
            rows: 0,
            ended: 0,
            of_source: 0,
            lines: 0,
            since: (!options.strict && !options.dry_run && !options.replace).then_some(0),
            strict: options.strict,
            dry_run: options.dry_run,
        }
    }

    fn take(&mut self, source: Option<&Source>, message: Message) -> Result<(), Diagnostic> {
        let Some(source) = source else { return Ok(()) };
        match message {
            Message::Frame(frame) => {
                self.rows += frame.data.height() as u64;
                self.of_tables.insert(frame.table.clone());
                let transaction = self.transaction.as_mut().ok_or_else(closed)?;
                self.writer.add(transaction, frame)
            }
            Message::Reject(reject) => self.reject(source, reject),
            Message::End(summary) => self.end(source, summary),
        }
    }

    fn reject(&mut self, source: &Source, reject: Reject) -> Result<(), Diagnostic> {
        let line = self.lines_before(source) + reject.line;
        if self.strict {
            let text = format!("{}:{line}: {}", source.name, reject.reason);
            return Err(Diagnostic::general(Code::BadRow, text)
                .with_help("without --strict such rows are left out and kept in a file of their own"));
        }
        self.of_source += 1;
        self.report.rejected += 1;
        if let Some(table) = &reject.table {
            self.of_tables.insert(table.clone());
            *self.rejected.entry(table.clone()).or_default() += 1;
        }
        let entry = serde_json::json!({
            "source": source.name,
            "line": line,
            "table": reject.table.as_deref(),
            "reason": reject.reason,
            "raw": reject.raw,
        });
        self.write_reject(&entry).map_err(|e| {
            Diagnostic::general(Code::CannotWrite, format!("the file of refused rows cannot be written: {e}"))
        })
    }

    fn write_reject(&mut self, entry: &serde_json::Value) -> std::io::Result<()> {
        let file = match &mut self.rejects {
            Some(file) => file,
            None => {
                let transaction =
                    self.transaction.as_mut().ok_or_else(|| std::io::Error::other("the batch is closed"))?;
                let path = transaction.new_rejects(REJECTS)?;
                let file = BufWriter::new(File::create(&path)?);
                self.report.rejects_file = Some(path);
                self.rejects.insert(file)
            }
        };
        writeln!(file, "{entry}")
    }

    /// Lines of the earlier pieces of the same file.
    fn lines_before(&self, source: &Source) -> u64 {
        if self.report.sources.last().is_some_and(|last| last.name == source.name) { self.lines } else { 0 }
    }

    fn end(&mut self, source: &Source, summary: Summary) -> Result<(), Diagnostic> {
        self.ended += 1;
        self.report.bytes += source.bytes;
        let before = self.lines_before(source);
        self.lines = before + summary.lines;
        let skipped = match &summary.failure {
            None => None,
            Some(Failure::Repeated) => {
                self.repeated(source);
                return Ok(());
            }
            Some(failure) => Some(self.failed(source, failure, summary.rows)?),
        };
        let tables = std::mem::take(&mut self.of_tables);
        if skipped.is_none() {
            for table in &tables {
                let transaction = self.transaction.as_mut().ok_or_else(closed)?;
                sources::note(transaction.table(table)?, &summary);
            }
        }
        let rejected = std::mem::take(&mut self.of_source);
        let one = SourceImport {
            name: source.name.clone(),
            format: summary.format,
            rows: summary.rows,
            rejected,
            skipped,
            repeated: false,
            zone_wanted: summary.zone_wanted,
            notes: summary.notes.iter().map(|note| note.tell(before)).collect(),
        };
        match self.report.sources.last_mut().filter(|last| last.name == one.name) {
            Some(last) => {
                // Earlier pieces were taken before, and the file grew.
                self.report.repeated -= u64::from(std::mem::take(&mut last.repeated));
                last.format = last.format.or(one.format);
                last.rows += one.rows;
                last.rejected += one.rejected;
                last.zone_wanted |= one.zone_wanted;
                last.skipped = last.skipped.take().or(one.skipped);
                last.notes.extend(one.notes);
            }
            None => self.report.sources.push(one),
        }
        match &mut self.since {
            Some(since) if *since + source.bytes >= STAGE => self.stage(),
            Some(since) => {
                *since += source.bytes;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Keeps what is read so far.
    fn stage(&mut self) -> Result<(), Diagnostic> {
        let lock = self.keep(&[])?;
        self.transaction = Some(Transaction::begin_with(&self.dir, lock)?);
        self.since = Some(0);
        Ok(())
    }

    /// Counts a file that an earlier import took, once for all of its pieces.
    fn repeated(&mut self, source: &Source) {
        let repeats = |s: &SourceImport| s.name == source.name;
        if !self.report.sources.last().is_some_and(repeats) {
            self.report.repeated += 1;
            let one = SourceImport { name: source.name.clone(), repeated: true, ..SourceImport::default() };
            self.report.sources.push(one);
        }
    }

    /// A file that cannot be read is left out if it was found in a folder and gave no rows; else all is undone.
    fn failed(&self, source: &Source, failure: &Failure, rows: u64) -> Result<String, Diagnostic> {
        let name = &source.name;
        let problem = match failure {
            Failure::NoTable => Diagnostic::general(
                Code::UnknownTableForFile,
                format!("`{name}` does not tell which table its rows belong to"),
            )
            .with_help("name it with --table, or name the file or its folder after it"),
            Failure::Format(why) => Diagnostic::general(Code::UnknownFormat, format!("`{name}` cannot be read: {why}")),
            Failure::Broken(why) => Diagnostic::general(Code::CannotRead, format!("`{name}` cannot be read: {why}")),
            Failure::Repeated | Failure::Stopped => Diagnostic::bug("a reader stopped by itself"),
        };
        let harmless = matches!(failure, Failure::NoTable | Failure::Format(_));
        if source.named || self.strict || rows > 0 || !harmless {
            return Err(problem);
        }
        Ok(match failure {
            Failure::NoTable => "it does not tell which table its rows belong to".to_owned(),
            Failure::Format(why) | Failure::Broken(why) => why.to_string(),
            Failure::Repeated | Failure::Stopped => String::new(),
        })
    }

    /// Keeps what waits, with some counters of tables beside the rows.
    fn finish(mut self, counters: &[(Arc<str>, &[(String, i64)])]) -> Result<ImportReport, Diagnostic> {
        if self.dry_run {
            self.settle(counters)?;
            self.report.rejects_file = None;
        } else {
            self.keep(counters)?;
        }
        Ok(self.report)
    }

    /// What the stages so far have kept.
    fn interrupted(mut self) -> ImportReport {
        self.report.interrupted = true;
        self.report
    }

    fn keep(&mut self, counters: &[(Arc<str>, &[(String, i64)])]) -> Result<WriteLock, Diagnostic> {
        self.settle(counters)?;
        self.transaction.take().ok_or_else(closed)?.commit(self.command)
    }

    /// Writes what waits, and counts it.
    fn settle(&mut self, counters: &[(Arc<str>, &[(String, i64)])]) -> Result<(), Diagnostic> {
        let transaction = self.transaction.as_mut().ok_or_else(closed)?;
        let written = self.writer.take(transaction)?;
        let rejected = std::mem::take(&mut self.rejected);
        let tables: BTreeSet<Arc<str>> = written.keys().chain(rejected.keys()).cloned().collect();
        for table in tables {
            let done = written.get(&table).copied().unwrap_or_default();
            let rejected = rejected.get(&table).copied().unwrap_or_default();
            let staged = transaction.table(&table)?;
            staged.count(IMPORTS, u64::from(done.rows > 0));
            staged.count(REJECTED, rejected);
            self.report.add(TableImport {
                table: table.to_string(),
                rows: done.rows,
                duplicates: done.duplicates,
                rejected,
                files: done.files,
                first: done.range.map(|r| r.0),
                last: done.range.map(|r| r.1),
                new_columns: staged.new_columns(),
            });
        }
        for (table, counters) in counters {
            transaction.table(table)?.change.counters.extend(counters.iter().cloned());
        }
        if let Some(mut file) = self.rejects.take() {
            file.flush().and_then(|()| file.get_ref().sync_all()).map_err(|e| {
                Diagnostic::general(Code::CannotWrite, format!("the file of refused rows cannot be written: {e}"))
            })?;
        }
        Ok(())
    }
}

fn closed() -> Diagnostic {
    Diagnostic::bug("a batch was closed before its time")
}

#[cfg(test)]
mod tests;
