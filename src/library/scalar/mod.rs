//! Scalar functions by family. Each file holds a table of records and their kernels.

mod array;
mod bag;
mod binary;
mod conditional;
mod conversion;
mod datetime;
mod hash;
mod ip;
mod math;
mod operator;
mod parse;
mod set;
mod string;
mod unicode;
mod unit;

use super::Function;

/// A family of functions.
#[derive(Debug)]
pub struct Family {
    /// Name, as a heading of the reference.
    pub name: &'static str,
    /// Its functions.
    pub functions: &'static [Function],
}

/// All families, in the order of the reference.
pub static FAMILIES: &[Family] = &[
    Family { name: "Operators", functions: operator::FUNCTIONS },
    Family { name: "String functions", functions: string::FUNCTIONS },
    Family { name: "Conversions between types", functions: conversion::FUNCTIONS },
    Family { name: "Dates and timespans", functions: datetime::FUNCTIONS },
    Family { name: "Numbers", functions: math::FUNCTIONS },
    Family { name: "Choices and tests for null", functions: conditional::FUNCTIONS },
    Family { name: "Dynamic arrays", functions: array::FUNCTIONS },
    Family { name: "Property bags and JSON", functions: bag::FUNCTIONS },
    Family { name: "Sets", functions: set::FUNCTIONS },
    Family { name: "IP addresses", functions: ip::FUNCTIONS },
    Family { name: "Parsers of texts", functions: parse::FUNCTIONS },
    Family { name: "Hashes and encodings", functions: hash::FUNCTIONS },
    Family { name: "Bits", functions: binary::FUNCTIONS },
    Family { name: "Code points and punycode", functions: unicode::FUNCTIONS },
    Family { name: "Unit conversions and statistics", functions: unit::FUNCTIONS },
];
