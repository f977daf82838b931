//! Runs the commands of `samples/**/README.md`, in order, and compares what they print.
//!
//! A fenced `console` block holds commands, each after `$ `, and what they print to stdout below. They run in a copy of
//! `samples`. `samples/README.md` comes first: it makes the mirror that the others query. `UPDATE=1` rewrites the blocks.
//! A second test holds every hunt to the manifest of the generator: the planted rows, and no others.

use crate::harness::markdown::{Document, updating};
use crate::harness::root;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// A copy of `samples` with the mirror that its own README makes.
static SAMPLES: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&root().join("samples"), folder.path());
    let document = Document::read(&root().join("samples/README.md"));
    let failures = check(&document, folder.path());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    folder
});

#[test]
fn the_commands_of_every_sample_print_what_its_readme_shows() {
    let mut failures = Vec::new();
    for path in readmes() {
        failures.extend(check(&Document::read(&path), SAMPLES.path()));
    }
    assert!(failures.is_empty(), "{} commands failed:\n\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn every_hunt_finds_what_was_planted_and_nothing_else() {
    let folder = SAMPLES.path();
    let text = std::fs::read_to_string(folder.join("telemetry/manifest.json")).expect("the manifest");
    let manifest: Json = serde_json::from_str(&text).expect("JSON");
    let mut failures = Vec::new();
    for chain in manifest["chains"].as_array().expect("chains") {
        let hunt = chain["hunt"].as_str().expect("a hunt");
        let end = manifest["end"].as_str().expect("an end");
        let output = run(folder, &["query", "-f", hunt, "--mirror", "mirror", "--now", end, "--format", "json"]);
        if !output.status.success() {
            failures.push(format!("{hunt}: {}", String::from_utf8_lossy(&output.stderr)));
            continue;
        }
        let result: Json = serde_json::from_slice(&output.stdout).expect("JSON");
        failures.extend(missing(hunt, chain, &result));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// What a hunt shows too much or too little: each trace is one row, which has the trace's keys in columns of their names.
fn missing(hunt: &str, chain: &Json, result: &Json) -> Option<String> {
    let rows = result["rows"].as_array().expect("rows");
    if Some(rows.len() as u64) != chain["hits"].as_u64() {
        return Some(format!("{hunt}: {} rows, {} planted\n{}", rows.len(), chain["hits"], result["rows"]));
    }
    let columns: Vec<&str> =
        result["columns"].as_array().expect("columns").iter().filter_map(|c| c["name"].as_str()).collect();
    let shows = |row: &Json, keys: &serde_json::Map<String, Json>| {
        keys.iter().all(|(name, value)| {
            let place = columns.iter().position(|c| c == name);
            place.is_none_or(|place| row[place] == *value)
        })
    };
    for trace in chain["traces"].as_array().expect("traces") {
        let keys = trace["keys"].as_object().expect("keys");
        assert!(keys.keys().any(|k| columns.contains(&k.as_str())), "{hunt} shows no key of its trace");
        if !rows.iter().any(|row| shows(row, keys)) {
            return Some(format!("{hunt}: no row for {}", trace["keys"]));
        }
    }
    None
}

/// The READMEs of the scenarios, sorted.
fn readmes() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("samples")).expect("samples");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path().join("README.md")).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    paths
}

/// Runs the commands of a document and tells those whose output differs.
fn check(document: &Document, folder: &Path) -> Vec<String> {
    let mut failures = Vec::new();
    let mut bodies = Vec::new();
    for (place, block) in document.blocks.iter().enumerate().filter(|(_, b)| b.info == "console") {
        let mut shown = String::new();
        for command in block.body.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let output = run(folder, &words(command));
            if !output.status.success() {
                let place = format!("{}:{}", document.path.display(), block.line);
                failures.push(format!("{place} `{command}`\n{}", String::from_utf8_lossy(&output.stderr)));
            }
            shown.push_str(&format!("$ {command}\n{}", String::from_utf8_lossy(&output.stdout)));
        }
        let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned();
        if trimmed(&shown) != trimmed(&block.body) {
            if !updating() {
                let place = format!("{}:{}", document.path.display(), block.line);
                failures.push(format!("{place}\n--- expected\n{}\n--- actual\n{shown}", block.body));
            }
            bodies.push((place, trimmed(&shown)));
        }
    }
    if updating() && failures.is_empty() && !bodies.is_empty() {
        document.rewrite(&bodies);
    }
    failures
}

/// The words of a command without `huntline`; double quotes keep blanks.
fn words(command: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for (n, part) in command.split('"').enumerate() {
        if n % 2 == 1 { words.push(part) } else { words.extend(part.split_whitespace()) }
    }
    assert_eq!(words.first(), Some(&"huntline"), "{command}");
    words.split_off(1)
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huntline"));
    command.current_dir(folder).args(arguments).env_remove("HUNTLINE_MIRROR").env("NO_COLOR", "1");
    command.output().expect("huntline runs")
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let (path, name) = entry.map(|e| (e.path(), e.file_name())).expect("an entry");
        if path.is_dir() {
            std::fs::create_dir_all(to.join(&name)).expect("a folder");
            copy(&path, &to.join(&name));
        } else {
            std::fs::copy(&path, to.join(&name)).expect("a copy");
        }
    }
}
