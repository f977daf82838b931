//! What lies within a distance of lines and polygons.
//!
//! In: lines, polygons, a distance and by how much the result's boundary may be nearer (radians). Out: a polygon. Arcs around
//! corners become edges whose ends lie on them, as in the S2 library: so many that their middles stay within the tolerance.

use super::graph::Source;
use super::ring::{Polygon, Ring};
use super::{Line, overlay};
use crate::library::scalar::geo::predicate::turn;
use crate::library::scalar::geo::sphere::{ahead, angle, normal, toward};
use s2::point::Point;
use s2::r3::vector::Vector;
use std::cmp::Ordering;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// Points nearer than that are not both part of a ring.
const SAME: f64 = 1e-13;
/// Below this radius (6 millimeters on Earth) a right angle less the radius is too coarse to take a tolerance from.
const FINE: f64 = 1e-9;

/// Radius and steps of a buffer, in radians.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    radius: f64,
    /// The angle between neighbours on an arc around a corner.
    corner_step: f64,
    /// The length of edges along an edge.
    edge_step: f64,
}

/// The pieces of a buffer, and how many edges the way around it had so far.
struct Pieces {
    reach: Reach,
    sources: Vec<Source>,
    rank: usize,
}

impl Reach {
    /// `None` for a radius that is not positive or reaches a quarter around the sphere, for a tolerance that is less than a
    /// millionth of it, and for either when it is too small for numbers.
    pub(crate) fn new(radius: f64, tolerance: f64) -> Option<Reach> {
        // The tolerance may lack this much of a millionth, which the division of meters takes from it.
        let fits = radius > 0.0 && radius < FRAC_PI_2 * 0.999 && tolerance >= radius * 1e-6 * (1.0 - 1e-9);
        let tolerance = tolerance.min(radius);
        let reach = Reach { radius, corner_step: step(radius, tolerance), edge_step: edge_step(radius, tolerance) };
        // Without a step, the way around a corner or along an edge would never end.
        (fits && reach.corner_step > 0.0 && reach.edge_step > 0.0).then_some(reach)
    }
}

/// The widest step along an edge: on the circle that is as far from the edge as the radius.
fn edge_step(radius: f64, tolerance: f64) -> f64 {
    if radius < FINE {
        // The tangents of both angles' rests.
        (2.0 * (radius.tan() / (radius + tolerance).tan()).acos()).min(TAU / 3.0 + 1e-15)
    } else {
        step(FRAC_PI_2 - radius, tolerance)
    }
}

/// The widest step on a circle whose chord's middle is nearer to the center by no more than the tolerance.
fn step(radius: f64, tolerance: f64) -> f64 {
    let inner = (radius - tolerance).max(0.0);
    (2.0 * (inner.tan() / radius.tan()).acos()).min(TAU / 3.0 + 1e-15)
}

/// What lies within reach of lines.
pub(crate) fn around_lines(lines: &[Line], reach: Reach) -> Polygon {
    let mut pieces = Pieces { reach, sources: vec![], rank: 0 };
    for line in lines {
        let mut line = line.clone();
        line.dedup();
        let back: Line = line.iter().rev().copied().collect();
        if let ([a, b, ..], [d, c, ..]) = (line.as_slice(), back.as_slice()) {
            pieces.arc(a, &outward(b, a), &outward(a, b));
            pieces.side(&line);
            pieces.arc(d, &outward(c, d), &outward(d, c));
            pieces.side(&back);
        } else if let [point] = line.as_slice() {
            let east = point.0.ortho();
            pieces.arc(point, &east, &(east * -1.0));
            pieces.arc(point, &(east * -1.0), &east);
        }
    }
    overlay::merge(pieces.sources)
}

/// Polygons and what lies within reach of them.
pub(crate) fn around_polygons(polygons: &[Polygon], reach: Reach) -> Polygon {
    let mut pieces = Pieces { reach, sources: vec![], rank: 0 };
    for polygon in polygons {
        for (ring, hole) in &polygon.0 {
            let mut points = ring.points.clone();
            if *hole {
                points.reverse();
            }
            let next = points.iter().cycle().skip(1);
            for (((a, b), c), _) in points.iter().zip(next).zip(points.iter().cycle().skip(2)).zip(&points) {
                pieces.edge(a, b);
                pieces.corner(a, b, c);
            }
        }
        pieces.inner(polygon.clone());
    }
    overlay::merge(pieces.sources)
}

/// The direction to the right of an edge, at a right angle.
fn outward(a: &Point, b: &Point) -> Vector {
    normal(b, a)
}

impl Pieces {
    /// One side of a line: its edges, and the corners between them.
    fn side(&mut self, line: &[Point]) {
        let mut before: Option<Point> = None;
        for (a, b) in line.iter().zip(line.iter().skip(1)) {
            if let Some(before) = before {
                self.corner(&before, a, b);
            }
            self.edge(a, b);
            before = Some(*a);
        }
    }

