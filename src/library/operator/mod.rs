//! What stands between the functions: query operators, statements, and functions that the query itself answers.
//!
//! In: nothing. Out: a record of each, for the reference. Parsing and binding know them by their own code; a record
//! adds the forms, the meaning and examples, which run as tests.

mod column;
mod combine;
mod expand;
mod filter;
mod function;
mod graph;
mod group;
mod portal;
mod source;
mod statement;
mod window;

use super::Example;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorKind {
    /// A query operator.
    Operator,
    /// A statement.
    Statement,
    /// A function that needs more than values: the clock, a schema, a table, the rows around.
    Function,
}

/// A query operator, a statement, or a function that the binder knows by itself.
#[derive(Debug)]
pub struct Operator {
    /// Name, as Kusto spells it; of a statement its first words.
    pub name: &'static str,
    /// Other spellings that mean the same.
    pub aliases: &'static [&'static str],
    /// What it is.
    pub kind: OperatorKind,
    /// Ways to write it; `[...]` may be left out.
    pub syntax: &'static [&'static str],
    /// One line.
    pub summary: &'static str,
    /// Remarks on nulls, defaults, limits.
    pub remarks: &'static str,
    /// Queries and the queries that give the same tables, their rows in any order. Both run as tests.
    pub examples: &'static [Example],
}

impl Operator {
    const fn new(
        kind: OperatorKind,
        name: &'static str,
        syntax: &'static [&'static str],
        summary: &'static str,
    ) -> Self {
        Operator { name, aliases: &[], kind, syntax, summary, remarks: "", examples: &[] }
    }

    /// A query operator.
    pub const fn query_operator(name: &'static str, syntax: &'static [&'static str], summary: &'static str) -> Self {
        Operator::new(OperatorKind::Operator, name, syntax, summary)
    }

    /// A statement.
    pub const fn statement(name: &'static str, syntax: &'static [&'static str], summary: &'static str) -> Self {
        Operator::new(OperatorKind::Statement, name, syntax, summary)
    }

    /// A function that the query itself answers.
    pub const fn function(name: &'static str, syntax: &'static [&'static str], summary: &'static str) -> Self {
        Operator::new(OperatorKind::Function, name, syntax, summary)
    }

    /// Other spellings.
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Remarks.
    pub const fn remarks(mut self, remarks: &'static str) -> Self {
        self.remarks = remarks;
        self
    }

    /// Examples.
    pub const fn examples(mut self, examples: &'static [Example]) -> Self {
        self.examples = examples;
        self
    }
}

/// A family of records.
#[derive(Debug)]
pub struct Family {
    /// Name, as a heading of the reference.
    pub name: &'static str,
    /// Its records.
    pub operators: &'static [Operator],
}

/// All families, in the order of the reference.
pub static FAMILIES: &[Family] = &[
    Family { name: "Sources and plugins", operators: source::OPERATORS },
    Family { name: "Rows kept and ordered", operators: filter::OPERATORS },
    Family { name: "Columns chosen and computed", operators: column::OPERATORS },
    Family { name: "Groups", operators: group::OPERATORS },
    Family { name: "Tables combined", operators: combine::OPERATORS },
    Family { name: "Arrays, bags and texts taken apart", operators: expand::OPERATORS },
    Family { name: "Graphs", operators: graph::OPERATORS },
    Family { name: "Statements", operators: statement::OPERATORS },
    Family { name: "Functions that the query itself answers", operators: function::OPERATORS },
    Family { name: "Window functions", operators: window::OPERATORS },
    Family { name: "Functions of the portals", operators: portal::OPERATORS },
];

/// Every record by name and alias. A name may stand for an operator and a function.
static OPERATORS: LazyLock<HashMap<&'static str, Vec<&'static Operator>>> = LazyLock::new(|| {
    let mut map: HashMap<&'static str, Vec<&'static Operator>> = HashMap::new();
    for operator in FAMILIES.iter().flat_map(|family| family.operators) {
        for name in std::iter::once(operator.name).chain(operator.aliases.iter().copied()) {
            map.entry(name).or_default().push(operator);
        }
    }
    map
});

/// The records of that name or alias.
pub fn named(name: &str) -> &'static [&'static Operator] {
    OPERATORS.get(name).map_or(&[], Vec::as_slice)
}

/// All names and aliases.
pub fn names() -> impl Iterator<Item = &'static str> {
    OPERATORS.keys().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records that answer only from files of the user's.
    const OUTSIDE: &[&str] = &["externaldata", "SeenBy", "_GetWatchlist"];

    #[test]
    fn records_say_what_they_are_about() {
        for operator in FAMILIES.iter().flat_map(|family| family.operators) {
            let (name, summary) = (operator.name, operator.summary);
            assert!(summary.ends_with('.') && !summary.contains('\n'), "`{name}`: {summary}");
            assert!(operator.syntax.iter().all(|form| form.contains(name)), "`{name}` has a form of another");
            assert!(!operator.syntax.is_empty(), "`{name}` has no form");
            assert_eq!(operator.examples.is_empty(), OUTSIDE.contains(&name), "the examples of `{name}`");
        }
    }

    #[test]
    fn a_name_stands_once_for_each_kind() {
        for records in OPERATORS.values() {
            let mut kinds: Vec<_> = records.iter().map(|r| r.kind as u8).collect();
            kinds.sort_unstable();
            kinds.dedup();
            assert_eq!(kinds.len(), records.len(), "`{}` stands twice", records[0].name);
        }
    }

    #[test]
    fn every_operator_of_the_grammar_has_a_record() {
        // old and undocumented words of the grammar
        let unwritten = ["graph-where-edges", "graph-where-nodes"];
        for word in crate::syntax::keyword::OPERATORS.iter().filter(|w| !unwritten.contains(w)) {
            assert!(named(word).iter().any(|o| o.kind == OperatorKind::Operator), "`{word}` has no record");
        }
    }
}
