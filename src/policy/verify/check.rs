//! What holds of any run: I1 to I8, the writes of I13, and the warnings.

use super::find::{Findings, Invariant};
use super::run::{Run, written};
use crate::incident::{
    Class, DefenderClosing, DefenderStatus, Field, Open, SentinelClosing, Side, Status, Wire, has_tag,
};
use crate::sync::base::Base;
use crate::sync::decision::Decision;
use crate::sync::input::{Actor, Input, Settings};
use crate::sync::merge::{Changed, Merge, merge};
use crate::sync::pass::{Move, Outcome, RefusalKind, Subject};
use crate::sync::value::{Said, of_defender, of_sentinel};

/// Checks a run.
pub(super) fn check(run: &Run, settings: &Settings, findings: &mut Findings) {
    for (n, out) in run.outs.iter().enumerate() {
        refusals(out, n + 1, findings);
    }
    for (n, before, out, next) in run.passes() {
        legal(before, out, n + 1, findings);
        if !out.writes.is_empty() {
            reopened(before, out, settings, n + 1, findings);
            lossless(before, out, n + 1, findings);
        }
        silent_loss(before, out, next, settings, n + 1, findings);
    }
    rest(run, settings, findings);
    ping_pong(run, settings, findings);
}

/// What a side says of a field.
pub(super) fn said<'a>(input: &'a Input, side: Side, field: Field, settings: &Settings) -> Said<'a> {
    let said = match side {
        Side::Defender => input.defender.as_ref().map(|i| of_defender(field, i, &settings.directory)),
        Side::Sentinel => input.sentinel.as_ref().map(|i| of_sentinel(field, i, &settings.directory)),
    };
    said.unwrap_or(Said::Nothing)
}

/// The merge of a field as the engine finds it.
fn merged(input: &Input, field: Field, settings: &Settings) -> (Merge, Changed) {
    let directory = &settings.directory;
    let base = input.base.as_ref().and_then(|b| b.said(field, directory));
    let echo = |side| input.actor(side, field) == Actor::Sync;
    let (d, s) = (said(input, Side::Defender, field, settings), said(input, Side::Sentinel, field, settings));
    merge(base.as_ref(), &d, &s, (echo(Side::Defender), echo(Side::Sentinel)))
}

fn merged_away(input: &Input) -> bool {
    input.defender.as_ref().is_some_and(|d| d.redirected())
}

fn refusals(out: &Outcome, pass: usize, findings: &mut Findings) {
    for refusal in &out.refusals {
        let what = match refusal.kind {
            RefusalKind::Fault => (Invariant::Total, "the rule fails"),
            RefusalKind::NotHere => (Invariant::Total, "no answer to the question"),
            RefusalKind::IllegalValue => (Invariant::Legal, "a value that is not taken"),
            RefusalKind::ReopenWithoutCause => (Invariant::NeverReopens, "reopen without a cause"),
            RefusalKind::Redirected => (Invariant::RedirectTerminal, "a decision that would write"),
        };
        let about = refusal.field.map_or("the incident", Field::name);
        findings.broken(what, pass, || format!("{about}: {}", refusal.message));
    }
}

/// I2 and I13: what is written at all.
fn legal(before: &Input, out: &Outcome, pass: usize, findings: &mut Findings) {
    let (d, s) = (&out.writes.defender, &out.writes.sentinel);
    let what = (Invariant::Legal, "an illegal write");
    if let Some(status) = d.status {
        if matches!(status, DefenderStatus::Redirected | DefenderStatus::AwaitingAction) {
            findings.broken(what, pass, || format!("`{}` is written to Defender", status.wire()));
        }
        if before.defender.as_ref().is_some_and(|i| i.status.known() == Some(DefenderStatus::AwaitingAction)) {
            findings.broken(what, pass, || format!("`{}` is written over `awaitingAction`", status.wire()));
        }
    }
    if d.closing.is_some_and(|c| DefenderClosing::legal(c.class, c.determination).is_none()) {
        findings
            .broken(what, pass, || "Defender does not take the pair of classification and determination".to_owned());
    }
    if s.closing.is_some_and(|c| SentinelClosing::legal(c.class, c.reason).is_none()) {
        findings.broken(what, pass, || "Sentinel does not take the pair of classification and reason".to_owned());
    }
    if merged_away(before) && !d.is_empty() {
        findings.broken((Invariant::RedirectTerminal, "a write to a merged incident"), pass, || {
            let names: Vec<&str> = written(&out.writes, Side::Defender).map(Field::name).collect();
            format!("{} of the merged incident is written", names.join(", "))
        });
    }
}

