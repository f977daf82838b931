//! Coverings by S2 cells of one level.
//!
//! In: lines or polygons, a level, a radius. Out: every cell that has a point of the shape in it, or nearer than the radius;
//! ordered by their ids. Cells nest exactly, so whole branches are left out or taken in at once. Polygons are taken as S2
//! takes them: edges are geodesics, a ring encloses the smaller part of the sphere.

use crate::library::scalar::geo::{EARTH_RADIUS, Path, Rings, unit};
use ::s2::cell::Cell;
use ::s2::cellid::CellID;
use ::s2::edge_crossings::{EdgeCrosser, angle_contains_vertex};
use ::s2::point::Point;
use ::s2::r3::vector::Vector;

/// How far from a cell's side (in units of the projection) an edge still touches it: S2 allows for the same rounding, so
/// that an edge along a side belongs to the cells on both sides.
const TOUCH: f64 = 2.5e-15;

type Edge = (Vector, Vector);

/// A shape on the sphere.
pub(super) struct Shape {
    edges: Vec<Edge>,
    rings: Vec<Ring>,
}

/// A ring, its corners counterclockwise around the smaller part of the sphere (the last one is not repeated).
struct Ring {
    corners: Vec<Point>,
    origin_inside: bool,
}

impl Shape {
    /// What lines make up.
    pub(super) fn of_lines(lines: &[Path]) -> Self {
        Shape { edges: lines.iter().flat_map(edges).collect(), rings: vec![] }
    }

    /// What polygons make up. They may not overlap, as GeoJSON has it.
    pub(super) fn of_polygons(polygons: &[Rings]) -> Self {
        let rings = || polygons.iter().flatten();
        Shape { edges: rings().flat_map(edges).collect(), rings: rings().map(Ring::new).collect() }
    }

    /// The cells of a level that are nearer to the shape than a radius in meters; `None` when there are more than `most`.
    pub(super) fn cover(&self, level: u8, radius: f64, most: usize) -> Option<Vec<CellID>> {
        let mut search =
            Search { shape: self, level: u64::from(level), radius: radius / EARTH_RADIUS, most, found: vec![] };
        let edges: Vec<&Edge> = self.edges.iter().collect();
        (0..6).try_for_each(|face| search.visit(CellID::from_face(face), &edges))?;
        Some(search.found)
    }

    /// Whether a point lies inside: inside an odd number of rings, as holes are rings too.
    fn contains(&self, point: &Point) -> bool {
        self.rings.iter().filter(|ring| ring.contains(point)).count() % 2 == 1
    }
}

fn edges(path: &Path) -> impl Iterator<Item = Edge> {
    path.iter().zip(path.iter().skip(1)).map(|(from, to)| (unit(*from), unit(*to)))
}

impl Ring {
    fn new(path: &Path) -> Self {
        let mut corners: Vec<Point> = path.iter().skip(1).map(|position| Point(unit(*position))).collect();
        if turning(&corners) < 0.0 {
            corners.reverse();
        }
        let mut ring = Ring { corners, origin_inside: false };
        // Whether the ring contains one of its corners follows from the angle there; what the crossings say must agree.
        if let [before, corner, after, ..] = ring.corners.as_slice() {
            let corner = *corner;
            let inside = before != after && angle_contains_vertex(before, &corner, after);
            ring.origin_inside = inside != ring.contains(&corner);
        }
        ring
    }

    /// Counts the crossings on the way to the point from one that is known.
    fn contains(&self, point: &Point) -> bool {
        let Some(last) = self.corners.last() else { return false };
        let mut crosser = EdgeCrosser::new_with_c(&Point::origin(), point, last);
        self.corners
            .iter()
            .fold(self.origin_inside, |inside, corner| inside ^ crosser.chain_edge_or_vertex_crossing(corner))
    }
}

