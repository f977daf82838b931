//! Rings and polygons.
//!
//! In: rings of points. Out: whether they are polygons, areas in steradians, centroids, which points they contain. A ring
//! encloses the smaller part of the sphere, whichever way its points go, and an edge within belongs to it; which of a ring's
//! own points it contains is decided as the S2 library does, so that of polygons that share a point exactly one has it.

use super::sweep::pairs;
use crate::library::scalar::geo::predicate::{corner_contains, passes, turn};
use crate::library::scalar::geo::sphere::{Edge, angle, closest, cross, ring_edges, triangle};
use crate::library::scalar::geo::{Position, Rings};
use s2::point::{Point, true_centroid};
use s2::r3::vector::Vector;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::f64::consts::{PI, TAU};

/// A ring that does not meet itself, its interior to the left.
#[derive(Clone, Debug)]
pub(crate) struct Ring {
    /// Its points, the first not repeated.
    pub(crate) points: Vec<Point>,
    /// Whether the point that containment is counted from lies within.
    origin_inside: bool,
}

/// A polygon: rings that do not cross, each with whether it is a hole (its interior lies outside of the polygon).
#[derive(Clone, Debug)]
pub(crate) struct Polygon(pub(crate) Vec<(Ring, bool)>);

impl Ring {
    /// A ring of points. Whether it meets itself is not checked.
    pub(crate) fn new(points: Vec<Point>) -> Option<Ring> {
        let [first, second, third, ..] = points.as_slice() else { return None };
        let mut ring = Ring { origin_inside: false, points: points.clone() };
        let corner_inside = corner_contains(first, second, third);
        ring.origin_inside = corner_inside != ring.contains(second);
        if area(&ring.points) > TAU {
            // Turned as S2 does it: all edges but the last change their order.
            ring.points.reverse();
            ring.origin_inside = !ring.origin_inside;
        }
        Some(ring)
    }

    /// Its edges.
    pub(crate) fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        ring_edges(&self.points)
    }

    /// Whether a point lies within.
    pub(crate) fn contains(&self, point: &Point) -> bool {
        let origin = Point::origin();
        let mut inside = self.origin_inside;
        let mut before = turn(&origin, point, self.points.last().unwrap_or(point));
        for (a, b) in self.points.iter().cycle().skip(self.points.len().saturating_sub(1)).zip(&self.points) {
            let after = turn(&origin, point, b);
            // An edge to one side of the way is not passed.
            if before != after || before == Ordering::Equal {
                inside ^= passes((&origin, point), (a, b));
            }
            before = after;
        }
        inside
    }
}

impl Polygon {
    /// A polygon out of the rings of GeoJSON; `None` when a ring has a point twice or meets itself, or rings cross or share
    /// an edge.
    pub(crate) fn new(rings: &Rings) -> Option<Polygon> {
        let rings: Vec<Ring> = rings.iter().map(|ring| open(ring).and_then(Ring::new)).collect::<Option<_>>()?;
        Polygon::of(rings)
    }

    /// A polygon out of rings; `None` when one meets itself, or rings cross or share an edge.
    pub(crate) fn of(rings: Vec<Ring>) -> Option<Polygon> {
        (!meets_itself(&rings)).then(|| Polygon::nested(rings))
    }

    /// A polygon out of rings that do not cross: a ring within an odd number of others is a hole.
    pub(crate) fn nested(rings: Vec<Ring>) -> Polygon {
        let within = |index: usize, ring: &Ring| {
            let Some((a, b)) = ring.edges().next() else { return false };
            let middle = Point((a.0 + b.0).normalize());
            let others = rings.iter().enumerate().filter(|(other, _)| *other != index);
            others.filter(|(_, other)| other.contains(&middle)).count() % 2 == 1
        };
        let holes: Vec<bool> = rings.iter().enumerate().map(|(index, ring)| within(index, ring)).collect();
        Polygon(rings.into_iter().zip(holes).collect())
    }

    /// Whether a point lies within.
    pub(crate) fn contains(&self, point: &Point) -> bool {
        self.0.iter().filter(|(ring, _)| ring.contains(point)).count() % 2 == 1
    }

    /// Its edges; the interior lies to the left of them.
    pub(crate) fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        self.0.iter().flat_map(|(ring, hole)| ring.edges().map(move |(a, b)| if *hole { (b, a) } else { (a, b) }))
    }

    /// How many points its rings have.
    pub(crate) fn size(&self) -> usize {
        self.0.iter().map(|(ring, _)| ring.points.len()).sum()
    }

    /// Its area in steradians.
    pub(crate) fn area(&self) -> f64 {
        self.0.iter().map(|(ring, hole)| if *hole { -area(&ring.points) } else { area(&ring.points) }).sum()
    }

    /// Its centroid as a vector, times its area.
    pub(crate) fn moment(&self) -> Vector {
        self.0.iter().fold(Vector::default(), |sum, (ring, hole)| {
            let moment = moment(&ring.points);
            if *hole { sum - moment } else { sum + moment }
        })
    }

    /// The length of its boundary in radians.
    pub(crate) fn perimeter(&self) -> f64 {
        self.edges().map(|(a, b)| angle(&a, &b)).sum()
    }
}