/// I6, without the engine's own word: closed becomes open only where a person opened the other side, or new alerts came
/// and count.
fn reopened(before: &Input, out: &Outcome, settings: &Settings, pass: usize, findings: &mut Findings) {
    let opens = |side: Side| match side {
        Side::Defender => out.writes.defender.status.is_some_and(|s| s != DefenderStatus::Resolved),
        Side::Sentinel => out.writes.sentinel.status.is_some_and(|s| s != Status::Closed.sentinel()),
    };
    for side in Side::BOTH.into_iter().filter(|s| opens(*s)) {
        if said(before, side, Field::Status, settings) != Said::Status(Status::Closed) {
            continue;
        }
        let other = side.other();
        let (_, changed) = merged(before, Field::Status, settings);
        let changed = if other == Side::Defender { changed.defender } else { changed.sentinel };
        let person = changed && before.actor(other, Field::Status) == Actor::Human;
        let alerts = settings.reopen_on_new_alerts && before.new_alerts > 0;
        let open = said(before, other, Field::Status, settings) != Said::Status(Status::Closed);
        if !(open && (person || alerts)) {
            findings.broken((Invariant::NeverReopens, "opened without a cause"), pass, || {
                format!("{} is opened again although no person opened it", side.title())
            });
        }
    }
}

/// I7: a closing is written with the finer value that the side has, or had last, for the class.
fn lossless(before: &Input, out: &Outcome, pass: usize, findings: &mut Findings) {
    let (Some(defender), Some(sentinel)) = (&before.defender, &before.sentinel) else { return };
    let by_person = Side::BOTH.into_iter().any(|s| before.actor(s, Field::Closing) == Actor::Human);
    let shadow = before.base.as_ref().map(|b| b.shadow.clone()).unwrap_or_default();
    if by_person {
        return;
    }
    if let Some(closing) = out.writes.defender.closing {
        let now = defender.closing().filter(|c| c.class == closing.class).and_then(|c| c.determination);
        let last = now.as_ref().and_then(Open::known).or(shadow.determination(closing.class));
        if let Some(last) =
            last.filter(|l| *l != closing.determination && DefenderClosing::legal(closing.class, *l).is_some())
        {
            findings.broken((Invariant::Lossless, "another determination"), pass, || {
                let (had, got) = (last.wire(), closing.determination.wire());
                format!(
                    "Defender had `{had}` for {}, and gets `{got}` although no person changed it",
                    closing.class.name()
                )
            });
        }
    }
    if let Some(closing) = out.writes.sentinel.closing.filter(|c| c.class == Class::FalsePositive) {
        let now = sentinel.closing().filter(|c| c.class == closing.class).and_then(|c| c.reason);
        let kept = shadow.reason.as_ref().and_then(Open::known);
        let last = now.as_ref().and_then(Open::known).or(kept);
        if let Some(last) = last.filter(|l| Some(*l) != closing.reason) {
            findings.broken((Invariant::Lossless, "another reason"), pass, || {
                let got = closing.reason.map_or("none", Wire::wire);
                format!("Sentinel had `{}`, and gets `{got}` although no person changed it", last.wire())
            });
        }
    }
}

/// I8: a person's change that is not in conflict stays; in a conflict the loser's value is kept.
fn silent_loss(before: &Input, out: &Outcome, next: &Input, settings: &Settings, pass: usize, findings: &mut Findings) {
    if merged_away(before) || before.base.is_none() && out.writes.is_empty() {
        return;
    }
    for field in settings.fields.iter().copied().filter(|f| !matches!(f, Field::Comments)) {
        let human = |side| before.actor(side, field) == Actor::Human;
        if !human(Side::Defender) && !human(Side::Sentinel) {
            continue;
        }
        let (found, changed) = merged(before, field, settings);
        for (side, changed) in [(Side::Defender, changed.defender), (Side::Sentinel, changed.sentinel)] {
            if !changed || !human(side) {
                continue;
            }
            let was = said(before, side, field, settings);
            if field == Field::Tags {
                lost_tags(before, next, side, &was, settings, pass, findings);
                continue;
            }
            let is = said(next, side, field, settings);
            let elsewhere = || said(next, side.other(), field, settings).same(&was) && is == Said::Nothing;
            if was == Said::Nothing || was.same(&is) || elsewhere() {
                continue;
            }
            let kept = out.lost.iter().any(|l| l.side == side && l.field == field);
            let reverted = settings.allow_revert
                && out
                    .rulings
                    .iter()
                    .any(|r| r.ruling.decision == Decision::Reject && r.subject == Subject::Field(field));
            let with_status = matches!(field, Field::Closing | Field::ClosingComment) && is == Said::Nothing;
            if kept && (found == Merge::Conflict || reverted || with_status) {
                continue;
            }
            let what = if kept { "overwritten although nobody else changed it" } else { "overwritten without a trace" };
            findings.broken((Invariant::NoSilentLoss, what), pass, || {
                let (was, is) = (was.text(), is.text());
                format!("a person's `{was}` for {} in {} becomes `{is}`: {what}", field.name(), side.title())
            });
        }
    }
}

