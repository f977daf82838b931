//! Cells of H3: hexagons (and twelve pentagons) named by indexes in hex digits.
//!
//! In: coordinates, an index, or polygons. Out: indexes, middles, outlines, parents, children, neighbours.

use super::{DYNAMIC, LATITUDE, LONGITUDE, RADIUS, STRING, array, fill, outline, radius, size, size_or, string};
use crate::library::arguments::{any, dynamic, or_null, text};
use crate::library::scalar::geo::shape::ring::polygons_of;
use crate::library::scalar::geo::{Geometry, Position, point, polygons};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Json, Type, Value};
use h3o::{CellIndex, LatLng, Resolution};

/// The resolution of cells when none is given.
const RESOLUTION: u8 = 6;
/// The finest resolution.
const FINEST: u8 = 15;
/// Children lie at most so many levels below a cell.
const DEPTH: u8 = 5;
/// Rings lie at most so far from a cell.
const FARTHEST: u8 = 142;
/// No polygon gives more cells.
const MOST: usize = 61_680;

const H3CELL: Parameter = Parameter::new("h3cell", Accepts::Type(Type::String));
const OF_CELL: &[Signature] = &[Signature::new(&[H3CELL], DYNAMIC)];
const INVALID: &str = "Null for what is no H3 cell.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "geo_point_to_h3cell",
        &[Signature::new(&[LONGITUDE, LATITUDE, size("resolution")], STRING)],
        point_to_h3cell,
        "The H3 cell that a point lies in.",
    )
    .remarks("Of resolution 6 unless given; 0 to 15. `\"\"` for coordinates or a resolution out of range.")
    .examples(&[
        Example::new("geo_h3cell_level(geo_point_to_h3cell(13.4, 52.5))", "int(6)"),
        Example::new("geo_point_to_h3cell(13.4, 52.5, 16)", "''"),
    ]),
    Function::new(
        "geo_h3cell_to_central_point",
        OF_CELL,
        |a| or_null(cell(a), |cell| Geometry::Point(place(LatLng::from(cell))).to_value()),
        "The middle of an H3 cell as a GeoJSON point.",
    )
    .remarks(INVALID)
    .examples(&[Example::new("isnull(geo_h3cell_to_central_point('abc'))", "true")]),
    Function::new(
        "geo_h3cell_to_polygon",
        OF_CELL,
        |a| or_null(cell(a), |cell| outline(cell.boundary().iter().map(|corner| place(*corner)))),
        "The outline of an H3 cell as a GeoJSON polygon.",
    )
    .remarks("Its edges are straight lines. Null for what is no H3 cell.")
    .examples(&[
        Example::new("array_length(geo_h3cell_to_polygon(geo_point_to_h3cell(13.4, 52.5)).coordinates[0])", "7"),
        Example::new("isnull(geo_h3cell_to_polygon('abc'))", "true"),
    ]),
    Function::new(
        "geo_h3cell_level",
        &[Signature::new(&[H3CELL], Returns::Type(Type::Int))],
        |a| or_null(cell(a), |cell| Value::Int(i32::from(u8::from(cell.resolution())))),
        "The resolution of an H3 cell: 0 to 15.",
    )
    .remarks(INVALID)
    .examples(&[
        Example::new("geo_h3cell_level(geo_point_to_h3cell(13.4, 52.5, 9))", "int(9)"),
        Example::new("geo_h3cell_level('abc')", "int(null)"),
    ]),
    Function::new(
        "geo_h3cell_parent",
        &[Signature::new(&[H3CELL, size("resolution")], STRING)],
        parent,
        "The H3 cell that a cell belongs to, in a coarser resolution.",
    )
    .remarks("In the next coarser one unless given; 0 to 14. `\"\"` for what is no H3 cell and for a finer resolution.")
    .examples(&[
        Example::new("geo_h3cell_level(geo_h3cell_parent(geo_point_to_h3cell(13.4, 52.5, 9)))", "int(8)"),
        Example::new("geo_h3cell_parent('831f1dfffffffff', 0)", "'801ffffffffffff'"),
        Example::new("geo_h3cell_parent(geo_point_to_h3cell(13.4, 52.5, 9), 10)", "''"),
    ]),
    Function::new(
        "geo_h3cell_children",
        &[Signature::new(&[H3CELL, size("resolution")], DYNAMIC)],
        children,
        "The H3 cells that belong to a cell, in a finer resolution.",
    )
    .remarks(
        "In the next finer one unless given; 1 to 15. Null for what is no H3 cell, for a coarser resolution, and for one that is \
         more than five levels away.",
    )
    .examples(&[
        Example::new("array_length(geo_h3cell_children(geo_point_to_h3cell(13.4, 52.5, 9)))", "7"),
        Example::new("array_length(geo_h3cell_children(geo_point_to_h3cell(13.4, 52.5, 9), 11))", "49"),
        Example::new("isnull(geo_h3cell_children(geo_point_to_h3cell(13.4, 52.5, 9), 15))", "true"),
    ]),
    Function::new(
        "geo_h3cell_neighbors",
        OF_CELL,
        |a| array(cell(a).map(|cell| texts(rings_around(cell, 1).into_iter().skip(1).flatten()))),
        "The H3 cells around one.",
    )
    .remarks("Six of them, five around a pentagon. Null for what is no H3 cell.")
    .examples(&[
        Example::new("array_length(geo_h3cell_neighbors(geo_point_to_h3cell(13.4, 52.5)))", "6"),
        Example::new("isnull(geo_h3cell_neighbors('abc'))", "true"),
    ]),
    Function::new(
        "geo_h3cell_rings",
        &[Signature::new(&[H3CELL, Parameter::new("distance", Accepts::Type(Type::Long))], DYNAMIC)],
        rings,
        "The rings of H3 cells around one, each an array: first the cell itself, then its neighbours, and so on.",
    )
    .remarks("To a distance of 0 to 142. Null for what is no H3 cell and for another distance.")
    .examples(&[
        Example::new("array_length(geo_h3cell_rings(geo_point_to_h3cell(13.4, 52.5), 3)[3])", "18"),
        Example::new("isnull(geo_h3cell_rings(geo_point_to_h3cell(13.4, 52.5), 143))", "true"),
    ]),
    Function::new(
        "geo_polygon_to_h3cells",
        &[Signature::new(
            &[Parameter::new("polygon", Accepts::Type(Type::Dynamic)), size("resolution"), RADIUS],
            DYNAMIC,
        )],
        polygon_to_h3cells,
        "The H3 cells whose middles lie in a polygon, or in several.",
    )
    .remarks(
        "Of resolution 6 unless given; 0 to 15. Edges are straight lines between coordinates. With a radius in meters, cells \
         whose middles are that near count too. Null for what is no polygon, for a resolution or radius out of range, for more than \
         61680 cells, and for a polygon so thin that its outline goes through millions of cells.",
    )
    .examples(&[
        Example::new("geo_polygon_to_h3cells(geo_h3cell_to_polygon('862a1072fffffff'))", "dynamic(['862a1072fffffff'])"),
        Example::new("isnull(geo_polygon_to_h3cells(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 1]]]})))", "true"),
    ]),
];

