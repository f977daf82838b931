//! Rows by query: advanced hunting through Graph and through Defender's older interface, tables of a workspace through
//! Log Analytics.
//!
//! In: a query. Out: the answer as it came, counted, or what is wrong with it, told apart by what may be done about it. The
//! services word the same trouble differently; all of those words are here.

use super::Connector;
use super::auth::NO_TOKEN;
use super::http::{Call, Effect, Http, LATE, LONGEST, Reply, TOO_LARGE, said, why};
use super::record::Service;
use crate::pull::{HuntFailure, Hunting, Page, Question, Source};
use crate::sync::port::{Answer, ServiceError, ServiceErrorKind};
use crate::value::timespan;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

/// The query's operation in events and errors.
const OPERATION: &str = "hunting.query";
/// How long to wait when a service does not say how long its quota is spent.
const SPENT: Duration = Duration::from_secs(60);
/// What stands before the time in the text about a spent quota.
const AGAIN: &str = "run queries again in ";
/// Parts of texts about results that are too large, in lower case.
const LARGE: [&str; 6] = [
    "allowed result size",
    "resulttoolarge",
    "result is too large",
    "resultsizelimit",
    "too_large",
    "exceed the set limit",
];
/// Of texts about queries that take too long.
const SLOW: [&str; 4] = ["timed out", "timeout", "did not end in time", "execution time"];
/// Of texts about tables that are not there.
const ABSENT: [&str; 3] = ["failed to resolve table", "could not be resolved", "no table"];

/// A connector that is asked for rows.
pub struct Hunter {
    connector: Connector,
    source: Source,
}

impl Hunter {
    /// Asks this source.
    pub fn new(connector: Connector, source: Source) -> Hunter {
        Hunter { connector, source }
    }
}

impl Hunting for Hunter {
    async fn query(&self, question: Question<'_>) -> Result<Page, HuntFailure> {
        let http = &self.connector.http;
        let call = http.hunt(self.source, question.kql).map_err(lost)?;
        let reply = http.send(&call).await.map_err(lost)?;
        read(reply, self.source, question.time.map(str::to_owned)).await
    }
}

impl Http {
    fn hunt(&self, source: Source, kql: &str) -> Answer<Call> {
        let wait = self.settings.timeouts.query.as_secs().clamp(1, 600);
        let workspace = self.settings.workspace_id.as_deref().unwrap_or_default();
        let (service, path, body, prefer) = match source {
            Source::Graph => {
                (Service::Graph, vec!["v1.0", "security", "runHuntingQuery"], json!({ "Query": kql }), None)
            }
            Source::Defender => {
                (Service::Defender, vec!["api", "advancedhunting", "run"], json!({ "Query": kql }), None)
            }
            Source::LogAnalytics => {
                let path = vec!["v1", "workspaces", workspace, "query"];
                (Service::LogAnalytics, path, json!({ "query": kql }), Some(format!("wait={wait}")))
            }
        };
        let call = self.call(service, OPERATION, Method::POST, &path, &[])?;
        // A little more than the service sends, so that its own limit is met first.
        let most = usize::try_from(source.limits().bytes / 4 * 5).unwrap_or(usize::MAX);
        Ok(Call { effect: Effect::Read, body: Some(body), prefer, raw: Some(most), ..call })
    }
}

/// Reads an answer beside the run: it may be large.
async fn read(reply: Reply, source: Source, time: Option<String>) -> Result<Page, HuntFailure> {
    match reply.status {
        // An empty workspace.
        204 if source == Source::LogAnalytics => Ok(Page::default()),
        200..300 => {
            let page = tokio::task::spawn_blocking(move || Page::read(reply.body, time.as_deref())).await;
            let page = page.unwrap_or_else(|_| Err("the answer cannot be read".to_owned()));
            page.map_err(HuntFailure::Unavailable)
        }
        status => {
            // Some gateways tell what they were sent.
            let said = said(reply.token.struck_from(&String::from_utf8_lossy(&reply.body)).as_bytes());
            Err(refusal(status, &said, reply.asked))
        }
    }
}

/// What a request without an answer means.
fn lost(error: ServiceError) -> HuntFailure {
    let (text, why) = (error.to_string(), why(&error));
    match error.kind {
        ServiceErrorKind::Denied | ServiceErrorKind::Unavailable if why.starts_with(NO_TOKEN) => {
            HuntFailure::NoToken { text: why.to_owned(), passes: error.kind != ServiceErrorKind::Denied }
        }
        ServiceErrorKind::Throttled(wait) => HuntFailure::Throttled(wait),
        ServiceErrorKind::Denied => HuntFailure::Denied(text),
        ServiceErrorKind::Refused { code, .. } if code == TOO_LARGE => HuntFailure::TooLarge(text),
        ServiceErrorKind::Unavailable | ServiceErrorKind::Unknown if error.message.ends_with(LATE) => {
            HuntFailure::Timeout(text)
        }
        ServiceErrorKind::Unavailable | ServiceErrorKind::Unknown => HuntFailure::Unavailable(text),
        _ => HuntFailure::Other(text),
    }
}

