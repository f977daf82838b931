//! Runs the Markdown specs of `tests/spec`.
//!
//! A `kql` block is a case; the blocks after it, up to the next one or the next heading, are its surroundings and its
//! expectations:
//!
//! - `input Name`: a table: a line `name:type, ...`, then a row a line as a JSON array; below the title it serves the
//!   whole file, below a heading its section;
//! - `result`: the answer in the same form; a multiset unless the query sorts;
//! - `diagnostic`: all diagnostics as people read them (errors, or warnings of a query that runs);
//! - `plan`: the optimized plan;
//! - `terminal`: the chart in a terminal of 80 by 20.
//!
//! `UPDATE=1 cargo test` rewrites the expectations; the diff is reviewed.

use crate::harness::markdown::{Block, Document, files, updating};
use crate::harness::{env, root, run, to_json};
use huntline::catalog::{Env, MemoryCatalog};
use huntline::diagnostic::{Source, SourceId, Style, print};
use huntline::value::{Batch, Column, Json, Schema, Type, Value, datetime, parse_guid, timespan};

#[test]
fn operators() {
    folder("operator");
}

#[test]
fn functions() {
    folder("function");
}

#[test]
fn types() {
    folder("type");
}

#[test]
fn diagnostics() {
    folder("diagnostic");
}

#[test]
fn rendering() {
    folder("render");
}

fn folder(name: &str) {
    let folder = root().join("tests/spec").join(name);
    let mut failures = Vec::new();
    let mut cases = 0;
    for path in files(&folder) {
        let document = Document::read(&path);
        let mut bodies = Vec::new();
        for case in cases_of(&document.blocks) {
            cases += 1;
            check(&document, &case, &mut bodies, &mut failures);
        }
        if updating() && !bodies.is_empty() {
            document.rewrite(&bodies);
        }
    }
    assert!(cases > 0, "{}: no cases", folder.display());
    assert!(failures.is_empty(), "{} of {cases} cases failed:\n\n{}", failures.len(), failures.join("\n\n"));
}

/// A case: the place of its `kql` block and of the blocks that belong to it.
fn cases_of(blocks: &[Block]) -> Vec<Vec<usize>> {
    let mut cases: Vec<Vec<usize>> = Vec::new();
    let mut inputs: Vec<usize> = Vec::new();
    // what stands below the title serves the whole file
    let shared = blocks.iter().enumerate().filter(|(_, b)| b.title && b.info.starts_with("input "));
    let shared: Vec<usize> = shared.map(|(i, _)| i).collect();
    for (i, block) in blocks.iter().enumerate() {
        if i > 0 && blocks[i - 1].heading != block.heading {
            inputs = if block.title { vec![] } else { shared.clone() };
        }
        if block.info.starts_with("input ") {
            inputs.push(i);
        } else if block.info == "kql" {
            cases.push([vec![i], inputs.clone()].concat());
        } else if let Some(case) = cases.last_mut() {
            case.push(i);
        }
    }
    cases
}

fn check(document: &Document, case: &[usize], bodies: &mut Vec<(usize, String)>, failures: &mut Vec<String>) {
    let block = |i: usize| &document.blocks[i];
    let query = block(case[0]);
    let mut tables = MemoryCatalog::default();
    for i in case.iter().filter(|i| block(**i).info.starts_with("input ")) {
        let (schema, batch) = table(&block(*i).body);
        tables.insert_batch(block(*i).info.trim_start_matches("input ").trim(), schema, batch);
    }
    let env = env(tables);
    let mut expectations = 0;
    for i in case.iter().copied().skip(1).filter(|i| !block(*i).info.starts_with("input ")) {
        expectations += 1;
        let actual = match block(i).info.as_str() {
            "result" => result(&query.body, &env, &block(i).body),
            "diagnostic" => diagnostic(&query.body, &env),
            "plan" => plan(&query.body, &env),
            "terminal" => terminal(&query.body, &env),
            other => panic!("{}:{}: unknown block `{other}`", document.path.display(), block(i).line),
        };
        let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned();
        if trimmed(&actual) != trimmed(&block(i).body) {
            bodies.push((i, trimmed(&actual)));
            if !updating() {
                let place = format!("{}:{} {}", document.path.display(), query.line, query.heading);
                failures.push(format!("{place}\n--- expected\n{}\n--- actual\n{actual}", block(i).body));
            }
        }
    }
    assert!(expectations > 0, "{}:{}: a case without expectation", document.path.display(), query.line);
}

