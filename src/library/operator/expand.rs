//! Operators that make rows and columns of nested values and texts.

use super::Operator;
use crate::library::Example;

/// The records.
pub static OPERATORS: &[Operator] = &[
    Operator::query_operator(
        "mv-expand",
        &["T | mv-expand [bagexpansion = bag \
             | array] [with_itemindex = name] [name =] expression [to typeof(type)], ... [limit count]"],
        "A row for each element of an array, or each property of a bag.",
    )
    .aliases(&["mvexpand"])
    .remarks(
        "Several columns are expanded side by side, \
         shorter ones filled with null. An empty array or null keeps its row, \
         with null. Properties become bags of one unless `bagexpansion = array`.",
    )
    .examples(&[
        Example::new(
            "print k = 'a', v = dynamic([1, 2]) | mv-expand v to typeof(long)",
            "datatable(k: string, v: long) ['a', 1, 'a', 2]",
        ),
        Example::new(
            "print v = dynamic(['x', 'y']) | mv-expand with_itemindex=i v to typeof(string)",
            "datatable(v: string, i: long) ['x', 0, 'y', 1]",
        ),
    ]),
    Operator::query_operator(
        "mv-apply",
        &["T | mv-apply [with_itemindex = name] [name =] expression [to typeof(type)], \
             ... [limit count] on (operators)"],
        "A subquery over the elements of an array, row by row.",
    )
    .aliases(&["mvapply"])
    .remarks(
        "As `mv-expand`, the operators, \
         and the results put together. A row for which the subquery gives nothing is gone.",
    )
    .examples(&[Example::new(
        "datatable(k: string, v: dynamic) ['a', dynamic([1, 5, 3]), 'b', dynamic([2])] \
             | mv-apply v to typeof(long) on (summarize most = max(v)) | project k, most",
        "datatable(k: string, most: long) ['a', 5, 'b', 2]",
    )]),
    Operator::query_operator(
        "parse",
        &["T | parse [kind = simple | regex | relaxed [flags = text]] expression with * 'text' name[: type] ..."],
        "Columns cut out of a text by a pattern.",
    )
    .remarks(
        "A text that does not match gives null in every column (`''` for a string). `relaxed` keeps what fits \
         where a single type does not; `regex` reads the texts between the columns as regular expressions.",
    )
    .examples(&[
        Example::new(
            "print s = 'pid=42 user=ann' | parse s with 'pid=' pid: long ' user=' user | project-away s",
            "print pid = 42, user = 'ann'",
        ),
        Example::new(
            "datatable(s: string) ['a=1', 'b=2'] | parse s with 'a=' n: long | project n",
            "datatable(n: long) [1, long(null)]",
        ),
    ]),
    Operator::query_operator(
        "parse-where",
        &["T | parse-where [kind = simple | regex [flags = text]] expression with * 'text' name[: type] ..."],
        "As `parse`, without the rows that do not match.",
    )
    .remarks("A value that its type does not take does not match either.")
    .examples(&[Example::new(
        "datatable(s: string) ['a=1', 'b=2'] | parse-where s with 'a=' n: long | project n",
        "print n = 1",
    )]),
    Operator::query_operator(
        "parse-kv",
        &[
            "T | parse-kv expression as (name: type, ...) with (pair_delimiter = text, kv_delimiter = text [, \
             quote = text] [, escape = text] [, greedy = bool])",
            "T | parse-kv expression as (name: type, ...) with (regex = text)",
        ],
        "Columns from the keys and values of a text.",
    )
    .remarks(
        "A key that does not occur gives null (`''` for a string); \
         of a key that occurs again the first value stays.",
    )
    .examples(&[Example::new(
        "print s = 'user=ann;pid=42' \
             | parse-kv s as (pid: long, user: string) with (pair_delimiter=';', kv_delimiter='=') \
             | project-away s",
        "print pid = 42, user = 'ann'",
    )]),
    Operator::query_operator(
        "scan",
        &["T | scan [with_match_id = name] [declare (name: type = default, \
             ...)] with (step name [optional] [output = all | last \
             | none]: condition [=> column = expression, ...]; ...)"],
        "Matches rows in order against steps, with a state that goes from row to row.",
    )
    .remarks(
        "The rows must be sorted or serialized. `step.column` reads what the state of a step held last. Rows \
         that match no step do not come out.",
    )
    .examples(&[Example::new(
        "range x from 1 to 3 step 1 | serialize \
             | scan declare (total: long = 0) with (step s: true => total = x + s.total;)",
        "datatable(x: long, total: long) [1, 1, 2, 3, 3, 6]",
    )]),
];
