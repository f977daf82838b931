//! Bits of whole numbers.

use crate::library::arguments::{long, or_null};
use crate::library::{Accepts, Example, Function, Parameter, ResultName, Returns, Signature};
use crate::value::{Type, Value};

const LONG: Returns = Returns::Type(Type::Long);
const VALUE: Parameter = Parameter::new("value", Accepts::Type(Type::Long));
const ONE: &[Signature] = &[Signature::new(&[VALUE], LONG)];
const TWO: &[Signature] = &[Signature::new(
    &[Parameter::new("value1", Accepts::Type(Type::Long)), Parameter::new("value2", Accepts::Type(Type::Long))],
    LONG,
)];
const SHIFT: &[Signature] = &[Signature::new(&[VALUE, Parameter::new("shift", Accepts::Type(Type::Long))], LONG)];
const SHIFT_REMARKS: &str = "The shift counts modulo 64. Null for a negative one.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("binary_and", TWO, |a| two(a, |x, y| x & y), "The bits that both values have.")
        .result_name(ResultName::FirstArgument)
        .examples(&[Example::new("binary_and(6, 3)", "2")]),
    Function::new("binary_or", TWO, |a| two(a, |x, y| x | y), "The bits that either value has.")
        .result_name(ResultName::FirstArgument)
        .examples(&[Example::new("binary_or(6, 3)", "7")]),
    Function::new("binary_xor", TWO, |a| two(a, |x, y| x ^ y), "The bits that one of the values has.")
        .result_name(ResultName::FirstArgument)
        .examples(&[Example::new("binary_xor(6, 3)", "5")]),
    Function::new(
        "binary_not",
        ONE,
        |a| or_null(long(a, 0), |x| Value::Long(!x)),
        "The bits that a value does not have.",
    )
    .result_name(ResultName::FirstArgument)
    .examples(&[Example::new("binary_not(0)", "-1")]),
    Function::new(
        "binary_shift_left",
        SHIFT,
        |a| shift(a, |x, n| x << n),
        "A value with its bits shifted to the left.",
    )
    .result_name(ResultName::FirstArgument)
    .remarks(SHIFT_REMARKS)
    .examples(&[Example::new("binary_shift_left(3, 2)", "12"), Example::new("binary_shift_left(1, 65)", "2")]),
    Function::new(
        "binary_shift_right",
        SHIFT,
        |a| shift(a, |x, n| x >> n),
        "A value with its bits shifted to the right.",
    )
    .result_name(ResultName::FirstArgument)
    .remarks(SHIFT_REMARKS)
    .examples(&[
        Example::new("binary_shift_right(12, 2)", "3"),
        Example::new("binary_shift_right(1, -1)", "long(null)"),
    ]),
    Function::new(
        "bitset_count_ones",
        ONE,
        |a| or_null(long(a, 0), |x| Value::Long(i64::from(x.count_ones()))),
        "Number of bits that are set.",
    )
    .result_name(ResultName::FirstArgument)
    .examples(&[Example::new("bitset_count_ones(42)", "3")]),
];

fn two(arguments: &[Value], combine: fn(i64, i64) -> i64) -> Value {
    or_null(long(arguments, 0).zip(long(arguments, 1)), |(x, y)| Value::Long(combine(x, y)))
}

fn shift(arguments: &[Value], shift: fn(i64, u32) -> i64) -> Value {
    let count = long(arguments, 1).and_then(|n| u32::try_from(if n < 0 { n } else { n % 64 }).ok());
    or_null(long(arguments, 0).zip(count), |(x, n)| Value::Long(shift(x, n)))
}
