//! Unions and intersections of polygons.
//!
//! In: polygons. Out: polygons whose rings do not cross; for intersections also the lines and points in which boundaries
//! touch. Corners are corners of what came in, or crossings of its edges. The order of rings and the points that they start
//! at are those of the S2 library: a ring ends with the edge whose origin came last.

use super::graph::{Graph, Half, Source, twin};
use super::line::paths;
use super::ring::{Polygon, Ring};
use super::{Line, ring};
use s2::cellid::CellID;
use s2::point::Point;
use std::collections::{HashMap, HashSet};
use std::f64::consts::TAU;

/// What two polygons have in common.
#[derive(Debug)]
pub(crate) struct Common {
    /// Where they overlap.
    pub(crate) polygon: Polygon,
    /// Where only their boundaries do.
    pub(crate) lines: Vec<Line>,
    /// Where only their boundaries meet.
    pub(crate) points: Vec<Point>,
}

/// The union of polygons: two at a time, those with the fewest points first.
pub(crate) fn union(polygons: Vec<Polygon>) -> Option<Polygon> {
    let mut queue = polygons;
    queue.sort_by_key(Polygon::size);
    let mut queue = std::collections::VecDeque::from(queue);
    while queue.len() > 1 {
        let (Some(one), Some(other)) = (queue.pop_front(), queue.pop_front()) else { break };
        let sum = merge(ranked(vec![(one, 0), (other, 1)]));
        let place = queue.partition_point(|polygon| polygon.size() <= sum.size());
        queue.insert(place, sum);
    }
    queue.pop_front()
}

/// The union of all sources at once.
pub(crate) fn merge(sources: Vec<Source>) -> Polygon {
    let graph = Graph::new(&sources);
    Polygon::nested(rings(&graph, |half| half.cover.iter().any(|count| *count > 0)).0)
}

/// What two polygons have in common.
pub(crate) fn intersection(one: Polygon, other: Polygon) -> Common {
    let graph = Graph::new(&ranked(vec![(one, 0), (other, 1)]));
    let (rings, mut used) = rings(&graph, both);
    let inside = |place: usize| graph.halves.get(place).is_some_and(both);
    let shared: Vec<(usize, usize)> = (0..graph.halves.len())
        .step_by(2)
        .filter(|place| !inside(*place) && !inside(twin(*place)))
        .filter_map(|place| graph.halves.get(place))
        .filter(|half| half.operands == [true, true])
        .map(|half| (half.from, half.to))
        .collect();
    used.extend(shared.iter().flat_map(|(from, to)| [*from, *to]));
    let has = |operand: usize| -> HashSet<usize> {
        let halves = graph.halves.iter().filter(|half| half.operands.get(operand) == Some(&true));
        halves.map(|half| half.from).collect()
    };
    let mut points: Vec<usize> = has(0).intersection(&has(1)).filter(|point| !used.contains(point)).copied().collect();
    points.sort_unstable();
    let lines = paths(&shared, graph.points.len());
    Common {
        polygon: Polygon::nested(rings),
        lines: lines.iter().map(|line| graph.points.all(line)).collect(),
        points: graph.points.all(&points),
    }
}

fn both(half: &Half) -> bool {
    half.cover.iter().all(|count| *count > 0)
}

/// Sources whose edges are ranked as they come.
fn ranked(polygons: Vec<(Polygon, usize)>) -> Vec<Source> {
    let mut next = 0;
    let mut rank = |(polygon, operand): (Polygon, usize)| {
        let first = next;
        next += polygon.size();
        Source { polygon, operand, ranks: (first..next).collect() }
    };
    polygons.into_iter().map(&mut rank).collect()
}

