//! Shapes out of well-known text.
//!
//! In: a text such as `POINT (1 2)`. Out: GeoJSON; null for what is no such text, is empty, has heights or measures, or has
//! coordinates out of range.

use super::{Geometry, Path, Position, Rings, position};
use crate::library::arguments::{or_null, text};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::Type;
use ::wkt::Wkt;
use ::wkt::types::{Coord, LineString, Polygon};
use std::str::FromStr;

/// The records.
pub static FUNCTIONS: &[Function] = &[Function::new(
    "geo_from_wkt",
    &[Signature::new(&[Parameter::new("wkt", Accepts::Type(Type::String))], Returns::Type(Type::Dynamic))],
    |arguments| or_null(read(text(arguments, 0)), |shape| shape.to_value()),
    "A shape in well-known text as GeoJSON.",
)
.remarks(
    "Points, lines, polygons, several of each, and collections. Null for another text, for empty shapes, for heights and \
     measures, and for coordinates out of range.",
)
.examples(&[
    Example::new("geo_from_wkt('POINT (1 2)')", "dynamic({'type': 'Point', 'coordinates': [1.0, 2.0]})"),
    Example::new(
        "geo_from_wkt('LINESTRING (1 2, 3 4.5)')",
        "dynamic({'type': 'LineString', 'coordinates': [[1.0, 2.0], [3.0, 4.5]]})",
    ),
    Example::new("isnull(geo_from_wkt('POINT (1'))", "true"),
])];

fn read(text: &str) -> Option<Geometry> {
    shape(Wkt::<f64>::from_str(text).ok()?)
}

fn shape(wkt: Wkt<f64>) -> Option<Geometry> {
    Some(match wkt {
        Wkt::Point(point) => Geometry::Point(place(point.coord()?)?),
        Wkt::LineString(line) => Geometry::LineString(path(&line)?),
        Wkt::Polygon(polygon) => Geometry::Polygon(rings(&polygon)?),
        Wkt::MultiPoint(points) => Geometry::MultiPoint(all(points.points(), |point| place(point.coord()?))?),
        Wkt::MultiLineString(lines) => Geometry::MultiLineString(all(lines.line_strings(), path)?),
        Wkt::MultiPolygon(polygons) => Geometry::MultiPolygon(all(polygons.polygons(), rings)?),
        Wkt::GeometryCollection(parts) => Geometry::Collection(all(parts.geometries(), |part| shape(part.clone()))?),
    })
}

/// Every item, when each can be read and there is one.
fn all<T, U>(items: &[T], read: impl Fn(&T) -> Option<U>) -> Option<Vec<U>> {
    if items.is_empty() { None } else { items.iter().map(read).collect() }
}

fn place(coordinate: &Coord<f64>) -> Option<Position> {
    let flat = coordinate.z.is_none() && coordinate.m.is_none();
    position(coordinate.x, coordinate.y).filter(|_| flat)
}

fn path(line: &LineString<f64>) -> Option<Path> {
    all(line.coords(), place)
}

fn rings(polygon: &Polygon<f64>) -> Option<Rings> {
    all(polygon.rings(), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_may_have_parentheses() {
        let points = Some(Geometry::MultiPoint(vec![[1.0, 1.0], [2.0, 3.0]]));
        assert_eq!(read("MULTIPOINT (1 1, 2 3)"), points);
        assert_eq!(read("multipoint ((1 1), (2 3))"), points);
    }

    #[test]
    fn what_is_no_flat_shape_on_earth_is_none() {
        for text in ["", "POINT EMPTY", "POINT (181 0)", "POINT Z (1 2 3)", "LINESTRING", "CIRCLE (1 2)"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
