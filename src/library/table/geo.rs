//! Look-ups of places in a table of polygons or lines.
//!
//! Each shape lies in a cap of the sphere that holds its corners, and with them its edges; only what comes near the cap is
//! measured against the shape itself, by the scalar functions.

use super::{Columns, TableCall, TableData, TableFunction, TableParameter, Takes, joined_fields};
use crate::library::{Example, scalar_function};
use crate::value::{Batch, Field, Json, Schema, Type, Value};

const REAL: &[Type] = &[Type::Real];
const NUMBER: &[Type] = &[Type::Real, Type::Long, Type::Int, Type::Decimal];
const BOOL: &[Type] = &[Type::Bool];
const DYNAMIC: &[Type] = &[Type::Dynamic];
const LONGITUDE: TableParameter = TableParameter::new("SourceLongitude", Takes::Expression(NUMBER));
const LATITUDE: TableParameter = TableParameter::new("SourceLatitude", Takes::Expression(NUMBER));
const UNMATCHED: TableParameter = TableParameter::new("return_unmatched", Takes::Constant(BOOL)).optional();
const AREA: TableParameter = TableParameter::new("lookup_area_radius", Takes::Constant(REAL)).optional();
const WITH_KEY: TableParameter = TableParameter::new("return_lookup_key", Takes::Constant(BOOL)).optional();
const TABLE: TableParameter = TableParameter::new("LookupTable", Takes::Table);

/// The records.
pub static FUNCTIONS: &[TableFunction] = &[
    TableFunction::new(
        "geo_polygon_lookup",
        &[
            TABLE,
            TableParameter::new("LookupPolygonKey", Takes::ColumnOfTable(DYNAMIC)),
            LONGITUDE,
            LATITUDE,
            TableParameter::new("radius", Takes::Constant(REAL)).optional(),
            UNMATCHED,
            AREA,
            WITH_KEY,
        ],
        Columns::Bound(|call| schema(call, Shapes::Polygons)),
        |call, schema| lookup(call, schema, Shapes::Polygons),
        "Rows with what a table of polygons says about their places.",
    )
    .remarks(
        "A place matches a polygon that holds it, with `radius` also one that is at most so many meters away. A row comes \
         once for each polygon that matches; with `return_unmatched` rows without one stay. The polygons themselves come \
         with `return_lookup_key` only. `lookup_area_radius` changes nothing here.",
    )
    .examples(&[Example::new(
        "let P = datatable(name: string, area: dynamic) [\"a\", \
         dynamic({\"type\":\"Polygon\",\"coordinates\":[[[0,0],[9,0],[9,9],[0,0]]]})]; print x = 3.0, y = 2.0 | evaluate \
         geo_polygon_lookup(P, area, x, y)",
        "print x = 3.0, y = 2.0, name = \"a\"",
    )]),
    TableFunction::new(
        "geo_line_lookup",
        &[
            TABLE,
            TableParameter::new("LookupLineKey", Takes::ColumnOfTable(DYNAMIC)),
            LONGITUDE,
            LATITUDE,
            TableParameter::new("Radius", Takes::Constant(REAL)),
            UNMATCHED,
            AREA,
            WITH_KEY,
        ],
        Columns::Bound(|call| schema(call, Shapes::Lines)),
        |call, schema| lookup(call, schema, Shapes::Lines),
        "Rows with what a table of lines says about the places near them.",
    )
    .remarks(
        "A place matches a line that is at most `Radius` meters away. A row comes once for each line that matches; with \
         `return_unmatched` rows without one stay. The lines themselves come with `return_lookup_key` only. \
         `lookup_area_radius` changes nothing here.",
    )
    .examples(&[Example::new(
        "let L = datatable(name: string, way: dynamic) [\"a\", \
         dynamic({\"type\":\"LineString\",\"coordinates\":[[0,0],[8,0]]})]; print x = 4.0, y = 0.001 | evaluate \
         geo_line_lookup(L, way, x, y, 200)",
        "print x = 4.0, y = 0.001, name = \"a\"",
    )]),
];

#[derive(Clone, Copy, PartialEq)]
enum Shapes {
    Polygons,
    Lines,
}

impl Shapes {
    const fn key(self) -> &'static str {
        match self {
            Shapes::Polygons => "LookupPolygonKey",
            Shapes::Lines => "LookupLineKey",
        }
    }

    const fn radius(self) -> &'static str {
        match self {
            Shapes::Polygons => "radius",
            Shapes::Lines => "Radius",
        }
    }
}

fn looked_up(call: &TableCall) -> Result<&TableData, String> {
    call.table("LookupTable").ok_or_else(|| "`LookupTable` is a table".to_owned())
}

fn flag(call: &TableCall, name: &str) -> bool {
    call.constant(name).and_then(Value::as_bool) == Some(true)
}

/// Places of the look-up table's columns that the result has.
fn kept_places(call: &TableCall, shapes: Shapes) -> Result<Vec<usize>, String> {
    let key = call.required(shapes.key())?.index;
    let with_key = flag(call, "return_lookup_key");
    Ok((0..looked_up(call)?.schema.len()).filter(|place| with_key || *place != key).collect())
}

/// The distance that still matches; nothing for "holds the place".
fn radius(call: &TableCall, shapes: Shapes) -> Result<Option<f64>, String> {
    match call.constant(shapes.radius()).map(Value::as_f64) {
        None | Some(None) => Ok(None),
        Some(Some(meters)) if meters >= 0.0 && meters.is_finite() => Ok(Some(meters)),
        Some(_) => Err(format!("`{}` cannot be negative", shapes.radius())),
    }
}

