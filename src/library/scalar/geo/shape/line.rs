//! Lines: their measures, points on them, and what several of them have in common.
//!
//! In: lines of points. Out: lengths in radians, points, fractions of lines, lines. Edges are compared by their ends, in
//! either direction: lines that run along each other without sharing points have no edge in common.

use super::Line;
use super::points::Points;
use crate::library::scalar::geo::sphere::{Edge, angle, closest, edges, interpolate, length};
use s2::point::Point;
use s2::r3::vector::Vector;
use std::collections::HashSet;

/// The centroid of lines.
pub(crate) fn centroid(lines: &[Line]) -> Option<Point> {
    let sum = lines.iter().flat_map(|line| edges(line)).fold(Vector::default(), |sum, (a, b)| {
        // An arc of length t has its centroid at sin(t/2) / (t/2) of its middle.
        let (across, along) = ((a.0 - b.0).norm(), a.0 + b.0);
        if along.norm() > 0.0 { sum + along * (across / along.norm()) } else { sum }
    });
    (sum.norm() > 0.0).then(|| Point(sum.normalize()))
}

/// The point of lines that is closest to a point.
pub(crate) fn closest_point(lines: &[Line], to: &Point) -> Option<Point> {
    let feet = lines.iter().flat_map(|line| edges(line)).map(|edge| closest(to, &edge));
    feet.min_by(|a, b| angle(a, to).total_cmp(&angle(b, to)))
}

/// The point at a fraction of a line's length.
pub(crate) fn point_at_fraction(line: &[Point], fraction: f64) -> Option<Point> {
    let mut left = fraction * length(line);
    for (a, b) in edges(line) {
        let step = angle(&a, &b);
        if left < step {
            return Some(interpolate(&a, &b, left / step));
        }
        left -= step;
    }
    line.last().copied()
}

/// The fraction of a line's length at which it is closest to a point; zero for a line without length.
pub(crate) fn fraction_of(line: &[Point], to: &Point) -> f64 {
    let mut passed = 0.0;
    let (mut best, mut place) = (f64::INFINITY, 0.0);
    for edge in edges(line) {
        let foot = closest(to, &edge);
        if angle(&foot, to) < best {
            (best, place) = (angle(&foot, to), passed + angle(&edge.0, &foot));
        }
        passed += angle(&edge.0, &edge.1);
    }
    if passed > 0.0 { (place / passed).min(1.0) } else { 0.0 }
}

/// All edges of lines.
pub(crate) fn all_edges(lines: &[Line]) -> Vec<Edge> {
    lines.iter().flat_map(|line| edges(line)).collect()
}

/// Lines without the edges that stand twice, joined where one ends and one other begins, as the S2 library's paths are.
/// Lines that cross stay whole.
pub(crate) fn union(lines: &[Line]) -> Vec<Line> {
    let mut points = Points::default();
    let mut seen = HashSet::new();
    let numbers: Vec<(usize, usize)> =
        all_edges(lines).iter().map(|(a, b)| (points.number(a), points.number(b))).collect();
    let edges: Vec<(usize, usize)> =
        numbers.into_iter().filter(|(a, b)| a != b && seen.insert((*a.min(b), *a.max(b)))).collect();
    paths(&edges, points.len()).iter().map(|path| points.all(path)).collect()
}

/// Edges in chains: from each point that does not have just one edge in and one out to the next such point; what is left are
/// rings.
pub(crate) fn paths(edges: &[(usize, usize)], points: usize) -> Vec<Vec<usize>> {
    let (mut ins, mut outs) = (vec![0; points], vec![vec![]; points]);
    for (index, (from, to)) in edges.iter().enumerate() {
        if let (Some(outs), Some(ins)) = (outs.get_mut(*from), ins.get_mut(*to)) {
            outs.push(index);
            *ins += 1;
        }
    }
    let only = |point: usize| match outs.get(point).map(Vec::as_slice) {
        Some([next]) if ins.get(point) == Some(&1) => Some(*next),
        _ => None,
    };
    let mut used = vec![false; edges.len()];
    let mut found = vec![];
    for whole in [false, true] {
        for (index, (from, _)) in edges.iter().enumerate() {
            if used.get(index) == Some(&true) || (!whole && only(*from).is_some()) {
                continue;
            }
            let (mut path, mut next) = (vec![*from], Some(index));
            while let Some(edge) = next.filter(|edge| used.get(*edge) == Some(&false)) {
                let Some((_, to)) = edges.get(edge) else { break };
                used.iter_mut().skip(edge).take(1).for_each(|used| *used = true);
                path.push(*to);
                next = only(*to);
            }
            found.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::scalar::geo::sphere::point_at;

    #[test]
    fn a_union_has_each_edge_once() {
        let line = |positions: &[[f64; 2]]| -> Line { positions.iter().copied().map(point_at).collect() };
        let found =
            union(&[line(&[[0., 0.], [1., 0.], [2., 1.]]), line(&[[2., 1.], [1., 0.]]), line(&[[2., 1.], [3., 3.]])]);
        assert_eq!(found, [line(&[[0., 0.], [1., 0.], [2., 1.], [3., 3.]])]);
        let fork = union(&[line(&[[0., 0.], [1., 0.], [2., 1.]]), line(&[[1., 0.], [2., -1.]])]);
        assert_eq!(fork.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2]);
        assert_eq!(union(&[line(&[[0., 0.], [1., 0.], [1., 1.], [0., 0.]])]).len(), 1);
    }

    #[test]
    fn a_fraction_leads_to_a_point_and_back() {
        let line: Line = [[0., 0.], [10., 0.], [10., 30.]].map(point_at).to_vec();
        let point = point_at_fraction(&line, 0.5).unwrap();
        assert!(angle(&point, &point_at([10., 10.])) < 1e-15);
        assert!((fraction_of(&line, &point_at([12., 10.1])) - 0.5).abs() < 0.005);
        assert!((fraction_of(&line, &point) - 0.5).abs() < 1e-15);
    }
}
