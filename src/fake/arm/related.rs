//! What hangs on an incident: alerts, entities, bookmarks, relations.

use super::super::odata::page;
use super::super::options::Options;
use super::super::store::{Core, Sentinel};
use super::super::wire::{Call, Object, Reply};
use super::entities::entity;
use super::incidents::{conflict, top, with_link};
use super::render::{ALERTS, tactic};
use super::{incident_path, insights_path};
use serde_json::{Value as Json, json};

/// The alerts that Sentinel knows of, at most 150, however many Defender has.
fn known<'a>(core: &'a Core, id: &str) -> impl Iterator<Item = &'a Object> {
    let ids = core.sentinel.get(id).map(|s| s.alert_ids.as_slice()).unwrap_or_default();
    ids.iter().take(ALERTS).filter_map(|a| core.alerts.get(a))
}

/// Sentinel's own id of something Defender knows by another: the same for the same.
fn system_id(text: &str) -> String {
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, text.as_bytes()).hyphenated().to_string()
}

fn text<'a>(object: &'a Object, name: &str) -> &'a str {
    object.get(name).and_then(Json::as_str).unwrap_or_default()
}

pub(super) fn alerts(core: &Core, call: &Call, id: &str) -> Reply {
    let value: Vec<Json> = known(core, id).map(|alert| resource(call, alert)).collect();
    Reply::json(200, json!({ "value": value }))
}

fn resource(call: &Call, alert: &Object) -> Json {
    let name = system_id(text(alert, "id"));
    let severity = match text(alert, "severity") {
        "high" => "High",
        "low" => "Low",
        "informational" => "Informational",
        _ => "Medium",
    };
    let status = match text(alert, "status") {
        "new" => "New",
        "inProgress" => "InProgress",
        "resolved" => "Resolved",
        _ => "Unknown",
    };
    let first = alert.get("evidence").and_then(Json::as_array).and_then(|e| e.iter().find_map(entity));
    let compromised = first.and_then(|(_, props)| props.get("friendlyName").cloned()).unwrap_or_else(|| json!(""));
    let created = text(alert, "createdDateTime");
    let tactics: Vec<&str> = tactic(text(alert, "category")).into_iter().collect();
    json!({
        "id": format!("{}/entities/{name}", insights_path(call)), "name": name,
        "type": "Microsoft.SecurityInsights/Entities", "kind": "SecurityAlert",
        "properties": {
            "systemAlertId": name, "providerAlertId": text(alert, "id"), "alertDisplayName": text(alert, "title"),
            "alertType": text(alert, "title"), "description": text(alert, "description"), "severity": severity,
            "status": status, "vendorName": "Microsoft", "productName": text(alert, "productName"),
            "confidenceLevel": "Unknown", "compromisedEntity": compromised, "tactics": tactics,
            "intent": tactics.first().copied().filter(|t| *t != "InitialAccess").unwrap_or("Unknown"),
            "startTimeUtc": text(alert, "firstActivityDateTime"), "endTimeUtc": text(alert, "lastActivityDateTime"),
            "timeGenerated": created, "processingEndTime": created, "alertLink": text(alert, "alertWebUrl"),
            "remediationSteps": [text(alert, "recommendedActions")], "resourceIdentifiers": [],
            "friendlyName": text(alert, "title"),
        },
    })
}

