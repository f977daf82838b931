//! The engine behind the fake's query services.
//!
//! In: a query, the present, what has arrived by then. Out: an answer as the fake renders it. The query is bound as it is;
//! in its plan each scan of the mirror is replaced by a view of it, so that no way of naming a table leads past the view.

use crate::catalog::{Catalog, Env, Table, TableSource};
use crate::cli::args::EnvArgs;
use crate::cli::context::{Context, Failure};
use crate::cli::input;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Source, SourceId};
use crate::fake::{Answer, Hunt, HuntError, Hunting, LiveTable};
use crate::mirror::Mirror;
use crate::plan::rewrite::Rewrite;
use crate::plan::{Expr, Relation, RelationKind};
use crate::value::{QueryResult, Type, datetime};
use crate::{bind, engine, sink, syntax};
use serde_json::Value;
use std::cell::Cell;
use std::fmt::Display;
use std::path::Path;

/// The real engine over the mirror, with the fake's own tables beside it.
pub struct EngineHunt {
    /// The mirror and the configuration.
    pub context: Context,
}

impl Hunt for EngineHunt {
    fn run(&self, hunting: &Hunting<'_>) -> Result<Answer, HuntError> {
        let dir = tempfile::tempdir().map_err(other)?;
        let used = hunting.live.iter().filter(|t| !t.rows.is_empty() && hunting.query.contains(&t.name));
        let tables = used.map(|t| written(t, dir.path())).collect::<std::io::Result<_>>().map_err(other)?;
        let context = Context { now: hunting.now, ..self.context.clone() };
        let env = input::environment(&context, &EnvArgs { tables, ..EnvArgs::default() }).map_err(told)?;
        let source = Source::new(SourceId(0), "query", hunting.query);
        let unbound = Cell::new(false);
        let view = |plan| Views { env: &env, hunting, unbound: &unbound }.plan(plan);
        let compiled = engine::compile_with(&source, &env, &view).map_err(|d| told(d.into()))?;
        if unbound.get() {
            return Err(HuntError::Other("the view of a table does not bind".to_owned()));
        }
        let plan = compiled.plans.last().ok_or_else(|| HuntError::Other("no result".to_owned()))?;
        answer(&engine::execute(plan, &env).map_err(|d| told(d.into()))?)
    }

    fn tables(&self) -> Vec<String> {
        let Ok(mirror) = Mirror::open(&self.context.mirror) else { return vec![] };
        let events = |name: &str| {
            let table = mirror.table(name).ok().flatten().filter(|t| t.time_column.is_some());
            table.is_some_and(|t| matches!(&t.source, TableSource::Files { files, .. } if !files.is_empty()))
        };
        let mut names: Vec<String> = mirror.names().iter().map(|name| name.to_string()).collect();
        names.sort();
        names.dedup();
        names.retain(|name| events(name));
        names
    }
}

/// Puts a view of the mirror's tables in the place of each scan.
struct Views<'a> {
    env: &'a Env,
    hunting: &'a Hunting<'a>,
    /// A condition did not bind: the answer would be of other rows than it should.
    unbound: &'a Cell<bool>,
}

impl Rewrite for Views<'_> {
    fn relation(&mut self, relation: Relation) -> Relation {
        match &relation.kind {
            RelationKind::Scan { table, .. } => match table.time_column.clone() {
                Some(time) => self.view(&table.clone(), &time, relation),
                None => relation,
            },
            _ => relation,
        }
    }
}

