//! `mirror status` on telemetry with holes in it.

use super::store::{END, Store, TABLES, Telemetry};
use huntline::value::datetime::{self, TICKS_PER_DAY};
use serde_json::Value as Json;

const HOUR: i64 = TICKS_PER_DAY / 24;
/// A Wednesday morning, missing in one table.
const MORNING: (&str, &str) = ("2026-09-23T09:00:00Z", "2026-09-23T12:00:00Z");
/// A Thursday, missing in all.
const DAY: (&str, &str) = ("2026-09-17T00:00:00Z", "2026-09-18T00:00:00Z");

fn ticks(text: &str) -> i64 {
    datetime::parse(text).unwrap()
}

fn time(row: &Json, column: &str) -> i64 {
    ticks(row[column].as_str().unwrap())
}

fn within(time: i64, range: (&str, &str)) -> bool {
    (ticks(range.0)..ticks(range.1)).contains(&time)
}

/// Three weeks without what is planted as missing.
fn with_holes() -> Store {
    let telemetry = Telemetry::new(3, 21, 1500, 1);
    let stays = |line: &&String| {
        let record: Json = serde_json::from_str(line).unwrap();
        let time = ticks(record["properties"]["Timestamp"].as_str().unwrap());
        let file_events = record["category"] == "AdvancedHunting-DeviceFileEvents";
        !(within(time, DAY) || file_events && within(time, MORNING))
    };
    Store::of(&[telemetry.write("holes.json", telemetry.lines.iter().filter(stays).map(String::as_str))])
}

#[test]
fn planted_gaps_are_named_and_no_others() {
    let store = with_holes();
    let gaps = store.report(&["mirror", "status", "--gaps", "--now", END]);
    let status = store.report(&["mirror", "status", "--now", END]);
    for table in TABLES {
        let of_table: Vec<&Json> = gaps.iter().filter(|gap| gap["Table"] == table).collect();
        let row = status.iter().find(|row| row["Table"] == table).unwrap();
        assert_eq!(row["Gaps"].as_u64().unwrap_or(0), of_table.len() as u64, "{row}");
        // A few rows a day do not show that one day is missing.
        let dense = row["Rows"].as_u64().unwrap() > 2000;
        if dense {
            let day = of_table.iter().find(|gap| time(gap, "From") <= ticks(DAY.0) && time(gap, "To") >= ticks(DAY.1));
            let day = day.unwrap_or_else(|| panic!("{table}: {of_table:?}"));
            assert!(day["Expected"].as_u64().unwrap() > 50 && day["Found"].as_u64() < Some(5), "{day}");
        }
        // Where few rows come at night, a gap cannot be told from the quiet beside it.
        let quiet = if dense { 3 * HOUR } else { 12 * HOUR };
        let near = |gap: &Json, range: (&str, &str)| {
            time(gap, "From") >= ticks(range.0) - quiet && time(gap, "To") <= ticks(range.1) + quiet
        };
        for gap in &of_table {
            assert!(near(gap, DAY) || (table == "DeviceFileEvents" && near(gap, MORNING)), "never planted: {gap}");
        }
    }
    let exactly = |gap: &&Json| {
        gap["Table"] == "DeviceFileEvents"
            && (time(gap, "From"), time(gap, "To")) == (ticks(MORNING.0), ticks(MORNING.1))
    };
    assert_eq!(gaps.iter().filter(exactly).count(), 1, "{gaps:?}");
}

#[test]
fn rows_that_do_not_arrive_end_with_their_own_exit_code() {
    let telemetry = Telemetry::new(2, 14, 600, 1);
    let store = Store::of(&telemetry.files);
    let code = |args: &[&str]| store.run(&[&["mirror", "status", "--format", "json"], args].concat()).status.code();
    for (args, expected) in [
        (&["--now", "2026-12-01"][..], 0),
        (&["--check", "--now", "2026-10-01T12:00:00Z"], 0),
        (&["--check", "--now", "2026-10-03T12:00:00Z"], 3),
        (&["--stale", "30h", "--now", "2026-10-01T20:00:00Z", "DeviceFileEvents"], 0),
        (&["--stale", "30h", "--now", "2026-10-02T12:00:00Z", "DeviceFileEvents"], 3),
        (&["--check", "--now", END, "DeviceFileEvents", "DeviceFileCertificateInfo"], 3),
        (&["DeviceFiles"], 2),
        (&["--stale", "soon"], 2),
    ] {
        assert_eq!(code(args), Some(expected), "{args:?}");
    }
    let told = store.run(&["mirror", "status", "--check", "--now", "2026-10-03T12:00:00Z"]);
    assert!(super::store::text(&told.stderr).contains("stale: `DeviceFileEvents`"), "{told:?}");
}

#[test]
fn a_young_table_says_that_it_has_no_rhythm_yet() {
    let telemetry = Telemetry::new(2, 1, 300, 1);
    let store = Store::of(&telemetry.files);
    let status = store.report(&["mirror", "status", "--now", END]);
    assert!(status.iter().all(|row| row["Gaps"].is_null() && row["Stale"].is_null()), "{status:?}");
    let told = store.run(&["mirror", "status", "--now", END]);
    assert!(super::store::text(&told.stderr).contains("too young to have a rhythm"), "{told:?}");
}
