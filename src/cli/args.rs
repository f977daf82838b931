//! The arguments of every subcommand.

use super::login::args::LoginArgs;
use super::rules::args::RulesArgs;
use super::sync::args::{FakeArgs, SyncArgs};
use crate::sink::Format;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Run copied advanced-hunting queries (KQL) on your own machine.
#[derive(Debug, Parser)]
#[command(name = "huntline", version, about, propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// The whole command line, for completions and the reference.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Options that every subcommand takes.
#[derive(Args, Debug)]
pub struct Common {
    /// Where the mirror lies [default: mirror.path of huntline.toml, else ./huntline-data/mirror]
    #[arg(long, global = true, value_name = "DIR", env = "HUNTLINE_MIRROR", hide_env_values = true)]
    pub mirror: Option<PathBuf>,
    /// Configuration file [default: huntline.toml in the working directory, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What now() answers, as a datetime
    #[arg(long, global = true, value_name = "DATETIME")]
    pub now: Option<String>,
    /// Say more (repeatable)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Whether to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Whether to show progress
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub progress: Progress,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// When to show progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// On a terminal
    Auto,
    /// Never
    Never,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the main job with nothing set up: a small mirror, hunts, the ingestion chart
    Demo(DemoArgs),
    /// Run a query: as an argument, from a file, or on stdin
    Query(Box<QueryArgs>),
    /// Compile only; exit 0 when it compiles
    Check(CheckArgs),
    /// Show what a stage makes of a query
    Explain(ExplainArgs),
    /// Print a query in canonical form
    Format(FormatArgs),
    /// Bring files into the mirror
    Import(ImportArgs),
    /// The local store
    Mirror(MirrorArgs),
    /// Copies of what externaldata reads
    Cache(CacheArgs),
    /// Charts over the mirror
    Chart(ChartArgs),
    /// Tables, or the columns of one
    Schema(SchemaArgs),
    /// Operators, functions and plugins, or the page of one
    Functions(FunctionsArgs),
    /// Make synthetic telemetry
    Generate(GenerateArgs),
    /// Say who huntline is to the services, and which permissions it lacks
    Login(LoginArgs),
    /// Keep incidents of Defender and Sentinel in step
    Sync(SyncArgs),
    /// Write, test and prove sync rules
    Rules(RulesArgs),
    /// Serve twins of the incident and hunting APIs on loopback
    Fake(FakeArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
}

/// `demo`
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Folder that the demo works in; made anew each time
    #[arg(long, value_name = "DIR", default_value = "huntline-data/demo")]
    pub dir: PathBuf,
}

/// Where the text of a query comes from.
#[derive(Args, Debug)]
pub struct TextArgs {
    /// The query; without it and without --file it is read from stdin
    #[arg(value_name = "TEXT")]
    pub text: Option<String>,
    /// Read the query from a file (- for stdin)
    #[arg(short, long, value_name = "FILE", conflicts_with = "text")]
    pub file: Option<PathBuf>,
    /// In a text of several queries, run the one with this number, from 1
    #[arg(long, value_name = "N")]
    pub pick: Option<usize>,
}

/// Tables and bounds that a query runs over.
#[derive(Args, Debug, Default)]
pub struct EnvArgs {
    /// Query a file in place, without importing it (repeatable)
    #[arg(long = "table", value_name = "NAME=PATH")]
    pub tables: Vec<String>,
    /// Value of a declared query parameter (repeatable)
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// Only rows of this last span of time, like the portal's picker (7d, 12h)
    #[arg(long, value_name = "SPAN")]
    pub time_range: Option<String>,
    /// Read old names of tables and columns as today's, those that are gone as what comes nearest
    #[arg(long)]
    pub legacy_names: bool,
    /// The mirror as it was: a version of the table (see `mirror log`), or a time
    #[arg(long, value_name = "VERSION|TIME")]
    pub as_of: Option<String>,
    /// Zone of times in portal CSV files that are queried in place
    #[arg(long, value_name = "TZ")]
    pub timezone: Option<String>,
    /// Let externaldata ask any host over https [default: only those that huntline.toml allows]
    #[arg(long)]
    pub allow_network: bool,
}

