//! Polygons: measures, and which points they contain.
//!
//! In: `Polygon` and `MultiPolygon` of GeoJSON. Out: meters, square meters, points. Edges are the shortest ways on the
//! sphere; a ring encloses the smaller part of it. What is no polygon gives null: also rings that meet themselves or each
//! other.

use super::line::to_point;
use super::shape::meters;
use super::shape::overlay::union;
use super::shape::ring::{Polygon, closest_point, contain, polygons_of};
use super::sphere::{angle, point_at};
use super::{EARTH_RADIUS, point, polygons};
use crate::library::arguments::or_null;
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Type, Value};
use s2::point::Point;

const POLYGON: Parameter = Parameter::new("polygon", Accepts::Type(Type::Dynamic));
const LONGITUDE: Parameter = Parameter::new("longitude", Accepts::Type(Type::Real));
const LATITUDE: Parameter = Parameter::new("latitude", Accepts::Type(Type::Real));
const REAL: Returns = Returns::Type(Type::Real);
const DYNAMIC: Returns = Returns::Type(Type::Dynamic);

const POINT_REMARKS: &str = "Null for coordinates out of range and for what is no polygon.";
const UNION_REMARKS: &str = "Of a multipolygon, that of its polygons' union. Null for what is no polygon.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "geo_polygon_area",
        &[Signature::new(&[POLYGON], REAL)],
        |a| measure(a, |polygon| polygon.area() * EARTH_RADIUS * EARTH_RADIUS),
        "The area of a polygon in square meters.",
    )
    .remarks(UNION_REMARKS)
    .examples(&[
        Example::new(
            r#"round(geo_polygon_area(dynamic({"type":"Polygon","coordinates":[[[0,0],[90,0],[0,90],[0,0]]]})) / 1e6, 3)"#,
            "63758259.14",
        ),
        Example::new(
            r#"geo_polygon_area(dynamic({"type":"Polygon","coordinates":[[[0,0],[1,1],[1,1],[0,0]]]}))"#,
            "real(null)",
        ),
    ]),
    Function::new(
        "geo_polygon_perimeter",
        &[Signature::new(&[POLYGON], REAL)],
        |a| measure(a, |polygon| meters(polygon.perimeter())),
        "The length of a polygon's boundary in meters.",
    )
    .remarks(UNION_REMARKS)
    .examples(&[Example::new(
        r#"round(geo_polygon_perimeter(dynamic({"type":"Polygon","coordinates":[[[0,0],[90,0],[0,90],[0,0]]]})), 3)"#,
        "30022677.318",
    )]),
    Function::new(
        "geo_polygon_centroid",
        &[Signature::new(&[POLYGON], DYNAMIC)],
        |a| or_null(merged(a).and_then(|polygon| centroid(&polygon)), |point| to_point(&point)),
        "The centroid of a polygon.",
    )
    .remarks(UNION_REMARKS)
    .examples(&[Example::new(
        r#"round(todouble(geo_polygon_centroid(dynamic({"type":"Polygon","coordinates":[[[0,0],[90,0],[0,90],[0,0]]]})).coordinates[0]), 9)"#,
        "45.0",
    )]),
    Function::new(
        "geo_point_in_polygon",
        &[Signature::new(&[LONGITUDE, LATITUDE, POLYGON], Returns::Type(Type::Bool))],
        |a| or_null(point_and_polygons(a), |(point, polygons)| Value::Bool(contain(&polygons, &point))),
        "Whether a point lies in a polygon.",
    )
    .remarks(
        "Of polygons that share a corner, exactly one contains it. Null for coordinates out of range and for what is no \
         polygon.",
    )
    .examples(&[
        Example::new(
            r#"geo_point_in_polygon(3, 2, dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}))"#,
            "true",
        ),
        Example::new(
            r#"geo_point_in_polygon(2, 3, dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}))"#,
            "false",
        ),
        Example::new(
            r#"geo_point_in_polygon(200, 3, dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}))"#,
            "bool(null)",
        ),
    ]),
    Function::new(
        "geo_distance_point_to_polygon",
        &[Signature::new(&[LONGITUDE, LATITUDE, POLYGON], REAL)],
        |a| or_null(closest_of(a), |(to, found)| Value::Real(meters(angle(&to, &found)))),
        "The shortest distance between a point and a polygon, in meters; zero within.",
    )
    .remarks(POINT_REMARKS)
    .examples(&[
        Example::new(
            r#"round(geo_distance_point_to_polygon(4, -1, dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]})), 3)"#,
            "111195.101",
        ),
        Example::new(
            r#"geo_distance_point_to_polygon(4, 1, dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}))"#,
            "0.0",
        ),
    ]),
    Function::new(
        "geo_closest_point_on_polygon",
        &[Signature::new(&[LONGITUDE, LATITUDE, POLYGON], DYNAMIC)],
        |a| or_null(closest_of(a), |(_, found)| to_point(&found)),
        "The point of a polygon that is closest to a point; the point itself within.",
    )
    .remarks(POINT_REMARKS)
    .examples(&[Example::new(
        r#"round(todouble(geo_closest_point_on_polygon(4, -1, dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]})).coordinates[0]), 9)"#,
        "4.0",
    )]),
];

/// The polygon of the first argument; of several, their union.
fn merged(arguments: &[Value]) -> Option<Polygon> {
    union(polygons_of(&polygons(arguments, 0)?)?)
}

fn measure(arguments: &[Value], of: impl Fn(&Polygon) -> f64) -> Value {
    or_null(merged(arguments), |polygon| Value::Real(of(&polygon)))
}

fn centroid(polygon: &Polygon) -> Option<Point> {
    let moment = polygon.moment();
    (moment.norm() > 0.0).then(|| Point(moment.normalize()))
}

/// The point of the first two arguments, and the polygons of the third.
fn point_and_polygons(arguments: &[Value]) -> Option<(Point, Vec<Polygon>)> {
    Some((point_at(point(arguments, 0)?), polygons_of(&polygons(arguments, 2)?)?))
}

/// The point of the first two arguments, and the point of the polygon that is closest to it.
fn closest_of(arguments: &[Value]) -> Option<(Point, Point)> {
    let (to, polygons) = point_and_polygons(arguments)?;
    Some((to, closest_point(&polygons, &to)?))
}
