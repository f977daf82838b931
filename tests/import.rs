//! Real and true-shaped exports, through the store and back.
//!
//! The samples lie outside of the project; where they are not there, the tests say so and do nothing.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

use huntline::catalog::{Catalog, TableSource};
use huntline::mirror::{self, ImportOptions, ImportReport, Mirror};
use huntline::value::{Batch, Value, datetime};
use std::path::{Path, PathBuf};

fn sample(test: &str, name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("SKIPPED {test}: {} is not there", path.display());
    None
}

/// A mirror in a folder that goes away with it.
struct Store {
    _dir: tempfile::TempDir,
    mirror: Mirror,
}

impl Store {
    fn new() -> Store {
        let dir = tempfile::tempdir().unwrap();
        let mirror = Mirror::open(dir.path().join("mirror")).unwrap();
        Store { _dir: dir, mirror }
    }

    fn import(&self, path: &Path, table: Option<&str>, timezone: Option<&str>) -> ImportReport {
        let options = ImportOptions {
            table: table.map(Into::into),
            timezone: timezone.map(Into::into),
            ..ImportOptions::default()
        };
        mirror::import(&self.mirror, &[path.to_owned()], &options, &mut |_| true).unwrap()
    }

    /// Some columns of a table, as they were stored.
    fn read(&self, table: &str, columns: &[&str]) -> Vec<Vec<Value>> {
        let reopened = Mirror::open(self.mirror.dir()).unwrap();
        let table = reopened.table(table).unwrap().unwrap();
        let TableSource::Files { files, .. } = &table.source else { panic!("a mirror has files") };
        let mut rows = vec![];
        for file in files {
            let batch: Batch = mirror::read_parquet(&file.path, &table.schema).unwrap();
            assert_eq!(Some(batch.rows as u64), file.rows);
            let places: Vec<usize> = columns.iter().map(|c| table.schema.index_of(c).unwrap()).collect();
            rows.extend((0..batch.rows).map(|row| {
                let all = batch.row(row);
                places.iter().map(|at| all[*at].clone()).collect()
            }));
        }
        rows
    }
}

fn ticks(text: &str) -> Value {
    Value::Datetime(datetime::parse(text).unwrap())
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}

#[test]
fn defender_stream_from_storage_and_event_hub() {
    for name in ["formats/a-streaming-storage-PT1H.json", "formats/a-streaming-eventhub.json"] {
        let Some(path) = sample("defender_stream", name) else { return };
        let store = Store::new();
        let report = store.import(&path, None, None);
        assert_eq!(report.rejected, 0);
        if name.contains("storage") {
            let info = store.read("DeviceInfo", &["ReportId", "Timestamp", "TimeGenerated", "LoggedOnUsers"]);
            assert_eq!(info.len(), 1);
            assert_eq!(info[0][0], Value::Long(639_199_803_770_463_703), "18 digits stay exact");
            assert_eq!(info[0][1], ticks("2021-12-15T23:05:55.510513Z"));
            assert_eq!(info[0][2], info[0][1]);
            assert!(matches!(&info[0][3], Value::Dynamic(json) if json[0]["UserName"] == "jonaw"));
            let network = store.read("DeviceNetworkEvents", &["Timestamp", "InitiatingProcessAccountUpn"]);
            assert_eq!(network[0], [ticks("2021-12-15T23:00:04.1234567Z"), text("")]);
        }
        let process = store.read("DeviceProcessEvents", &["Timestamp", "FileName", "AccountUpn", "ProcessId"]);
        let first = [ticks("2021-12-15T23:00:03.4494644Z"), text("sc.exe"), text(""), Value::Long(6592)];
        assert_eq!(process[0], first, "{name}");
    }
}

#[test]
fn answers_of_the_hunting_interfaces() {
    for name in ["formats/b-advancedhunting-api.json", "formats/b-graph-runHuntingQuery.json"] {
        let Some(path) = sample("hunting_interfaces", name) else { return };
        let store = Store::new();
        assert_eq!(store.import(&path, Some("DeviceProcessEvents"), None).rows, 3);
        let rows = store.read("DeviceProcessEvents", &["TimeGenerated", "FileName", "AdditionalFields"]);
        assert_eq!(rows[1], [ticks("2021-12-15T23:00:03.4498339Z"), text("conhost.exe"), Value::Null]);
    }
}

#[test]
fn defender_portal_export_in_local_time() {
    let Some(path) = sample("defender_portal", "formats/c-portal-export.csv") else { return };
    let store = Store::new();
    let report = store.import(&path, Some("DeviceProcessEvents"), Some("Europe/Berlin"));
    assert_eq!((report.rows, report.rejected), (3, 0));
    let columns =
        ["Timestamp", "InitiatingProcessCreationTime", "IsInitiatingProcessRemoteSession", "AdditionalFields"];
    let rows = store.read("DeviceProcessEvents", &columns);
    assert_eq!(rows[0][0], ticks("2021-12-15T22:00:03Z"), "Berlin is an hour ahead");
    assert_eq!(rows[0][2], Value::Bool(false));
    assert!(matches!(&rows[1][3], Value::Dynamic(json) if json["DesktopName"] == "Winsta0\\Default"));
    assert_eq!(rows[2][1], Value::Null, "Invalid date");
}

