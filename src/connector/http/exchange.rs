//! One try of a request: what is sent, the whole answer, and nothing between that is not told.

use super::failure::{Failure, LATE, TOO_LARGE, root};
use super::{Call, Channel, Http, Reply, Trace};
use crate::connector::auth::Secret;
use crate::connector::record::{self, Sent, Service};
use crate::connector::settings::{Settings, SetupError};
use crate::sync::port::ServiceErrorKind;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Request, Response};
use serde_json::Value;

/// ARM's own count of what is left, by kind of request.
const REMAINING: [&str; 2] =
    ["x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-subscription-writes"];

impl Http {
    /// The request and its whole answer.
    pub(super) async fn exchange(
        &self,
        call: &Call,
        channel: &Channel,
        token: &Secret,
        correlation: &str,
        trace: &mut Trace,
    ) -> Result<Reply, Failure> {
        trace.status = None;
        let request = self.request(call, token, correlation)?;
        let sent = request.headers().clone();
        let response = channel.client.execute(request).await.map_err(|e| Failure::of_network(call, e, correlation))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        trace.status = Some(status);
        for name in REMAINING {
            let left = headers.get(name).and_then(|v| v.to_str().ok()?.parse().ok());
            if let Some(left) = left {
                channel.bucket(&call.method).learn(left);
            }
        }
        let body = self.body(call, response, correlation).await?;
        if let Some(recorder) = &self.recorder {
            let (method, url) = (call.method.as_str(), call.url.as_str());
            let sent = Sent { method, url, headers: &sent, body: call.body.as_ref() };
            let line = record::line(&sent, status, &headers, &body);
            recorder.exchange(call.service, &token.struck_from(&line));
        }
        let mut reply = Reply {
            status,
            json: Value::Null,
            body: vec![],
            asked: None,
            correlation: correlation.to_owned(),
            token: token.clone(),
        };
        if call.raw.is_some() && !matches!(status, 401 | 408 | 500 | 502 | 503) {
            reply.asked = super::retry::asked(&headers);
            reply.body = body;
            return Ok(reply);
        }
        if !(200..300).contains(&status) {
            // Some gateways tell what they were sent.
            let body = token.struck_from(&String::from_utf8_lossy(&body)).into_bytes();
            return Err(Failure::of_status(call, status, &headers, &body, correlation));
        }
        let json = match body.is_empty() {
            true => Ok(Value::Null),
            false => serde_json::from_slice(&body),
        };
        match json {
            Ok(json) => Ok(Reply { json, ..reply }),
            Err(e) if e.is_eof() => Err(Failure::lost(call, "the answer was cut short", correlation)),
            Err(e) => Err(Failure::unreadable(call, status, format!("the answer is no JSON: {e}"), correlation)),
        }
    }

    fn request(&self, call: &Call, token: &Secret, correlation: &str) -> Result<Request, Failure> {
        let mut request = Request::new(call.method.clone(), call.url.clone());
        *request.timeout_mut() = Some(match call.service {
            Service::LogAnalytics => self.settings.timeouts.query,
            _ if call.raw.is_some() => self.settings.timeouts.query,
            _ => self.settings.timeouts.request,
        });
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| {
            Failure::new(call, ServiceErrorKind::Denied, "the token is no text for a header", correlation)
        })?;
        bearer.set_sensitive(true);
        let id = match call.service {
            Service::Graph | Service::Defender => HeaderName::from_static("client-request-id"),
            _ => HeaderName::from_static("x-ms-client-request-id"),
        };
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, bearer);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Ok(value) = HeaderValue::from_str(correlation) {
            headers.insert(id, value);
        }
        if let Some(prefer) = call.prefer.as_deref().and_then(|p| HeaderValue::from_str(p).ok()) {
            headers.insert(HeaderName::from_static("prefer"), prefer);
        }
        if let Some(body) = &call.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.to_string().into());
        }
        Ok(request)
    }

    /// The whole body, up to the limit.
    async fn body(&self, call: &Call, mut response: Response, correlation: &str) -> Result<Vec<u8>, Failure> {
        let status = response.status().as_u16();
        let limit = call.raw.unwrap_or(self.settings.max_body);
        let mut body = vec![];
        loop {
            match response.chunk().await {
                Ok(None) => return Ok(body),
                Ok(Some(chunk)) if body.len() + chunk.len() <= limit => body.extend_from_slice(&chunk),
                Ok(Some(_)) => {
                    let text = format!("the answer is larger than {limit} bytes");
                    if call.raw.is_some() {
                        let kind = ServiceErrorKind::Refused { status, code: TOO_LARGE.to_owned() };
                        return Err(Failure::new(call, kind, text, correlation));
                    }
                    return Err(Failure::unreadable(call, status, text, correlation));
                }
                Err(e) => {
                    let text = match e.is_timeout() {
                        true => LATE,
                        false => "the answer was cut short",
                    };
                    return Err(Failure::lost(call, text, correlation));
                }
            }
        }
    }
}

/// A client that follows no redirect; no proxy either when its hosts are `near`. Without `tls` the system's certificates
/// are not looked for: a container may have none.
pub(super) fn client(settings: &Settings, near: bool, tls: bool) -> Result<reqwest::Client, SetupError> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(settings.timeouts.connect)
        .read_timeout(settings.timeouts.query.max(settings.timeouts.request))
        .user_agent(concat!("huntline/", env!("CARGO_PKG_VERSION")));
    if near {
        builder = builder.no_proxy();
    }
    if !tls {
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|e| SetupError(format!("no HTTP client: {}", root(&e))))
}
