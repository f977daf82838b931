//! Shapes out of shapes: buffers, unions of polygons, chains that follow the map, fewer points.
//!
//! In: lines and polygons of GeoJSON, distances in meters. Out: lines and polygons. What is no line or polygon gives null,
//! like distances out of range.

use super::shape::buffer::{Reach, around_lines, around_polygons};
use super::shape::densify::{cut, densify};
use super::shape::overlay::{parts, union};
use super::shape::ring::{Polygon, Ring, polygons_of};
use super::shape::simplify::{Chain, simplify};
use super::shape::{Line, geometry_of_lines, geometry_of_polygon, line, lines_of, path_of, radians};
use super::{Geometry, Path, Rings, geometry, lines, polygons};
use crate::library::arguments::{any, array, json, or_null, real};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Json, Type, Value};
use std::ops::RangeInclusive;

const LINE: Parameter = Parameter::new("lineString", Accepts::Type(Type::Dynamic));
const POLYGON: Parameter = Parameter::new("polygon", Accepts::Type(Type::Dynamic));
const POLYGONS: Parameter = Parameter::new("polygons", Accepts::Type(Type::Dynamic));
const RADIUS: Parameter = Parameter::new("radius", Accepts::Type(Type::Real));
const TOLERANCE: Parameter = Parameter::new("tolerance", Accepts::Type(Type::Real)).optional();
const CROSSING: Parameter = Parameter::new("preserve_crossing", Accepts::Type(Type::Bool)).optional();
const DYNAMIC: Returns = Returns::Type(Type::Dynamic);

/// The tolerance in meters, when none is given.
const DEFAULT_TOLERANCE: f64 = 10.0;
/// Tolerances of chains that follow the map, in meters.
const DENSIFY: RangeInclusive<f64> = 0.1..=10_000.0;
/// Tolerances of simplifications, in meters: up to 70 degrees.
const SIMPLIFY: RangeInclusive<f64> = 0.0..=7_783_653.0;

const BUFFER_REMARKS: &str = "Corners become arcs of so many edges that they stay within the tolerance (10 meters unless given; \
                              one beyond the radius is lowered to it). Null for a radius that is not positive or reaches a \
                              quarter around the Earth, and for a tolerance below a millionth of the radius.";
const DENSIFY_REMARKS: &str = "The tolerance goes from 0.1 to 10000 meters and is 10 unless given. An edge between longitudes more \
                               than 180 degrees apart takes the long way over the map, or, with `preserve_crossing`, the short \
                               one over the antimeridian. Null for a tolerance out of range.";
