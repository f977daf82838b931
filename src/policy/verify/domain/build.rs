//! States of every product, made of their digits. A state that would repeat another one is `None`.

use super::{ACTORS, ORDERS, STATUSES, World};
use crate::incident::{
    DefenderComment, DefenderIncident, Field, Fingerprint, Label, MAX_SENTINEL_COMMENTS, Open, OwnerInfo,
    REDIRECTED_LABEL, SentinelComment, SentinelIncident, SentinelStatus, Severity, Shadow, Side, Status, copy_text,
    sentinel_copy_id,
};
use crate::sync::base::Base;
use crate::sync::input::{Change, Input};

/// A state for each actor and order.
fn who(input: &mut Input, fields: &[Field], by_d: usize, by_s: usize, order: usize) -> Option<()> {
    let (by_d, by_s, order) = (*ACTORS.get(by_d)?, *ACTORS.get(by_s)?, *ORDERS.get(order)?);
    for field in fields {
        input.defender_changes.insert(*field, Change { by: by_d, name: None });
        input.sentinel_changes.insert(*field, Change { by: by_s, name: None });
        input.order.insert(*field, order);
    }
    Some(())
}

/// The base, made from both sides when there is none yet.
fn base(input: &mut Input) -> Option<&mut Base> {
    if input.base.is_none() {
        input.base = Some(Base::of(input.defender.as_ref()?, input.sentinel.as_ref()?));
    }
    input.base.as_mut()
}

fn set_defender(world: &World, status: usize, closing: usize, incident: &mut DefenderIncident) -> Option<()> {
    let closing = world.closings.get(closing)?;
    incident.status = Open::Known(*STATUSES.get(status)?);
    incident.classification = Some(Open::Known(closing.class.defender()));
    incident.determination = Some(Open::Known(closing.determination));
    Some(())
}

fn set_sentinel(world: &World, state: usize, incident: &mut SentinelIncident) -> Option<()> {
    let (status, closing) = world.sentinel.get(state)?;
    incident.status = Open::Known(*status);
    incident.classification = closing.map(|c| Open::Known(c.class.sentinel()));
    incident.classification_reason = closing.and_then(|c| c.reason).map(Open::Known);
    Some(())
}

/// Sentinel as the image of Defender: what both agreed on.
fn image(defender: &DefenderIncident, sentinel: &mut SentinelIncident) -> Option<()> {
    let status = defender.meaning()?.sentinel();
    sentinel.status = Open::Known(status);
    let closing =
        defender.closing().filter(|_| status == SentinelStatus::Closed).map(|c| Shadow::default().to_sentinel(&c));
    sentinel.classification = closing.map(|c| Open::Known(c.class.sentinel()));
    sentinel.classification_reason = closing.and_then(|c| c.reason).map(Open::Known);
    Some(())
}

fn agreed(world: &World, status: usize, closing: usize, input: &mut Input) -> Option<()> {
    let base = base(input)?;
    set_defender(world, status, closing, &mut base.defender)?;
    image(&base.defender, &mut base.sentinel)?;
    base.shadow = Shadow::default();
    if let Some(closing) = base.defender.closing() {
        base.shadow.remember(Side::Defender, &closing);
    }
    if let Some(closing) = base.sentinel.closing() {
        base.shadow.remember(Side::Sentinel, &closing);
    }
    Some(())
}

const BOTH: &[Field] = &[Field::Status, Field::Closing];

/// Status and closing of both sides against a base.
pub(super) fn linked(world: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let [status, closing, sentinel, base_status, base_closing, by_d, by_s, order] = *digits else { return None };
    set_defender(world, status, closing, input.defender.as_mut()?)?;
    set_sentinel(world, sentinel, input.sentinel.as_mut()?)?;
    agreed(world, base_status, base_closing, input)?;
    who(input, BOTH, by_d, by_s, order)
}

