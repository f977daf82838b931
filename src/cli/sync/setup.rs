//! From the configuration and the arguments to a connector, a rule and the settings of a sync.

use super::args::SidesArgs;
use super::directory;
use crate::cli::context::{Context, Failure};
use crate::cli::identity::identity;
use crate::config::SyncConfig;
use crate::connector::{Budget, Connector, Identity, Secret, Settings as Services};
use crate::diagnostic::{Code, Diagnostic, Source, SourceId, Span};
use crate::incident::Field;
use crate::ledger::PairName;
use crate::policy::{PRESETS, Rule, preset};
use crate::sync::decision::RuleFault;
use crate::sync::input::{Moment, Settings};
use crate::sync::run::{Clock, Identities, Options, RuleName};
use crate::value::datetime::{self, TICKS_PER_SECOND};
use std::path::PathBuf;

/// The rule when nothing else is said: the most cautious one.
const DEFAULT_RULE: &str = "most_recent_else_hold";
/// The ledger when nothing else is said.
const DEFAULT_LEDGER: &str = "huntline-data/sync.db";
/// What the fake's incidents are called by.
const FAKE: &str = "huntline-fake";
/// What stands for a workspace where none is named: nothing of Sentinel is asked then.
const NO_WORKSPACE: &str = "-";

/// Everything that a sync needs.
pub struct Sides {
    /// Both services.
    pub services: Connector,
    /// The rule.
    pub rule: Rule,
    /// The rest.
    pub options: Options,
    /// Which sides these are.
    pub name: PairName,
    /// The ledger's file.
    pub ledger: PathBuf,
}

/// A rule's name and text.
pub struct RuleChoice {
    /// The preset's name, or the path.
    pub name: String,
    /// The text.
    pub source: String,
    /// Whether it comes with huntline.
    pub preset: bool,
}

/// Where the ledger is.
pub fn ledger_path(context: &Context, given: Option<&PathBuf>) -> PathBuf {
    given.or(context.config.sync.ledger.as_ref()).cloned().unwrap_or_else(|| PathBuf::from(DEFAULT_LEDGER))
}

/// The rule of a name: a preset, else a file.
pub fn rule_of(context: &Context, given: Option<&str>) -> Result<RuleChoice, Failure> {
    let name = given.or(context.config.sync.rule.as_deref()).unwrap_or(DEFAULT_RULE);
    if let Some(preset) = preset(name) {
        return Ok(RuleChoice { name: name.to_owned(), source: preset.source.to_owned(), preset: true });
    }
    let source = std::fs::read_to_string(name).map_err(|error| {
        let names = PRESETS.iter().map(|p| format!("`{}`", p.name)).collect::<Vec<_>>().join(", ");
        Diagnostic::general(Code::CannotRead, format!("`{name}` is no preset, and no rule can be read there: {error}"))
            .with_help(format!("the presets are {names}; `huntline rules new` makes a rule of your own"))
    })?;
    Ok(RuleChoice { name: name.to_owned(), source, preset: false })
}

/// A rule that cannot be compiled, with its place.
pub fn told(choice: &RuleChoice, fault: &RuleFault) -> Failure {
    let source = Source::new(SourceId(0), &choice.name, &choice.source);
    let diagnostic = match fault.at {
        Some((line, column)) => {
            let start: usize =
                choice.source.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
            let at = start + (column.saturating_sub(1) as usize);
            Diagnostic::error(Code::RuleFailed, Span::new(at, at, SourceId(0)), fault.message.clone())
        }
        None => Diagnostic::general(Code::RuleFailed, format!("`{}`: {}", choice.name, fault.message)),
    };
    Failure::from(diagnostic.with_help("`huntline rules check` finds more")).with_sources(&[source], false)
}

/// The user's constants as JSON.
pub fn constants(config: &SyncConfig) -> serde_json::Map<String, serde_json::Value> {
    let value = serde_json::to_value(&config.constants).unwrap_or_default();
    value.as_object().cloned().unwrap_or_default()
}

/// What holds for every incident.
pub fn settings_of(config: &SyncConfig) -> Result<Settings, Failure> {
    let fields = match &config.fields {
        None => Field::ALL.into_iter().collect(),
        Some(names) => names
            .iter()
            .map(|name| {
                Field::of_name(name).ok_or_else(|| {
                    let known = Field::ALL.map(|f| format!("`{}`", f.name())).join(", ");
                    bad(format!("`sync.fields` has no `{name}`; the fields are {known}"))
                })
            })
            .collect::<Result<_, Failure>>()?,
    };
    Ok(Settings {
        directory: directory::read(config)?,
        fields,
        reopen_on_new_alerts: config.reopen_on_new_alerts,
        allow_revert: config.allow_revert,
        max_writes_per_hour: config.max_writes_per_hour,
        constants: constants(config),
    })
}

fn bad(message: String) -> Failure {
    Diagnostic::general(Code::BadConfig, message).into()
}

impl Sides {
    /// Puts everything together; asks the services for nothing yet.
    pub fn new(context: &Context, args: &SidesArgs) -> Result<Sides, Failure> {
        let config = &context.config.sync;
        let settings = settings_of(config)?;
        let choice = rule_of(context, args.rule.as_deref())?;
        let rule = Rule::compile(&choice.name, &choice.source, &settings).map_err(|fault| told(&choice, &fault))?;
        let (settings_http, name) = services(config, args)?;
        let mut services = Connector::new(settings_http).map_err(|e| bad(e.0))?;
        if let Some(path) = &args.record {
            services = services.with_recorder(super::health::file_recorder(path)?);
        }
        if context.verbose > 0 {
            services = services.with_observer(super::health::log_observer());
        }
        let ticks = |seconds: u32| i64::from(seconds) * TICKS_PER_SECOND;
        let options = Options {
            settings,
            identities: Identities {
                ours: config.names.clone(),
                automation: config.automation.clone(),
                people: config.human.clone(),
            },
            rule: RuleName { name: rule.name().to_owned(), digest: rule.digest().to_owned() },
            overlap: ticks(config.overlap_seconds),
            skew: ticks(config.skew_seconds),
            parallel: config.parallel,
            tables: true,
        };
        Ok(Sides { services, rule, options, name, ledger: ledger_path(context, args.ledger.as_ref()) })
    }
}

