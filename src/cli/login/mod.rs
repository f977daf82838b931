//! `huntline login --check`: who huntline is to each service, and which permissions it lacks.
//!
//! In: the configuration, or the address of a fake. Out: a report on stdout; exit code 0 when nothing is missing, else 1.
//! Never: a token.

pub mod args;
mod needs;
mod report;

use super::context::{Context, Failure};
use super::sync::{self, block_on};
use crate::config::{AuthMethod, SyncConfig};
use crate::connector::{Api, Connector};
use crate::diagnostic::{Code, Diagnostic};
use crate::sync::port::ServiceErrorKind;
use args::{LoginArgs, ServiceName, Use};
use report::Finding;
use std::process::ExitCode;

/// Asks every service that is used.
pub fn run(context: &Context, args: &LoginArgs) -> Result<ExitCode, Failure> {
    let config = &context.config.sync;
    let settings = match &args.fake {
        Some(url) => sync::local_services(url),
        None => sync::service_settings(config)?,
    };
    let apis = apis(config, args)?;
    let bad = |why: crate::connector::SetupError| Failure::from(Diagnostic::general(Code::BadConfig, why.0));
    let mut connector = Connector::new(settings).map_err(bad)?;
    if context.verbose > 0 {
        connector = connector.with_observer(sync::health::log_observer());
    }
    let check = Check { connector, uses: uses(config, args), method: config.auth.method, fake: args.fake.is_some() };
    let findings = block_on(async {
        let mut findings = vec![];
        for api in apis {
            findings.push(check.look(api).await);
        }
        findings
    })?;
    report::write(&findings, args.format)?;
    Ok(match findings.iter().all(Finding::is_good) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

/// The services that are looked at.
fn apis(config: &SyncConfig, args: &LoginArgs) -> Result<Vec<Api>, Failure> {
    let sentinel = args.fake.is_some() || config.sentinel.workspace.is_some();
    let log = args.fake.is_some() || config.sentinel.workspace_id.is_some();
    if args.service.is_empty() {
        return Ok([(Api::Graph, true), (Api::Arm, sentinel), (Api::LogAnalytics, log)]
            .into_iter()
            .filter_map(|(api, used)| used.then_some(api))
            .collect());
    }
    let named = |name: &ServiceName| {
        let unset =
            |key: &str| Err(Diagnostic::general(Code::BadConfig, format!("`sync.sentinel.{key}` is not set")).into());
        match name {
            ServiceName::Graph => Ok(Api::Graph),
            ServiceName::Defender => Ok(Api::Defender),
            ServiceName::Arm if !sentinel => unset("workspace"),
            ServiceName::Arm => Ok(Api::Arm),
            ServiceName::LogAnalytics if !log => unset("workspace_id"),
            ServiceName::LogAnalytics => Ok(Api::LogAnalytics),
        }
    };
    args.service.iter().map(named).collect()
}

/// What permissions are for.
fn uses(config: &SyncConfig, args: &LoginArgs) -> Vec<Use> {
    if !args.uses.is_empty() {
        return args.uses.clone();
    }
    let sync = args.fake.is_some() || config.sentinel.workspace.is_some();
    [(Use::Pull, true), (Use::Sync, sync)].into_iter().filter_map(|(one, used)| used.then_some(one)).collect()
}

struct Check {
    connector: Connector,
    uses: Vec<Use>,
    method: AuthMethod,
    fake: bool,
}

impl Check {
    /// Asks for a token and reads it; where it does not tell what is allowed, the service is asked.
    async fn look(&self, api: Api) -> Finding {
        let mut finding = Finding::new(api);
        match self.connector.claims(api).await {
            Err(why) => {
                finding.error = Some(why);
                return finding;
            }
            Ok(claims) => finding.claims = claims,
        }
        if self.fake {
            finding.note = Some("the fake takes any token: permissions cannot be told there");
        }
        match (api, &finding.claims) {
            (Api::Graph | Api::Defender, Some(claims)) => {
                finding.missing = needs::missing(api, claims, &self.uses, self.method);
            }
            (Api::Defender, None) if self.fake => {}
            (Api::Defender, None) => {
                finding.error = Some("the token cannot be read, so what it allows cannot be told".to_owned());
            }
            _ => self.probe(api, &mut finding).await,
        }
        finding
    }

    async fn probe(&self, api: Api, finding: &mut Finding) {
        match self.connector.probe(api).await {
            Ok(()) => finding.read = true,
            Err(error) => {
                if error.kind == ServiceErrorKind::Denied && api != Api::Graph {
                    finding.missing.push(needs::missing_role(api));
                }
                finding.error = Some(error.message);
            }
        }
    }
}