const SIMPLIFY_REMARKS: &str = "The tolerance goes from 0 to about 7,800,000 meters and is 10 unless given. Null when nothing is \
                                left, and for a tolerance out of range.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "geo_line_buffer",
        &[Signature::new(&[LINE, RADIUS, TOLERANCE], DYNAMIC)],
        line_buffer,
        "The polygon of what lies within a radius of a line.",
    )
    .remarks(BUFFER_REMARKS)
    .examples(&[
        Example::new(
            r#"geo_point_in_polygon(1, 0.1, geo_line_buffer(dynamic({"type":"LineString","coordinates":[[0,0],[2,0]]}), 12000))"#,
            "true",
        ),
        Example::new(
            r#"geo_point_in_polygon(1, 0.1, geo_line_buffer(dynamic({"type":"LineString","coordinates":[[0,0],[2,0]]}), 11000))"#,
            "false",
        ),
        Example::new(
            r#"isnull(geo_line_buffer(dynamic({"type":"LineString","coordinates":[[0,0],[2,0]]}), 0))"#,
            "true",
        ),
    ]),
    Function::new(
        "geo_polygon_buffer",
        &[Signature::new(&[POLYGON, RADIUS, TOLERANCE], DYNAMIC)],
        polygon_buffer,
        "A polygon and what lies within a radius of it, as a polygon.",
    )
    .remarks(BUFFER_REMARKS)
    .examples(&[
        Example::new(
            r#"geo_point_in_polygon(5, -0.1, geo_polygon_buffer(dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}), 12000))"#,
            "true",
        ),
        Example::new(
            r#"geo_point_in_polygon(5, -0.1, geo_polygon_buffer(dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}), 11000))"#,
            "false",
        ),
    ]),
    Function::new(
        "geo_union_polygons_array",
        &[Signature::new(&[POLYGONS], DYNAMIC)],
        union_polygons,
        "The union of an array's polygons.",
    )
    .remarks("A polygon or a multipolygon. Null for an empty array, and when one is no polygon.")
    .examples(&[
        Example::new(
            r#"round(geo_polygon_area(geo_union_polygons_array(dynamic([{"type":"Polygon","coordinates":[[[0,0],[90,0],[0,90],[0,0]]]},{"type":"Polygon","coordinates":[[[45,0],[135,0],[0,90],[45,0]]]}]))) / 1e6, 3)"#,
            "95637388.71",
        ),
        Example::new(
            r#"isnull(geo_union_polygons_array(dynamic([{"type":"Polygon","coordinates":[[[0,0],[90,0]]]}])))"#,
            "true",
        ),
    ]),
    Function::new(
        "geo_line_densify",
        &[Signature::new(&[LINE, TOLERANCE, CROSSING], DYNAMIC)],
        line_densify,
        "A line whose edges are straight on the map, with so many points that the shortest ways between them follow it.",
    )
    .remarks(DENSIFY_REMARKS)
    .examples(&[
        Example::new(
            r#"array_length(geo_line_densify(dynamic({"type":"LineString","coordinates":[[50,50],[51,50]]})).coordinates)"#,
            "5",
        ),
        Example::new(
            r#"array_length(geo_line_densify(dynamic({"type":"LineString","coordinates":[[50,50],[51,50]]}), 1000).coordinates)"#,
            "2",
        ),
        Example::new(
            r#"isnull(geo_line_densify(dynamic({"type":"LineString","coordinates":[[50,50],[51,50]]}), 0))"#,
            "true",
        ),
    ]),
    Function::new(
        "geo_polygon_densify",
        &[Signature::new(&[POLYGON, TOLERANCE, CROSSING], DYNAMIC)],
        polygon_densify,
        "A polygon whose edges are straight on the map, with so many points that the shortest ways between them follow it.",
    )
    .remarks(DENSIFY_REMARKS)
    .examples(&[Example::new(
        r#"array_length(geo_polygon_densify(dynamic({"type":"Polygon","coordinates":[[[10,10],[11,10],[11,11],[10,11],[10,10]]]})).coordinates[0])"#,
        "11",
    )]),
    Function::new(
        "geo_line_simplify",
        &[Signature::new(&[LINE, TOLERANCE], DYNAMIC)],
        line_simplify,
        "A line through fewer of its points.",
    )
    .remarks(SIMPLIFY_REMARKS)
    .examples(&[
        Example::new(
            r#"array_length(geo_line_simplify(dynamic({"type":"LineString","coordinates":[[0,0],[1,0.00001],[2,0],[2,1]]}), 100).coordinates)"#,
            "3",
        ),
        Example::new(
            r#"isnull(geo_line_simplify(dynamic({"type":"LineString","coordinates":[[1,1],[1.2,1.2]]}), 100000))"#,
            "true",
        ),
    ]),
    Function::new(
        "geo_polygon_simplify",
        &[Signature::new(&[POLYGON, TOLERANCE], DYNAMIC)],
        polygon_simplify,
        "A polygon through fewer of its points.",
    )
    .remarks(SIMPLIFY_REMARKS)
    .examples(&[
        Example::new(
            r#"array_length(geo_polygon_simplify(dynamic({"type":"Polygon","coordinates":[[[0,0],[1,0],[1.00001,0.5],[1,1],[0,0]]]}), 100).coordinates[0])"#,
            "4",
        ),
        Example::new(
            r#"isnull(geo_polygon_simplify(dynamic({"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}), 1000000))"#,
            "true",
        ),
    ]),
    Function::new(
        "geo_simplify_polygons_array",
        &[Signature::new(&[POLYGONS, TOLERANCE], DYNAMIC)],
        simplify_polygons,
        "The polygons of an array through fewer of their points; borders that they share stay shared.",
    )
    .remarks(SIMPLIFY_REMARKS)
    .examples(&[Example::new(
        r#"array_length(geo_simplify_polygons_array(dynamic([{"type":"Polygon","coordinates":[[[0,0],[1,0],[1.00001,0.5],[1,1],[0,0]]]},{"type":"Polygon","coordinates":[[[2,0],[1,1],[1.00001,0.5],[1,0],[2,0]]]}]), 100).coordinates)"#,
        "2",
    )]),
];

