//! Lines and polygons on the sphere, and what is computed of them.
//!
//! In: GeoJSON that was read and checked (positions). Out: lines and polygons as unit vectors, whose own rules are checked
//! too; shapes back. `ring` and `line` measure, `sweep` finds edges that may meet, `overlay` unites and intersects, `buffer`,
//! `densify` and `simplify` make other shapes. No function of the language is defined here.

pub(crate) mod buffer;
pub(crate) mod clip;
pub(crate) mod densify;
pub(crate) mod graph;
pub(crate) mod line;
pub(crate) mod overlay;
pub(crate) mod points;
pub(crate) mod ring;
pub(crate) mod simplify;
pub(crate) mod spheroid;
pub(crate) mod split;
pub(crate) mod sweep;

use super::sphere::{point_at, position_at};
use super::{EARTH_RADIUS, Geometry, Path, Position};
use s2::point::Point;

/// A line: two points or more.
pub(crate) type Line = Vec<Point>;

/// Meters as an angle on Earth, in radians.
pub(crate) fn radians(meters: f64) -> f64 {
    meters / EARTH_RADIUS
}

/// An angle on Earth in meters.
pub(crate) fn meters(radians: f64) -> f64 {
    radians * EARTH_RADIUS
}

/// Lines of positions as lines of points; `None` when two neighbours are antipodes, between which no edge is the shortest.
pub(crate) fn lines_of(paths: &[Vec<Position>]) -> Option<Vec<Line>> {
    paths.iter().map(|path| line_of(path)).collect()
}

/// A line of positions as one of points.
pub(crate) fn line_of(path: &[Position]) -> Option<Line> {
    let points: Line = path.iter().map(|position| point_at(*position)).collect();
    let antipodes = points.windows(2).any(|pair| matches!(pair, [a, b] if (a.0 + b.0).norm() < 1e-14));
    (!antipodes).then_some(points)
}

/// Positions of points.
pub(super) fn path_of(points: &[Point]) -> Path {
    points.iter().map(position_at).collect()
}

/// A polygon as a shape: a polygon, or a multipolygon; `None` when nothing is left of it.
pub(super) fn geometry_of_polygon(polygon: &ring::Polygon) -> Option<Geometry> {
    let closed = |ring: &Vec<Point>| path_of(&ring.iter().chain(ring.first()).copied().collect::<Vec<_>>());
    let parts = overlay::parts(polygon);
    let mut parts: Vec<Vec<Path>> = parts.iter().map(|rings| rings.iter().map(closed).collect()).collect();
    match parts.len() {
        0 => None,
        1 => parts.pop().map(Geometry::Polygon),
        _ => Some(Geometry::MultiPolygon(parts)),
    }
}

/// Points as one shape: a point, or several.
pub(super) fn geometry_of_points(points: &[Point]) -> Option<Geometry> {
    let path = path_of(points);
    match path.as_slice() {
        [] => None,
        [point] => Some(Geometry::Point(*point)),
        _ => Some(Geometry::MultiPoint(path)),
    }
}

/// Lines as one shape: a line, or a multiline.
pub(super) fn geometry_of_lines(lines: &[Line]) -> Option<Geometry> {
    let mut paths: Vec<Path> = lines.iter().map(|line| path_of(line)).collect();
    match paths.len() {
        0 => None,
        1 => paths.pop().map(Geometry::LineString),
        _ => Some(Geometry::MultiLineString(paths)),
    }
}
