//! `huntline completions`

use super::args::{CompletionsArgs, command};
use super::context::Failure;
use std::process::ExitCode;

/// Prints the completion script of a shell.
pub fn run(args: &CompletionsArgs) -> Result<ExitCode, Failure> {
    clap_complete::generate(args.shell, &mut command(), "huntline", &mut std::io::stdout().lock());
    Ok(ExitCode::SUCCESS)
}
