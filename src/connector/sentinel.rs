//! Sentinel's incidents by ARM's `Microsoft.SecurityInsights/incidents`.
//!
//! ARM replaces the whole on PUT and compares the etag in the body: a stale one is a 409, and nothing is saved.

use super::http::{Call, Effect, Http};
use super::read::{newest, read, unreadable};
use super::record::Service;
use crate::incident::{Entity, Open, SentinelComment, SentinelIncident, Severity};
use crate::sync::port::{Answer, ServiceErrorKind};
use crate::value::datetime;
use reqwest::Method;
use serde_json::{Map, Value, json};

/// ARM's property with the next page's address.
const LINK: &str = "nextLink";
/// ARM's `$top` for comments; an incident holds 100.
const COMMENTS: &str = "100";
/// Writable properties that huntline does not keep in step: they go back as they came.
const CARRIED: [&str; 2] = ["firstActivityTimeUtc", "lastActivityTimeUtc"];

impl Http {
    pub(super) fn arm(
        &self,
        operation: &'static str,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Answer<Call> {
        let s = &self.settings;
        let workspace = [
            "subscriptions",
            &s.subscription,
            "resourceGroups",
            &s.resource_group,
            "providers",
            "Microsoft.OperationalInsights",
            "workspaces",
            &s.workspace,
            "providers",
            "Microsoft.SecurityInsights",
            "incidents",
        ];
        let path: Vec<_> = workspace.iter().chain(path).copied().collect();
        let query: Vec<_> = [("api-version", s.api_version.as_str())].iter().chain(query).copied().collect();
        self.call(Service::Arm, operation, method, &path, &query)
    }

    pub(super) async fn sentinel_list(&self, since: Option<i64>) -> Answer<Vec<SentinelIncident>> {
        let top = self.settings.sentinel_page.to_string();
        let filter = since.map(|ticks| format!("properties/lastModifiedTimeUtc ge {}", datetime::format(ticks)));
        // Oldest first: what changes meanwhile moves to the end and is seen twice, rather than not at all.
        let mut query = vec![("$orderby", "properties/lastModifiedTimeUtc asc"), ("$top", top.as_str())];
        query.extend(filter.as_deref().map(|f| ("$filter", f)));
        let call = self.arm("incidents.list", Method::GET, &[], &query)?;
        let all = self.pages(call, LINK, flat).await?;
        Ok(newest(all, |i: &SentinelIncident| &i.id, |i| i.last_modified_time_utc.as_deref()))
    }

