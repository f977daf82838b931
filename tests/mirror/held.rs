//! A reader that has looked at a table keeps its files, whatever another process does to the mirror.

use super::store::{END, Store, Telemetry};
use huntline::catalog::Env;
use huntline::diagnostic::{Source, SourceId};
use huntline::engine;
use huntline::mirror::Mirror;
use huntline::value::{Value, datetime};
use std::sync::Arc;
use std::time::Duration;

const CONFIGURATION: &str = "[mirror]\nhistory = \"1s\"\n[mirror.retention]\ndefault = \"2d\"\n";
const HUNT: &str = "DeviceFileEvents | summarize count(), dcount(FileName), min(Timestamp), max(Timestamp)";

fn answer(env: &Env) -> Vec<Value> {
    let source = Source::new(SourceId(0), "held", HUNT);
    let results = engine::run(&source, env).unwrap_or_else(|d| panic!("{d}"));
    results[0].iter_rows().next().unwrap()
}

#[test]
fn compaction_and_retention_wait_for_readers_with_the_files() {
    let telemetry = Telemetry::new(3, 4, 600, 5);
    let store = Store::of(&telemetry.files);
    store.configure(CONFIGURATION);
    let open = || Env::new(Arc::new(Mirror::open(store.mirror()).unwrap()), datetime::parse(END).unwrap());
    let reader = open();
    let before = answer(&reader);
    std::thread::sleep(Duration::from_millis(1500));
    store.ok(&["mirror", "compact"]);
    assert_eq!(answer(&reader), before, "after compaction");
    store.ok(&["mirror", "retain", "--now", END]);
    assert_eq!(answer(&reader), before, "after retention");
    assert_ne!(answer(&open()), before, "who comes now sees that days are gone");
    let files = store.parts("DeviceFileEvents").len();
    drop(reader);
    std::thread::sleep(Duration::from_millis(1500));
    store.ok(&["mirror", "retain", "--now", END]);
    store.ok(&["mirror", "compact"]);
    assert!(store.parts("DeviceFileEvents").len() < files, "nobody reads, and old files go");
    store.assert_sound("after readers have gone");
}
