//! What was asked and answered: the exchanges, and the counts that a request budget is held against.

use super::faults::Op;
use super::store::SECOND;
use super::wire::{Body, Call, End, Reply};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, VecDeque};

/// Bytes of exchanges kept, whatever their number.
const BYTES: usize = 64 << 20;
/// The window of the budgets.
const WINDOW: i64 = 60 * SECOND;

/// The exchanges and counts.
#[derive(Default)]
pub(super) struct Ledger {
    lines: VecDeque<(&'static str, String)>,
    bytes: usize,
    dropped: u64,
    counts: BTreeMap<(&'static str, String, &'static str, u16), u64>,
    recent: BTreeMap<&'static str, VecDeque<i64>>,
    largest: BTreeMap<&'static str, usize>,
}

impl Ledger {
    /// Notes an exchange; `now` is the caller's clock.
    pub(super) fn note(&mut self, op: Op, call: &Call, reply: &Reply, now: i64, cap: usize) {
        let service = op.service.name();
        *self.counts.entry((service, call.method.to_string(), op.name, reply.status)).or_default() += 1;
        let recent = self.recent.entry(service).or_default();
        recent.push_back(now);
        while recent.front().is_some_and(|t| *t <= now - WINDOW) {
            recent.pop_front();
        }
        let largest = self.largest.entry(service).or_default();
        *largest = recent.len().max(*largest);
        let line = exchange(call, reply).to_string();
        self.bytes += line.len();
        self.lines.push_back((service, line));
        while self.lines.len() > cap || self.bytes > BYTES {
            let Some((_, line)) = self.lines.pop_front() else { break };
            self.bytes -= line.len();
            self.dropped += 1;
        }
    }

    /// The exchanges, one JSON a line, of one service or all.
    pub(super) fn lines(&self, service: Option<&str>) -> String {
        let mut out = String::new();
        for (_, line) in self.lines.iter().filter(|(s, _)| service.is_none_or(|wanted| wanted == *s)) {
            out.push_str(line);
            out.push('\n');
        }
        out
    }

    /// Exchanges that did not fit any more.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The counts.
    pub(super) fn counts(&self) -> Json {
        let each = self.counts.iter().map(|((service, method, operation, status), count)| {
            json!({"service": service, "method": method, "operation": operation, "status": status, "count": count})
        });
        let total: u64 = self.counts.values().sum();
        json!({"total": total, "requests": each.collect::<Vec<_>>(), "largest_in_60s": self.largest})
    }
}

/// An exchange in the form that the traffic validator reads. Tokens are left out.
fn exchange(call: &Call, reply: &Reply) -> Json {
    let headers: serde_json::Map<String, Json> = call
        .headers
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            let text = if name == "authorization" { "Bearer ***".to_owned() } else { text };
            (name.to_string(), text.into())
        })
        .collect();
    let mut request = json!({"method": call.method.as_str(), "url": format!("{}{}", call.origin(), call.target()),
        "headers": headers});
    if let Some(request) = request.as_object_mut().filter(|_| !call.body.is_empty()) {
        let body = call.json().unwrap_or_else(|| String::from_utf8_lossy(&call.body).into_owned().into());
        request.insert("body".into(), body);
    }
    let headers: serde_json::Map<String, Json> =
        reply.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
    let mut response = json!({"statusCode": reply.status.to_string(), "headers": headers});
    let body = match &reply.body {
        Body::Empty => None,
        Body::Json(body) => Some(body.clone()),
        Body::Text(_, text) => Some(text.clone().into()),
    };
    if let (Some(body), Some(response)) = (body, response.as_object_mut()) {
        response.insert("body".into(), body);
    }
    let mut out = json!({"liveRequest": request, "liveResponse": response});
    if let Some(out) = out.as_object_mut().filter(|_| reply.end != End::Whole) {
        out.insert("cut".into(), (if reply.end == End::Lost { "before the answer" } else { "within the body" }).into());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::faults::Service;
    use super::*;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, HeaderValue, Method};

    #[test]
    fn the_log_is_bounded_and_knows_no_token() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer secret"));
        let call = Call::new(Method::GET, "/a", "b=1", headers, Bytes::new());
        let op = Op { service: Service::Arm, name: "Incidents_List" };
        let mut ledger = Ledger::default();
        for second in [0, 1, 2, 70] {
            ledger.note(op, &call, &Reply::empty(204), second * SECOND, 2);
        }
        let lines = ledger.lines(Some("arm"));
        assert_eq!((lines.lines().count(), ledger.dropped(), lines.contains("secret")), (2, 2, false));
        assert_eq!(ledger.lines(Some("la")), "");
        let counts = ledger.counts();
        assert_eq!((&counts["total"], &counts["requests"][0]["count"]), (&json!(4), &json!(4)));
        assert_eq!(counts["largest_in_60s"]["arm"], 3);
    }
}
