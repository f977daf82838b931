//! The mirror as it was, and what goes for good.

use super::store::{END, Store, Telemetry, counts};
use huntline::value::datetime;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

const RETENTION: &str = "[mirror.retention]\ndefault = \"2d\"\nDeviceEvents = \"365d\"\n";

/// The clock, well behind what was committed before and well before what comes.
fn moment() -> String {
    std::thread::sleep(Duration::from_millis(1100));
    let now = datetime::format(datetime::from_system_time(SystemTime::now()));
    std::thread::sleep(Duration::from_millis(1100));
    now
}

fn query(store: &Store, as_of: &str, text: &str) -> Json {
    serde_json::from_str(&store.ok(&["query", "--format", "json", "--as-of", as_of, text])).unwrap()
}

#[test]
fn yesterday_answers_as_it_did_after_imports_and_compaction_of_today() {
    const HUNT: &str = "DeviceFileEvents | summarize Rows = count(), Last = max(Timestamp), \
                        Digest = sum(hash(tostring(pack_all()), 4294967291)) by ActionType | sort by ActionType asc";
    let telemetry = Telemetry::new(3, 2, 400, 4);
    let store = Store::of(&telemetry.files[..2]);
    let answer: Json = serde_json::from_str(&store.ok(&["query", "--format", "json", HUNT])).unwrap();
    let yesterday = moment();
    let version = store.version("DeviceFileEvents").unwrap().to_string();
    store.import(&telemetry.files[2..]);
    let today: Json = serde_json::from_str(&store.ok(&["query", "--format", "json", HUNT])).unwrap();
    assert_ne!(today["rows"], answer["rows"]);
    for then in [&yesterday, &version] {
        assert_eq!(query(&store, then, HUNT)["rows"], answer["rows"], "--as-of {then}");
    }
    store.ok(&["mirror", "compact"]);
    for then in [&yesterday, &version] {
        assert_eq!(query(&store, then, HUNT)["rows"], answer["rows"], "--as-of {then}, compacted");
    }
    let now = moment();
    assert_eq!(query(&store, &now, HUNT)["rows"], today["rows"]);
    assert_eq!(counts(&store.contents()), telemetry.rows);
    let none = store.run(&["query", "--as-of", "999999", "DeviceFileEvents | count"]);
    assert!(!none.status.success(), "a version that there never was");
}

#[test]
fn retention_drops_what_it_said_and_nothing_else() {
    let telemetry = Telemetry::new(3, 5, 400, 3);
    let store = Store::of(&telemetry.files);
    let before = store.contents();
    let nothing = store.report(&["mirror", "retain", "--now", END]);
    assert!(nothing.is_empty(), "off unless set: {nothing:?}");
    store.configure(RETENTION);
    let said = store.report(&["mirror", "retain", "--dry-run", "--now", END]);
    assert_eq!(store.contents(), before, "a dry run changes nothing");
    let kept = store.contents_where("Timestamp >= datetime(2026-09-29) or '{table}' == 'DeviceEvents'");
    let done = store.report(&["mirror", "retain", "--now", END]);
    let rows = |report: &[Json]| -> BTreeMap<String, u64> {
        let row = |r: &Json| (r["Table"].as_str().unwrap().to_owned(), r["Rows"].as_u64().unwrap());
        report.iter().map(row).collect()
    };
    assert_eq!(rows(&done), rows(&said));
    let after = store.contents();
    assert_eq!(after, kept);
    for (table, (had, _)) in &before {
        let has = after.get(table).map_or(0, |(rows, _)| *rows);
        assert_eq!(had - has, rows(&said).get(table).copied().unwrap_or(0), "{table}");
    }
    assert_eq!(after["DeviceEvents"], before["DeviceEvents"], "which is kept for a year");
    assert!(rows(&said).len() > 5);
    store.assert_sound("after retention");
    store.import(&telemetry.files);
    assert_eq!(store.contents(), after, "files that were imported do not bring dropped rows back");
}

#[test]
fn a_query_that_runs_is_not_robbed_of_its_files() {
    // Every row with every other: it takes a while.
    const SLOW: &str = "DeviceFileEvents | extend One = 1 | project One, FileName, Timestamp \
                        | join kind=inner (DeviceFileEvents | extend One = 1 | project One, SHA1) on One \
                        | summarize Pairs = count(), Names = dcount(FileName)";
    let telemetry = Telemetry::new(3, 5, 1500, 6);
    let store = Store::of(&telemetry.files);
    store.configure(&format!("[mirror]\nhistory = \"1s\"\n{RETENTION}"));
    let rows = store.contents()["DeviceFileEvents"].0;
    for housework in [&["mirror", "compact"][..], &["mirror", "retain", "--now", END]] {
        let before = store.contents()["DeviceFileEvents"].0;
        let mut command = store.command(["query", "--format", "json", SLOW]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(150));
        store.ok(housework);
        let out = child.wait_with_output().unwrap();
        let result: Json = serde_json::from_str(&super::store::said(&out, "the slow query")).unwrap();
        let pairs = result["rows"][0][0].as_u64().unwrap();
        let after = store.contents()["DeviceFileEvents"].0;
        assert!(pairs == before * before || pairs == after * after, "{housework:?}: {pairs} pairs of {before} rows");
        store.assert_sound("while a query ran");
    }
    assert!(store.contents()["DeviceFileEvents"].0 < rows);
}
