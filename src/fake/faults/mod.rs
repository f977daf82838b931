//! Faults on demand: what a test asks for happens to the next requests that it fits, or by chance until it is taken back.
//!
//! In: a rule as JSON, then each request. Out: at most one fault a request. Chance follows the rule's seed, so the same
//! requests in the same order meet the same faults.

mod apply;
mod limits;

pub(super) use apply::{early, late};
pub(super) use limits::Limits;

use super::wire::{Call, Object, Twist};
use axum::http::Method;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use regex::Regex;
use serde_json::{Value as Json, json};

/// Rules that may wait at once.
const RULES: usize = 1000;

/// A service behind the one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Service {
    /// Azure Resource Manager: Sentinel.
    Arm,
    /// Microsoft Graph: Defender.
    Graph,
    /// Log Analytics.
    La,
}

impl Service {
    /// The word of the control endpoint.
    pub(super) fn name(self) -> &'static str {
        match self {
            Service::Arm => "arm",
            Service::Graph => "graph",
            Service::La => "la",
        }
    }
}

/// What a request is, as far as faults care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Op {
    /// The service.
    pub service: Service,
    /// The operation's name.
    pub name: &'static str,
}

impl Op {
    /// A list with pages.
    fn is_list(self) -> bool {
        const LISTS: [&str; 6] = [
            "Incidents_List",
            "IncidentComments_ListByIncident",
            "IncidentRelations_List",
            "incidents.list",
            "incidents.alerts",
            "alerts.list",
        ];
        LISTS.contains(&self.name)
    }

    /// A query of tables.
    pub(super) fn is_query(self) -> bool {
        matches!(self.name, "runHuntingQuery" | "advancedhunting.run" | "Query_Get" | "Query_Execute" | "Query_Arm")
    }

    /// A change.
    fn is_write(self, method: &Method) -> bool {
        matches!(method.as_str(), "PUT" | "PATCH" | "DELETE") || self.name.ends_with(".comment")
    }
}

/// The kinds of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// 429 with `Retry-After`.
    Throttle,
    /// 409 on a write.
    Conflict,
    /// 200 with rows and an error beside them.
    Partial,
    /// 200 and nothing.
    Empty200,
    /// 204.
    NoContent,
    /// 504.
    Timeout504,
    /// 500.
    Server500,
    /// A link that leads to the same page.
    Loop,
    /// A page without records, but with a link.
    EmptyPage,
    /// A record or row that comes twice.
    Duplicate,
    /// A record that never comes.
    SkipRow,
    /// Other case, and the documentation's names.
    CaseDrift,
    /// A value that nobody knows.
    UnknownValue,
    /// The request takes effect, the connection closes before the answer.
    LostAnswer,
    /// The answer comes late.
    Slow,
    /// The connection closes within the body.
    Truncated,
    /// Half of the body, as if it were all.
    BadJson,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// The result of a query is too large.
    TooLarge,
    /// A query's answer ends after some rows, without a word.
    Silent,
    /// A query's rows come in another order.
    Reorder,
    /// 429 that tells in words how long the tenant's processing resources are used up, without `Retry-After`.
    CpuQuota,
    /// 502 from something in front of the service.
    Gateway502,
    /// 503 from something in front of the service.
    Unavailable503,
}

/// Every kind and its word.
const KINDS: &[(&str, Kind)] = &[
    ("throttle", Kind::Throttle),
    ("conflict", Kind::Conflict),
    ("partial", Kind::Partial),
    ("empty200", Kind::Empty200),
    ("nocontent", Kind::NoContent),
    ("timeout504", Kind::Timeout504),
    ("server500", Kind::Server500),
    ("loop", Kind::Loop),
    ("empty_page", Kind::EmptyPage),
    ("duplicate", Kind::Duplicate),
    ("skip_row", Kind::SkipRow),
    ("case_drift", Kind::CaseDrift),
    ("unknown_value", Kind::UnknownValue),
    ("lost_answer", Kind::LostAnswer),
    ("slow", Kind::Slow),
    ("truncated", Kind::Truncated),
    ("badjson", Kind::BadJson),
    ("forbidden", Kind::Forbidden),
    ("notfound", Kind::NotFound),
    ("too_large", Kind::TooLarge),
    ("silent", Kind::Silent),
    ("reorder", Kind::Reorder),
    ("cpu_quota", Kind::CpuQuota),
    ("gateway502", Kind::Gateway502),
    ("unavailable503", Kind::Unavailable503),
];

