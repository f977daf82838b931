//! Time by stage: from text to tree, from tree to plan, single operations over rows in memory, and over the mirror's files.
//!
//! `cargo bench` uses the release profile: it builds the engine once more.

use criterion::{Criterion, criterion_group, criterion_main};
use huntline::catalog::{Env, MemoryCatalog};
use huntline::diagnostic::{Diagnostic, Source, SourceId};
use huntline::mirror::{self, Mirror};
use huntline::value::{Batch, Column, Schema, Type, datetime};
use huntline::{bind, engine, generate, plan, render, syntax};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

/// Rows of the table that the operations run over.
const ROWS: usize = 200_000;

const HUNT: &str = "let Lookback = 7d;
let Names = dynamic(['powershell.exe', 'cmd.exe', 'mshta.exe']);
Events
| where Timestamp > ago(Lookback)
| where FileName in~ (Names) and CommandLine has_any ('download', 'bypass', 'hidden')
| summarize Count = count(), First = min(Timestamp), Commands = make_set(CommandLine, 10) by Device, bin(Timestamp, 1h)
| where Count > 3
| sort by Count desc";

fn query(text: &str) -> Source {
    Source::new(SourceId(0), "bench", text)
}

/// A text of one operator with many values.
fn long_list(values: usize) -> String {
    let list: Vec<String> = (0..values).map(|i| format!("'indicator-{i}.example'")).collect();
    format!("Events | where CommandLine has_any ({})", list.join(", "))
}

/// A table of process starts: repeated names, distinct command lines.
fn env() -> Env {
    let schema = Schema::of([
        ("Timestamp", Type::Datetime),
        ("Device", Type::String),
        ("FileName", Type::String),
        ("CommandLine", Type::String),
        ("Size", Type::Long),
        ("More", Type::Dynamic),
    ]);
    let now = datetime::from_date(2026, 7, 1).unwrap_or_default();
    let names = ["svchost.exe", "PowerShell.exe", "cmd.exe", "chrome.exe", "mshta.exe", "explorer.exe", "msedge.exe"];
    let text = |f: &dyn Fn(usize) -> String| Column::String((0..ROWS).map(f).collect());
    let columns = vec![
        Column::Datetime((0..ROWS).map(|i| Some(now - i as i64 * 30 * datetime::TICKS_PER_SECOND)).collect()),
        text(&|i| format!("device-{}.corp.example", i % 60)),
        text(&|i| names.get(i * 7 % 11 % names.len()).copied().unwrap_or_default().to_owned()),
        text(&|i| {
            format!("\"c:\\windows\\system32\\{}.exe\" -k run{} --id {}", i % 17, i % 5, i.wrapping_mul(2_654_435_761))
        }),
        Column::Long((0..ROWS).map(|i| Some((i % 4096) as i64)).collect()),
        Column::Dynamic((0..ROWS).map(|i| Some(format!("{{\"Pipe\":\"p{}\",\"Op\":{}}}", i % 300, i % 3))).collect()),
    ];
    let mut catalog = MemoryCatalog::default();
    catalog.insert_batch("Events", schema, Batch { columns, rows: ROWS });
    Env::new(Arc::new(catalog), now)
}