/// How far a ring turns to the left in all, in radians: the area to its left is `2 pi` minus this.
fn turning(corners: &[Point]) -> f64 {
    let around = corners.iter().cycle();
    let triples = around.clone().zip(around.clone().skip(1)).zip(around.skip(2));
    let turn = |((before, corner), after): ((&Point, &Point), &Point)| {
        let (arriving, leaving) = (before.0.cross(&corner.0), corner.0.cross(&after.0));
        arriving.cross(&leaving).dot(&corner.0).atan2(arriving.dot(&leaving))
    };
    triples.take(corners.len()).map(turn).sum()
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
            return if self.shape.contains(&cell.center()) { self.take(id) } else { Some(()) };
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
    let (from, to) = (on_face(cell.face(), from), on_face(cell.face(), to));
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

/// The distance in radians from an edge to a cell that it does not touch.
fn distance(cell: &Cell, (from, to): &Edge) -> f64 {
    let corners = cell.vertices().map(|corner| corner.0);
    let sides = corners.iter().zip(corners.iter().cycle().skip(1));
    let to_sides = sides.map(|(a, b)| to_segment(from, a, b).min(to_segment(to, a, b)));
    let to_corners = corners.iter().map(|corner| to_segment(corner, from, to));
    to_sides.chain(to_corners).fold(f64::INFINITY, f64::min)
}

/// The distance in radians from a point to a geodesic from `a` to `b`.
fn to_segment(point: &Vector, a: &Vector, b: &Vector) -> f64 {
    let arc = |p: &Vector, q: &Vector| p.cross(q).norm().atan2(p.dot(q));
    let normal = a.cross(b);
    let between = normal.cross(a).dot(point) > 0.0 && b.cross(&normal).dot(point) > 0.0;
    if between { (normal.dot(point) / normal.norm()).abs().min(1.0).asin() } else { arc(point, a).min(arc(point, b)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(west: f64, south: f64, size: f64) -> Path {
        let (east, north) = (west + size, south + size);
        vec![[west, south], [east, south], [east, north], [west, north], [west, south]]
    }

    #[test]
    fn the_direction_of_a_ring_does_not_matter() {
        let ring = square(10.0, 10.0, 5.0);
        let turned: Path = ring.iter().rev().copied().collect();
        for ring in [ring, turned] {
            let shape = Shape::of_polygons(&[vec![ring]]);
            assert!(shape.contains(&Point(unit([12.0, 12.0]))));
            assert!(!shape.contains(&Point(unit([16.0, 12.0]))));
            assert!(!shape.contains(&Point(unit([-168.0, -12.0]))));
        }
    }

    #[test]
    fn what_a_polygon_contains_lies_in_its_covering() {
        // At a corner of S2's cube, at a pole, over the antimeridian.
        for ring in [
            vec![[40.0, 30.0], [55.0, 33.0], [43.0, 42.0], [40.0, 30.0]],
            vec![[0.0, 80.0], [120.0, 75.0], [-120.0, 82.0], [0.0, 80.0]],
            vec![[170.0, -10.0], [-172.0, -8.0], [179.0, 9.0], [170.0, -10.0]],
        ] {
            let shape = Shape::of_polygons(&[vec![ring]]);
            let cells = shape.cover(6, 0.0, 65_536).unwrap();
            assert!(cells.is_sorted() && cells.len() < 1000, "{}", cells.len());
            let places = (-180..180).step_by(2).flat_map(|x| (-90..=90).map(move |y| [f64::from(x), f64::from(y)]));
            let inside: Vec<_> = places.map(|place| Point(unit(place))).filter(|point| shape.contains(point)).collect();
            assert!(inside.len() > 20);
            for point in inside {
                assert!(cells.contains(&CellID::from(point).parent(6)), "{point}");
            }
        }
    }

    #[test]
    fn a_hole_is_not_covered() {
        let with_hole = Shape::of_polygons(&[vec![square(0.0, 0.0, 20.0), square(5.0, 5.0, 10.0)]]);
        let without = Shape::of_polygons(&[vec![square(0.0, 0.0, 20.0)]]);
        let count = |shape: &Shape| shape.cover(7, 0.0, 65_536).unwrap().len();
        assert!(count(&with_hole) < count(&without) - 100);
    }

    #[test]
    fn a_radius_adds_what_is_near() {
        let line = Shape::of_lines(&[vec![[10.0, 10.0], [10.1, 10.0]]]);
        let cells = |radius| line.cover(12, radius, 65_536).unwrap();
        let (near, far) = (cells(0.0), cells(5000.0));
        assert!(near.iter().all(|cell| far.contains(cell)) && far.len() > near.len());
        for cell in &far {
            let reach = to_segment(&Point::from(cell).0, &unit([10.0, 10.0]), &unit([10.1, 10.0])) * EARTH_RADIUS;
            assert!(reach < 5000.0 + 2500.0, "{cell:?} is {reach} m away");
        }
    }
}