impl Kind {
    fn parse(word: &str) -> Result<Kind, String> {
        let found = KINDS.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind);
        found.ok_or_else(|| {
            let all: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
            format!("unknown kind `{word}`: use one of {}", all.join(", "))
        })
    }

    fn word(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// True if the fault makes sense for the request.
    fn fits(self, op: Op, method: &Method) -> bool {
        let la = op.service == Service::La;
        match self {
            Kind::Conflict => !la && op.is_write(method),
            Kind::Partial => la && op.is_query(),
            Kind::Loop | Kind::EmptyPage | Kind::SkipRow => op.is_list(),
            Kind::Duplicate => op.is_list() || op.is_query(),
            Kind::CaseDrift => !la && method != Method::DELETE,
            Kind::UnknownValue => !la && !op.is_query() && method != Method::DELETE,
            Kind::TooLarge | Kind::Silent | Kind::Reorder => op.is_query(),
            Kind::CpuQuota => op.is_query() && op.service == Service::Graph,
            _ => true,
        }
    }

    /// False if the fault never fits the service.
    fn serves(self, service: Service) -> bool {
        let la = service == Service::La;
        match self {
            Kind::Partial => la,
            Kind::Conflict | Kind::Loop | Kind::EmptyPage | Kind::SkipRow => !la,
            Kind::CaseDrift | Kind::UnknownValue => !la,
            Kind::TooLarge => service != Service::Arm,
            Kind::CpuQuota => service == Service::Graph,
            _ => true,
        }
    }

    /// What a list must do wrong.
    fn twist(self) -> Option<Twist> {
        Some(match self {
            Kind::Loop => Twist::Loop,
            Kind::EmptyPage => Twist::EmptyPage,
            Kind::Duplicate => Twist::Duplicate,
            Kind::SkipRow => Twist::SkipRow,
            _ => return None,
        })
    }
}

/// A fault that met a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hit {
    /// The kind.
    pub kind: Kind,
    /// Seconds: of `Retry-After`, or of a slow answer.
    pub seconds: f64,
    /// The property that gets an unknown value.
    pub field: String,
    /// Rows of an answer that ends early; `None` for the service's limit.
    pub rows: Option<usize>,
}

impl Hit {
    /// What a list must do wrong.
    pub(super) fn twist(&self) -> Option<Twist> {
        self.kind.twist()
    }
}

struct Rule {
    service: Option<Service>,
    kinds: Vec<Kind>,
    /// `None`: until the rules are cleared.
    left: Option<u64>,
    chance: Option<(f64, ChaCha8Rng)>,
    method: Option<String>,
    path: Option<Regex>,
    seconds: f64,
    field: String,
    rows: Option<usize>,
}

/// The rules that wait.
#[derive(Default)]
pub(super) struct Faults {
    rules: Vec<Rule>,
}

impl Faults {
    /// Takes a rule: `{"service","kind"|"kinds","times","rate","seed","retry_after","field","rows",
    /// "match":{"method","path"}}`.
    pub(super) fn add(&mut self, body: &Json) -> Result<(), String> {
        let Some(body) = body.as_object() else { return Err("a fault is an object".to_owned()) };
        const KNOWN: [&str; 10] =
            ["service", "kind", "kinds", "times", "rate", "seed", "retry_after", "field", "rows", "match"];
        if let Some(other) = body.keys().find(|k| !KNOWN.contains(&k.as_str())) {
            return Err(format!("unknown property `{other}`: a fault has {}", KNOWN.join(", ")));
        }
        if self.rules.len() >= RULES {
            return Err(format!("{RULES} faults wait already: clear them first"));
        }
        self.rules.push(rule(body)?);
        Ok(())
    }

