//! The arguments of `sync` and `fake`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `sync`
#[derive(Args, Debug)]
pub struct SyncArgs {
    /// What to do
    #[command(subcommand)]
    pub command: SyncCommand,
}

/// What `sync` does.
#[derive(Debug, Subcommand)]
pub enum SyncCommand {
    /// Show what would change on which side and why; touches nothing
    Plan(PlanArgs),
    /// Write what is to be written, until both sides are quiet
    Apply(ApplyArgs),
    /// Keep on, pass after pass
    Watch(WatchArgs),
    /// Show the queue, what is held, the lag and the last errors; exit code 1 when something needs a person
    Status(LedgerArgs),
    /// Answer a field that is held, thaw or part an incident, or see to a refused write
    Resolve(ResolveArgs),
    /// Show the journal
    Log(LogArgs),
    /// Show one incident: both sides, what they agreed on, links to both portals
    Show(ShowArgs),
}

/// The two sides, the rule and the ledger.
#[derive(Args, Clone, Debug, Default)]
pub struct SidesArgs {
    /// The rule: a preset or the path of a script [default: sync.rule of huntline.toml, else most_recent_else_hold]
    #[arg(long, value_name = "RULE")]
    pub rule: Option<String>,
    /// The ledger [default: sync.ledger of huntline.toml, else ./huntline-data/sync.db]
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Both services at one address on this machine, as `huntline fake` serves them
    #[arg(long, value_name = "URL", conflicts_with_all = ["graph_url", "arm_url"])]
    pub fake: Option<String>,
    /// Graph's address on this machine, as a proxy in tests
    #[arg(long, value_name = "URL", hide = true)]
    pub graph_url: Option<String>,
    /// ARM's address on this machine, as a proxy in tests
    #[arg(long, value_name = "URL", hide = true)]
    pub arm_url: Option<String>,
    /// Keep all traffic with ARM in this file, a JSON object a line
    #[arg(long, value_name = "FILE", hide = true)]
    pub record: Option<PathBuf>,
}

/// Text or JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// `sync plan`
#[derive(Args, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    pub sides: SidesArgs,
    /// Only this incident, by Defender's number or Sentinel's name
    #[arg(long, value_name = "ID")]
    pub incident: Option<String>,
    /// Form of the plan
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Form,
}

/// `sync apply`
#[derive(Args, Debug)]
pub struct ApplyArgs {
    #[command(flatten)]
    pub sides: SidesArgs,
    /// Read everything, and look for incidents that are gone
    #[arg(long)]
    pub full: bool,
    /// Take a rule that was not verified as it is now
    #[arg(long)]
    pub unverified: bool,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Form,
}

/// `sync watch`
#[derive(Args, Debug)]
pub struct WatchArgs {
    #[command(flatten)]
    pub sides: SidesArgs,
    /// Seconds between two passes [default: sync.poll_seconds of huntline.toml, else 60]
    #[arg(long, value_name = "SECONDS")]
    pub every: Option<f64>,
    /// Take a rule that was not verified as it is now
    #[arg(long)]
    pub unverified: bool,
    /// Write the state of every pass to this file
    #[arg(long, value_name = "FILE")]
    pub health: Option<PathBuf>,
    /// Serve /healthz and /metrics at this address on this machine
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// End after this many passes
    #[arg(long, value_name = "N")]
    pub passes: Option<u64>,
    /// End after this many passes in a row in which nothing was to be done
    #[arg(long, value_name = "N")]
    pub until_quiet: Option<u64>,
}

/// What only reads the ledger.
#[derive(Args, Debug)]
pub struct LedgerArgs {
    /// The ledger [default: sync.ledger of huntline.toml, else ./huntline-data/sync.db]
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Form,
}

/// `sync resolve`
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("answer").required(true))]
pub struct ResolveArgs {
    /// The incident, by Defender's number or Sentinel's name; for --retry and --drop the number of the dead letter
    #[arg(value_name = "INCIDENT")]
    pub incident: String,
    /// The field that is held
    #[arg(value_name = "FIELD")]
    pub field: Option<String>,
    /// The side whose value both take
    #[arg(long, value_name = "SIDE", group = "answer", value_parser = ["defender", "sentinel"])]
    pub take: Option<String>,
    /// The value that both take; a closing as class/finer, such as `true_positive/malware`
    #[arg(long, value_name = "VALUE", group = "answer")]
    pub set: Option<String>,
    /// The sides may differ as they do now
    #[arg(long, group = "answer")]
    pub split: bool,
    /// The two are not one incident: never write to either again
    #[arg(long, group = "answer")]
    pub unlink: bool,
    /// Go on with a frozen incident
    #[arg(long, group = "answer")]
    pub thaw: bool,
    /// Try a refused write again
    #[arg(long, group = "answer")]
    pub retry: bool,
    /// Drop a refused write
    #[arg(long, group = "answer")]
    pub drop: bool,
    /// Who answers, for the journal
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody", hide_env_values = true)]
    pub by: String,
    /// The ledger [default: sync.ledger of huntline.toml, else ./huntline-data/sync.db]
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
}

