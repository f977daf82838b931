//! Results of cases for people and for programs.

use super::expect::body;
use super::{CaseResult, Report};
use crate::diagnostic::{Source, Style};
use crate::incident::Side;
use crate::policy::explain::{Ink, columns, paint};
use serde_json::{Value, json};
use std::fmt::Write;

/// A report as text. A failed case shows what was known, what was expected beside what came out, and the line that decided;
/// with `verbose`, one that passed shows what came out.
pub fn text(report: &Report, sources: &[Source], style: Style, verbose: bool) -> String {
    let mut out = String::new();
    for result in &report.results {
        match result.pass {
            true => passed(&mut out, result, style, verbose),
            false => failed(&mut out, report, result, sources, style),
        }
    }
    let failed = report.results.iter().filter(|r| !r.pass).count();
    let told = match failed {
        0 => paint(style, Ink::Good, "all passed"),
        n => paint(style, Ink::Bad, &format!("{n} failed")),
    };
    let number = report.results.len();
    let noun = if number == 1 { "case" } else { "cases" };
    let _ = writeln!(out, "{}: {number} {noun}, {told}", report.rule);
    let coverage = &report.coverage;
    let _ = writeln!(out, "branches {}/{}", coverage.taken(), coverage.total());
    for branch in coverage.never() {
        let _ = writeln!(out, "  {} line {}: {}", paint(style, Ink::Warn, "never taken"), branch.line, branch.label);
    }
    out
}

fn passed(out: &mut String, result: &CaseResult, style: Style, verbose: bool) {
    let _ = writeln!(out, "{} {}", paint(style, Ink::Good, "pass"), result.name);
    if verbose && !result.decision.is_empty() {
        let reason = if result.reason.is_empty() { String::new() } else { format!(": {}", result.reason) };
        let _ = writeln!(out, "     {}{reason}", result.decision);
    }
}

fn failed(out: &mut String, report: &Report, result: &CaseResult, sources: &[Source], style: Style) {
    let place = sources.iter().find(|s| s.id == result.span.source).map_or_else(String::new, |source| {
        format!("  {}:{}", source.name, source.location(result.span.start as usize).line)
    });
    let _ = writeln!(out, "{} {}{}", paint(style, Ink::Bad, "FAIL"), result.name, paint(style, Ink::Dim, &place));
    if let Some(why) = &result.why {
        let _ = writeln!(out, "     {why}");
    }
    let head = ["", "expected", "got"].map(str::to_owned).to_vec();
    let rows = result.differences.iter().map(|d| vec![d.what.clone(), d.expected.clone(), d.got.clone()]);
    for (nth, line) in columns([head].into_iter().chain(rows)).into_iter().enumerate() {
        let ink = if nth == 0 { Ink::Dim } else { Ink::Plain };
        let _ = writeln!(out, "     {}", paint(style, ink, &line));
    }
    for facts in &result.facts {
        let _ = writeln!(out, "     {}", paint(style, Ink::Dim, &facts.line()));
    }
    if !result.reason.is_empty() {
        let _ = writeln!(out, "     {}: {}", result.decision, result.reason);
    }
    if let Some((decision, Some(line))) = &result.rule {
        let _ = writeln!(out, "     `{decision}` in line {line} of {}", report.rule);
    }
    for side in Side::BOTH {
        let written = body(side, &result.outcome);
        if !written.is_empty() {
            let _ = writeln!(out, "     writes to {}: {}", side.title(), Value::Object(written));
        }
    }
}

/// A report as JSON: `rule`, `cases` (each `name`, `pass`, `file`, `line`, `decision`, `reason`, `rule_line`, `differences`,
/// `facts`, `outcome`), `passed`, `failed`, `branches`.
pub fn json(report: &Report, sources: &[Source]) -> Value {
    let one = |result: &CaseResult| {
        let source = sources.iter().find(|s| s.id == result.span.source);
        let differences: Vec<Value> =
            result.differences.iter().map(|d| json!({"what": d.what, "expected": d.expected, "got": d.got})).collect();
        json!({
            "name": result.name,
            "pass": result.pass,
            "file": source.map(|s| s.name.clone()),
            "line": source.map(|s| s.location(result.span.start as usize).line),
            "decision": result.decision,
            "reason": result.reason,
            "rule_line": result.rule.as_ref().and_then(|r| r.1),
            "differences": differences,
            "facts": result.facts.iter().map(|f| f.json()).collect::<Vec<_>>(),
            "outcome": result.outcome.json(),
        })
    };
    let failed = report.results.iter().filter(|r| !r.pass).count();
    let coverage = &report.coverage;
    let never: Vec<Value> =
        coverage.never().map(|b| json!({"line": b.line, "column": b.column, "branch": b.label})).collect();
    json!({
        "rule": report.rule,
        "cases": report.results.iter().map(one).collect::<Vec<_>>(),
        "passed": report.results.len() - failed,
        "failed": failed,
        "branches": {"taken": coverage.taken(), "total": coverage.total(), "never_taken": never},
    })
}
