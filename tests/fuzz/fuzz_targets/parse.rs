//! Any text parses or is refused without a panic; what parses, formats to a text that parses and formats to itself.
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
    let Ok(query) = syntax::parse(&source) else { return };
    let once = syntax::format(&query, &source);
    let again = Source::new(SourceId(0), "formatted", once.clone());
    let query = syntax::parse(&again).unwrap_or_else(|d| panic!("the formatted text does not parse: {d}\n{once}"));
    assert_eq!(syntax::format(&query, &again), once, "formatting twice changes the text");
});
