//! Geohash: rectangles of degrees, named by texts of 1 to 18 characters.
//!
//! In: coordinates or a geohash. Out: the same of another kind, neighbours, outlines. Kusto goes to 18 characters (90 bits),
//! further than libraries that keep a geohash in 64 bits.

use super::{DYNAMIC, LATITUDE, LONGITUDE, STRING, array, outline, size, size_or, string};
use crate::library::arguments::{or_null, text};
use crate::library::scalar::geo::{Geometry, Position, point};
use crate::library::{Accepts, Example, Function, Parameter, Signature};
use crate::value::{Type, Value};

/// The digits, in order of their values.
const DIGITS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
/// The most characters.
const LONGEST: u8 = 18;
/// The neighbours as Kusto lists them: steps to the east and to the north.
const NEIGHBORS: [(i64, i64); 8] = [(-1, -1), (-1, 1), (1, -1), (0, 1), (-1, 0), (1, 1), (1, 0), (0, -1)];

const GEOHASH: &[Signature] = &[Signature::new(&[Parameter::new("geohash", Accepts::Type(Type::String))], DYNAMIC)];
const INVALID: &str = "Null for what is no geohash of 1 to 18 characters in lower case.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new(
        "geo_point_to_geohash",
        &[Signature::new(&[LONGITUDE, LATITUDE, size("accuracy")], STRING)],
        point_to_geohash,
        "The geohash of a point.",
    )
    .remarks("Of 5 characters unless given; 1 to 18. `\"\"` for coordinates or an accuracy out of range.")
    .examples(&[
        Example::new("geo_point_to_geohash(10.40744, 57.64911)", "'u4pru'"),
        Example::new("geo_point_to_geohash(10.40744, 57.64911, 11)", "'u4pruydqqvj'"),
        Example::new("geo_point_to_geohash(10.40744, 57.64911, 19)", "''"),
    ]),
    Function::new(
        "geo_geohash_to_central_point",
        GEOHASH,
        |a| or_null(cell(a), |cell| Geometry::Point(cell.middle()).to_value()),
        "The middle of a geohash as a GeoJSON point.",
    )
    .remarks(INVALID)
    .examples(&[
        Example::new("geo_geohash_to_central_point('s').coordinates", "dynamic([22.5, 22.5])"),
        Example::new("isnull(geo_geohash_to_central_point('sail'))", "true"),
    ]),
    Function::new(
        "geo_geohash_to_polygon",
        GEOHASH,
        |a| or_null(cell(a), |cell| outline(cell.corners())),
        "The outline of a geohash as a GeoJSON polygon.",
    )
    .remarks(INVALID)
    .examples(&[
        Example::new(
            "geo_geohash_to_polygon('s').coordinates",
            "dynamic([[[0.0, 0.0], [45.0, 0.0], [45.0, 45.0], [0.0, 45.0], [0.0, 0.0]]])",
        ),
        Example::new("isnull(geo_geohash_to_polygon(''))", "true"),
    ]),
    Function::new(
        "geo_geohash_neighbors",
        GEOHASH,
        |a| array(cell(a).map(|cell| cell.neighbors().map(|neighbor| neighbor.text()).collect())),
        "The geohashes around one.",
    )
    .remarks("Eight of them; five at a pole. Null for what is no geohash of 1 to 18 characters in lower case.")
    .examples(&[
        Example::new("geo_geohash_neighbors('s')", "dynamic(['7', 'g', 'm', 'u', 'e', 'v', 't', 'k'])"),
        Example::new("isnull(geo_geohash_neighbors('a'))", "true"),
    ]),
];

/// A cell of the grid, counted from 180 W and 90 S.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cell {
    column: i64,
    row: i64,
    length: u8,
}

impl Cell {
    /// Longitude takes the odd bits, so it has one more of them where the number of bits is odd.
    fn columns(length: u8) -> i64 {
        1 << (length * 5).div_ceil(2)
    }

    fn rows(length: u8) -> i64 {
        1 << (length * 5 / 2)
    }

