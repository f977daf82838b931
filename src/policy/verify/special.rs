//! Runs that somebody disturbs: a stop between a write and its note, a closing that goes there and back, a machine that
//! undoes what we write.

use super::check::check;
use super::domain::{ACTORS, World};
use super::find::{Findings, Invariant};
use super::run::{Run, Tape, as_ours, written};
use crate::incident::{Class, DefenderClosing, Field, Label, Open, Severity, Side, Status};
use crate::sync::decision::{Decision, Resolver};
use crate::sync::input::{Actor, Change, Input, Settings};
use crate::sync::pass::{after, decide};
use crate::sync::plan::{DefenderPatch, SentinelPatch, Writes};

/// Stops after Defender's write (0), after Sentinel's (1) or after both (2), before the base is noted.
pub(super) fn interrupted(
    input: &Input,
    stop: usize,
    settings: &Settings,
    rule: &dyn Resolver,
    findings: &mut Findings,
    tape: &mut Tape,
) {
    let out = decide(input, settings, rule);
    let mut writes = out.writes.clone();
    writes.comments.clear();
    match stop {
        0 => writes.sentinel = SentinelPatch::default(),
        1 => writes.defender = DefenderPatch::default(),
        _ => {}
    }
    if writes.is_empty() || (stop == 2 && (writes.defender.is_empty() || writes.sentinel.is_empty())) {
        return;
    }
    let mut stopped = as_ours(input.clone(), &writes);
    stopped.defender.iter_mut().for_each(|d| writes.defender.apply(d));
    stopped.sentinel.iter_mut().for_each(|s| writes.sentinel.apply(s));
    let sides = ["Defender's write is", "Sentinel's write is", "both writes are"];
    let which = sides.get(stop).copied().unwrap_or_default();
    tape.pass(&out, None);
    tape.outside(|| format!("{which} done, then huntline stops before it notes that"), &stopped);
    let run = Run::new(&stopped, settings, rule, tape);
    check(&run, settings, findings);
    let all = stop == 2 || out.writes.defender.is_empty() || out.writes.sentinel.is_empty();
    let again = run.outs.first().is_some_and(|o| !o.writes.is_empty());
    if all && again {
        findings.broken((Invariant::NoPingPong, "our own write decides"), 2, || {
            "everything was written, nobody changed anything since, and the next pass writes again".to_owned()
        });
    }
}

/// A closing of one side goes to another class by a change of the other side, and comes back: `[pair, other, by]`.
pub(super) fn there_and_back(
    world: &World,
    digits: &[usize],
    input: &Input,
    settings: &Settings,
    rule: &dyn Resolver,
    findings: &mut Findings,
    tape: &mut Tape,
) {
    let [pair, other, by] = *digits else { return };
    let by = ACTORS.get(by).copied().unwrap_or_default();
    let side = if pair < 15 { Side::Sentinel } else { Side::Defender };
    let mut away = quiet(input);
    if change(world, side, other, &mut away, by).is_none() {
        return;
    }
    tape.outside(|| format!("{} changes the closing in {}", person(by), side.title()), &away);
    let run = Run::new(&away, settings, rule, tape);
    check(&run, settings, findings);
    let gone = run.outs.len();
    let mut back = quiet(run.last());
    match (side, &mut back.defender, &mut back.sentinel, &input.defender, &input.sentinel) {
        (Side::Sentinel, _, Some(now), _, Some(was)) => {
            now.classification.clone_from(&was.classification);
            now.classification_reason.clone_from(&was.classification_reason);
        }
        (Side::Defender, Some(now), _, Some(was), _) => {
            now.classification.clone_from(&was.classification);
            now.determination.clone_from(&was.determination);
        }
        _ => return,
    }
    changed_by(&mut back, side, by);
    tape.outside(|| format!("{} changes it back in {}", person(by), side.title()), &back);
    let second = Run::new(&back, settings, rule, tape);
    check(&second, settings, findings);
    let passes = gone + second.outs.len();
    let outs = || run.outs.iter().chain(&second.outs);
    let chosen = |d: &Decision| {
        matches!(d, Decision::Choose(_) | Decision::Set(_) | Decision::SetEach(..) | Decision::SplitEach(..))
    };
    // A person changed it, and the rule says how that is written here: its right.
    let excused = by == Actor::Human && outs().flat_map(|o| &o.rulings).any(|r| chosen(&r.ruling.decision));
    let left = outs().any(|o| {
        !o.holds.is_empty()
            || o.rulings
                .iter()
                .any(|r| matches!(r.ruling.decision, Decision::Split | Decision::Keep | Decision::Reject))
    });
    if excused || left {
        return;
    }
    let end = second.last();
    let (was, is) = match side {
        Side::Sentinel => (defender_closing(input), defender_closing(end)),
        Side::Defender => (sentinel_closing(input), sentinel_closing(end)),
    };
    if was != is {
        findings.broken((Invariant::Lossless, "not the same after there and back"), passes, || {
            format!("{} had `{was}`, and has `{is}` when the other side is back", side.other().title())
        });
    }
}

fn person(by: Actor) -> &'static str {
    match by {
        Actor::Human => "a person",
        Actor::Automation => "an automation",
        Actor::Provider => "Microsoft",
        Actor::Sync => "huntline",
        Actor::Unknown => "somebody",
    }
}

/// The same with nobody's change pending.
fn quiet(input: &Input) -> Input {
    Input { defender_changes: Default::default(), sentinel_changes: Default::default(), ..input.clone() }
}

