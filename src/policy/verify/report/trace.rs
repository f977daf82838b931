//! A run as a person can follow it: where it starts, each pass with its questions, decisions and writes, where it ends.

use super::super::run::TapeEvent;
use crate::incident::{DefenderIncident, Field, SentinelIncident, Side};
use crate::sync::base::Base;
use crate::sync::decision::{Decision, Given};
use crate::sync::input::{Input, Settings};
use crate::sync::pass::{Asked, Outcome, Subject};
use serde::Serialize;

/// The shortest way to see something broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// Where it starts.
    pub start: State,
    /// What happens.
    pub steps: Vec<Step>,
    /// What is broken.
    pub broken: String,
}

/// Both sides and what they last agreed on, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct State {
    /// What Defender says.
    pub defender: String,
    /// What Sentinel says.
    pub sentinel: String,
    /// What was last agreed.
    pub agreed: String,
    /// Who changed what, and which side is later.
    pub changed: String,
}

/// A step of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Somebody else did something.
    Outside {
        /// What.
        what: String,
        /// The state afterwards.
        after: State,
    },
    /// A pass.
    Pass {
        /// What was asked and decided.
        decisions: Vec<Decided>,
        /// What is written, a line for each side and comment.
        writes: Vec<String>,
        /// What is held, and why.
        held: Vec<String>,
        /// The state afterwards; none where a side does not have the incident, or a stop follows.
        after: Option<State>,
    },
}

/// A question with its decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// The field, or the event.
    pub about: String,
    /// How it came to be asked.
    pub asked: String,
    /// The decision as a rule writes it.
    pub decision: String,
    /// Why.
    pub reason: String,
    /// The line of the rule; none for what is usual.
    pub line: Option<u32>,
}

/// The trace of what a tape recorded, until `passes` passes were shown.
pub(in crate::policy::verify) fn trace(
    events: &[TapeEvent],
    fields: &[Field],
    settings: &Settings,
    passes: usize,
    broken: String,
) -> Option<Trace> {
    let state = |input: &Input| state(input, fields, settings);
    let (mut start, mut steps, mut shown) = (None, Vec::new(), 0);
    for event in events {
        match event {
            TapeEvent::Start(input) => start = Some(state(input)),
            TapeEvent::Outside(what, input) => steps.push(Step::Outside { what: what.clone(), after: state(input) }),
            TapeEvent::Pass(out, next) => {
                shown += 1;
                steps.push(pass(out, next.as_deref().map(state)));
                if shown >= passes {
                    break;
                }
            }
        }
    }
    Some(Trace { start: start?, steps, broken })
}

/// A state in words.
pub(in crate::policy::verify) fn state(input: &Input, fields: &[Field], settings: &Settings) -> State {
    let gone = || "gone".to_owned();
    let defender = input.defender.as_ref().map_or_else(gone, |d| defender(d, fields));
    let sentinel = input.sentinel.as_ref().map_or_else(gone, |s| sentinel(s, fields));
    let agreed = input.base.as_ref().map_or("nothing yet".to_owned(), |b| agreed(b, fields, settings));
    State { defender, sentinel, agreed, changed: changed(input, fields) }
}

fn join(parts: Vec<(&str, Option<String>)>) -> String {
    let parts = parts.into_iter().filter_map(|(name, value)| value.map(|v| format!("{name} {v}").trim().to_owned()));
    parts.collect::<Vec<_>>().join(", ")
}

fn on<T>(fields: &[Field], field: Field, value: impl FnOnce() -> T) -> Option<T> {
    fields.contains(&field).then(value)
}

fn pair(first: Option<&str>, second: Option<&str>) -> Option<String> {
    match (first?, second) {
        (first, Some(second)) if second != first => Some(format!("{first}/{second}")),
        (first, _) => Some(first.to_owned()),
    }
}

fn list(texts: Vec<&str>) -> String {
    if texts.is_empty() { "none".to_owned() } else { texts.join(" + ") }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// At most as many comments as a person reads.
const COMMENTS: usize = 5;

fn comments<'a>(texts: impl Iterator<Item = &'a str>) -> Option<String> {
    let all: Vec<String> = texts.map(|t| format!("\"{}\"", first_line(t))).collect();
    let more = all.len().saturating_sub(COMMENTS);
    let further = (more > 0).then(|| format!("and {more} more"));
    let shown: Vec<String> = all.into_iter().take(COMMENTS).chain(further).collect();
    (!shown.is_empty()).then(|| shown.join(" + "))
}

fn defender(d: &DefenderIncident, fields: &[Field]) -> String {
    let text = |t: &Option<String>| t.clone();
    join(vec![
        ("", Some(d.status.text().to_owned())),
        (
            "",
            on(fields, Field::Closing, || {
                pair(d.classification.as_ref().map(|c| c.text()), d.determination.as_ref().map(|c| c.text()))
            })
            .flatten(),
        ),
        ("merged into", text(&d.redirect_incident_id)),
        ("closing comment", text(&d.resolving_comment)),
        ("owner", on(fields, Field::Owner, || d.assigned_to.clone().unwrap_or("nobody".to_owned()))),
        ("severity", on(fields, Field::Severity, || d.severity.as_ref().map_or("none", |s| s.text()).to_owned())),
        ("title", text(&d.display_name)),
        ("description", text(&d.description)),
        ("tags", on(fields, Field::Tags, || list(d.custom_tags.iter().map(String::as_str).collect()))),
        ("comments", comments(d.comments.iter().map(|c| c.comment.as_str()))),
    ])
}

