//! SecurityIncident: one row for every change of an incident, by Sentinel where it was read, else by Defender in Sentinel's
//! words.
//!
//! An incident that only Defender told of has no IncidentName and no IncidentNumber: both are Sentinel's. Its
//! ProviderIncidentId is Defender's id, as in the rows that follow once Sentinel has it.

use super::super::link::DEFENDER_PROVIDERS;
use super::super::{DefenderIncident, Label, Open, OwnerInfo, SentinelIncident, Severity, Shadow, Status, Wire};
use super::alert_info::{categories, product, techniques};
use super::columns::{Columns, add_once, text, texts, ticks, time};
use super::product::{capital, tactic};
use super::reading::Reading;
use crate::value::datetime;
use serde_json::{Map, Value, json};

/// The row, when the incident is new or something that the table shows changed.
pub(super) fn changes(old: &Reading<'_>, new: &Reading<'_>, read_at: i64) -> Option<Map<String, Value>> {
    let shown = columns_of(new)?;
    let before = columns_of(old);
    if before.as_ref() == Some(&shown) {
        return None;
    }
    let mut columns = Columns::default();
    columns.time("TimeGenerated", Some(generated(old, new, before.is_some(), read_at)));
    columns.0.extend(shown);
    columns.time("ClosedTime", closed(old, new, before.is_some()));
    columns.text("ModifiedBy", modified_by(old, new));
    columns.text("SourceSystem", Some("Azure"));
    columns.text("Type", Some("SecurityIncident"));
    Some(columns.0)
}

/// When the row was made: with the last change of either side. A change that moved neither side's time (alerts that were
/// read later) is one tick later than the row before, so that the newest row is the last one.
fn generated(old: &Reading<'_>, new: &Reading<'_>, known: bool, read_at: i64) -> i64 {
    let changed = |r: &Reading<'_>| r.sentinel_changed().max(r.defender_changed());
    match (changed(new).or_else(|| new.created()), changed(old).filter(|_| known)) {
        (Some(time), Some(before)) if time <= before => before.saturating_add(1).min(datetime::MAX),
        (Some(time), _) => time,
        (None, _) => read_at,
    }
}

fn is_closed(reading: &Reading<'_>) -> bool {
    let meaning = match (reading.sentinel, reading.defender) {
        (Some(sentinel), _) => sentinel.meaning(),
        (None, Some(defender)) => defender.meaning(),
        (None, None) => None,
    };
    meaning == Some(Status::Closed)
}

/// When it was closed: neither side tells. It is the time of the change that closed it where this reading is that change, else
/// the time at which Defender resolved its last alert; nothing where neither is known.
fn closed(old: &Reading<'_>, new: &Reading<'_>, known: bool) -> Option<i64> {
    if !is_closed(new) {
        return None;
    }
    let change = if new.sentinel.is_some() { new.sentinel_changed() } else { new.defender_changed() };
    if known && !is_closed(old) {
        return change;
    }
    let resolved = new.alerts.iter().filter_map(|a| time(&a.other, "resolvedDateTime")).max();
    // An incident that is as old as its last change was closed with it.
    resolved.or(change.filter(|c| new.created().is_some_and(|made| made >= *c)))
}

/// Who made the change: of the side that changed.
fn modified_by(old: &Reading<'_>, new: &Reading<'_>) -> Option<String> {
    match new.sentinel {
        Some(sentinel) if new.sentinel_changed() != old.sentinel_changed() => sentinel.modified_by.clone(),
        Some(_) if new.defender_changed() == old.defender_changed() => None,
        _ => new.defender.and_then(|d| d.last_modified_by.clone()),
    }
}

