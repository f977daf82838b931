//! The arguments of `login`.
//!
//! In: the command line. Out: which services are asked, for what, and the form of the report.

use crate::cli::sync::args::Form;
use clap::{Args, ValueEnum};

/// `login`
#[derive(Args, Debug)]
pub struct LoginArgs {
    /// Say who huntline is to each service, and which permissions it lacks; exit code 1 when something is missing
    #[arg(long, required = true)]
    pub check: bool,
    /// Only this service (repeatable) [default: those that mirror.pull and sync of huntline.toml use]
    #[arg(long, value_name = "SERVICE")]
    pub service: Vec<ServiceName>,
    /// What it is to do (repeatable) [default: pull, and sync when a workspace of Sentinel is named]
    #[arg(long = "for", value_name = "USE")]
    pub uses: Vec<Use>,
    /// All services at one address on this machine, as `huntline fake` serves them
    #[arg(long, value_name = "URL")]
    pub fake: Option<String>,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Form,
}

/// A service, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum ServiceName {
    /// Microsoft Graph
    Graph,
    /// Defender's older API
    Defender,
    /// Azure Resource Manager: Sentinel
    Arm,
    /// The query service of Log Analytics
    LogAnalytics,
}

/// What permissions are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Use {
    /// Bring rows of Defender into the mirror
    Pull,
    /// Keep incidents in step
    Sync,
}
