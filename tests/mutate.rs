//! Importers, parser and engine survive damaged input: the samples and specs, mutated at random, are taken or refused, and
//! nothing panics. A second is enough for the gate; `FUZZ_SECONDS=600 cargo test mutate` goes on for longer, with a seed
//! of its own (`FUZZ_SEED`). `tests/fuzz` holds coverage-guided targets for the lexer and the parser.

use crate::harness::markdown::{Document, files};
use crate::harness::{env, root, run};
use huntline::catalog::MemoryCatalog;
use huntline::mirror;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a mutation inserts: the pieces that formats and queries turn on.
const PIECES: &[&str] = &[
    "\"",
    "\"\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\r\n",
    "\n",
    "\\u0000",
    "null",
    "\u{feff}",
    "9223372036854775808",
    "-1e400",
    "T",
    "Z",
    "properties",
    "(",
    ")",
    "|",
    ";",
    "'",
    "```",
    "@\"",
    "h'",
    "dynamic(",
    "datetime(",
    "1d",
    "==",
    "!~",
    "..",
    "*",
    "let x = ",
    " by ",
    "//",
    "\u{a0}",
    "é",
    "😀",
];

fn until() -> Instant {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    Instant::now() + Duration::from_secs(seconds)
}

fn random() -> ChaCha8Rng {
    let seed = std::env::var("FUZZ_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(7);
    ChaCha8Rng::seed_from_u64(seed)
}

fn below(random: &mut ChaCha8Rng, bound: usize) -> usize {
    random.next_u64() as usize % bound.max(1)
}

/// A few bytes changed, cut, doubled or put in.
fn mutate(input: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut out = input.to_vec();
    for _ in 0..=below(random, 4) {
        let at = below(random, out.len() + 1);
        let to = (at + below(random, 40)).min(out.len());
        match below(random, 5) {
            0 => drop(out.drain(at..to)),
            1 => {
                let copy = out[at..to].to_vec();
                out.splice(at..at, copy);
            }
            2 => out.truncate(at),
            3 if at < out.len() => out[at] = random.next_u64() as u8,
            _ => drop(out.splice(at..at, PIECES[below(random, PIECES.len())].bytes())),
        }
    }
    out
}

#[test]
fn mutated_files_are_taken_or_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let samples: Vec<PathBuf> = std::fs::read_dir(root().join("samples/formats"))
        .expect("samples")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "csv" || e == "json"))
        .collect();
    assert!(samples.len() >= 6, "the samples of the formats are there");
    let (end, mut random) = (until(), random());
    while Instant::now() < end {
        let sample = &samples[below(&mut random, samples.len())];
        let bytes = mutate(&std::fs::read(sample).expect("a sample"), &mut random);
        let path = folder.path().join(sample.file_name().expect("a name"));
        std::fs::write(&path, &bytes).expect("a writable folder");
        // Taken or refused is both right; a panic fails the test.
        let _ = mirror::read_file_as_table(&path, "DeviceEvents", None);
    }
}

#[test]
fn mutated_queries_run_or_are_refused() {
    let folders = ["operator", "function", "type", "diagnostic"].map(|f| root().join("tests/spec").join(f));
    let documents = folders.iter().flat_map(|f| files(f)).map(|path| Document::read(&path));
    let queries: Vec<String> =
        documents.flat_map(|d| d.blocks).filter(|b| b.info == "kql").map(|block| block.body).collect();
    assert!(queries.len() > 50, "the specs are there");
    let env = env(MemoryCatalog::default());
    let (end, mut random) = (until(), random());
    while Instant::now() < end {
        let query = &queries[below(&mut random, queries.len())];
        let bytes = mutate(query.as_bytes(), &mut random);
        let text = String::from_utf8_lossy(&bytes);
        if let Err((_, diagnostics)) = run(&text, &env) {
            assert!(!diagnostics.0.is_empty(), "refused without a word: {text}");
            let fault = diagnostics.0.iter().find(|d| d.code == huntline::diagnostic::Code::Bug);
            assert!(fault.is_none(), "a fault of huntline's own: {fault:?}\n{text}");
        }
    }
}
