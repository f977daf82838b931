//! The generated references are fresh. `UPDATE=1 cargo test` rewrites them.

use crate::harness::markdown::updating;
use crate::harness::root;

#[test]
fn function_reference_is_fresh() {
    fresh("src/library/FUNCTIONS.md", &huntline::cli::functions_markdown());
}

#[test]
fn support_table_is_fresh() {
    fresh("src/library/SUPPORT.md", &huntline::cli::support_markdown());
}

#[test]
fn command_reference_is_fresh() {
    fresh("src/cli/REFERENCE.md", &huntline::cli::command_markdown());
}

fn fresh(path: &str, text: &str) {
    let file = root().join(path);
    if updating() {
        std::fs::write(&file, text).expect("a writable file");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "{path} is stale: UPDATE=1 cargo test reference");
}
