//! Lists that come in pages. The service's next link is followed as it is, until there is none; but never to another host,
//! never twice, and not for ever. A list that cannot be read to its end is an error: a part of it would pass for the whole.

use super::http::{Call, Failure, Http, NOT_SENT, Reply};
use super::read::{read, unreadable};
use crate::sync::port::{Answer, ServiceError, ServiceErrorKind};
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashSet;

/// Pages in a row that may bring nothing new.
const IDLE: u32 = 50;

impl Http {
    /// Every record of a list, in the order in which they came; some may come twice. `link` names the property with the
    /// next link; `adapt` brings a record into the form that is read.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        mut call: Call,
        link: &str,
        adapt: fn(Value) -> Value,
    ) -> Answer<Vec<T>> {
        let mut records = vec![];
        let mut urls = HashSet::from([call.url.to_string()]);
        let mut ids = HashSet::new();
        let mut idle = 0;
        loop {
            let mut reply = self.send(&call).await?;
            let next = match reply.json.get(link) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) if text.is_empty() => None,
                Some(Value::String(text)) => Some(next(&call, self.base(call.service), text, &reply)?),
                Some(_) => return Err(unreadable(&call, &reply, &format!("`{link}` is no text"))),
            };
            let Some(Value::Array(page)) = reply.json.get_mut("value").map(Value::take) else {
                return Err(unreadable(&call, &reply, "`value` is no list"));
            };
            let known = ids.len();
            ids.extend(page.iter().filter_map(id).map(str::to_owned));
            idle = if ids.len() == known { idle + 1 } else { 0 };
            for value in page {
                records.push(read(&call, &reply, adapt(value))?);
            }
            let Some(next) = next else { return Ok(records) };
            let fail = |why: &str| broken(&call, &reply.correlation, format!("{why}, after {} records", ids.len()));
            if !urls.insert(next.to_string()) {
                return Err(fail("the service's next link leads in a circle"));
            }
            if idle >= IDLE {
                return Err(fail("the service's next links bring nothing new"));
            }
            if urls.len() > self.settings.max_pages as usize {
                return Err(fail("the list has more pages than are allowed"));
            }
            call.url = next;
        }
    }
}

fn id(record: &Value) -> Option<&str> {
    record.get("name").or_else(|| record.get("id"))?.as_str()
}

/// The next page's address, when it is the service's own.
fn next(call: &Call, base: &Url, text: &str, reply: &Reply) -> Answer<Url> {
    let refuse = |why: String| {
        let kind = ServiceErrorKind::Refused { status: 0, code: NOT_SENT.to_owned() };
        Failure::new(call, kind, reply.token.struck_from(&why), &reply.correlation).error
    };
    let url = call.url.join(text).map_err(|e| refuse(format!("the next link `{text}` is no address: {e}")))?;
    if url.origin() != base.origin() || !url.username().is_empty() || url.password().is_some() {
        let host = url.origin().ascii_serialization();
        return Err(refuse(format!("the next link leads to `{host}`, where the token must not go")));
    }
    Ok(url)
}

/// Trying later may help, and nothing was done.
fn broken(call: &Call, correlation: &str, text: String) -> ServiceError {
    Failure::new(call, ServiceErrorKind::Unavailable, text, correlation).error
}
