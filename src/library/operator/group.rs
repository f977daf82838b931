//! Operators that gather rows into groups.

use super::Operator;
use crate::library::Example;

/// The records.
pub static OPERATORS: &[Operator] = &[
    Operator::query_operator(
        "summarize",
        &["T | summarize [name = aggregation, ...] [by [name =] key, ...]"],
        "A row for each group, with aggregations over its rows.",
    )
    .remarks(
        "The keys come first. Null is a key like any value. Without `by` there is one row, also over no rows; \
         without an aggregation it gives the distinct keys. A key like `bin(Timestamp, \
         1h)` keeps its column's name.",
    )
    .examples(&[
        Example::new(
            "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] \
             | summarize total = sum(size), count() by who",
            "datatable(who: string, total: long, count_: long) ['ann', 8, 2, 'bob', 9, 1]",
        ),
        Example::new("datatable(x: long) [] | summarize n = count()", "print n = 0"),
        Example::new(
            "range x from 0 to 5 step 1 | summarize n = count() by bin(x, 4)",
            "datatable(x: long, n: long) [0, 4, 4, 2]",
        ),
    ]),
    Operator::query_operator(
        "make-series",
        &[
            "T | make-series [name =] aggregation [default = constant], \
             ... on axis [from start] [to end] step width [by key, ...]",
            "T | make-series aggregation, ... on axis in range(start, stop, width) [by key, ...]",
        ],
        "A row for each group, with arrays of an aggregation over equal steps of an axis.",
    )
    .remarks(
        "`to` is not part of the range, the `stop` of `in range` is. A step without rows gets the default, \
         0 unless told. The axis is an array too, the last column.",
    )
    .examples(&[Example::new(
        "datatable(t: long, v: long) [1, 10, 3, 30] | make-series total = sum(v) on t from 1 to 5 step 1",
        "print total = dynamic([10, 0, 30, 0]), t = dynamic([1, 2, 3, 4])",
    )]),
    Operator::query_operator(
        "top-nested",
        &["T | top-nested [count] of [name =] key [with others = constant] by [name =] aggregation [asc \
             | desc], ..."],
        "The best values of a key, within each the best of the next key, and so on.",
    )
    .remarks(
        "The columns of a level are its key and its aggregation, \
         called `aggregated_` and the key unless named. `with others` adds a row for what is left. Without a \
         count all values stay.",
    )
    .examples(&[Example::new(
        "datatable(site: string, host: string, n: long) ['a', 'h1', 5, 'a', 'h2', 7, 'b', 'h3', 1] \
             | top-nested 1 of site by all = sum(n), top-nested 1 of host by most = sum(n)",
        "print site = 'a', all = 12, host = 'h2', most = 7",
    )]),
    Operator::query_operator(
        "reduce",
        &["T | reduce by expression [with [threshold = real], [characters = text]]"],
        "Texts that look alike as one pattern, with `*` for what differs.",
    )
    .remarks(
        "Gives `Pattern`, `Count` and `Representative`. `characters` do not part words; \
         what fits no pattern counts as `others`.",
    )
    .examples(&[Example::new(
        "range n from 1 to 20 step 1 | project id = strcat('user', '#', tostring(n)) \
             | reduce by id with characters = '#'",
        "print Pattern = 'user*', Count = 20, Representative = 'user#1'",
    )]),
    Operator::query_operator(
        "partition",
        &[
            "T | partition [hint.strategy = native | shuffle | legacy] by column (operators)",
            "T | partition [hint.strategy = legacy] by column { query }",
        ],
        "A subquery for each value of a column, the results put together.",
    )
    .remarks(
        "In braces the subquery has a source of its own and reads the key as `toscalar(column)`; \
         Kusto takes 64 keys there at most. The strategy changes nothing here.",
    )
    .examples(&[
        Example::new(
            "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | partition by who (top 1 by size)",
            "datatable(who: string, size: long) ['ann', 5, 'bob', 9]",
        ),
        Example::new(
            "datatable(n: long) [2, 3] | partition by n { range x from 1 to toscalar(n) step 1 \
             | summarize total = sum(x) }",
            "datatable(total: long) [3, 6]",
        ),
    ]),
    Operator::query_operator(
        "facet",
        &["T | facet by column, ... [with (operators)]"],
        "A table for each column: its values and how often they occur.",
    )
    .remarks(
        "The count is called `count_` and the column's name. `with` adds a table of the rows as its operators \
         leave them.",
    )
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | facet by who",
        "datatable(who: string, count_who: long) ['ann', 2, 'bob', 1]",
    )]),
    Operator::query_operator(
        "fork",
        &["T | fork [name =] (operators) [name =] (operators) ..."],
        "The same rows through several pipelines: a table for each.",
    )
    .remarks("Nothing may follow it.")
    .examples(&[Example::new(
        "range x from 1 to 3 step 1 | fork (where x > 2) (count)",
        "print x = 3; print Count = 3",
    )]),
];
