//! Any text lexes without a panic, and the tokens lie in the text, in order.
#![no_main]
#![allow(dead_code)]

#[path = "../../../src/diagnostic/mod.rs"]
mod diagnostic;
#[path = "../../../src/syntax/mod.rs"]
mod syntax;
#[path = "../../../src/value/mod.rs"]
mod value;

use diagnostic::{Source, SourceId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let source = Source::new(SourceId(0), "fuzz", text);
    let (tokens, _) = syntax::lex(&source);
    let mut end = 0;
    for token in tokens {
        assert!(token.span.start >= end && token.span.end as usize <= text.len(), "tokens lie in order, in the text");
        end = token.span.end;
    }
});
