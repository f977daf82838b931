//! What holds of lists: tags in any order stay away once a person took them away (I10, I11), comments are on each side once
//! (I10, I12), and where the comments of a merged incident go (I13).

use super::check::check;
use super::domain::NOTES;
use super::find::{Findings, Invariant};
use super::run::{Run, Tape, as_ours};
use crate::incident::{DefenderComment, SentinelComment};
use crate::incident::{
    Field, Fingerprint, MAX_SENTINEL_COMMENTS, Side, has_tag, marker_of, redirect_end, same_tags, sentinel_copy_id,
};
use crate::sync::decision::{Decision, Resolver};
use crate::sync::input::{Actor, Input, Settings};
use crate::sync::pass::{Outcome, Subject, decide};
use std::collections::BTreeSet;

/// Tags, in both orders.
pub(super) fn tags(input: &Input, settings: &Settings, rule: &dyn Resolver, findings: &mut Findings, tape: &mut Tape) {
    let run = Run::new(input, settings, rule, tape);
    check(&run, settings, findings);
    for (n, before, _, next) in run.passes() {
        resurrected(before, next, n + 1, findings);
    }
    let turned = |turn: &dyn Fn(&mut Input)| {
        let mut other = input.clone();
        turn(&mut other);
        Run::new(&other, settings, rule, &mut Tape::default()).last().clone()
    };
    let defender = |i: &mut Input| i.defender.iter_mut().for_each(|d| d.custom_tags.reverse());
    let sentinel = |i: &mut Input| i.sentinel.iter_mut().for_each(|s| s.labels.reverse());
    let long = |n: usize| n > 1;
    let (d, s) = (
        input.defender.as_ref().map_or(0, |d| d.custom_tags.len()),
        input.sentinel.as_ref().map_or(0, |s| s.labels.len()),
    );
    for (differs, other) in [(long(d), &defender as &dyn Fn(&mut Input)), (long(s), &sentinel)] {
        if !differs {
            continue;
        }
        let other = turned(other);
        if let Some((side, here, there)) = different_tags(run.last(), &other) {
            findings.broken((Invariant::OrderFree, "tags in another order"), run.outs.len(), || {
                format!(
                    "with the same tags listed in the other order, {} ends with `{there}` and not with `{here}`",
                    side.title()
                )
            });
        }
    }
}

fn names(input: &Input, side: Side) -> Vec<String> {
    match side {
        Side::Defender => input.defender.iter().flat_map(|d| d.custom_tags.iter().cloned()).collect(),
        Side::Sentinel => input.sentinel.iter().flat_map(|s| s.user_labels().map(str::to_owned)).collect(),
    }
}

fn different_tags(a: &Input, b: &Input) -> Option<(Side, String, String)> {
    Side::BOTH.into_iter().find_map(|side| {
        let (a, b) = (names(a, side), names(b, side));
        (!same_tags(&a, &b)).then(|| (side, a.join(", "), b.join(", ")))
    })
}

/// I11: what a person took away on a side is not put there again.
fn resurrected(before: &Input, next: &Input, pass: usize, findings: &mut Findings) {
    let Some(base) = &before.base else { return };
    for side in Side::BOTH.into_iter().filter(|s| before.actor(*s, Field::Tags) == Actor::Human) {
        let old: Vec<String> = match side {
            Side::Defender => base.defender.custom_tags.clone(),
            Side::Sentinel => base.sentinel.user_labels().map(str::to_owned).collect(),
        };
        let (was, is) = (names(before, side), names(next, side));
        for tag in old.iter().filter(|t| !has_tag(&was, t) && has_tag(&is, t)) {
            findings.broken((Invariant::MonotoneTags, "a tag is brought back"), pass, || {
                format!("a person took `{tag}` away in {}, and it is put there again", side.title())
            });
        }
    }
}

/// Comments, with a stop after some of the writes: the last digit says after how many.
pub(super) fn comments(
    input: &Input,
    stop: usize,
    settings: &Settings,
    rule: &dyn Resolver,
    findings: &mut Findings,
    tape: &mut Tape,
) {
    let stopped;
    let start = match stop {
        0 => input,
        stop => {
            let out = decide(input, settings, rule);
            let done = if stop == 1 { 1 } else { out.writes.comments.len() };
            stopped = half_written(input, &out, done);
            tape.outside(
                || format!("{done} of the comments are written, then huntline stops before it notes that"),
                &stopped,
            );
            &stopped
        }
    };
    let run = Run::new(start, settings, rule, tape);
    check(&run, settings, findings);
    let excused = run.outs.iter().any(gave_up);
    let (last, passes) = (run.last(), run.outs.len());
    for ((side, text), state) in NOTES.into_iter().filter_map(|note| Some((note, state_of(input, note)?))) {
        let counts = Side::BOTH.map(|side| (side, texts(last, side).filter(|t| t.contains(text)).count()));
        for (on, count) in counts {
            if count > 1 {
                findings.broken((Invariant::CommentOnce, "a comment is there twice"), passes, || {
                    format!("`{text}` is in {} {count} times", on.title())
                });
            }
            if count == 0 && on != side && state && !excused {
                findings.broken((Invariant::CommentOnce, "a comment is lost"), passes, || {
                    format!("`{text}` never comes to {}", on.title())
                });
            }
        }
    }
    for side in Side::BOTH {
        let mut seen: BTreeSet<Fingerprint> = BTreeSet::new();
        let twice = texts(last, side).filter_map(marker_of).find(|print| !seen.insert(print.clone()));
        if twice.is_some() {
            findings.broken((Invariant::CommentOnce, "a copy is there twice"), passes, || {
                format!("the same copy is in {} twice", side.title())
            });
        }
    }
    if stop == 0 {
        in_another_order(input, &run, settings, rule, findings);
    }
}

