//! The body of a PUT: what is required, what may be written, and what the service refuses.

use super::super::store::{Core, labels_of};
use super::super::wire::Object;
use crate::value::datetime;
use serde_json::{Value as Json, json};

const STATUS: &[&str] = &["New", "Active", "Closed"];
const SEVERITY: &[&str] = &["High", "Medium", "Low", "Informational"];
const CLASSIFICATION: &[&str] = &["Undetermined", "TruePositive", "BenignPositive", "FalsePositive"];
const REASON: &[&str] = &["SuspiciousActivity", "SuspiciousButExpected", "IncorrectAlertLogic", "InaccurateData"];
/// The closings that the portal offers.
const CLOSINGS: &[(&str, &str)] = &[
    ("TruePositive", "SuspiciousActivity"),
    ("BenignPositive", "SuspiciousButExpected"),
    ("FalsePositive", "IncorrectAlertLogic"),
    ("FalsePositive", "InaccurateData"),
];

/// The writable properties of a PUT, complete: what the body leaves out is null or empty, so that a PUT replaces.
/// Read-only and unknown properties are passed over, as the service does. The error is the message of a 400.
pub(super) fn writable(core: &Core, body: &Object) -> Result<Object, String> {
    let Some(given) = body.get("properties").and_then(Json::as_object) else {
        return Err("Invalid request body: 'properties' is required.".to_owned());
    };
    let mut out = Object::new();
    let title = text(given, "title")?.filter(|t| !t.is_empty()).ok_or_else(|| required("title"))?;
    out.insert("title".into(), title.into());
    out.insert("severity".into(), word(given, "severity", SEVERITY)?.ok_or_else(|| required("severity"))?.into());
    out.insert("status".into(), word(given, "status", STATUS)?.ok_or_else(|| required("status"))?.into());
    out.insert("description".into(), json!(text(given, "description")?));
    let classification = word(given, "classification", CLASSIFICATION)?;
    let reason = word(given, "classificationReason", REASON)?;
    closing(classification.as_deref(), reason.as_deref())?;
    out.insert("classification".into(), json!(classification));
    out.insert("classificationReason".into(), json!(reason));
    out.insert("classificationComment".into(), json!(text(given, "classificationComment")?));
    for name in ["firstActivityTimeUtc", "lastActivityTimeUtc"] {
        let given = text(given, name)?;
        if let Some(at) = &given {
            datetime::parse(at).ok_or_else(|| format!("'{name}' is not a valid date-time."))?;
        }
        out.insert(name.into(), json!(given));
    }
    out.insert("owner".into(), owner(core, given.get("owner"))?);
    out.insert("labels".into(), labels(given.get("labels"))?);
    Ok(out)
}

fn required(name: &str) -> String {
    format!("Invalid request body: property '{name}' is required.")
}

fn text(given: &Object, name: &str) -> Result<Option<String>, String> {
    match given.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("Invalid request body: property '{name}' must be a string.")),
    }
}

fn word(given: &Object, name: &str, allowed: &[&str]) -> Result<Option<String>, String> {
    match text(given, name)? {
        Some(word) if !allowed.contains(&word.as_str()) => {
            Err(format!("Invalid value '{word}' for property '{name}'. Allowed values: {}.", allowed.join(", ")))
        }
        word => Ok(word),
    }
}

/// A classification needs its reason (reported by users). A reason that does not belong to it is refused too; that is our
/// choice: the service's answer is not known, and only listed pairs should ever be written.
fn closing(classification: Option<&str>, reason: Option<&str>) -> Result<(), String> {
    match (classification, reason) {
        (None | Some("Undetermined"), None) => Ok(()),
        (Some(c), None) => Err(format!("classification '{c}' must have classificationReason.")),
        (Some(c), Some(r)) if CLOSINGS.contains(&(c, r)) => Ok(()),
        (c, Some(r)) => {
            Err(format!("classificationReason '{r}' is not valid for classification '{}'.", c.unwrap_or_default()))
        }
    }
}