/// The columns that tell of a change.
fn columns_of(reading: &Reading<'_>) -> Option<Map<String, Value>> {
    let mut columns = Columns::default();
    let told = match (reading.sentinel, reading.defender) {
        (Some(sentinel), defender) => {
            by_sentinel(sentinel, defender, reading, &mut columns);
            sentinel.other.get("additionalData").and_then(Value::as_object)
        }
        (None, Some(defender)) => {
            by_defender(defender, &mut columns);
            None
        }
        (None, None) => return None,
    };
    let span = |name: &'static str| reading.alerts.iter().filter_map(move |a| time(&a.other, name));
    let sentinel_time = |name: &str| reading.sentinel.and_then(|s| time(&s.other, name));
    let first = sentinel_time("firstActivityTimeUtc").or_else(|| span("firstActivityDateTime").min());
    let last = sentinel_time("lastActivityTimeUtc").or_else(|| span("lastActivityDateTime").max());
    columns.time("FirstActivityTime", first);
    columns.time("LastActivityTime", last);
    columns.json("AlertIds", reading.alert_ids().into());
    let additional = additional(reading, told);
    if additional.get("bookmarksCount").and_then(Value::as_u64) == Some(0) {
        columns.json("BookmarkIds", json!([]));
    }
    columns.json("AdditionalData", Value::Object(additional));
    Some(columns.0)
}

/// The columns by Sentinel; what it leaves empty and Defender says is Defender's.
fn by_sentinel(
    sentinel: &SentinelIncident,
    defender: Option<&DefenderIncident>,
    reading: &Reading<'_>,
    columns: &mut Columns,
) {
    let own = &sentinel.other;
    let filled = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
    columns.text("IncidentName", Some(sentinel.id.as_str()));
    columns.json("IncidentNumber", sentinel.incident_number.and_then(|n| i32::try_from(n).ok()).into());
    columns.text("Title", filled(&sentinel.title).or_else(|| defender?.display_name.clone()));
    columns.text("Description", filled(&sentinel.description).or_else(|| defender?.description.clone()));
    columns.text("Severity", sentinel.severity.as_ref().map(severity));
    columns.text("Status", Some(sentinel.status.text()));
    columns.text("Classification", sentinel.classification.as_ref().map(Open::text));
    columns.text("ClassificationReason", sentinel.classification_reason.as_ref().map(Open::text));
    columns.text("ClassificationComment", sentinel.classification_comment.as_deref());
    columns.json("Owner", owner(sentinel.owner.as_ref()));
    columns.text("ProviderName", sentinel.provider_name.as_deref());
    columns.text("ProviderIncidentId", sentinel.provider_incident_id.as_deref().or(defender.map(|d| d.id.as_str())));
    columns.time("CreatedTime", ticks(sentinel.created_time_utc.as_deref()));
    columns.time("LastModifiedTime", ticks(sentinel.last_modified_time_utc.as_deref()));
    columns.time("FirstModifiedTime", time(own, "firstModifiedTimeUtc"));
    columns.text("IncidentUrl", sentinel.incident_url.as_deref());
    columns.json("Labels", sentinel.labels.iter().map(label).collect());
    let comment = |c: &super::super::SentinelComment| json!({"id": c.id, "message": c.message, "createdTimeUtc": c.created_time_utc, "author": {"name": c.author}});
    columns.json("Comments", reading.comments.iter().map(comment).collect());
    let rules = texts(own, "relatedAnalyticRuleIds").map(|id| id.rsplit('/').next().unwrap_or(id));
    columns.json("RelatedAnalyticRuleIds", rules.collect());
}

/// The columns by Defender, in Sentinel's words.
fn by_defender(defender: &DefenderIncident, columns: &mut Columns) {
    let [provider, ..] = DEFENDER_PROVIDERS;
    let meaning = defender.meaning();
    columns.text("Title", defender.display_name.as_deref());
    columns.text("Description", defender.description.as_deref());
    columns.text("Severity", defender.severity.as_ref().map(severity));
    columns.text(
        "Status",
        Some(meaning.map_or_else(|| capital(defender.status.text()), |m| m.sentinel().wire().to_owned())),
    );
    // A classification is Sentinel's reason of closing: an open incident shows none.
    if let (Some(Status::Closed), Some(closing)) = (meaning, defender.closing()) {
        let said = Shadow::default().to_sentinel(&closing);
        columns.text("Classification", Some(said.class.sentinel().wire()));
        columns.text("ClassificationReason", said.reason.map(Wire::wire));
        columns.text("ClassificationComment", defender.resolving_comment.as_deref());
    }
    let assigned = defender.assigned_to.clone().filter(|a| !a.trim().is_empty());
    let upn = assigned.clone().filter(|a| a.contains('@'));
    columns.json(
        "Owner",
        owner(Some(&OwnerInfo { assigned_to: assigned, user_principal_name: upn, ..OwnerInfo::default() })),
    );
    columns.text("ProviderName", Some(provider));
    columns.text("ProviderIncidentId", Some(defender.id.as_str()));
    columns.time("CreatedTime", ticks(defender.created_date_time.as_deref()));
    columns.time("LastModifiedTime", ticks(defender.last_update_date_time.as_deref()));
    columns.text("IncidentUrl", defender.incident_web_url.as_deref());
    let tag = |kind: &'static str| move |t: &String| json!({"labelName": t, "labelType": kind});
    let own = defender.system_tags.iter().map(tag("AutoAssigned"));
    columns.json("Labels", defender.custom_tags.iter().map(tag("User")).chain(own).collect());
    let comment = |c: &super::super::DefenderComment| json!({"message": c.comment, "createdTimeUtc": c.created_date_time, "author": {"name": c.created_by_display_name}});
    columns.json("Comments", defender.comments.iter().map(comment).collect());
    columns.json("RelatedAnalyticRuleIds", json!([]));
}

