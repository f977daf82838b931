//! What the tests share: running a query over small tables, and Markdown files of cases.

pub mod markdown;

use huntline::catalog::{Env, MemoryCatalog, Overlay};
use huntline::diagnostic::{Diagnostics, Source, SourceId};
use huntline::mirror::Mirror;
use huntline::sink::{self, Format, Options};
use huntline::value::{QueryResult, datetime};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The clock of every spec.
pub const NOW: &str = "2026-07-01T00:00:00Z";

/// The project's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// An environment of these tables, over the known tables without rows.
pub fn env(tables: MemoryCatalog) -> Env {
    let empty = Mirror::open(Path::new("/nonexistent/huntline-spec-mirror")).expect("an absent mirror is an empty one");
    Env::new(Arc::new(Overlay::new(tables, empty)), datetime::parse(NOW).expect("the clock is a datetime"))
}

/// Runs a text; its last result.
pub fn run(text: &str, env: &Env) -> Result<QueryResult, (Source, Diagnostics)> {
    let source = Source::new(SourceId(0), "query", text);
    match huntline::engine::run(&source, env) {
        Ok(results) => Ok(results.into_iter().next_back().expect("a query that runs has a result")),
        Err(diagnostics) => Err((source, diagnostics)),
    }
}

/// A result as `--format json` shows it.
pub fn to_json(result: &QueryResult) -> Json {
    let mut out = Vec::new();
    sink::write(result, Format::Json, &mut out, &Options::default()).expect("memory takes it");
    serde_json::from_slice(&out).expect("the sink writes JSON")
}
