//! The table of facts and functions as texts: for editors, for the reference, for a rule to begin with.
//!
//! In: [`super::api`]. Out: a definition file of the language (`.d.rhai`), Markdown, a script. The same table gives the same
//! text, so that a file that is checked in can be held to it. Never: anything that the table does not say.

use super::api::{CLOSING, ENTRY_POINTS, FIELD_FACTS, FUNCTIONS, Fact, Function, INCIDENT_FACTS, Kind, PERSON, Reason};
use std::fmt::Write;

/// The functions as a definition file for editors that know the language.
pub fn definitions() -> String {
    let mut out =
        String::from("// What huntline gives to rules. Generated from its table: do not edit.\n\nmodule static;\n");
    for function in FUNCTIONS {
        let _ = write!(out, "\n/// {}\n", sentence(function.doc));
        if let Some(line) = where_it_answers(function) {
            let _ = writeln!(out, "/// {line}");
        }
        for form in forms(function) {
            let _ = writeln!(out, "fn {form};");
        }
    }
    out
}

/// The reference of rules as Markdown: what a rule defines, what it may call, what it is given.
pub fn reference() -> String {
    let mut out = String::from("## Functions of a rule\n\n| function | must be there | what for |\n|---|---|---|\n");
    for entry in ENTRY_POINTS {
        let required = if entry.required { "yes" } else { "no" };
        let _ = writeln!(out, "| `{}(f)` | {required} | {} |", entry.name, entry.doc);
    }
    out.push_str(
        "\n## Decisions\n\nA reason in brackets may be left out.\n\n| decision | in | what it does |\n|---|---|---|\n",
    );
    for function in FUNCTIONS.iter().filter(|f| f.decides) {
        let answers = function.answers.iter().map(|a| format!("`{a}`")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "| `{}` | {answers} | {} |", short(function), function.doc);
    }
    out.push_str("\n## Helpers\n\n| helper | what it gives |\n|---|---|\n");
    for function in FUNCTIONS.iter().filter(|f| !f.decides) {
        let _ = writeln!(out, "| `{}` | {} |", short(function), function.doc);
    }
    for (title, facts) in [
        ("Facts of `decide` and `review`", FIELD_FACTS),
        ("Facts of `incident`", INCIDENT_FACTS),
        ("What `person` gives", PERSON),
    ] {
        let _ = write!(out, "\n## {title}\n\n| fact | kind | what it is |\n|---|---|---|\n");
        let prefix = if title.starts_with("Facts") { "f." } else { "" };
        tree(&mut out, prefix, facts);
    }
    out.push_str("\n## Values of a closing\n\n| member | kind | what it is |\n|---|---|---|\n");
    tree(&mut out, "", CLOSING);
    out
}

/// The facts, each with its members after it. Both sides have the same members: the second one refers to the first.
fn tree(out: &mut String, prefix: &str, facts: &[Fact]) {
    let mut told: Vec<(&[Fact], String)> = Vec::new();
    for fact in facts {
        let path = format!("{prefix}{}", fact.name);
        let _ = writeln!(out, "| `{path}` | {} | {} |", kind(fact), fact.doc);
        if let Kind::Map(members) = fact.kind {
            match told.iter().find(|(known, _)| *known == members) {
                Some((_, first)) => {
                    let _ = writeln!(out, "| `{path}.` | | as `{first}.` |");
                }
                None => {
                    tree(out, &format!("{path}."), members);
                    told.push((members, path));
                }
            }
        }
    }
}

fn kind(fact: &Fact) -> String {
    let kind = match fact.kind {
        Kind::Text => "text".to_owned(),
        Kind::OneOf(texts) => texts.iter().map(|t| format!("`\"{t}\"`")).collect::<Vec<_>>().join(", "),
        Kind::Number => "number".to_owned(),
        Kind::Bool => "true or false".to_owned(),
        Kind::Texts => "list of texts".to_owned(),
        Kind::Map(_) => "map".to_owned(),
        Kind::Value => "depends on the field".to_owned(),
        Kind::Open => "any".to_owned(),
    };
    if fact.optional { format!("{kind}, or `()`") } else { kind }
}

/// `name(parameter, [reason])`.
fn short(function: &Function) -> String {
    let mut parts: Vec<&str> = function.parameters.iter().map(|p| p.name).collect();
    match function.reason {
        Reason::No => {}
        Reason::Optional => parts.push("[reason]"),
        Reason::Required => parts.push("reason"),
    }
    format!("{}({})", function.name, parts.join(", "))
}

