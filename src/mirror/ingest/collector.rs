//! From the messages of readers to a change of the store.
//!
//! In: frames, refused rows and ends of sources, in the order of the sources. Out: a batch, kept in stages where it is large,
//! and the report of what came in. Nothing that was left out is left unsaid.

use super::import::ImportOptions;
use super::output::{Failure, Message, Reject, Summary};
use super::report::{ImportReport, SourceImport, TableImport};
use super::source::Source;
use super::sources;
use crate::diagnostic::{Code, Diagnostic};
use crate::mirror::lock::WriteLock;
use crate::mirror::status::{IMPORTS, REJECTED};
use crate::mirror::store::REJECTS;
use crate::mirror::transaction::Transaction;
use crate::mirror::writer::Writer;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of input after which what is read so far is kept: whoever ends a long import early loses no more than this.
const STAGE: u64 = 1 << 30;

/// Takes messages in order, and builds the change and its report.
pub struct Collector {
    transaction: Option<Transaction>,
    dir: PathBuf,
    command: &'static str,
    /// Tables that rows of the source that is being read went to.
    of_tables: BTreeSet<Arc<str>>,
    writer: Writer,
    rejects: Option<BufWriter<File>>,
    rejected: BTreeMap<Arc<str>, u64>,
    /// What came in so far.
    pub report: ImportReport,
    /// Rows that were read.
    pub rows: u64,
    /// Sources that were read.
    pub ended: usize,
    /// Rejects of the source that is being read, and lines of the earlier pieces of its file.
    of_source: u64,
    lines: u64,
    /// Bytes of input since the last stage; none when there are no stages.
    since: Option<u64>,
    /// Refused rows that were kept so far, and where.
    kept: (u64, Option<PathBuf>),
    strict: bool,
    dry_run: bool,
}

impl Collector {
    /// A collector into a batch; `command` is what the versions will be told to be of.
    pub fn new(transaction: Transaction, options: &ImportOptions, command: &'static str) -> Self {
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
            kept: (0, None),
            strict: options.strict,
            dry_run: options.dry_run,
        }
    }

    /// Takes a message of a source.
    ///
    /// # Errors
    /// When the store cannot be written, a source that was named cannot be read, or, if strict, for a bad row.
    pub fn take(&mut self, source: Option<&Source>, message: Message) -> Result<(), Diagnostic> {
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
    ///
    /// # Errors
    /// When the store cannot be written; then nothing of it is kept.
    pub fn finish(mut self, counters: &[(Arc<str>, &[(String, i64)])]) -> Result<ImportReport, Diagnostic> {
        if self.dry_run {
            self.settle(counters)?;
            self.report.rejects_file = None;
        } else {
            self.keep(counters)?;
        }
        Ok(self.report)
    }

    /// What the stages so far have kept.
    pub fn interrupted(mut self) -> ImportReport {
        self.report.interrupted = true;
        (self.report.rejected, self.report.rejects_file) = self.kept;
        self.report
    }

    fn keep(&mut self, counters: &[(Arc<str>, &[(String, i64)])]) -> Result<WriteLock, Diagnostic> {
        self.settle(counters)?;
        let lock = self.transaction.take().ok_or_else(closed)?.commit(self.command)?;
        self.kept = (self.report.rejected, self.report.rejects_file.clone());
        Ok(lock)
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
