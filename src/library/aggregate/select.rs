//! A row of the group: the one with the extreme value, or any.

use super::super::{Accepts, AggregateFunction, Example, NativeAggregate, Parameter, ResultName, Returns, Signature};
use super::numeric::beats;
use super::{PREDICATE, column, where_true};
use crate::value::Value;
use std::cmp::Ordering;

const FIRST: Returns = Returns::Argument(0);
const EXPR: Parameter = Parameter::new("expr", Accepts::Any);
const RETURNED: Parameter = Parameter::new("returned", Accepts::Any).optional().repeats();

/// The records.
pub static FUNCTIONS: &[AggregateFunction] = &[
    AggregateFunction::new(
        "arg_max",
        &[Signature::new(&[Parameter::new("maximized", Accepts::Any), RETURNED], FIRST)],
        ResultName::FirstArgument,
        |arguments| arg_extreme(arguments, Ordering::Greater),
        "The row in which a value is largest: that value, and others of the same row.",
    )
    .aliases(&["argmax"])
    .remarks("Rows in which the value is null lose; the first of equal rows wins. `*` stands for all other columns.")
    .native(NativeAggregate::ArgMax)
    .examples(&[
        Example::new(
            "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | summarize arg_max(size, who)",
            "print size = 9, who = 'bob'",
        ),
        Example::new(
            "datatable(at: datetime, who: string, ok: bool) [datetime(2024-01-01), 'ann', false, \
             datetime(2024-01-02), 'ann', true] | summarize arg_max(at, *) by who",
            "print who = 'ann', at = datetime(2024-01-02), ok = true",
        ),
    ]),
    AggregateFunction::new(
        "arg_min",
        &[Signature::new(&[Parameter::new("minimized", Accepts::Any), RETURNED], FIRST)],
        ResultName::FirstArgument,
        |arguments| arg_extreme(arguments, Ordering::Less),
        "The row in which a value is smallest: that value, and others of the same row.",
    )
    .aliases(&["argmin"])
    .remarks("Rows in which the value is null lose; the first of equal rows wins. `*` stands for all other columns.")
    .native(NativeAggregate::ArgMin)
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | summarize arg_min(size, *)",
        "print size = 3, who = 'ann'",
    )]),
    AggregateFunction::new(
        "take_any",
        &[Signature::new(&[EXPR, RETURNED], FIRST)],
        ResultName::FirstArgument,
        take_any,
        "A value of the group, or several of one row.",
    )
    .remarks("A single value is one that is neither null nor empty, if there is any. Here it is the first such row.")
    .native(NativeAggregate::TakeAny)
    .examples(&[
        Example::new("datatable(x: long) [long(null), 7] | summarize take_any(x)", "print x = 7"),
        Example::new(
            "datatable(who: string, host: string) ['ann', 'pc1'] | summarize take_any(*)",
            "print who = 'ann', host = 'pc1'",
        ),
    ]),
    AggregateFunction::new(
        "take_anyif",
        &[Signature::new(&[EXPR, PREDICATE], FIRST)],
        ResultName::FirstArgument,
        |arguments| take_any(&where_true(arguments, 1)),
        "A value of the rows for which the predicate is true.",
    )
    .remarks("As `take_any`.")
    .native(NativeAggregate::TakeAnyIf)
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] \
             | summarize take_anyif(who, size > 5)",
        "print who = 'bob'",
    )]),
    AggregateFunction::new(
        "any",
        &[Signature::new(&[EXPR, RETURNED], FIRST)],
        ResultName::Prefix("any"),
        take_any,
        "The old name of `take_any`; the result of a single column is called `any_` and its name.",
    )
    .native(NativeAggregate::TakeAny)
    .examples(&[Example::new("datatable(x: long) [long(null), 7] | summarize any(x)", "print any_x = 7")]),
    AggregateFunction::new(
        "anyif",
        &[Signature::new(&[EXPR, PREDICATE], FIRST)],
        ResultName::Prefix("anyif"),
        |arguments| take_any(&where_true(arguments, 1)),
        "The old name of `take_anyif`; the result is called `anyif_` and the column's name.",
    )
    .native(NativeAggregate::TakeAnyIf)
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | summarize anyif(who, size > 5)",
        "print anyif_who = 'bob'",
    )]),
];

/// The values of one row; nulls where the group has no row.
fn row(arguments: &[Vec<Value>], row: usize) -> Vec<Value> {
    arguments.iter().map(|values| values.get(row).cloned().unwrap_or(Value::Null)).collect()
}

fn arg_extreme(arguments: &[Vec<Value>], wanted: Ordering) -> Vec<Value> {
    let present = column(arguments, 0).iter().enumerate().filter(|(_, value)| !value.is_null());
    let winner = present.reduce(|best, next| if beats(next.1, best.1, wanted) { next } else { best });
    // Where every value is null the group still gives a row: its first.
    row(arguments, winner.map_or(0, |(index, _)| index))
}

fn take_any(arguments: &[Vec<Value>]) -> Vec<Value> {
    let filled = |value: &Value| !value.is_null() && value.as_str() != Some("");
    let first = match arguments {
        [only] => only.iter().position(filled).unwrap_or(0),
        _ => 0,
    };
    row(arguments, first)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{longs, run, texts};
    use super::*;

    #[test]
    fn the_first_of_equal_rows_wins_and_nulls_lose() {
        let values = vec![Value::Null, Value::Long(7), Value::Long(7), Value::Long(1)];
        let names = texts(&["none", "first", "second", "low"]);
        let expected = |n, name: &str| vec![Value::Long(n), Value::String(name.to_owned())];
        assert_eq!(run("arg_max", &[values.clone(), names.clone()]), expected(7, "first"));
        assert_eq!(run("arg_min", &[values, names]), expected(1, "low"));
    }

    #[test]
    fn a_group_of_nulls_gives_its_first_row() {
        let arguments = [vec![Value::Null, Value::Null], longs(&[1, 2])];
        assert_eq!(run("arg_max", &arguments), vec![Value::Null, Value::Long(1)]);
    }

    #[test]
    fn take_any_prefers_a_value() {
        assert_eq!(run("take_any", &[texts(&["", "x"])]), texts(&["x"]));
        assert_eq!(
            run("take_any", &[texts(&["", "x"]), longs(&[1, 2])]),
            vec![texts(&[""])[0].clone(), Value::Long(1)]
        );
    }
}
