//! Counts: of rows and of distinct values.

use super::super::compare::{Key, key};
use super::super::{Accepts, AggregateFunction, Example, NativeAggregate, Parameter, ResultName, Returns, Signature};
use super::{PREDICATE, column, present, where_true};
use crate::value::{Type, Value};
use std::collections::HashSet;

const LONG: Returns = Returns::Type(Type::Long);
const EXPR: Parameter = Parameter::new("expr", Accepts::Any);
const ACCURACY: Parameter = Parameter::new("accuracy", Accepts::Integer).optional().constant();

/// All types but `bool`: the engine reads `count(predicate)` as an old `countif`, which is better written out.
const COUNTABLE: &[Type] = &[
    Type::Dynamic,
    Type::Int,
    Type::Long,
    Type::Real,
    Type::Decimal,
    Type::Datetime,
    Type::Timespan,
    Type::Guid,
    Type::String,
];

/// The records.
pub static FUNCTIONS: &[AggregateFunction] = &[
    AggregateFunction::new(
        "count",
        &[Signature::new(&[], LONG), Signature::new(&[Parameter::new("expr", Accepts::OneOf(COUNTABLE))], LONG)],
        ResultName::Prefix("count"),
        count,
        "Number of rows.",
    )
    .remarks("Counts every row, also where an argument is given and is null.")
    .native(NativeAggregate::Count)
    .examples(&[
        Example::new("datatable(x: long) [1, 2, 2, long(null)] | summarize count()", "print count_ = 4"),
        Example::new(
            "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] | summarize count() by who",
            "datatable(who: string, count_: long) ['ann', 2, 'bob', 1]",
        ),
    ]),
    AggregateFunction::new(
        "countif",
        &[Signature::new(&[PREDICATE], LONG)],
        ResultName::Prefix("countif"),
        countif,
        "Number of rows for which the predicate is true.",
    )
    .remarks("A null predicate does not count.")
    .native(NativeAggregate::CountIf)
    .examples(&[Example::new(
        "datatable(x: long) [1, 2, 2, long(null)] | summarize countif(x > 1)",
        "print countif_ = 2",
    )]),
    AggregateFunction::new(
        "dcount",
        &[Signature::new(&[EXPR, ACCURACY], LONG)],
        ResultName::Prefix("dcount"),
        dcount,
        "Number of distinct values.",
    )
    .remarks("Nulls do not count; an empty string is a value. Exact here, whatever the accuracy: Kusto estimates.")
    .native(NativeAggregate::Dcount)
    .examples(&[Example::new("datatable(x: long) [1, 2, 2, long(null)] | summarize dcount(x)", "print dcount_x = 2")]),
    AggregateFunction::new(
        "dcountif",
        &[Signature::new(&[EXPR, PREDICATE, ACCURACY], LONG)],
        ResultName::Prefix("dcountif"),
        dcountif,
        "Number of distinct values over the rows for which the predicate is true.",
    )
    .remarks("Exact, as `dcount`.")
    .native(NativeAggregate::DcountIf)
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] \
             | summarize people = dcountif(who, size > 4)",
        "print people = 2",
    )]),
    AggregateFunction::new(
        "count_distinct",
        &[Signature::new(&[EXPR], LONG)],
        ResultName::Prefix("count_distinct"),
        dcount,
        "Number of distinct values, exact.",
    )
    .remarks("Nulls do not count; an empty string is a value.")
    .native(NativeAggregate::CountDistinct)
    .examples(&[Example::new(
        "datatable(x: long) [1, 2, 2, long(null)] | summarize count_distinct(x)",
        "print count_distinct_x = 2",
    )]),
    AggregateFunction::new(
        "count_distinctif",
        &[Signature::new(&[EXPR, PREDICATE], LONG)],
        ResultName::Prefix("count_distinctif"),
        dcountif,
        "Number of distinct values, exact, over the rows for which the predicate is true.",
    )
    .native(NativeAggregate::CountDistinctIf)
    .examples(&[Example::new(
        "datatable(who: string, size: long) ['ann', 3, 'bob', 9, 'ann', 5] \
             | summarize people = count_distinctif(who, size < 9)",
        "print people = 1",
    )]),
];

fn long(count: usize) -> Vec<Value> {
    vec![Value::Long(i64::try_from(count).unwrap_or(i64::MAX))]
}

fn count(arguments: &[Vec<Value>]) -> Vec<Value> {
    long(column(arguments, 0).len())
}

fn countif(arguments: &[Vec<Value>]) -> Vec<Value> {
    long(column(arguments, 0).iter().filter(|v| v.as_bool() == Some(true)).count())
}

fn dcount(arguments: &[Vec<Value>]) -> Vec<Value> {
    long(present(arguments, 0).map(key).collect::<HashSet<Key>>().len())
}

fn dcountif(arguments: &[Vec<Value>]) -> Vec<Value> {
    dcount(&where_true(arguments, 1))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{longs, run, texts};
    use super::*;

    #[test]
    fn nulls_count_as_rows_but_not_as_values() {
        let mut group = longs(&[1, 1, 2]);
        group.push(Value::Null);
        assert_eq!(run("count", &[group.clone()]), longs(&[4]));
        assert_eq!(run("dcount", &[group]), longs(&[2]));
        assert_eq!(run("dcount", &[texts(&["", "a", ""])]), longs(&[2]));
    }

    #[test]
    fn a_null_predicate_is_not_true() {
        let predicate = vec![Value::Bool(true), Value::Null, Value::Bool(false)];
        assert_eq!(run("countif", std::slice::from_ref(&predicate)), longs(&[1]));
        assert_eq!(run("dcountif", &[longs(&[1, 2, 3]), predicate]), longs(&[1]));
    }
}
