//! The grammar files against the parser, four ways: what is valid parses and survives `format`; what is invalid yields its
//! code at its place; sentences of the EBNF parse, and mutated ones do not panic; words and productions are the parser's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what tests share fails loudly, as tests do"
)]

mod ebnf;
mod generate;

use ebnf::Grammar;
use huntline::diagnostic::{Source, SourceId};
use huntline::syntax::{self, ast, keyword};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar").join(name)
}

/// The files of a folder, by name.
fn files(name: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() > 20, "{name} has hardly any files");
    found
}

fn source(text: &str) -> Source {
    Source::new(SourceId(0), "grammar", text)
}

/// A tree as text, without its spans.
fn bare(query: &ast::Query) -> String {
    static SPANS: LazyLock<regex::Regex> = LazyLock::new(|| regex::Regex::new(r"Span \{[^}]*\}").unwrap());
    SPANS.replace_all(&format!("{:?}", query.statements), "@").into_owned()
}

/// Parses, formats, parses again: the same tree, and the same text from then on.
fn survives_format(name: &str, text: &str) {
    let first = source(text);
    let tree = syntax::parse(&first).unwrap_or_else(|found| panic!("{name} does not parse: {found}\n{text}"));
    let second = source(&syntax::format(&tree, &first));
    let again = syntax::parse(&second).unwrap_or_else(|found| panic!("{name}, formatted: {found}\n{}", second.text));
    assert_eq!(bare(&tree), bare(&again), "{name} means something else:\n{}", second.text);
    assert_eq!(syntax::format(&again, &second), second.text, "{name} is formatted differently the second time");
    assert_eq!(comments(&first), comments(&second), "{name} loses comments");
}

fn comments(source: &Source) -> Vec<String> {
    let (tokens, _) = syntax::lex(source);
    let comments = tokens.iter().filter(|token| token.kind == syntax::token::TokenKind::Comment);
    comments.map(|token| source.slice(token.span).trim_end().to_owned()).collect()
}

#[test]
fn valid_files_parse_and_survive_format() {
    for (name, text) in files("valid") {
        survives_format(&name, &text);
    }
}

#[test]
fn invalid_files_yield_their_code_and_place() {
    let mut wrong = Vec::new();
    for (name, text) in files("invalid") {
        let head = text.lines().next().and_then(|line| line.strip_prefix("// ")).unwrap_or_default();
        let found = syntax::parse(&source(&text)).expect_err(&name);
        let first = &found.0[0];
        let span = first.span.unwrap_or_default();
        let actual = format!("{} {}..{}", first.code.info().id, span.start, span.end);
        if head != actual {
            wrong.push(format!("{name}: says `{head}`, is `{actual}`: {first}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sentences_of_the_grammar_parse_and_survive_format() {
    let grammar = Grammar::read();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for n in 0..1_000 {
        let sentence = generate::sentence(&grammar, &mut random);
        survives_format(&format!("sentence {n}"), &sentence);
    }
}

#[test]
fn mutated_sentences_do_not_panic() {
    let grammar = Grammar::read();
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let mut refused = 0;
    for _ in 0..1_500 {
        let sentence = generate::sentence(&grammar, &mut random);
        let mutated = source(&generate::mutate(&sentence, &mut random));
        match syntax::parse(&mutated) {
            Ok(tree) => drop(syntax::format(&tree, &mutated)),
            Err(found) => {
                refused += 1;
                assert!(found.has_errors(), "refused without a word: {}", mutated.text);
                let inside = |end: u32| end as usize <= mutated.text.len();
                assert!(found.0.iter().all(|d| d.span.is_none_or(|span| inside(span.end))), "{}", mutated.text);
            }
        }
        syntax::split_queries(&mutated);
    }
    assert!(refused > 500, "only {refused} of the mutations were refused");
}

#[test]
fn words_are_those_of_the_parser() {
    let listed = std::fs::read_to_string(folder("keywords.txt")).unwrap();
    let listed: Vec<&str> = listed.lines().collect();
    assert_eq!(listed, keyword::all(), "grammar/keywords.txt");
    let written = Grammar::read().words();
    let is_type = |word: &str| huntline::value::Type::from_name(word).is_some();
    let unknown: Vec<&String> = written.iter().filter(|w| !listed.contains(&w.as_str()) && !is_type(w)).collect();
    assert!(unknown.is_empty(), "words of kql.ebnf that are no keywords: {unknown:?}");
    // `missing` is reserved by Kusto and used nowhere; truth values are a token of their own.
    let elsewhere = |word: &&&str| **word == "missing" || keyword::BOOLS.contains(*word);
    let unused: Vec<&&str> = listed.iter().filter(|word| !written.contains(**word) && !elsewhere(word)).collect();
    assert!(unused.is_empty(), "keywords that kql.ebnf does not use: {unused:?}");
}

#[test]
fn productions_are_functions_of_the_parser() {
    let grammar = Grammar::read();
    let written: BTreeSet<&str> = grammar.productions.keys().map(String::as_str).collect();
    let listed: BTreeSet<&str> = syntax::PRODUCTIONS.iter().chain(syntax::LEVELS).copied().collect();
    assert_eq!(written, listed);
    let mut code = String::new();
    read_code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/syntax/parse"), &mut code);
    for production in syntax::PRODUCTIONS {
        let function = regex::Regex::new(&format!(r"\bfn {production}[<(]")).unwrap();
        assert!(function.is_match(&code), "no parser function reads `{production}`");
    }
    assert_eq!(grammar.undefined(), Vec::<String>::new());
}

fn read_code(folder: &Path, code: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_code(&path, code);
        } else {
            code.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}
