//! Cells of S2: four-sided cells on the sphere, named by tokens.
//!
//! In: coordinates, a token, or lines and polygons. Out: tokens, middles, outlines, neighbours, coverings.

use super::{DYNAMIC, LATITUDE, LONGITUDE, RADIUS, STRING, array, cover, outline, radius, size, size_or, string};
use crate::library::arguments::{or_null, text};
use crate::library::scalar::geo::shape::{lines_of, ring::polygons_of};
use crate::library::scalar::geo::{Geometry, lines, point, polygons, position_of};
use crate::library::{Accepts, Example, Function, Parameter, Signature};
use crate::value::{Type, Value};
use ::s2::cell::Cell;
use ::s2::cellid::CellID;
use ::s2::latlng::LatLng;
use ::s2::point::Point;

/// The level of cells when none is given.
const LEVEL: u8 = 11;
/// The deepest level.
const DEEPEST: u8 = 30;
/// No covering has more cells.
const MOST: usize = 65_536;

const S2CELL: &[Signature] = &[Signature::new(&[Parameter::new("s2cell", Accepts::Type(Type::String))], DYNAMIC)];
const INVALID: &str = "Null for what is no token of an S2 cell.";
const COVERING: &str = "Of level 11 unless given; 0 to 30. Edges are geodesics. With a radius in meters, cells that are that \
                        near count too. Null for what is no such shape, for a level or radius out of range, and for more \
                        than 65536 cells.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "geo_point_to_s2cell",
        &[Signature::new(&[LONGITUDE, LATITUDE, size("level")], STRING)],
        point_to_s2cell,
        "The token of the S2 cell that a point lies in.",
    )
    .remarks("Of level 11 unless given; 0 to 30. `\"\"` for coordinates or a level out of range.")
    .examples(&[
        Example::new("geo_point_to_s2cell(13.4, 52.5, 0)", "'5'"),
        Example::new("geo_point_to_s2cell(13.4, 52.5, 31)", "''"),
    ]),
    Function::new(
        "geo_s2cell_to_central_point",
        S2CELL,
        |a| or_null(cell(a), |cell| Geometry::Point(position_of(&Point::from(cell).0)).to_value()),
        "The middle of an S2 cell as a GeoJSON point.",
    )
    .remarks(INVALID)
    .examples(&[
        Example::new("geo_s2cell_to_central_point('1').coordinates", "dynamic([0.0, 0.0])"),
        Example::new("isnull(geo_s2cell_to_central_point('a'))", "true"),
    ]),
    Function::new(
        "geo_s2cell_to_polygon",
        S2CELL,
        |a| or_null(cell(a), |cell| outline(Cell::from(cell).vertices().map(|corner| position_of(&corner.0)))),
        "The outline of an S2 cell as a GeoJSON polygon.",
    )
    .remarks("Its edges are geodesics. Null for what is no token of an S2 cell.")
    .examples(&[
        Example::new("array_length(geo_s2cell_to_polygon('1').coordinates[0])", "5"),
        Example::new("round(toreal(geo_s2cell_to_polygon('1').coordinates[0][2][0]), 6)", "45.0"),
        Example::new("isnull(geo_s2cell_to_polygon('a'))", "true"),
    ]),
    Function::new(
        "geo_s2cell_neighbors",
        S2CELL,
        |a| array(cell(a).map(neighbors)),
        "The S2 cells around one, of its level.",
    )
    .remarks("Eight of them; fewer at corners of the cube that S2 projects on. Null for what is no token of an S2 cell.")
    .examples(&[
        Example::new("array_sort_asc(geo_s2cell_neighbors('1'))", "dynamic(['3', '5', '9', 'b'])"),
        Example::new("isnull(geo_s2cell_neighbors('abcx'))", "true"),
    ]),
    Function::new(
        "geo_line_to_s2cells",
        &[Signature::new(
            &[Parameter::new("lineString", Accepts::Type(Type::Dynamic)), size("level"), RADIUS],
            DYNAMIC,
        )],
        line_to_s2cells,
        "The S2 cells that a line, or several, goes through.",
    )
    .remarks(COVERING)
    .examples(&[
        Example::new(
            "geo_line_to_s2cells(dynamic({'type': 'LineString', 'coordinates': [[10, 10], [70, 10]]}), 0)",
            "dynamic(['1', '3'])",
        ),
        Example::new("isnull(geo_line_to_s2cells(dynamic({'type': 'LineString', 'coordinates': [[10, 10]]})))", "true"),
    ]),
    Function::new(
        "geo_polygon_to_s2cells",
        &[Signature::new(
            &[Parameter::new("polygon", Accepts::Type(Type::Dynamic)), size("level"), RADIUS],
            DYNAMIC,
        )],
        polygon_to_s2cells,
        "The S2 cells that cover a polygon, or several.",
    )
    .remarks(COVERING)
    .examples(&[
        Example::new(
            "geo_polygon_to_s2cells(dynamic({'type': 'Polygon', 'coordinates': [[[9, 9], [9, 8], [8, 8], [9, 9]]]}), 0)",
            "dynamic(['1'])",
        ),
        Example::new(
            "isnull(geo_polygon_to_s2cells(dynamic({'type': 'Polygon', 'coordinates': [[[9, 9], [9, 8], [8, 8], [9, 9]]]}), 30))",
            "true",
        ),
    ]),
];

