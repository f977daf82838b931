//! Lines: lengths, points on them, unions.
//!
//! In: `LineString` and `MultiLineString` of GeoJSON. Out: meters, fractions, shapes. Edges are the shortest ways on the
//! sphere. What is no line gives null.

use super::shape::line::{centroid, closest_point, fraction_of, point_at_fraction, union};
use super::shape::{Line, geometry_of_lines, line_of, lines_of, meters, spheroid};
use super::sphere::{angle, length, point_at, position_at};
use super::{Geometry, Position, geometry, lines, point};
use crate::library::arguments::{any, array, json, or_null, real};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Type, Value};

const LINE: Parameter = Parameter::new("lineString", Accepts::Type(Type::Dynamic));
const LONGITUDE: Parameter = Parameter::new("longitude", Accepts::Type(Type::Real));
const LATITUDE: Parameter = Parameter::new("latitude", Accepts::Type(Type::Real));
const REAL: Returns = Returns::Type(Type::Real);
const DYNAMIC: Returns = Returns::Type(Type::Dynamic);

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("geo_line_length", &[Signature::new(&[LINE], REAL)], line_length, "The length of a line in meters.")
        .remarks("An edge that stands in several lines of a multiline counts once. Null for what is no line.")
        .examples(&[
            Example::new(
                r#"round(geo_line_length(dynamic({"type":"LineString","coordinates":[[0,0],[0,90],[180,0]]})), 3)"#,
                "20015118.212",
            ),
            Example::new(r#"geo_line_length(dynamic({"type":"LineString","coordinates":[[1,1]]}))"#, "real(null)"),
        ]),
    Function::new(
        "geo_line_centroid",
        &[Signature::new(&[LINE], DYNAMIC)],
        |a| or_null(merged(a).and_then(|lines| centroid(&lines)), |point| to_point(&point)),
        "The centroid of a line.",
    )
    .remarks("An edge that stands in several lines of a multiline counts once. Null for what is no line.")
    .examples(&[Example::new(
        r#"round(todouble(geo_line_centroid(dynamic({"type":"LineString","coordinates":[[0,0],[8,0]]})).coordinates[0]), 9)"#,
        "4.0",
    )]),
    Function::new(
        "geo_line_interpolate_point",
        &[Signature::new(&[LINE, Parameter::new("fraction", Accepts::Type(Type::Real))], DYNAMIC)],
        interpolate_point,
        "The point at a fraction of a line's length.",
    )
    .remarks("The fraction goes from 0 to 1; null for another, for a multiline and for what is no line.")
    .examples(&[
        Example::new(
            r#"round(todouble(geo_line_interpolate_point(dynamic({"type":"LineString","coordinates":[[0,0],[8,0]]}), 0.25).coordinates[0]), 9)"#,
            "2.0",
        ),
        Example::new(
            r#"isnull(geo_line_interpolate_point(dynamic({"type":"LineString","coordinates":[[0,0],[8,0]]}), 1.25))"#,
            "true",
        ),
    ]),
    Function::new(
        "geo_line_locate_point",
        &[Signature::new(
            &[LINE, LONGITUDE, LATITUDE, Parameter::new("use_spheroid", Accepts::Type(Type::Bool)).optional()],
            REAL,
        )],
        locate_point,
        "The fraction of a line's length at which it is closest to a point.",
    )
    .remarks(
        "From 0 to 1. On a sphere, or, with `use_spheroid`, on the ellipsoid WGS84. Null for coordinates out of range, for a \
         multiline and for what is no line.",
    )
    .examples(&[
        Example::new(
            r#"round(geo_line_locate_point(dynamic({"type":"LineString","coordinates":[[0,0],[8,0]]}), 2, 1), 9)"#,
            "0.25",
        ),
        Example::new(
            r#"round(geo_line_locate_point(dynamic({"type":"LineString","coordinates":[[0,0],[8,0]]}), 2, 1, true), 6)"#,
            "0.25",
        ),
        Example::new(r#"geo_line_locate_point(dynamic({"type":"LineString","coordinates":[[0,0]]}), 2, 1)"#, "real(null)"),
    ]),
    Function::new(
        "geo_union_lines_array",
        &[Signature::new(&[Parameter::new("lineStrings", Accepts::Type(Type::Dynamic))], DYNAMIC)],
        union_lines,
        "An array of lines as one line or multiline.",
    )
    .remarks("An edge that stands several times is kept once; lines that follow each other are joined. Null when one is no line.")
    .examples(&[
        Example::new(
            r#"array_length(geo_union_lines_array(dynamic([{"type":"LineString","coordinates":[[0,0],[1,0],[2,1]]},{"type":"LineString","coordinates":[[1,0],[2,1],[3,3]]}])).coordinates)"#,
            "4",
        ),
        Example::new(r#"isnull(geo_union_lines_array(dynamic([{"type":"LineString","coordinates":[[0,0]]}])))"#, "true"),
    ]),
    Function::new(
        "geo_distance_point_to_line",
        &[Signature::new(&[LONGITUDE, LATITUDE, LINE], REAL)],
        |a| or_null(closest_of(a), |(to, found)| Value::Real(meters(angle(&to, &found)))),
        "The shortest distance between a point and a line, in meters.",
    )
    .remarks("Null for coordinates out of range and for what is no line.")
    .examples(&[
        Example::new(
            r#"round(geo_distance_point_to_line(4, 1, dynamic({"type":"LineString","coordinates":[[0,0],[8,0]]})), 3)"#,
            "111195.101",
        ),
        Example::new(
            r#"geo_distance_point_to_line(4, 91, dynamic({"type":"LineString","coordinates":[[0,0],[8,0]]}))"#,
            "real(null)",
        ),
    ]),
    Function::new(
        "geo_closest_point_on_line",
        &[Signature::new(&[LONGITUDE, LATITUDE, LINE], DYNAMIC)],
        |a| or_null(closest_of(a), |(_, found)| to_point(&found)),
        "The point of a line that is closest to a point.",
    )
    .remarks("Null for coordinates out of range and for what is no line.")
    .examples(&[
        Example::new(
            r#"round(todouble(geo_closest_point_on_line(4, 1, dynamic({"type":"LineString","coordinates":[[0,0],[8,0]]})).coordinates[0]), 9)"#,
            "4.0",
        ),
        Example::new(
            r#"isnull(geo_closest_point_on_line(4, 91, dynamic({"type":"LineString","coordinates":[[0,0],[8,0]]})))"#,
            "true",
        ),
    ]),
];

/// A point as GeoJSON.
pub(super) fn to_point(point: &s2::point::Point) -> Value {
    Geometry::Point(position_at(point)).to_value()
}

/// The lines of the first argument; of several, each edge once.
fn merged(arguments: &[Value]) -> Option<Vec<Line>> {
    let lines = lines_of(&lines(arguments, 0)?)?;
    Some(if lines.len() > 1 { union(&lines) } else { lines })
}

/// The only line of the first argument.
fn single(arguments: &[Value]) -> Option<Vec<Position>> {
    match geometry(json(arguments, 0)?)? {
        Geometry::LineString(path) => Some(path),
        _ => None,
    }
}

fn line_length(arguments: &[Value]) -> Value {
    or_null(merged(arguments), |lines| Value::Real(meters(lines.iter().map(|line| length(line)).sum())))
}

fn interpolate_point(arguments: &[Value]) -> Value {
    let fraction = real(arguments, 1).filter(|fraction| (0.0..=1.0).contains(fraction));
    let found = || point_at_fraction(&line_of(&single(arguments)?)?, fraction?);
    or_null(found(), |point| to_point(&point))
}

fn locate_point(arguments: &[Value]) -> Value {
    let found = || {
        let (path, to) = (single(arguments)?, point(arguments, 1)?);
        let line = line_of(&path)?;
        Some(match any(arguments, 3) {
            Value::Bool(true) => spheroid::fraction_of(&path, to),
            _ => fraction_of(&line, &point_at(to)),
        })
    };
    or_null(found(), Value::Real)
}

fn union_lines(arguments: &[Value]) -> Value {
    let all = || {
        let shapes = array(arguments, 0)?.iter().map(|shape| lines_of(&geometry(shape)?.into_lines()?));
        let lines: Vec<Line> = shapes.collect::<Option<Vec<_>>>()?.concat();
        geometry_of_lines(&union(&lines))
    };
    or_null(all(), |shape| shape.to_value())
}

/// The point of the first two arguments, and the point of the line that is closest to it.
fn closest_of(arguments: &[Value]) -> Option<(s2::point::Point, s2::point::Point)> {
    let to = point_at(point(arguments, 0)?);
    Some((to, closest_point(&lines_of(&lines(arguments, 2)?)?, &to)?))
}
