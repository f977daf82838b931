//! The arguments of `rules`.

use crate::cli::sync::args::{Form, SidesArgs};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `rules`
#[derive(Args, Debug)]
pub struct RulesArgs {
    /// What to do
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What `rules` does.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Make a rule with cases, to start from
    New(NewArgs),
    /// Find what is wrong with a rule before it runs
    Check(CheckArgs),
    /// Run the cases beside a rule
    Test(TestArgs),
    /// Try a rule in every state, and show what it breaks
    Verify(VerifyArgs),
    /// Show every state that two rules decide differently
    Diff(DiffArgs),
    /// Show the facts, the branch taken, the decision and the writes for one incident
    Explain(ExplainArgs),
    /// Decide a journal again under another rule
    Replay(ReplayArgs),
    /// Write what editors complete rules with
    Definitions(DefinitionsArgs),
    /// Name the presets
    List,
}

/// `rules new`
#[derive(Args, Debug)]
pub struct NewArgs {
    /// The name; also that of the files
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The folder
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub dir: PathBuf,
    /// A preset to begin with
    #[arg(long, value_name = "PRESET")]
    pub from: Option<String>,
}

/// `rules check`
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Rules: paths of scripts, or presets
    #[arg(value_name = "RULE", required = true)]
    pub rules: Vec<String>,
    /// Form of what is found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Form,
}

/// `rules test`
#[derive(Args, Debug)]
pub struct TestArgs {
    /// Rules: paths of scripts, or presets; all presets unless given
    #[arg(value_name = "RULE")]
    pub rules: Vec<String>,
    /// Run these sync scenarios instead of the cases beside the rules
    #[arg(long, value_name = "FILE")]
    pub scenarios: Option<PathBuf>,
    /// Run again whenever a file changes
    #[arg(long)]
    pub watch: bool,
    /// Form of the results
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Form,
}

/// `rules verify`
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// Rules: paths of scripts, or presets
    #[arg(value_name = "RULE", required = true)]
    pub rules: Vec<String>,
    /// Only a part of the states: quick, and no proof
    #[arg(long)]
    pub quick: bool,
    /// Threads; as many as there are processors unless given
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// The ledger beside which it is noted that the rule was verified [default: sync.ledger of huntline.toml, else ./huntline-data/sync.db]
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Form,
}

/// `rules diff`
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// One rule
    #[arg(value_name = "RULE")]
    pub a: String,
    /// The other rule
    #[arg(value_name = "OTHER")]
    pub b: String,
    /// Only a part of the states
    #[arg(long)]
    pub quick: bool,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Form,
}

/// `rules explain`
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// The incident, by Defender's number or Sentinel's name
    #[arg(value_name = "INCIDENT")]
    pub incident: String,
    #[command(flatten)]
    pub sides: SidesArgs,
    /// Form of the explanation
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Form,
}

/// `rules replay`
#[derive(Args, Debug)]
pub struct ReplayArgs {
    /// The ledger whose journal is decided again
    #[arg(value_name = "LEDGER")]
    pub journal: PathBuf,
    /// The other rule: a preset or the path of a script
    #[arg(long, value_name = "RULE")]
    pub rule: String,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Form,
}

/// `rules definitions`
#[derive(Args, Debug)]
pub struct DefinitionsArgs {
    /// The file; stdout unless given
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
