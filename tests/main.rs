//! Every test that runs the library, in one binary: polars links once. `tests/harness` holds what they share; `spec/` holds
//! the Markdown specs that `spec.rs` runs.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod architecture;
mod connector;
mod examples;
mod external;
mod fake_telemetry;
mod files;
mod grammar;
mod harness;
mod import;
mod limits;
mod mirror;
mod mutate;
mod outside;
mod pull;
mod reference;
mod rules;
mod samples;
mod secrets;
mod spec;
mod sync;
mod watch;