    /// What lies to the right of an edge.
    fn edge(&mut self, a: &Point, b: &Point) {
        let out = outward(a, b);
        let whole = angle(a, b);
        let mut outer = vec![toward(a, &out, self.reach.radius)];
        let mut along = self.reach.edge_step;
        while along < whole {
            outer.push(toward(&ahead(a, b, along), &out, self.reach.radius));
            along += self.reach.edge_step;
        }
        outer.push(toward(b, &out, self.reach.radius));
        outer.push(*b);
        self.piece(a, outer);
    }

    /// What lies beyond a corner, where the way does not turn to the right.
    fn corner(&mut self, a: &Point, b: &Point, c: &Point) {
        if turn(a, b, c) == Ordering::Less {
            self.rank += 2;
        } else {
            self.arc(b, &outward(a, b), &outward(b, c));
        }
    }

    /// The sector around a point from one direction counterclockwise to another.
    fn arc(&mut self, center: &Point, from: &Vector, to: &Vector) {
        let side = center.0.cross(from).normalize();
        let whole = to.dot(&side).atan2(to.dot(from));
        let whole = if whole < 0.0 { whole + TAU } else { whole };
        // A turn by nearly a whole circle is one by nothing.
        let whole = if whole > PI + 1e-9 { 0.0 } else { whole };
        let mut outer = vec![];
        let mut turn = 0.0;
        while turn < whole || outer.is_empty() {
            outer.push(toward(center, &(*from * turn.cos() + side * turn.sin()), self.reach.radius));
            turn += self.reach.corner_step;
        }
        outer.push(toward(center, to, self.reach.radius));
        self.piece(center, outer);
    }

    /// A ring through a point and points on the boundary, whose edges are ranked along it.
    fn piece(&mut self, center: &Point, outer: Vec<Point>) {
        let mut points = vec![*center];
        points.extend(outer);
        points.dedup_by(|a, b| angle(a, b) < SAME);
        let edges = points.len();
        let first = self.rank;
        self.rank += edges;
        // The first edge and the last lead from and to the middle.
        let ranks = (first..first + edges).collect();
        let proper = points.len() >= 3 && super::ring::area(&points) < TAU;
        if let Some(ring) = Ring::new(points).filter(|_| proper) {
            self.sources.push(Source { polygon: Polygon(vec![(ring, false)]), operand: 0, ranks });
        }
    }

    /// A polygon as it is.
    fn inner(&mut self, polygon: Polygon) {
        let ranks = (0..polygon.size()).collect();
        self.sources.push(Source { polygon, operand: 0, ranks });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::scalar::geo::sphere::{distance, edges, point_at};

    #[test]
    fn the_boundary_keeps_its_distance() {
        let line: Line = [[0., 0.], [1., 0.], [1., 1.], [0.2, 0.5]].map(point_at).to_vec();
        let (radius, tolerance) = (0.002, 0.0001);
        let buffer = around_lines(std::slice::from_ref(&line), Reach::new(radius, tolerance).unwrap());
        assert_eq!(buffer.0.len(), 1);
        for point in &buffer.0[0].0.points {
            let away = edges(&line).map(|edge| distance(point, &edge)).fold(f64::INFINITY, f64::min);
            assert!((radius - away).abs() < tolerance, "{away}");
        }
        assert!(line.iter().all(|point| buffer.contains(point)));
    }

    #[test]
    fn a_buffer_fills_small_holes() {
        let square = |size: f64| vec![[-size, -size], [size, -size], [size, size], [-size, size], [-size, -size]];
        let polygon = Polygon::new(&vec![square(1.0), square(0.1)]).unwrap();
        let reach = |degrees: f64| Reach::new(degrees.to_radians(), 1e-5).unwrap();
        assert_eq!(around_polygons(std::slice::from_ref(&polygon), reach(0.05)).0.len(), 2);
        let filled = around_polygons(&[polygon], reach(0.2));
        assert_eq!(filled.0.len(), 1);
        assert!(filled.contains(&point_at([0., 0.])) && filled.contains(&point_at([1.1, 1.1])));
    }

    #[test]
    fn a_reach_is_checked() {
        assert!(Reach::new(0.0, 0.1).is_none() && Reach::new(1.0, 1e-7).is_none());
        assert!(Reach::new(1.6, 0.1).is_none() && Reach::new(0.1, 1.0).is_some());
        assert!(Reach::new(1e-320, 1e-326).is_none());
    }

    #[test]
    fn a_tiny_reach_ends() {
        let (tiny, small) = (Reach::new(1e-13, 1e-19).unwrap(), Reach::new(1e-8, 1e-14).unwrap());
        assert!((tiny.edge_step / small.edge_step - 1.0).abs() < 1e-2);
        let line: Line = [[0., 0.], [1., 1.]].map(point_at).to_vec();
        assert!(around_lines(&[line], Reach::new(1e-12, 1e-18).unwrap()).0.len() <= 1);
    }
}
