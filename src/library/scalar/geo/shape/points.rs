//! Points by number, those that lie very close to each other under one.
//!
//! In: points. Out: numbers from zero on, and the points that they stand for (the first that came).

use crate::library::scalar::geo::sphere::angle;
use s2::point::Point;
use std::collections::HashMap;

/// Points nearer than that (radians; less than a micrometer on Earth) are one: what one corner becomes that is computed in
/// two ways.
pub(crate) const NEAR: f64 = 1e-13;
/// The side of the cubes that points are looked up by.
const CELL: f64 = 1e-10;

/// Numbered points.
#[derive(Debug, Default)]
pub(crate) struct Points {
    points: Vec<Point>,
    cells: HashMap<[i64; 3], Vec<usize>>,
}

impl Points {
    /// The number of a point.
    pub(crate) fn number(&mut self, point: &Point) -> usize {
        if let Some(found) = self.find(point) {
            return found;
        }
        let number = self.points.len();
        self.points.push(*point);
        // It is put into each cube that a close point may be looked up in.
        for cell in cells(point) {
            self.cells.entry(cell).or_default().push(number);
        }
        number
    }

    /// The number of a point that is known.
    pub(crate) fn find(&self, point: &Point) -> Option<usize> {
        let known = self.cells.get(&cell([point.0.x, point.0.y, point.0.z]))?;
        known.iter().copied().find(|number| self.points.get(*number).is_some_and(|p| angle(p, point) < NEAR))
    }

    /// The point of a number.
    pub(crate) fn get(&self, number: usize) -> Option<Point> {
        self.points.get(number).copied()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.points.len()
    }

    /// The points of several numbers.
    pub(crate) fn all(&self, numbers: &[usize]) -> Vec<Point> {
        numbers.iter().filter_map(|number| self.get(*number)).collect()
    }
}

fn cell(coordinates: [f64; 3]) -> [i64; 3] {
    coordinates.map(|coordinate| (coordinate / CELL).floor() as i64)
}

/// The cubes that points near to a point lie in: one, but for a point at the side of its cube.
fn cells(point: &Point) -> Vec<[i64; 3]> {
    let mut found = vec![];
    for x in [-NEAR, NEAR] {
        for y in [-NEAR, NEAR] {
            for z in [-NEAR, NEAR] {
                let cell = cell([point.0.x + x, point.0.y + y, point.0.z + z]);
                if !found.contains(&cell) {
                    found.push(cell);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::scalar::geo::sphere::point_at;

    #[test]
    fn close_points_share_a_number() {
        let mut points = Points::default();
        let numbers = [[0., 0.], [1e-13, -1e-13], [0., 1e-9], [-1e-13, 0.], [30., 40.], [30., 40.00000000000001]]
            .map(|position| points.number(&point_at(position)));
        assert_eq!(numbers, [0, 0, 1, 0, 2, 2]);
        assert_eq!(points.len(), 3);
    }
}
