//! Faults made real: some answer instead of the service, some spoil the service's answer.

use super::super::arm::conflict;
use super::super::graph::graph_error;
use super::super::hunting::path_not_found;
use super::super::wire::{Body, Call, End, Reply};
use super::{Hit, Kind, Op, Service};
use serde_json::{Value as Json, json};

/// The answer of a fault that keeps the request from the service. The request has no effect then.
pub(in crate::fake) fn early(hit: &Hit, op: Op, call: &Call) -> Option<Reply> {
    let error = |status: u16, code: &str, text: &str| match op.service {
        Service::Graph => graph_error(status, code, text),
        _ => Reply::arm_error(status, code, text),
    };
    Some(match hit.kind {
        Kind::Throttle => throttled(op, hit.seconds.ceil() as u64),
        Kind::Conflict if op.service == Service::Arm => {
            let id = call.segments().get(11).cloned().unwrap_or_default();
            conflict(&id)
        }
        Kind::Conflict => error(409, "Conflict", "The resource was changed by somebody else."),
        Kind::Empty200 => Reply::empty(200),
        Kind::NoContent => Reply::empty(204),
        Kind::Timeout504 => error(504, "GatewayTimeout", "The service did not answer in time."),
        Kind::Gateway502 => in_front(502, "Bad Gateway"),
        Kind::Unavailable503 => in_front(503, "Service Unavailable").with("retry-after", whole(hit.seconds)),
        Kind::CpuQuota => graph_error(429, "TooManyRequests", &used_up(&in_words(hit.seconds))),
        Kind::Server500 => error(500, "InternalServerError", "The service has met an unexpected error."),
        Kind::Forbidden if op.service == Service::La => error(
            403,
            "InsufficientAccessError",
            "The provided credentials have insufficient access to perform the requested operation",
        ),
        Kind::Forbidden => error(
            403,
            if op.service == Service::Arm { "AuthorizationFailed" } else { "Forbidden" },
            "The caller is not authorized to perform this action.",
        ),
        Kind::NotFound if op.service == Service::La => path_not_found(),
        Kind::NotFound => error(404, "NotFound", "The requested resource does not exist."),
        Kind::TooLarge => {
            let text = "Query execution has exceeded the allowed result size. Optimize your query by limiting the \
                number of results and try again.";
            error(400, "BadRequest", text)
        }
        _ => return None,
    })
}

/// What a load balancer says, which speaks no JSON.
fn in_front(status: u16, title: &str) -> Reply {
    let page = format!("<html><head><title>{status} {title}</title></head><body><h1>{title}</h1></body></html>");
    Reply { body: Body::Text("text/html", page), ..Reply::empty(status) }
}

/// Seconds as `Retry-After` has them.
fn whole(seconds: f64) -> String {
    format!("{}", seconds.ceil() as u64)
}

/// A duration as a sentence has it.
fn in_words(seconds: f64) -> String {
    match seconds.ceil() as u64 {
        1 => "1 second".to_owned(),
        n if n < 60 || n % 60 != 0 => format!("{n} seconds"),
        60 => "1 minute".to_owned(),
        n => format!("{} minutes", n / 60),
    }
}

/// The words of hunting when the tenant's share of the processor is used up.
fn used_up(duration: &str) -> String {
    format!("You have exceeded processing resources allocated to this tenant. You can run queries again in {duration}.")
}

/// 429, in each service's words.
pub(in crate::fake) fn throttled(op: Op, seconds: u64) -> Reply {
    let wait = seconds.to_string();
    let reply = match op.service {
        Service::Arm => Reply::arm_error(
            429,
            "TooManyRequests",
            &format!("The request is being throttled as the limit has been reached. Try again in {wait} seconds."),
        ),
        Service::Graph if op.is_query() => graph_error(429, "TooManyRequests", &used_up(&format!("{wait} seconds"))),
        Service::Graph => graph_error(429, "TooManyRequests", "Too many requests. Try again later."),
        Service::La => {
            Reply::arm_error(429, "ThrottledError", &format!("Too many requests. Try again in {wait} seconds."))
        }
    };
    reply.with("retry-after", wait)
}

/// Spoils an answer. The request has had its effect by then.
pub(in crate::fake) fn late(hit: &Hit, op: Op, mut reply: Reply) -> Reply {
    match hit.kind {
        Kind::LostAnswer => reply.end = End::Lost,
        Kind::Truncated => reply.end = End::Cut,
        Kind::BadJson => {
            if let Body::Json(body) = &reply.body {
                let text = body.to_string();
                let half: String = text.chars().take(text.chars().count() / 2).collect();
                reply.body = Body::Text("application/json; charset=utf-8", half);
            }
        }
        Kind::CaseDrift => {
            if let Body::Json(body) = &mut reply.body {
                drift(body, op.service);
            }
        }
        Kind::UnknownValue => {
            if let Body::Json(body) = &mut reply.body {
                unknown(body, &hit.field);
            }
        }
        _ => {}
    }
    reply
}

