//! Many sources into the store, side by side.
//!
//! In: paths and options. Out: rows in the store, or nothing at all. Threads read sources and hand frames on, each source
//! through its own channel; one collector takes them in the order of the sources, so that the same import gives the same
//! files however the threads run.

use super::output::{Failure, Message, Reject, Settings, Summary};
use super::report::{ImportReport, SourceImport, TableImport};
use super::source::{self, Source};
use super::time::Zone;
use super::{documented, reader};
use crate::diagnostic::{Code, Diagnostic};
use crate::mirror::store::{Mirror, REJECTS, is_table_name};
use crate::mirror::transaction::Transaction;
use crate::mirror::writer::Writer;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
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
}

/// Brings files into the mirror. `progress` is called now and then, from the thread that calls this.
///
/// # Errors
/// When nothing could be read, a named file cannot be read, the store cannot be written, or, if strict, on the first bad
/// row. Then nothing has changed.
pub fn import(
    mirror: &Mirror,
    paths: &[PathBuf],
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, Diagnostic> {
    let mut settings = settings(options)?;
    let sources = source::expand(paths)?;
    let transaction = Transaction::begin(mirror.dir())?;
    if !options.again {
        settings.seen = Arc::new(transaction.seen().iter().cloned().collect());
    }
    let mut collector = Collector::new(transaction, options.strict);
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        n => n,
    };
    run(&sources, &settings, threads, &mut |at, message| {
        let done = collector.take(sources.get(at), message);
        let report = &collector.report;
        progress(Progress {
            sources: collector.ended,
            all_sources: sources.len(),
            rows: collector.rows,
            bytes: report.bytes,
        });
        done
    })?;
    collector.finish()
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
    Ok(Settings { forced, zone: Zone(zone), ..Settings::default() })
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
    transaction: Transaction,
    writer: Writer,
    rejects: Option<BufWriter<File>>,
    rejected: BTreeMap<Arc<str>, u64>,
    report: ImportReport,
    rows: u64,
    ended: usize,
    /// Rejects of the source that is being read, and lines of the earlier pieces of its file.
    of_source: u64,
    lines: u64,
    strict: bool,
}

impl Collector {
    fn new(transaction: Transaction, strict: bool) -> Self {
        Collector {
            transaction,
            writer: Writer::default(),
            rejects: None,
            rejected: BTreeMap::new(),
            report: ImportReport::default(),
            rows: 0,
            ended: 0,
            of_source: 0,
            lines: 0,
            strict,
        }
    }

