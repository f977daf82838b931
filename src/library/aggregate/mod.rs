//! Aggregation functions by family.

mod bitwise;
mod collect;
mod count;
mod numeric;
mod select;
mod sketch;

use super::AggregateFunction;

/// All families.
pub static FAMILIES: &[&[AggregateFunction]] = &[
    count::FUNCTIONS,
    numeric::FUNCTIONS,
    collect::FUNCTIONS,
    select::FUNCTIONS,
    sketch::FUNCTIONS,
    bitwise::FUNCTIONS,
];