/// The same before anything was agreed.
pub(super) fn unlinked(world: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let [status, closing, sentinel, by_d, by_s, order] = *digits else { return None };
    set_defender(world, status, closing, input.defender.as_mut()?)?;
    set_sentinel(world, sentinel, input.sentinel.as_mut()?)?;
    who(input, BOTH, by_d, by_s, order)
}

/// As [`linked`], with five of Defender's closings; the last digit says where the run stops.
pub(super) fn interrupted(world: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let [status, closing, sentinel, base_status, base_closing, by_d, by_s, order, _] = *digits else { return None };
    // Five spread over the classes, whatever the number of closings.
    let pick = |n: usize| n * world.closings.len() / 5;
    linked(world, &[status, pick(closing), sentinel, base_status, pick(base_closing), by_d, by_s, order], input)
}

/// Status alone, with every actor and every order.
pub(super) fn status(world: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let [defender, sentinel, agreed_on, by_d, by_s, order] = *digits else { return None };
    input.base = None;
    if let Some(status) = agreed_on.checked_sub(1) {
        agreed(world, status, 0, input)?;
    }
    input.defender.as_mut()?.status = Open::Known(*STATUSES.get(defender)?);
    input.sentinel.as_mut()?.status = Open::Known(Status::ALL.get(sentinel)?.sentinel());
    who(input, BOTH, by_d, by_s, order)
}

/// One field of one value a side: `[defender, sentinel, never linked, base, base, by, by, order]`.
fn single(
    field: Field,
    digits: &[usize],
    input: &mut Input,
    set_d: impl Fn(usize, &mut DefenderIncident) -> Option<()>,
    set_s: impl Fn(usize, &mut SentinelIncident) -> Option<()>,
) -> Option<()> {
    let [defender, sentinel, unlinked, base_d, base_s, by_d, by_s, order] = *digits else { return None };
    if unlinked == 1 {
        if base_d + base_s > 0 {
            return None;
        }
        input.base = None;
    } else {
        let base = base(input)?;
        set_d(base_d, &mut base.defender)?;
        set_s(base_s, &mut base.sentinel)?;
    }
    set_d(defender, input.defender.as_mut()?)?;
    set_s(sentinel, input.sentinel.as_mut()?)?;
    who(input, &[field], by_d, by_s, order)
}

fn severity_of(n: usize) -> Option<Option<Open<Severity>>> {
    Some(match n {
        0 => Some(Open::Known(Severity::Medium)),
        1 => Some(Open::Known(Severity::High)),
        2 => None,
        3 => Some(Open::Known(Severity::Low)),
        4 => Some(Open::Known(Severity::Informational)),
        5 => Some(Open::Other("unknown".to_owned())),
        _ => return None,
    })
}

/// Severity: the four, none, and one that nobody knows.
pub(super) fn severity(_: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let d = |n, incident: &mut DefenderIncident| severity_of(n).map(|s| incident.severity = s);
    let s = |n, incident: &mut SentinelIncident| severity_of(n).map(|s| incident.severity = s);
    single(Field::Severity, digits, input, d, s)
}

fn owner_d(world: &World, n: usize, incident: &mut DefenderIncident) -> Option<()> {
    let people = world.people.len();
    incident.assigned_to = match n {
        0 => None,
        n if n <= people => Some(world.people.get(n - 1)?.upn.clone()),
        n if n == people + 1 => Some("Somebody Else".to_owned()),
        _ => Some("Defender Experts".to_owned()),
    };
    Some(())
}

fn owner_s(world: &World, n: usize, incident: &mut SentinelIncident) -> Option<()> {
    let people = world.people.len();
    let named = |name: &str, kind: &str| OwnerInfo {
        object_id: Some("ffffffff-0000-4000-8000-00000000000f".to_owned()),
        assigned_to: Some(name.to_owned()),
        owner_type: Some(kind.to_owned()),
        ..OwnerInfo::default()
    };
    incident.owner = match n {
        0 => None,
        n if n <= people => Some(world.people.get(n - 1)?.to_sentinel()),
        n if n == people + 1 => Some(named("Somebody Else", "User")),
        _ => Some(named("Tier 2", "Group")),
    };
    Some(())
}