/// A tolerance in meters; `None` when it is out of range.
fn tolerance(arguments: &[Value], index: usize, range: RangeInclusive<f64>) -> Option<f64> {
    real(arguments, index)
        .or((arguments.len() <= index).then_some(DEFAULT_TOLERANCE))
        .filter(|value| range.contains(value))
}

fn reach(arguments: &[Value]) -> Option<Reach> {
    let tolerance = tolerance(arguments, 2, 0.0..=f64::INFINITY)?;
    Reach::new(radians(real(arguments, 1)?), radians(tolerance))
}

fn line_buffer(arguments: &[Value]) -> Value {
    let buffer = || geometry_of_polygon(&around_lines(&lines_of(&lines(arguments, 0)?)?, reach(arguments)?));
    or_null(buffer(), |shape| shape.to_value())
}

fn polygon_buffer(arguments: &[Value]) -> Value {
    let buffer = || geometry_of_polygon(&around_polygons(&polygons_of(&polygons(arguments, 0)?)?, reach(arguments)?));
    or_null(buffer(), |shape| shape.to_value())
}

/// The polygons of an array; `None` when one is none.
fn polygons_of_array(arguments: &[Value]) -> Option<Vec<Polygon>> {
    let shapes = array(arguments, 0)?.iter().map(|shape| polygons_of(&geometry(shape)?.into_polygons()?));
    Some(shapes.collect::<Option<Vec<_>>>()?.concat())
}

fn union_polygons(arguments: &[Value]) -> Value {
    let all = || geometry_of_polygon(&union(polygons_of_array(arguments)?)?);
    or_null(all(), |shape| shape.to_value())
}

fn wraps(arguments: &[Value]) -> bool {
    matches!(any(arguments, 2), Value::Bool(true))
}

fn line_densify(arguments: &[Value]) -> Value {
    let dense = || {
        let tolerance = radians(tolerance(arguments, 1, DENSIFY)?);
        let wraps = wraps(arguments);
        let lines = unbound_lines(json(arguments, 0)?)?;
        let chains: Vec<Path> = lines.iter().map(|line| densify(line, tolerance, wraps)).collect::<Option<_>>()?;
        let mut parts: Vec<Path> = if wraps { chains } else { chains.iter().flat_map(|chain| cut(chain)).collect() };
        if parts.len() > 1 { Some(Geometry::MultiLineString(parts)) } else { parts.pop().map(Geometry::LineString) }
    };
    or_null(dense(), |shape| shape.to_value())
}

/// Lines whose longitudes may pass the antimeridian (up to 360 degrees), as Kusto takes them here and nowhere else.
fn unbound_lines(shape: &Json) -> Option<Vec<Path>> {
    let items = |json: &Json| json.as_array().filter(|items| !items.is_empty()).cloned();
    let number = |json: Option<&Json>, most: f64| json?.as_f64().filter(|number| number.abs() <= most);
    let position = |json: &Json| Some([number(json.get(0), 360.0)?, number(json.get(1), 90.0)?]);
    let path = |json: &Json| items(json)?.iter().map(position).collect::<Option<Path>>().filter(|path| path.len() > 1);
    let coordinates = shape.get("coordinates")?;
    match shape.get("type")?.as_str()? {
        kind if kind.eq_ignore_ascii_case("LineString") => Some(vec![path(coordinates)?]),
        kind if kind.eq_ignore_ascii_case("MultiLineString") => items(coordinates)?.iter().map(path).collect(),
        _ => None,
    }
}

