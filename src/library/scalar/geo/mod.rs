//! Geospatial functions.
//!
//! In: coordinates as numbers in degrees (longitude first), shapes as GeoJSON, cells as texts. Out: numbers in meters and
//! radians, GeoJSON, cells. Here is what the families share: reading and checking shapes, and writing them. Whatever is
//! out of range or no shape is `None`, which the functions answer with null; nothing is repaired.

pub mod cell;
pub mod line;
pub mod point;
pub mod polygon;
mod predicate;
pub mod relation;
mod shape;
pub mod shapes;
mod sphere;
pub mod wkt;

use crate::library::arguments::real;
use crate::value::{Json, Value};
use ::s2::r3::vector::Vector;

/// Radius of the sphere that Kusto measures on, in meters: that of the S2 library, confirmed by recorded distances.
pub(super) const EARTH_RADIUS: f64 = 6_371_010.0;

/// Longitude (-180 to 180) and latitude (-90 to 90) in degrees.
pub(super) type Position = [f64; 2];
/// Positions in a row: a line, or a closed ring (its last position is its first).
pub(super) type Path = Vec<Position>;
/// The rings of a polygon: its shell, then its holes.
pub(super) type Rings = Vec<Path>;

/// A shape of GeoJSON, checked: positions are in range, a line has two of them or more, a ring is closed and has four or
/// more. Whether edges cross is not checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Geometry {
    Point(Position),
    MultiPoint(Path),
    LineString(Path),
    MultiLineString(Vec<Path>),
    Polygon(Rings),
    MultiPolygon(Vec<Rings>),
    Collection(Vec<Geometry>),
}

impl Geometry {
    /// The lines of a `LineString` or `MultiLineString`.
    pub(super) fn into_lines(self) -> Option<Vec<Path>> {
        match self {
            Geometry::LineString(line) => Some(vec![line]),
            Geometry::MultiLineString(lines) => Some(lines),
            _ => None,
        }
    }

    /// The polygons of a `Polygon` or `MultiPolygon`.
    pub(super) fn into_polygons(self) -> Option<Vec<Rings>> {
        match self {
            Geometry::Polygon(rings) => Some(vec![rings]),
            Geometry::MultiPolygon(polygons) => Some(polygons),
            _ => None,
        }
    }

    /// The shape as GeoJSON.
    pub(super) fn to_json(&self) -> Json {
        let (name, coordinates) = match self {
            Geometry::Point(position) => ("Point", serde_json::json!(position)),
            Geometry::MultiPoint(positions) => ("MultiPoint", serde_json::json!(positions)),
            Geometry::LineString(line) => ("LineString", serde_json::json!(line)),
            Geometry::MultiLineString(lines) => ("MultiLineString", serde_json::json!(lines)),
            Geometry::Polygon(rings) => ("Polygon", serde_json::json!(rings)),
            Geometry::MultiPolygon(polygons) => ("MultiPolygon", serde_json::json!(polygons)),
            Geometry::Collection(parts) => {
                let parts: Vec<Json> = parts.iter().map(Geometry::to_json).collect();
                return serde_json::json!({"type": "GeometryCollection", "geometries": parts});
            }
        };
        serde_json::json!({"type": name, "coordinates": coordinates})
    }

    /// The shape as a value.
    pub(super) fn to_value(&self) -> Value {
        Value::Dynamic(self.to_json())
    }
}

/// A position, when it is one on Earth.
pub(super) fn position(longitude: f64, latitude: f64) -> Option<Position> {
    ((-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude)).then_some([longitude, latitude])
}

/// The position that the argument at that place (longitude) and the next one (latitude) give.
pub(super) fn point(arguments: &[Value], index: usize) -> Option<Position> {
    position(real(arguments, index)?, real(arguments, index + 1)?)
}

/// The unit vector from the center of the sphere to a position.
pub(super) fn unit([longitude, latitude]: Position) -> Vector {
    let (longitude, latitude) = (longitude.to_radians(), latitude.to_radians());
    let across = latitude.cos();
    Vector { x: across * longitude.cos(), y: across * longitude.sin(), z: latitude.sin() }
}

/// The position that a vector from the center of the sphere points to, however long it is.
pub(super) fn position_of(vector: &Vector) -> Position {
    // No `hypot`: recorded coordinates have the last digits that the plain root gives.
    let across = (vector.x * vector.x + vector.y * vector.y).sqrt();
    [vector.y.atan2(vector.x).to_degrees(), vector.z.atan2(across).to_degrees()]
}