/// An index in hex digits.
fn cell(arguments: &[Value]) -> Option<CellIndex> {
    text(arguments, 0).parse().ok()
}

fn place(coordinates: LatLng) -> Position {
    [coordinates.lng(), coordinates.lat()]
}

fn texts(cells: impl IntoIterator<Item = CellIndex>) -> Vec<String> {
    cells.into_iter().map(|cell| cell.to_string()).collect()
}

/// The resolution at that place; a default when it was left out.
fn resolution(
    arguments: &[Value],
    index: usize,
    default: u8,
    allowed: std::ops::RangeInclusive<u8>,
) -> Option<Resolution> {
    Resolution::try_from(size_or(arguments, index, default, allowed)?).ok()
}

fn point_to_h3cell(arguments: &[Value]) -> Value {
    let cell = || {
        let [longitude, latitude] = point(arguments, 0)?;
        let resolution = resolution(arguments, 2, RESOLUTION, 0..=FINEST)?;
        Some(LatLng::new(latitude, longitude).ok()?.to_cell(resolution).to_string())
    };
    string(cell())
}

fn parent(arguments: &[Value]) -> Value {
    let parent = || {
        let cell = cell(arguments)?;
        let next = u8::from(cell.resolution()).checked_sub(1);
        if arguments.len() < 2 && next.is_none() {
            return None;
        }
        let resolution = resolution(arguments, 1, next.unwrap_or_default(), 0..=FINEST - 1)?;
        Some(cell.parent(resolution)?.to_string())
    };
    string(parent())
}

fn children(arguments: &[Value]) -> Value {
    let children = || {
        let cell = cell(arguments)?;
        let own = u8::from(cell.resolution());
        let resolution = resolution(arguments, 1, own + 1, 1..=FINEST)?;
        (own..=own + DEPTH).contains(&u8::from(resolution)).then(|| texts(cell.children(resolution)))
    };
    array(children())
}

fn rings(arguments: &[Value]) -> Value {
    let rings = || {
        let cell = cell(arguments)?;
        let distance = u8::try_from(any(arguments, 1).as_i64()?).ok().filter(|distance| *distance <= FARTHEST)?;
        Some(rings_around(cell, distance).into_iter().map(|ring| Json::from(texts(ring))).collect())
    };
    dynamic(rings())
}

/// The cells at each distance up to one.
fn rings_around(cell: CellIndex, distance: u8) -> Vec<Vec<CellIndex>> {
    let mut rings = vec![vec![]; usize::from(distance) + 1];
    for (neighbor, at) in cell.grid_disk_distances::<Vec<_>>(u32::from(distance)) {
        if let Some(ring) = rings.get_mut(at as usize) {
            ring.push(neighbor);
        }
    }
    rings
}

fn polygon_to_h3cells(arguments: &[Value]) -> Value {
    let cells = || {
        let polygons = polygons(arguments, 0).filter(|polygons| polygons_of(polygons).is_some())?;
        let resolution = resolution(arguments, 1, RESOLUTION, 0..=FINEST)?;
        fill::cells(&polygons, resolution, radius(arguments, 2)?, MOST)
    };
    array(cells().map(texts))
}
