//! Queries over a mirror's files, which polars streams: what small tables in memory do not show.

use huntline::catalog::Env;
use huntline::diagnostic::{Source, SourceId};
use huntline::generate::{self, Format, Options};
use huntline::mirror::{self, ImportOptions, Mirror};
use huntline::{engine, value::QueryResult};
use std::path::Path;
use std::sync::Arc;

fn mirror(folder: &Path) -> Mirror {
    let made = folder.join("made");
    let options = Options { devices: 2, days: 2, format: Format::Ndjson, ..Options::new(&made) };
    let manifest = generate::generate(&options, &mut |_, _, _| {}).expect("telemetry");
    let tables: Vec<_> = manifest.rows.keys().map(|table| made.join(table)).collect();
    let mirror = Mirror::open(folder.join("mirror")).expect("a mirror");
    mirror::import(&mirror, &tables, &ImportOptions::default(), &mut |_| true).expect("an import");
    Mirror::open(folder.join("mirror")).expect("a mirror")
}

#[test]
fn no_rows_of_files_are_no_error_for_any_aggregate() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let env = Env::new(Arc::new(mirror(folder.path())), generate::DEFAULT_END);
    let none = "DeviceProcessEvents | where FileName == 'none of that name'";
    for query in [
        format!("{none} | summarize make_set(FileName), arg_max(Timestamp, *) by DeviceId"),
        format!(
            "{none} | summarize make_list(ProcessId), percentile(ProcessId, 50), take_any(*) by bin(Timestamp, 1h)"
        ),
        format!("{none} | summarize hll(DeviceId), stdev(ProcessId), arg_min(Timestamp, FileName) by FileName"),
        format!("{none} | evaluate bag_unpack(AdditionalFields) | summarize count() by Anything"),
        format!("{none} | sort by Timestamp asc | scan with (step s: true => ProcessId = 1;)"),
        format!("{none} | make-graph DeviceId --> FileName | graph-match (a)-[e]->(b) project e.FileName"),
        format!("{none} | top-nested 2 of DeviceId by count(), top-nested 1 of FileName by max(ProcessId)"),
    ] {
        let source = Source::new(SourceId(0), "files", query.as_str());
        let results = engine::run(&source, &env).unwrap_or_else(|d| panic!("{query}: {d}"));
        assert_eq!(results.iter().map(QueryResult::rows).sum::<usize>(), 0, "{query}");
    }
}
