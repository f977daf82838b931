//! Scalar functions by family. Each file holds a table of records and their kernels.

mod array;
mod bag;
mod binary;
mod conditional;
mod conversion;
mod datetime;
mod geo;
mod hash;
mod ip;
mod math;
mod operator;
mod parse;
mod series;
mod set;
mod sketch;
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
    Family { name: "Arithmetic operators", functions: operator::arithmetic::FUNCTIONS },
    Family { name: "Comparison operators", functions: operator::comparison::FUNCTIONS },
    Family { name: "Logical operators", functions: operator::logic::FUNCTIONS },
    Family { name: "Text operators", functions: operator::text::FUNCTIONS },
    Family { name: "List operators", functions: operator::list::FUNCTIONS },
    Family { name: "Texts", functions: string::shape::FUNCTIONS },
    Family { name: "Search in texts", functions: string::search::FUNCTIONS },
    Family { name: "Regular expressions", functions: string::pattern::FUNCTIONS },
    Family { name: "Conversions between types", functions: conversion::FUNCTIONS },
    Family { name: "Bins and ranges", functions: datetime::bins::FUNCTIONS },
    Family { name: "Starts and ends in the calendar", functions: datetime::calendar::FUNCTIONS },
    Family { name: "Parts of datetimes", functions: datetime::parts::FUNCTIONS },
    Family { name: "Datetimes from numbers", functions: datetime::make::FUNCTIONS },
    Family { name: "Texts of datetimes and timespans", functions: datetime::format::FUNCTIONS },
    Family { name: "Time zones", functions: datetime::zone::FUNCTIONS },
    Family { name: "Numbers", functions: math::elementary::FUNCTIONS },
    Family { name: "Distributions", functions: math::distribution::FUNCTIONS },
    Family { name: "Choices and tests for null", functions: conditional::FUNCTIONS },
    Family { name: "Dynamic arrays", functions: array::FUNCTIONS },
    Family { name: "Property bags and JSON", functions: bag::FUNCTIONS },
    Family { name: "Sets", functions: set::FUNCTIONS },
    Family { name: "States of counts and percentiles", functions: sketch::FUNCTIONS },
    Family { name: "IP addresses", functions: ip::FUNCTIONS },
    Family { name: "Parsers of texts", functions: parse::FUNCTIONS },
    Family { name: "Hashes and encodings", functions: hash::FUNCTIONS },
    Family { name: "Bits", functions: binary::FUNCTIONS },
    Family { name: "Code points and punycode", functions: unicode::FUNCTIONS },
    Family { name: "Series, element by element", functions: series::element::FUNCTIONS },
    Family { name: "Series with missing elements", functions: series::fill::FUNCTIONS },
    Family { name: "Series as a whole", functions: series::whole::FUNCTIONS },
    Family { name: "Geospatial: points", functions: geo::point::FUNCTIONS },
    Family { name: "Geospatial: lines", functions: geo::line::FUNCTIONS },
    Family { name: "Geospatial: polygons", functions: geo::polygon::FUNCTIONS },
    Family { name: "Geospatial: lines and polygons together", functions: geo::relation::FUNCTIONS },
    Family { name: "Geospatial: shapes from shapes", functions: geo::shapes::FUNCTIONS },
    Family { name: "Geospatial: shapes as texts", functions: geo::wkt::FUNCTIONS },
    Family { name: "Geospatial: geohash", functions: geo::cell::geohash::FUNCTIONS },
    Family { name: "Geospatial: S2 cells", functions: geo::cell::s2::FUNCTIONS },
    Family { name: "Geospatial: H3 cells", functions: geo::cell::h3::FUNCTIONS },
    Family { name: "Unit conversions", functions: unit::FUNCTIONS },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{Accepts, Returns, Signature};
    use std::collections::HashSet;

    fn all() -> impl Iterator<Item = &'static Function> {
        FAMILIES.iter().flat_map(|family| family.functions)
    }

    #[test]
    fn names_are_unique() {
        let mut seen = HashSet::new();
        for function in all() {
            for name in std::iter::once(&function.name).chain(function.aliases) {
                assert!(seen.insert(*name), "`{name}` stands twice");
            }
        }
    }

    #[test]
    fn records_say_what_a_function_does() {
        for function in all() {
            let summary = function.summary;
            assert!(summary.ends_with('.') && !summary.contains('\n'), "`{}`: {summary}", function.name);
            assert!(!function.signatures.is_empty(), "`{}` cannot be called", function.name);
            let random = function.volatility == crate::library::Volatility::Volatile;
            assert!(random || !function.examples.is_empty(), "`{}` has no example", function.name);
        }
    }

    #[test]
    fn signatures_are_well_formed() {
        for function in all() {
            for signature in function.signatures {
                assert!(well_formed(signature), "`{}`: {signature:?}", function.name);
            }
        }
    }

    /// Optional parameters end the list, names differ, and what the result type refers to is there.
    fn well_formed(signature: &Signature) -> bool {
        let parameters = signature.parameters;
        let optional_last = parameters
            .iter()
            .skip_while(|p| !p.optional && !p.repeats)
            .all(|p| p.optional || p.repeats || parameters.iter().filter(|p| p.repeats).count() > 1);
        let names: HashSet<_> = parameters.iter().map(|p| p.name).collect();
        let takes = |accepts| parameters.iter().any(|p| p.accepts == accepts);
        let returns = match signature.returns {
            Returns::Argument(index) => index < parameters.len(),
            Returns::Promoted => takes(Accepts::Promoted),
            Returns::Common => takes(Accepts::Common),
            Returns::Type(_) | Returns::Custom(_) => true,
        };
        optional_last && names.len() == parameters.len() && returns
    }
}