/// Owner: nobody, people, somebody whom nobody knows, a group.
pub(super) fn owner(world: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    single(Field::Owner, digits, input, |n, i| owner_d(world, n, i), |n, i| owner_s(world, n, i))
}

const TEXTS: [Option<&str>; 3] = [None, Some("text x"), Some("text y")];

fn text(n: usize, slot: &mut Option<String>) -> Option<()> {
    *slot = TEXTS.get(n)?.map(str::to_owned);
    Some(())
}

/// The title: none, or one of two.
pub(super) fn title(_: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    single(Field::Title, digits, input, |n, i| text(n, &mut i.display_name), |n, i| text(n, &mut i.title))
}

/// The description: none, or one of two.
pub(super) fn description(_: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    single(Field::Description, digits, input, |n, i| text(n, &mut i.description), |n, i| text(n, &mut i.description))
}

/// The closing comment, with each side open or closed, now and before.
pub(super) fn closing_comment(world: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let [d, s, unlinked, base_d, base_s, open_d, open_s, was_open_d, was_open_s, by_d, by_s, order] = *digits else {
        return None;
    };
    if unlinked == 1 && was_open_d + was_open_s > 0 {
        return None;
    }
    let digits = [d, s, unlinked, base_d, base_s, by_d, by_s, order];
    let set_d = |n, i: &mut DefenderIncident| text(n, &mut i.resolving_comment);
    let set_s = |n, i: &mut SentinelIncident| text(n, &mut i.classification_comment);
    single(Field::ClosingComment, &digits, input, set_d, set_s)?;
    if let Some(base) = &mut input.base {
        set_defender(world, if was_open_d == 0 { 2 } else { 1 }, 0, &mut base.defender)?;
        set_sentinel(world, if was_open_s == 0 { 2 } else { 1 }, &mut base.sentinel)?;
    }
    set_defender(world, if open_d == 0 { 2 } else { 1 }, 0, input.defender.as_mut()?)?;
    set_sentinel(world, if open_s == 0 { 2 } else { 1 }, input.sentinel.as_mut()?)?;
    who(input, BOTH, by_d, by_s, order)
}

const TAGS: [[&str; 2]; 2] = [["vip", "VIP"], ["phish", "Phish"]];

/// Tags: two names, each absent or in one of two spellings on each side, against four bases each, or none.
pub(super) fn tags(_: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let [d1, s1, base1, d2, s2, base2, unlinked, by_d, by_s, order] = *digits else { return None };
    let spelled =
        |name: usize, n: usize| -> Option<String> { TAGS.get(name)?.get(n.checked_sub(1)?).map(|t| (*t).to_owned()) };
    let list = |a: usize, b: usize| -> Vec<String> { spelled(0, a).into_iter().chain(spelled(1, b)).collect() };
    let labels = |names: Vec<String>| -> Vec<Label> { names.into_iter().map(Label::user).collect() };
    if unlinked == 1 {
        if base1 + base2 > 0 {
            return None;
        }
        input.base = None;
    } else {
        // 1 is both, 2 is Defender only, 3 is Sentinel only: what was agreed to differ.
        let in_d = |n: usize| usize::from(n == 1 || n == 2);
        let in_s = |n: usize| if n == 1 || n == 3 { 2 } else { 0 };
        let base = base(input)?;
        base.defender.custom_tags = list(in_d(base1), in_d(base2));
        base.sentinel.labels = labels(list(in_s(base1), in_s(base2)));
    }
    input.defender.as_mut()?.custom_tags = list(d1, d2);
    input.sentinel.as_mut()?.labels = labels(list(s1, s2));
    who(input, &[Field::Tags], by_d, by_s, order)
}

/// Texts of the comments that are followed through a run.
pub(in crate::policy::verify) const NOTES: [(Side, &str); 4] = [
    (Side::Defender, "first note of Defender"),
    (Side::Defender, "second note of Defender"),
    (Side::Sentinel, "first note of Sentinel"),
    (Side::Sentinel, "second note of Sentinel"),
];

