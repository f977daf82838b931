//! One way for every request: circuit, budget, token, time limit, retries, and one reading of what went wrong.
//!
//! In: a call. Out: an answer with status 2xx and its JSON, or an error that says what may have happened. Never: a write
//! that is sent again when it may have been done; a token on another host; a redirect that is followed.

mod breaker;
mod exchange;
mod failure;
mod retry;

pub(super) use failure::{Failure, LATE, NOT_SENT, TOO_LARGE, root, said, why};
pub(super) use retry::LONGEST;

use super::auth::{Auth, NoToken, Secret, Slot};
use super::budget::Bucket;
use super::record::{Observer, Recorder, RequestEvent, Service};
use super::settings::{Settings, SetupError, is_loopback};
use crate::sync::port::{Answer, ServiceErrorKind};
use azure_core::http::Transport;
use breaker::Breaker;
use exchange::client;
use failure::Again;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, Url};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// What a value in a query keeps as it is.
const QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'/');
/// Whether a request changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Read,
    Write,
}

/// A request to a service.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) service: Service,
    /// Its name in events and errors.
    pub(super) operation: &'static str,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Value>,
    pub(super) effect: Effect,
    /// The header `Prefer`.
    pub(super) prefer: Option<String>,
    /// A query of rows: its answer is kept as it came, up to so many bytes, a refusal is an answer too, and nothing is
    /// waited for when the quota is spent.
    pub(super) raw: Option<usize>,
}

/// An answer with status 2xx.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// `Null` for an empty body.
    pub(super) json: Value,
    /// The body of a raw call; empty for others, whose JSON is read.
    pub(super) body: Vec<u8>,
    /// The `Retry-After` of a raw call.
    pub(super) asked: Option<Duration>,
    pub(super) correlation: String,
    /// What the request was signed in with: to be struck from what is told of the answer.
    pub(super) token: Secret,
}

/// A service's address, token, budgets and circuit.
struct Channel {
    client: reqwest::Client,
    base: Url,
    scope: String,
    slot: Slot,
    breaker: Breaker,
    /// For GET.
    reads: Bucket,
    /// For the rest, when the service counts it apart.
    writes: Option<Bucket>,
}

/// The client for all services.
pub(super) struct Http {
    pub(super) settings: Settings,
    pub(super) observer: Option<Arc<dyn Observer>>,
    pub(super) recorder: Option<Arc<dyn Recorder>>,
    pub(super) auth: Auth,
    graph: Channel,
    arm: Channel,
    log_analytics: Channel,
    defender: Option<Channel>,
}

/// What a request went through.
#[derive(Default)]
struct Trace {
    status: Option<u16>,
    tries: u32,
    waited: Duration,
    token: Option<Secret>,
}

impl Http {
    pub(super) fn new(settings: Settings) -> Result<Http, SetupError> {
        settings.check()?;
        // Somebody may have installed one already; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let defender =
            settings.defender_url.is_some().then(|| Channel::new(&settings, Service::Defender)).transpose()?;
        let auth = Auth::new(&settings, |near| Ok(Transport::new(Arc::new(client(&settings, near, true)?))))?;
        let channel = |service| Channel::new(&settings, service);
        let (graph, arm, log_analytics) =
            (channel(Service::Graph)?, channel(Service::Arm)?, channel(Service::LogAnalytics)?);
        Ok(Http { auth, graph, arm, log_analytics, defender, settings, observer: None, recorder: None })
    }

    fn channel(&self, service: Service) -> &Channel {
        match service {
            Service::Arm => &self.arm,
            Service::LogAnalytics => &self.log_analytics,
            // `call` lets no call of it through without its channel.
            Service::Defender => self.defender.as_ref().unwrap_or(&self.graph),
            Service::Graph => &self.graph,
        }
    }

    /// The service's token.
    pub(super) async fn token(&self, service: Service) -> Result<Secret, NoToken> {
        let channel = self.channel(service);
        self.auth.token(&channel.slot, &channel.scope, self.settings.timeouts.token).await
    }

    /// The service's own address.
    pub(super) fn base(&self, service: Service) -> &Url {
        &self.channel(service).base
    }

