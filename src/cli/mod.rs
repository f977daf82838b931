//! The command line: arguments, the environment, the clock and the terminal are seen here and nowhere else.
//!
//! In: argv. Out: results on stdout, everything else on stderr, an exit code (0 done, 1 refused, 2 wrong usage,
//! 130 interrupted). A file per subcommand.

mod args;
mod cache;
mod chart;
mod check;
mod complete;
mod context;
mod demo;
mod explain;
mod format;
mod generate;
mod identity;
mod import;
mod input;
mod limits;
mod login;
mod mirror;
mod output;
mod progress;
mod pull;
mod pull_store;
mod query;
mod reference;
mod rules;
mod stop;
mod sync;
mod watch;

pub use args::command;
pub use reference::{command_markdown, functions_markdown, support_markdown};

use args::{Cli, Command};
use clap::Parser;
use context::{Context, Failure};
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program with these arguments (the first is its own name).
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // clap writes help and versions to stdout with code 0, errors to stderr with code 2.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let context = match Context::new(&cli.common) {
        Ok(context) => context,
        Err(failure) => return failure.report_plain(),
    };
    match dispatch(&context, cli.command) {
        Ok(code) => code,
        Err(failure) => failure.report(&context),
    }
}

/// Hands over to the subcommand.
fn dispatch(context: &Context, command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Demo(args) => demo::run(context, &args),
        Command::Query(args) => query::run(context, &args),
        Command::Check(args) => check::run(context, &args),
        Command::Explain(args) => explain::run(context, &args),
        Command::Format(args) => format::run(context, &args),
        Command::Import(args) => import::run(context, &args),
        Command::Mirror(args) => mirror::run(context, &args),
        Command::Cache(args) => cache::run(context, &args),
        Command::Chart(args) => chart::run(context, &args),
        Command::Schema(args) => reference::schema(context, &args),
        Command::Functions(args) => reference::functions(&args),
        Command::Generate(args) => generate::run(context, &args),
        Command::Sync(args) => sync::run(context, &args),
        Command::Login(args) => login::run(context, &args),
        Command::Rules(args) => rules::run(context, &args),
        Command::Fake(args) => sync::fake::run(context, &args),
        Command::Completions(args) => complete::run(&args),
    }
}