/// Polygons out of GeoJSON, each of which is valid by itself.
pub(crate) fn polygons_of(polygons: &[Rings]) -> Option<Vec<Polygon>> {
    polygons.iter().map(Polygon::new).collect()
}

/// Whether one of the polygons contains a point.
pub(crate) fn contain(polygons: &[Polygon], point: &Point) -> bool {
    polygons.iter().any(|polygon| polygon.contains(point))
}

/// The point of polygons that is closest to a point: itself, when they contain it.
pub(crate) fn closest_point(polygons: &[Polygon], to: &Point) -> Option<Point> {
    if contain(polygons, to) {
        return Some(*to);
    }
    let feet = polygons.iter().flat_map(Polygon::edges).map(|edge| closest(to, &edge));
    feet.min_by(|a, b| angle(a, to).total_cmp(&angle(b, to)))
}

/// The points of a closed ring without the repeated one; `None` when there are less than three, or one stands twice.
fn open(ring: &[Position]) -> Option<Vec<Point>> {
    let mut points = super::line_of(ring)?;
    points.pop();
    let key = |point: &Point| [point.0.x.to_bits(), point.0.y.to_bits(), point.0.z.to_bits()];
    let distinct: HashSet<_> = points.iter().map(key).collect();
    (points.len() >= 3 && distinct.len() == points.len()).then_some(points)
}

/// Whether edges cross, or two are the same.
fn meets_itself(rings: &[Ring]) -> bool {
    let edges: Vec<Edge> = rings.iter().flat_map(Ring::edges).collect();
    let mut meets = false;
    pairs(&edges, |one, other| {
        if let (Some(one), Some(other)) = (edges.get(one), edges.get(other)) {
            meets = one == other || *one == (other.1, other.0) || cross(one, other);
        }
        !meets
    });
    meets
}

/// The area to the left of a ring, in steradians: from 0 to 4 pi.
pub(crate) fn area(ring: &[Point]) -> f64 {
    let center = middle(ring);
    let sum: f64 = ring_edges(ring).map(|(a, b)| triangle(&center, &a, &b)).sum();
    // Nearly nothing is no reason to take the rest of the sphere.
    if sum < -1e-14 { sum + 4.0 * PI } else { sum.max(0.0) }
}

/// The centroid of what lies to the left of a ring, times its area.
fn moment(ring: &[Point]) -> Vector {
    let center = middle(ring);
    ring_edges(ring).fold(Vector::default(), |sum, (a, b)| sum + true_centroid(&center, &a, &b).0)
}

/// A point amid a ring's, which triangles to its edges are measured from.
fn middle(ring: &[Point]) -> Point {
    let sum = ring.iter().fold(Vector::default(), |sum, point| sum + point.0);
    if sum.norm() > 1e-9 { Point(sum.normalize()) } else { Point::origin() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::scalar::geo::sphere::point_at;

    fn square(size: f64) -> Vec<Position> {
        vec![[-size, -size], [size, -size], [size, size], [-size, size], [-size, -size]]
    }

    #[test]
    fn a_ring_encloses_the_smaller_part_whichever_way_it_goes() {
        let mut turned = square(5.0);
        turned.reverse();
        for ring in [square(5.0), turned] {
            let polygon = Polygon::new(&vec![ring]).unwrap();
            assert!(polygon.contains(&point_at([1., 2.])) && !polygon.contains(&point_at([170., 2.])));
            assert!((polygon.area() - 0.0304).abs() < 1e-4, "{}", polygon.area());
        }
    }

    #[test]
    fn holes_are_no_part_of_a_polygon() {
        let polygon = Polygon::new(&vec![square(5.0), square(1.0)]).unwrap();
        assert!(polygon.contains(&point_at([2., 2.])) && !polygon.contains(&point_at([0., 0.5])));
        let whole = Polygon::new(&vec![square(5.0)]).unwrap();
        assert!(polygon.area() < whole.area() && polygon.perimeter() > whole.perimeter());
    }

    #[test]
    fn a_shared_point_belongs_to_one_polygon() {
        let quadrant = |x: f64, y: f64| vec![vec![[0., 0.], [x, 0.], [x, y], [0., y], [0., 0.]]];
        let polygons = [quadrant(1., 1.), quadrant(-1., 1.), quadrant(1., -1.), quadrant(-1., -1.)];
        let owners = polygons.iter().filter(|p| Polygon::new(p).unwrap().contains(&point_at([0., 0.])));
        assert_eq!(owners.count(), 1);
    }

    #[test]
    fn what_meets_itself_is_no_polygon() {
        let bow = vec![[0., 0.], [1., 1.], [1., 0.], [0., 1.], [0., 0.]];
        let twice = vec![[0., 0.], [10., 10.], [10., 10.], [0., 0.]];
        let crossed = vec![square(5.0), square(1.0).iter().map(|[x, y]| [x + 4.5, *y]).collect()];
        for rings in [vec![bow], vec![twice], crossed, vec![square(5.0), square(5.0)]] {
            assert!(Polygon::new(&rings).is_none(), "{rings:?}");
        }
    }
}
