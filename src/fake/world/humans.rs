//! What analysts do, in either portal: take, assign, tag, comment, close, reopen.

use super::Dice;
use crate::fake::store::{Actor, Core};
use crate::fake::wire::Object;
use serde_json::{Value as Json, json};

/// Closings that Defender documents.
pub(super) const DEFENDER_CLOSINGS: &[(&str, &str)] = &[
    ("truePositive", "multiStagedAttack"),
    ("truePositive", "maliciousUserActivity"),
    ("truePositive", "compromisedAccount"),
    ("truePositive", "malware"),
    ("truePositive", "phishing"),
    ("truePositive", "unwantedSoftware"),
    ("truePositive", "other"),
    ("informationalExpectedActivity", "securityTesting"),
    ("informationalExpectedActivity", "lineOfBusinessApplication"),
    ("informationalExpectedActivity", "confirmedActivity"),
    ("informationalExpectedActivity", "other"),
    ("falsePositive", "notMalicious"),
    ("falsePositive", "notEnoughDataToValidate"),
    ("falsePositive", "other"),
    ("unknown", "unknown"),
];

/// Closings that Sentinel's portal offers.
const SENTINEL_CLOSINGS: &[(&str, Option<&str>)] = &[
    ("TruePositive", Some("SuspiciousActivity")),
    ("BenignPositive", Some("SuspiciousButExpected")),
    ("FalsePositive", Some("IncorrectAlertLogic")),
    ("FalsePositive", Some("InaccurateData")),
    ("Undetermined", None),
];

const TAGS: &[&str] = &["vip", "phish-wave", "needs-ir", "red-team", "crown-jewels", "handover", "legal-hold"];

const REMARKS: &[&str] = &[
    "Called the user, waiting for an answer.",
    "Isolated the device, collecting a package.",
    "Same sender as last week, blocked the domain.",
    "Looks like the pentest, asking the red team.",
    "No further hits for the hash in 30 days.",
    "Password reset and sessions revoked.",
    "Handing over to the late shift.",
];

fn analyst(core: &Core, dice: &mut Dice) -> String {
    dice.pick(&core.people).map_or_else(|| "analyst@contoso.com".to_owned(), |p| p.upn.clone())
}

fn object(value: Json) -> Object {
    match value {
        Json::Object(map) => map,
        _ => Object::new(),
    }
}

/// The ids of incidents in one of some states.
pub(super) fn defender_in(core: &Core, states: &[&str]) -> Vec<String> {
    core.defender.iter().filter(|(_, d)| states.contains(&d.text("status"))).map(|(id, _)| id.clone()).collect()
}

/// The names of incidents in one of some states that were not merged away.
pub(super) fn sentinel_in(core: &Core, states: &[&str]) -> Vec<String> {
    let merged = |labels: Option<&Json>| labels.is_some_and(|l| l.to_string().contains("\"Redirected\""));
    let fits =
        core.sentinel.iter().filter(|(_, s)| states.contains(&s.text("status")) && !merged(s.props.get("labels")));
    fits.map(|(name, _)| name.clone()).collect()
}

/// An analyst acts in Defender. `None` if the idea fits no incident.
pub(super) fn in_defender(core: &mut Core, dice: &mut Dice) -> Option<Vec<Json>> {
    let (who, idea) = (analyst(core, dice), dice.below(100));
    let states: &[&str] = match idea {
        0..25 => &["active"],
        25..65 => &["active", "inProgress"],
        65..90 => &["active", "inProgress"],
        _ => &["resolved"],
    };
    let id = dice.pick(&defender_in(core, states))?.clone();
    let tags = core.defender.get(&id)?.tags();
    let set = match idea {
        0..25 => json!({"status": "inProgress", "assignedTo": who}),
        25..35 => json!({"assignedTo": analyst(core, dice)}),
        35..50 => json!({"customTags": with_tag(dice, tags)}),
        50..65 => json!({"comment": dice.pick(REMARKS)}),
        65..90 => {
            let (classification, determination) = dice.pick(DEFENDER_CLOSINGS).copied()?;
            let mut set =
                json!({"status": "resolved", "classification": classification, "determination": determination});
            if let (true, Some(set)) = (dice.percent(40), set.as_object_mut()) {
                set.insert("resolvingComment".into(), json!(dice.pick(REMARKS)));
            }
            set
        }
        _ => json!({"status": "active"}),
    };
    core.change_defender(&id, object(set), &Actor::Human(who)).ok()
}

/// An analyst acts in Sentinel. `None` if the idea fits no incident.
pub(super) fn in_sentinel(core: &mut Core, dice: &mut Dice) -> Option<Vec<Json>> {
    let (who, idea) = (analyst(core, dice), dice.below(100));
    let states: &[&str] = match idea {
        0..25 => &["New"],
        25..90 => &["New", "Active"],
        _ => &["Closed"],
    };
    let name = dice.pick(&sentinel_in(core, states))?.clone();
    let incident = core.sentinel.get(&name)?;
    let (labels, comments) = (incident.user_labels(), incident.comments.len());
    let set = match idea {
        0..25 => json!({"status": "Active", "owner": who}),
        25..32 => json!({"owner": analyst(core, dice)}),
        32..35 => json!({"owner": null}),
        35..50 => json!({"labels": keep_automatic(core, &name, with_tag(dice, labels))}),
        50..65 if comments < 99 => json!({"comment": dice.pick(REMARKS)}),
        50..65 => return None,
        65..90 => {
            let (classification, reason) = dice.pick(SENTINEL_CLOSINGS).copied()?;
            let remark = dice.percent(40).then(|| dice.pick(REMARKS)).flatten();
            json!({"status": "Closed", "classification": classification, "classificationReason": reason,
                "classificationComment": remark})
        }
        _ => json!({"status": "Active", "classification": null, "classificationReason": null}),
    };
    core.change_sentinel(&name, object(set), &Actor::Human(who)).ok()
}

/// A tag more, or sometimes one less.
fn with_tag(dice: &mut Dice, mut tags: Vec<String>) -> Vec<String> {
    if !tags.is_empty() && dice.percent(25) {
        let at = dice.below(tags.len());
        tags.remove(at);
        return tags;
    }
    if let Some(tag) = dice.pick(TAGS).filter(|t| !tags.iter().any(|have| have == **t)) {
        tags.push((*tag).to_owned());
    }
    tags
}

/// User labels as ARM's objects, beside those that Sentinel set itself.
fn keep_automatic(core: &Core, name: &str, user: Vec<String>) -> Json {
    let labels = core.sentinel.get(name).and_then(|s| s.props.get("labels")).and_then(Json::as_array);
    let automatic = labels.into_iter().flatten().filter(|l| l.get("labelType").and_then(Json::as_str) != Some("User"));
    let user = user.into_iter().map(|l| json!({"labelName": l, "labelType": "User"}));
    Json::Array(user.chain(automatic.cloned()).collect())
}
