//! Which of Kusto's names run here: a table of each kind of name.
//!
//! In: Kusto's names and the library's records. Out: Markdown. A name runs when there is a record of it.

use crate::library::kusto::{self, Is, KINDS, Kind, SPELLINGS};
use crate::library::operator::{self, OperatorKind};
use crate::library::{self, table};
use std::fmt::Write as _;

/// Whether a name runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Support {
    /// As it is.
    Yes,
    /// It means the record of this name.
    As(&'static str),
    /// It gives the same value always, for a reason.
    Fixed(&'static str),
    /// The query runs, and shows its rows in place of a picture.
    AsTable,
    /// Never, for a reason.
    Never(&'static str),
    /// Nobody has built it, nor said why not.
    Missing,
}

/// The page; `drawn` knows the kinds of pictures.
pub(super) fn markdown(drawn: impl Fn(&str) -> bool) -> String {
    let mut out = String::from(
        "# Kusto's names\n\nWhich names of the language run here. Printed from the records in `src/library`; the names \
         are those of Microsoft's documentation.\n\n| kind | names | yes | in part | no | missing |\n|---|--:|--:|--:|--:|--:|\n",
    );
    for kind in KINDS {
        let found: Vec<Support> = kind.names().map(|name| support(kind.is, &name, &drawn)).collect();
        count(&mut out, kind.name, &found);
    }
    let spellings: Vec<Support> = SPELLINGS.iter().map(|(old, new)| spelling(old, new, &drawn)).collect();
    count(&mut out, "Other spellings", &spellings);
    for kind in KINDS {
        section(&mut out, kind, &drawn);
    }
    out.push_str("\n## Other spellings\n\n| name | today | supported |\n|---|---|---|\n");
    for ((old, new), found) in SPELLINGS.iter().zip(spellings) {
        let _ = writeln!(out, "| `{old}` | `{new}` | {} |", shown(found));
    }
    out
}

fn count(out: &mut String, name: &str, found: &[Support]) {
    let of = |test: fn(&Support) -> bool| found.iter().filter(|s| test(s)).count();
    let never = of(|s| matches!(s, Support::Never(_)));
    let missing = of(|s| matches!(s, Support::Missing));
    let part = of(|s| matches!(s, Support::Fixed(_) | Support::AsTable));
    let (all, yes) = (found.len(), of(|s| matches!(s, Support::Yes | Support::As(_))));
    let _ = writeln!(out, "| {name} | {all} | {yes} | {part} | {never} | {missing} |");
}

fn section(out: &mut String, kind: &Kind, drawn: &impl Fn(&str) -> bool) {
    let _ = write!(out, "\n## {}\n\n| name | supported |\n|---|---|\n", kind.name);
    for name in kind.names() {
        let _ = writeln!(out, "| `{name}` | {} |", shown(support(kind.is, &name, drawn)));
    }
}

fn shown(found: Support) -> String {
    match found {
        Support::Yes => "yes".to_owned(),
        Support::As(name) => format!("yes, as `{name}`"),
        Support::Fixed(reason) => format!("a fixed value: {reason}"),
        Support::AsTable => "as a table".to_owned(),
        Support::Never(reason) => format!("no: {reason}"),
        Support::Missing => "**missing**".to_owned(),
    }
}

/// Whether a name of this kind runs.
fn support(is: Is, name: &str, drawn: &impl Fn(&str) -> bool) -> Support {
    match record(is, name) {
        Some(of) if of == name => kusto::reason(name).map_or(Support::Yes, Support::Fixed),
        Some(of) => Support::As(of),
        None if is == Is::Render && drawn(name) => Support::Yes,
        None if is == Is::Render => Support::AsTable,
        None => kusto::reason(name).map_or(Support::Missing, Support::Never),
    }
}

/// Whether an other spelling runs: it is the alias of some record, or means what never runs.
fn spelling(old: &str, new: &str, drawn: &impl Fn(&str) -> bool) -> Support {
    let kinds = [Is::Operator, Is::Scalar, Is::Aggregate];
    let of = |name: &str| kinds.into_iter().map(|is| support(is, name, drawn)).find(|s| *s != Support::Missing);
    match of(old) {
        Some(found) => found,
        None => of(new).filter(|s| matches!(s, Support::Never(_))).unwrap_or(Support::Missing),
    }
}

/// The record of a name: how it is called there.
fn record(is: Is, name: &str) -> Option<&'static str> {
    let operator = |kind| operator::named(name).iter().find(|o| o.kind == kind).map(|o| o.name);
    match is {
        Is::Operator => operator(OperatorKind::Operator),
        Is::Statement => operator(OperatorKind::Statement),
        Is::Scalar | Is::Graph => {
            library::scalar_function(name).map(|f| f.name).or_else(|| operator(OperatorKind::Function))
        }
        Is::Aggregate => library::aggregate_function(name).map(|f| f.name),
        Is::Plugin => table::plugin(name).map(|f| f.name),
        Is::Render => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_a_record_or_a_reason() {
        let undrawn = |_: &str| false;
        let names = KINDS.iter().flat_map(|kind| kind.names().map(|name| (kind.is, name)));
        let mut missing: Vec<String> =
            names.filter(|(is, name)| support(*is, name, &undrawn) == Support::Missing).map(|(_, name)| name).collect();
        let old = SPELLINGS.iter().filter(|(old, new)| spelling(old, new, &undrawn) == Support::Missing);
        missing.extend(old.map(|(old, _)| (*old).to_owned()));
        assert!(missing.is_empty(), "neither built nor explained: {}", missing.join(" "));
    }

    #[test]
    fn spellings_lead_to_official_names() {
        for (old, new) in SPELLINGS {
            assert!(
                KINDS.iter().any(|kind| kind.names().any(|name| name == *new)),
                "`{old}` means `{new}`, which is none"
            );
        }
    }

    #[test]
    fn reasons_are_given_for_what_does_not_run() {
        let shown = markdown(|kind| kind == "timechart");
        assert!(shown.contains("| `cursor_current` | no: cursors mark what a cluster took in, and when |"));
        assert!(shown.contains("| `iif` | `iff` | yes, as `iff` |"));
        assert!(shown.contains("| `timechart` | yes |") && shown.contains("| `treemap` | as a table |"));
    }
}
