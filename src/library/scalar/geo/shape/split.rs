//! Edges cut where they meet.
//!
//! In: edges, and which of them may cut each other. Out: pieces between numbered points, which meet in such points only. An
//! edge is also cut by the end of another one that lies on it.

use super::points::{NEAR, Points};
use super::sweep::pairs;
use crate::library::scalar::geo::sphere::{Edge, angle, cross, crossing, distance};
use s2::point::Point;

/// A piece of an edge, in its direction: the numbers of its ends, and the edge's place in the set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) edge: usize,
}

/// Cuts edges where a pair that may do so meets. The pieces follow the order of the edges.
pub(crate) fn split(edges: &[Edge], may_meet: impl Fn(usize, usize) -> bool) -> (Points, Vec<Piece>) {
    let mut points = Points::default();
    let ends: Vec<(usize, usize)> = edges.iter().map(|(a, b)| (points.number(a), points.number(b))).collect();
    let mut cuts: Vec<Vec<usize>> = vec![vec![]; edges.len()];
    pairs(edges, |one, other| {
        let place = |index: usize| Some((index, *edges.get(index)?, *ends.get(index)?));
        if let (true, Some(one), Some(other)) = (may_meet(one, other), place(one), place(other)) {
            for (edge, number) in meetings(one, other, &mut points) {
                cuts.iter_mut().skip(edge).take(1).for_each(|cuts| cuts.push(number));
            }
        }
        true
    });
    let mut pieces = vec![];
    for (edge, ((start, end), cuts)) in ends.iter().zip(&mut cuts).enumerate() {
        let away = |number: &usize| match (points.get(*start), points.get(*number)) {
            (Some(start), Some(point)) => angle(&start, &point),
            _ => 0.0,
        };
        cuts.retain(|cut| cut != start && cut != end);
        cuts.sort_by(|a, b| away(a).total_cmp(&away(b)));
        cuts.dedup();
        cuts.push(*end);
        let mut from = *start;
        for to in cuts.iter().copied() {
            if from != to {
                pieces.push(Piece { from, to, edge });
            }
            from = to;
        }
    }
    (points, pieces)
}

/// An edge of the set: its place, itself, the numbers of its ends.
type Placed = (usize, Edge, (usize, usize));

/// Where two edges meet: the edges to cut, and the points to cut them at.
fn meetings(one: Placed, other: Placed, points: &mut Points) -> Vec<(usize, usize)> {
    let on = |(index, edge, ends): &Placed, (_, (a, b), (from, to)): &Placed| -> Vec<(usize, usize)> {
        let lies = |number: usize, point: &Point| number != ends.0 && number != ends.1 && distance(point, edge) < NEAR;
        [(*from, a), (*to, b)]
            .iter()
            .filter(|(number, point)| lies(*number, point))
            .map(|(n, _)| (*index, *n))
            .collect()
    };
    let mut found = on(&one, &other);
    found.extend(on(&other, &one));
    let joined = [one.2.0, one.2.1].iter().any(|number| [other.2.0, other.2.1].contains(number));
    if found.is_empty() && !joined && cross(&one.1, &other.1) {
        let number = points.number(&crossing(&one.1, &other.1));
        found = vec![(one.0, number), (other.0, number)];
    }
    found
}

/// Whether two edges have a point in common.
pub(crate) fn meet(one: &Edge, other: &Edge) -> bool {
    let ends = [(&one.0, other), (&one.1, other), (&other.0, one), (&other.1, one)];
    cross(one, other) || ends.iter().any(|(point, edge)| distance(point, edge) < NEAR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::scalar::geo::sphere::point_at;

    #[test]
    fn edges_are_cut_where_they_meet() {
        let edge = |a: [f64; 2], b: [f64; 2]| (point_at(a), point_at(b));
        // A cross, an edge that begins on another one, and two that run along each other.
        let edges =
            [edge([-1., 0.], [1., 0.]), edge([0., -1.], [0., 1.]), edge([0., 0.5], [1., 1.]), edge([0., 0.], [3., 0.])];
        let (points, pieces) = split(&edges, |_, _| true);
        let count = |edge: usize| pieces.iter().filter(|piece| piece.edge == edge).count();
        assert_eq!([count(0), count(1), count(2), count(3)], [2, 3, 1, 2]);
        assert_eq!(points.len(), 8);
        assert!(meet(&edges[0], &edges[1]) && !meet(&edges[0], &edges[2]));
        assert_eq!(split(&edges, |_, _| false).1.len(), 4);
    }
}