    fn take(&mut self, source: Option<&Source>, message: Message) -> Result<(), Diagnostic> {
        let Some(source) = source else { return Ok(()) };
        match message {
            Message::Frame(frame) => {
                self.rows += frame.data.height() as u64;
                self.writer.add(&mut self.transaction, frame)
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
                let path = self.transaction.new_rejects(REJECTS)?;
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
        self.lines = self.lines_before(source) + summary.lines;
        let skipped = match &summary.failure {
            None => None,
            Some(Failure::Repeated) => return Ok(self.repeated(source)),
            Some(failure) => Some(self.failed(source, failure, summary.rows)?),
        };
        if skipped.is_none()
            && let Some(mark) = summary.mark
        {
            self.transaction.see(mark);
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
        };
        match self.report.sources.last_mut().filter(|last| last.name == one.name) {
            Some(last) => {
                last.rows += one.rows;
                last.rejected += one.rejected;
                last.zone_wanted |= one.zone_wanted;
                last.skipped = last.skipped.take().or(one.skipped);
            }
            None => self.report.sources.push(one),
        }
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

    fn finish(mut self) -> Result<ImportReport, Diagnostic> {
        let written = std::mem::take(&mut self.writer).finish(&mut self.transaction)?;
        let tables: Vec<Arc<str>> = written.keys().chain(self.rejected.keys()).cloned().collect();
        for table in tables.into_iter().collect::<std::collections::BTreeSet<_>>() {
            let done = written.get(&table).copied().unwrap_or_default();
            let rejected = self.rejected.get(&table).copied().unwrap_or_default();
            let manifest = self.transaction.manifest(&table)?;
            manifest.imports += u64::from(done.rows > 0);
            manifest.rejects += rejected;
            self.report.rows += done.rows;
            self.report.tables.push(TableImport {
                table: table.to_string(),
                rows: done.rows,
                rejected,
                files: done.files,
                first: done.range.map(|r| r.0),
                last: done.range.map(|r| r.1),
            });
        }
        if let Some(file) = &mut self.rejects {
            file.flush().and_then(|()| file.get_ref().sync_all()).map_err(|e| {
                Diagnostic::general(Code::CannotWrite, format!("the file of refused rows cannot be written: {e}"))
            })?;
        }
        self.transaction.commit()?;
        Ok(self.report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, DataFile, Table, TableSource};
    use crate::mirror::{read_file_as_table, read_parquet, status, write_parquet};
    use crate::value::{Batch, Field, Schema, Type, Value, datetime};
    use std::path::Path;

    struct World {
        dir: tempfile::TempDir,
    }

    impl World {
        fn new() -> World {
            World { dir: tempfile::tempdir().unwrap() }
        }

        fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
            let path = self.dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
            path
        }

        fn mirror(&self) -> Mirror {
            Mirror::open(self.dir.path().join("mirror")).unwrap()
        }

        fn import(&self, path: &Path, options: ImportOptions) -> Result<ImportReport, Diagnostic> {
            import(&self.mirror(), &[path.to_owned()], &options, &mut |_| {})
        }

        fn table(&self, name: &str) -> (Arc<Table>, Vec<DataFile>) {
            let table = self.mirror().table(name).unwrap().unwrap();
            let TableSource::Files { files, .. } = &table.source else { panic!() };
            let files = files.clone();
            (table, files)
        }

        fn rows(&self, name: &str, columns: &[&str]) -> Vec<Vec<Value>> {
            let (table, files) = self.table(name);
            let schema = Schema::new(columns.iter().map(|c| table.schema.field(c).unwrap().clone()));
            let read = |file: &DataFile| read_parquet(&file.path, &schema).unwrap();
            files.iter().map(read).flat_map(|b| (0..b.rows).map(move |r| b.row(r)).collect::<Vec<_>>()).collect()
        }
    }

    fn event(time: &str, rest: &str) -> String {
        format!("{{\"Timestamp\":\"{time}\"{rest}}}\n")
    }

    fn long(n: i64) -> Value {
        Value::Long(n)
    }

    fn text(s: &str) -> Value {
        Value::String(s.into())
    }

    #[test]
    fn rows_go_to_their_days_in_order_to_the_tick() {
        let world = World::new();
        let lines = [
            event("2026-01-02T00:00:00.0000001Z", ",\"ReportId\":3"),
            event("2026-01-01T23:59:59.9999999Z", ",\"ReportId\":2"),
            event("2026-01-01T23:59:59.9999998Z", ",\"ReportId\":1"),
            "{\"ReportId\":0}\n".to_owned(),
            event("2026-01-03T00:00:00Z", ",\"ReportId\":4"),
        ];
        let path = world.write("DeviceEvents.json", lines.concat());
        assert_eq!(world.import(&path, ImportOptions::default()).unwrap().rows, 5);
        let ids = world.rows("DeviceEvents", &["ReportId"]);
        assert_eq!(ids, (0..5).map(|n| vec![long(n)]).collect::<Vec<_>>());
        let (_, files) = world.table("DeviceEvents");
        let folders: Vec<_> = files.iter().map(|f| f.path.parent().unwrap().file_name().unwrap().to_owned()).collect();
        assert_eq!(folders, ["undated", "2026-01-01", "2026-01-02", "2026-01-03"]);
        let last = datetime::parse("2026-01-01T23:59:59.9999999Z").unwrap();
        assert_eq!(files[1].time_range, Some((last - 1, last)));
        assert_eq!(files[0].time_range, None);
        let ticks = |at: usize| files[at].contents.as_ref().unwrap().ticks.len();
        assert_eq!((ticks(1), ticks(3)), (2, 0), "both time columns, and only where a tick is");
    }

    #[test]
    fn strict_takes_all_or_nothing() {
        let world = World::new();
        let path = world.write("DeviceEvents.json", "{\"ReportId\":1}\n{\"ReportId\":true}\n");
        let error = world.import(&path, ImportOptions { strict: true, ..Default::default() }).unwrap_err();
        assert_eq!(error.code, Code::BadRow);
        assert!(error.message.contains("DeviceEvents.json:2: ReportId"), "{}", error.message);
        assert_eq!(status(&world.mirror()).unwrap(), []);
        assert!(!world.dir.path().join("mirror/rejects").read_dir().is_ok_and(|mut d| d.next().is_some()));

        let report = world.import(&path, ImportOptions::default()).unwrap();
        assert_eq!((report.rows, report.rejected), (1, 1));
        let rejects = std::fs::read_to_string(report.rejects_file.as_ref().unwrap()).unwrap();
        assert!(rejects.contains("\"line\":2") && rejects.contains("ReportId: `true` is no long"), "{rejects}");
        assert_eq!(status(&world.mirror()).unwrap()[0].rejects, 1);
        assert_eq!(report.warnings().len(), 1);
    }

    #[test]
    fn a_file_is_taken_once() {
        let world = World::new();
        let path = world.write("DeviceEvents.json", "{\"ReportId\":1}\n");
        let rows = |options| world.import(&path, options).map(|r| (r.rows, r.repeated)).unwrap();
        assert_eq!(rows(ImportOptions::default()), (1, 0));
        assert_eq!(rows(ImportOptions::default()), (0, 1));
        assert_eq!(rows(ImportOptions { again: true, ..Default::default() }), (1, 0));
        world.write("DeviceEvents.json", "{\"ReportId\":1}\n{\"ReportId\":2}\n");
        assert_eq!(rows(ImportOptions::default()), (2, 0), "a file that grew is another file");
    }

    #[test]
    fn undocumented_columns_keep_their_type_for_good() {
        let world = World::new();
        let first = world.write("a/DeviceEvents.json", "{\"Score\":1,\"Seen\":\"2026-01-01T00:00:00.0000001Z\"}\n");
        let second = world.write("b/DeviceEvents.json", "{\"Score\":\"high\",\"Tags\":[1, 2]}\n{\"Score\":2}\n");
        world.import(&first, ImportOptions::default()).unwrap();
        world.import(&second, ImportOptions::default()).unwrap();
        let (table, files) = world.table("DeviceEvents");
        let ty = |name: &str| table.schema.field(name).map(|f| f.ty);
        assert_eq!(ty("Score"), Some(Type::Long));
        assert_eq!(ty("Score_string"), Some(Type::String));
        assert_eq!((ty("Tags"), ty("Seen")), (Some(Type::Dynamic), Some(Type::Datetime)));
        let missing: Vec<&str> = files[0].contents.as_ref().unwrap().missing.iter().map(|m| &**m).collect();
        assert_eq!(missing, ["Tags", "Score_string"]);
        let rows = world.rows("DeviceEvents", &["Score", "Score_string", "Tags"]);
        assert_eq!(rows[0], [long(1), text(""), Value::Null]);
        assert_eq!(rows[1], [Value::Null, text("high"), Value::Dynamic(serde_json::json!([1, 2]))]);
        assert_eq!(rows[2], [long(2), text(""), Value::Null]);
    }

    #[test]
    fn folders_and_archives_are_walked_and_strangers_left_out() {
        use std::io::Write as _;
        let world = World::new();
        let line = "{\"ReportId\":1}\n";
        let mut gz = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        gz.write_all(line.as_bytes()).unwrap();
        world.write("in/DeviceEvents.json.gz", gz.finish().unwrap());
        world.write("in/DeviceEvents/x.zst", zstd::encode_all(line.as_bytes(), 1).unwrap());
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
        let plain = zip::write::SimpleFileOptions::default();
        zip.start_file("inner/DeviceInfo.csv", plain).unwrap();
        zip.write_all(b"\xef\xbb\xbfReportId,OSBuild\r\n639199803770463703,19041\r\n").unwrap();
        world.write("in/packed.zip", zip.finish().unwrap().into_inner());
        world.write("in/notes.txt", "hello");
        world.write("in/.hidden/DeviceEvents.json", line);
        let report = world.import(&world.dir.path().join("in"), ImportOptions::default()).unwrap();
        assert_eq!(report.rows, 3);
        let skipped: Vec<_> = report.sources.iter().filter(|s| s.skipped.is_some()).collect();
        assert_eq!(skipped.len(), 1);
        assert!(skipped[0].name.ends_with("notes.txt"));
        assert_eq!(world.rows("DeviceInfo", &["ReportId", "OSBuild"]), [[long(639_199_803_770_463_703), long(19041)]]);
        assert_eq!(world.rows("DeviceEvents", &["ReportId"]).len(), 2);
        let stranger = world.import(&world.dir.path().join("in/notes.txt"), ImportOptions::default()).unwrap_err();
        assert_eq!(stranger.code, Code::UnknownFormat);
    }

    #[test]
    fn the_same_import_gives_the_same_bytes_however_many_threads() {
        let bytes = |threads| {
            let world = World::new();
            for n in 0..20 {
                let name = format!("in/{n:02}/DeviceEvents.json");
                world.write(&name, event(&format!("2026-01-0{}T00:00:00Z", n % 3 + 1), &format!(",\"x{n}\":{n}")));
            }
            world.import(&world.dir.path().join("in"), ImportOptions { threads, ..Default::default() }).unwrap();
            let (table, files) = world.table("DeviceEvents");
            (table.schema.clone(), files.iter().map(|f| std::fs::read(&f.path).unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(bytes(1), bytes(7));
    }

    #[test]
    fn parquet_of_others_is_adapted() {
        use polars::prelude as pl;
        use polars::prelude::{IntoColumn, NamedFrom};
        let world = World::new();
        let column = |name: &str, s: pl::Series| s.with_name(name.into()).into_column();
        let nanos = pl::Series::new("".into(), [1_767_225_600_123_456_700i64, 1_767_225_600_000_000_000]);
        let nanos = nanos.cast(&pl::DataType::Datetime(pl::TimeUnit::Nanoseconds, None)).unwrap();
        let nested = pl::StructChunked::from_series(
            "".into(),
            2,
            [pl::Series::new("a".into(), [1i64, 2]), pl::Series::new("b".into(), ["x", "y"])].iter(),
        );
        let mut frame = pl::DataFrame::new_infer_height(vec![
            column("Timestamp", nanos),
            column("ReportId", pl::Series::new("".into(), ["9007199254740993", "2"])),
            column("ActionType", pl::Series::new("".into(), [Some("A"), None])),
            column("AdditionalFields", pl::IntoSeries::into_series(nested.unwrap())),
            column("Level", pl::Series::new("".into(), [1.5f32, 2.5])),
        ])
        .unwrap();
        let path = world.write("DeviceEvents/day.parquet", []);
        pl::ParquetWriter::new(File::create(&path).unwrap()).finish(&mut frame).unwrap();
        assert_eq!(world.import(&path, ImportOptions::default()).unwrap().rows, 2);
        let columns = ["TimeGenerated", "ReportId", "ActionType", "AdditionalFields", "Level"];
        let rows = world.rows("DeviceEvents", &columns);
        let time = datetime::parse("2026-01-01T00:00:00.1234567Z").map(Value::Datetime).unwrap();
        let json = Value::Dynamic(serde_json::json!({"a": 1, "b": "x"}));
        assert_eq!(rows[1], [time, long(9_007_199_254_740_993), text("A"), json, Value::Real(1.5)]);
        assert_eq!(rows[0][2], text(""));

        let table = read_file_as_table(&path, "DeviceEvents", None).unwrap();
        assert_eq!(table.schema.field("Level").map(|f| f.ty), Some(Type::Real));
        assert_eq!(table.time_column.as_deref(), Some("Timestamp"));
    }

    #[test]
    fn files_are_tables_in_place() {
        let world = World::new();
        let path = world.write("any.csv", "Name,Count,When\nx,007,2026-01-01T00:00:00Z\ny,8,\n");
        let table = read_file_as_table(&path, "T", None).unwrap();
        let expected = Schema::of([("Name", Type::String), ("Count", Type::String), ("When", Type::Datetime)]);
        assert_eq!(table.schema, expected);
        let TableSource::Batch(batch) = &table.source else { panic!() };
        assert_eq!(batch.row(1), [text("y"), text("8"), Value::Null]);

        let path = world.write("rows.json", "[{\"ReportId\": 5, \"n\": 1}, {\"n\": 2.5}]");
        let table = read_file_as_table(&path, "DeviceEvents", None).unwrap();
        assert_eq!(table.schema.field("n").map(|f| f.ty), Some(Type::Real));
        assert!(table.schema.field("ActionType").is_some());
        let broken = world.write("rows.json", "{\"n\": 1}\n{\"n\":\n");
        assert_eq!(read_file_as_table(&broken, "T", None).unwrap_err().code, Code::BadRow);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let world = World::new();
        let path = world.dir.path().join("x.parquet");
        let schema = Schema::new(Type::ALL.map(|ty| Field { name: ty.name().into(), ty }));
        let row = vec![
            Value::Bool(true),
            Value::Int(-1),
            long(i64::MIN),
            Value::Real(0.1),
            Value::Decimal("1.50".parse().unwrap()),
            Value::Datetime(7),
            Value::Timespan(-3),
            Value::Guid(u128::MAX),
            text("é"),
            Value::Dynamic(serde_json::json!({"a": [1]})),
        ];
        let missing: Vec<Value> = Type::ALL.iter().map(|ty| Value::missing(*ty)).collect();
        let batches = [Batch::from_rows(&schema, [row.clone()]), Batch::from_rows(&schema, [missing.clone()])];
        write_parquet(&path, &schema, &batches).unwrap();
        let back = read_parquet(&path, &schema).unwrap();
        assert_eq!((back.row(0), back.row(1)), (row, missing));
    }
}