fn defender_note(text: &str) -> DefenderComment {
    DefenderComment {
        comment: text.to_owned(),
        created_by_display_name: Some("Ada".to_owned()),
        created_date_time: None,
    }
}

fn sentinel_note(id: &str, text: &str) -> SentinelComment {
    SentinelComment {
        id: id.to_owned(),
        message: text.to_owned(),
        author: Some("Ben".to_owned()),
        created_time_utc: None,
    }
}

/// Two comments a side, each absent, new, seen or copied but not noted; Sentinel with room, with room for one, full.
/// The last digit says after how many writes the run stops.
pub(super) fn comments(_: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let [d1, d2, s1, s2, room, by, _] = *digits else { return None };
    // A crowded Sentinel is slow to look at, and who wrote what is no matter of room.
    if room > 0 && by > 0 {
        return None;
    }
    input.base = None;
    let (mut defender, mut sentinel) = (input.defender.take()?, input.sentinel.take()?);
    defender.comments.clear();
    sentinel.comments.clear();
    let mut base = Base::of(&defender, &sentinel);
    for ((side, text), state) in NOTES.into_iter().zip([d1, d2, s1, s2]).filter(|(_, state)| *state > 0) {
        let print = match side {
            Side::Defender => {
                defender.comments.push(defender_note(text));
                defender.fingerprints().pop()?
            }
            Side::Sentinel => {
                let note = sentinel_note(text, text);
                let print = Fingerprint::of_sentinel(&note);
                sentinel.comments.push(note);
                print
            }
        };
        match state {
            1 => {}
            2 => {
                base.seen.insert(print);
            }
            _ => copied(side, text, &print, &mut defender, &mut sentinel),
        }
    }
    let full = [0, MAX_SENTINEL_COMMENTS - 1, MAX_SENTINEL_COMMENTS].get(room).copied()?;
    for n in sentinel.comments.len()..full {
        let further = sentinel_note(&format!("further {n}"), "further");
        base.seen.insert(Fingerprint::of_sentinel(&further));
        sentinel.comments.push(further);
    }
    *input = Input { base: Some(base), defender: Some(defender), sentinel: Some(sentinel), ..std::mem::take(input) };
    who(input, &[Field::Comments], by, by, 0)
}

fn copied(
    side: Side,
    text: &str,
    print: &Fingerprint,
    defender: &mut DefenderIncident,
    sentinel: &mut SentinelIncident,
) {
    match side {
        Side::Defender => {
            let copy = copy_text(side, Some("Ada"), text, print);
            sentinel.comments.push(sentinel_note(&sentinel_copy_id(print), &copy));
        }
        Side::Sentinel => defender.comments.push(defender_note(&copy_text(side, Some("Ben"), text, print))),
    }
}

/// Merged incidents: chains of one to three, a circle, a status without a target.
pub(super) fn merged(world: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let [chain, sentinel, before, closing, label, note_s, note_d, by] = *digits else { return None };
    input.redirects.clear();
    let defender = input.defender.as_mut()?;
    set_defender(world, 4, closing * world.closings.len() / 4, defender)?;
    defender.redirect_incident_id = Some("2".to_owned()).filter(|_| chain != 4);
    defender.comments = if note_d == 1 { vec![defender_note("a new note of Defender")] } else { vec![] };
    let merges: &[(&str, Option<&str>)] = match chain {
        0 => &[("2", None)],
        1 => &[("2", Some("3")), ("3", None)],
        2 => &[("2", Some("3")), ("3", Some("4"))],
        3 => &[("2", Some("1"))],
        _ => &[],
    };
    input.redirects.extend(merges.iter().map(|(from, to)| ((*from).to_owned(), to.map(str::to_owned))));
    let incident = input.sentinel.as_mut()?;
    set_sentinel(world, sentinel, incident)?;
    incident.labels = if label == 1 { vec![Label::user(REDIRECTED_LABEL)] } else { vec![] };
    incident.comments = if note_s == 1 { vec![sentinel_note("new", "a new note of Sentinel")] } else { vec![] };
    input.base = None;
    if before < 2 {
        let redirect = input.defender.as_ref()?.redirect_incident_id.clone();
        agreed(world, if before == 0 { 0 } else { 4 }, 0, input)?;
        let base = base(input)?;
        base.seen.clear();
        base.defender.redirect_incident_id = redirect.filter(|_| before == 1);
    }
    who(input, &Field::ALL, by, by, 0)
}