    /// Takes all rules back.
    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules that wait.
    pub(super) fn json(&self) -> Json {
        let each = self.rules.iter().map(|r| {
            json!({"service": r.service.map(Service::name),
                "kinds": r.kinds.iter().map(|k| k.word()).collect::<Vec<_>>(),
                "left": r.left, "rate": r.chance.as_ref().map(|(rate, _)| *rate)})
        });
        Json::Array(each.collect())
    }

    /// The fault that meets a request, from the oldest rule that fits.
    pub(super) fn take(&mut self, op: Op, call: &Call) -> Option<Hit> {
        let target = call.target();
        let mut hit = None;
        for rule in &mut self.rules {
            let fitting: Vec<Kind> = rule.kinds.iter().copied().filter(|k| k.fits(op, &call.method)).collect();
            let wanted = rule.service.is_none_or(|s| s == op.service)
                && rule.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(call.method.as_str()))
                && rule.path.as_ref().is_none_or(|p| p.is_match(&target))
                && rule.left != Some(0);
            if fitting.is_empty() || !wanted {
                continue;
            }
            let kind = match &mut rule.chance {
                None => fitting.first().copied(),
                Some((rate, rng)) => {
                    // 53 bits make an even number between 0 and 1.
                    let draw = (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
                    let pick = rng.next_u64() as usize % fitting.len();
                    (draw < *rate).then(|| fitting.get(pick).copied()).flatten()
                }
            };
            let Some(kind) = kind else { continue };
            rule.left = rule.left.map(|n| n - 1);
            hit = Some(Hit { kind, seconds: rule.seconds, field: rule.field.clone(), rows: rule.rows });
            break;
        }
        self.rules.retain(|r| r.left != Some(0));
        hit
    }
}