/// Whether a comment is there and wants to be copied; `None` when it is not there.
fn state_of(input: &Input, (side, text): (Side, &str)) -> Option<bool> {
    let seen = |print: &Fingerprint| input.base.as_ref().is_some_and(|b| b.seen.contains(print));
    match side {
        Side::Defender => {
            let defender = input.defender.as_ref()?;
            let at = defender.comments.iter().position(|c| c.comment == text)?;
            defender.fingerprints().get(at).map(|p| !seen(p))
        }
        Side::Sentinel => {
            let comment = input.sentinel.as_ref()?.comments.iter().find(|c| c.message == text)?;
            Some(!seen(&Fingerprint::of_sentinel(comment)))
        }
    }
}

fn texts(input: &Input, side: Side) -> Box<dyn Iterator<Item = &str> + '_> {
    match side {
        Side::Defender => Box::new(input.defender.iter().flat_map(|d| &d.comments).map(|c| c.comment.as_str())),
        Side::Sentinel => Box::new(input.sentinel.iter().flat_map(|s| &s.comments).map(|c| c.message.as_str())),
    }
}

/// Whether a pass decided that something is not copied: held for a person, or by the rule's own word.
fn gave_up(out: &Outcome) -> bool {
    let ruled = out.rulings.iter().filter(|r| r.subject == Subject::Field(Field::Comments));
    let by_rule = ruled.filter(|r| matches!(r.ruling.decision, Decision::Keep | Decision::Split | Decision::Append(_)));
    out.holds(Field::Comments) || by_rule.count() > 0
}

/// The state when the first of the comments were written and the note of it was not.
fn half_written(input: &Input, out: &Outcome, done: usize) -> Input {
    let mut next = as_ours(input.clone(), &out.writes);
    for comment in out.writes.comments.iter().take(done) {
        match comment.side {
            Side::Defender => {
                let new = DefenderComment {
                    comment: comment.text.clone(),
                    created_by_display_name: None,
                    created_date_time: None,
                };
                next.defender.iter_mut().for_each(|d| d.comments.push(new.clone()));
            }
            Side::Sentinel => {
                let id = sentinel_copy_id(&comment.origin);
                let new = SentinelComment { id, message: comment.text.clone(), author: None, created_time_utc: None };
                next.sentinel.iter_mut().for_each(|s| s.comments.push(new.clone()));
            }
        }
    }
    next
}

/// I10 for comments: listed the other way round, the same are copied. A full Sentinel takes the first that fit.
fn in_another_order(input: &Input, run: &Run, settings: &Settings, rule: &dyn Resolver, findings: &mut Findings) {
    let room = input.sentinel.as_ref().is_none_or(|s| s.comments.len() + NOTES.len() < MAX_SENTINEL_COMMENTS);
    if !room {
        return;
    }
    let mut other = input.clone();
    other.defender.iter_mut().for_each(|d| d.comments.reverse());
    other.sentinel.iter_mut().for_each(|s| s.comments.reverse());
    let other = Run::new(&other, settings, rule, &mut Tape::default());
    for side in Side::BOTH {
        let bodies = |run: &Run| texts(run.last(), side).map(str::to_owned).collect::<BTreeSet<String>>();
        if bodies(run) != bodies(&other) {
            findings.broken((Invariant::OrderFree, "comments in another order"), run.outs.len(), || {
                format!("with the same comments listed the other way round, {} ends with others", side.title())
            });
        }
    }
}

/// I13 for a merged incident: comments go to the end of the chain or nowhere, Sentinel's image is only closed and labelled.
pub(super) fn merged(run: &Run, findings: &mut Findings) {
    for (n, before, out, _) in run.passes() {
        let Some(defender) = before.defender.as_ref().filter(|d| d.redirected()) else { continue };
        let mut chain = before.redirects.clone();
        chain.insert(defender.id.clone(), defender.redirect_incident_id.clone());
        let end = redirect_end(&defender.id, &chain);
        let mut broken = |kind, say: String| findings.broken((Invariant::RedirectTerminal, kind), n + 1, || say);
        if end.is_err() && (!out.writes.is_empty() || out.holds.is_empty()) {
            broken("a circle is not held", "the incidents were merged in a circle, and that is not held".to_owned());
        }
        for comment in &out.writes.comments {
            if comment.side != Side::Defender || Ok(Some(comment.incident.as_str())) != end {
                let at = format!("a comment is written to {} `{}`", comment.side.title(), comment.incident);
                broken("a comment that is not at the end of the chain", at);
            }
        }
        let s = &out.writes.sentinel;
        let others = s.owner.is_some() || s.severity.is_some() || s.title.is_some() || s.description.is_some();
        if others || s.classification_comment.is_some() {
            broken(
                "a field of the image is written",
                "more than status, closing and label of the image is written".to_owned(),
            );
        }
    }
}