fn sentinel(s: &SentinelIncident, fields: &[Field]) -> String {
    let text = |t: &Option<String>| t.clone();
    let owner = || {
        let owner = s.owner.as_ref();
        let name = owner.and_then(|o| o.user_principal_name.clone().or(o.assigned_to.clone()));
        name.unwrap_or("nobody".to_owned())
    };
    join(vec![
        ("", Some(s.status.text().to_owned())),
        (
            "",
            on(fields, Field::Closing, || {
                pair(s.classification.as_ref().map(|c| c.text()), s.classification_reason.as_ref().map(|c| c.text()))
            })
            .flatten(),
        ),
        ("closing comment", text(&s.classification_comment)),
        ("owner", on(fields, Field::Owner, owner)),
        ("severity", on(fields, Field::Severity, || s.severity.as_ref().map_or("none", |s| s.text()).to_owned())),
        ("title", text(&s.title)),
        ("description", text(&s.description)),
        ("tags", on(fields, Field::Tags, || list(s.user_labels().collect()))),
        ("comments", comments(s.comments.iter().map(|c| c.message.as_str()))),
    ])
}

/// What was agreed: once where both mean the same, else both.
fn agreed(base: &Base, fields: &[Field], settings: &Settings) -> String {
    let mut parts = Vec::new();
    for field in fields.iter().copied().filter(|f| *f != Field::Comments) {
        let Some((d, s)) = base.said(field, &settings.directory) else { continue };
        let (dt, st) = (d.text(), s.text());
        match d.same(&s) || st == "-" {
            true if dt == "-" && st == "-" || dt.is_empty() => {}
            true => parts.push(format!("{} {dt}", field.name())),
            false => parts.push(format!("{} {dt} in Defender and {st} in Sentinel", field.name())),
        }
    }
    if parts.is_empty() { "nothing said".to_owned() } else { parts.join(", ") }
}

fn changed(input: &Input, fields: &[Field]) -> String {
    let by = |side: Side| -> String {
        let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
        for field in fields {
            let actor = input.actor(side, *field).name();
            match told.iter_mut().find(|(a, _)| *a == actor) {
                Some((_, names)) => names.push(field.name()),
                None => told.push((actor, vec![field.name()])),
            }
        }
        let all = told.len() == 1;
        let told = told
            .into_iter()
            .map(|(actor, names)| if all { actor.to_owned() } else { format!("{actor} ({})", names.join(", ")) });
        told.collect::<Vec<_>>().join(" and ")
    };
    let order = fields.first().map_or("unknown", |f| input.order(*f).name());
    format!("Defender by {}, Sentinel by {}, later: {order}", by(Side::Defender), by(Side::Sentinel))
}

fn pass(out: &Outcome, after: Option<State>) -> Step {
    let decided = |r: &crate::sync::pass::Ruled| Decided {
        about: match r.subject {
            Subject::Field(field) => field.name().to_owned(),
            Subject::Incident(event) => event.name().to_owned(),
        },
        asked: match r.question {
            Asked::Conflict => format!("`{}` against `{}`", r.defender, r.sentinel),
            Asked::Carried(from) => format!("changed in {}", from.title()),
            Asked::Answer => "answered".to_owned(),
            Asked::Event => "event".to_owned(),
        },
        decision: decision(&r.ruling.decision),
        reason: r.ruling.reason.clone(),
        line: r.ruling.line,
    };
    let refused = out.refusals.iter().map(|r| {
        let at = r.at.map_or(String::new(), |(line, _)| format!(" (line {line})"));
        format!("{}: {}{at}", r.field.map_or("the incident", Field::name), r.message)
    });
    let held = out.holds.iter().filter(|h| out.refusals.iter().all(|r| r.field != h.field));
    let held = refused.chain(held.map(|h| format!("{}: {}", h.name(), h.why)));
    let frozen = out
        .freeze
        .iter()
        .map(|why| format!("frozen: {why}"))
        .chain(out.unlink.iter().map(|why| format!("unlinked: {why}")));
    Step::Pass {
        decisions: out.rulings.iter().map(decided).collect(),
        writes: writes(out),
        held: held.chain(frozen).collect(),
        after,
    }
}

/// What a pass writes, a line for each side and comment.
fn writes(out: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    for (side, body) in [("Defender", out.writes.defender.body()), ("Sentinel", out.writes.sentinel.body())] {
        if !body.is_empty() {
            let set = body.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ");
            lines.push(format!("{side}: {set}"));
        }
    }
    let comment =
        |c: &crate::sync::plan::NewComment| format!("{}: a comment \"{}\"", c.side.title(), first_line(&c.text));
    lines.extend(out.writes.comments.iter().map(comment));
    lines
}

/// A decision as a rule writes it.
pub(in crate::policy::verify) fn decision(decision: &Decision) -> String {
    let given = |given: &Given| match given {
        Given::Text(text) => format!("\"{text}\""),
        Given::Closing { class, determination, reason } => {
            let finer = determination.iter().chain(reason);
            finer.fold(class.clone(), |text, finer| format!("{text}/{finer}"))
        }
    };
    let texts = |list: &[String]| list.iter().map(|t| format!("\"{}\"", first_line(t))).collect::<Vec<_>>().join(", ");
    let inside = match decision {
        Decision::Set(value) => given(value),
        Decision::SetEach(d, s) | Decision::SplitEach(d, s) => format!("{}, {}", given(d), given(s)),
        Decision::MergeSets { add, remove } => format!("[{}], [{}]", texts(add), texts(remove)),
        Decision::Append(list) => format!("[{}]", texts(list)),
        Decision::Choose(finer) => format!("\"{finer}\""),
        _ => String::new(),
    };
    format!("{}({inside})", decision.name())
}
