//! Where the services are, who asks, and how patiently. Public clouds' addresses are the defaults.

use super::auth::Identity;
use super::record::Service;
use reqwest::Url;
use std::fmt;
use std::time::Duration;

/// ARM's own limit for `$top` in a list of incidents, since version 2025-09-01.
pub const MAX_SENTINEL_PAGE: u32 = 1000;

/// The public address of Defender's older interface.
pub const DEFENDER_URL: &str = "https://api.security.microsoft.com";

/// Everything that a connector is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Microsoft Graph, without a path.
    pub graph_url: String,
    /// Azure Resource Manager, without a path.
    pub arm_url: String,
    /// The query service of Log Analytics, without a path.
    pub log_analytics_url: String,
    /// Defender's older interface, without a path; not asked unless set, [`DEFENDER_URL`] is the public one.
    pub defender_url: Option<String>,
    /// Where tokens come from, for other clouds than the public one, as `https://login.microsoftonline.us`.
    pub authority_url: Option<String>,
    /// The directory's id or domain.
    pub tenant: Option<String>,
    /// The subscription's id, a GUID.
    pub subscription: String,
    /// The resource group.
    pub resource_group: String,
    /// The workspace's name.
    pub workspace: String,
    /// The workspace's id, a GUID: what the log of changes is asked by. Without it that log is not asked.
    pub workspace_id: Option<String>,
    /// ARM's `api-version`.
    pub api_version: String,
    /// Who asks.
    pub identity: Identity,
    /// Graph's `$top`.
    pub defender_page: u32,
    /// ARM's `$top`, [`MAX_SENTINEL_PAGE`] at most.
    pub sentinel_page: u32,
    /// Pages of one list; a list that is longer is an error, never cut.
    pub max_pages: u32,
    /// Bytes of one answer.
    pub max_body: usize,
    /// How many requests.
    pub budgets: Budgets,
    /// How long.
    pub timeouts: Timeouts,
    /// How often again.
    pub retry: Retry,
    /// When to stop asking a service that fails.
    pub breaker: Breaker,
}

/// A bucket of requests: so many at once, so many again each second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Requests that a full bucket holds, 1 at least.
    pub burst: u32,
    /// Requests that flow back in a second.
    pub per_second: f64,
}

impl Budget {
    /// A bucket that never lets more than `limit` requests (2 at least) through in any minute: a fifth at once, the rest
    /// spread.
    pub fn per_minute(limit: u32) -> Budget {
        let burst = (limit / 5).max(1);
        Budget { burst, per_second: f64::from(limit.saturating_sub(burst).max(1)) / 60.0 }
    }
}

/// Budgets by service and kind of request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budgets {
    /// Graph's incidents. Microsoft names no limit for them; the older incidents API has 50 a minute.
    pub graph: Budget,
    /// ARM's GET: 250 and 25 a second, by subscription, principal and region.
    pub arm_reads: Budget,
    /// ARM's PUT and POST: 200 and 10 a second.
    pub arm_writes: Budget,
    /// Log Analytics: 200 in 30 seconds.
    pub log_analytics: Budget,
}

impl Default for Budgets {
    fn default() -> Budgets {
        Budgets {
            graph: Budget::per_minute(50),
            arm_reads: Budget { burst: 250, per_second: 25.0 },
            arm_writes: Budget { burst: 200, per_second: 10.0 },
            log_analytics: Budget { burst: 40, per_second: 5.0 },
        }
    }
}

/// Time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until there is a connection.
    pub connect: Duration,
    /// Of one try, from the connection to the last byte of the answer.
    pub request: Duration,
    /// Of one try of a query of Log Analytics; that service takes 3 minutes itself.
    pub query: Duration,
    /// Of a request with all its tries and waits; no wait begins that would end later.
    pub total: Duration,
    /// For the budget to allow a request.
    pub budget: Duration,
    /// For a token.
    pub token: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        let seconds = Duration::from_secs;
        Timeouts {
            connect: seconds(10),
            request: seconds(60),
            query: seconds(180),
            total: seconds(240),
            budget: seconds(60),
            token: seconds(30),
        }
    }
}

/// Tries after failures that pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all, 1 at least. A write is tried again only when nothing was done: after a 429, or without a connection.
    pub max_tries: u32,
    /// The longest first wait; each further one may be twice as long. The wait is drawn between nothing and that.
    pub base: Duration,
    /// The longest wait, also of a `Retry-After`: a service that asks for more gets no further try.
    pub max_wait: Duration,
}

impl Default for Retry {
    fn default() -> Retry {
        Retry { max_tries: 4, base: Duration::from_millis(500), max_wait: Duration::from_secs(60) }
    }
}

/// The circuit breaker of each service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// Failures in a row after which the service is left alone; 0 for never.
    pub failures: u32,
    /// How long, before one request may probe it.
    pub pause: Duration,
}

impl Default for Breaker {
    fn default() -> Breaker {
        Breaker { failures: 8, pause: Duration::from_secs(30) }
    }
}

