//! `huntline sync` and `huntline fake`

mod apply;
pub mod args;
pub mod demo;
mod directory;
pub mod fake;
pub mod health;
mod hunt;
mod journal;
mod plan;
mod resolve;
mod setup;
mod show;
mod status;
mod tables;
mod verified;

pub use plan::{failed, reader as plan_reader};
pub use setup::{
    RealClock, RuleChoice, Sides, block_on, ledger_path, local_services, rule_of, service_settings, settings_of, told,
};
pub use verified::{is_verified, note_verified};

use super::context::{Context, Failure};
use args::{SyncArgs, SyncCommand};
use std::process::ExitCode;

/// Hands over to the subcommand.
pub fn run(context: &Context, args: &SyncArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        SyncCommand::Plan(args) => plan::run(context, args),
        SyncCommand::Apply(args) => apply::apply(context, args),
        SyncCommand::Watch(args) => apply::watch(context, args),
        SyncCommand::Status(args) => status::run(context, args),
        SyncCommand::Resolve(args) => resolve::run(context, args),
        SyncCommand::Log(args) => journal::run(context, args),
        SyncCommand::Show(args) => show::run(context, args),
    }
}
