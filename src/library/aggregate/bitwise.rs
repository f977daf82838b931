//! Bits over a group.

use super::super::{Accepts, AggregateFunction, Example, Parameter, ResultName, Returns, Signature};
use super::present;
use crate::value::{Type, Value};

const SIGNATURES: &[Signature] =
    &[Signature::new(&[Parameter::new("expr", Accepts::Type(Type::Long))], Returns::Type(Type::Long))];
const REMARKS: &str = "Nulls are left out; null over no values.";

/// The records.
pub static FUNCTIONS: &[AggregateFunction] = &[
    AggregateFunction::new(
        "binary_all_and",
        SIGNATURES,
        ResultName::FirstArgument,
        |arguments| fold(arguments, |a, b| a & b),
        "The bits that all values have.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new("datatable(x: long) [12, 10] | summarize binary_all_and(x)", "print x = 8")]),
    AggregateFunction::new(
        "binary_all_or",
        SIGNATURES,
        ResultName::FirstArgument,
        |arguments| fold(arguments, |a, b| a | b),
        "The bits that any value has.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new("datatable(x: long) [12, 10] | summarize binary_all_or(x)", "print x = 14")]),
    AggregateFunction::new(
        "binary_all_xor",
        SIGNATURES,
        ResultName::FirstArgument,
        |arguments| fold(arguments, |a, b| a ^ b),
        "The bits that an odd number of values have.",
    )
    .remarks(REMARKS)
    .examples(&[Example::new("datatable(x: long) [12, 10] | summarize binary_all_xor(x)", "print x = 6")]),
];

fn fold(arguments: &[Vec<Value>], combine: fn(i64, i64) -> i64) -> Vec<Value> {
    vec![present(arguments, 0).filter_map(Value::as_i64).reduce(combine).map_or(Value::Null, Value::Long)]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{longs, run};
    use super::*;

    #[test]
    fn folds_the_bits() {
        let group = longs(&[0b1100, 0b1010]);
        assert_eq!(run("binary_all_and", std::slice::from_ref(&group)), longs(&[0b1000]));
        assert_eq!(run("binary_all_or", std::slice::from_ref(&group)), longs(&[0b1110]));
        assert_eq!(run("binary_all_xor", &[group]), longs(&[0b0110]));
        assert_eq!(run("binary_all_or", &[vec![Value::Null]]), vec![Value::Null]);
    }
}
