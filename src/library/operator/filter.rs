//! Operators that keep some rows, or put them in order.

use super::Operator;
use crate::library::Example;

/// The records.
pub static OPERATORS: &[Operator] = &[
    Operator::query_operator("where", &["T | where predicate"], "Keeps the rows for which a predicate is true.")
        .aliases(&["filter"])
        .remarks("A null predicate drops the row. `* has 'x'` asks every column.")
        .examples(&[
            Example::new("range x from 1 to 3 step 1 | where x > 1", "datatable(x: long) [2, 3]"),
            Example::new(
                "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | where * has 'ann' and size > 3",
                "print who = 'ann', size = 5",
            ),
        ]),
    Operator::query_operator("take", &["T | take count"], "Some rows, not more than a count.")
        .aliases(&["limit"])
        .remarks("Which rows is promised only over sorted ones. Here they are the first.")
        .examples(&[Example::new("range x from 1 to 9 step 1 | take 2 | count", "print Count = 2")]),
    Operator::query_operator("sample", &["T | sample count"], "So many rows by chance, each at most once.")
        .remarks("Every run may give other rows. A table of fewer rows comes whole.")
        .examples(&[Example::new("range x from 1 to 3 step 1 | sample 5 | count", "print Count = 3")]),
    Operator::query_operator(
        "sample-distinct",
        &["T | sample-distinct count of expression"],
        "Some of the distinct values of an expression, one column of them.",
    )
    .remarks("Which values is not promised. Good for a quick list of keys, of no use for statistics.")
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | sample-distinct 9 of who",
        "datatable(who: string) ['ann', 'bob']",
    )]),
    Operator::query_operator(
        "distinct",
        &["T | distinct column, ...", "T | distinct *"],
        "The distinct combinations of some columns, or of all.",
    )
    .remarks("Null equals null here. A renamed or computed column needs `extend` before.")
    .examples(&[
        Example::new(
            "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | distinct who",
            "datatable(who: string) ['ann', 'bob']",
        ),
        Example::new(
            "datatable(a: long, b: long) [1, 1, 1, 1, 1, 2] | distinct *",
            "datatable(a: long, b: long) [1, 1, 1, 2]",
        ),
    ]),
    Operator::query_operator(
        "sort",
        &["T | sort by expression [asc | desc] [nulls first | nulls last], ..."],
        "Rows in order.",
    )
    .aliases(&["order"])
    .remarks(
        "Descending unless `asc` is written. Nulls come first in ascending and last in descending order unless \
         told. Window functions may follow.",
    )
    .examples(&[
        Example::new(
            "datatable(x: long) [2, 3, 1] | sort by x asc | extend place = row_number()",
            "datatable(x: long, place: long) [1, 1, 2, 2, 3, 3]",
        ),
        Example::new(
            "datatable(x: long) [2, long(null), 1] | sort by x asc nulls last | extend place = row_number() \
             | where isnull(x) | project place",
            "print place = 3",
        ),
    ]),
    Operator::query_operator(
        "top",
        &["T | top count by expression [asc | desc] [nulls first | nulls last]"],
        "The first rows in an order.",
    )
    .remarks("As `sort` and then `take`, in one step. Descending unless `asc` is written.")
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | top 2 by size",
        "datatable(who: string, size: long) ['bob', 9, 'ann', 5]",
    )]),
    Operator::query_operator(
        "top-hitters",
        &["T | top-hitters count of expression [by summed]"],
        "The values that occur most often, or that have the largest sums.",
    )
    .remarks(
        "Kusto estimates; here it is exact. The second column is called `approximate_count_` or \
         `approximate_sum_` and the column's name.",
    )
    .examples(&[
        Example::new(
            "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | top-hitters 1 of who",
            "print who = 'ann', approximate_count_who = 2",
        ),
        Example::new(
            "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | top-hitters 1 of who by size",
            "print who = 'bob', approximate_sum_size = 9",
        ),
    ]),
    Operator::query_operator(
        "serialize",
        &["T | serialize [name = expression, ...]"],
        "Marks the order of the rows as meant, so that window functions may follow.",
    )
    .remarks("Columns may be added in the same step, as `extend` does.")
    .examples(&[Example::new(
        "range x from 1 to 3 step 1 | serialize place = row_number()",
        "datatable(x: long, place: long) [1, 1, 2, 2, 3, 3]",
    )]),
    Operator::query_operator("count", &["T | count [as name]"], "The number of rows, in a column `Count`.")
        .remarks("Not to be mixed up with the aggregation function `count()`.")
        .examples(&[Example::new(
            "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | count",
            "print Count = 3",
        )]),
    Operator::query_operator(
        "consume",
        &["T | consume [decodeblocks = bool]"],
        "Reads all rows and gives none of them back.",
    )
    .remarks("Serves to measure or to trigger a query whose rows nobody wants.")
    .examples(&[Example::new("range x from 1 to 3 step 1 | consume | count", "print Count = 0")]),
    Operator::query_operator(
        "assert-schema",
        &["T | assert-schema (name: type, ...)"],
        "Refuses the query unless its rows have just these columns.",
    )
    .remarks("Names, types and order must agree. The rows go on unchanged.")
    .examples(&[Example::new("range x from 1 to 3 step 1 | assert-schema (x: long)", "range x from 1 to 3 step 1")]),
];