/// An owner, completed from the directory.
fn owner(core: &Core, given: Option<&Json>) -> Result<Json, String> {
    let nobody = json!({"objectId": null, "email": null, "assignedTo": null, "userPrincipalName": null});
    let given = match given {
        None | Some(Json::Null) => return Ok(nobody),
        Some(Json::Object(given)) => given,
        Some(_) => return Err("Invalid request body: property 'owner' must be an object.".to_owned()),
    };
    let object_id = text(given, "objectId")?.filter(|t| !t.is_empty());
    let upn = text(given, "userPrincipalName")?.or(text(given, "email")?).filter(|t| !t.is_empty());
    let shown = text(given, "assignedTo")?.filter(|t| !t.is_empty());
    let kind = word(given, "ownerType", &["Unknown", "User", "Group"])?;
    if let Some(id) = object_id.as_deref() {
        uuid::Uuid::try_parse(id).map_err(|_| format!("owner objectId '{id}' is not a valid guid."))?;
    }
    let known = object_id.as_deref().and_then(|id| core.person_by_id(id));
    let known = known.or_else(|| object_id.is_none().then(|| core.person(upn.as_deref()?)).flatten());
    if let Some(p) = known {
        return Ok(json!({"objectId": p.object_id, "email": p.upn, "assignedTo": p.display,
            "userPrincipalName": p.upn, "ownerType": kind.unwrap_or_else(|| "User".to_owned())}));
    }
    if object_id.is_none() && upn.is_none() && shown.is_none() {
        return Ok(nobody);
    }
    let mut out = json!({"objectId": object_id, "email": text(given, "email")?, "assignedTo": shown,
        "userPrincipalName": text(given, "userPrincipalName")?});
    if let (Some(kind), Some(out)) = (kind, out.as_object_mut()) {
        out.insert("ownerType".into(), kind.into());
    }
    Ok(out)
}

/// Labels: users' only. The type is read-only, what the caller says about it does not count.
fn labels(given: Option<&Json>) -> Result<Json, String> {
    let list = match given {
        None | Some(Json::Null) => return Ok(json!([])),
        Some(Json::Array(list)) => list,
        Some(_) => return Err("Invalid request body: property 'labels' must be an array.".to_owned()),
    };
    let mut names: Vec<&str> = Vec::new();
    for label in list {
        let name = label.get("labelName").and_then(Json::as_str).filter(|n| !n.is_empty());
        let name = name.ok_or("Invalid request body: a label must have 'labelName'.")?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(labels_of(&json!(names)))
}

#[cfg(test)]
mod tests {
    use super::super::super::store::tests::pair;
    use super::*;

    fn put(props: Json) -> Result<Object, String> {
        let body = json!({ "properties": props });
        writable(&pair(), body.as_object().expect("an object"))
    }

    #[test]
    fn closings_need_their_reason() {
        let base = |c: &str, r: Option<&str>| {
            put(
                json!({"title": "t", "severity": "Low", "status": "Closed", "classification": c, "classificationReason": r}),
            )
        };
        let refused = base("BenignPositive", None).expect_err("refused");
        assert_eq!(refused, "classification 'BenignPositive' must have classificationReason.");
        assert!(base("TruePositive", Some("InaccurateData")).is_err());
        assert!(base("FalsePositive", Some("IncorrectAlertLogic")).is_ok());
        assert!(base("Undetermined", None).is_ok());
    }

    #[test]
    fn what_is_left_out_is_empty() {
        let out = put(json!({"title": "t", "severity": "Low", "status": "New", "incidentNumber": 9})).expect("a PUT");
        assert_eq!(
            (&out["labels"], &out["description"], &out["owner"]["objectId"]),
            (&json!([]), &Json::Null, &Json::Null)
        );
        assert!(!out.contains_key("incidentNumber"));
        for bad in [
            json!({"title": "t", "severity": "Low"}),
            json!({"title": "t", "severity": "low", "status": "New"}),
            json!({"title": "t", "severity": "Low", "status": "Resolved"}),
            json!({"severity": "Low", "status": "New"}),
            json!({"title": "t", "severity": "Low", "status": "New", "owner": {"objectId": "x"}}),
        ] {
            assert!(put(bad.clone()).is_err(), "{bad}");
        }
    }
}