/// Why a connector cannot be made: in words for whoever wrote the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError(pub String);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SetupError {}

impl Settings {
    /// Settings with every default, for a workspace.
    pub fn new(subscription: &str, resource_group: &str, workspace: &str, identity: Identity) -> Settings {
        Settings {
            graph_url: "https://graph.microsoft.com".to_owned(),
            arm_url: "https://management.azure.com".to_owned(),
            log_analytics_url: "https://api.loganalytics.io".to_owned(),
            defender_url: None,
            authority_url: None,
            tenant: None,
            subscription: subscription.to_owned(),
            resource_group: resource_group.to_owned(),
            workspace: workspace.to_owned(),
            workspace_id: None,
            api_version: "2025-09-01".to_owned(),
            identity,
            defender_page: 50,
            sentinel_page: 500,
            max_pages: 2000,
            max_body: 64 << 20,
            budgets: Budgets::default(),
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            breaker: Breaker::default(),
        }
    }

    /// The address of a service.
    ///
    /// # Errors
    /// When it is no address, or neither `https` nor this machine: a token would travel in the open.
    pub fn url(&self, service: Service) -> Result<Url, SetupError> {
        let text = match service {
            Service::Graph => self.graph_url.as_str(),
            Service::Arm => &self.arm_url,
            Service::LogAnalytics => &self.log_analytics_url,
            Service::Defender => self.defender_url.as_deref().unwrap_or(DEFENDER_URL),
        };
        // The address is not told: it may hold a password.
        let bad = |why: &str| SetupError(format!("the address of `{}`: {why}", service.name()));
        let url = Url::parse(text).map_err(|e| bad(&e.to_string()))?;
        let plain = url.scheme() == "http" && is_loopback(&url);
        if url.scheme() != "https" && !plain {
            return Err(bad("an address of a service begins with `https://`; `http://` is for this machine only"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(bad("an address of a service has no user, no query and no fragment"));
        }
        Ok(url)
    }

    /// Looks for what cannot work.
    ///
    /// # Errors
    /// The first thing found.
    pub fn check(&self) -> Result<(), SetupError> {
        let fail = |text: String| Err(SetupError(text));
        let plain = matches!(self.identity, Identity::Plain(_));
        for service in Service::ALL.into_iter().filter(|s| *s != Service::Defender || self.defender_url.is_some()) {
            let url = self.url(service)?;
            if plain && !is_loopback(&url) {
                return fail(format!("a plain token is for this machine only, not for `{url}`"));
            }
        }
        if let Some(text) = &self.authority_url {
            let fits = |url: &Url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
            if !Url::parse(text).is_ok_and(|url| fits(&url)) {
                return fail(
                    "the authority's address begins with `https://`, and has no user and no password".to_owned(),
                );
            }
        }
        for (name, value) in [
            ("subscription", Some(&self.subscription)),
            ("resource group", Some(&self.resource_group)),
            ("workspace", Some(&self.workspace)),
            ("workspace id", self.workspace_id.as_ref()),
            ("api version", Some(&self.api_version)),
        ] {
            if value.is_some_and(|v| v.trim().is_empty() || v.contains('/') || matches!(v.as_str(), "." | "..")) {
                return fail(format!("the {name} is missing or no name"));
            }
        }
        if !(1..=MAX_SENTINEL_PAGE).contains(&self.sentinel_page) || self.defender_page == 0 {
            return fail(format!("a page has 1 record at least, in Sentinel {MAX_SENTINEL_PAGE} at most"));
        }
        if self.max_pages == 0 || self.max_body == 0 || self.retry.max_tries == 0 {
            return fail("the limits of pages, bytes and tries are 1 at least".to_owned());
        }
        let budgets = [self.budgets.graph, self.budgets.arm_reads, self.budgets.arm_writes, self.budgets.log_analytics];
        if budgets.iter().any(|b| b.burst == 0 || !b.per_second.is_finite() || b.per_second <= 0.0) {
            return fail("a budget holds 1 request at least and flows back".to_owned());
        }
        Ok(())
    }
}

/// True for this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::super::auth::Secret;
    use super::*;

    #[test]
    fn a_plain_token_stays_on_this_machine() {
        let mut settings = Settings::new("s", "g", "w", Identity::Plain(Secret::new("x")));
        for url in [&mut settings.graph_url, &mut settings.arm_url] {
            *url = "http://127.0.0.1:1".to_owned();
        }
        assert!(settings.check().unwrap_err().0.contains("api.loganalytics.io"));
        settings.log_analytics_url = "http://[::1]:1".to_owned();
        settings.check().unwrap();
        settings.graph_url = "http://graph.example".to_owned();
        assert!(settings.check().unwrap_err().0.contains("https"));
    }

    #[test]
    fn no_minute_sees_more_than_its_budget() {
        for limit in [2, 4, 50, 150] {
            let budget = Budget::per_minute(limit);
            assert!(f64::from(budget.burst) + 60.0 * budget.per_second <= f64::from(limit) + 1e-9, "{limit}");
        }
    }
}
