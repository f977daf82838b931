//! Lines and polygons on the sphere, and what is computed of them.
//!
//! In: GeoJSON that was read and checked (positions). Out: lines and polygons as unit vectors, whose own rules are checked
//! too; shapes back. `ring` and `line` measure, `sweep` finds edges that may meet, `overlay` unites and intersects, `buffer`,
//! `densify` and `simplify` make other shapes. No function of the language is defined here.

pub(crate) mod line;
pub(crate) mod points;
pub(crate) mod ring;
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

/// Lines as one shape: a line, or a multiline.
pub(super) fn geometry_of_lines(lines: &[Line]) -> Option<Geometry> {
    let mut paths: Vec<Path> = lines.iter().map(|line| path_of(line)).collect();
    match paths.len() {
        0 => None,
        1 => paths.pop().map(Geometry::LineString),
        _ => Some(Geometry::MultiLineString(paths)),
    }
}