/// `query`
#[derive(Args, Debug)]
pub struct QueryArgs {
    #[command(flatten)]
    pub text: TextArgs,
    #[command(flatten)]
    pub env: EnvArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Give up after this span of time (30s, 5m)
    #[arg(long, value_name = "SPAN")]
    pub timeout: Option<String>,
    /// Give up when more memory than this is in use (512MB, 4GB)
    #[arg(long, value_name = "SIZE")]
    pub memory_limit: Option<String>,
    /// Say what was read and skipped, and how long it took
    #[arg(long)]
    pub stats: bool,
    /// Stay up: a path of a query file a line on stdin
    #[arg(long, requires = "timing", conflicts_with_all = ["text", "file"])]
    pub stdin: bool,
    /// With --stdin: answer each line with {"seconds","rows"} instead of the rows
    #[arg(long, requires = "stdin")]
    pub timing: bool,
}

/// How a result is written.
#[derive(Args, Debug)]
pub struct OutputArgs {
    /// Form of the result [default: by the name of --out, else table on a terminal, json otherwise]
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
    /// Write the result to a file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Draw the query's `render` to a file: .svg, .png or .html
    #[arg(long, value_name = "FILE")]
    pub chart: Option<PathBuf>,
    /// Do not draw in the terminal
    #[arg(long)]
    pub no_chart: bool,
    /// Rows shown
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// Reads the name of a form of results.
fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name))
        .try_map(|name| Format::from_name(&name).ok_or("no such format"))
}

/// `check`
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// The query; without it and without --file it is read from stdin
    #[arg(value_name = "TEXT")]
    pub text: Option<String>,
    /// Files to check (repeatable)
    #[arg(short, long, value_name = "FILE", num_args = 1.., conflicts_with = "text")]
    pub file: Vec<PathBuf>,
    #[command(flatten)]
    pub env: EnvArgs,
    /// Form of the diagnostics: table (for reading) or json
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
}

/// `explain`
#[derive(Args, Debug)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub text: TextArgs,
    #[command(flatten)]
    pub env: EnvArgs,
    /// Which stage
    #[arg(long, value_name = "STAGE", default_value = "optimized")]
    pub stage: Stage,
}

/// Stages that `explain` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Tokens with their spans
    Tokens,
    /// The tree as written
    Ast,
    /// The bound plan
    Plan,
    /// The plan after its rewrites
    Optimized,
    /// What polars makes of it
    Polars,
}

/// `format`
#[derive(Args, Debug)]
pub struct FormatArgs {
    #[command(flatten)]
    pub text: TextArgs,
    /// Exit 1 when the text is not in canonical form; print nothing
    #[arg(long)]
    pub check: bool,
}

/// `import`
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Files, folders, patterns, addresses (az://container/prefix, s3://, gs://); - for stdin
    #[arg(value_name = "PATH", required_unless_present = "watch")]
    pub paths: Vec<PathBuf>,
    /// Follow a folder that another tool fills, until Ctrl-C (repeatable)
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["paths", "again", "replace", "dry_run", "strict", "format"])]
    pub watch: Vec<PathBuf>,
    /// With --watch: how often to look, and how long a file must be quiet [default: 10s]
    #[arg(long, value_name = "SPAN")]
    pub every: Option<String>,
    /// The table, where it cannot be told from the file
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// Zone of the times in portal CSV files (Europe/Berlin, +02:00) [default: UTC]
    #[arg(long, value_name = "TZ")]
    pub timezone: Option<String>,
    /// Import nothing and exit 1 when a row cannot be read
    #[arg(long)]
    pub strict: bool,
    /// Take files that were imported before once more
    #[arg(long)]
    pub again: bool,
    /// Put the rows in the place of those that their tables have: for inventories and lists
    #[arg(long)]
    pub replace: bool,
    /// What becomes of rows that came before: auto drops them from documented tables and keeps them in others
    #[arg(long, value_name = "WHAT", default_value = "auto")]
    pub duplicates: DuplicatesArg,
    /// Type of a column that no table documents, in place of what its values suggest (repeatable)
    #[arg(long = "column", value_name = "NAME=TYPE")]
    pub columns: Vec<String>,
    /// Read all and tell, and keep nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Form of the report: table or json
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
}

