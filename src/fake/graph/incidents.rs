//! Lists, single reads and comments.

use super::super::odata::{Filter, order, page};
use super::super::options::Options;
use super::super::store::Core;
use super::super::wire::{Call, Object, Reply};
use super::render::{Shape, collection, entity};
use super::{bad, not_found, patch};
use crate::value::datetime;
use serde_json::{Value as Json, json};

/// What incidents can be filtered by.
const FILTERS: &[&str] =
    &["assignedTo", "classification", "createdDateTime", "determination", "lastUpdateDateTime", "severity", "status"];
/// What alerts can be filtered by.
const ALERT_FILTERS: &[&str] = &[
    "assignedTo",
    "classification",
    "createdDateTime",
    "determination",
    "lastUpdateDateTime",
    "severity",
    "status",
    "serviceSource",
    "incidentId",
];
/// What lists can be sorted by.
const SORTS: &[&str] = &["createdDateTime", "lastUpdateDateTime", "severity", "status", "id"];
/// Characters a comment may have.
const LONGEST: usize = 30_000;

/// Cuts and dresses a list of records.
fn listed<'a>(
    core: &'a Core,
    options: &Options,
    call: &Call,
    mut records: Vec<&'a Object>,
    what: &str,
    nonce: u64,
) -> Result<Reply, Reply> {
    let shape = Shape::of(call)?;
    let alerts = what != "incidents";
    if let Some(text) = call.query("$filter") {
        let filter = Filter::parse(text, if alerts { ALERT_FILTERS } else { FILTERS }).map_err(bad)?;
        filter.check(&|field, op, literal| patch::filterable(field, op, literal, alerts)).map_err(bad)?;
        records.retain(|r| filter.matches(&|field| r.get(field).cloned().unwrap_or(Json::Null)));
    }
    let get = |r: &&Object, field: &str| r.get(field).cloned().unwrap_or(Json::Null);
    order(&mut records, call.query("$orderby"), "createdDateTime desc", SORTS, &get).map_err(bad)?;
    let size = match call.query("$top") {
        None => options.page_size,
        Some(text) => match text.parse::<usize>() {
            Ok(n) if n > 0 => n,
            _ => return Err(bad(format!("Invalid value '{text}' for $top: a positive number is expected."))),
        },
    };
    let size = size.clamp(1, options.graph_page_max.max(1));
    let page = page(records, call, size, "$skiptoken", nonce).map_err(bad)?;
    let total = (call.query("$count") == Some("true")).then_some(page.total);
    let dress = |r: &Object| if alerts { shape.alert(r) } else { shape.incident(core, r) };
    Ok(collection(what, page.items.into_iter().map(|r| Json::Object(dress(r))).collect(), total, page.next))
}

pub(super) fn list(core: &mut Core, options: &Options, call: &Call) -> Result<Reply, Reply> {
    let nonce = core.serial();
    let core = &*core;
    let cutoff = core.clock.now().saturating_sub(core.lag.list);
    let records = match core.lag.list {
        0 => core.defender.values().map(|d| &d.props).collect(),
        _ => core.defender.values().filter_map(|d| d.as_of(cutoff)).collect(),
    };
    listed(core, options, call, records, "incidents", nonce)
}

pub(super) fn get(core: &Core, call: &Call, id: &str) -> Result<Reply, Reply> {
    let shape = Shape::of(call)?;
    let incident = core.defender.get(id).ok_or_else(not_found)?;
    Ok(entity("incidents", shape.incident(core, &incident.props)))
}

/// The alerts of one incident, or all.
pub(super) fn alerts(core: &mut Core, options: &Options, call: &Call, of: Option<&str>) -> Result<Reply, Reply> {
    let nonce = core.serial();
    let core = &*core;
    let records = match of {
        None => core.alerts.values().collect(),
        Some(id) => {
            let incident = core.defender.get(id).ok_or_else(not_found)?;
            incident.alert_ids.iter().filter_map(|a| core.alerts.get(a)).collect()
        }
    };
    listed(core, options, call, records, "alerts_v2", nonce)
}

pub(super) fn alert(core: &Core, call: &Call, id: &str) -> Result<Reply, Reply> {
    let shape = Shape::of(call)?;
    let alert = core.alerts.get(id).ok_or_else(not_found)?;
    Ok(entity("alerts_v2", shape.alert(alert)))
}

/// The comment in a body, as it is stored. It has no id: posting one twice makes two.
fn new_comment(core: &Core, options: &Options, call: &Call) -> Result<Json, Reply> {
    let given = call.object().ok_or_else(|| bad("Unable to read JSON request payload."))?;
    if let Some(other) = given.keys().find(|k| !matches!(k.as_str(), "@odata.type" | "comment")) {
        return Err(bad(format!("The property '{other}' cannot be set on a comment.")));
    }
    let kind = given.get("@odata.type").map(|t| t.as_str().unwrap_or_default().trim_start_matches('#'));
    if let Some(other) = kind.filter(|k| *k != "microsoft.graph.security.alertComment") {
        return Err(bad(format!("'{other}' is no type of a comment.")));
    }
    let text = given.get("comment").and_then(Json::as_str).filter(|c| !c.is_empty());
    let text = text.ok_or_else(|| bad("The property 'comment' is required."))?;
    if text.chars().count() > LONGEST {
        return Err(bad(format!("The comment is longer than {LONGEST} characters.")));
    }
    Ok(json!({"@odata.type": "#microsoft.graph.security.alertComment", "comment": text,
        "createdByDisplayName": call.writer(&options.app), "createdDateTime": datetime::format(core.clock.now())}))
}

/// Appends to the comments of a record and answers all of them.
fn append(props: &mut Object, comment: Json) -> Json {
    let comments = props.entry("comments").or_insert_with(|| json!([]));
    if let Some(list) = comments.as_array_mut() {
        list.push(comment);
    }
    comments.clone()
}

fn all_comments(what: &str, id: &str, all: Json) -> Reply {
    let context = super::context(&format!("{what}('{id}')/comments"));
    Reply::json(200, json!({"@odata.context": context, "value": all}))
}

pub(super) fn comment(core: &mut Core, options: &Options, call: &Call, id: &str) -> Result<Reply, Reply> {
    if !core.defender.contains_key(id) {
        return Err(not_found());
    }
    let comment = new_comment(core, options, call)?;
    patch::refuse_redirected(core, id)?;
    let incident = core.defender.get_mut(id).ok_or_else(not_found)?;
    let all = append(&mut incident.props, comment);
    core.touch_defender(id, &call.writer(&options.app));
    Ok(all_comments("incidents", id, all))
}

pub(super) fn alert_comment(core: &mut Core, options: &Options, call: &Call, id: &str) -> Result<Reply, Reply> {
    if !core.alerts.contains_key(id) {
        return Err(not_found());
    }
    let comment = new_comment(core, options, call)?;
    let all = append(core.alerts.get_mut(id).ok_or_else(not_found)?, comment);
    patch::touch_alert(core, id);
    Ok(all_comments("alerts_v2", id, all))
}
