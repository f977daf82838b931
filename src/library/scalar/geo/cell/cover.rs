//! Coverings by S2 cells of one level.
//!
//! In: lines or polygons, a level, a radius. Out: every cell that has a point of the shape in it, or nearer than the radius;
//! ordered by their ids. Cells nest exactly, so whole branches are left out or taken in at once.

use crate::library::scalar::geo::shape::ring::{Polygon, contain};
use crate::library::scalar::geo::shape::{Line, radians};
use crate::library::scalar::geo::sphere::{Edge, distance as to_edge, edges};
use ::s2::cell::Cell;
use ::s2::cellid::CellID;
use ::s2::r3::vector::Vector;

/// How far from a cell's side (in units of the projection) an edge still touches it: S2 allows for the same rounding, so
/// that an edge along a side belongs to the cells on both sides.
const TOUCH: f64 = 2.5e-15;

/// A shape on the sphere.
pub(super) struct Shape {
    edges: Vec<Edge>,
    polygons: Vec<Polygon>,
}

impl Shape {
    /// What lines make up.
    pub(super) fn of_lines(lines: &[Line]) -> Self {
        Shape { edges: lines.iter().flat_map(|line| edges(line)).collect(), polygons: vec![] }
    }

    /// What polygons make up.
    pub(super) fn of_polygons(polygons: Vec<Polygon>) -> Self {
        Shape { edges: polygons.iter().flat_map(Polygon::edges).collect(), polygons }
    }

    /// The cells of a level that are nearer to the shape than a radius in meters; `None` when there are more than `most`.
    pub(super) fn cover(&self, level: u8, radius: f64, most: usize) -> Option<Vec<CellID>> {
        let mut search = Search { shape: self, level: u64::from(level), radius: radians(radius), most, found: vec![] };
        let edges: Vec<&Edge> = self.edges.iter().collect();
        (0..6).try_for_each(|face| search.visit(CellID::from_face(face), &edges))?;
        Some(search.found)
    }
}

struct Search<'a> {
    shape: &'a Shape,
    level: u64,
    /// In radians.
    radius: f64,
    most: usize,
    found: Vec<CellID>,
}

impl Search<'_> {
    /// Looks at a cell, with the edges that are near its parent. `None` when there are too many cells.
    fn visit(&mut self, id: CellID, edges: &[&Edge]) -> Option<()> {
        let cell = Cell::from(id);
        let near: Vec<&Edge> = edges.iter().copied().filter(|edge| self.is_near(&cell, edge)).collect();
        if near.is_empty() {
            // No edge is near: all of the cell is inside, or nothing.
            return if contain(&self.shape.polygons, &cell.center()) { self.take(id) } else { Some(()) };
        }
        if id.level() >= self.level {
            return self.take(id);
        }
        id.children().into_iter().try_for_each(|child| self.visit(child, &near))
    }

    /// Takes a cell, or what it has of the level.
    fn take(&mut self, id: CellID) -> Option<()> {
        let room = (self.most - self.found.len()) as u64;
        let count = 1_u64.checked_shl(2 * u32::try_from(self.level - id.level()).ok()?)?;
        if count > room {
            return None;
        }
        let mut next = id.child_begin_at_level(self.level);
        for _ in 0..count {
            self.found.push(next);
            next = next.next();
        }
        Some(())
    }

    fn is_near(&self, cell: &Cell, edge: &Edge) -> bool {
        touches(cell, edge) || self.radius > 0.0 && distance(cell, edge) <= self.radius
    }
}

/// Whether an edge has a point in a cell. The sides of a cell are planes through the center of the sphere, so the edge's
/// chord can be clipped in place of its arc.
fn touches(cell: &Cell, (from, to): &Edge) -> bool {
    let bound = cell.bound_uv();
    let (from, to) = (on_face(cell.face(), &from.0), on_face(cell.face(), &to.0));
    let sides: [fn(&Vector, f64) -> f64; 4] =
        [|p, low| p.x - low * p.z, |p, high| high * p.z - p.x, |p, low| p.y - low * p.z, |p, high| high * p.z - p.y];
    let limits = [bound.x.lo - TOUCH, bound.x.hi + TOUCH, bound.y.lo - TOUCH, bound.y.hi + TOUCH];
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for (side, limit) in sides.into_iter().zip(limits) {
        let (a, b) = (side(&from, limit), side(&to, limit));
        match (a >= 0.0, b >= 0.0) {
            (true, true) => {}
            (false, false) => return false,
            (true, false) => end = end.min(a / (a - b)),
            (false, true) => start = start.max(a / (a - b)),
        }
    }
    start <= end
}