/// What becomes of rows that came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DuplicatesArg {
    /// Dropped from documented tables, kept in others
    Auto,
    /// Dropped
    Drop,
    /// Kept
    Keep,
}

/// `mirror`
#[derive(Args, Debug)]
pub struct MirrorArgs {
    #[command(subcommand)]
    pub command: MirrorCommand,
}

/// Subcommands of `mirror`.
#[derive(Debug, Subcommand)]
pub enum MirrorCommand {
    /// Rows, bytes and times of every table, and whether rows arrive as they used to
    Status(StatusArgs),
    /// Bring rows from Defender or Sentinel, the newest first; run it again to go on
    Pull(PullArgs),
    /// Drop the days that are older than mirror.retention of huntline.toml says
    Retain(RetainArgs),
    /// Put small files together, and remove what only old versions need
    Compact(CompactArgs),
    /// Read every file once and compare it with what was written
    Verify(VerifyArgs),
    /// The versions of a table, for --as-of
    Log(LogArgs),
}

/// `mirror pull`
#[derive(Args, Debug)]
pub struct PullArgs {
    /// Only these tables [default: those that mirror.tables of huntline.toml leaves on, else the nine of the connector]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub tables: Vec<String>,
    /// How far back: a span of time (14d) or a datetime [default: mirror.pull.since of huntline.toml, else 30d]
    #[arg(long, value_name = "SPAN|DATETIME")]
    pub since: Option<String>,
    /// Read every hour, also those that the mirror has noted as whole
    #[arg(long, conflicts_with = "follow")]
    pub again: bool,
    /// Keep on, pass after pass, until Ctrl-C
    #[arg(long)]
    pub follow: bool,
    /// The pause between two passes [default: mirror.pull.every of huntline.toml, else 5m]
    #[arg(long, value_name = "SPAN", requires = "follow")]
    pub every: Option<String>,
    /// The service at an address on this machine, as `huntline fake` serves it
    #[arg(long, value_name = "URL")]
    pub fake: Option<String>,
    /// Form of the report: table or json
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
}

/// `mirror retain`
#[derive(Args, Debug)]
pub struct RetainArgs {
    /// Say what would go, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Form of the report: table or json
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
}

/// `mirror compact`
#[derive(Args, Debug)]
pub struct CompactArgs {
    /// Tables [default: all]
    #[arg(value_name = "TABLE")]
    pub tables: Vec<String>,
    /// Form of the report: table or json
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
}

/// `mirror verify`
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// Mend what can be mended: finish an interrupted import, remove what nothing names, go on without lost files
    #[arg(long)]
    pub repair: bool,
    /// Form of the report: table or json
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
}

/// `mirror log`
#[derive(Args, Debug)]
pub struct LogArgs {
    /// The table
    #[arg(value_name = "TABLE")]
    pub table: String,
    /// Form of the report: table or json
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
}

/// `mirror status`
#[derive(Args, Debug)]
pub struct StatusArgs {
    /// Only these tables
    #[arg(value_name = "TABLE")]
    pub tables: Vec<String>,
    /// List what is missing against each table's own rhythm, a row a gap
    #[arg(long)]
    pub gaps: bool,
    /// Exit 3 when the last event of a table is older than this span of time (2h, 1d)
    #[arg(long, value_name = "SPAN")]
    pub stale: Option<String>,
    /// Exit 3 when the last event of a table is older than the table's own rhythm explains
    #[arg(long)]
    pub check: bool,
    /// Form of the report: table or json
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
}