/// What a refusal means.
fn refusal(status: u16, said: &str, asked: Option<Duration>) -> HuntFailure {
    let text = format!("{status} {said}");
    let low = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| low.contains(w));
    match status {
        429 => HuntFailure::Throttled(asked.or_else(|| again(said)).unwrap_or(SPENT)),
        _ if low.contains(AGAIN) => HuntFailure::Throttled(asked.or_else(|| again(said)).unwrap_or(SPENT)),
        403 => HuntFailure::Denied(text),
        504 => HuntFailure::Timeout(text),
        413 => HuntFailure::TooLarge(text),
        400 if has(&LARGE) => HuntFailure::TooLarge(text),
        400 if has(&SLOW) => HuntFailure::Timeout(text),
        400 if has(&ABSENT) => HuntFailure::UnknownTable(text),
        500.. => HuntFailure::Unavailable(text),
        _ => HuntFailure::Other(text),
    }
}

/// The time in `You can run queries again in 5 minutes.`: a clock's form, or numbers with units.
fn again(said: &str) -> Option<Duration> {
    let at = said.to_lowercase().find(AGAIN)?;
    let rest = said.get(at + AGAIN.len()..)?.trim_start();
    let words: Vec<&str> = rest.split([' ', ',']).filter(|w| !w.is_empty() && *w != "and").collect();
    let clean = |word: &str| word.trim_end_matches(['.', '!', ')']).to_lowercase();
    let mut ticks = 0i64;
    let mut place = 0;
    while let Some(word) = words.get(place).map(|w| clean(w)) {
        let unit = words.get(place + 1).map(|w| clean(w)).unwrap_or_default();
        let (more, taken) = match (timespan::parse(&word), timespan::parse(&format!("{word} {unit}"))) {
            (_, Some(span)) if !unit.is_empty() => (span, 2),
            (Some(span), _) if word.contains(|c: char| c == ':' || c.is_alphabetic()) => (span, 1),
            _ => break,
        };
        ticks = ticks.saturating_add(more);
        place += taken;
    }
    (ticks > 0).then(|| Duration::from_nanos(ticks.unsigned_abs().saturating_mul(100)).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_spent_quota_is_read_in_every_form() {
        let seconds = |text: &str| again(text).map(|d| d.as_secs());
        let text = "You have exceeded processing resources allocated to this tenant. You can run queries again in ";
        for (time, expected) in [
            ("5 minutes.", 300),
            ("00:05:00.", 300),
            ("1 minute and 30 seconds.", 90),
            ("1 hour, 5 minutes", 3900),
            ("90s", 90),
            ("12 seconds. Ask 3 people.", 12),
            ("900 days.", 24 * 3600),
        ] {
            assert_eq!(seconds(&format!("{text}{time}")), Some(expected), "{time}");
        }
        assert_eq!(seconds(&format!("{text}a while.")), None);
        assert_eq!(seconds("no"), None);
    }

    #[test]
    fn a_token_that_is_lacking_is_no_permission_that_is() {
        let error = |kind, message: &str| {
            let message = format!("`{OPERATION}`: {message}");
            lost(ServiceError { side: Service::Graph.side(), kind, message, correlation: "-".to_owned() })
        };
        let text = "no token: AADSTS7000215";
        let without = |passes| HuntFailure::NoToken { text: text.to_owned(), passes };
        assert_eq!(error(ServiceErrorKind::Denied, text), without(false));
        assert_eq!(error(ServiceErrorKind::Unavailable, text), without(true));
        assert!(matches!(error(ServiceErrorKind::Denied, "401 InvalidAuthenticationToken"), HuntFailure::Denied(_)));
    }

    #[test]
    fn refusals_are_told_apart() {
        let minute = Some(Duration::from_secs(60));
        let spent = "TooManyRequests: You can run queries again in 2 minutes.";
        assert_eq!(refusal(429, spent, None), HuntFailure::Throttled(Duration::from_secs(120)));
        assert_eq!(refusal(429, spent, minute), HuntFailure::Throttled(SPENT));
        assert_eq!(refusal(400, spent, None), HuntFailure::Throttled(Duration::from_secs(120)));
        let large = "BadRequest: Query execution has exceeded the allowed result size. Optimize your query";
        assert!(matches!(refusal(400, large, None), HuntFailure::TooLarge(_)));
        assert!(matches!(refusal(504, "GatewayTimeout", None), HuntFailure::Timeout(_)));
        let absent = "BadRequest: 'where' operator: Failed to resolve table or column expression named 'X'";
        assert!(matches!(refusal(400, absent, None), HuntFailure::UnknownTable(_)));
        assert!(matches!(refusal(403, "Forbidden", None), HuntFailure::Denied(_)));
        assert!(matches!(refusal(400, "BadRequest: a syntax error", None), HuntFailure::Other(_)));
    }
}