/// A vector in the axes of a face of S2's cube: along u, along v, outward.
fn on_face(face: u8, p: &Vector) -> Vector {
    let (x, y, z) = match face {
        0 => (p.y, p.z, p.x),
        1 => (-p.x, p.z, p.y),
        2 => (-p.x, -p.y, p.z),
        3 => (-p.z, -p.y, -p.x),
        4 => (-p.z, p.x, -p.y),
        _ => (p.y, p.x, -p.z),
    };
    Vector { x, y, z }
}

/// The distance in radians from an edge to a cell that it does not touch: an end of the edge or a corner is nearest.
fn distance(cell: &Cell, edge: &Edge) -> f64 {
    let corners = cell.vertices();
    let sides = corners.into_iter().zip(corners.into_iter().cycle().skip(1));
    let to_sides = sides.map(|side| to_edge(&edge.0, &side).min(to_edge(&edge.1, &side)));
    let to_corners = corners.iter().map(|corner| to_edge(corner, edge));
    to_sides.chain(to_corners).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::scalar::geo::shape::{lines_of, meters, ring::polygons_of};
    use crate::library::scalar::geo::sphere::point_at;
    use crate::library::scalar::geo::{Path, Rings};
    use ::s2::point::Point;

    fn shape(rings: Rings) -> Shape {
        Shape::of_polygons(polygons_of(&[rings]).unwrap())
    }

    fn square(west: f64, south: f64, size: f64) -> Path {
        let (east, north) = (west + size, south + size);
        vec![[west, south], [east, south], [east, north], [west, north], [west, south]]
    }

    #[test]
    fn what_a_polygon_contains_lies_in_its_covering() {
        // At a corner of S2's cube, at a pole, over the antimeridian.
        for ring in [
            vec![[40.0, 30.0], [55.0, 33.0], [43.0, 42.0], [40.0, 30.0]],
            vec![[0.0, 80.0], [120.0, 75.0], [-120.0, 82.0], [0.0, 80.0]],
            vec![[170.0, -10.0], [-172.0, -8.0], [179.0, 9.0], [170.0, -10.0]],
        ] {
            let shape = shape(vec![ring]);
            let cells = shape.cover(6, 0.0, 65_536).unwrap();
            assert!(cells.is_sorted() && cells.len() < 1000, "{}", cells.len());
            let places = (-180..180).step_by(2).flat_map(|x| (-90..=90).map(move |y| [f64::from(x), f64::from(y)]));
            let inside: Vec<_> = places.map(point_at).filter(|point| contain(&shape.polygons, point)).collect();
            assert!(inside.len() > 20);
            for point in inside {
                assert!(cells.contains(&CellID::from(point).parent(6)), "{point}");
            }
        }
    }

    #[test]
    fn a_hole_is_not_covered() {
        let with_hole = shape(vec![square(0.0, 0.0, 20.0), square(5.0, 5.0, 10.0)]);
        let without = shape(vec![square(0.0, 0.0, 20.0)]);
        let count = |shape: &Shape| shape.cover(7, 0.0, 65_536).unwrap().len();
        assert!(count(&with_hole) < count(&without) - 100);
    }

    #[test]
    fn a_radius_adds_what_is_near() {
        let line = Shape::of_lines(&lines_of(&[vec![[10.0, 10.0], [10.1, 10.0]]]).unwrap());
        let cells = |radius| line.cover(12, radius, 65_536).unwrap();
        let (near, far) = (cells(0.0), cells(5000.0));
        assert!(near.iter().all(|cell| far.contains(cell)) && far.len() > near.len());
        for cell in &far {
            let reach = meters(to_edge(&Point::from(cell), &line.edges[0]));
            assert!(reach < 5000.0 + 2500.0, "{cell:?} is {reach} m away");
        }
    }
}
