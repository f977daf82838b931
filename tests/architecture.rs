//! Holds the directions of ARCHITECTURE.md: which module may import which, and which may know a foreign crate.

use crate::harness::root;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The modules of the crate from the bottom up. An arrow goes to the same layer or down, and never in a circle.
const LAYERS: &[&[&str]] = &[
    &["diagnostic", "value", "config"],
    &["syntax", "library", "catalog", "incident", "fake"],
    &["plan", "mirror", "ledger"],
    &["bind", "backend", "generate", "pull", "render", "sink", "sync"],
    &["engine", "policy", "connector", "external"],
    &["cli"],
];

/// Foreign crates, and the only places that may name them.
const CONFINED: &[(&str, &[&str])] = &[
    ("nom", &["syntax"]),
    ("polars", &["backend/polars", "mirror", "sink/parquet"]),
    ("polars_parquet", &["backend/polars/sieve", "mirror/row_group"]),
    ("polars_parquet_format", &["backend/polars/sieve"]),
    ("polars_arrow", &["backend/polars/sieve", "mirror/row_group"]),
    ("polars_buffer", &["backend/polars/sieve"]),
    ("clap", &["cli"]),
    ("resvg", &["render"]),
    ("notosans", &["render"]),
    ("rand", &["generate", "library", "mirror/transaction"]),
    ("deltalake", &["mirror/delta"]),
    ("object_store", &["mirror/delta", "mirror/ingest/source"]),
    ("indicatif", &["cli"]),
    ("rhai", &["policy"]),
    ("rusqlite", &["ledger"]),
    ("xorf", &["mirror/terms"]),
    ("regex_syntax", &["mirror/terms"]),
    ("reqwest", &["connector", "external"]),
    ("azure_core", &["connector"]),
    ("azure_identity", &["connector"]),
    ("axum", &["fake", "cli/sync"]),
    (
        "tokio",
        &[
            "connector",
            "external",
            "fake",
            "mirror/delta/bridge",
            "mirror/ingest/source",
            "pull/machine",
            "sync/run",
            "cli",
        ],
    ),
];

#[test]
fn arrows_go_down() {
    let ranks: BTreeMap<&str, usize> =
        LAYERS.iter().enumerate().flat_map(|(rank, names)| names.iter().map(move |n| (*n, rank))).collect();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in sources() {
        let from = module_of(&file);
        if from == "lib" || from == "main" {
            continue;
        }
        assert!(ranks.contains_key(from.as_str()), "module `{from}` has no layer: put it into the picture first");
        for to in imports(&code_of(&file)) {
            if to == from || !ranks.contains_key(to.as_str()) {
                continue;
            }
            assert!(ranks[to.as_str()] <= ranks[from.as_str()], "{}: `{from}` must not import `{to}`", file.display());
            arrows.entry(from.clone()).or_default().insert(to);
        }
    }
    for start in arrows.keys() {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&String> = arrows[start].iter().collect();
        while let Some(at) = next.pop() {
            assert!(at != start, "`{start}` imports itself through `{seen:?}`");
            if seen.insert(at) {
                next.extend(arrows.get(at).into_iter().flatten());
            }
        }
    }
    assert!(arrows.get("cli").is_some_and(|to| to.contains("engine")), "the test sees no arrows");
}

#[test]
fn bind_sees_no_backend_and_backend_no_syntax() {
    for file in sources() {
        let (module, code) = (module_of(&file), code_of(&file));
        let forbidden = match module.as_str() {
            "bind" => "backend",
            "backend" => "syntax",
            _ => continue,
        };
        assert!(!imports(&code).contains(forbidden), "{} imports `{forbidden}`", file.display());
    }
}

#[test]
fn foreign_crates_stay_where_they_belong() {
    for file in sources() {
        let code = code_of(&file);
        let place = file.strip_prefix(root().join("src")).expect("below src").display().to_string();
        for (name, places) in CONFINED {
            let names = code.lines().any(|line| {
                let line = line.trim_start();
                line.starts_with(&format!("use {name}::")) || contains_path(line, name)
            });
            let allowed = places.iter().any(|p| place.starts_with(p));
            assert!(!names || allowed, "{place} names `{name}`, which belongs to {places:?}");
        }
    }
}

/// True when a line has `name::` that is not part of a longer path.
fn contains_path(line: &str, name: &str) -> bool {
    let path = format!("{name}::");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
    })
}

/// Every Rust file below `src`.
fn sources() -> Vec<PathBuf> {
    fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path);
            }
        }
    }
    let mut out = Vec::new();
    walk(&root().join("src"), &mut out);
    out.sort();
    out
}

/// The top-level module of a file.
fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix(root().join("src")).expect("below src");
    let first = inside.components().next().expect("a file").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The text of a file without comments and without its test module.
fn code_of(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules named as `crate::module` or inside `crate::{...}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    word.push(c);
                }
            }
            out.extend(word.split(',').map(|w| w.trim().split("::").next().unwrap_or("").trim().to_owned()));
        } else {
            out.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    out.remove("");
    out
}