fn stages(c: &mut Criterion) {
    let env = env();
    let hunt = query(HUNT);
    let list = query(&long_list(20_000));
    c.bench_function("lex_parse/hunt", |b| b.iter(|| syntax::parse(black_box(&hunt))));
    c.bench_function("lex_parse/20000-values", |b| b.iter(|| syntax::parse(black_box(&list))));
    let Ok(tree) = syntax::parse(&hunt) else { return };
    c.bench_function("bind/hunt", |b| b.iter(|| bind::bind(black_box(&tree), &env, None)));
    if let Ok((plans, _)) = bind::bind(&tree, &env, None) {
        c.bench_function("bind/optimize", |b| {
            b.iter(|| plans.iter().cloned().map(|p| plan::optimize(p, &env)).collect::<Vec<_>>())
        });
    }
    let runs = [
        ("scan_filter/has", "Events | where CommandLine has 'run3' | count"),
        ("scan_filter/in~", "Events | where FileName in~ ('POWERSHELL.EXE', 'MSHTA.EXE') | count"),
        ("scan_filter/time", "Events | where Timestamp between (ago(2d) .. ago(1d)) | count"),
        ("summarize/count-by-bin", "Events | summarize count() by Device, bin(Timestamp, 1h)"),
        ("summarize/arg_max", "Events | summarize arg_max(Timestamp, *) by Device"),
        ("summarize/make_set", "Events | summarize make_set(FileName) by Device"),
        ("join/inner", "Events | where Size == 1 | join kind=inner (Events | where Size == 2) on Device | count"),
        ("join/leftanti", "Events | join kind=leftanti (Events | where Size > 100) on CommandLine | count"),
        ("functions/json-path", "Events | summarize count() by tostring(More.Pipe)"),
        ("functions/kernel", "Events | extend H = hash_md5(FileName) | summarize dcount(H)"),
    ];
    for (name, text) in runs {
        let source = query(text);
        c.bench_function(name, |b| b.iter(|| engine::run(black_box(&source), &env)));
    }
    let chart = query("Events | summarize count() by bin(Timestamp, 1h), FileName | render timechart");
    if let Some(result) = engine::run(&chart, &env).ok().and_then(|mut r| r.pop()) {
        c.bench_function("render/svg", |b| {
            b.iter(|| {
                render::chart(&result).map(|chart| render::svg(&chart, render::Size { width: 1000, height: 480 }))
            })
        });
    }
}

/// Telemetry in a folder, and a mirror of it; both go when the benches end.
struct Stored {
    dir: PathBuf,
}

impl Stored {
    fn new() -> Result<Stored, Diagnostic> {
        let stored = Stored { dir: std::env::temp_dir().join(format!("huntline-bench-{}", std::process::id())) };
        let options =
            generate::Options { devices: 8, days: 6, duplicates: 30, ..generate::Options::new(stored.events()) };
        generate::generate(&options, &mut |_, _, _| ())?;
        stored.import("mirror")?;
        Ok(stored)
    }

    fn events(&self) -> PathBuf {
        self.dir.join("events")
    }

    /// Imports all events into a mirror of that name.
    fn import(&self, name: &str) -> Result<Mirror, Diagnostic> {
        let mirror = Mirror::open(self.dir.join(name))?;
        mirror::import(&mirror, &[self.events()], &mirror::ImportOptions::default(), &mut |_| true)?;
        Ok(mirror)
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// The mirror: events in, and what is read of its files.
fn store(c: &mut Criterion) {
    let Ok(stored) = Stored::new() else { return };
    let mut round = 0;
    c.bench_function("mirror/import", |b| {
        b.iter(|| {
            round += 1;
            stored.import(&format!("mirror-{round}"))
        })
    });
    c.bench_function("mirror/open", |b| b.iter(|| Mirror::open(stored.dir.join("mirror"))));
    let Ok(mirror) = Mirror::open(stored.dir.join("mirror")) else { return };
    let env = Env::new(Arc::new(mirror), generate::DEFAULT_END);
    let runs = [
        ("mirror/needle-nowhere", "DeviceProcessEvents | where ProcessCommandLine has 'nowhere77'"),
        ("mirror/contains", "DeviceProcessEvents | where ProcessCommandLine contains 'codedcomm' | count"),
        ("mirror/has_any", "DeviceFileEvents | where FolderPath has_any ('mimikatz', 'rubeus', 'temp') | count"),
        ("mirror/count-by-hour", "union Device* | summarize count() by bin(Timestamp, 1h)"),
        (
            "mirror/groups",
            "DeviceNetworkEvents | summarize count(), dcount(RemoteIP) by DeviceName, bin(Timestamp, 1h)",
        ),
        ("mirror/arg_max", "DeviceInfo | summarize arg_max(Timestamp, *) by DeviceId"),
        (
            "mirror/join",
            "DeviceNetworkEvents | join kind=inner (DeviceProcessEvents | where FileName =~ 'powershell.exe' \
             | project DeviceId, ProcessId) on DeviceId, $left.InitiatingProcessId == $right.ProcessId | count",
        ),
        ("mirror/take", "DeviceNetworkEvents | take 10"),
        ("mirror/top", "DeviceFileEvents | top 10 by FileSize desc"),
    ];
    for (name, text) in runs {
        let source = query(text);
        c.bench_function(name, |b| b.iter(|| engine::run(black_box(&source), &env)));
    }
}

criterion_group! { name = benches; config = Criterion::default().sample_size(10); targets = stages, store }
criterion_main!(benches);