/// `sync log`
#[derive(Args, Debug)]
pub struct LogArgs {
    #[command(flatten)]
    pub ledger: LedgerArgs,
    /// Only this incident
    #[arg(long, value_name = "ID")]
    pub incident: Option<String>,
    /// Only at or after this time
    #[arg(long, value_name = "DATETIME")]
    pub since: Option<String>,
    /// Only the last so many entries
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub last: usize,
}

/// `sync show`
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// The incident, by Defender's number or Sentinel's name
    #[arg(value_name = "INCIDENT")]
    pub incident: String,
    #[command(flatten)]
    pub ledger: LedgerArgs,
}

/// `fake`
#[derive(Args, Debug)]
pub struct FakeArgs {
    /// The port on 127.0.0.1; 0 for a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// The world: quiet acts when told to, busy acts by itself, empty has nothing
    #[arg(long, value_name = "WORLD", default_value = "quiet", value_parser = ["quiet", "busy", "empty"])]
    pub world: String,
    /// What the world does follows from this number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Incidents at the start
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub incidents: usize,
    /// Actions a second of a busy world
    #[arg(long, value_name = "N")]
    pub rate: Option<f64>,
    /// Serve /__control/ as well: faults, edits, state and traffic, for tests
    #[arg(long)]
    pub control: bool,
    /// Exchanges that are kept for /__control/traffic
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub traffic: usize,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
    /// Write the directory of the world's people to this CSV file, for `sync.directory`
    #[arg(long, value_name = "FILE")]
    pub directory: Option<PathBuf>,
}

/// How `huntline fake` delivers telemetry.
#[derive(Debug, Args)]
pub struct TelemetryArgs {
    /// Make synthetic telemetry of so many devices and days, up to now, and serve it instead of the mirror
    #[arg(long, value_name = "DEVICES,DAYS", value_parser = devices_and_days)]
    pub telemetry: Option<(u32, u32)>,
    /// Events of a device on a working day, with --telemetry
    #[arg(long, value_name = "N", default_value_t = crate::generate::EVENTS_PER_DAY, requires = "telemetry")]
    pub events_per_day: u64,
    /// Rows come 7 seconds to 14 hours after their event
    #[arg(long)]
    pub late: bool,
    /// How many of a thousand rows come twice
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=1000))]
    pub duplicates: u32,
    /// Where they are: stored is seen by every query, answered only where rows of events are asked for
    #[arg(long, value_name = "WHERE", default_value = "stored", value_parser = ["stored", "answered"])]
    pub twice: String,
    /// Rows that no query sorts come in another order
    #[arg(long)]
    pub shuffle: bool,
    /// Rows that a hunting query may return
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub hunting_rows: usize,
    /// Bytes of rows that a hunting query may return
    #[arg(long, value_name = "N", default_value_t = 124_000_000)]
    pub hunting_bytes: usize,
    /// Cut hunting answers at the limit without a word, instead of refusing them
    #[arg(long)]
    pub silent: bool,
    /// Days that hunting looks back
    #[arg(long, value_name = "N")]
    pub hunting_days: Option<u32>,
    /// Rows that a Log Analytics query may return
    #[arg(long, value_name = "N", default_value_t = 500_000)]
    pub la_rows: usize,
    /// Bytes of rows that a Log Analytics query may return
    #[arg(long, value_name = "N", default_value_t = 104_857_600)]
    pub la_bytes: usize,
    /// A fault from the start, as /__control/faults takes it; may be given several times
    #[arg(long, value_name = "JSON")]
    pub fault: Vec<String>,
    /// Throttles from the start, as /__control/limits takes them
    #[arg(long, value_name = "JSON")]
    pub limits: Option<String>,
}

/// Two whole numbers with a comma between them.
fn devices_and_days(text: &str) -> Result<(u32, u32), String> {
    let both = text.split_once(',').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
    both.ok_or_else(|| "write it like 10,14".to_owned())
}
