//! Operators over several tables.

use super::Operator;
use crate::library::Example;

/// The records.
pub static OPERATORS: &[Operator] = &[
    Operator::query_operator(
        "join",
        &[
            "T | join [kind = kind] (right) on column, ...",
            "T | join [kind = kind] (right) on $left.a == $right.b, ...",
        ],
        "Rows of two tables that have equal keys.",
    )
    .remarks(
        "Kinds: `innerunique` (the default: one row of each left key), `inner`, `leftouter`, `rightouter`, \
         `fullouter`, `leftsemi`, `rightsemi`, `leftanti`, `rightanti` (also `anti`, `leftantisemi`, \
         `rightantisemi`). A column of the right whose name is taken gets a number: `id1`. Null equals no key.",
    )
    .examples(&[
        Example::new(
            "datatable(id: long, a: string) [1, 'x', 2, 'y'] \
             | join kind=inner (datatable(id: long, b: string) [2, 'p', 3, 'q']) on id",
            "print id = 2, a = 'y', id1 = 2, b = 'p'",
        ),
        Example::new(
            "datatable(id: long, a: string) [1, 'x', 2, 'y'] \
             | join kind=leftanti (datatable(id: long, b: string) [2, 'p', 3, 'q']) on id",
            "print id = 1, a = 'x'",
        ),
        Example::new(
            "datatable(id: long, a: string) [1, 'x', 2, 'y'] \
             | join kind=leftouter (datatable(id: long, b: string) [2, 'p', 3, 'q']) on id | project id, b",
            "datatable(id: long, b: string) [1, '', 2, 'p']",
        ),
    ]),
    Operator::query_operator(
        "lookup",
        &["T | lookup [kind = leftouter | inner] (right) on column, ..."],
        "Columns of a small table, looked up by a key.",
    )
    .remarks("As a `join` that keeps all rows of the left unless it is `inner`, without the keys of the right.")
    .examples(&[Example::new(
        "datatable(id: long, a: string) [1, 'x', 2, 'y'] \
             | lookup (datatable(id: long, b: string) [2, 'p', 3, 'q']) on id",
        "datatable(id: long, a: string, b: string) [1, 'x', '', 2, 'y', 'p']",
    )]),
    Operator::query_operator(
        "union",
        &[
            "union [kind = outer | inner] [withsource = name] [isfuzzy = bool] T, prefix*, (query), ...",
            "T | union [parameters] T, ...",
        ],
        "The rows of several tables.",
    )
    .remarks(
        "Columns of one name and one type are one column; \
         of different types they stay apart as `x_long` and `x_string`. `inner` keeps the columns that all have. \
         `isfuzzy = true` passes over tables that are not there.",
    )
    .examples(&[
        Example::new("union (print a = 1), (print a = 2, b = 'x')", "datatable(a: long, b: string) [1, '', 2, 'x']"),
        Example::new("print a = 1 | union kind=inner (print a = 2, b = 'x')", "datatable(a: long) [1, 2]"),
    ]),
    Operator::query_operator(
        "find",
        &["find [withsource = name] [in (T, prefix*, ...)] where predicate [project column, ... \
             | project-smart] [project-away column, ...]"],
        "Rows of several tables that satisfy a predicate.",
    )
    .remarks(
        "`source_` names the table. Without `project` the columns of the predicate and those that all tables \
         have come out, the rest in a bag `pack_`.",
    )
    .examples(&[Example::new(
        "let T = datatable(a: long, b: string) [1, 'x', 2, 'y']; find in (T) where a > 1 project b | project b",
        "print b = 'y'",
    )]),
    Operator::query_operator(
        "search",
        &["search [kind = case_insensitive | case_sensitive] [in (T, prefix*, ...)] predicate", "T | search predicate"],
        "Rows in which any column has a term.",
    )
    .remarks(
        "A bare text is looked for as a term in all columns, `*` in it stands for anything; \
         `column: 'x'` asks one column. `$table` names the table.",
    )
    .examples(&[
        Example::new(
            "let T = datatable(a: string, b: string) ['x one', 'y', 'z', 'two']; search in (T) 'one' | project a",
            "print a = 'x one'",
        ),
        Example::new(
            "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | search who: 'bob' | project size",
            "print size = 9",
        ),
    ]),
    Operator::query_operator("as", &["T | as name"], "A name for the rows so far, to be used further on in the query.")
        .remarks("`union withsource` and `find` call them so too.")
        .examples(&[Example::new(
            "range x from 1 to 3 step 1 | as T | where x == toscalar(T | summarize max(x))",
            "print x = 3",
        )]),
    Operator::query_operator(
        "macro-expand",
        &["macro-expand [kind = inner | outer] [isfuzzy = bool] entity_group [entity, ...] as name (query)"],
        "A subquery for each database of a group, the results put together.",
    )
    .remarks(
        "A place is the mirror that `[places]` in the configuration names for it, else the local one, with a warning. A group \
         kept in a database is not known here.",
    )
    .examples(&[Example::new(
        "macro-expand entity_group [cluster('a').database('x'), \
             cluster('b').database('y')] as db (db.DeviceInfo | where false | count)",
        "datatable(Count: long) [0, 0]",
    )]),
];
