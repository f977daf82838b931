//! Cells: the grids of geohash, S2 and H3.
//!
//! In: coordinates, shapes, and cells as texts. Out: cells as texts, their middles and outlines as GeoJSON. A text that is
//! no cell is `None`, which the functions answer with null.

mod cover;
mod fill;
pub mod geohash;
pub mod h3;
pub mod s2;

use super::{Geometry, Position};
use crate::library::arguments::{long, real};
use crate::library::{Accepts, Parameter, Returns};
use crate::value::{Json, Type, Value};

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const STRING: Returns = Returns::Type(Type::String);
const LONGITUDE: Parameter = Parameter::new("longitude", Accepts::Type(Type::Real));
const LATITUDE: Parameter = Parameter::new("latitude", Accepts::Type(Type::Real));
const RADIUS: Parameter = Parameter::new("radius", Accepts::Type(Type::Real)).optional();

/// A parameter that takes a whole number and may be left out.
const fn size(name: &'static str) -> Parameter {
    Parameter::new(name, Accepts::Type(Type::Long)).optional()
}

/// The whole number at that place when it is in range, or what stands for it when it was left out.
fn size_or(arguments: &[Value], index: usize, default: u8, allowed: std::ops::RangeInclusive<u8>) -> Option<u8> {
    match arguments.get(index) {
        None => Some(default),
        Some(_) => u8::try_from(long(arguments, index)?).ok().filter(|size| allowed.contains(size)),
    }
}

/// The radius in meters at that place, 0 when it was left out; `None` for what is no radius.
fn radius(arguments: &[Value], index: usize) -> Option<f64> {
    match arguments.get(index) {
        None => Some(0.0),
        Some(_) => real(arguments, index).filter(|radius| radius.is_finite() && *radius >= 0.0),
    }
}

/// A cell as a string; `""` for none.
fn string(cell: Option<String>) -> Value {
    Value::String(cell.unwrap_or_default())
}

/// Cells as an array; null for none.
fn array(cells: Option<Vec<String>>) -> Value {
    crate::library::arguments::dynamic(cells.map(Json::from))
}

/// The outline of a cell, whose corners are given counterclockwise.
fn outline(corners: impl IntoIterator<Item = Position>) -> Value {
    let mut ring: Vec<Position> = corners.into_iter().collect();
    ring.extend(ring.first().copied());
    Geometry::Polygon(vec![ring]).to_value()
}
