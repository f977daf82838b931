//! Points: distances, directions, circles.
//!
//! In: pairs of coordinates in degrees. Out: meters, radians, whether a point lies in a circle, the polygon around a point.
//! Everything is measured on the sphere, but for a distance that is asked for on the spheroid.

use super::shape::spheroid;
use super::{EARTH_RADIUS, Geometry, Position, point, position_of, unit};
use crate::library::arguments::{any, or_null, real};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Type, Value};
use std::f64::consts::{PI, TAU};

const fn number(name: &'static str) -> Parameter {
    Parameter::new(name, Accepts::Type(Type::Real))
}

const P1: [Parameter; 2] = [number("p1_longitude"), number("p1_latitude")];
const P2: [Parameter; 2] = [number("p2_longitude"), number("p2_latitude")];
const P3: [Parameter; 2] = [number("p3_longitude"), number("p3_latitude")];
const SPHEROID: Parameter = Parameter::new("use_spheroid", Accepts::Type(Type::Bool)).optional();
const REAL: Returns = Returns::Type(Type::Real);

/// The tolerance of a buffer in meters, when none is given.
const TOLERANCE: f64 = 10.0;
/// Between points nearer than that (radians), or that near to antipodes, no direction leads.
const SAME: f64 = 1e-15;

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "geo_distance_2points",
        &[Signature::new(&[P1[0], P1[1], P2[0], P2[1], SPHEROID], REAL)],
        distance_2points,
        "The shortest distance between two points on Earth, in meters.",
    )
    .remarks(
        "On a sphere of 6371010 meters, or, with `use_spheroid`, on the ellipsoid WGS84. Null for coordinates out of range.",
    )
    .examples(&[
        Example::new("round(geo_distance_2points(0, 0, 0, 90), 3)", "10007559.106"),
        Example::new("round(geo_distance_2points(0, 0, 0, 90, true), 3)", "10001965.729"),
        Example::new("geo_distance_2points(181, 0, 0, 0)", "real(null)"),
    ]),
    Function::new(
        "geo_azimuth",
        &[Signature::new(&[P1[0], P1[1], P2[0], P2[1]], REAL)],
        azimuth,
        "The direction from one point to another, clockwise from north, in radians.",
    )
    .remarks("From 0 to less than 2 pi. Null for coordinates out of range, for equal points and for antipodes.")
    .examples(&[
        Example::new("round(degrees(geo_azimuth(0, 0, 10, 0)), 9)", "90.0"),
        Example::new("round(degrees(geo_azimuth(0, 0, -10, 0)), 9)", "270.0"),
        Example::new("geo_azimuth(3, 4, 3, 4)", "real(null)"),
    ]),
    Function::new(
        "geo_angle",
        &[Signature::new(&[P1[0], P1[1], P2[0], P2[1], P3[0], P3[1]], REAL)],
        angle,
        "The angle at the second of three points, clockwise from the line to the first to the line to the third, in radians.",
    )
    .remarks("From 0 to less than 2 pi. Null for coordinates out of range, and where neighbours are equal or antipodes.")
    .examples(&[
        Example::new("round(degrees(geo_angle(0, 10, 0, 0, 10, 0)), 9)", "90.0"),
        Example::new("round(degrees(geo_angle(0, 10, 0, 0, -10, 0)), 9)", "270.0"),
        Example::new("geo_angle(0, 10, 0, 10, 3, -10)", "real(null)"),
    ]),
    Function::new(
        "geo_point_in_circle",
        &[Signature::new(
            &[
                number("p_longitude"),
                number("p_latitude"),
                number("pc_longitude"),
                number("pc_latitude"),
                number("c_radius"),
            ],
            Returns::Type(Type::Bool),
        )],
        point_in_circle,
        "Whether a point lies in a circle around another, with a radius in meters.",
    )
    .remarks("Null for coordinates out of range and for a radius that is not positive.")
    .examples(&[
        Example::new("geo_point_in_circle(0, 1, 0, 0, 111200)", "true"),
        Example::new("geo_point_in_circle(0, 1, 0, 0, 111000)", "false"),
        Example::new("geo_point_in_circle(0, 1, 0, 0, -5)", "bool(null)"),
    ]),
    Function::new(
        "geo_point_buffer",
        &[Signature::new(
            &[number("longitude"), number("latitude"), number("radius"), number("tolerance").optional()],
            Returns::Type(Type::Dynamic),
        )],
        point_buffer,
        "A polygon around a point, with a radius in meters.",
    )
    .remarks(
        "A regular polygon with corners on the circle and so many of them that its edges stay within the tolerance (10 \
         meters unless given), but three at least. Null for coordinates out of range, for a radius or tolerance that is not \
         positive, and for a tolerance below a millionth of the radius.",
    )
    .examples(&[
        Example::new("array_length(geo_point_buffer(10, 20, 20000).coordinates[0])", "101"),
        Example::new("array_length(geo_point_buffer(10, 20, 20000, 20000).coordinates[0])", "4"),
        Example::new("isnull(geo_point_buffer(10, 91, 20000))", "true"),
    ]),
];

/// The angle between two points as seen from the center of the sphere, in radians.
fn arc([longitude1, latitude1]: Position, [longitude2, latitude2]: Position) -> f64 {
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let cosines = latitude1.to_radians().cos() * latitude2.to_radians().cos();
    let chord = half(latitude1, latitude2) + half(longitude1, longitude2) * cosines;
    2.0 * chord.sqrt().atan2((1.0 - chord).max(0.0).sqrt())
}

