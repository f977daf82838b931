//! What lines have in common with polygons and with each other.
//!
//! In: lines, and polygons whose rings do not cross. Out: the parts of lines that lie in the polygon or on both lines, in
//! the direction of the first; points where they only touch. Boundaries belong to polygons, ends to lines.

use super::Line;
use super::line::all_edges;
use super::points::Points;
use super::ring::Polygon;
use super::split::{Piece, meet, split};
use super::sweep::pairs;
use crate::library::scalar::geo::sphere::{Edge, edges};
use s2::point::Point;
use std::collections::HashSet;

/// The parts of lines that lie in a polygon, and the points where the others touch it.
pub(crate) fn lines_in_polygon(lines: &[Line], polygon: &Polygon) -> (Vec<Line>, Vec<Point>) {
    let boundary: Vec<Edge> = polygon.edges().collect();
    common(lines, &boundary, |middle| polygon.contains(middle))
}

/// The parts that lines share with other lines, and the points where they meet besides.
pub(crate) fn lines_on_lines(lines: &[Line], others: &[Line]) -> (Vec<Line>, Vec<Point>) {
    common(lines, &all_edges(others), |_| false)
}

/// Whether one of some edges has a point in common with one of the others.
pub(crate) fn edges_meet(some: &[Edge], others: &[Edge]) -> bool {
    let all = [some, others].concat();
    let mut found = false;
    pairs(&all, |one, other| {
        if one < some.len() && other >= some.len() {
            found = matches!((all.get(one), all.get(other)), (Some(one), Some(other)) if meet(one, other));
        }
        !found
    });
    found
}

/// The parts of lines that lie on other edges, or whose middles are inside.
fn common(lines: &[Line], others: &[Edge], inside: impl Fn(&Point) -> bool) -> (Vec<Line>, Vec<Point>) {
    let own = all_edges(lines);
    let (points, pieces) =
        split(&[own.as_slice(), others].concat(), |one, other| one < own.len() && other >= own.len());
    let (pieces, other_pieces): (Vec<Piece>, Vec<Piece>) = pieces.into_iter().partition(|piece| piece.edge < own.len());
    let key = |piece: &Piece| (piece.from.min(piece.to), piece.from.max(piece.to));
    let covered: HashSet<_> = other_pieces.iter().map(key).collect();
    let met: HashSet<usize> = other_pieces.iter().flat_map(|piece| [piece.from, piece.to]).collect();
    let is_common =
        |piece: &&Piece| covered.contains(&key(piece)) || middle(&points, piece).is_some_and(|p| inside(&p));
    let kept: Vec<Piece> = pieces.iter().filter(is_common).copied().collect();
    let mut used: HashSet<usize> = kept.iter().flat_map(|piece| [piece.from, piece.to]).collect();
    let ends = pieces.iter().flat_map(|piece| [piece.from, piece.to]);
    let touches: Vec<usize> = ends.filter(|point| met.contains(point) && used.insert(*point)).collect();
    let chains = chains(&kept, &starts(lines));
    (chains.iter().map(|chain| points.all(chain)).collect(), points.all(&touches))
}

fn middle(points: &Points, piece: &Piece) -> Option<Point> {
    Some(Point((points.get(piece.from)?.0 + points.get(piece.to)?.0).normalize()))
}

/// The places of the edges that lines start with.
fn starts(lines: &[Line]) -> HashSet<usize> {
    let mut place = 0;
    let start = |line: &Line| {
        let start = place;
        place += edges(line).count();
        start
    };
    lines.iter().map(start).collect()
}

/// Pieces that follow each other along one line, as numbers of points.
fn chains(pieces: &[Piece], starts: &HashSet<usize>) -> Vec<Vec<usize>> {
    let mut chains: Vec<Vec<usize>> = vec![];
    let mut before: Option<usize> = None;
    for piece in pieces {
        let new_line = before != Some(piece.edge) && starts.contains(&piece.edge);
        match chains.last_mut() {
            Some(chain) if !new_line && chain.last() == Some(&piece.from) => chain.push(piece.to),
            _ => chains.push(vec![piece.from, piece.to]),
        }
        before = Some(piece.edge);
    }
    chains
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::scalar::geo::sphere::{angle, point_at};

    fn line(positions: &[[f64; 2]]) -> Line {
        positions.iter().copied().map(point_at).collect()
    }

    fn polygon() -> Polygon {
        Polygon::new(&vec![vec![[0., 0.], [2., 0.], [2., 2.], [1., 1.], [0., 2.], [0., 0.]]]).unwrap()
    }

    #[test]
    fn lines_are_cut_at_the_boundary() {
        let (lines, points) = lines_in_polygon(&[line(&[[-1., 1.5], [3., 1.5]])], &polygon());
        assert_eq!((lines.len(), points.len()), (2, 0));
        assert!(lines.iter().all(|line| line.len() == 2));
        let (lines, points) = lines_in_polygon(&[line(&[[-1., 0.], [0.5, 0.], [0.5, 0.5], [9., 9.]])], &polygon());
        assert_eq!((lines.iter().map(Vec::len).collect::<Vec<_>>(), points.len()), (vec![4], 0));
    }

    #[test]
    fn lines_touch_in_points() {
        let (lines, points) = lines_in_polygon(&[line(&[[1., 3.], [2., 2.], [3., 3.]])], &polygon());
        assert!(lines.is_empty() && angle(&points[0], &point_at([2., 2.])) < 1e-15);
        let cross = lines_on_lines(&[line(&[[-1., 0.], [1., 0.]])], &[line(&[[0., -1.], [0., 1.]])]);
        assert!(cross.0.is_empty() && angle(&cross.1[0], &point_at([0., 0.])) < 1e-15);
        let same = line(&[[0., 0.], [1., 0.], [1., 5.]]);
        assert_eq!(lines_on_lines(std::slice::from_ref(&same), std::slice::from_ref(&same)), (vec![same], vec![]));
    }

    #[test]
    fn edges_of_two_sets_meet() {
        let (one, other) =
            (all_edges(&[line(&[[0., 0.], [1., 1.]])]), all_edges(&[line(&[[0., 1.], [1., 0.], [5., 5.]])]));
        assert!(edges_meet(&one, &other) && !edges_meet(&one, &other[1..]));
    }
}