/// `cache`
#[derive(Args, Debug)]
pub struct CacheArgs {
    #[command(subcommand)]
    pub command: CacheCommand,
}

/// Subcommands of `cache`.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// The copies, their dates and whether they are whole
    List(CacheListArgs),
    /// Keep a file as the copy of an address
    Add(CacheAddArgs),
    /// Fetch copies again: those named, or all that were fetched
    Refresh(CacheRefreshArgs),
    /// Remove copies
    Remove(CacheRemoveArgs),
}

/// `cache list`
#[derive(Args, Debug)]
pub struct CacheListArgs {
    /// Form of the list: table or json
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
}

/// `cache add`
#[derive(Args, Debug)]
pub struct CacheAddArgs {
    /// The address, as queries write it
    #[arg(value_name = "URL")]
    pub url: String,
    /// The file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `cache refresh`
#[derive(Args, Debug)]
pub struct CacheRefreshArgs {
    /// Addresses, as queries write them
    #[arg(value_name = "URL")]
    pub urls: Vec<String>,
    /// Ask any host over https
    #[arg(long)]
    pub allow_network: bool,
}

/// `cache remove`
#[derive(Args, Debug)]
pub struct CacheRemoveArgs {
    /// Addresses, as queries write them
    #[arg(value_name = "URL", required = true)]
    pub urls: Vec<String>,
}

/// `chart`
#[derive(Args, Debug)]
pub struct ChartArgs {
    #[command(subcommand)]
    pub command: ChartCommand,
}

/// Subcommands of `chart`.
#[derive(Debug, Subcommand)]
pub enum ChartCommand {
    /// Events by day over all enabled tables: the connector page's data graph
    Ingestion(IngestionArgs),
}

/// `chart ingestion`
#[derive(Args, Debug)]
pub struct IngestionArgs {
    /// Only this table
    #[arg(long, value_name = "T", conflicts_with = "by")]
    pub table: Option<String>,
    /// A line for each table
    #[arg(long, value_name = "WHAT")]
    pub by: Option<By>,
    /// How far back (14d, 48h)
    #[arg(long, value_name = "SPAN", default_value = "14d")]
    pub since: String,
    /// Width of a point [default: a day, an hour below three days]
    #[arg(long, value_name = "SPAN")]
    pub step: Option<String>,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What the ingestion chart is split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// A line for each table
    Table,
}

/// `schema`
#[derive(Args, Debug)]
pub struct SchemaArgs {
    /// The table; without it, all tables
    #[arg(value_name = "TABLE")]
    pub table: Option<String>,
    /// Form of the list
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
}

/// `functions`
#[derive(Args, Debug)]
pub struct FunctionsArgs {
    /// An operator, statement, function or plugin; without it, all of them
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// `generate`
#[derive(Args, Debug)]
pub struct GenerateArgs {
    /// Devices
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub devices: u32,
    /// Days
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub days: u32,
    /// Seed; the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Folder that is written; must be empty or absent
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// ndjson (streaming API), csv (portal export) or parquet
    #[arg(long, value_name = "FORMAT", default_value = "ndjson")]
    pub format: GenerateFormat,
    /// End of the time covered, as a datetime [default: 2026-10-01]
    #[arg(long, value_name = "DATETIME")]
    pub end: Option<String>,
    /// Events of a device on a working day
    #[arg(long, value_name = "N", default_value_t = crate::generate::EVENTS_PER_DAY)]
    pub events_per_day: u64,
    /// Rows in a thousand that the stream brings twice (ndjson)
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub duplicates: u32,
    /// No row of the stream is hours late (ndjson)
    #[arg(long)]
    pub on_time: bool,
}

/// Formats of synthetic telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GenerateFormat {
    /// Streaming API lines
    Ndjson,
    /// Portal export
    Csv,
    /// Parquet by table and day
    Parquet,
}

/// `completions`
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}
