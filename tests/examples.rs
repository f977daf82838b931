//! Every example of the function library runs, and gives what it says.

use crate::harness::{env, run, to_json};
use huntline::catalog::MemoryCatalog;
use huntline::library::scalar::FAMILIES;

#[test]
fn examples_give_what_they_say() {
    let env = env(MemoryCatalog::default());
    let mut failures = Vec::new();
    let mut count = 0;
    let functions = FAMILIES.iter().flat_map(|family| family.functions);
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