    pub(super) async fn sentinel_get(&self, id: &str) -> Answer<Option<SentinelIncident>> {
        let call = self.arm("incidents.get", Method::GET, &[id], &[])?;
        let mut reply = match self.send(&call).await {
            Err(e) if e.kind == ServiceErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let json = reply.json.take();
        let mut incident: SentinelIncident = read(&call, &reply, flat(json))?;
        match self.sentinel_comments(id).await {
            Ok(comments) => incident.comments = comments,
            // Gone between the two requests.
            Err(e) if e.kind == ServiceErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        }
        Ok(Some(incident))
    }

    pub(super) async fn sentinel_comments(&self, id: &str) -> Answer<Vec<SentinelComment>> {
        let call = self.arm("comments.list", Method::GET, &[id, "comments"], &[("$top", COMMENTS)])?;
        let all = self.pages(call, LINK, flat_comment).await?;
        Ok(newest(all, |c: &SentinelComment| &c.id, |c| c.created_time_utc.as_deref()))
    }

    pub(super) async fn sentinel_alerts(&self, id: &str) -> Answer<Vec<Value>> {
        self.asked_by_post("alerts.list", id, "alerts", "value").await
    }

    pub(super) async fn sentinel_entities(&self, id: &str) -> Answer<Vec<Entity>> {
        self.asked_by_post("entities.list", id, "entities", "entities").await
    }

    /// A list that ARM gives to a POST without a body, in one page.
    async fn asked_by_post<T: serde::de::DeserializeOwned>(
        &self,
        operation: &'static str,
        id: &str,
        what: &str,
        property: &str,
    ) -> Answer<Vec<T>> {
        let call = self.arm(operation, Method::POST, &[id, what], &[])?;
        let call = Call { effect: Effect::Read, ..call };
        let mut reply = self.send(&call).await?;
        let Some(Value::Array(values)) = reply.json.get_mut(property).map(Value::take) else {
            return Err(unreadable(&call, &reply, &format!("`{property}` is no list")));
        };
        values.into_iter().map(|value| read(&call, &reply, value)).collect()
    }

    pub(super) async fn sentinel_put(&self, incident: &SentinelIncident) -> Answer<SentinelIncident> {
        let mut call = self.arm("incidents.update", Method::PUT, &[&incident.id], &[])?;
        call.body = Some(envelope(incident).map_err(|why| call.not_sent(&why))?);
        let mut reply = self.send(&call).await?;
        let json = reply.json.take();
        read(&call, &reply, flat(json))
    }

    pub(super) async fn sentinel_comment(&self, incident: &str, id: &str, text: &str) -> Answer<SentinelComment> {
        let mut call = self.arm("comments.add", Method::PUT, &[incident, "comments", id], &[])?;
        call.body = Some(json!({ "properties": { "message": text } }));
        let mut reply = self.send(&call).await?;
        let json = reply.json.take();
        read(&call, &reply, flat_comment(json))
    }
}

/// An ARM resource as one object: its properties, its name as `id`, its etag. What is no resource stays as it is.
fn flat(resource: Value) -> Value {
    let Value::Object(mut resource) = resource else { return resource };
    let mut object = match resource.remove("properties") {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    };
    // A property of these names would pass for the resource's own.
    for name in ["id", "name", "etag", "comments", "alerts", "entities", "modifiedBy"] {
        object.remove(name);
    }
    let name = match resource.remove("name") {
        Some(name @ Value::String(_)) => Some(name),
        _ => resource.get("id").and_then(Value::as_str).and_then(|id| id.rsplit('/').next()).map(|name| json!(name)),
    };
    object.extend(name.map(|name| ("id".to_owned(), name)));
    object.extend(resource.remove("etag").filter(|etag| !etag.is_null()).map(|etag| ("etag".to_owned(), etag)));
    Value::Object(object)
}

/// A comment as one object. Its author is an object; of that the name is kept that the portal shows.
fn flat_comment(resource: Value) -> Value {
    let mut comment = flat(resource);
    if let Some(author) = comment.get_mut("author").filter(|a| a.is_object()) {
        let text = |name: &&str| author.get(*name)?.as_str().filter(|t| !t.is_empty());
        *author = json!(["name", "userPrincipalName", "email", "objectId"].iter().find_map(text));
    }
    comment
}

/// What a PUT carries: the etag and every writable property that the incident has. What is left out, ARM drops; what is
/// read-only, ARM keeps.
fn envelope(incident: &SentinelIncident) -> Result<Value, String> {
    let mut properties = Map::new();
    let mut put = |name: &str, value: Option<Value>| properties.extend(value.map(|v| (name.to_owned(), v)));
    let title = incident.title.as_deref().filter(|t| !t.is_empty()).ok_or("a write needs `title`")?;
    let severity = incident.severity.as_ref().ok_or("a write needs `severity`")?;
    put("title", Some(json!(title)));
    put("description", incident.description.as_ref().map(|d| json!(d)));
    put("severity", Some(json!(severity_name(severity))));
    put("status", Some(json!(incident.status)));
    put("classification", incident.classification.as_ref().map(|c| json!(c)));
    put("classificationReason", incident.classification_reason.as_ref().map(|r| json!(r)));
    put("classificationComment", incident.classification_comment.as_ref().map(|c| json!(c)));
    put("owner", incident.owner.as_ref().map(|o| json!(o)));
    if !incident.labels.is_empty() {
        // A label's type is ARM's own.
        let labels = incident.labels.iter().map(|l| json!({ "labelName": l.label_name }));
        put("labels", Some(labels.collect()));
    }
    for name in CARRIED {
        put(name, incident.other.get(name).filter(|v| !v.is_null()).cloned());
    }
    let mut body = Map::new();
    body.extend(incident.etag.as_ref().map(|etag| ("etag".to_owned(), json!(etag))));
    body.insert("properties".to_owned(), Value::Object(properties));
    Ok(Value::Object(body))
}

/// ARM's name of a severity; one that huntline does not know goes back as it came.
fn severity_name(severity: &Open<Severity>) -> &str {
    match severity {
        Open::Known(severity) => severity.sentinel(),
        Open::Other(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::record;
    use super::*;

    #[test]
    fn a_resource_goes_there_and_back_without_what_is_read_only() {
        let resource = json!({
            "id": "/subscriptions/s/incidents/73e0", "name": "73e0", "type": "Microsoft.SecurityInsights/incidents", "etag": "\"1\"",
            "properties": {
                "title": "t", "severity": "high", "status": "closed", "classification": "TruePositive",
                "classificationReason": "SuspiciousActivity", "incidentNumber": 7, "createdTimeUtc": "2024-01-01T00:00:00Z",
                "firstActivityTimeUtc": "2024-01-01T00:00:00Z", "additionalData": {"alertsCount": 1}, "relatedAnalyticRuleIds": [],
                "labels": [{"labelName": "x", "labelType": "AutoAssigned"}], "owner": {"objectId": "o", "email": null},
                "providerIncidentId": "29", "name": "not the resource's"
            }
        });
        let incident: SentinelIncident = record(flat(resource)).unwrap();
        assert_eq!((incident.id.as_str(), incident.provider_incident_id.as_deref()), ("73e0", Some("29")));
        assert_eq!(
            incident.other.keys().collect::<Vec<_>>(),
            ["firstActivityTimeUtc", "additionalData", "relatedAnalyticRuleIds"]
        );
        let expected = json!({"etag": "\"1\"", "properties": {
            "title": "t", "severity": "High", "status": "Closed", "classification": "TruePositive",
            "classificationReason": "SuspiciousActivity", "owner": {"objectId": "o"}, "labels": [{"labelName": "x"}],
            "firstActivityTimeUtc": "2024-01-01T00:00:00Z",
        }});
        assert_eq!(envelope(&incident).unwrap(), expected);
    }

    #[test]
    fn an_author_is_known_by_what_the_portal_shows() {
        let comment = |author: Value| json!({"name": "c", "properties": {"message": "m", "author": author}});
        let read = |author| record::<SentinelComment>(flat_comment(comment(author))).unwrap().author;
        assert_eq!(read(json!({"name": "Alice", "email": "a@b"})).as_deref(), Some("Alice"));
        assert_eq!(read(json!({"name": null, "userPrincipalName": "a@b"})).as_deref(), Some("a@b"));
        assert_eq!((read(json!({})), read(Value::Null)), (None, None));
    }

    #[test]
    fn a_write_without_its_required_properties_is_not_sent() {
        let mut incident = SentinelIncident::new("a");
        assert!(envelope(&incident).unwrap_err().contains("`title`"));
        incident.title = Some("t".into());
        assert!(envelope(&incident).unwrap_err().contains("`severity`"));
    }
}