pub(super) fn entities(core: &Core, call: &Call, id: &str) -> Reply {
    let mut seen: Vec<String> = Vec::new();
    let mut all: Vec<Json> = Vec::new();
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for evidence in known(core, id).filter_map(|a| a.get("evidence")?.as_array()).flatten() {
        let Some((kind, props)) = entity(evidence) else { continue };
        // One asset in many alerts is one entity.
        let name = system_id(&format!("{kind}/{}", text(&props, "friendlyName")));
        if seen.contains(&name) {
            continue;
        }
        seen.push(name.clone());
        all.push(json!({"id": format!("{}/entities/{name}", insights_path(call)), "name": name,
            "type": "Microsoft.SecurityInsights/Entities", "kind": kind, "properties": props}));
        match counts.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    let meta: Vec<Json> = counts.iter().map(|(kind, count)| json!({"entityKind": kind, "count": count})).collect();
    Reply::json(200, json!({"entities": all, "metaData": meta}))
}

pub(super) fn bookmarks(core: &Core, call: &Call, id: &str) -> Reply {
    let all = core.sentinel.get(id).map(|s| s.bookmarks.as_slice()).unwrap_or_default();
    let value = all.iter().enumerate().map(|(at, bookmark)| {
        let fresh = system_id(&format!("{id}/bookmark/{at}"));
        let name = bookmark.get("name").and_then(Json::as_str).unwrap_or(&fresh).to_owned();
        let mut props = bookmark.clone();
        props.shift_remove("name");
        json!({"id": format!("{}/entities/{name}", insights_path(call)), "name": name,
            "type": "Microsoft.SecurityInsights/Entities", "kind": "Bookmark", "properties": props})
    });
    Reply::json(200, json!({ "value": value.collect::<Vec<_>>() }))
}

fn relation_json(call: &Call, id: &str, name: &str, target: &str, etag: &str, kind: Option<&str>) -> Json {
    let parts: Vec<&str> = target.split('/').filter(|p| !p.is_empty()).collect();
    let related = parts.last().copied().unwrap_or_default();
    let collection = parts.len().checked_sub(2).and_then(|at| parts.get(at)).copied().unwrap_or_default();
    let mut props = json!({"relatedResourceId": target, "relatedResourceName": related,
        "relatedResourceType": format!("Microsoft.SecurityInsights/{collection}")});
    if let (Some(kind), Some(props)) = (kind, props.as_object_mut()) {
        props.insert("relatedResourceKind".into(), kind.into());
    }
    json!({"id": format!("{}/relations/{name}", incident_path(call, id)), "name": name, "etag": etag,
        "type": "Microsoft.SecurityInsights/Incidents/relations", "properties": props})
}

/// The relations that alerts make by themselves, then those that callers made.
fn all_relations(core: &Core, call: &Call, id: &str) -> Vec<Json> {
    let etag = core.sentinel.get(id).map(|s| s.etag.clone()).unwrap_or_default();
    let alerts = known(core, id).map(|alert| {
        let name = system_id(text(alert, "id"));
        let target = format!("{}/entities/{name}", insights_path(call));
        relation_json(call, id, &name, &target, &etag, Some("SecurityAlert"))
    });
    let made = core.sentinel.get(id).into_iter().flat_map(|s: &Sentinel| s.relations.iter());
    alerts.chain(made.map(|(name, (target, etag))| relation_json(call, id, name, target, etag, None))).collect()
}

pub(super) fn relations(core: &mut Core, options: &Options, call: &Call, id: &str) -> Reply {
    if let Some(name) = ["$filter", "$orderby"].into_iter().find(|n| call.query(n).is_some()) {
        return Reply::arm_error(400, "BadRequest", &format!("'{name}' is not supported on relations."));
    }
    let nonce = core.serial();
    let page = top(call, options).and_then(|top| page(all_relations(core, call, id), call, top, "$skipToken", nonce));
    match page {
        Ok(page) => Reply::json(200, with_link(json!({ "value": page.items }), page.next)),
        Err(text) => Reply::arm_error(400, "BadRequest", &text),
    }
}

pub(super) fn relation(core: &mut Core, call: &Call, id: &str, name: &str) -> Reply {
    let writer = call.writer("huntline");
    match call.method.as_str() {
        "PUT" => {
            let given = call.object().unwrap_or_default();
            let target = given.get("properties").and_then(|p| p.get("relatedResourceId")).and_then(Json::as_str);
            let Some(target) = target.filter(|t| !t.is_empty()).map(str::to_owned) else {
                let text = "Invalid request body: property 'relatedResourceId' is required.";
                return Reply::arm_error(400, "BadRequest", text);
            };
            let Some(record) = core.sentinel.get_mut(id) else { return Reply::empty(404) };
            let known = record.relations.get(name);
            let etag = given.get("etag").and_then(Json::as_str);
            if known.is_some_and(|(_, e)| etag.is_some_and(|given| given != e)) {
                return conflict(name);
            }
            let status = if known.is_some() { 200 } else { 201 };
            record.relations.insert(name.to_owned(), (target.clone(), String::new()));
            core.touch_sentinel(id, &writer);
            let Some(record) = core.sentinel.get_mut(id) else { return Reply::empty(404) };
            let etag = record.etag.replacen('"', "\"r", 1);
            record.relations.insert(name.to_owned(), (target.clone(), etag.clone()));
            Reply::json(status, relation_json(call, id, name, &target, &etag, None))
        }
        "DELETE" => {
            if core.sentinel.get_mut(id).is_none_or(|r| r.relations.shift_remove(name).is_none()) {
                return Reply::empty(204);
            }
            core.touch_sentinel(id, &writer);
            Reply::empty(200)
        }
        _ => {
            let all = all_relations(core, call, id);
            match all.into_iter().find(|r| r.get("name").and_then(Json::as_str) == Some(name)) {
                Some(relation) => Reply::json(200, relation),
                None => Reply::arm_error(404, "NotFound", &format!("Relation '{name}' was not found.")),
            }
        }
    }
}
