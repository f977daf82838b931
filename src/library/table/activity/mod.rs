//! Analytics of users over time: who was active, who came back, in which sessions.
//!
//! In: rows with an id and a time. Out: counts for each period and each combination of dimensions. Counts are exact, where
//! Kusto estimates large ones.

mod metrics;
mod timeline;
mod window;

use super::{TableCall, TableFunction, TableParameter, Takes};
use crate::value::{Field, Schema, Type};
use timeline::{Events, Group, Step, Timeline};

pub(super) use timeline::{axis, axis_value, distance, point};

/// Types of a timeline: those whose distances are exact.
const TIMES: &[Type] = &[Type::Datetime, Type::Timespan, Type::Long, Type::Int];
/// Types of a step: a distance, or the name of a calendar period.
const STEPS: &[Type] = &[Type::Timespan, Type::Long, Type::Int, Type::String];
const DISTANCES: &[Type] = &[Type::Timespan, Type::Long, Type::Int];

const ID: TableParameter = TableParameter::new("IdColumn", Takes::Column(&[]));
const TIMELINE: TableParameter = TableParameter::new("TimelineColumn", Takes::Column(TIMES));
const START: TableParameter = TableParameter::new("Start", Takes::Constant(TIMES)).like("TimelineColumn");
const END: TableParameter = TableParameter::new("End", Takes::Constant(TIMES)).like("TimelineColumn");
const DIMENSION: TableParameter = TableParameter::new("dim", Takes::Column(&[])).repeats();

/// The records by file.
pub static FAMILIES: [&[TableFunction]; 2] = [metrics::FUNCTIONS, window::FUNCTIONS];

/// The timeline's column, the dimensions, and counts.
fn schema(call: &TableCall, counts: &[(&str, Type)]) -> Result<Schema, String> {
    let time = call.required("TimelineColumn")?;
    let time = Field { name: time.name.into(), ty: time.ty };
    Ok(Schema::new(std::iter::once(time).chain(rest_of_schema(call, counts))))
}

/// The dimensions and counts.
fn rest_of_schema(call: &TableCall, counts: &[(&str, Type)]) -> Vec<Field> {
    let dimensions = call.columns("dim").into_iter().map(|c| Field { name: c.name.into(), ty: c.ty });
    dimensions.chain(counts.iter().map(|(name, ty)| Field { name: (*name).into(), ty: *ty })).collect()
}

/// A share of a whole; NaN of nothing, as Kusto divides.
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