/// The forms in which a function can be called, as the definition language writes them.
fn forms(function: &Function) -> Vec<String> {
    let typed = |kind: Kind| match kind {
        Kind::Text | Kind::OneOf(_) => "String",
        Kind::Number => "int",
        Kind::Bool => "bool",
        Kind::Texts => "Array",
        Kind::Map(_) | Kind::Open => "Map",
        Kind::Value => "?",
    };
    let plain: Vec<String> = function.parameters.iter().map(|p| format!("{}: {}", p.name, typed(p.kind))).collect();
    let mut with = plain.clone();
    with.push("reason: String".to_owned());
    let gives = match (function.decides, function.name) {
        (true, _) => "Decision",
        (false, "same_text" | "has_tag") => "bool",
        (false, _) => "?",
    };
    let form = |parts: &[String]| format!("{}({}) -> {gives}", function.name, parts.join(", "));
    match function.reason {
        Reason::No => vec![form(&plain)],
        Reason::Optional => vec![form(&plain), form(&with)],
        Reason::Required => vec![form(&with)],
    }
}

fn where_it_answers(function: &Function) -> Option<String> {
    let answers = function.answers.iter().map(|a| format!("`{a}`")).collect::<Vec<_>>().join(", ");
    function.decides.then(|| format!("An answer in {answers}."))
}

/// A doc as a sentence of its own.
fn sentence(doc: &str) -> String {
    let mut letters = doc.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// A rule to begin with, and its cases as JSON: what `rules new` writes.
pub fn scaffold(name: &str) -> (String, String) {
    (format!("// {}\n{SCRIPT}", name.replace(['\n', '\r'], " ")), CASES.to_owned())
}

const SCRIPT: &str = r#"//
// `decide` is asked when both sides changed a field to different meanings. It ends with a decision on every way.
// `huntline rules check` finds slips, `rules test` runs the cases, `rules verify` tries everything that can happen.

// Who is no person.
fn is_machine(by) {
    by == "automation" || by == "provider"
}

fn decide(f) {
    // Closed wins over open: nobody closes by accident.
    if f.field == "status" && f.defender.closed && !f.sentinel.closed {
        return take_defender("it is closed in Defender only");
    }
    if f.field == "status" && f.sentinel.closed && !f.defender.closed {
        return take_sentinel("it is closed in Sentinel only");
    }
    // A person wins over a machine.
    if f.defender.by == "human" && is_machine(f.sentinel.by) {
        return take_defender("a person changed it in Defender, a machine in Sentinel");
    }
    if f.sentinel.by == "human" && is_machine(f.defender.by) {
        return take_sentinel("a person changed it in Sentinel, a machine in Defender");
    }
    // Everything else: the later change, if anybody knows which one that is.
    switch f.order {
        "defender" => take_defender("Defender's change is the later one"),
        "sentinel" => take_sentinel("Sentinel's change is the later one"),
        _ => hold("both changed it, and which came later is not known"),
    }
}

// A change of one side alone is carried over as it is. To look at it first:
//
// fn review(f) {
//     if f.field == "severity" && is_machine(f[f.planned.from].by) { return hold("a machine changed the severity"); }
//     accept()
// }
"#;

const CASES: &str = r#"[
  {
    "name": "closed in Defender beats open in Sentinel",
    "field": "status",
    "defender": {"value": "closed", "by": "human"},
    "sentinel": {"value": "in_progress", "by": "human"},
    "expect": "take_defender"
  },
  {
    "name": "a person in Sentinel beats a machine in Defender",
    "field": "severity",
    "defender": {"value": "low", "by": "automation"},
    "sentinel": {"value": "high", "by": "human"},
    "order": "defender",
    "expect": "take_sentinel"
  },
  {
    "name": "two people and nobody knows who was later",
    "why": "what is not known is not guessed at",
    "field": "severity",
    "defender": {"value": "low", "by": "human"},
    "sentinel": {"value": "high", "by": "human"},
    "expect": "hold"
  }
]
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_and_fact_is_told() {
        let (definitions, reference) = (definitions(), reference());
        for function in FUNCTIONS {
            assert!(definitions.contains(&format!("fn {}(", function.name)), "{}", function.name);
            assert!(reference.contains(&format!("| `{}(", function.name)), "{}", function.name);
        }
        for fact in FIELD_FACTS.iter().chain(INCIDENT_FACTS) {
            assert!(reference.contains(&format!("| `f.{}` |", fact.name)), "{}", fact.name);
        }
        assert!(reference.contains("| `f.sentinel.` | | as `f.defender.` |"));
        assert!(definitions.contains("fn hold(reason: String) -> Decision;") && !definitions.contains("fn hold()"));
        assert_eq!(reference, super::reference());
    }

    #[test]
    fn the_scaffold_checks_clean() {
        let (script, cases) = scaffold("mine");
        assert_eq!(crate::policy::check::check("mine", &script).1, []);
        let cases: serde_json::Value = serde_json::from_str(&cases).unwrap();
        assert_eq!(cases.as_array().map(Vec::len), Some(3));
    }
}
