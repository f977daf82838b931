//! Incidents: list, read, write, delete.

use super::super::odata::{Filter, order, page};
use super::super::options::Options;
use super::super::store::{Core, Sentinel};
use super::super::wire::{Call, Object, Reply};
use super::{Version, body, render};
use serde_json::{Value as Json, json};

/// Properties that lists can be filtered and sorted by.
const FIELDS: &[&str] = &[
    "name",
    "properties/title",
    "properties/severity",
    "properties/status",
    "properties/classification",
    "properties/classificationReason",
    "properties/createdTimeUtc",
    "properties/lastModifiedTimeUtc",
    "properties/firstActivityTimeUtc",
    "properties/lastActivityTimeUtc",
    "properties/incidentNumber",
    "properties/providerName",
    "properties/providerIncidentId",
];

/// The newest page the caller may ask for, by the spec.
const TOP: usize = 1000;

pub(super) fn list(core: &mut Core, options: &Options, call: &Call, version: Version) -> Reply {
    match listed(core, options, call, version) {
        Ok(body) => Reply::json(200, body),
        Err(text) => Reply::arm_error(400, "BadRequest", &text),
    }
}

fn listed(core: &mut Core, options: &Options, call: &Call, version: Version) -> Result<Json, String> {
    let filter = call.query("$filter").map(|text| Filter::parse(text, FIELDS)).transpose()?;
    let nonce = core.serial();
    let core = &*core;
    let cutoff = core.clock.now().saturating_sub(core.lag.list);
    let mut records: Vec<&Sentinel> =
        if core.lag.list == 0 { core.sentinel.values().collect() } else { lagging(core, cutoff) };
    if let Some(filter) = filter {
        records.retain(|r| filter.matches(&|field| field_of(r, field)));
    }
    let get = |r: &&Sentinel, field: &str| field_of(r, field);
    order(&mut records, call.query("$orderby"), "properties/createdTimeUtc desc", FIELDS, &get)?;
    let page = page(records, call, top(call, options)?, "$skipToken", nonce)?;
    let value: Vec<Json> = page.items.into_iter().map(|r| render::incident(core, call, r, version)).collect();
    Ok(with_link(json!({ "value": value }), page.next))
}

fn lagging(core: &Core, cutoff: i64) -> Vec<&Sentinel> {
    core.sentinel.values().filter_map(|s| s.as_of(cutoff)).collect()
}

fn field_of(record: &Sentinel, field: &str) -> Json {
    match field.strip_prefix("properties/") {
        Some(name) => record.props.get(name).cloned().unwrap_or(Json::Null),
        None => record.name.clone().into(),
    }
}

/// The page's length.
pub(super) fn top(call: &Call, options: &Options) -> Result<usize, String> {
    match call.query("$top") {
        None => Ok(options.page_size.clamp(1, TOP)),
        Some(text) => match text.parse::<usize>() {
            Ok(n) if (1..=TOP).contains(&n) => Ok(n),
            _ => Err(format!("Invalid value '{text}' for $top: a number from 1 to {TOP} is expected.")),
        },
    }
}

/// A list's body with its link, if there is one.
pub(super) fn with_link(mut body: Json, next: Option<String>) -> Json {
    if let (Some(next), Some(body)) = (next, body.as_object_mut()) {
        body.insert("nextLink".into(), next.into());
    }
    body
}

pub(super) fn get(core: &Core, call: &Call, id: &str, version: Version) -> Reply {
    match core.sentinel.get(id) {
        Some(record) => Reply::json(200, render::incident(core, call, record, version)),
        None => Reply::arm_error(404, "NotFound", &format!("Incident '{id}' was not found.")),
    }
}

/// The answer to a write that is based on an older state.
pub(in crate::fake) fn conflict(id: &str) -> Reply {
    Reply::arm_error(409, "Conflict", &format!("Newer version of resource '{id}' exists. Data was not saved"))
}

pub(super) fn put(core: &mut Core, options: &Options, call: &Call, id: &str, version: Version) -> Reply {
    let Some(given) = call.object() else {
        return Reply::arm_error(400, "BadRequest", "Invalid request body: a JSON object is expected.");
    };
    let fresh = match body::writable(core, &given) {
        Ok(fresh) => fresh,
        Err(text) => return Reply::arm_error(400, "BadRequest", &text),
    };
    let etag = given.get("etag").and_then(Json::as_str);
    let exists = core.sentinel.contains_key(id);
    match core.sentinel.get_mut(id) {
        Some(record) if etag != Some(record.etag.as_str()) => return conflict(id),
        Some(record) => replace(record, fresh),
        // The service's store replaces by etag, and there is nothing to replace: what it answers is not known, and a
        // client that believes in a deleted incident should not make a new one by accident.
        None if etag.is_some() => {
            return Reply::arm_error(404, "NotFound", &format!("Incident '{id}' was not found."));
        }
        None => create(core, id, fresh),
    }
    core.touch_sentinel(id, &call.writer(&options.app));
    match core.sentinel.get(id) {
        Some(record) => Reply::json(if exists { 200 } else { 201 }, render::incident(core, call, record, version)),
        None => Reply::arm_error(500, "InternalServerError", "The incident was lost."),
    }
}

/// Writable properties are replaced, all of them; labels that Sentinel set itself stay.
fn replace(record: &mut Sentinel, mut fresh: Object) {
    let automatic: Vec<Json> = record
        .props
        .get("labels")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter(|l| l.get("labelType").and_then(Json::as_str) != Some("User"))
        .cloned()
        .collect();
    if let Some(labels) = fresh.get_mut("labels").and_then(Json::as_array_mut) {
        labels.retain(|l| !automatic.iter().any(|a| a.get("labelName") == l.get("labelName")));
        labels.extend(automatic);
    }
    record.props.extend(fresh);
}

fn create(core: &mut Core, id: &str, mut props: Object) {
    let now = core.clock.now();
    let number = core.next_number();
    props.insert("createdTimeUtc".into(), crate::value::datetime::format(now).into());
    props.insert("incidentNumber".into(), number.into());
    props.insert("relatedAnalyticRuleIds".into(), json!([]));
    props.insert("providerName".into(), "Azure Sentinel".into());
    props.insert("providerIncidentId".into(), number.to_string().into());
    core.sentinel.insert(id.to_owned(), Sentinel::new(id, props, now));
}

pub(super) fn delete(core: &mut Core, id: &str) -> Reply {
    Reply::empty(if core.sentinel.shift_remove(id).is_some() { 200 } else { 204 })
}