fn tags_of(input: &Input, side: Side) -> Vec<&str> {
    match side {
        Side::Defender => input.defender.iter().flat_map(|i| &i.custom_tags).map(String::as_str).collect(),
        Side::Sentinel => input.sentinel.iter().flat_map(|i| i.user_labels()).collect(),
    }
}

/// A tag that a person added is gone.
fn lost_tags(
    before: &Input,
    next: &Input,
    side: Side,
    was: &Said,
    settings: &Settings,
    pass: usize,
    findings: &mut Findings,
) {
    let (Some(base), Said::Tags(tags)) = (&before.base, was) else { return };
    let (old, other_old) = match side {
        Side::Defender => (of_defender(Field::Tags, &base.defender, &settings.directory), sentinel_tags(base)),
        Side::Sentinel => {
            (of_sentinel(Field::Tags, &base.sentinel, &settings.directory), base.defender.custom_tags.clone())
        }
    };
    let Said::Tags(old) = old else { return };
    let (now, other) = (tags_of(next, side), tags_of(before, side.other()));
    for tag in tags.iter().filter(|t| !has_tag(&old, t) && !has_tag(&now, t)) {
        // The other side took the same tag away in the same span: two changes, and one of them wins.
        if has_tag(&other_old, tag) && !has_tag(&other, tag) {
            continue;
        }
        findings.broken((Invariant::NoSilentLoss, "an added tag is taken away"), pass, || {
            format!("a person added `{tag}` in {}, and it is taken away", side.title())
        });
    }
}

fn sentinel_tags(base: &Base) -> Vec<String> {
    base.sentinel.user_labels().map(str::to_owned).collect()
}

/// I15: writes after which Defender would not merge the incident with another one.
pub(super) fn warnings(run: &Run, findings: &mut Findings) {
    for out in &run.outs {
        let d = &out.writes.defender;
        if d.assigned_to.as_ref().is_some_and(Option::is_some) {
            findings.warn("sets an owner in Defender");
        }
        if d.closing.is_some_and(|c| c.class != Class::Undetermined) {
            findings.warn("sets a classification in Defender");
        }
    }
}

/// I3 and I5: how a run ends.
fn rest(run: &Run, settings: &Settings, findings: &mut Findings) {
    let Some(end) = run.end() else { return };
    if run.outs.get(1).is_some_and(|out| !out.writes.is_empty()) {
        findings.broken((Invariant::Idempotent, "the second pass writes"), 2, || {
            "nobody changed anything, and the second pass writes again".to_owned()
        });
    }
    if run.outs.get(2).is_some_and(|out| !out.writes.is_empty()) {
        findings.broken((Invariant::Converges, "no rest after two passes"), 3, || {
            "nobody changed anything, and the third pass still writes".to_owned()
        });
        return;
    }
    let stopped = end.freeze.is_some() || end.unlink.is_some() || end.holds.iter().any(|h| h.field.is_none());
    let last = run.last();
    if stopped || run.states.is_empty() || merged_away(last) {
        return;
    }
    for field in settings.fields.iter().copied().filter(|f| *f != Field::Comments) {
        let held =
            end.holds(field) || (matches!(field, Field::Closing | Field::ClosingComment) && end.holds(Field::Status));
        if !held
            && !matches!(end.moves.get(&field), Some(Move::After { .. }))
            && merged(last, field, settings).0 != Merge::Same
        {
            findings.broken(
                (Invariant::Converges, "a difference that is neither held nor split"),
                run.outs.len(),
                || {
                    let said = |side| said(last, side, field, settings).text();
                    let (d, s) = (said(Side::Defender), said(Side::Sentinel));
                    format!(
                        "{} stays `{d}` in Defender and `{s}` in Sentinel, and that is neither held nor split",
                        field.name()
                    )
                },
            );
        }
    }
}

/// I4: a side that leaves a value does not come back to it.
fn ping_pong(run: &Run, settings: &Settings, findings: &mut Findings) {
    let writes = run.outs.iter().filter(|o| !o.writes.is_empty()).count();
    if writes < 2 {
        return;
    }
    for side in Side::BOTH {
        for field in settings.fields.iter().copied().filter(|f| *f != Field::Comments) {
            let values: Vec<Said> =
                (0..=run.states.len()).map(|n| said(run.before(n), side, field, settings)).collect();
            for (n, value) in values.iter().enumerate().skip(2) {
                let left = values.get(n - 1).is_some_and(|v| !v.same(value));
                if left && values.iter().take(n - 1).any(|v| v.same(value)) {
                    findings.broken((Invariant::NoPingPong, "a value comes back"), n, || {
                        format!("{} in {} is `{}` again", field.name(), side.title(), value.text())
                    });
                    break;
                }
            }
        }
    }
}
