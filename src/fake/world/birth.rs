//! How incidents come into the world: old ones at its start, new ones while it runs, and Sentinel's own.

use super::Dice;
use super::evidence::Cast;
use super::humans::DEFENDER_CLOSINGS;
use super::stories::{Beat, RULES, STORIES, Story};
use crate::fake::store::{Actor, AlertSpec, Core, SECOND, image};
use crate::fake::wire::Object;
use crate::value::datetime;
use serde_json::{Value as Json, json};

const DAY: i64 = 86_400 * SECOND;

/// An alert of a story about a cast.
pub(super) fn spec(beat: &Beat, cast: &Cast, at: &str) -> AlertSpec {
    AlertSpec {
        title: beat.title.to_owned(),
        severity: beat.severity.to_owned(),
        category: beat.category.to_owned(),
        techniques: vec![beat.technique.to_owned()],
        service: beat.service.to_owned(),
        detection: beat.detection.to_owned(),
        evidence: beat.clues.iter().map(|c| cast.clue(*c, at)).collect(),
    }
}

fn severity(story: &Story) -> &'static str {
    const ORDER: [&str; 4] = ["high", "medium", "low", "informational"];
    ORDER.into_iter().find(|s| story.beats.iter().any(|b| b.severity == *s)).unwrap_or("medium")
}

/// Adds the incident of a story; answers its id.
fn tell(core: &mut Core, dice: &mut Dice, at: i64, further: Object) -> Option<String> {
    let story = dice.pick(STORIES)?;
    let cast = Cast::choose(dice);
    let title = story.title.replace("{host}", &cast.host).replace("{user}", &cast.user);
    let text = datetime::format(at);
    let mut given = json!({"displayName": title, "severity": severity(story), "createdDateTime": text,
        "description": format!("{} alert(s) about {} and {}.", story.beats.len(), cast.host, cast.user),
        "lastModifiedBy": Actor::Provider.in_defender(), "lastUpdateDateTime": text})
    .as_object()
    .cloned()
    .unwrap_or_default();
    given.extend(further);
    let id = core.add_defender(given).ok()?;
    for beat in story.beats {
        core.make_alert(Some(&id), spec(beat, &cast, &text), &text);
    }
    Some(id)
}

/// An incident of the last week, in some state of work, with a twin that agrees.
pub(super) fn old_incident(core: &mut Core, dice: &mut Dice) {
    let now = core.clock.now();
    let age = (dice.number() % 7) as i64 * DAY + (dice.number() % 86_400) as i64 * SECOND + 7200 * SECOND;
    let created = now - age;
    let changed = created + (dice.number() % 3600) as i64 * SECOND + (dice.number() % SECOND as u64) as i64;
    let mut further = json!({"lastUpdateDateTime": datetime::format(changed)}).as_object().cloned().unwrap_or_default();
    let analyst = dice.pick(&core.people).map(|p| p.upn.clone()).unwrap_or_default();
    match dice.below(4) {
        0 => {
            further.insert("status".into(), "inProgress".into());
            further.insert("assignedTo".into(), analyst.clone().into());
            further.insert("lastModifiedBy".into(), analyst.into());
        }
        1 => {
            let (classification, determination) =
                dice.pick(DEFENDER_CLOSINGS).copied().unwrap_or(("unknown", "unknown"));
            further.insert("status".into(), "resolved".into());
            further.insert("assignedTo".into(), analyst.clone().into());
            further.insert("classification".into(), classification.into());
            further.insert("determination".into(), determination.into());
            further.insert("lastModifiedBy".into(), analyst.into());
        }
        _ => {}
    }
    let Some(id) = tell(core, dice, created, further) else { return };
    let Some(incident) = core.defender.get(&id).cloned() else { return };
    let mut twin = image(core, &incident);
    twin.insert("providerName".into(), "Microsoft XDR".into());
    twin.insert("providerIncidentId".into(), id.into());
    twin.insert("createdTimeUtc".into(), incident.text("createdDateTime").into());
    twin.insert("lastModifiedTimeUtc".into(), datetime::format(changed + 30 * SECOND).into());
    // A twin can fail to be added only if its form is wrong, and the tests count twins.
    let _ = core.add_sentinel(twin);
}

/// An incident of one of Sentinel's own rules, which Defender does not know.
pub(super) fn own_incident(core: &mut Core, dice: &mut Dice) {
    let Some((title, severity, tactic, technique)) = dice.pick(RULES).copied() else { return };
    let created = core.clock.now() - (dice.number() % 5) as i64 * DAY - 3600 * SECOND;
    let at = datetime::format(created);
    let cast = Cast::choose(dice);
    let spec = AlertSpec {
        title: title.to_owned(),
        severity: severity.to_lowercase(),
        category: tactic.to_owned(),
        techniques: vec![technique.to_owned()],
        service: "microsoftSentinel".to_owned(),
        detection: "scheduledAlerts".to_owned(),
        evidence: vec![cast.clue(super::stories::Clue::Ip, &at), cast.clue(super::stories::Clue::User, &at)],
    };
    let alert = core.make_alert(None, spec, &at);
    let bookmark = json!({"displayName": format!("Look at {}", cast.user), "query": "SigninLogs | take 10",
        "created": at, "updated": at, "notes": "found while hunting"});
    let given = json!({"title": title, "severity": severity, "createdTimeUtc": at, "lastModifiedTimeUtc": at,
        "alertIds": [alert], "bookmarks": [bookmark], "modifiedBy": "Microsoft Sentinel"});
    if let Json::Object(given) = given {
        let _ = core.add_sentinel(given);
    }
}

/// A new incident, which Sentinel hears of later. Answers the note.
pub(super) fn new_incident(core: &mut Core, dice: &mut Dice) -> Vec<Json> {
    let now = core.clock.write();
    let Some(id) = tell(core, dice, now, Object::new()) else { return Vec::new() };
    core.announce(&id);
    let title = core.defender.get(&id).map(|d| d.text("displayName").to_owned()).unwrap_or_default();
    vec![core.note_change("defender", &id, "created", &Actor::Provider, title.into(), None)]
}
