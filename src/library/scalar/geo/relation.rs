//! What two lines or polygons have in common.
//!
//! In: lines and polygons of GeoJSON. Out: whether they meet, and the points, lines and polygons that belong to both. Lines
//! have their ends and polygons their boundary. What is no line or polygon gives null.

use super::shape::clip::{edges_meet, lines_in_polygon, lines_on_lines};
use super::shape::line::{all_edges, union as union_of_lines};
use super::shape::overlay::{intersection, union};
use super::shape::ring::{Polygon, contain, polygons_of};
use super::shape::{Line, geometry_of_lines, geometry_of_points, geometry_of_polygon, lines_of};
use super::sphere::Edge;
use super::{Geometry, lines, polygons};
use crate::library::arguments::or_null;
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Type, Value};
use s2::point::Point;

const fn shape(name: &'static str) -> Parameter {
    Parameter::new(name, Accepts::Type(Type::Dynamic))
}

const LINES: [Parameter; 2] = [shape("lineString1"), shape("lineString2")];
const POLYGONS: [Parameter; 2] = [shape("polygon1"), shape("polygon2")];
const BOTH: [Parameter; 2] = [shape("lineString"), shape("polygon")];
const BOOL: Returns = Returns::Type(Type::Bool);
const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const REMARKS: &str = "Boundaries and ends belong to the shapes. Null for what is no line or polygon.";
const COMMON_REMARKS: &str = "A point, a line or a polygon, several of a kind, or a `GeometryCollection`: one without geometries \
                              when nothing is common. Null for what is no line or polygon.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("geo_intersects_2lines", &[Signature::new(&LINES, BOOL)], lines_meet, "Whether two lines meet.")
        .remarks(REMARKS)
        .examples(&[
            Example::new(
                r#"geo_intersects_2lines(dynamic({"type":"LineString","coordinates":[[0,0],[2,2]]}), dynamic({"type":"LineString","coordinates":[[0,2],[2,0]]}))"#,
                "true",
            ),
            Example::new(
                r#"geo_intersects_2lines(dynamic({"type":"LineString","coordinates":[[0,0],[2,2]]}), dynamic({"type":"LineString","coordinates":[[5,2],[2,0]]}))"#,
                "false",
            ),
        ]),
    Function::new(
        "geo_intersects_2polygons",
        &[Signature::new(&POLYGONS, BOOL)],
        polygons_meet,
        "Whether two polygons have a point in common.",
    )
    .remarks(REMARKS)
    .examples(&[
        Example::new(
            r#"geo_intersects_2polygons(dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}), dynamic({"type":"Polygon","coordinates":[[[7,1],[8,1],[8,2],[7,1]]]}))"#,
            "true",
        ),
        Example::new(
            r#"geo_intersects_2polygons(dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}), dynamic({"type":"Polygon","coordinates":[[[1,7],[2,8],[1,8],[1,7]]]}))"#,
            "false",
        ),
    ]),
    Function::new(
        "geo_intersects_line_with_polygon",
        &[Signature::new(&BOTH, BOOL)],
        line_meets_polygon,
        "Whether a line and a polygon have a point in common.",
    )
    .remarks(REMARKS)
    .examples(&[
        Example::new(
            r#"geo_intersects_line_with_polygon(dynamic({"type":"LineString","coordinates":[[7,1],[8,1]]}), dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}))"#,
            "true",
        ),
        Example::new(
            r#"geo_intersects_line_with_polygon(dynamic({"type":"LineString","coordinates":[[1,7],[1,8]]}), dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}))"#,
            "false",
        ),
    ]),
    Function::new(
        "geo_intersection_2lines",
        &[Signature::new(&LINES, DYNAMIC)],
        common_of_lines,
        "What two lines have in common.",
    )
    .remarks(COMMON_REMARKS)
    .examples(&[
        Example::new(
            r#"geo_intersection_2lines(dynamic({"type":"LineString","coordinates":[[0,0],[0,2]]}), dynamic({"type":"LineString","coordinates":[[1,1],[1,2]]}))"#,
            r#"dynamic({"type":"GeometryCollection","geometries":[]})"#,
        ),
        Example::new(
            r#"tostring(geo_intersection_2lines(dynamic({"type":"LineString","coordinates":[[0,0],[0,2]]}), dynamic({"type":"LineString","coordinates":[[-1,0],[1,0]]})).type)"#,
            "'Point'",
        ),
    ]),
    Function::new(
        "geo_intersection_2polygons",
        &[Signature::new(&POLYGONS, DYNAMIC)],
        common_of_polygons,
        "What two polygons have in common.",
    )
    .remarks(COMMON_REMARKS)
    .examples(&[
        Example::new(
            r#"round(geo_polygon_area(geo_intersection_2polygons(dynamic({"type":"Polygon","coordinates":[[[0,0],[90,0],[0,90],[0,0]]]}), dynamic({"type":"Polygon","coordinates":[[[45,0],[135,0],[0,90],[45,0]]]}))) / 1e6, 3)"#,
            "31879129.57",
        ),
        Example::new(
            r#"tostring(geo_intersection_2polygons(dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}), dynamic({"type":"Polygon","coordinates":[[[9,9],[12,9],[12,12],[9,9]]]})).type)"#,
            "'Point'",
        ),
    ]),
    Function::new(
        "geo_intersection_line_with_polygon",
        &[Signature::new(&BOTH, DYNAMIC)],
        common_of_line_and_polygon,
        "What a line and a polygon have in common.",
    )
    .remarks(COMMON_REMARKS)
    .examples(&[
        Example::new(
            r#"round(geo_line_length(geo_intersection_line_with_polygon(dynamic({"type":"LineString","coordinates":[[-50,0],[50,0]]}), dynamic({"type":"Polygon","coordinates":[[[0,-10],[10,-10],[10,10],[0,10],[0,-10]]]}))), 3)"#,
            "1111951.012",
        ),
        Example::new(
            r#"geo_intersection_line_with_polygon(dynamic({"type":"LineString","coordinates":[[1,7],[1,8]]}), dynamic({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}))"#,
            r#"dynamic({"type":"GeometryCollection","geometries":[]})"#,
        ),
    ]),
];

