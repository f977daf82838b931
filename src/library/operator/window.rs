//! Functions that see the rows before and behind: over rows in order only.

use super::Operator;
use crate::library::Example;

/// The records.
pub static OPERATORS: &[Operator] = &[
    Operator::function(
        "prev",
        &["prev(expression [, offset [, default]])"],
        "The value of an expression in a row before.",
    )
    .remarks("The row just before unless an offset is given; the default, else null, where there is none.")
    .examples(&[Example::new(
        "range x from 1 to 3 step 1 | serialize before = prev(x)",
        "datatable(x: long, before: long) [1, long(null), 2, 1, 3, 2]",
    )]),
    Operator::function(
        "next",
        &["next(expression [, offset [, default]])"],
        "The value of an expression in a row behind.",
    )
    .remarks("The row just behind unless an offset is given; the default, else null, where there is none.")
    .examples(&[Example::new(
        "range x from 1 to 3 step 1 | serialize behind = next(x, 1, 0)",
        "datatable(x: long, behind: long) [1, 2, 2, 3, 3, 0]",
    )]),
    Operator::function(
        "row_number",
        &["row_number([first [, restart]])"],
        "The number of the row, from 1 or another first number.",
    )
    .remarks("Counts anew in each row where `restart` is true.")
    .examples(&[Example::new(
        "datatable(k: string) ['a', 'a', 'b'] | serialize n = row_number(1, prev(k) != k)",
        "datatable(k: string, n: long) ['a', 1, 'a', 2, 'b', 1]",
    )]),
    Operator::function("row_cumsum", &["row_cumsum(expression [, restart])"], "The sum of the values up to this row.")
        .remarks("Begins anew in each row where `restart` is true. Nulls add nothing.")
        .examples(&[Example::new(
            "range x from 1 to 3 step 1 | serialize total = row_cumsum(x)",
            "datatable(x: long, total: long) [1, 1, 2, 3, 3, 6]",
        )]),
    Operator::function(
        "row_rank_dense",
        &["row_rank_dense(expression [, restart])"],
        "The rank of the row's value, without gaps.",
    )
    .remarks("Equal values that follow each other have one rank. The rows must be sorted by the value.")
    .examples(&[Example::new(
        "datatable(x: long) [7, 5, 5, 1] | sort by x desc | extend rank = row_rank_dense(x)",
        "datatable(x: long, rank: long) [7, 1, 5, 2, 5, 2, 1, 3]",
    )]),
    Operator::function(
        "row_rank_min",
        &["row_rank_min(expression [, restart])"],
        "The rank of the row's value: the number of the first row that has it.",
    )
    .remarks("Equal values that follow each other have one rank, and leave a gap behind.")
    .examples(&[Example::new(
        "datatable(x: long) [7, 5, 5, 1] | sort by x desc | extend rank = row_rank_min(x)",
        "datatable(x: long, rank: long) [7, 1, 5, 2, 5, 2, 1, 4]",
    )]),
    Operator::function(
        "row_window_session",
        &["row_window_session(time, from_first, between [, restart])"],
        "The start of the session that a row belongs to.",
    )
    .remarks(
        "A session ends when more than `from_first` has passed since its start, \
         or more than `between` since the row before.",
    )
    .examples(&[Example::new(
        "datatable(t: datetime) [datetime(2024-01-01 10:00), datetime(2024-01-01 10:04), \
             datetime(2024-01-01 10:30)] | sort by t asc | extend start = row_window_session(t, 1h, 5m) \
             | summarize n = count() by start",
        "datatable(start: datetime, n: long) [datetime(2024-01-01 10:00), 2, datetime(2024-01-01 10:30), 1]",
    )]),
];