fn severity(value: &Open<Severity>) -> String {
    value.known().map_or_else(|| capital(value.text()), |s| s.sentinel().to_owned())
}

/// The owner by the names that the table has, every one of them.
fn owner(owner: Option<&OwnerInfo>) -> Value {
    let none = OwnerInfo::default();
    let owner = owner.unwrap_or(&none);
    let mut value = json!({"objectId": owner.object_id, "email": owner.email, "assignedTo": owner.assigned_to,
        "userPrincipalName": owner.user_principal_name});
    if let (Some(kind), Some(value)) = (&owner.owner_type, value.as_object_mut()) {
        value.insert("ownerType".to_owned(), kind.as_str().into());
    }
    value
}

fn label(label: &Label) -> Value {
    json!({"labelName": label.label_name, "labelType": label.label_type.as_deref().unwrap_or("User")})
}

/// AdditionalData: what Sentinel counts, else what was read; with links that have no column.
fn additional(reading: &Reading<'_>, told: Option<&Map<String, Value>>) -> Map<String, Value> {
    let mut data = told.cloned().unwrap_or_default();
    let comments =
        reading.sentinel.map_or(reading.defender.map_or(0, |d| d.comments.len()), |_| reading.comments.len());
    let given = data.get("alertsCount").and_then(Value::as_u64).unwrap_or(0);
    data.insert("alertsCount".to_owned(), given.max(reading.alert_ids().len() as u64).into());
    data.entry("bookmarksCount").or_insert(json!(0));
    data.entry("commentsCount").or_insert(comments.into());
    let (mut products, mut tactics, mut ids) = (vec![], vec![], vec![]);
    for alert in &reading.alerts {
        product(alert).into_iter().for_each(|p| add_once(&mut products, p));
        categories(alert).iter().filter_map(|c| tactic(c)).for_each(|t| add_once(&mut tactics, t));
        techniques(alert).iter().for_each(|t| add_once(&mut ids, t));
    }
    for told in reading.told.iter().filter(|t| t.twin.is_none()) {
        text(told.properties, "productName").into_iter().for_each(|p| add_once(&mut products, p));
        texts(told.properties, "tactics").for_each(|t| add_once(&mut tactics, t));
    }
    for (name, list) in [("alertProductNames", products), ("tactics", tactics), ("techniques", ids)] {
        if data.get(name).and_then(Value::as_array).is_none_or(Vec::is_empty) {
            data.insert(name.to_owned(), list.into());
        }
    }
    if let Some(defender) = reading.defender {
        if let (Some(url), false) = (&defender.incident_web_url, data.contains_key("providerIncidentUrl")) {
            data.insert("providerIncidentUrl".to_owned(), url.as_str().into());
        }
        if let Some(target) = &defender.redirect_incident_id {
            data.insert("redirectIncidentId".to_owned(), target.as_str().into());
        }
    }
    let other: Vec<&str> = reading.told.iter().filter_map(|t| t.system_id().filter(|id| *id != t.id())).collect();
    if !other.is_empty() {
        data.insert("systemAlertIds".to_owned(), other.into());
    }
    data
}
