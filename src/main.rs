//! The `huntline` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    huntline::cli::run(std::env::args_os())
}
