//! `huntline fake`

use super::args::FakeArgs;
use super::directory::write_csv;
use super::setup::block_on;
use crate::cli::args::EnvArgs;
use crate::cli::context::{Context, Failure};
use crate::cli::input;
use crate::diagnostic::{Code, Diagnostic, Source, SourceId};
use crate::engine;
use crate::fake::{self, Answer, Fake, Hunt, HuntError, LiveTable, Options, World};
use crate::incident::Person;
use crate::sink;
use crate::value::datetime;
use serde_json::Value;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

/// Serves until it is interrupted. The address is printed first, on a line of its own.
pub fn run(context: &Context, args: &FakeArgs) -> Result<ExitCode, Failure> {
    let mut options = options(context);
    options.control = args.control;
    options.traffic_cap = args.traffic;
    options.world = World::named(&args.world, args.seed, args.incidents);
    if let (Some(world), Some(rate)) = (options.world.as_mut(), args.rate) {
        world.rate = rate;
    }
    block_on(async {
        let listener = fake::bind(&format!("127.0.0.1:{}", args.port)).await?;
        let fake = Arc::new(Fake::new(options));
        if let Some(path) = &args.directory {
            write_csv(path, &people(&fake))?;
        }
        writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
        context.say("serving Graph, ARM, hunting and Log Analytics; Ctrl-C ends it");
        fake::serve(listener, fake, async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
        Ok::<_, Failure>(())
    })??;
    Ok(ExitCode::SUCCESS)
}

/// The fake's options on this machine's clock, with the engine behind its query services.
pub fn options(context: &Context) -> Options {
    let mut options = Options::new(Arc::new(|| datetime::from_system_time(std::time::SystemTime::now())));
    options.hunt = Some(Arc::new(EngineHunt { context: context.clone() }));
    options
}

/// The people of a fake.
pub fn people(fake: &Fake) -> Vec<Person> {
    let list = fake.directory();
    let list = list.as_array();
    let person = |p: &Value| serde_json::from_value::<Person>(p.clone()).ok();
    list.into_iter().flatten().filter_map(person).collect()
}

/// The real engine over the mirror, with the fake's own tables beside it.
pub struct EngineHunt {
    /// The mirror and the clock.
    pub context: Context,
}

impl Hunt for EngineHunt {
    fn run(&self, query: &str, _timespan: Option<&str>, live: &[LiveTable]) -> Result<Answer, HuntError> {
        let other = |e: &dyn std::fmt::Display| HuntError::Other(e.to_string());
        let dir = tempfile::tempdir().map_err(|e| other(&e))?;
        let mut tables = Vec::new();
        for table in live.iter().filter(|t| !t.rows.is_empty() && query.contains(&t.name)) {
            let path = dir.path().join(format!("{}.ndjson", table.name));
            let mut text = String::new();
            for row in &table.rows {
                let names = table.columns.iter().map(|c| c.0.clone());
                let row: serde_json::Map<String, Value> = names.zip(row.iter().cloned()).collect();
                text.push_str(&Value::Object(row).to_string());
                text.push('\n');
            }
            std::fs::write(&path, text).map_err(|e| other(&e))?;
            tables.push(format!("{}={}", table.name, path.display()));
        }
        let args = EnvArgs { tables, ..EnvArgs::default() };
        let told = |failure: Failure| {
            let first = failure.diagnostics.0.first().cloned();
            let first = first.unwrap_or_else(|| Diagnostic::bug("the query failed without a word"));
            match first.code.info().id.as_bytes().get(2) {
                Some(b'1') => HuntError::Syntax(first.message),
                _ if first.code == Code::TimeLimit => HuntError::Timeout,
                _ => HuntError::Semantic(first.message),
            }
        };
        let env = input::environment(&self.context, &args).map_err(told)?;
        let source = Source::new(SourceId(0), "query", query);
        let results = engine::run(&source, &env).map_err(|d| told(Failure::from(d)))?;
        let result = results.into_iter().next_back().ok_or_else(|| HuntError::Other("no result".to_owned()))?;
        let mut bytes = Vec::new();
        let options = sink::Options { width: None, color: false, limit: None, sources: &[] };
        sink::write(&result, sink::Format::Json, &mut bytes, &options).map_err(|e| other(&e))?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|e| other(&e))?;
        let list = |name: &str| value.get(name).and_then(Value::as_array).into_iter().flatten();
        let text = |v: Option<&Value>| v.and_then(Value::as_str).unwrap_or_default().to_owned();
        let columns = list("columns");
        let rows = list("rows");
        Ok(Answer {
            columns: columns.map(|c| (text(c.get("name")), text(c.get("type")))).collect(),
            rows: rows.map(|r| r.as_array().cloned().unwrap_or_default()).collect(),
        })
    }
}