/// Gone from Defender, from Sentinel, from both; linked before or not.
pub(super) fn gone(world: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let [which, unlinked, sentinel, status, closing, by] = *digits else { return None };
    let skeleton = |side: Option<DefenderIncident>| side.unwrap_or_else(|| DefenderIncident::new("1"));
    let mut defender = skeleton(input.defender.take());
    let mut incident =
        input.sentinel.take().unwrap_or_else(|| SentinelIncident::new("9d0a61f2-0000-4000-8000-000000000001"));
    set_defender(world, status, closing, &mut defender)?;
    set_sentinel(world, sentinel, &mut incident)?;
    input.base = (unlinked == 0).then(|| Base::of(&defender, &incident));
    input.defender = Some(defender).filter(|_| which == 1);
    input.sentinel = Some(incident).filter(|_| which == 0);
    who(input, BOTH, by, by, 0)
}

/// Two incidents that were never linked and differ in much.
pub(super) fn first_link(world: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let [status, closing, sentinel, owner, severity, text, tags, order] = *digits else { return None };
    let (defender, incident) = (input.defender.as_mut()?, input.sentinel.as_mut()?);
    set_defender(world, status, closing * world.closings.len() / 4, defender)?;
    set_sentinel(world, sentinel, incident)?;
    owner_d(world, owner & 1, defender)?;
    owner_s(world, owner & 2, incident)?;
    defender.severity = severity_of(0)?;
    incident.severity = severity_of(3 * severity)?;
    defender.display_name = Some("text x".to_owned());
    incident.title = TEXTS.get(1 + text)?.map(str::to_owned);
    defender.custom_tags = vec!["vip".to_owned()];
    incident.labels = vec![Label::user(if tags == 0 { "VIP" } else { "phish" })];
    who(input, &Field::ALL, 0, 0, order)
}

/// Both in step; what is done then is in the digits of the check.
pub(super) fn undone(world: &World, _: &[usize], input: &mut Input) -> Option<()> {
    let (defender, incident) = (input.defender.as_mut()?, input.sentinel.as_mut()?);
    set_defender(world, 0, 0, defender)?;
    set_sentinel(world, 0, incident)?;
    (defender.severity, incident.severity) = (severity_of(0)?, severity_of(0)?);
    (defender.assigned_to, incident.owner) = (None, None);
    (defender.display_name, incident.title) = (TEXTS.get(1)?.map(str::to_owned), TEXTS.get(1)?.map(str::to_owned));
    (defender.custom_tags, incident.labels) = (vec![], vec![]);
    input.base = Some(Base::of(defender, incident));
    Some(())
}

/// Both closed alike: one of Defender's closings with its image, or one of Sentinel's with its image.
pub(super) fn there_and_back(world: &World, digits: &[usize], input: &mut Input) -> Option<()> {
    let [pair, _, by] = *digits else { return None };
    let (defender, incident) = (input.defender.as_mut()?, input.sentinel.as_mut()?);
    let own = world.closings.len();
    if pair < 15 {
        set_defender(world, 2, if pair < own { pair } else { return None }, defender)?;
        image(defender, incident)?;
    } else {
        set_sentinel(world, pair - 15 + 2, incident)?;
        let closing = Shadow::default().to_defender(&incident.closing()?);
        set_defender(world, 2, 0, defender)?;
        defender.classification = Some(Open::Known(closing.class.defender()));
        defender.determination = Some(Open::Known(closing.determination));
    }
    input.base = Some(Base::of(defender, incident));
    who(input, BOTH, by, by, 0)
}