/// The connector's settings, and what the pair of sides is called.
fn services(config: &SyncConfig, args: &SidesArgs) -> Result<(Services, PairName), Failure> {
    if let Some(url) = args.fake.as_ref().or(args.graph_url.as_ref()) {
        let mut settings = local_services(url);
        if args.fake.is_none() {
            settings.arm_url = args.arm_url.as_ref().unwrap_or(url).clone();
            settings.log_analytics_url.clone_from(&settings.arm_url);
            settings.workspace_id = None;
        }
        let name = PairName { tenant: FAKE.to_owned(), subscription: FAKE.to_owned(), workspace: FAKE.to_owned() };
        return Ok((settings, name));
    }
    let sentinel = &config.sentinel;
    let needed = |value: &Option<String>, name: &str| {
        value.clone().ok_or_else(|| {
            let missing = Diagnostic::general(Code::BadConfig, format!("`sync.sentinel.{name}` is not set"));
            Failure::from(
                missing.with_help("name the workspace in huntline.toml, or try `huntline fake` and `--fake URL`"),
            )
        })
    };
    let subscription = needed(&sentinel.subscription, "subscription")?;
    needed(&sentinel.resource_group, "resource_group")?;
    let workspace = needed(&sentinel.workspace, "workspace")?;
    let tenant = config.auth.tenant.clone().unwrap_or_default();
    Ok((service_settings(config)?, PairName { tenant, subscription, workspace }))
}

/// The connector's settings for both services at one address on this machine, as `huntline fake` serves them.
pub fn local_services(url: &str) -> Services {
    let plain = Identity::Plain(Secret::new("name:API-huntline"));
    let mut settings = Services::new("00000000-0000-4000-8000-000000000000", FAKE, FAKE, plain);
    for address in [&mut settings.graph_url, &mut settings.arm_url, &mut settings.log_analytics_url] {
        url.clone_into(address);
    }
    settings.workspace_id = Some("00000000-0000-4000-8000-000000000001".to_owned());
    settings.budgets = unlimited(settings.budgets);
    settings
}

/// The connector's settings from the configuration. Whoever asks Sentinel looks first whether a workspace is named.
pub fn service_settings(config: &SyncConfig) -> Result<Services, Failure> {
    let sentinel = &config.sentinel;
    let name = |value: &Option<String>| value.clone().unwrap_or_else(|| NO_WORKSPACE.to_owned());
    let (subscription, group) = (name(&sentinel.subscription), name(&sentinel.resource_group));
    let mut settings = Services::new(&subscription, &group, &name(&sentinel.workspace), identity(&config.auth)?);
    settings.budgets.graph = Budget::per_minute(config.graph_requests_per_minute);
    settings.tenant.clone_from(&config.auth.tenant);
    settings.authority_url.clone_from(&config.auth.authority_url);
    settings.workspace_id.clone_from(&sentinel.workspace_id);
    for (slot, value) in [
        (&mut settings.graph_url, &config.graph_url),
        (&mut settings.arm_url, &sentinel.url),
        (&mut settings.log_analytics_url, &sentinel.log_analytics_url),
        (&mut settings.api_version, &sentinel.api_version),
    ] {
        if let Some(value) = value {
            slot.clone_from(value);
        }
    }
    Ok(settings)
}

/// The fake keeps its own budgets, when it is told to; ours would only slow tests down.
fn unlimited(mut budgets: crate::connector::Budgets) -> crate::connector::Budgets {
    for budget in [&mut budgets.graph, &mut budgets.arm_reads, &mut budgets.arm_writes, &mut budgets.log_analytics] {
        budget.burst = 10_000;
        budget.per_second = 10_000.0;
    }
    budgets
}

/// The machine's clock, and business hours in the configured zone.
pub struct RealClock {
    /// `now()` when it is pinned.
    pub pinned: Option<i64>,
    zone: jiff::tz::TimeZone,
    hours: crate::config::BusinessHours,
}

impl RealClock {
    /// The clock of a configuration.
    pub fn new(config: &SyncConfig) -> Result<RealClock, Failure> {
        let zone = match &config.timezone {
            None => jiff::tz::TimeZone::UTC,
            Some(name) => jiff::tz::TimeZone::get(name).map_err(|_| bad(format!("`{name}` is no time zone")))?,
        };
        Ok(RealClock { pinned: None, zone, hours: config.business_hours.clone() })
    }
}

impl Clock for RealClock {
    fn now(&self) -> i64 {
        self.pinned.unwrap_or_else(|| datetime::from_system_time(std::time::SystemTime::now()))
    }

    fn moment(&self) -> Moment {
        let local = jiff::Timestamp::now().to_zoned(self.zone.clone());
        let weekday = u8::try_from(local.weekday().to_monday_one_offset()).unwrap_or(1);
        let hour = u8::try_from(local.hour()).unwrap_or(0);
        let open = self.hours.days.contains(&weekday) && (self.hours.from..self.hours.to).contains(&hour);
        Moment { weekday, hour, business_hours: open }
    }
}

/// Runs a future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    Ok(runtime.block_on(future))
}
