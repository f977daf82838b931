//! PATCH: only what is sent changes, and only what may be written is taken.

use super::super::odata::{Literal, Op};
use super::super::options::Options;
use super::super::store::Core;
use super::super::wire::{Call, Object, Reply};
use super::render::{Shape, entity};
use super::{bad, not_found};
use crate::value::datetime;
use serde_json::{Value as Json, json};

const STATUS: &[&str] = &["active", "resolved", "inProgress"];
const ALERT_STATUS: &[&str] = &["unknown", "new", "inProgress", "resolved"];
const SEVERITY: &[&str] = &["informational", "low", "medium", "high"];
const CLASSIFICATION: &[&str] = &["unknown", "falsePositive", "truePositive", "informationalExpectedActivity"];
const DETERMINATION: &[&str] = &[
    "unknown",
    "malware",
    "securityTesting",
    "unwantedSoftware",
    "other",
    "multiStagedAttack",
    "compromisedAccount",
    "phishing",
    "maliciousUserActivity",
    "notMalicious",
    "notEnoughDataToValidate",
    "confirmedActivity",
    "lineOfBusinessApplication",
];
/// Values that a read may show and a write may not have.
const READ_ONLY_VALUES: &[&str] =
    &["redirected", "awaitingAction", "unknownFutureValue", "unknown", "apt", "securityPersonnel"];

/// The documented pairs of classification and determination.
fn legal(classification: &str, determination: &str) -> bool {
    let allowed: &[&str] = match classification {
        "truePositive" => &[
            "multiStagedAttack",
            "maliciousUserActivity",
            "compromisedAccount",
            "malware",
            "phishing",
            "unwantedSoftware",
            "other",
        ],
        "informationalExpectedActivity" => {
            &["securityTesting", "lineOfBusinessApplication", "confirmedActivity", "other"]
        }
        "falsePositive" => &["notMalicious", "notEnoughDataToValidate", "other"],
        _ => &["unknown"],
    };
    allowed.contains(&determination)
}

fn words(name: &str, alert: bool) -> Option<&'static [&'static str]> {
    Some(match name {
        "status" if alert => ALERT_STATUS,
        "status" => STATUS,
        "severity" => SEVERITY,
        "classification" => CLASSIFICATION,
        "determination" => DETERMINATION,
        _ => return None,
    })
}

/// Checks the body of a PATCH and answers the change.
fn change(call: &Call, alert: bool) -> Result<Object, String> {
    const TEXTS: [&str; 5] = ["assignedTo", "displayName", "description", "summary", "resolvingComment"];
    let Some(given) = call.object() else { return Err("Unable to read JSON request payload.".to_owned()) };
    let mut out = Object::new();
    for (name, value) in given {
        let enumeration = words(&name, alert).filter(|_| !(alert && name == "severity"));
        match (name.as_str(), enumeration) {
            ("@odata.type", _) if value.is_string() => continue,
            (_, Some(words)) => match value.as_str() {
                Some(word) if words.contains(&word) => {}
                _ => return Err(format!("Invalid value {value} for the property '{name}'.")),
            },
            ("customTags", None) if !alert => {
                let texts = value.as_array().is_some_and(|list| list.iter().all(Json::is_string));
                if !texts {
                    return Err("The property 'customTags' is an array of strings.".to_owned());
                }
            }
            (text, None) if TEXTS.contains(&text) && (!alert || text == "assignedTo") => {
                if !value.is_string() && !value.is_null() {
                    return Err(format!("The property '{name}' is a string or null."));
                }
            }
            _ => return Err(format!("The property '{name}' does not exist or cannot be written.")),
        }
        out.insert(name, value);
    }
    if out.is_empty() {
        return Err("The request has no property to change.".to_owned());
    }
    let text = |name: &str| out.get(name).and_then(Json::as_str);
    if let (Some(c), Some(d)) = (text("classification"), text("determination"))
        && !legal(c, d)
    {
        return Err(format!("The determination '{d}' is not valid for the classification '{c}'."));
    }
    Ok(out)
}

/// A redirected incident is gone from the portal. That writes to it are refused is our choice.
pub(super) fn refuse_redirected(core: &Core, id: &str) -> Result<(), Reply> {
    match core.defender.get(id) {
        Some(i) if i.text("status") == "redirected" => Err(bad(format!(
            "The incident {id} was merged into {} and cannot be changed.",
            i.text("redirectIncidentId")
        ))),
        _ => Ok(()),
    }
}

