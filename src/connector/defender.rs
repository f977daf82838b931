//! Defender's incidents by Graph's `/v1.0/security/incidents`.
//!
//! Graph has no etag and no delta: lists are asked by `lastUpdateDateTime`, and a PATCH answers with the whole incident,
//! which the caller compares with what it wrote.

use super::http::{Call, Http};
use super::read::{newest, read};
use super::record::Service;
use crate::incident::{DefenderComment, DefenderIncident};
use crate::sync::plan::DefenderPatch;
use crate::sync::port::{Answer, ServiceErrorKind};
use crate::value::datetime;
use reqwest::Method;
use serde_json::{Value, json};

/// Graph's property with the next page's address.
const LINK: &str = "@odata.nextLink";
/// Graph hides enumeration values that are younger than the API's version, unless they are asked for.
const ALL_VALUES: &str = "include-unknown-enum-members";

impl Http {
    fn graph(&self, operation: &'static str, method: Method, path: &[&str], query: &[(&str, &str)]) -> Answer<Call> {
        let path: Vec<_> = ["v1.0", "security", "incidents"].iter().chain(path).copied().collect();
        let call = self.call(Service::Graph, operation, method, &path, query)?;
        Ok(Call { prefer: Some(ALL_VALUES.to_owned()), ..call })
    }

    pub(super) async fn defender_list(&self, since: Option<i64>) -> Answer<Vec<DefenderIncident>> {
        let top = self.settings.defender_page.to_string();
        let filter = since.map(|ticks| format!("lastUpdateDateTime ge {}", datetime::format(ticks)));
        let mut query = vec![("$expand", "alerts"), ("$top", top.as_str())];
        query.extend(filter.as_deref().map(|f| ("$filter", f)));
        let call = self.graph("incidents.list", Method::GET, &[], &query)?;
        let all = self.pages(call, LINK, |value| value).await?;
        Ok(newest(all, |i: &DefenderIncident| &i.id, |i| i.last_update_date_time.as_deref()))
    }

    pub(super) async fn defender_get(&self, id: &str) -> Answer<Option<DefenderIncident>> {
        let call = self.graph("incidents.get", Method::GET, &[id], &[("$expand", "alerts")])?;
        match self.send(&call).await {
            Ok(mut reply) => {
                let json = reply.json.take();
                read(&call, &reply, json).map(Some)
            }
            Err(e) if e.kind == ServiceErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    pub(super) async fn defender_patch(&self, id: &str, patch: &DefenderPatch) -> Answer<DefenderIncident> {
        let mut call = self.graph("incidents.update", Method::PATCH, &[id], &[])?;
        let body = patch.body();
        if body.is_empty() {
            return Err(call.not_sent("the change is empty"));
        }
        call.body = Some(Value::Object(body));
        let mut reply = self.send(&call).await?;
        let json = reply.json.take();
        read(&call, &reply, json)
    }

    pub(super) async fn defender_comment(&self, id: &str, text: &str) -> Answer<Vec<DefenderComment>> {
        let mut call = self.graph("comments.add", Method::POST, &[id, "comments"], &[])?;
        call.body = Some(json!({ "@odata.type": "microsoft.graph.security.alertComment", "comment": text }));
        let mut reply = self.send(&call).await?;
        let value = reply.json.get_mut("value").map(Value::take).unwrap_or_default();
        read(&call, &reply, value)
    }
}
