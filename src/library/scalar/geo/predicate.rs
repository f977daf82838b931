//! Which way three points turn, and what follows from it: crossings of edges.
//!
//! In: unit vectors. Out: answers that never contradict each other: they are exact, and three points are never in line.
//! Points that are get infinitely small shifts, as in the S2 library (H. Edelsbrunner and E. Mücke, "Simulation of
//! Simplicity", 1990).

use s2::point::Point;
use s2::predicates::{Direction, stable_sign, triage_sign};
use s2::r3::precisevector::{PreciseVector, prec_int};
use s2::r3::vector::Vector;
use std::cmp::Ordering;

/// `Greater` when three points go counterclockwise, `Less` when clockwise, `Equal` only when two are the same.
pub(crate) fn turn(a: &Point, b: &Point, c: &Point) -> Ordering {
    if a == b || b == c || c == a {
        return Ordering::Equal;
    }
    [triage_sign, stable_sign]
        .iter()
        .map(|estimate| match estimate(a, b, c) {
            Direction::CounterClockwise => Ordering::Greater,
            Direction::Clockwise => Ordering::Less,
            Direction::Indeterminate => Ordering::Equal,
        })
        .find(|found| *found != Ordering::Equal)
        .unwrap_or_else(|| exact_turn(a, b, c))
}

/// The turn of different points, in exact numbers.
fn exact_turn(a: &Point, b: &Point, c: &Point) -> Ordering {
    // Sorted, so that the answer depends on the points only; each exchange turns it around.
    let mut sorted = [a.0, b.0, c.0];
    let mut turned = false;
    for (low, high) in [(0, 1), (1, 2), (0, 1)] {
        if sorted.get(low).zip(sorted.get(high)).is_some_and(|(low, high)| lexical(low, high) == Ordering::Greater) {
            sorted.swap(low, high);
            turned = !turned;
        }
    }
    let [a, b, c] = sorted;
    let found = match sign(PreciseVector::from(b).cross(c.into()), a) {
        Ordering::Equal => shifted_turn(a, b, c),
        found => found,
    };
    if turned { found.reverse() } else { found }
}

fn lexical(a: &Vector, b: &Vector) -> Ordering {
    a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)).then(a.z.total_cmp(&b.z))
}

/// The sign of an exact product.
fn sign(one: PreciseVector, other: Vector) -> Ordering {
    one.dot(other.into()).partial_cmp(&prec_int(0)).unwrap_or(Ordering::Equal)
}

/// The turn of points in line, in ascending order, after shifts of their coordinates: the first term of the determinant's
/// expansion that is not zero. The first point's last coordinate is shifted most, each following one infinitely less.
fn shifted_turn(a: Vector, b: Vector, c: Vector) -> Ordering {
    let axis = |x: f64, y: f64, z: f64| Vector { x, y, z };
    let [x, y, z] = [axis(1., 0., 0.), axis(0., 1., 0.), axis(0., 0., 1.)];
    let cross = |one: Vector, other: Vector, part: Vector| sign(PreciseVector::from(one).cross(other.into()), part);
    let number = |value: f64| value.partial_cmp(&0.0).unwrap_or(Ordering::Equal);
    // Shift of a: minors of b and c. Shift of b: minors of c and a, then with shifts of a. Shift of c likewise.
    let terms = [
        cross(b, c, z),
        cross(b, c, y),
        cross(b, c, x),
        cross(c, a, z),
        number(c.x),
        number(-c.y),
        cross(c, a, y),
        number(c.z),
        cross(c, a, x),
        cross(a, b, z),
        number(-b.x),
        number(b.y),
        number(a.x),
    ];
    terms.into_iter().find(|term| *term != Ordering::Equal).unwrap_or(Ordering::Greater)
}

/// Whether two edges cross at a point inside of both.
pub(crate) fn cross((a, b): (&Point, &Point), (c, d): (&Point, &Point)) -> bool {
    let first = turn(a, c, b);
    first != Ordering::Equal && turn(c, b, d) == first && turn(b, d, a) == first && turn(d, a, c) == first
}

/// Whether three points are met in this order on a counterclockwise way around another one that starts at the first.
fn in_order(a: &Point, b: &Point, c: &Point, around: &Point) -> bool {
    let follows = [
        turn(b, around, a) != Ordering::Less,
        turn(c, around, b) != Ordering::Less,
        turn(a, around, c) == Ordering::Greater,
    ];
    follows.iter().filter(|follows| **follows).count() >= 2
}

/// Whether the corner of a ring belongs to what lies left of it; of the sectors around a point, exactly one has it.
pub(crate) fn corner_contains(before: &Point, corner: &Point, after: &Point) -> bool {
    !in_order(&Point(corner.0.ortho()), after, before, corner)
}

/// Whether the way between two points passes an edge of a ring, for counting: an end on the way counts with one of the two
/// edges that share it.
pub(crate) fn passes((a, b): (&Point, &Point), (c, d): (&Point, &Point)) -> bool {
    let ortho = |point: &Point| Point(point.0.ortho());
    if a == b || c == d {
        false
    } else if a == c {
        b == d || in_order(&ortho(a), d, b, a)
    } else if b == d {
        in_order(&ortho(b), c, a, b)
    } else if a == d {
        b == c || in_order(&ortho(a), c, b, a)
    } else if b == c {
        in_order(&ortho(b), d, a, b)
    } else {
        cross((a, b), (c, d))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::scalar::geo::sphere::point_at;

    #[test]
    fn turns_do_not_contradict_each_other() {
        let points =
            [[0., 0.], [1., 0.], [2., 0.], [180., 0.], [-90., 0.], [0., 1e-15], [51., 20.], [51., 21.], [51., 22.]]
                .map(point_at);
        for a in &points {
            for b in &points {
                for c in &points {
                    let found = turn(a, b, c);
                    assert_eq!(found == Ordering::Equal, a == b || b == c || c == a);
                    assert_eq!([turn(b, c, a), turn(c, b, a)], [found, found.reverse()]);
                }
            }
        }
    }

    #[test]
    fn edges_in_line_with_a_way_are_counted_once() {
        let [south, north] = [[0., -10.], [0., 10.]].map(point_at);
        // A path along the way, from its west to its east: passed once in sum.
        let path = [[-1., 0.], [0., 0.], [0., 1.], [0., 2.], [1., 2.]].map(point_at);
        let passed = path.iter().zip(&path[1..]).filter(|(c, d)| passes((&south, &north), (c, d))).count();
        assert_eq!(passed % 2, 1);
    }
}
