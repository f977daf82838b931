//! Operators that start a query, call functions over tables, or say how a result is shown.

use super::Operator;
use crate::library::Example;

/// The records.
pub static OPERATORS: &[Operator] = &[
    Operator::query_operator("print", &["print [name =] expression, ..."], "One row of expressions.")
        .remarks("Without a name a column is called `print_0`, `print_1`, ...")
        .examples(&[Example::new("print 1 + 1, text = 'x'", "datatable(print_0: long, text: string) [2, 'x']")]),
    Operator::query_operator(
        "range",
        &["range name from start to stop step width"],
        "A row for each step from a start to a stop, which is included.",
    )
    .remarks("Numbers, datetimes and timespans. A negative step counts down.")
    .examples(&[
        Example::new("range x from 5 to 1 step -2", "datatable(x: long) [5, 3, 1]"),
        Example::new("range t from datetime(2024-01-01) to datetime(2024-01-02) step 12h | count", "print Count = 3"),
    ]),
    Operator::query_operator(
        "datatable",
        &["datatable (name: type, ...) [value, ...]"],
        "A table written out in the query.",
    )
    .remarks("Values stand row by row and are constants.")
    .examples(&[Example::new("datatable(a: long, b: string) [1, 'x', 2, 'y'] | where a > 1", "print a = 2, b = 'y'")]),
    Operator::query_operator(
        "externaldata",
        &["externaldata (name: type, ...) ['uri', ...] [with (format = name, ignoreFirstRecord = bool, ...)]"],
        "A table of a file that stands elsewhere.",
    )
    .aliases(&["external_data"])
    .remarks(
        "Nothing is fetched unless the configuration allows it; what a URI stands for locally can be named there.",
    ),
    Operator::query_operator(
        "evaluate",
        &["T | evaluate plugin(arguments) [: (name: type, ...)]", "evaluate plugin(arguments)"],
        "Calls a plugin: a function over a whole table.",
    )
    .remarks("A declared schema says which columns come out. Every plugin has a page of its own.")
    .examples(&[Example::new("print d = dynamic({\"n\": 1}) | evaluate bag_unpack(d)", "print n = 1")]),
    Operator::query_operator(
        "invoke",
        &["T | invoke function(arguments)"],
        "Calls a function whose first parameter is the table.",
    )
    .remarks("The function is declared in the query, saved, or built in.")
    .examples(&[Example::new(
        "let twice = (T: (x: long)) { T | extend y = x * 2 }; print x = 4 | invoke twice()",
        "print x = 4, y = 8",
    )]),
    Operator::query_operator(
        "render",
        &["T | render kind [with (property = value, ...)]"],
        "Says how a result is to be drawn.",
    )
    .remarks(
        "The rows stay as they are. Properties: `title`, `xcolumn`, `ycolumns`, `series`, `kind`, `legend`, \
         `xtitle`, `ytitle`, `xaxis`, `yaxis`, `ymin`, `ymax`, `accumulate`, `ysplit`, `anomalycolumns`.",
    )
    .examples(&[Example::new(
        "range x from 1 to 3 step 1 | render columnchart with (title = 'x')",
        "range x from 1 to 3 step 1",
    )]),
];
