//! Points, edges and lengths on the unit sphere.
//!
//! In: points as unit vectors; an edge is the shorter arc of the great circle between two of them. Out: angles in radians,
//! points. What is measured here is good to about 1e-15; whether edges cross is exact.
//! Nothing here knows polygons.

use super::{Position, position_of, predicate, unit};
use s2::point::Point;
use s2::r3::vector::Vector;

/// An edge: where it starts and where it ends.
pub(crate) type Edge = (Point, Point);

/// The point at a position.
pub(crate) fn point_at(position: Position) -> Point {
    Point(unit(position))
}

/// The position of a point, in degrees.
pub(crate) fn position_at(point: &Point) -> Position {
    position_of(&point.0)
}

/// The angle between two points, in radians; exact for small ones too.
pub(crate) fn angle(a: &Point, b: &Point) -> f64 {
    let difference = (a.0 - b.0).norm();
    2.0 * difference.atan2((a.0 + b.0).norm())
}

/// The unit normal of the plane through an edge: to the left of it, seen from outside.
pub(crate) fn normal(a: &Point, b: &Point) -> Vector {
    a.cross(b).0.normalize()
}

/// The points that follow each other, as edges.
pub(crate) fn edges(points: &[Point]) -> impl Iterator<Item = Edge> + '_ {
    points.iter().copied().zip(points.iter().copied().skip(1))
}

/// The edges of a ring whose last point is joined to its first.
pub(crate) fn ring_edges(ring: &[Point]) -> impl Iterator<Item = Edge> + '_ {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// The length of a chain of points, in radians.
pub(crate) fn length(points: &[Point]) -> f64 {
    edges(points).map(|(a, b)| angle(&a, &b)).sum()
}

/// The point that lies that far (radians) from the first point on the way to the second.
pub(crate) fn ahead(a: &Point, b: &Point, distance: f64) -> Point {
    toward(a, &normal(a, b).cross(&a.0), distance)
}

/// The point that lies that far (radians) from a point into a direction, which is a vector at a right angle to it.
pub(crate) fn toward(from: &Point, direction: &Vector, distance: f64) -> Point {
    Point((from.0 * distance.cos() + direction.normalize() * distance.sin()).normalize())
}

/// The point at a fraction of the way from one point to another.
pub(crate) fn interpolate(a: &Point, b: &Point, fraction: f64) -> Point {
    match fraction {
        0.0 => *a,
        1.0 => *b,
        _ => ahead(a, b, fraction * angle(a, b)),
    }
}

/// The point of an edge that is closest to a point.
pub(crate) fn closest(to: &Point, (a, b): &Edge) -> Point {
    let normal = normal(a, b);
    // Measured from the edge's start, so that points close to it keep their digits.
    let above = (to.0 - a.0).dot(&normal);
    let foot = to.0 - normal * above;
    let inside = normal.cross(&a.0).dot(&foot) > 0.0 && b.0.cross(&normal).dot(&foot) > 0.0;
    if a != b && inside && foot.norm2() > 0.0 {
        return Point(foot.normalize());
    }
    if angle(to, a) <= angle(to, b) { *a } else { *b }
}

/// How far a point is from an edge, in radians.
pub(crate) fn distance(to: &Point, edge: &Edge) -> f64 {
    angle(to, &closest(to, edge))
}

/// Whether two edges cross at a point that is inside of both.
pub(crate) fn cross((a, b): &Edge, (c, d): &Edge) -> bool {
    predicate::cross((a, b), (c, d))
}

/// Where two edges that cross each other do.
pub(crate) fn crossing((a, b): &Edge, (c, d): &Edge) -> Point {
    let other = normal(c, d);
    // Heights of the ends over the other edge's plane, measured from a point in it.
    let (from, to) = ((a.0 - c.0).dot(&other), (b.0 - c.0).dot(&other));
    let share = if from == to { 0.5 } else { from / (from - to) };
    Point((a.0 + (b.0 - a.0) * share).normalize())
}

/// The area left of the triangle's boundary, in steradians: negative when its corners go clockwise.
pub(crate) fn triangle(a: &Point, b: &Point, c: &Point) -> f64 {
    let volume = a.0.dot(&(b.0 - a.0).cross(&(c.0 - a.0)));
    2.0 * volume.atan2(1.0 + a.0.dot(&b.0) + b.0.dot(&c.0) + c.0.dot(&a.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::FRAC_PI_2;

    fn at(longitude: f64, latitude: f64) -> Point {
        point_at([longitude, latitude])
    }

    #[test]
    fn an_octant_is_an_eighth_of_the_sphere() {
        let corners = [at(0., 0.), at(90., 0.), at(0., 90.)];
        assert!((triangle(&corners[0], &corners[1], &corners[2]) - FRAC_PI_2).abs() < 1e-15);
        assert!((triangle(&corners[0], &corners[2], &corners[1]) + FRAC_PI_2).abs() < 1e-15);
    }

    #[test]
    fn the_closest_point_is_a_foot_or_an_end() {
        let edge = (at(0., 0.), at(10., 0.));
        assert!(angle(&closest(&at(4., 3.), &edge), &at(4., 0.)) < 1e-15);
        assert_eq!(closest(&at(-4., 3.), &edge), edge.0);
        assert_eq!(closest(&at(170., 3.), &edge), edge.1);
        assert!((distance(&at(4., 1e-9), &edge).to_degrees() - 1e-9).abs() < 1e-14);
    }

    #[test]
    fn crossings_are_found() {
        let (one, other) = ((at(0., -1e-6), at(0., 1e-6)), (at(-3., 0.), at(5., 0.)));
        assert!(cross(&one, &other) && !cross(&one, &(at(1., 0.), at(5., 0.))));
        assert!(angle(&crossing(&one, &other), &at(0., 0.)) < 1e-16);
        assert!(angle(&interpolate(&other.0, &other.1, 0.25), &at(-1., 0.)) < 1e-15);
    }
}