/// A token: up to 16 hex digits, the trailing zeros left out.
fn cell(arguments: &[Value]) -> Option<CellID> {
    let token = text(arguments, 0);
    let hex = (1..=16).contains(&token.len()) && token.bytes().all(|digit| digit.is_ascii_hexdigit());
    Some(CellID::from_token(token)).filter(|cell| hex && cell.is_valid())
}

fn point_to_s2cell(arguments: &[Value]) -> Value {
    let place = point(arguments, 0).zip(size_or(arguments, 2, LEVEL, 0..=DEEPEST));
    string(place.map(|([longitude, latitude], level)| {
        CellID::from(LatLng::from_degrees(latitude, longitude)).parent(u64::from(level)).to_token()
    }))
}

fn neighbors(cell: CellID) -> Vec<String> {
    let mut found: Vec<CellID> = Vec::with_capacity(8);
    for neighbor in cell.all_neighbors(cell.level()) {
        if neighbor != cell && !found.contains(&neighbor) {
            found.push(neighbor);
        }
    }
    found.iter().map(CellID::to_token).collect()
}

fn line_to_s2cells(arguments: &[Value]) -> Value {
    let lines = lines(arguments, 0).and_then(|lines| lines_of(&lines));
    array(lines.and_then(|lines| covering(cover::Shape::of_lines(&lines), arguments)))
}

fn polygon_to_s2cells(arguments: &[Value]) -> Value {
    let polygons = polygons(arguments, 0).and_then(|polygons| polygons_of(&polygons));
    array(polygons.and_then(|polygons| covering(cover::Shape::of_polygons(polygons), arguments)))
}

fn covering(shape: cover::Shape, arguments: &[Value]) -> Option<Vec<String>> {
    let level = size_or(arguments, 1, LEVEL, 0..=DEEPEST)?;
    let cells = shape.cover(level, radius(arguments, 2)?, MOST)?;
    Some(cells.iter().map(CellID::to_token).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corner_of_the_cube_has_fewer_neighbors() {
        for level in [1, 5, 29, 30] {
            let corner = CellID::from(LatLng::from_degrees(35.264_389_682_754_654, 45.0)).parent(level);
            assert_eq!(neighbors(corner).len(), 7, "level {level}");
            let middle = CellID::from(LatLng::from_degrees(10.0, 20.0)).parent(level);
            assert_eq!(neighbors(middle).len(), if level == 1 { 7 } else { 8 }, "level {level}");
        }
    }
}
