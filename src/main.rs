//! The `huntline` program.

use std::process::ExitCode;

/// Columns are large, and live briefly: this allocator keeps their pages, where the system's gives them back each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    huntline::cli::run(std::env::args_os())
}
