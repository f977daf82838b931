//! What every subcommand shares: settings, the clock, colour, and how failures are told.

use super::args::{Common, Progress, When};
use crate::config::{Config, FILE_NAME};
use crate::diagnostic::{self, Code, Diagnostic, Diagnostics, Source, Style};
use crate::value::datetime;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Settings of this run.
#[derive(Clone, Debug)]
pub struct Context {
    /// The mirror's folder.
    pub mirror: PathBuf,
    /// The configuration.
    pub config: Config,
    /// Ticks of `now()`.
    pub now: i64,
    /// Say nothing but errors.
    pub quiet: bool,
    /// How much more to say.
    pub verbose: u8,
    /// Colour on stdout.
    pub stdout_style: Style,
    /// Colour on stderr.
    pub stderr_style: Style,
    /// Show progress on stderr.
    pub progress: bool,
}

/// Why a run ends without its result.
#[derive(Debug)]
pub struct Failure {
    /// What to tell.
    pub diagnostics: Diagnostics,
    /// The texts that the diagnostics point into.
    pub sources: Vec<Source>,
    /// Tell it as JSON lines.
    pub json: bool,
}

/// The folder of the mirror when nothing else is said.
const DEFAULT_MIRROR: &str = "huntline-data/mirror";

impl Context {
    /// Reads the configuration, the clock and the terminal.
    pub fn new(common: &Common) -> Result<Context, Failure> {
        let config = match &common.config {
            Some(path) => Config::read(path)?,
            None if Path::new(FILE_NAME).is_file() => Config::read(Path::new(FILE_NAME))?,
            None => Config::default(),
        };
        let now = match &common.now {
            Some(text) => datetime::parse(text).ok_or_else(|| {
                Diagnostic::general(Code::Usage, format!("`{text}` is no datetime"))
                    .with_help("write it like 2026-07-01 or 2026-07-01T12:00:00Z")
            })?,
            None => datetime::from_system_time(std::time::SystemTime::now()),
        };
        let mirror = common.mirror.clone().or_else(|| config.mirror.path.clone());
        Ok(Context {
            mirror: mirror.unwrap_or_else(|| PathBuf::from(DEFAULT_MIRROR)),
            config,
            now,
            quiet: common.quiet,
            verbose: common.verbose,
            stdout_style: style(common.color, std::io::stdout().is_terminal()),
            stderr_style: style(common.color, std::io::stderr().is_terminal()),
            progress: common.progress == Progress::Auto && !common.quiet && std::io::stderr().is_terminal(),
        })
    }

    /// A line on stderr, unless quiet.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }

    /// Warnings on stderr, unless quiet.
    pub fn warn(&self, warnings: &[Diagnostic], sources: &[Source], json: bool) {
        if !self.quiet {
            tell(warnings, sources, json, self.stderr_style);
        }
    }
}

/// Colour or not.
fn style(when: When, terminal: bool) -> Style {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    match when {
        When::Always => Style::Ansi,
        When::Auto if terminal && !refused => Style::Ansi,
        When::Auto | When::Never => Style::Plain,
    }
}

/// Writes diagnostics to stderr.
fn tell(diagnostics: &[Diagnostic], sources: &[Source], json: bool, style: Style) {
    let mut err = std::io::stderr().lock();
    for d in diagnostics {
        let _ = match json {
            true => writeln!(err, "{}", diagnostic::print_json(d, sources)),
            false => write!(err, "{}", diagnostic::print(d, sources, style)),
        };
    }
}

impl Failure {
    /// Something wrong with what was asked.
    pub fn usage(message: impl Into<String>) -> Failure {
        Diagnostic::general(Code::Usage, message).into()
    }

    /// The texts that the diagnostics point into, and how to tell it.
    pub fn with_sources(mut self, sources: &[Source], json: bool) -> Failure {
        self.sources = sources.to_vec();
        self.json = json;
        self
    }

    /// Tells it and gives the exit code: 2 for wrong usage, 1 for the rest.
    pub fn report(&self, context: &Context) -> ExitCode {
        self.tell(context.stderr_style);
        self.exit_code()
    }

    /// As [`Failure::report`], before there is a context.
    pub fn report_plain(&self) -> ExitCode {
        self.tell(Style::Plain);
        self.exit_code()
    }

    /// Writes it to stderr.
    pub fn tell(&self, style: Style) {
        tell(&self.diagnostics.0, &self.sources, self.json, style);
    }

    fn exit_code(&self) -> ExitCode {
        let usage = self.diagnostics.0.iter().any(|d| d.code == Code::Usage);
        ExitCode::from(if usage { 2 } else { 1 })
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Failure {
        Failure { diagnostics: diagnostic.into(), sources: vec![], json: false }
    }
}

impl From<crate::ledger::LedgerError> for Failure {
    fn from(error: crate::ledger::LedgerError) -> Failure {
        Diagnostic::from(error).into()
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Failure {
        Failure { diagnostics, sources: vec![], json: false }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            // The reader has seen enough (`| head`): nothing to tell.
            return Failure { diagnostics: Diagnostics::default(), sources: vec![], json: false };
        }
        Diagnostic::general(Code::CannotWrite, error.to_string()).into()
    }
}
