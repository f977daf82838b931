//! Every example of the library runs, and gives what it says.

use crate::harness::{env, run, to_json};
use huntline::catalog::{Env, MemoryCatalog};
use huntline::diagnostic::{Source, SourceId};
use huntline::library::{Example, aggregate, operator, scalar, table};
use serde_json::Value as Json;

#[test]
fn examples_give_what_they_say() {
    let env = env(MemoryCatalog::default());
    let mut failures = Vec::new();
    let mut count = 0;
    let functions = scalar::FAMILIES.iter().flat_map(|family| family.functions);
    for (function, example) in functions.flat_map(|f| f.examples.iter().map(move |e| (f, e))) {
        count += 1;
        let text = format!("print actual = {}, expected = {}", example.expression, example.result);
        match run(&text, &env) {
            Ok(result) => {
                let json = to_json(&result);
                let row = &json["rows"][0];
                if row[0] != row[1] {
                    failures.push(format!("{}: {} = {}, not {}", function.name, example.expression, row[0], row[1]));
                }
            }
            Err((_, diagnostics)) => failures.push(format!("{}: {text}: {diagnostics}", function.name)),
        }
    }
    assert!(count > 100, "only {count} examples");
    assert!(failures.is_empty(), "{} of {count} examples failed:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn aggregates_give_what_they_say() {
    let functions = aggregate::FAMILIES.iter().flat_map(|family| family.iter());
    queries_agree(functions.map(|f| (f.name, f.examples)), 50);
}

#[test]
fn plugins_give_what_they_say() {
    let functions = table::plugins();
    queries_agree(functions.map(|f| (f.name, f.examples)), 28);
}

#[test]
fn operators_give_what_they_say() {
    let operators = operator::FAMILIES.iter().flat_map(|family| family.operators);
    queries_agree(operators.map(|o| (o.name, o.examples)), 90);
}

/// Runs both queries of each example: they must give the same tables, rows in any order.
fn queries_agree(records: impl Iterator<Item = (&'static str, &'static [Example])>, least: usize) {
    let env = env(MemoryCatalog::default());
    let mut failures = Vec::new();
    let mut count = 0;
    for (name, example) in records.flat_map(|(name, examples)| examples.iter().map(move |e| (name, e))) {
        count += 1;
        match (tables(example.expression, &env), tables(example.result, &env)) {
            (Ok(actual), Ok(expected)) if actual == expected => {}
            (Ok(actual), Ok(expected)) => {
                failures.push(format!("{name}: {}\n  gives {actual:?}\n  not   {expected:?}", example.expression));
            }
            (Err(why), _) | (_, Err(why)) => failures.push(format!("{name}: {}\n  {why}", example.expression)),
        }
    }
    assert!(count >= least, "only {count} examples");
    assert!(failures.is_empty(), "{} of {count} examples failed:\n{}", failures.len(), failures.join("\n"));
}

/// The tables that a text gives: the columns with their types, and the rows in an order of their own.
fn tables(text: &str, env: &Env) -> Result<Vec<(Json, Vec<String>)>, String> {
    let source = Source::new(SourceId(0), "example", text);
    let results = huntline::engine::run(&source, env).map_err(|diagnostics| diagnostics.to_string())?;
    let table = |json: Json| {
        let rows = json["rows"].as_array().expect("rows are a list");
        let mut rows: Vec<String> = rows.iter().map(Json::to_string).collect();
        rows.sort_unstable();
        (json["columns"].clone(), rows)
    };
    Ok(results.iter().map(to_json).map(table).collect())
}