fn some_lines(arguments: &[Value], index: usize) -> Option<Vec<Line>> {
    lines_of(&lines(arguments, index)?)
}

fn some_polygons(arguments: &[Value], index: usize) -> Option<Vec<Polygon>> {
    polygons_of(&polygons(arguments, index)?)
}

fn boundary(polygons: &[Polygon]) -> Vec<Edge> {
    polygons.iter().flat_map(Polygon::edges).collect()
}

fn lines_meet(arguments: &[Value]) -> Value {
    let meet = || Some(edges_meet(&all_edges(&some_lines(arguments, 0)?), &all_edges(&some_lines(arguments, 1)?)));
    or_null(meet(), Value::Bool)
}

fn polygons_meet(arguments: &[Value]) -> Value {
    let meet = || {
        let (one, other) = (some_polygons(arguments, 0)?, some_polygons(arguments, 1)?);
        // Where no edges meet, a polygon is within the other one with all of its points, or with none.
        let within = |these: &[Polygon], those: &[Polygon]| {
            let mut rings = these.iter().flat_map(|polygon| &polygon.0);
            rings.any(|(ring, _)| ring.points.first().is_some_and(|point| contain(those, point)))
        };
        Some(edges_meet(&boundary(&one), &boundary(&other)) || within(&one, &other) || within(&other, &one))
    };
    or_null(meet(), Value::Bool)
}

fn line_meets_polygon(arguments: &[Value]) -> Value {
    let meet = || {
        let (lines, polygons) = (some_lines(arguments, 0)?, some_polygons(arguments, 1)?);
        let within = |line: &Line| line.first().is_some_and(|point| contain(&polygons, point));
        Some(edges_meet(&all_edges(&lines), &boundary(&polygons)) || lines.iter().any(within))
    };
    or_null(meet(), Value::Bool)
}

fn common_of_lines(arguments: &[Value]) -> Value {
    let common = || {
        let (lines, points) = lines_on_lines(&some_lines(arguments, 0)?, &some_lines(arguments, 1)?);
        Some(collection([geometry_of_points(&points), geometry_of_lines(&lines), None]))
    };
    or_null(common(), |shape| shape.to_value())
}

fn common_of_polygons(arguments: &[Value]) -> Value {
    let common = || {
        let common = intersection(union(some_polygons(arguments, 0)?)?, union(some_polygons(arguments, 1)?)?);
        let shapes = [geometry_of_points(&common.points), geometry_of_lines(&union_of_lines(&common.lines))];
        let [points, lines] = shapes;
        Some(collection([points, lines, geometry_of_polygon(&common.polygon)]))
    };
    or_null(common(), |shape| shape.to_value())
}

fn common_of_line_and_polygon(arguments: &[Value]) -> Value {
    let common = || {
        let polygon = union(some_polygons(arguments, 1)?)?;
        let (lines, points): (Vec<Line>, Vec<Point>) = lines_in_polygon(&some_lines(arguments, 0)?, &polygon);
        Some(collection([geometry_of_points(&points), geometry_of_lines(&lines), None]))
    };
    or_null(common(), |shape| shape.to_value())
}

/// The only shape, or all of them in one.
fn collection(shapes: [Option<Geometry>; 3]) -> Geometry {
    let mut shapes: Vec<Geometry> = shapes.into_iter().flatten().collect();
    if shapes.len() > 1 { Geometry::Collection(shapes) } else { shapes.pop().unwrap_or(Geometry::Collection(vec![])) }
}