/// The result as text; when it is an unordered one with the expected rows in another order, the expected text itself.
fn result(text: &str, env: &Env, expected: &str) -> String {
    let result = match run(text, env) {
        Ok(result) => result,
        Err((source, diagnostics)) => return shown(&diagnostics.0, &source),
    };
    let json = to_json(&result);
    let columns = json["columns"].as_array().expect("columns").iter();
    let header: Vec<String> = columns
        .map(|c| format!("{}:{}", c["name"].as_str().expect("name"), c["type"].as_str().expect("type")))
        .collect();
    let mut lines = vec![header.join(", ")];
    lines.extend(json["rows"].as_array().expect("rows").iter().map(Json::to_string));
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    let expected_lines: Vec<String> = expected.lines().map(compact).collect();
    if !result.ordered && sorted(lines.clone()) == sorted(expected_lines) {
        return expected.to_owned();
    }
    lines.join("\n")
}

/// A row line as the sink writes it, whatever blanks the author left.
fn compact(line: &str) -> String {
    serde_json::from_str::<Json>(line).map_or_else(|_| line.to_owned(), |json| json.to_string())
}

fn diagnostic(text: &str, env: &Env) -> String {
    match run(text, env) {
        Err((source, diagnostics)) => shown(&diagnostics.0, &source),
        Ok(result) => shown(&result.warnings, &Source::new(SourceId(0), "query", text)),
    }
}

fn shown(diagnostics: &[huntline::diagnostic::Diagnostic], source: &Source) -> String {
    diagnostics.iter().map(|d| print(d, std::slice::from_ref(source), Style::Plain)).collect()
}

fn plan(text: &str, env: &Env) -> String {
    let source = Source::new(SourceId(0), "query", text);
    match huntline::engine::compile(&source, env) {
        Ok(compiled) => compiled.plans.iter().map(|p| huntline::plan::explain(&p.root)).collect(),
        Err(diagnostics) => shown(&diagnostics.0, &source),
    }
}

fn terminal(text: &str, env: &Env) -> String {
    match run(text, env) {
        Ok(result) => match huntline::render::chart(&result) {
            Ok(chart) => huntline::render::terminal(&chart, 80, 20, false),
            Err(diagnostic) => diagnostic.to_string(),
        },
        Err((source, diagnostics)) => shown(&diagnostics.0, &source),
    }
}

/// A table from `name:type, ...` and rows of JSON arrays.
fn table(body: &str) -> (Schema, Batch) {
    let mut lines = body.lines();
    let header = lines.next().expect("an input has a header");
    let fields: Vec<(&str, Type)> = header
        .split(',')
        .map(|field| {
            let (name, ty) = field.trim().split_once(':').expect("name:type");
            (name, Type::from_name(ty).expect("a Kusto type"))
        })
        .collect();
    let schema = Schema::of(fields.iter().copied());
    let mut batch = Batch::empty(&schema);
    for line in lines {
        let cells: Vec<Json> = serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert_eq!(cells.len(), fields.len(), "{line}: wrong number of cells");
        for (column, cell) in batch.columns.iter_mut().zip(cells) {
            let ty = column.ty();
            column.push(value(cell, ty));
        }
        batch.rows += 1;
    }
    assert!(batch.columns.iter().all(|c: &Column| c.len() == batch.rows));
    (schema, batch)
}

fn value(cell: Json, ty: Type) -> Value {
    let text = || cell.as_str().expect("text").to_owned();
    match ty {
        _ if cell.is_null() => Value::missing(ty),
        Type::Bool => Value::Bool(cell.as_bool().expect("bool")),
        Type::Int => Value::Int(cell.as_i64().and_then(|n| i32::try_from(n).ok()).expect("int")),
        Type::Long => Value::Long(cell.as_i64().expect("long")),
        Type::Real => Value::Real(cell.as_f64().expect("real")),
        Type::Decimal => Value::Decimal(text().parse().expect("decimal")),
        Type::Datetime => Value::Datetime(datetime::parse(&text()).expect("datetime")),
        Type::Timespan => Value::Timespan(timespan::parse(&text()).expect("timespan")),
        Type::Guid => Value::Guid(parse_guid(&text()).expect("guid")),
        Type::String => Value::String(text()),
        Type::Dynamic => Value::Dynamic(cell),
    }
}