/// The boundary of the faces that belong to a result, as rings, and the numbers of their points.
fn rings(graph: &Graph, belongs: impl Fn(&Half) -> bool) -> (Vec<Ring>, HashSet<usize>) {
    let inside = |place: usize| graph.halves.get(place).is_some_and(&belongs);
    let border = |place: usize| inside(place) && !inside(twin(place));
    let mut used = vec![false; graph.halves.len()];
    let mut found: Vec<(usize, Vec<Point>)> = vec![];
    let mut numbers = HashSet::new();
    for start in 0..graph.halves.len() {
        let mut way = vec![];
        let mut place = start;
        while border(place) && used.get(place) == Some(&false) {
            used.iter_mut().skip(place).take(1).for_each(|used| *used = true);
            way.push(place);
            place = graph.next(place);
            // Over faces of the result to the side where it ends.
            let mut turns = 0;
            while !border(place) && turns <= graph.halves.len() {
                place = graph.clockwise(place);
                turns += 1;
            }
        }
        for ring in simple(graph, &way) {
            let ordered = ordered(graph, ring);
            let points: Vec<usize> = ordered.iter().filter_map(|place| Some(graph.halves.get(*place)?.from)).collect();
            numbers.extend(points.iter().copied());
            let rank = ordered.first().map_or(0, |place| rank(graph, *place));
            found.push((rank, graph.points.all(&points)));
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    (found.into_iter().filter_map(|(_, points)| Ring::new(points)).collect(), numbers)
}

fn rank(graph: &Graph, place: usize) -> usize {
    graph.halves.get(place).and_then(|half| half.rank).unwrap_or(usize::MAX)
}

/// A closed way as rings that pass each point once. What goes forth and back alone is left out.
fn simple(graph: &Graph, way: &[usize]) -> Vec<Vec<usize>> {
    let mut rings = vec![];
    let mut open: Vec<usize> = vec![];
    let mut passed: HashMap<usize, usize> = HashMap::new();
    for place in way {
        let Some(half) = graph.halves.get(*place) else { continue };
        passed.insert(half.from, open.len());
        open.push(*place);
        if let Some(start) = passed.get(&half.to).copied() {
            let ring = open.split_off(start);
            for place in &ring {
                graph.halves.get(*place).map(|half| passed.remove(&half.from));
            }
            if ring.len() >= 3 {
                rings.push(ring);
            }
        }
    }
    rings
}

/// A ring turned so that the edge with the highest rank is its last: of several with that rank those that follow the first
/// of them, seen from the point with the least S2 cell.
fn ordered(graph: &Graph, mut ring: Vec<usize>) -> Vec<usize> {
    let cell = |place: &usize| graph.ends(*place).map(|(from, _)| CellID::from(from));
    let least = ring.iter().enumerate().min_by_key(|(_, place)| cell(place)).map_or(0, |(start, _)| start);
    ring.rotate_left(least);
    let (mut end, mut highest, mut gap) = (0, 0, false);
    for (index, place) in ring.iter().enumerate() {
        let rank = rank(graph, *place);
        if index == 0 || rank > highest || (rank == highest && !gap) {
            (end, highest, gap) = (index, rank, false);
        } else if rank < highest {
            gap = true;
        }
    }
    let length = ring.len().max(1);
    ring.rotate_left((end + 1) % length);
    ring
}

/// The shells of a polygon, each with its holes, as rings of points: shells counterclockwise, holes clockwise.
pub(crate) fn parts(polygon: &Polygon) -> Vec<Vec<Vec<Point>>> {
    let size = |ring: &Ring| ring::area(&ring.points).min(TAU);
    let shells: Vec<&Ring> = polygon.0.iter().filter(|(_, hole)| !hole).map(|(ring, _)| ring).collect();
    let mut parts: Vec<Vec<Vec<Point>>> = shells.iter().map(|shell| vec![shell.points.clone()]).collect();
    for (hole, _) in polygon.0.iter().filter(|(_, hole)| *hole) {
        let Some((a, b)) = hole.edges().next() else { continue };
        let middle = Point((a.0 + b.0).normalize());
        let around = shells.iter().enumerate().filter(|(_, shell)| shell.contains(&middle));
        let owner = around.min_by(|(_, a), (_, b)| size(a).total_cmp(&size(b)));
        if let Some((owner, _)) = owner {
            let points: Vec<Point> = hole.points.iter().rev().copied().collect();
            parts.iter_mut().skip(owner).take(1).for_each(|part| part.push(points.clone()));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::scalar::geo::sphere::{angle, point_at};

    fn polygon(rings: &[&[[f64; 2]]]) -> Polygon {
        let closed = |ring: &[[f64; 2]]| ring.iter().chain(ring.first()).copied().collect();
        Polygon::new(&rings.iter().map(|ring| closed(ring)).collect()).unwrap()
    }

    fn square(x: f64, y: f64, size: f64) -> Polygon {
        polygon(&[&[[x, y], [x + size, y], [x + size, y + size], [x, y + size]]])
    }

    #[test]
    fn areas_of_unions_and_intersections_add_up() {
        for (one, other) in [
            (square(0., 0., 2.), square(1., 1., 2.)),
            (square(0., 0., 9.), square(3., 3., 1.)),
            (square(0., 0., 1.), square(1., 0., 1.)),
            (square(0., 0., 1.), square(5., 0., 1.)),
            (square(0., 0., 1.), square(0., 0., 1.)),
            (square(0., 0., 2.), square(0.5, 0., 1.)),
            (
                polygon(&[&[[0., 0.], [4., 0.], [4., 4.], [0., 4.]], &[[1., 1.], [3., 1.], [3., 3.], [1., 3.]]]),
                square(2., 2., 4.),
            ),
        ] {
            let sum = one.area() + other.area();
            let common = intersection(one.clone(), other.clone()).polygon.area();
            let union = union(vec![one, other]).unwrap().area();
            assert!((sum - common - union).abs() < 1e-14, "{sum} is not {common} and {union}");
        }
    }

    #[test]
    fn rings_around_nothing_leave_a_hole() {
        let sides = [[0., 0., 3., 1.], [0., 2., 3., 3.], [0., 0., 1., 3.], [2., 0., 3., 3.]];
        let bars = sides.map(|[x, y, u, v]| polygon(&[&[[x, y], [u, y], [u, v], [x, v]]]));
        let union = union(bars.to_vec()).unwrap();
        assert!(!union.contains(&point_at([1.5, 1.5])) && union.contains(&point_at([0.5, 1.5])));
        assert_eq!(parts(&union).iter().map(Vec::len).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn boundaries_touch_in_lines_and_points() {
        let common = intersection(square(0., 0., 1.), square(1., 0., 1.));
        assert_eq!((common.polygon.size(), common.lines.len(), common.points.len()), (0, 1, 0));
        let common = intersection(square(0., 0., 1.), square(1., 1., 1.));
        assert_eq!((common.polygon.size(), common.lines.len(), common.points.len()), (0, 0, 1));
        assert!(angle(&common.points[0], &point_at([1., 1.])) < 1e-15);
    }
}
