//! Statements before a query, which end with a semicolon.

use super::Operator;
use crate::library::Example;

/// The records.
pub static OPERATORS: &[Operator] = &[
    Operator::statement(
        "let",
        &[
            "let name = expression",
            "let name = query",
            "let name = ([T: (column: type, ...), parameter: type = default, ...]) { query }",
            "let name = view () { query }",
        ],
        "A name for a value, a table or a function.",
    )
    .remarks(
        "It is seen until the end of the query, \
         or of the function that it stands in. `view` makes a function without parameters that the wildcards of \
         `union` and `search` find.",
    )
    .examples(&[
        Example::new("let n = 3; print x = n * n", "print x = 9"),
        Example::new(
            "let above = (T: (x: long), least: long = 1) { T \
             | where x > least }; above((range x from 1 to 3 step 1), 2)",
            "print x = 3",
        ),
    ]),
    Operator::statement("set", &["set option [= value]"], "A request property for this query.")
        .remarks(
            "`query_now` sets what `now()` answers, `query_take_max_records` how many rows a result has at most, \
             `query_datetimescope_from`, `_to` and `_column` which times of the tables are read, `query_bin_auto_size` and \
             `_at` the bins of `bin_auto`. The others tell a cluster how to run, and have no effect here: a warning says so.",
        )
        .examples(&[
            Example::new(
                "set query_now = datetime(2024-05-01); print t = now()",
                "print t = datetime(2024-05-01)",
            ),
            Example::new(
                "set query_take_max_records = 2; range x from 1 to 5 step 1",
                "range x from 1 to 2 step 1",
            ),
        ]),
    Operator::statement(
        "restrict access",
        &["restrict access to (name, pattern*, database().name, ...)"],
        "Which tables and views the statements behind it may name.",
    )
    .aliases(&["restrict"])
    .remarks("What was declared before still reads what it read. A bare `*` is every declared view, and no table.")
    .examples(&[Example::new(
        "let Part = view () { range x from 1 to 2 step 1 }; restrict access to (Part); Part | count",
        "print Count = 2",
    )]),
    Operator::statement(
        "declare query_parameters",
        &["declare query_parameters (name: type [= default], ...)"],
        "Parameters whose values come from outside.",
    )
    .aliases(&["query_parameters"])
    .remarks("`--param name=value` gives them. One without value and default is an error.")
    .examples(&[Example::new(
        "declare query_parameters (least: long = 2); range x from 1 to 3 step 1 | where x > least",
        "print x = 3",
    )]),
];
