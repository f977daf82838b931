//! Comments of an incident: the caller chooses the id, so writing one twice makes one comment.

use super::super::odata::{Filter, order, page};
use super::super::options::Options;
use super::super::store::{Comment, Core};
use super::super::wire::{Call, Reply};
use super::{incident_path, incidents};
use crate::value::datetime;
use serde_json::{Value as Json, json};

/// Comments an incident may have.
const MOST: usize = 100;
/// Characters a comment may have.
const LONGEST: usize = 30_000;
/// Properties that the list can be filtered and sorted by.
const FIELDS: &[&str] = &["name", "properties/createdTimeUtc", "properties/lastModifiedTimeUtc", "properties/message"];

fn resource(call: &Call, incident: &str, id: &str, comment: &Comment) -> Json {
    json!({"id": format!("{}/comments/{id}", incident_path(call, incident)), "name": id, "etag": comment.etag,
        "type": "Microsoft.SecurityInsights/Incidents/Comments",
        "properties": {"message": comment.message, "createdTimeUtc": comment.created,
            "lastModifiedTimeUtc": comment.modified, "author": comment.author}})
}

pub(super) fn list(core: &mut Core, options: &Options, call: &Call, incident: &str) -> Reply {
    let nonce = core.serial();
    match listed(core, options, call, incident, nonce) {
        Ok(body) => Reply::json(200, body),
        Err(text) => Reply::arm_error(400, "BadRequest", &text),
    }
}

fn listed(core: &Core, options: &Options, call: &Call, incident: &str, nonce: u64) -> Result<Json, String> {
    let filter = call.query("$filter").map(|text| Filter::parse(text, FIELDS)).transpose()?;
    let comments = core.sentinel.get(incident).map(|s| &s.comments);
    let mut all: Vec<Json> =
        comments.into_iter().flatten().map(|(id, comment)| resource(call, incident, id, comment)).collect();
    let get = |one: &Json, field: &str| one.pointer(&format!("/{field}")).cloned().unwrap_or(Json::Null);
    if let Some(filter) = filter {
        all.retain(|one| filter.matches(&|field| get(one, field)));
    }
    order(&mut all, call.query("$orderby"), "properties/createdTimeUtc desc", FIELDS, &get)?;
    let page = page(all, call, incidents::top(call, options)?, "$skipToken", nonce)?;
    Ok(incidents::with_link(json!({ "value": page.items }), page.next))
}

pub(super) fn one(core: &mut Core, options: &Options, call: &Call, incident: &str, id: &str) -> Reply {
    match call.method.as_str() {
        "PUT" => put(core, options, call, incident, id),
        "DELETE" => {
            let record = core.sentinel.get_mut(incident);
            if record.is_none_or(|r| r.comments.shift_remove(id).is_none()) {
                return Reply::empty(204);
            }
            core.touch_sentinel(incident, &call.writer(&options.app));
            Reply::empty(200)
        }
        _ => match core.sentinel.get(incident).and_then(|s| s.comments.get(id)) {
            Some(comment) => Reply::json(200, resource(call, incident, id, comment)),
            None => Reply::arm_error(404, "NotFound", &format!("Incident comment '{id}' was not found.")),
        },
    }
}

fn put(core: &mut Core, options: &Options, call: &Call, incident: &str, id: &str) -> Reply {
    let given = call.object().unwrap_or_default();
    let props = given.get("properties");
    let Some(message) = props.and_then(|p| p.get("message")).and_then(Json::as_str).filter(|m| !m.is_empty()) else {
        return Reply::arm_error(400, "BadRequest", "Invalid request body: property 'message' is required.");
    };
    if message.chars().count() > LONGEST {
        let text = format!("The comment's message is longer than {LONGEST} characters.");
        return Reply::arm_error(400, "BadRequest", &text);
    }
    let etag = given.get("etag").and_then(Json::as_str);
    let writer = call.writer(&options.app);
    let author = core.author(&writer);
    let now = datetime::format(core.clock.now());
    let Some(record) = core.sentinel.get_mut(incident) else { return Reply::empty(404) };
    let known = record.comments.get(id);
    if known.is_none() && record.comments.len() >= MOST {
        // That the 101st is refused is documented; the code is not.
        let text = format!("Incident '{incident}' has the maximum number of comments ({MOST}).");
        return Reply::arm_error(400, "BadRequest", &text);
    }
    if known.is_some_and(|k| etag.is_some_and(|e| e != k.etag)) {
        return incidents::conflict(id);
    }
    let status = if known.is_some() { 200 } else { 201 };
    let (created, author) = known.map_or((now.clone(), author), |k| (k.created.clone(), k.author.clone()));
    let comment = Comment { message: message.to_owned(), author, created, modified: now, etag: String::new() };
    record.comments.insert(id.to_owned(), comment);
    core.touch_sentinel(incident, &writer);
    let Some(record) = core.sentinel.get_mut(incident) else { return Reply::empty(404) };
    let (stamp, etag) = (datetime::format(record.stamp), record.etag.replacen("\"", "\"c", 1));
    match record.comments.get_mut(id) {
        Some(comment) => {
            comment.etag = etag;
            if status == 201 {
                comment.created.clone_from(&stamp);
            }
            comment.modified = stamp;
            Reply::json(status, resource(call, incident, id, comment))
        }
        None => Reply::empty(404),
    }
}
