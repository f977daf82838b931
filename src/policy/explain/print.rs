//! Explanations as text, and what every text of this module is made with: colours, aligned columns.

use super::{Call, Explanation};
use crate::diagnostic::Style;
use crate::sync::pass::{Outcome, Subject};
use serde_json::Value;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) enum Ink {
    Plain,
    Good,
    Bad,
    Warn,
    Dim,
    Strong,
}

/// Paints a text.
pub(in crate::policy) fn paint(style: Style, ink: Ink, text: &str) -> String {
    let code = match ink {
        Ink::Plain => return text.to_owned(),
        Ink::Good => "32",
        Ink::Bad => "1;31",
        Ink::Warn => "33",
        Ink::Dim => "2",
        Ink::Strong => "1",
    };
    match style {
        Style::Plain => text.to_owned(),
        Style::Ansi if text.is_empty() => String::new(),
        Style::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
    }
}

/// Rows as lines with aligned columns, two spaces between them.
pub(in crate::policy) fn columns(rows: impl IntoIterator<Item = Vec<String>>) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows.into_iter().collect();
    let mut widths: Vec<usize> = Vec::new();
    for row in &rows {
        for (nth, cell) in row.iter().enumerate() {
            match widths.get_mut(nth) {
                Some(width) => *width = (*width).max(cell.width()),
                None => widths.push(cell.width()),
            }
        }
    }
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width()))));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// A value as people read it.
pub(in crate::policy) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) if text.is_empty() => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "nothing".to_owned(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            let named = ["labelName", "userPrincipalName", "email", "assignedTo", "objectId"];
            let name = named.iter().find_map(|n| map.get(*n).and_then(Value::as_str)).filter(|n| !n.is_empty());
            name.map_or_else(|| value.to_string(), str::to_owned)
        }
        other => other.to_string(),
    }
}

/// An explanation as text.
pub(super) fn text(told: &Explanation, style: Style) -> String {
    let mut out = String::new();
    let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "gone".to_owned());
    let head = format!("Defender {} and Sentinel {}", id(&told.defender_id), id(&told.sentinel_id));
    let _ = writeln!(out, "{} under `{}`", paint(style, Ink::Strong, &head), told.rule);
    for call in told.calls.iter().filter(|c| matches!(c.subject, Subject::Incident(_))) {
        let _ = writeln!(out, "  {}", paint(style, Ink::Strong, &call.name()));
        subject(&mut out, told, call.subject, style);
    }
    for facts in told.fields.iter().filter(|f| told.concerns(f)) {
        let _ = writeln!(out, "  {}", facts.line());
        subject(&mut out, told, Subject::Field(facts.field), style);
    }
    let quiet: Vec<&str> = told.fields.iter().filter(|f| !told.concerns(f)).map(|f| f.field.name()).collect();
    if !quiet.is_empty() {
        let _ = writeln!(out, "  {}", paint(style, Ink::Dim, &format!("nothing to do: {}", quiet.join(", "))));
    }
    ending(&mut out, told, style);
    out
}

/// What ran for a field or an event, what was decided about it, and what the engine did with that.
fn subject(out: &mut String, told: &Explanation, subject: Subject, style: Style) {
    for call in told.calls.iter().filter(|c| c.subject == subject) {
        lines(out, call, style);
    }
    let field = match subject {
        Subject::Field(field) => Some(field),
        Subject::Incident(_) => None,
    };
    let outcome = &told.outcome;
    for ruled in outcome.rulings.iter().filter(|r| r.subject == subject) {
        let by = match ruled.ruling.line {
            Some(line) => format!("line {line}"),
            None => "the engine".to_owned(),
        };
        let decision = paint(style, Ink::Good, ruled.ruling.decision.name());
        let _ = writeln!(out, "    {decision} ({by}): {}", ruled.ruling.reason);
    }
    for refusal in outcome.refusals.iter().filter(|r| r.field == field) {
        let at = refusal.at.map_or_else(String::new, |(line, _)| format!(" (line {line})"));
        let _ = writeln!(out, "    {}{at}: {}", paint(style, Ink::Bad, "not carried out"), refusal.message);
    }
    for hold in outcome.holds.iter().filter(|h| h.field == field) {
        let _ = writeln!(out, "    {}: {}", paint(style, Ink::Warn, "held"), hold.why);
    }
    for lost in outcome.lost.iter().filter(|l| Some(l.field) == field) {
        let what = format!("{}'s `{}` by {}", lost.side.title(), lost.value, lost.by.name());
        let _ = writeln!(out, "    {}: {what}", paint(style, Ink::Warn, "overwrites"));
    }
}

/// The lines of the rule that ran.
fn lines(out: &mut String, call: &Call, style: Style) {
    let _ = writeln!(out, "    `{}` ran:", call.function);
    let rows = call.lines.iter().map(|(line, text)| vec![format!("      {line}"), text.clone()]);
    for line in columns(rows) {
        let _ = writeln!(out, "{}", paint(style, Ink::Dim, &line));
    }
}

/// What is written, and what stops everything.
fn ending(out: &mut String, told: &Explanation, style: Style) {
    let Outcome { freeze, unlink, writes, .. } = &told.outcome;
    for (word, why) in [("frozen", freeze), ("unlinked", unlink)] {
        if let Some(why) = why {
            let _ = writeln!(out, "  {}: {why}", paint(style, Ink::Bad, word));
        }
    }
    if told.changes.is_empty() && writes.comments.is_empty() {
        let _ = writeln!(out, "  writes nothing");
        return;
    }
    let rows = told.changes.iter().map(|c| {
        let name = format!("  {}.{}", c.side.name(), c.property);
        vec![name, shown(&c.before), "->".to_owned(), shown(&c.after)]
    });
    for line in columns(rows) {
        let _ = writeln!(out, "{line}");
    }
    for comment in &writes.comments {
        let text = comment.text.replace('\n', " ");
        let _ = writeln!(out, "  {} comment on {}: {text}", comment.side.name(), comment.incident);
    }
}