fn schema(call: &TableCall, shapes: Shapes) -> Result<Schema, String> {
    radius(call, shapes)?;
    let fields = looked_up(call)?.schema.fields();
    let kept = kept_places(call, shapes)?;
    let own = call.input_columns().map(|c| Field { name: c.name.into(), ty: c.ty }).collect();
    Ok(joined_fields(own, kept.iter().filter_map(|place| fields.get(*place)).cloned().collect()))
}

type Vector = [f64; 3];

fn unit(longitude: f64, latitude: f64) -> Vector {
    let (longitude, latitude) = (longitude.to_radians(), latitude.to_radians());
    [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
}

/// The angle between two directions.
fn angle(a: Vector, b: Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>().clamp(-1.0, 1.0).acos()
}

/// A part of the sphere around a direction.
#[derive(Clone, Copy)]
struct Cap {
    center: Vector,
    radius: f64,
}

impl Cap {
    /// A cap that holds all positions of a shape. Half of the sphere or more is all of it: only a smaller cap holds the
    /// edges between what it holds.
    fn around(shape: &Json) -> Option<Cap> {
        let mut positions = vec![];
        collect(shape.as_object()?.get("coordinates")?, &mut positions);
        let sum = positions.iter().fold([0.0; 3], |[x, y, z], [a, b, c]| [x + a, y + b, z + c]);
        let length = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
        let center = sum.map(|x| x / length);
        let radius = positions.iter().map(|p| angle(*p, center)).fold(0.0, f64::max);
        let whole = length < 1e-9 || radius.is_nan() || radius >= std::f64::consts::FRAC_PI_2;
        Some(Cap { center, radius: if whole { f64::INFINITY } else { radius } })
    }
}

/// All positions in arrays of arrays.
fn collect(json: &Json, positions: &mut Vec<Vector>) {
    let Some(items) = json.as_array() else { return };
    match items.as_slice() {
        [Json::Number(x), Json::Number(y), ..] => {
            positions.extend(x.as_f64().zip(y.as_f64()).map(|(x, y)| unit(x, y)));
        }
        items => items.iter().for_each(|item| collect(item, positions)),
    }
}

/// A shape of the look-up table, ready to be measured against.
struct Shape {
    row: usize,
    cap: Option<Cap>,
    /// Longitude, latitude and the shape: what the functions take.
    arguments: [Value; 3],
}

/// Added to every angle: what rounding may cost.
const SLACK: f64 = 1e-6;
const EARTH_RADIUS: f64 = 6_371_010.0;

fn lookup(call: &TableCall, schema: &Schema, shapes: Shapes) -> Result<Batch, String> {
    let (key, table) = (call.required(shapes.key())?, looked_up(call)?);
    let (longitude, latitude) = (call.required("SourceLongitude")?, call.required("SourceLatitude")?);
    let radius = radius(call, shapes)?;
    let name = match (shapes, radius) {
        (Shapes::Lines, _) => "geo_distance_point_to_line",
        (Shapes::Polygons, Some(_)) => "geo_distance_point_to_polygon",
        (Shapes::Polygons, None) => "geo_point_in_polygon",
    };
    let measure = scalar_function(name).ok_or_else(|| format!("`{name}` is not built yet"))?;
    let shape = |row| {
        let value = key.values.value(row);
        let cap = if let Value::Dynamic(json) = &value { Cap::around(json) } else { None };
        Shape { row, cap, arguments: [Value::Null, Value::Null, value] }
    };
    let mut candidates: Vec<Shape> = (0..table.batch.rows).map(shape).collect();
    let kept = kept_places(call, shapes)?;
    let their_cells = |row: Option<usize>| -> Vec<Value> {
        let columns = kept.iter().filter_map(|place| table.batch.columns.get(*place));
        columns.map(|c| row.map_or(Value::missing(c.ty()), |row| c.value(row))).collect()
    };
    let mut rows: Vec<Vec<Value>> = vec![];
    for row in 0..call.rows() {
        let at = longitude.values.value(row).as_f64().zip(latitude.values.value(row).as_f64());
        let mut found = vec![];
        if let Some((x, y)) = at {
            let (place, reach) = (unit(x, y), radius.unwrap_or(0.0) / EARTH_RADIUS + SLACK);
            for shape in &mut candidates {
                if shape.cap.is_none_or(|cap| angle(place, cap.center) > cap.radius + reach) {
                    continue;
                }
                let [to_x, to_y, _] = &mut shape.arguments;
                (*to_x, *to_y) = (Value::Real(x), Value::Real(y));
                let matches = match measure.evaluate(&shape.arguments) {
                    Value::Bool(inside) => inside,
                    Value::Real(meters) => radius.is_some_and(|radius| meters <= radius),
                    _ => false,
                };
                found.extend(matches.then_some(Some(shape.row)));
            }
        }
        if found.is_empty() && flag(call, "return_unmatched") {
            found.push(None);
        }
        for hit in found {
            let own = call.input_columns().map(|c| c.values.value(row));
            rows.push(own.chain(their_cells(hit)).collect());
        }
    }
    Ok(Batch::from_rows(schema, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cap_holds_the_corners() {
        let shape = json!({"type": "LineString", "coordinates": [[0, 0], [90, 0]]});
        let cap = Cap::around(&shape).unwrap();
        assert!((cap.radius.to_degrees() - 45.0).abs() < 1e-6, "{}", cap.radius.to_degrees());
        let poles = json!({"type": "LineString", "coordinates": [[0, 90], [0, -90]]});
        assert!(Cap::around(&poles).unwrap().radius.is_infinite());
    }
}
