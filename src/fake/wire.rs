//! A request as the services see it, and an answer before it becomes bytes. No socket and no state in here.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use base64::Engine as _;
use serde_json::{Map, Value as Json, json};

/// A JSON object.
pub(super) type Object = Map<String, Json>;

/// Query options that may be empty.
const OPTIONAL: [&str; 5] = ["$filter", "$select", "$expand", "$orderby", "$search"];

/// What a list is asked to do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twist {
    /// The link leads to the same page.
    Loop,
    /// No record, but a link.
    EmptyPage,
    /// The last record comes again.
    Duplicate,
    /// A record never comes.
    SkipRow,
}

/// A request, read whole.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The method.
    pub method: Method,
    /// The path, still percent-encoded.
    pub path: String,
    /// The query as it came, without the `?`.
    pub raw_query: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What a list must do wrong.
    pub twist: Option<Twist>,
    /// What links start with, instead of the `Host` header.
    pub base: Option<String>,
}

impl Call {
    /// A request from its parts.
    pub(super) fn new(method: Method, path: &str, raw_query: &str, headers: HeaderMap, body: Bytes) -> Call {
        let query = raw_query
            .split('&')
            .filter(|part| !part.is_empty())
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                (decode(name, true), decode(value, true))
            })
            // An option without a value is no wish.
            .filter(|(name, value)| !(value.is_empty() && OPTIONAL.iter().any(|o| o.eq_ignore_ascii_case(name))))
            .collect();
        let (path, raw_query) = (path.to_owned(), raw_query.to_owned());
        Call { method, path, raw_query, query, headers, body, twist: None, base: None }
    }

    /// A query parameter; names are compared without case, as both vendors do.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The decoded parts of the path.
    pub(super) fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|s| !s.is_empty()).map(|s| decode(s, false)).collect()
    }

    /// Path and query, as asked.
    pub(super) fn target(&self) -> String {
        if self.raw_query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.raw_query) }
    }

    /// What links start with: `http://host` from the `Host` header, so that they go through a proxy before us. For proxies
    /// that write their own `Host` a test may set the base.
    pub(super) fn origin(&self) -> String {
        self.base.clone().unwrap_or_else(|| format!("http://{}", self.header("host").unwrap_or("127.0.0.1")))
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Option<Json> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as a JSON object.
    pub(super) fn object(&self) -> Option<Object> {
        match self.json() {
            Some(Json::Object(map)) => Some(map),
            _ => None,
        }
    }

    /// The parts of the `Prefer` headers.
    fn preferences(&self) -> impl Iterator<Item = &str> {
        let values = self.headers.get_all("prefer").iter().filter_map(|v| v.to_str().ok());
        values.flat_map(|v| v.split([',', ';'])).map(str::trim)
    }

    /// True when a `Prefer` header holds `word`.
    pub(super) fn prefers(&self, word: &str) -> bool {
        self.preferences().any(|p| p == word)
    }

    /// The number of `Prefer: name=number`.
    pub(super) fn prefers_number(&self, name: &str) -> Option<u64> {
        self.preferences().find_map(|p| p.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
    }

    /// The bearer token, when there is one with text.
    pub(super) fn token(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    }

    /// Who writes, as the services would print it: `name:<text>` tokens name the writer, a JWT is asked for its user or
    /// application, anything else is the application `app`.
    pub(super) fn writer(&self, app: &str) -> String {
        let token = self.token().unwrap_or_default();
        if let Some(name) = token.strip_prefix("name:").map(str::trim).filter(|n| !n.is_empty()) {
            return name.to_owned();
        }
        claims(token).unwrap_or_else(|| format!("API-{app}"))
    }
}

/// The name inside a JWT: its user, else its application. The signature is nobody's business here.
fn claims(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Object = serde_json::from_slice(&bytes).ok()?;
    let text = |name: &str| claims.get(name).and_then(Json::as_str).filter(|t| !t.is_empty());
    let user = ["upn", "preferred_username", "unique_name"].into_iter().find_map(text);
    user.map(str::to_owned)
        .or_else(|| ["app_displayname", "appid", "azp"].into_iter().find_map(text).map(|a| format!("API-{a}")))
}

/// Percent-decoding; in queries a plus is a blank.
fn decode(text: &str, plus: bool) -> String {
    let text = if plus { text.replace('+', " ") } else { text.to_owned() };
    percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

/// An answer's body.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    /// None at all.
    Empty,
    /// JSON.
    Json(Json),
    /// Bytes of another kind, with their media type.
    Text(&'static str, String),
}

/// How the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The answer is sent.
    Whole,
    /// The connection closes before the answer.
    Lost,
    /// The connection closes within the body.
    Cut,
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// The status code.
    pub status: u16,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
    /// How the connection ends.
    pub end: End,
}

impl Reply {
    /// An answer with a JSON body.
    pub(super) fn json(status: u16, body: Json) -> Reply {
        Reply { status, headers: Vec::new(), body: Body::Json(body), end: End::Whole }
    }

    /// An answer without a body.
    pub(super) fn empty(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), body: Body::Empty, end: End::Whole }
    }

    /// ARM's error body.
    pub(super) fn arm_error(status: u16, code: &str, message: &str) -> Reply {
        Reply::json(status, json!({"error": {"code": code, "message": message}}))
    }

    /// With a further header.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn call(token: &str) -> Call {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_str(token).expect("a header"));
        Call::new(Method::GET, "/a%20b/c", "$top=2&x=a+b%2B", headers, Bytes::new())
    }

    #[test]
    fn the_writer_comes_from_the_token() {
        assert_eq!(call("Bearer name:Ann Lee").writer("h"), "Ann Lee");
        assert_eq!(call("Bearer smoke").writer("h"), "API-h");
        let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"upn":"a@x","appid":"1"}"#);
        assert_eq!(call(&format!("Bearer e30.{body}.s")).writer("h"), "a@x");
        let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"app_displayname":"bot"}"#);
        assert_eq!(call(&format!("Bearer e30.{body}.s")).writer("h"), "API-bot");
        assert_eq!(call("Bearer ").token(), None);
        assert_eq!(call("Basic abc").token(), None);
    }

    #[test]
    fn queries_and_paths_are_decoded() {
        let call = call("Bearer x");
        assert_eq!(call.segments(), ["a b", "c"]);
        assert_eq!((call.query("$TOP"), call.query("x")), (Some("2"), Some("a b+")));
    }
}
