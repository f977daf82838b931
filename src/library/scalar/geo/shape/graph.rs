//! The faces that the edges of polygons divide the sphere into.
//!
//! In: polygons, each of the first or of the second operand. Out: pieces of their edges with how many polygons of each
//! operand lie on both sides, and the way around a face. Which faces belong to a result is not decided here.

use super::points::Points;
use super::ring::Polygon;
use super::split::{Piece, split};
use crate::library::scalar::geo::sphere::{Edge, angle};
use s2::point::Point;
use std::collections::HashMap;

/// How many polygons of the first and of the second operand cover a face.
pub(crate) type Cover = [i32; 2];

/// A polygon, which operand it belongs to, and the ranks of its edges, which tell how results are ordered.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) polygon: Polygon,
    pub(crate) operand: usize,
    pub(crate) ranks: Vec<usize>,
}

/// One side of a piece: from one point to another, the face to the left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Half {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// What covers the face to the left.
    pub(crate) cover: Cover,
    /// The least rank of the edges that go along, and the operands that have edges here, in either direction.
    pub(crate) rank: Option<usize>,
    pub(crate) operands: [bool; 2],
    /// By how much the polygons to the left outnumber those to the right, by source.
    sources: Vec<(usize, i32)>,
    /// The next side around the point it starts at, clockwise.
    clockwise: usize,
}

/// The sides of all pieces: those of one piece stand next to each other (an even place and the odd one after it).
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) points: Points,
    pub(crate) halves: Vec<Half>,
}

/// The place of the other side.
pub(crate) fn twin(half: usize) -> usize {
    half ^ 1
}

impl Graph {
    /// Cuts the edges of polygons and counts what covers each face.
    pub(crate) fn new(sources: &[Source]) -> Graph {
        let mut edges: Vec<Edge> = vec![];
        let mut owners: Vec<(usize, usize)> = vec![];
        for (index, source) in sources.iter().enumerate() {
            edges.extend(source.polygon.edges());
            owners.extend(source.ranks.iter().map(|rank| (index, *rank)));
        }
        let (points, pieces) = split(&edges, |_, _| true);
        let mut graph = Graph { points, halves: halves(&pieces, &owners, sources) };
        graph.turn();
        graph.count(sources);
        graph
    }

    /// The side that follows around the face to the left of a side.
    pub(crate) fn next(&self, half: usize) -> usize {
        self.clockwise(twin(half))
    }

    /// The next side around the same point, clockwise.
    pub(crate) fn clockwise(&self, half: usize) -> usize {
        self.halves.get(half).map_or(half, |half| half.clockwise)
    }

    /// The ends of a side.
    pub(crate) fn ends(&self, half: usize) -> Option<Edge> {
        let half = self.halves.get(half)?;
        Some((self.points.get(half.from)?, self.points.get(half.to)?))
    }

    /// Sorts the sides around each point.
    fn turn(&mut self) {
        let mut around: Vec<Vec<(f64, usize)>> = vec![vec![]; self.points.len()];
        for (index, half) in self.halves.iter().enumerate() {
            let Some((from, to)) = self.ends(index) else { continue };
            let east = from.0.ortho();
            let (north, way) = (from.0.cross(&east), to.0 - from.0);
            let angle = way.dot(&north).atan2(way.dot(&east));
            around.iter_mut().skip(half.from).take(1).for_each(|sides| sides.push((angle, index)));
        }
        for mut sides in around {
            sides.sort_by(|(a, _), (b, _)| b.total_cmp(a));
            let followers = sides.iter().cycle().skip(1).map(|(_, index)| *index);
            let turns: Vec<(usize, usize)> = sides.iter().map(|(_, index)| *index).zip(followers).collect();
            for (side, next) in turns {
                self.halves.iter_mut().skip(side).take(1).for_each(|half| half.clockwise = next);
            }
        }
    }