fn rule(body: &Object) -> Result<Rule, String> {
    let service = match body.get("service").map(|s| s.as_str().unwrap_or_default()) {
        None => None,
        Some("arm") => Some(Service::Arm),
        Some("graph") => Some(Service::Graph),
        Some("la") => Some(Service::La),
        Some(other) => return Err(format!("unknown service `{other}`: use arm, graph or la")),
    };
    let words = match (body.get("kind"), body.get("kinds")) {
        (Some(Json::String(kind)), None) => vec![kind.clone()],
        (None, Some(list)) => super::store::tags_of(Some(list)),
        _ => return Err("a fault has either `kind` or `kinds`".to_owned()),
    };
    let kinds = words.iter().map(|w| Kind::parse(w)).collect::<Result<Vec<_>, _>>()?;
    if kinds.is_empty() {
        return Err("`kinds` is an array of words".to_owned());
    }
    if let (Some(service), Some(kind)) = (service, kinds.iter().find(|k| service.is_some_and(|s| !k.serves(s)))) {
        return Err(format!("`{}` cannot happen on `{}`", kind.word(), service.name()));
    }
    let number = |name: &str| match body.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => value.as_f64().filter(|n| *n >= 0.0).map(Some).ok_or_else(|| format!("`{name}` is no number")),
    };
    let rate = number("rate")?;
    if rate.is_some_and(|r| r > 1.0) {
        return Err("`rate` is a number from 0 to 1".to_owned());
    }
    let seed = number("seed")?.unwrap_or(1.0) as u64;
    let chance = rate.map(|rate| (rate, ChaCha8Rng::seed_from_u64(seed)));
    let left = match number("times")? {
        Some(times) => Some(times as u64),
        None => chance.is_none().then_some(1),
    };
    let matcher = body.get("match");
    let text = |name: &str| matcher.and_then(|m| m.get(name)).and_then(Json::as_str);
    let path = text("path").map(Regex::new).transpose().map_err(|e| format!("`path` is no regular expression: {e}"))?;
    let slow = kinds.contains(&Kind::Slow);
    let seconds = number("retry_after")?.unwrap_or(if slow { 1.5 } else { 1.0 });
    let field = body.get("field").and_then(Json::as_str).unwrap_or("status").to_owned();
    let rows = number("rows")?.map(|n| n as usize);
    Ok(Rule { service, kinds, left, chance, method: text("method").map(str::to_owned), path, seconds, field, rows })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use axum::http::HeaderMap;

    const LIST: Op = Op { service: Service::Graph, name: "incidents.list" };
    const PUT: Op = Op { service: Service::Arm, name: "Incidents_CreateOrUpdate" };

    fn call(method: Method, path: &str) -> Call {
        Call::new(method, path, "", HeaderMap::new(), Bytes::new())
    }

    #[test]
    fn rules_meet_what_they_fit_and_run_out() {
        let mut faults = Faults::default();
        faults
            .add(&json!({"service": "arm", "kind": "conflict", "times": 2, "match": {"method": "PUT", "path": "/x$"}}))
            .expect("a rule");
        assert_eq!(faults.take(LIST, &call(Method::GET, "/x")), None);
        assert_eq!(faults.take(PUT, &call(Method::PUT, "/y")), None);
        for _ in 0..2 {
            assert_eq!(faults.take(PUT, &call(Method::PUT, "/x")).map(|h| h.kind), Some(Kind::Conflict));
        }
        assert_eq!(faults.take(PUT, &call(Method::PUT, "/x")), None);
    }

    #[test]
    fn chance_follows_the_seed() {
        let run = |seed: u64| {
            let mut faults = Faults::default();
            faults
                .add(&json!({"rate": 0.3, "kinds": ["server500", "throttle", "partial"], "seed": seed}))
                .expect("a rule");
            (0..200).map(|_| faults.take(LIST, &call(Method::GET, "/")).map(|h| h.kind)).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let hits = run(7).iter().flatten().count();
        assert!((30..90).contains(&hits), "{hits}");
        assert!(!run(7).contains(&Some(Kind::Partial)), "partial is for Log Analytics");
    }

    #[test]
    fn faults_of_queries_meet_queries() {
        let mut faults = Faults::default();
        let hunt = Op { service: Service::Graph, name: "runHuntingQuery" };
        let la = Op { service: Service::La, name: "Query_Execute" };
        faults.add(&json!({"kind": "silent", "rows": 7})).expect("a rule");
        faults.add(&json!({"kind": "cpu_quota", "retry_after": 60})).expect("a rule");
        let post = call(Method::POST, "/");
        assert_eq!(faults.take(LIST, &post), None);
        assert_eq!(faults.take(la, &post).map(|h| (h.kind, h.rows)), Some((Kind::Silent, Some(7))));
        assert_eq!(faults.take(la, &post), None);
        assert_eq!(faults.take(hunt, &post).map(|h| (h.kind, h.seconds)), Some((Kind::CpuQuota, 60.0)));
    }

    #[test]
    fn nonsense_is_refused() {
        let mut faults = Faults::default();
        for bad in [
            json!({"kind": "x"}),
            json!({"service": "la", "kind": "conflict"}),
            json!({"service": "arm", "kind": "partial"}),
            json!({"service": "la", "kind": "cpu_quota"}),
            json!({"kind": "slow", "match": {"path": "("}}),
            json!({"kind": "slow", "rate": 2}),
            json!({"kind": "slow", "time": 2}),
        ] {
            assert!(faults.add(&bad).is_err(), "{bad}");
        }
    }
}
