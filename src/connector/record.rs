//! What a caller may see of the traffic: one event a request, and on demand every exchange in full. A token is in neither.

use crate::incident::Side;
use crate::sync::port::ServiceErrorKind;
use reqwest::header::{AUTHORIZATION, HeaderMap, SET_COOKIE};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// A service with its own address, token, budget and circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Microsoft Graph: Defender's incidents, and advanced hunting.
    Graph,
    /// Azure Resource Manager: Sentinel's incidents.
    Arm,
    /// The query service of Log Analytics: Sentinel's log of changes, and its tables.
    LogAnalytics,
    /// Defender's own, older interface: advanced hunting.
    Defender,
}

impl Service {
    /// All.
    pub const ALL: [Service; 4] = [Service::Graph, Service::Arm, Service::LogAnalytics, Service::Defender];

    /// The side it speaks for.
    pub const fn side(self) -> Side {
        match self {
            Service::Graph | Service::Defender => Side::Defender,
            Service::Arm | Service::LogAnalytics => Side::Sentinel,
        }
    }

    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Service::Graph => "graph",
            Service::Arm => "arm",
            Service::LogAnalytics => "log_analytics",
            Service::Defender => "defender",
        }
    }
}

/// One request with all its tries, when it is over. It holds no token and no body.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestEvent {
    /// The service.
    pub service: Service,
    /// The side.
    pub side: Side,
    /// What was asked, as `incidents.list`.
    pub operation: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The status of the last answer; `None` when there was none.
    pub status: Option<u16>,
    /// The failure; `None` for a success.
    pub failure: Option<ServiceErrorKind>,
    /// From the beginning to the end, waits included.
    pub duration: Duration,
    /// Tries.
    pub tries: u32,
    /// The id under which the service knows the request.
    pub correlation: String,
    /// What the budget held it back.
    pub waited: Duration,
}

/// Whoever logs and counts requests. It is called on the way, so it must not block.
pub trait Observer: Send + Sync {
    /// A request is over.
    fn request(&self, event: &RequestEvent);
}

/// Whoever keeps the traffic: bodies included, so its data are as confidential as the incidents.
pub trait Recorder: Send + Sync {
    /// One exchange with a service, a JSON object on one line without its end: `liveRequest` with method, url, headers and body,
    /// `liveResponse` with statusCode, headers and body. The form is that of Azure's live validator (`oav`).
    fn exchange(&self, service: Service, line: &str);
}

/// What was sent, as it is recorded.
pub(super) struct Sent<'a> {
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: Option<&'a Value>,
}

/// The line for an exchange.
pub(super) fn line(sent: &Sent<'_>, status: u16, headers: &HeaderMap, body: &[u8]) -> String {
    let mut request = Map::new();
    request.insert("method".to_owned(), json!(sent.method));
    request.insert("url".to_owned(), json!(sent.url));
    request.insert("headers".to_owned(), plain(sent.headers));
    if let Some(body) = sent.body {
        request.insert("body".to_owned(), body.clone());
    }
    let mut response = Map::new();
    response.insert("statusCode".to_owned(), json!(status));
    response.insert("headers".to_owned(), plain(headers));
    if !body.is_empty() {
        let value = serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)));
        response.insert("body".to_owned(), value);
    }
    json!({ "liveRequest": request, "liveResponse": response }).to_string()
}

/// The headers without those that let somebody in.
fn plain(headers: &HeaderMap) -> Value {
    let shown = headers.iter().filter(|(name, _)| **name != AUTHORIZATION && **name != SET_COOKIE);
    let pairs = shown.map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes()))));
    Value::Object(pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_no_token() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, "Bearer abc".parse().unwrap());
        headers.insert("accept", "x".parse().unwrap());
        let sent = Sent { method: "GET", url: "http://127.0.0.1/", headers: &headers, body: None };
        let text = line(&sent, 200, &HeaderMap::new(), b"{\"a\":1}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert!(!text.contains("abc") && !text.contains('\n'));
        assert_eq!(
            (value["liveRequest"]["headers"]["accept"].as_str(), value["liveResponse"]["body"]["a"].as_i64()),
            (Some("x"), Some(1))
        );
    }
}
