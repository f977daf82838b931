//! The data graph of Sentinel's connector page: its own query, word for word, runs for each of the nine tables, over an
//! empty mirror and over a generated one, and draws in all four forms.

use huntline::catalog::{Env, device};
use huntline::diagnostic::{Source, SourceId};
use huntline::generate::{self, Format, Options};
use huntline::mirror::{self, ImportOptions, Mirror};
use huntline::value::datetime::TICKS_PER_DAY;
use huntline::value::{QueryResult, Value};
use huntline::{engine, render};
use std::path::Path;
use std::sync::Arc;

/// The query for a table.
fn connector_query(table: &str) -> String {
    format!(
        "let Now = now();
(range TimeGenerated from ago(14d) to Now-1d step 1d
| extend Count = 0
| union isfuzzy=true (
    {table}
    | summarize Count = count() by bin_at(TimeGenerated, 1d, Now)
)
| summarize Count=max(Count) by bin_at(TimeGenerated, 1d, Now)
| sort by TimeGenerated
| project Value = iff(isnull(Count), 0, Count), Time = TimeGenerated, Legend = \"Events\")
| render timechart
"
    )
}

fn run(mirror: &Path, now: i64, text: &str) -> QueryResult {
    let env = Env::new(Arc::new(Mirror::open(mirror).expect("a mirror")), now);
    let source = Source::new(SourceId(0), "connector", text);
    let mut results = engine::run(&source, &env).unwrap_or_else(|d| panic!("{d}\n{text}"));
    results.pop().expect("a result")
}

/// The points as days before `now` and their values, newest first as the query sorts them.
fn points(result: &QueryResult, now: i64) -> Vec<(i64, i64)> {
    let names: Vec<&str> = result.schema.names().collect();
    assert_eq!(names, ["Value", "Time", "Legend"]);
    assert!(result.ordered);
    let point = |row: Vec<Value>| {
        let time = row[1].as_ticks().expect("a time");
        assert_eq!((now - time) % TICKS_PER_DAY, 0, "points lie whole days before now");
        ((now - time) / TICKS_PER_DAY, row[0].as_i64().expect("a whole number"))
    };
    result.iter_rows().map(point).collect()
}

#[test]
fn an_empty_mirror_gives_fourteen_zeros() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for table in device::CONNECTOR_TABLES {
        let result = run(folder.path(), generate::DEFAULT_END, &connector_query(table));
        let expected: Vec<(i64, i64)> = (1..=14).map(|day| (day, 0)).collect();
        assert_eq!(points(&result, generate::DEFAULT_END), expected, "{table}");
        draws(&result);
    }
}

#[test]
fn a_generated_mirror_gives_its_rows_by_day() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let now = generate::DEFAULT_END;
    let out = folder.path().join("telemetry");
    let options =
        Options { devices: 2, days: 10, events_per_day: 60, format: Format::Parquet, end: now, ..Options::new(&out) };
    let manifest = generate::generate(&options, &mut |_, _, _| {}).expect("telemetry");
    let store = folder.path().join("mirror");
    let folders: Vec<_> = manifest.rows.keys().map(|table| out.join(table)).collect();
    mirror::import(&Mirror::open(&store).expect("a mirror"), &folders, &ImportOptions::default(), &mut |_| true)
        .expect("an import");
    for table in device::CONNECTOR_TABLES {
        let result = run(&store, now, &connector_query(table));
        let points = points(&result, now);
        assert_eq!(points.len(), 14, "{table}: {points:?}");
        let sum: i64 = points.iter().map(|p| p.1).sum();
        assert_eq!(sum, manifest.rows[table] as i64, "{table}: every row is in one point");
        assert!(points.iter().filter(|p| p.0 > 10).all(|p| p.1 == 0), "{table}: nothing before the telemetry");
        draws(&result);
    }
}

/// The result draws as text, SVG, HTML and PNG.
fn draws(result: &QueryResult) {
    let chart = render::chart(result).expect("a chart");
    let size = render::Size { width: 900, height: 400 };
    assert!(render::terminal(&chart, 80, 20, false).lines().count() > 10);
    assert!(render::svg(&chart, size).starts_with("<svg"));
    assert!(render::html(&chart).contains("<svg"));
    assert!(render::png(&chart, size).expect("a picture").starts_with(b"\x89PNG"));
}