    fn at([longitude, latitude]: Position, length: u8) -> Self {
        Cell {
            column: slot(longitude, 180.0, Self::columns(length)),
            row: slot(latitude, 90.0, Self::rows(length)),
            length,
        }
    }

    fn read(text: &str) -> Option<Self> {
        let length = u8::try_from(text.len()).ok().filter(|length| (1..=LONGEST).contains(length))?;
        let (mut column, mut row, mut eastward) = (0, 0, true);
        for character in text.bytes() {
            let digit = DIGITS.iter().position(|digit| *digit == character)?;
            for bit in (0..5).rev() {
                let half = i64::from(digit >> bit & 1 == 1);
                if eastward {
                    column = column << 1 | half
                } else {
                    row = row << 1 | half
                }
                eastward = !eastward;
            }
        }
        Some(Cell { column, row, length })
    }

    fn text(self) -> String {
        let bits = self.length * 5;
        let (mut column_bit, mut row_bit) = (bits.div_ceil(2), bits / 2);
        let mut next = |place: u8| {
            let (axis, bit) =
                if place.is_multiple_of(2) { (self.column, &mut column_bit) } else { (self.row, &mut row_bit) };
            *bit -= 1;
            usize::from(axis >> *bit & 1 == 1)
        };
        let digit = |character: u8| (0..5).fold(0, |digit, bit| digit << 1 | next(character * 5 + bit));
        (0..self.length).map(digit).filter_map(|digit| DIGITS.get(digit)).map(|digit| char::from(*digit)).collect()
    }

    /// The corner at a number of columns and rows from its own.
    fn corner(self, east: f64, north: f64) -> Position {
        let (width, height) = (360.0 / Self::columns(self.length) as f64, 180.0 / Self::rows(self.length) as f64);
        [(self.column as f64 + east) * width - 180.0, (self.row as f64 + north) * height - 90.0]
    }

    fn middle(self) -> Position {
        self.corner(0.5, 0.5)
    }

    fn corners(self) -> [Position; 4] {
        [self.corner(0.0, 0.0), self.corner(1.0, 0.0), self.corner(1.0, 1.0), self.corner(0.0, 1.0)]
    }

    fn neighbors(self) -> impl Iterator<Item = Self> {
        NEIGHBORS.into_iter().filter_map(move |(east, north)| {
            let row = self.row + north;
            let column = (self.column + east).rem_euclid(Self::columns(self.length));
            (0..Self::rows(self.length)).contains(&row).then_some(Cell { column, row, ..self })
        })
    }
}

/// In which of so many equal parts of `-limit..limit` a value lies. Halving is exact in binary fractions of the limit.
fn slot(value: f64, limit: f64, parts: i64) -> i64 {
    let (mut low, mut high, mut slot) = (-limit, limit, 0);
    let mut left = parts;
    while left > 1 {
        let middle = (low + high) / 2.0;
        slot <<= 1;
        if value >= middle {
            slot |= 1;
            low = middle;
        } else {
            high = middle;
        }
        left >>= 1;
    }
    slot
}

fn cell(arguments: &[Value]) -> Option<Cell> {
    Cell::read(text(arguments, 0))
}

fn point_to_geohash(arguments: &[Value]) -> Value {
    let place = point(arguments, 0).zip(size_or(arguments, 2, 5, 1..=LONGEST));
    string(place.map(|(place, length)| Cell::at(place, length).text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_written_as_it_is_read() {
        for text in ["0", "z", "u4pruydqqvj", "9q60y60rhs0bcdefgh", "zzzzzzzzzzzzzzzzzz"] {
            let cell = Cell::read(text).unwrap();
            assert_eq!(cell.text(), text);
            assert_eq!(Cell::at(cell.middle(), cell.length), cell, "{text}");
        }
        assert_eq!(Cell::read("0000000000000000000"), None);
    }

    #[test]
    fn neighbors_go_around_the_world_but_not_over_a_pole() {
        let of = |text| Cell::read(text).unwrap().neighbors().map(Cell::text).collect::<Vec<_>>();
        assert!(of("8").contains(&"x".to_owned()));
        assert_eq!(of("z").len(), 5);
    }
}