/// Properties whose values are words of an enumeration.
const ENUMS: &[&str] =
    &["status", "severity", "classification", "determination", "classificationReason", "labelType", "ownerType"];

/// The documentation's names of determinations, which are not the wire's.
const DOCUMENTED: &[(&str, &str)] = &[
    ("compromisedAccount", "CompromisedUser"),
    ("notMalicious", "Clean"),
    ("notEnoughDataToValidate", "InsufficientData"),
    ("confirmedActivity", "ConfirmedUserActivity"),
];

/// Writes values in the other case, and Defender's in the documentation's spelling.
fn drift(value: &mut Json, service: Service) {
    match value {
        Json::Array(list) => list.iter_mut().for_each(|v| drift(v, service)),
        Json::Object(map) => {
            for (name, value) in map.iter_mut() {
                match value.as_str().filter(|_| ENUMS.contains(&name.as_str())) {
                    Some(word) => *value = other_case(word, service).into(),
                    None => drift(value, service),
                }
            }
            for (from, to) in [("createdByDisplayName", "createdBy"), ("createdDateTime", "createdTime")] {
                if map.contains_key("comment")
                    && service == Service::Graph
                    && let Some(value) = map.shift_remove(from)
                {
                    map.insert(to.to_owned(), value);
                }
            }
        }
        _ => {}
    }
}

fn other_case(word: &str, service: Service) -> String {
    if let Some((_, documented)) = DOCUMENTED.iter().find(|(wire, _)| *wire == word) {
        return (*documented).to_owned();
    }
    let mut chars = word.chars();
    let first = chars.next().map(|c| match service {
        Service::Graph => c.to_ascii_uppercase(),
        _ => c.to_ascii_lowercase(),
    });
    first.into_iter().chain(chars).collect()
}

/// Gives every record of the answer a value that nobody knows.
fn unknown(value: &mut Json, field: &str) {
    match value {
        Json::Array(list) => list.iter_mut().for_each(|v| unknown(v, field)),
        Json::Object(map) if map.contains_key(field) => {
            map.insert(field.to_owned(), json!("somethingNew"));
        }
        Json::Object(map) => {
            for name in ["value", "properties"] {
                if let Some(inner) = map.get_mut(name) {
                    unknown(inner, field);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_changes_words_and_keys() {
        let mut body = json!({"status": "inProgress", "determination": "notMalicious", "displayName": "status",
            "comments": [{"comment": "c", "createdByDisplayName": "a", "createdDateTime": "t"}]});
        drift(&mut body, Service::Graph);
        assert_eq!(body["status"], "InProgress");
        assert_eq!(body["determination"], "Clean");
        assert_eq!(body["displayName"], "status");
        assert_eq!(body["comments"][0], json!({"comment": "c", "createdBy": "a", "createdTime": "t"}));
        let mut body = json!({"properties": {"status": "Closed", "labels": [{"labelType": "User"}]}});
        drift(&mut body, Service::Arm);
        assert_eq!(body["properties"], json!({"status": "closed", "labels": [{"labelType": "user"}]}));
    }

    #[test]
    fn quotas_and_gateways_speak_in_their_own_words() {
        let op = Op { service: Service::Graph, name: "runHuntingQuery" };
        let call = Call::new(axum::http::Method::POST, "/", "", Default::default(), Default::default());
        let reply = |kind, seconds| {
            let hit = Hit { kind, seconds, field: String::new(), rows: None };
            early(&hit, op, &call).expect("an answer")
        };
        for (seconds, told) in [(1.0, "1 second."), (90.0, "90 seconds."), (60.0, "1 minute."), (900.0, "15 minutes.")]
        {
            let quota = reply(Kind::CpuQuota, seconds);
            let Body::Json(body) = quota.body else { panic!("no JSON") };
            let text = body["error"]["message"].as_str().expect("a message");
            assert!(text.ends_with(&format!("You can run queries again in {told}")), "{text}");
            assert_eq!((quota.status, quota.headers.len()), (429, 0));
        }
        let busy = reply(Kind::Unavailable503, 2.5);
        assert_eq!((busy.status, busy.headers), (503, vec![("retry-after", "3".to_owned())]));
        assert!(matches!(reply(Kind::Gateway502, 0.0).body, Body::Text("text/html", _)));
    }

    #[test]
    fn unknown_values_reach_every_record() {
        let mut body =
            json!({"value": [{"status": "a", "alerts": [{"status": "new"}]}, {"properties": {"status": "New"}}]});
        unknown(&mut body, "status");
        assert_eq!(body["value"][0], json!({"status": "somethingNew", "alerts": [{"status": "new"}]}));
        assert_eq!(body["value"][1]["properties"]["status"], "somethingNew");
    }
}