fn polygon_densify(arguments: &[Value]) -> Value {
    let dense = || {
        let tolerance = radians(tolerance(arguments, 1, DENSIFY)?);
        let polygons = polygons(arguments, 0)?;
        polygons_of(&polygons)?;
        let ring = |ring: &Path| densify(ring, tolerance, wraps(arguments));
        let dense: Vec<Rings> =
            polygons.iter().map(|rings| rings.iter().map(ring).collect()).collect::<Option<Vec<Rings>>>()?;
        Some(one_or_more(dense))
    };
    or_null(dense(), |shape| shape.to_value())
}

fn one_or_more(mut polygons: Vec<Rings>) -> Geometry {
    match (polygons.len(), polygons.pop()) {
        (1, Some(only)) => Geometry::Polygon(only),
        (_, last) => Geometry::MultiPolygon(polygons.into_iter().chain(last).collect()),
    }
}

fn line_simplify(arguments: &[Value]) -> Value {
    let simple = || {
        let tolerance = radians(tolerance(arguments, 1, SIMPLIFY)?);
        let mut lines = lines_of(&lines(arguments, 0)?)?;
        if lines.len() > 1 {
            lines = line::union(&lines);
        }
        let chains: Vec<Chain> = lines.into_iter().map(|points| Chain { points, closed: false }).collect();
        let simple: Vec<Line> = simplify(&chains, tolerance).into_iter().map(|chain| chain.points).collect();
        geometry_of_lines(&simple.into_iter().filter(|line| line.len() > 1).collect::<Vec<_>>())
    };
    or_null(simple(), |shape| shape.to_value())
}

fn polygon_simplify(arguments: &[Value]) -> Value {
    let simple = || {
        let tolerance = radians(tolerance(arguments, 1, SIMPLIFY)?);
        let polygon = union(polygons_of(&polygons(arguments, 0)?)?)?;
        geometry_of_polygon(simpler(&[polygon], tolerance).first()?)
    };
    or_null(simple(), |shape| shape.to_value())
}

fn simplify_polygons(arguments: &[Value]) -> Value {
    let simple = || {
        let tolerance = radians(tolerance(arguments, 1, SIMPLIFY)?);
        let polygons = simpler(&polygons_of_array(arguments)?, tolerance);
        let closed = |ring: &Line| path_of(&ring.iter().chain(ring.first()).copied().collect::<Line>());
        let all = polygons.iter().flat_map(parts).map(|rings| rings.iter().map(closed).collect());
        Some(all.collect::<Vec<Rings>>()).filter(|all| !all.is_empty()).map(one_or_more)
    };
    or_null(simple(), |shape| shape.to_value())
}

/// Polygons through fewer points. A tolerance that would make rings cross is halved until it does not.
fn simpler(polygons: &[Polygon], tolerance: f64) -> Vec<Polygon> {
    let rings = || polygons.iter().flat_map(|polygon| &polygon.0).map(|(ring, _)| ring.points.clone());
    let chains: Vec<Chain> = rings().map(|points| Chain { points, closed: true }).collect();
    let mut tolerance = tolerance;
    for _ in 0..20 {
        let mut simple = simplify(&chains, tolerance).into_iter();
        let mut rings = |polygon: &Polygon| -> Vec<Ring> {
            let chains: Vec<Chain> = simple.by_ref().take(polygon.0.len()).collect();
            chains
                .into_iter()
                .filter(|chain| chain.points.len() >= 3)
                .filter_map(|chain| Ring::new(chain.points))
                .collect()
        };
        if let Some(simple) = polygons.iter().map(|polygon| Polygon::of(rings(polygon))).collect() {
            return simple;
        }
        tolerance /= 2.0;
    }
    polygons.to_vec()
}
