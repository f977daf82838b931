//! Every test that runs the library, in one binary: polars links once. `tests/harness` holds what they share; `spec/` holds
//! the Markdown specs that `spec.rs` runs.

mod architecture;
mod examples;
mod grammar;
mod harness;
mod import;
mod reference;
mod samples;
mod spec;
