//! What nobody does by hand: automation on both sides, and Microsoft's correlation.

use super::Dice;
use super::birth::{new_incident, spec};
use super::evidence::Cast;
use super::humans::{defender_in, sentinel_in};
use super::stories::STORIES;
use crate::fake::store::{Actor, Core};
use crate::value::datetime;
use serde_json::{Value as Json, json};

const OPEN: &[&str] = &["active", "inProgress"];

/// A playbook or an automation rule acts. `None` if it finds nothing to do.
pub(super) fn automation(core: &mut Core, dice: &mut Dice) -> Option<Vec<Json>> {
    match dice.below(3) {
        0 => {
            let quiet = |id: &String| {
                core.defender.get(id).is_some_and(|d| matches!(d.text("severity"), "low" | "informational"))
            };
            let ids: Vec<String> = defender_in(core, &["active"]).into_iter().filter(quiet).collect();
            let set = json!({"status": "resolved", "classification": "falsePositive", "determination": "other"});
            core.change_defender(dice.pick(&ids)?, set.as_object()?.clone(), &Actor::Automation(String::new())).ok()
        }
        1 => {
            let free =
                |name: &String| core.sentinel.get(name).is_some_and(|s| s.props.get("owner").is_none_or(unowned));
            let names: Vec<String> = sentinel_in(core, &["New"]).into_iter().filter(free).collect();
            let owner = dice.pick(&core.people)?.upn.clone();
            let set = json!({ "owner": owner });
            let by = Actor::Automation("Assign new incidents".to_owned());
            core.change_sentinel(dice.pick(&names)?, set.as_object()?.clone(), &by).ok()
        }
        _ => {
            let ids = defender_in(core, OPEN);
            let id = dice.pick(&ids)?;
            let mut tags = core.defender.get(id)?.tags();
            if tags.iter().any(|t| t == "enriched") {
                return None;
            }
            tags.push("enriched".to_owned());
            let set = json!({ "customTags": tags });
            core.change_defender(id, set.as_object()?.clone(), &Actor::Automation("enrichment".to_owned())).ok()
        }
    }
}

fn unowned(owner: &Json) -> bool {
    let has = |name: &str| owner.get(name).is_some_and(|v| !v.is_null());
    !has("objectId") && !has("userPrincipalName") && !has("assignedTo")
}

/// Correlation acts: a new incident, a new alert, a merge, a better name. `None` if it finds nothing to do.
pub(super) fn correlation(core: &mut Core, dice: &mut Dice) -> Option<Vec<Json>> {
    match dice.below(100) {
        0..35 => Some(new_incident(core, dice)),
        35..70 => new_alert(core, dice),
        70..85 => merge(core, dice),
        _ => {
            let ids = defender_in(core, OPEN);
            let id = dice.pick(&ids)?;
            let count = core.defender.get(id)?.alert_ids.len();
            let set = json!({"displayName": format!("Multi-stage incident with {count} alerts on one endpoint")});
            core.change_defender(id, set.as_object()?.clone(), &Actor::Provider).ok()
        }
    }
}

/// An alert joins an open incident, whose severity is computed anew.
fn new_alert(core: &mut Core, dice: &mut Dice) -> Option<Vec<Json>> {
    let ids = defender_in(core, OPEN);
    let id = dice.pick(&ids)?;
    let story = dice.pick(STORIES)?;
    let beat = dice.pick(story.beats)?;
    let at = datetime::format(core.clock.now());
    let cast = Cast::choose(dice);
    let alert = core.make_alert(Some(id), spec(beat, &cast, &at), &at);
    let worst = worst_of(core, id);
    let before = core.defender.get(id)?.text("severity").to_owned();
    let mut notes = Vec::new();
    if let Some(incident) = core.defender.get_mut(id) {
        incident.props.insert("severity".into(), worst.clone().into());
    }
    core.touch_defender(id, &Actor::Provider.in_defender());
    core.carry_alerts(id);
    notes.push(core.note_change("defender", id, "alerts", &Actor::Provider, alert.into(), None));
    if before != worst {
        notes.push(core.note_change("defender", id, "severity", &Actor::Provider, worst.into(), None));
    }
    Some(notes)
}

/// The highest severity of an incident's alerts.
fn worst_of(core: &Core, id: &str) -> String {
    const ORDER: [&str; 4] = ["high", "medium", "low", "informational"];
    let ids = core.defender.get(id).map(|d| d.alert_ids.as_slice()).unwrap_or_default();
    let has = |s: &str| ids.iter().filter_map(|a| core.alerts.get(a)?.get("severity")?.as_str()).any(|x| x == s);
    ORDER.into_iter().find(|s| has(s)).unwrap_or("medium").to_owned()
}

fn merge(core: &mut Core, dice: &mut Dice) -> Option<Vec<Json>> {
    let ids = defender_in(core, OPEN);
    let from = dice.pick(&ids)?.clone();
    let into = dice.pick(&ids)?.clone();
    if !core.may_merge(&from, &into) {
        return None;
    }
    core.merge(&from, &into).ok()?;
    Some(vec![core.note_change("defender", &from, "redirectIncidentId", &Actor::Provider, into.into(), None)])
}