    /// A call of the service's path, every segment and value encoded.
    pub(super) fn call(
        &self,
        service: Service,
        operation: &'static str,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Answer<Call> {
        let effect = if method == Method::GET { Effect::Read } else { Effect::Write };
        let url = self.base(service).clone();
        let mut call = Call { service, operation, method, url, body: None, effect, prefer: None, raw: None };
        if service == Service::Defender && self.defender.is_none() {
            return Err(call.not_sent("the address of Defender's older interface is not set"));
        }
        // A segment of dots, or none, would name another resource.
        if let Some(odd) = path.iter().find(|s| s.trim_matches('.').is_empty()) {
            return Err(call.not_sent(&format!("`{odd}` is no name")));
        }
        // Only an address that cannot have a path has no segments; the settings let none through.
        if let Ok(mut segments) = call.url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let pairs: Vec<_> =
            query.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY))).collect();
        call.url.set_query((!pairs.is_empty()).then(|| pairs.join("&")).as_deref());
        Ok(call)
    }

    /// Sends a call, again where that is safe, and tells the observer.
    pub(super) async fn send(&self, call: &Call) -> Answer<Reply> {
        let correlation = Uuid::new_v4().to_string();
        let begin = Instant::now();
        let mut trace = Trace::default();
        let outcome = self.tries(call, &correlation, begin, &mut trace).await;
        if let Some(observer) = &self.observer {
            observer.request(&RequestEvent {
                service: call.service,
                side: call.service.side(),
                operation: call.operation,
                method: method_name(&call.method),
                status: trace.status,
                failure: outcome.as_ref().err().map(|e| e.kind.clone()),
                duration: begin.elapsed(),
                tries: trace.tries,
                correlation,
                waited: trace.waited,
            });
        }
        outcome
    }

    async fn tries(&self, call: &Call, correlation: &str, begin: Instant, trace: &mut Trace) -> Answer<Reply> {
        let retry = &self.settings.retry;
        let channel = self.channel(call.service);
        let mut renewed = false;
        loop {
            trace.tries += 1;
            let failure = match self.attempt(call, correlation, trace).await {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            if call.raw.is_some() && failure.error.message.ends_with(LATE) {
                return Err(failure.error);
            }
            let wait = match failure.again {
                Again::Never => return Err(failure.error),
                Again::NewToken => {
                    let limit = self.settings.timeouts.token;
                    let other = match &trace.token {
                        Some(token) if !renewed => self.auth.refused(&channel.slot, &channel.scope, token, limit).await,
                        _ => false,
                    };
                    renewed = true;
                    if !other {
                        return Err(failure.error);
                    }
                    Duration::ZERO
                }
                Again::After(wait) if wait > retry.max_wait => return Err(failure.error),
                Again::After(wait) => wait,
                Again::Later => retry::backoff(retry, trace.tries),
            };
            if trace.tries >= retry.max_tries || begin.elapsed() + wait > self.settings.timeouts.total {
                return Err(failure.error);
            }
            sleep(wait).await;
        }
    }

    /// One try.
    async fn attempt(&self, call: &Call, correlation: &str, trace: &mut Trace) -> Result<Reply, Failure> {
        let channel = self.channel(call.service);
        let unavailable = |text: String| Failure::new(call, ServiceErrorKind::Unavailable, text, correlation);
        channel.breaker.admit(Instant::now()).map_err(|(left, why)| {
            unavailable(format!("{why}; left alone after failures in a row, for {} s more", left.as_secs() + 1))
        })?;
        let bucket = channel.bucket(&call.method);
        let wait = bucket.take(Instant::now(), self.settings.timeouts.budget).map_err(|wait| {
            unavailable(format!("the budget is spent, the next request is due in {} s", wait.as_secs() + 1))
        })?;
        trace.waited += wait;
        sleep(wait).await;
        let token = self.token(call.service).await.map_err(|e| match e.passes {
            true => unavailable(e.message),
            false => Failure::new(call, ServiceErrorKind::Denied, e.message, correlation),
        })?;
        let outcome = self.exchange(call, channel, &token, correlation, trace).await;
        trace.token = Some(token);
        match &outcome {
            Err(failure) if failure.sick => channel.breaker.failed(Instant::now(), why(&failure.error)),
            _ => channel.breaker.succeeded(),
        }
        if let Err(Failure { error, again, .. }) = &outcome
            && matches!(error.kind, ServiceErrorKind::Throttled(_))
            && let Again::After(wait) = again
        {
            bucket.pause(Instant::now() + *wait);
        }
        outcome
    }
}

impl Channel {
    fn new(settings: &Settings, service: Service) -> Result<Channel, SetupError> {
        let base = settings.url(service)?;
        let budgets = &settings.budgets;
        let bucket = |budget| Bucket::new(budget, Instant::now());
        let (reads, writes) = match service {
            Service::Graph | Service::Defender => (bucket(budgets.graph), None),
            Service::Arm => (bucket(budgets.arm_reads), Some(bucket(budgets.arm_writes))),
            Service::LogAnalytics => (bucket(budgets.log_analytics), None),
        };
        Ok(Channel {
            client: client(settings, is_loopback(&base), base.scheme() == "https")?,
            scope: scope(&base),
            base,
            slot: Slot::default(),
            breaker: Breaker::new(settings.breaker),
            reads,
            writes,
        })
    }

    /// ARM counts by method: a list that is asked by POST draws from the writes.
    fn bucket(&self, method: &Method) -> &Bucket {
        match &self.writes {
            Some(writes) if *method != Method::GET => writes,
            _ => &self.reads,
        }
    }
}

impl Call {
    /// The error for a request that is not sent.
    pub(super) fn not_sent(&self, why: &str) -> crate::sync::port::ServiceError {
        let kind = ServiceErrorKind::Refused { status: 0, code: NOT_SENT.to_owned() };
        Failure::new(self, kind, format!("not sent: {why}"), "-").error
    }
}

/// What a token for the service is asked for. Both names of Log Analytics have the audience of the older one.
fn scope(base: &Url) -> String {
    match base.host_str() {
        Some("api.loganalytics.azure.com") => "https://api.loganalytics.io/.default".to_owned(),
        _ => format!("{}/.default", base.origin().ascii_serialization()),
    }
}

fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        _ => "POST",
    }
}
