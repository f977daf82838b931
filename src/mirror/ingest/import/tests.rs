//! Imports from end to end, over small files of our own.

use super::*;
use crate::catalog::{Catalog, DataFile, Table, TableSource};
use crate::mirror::{read_file_as_table, read_parquet, status, write_parquet};
use crate::value::{Batch, Field, Schema, Type, Value, datetime};
use std::fs::File;
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
        import(&self.mirror(), &[path.to_owned()], &options, &mut |_| true)
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
    let days = ["__HIVE_DEFAULT_PARTITION__", "2026-01-01", "2026-01-02", "2026-01-03"];
    assert_eq!(folders, days.map(|day| format!("__day={day}")).map(std::ffi::OsString::from));
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
    assert_eq!(rows(ImportOptions::default()), (1, 0), "of a file that grew only the rest is new");
}

#[test]
fn an_event_comes_once_whatever_file_brings_it() {
    let world = World::new();
    let one = |id: u32, rest: &str| {
        event("2026-01-01T10:00:00.0000003Z", &format!(",\"DeviceId\":\"d\",\"ReportId\":{id}{rest}"))
    };
    let first = world.write("a/DeviceEvents.json", one(1, "") + one(1, "").as_str() + one(2, "").as_str());
    // The same events by another channel, one of them with something more to say, and a new one.
    let lines = [one(1, ",\"MachineGroup\":\"g\",\"FileName\":\"\""), one(2, ",\"FileName\":\"x\""), one(3, "")];
    let second = world.write("b/DeviceEvents.json", lines.concat());
    let counts = |path, options| world.import(path, options).map(|r| (r.rows, r.duplicates)).unwrap();
    assert_eq!(counts(&first, ImportOptions::default()), (2, 1));
    assert_eq!(counts(&second, ImportOptions::default()), (2, 1));
    let again = ImportOptions { again: true, ..ImportOptions::default() };
    assert_eq!(counts(&second, again.clone()), (0, 3));
    assert_eq!(counts(&second, ImportOptions { duplicates: Duplicates::Keep, ..again }), (3, 0));
    let about = status(&world.mirror()).unwrap().remove(0);
    assert_eq!((about.rows, about.duplicates), (7, 5));
    let custom = world.write("Log_CL.csv", "TimeGenerated,Text\n2026-01-01,a\n2026-01-01,a\n");
    assert_eq!(counts(&custom, ImportOptions::default()), (2, 0), "equal lines of a log of one's own may be meant");
}

#[test]
fn what_replaces_takes_the_place_of_all() {
    let world = World::new();
    let list = |text: &str| world.write("Assets_CL.csv", text);
    let replace = || ImportOptions { replace: true, ..ImportOptions::default() };
    world.import(&list("Name,Owner\na,x\nb,y\n"), replace()).unwrap();
    world.import(&list("Name,Owner\nc,z\n"), replace()).unwrap();
    assert_eq!(world.rows("Assets_CL", &["Name"]), [[text("c")]]);
    world.import(&list("Name,Owner\na,x\nb,y\n"), replace()).unwrap();
    assert_eq!(world.rows("Assets_CL", &["Name"]).len(), 2, "a list that came before comes again");
    let dry = ImportOptions { dry_run: true, ..replace() };
    let report = world.import(&list("Name,Age\na,1\n"), dry).unwrap();
    assert_eq!(report.tables[0].new_columns.iter().map(|f| &*f.name).collect::<Vec<_>>(), ["Age"]);
    assert_eq!(world.rows("Assets_CL", &["Name"]).len(), 2);
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

#[test]
fn a_documented_column_keeps_its_name_beside_one_that_differs_by_case() {
    let world = World::new();
    let line = |id: u32| event("2026-01-01T10:00:00.0000003Z", &format!(",\"ReportId\":{id},\"timestamp\":\"t\""));
    let first = world.write("a/DeviceEvents.json", line(1) + line(2).as_str());
    let second = world.write("b/DeviceEvents.json", line(2) + line(3).as_str());
    world.import(&first, ImportOptions::default()).unwrap();
    let report = world.import(&second, ImportOptions::default()).unwrap();
    assert_eq!((report.rows, report.duplicates), (1, 1));
    let (table, _) = world.table("DeviceEvents");
    let TableSource::Files { renamed, .. } = &table.source else { panic!() };
    assert_eq!(renamed.iter().map(|(a, b)| (&**a, &**b)).collect::<Vec<_>>(), [("timestamp", "timestamp__2")]);
}

#[test]
fn many_events_of_one_moment_are_compared_once_each() {
    let world = World::new();
    let lines =
        |from: u32| (from..from + 4000).map(|n| format!("{{\"Timestamp\":\"2026-01-01\",\"AccountUpn\":\"u{n}\"}}\n"));
    let first = world.write("a/IdentityInfo.json", lines(0).collect::<String>());
    let second = world.write("b/IdentityInfo.json", lines(1000).collect::<String>());
    world.import(&first, ImportOptions::default()).unwrap();
    let report = world.import(&second, ImportOptions::default()).unwrap();
    assert_eq!((report.rows, report.duplicates), (1000, 3000));
}

#[test]
fn times_that_kusto_does_not_have_are_refused_with_their_file() {
    use polars::prelude as pl;
    use polars::prelude::{IntoColumn, NamedFrom};
    let world = World::new();
    for (unit, value) in
        [(pl::TimeUnit::Microseconds, 569_034_000_000_000_000_i64), (pl::TimeUnit::Milliseconds, i64::MAX)]
    {
        let times = pl::Series::new("Timestamp".into(), [value]).cast(&pl::DataType::Datetime(unit, None)).unwrap();
        let mut frame = pl::DataFrame::new_infer_height(vec![times.into_column()]).unwrap();
        let path = world.write("DeviceEvents/odd.parquet", []);
        pl::ParquetWriter::new(File::create(&path).unwrap()).finish(&mut frame).unwrap();
        let error = world.import(&path, ImportOptions::default()).unwrap_err();
        assert!(error.message.contains("outside of the years 1 to 9999"), "{}", error.message);
    }
    assert_eq!(status(&world.mirror()).unwrap(), []);
}

#[test]
fn what_is_named_twice_is_read_once() {
    let world = World::new();
    let path = world.write("in/Log_CL.csv", "TimeGenerated,Text\n2026-01-01,a\n");
    let both = [path, world.dir.path().join("in")];
    let report = import(&world.mirror(), &both, &ImportOptions::default(), &mut |_| true).unwrap();
    assert_eq!(report.rows, 1);
}

#[test]
fn what_was_replaced_may_come_again() {
    let world = World::new();
    let (a, b) = (world.write("a/List_CL.csv", "Name,N\na,1\n"), world.write("b/List_CL.csv", "Name,N\nb,2\n"));
    world.import(&a, ImportOptions::default()).unwrap();
    world.import(&b, ImportOptions { replace: true, ..ImportOptions::default() }).unwrap();
    assert_eq!(world.import(&a, ImportOptions::default()).unwrap().rows, 1);
    assert_eq!(world.import(&b, ImportOptions::default()).unwrap().repeated, 1);
}