impl Views<'_> {
    /// The rows of a scan that are in sight and have arrived, some of them twice. The fake's own tables know no delay.
    fn view(&self, table: &Table, time: &str, scan: Relation) -> Relation {
        let rows = kept(scan, self.predicate(table, &self.in_sight(time)));
        if self.hunting.live.iter().any(|live| *live.name == *table.name) {
            return rows;
        }
        let id = table.schema.field("ReportId").filter(|f| matches!(f.ty, Type::Long | Type::Int)).map(|_| "ReportId");
        let arrivals = &self.hunting.arrivals;
        let arrived = arrivals.arrived(time, id, self.hunting.now).map(|text| self.predicate(table, &text));
        let rows = arrived.into_iter().fold(rows, kept);
        match arrivals.doubled(time, id).and_then(|text| self.predicate(table, &text)) {
            Some(predicate) => twice(rows, predicate),
            None => rows,
        }
    }

    /// The request's own range of time.
    fn in_sight(&self, time: &str) -> String {
        let (from, to) = self.hunting.within;
        let side = |sign: &str, at: i64| format!("['{time}'] {sign} datetime({})", datetime::format(at));
        let sides = from.map(|at| side(">=", at)).into_iter().chain(to.map(|at| side("<=", at)));
        sides.collect::<Vec<_>>().join(" and ")
    }

    /// A condition over a table.
    fn predicate(&self, table: &Table, condition: &str) -> Option<Expr> {
        if condition.is_empty() {
            return None;
        }
        let predicate = bound(&format!("['{}'] | where {condition}", table.name), self.env);
        self.unbound.set(self.unbound.get() || predicate.is_none());
        predicate
    }
}

/// What the `where` at the end of a query tests.
fn bound(text: &str, env: &Env) -> Option<Expr> {
    let query = syntax::parse(&Source::new(SourceId(0), "view", text)).ok()?;
    let (plans, _) = bind::bind(&query, env, None).ok()?;
    match plans.into_iter().next()?.root.kind {
        RelationKind::Filter { predicate, .. } => Some(predicate),
        _ => None,
    }
}

/// The rows that a predicate keeps; all without one.
fn kept(rows: Relation, predicate: Option<Expr>) -> Relation {
    let Some(predicate) = predicate else { return rows };
    let (schema, span) = (rows.schema.clone(), rows.span);
    Relation { kind: RelationKind::Filter { input: Box::new(rows), predicate }, schema, span }
}

/// All rows, and those that a predicate keeps once more.
fn twice(rows: Relation, predicate: Expr) -> Relation {
    let (schema, span) = (rows.schema.clone(), rows.span);
    let copies = kept(rows.clone(), Some(predicate));
    Relation { kind: RelationKind::Union { inputs: vec![rows, copies] }, schema, span }
}

/// A table of the fake as a file that the engine reads: `Name=path`.
fn written(table: &LiveTable, dir: &Path) -> std::io::Result<String> {
    let path = dir.join(format!("{}.ndjson", table.name));
    let mut text = String::new();
    for row in &table.rows {
        let names = table.columns.iter().map(|c| c.0.clone());
        let row: serde_json::Map<String, Value> = names.zip(row.iter().cloned()).collect();
        text.push_str(&Value::Object(row).to_string());
        text.push('\n');
    }
    std::fs::write(&path, text)?;
    Ok(format!("{}={}", table.name, path.display()))
}

/// A result as JSON, which is what the services speak.
fn answer(result: &QueryResult) -> Result<Answer, HuntError> {
    let mut bytes = Vec::new();
    let options = sink::Options { width: None, color: false, limit: None, sources: &[] };
    sink::write(result, sink::Format::Json, &mut bytes, &options).map_err(other)?;
    let mut value: Value = serde_json::from_slice(&bytes).map_err(other)?;
    let mut list = |name: &str| match value.get_mut(name).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => vec![],
    };
    let text = |v: Option<&Value>| v.and_then(Value::as_str).unwrap_or_default().to_owned();
    let columns = list("columns").iter().map(|c| (text(c.get("name")), text(c.get("type")))).collect();
    let rows = list("rows").into_iter().filter_map(|row| match row {
        Value::Array(cells) => Some(cells),
        _ => None,
    });
    Ok(Answer { columns, rows: rows.collect(), ordered: result.ordered })
}

fn other(error: impl Display) -> HuntError {
    HuntError::Other(error.to_string())
}

/// The first of a query's errors, as the services tell them apart.
fn told(failure: Failure) -> HuntError {
    let Diagnostics(diagnostics) = failure.diagnostics;
    let first = diagnostics.into_iter().next();
    let first = first.unwrap_or_else(|| Diagnostic::bug("the query failed without a word"));
    match first.code.info().id.as_bytes().get(2) {
        Some(b'1') => HuntError::Syntax(first.message),
        _ if first.code == Code::TimeLimit => HuntError::Timeout,
        _ => HuntError::Semantic(first.message),
    }
}