pub(super) fn incident(core: &mut Core, options: &Options, call: &Call, id: &str) -> Result<Reply, Reply> {
    if !core.defender.contains_key(id) {
        return Err(not_found());
    }
    let change = change(call, false).map_err(bad)?;
    refuse_redirected(core, id)?;
    let incident = core.defender.get_mut(id).ok_or_else(not_found)?;
    incident.props.extend(change.clone());
    core.spread(id, &change);
    core.touch_defender(id, &call.writer(&options.app));
    let shape = Shape::of(call)?;
    let incident = core.defender.get(id).ok_or_else(not_found)?;
    Ok(entity("incidents", shape.incident(core, &incident.props)))
}

/// Moves the alert's time.
pub(super) fn touch_alert(core: &mut Core, id: &str) {
    let at = core.clock.write();
    if let Some(alert) = core.alerts.get_mut(id) {
        let last = alert.get("lastUpdateDateTime").and_then(Json::as_str).and_then(datetime::parse);
        let at = last.map_or(at, |last| at.max(last + 1));
        alert.insert("lastUpdateDateTime".into(), datetime::format(at).into());
    }
}

pub(super) fn alert(core: &mut Core, _options: &Options, call: &Call, id: &str) -> Result<Reply, Reply> {
    if !core.alerts.contains_key(id) {
        return Err(not_found());
    }
    let mut change = change(call, true).map_err(bad)?;
    if change.get("status").and_then(Json::as_str) == Some("resolved") {
        change.insert("resolvedDateTime".into(), json!(datetime::format(core.clock.now())));
    }
    core.alerts.get_mut(id).ok_or_else(not_found)?.extend(change);
    touch_alert(core, id);
    let alert = core.alerts.get(id).ok_or_else(not_found)?;
    Ok(entity("alerts_v2", Shape::of(call)?.alert(alert)))
}

/// A filter may name only values that the enumeration has, and only times order.
pub(super) fn filterable(field: &str, op: Op, literal: &Literal, alert: bool) -> Result<(), String> {
    let time = field.ends_with("DateTime");
    match literal {
        Literal::Time(_) if time => Ok(()),
        Literal::Text(word) if !time => match words(field, alert) {
            Some(words) if !words.contains(&word.as_str()) && !READ_ONLY_VALUES.contains(&word.as_str()) => {
                Err(format!("Invalid value '{word}' for the property '{field}' in the filter."))
            }
            _ if matches!(op, Op::Eq | Op::Ne | Op::Contains | Op::StartsWith) => Ok(()),
            _ => Err(format!("The operator is not supported on the property '{field}'.")),
        },
        Literal::Null => Ok(()),
        _ => Err(format!("A literal of another type was expected for the property '{field}'.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, Method};

    fn patch(body: Json, alert: bool) -> Result<Object, String> {
        let bytes = Bytes::from(body.to_string());
        change(&Call::new(Method::PATCH, "/", "", HeaderMap::new(), bytes), alert)
    }

    #[test]
    fn only_writable_properties_and_values_pass() {
        for bad in [
            json!({"status": "Closed"}),
            json!({"status": "Resolved"}),
            json!({"status": "redirected"}),
            json!({"status": "awaitingAction"}),
            json!({"determination": "clean"}),
            json!({"determination": "apt"}),
            json!({"tenantId": "x"}),
            json!({"lastUpdateDateTime": "x"}),
            json!({"colour": "x"}),
            json!({"customTags": "x"}),
            json!({"assignedTo": 1}),
            json!({}),
            json!([]),
            json!({"classification": "falsePositive", "determination": "malware"}),
        ] {
            assert!(patch(bad.clone(), false).is_err(), "{bad}");
        }
        assert!(patch(json!({"assignedTo": null, "status": "resolved", "customTags": []}), false).is_ok());
        assert!(patch(json!({"classification": "truePositive", "determination": "malware"}), false).is_ok());
        assert!(patch(json!({"severity": "low"}), true).is_err(), "alerts keep their severity");
        assert!(patch(json!({"status": "new"}), true).is_ok());
    }
}
