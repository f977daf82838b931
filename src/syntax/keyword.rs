//! The words of the language. Most of them are contextual: outside of their place they are names like any other.
//!
//! `grammar/keywords.txt` lists the same words; a test holds both together.

use crate::value::Type;

/// Words that are no name unless they stand in brackets and quotes: `['where']`.
pub const RESERVED: &[&str] = &[
    "and",
    "as",
    "asc",
    "between",
    "by",
    "contains",
    "contains_cs",
    "containscs",
    "datatable",
    "desc",
    "endswith",
    "endswith_cs",
    "external_data",
    "externaldata",
    "find",
    "first",
    "has",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "in",
    "invoke",
    "last",
    "like",
    "likecs",
    "materialize",
    "missing",
    "notcontains",
    "notcontainscs",
    "notlike",
    "notlikecs",
    "of",
    "or",
    "print",
    "project",
    "sample",
    "search",
    "set",
    "startswith",
    "startswith_cs",
    "to",
    "toscalar",
    "totable",
    "union",
    "where",
];

/// Reserved words that may still be declared (`to = ...`, `by:string`), though not read back without brackets.
pub const DECLARABLE: &[&str] = &[
    "as",
    "by",
    "contains",
    "datatable",
    "externaldata",
    "find",
    "has",
    "in",
    "invoke",
    "materialize",
    "of",
    "print",
    "sample",
    "search",
    "set",
    "to",
    "toscalar",
    "totable",
    "where",
];

/// Keywords with a character that no name has.
pub const COMPOUND: &[&str] = &[
    "!between",
    "!contains",
    "!contains_cs",
    "!endswith",
    "!endswith_cs",
    "!has",
    "!has_cs",
    "!hasprefix",
    "!hasprefix_cs",
    "!hassuffix",
    "!hassuffix_cs",
    "!in",
    "!in~",
    "!startswith",
    "!startswith_cs",
    "assert-schema",
    "granny-asc",
    "granny-desc",
    "graph-mark-components",
    "graph-match",
    "graph-shortest-paths",
    "graph-to-table",
    "graph-where-edges",
    "graph-where-nodes",
    "in~",
    "macro-expand",
    "make-graph",
    "make-series",
    "mv-apply",
    "mv-expand",
    "parse-kv",
    "parse-where",
    "partitioned-by",
    "project-away",
    "project-by-names",
    "project-keep",
    "project-rename",
    "project-reorder",
    "project-smart",
    "sample-distinct",
    "top-hitters",
    "top-nested",
];

/// Words that start a query operator after a pipe.
pub const OPERATORS: &[&str] = &[
    "as",
    "assert-schema",
    "consume",
    "count",
    "distinct",
    "evaluate",
    "extend",
    "facet",
    "filter",
    "find",
    "fork",
    "getschema",
    "graph-mark-components",
    "graph-match",
    "graph-shortest-paths",
    "graph-to-table",
    "graph-where-edges",
    "graph-where-nodes",
    "invoke",
    "join",
    "limit",
    "lookup",
    "macro-expand",
    "make-graph",
    "make-series",
    "mv-apply",
    "mv-expand",
    "mvapply",
    "mvexpand",
    "order",
    "parse",
    "parse-kv",
    "parse-where",
    "partition",
    "print",
    "project",
    "project-away",
    "project-by-names",
    "project-keep",
    "project-rename",
    "project-reorder",
    "range",
    "reduce",
    "render",
    "sample",
    "sample-distinct",
    "scan",
    "search",
    "serialize",
    "sort",
    "summarize",
    "take",
    "top",
    "top-hitters",
    "top-nested",
    "union",
    "where",
];

/// The other words with a meaning in some place.
pub const CONTEXTUAL: &[&str] = &[
    "access",
    "accumulate",
    "alias",
    "all",
    "bagexpansion",
    "best_effort",
    "characters",
    "cycles",
    "database",
    "datascope",
    "declare",
    "decodeblocks",
    "default",
    "dynamic",
    "edges",
    "entity_group",
    "flags",
    "force_remote",
    "from",
    "hint",
    "isfuzzy",
    "kind",
    "let",
    "limit",
    "matches",
    "nodes",
    "none",
    "null",
    "nulls",
    "on",
    "optional",
    "others",
    "output",
    "pack",
    "pack_all",
    "pattern",
    "query_parameters",
    "range",
    "regex",
    "restrict",
    "step",
    "threshold",
    "title",
    "typeof",
    "view",
    "with",
    "with_component_id",
    "with_itemindex",
    "with_match_id",
    "with_node_id",
    "with_source",
    "with_source_id",
    "with_step_name",
    "with_target_id",
    "withsource",
];

/// Spellings of the two truth values.
pub const BOOLS: &[&str] = &["true", "True", "TRUE", "false", "False", "FALSE"];

/// True when a word can only be a name in brackets.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

/// True when a word starts an operator.
pub fn is_operator(word: &str) -> bool {
    OPERATORS.binary_search(&word).is_ok()
}

/// The type whose literals are written `word(...)`.
pub fn literal_type(word: &str) -> Option<Type> {
    match word {
        // `dynamic(...)` is read token by token, and `string(...)` is no literal.
        "dynamic" | "object" | "string" => None,
        _ => Type::from_name(word),
    }
}

/// Every word, once, in order.
pub fn all() -> Vec<&'static str> {
    let mut words: Vec<&str> = [RESERVED, COMPOUND, OPERATORS, CONTEXTUAL, BOOLS].concat();
    words.sort_unstable();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searched_lists_are_sorted() {
        for list in [RESERVED, OPERATORS] {
            assert!(list.is_sorted());
        }
        assert!(DECLARABLE.iter().all(|word| is_reserved(word)));
    }
}
