//! Diagnostics as text for people, and as JSON lines for programs.

use super::{Diagnostic, Severity, Source, Span};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Whether colour may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Plain text.
    Plain,
    /// With ANSI colours.
    Ansi,
}

const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const CYAN: &str = "\x1b[36m";
const BLUE: &str = "\x1b[1;34m";
const RESET: &str = "\x1b[0m";

impl Style {
    fn paint(self, colour: &str, text: &str) -> String {
        match self {
            Style::Plain => text.to_owned(),
            Style::Ansi => format!("{colour}{text}{RESET}"),
        }
    }
}

/// The widest excerpt of a line that is shown around the caret.
const EXCERPT: usize = 160;

/// A diagnostic as people read it: headline, place, the line with a caret, further places, help.
pub fn print(diagnostic: &Diagnostic, sources: &[Source], style: Style) -> String {
    let (word, colour) = match diagnostic.severity {
        Severity::Error => ("error", RED),
        Severity::Warning => ("warning", YELLOW),
        Severity::Note => ("note", CYAN),
    };
    let head = format!("{word}[{}]", diagnostic.code.info().id);
    let mut out = format!("{}: {}\n", style.paint(colour, &head), diagnostic.message);
    let labelled = diagnostic.labels.iter().map(|l| (l.span, l.text.as_str()));
    let mut shown = 0;
    for (span, text) in diagnostic.span.map(|s| (s, "")).into_iter().chain(labelled) {
        if let Some(source) = diagnostic.source_of(span, sources) {
            let colour = if shown == 0 { colour } else { BLUE };
            excerpt(&mut out, source, span, text, style, colour);
            shown += 1;
        }
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "  {} {help}", style.paint(CYAN, "help:"));
    }
    out
}

/// The line of a span with a caret line below it.
fn excerpt(out: &mut String, source: &Source, span: Span, text: &str, style: Style, colour: &str) {
    let at = source.location(span.start as usize);
    let end = source.location(span.end as usize);
    let line: Vec<char> = source.line(at.line).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = super::mask::masked(&line);
    let from = (at.column - 1).saturating_sub(EXCERPT / 2);
    let until = (from + EXCERPT).min(line.len());
    let piece = |a: usize, b: usize| -> String {
        line.get(a..b.min(line.len())).map(|c| c.iter().collect()).unwrap_or_default()
    };
    let shown = piece(from, until);
    let before = piece(from, at.column - 1);
    let last = if end.line == at.line { end.column - 1 } else { line.len() };
    let width = piece(at.column - 1, last.min(until)).width().max(1);
    let gutter = at.line.to_string();
    let pad = " ".repeat(gutter.len());
    let bar = style.paint(BLUE, "|");
    let dots = if from > 0 { "..." } else { "" };
    let _ = writeln!(out, "{pad}{} {}:{}:{}", style.paint(BLUE, "-->"), source.name, at.line, at.column);
    let _ = writeln!(out, "{} {bar} {dots}{shown}", style.paint(BLUE, &gutter));
    let caret = style.paint(colour, &format!("{} {text}", "^".repeat(width)));
    let _ = writeln!(out, "{pad} {bar} {}{}", " ".repeat(dots.len() + before.width()), caret.trim_end());
}

/// A diagnostic as one JSON object in a line: `severity, code, message, help, file, line, column, end_line, end_column`, and
/// `labels`, other places (where a saved function was called), each `message, file, line, column`.
pub fn print_json(diagnostic: &Diagnostic, sources: &[Source]) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let place_of = |span: Span| {
        let source = diagnostic.source_of(span, sources)?;
        Some((source.name.clone(), source.location(span.start as usize), source.location(span.end as usize)))
    };
    let place = diagnostic.span.and_then(place_of);
    let labels = diagnostic.labels.iter().filter_map(|label| {
        let (file, start, _) = place_of(label.span)?;
        let (line, column) = (start.line, start.column);
        Some(serde_json::json!({"message": label.text, "file": file, "line": line, "column": column}))
    });
    serde_json::json!({
        "severity": severity,
        "code": diagnostic.code.info().id,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "file": place.as_ref().map(|p| p.0.clone()),
        "line": place.as_ref().map(|p| p.1.line),
        "column": place.as_ref().map(|p| p.1.column),
        "end_line": place.as_ref().map(|p| p.2.line),
        "end_column": place.as_ref().map(|p| p.2.column),
        "labels": labels.collect::<Vec<_>>(),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, SourceId};

    #[test]
    fn shows_the_line_and_a_caret() {
        let source = Source::new(SourceId(0), "q.kql", "T\n| where Filename == 1");
        let d = Diagnostic::error(Code::UnknownColumn, Span::new(10, 18, SourceId(0)), "no column `Filename` here")
            .with_suggestion(Some("FileName"));
        let text = print(&d, &[source], Style::Plain);
        assert_eq!(
            text,
            "error[HL2002]: no column `Filename` here\n --> q.kql:2:9\n2 | | where Filename == 1\n  |         ^^^^^^^^\n  help: did you mean `FileName`?\n"
        );
    }

    #[test]
    fn json_holds_the_other_places_too() {
        let source = Source::new(SourceId(0), "q.kql", "T\n| where Filename == 1");
        let d = Diagnostic::error(Code::UnknownColumn, Span::new(10, 18, SourceId(0)), "no column `Filename` here")
            .with_label(Span::new(0, 1, SourceId(0)), "of this table");
        let json: serde_json::Value = serde_json::from_str(&print_json(&d, &[source])).unwrap();
        let label = serde_json::json!({"message": "of this table", "file": "q.kql", "line": 1, "column": 1});
        assert_eq!((&json["line"], &json["labels"]), (&serde_json::json!(2), &serde_json::json!([label])));
    }
}
