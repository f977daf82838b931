//! Aggregation functions by family.
//!
//! In: the columns of a group's arguments. Out: the values of the result columns. A kernel sees every row of its group,
//! nulls included, and leaves out those that its function ignores.

mod bitwise;
mod collect;
mod count;
mod numeric;
mod percentile;
mod schema;
mod select;
mod sketch;
mod spread;

use super::{Accepts, AggregateFunction, Parameter};
use crate::value::{Type, Value};

/// All families.
pub static FAMILIES: &[&[AggregateFunction]] = &[
    count::FUNCTIONS,
    numeric::FUNCTIONS,
    spread::FUNCTIONS,
    percentile::FUNCTIONS,
    collect::FUNCTIONS,
    select::FUNCTIONS,
    sketch::FUNCTIONS,
    bitwise::FUNCTIONS,
];

/// The predicate of an `...if` form.
const PREDICATE: Parameter = Parameter::new("predicate", Accepts::Type(Type::Bool));

/// The values of an argument; none where it was not given.
fn column(arguments: &[Vec<Value>], index: usize) -> &[Value] {
    arguments.get(index).map_or(&[], Vec::as_slice)
}

/// The values of an argument that are not null.
fn present(arguments: &[Vec<Value>], index: usize) -> impl Iterator<Item = &Value> {
    column(arguments, index).iter().filter(|v| !v.is_null())
}

/// A constant argument, which is repeated on every row.
fn constant(arguments: &[Vec<Value>], index: usize) -> Option<&Value> {
    column(arguments, index).first()
}

/// The arguments of an `...if` form as its plain form takes them: the rows whose predicate is true, the predicate gone.
fn where_true(arguments: &[Vec<Value>], predicate: usize) -> Vec<Vec<Value>> {
    let kept = |row: usize| column(arguments, predicate).get(row).and_then(Value::as_bool) == Some(true);
    let filter = |values: &Vec<Value>| -> Vec<Value> {
        values.iter().enumerate().filter(|(row, _)| kept(*row)).map(|(_, value)| value.clone()).collect()
    };
    arguments.iter().enumerate().filter(|(index, _)| *index != predicate).map(|(_, values)| filter(values)).collect()
}

#[cfg(test)]
mod testing {
    //! Groups for the tests of the kernels.
    use crate::value::Value;

    pub fn longs(values: &[i64]) -> Vec<Value> {
        values.iter().map(|n| Value::Long(*n)).collect()
    }

    pub fn reals(values: &[f64]) -> Vec<Value> {
        values.iter().map(|x| Value::Real(*x)).collect()
    }

    pub fn texts(values: &[&str]) -> Vec<Value> {
        values.iter().map(|s| Value::String((*s).to_owned())).collect()
    }

    pub fn run(function: &str, arguments: &[Vec<Value>]) -> Vec<Value> {
        (crate::library::aggregate_function(function).expect("a record").kernel)(arguments)
    }
}
