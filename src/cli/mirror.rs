//! `huntline mirror`

mod status;

pub use status::{for_reading, judge, listing};

use super::args::{MirrorArgs, MirrorCommand};
use super::context::{Context, Failure};
use std::process::ExitCode;

/// Hands over to the subcommand.
pub fn run(context: &Context, args: &MirrorArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        MirrorCommand::Status(args) => status::run(context, args),
        MirrorCommand::Pull(_) => Err(Failure::not_built("mirror pull")),
        MirrorCommand::Retain(_) => Err(Failure::not_built("mirror retain")),
        MirrorCommand::Compact(_) => Err(Failure::not_built("mirror compact")),
        MirrorCommand::Verify(_) => Err(Failure::not_built("mirror verify")),
    }
}
