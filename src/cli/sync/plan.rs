//! `huntline sync plan`

use super::args::{Form, PlanArgs};
use super::setup::{RealClock, Sides, block_on};
use crate::cli::context::{Context, Failure};
use crate::diagnostic::{Code, Diagnostic, Style};
use crate::incident::{DefenderIncident, Field, SentinelIncident, Side};
use crate::ledger::{Ledger, Reader};
use crate::sync::pass::{Asked, Ruled, Subject};
use crate::sync::run::{PlannedIncident, RunError, SyncPlan, dry_run};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::process::ExitCode;

/// Reads both sides and shows what a sync would do.
pub fn run(context: &Context, args: &PlanArgs) -> Result<ExitCode, Failure> {
    let sides = Sides::new(context, &args.sides)?;
    let clock = RealClock::new(&context.config.sync)?;
    let reader = reader(&sides)?;
    let plan = block_on(dry_run(&sides.services, reader.as_ref(), &sides.rule, &clock, &sides.options))?;
    let mut plan = plan.map_err(|e| failed(&e))?;
    if let Some(id) = &args.incident {
        plan.incidents.retain(|i| i.defender == *id || i.sentinel.eq_ignore_ascii_case(id));
    }
    let mut out = std::io::stdout().lock();
    match args.format {
        Form::Json => writeln!(out, "{}", as_json(&plan, &sides))?,
        Form::Text => draw(&plan, context, &mut out)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The ledger to read from, if there is one yet.
pub fn reader(sides: &Sides) -> Result<Option<Reader>, Failure> {
    if !sides.ledger.exists() {
        return Ok(None);
    }
    let reader = Ledger::open_read(&sides.ledger)?;
    if *reader.name() != sides.name {
        let name = reader.name();
        let message = format!("the ledger belongs to workspace `{}` of tenant `{}`", name.workspace, name.tenant);
        return Err(Diagnostic::general(Code::LedgerMismatch, message)
            .with_help("name another one with --ledger")
            .into());
    }
    Ok(Some(reader))
}

/// A run that failed.
pub fn failed(error: &RunError) -> Failure {
    let code = match error {
        RunError::Service(_) => Code::ServiceFailed,
        RunError::Ledger(_) => Code::LedgerFailed,
        RunError::Json(_) => Code::Bug,
    };
    Diagnostic::general(code, error.to_string()).into()
}

fn as_json(plan: &SyncPlan, sides: &Sides) -> Value {
    let incident = |i: &PlannedIncident| {
        let mut value = i.outcome.json();
        if let Some(map) = value.as_object_mut() {
            map.insert("defender_id".to_owned(), json!(i.defender));
            map.insert("sentinel_id".to_owned(), json!(i.sentinel));
            map.insert("title".to_owned(), json!(title(i)));
        }
        value
    };
    json!({
        "rule": sides.rule.name(),
        "digest": sides.rule.digest(),
        "incidents": plan.incidents.iter().map(incident).collect::<Vec<_>>(),
        "pairs": plan.pairs,
        "frozen": plan.frozen,
        "doubles": plan.doubles,
        "warnings": plan.warnings,
    })
}

fn title(planned: &PlannedIncident) -> &str {
    let defender = planned.input.defender.as_ref().and_then(|d| d.display_name.as_deref());
    defender.or(planned.input.sentinel.as_ref().and_then(|s| s.title.as_deref())).unwrap_or("(no title)")
}

/// Colours for a terminal.
struct Paint(bool);

impl Paint {
    fn of(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// The plan for people, as infrastructure tools show theirs: what changes where, from what to what, and why.
pub fn draw(plan: &SyncPlan, context: &Context, out: &mut dyn Write) -> Result<(), Failure> {
    let paint = Paint(context.stdout_style == Style::Ansi);
    for planned in &plan.incidents {
        draw_incident(planned, &paint, out)?;
    }
    for double in plan.warnings.iter().chain(&plan.doubles) {
        writeln!(out, "{} {double}", paint.of("33", "!"))?;
    }
    let sum = |f: &dyn Fn(&PlannedIncident) -> usize| plan.incidents.iter().map(f).sum::<usize>();
    let defender = sum(&|i| usize::from(!i.outcome.writes.defender.is_empty()));
    let sentinel = sum(&|i| usize::from(!i.outcome.writes.sentinel.is_empty()));
    let comments = sum(&|i| i.outcome.writes.comments.len());
    let held = sum(&|i| i.outcome.holds.len());
    let agree = plan.pairs.saturating_sub(plan.incidents.len());
    let parts =
        format!("{defender} to change in Defender, {sentinel} in Sentinel, {comments} comments to add, {held} held");
    writeln!(out, "{}: {parts}; {agree} of {} incidents agree", paint.of("1", "Plan"), plan.pairs)?;
    if plan.frozen > 0 {
        writeln!(out, "{} incidents are frozen: `huntline sync status`", plan.frozen)?;
    }
    Ok(())
}

fn draw_incident(planned: &PlannedIncident, paint: &Paint, out: &mut dyn Write) -> Result<(), Failure> {
    let outcome = &planned.outcome;
    let ids = format!("Defender {} = Sentinel {}", planned.defender, planned.sentinel);
    writeln!(out, "{}  {}", paint.of("1", title(planned)), paint.of("2", &ids))?;
    let before_d = as_map(planned.input.defender.as_ref().map(serde_json::to_value::<&DefenderIncident>));
    let before_s = as_map(planned.input.sentinel.as_ref().map(serde_json::to_value::<&SentinelIncident>));
    for (side, body, before) in [
        (Side::Defender, outcome.writes.defender.body(), before_d),
        (Side::Sentinel, outcome.writes.sentinel.body(), before_s),
    ] {
        for (name, value) in body {
            if before.get(&name) == Some(&value) {
                continue; // A pair of values is written as one; what stays as it is is no news.
            }
            let change = change(&name, before.get(&name), &value, paint);
            let why = why(outcome.rulings.as_slice(), field_of(&name));
            writeln!(out, "  {} {:<8} {name}: {change}{}", paint.of("33", "~"), side.title(), paint.of("2", &why))?;
        }
    }
    for comment in &outcome.writes.comments {
        let line = comment.text.lines().next().unwrap_or_default();
        let line: String = line.chars().take(90).collect();
        writeln!(out, "  {} {:<8} comment: {}", paint.of("32", "+"), comment.side.title(), paint.of("32", &line))?;
    }
    for hold in &outcome.holds {
        let said =
            outcome.rulings.iter().rev().find(|r| matches!(r.subject, Subject::Field(f) if Some(f) == hold.field));
        let said = said.map(|r| format!(" (Defender: {}, Sentinel: {})", r.defender, r.sentinel)).unwrap_or_default();
        writeln!(out, "  {} {:<8} {}: {}{said}", paint.of("31", "?"), "held", hold.name(), hold.why)?;
    }
    for lost in &outcome.lost {
        let what =
            format!("{} loses {} `{}` (by {})", lost.side.title(), lost.field.name(), lost.value, lost.by.name());
        writeln!(out, "  {} {what}", paint.of("2", "-"))?;
    }
    for (word, reason) in [("freeze", &outcome.freeze), ("unlink", &outcome.unlink)] {
        if let Some(reason) = reason {
            writeln!(out, "  {} {word}: {reason}", paint.of("31", "!"))?;
        }
    }
    Ok(writeln!(out)?)
}

fn as_map(value: Option<Result<Value, serde_json::Error>>) -> Map<String, Value> {
    value.and_then(Result::ok).and_then(|v| v.as_object().cloned()).unwrap_or_default()
}

/// What a property is changed from and to; of sets, what is added and taken away.
fn change(name: &str, before: Option<&Value>, after: &Value, paint: &Paint) -> String {
    if matches!(name, "customTags" | "labels") {
        let names = |v: Option<&Value>| -> Vec<String> {
            let list = v.and_then(Value::as_array).into_iter().flatten();
            list.filter_map(|t| t.as_str().or(t["labelName"].as_str()).map(str::to_owned)).collect()
        };
        let (was, is) = (names(before), names(Some(after)));
        let added = is.iter().filter(|t| !crate::incident::has_tag(&was, t)).map(|t| paint.of("32", &format!("+{t}")));
        let gone = was.iter().filter(|t| !crate::incident::has_tag(&is, t)).map(|t| paint.of("31", &format!("-{t}")));
        return added.chain(gone).collect::<Vec<_>>().join(" ");
    }
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "(none)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(owner @ Value::Object(_)) => {
            let name =
                owner["userPrincipalName"].as_str().or(owner["assignedTo"].as_str()).or(owner["objectId"].as_str());
            name.unwrap_or("(none)").to_owned()
        }
        Some(other) => other.to_string(),
    };
    format!("{} -> {}", paint.of("31", &text(before)), paint.of("32", &text(Some(after))))
}

/// The field that a property belongs to.
fn field_of(property: &str) -> Field {
    match property {
        "status" => Field::Status,
        "classification" | "determination" | "classificationReason" => Field::Closing,
        "resolvingComment" | "classificationComment" => Field::ClosingComment,
        "assignedTo" | "owner" => Field::Owner,
        "severity" => Field::Severity,
        "displayName" | "title" => Field::Title,
        "description" => Field::Description,
        _ => Field::Tags,
    }
}

/// Why a field is written.
fn why(rulings: &[Ruled], field: Field) -> String {
    let ruled = rulings.iter().rev().find(|r| match r.subject {
        Subject::Field(ruled) => ruled == field,
        Subject::Incident(_) => true,
    });
    let Some(ruled) = ruled else { return String::new() };
    let asked = match ruled.question {
        Asked::Conflict => "conflict: ",
        Asked::Answer => "",
        Asked::Carried(_) | Asked::Event => "",
    };
    let line = ruled.ruling.line.map(|l| format!(", line {l}")).unwrap_or_default();
    format!("   ({asked}{}{line})", ruled.ruling.reason)
}