/// Clockwise from north, from 0 to less than 2 pi; `None` where no direction leads to the other point.
fn direction(from: Position, to: Position) -> Option<f64> {
    if unit(from).cross(&unit(to)).norm() < SAME {
        return None;
    }
    let ([longitude1, latitude1], [longitude2, latitude2]) = (from.map(f64::to_radians), to.map(f64::to_radians));
    let east = (longitude2 - longitude1).sin() * latitude2.cos();
    let north = latitude1.cos() * latitude2.sin() - latitude1.sin() * latitude2.cos() * (longitude2 - longitude1).cos();
    Some(turn(east.atan2(north)))
}

/// An angle as one from 0 to less than 2 pi.
fn turn(angle: f64) -> f64 {
    let turned = angle.rem_euclid(TAU);
    if turned < TAU { turned } else { 0.0 }
}

fn positive(value: f64) -> Option<f64> {
    (value > 0.0 && value.is_finite()).then_some(value)
}

fn distance_2points(arguments: &[Value]) -> Value {
    let on_spheroid = matches!(any(arguments, 4), Value::Bool(true));
    or_null(point(arguments, 0).zip(point(arguments, 2)), |(from, to)| {
        Value::Real(if on_spheroid { spheroid::distance(from, to) } else { arc(from, to) * EARTH_RADIUS })
    })
}

fn azimuth(arguments: &[Value]) -> Value {
    let points = point(arguments, 0).zip(point(arguments, 2));
    or_null(points.and_then(|(from, to)| direction(from, to)), Value::Real)
}

fn angle(arguments: &[Value]) -> Value {
    let angle = || {
        let (first, second, third) = (point(arguments, 0)?, point(arguments, 2)?, point(arguments, 4)?);
        Some(turn(direction(second, third)? - direction(second, first)?))
    };
    or_null(angle(), Value::Real)
}

fn point_in_circle(arguments: &[Value]) -> Value {
    let inside = || {
        let (given, center) = (point(arguments, 0)?, point(arguments, 2)?);
        let radius = positive(real(arguments, 4)?)?;
        Some(arc(given, center) * EARTH_RADIUS <= radius)
    };
    or_null(inside(), Value::Bool)
}

fn point_buffer(arguments: &[Value]) -> Value {
    let polygon = || {
        let center = point(arguments, 0)?;
        let radius = positive(real(arguments, 2)?)?;
        let tolerance = match arguments.get(3) {
            Some(given) => positive(given.as_f64()?)?,
            None => TOLERANCE,
        };
        if tolerance < radius * 1e-6 || radius >= PI * EARTH_RADIUS {
            return None;
        }
        Some(Geometry::Polygon(vec![circle(center, radius / EARTH_RADIUS, tolerance / EARTH_RADIUS)]))
    };
    or_null(polygon(), |polygon| polygon.to_value())
}

/// A closed ring with corners on a circle, counterclockwise. Radius and tolerance in radians. Where it starts and how many
/// corners it has is what the S2 library's buffers of points do.
fn circle(center: Position, radius: f64, tolerance: f64) -> Vec<Position> {
    let inner = (radius - tolerance).max(0.0);
    // Half of the longest edge whose middle is no nearer to the center than that.
    let widest = match (radius < PI / 2.0, inner > PI / 2.0) {
        (true, _) => 2.0 * (inner.tan() / radius.tan()).acos(),
        (_, true) => 2.0 * (radius.tan() / inner.tan()).acos(),
        _ => TAU,
    };
    let corners = (TAU / widest.min(TAU / 3.0 + 1e-15)).ceil();
    let up = unit(center);
    let start = up.ortho();
    let side = up.cross(&start).normalize();
    let corner = |index: f64| {
        let angle = TAU * index / corners;
        let outward = start * angle.cos() + side * angle.sin();
        position_of(&(up * radius.cos() + outward * radius.sin()))
    };
    let mut ring: Vec<Position> = (0..corners as u32).map(|index| corner(f64::from(index))).collect();
    ring.extend(ring.first().copied());
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_turn_clockwise_from_north() {
        for (to, degrees) in [([0.0, 5.0], 0.0), ([5.0, 0.0], 90.0), ([0.0, -5.0], 180.0), ([-5.0, 0.0], 270.0)] {
            let found = direction([0.0, 0.0], to).map(f64::to_degrees).unwrap();
            assert!((found - degrees).abs() < 1e-9, "{found} is not {degrees}");
        }
        assert_eq!(direction([0.0, 0.0], [180.0, 0.0]), None);
        assert_eq!(direction([-180.0, 10.0], [180.0, 10.0]), None);
        assert_eq!(direction([12.3, 45.6], [-167.7, -45.6]), None);
        assert_eq!(direction([10.0, 90.0], [20.0, 90.0]), None);
    }

    #[test]
    fn the_corners_of_a_buffer_lie_on_its_circle() {
        let ring = circle([179.9, 60.0], 0.01, 0.0001);
        assert_eq!(ring.first(), ring.last());
        for corner in ring {
            assert!((arc(corner, [179.9, 60.0]) - 0.01).abs() < 1e-12, "{corner:?}");
        }
    }
}
