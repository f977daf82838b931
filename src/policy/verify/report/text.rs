//! The report as people read it.

use super::super::find::Invariant;
use super::{Report, State, Step, Trace};
use crate::diagnostic::Style;
use std::fmt::Write;

impl Report {
    /// For people.
    pub fn text(&self, style: Style) -> String {
        let mut out = String::new();
        let scope = if self.full { "" } else { " (quick)" };
        let _ = writeln!(
            out,
            "{}: {} states{scope}, {} held, {} decided without the rule",
            self.rule,
            grouped(self.states),
            grouped(self.held),
            grouped(self.by_default)
        );
        if self.distinct_questions > 0 {
            let _ = writeln!(
                out,
                "{} questions, {} of them distinct",
                grouped(self.questions),
                grouped(self.distinct_questions)
            );
        }
        if let Some(branches) = &self.branches {
            let _ = writeln!(out, "{} of {} branches taken", branches.taken, branches.total);
            branches.never.iter().for_each(|b| {
                let _ = writeln!(out, "  never: {b}");
            });
        }
        if !self.complete {
            let _ = writeln!(out, "not complete: stopped before every state was looked at");
        }
        out.push('\n');
        for invariant in Invariant::ALL {
            let broken = self.violations.iter().filter(|v| v.invariant == invariant).map(|v| v.states).max();
            let (word, colour) = match broken {
                None => ("ok", "\x1b[32m"),
                Some(_) => ("BROKEN", "\x1b[1;31m"),
            };
            let _ = writeln!(
                out,
                "  {:<4}{} {}",
                invariant.id(),
                paint(style, colour, &format!("{word:<7}")),
                invariant.says()
            );
        }
        for violation in &self.violations {
            let head = format!("{} {}", violation.invariant.id(), violation.kind);
            let _ = writeln!(
                out,
                "\n{}: in {} states; the simplest:",
                paint(style, "\x1b[1;31m", &head),
                grouped(violation.states)
            );
            trace(&mut out, &violation.trace, style);
        }
        for warning in &self.warnings {
            let head = format!("{} {}", warning.invariant, warning.message);
            let _ = writeln!(
                out,
                "\n{}: in {} states; the simplest:",
                paint(style, "\x1b[1;33m", &head),
                grouped(warning.states)
            );
            state(&mut out, "as", &warning.example, style);
        }
        out
    }
}

fn paint(style: Style, colour: &str, text: &str) -> String {
    match style {
        Style::Plain => text.to_owned(),
        Style::Ansi => format!("{colour}{text}\x1b[0m"),
    }
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn line(out: &mut String, style: Style, head: &str, name: &str, text: &str) {
    let _ = writeln!(out, "  {} {name:<9} {text}", paint(style, "\x1b[36m", &format!("{head:<7}")));
}

/// A state, its head on the first line.
pub(in crate::policy) fn state(out: &mut String, head: &str, state: &State, style: Style) {
    line(out, style, head, "Defender", &state.defender);
    line(out, style, "", "Sentinel", &state.sentinel);
    line(out, style, "", "agreed", &state.agreed);
    line(out, style, "", "changed", &state.changed);
}

fn trace(out: &mut String, trace: &Trace, style: Style) {
    state(out, "start", &trace.start, style);
    let mut passes = 0;
    for step in &trace.steps {
        match step {
            Step::Outside { what, after } => {
                line(out, style, "then", "", what);
                sides(out, after, style);
            }
            Step::Pass { decisions, writes, held, after } => {
                passes += 1;
                let mut head = format!("pass {passes}");
                let mut put = |name: &str, text: &str| line(out, style, &std::mem::take(&mut head), name, text);
                for d in decisions {
                    let at = d.line.map_or("as usual".to_owned(), |l| format!("line {l}"));
                    put("asks", &format!("{}, {} -> {} ({at}: {})", d.about, d.asked, d.decision, d.reason));
                }
                held.iter().for_each(|h| put("holds", h));
                writes.iter().for_each(|w| put("writes", w));
                if writes.is_empty() {
                    put("writes", "nothing");
                }
                if let Some(after) = after {
                    sides(out, after, style);
                }
            }
        }
    }
    line(out, style, "broken", "", &paint(style, "\x1b[1;31m", &trace.broken));
}

fn sides(out: &mut String, state: &State, style: Style) {
    line(out, style, "", "now", &format!("Defender {}; Sentinel {}", state.defender, state.sentinel));
}
