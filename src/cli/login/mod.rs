//! `huntline login --check`: who huntline is to each service, and which permissions it lacks.
//!
//! In: the configuration, or the address of a fake. Out: a report on stdout; exit code 0 when nothing is missing, else 1.
//! Never: a token.

pub mod args;
mod needs;
mod report;

use super::context::{Context, Failure};
use super::sync::{self, block_on};
use crate::config::{AuthMethod, Config, PullSource, SyncConfig};
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
    let apis = apis(&context.config, args)?;
    let bad = |why: crate::connector::SetupError| Failure::from(Diagnostic::general(Code::BadConfig, why.0));
    let mut connector = Connector::new(settings).map_err(bad)?;
    if context.verbose > 0 {
        connector = connector.with_observer(sync::health::log_observer());
    }
    let check = Check {
        connector,
        uses: uses(config, args),
        source: context.config.mirror.pull.source,
        method: config.auth.method,
        fake: args.fake.is_some(),
    };
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

/// The services that are looked at: those that a pull asks, and those of a sync when one is set up.
fn apis(config: &Config, args: &LoginArgs) -> Result<Vec<Api>, Failure> {
    let (fake, sentinel, source) = (args.fake.is_some(), &config.sync.sentinel, config.mirror.pull.source);
    let sync = fake || sentinel.workspace.is_some();
    let workspace = fake || sentinel.workspace_id.is_some();
    let set = |api, is_set: bool, key: &str| match is_set {
        true => Ok(api),
        false => Err(Diagnostic::general(Code::BadConfig, format!("`sync.sentinel.{key}` is not set")).into()),
    };
    let named = |name: ServiceName| match name {
        ServiceName::Graph => Ok(Api::Graph),
        ServiceName::Defender => Ok(Api::Defender),
        ServiceName::Arm => set(Api::Arm, sync, "workspace"),
        ServiceName::LogAnalytics => set(Api::LogAnalytics, workspace, "workspace_id"),
    };
    if !args.service.is_empty() {
        return args.service.iter().copied().map(named).collect();
    }
    let used = [
        (ServiceName::Graph, sync || source == PullSource::Graph),
        (ServiceName::Defender, source == PullSource::Defender),
        (ServiceName::Arm, sync),
        (ServiceName::LogAnalytics, workspace || source == PullSource::LogAnalytics),
    ];
    used.into_iter().filter_map(|(name, used)| used.then_some(name)).map(named).collect()
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
    source: PullSource,
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
                finding.missing = needs::missing(api, claims, &self.uses, self.source, self.method);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn looked_at(text: &str, services: &[ServiceName]) -> Result<Vec<&'static str>, String> {
        let config: Config = toml::from_str(text).unwrap();
        let args =
            LoginArgs { check: true, service: services.to_vec(), uses: vec![], fake: None, format: Default::default() };
        let apis = apis(&config, &args).map_err(|failure| failure.diagnostics.0[0].message.clone())?;
        Ok(apis.into_iter().map(Api::name).collect())
    }

    #[test]
    fn only_services_that_are_used_are_looked_at() {
        let (graph, defender, arm, log) =
            (Api::Graph.name(), Api::Defender.name(), Api::Arm.name(), Api::LogAnalytics.name());
        let workspace = "[sync.sentinel]\nworkspace = \"w\"\nworkspace_id = \"i\"\n";
        let source = |name: &str| format!("[mirror.pull]\nsource = \"{name}\"\n");
        for (text, expected) in [
            (String::new(), vec![graph]),
            (source("defender"), vec![defender]),
            (workspace.to_owned(), vec![graph, arm, log]),
            (source("defender") + workspace, vec![graph, defender, arm, log]),
            (source("log_analytics") + "[sync.sentinel]\nworkspace_id = \"i\"\n", vec![log]),
        ] {
            assert_eq!(looked_at(&text, &[]).as_ref(), Ok(&expected), "{text}");
        }
        let unset = Err("`sync.sentinel.workspace_id` is not set".to_owned());
        assert_eq!(looked_at(&source("log_analytics"), &[]), unset);
        assert_eq!(looked_at("", &[ServiceName::LogAnalytics]), unset);
        assert_eq!(looked_at("", &[ServiceName::Defender]), Ok(vec![defender]));
    }
}