fn changed_by(input: &mut Input, side: Side, by: Actor) {
    let changes = if side == Side::Defender { &mut input.defender_changes } else { &mut input.sentinel_changes };
    for field in [Field::Status, Field::Closing] {
        changes.insert(field, Change { by, name: None });
    }
}

/// Gives a side another closing: the n-th of Sentinel's five, or the first of a class in Defender.
fn change(world: &World, side: Side, n: usize, input: &mut Input, by: Actor) -> Option<()> {
    match side {
        Side::Sentinel => {
            let (_, closing) = world.sentinel.get(n + 2)?;
            let sentinel = input.sentinel.as_mut()?;
            sentinel.classification = closing.map(|c| Open::Known(c.class.sentinel()));
            sentinel.classification_reason = closing.and_then(|c| c.reason).map(Open::Known);
        }
        Side::Defender => {
            let class = Class::ALL.get(n)?;
            let closing = DefenderClosing::all().find(|c| c.class == *class)?;
            let defender = input.defender.as_mut()?;
            defender.classification = Some(Open::Known(closing.class.defender()));
            defender.determination = Some(Open::Known(closing.determination));
        }
    }
    changed_by(input, side, by);
    Some(())
}

fn defender_closing(input: &Input) -> String {
    let defender = input.defender.as_ref();
    let part = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let class = part(defender.and_then(|d| d.classification.as_ref()).map(|c| c.text()));
    format!("{class}/{}", part(defender.and_then(|d| d.determination.as_ref()).map(|c| c.text())))
}

fn sentinel_closing(input: &Input) -> String {
    let sentinel = input.sentinel.as_ref();
    let part = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let class = part(sentinel.and_then(|s| s.classification.as_ref()).map(|c| c.text()));
    format!("{class}/{}", part(sentinel.and_then(|s| s.classification_reason.as_ref()).map(|c| c.text())))
}

/// Passes against the machine.
const ROUNDS: usize = 100;

/// A machine puts back whatever we write, for a hundred passes: `[field, side, what]`.
pub(super) fn undone(
    digits: &[usize],
    input: &Input,
    settings: &Settings,
    rule: &dyn Resolver,
    findings: &mut Findings,
    tape: &mut Tape,
) {
    let [field, side, by] = *digits else { return };
    let side = if side == 0 { Side::Defender } else { Side::Sentinel };
    let by = ACTORS.get(by + 1).copied().unwrap_or_default();
    let mut now = input.clone();
    if provoke(field, side, &mut now).is_none() {
        return;
    }
    let person = Change { by: Actor::Human, name: None };
    for field in Field::ALL {
        let changes = if side == Side::Defender { &mut now.defender_changes } else { &mut now.sentinel_changes };
        changes.insert(field, person.clone());
    }
    let (mut writes, mut frozen) = (0_u32, false);
    for _ in 0..ROUNDS {
        let out = decide(&now, settings, rule);
        let Some(next) = after(&now, &out) else { break };
        tape.pass(&out, Some(&next));
        if out.freeze.is_some() {
            frozen = true;
            break;
        }
        if out.writes.is_empty() {
            break;
        }
        writes += u32::from(!out.writes.defender.is_empty()) + u32::from(!out.writes.sentinel.is_empty());
        now = put_back(&now, as_ours(next, &out.writes), &out.writes, by);
        now.history.writes = writes;
    }
    // The last pass before the limit may write to both sides.
    if writes > settings.max_writes_per_hour.saturating_add(1) || (!frozen && writes > settings.max_writes_per_hour) {
        findings.broken((Invariant::Bounded, "the fuse does not blow"), 1, || {
            format!("{writes} writes within an hour, and the incident is not frozen")
        });
    }
}

fn provoke(field: usize, side: Side, input: &mut Input) -> Option<()> {
    let (d, s) = (input.defender.as_mut()?, input.sentinel.as_mut()?);
    match (field, side) {
        (0, Side::Defender) => d.status = Open::Known(Status::InProgress.defender()),
        (0, Side::Sentinel) => s.status = Open::Known(Status::InProgress.sentinel()),
        (1, Side::Defender) => d.severity = Some(Open::Known(Severity::High)),
        (1, Side::Sentinel) => s.severity = Some(Open::Known(Severity::High)),
        (2, Side::Defender) => d.display_name = Some("text y".to_owned()),
        (2, Side::Sentinel) => s.title = Some("text y".to_owned()),
        (3, Side::Defender) => d.custom_tags.push("vip".to_owned()),
        (3, Side::Sentinel) => s.labels.push(Label::user("vip")),
        (_, Side::Defender) => d.status = Open::Known(Status::Closed.defender()),
        (_, Side::Sentinel) => s.status = Open::Known(Status::Closed.sentinel()),
    }
    Some(())
}

/// Each side that was written to is as it was before, by somebody else.
fn put_back(before: &Input, mut next: Input, writes: &Writes, by: Actor) -> Input {
    for side in Side::BOTH {
        let fields: Vec<Field> = written(writes, side).collect();
        if fields.is_empty() {
            continue;
        }
        let changes = match side {
            Side::Defender => {
                next.defender.clone_from(&before.defender);
                &mut next.defender_changes
            }
            Side::Sentinel => {
                next.sentinel.clone_from(&before.sentinel);
                &mut next.sentinel_changes
            }
        };
        for field in fields {
            changes.insert(field, Change { by, name: None });
        }
    }
    next
}