#[test]
fn log_analytics_export_and_answers() {
    let Some(path) = sample("log_analytics", "formats/d-loganalytics-export-PT05M.json") else { return };
    let store = Store::new();
    assert_eq!(store.import(&path, None, None).rejected, 0);
    let events = store.read("DeviceEvents", &["Timestamp", "AdditionalFields", "TenantId"]);
    assert_eq!(events[0][0], ticks("2021-12-15T23:00:05.5Z"));
    assert!(matches!(&events[0][1], Value::Dynamic(json) if json["PipeName"] == "\\Device\\NamedPipe\\wkssvc"));
    assert_eq!(events[0][2], text("66666666-7777-8888-9999-aaaaaaaaaaaa"));

    let Some(path) = sample("log_analytics", "formats/d-loganalytics-query-api.json") else { return };
    let store = Store::new();
    assert_eq!(store.import(&path, Some("DeviceEvents"), None).rows, 2);
    let events = store.read("DeviceEvents", &["Timestamp", "InitiatingProcessId", "AdditionalFields"]);
    assert_eq!(events[0], [ticks("2021-12-15T23:00:04.1234567Z"), Value::Long(2108), Value::Null]);

    let Some(path) = sample("log_analytics", "formats/d-loganalytics-portal-export.csv") else { return };
    let store = Store::new();
    assert_eq!(store.import(&path, None, None).rows, 3);
    let rows = store.read("DeviceProcessEvents", &["TimeGenerated", "ReportId"]);
    assert_eq!(rows[2], [ticks("2021-12-15T23:11:27.173Z"), Value::Long(311_163)]);
}

#[test]
fn names_of_a_union_go_back_to_their_columns() {
    let Some(path) = sample("union", "otrf-golden-saml-m365defender.ndjson") else { return };
    let store = Store::new();
    let report = store.import(&path, Some("CloudAppEvents"), None);
    assert_eq!((report.rows, report.rejected), (9, 0), "{:?}", report.warnings());
    let rows = store.read("CloudAppEvents", &["ReportId", "AdditionalFields"]);
    assert!(rows.iter().all(|row| row.iter().all(|v| *v != Value::Null && *v != text(""))));
}

#[test]
fn real_process_events() {
    let Some(path) = sample("real_process_events", "DeviceProcessEvents.msticpy-pub.ndjson") else { return };
    let store = Store::new();
    let report = store.import(&path, None, None);
    assert_eq!((report.rows, report.rejected), (200, 0));
    let packed = sample("real_process_events", "DeviceProcessEvents.msticpy-cs1.ndjson.gz").unwrap();
    assert_eq!(store.import(&packed, None, None).rows, 1564);
    let status = mirror::status(&store.mirror).unwrap();
    assert_eq!((status[0].rows, status[0].imports), (1764, 2));

    // Every value of every row, against the file itself.
    let known = huntline::catalog::device::known_table("DeviceProcessEvents").unwrap();
    let columns = ["ReportId", "Timestamp", "ProcessCreationTime", "ProcessCommandLine", "LogonId", "FileSize", "SHA1"];
    assert!(columns.iter().all(|c| known.column(c).is_some()));
    let mut expected: Vec<String> = std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let value = |c: &&str| match &row[c] {
                serde_json::Value::String(s) if c.contains("Time") => format!("{:?}", ticks(s)),
                serde_json::Value::String(s) => format!("{:?}", text(s)),
                serde_json::Value::Number(n) => format!("{:?}", Value::Long(n.as_i64().unwrap())),
                serde_json::Value::Null => "missing".to_owned(),
                other => panic!("{other}"),
            };
            columns.iter().map(value).collect::<Vec<_>>().join("|")
        })
        .collect();
    let first_id = Value::Long(311_141);
    let rows = store.read("DeviceProcessEvents", &columns);
    assert!(rows.iter().any(|r| r[0] == first_id));
    let mut found: Vec<String> = rows
        .iter()
        .filter(|r| matches!(r[1], Value::Datetime(t) if t > datetime::from_date(2021, 9, 1).unwrap()))
        .map(|row| {
            let shown = row
                .iter()
                .map(|v| if *v == Value::Null || *v == text("") { "missing".to_owned() } else { format!("{v:?}") });
            shown.collect::<Vec<_>>().join("|")
        })
        .collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_row_with_a_stray_quote_is_refused_once() {
    let Some(path) = sample("stray_quote", "azure-sentinel-M365_ProcessEvents-row1.csv") else { return };
    let store = Store::new();
    let report = store.import(&path, Some("DeviceProcessEvents"), None);
    assert_eq!((report.rows, report.rejected), (0, 1));
    let rejects = std::fs::read_to_string(report.rejects_file.unwrap()).unwrap();
    let reject: serde_json::Value = serde_json::from_str(rejects.trim_end()).unwrap();
    assert_eq!(reject["line"], 2);
    assert!(reject["reason"].as_str().unwrap().contains("not doubled"), "{reject}");
    assert!(reject["raw"].as_str().unwrap().len() > 500);
}