/// A shape out of GeoJSON.
pub(super) fn geometry(json: &Json) -> Option<Geometry> {
    let coordinates = || json.get("coordinates");
    let items = || coordinates()?.as_array();
    // Kusto's own samples write `polygon` and `linestring`, too.
    let kinds =
        ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"];
    let written = json.get("type")?.as_str()?;
    Some(match *kinds.iter().find(|kind| kind.eq_ignore_ascii_case(written))? {
        "Point" => Geometry::Point(read_position(coordinates()?)?),
        "MultiPoint" => Geometry::MultiPoint(path(coordinates()?, 1)?),
        "LineString" => Geometry::LineString(path(coordinates()?, 2)?),
        "MultiLineString" => Geometry::MultiLineString(all(items()?, |line| path(line, 2))?),
        "Polygon" => Geometry::Polygon(rings(coordinates()?)?),
        "MultiPolygon" => Geometry::MultiPolygon(all(items()?, wrapped_rings)?),
        "GeometryCollection" => Geometry::Collection(all(json.get("geometries")?.as_array()?, geometry)?),
        _ => return None,
    })
}

/// The lines of a dynamic argument that is a `LineString` or `MultiLineString`.
pub(super) fn lines(arguments: &[Value], index: usize) -> Option<Vec<Path>> {
    geometry(crate::library::arguments::json(arguments, index)?)?.into_lines()
}

/// The polygons of a dynamic argument that is a `Polygon` or `MultiPolygon`.
pub(super) fn polygons(arguments: &[Value], index: usize) -> Option<Vec<Rings>> {
    geometry(crate::library::arguments::json(arguments, index)?)?.into_polygons()
}

/// Every item, when each can be read and there is one.
fn all<T>(items: &[Json], read: impl Fn(&Json) -> Option<T>) -> Option<Vec<T>> {
    if items.is_empty() { None } else { items.iter().map(read).collect() }
}

fn read_position(json: &Json) -> Option<Position> {
    match json.as_array()?.as_slice() {
        // An altitude may follow.
        [longitude, latitude] | [longitude, latitude, _] => position(longitude.as_f64()?, latitude.as_f64()?),
        _ => None,
    }
}

fn path(json: &Json, least: usize) -> Option<Path> {
    all(json.as_array()?, read_position).filter(|path| path.len() >= least)
}

/// The rings of one of several polygons. Kusto also takes each in an array of its own, as recorded outputs show.
fn wrapped_rings(json: &Json) -> Option<Rings> {
    rings(json).or_else(|| match json.as_array()?.as_slice() {
        [polygon] => rings(polygon),
        _ => None,
    })
}

fn rings(json: &Json) -> Option<Rings> {
    all(json.as_array()?, |ring| path(ring, 4).filter(|ring| ring.first() == ring.last()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shapes_are_checked() {
        let polygon = json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]});
        assert_eq!(geometry(&polygon), Some(Geometry::Polygon(vec![vec![[0., 0.], [1., 0.], [1., 1.], [0., 0.]]])));
        for bad in [
            json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}),
            json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]}),
            json!({"type": "Polygon", "coordinates": []}),
            json!({"type": "LineString", "coordinates": [[0, 0]]}),
            json!({"type": "LineString", "coordinates": [[0, 0], [181, 0]]}),
            json!({"type": "LineString", "coordinates": [[[0, 0], [1, 0]]]}),
            json!({"type": "Point", "coordinates": ["1", 0]}),
            json!([1, 2]),
        ] {
            assert_eq!(geometry(&bad), None, "{bad}");
        }
    }

    #[test]
    fn kinds_go_by_any_case_and_polygons_may_be_wrapped() {
        let ring = json!([[0, 0], [1, 0], [1, 1], [0, 0]]);
        let plain = geometry(&json!({"type": "MultiPolygon", "coordinates": [[ring]]}));
        assert!(plain.is_some());
        assert_eq!(geometry(&json!({"type": "multipolygon", "coordinates": [[[ring]]]})), plain);
        assert_eq!(geometry(&json!({"type": "Shape", "coordinates": [[[ring]]]})), None);
    }

    #[test]
    fn shapes_are_written_as_they_were_read() {
        let given = json!({"type": "GeometryCollection", "geometries": [
            {"type": "Point", "coordinates": [1.0, 2.0]},
            {"type": "MultiLineString", "coordinates": [[[1.0, 2.0], [3.0, 4.5]]]},
        ]});
        assert_eq!(geometry(&given).map(|shape| shape.to_json()), Some(given));
    }
}
