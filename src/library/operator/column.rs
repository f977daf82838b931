//! Operators that choose, name, order and compute columns.

use super::Operator;
use crate::library::Example;

/// The records.
pub static OPERATORS: &[Operator] = &[
    Operator::query_operator(
        "project",
        &["T | project name = expression, column, ..."],
        "Just these columns, in this order.",
    )
    .remarks("An expression without a name gets one: that of its column, else `Column1`, `Column2`, ...")
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | where size > 5 \
             | project name = toupper(who), size",
        "print name = 'BOB', size = 9",
    )]),
    Operator::query_operator("project-away", &["T | project-away column, prefix*, ..."], "All columns but these.")
        .remarks("A name may hold `*`. What matches nothing is no error if it is a pattern.")
        .examples(&[Example::new("print a = 1, b_x = 2, b_y = 3 | project-away b_*", "print a = 1")]),
    Operator::query_operator(
        "project-keep",
        &["T | project-keep column, prefix*, ..."],
        "These columns and no others, in the order that they had.",
    )
    .remarks("As `project`, but that order and names stay and patterns are understood.")
    .examples(&[Example::new("print a = 1, b_x = 2, b_y = 3 | project-keep b_y, b_x", "print b_x = 2, b_y = 3")]),
    Operator::query_operator("project-rename", &["T | project-rename new = old, ..."], "Other names for some columns.")
        .remarks("All columns stay where they are.")
        .examples(&[Example::new("print a = 1, b = 2 | project-rename c = a", "print c = 1, b = 2")]),
    Operator::query_operator(
        "project-reorder",
        &["T | project-reorder column, prefix* [asc | desc | granny-asc | granny-desc], ..."],
        "These columns first, the others behind them.",
    )
    .remarks(
        "A pattern may order what it matches by name; \
         `granny-` reads numbers in names as numbers (`a2` before `a10`).",
    )
    .examples(&[Example::new(
        "print a = 1, b10 = 2, b2 = 3 | project-reorder b* granny-asc",
        "print b2 = 3, b10 = 2, a = 1",
    )]),
    Operator::query_operator(
        "project-by-names",
        &["T | project-by-names name, 'prefix*', dynamic(['name', ...]), ..."],
        "Columns whose names are given as texts, also in an array.",
    )
    .remarks("Names that no column has are passed over.")
    .examples(&[Example::new(
        "print a = 1, b = 2, c = 3 | project-by-names dynamic(['c', 'a', 'none'])",
        "print c = 3, a = 1",
    )]),
    Operator::query_operator(
        "extend",
        &["T | extend name = expression, ..."],
        "More columns, at the end; a column of the same name is replaced where it stands.",
    )
    .remarks("An expression does not see the columns that stand before it in the same `extend`.")
    .examples(&[Example::new("print a = 1, b = 2 | extend a = a + b, c = a * 10", "print a = 3, b = 2, c = 10")]),
    Operator::query_operator("getschema", &["T | getschema"], "A row for each column: its name, place and type.")
        .remarks("`DataType` holds the name of the .NET type, `ColumnType` that of Kusto's.")
        .examples(&[Example::new(
            "datatable(a: long, b: string) [] | getschema | project ColumnName, ColumnOrdinal, ColumnType",
            "datatable(ColumnName: string, ColumnOrdinal: int, ColumnType: string) ['a', 0, 'long', 'b', 1, \
             'string']",
        )]),
];