    /// Counts what covers each face: from one edge of each connected part on, by steps around faces and over edges.
    fn count(&mut self, sources: &[Source]) {
        let mut order: Vec<(bool, f64, usize)> = (0..self.halves.len())
            .step_by(2)
            .map(|half| (self.is_fold(half), self.ends(half).map_or(0.0, |(a, b)| angle(&a, &b)), half))
            .collect();
        // Long edges first: what is asked about their middles is the least doubtful. Where a ring goes forth and back, its
        // sides cannot be told.
        order.sort_by(|(fold, a, _), (other_fold, b, _)| fold.cmp(other_fold).then(b.total_cmp(a)));
        let mut seen = vec![false; self.halves.len()];
        for (_, _, start) in order {
            if seen.get(start) == Some(&true) {
                continue;
            }
            let mut work = vec![(start, self.cover_at(start, sources))];
            while let Some((half, cover)) = work.pop() {
                if seen.get(half) != Some(&false) {
                    continue;
                }
                seen.iter_mut().skip(half).take(1).for_each(|seen| *seen = true);
                let Some(side) = self.halves.get_mut(half) else { continue };
                side.cover = cover;
                let right = side.sources.iter().fold(cover, |mut cover, (source, change)| {
                    let operand = sources.get(*source).map_or(0, |source| source.operand);
                    cover.iter_mut().skip(operand).take(1).for_each(|count| *count -= change);
                    cover
                });
                work.push((self.next(half), cover));
                work.push((twin(half), right));
            }
        }
    }

    /// Whether a polygon has as many edges in one direction as in the other here.
    fn is_fold(&self, half: usize) -> bool {
        self.halves.get(half).is_some_and(|half| half.sources.iter().any(|(_, change)| *change == 0))
    }

    /// What covers the face to the left of a side, by asking each polygon.
    fn cover_at(&self, half: usize, sources: &[Source]) -> Cover {
        let mut cover = [0, 0];
        let (Some(side), Some((a, b))) = (self.halves.get(half), self.ends(half)) else { return cover };
        let middle = Point((a.0 + b.0).normalize());
        for (index, source) in sources.iter().enumerate() {
            let known = side.sources.iter().find(|(known, change)| *known == index && *change != 0);
            let inside = known.map_or_else(|| source.polygon.contains(&middle), |(_, change)| *change > 0);
            cover.iter_mut().skip(source.operand).take(1).for_each(|count| *count += i32::from(inside));
        }
        cover
    }
}

/// The two sides of every piece; pieces that lie upon each other are one.
fn halves(pieces: &[Piece], owners: &[(usize, usize)], sources: &[Source]) -> Vec<Half> {
    let mut halves: Vec<Half> = vec![];
    let mut places: HashMap<(usize, usize), usize> = HashMap::new();
    for Piece { from, to, edge } in pieces.iter().copied() {
        let Some((source, rank)) = owners.get(edge).copied() else { continue };
        let place = *places.entry((from.min(to), from.max(to))).or_insert_with(|| {
            halves.push(Half { from, to, ..Half::default() });
            halves.push(Half { from: to, to: from, ..Half::default() });
            halves.len() - 2
        });
        for half in halves.iter_mut().skip(place).take(2) {
            let along = half.from == from;
            if along {
                half.rank = Some(half.rank.map_or(rank, |known| known.min(rank)));
            }
            let change = if along { 1 } else { -1 };
            match half.sources.iter_mut().find(|(known, _)| *known == source) {
                Some((_, sum)) => *sum += change,
                None => half.sources.push((source, change)),
            }
            let operand = sources.get(source).map_or(0, |source| source.operand);
            half.operands.iter_mut().skip(operand).take(1).for_each(|has| *has = true);
        }
    }
    halves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_know_what_covers_them() {
        let square = |x: f64, y: f64, operand: usize| {
            let ring = vec![[x, y], [x + 2., y], [x + 2., y + 2.], [x, y + 2.], [x, y]];
            Source { polygon: Polygon::new(&vec![ring]).unwrap(), operand, ranks: (0..4).collect() }
        };
        let graph = Graph::new(&[square(0., 0., 0), square(1., 0.5, 1), square(40., 0., 1)]);
        let count = |cover: Cover| graph.halves.iter().filter(|half| half.cover == cover).count();
        assert_eq!(graph.halves.len(), 32);
        assert_eq!([count([1, 0]), count([1, 1]), count([0, 1]), count([0, 0])], [6, 4, 10, 12]);
    }
}
