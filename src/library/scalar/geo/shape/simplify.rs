//! Lines and rings with less points.
//!
//! In: chains of points and a tolerance (radians). Out: chains through some of the same points, no two of which are nearer to
//! each other than the tolerance, and which pass each dropped point within it. Where chains share a border, it is simplified
//! once for all of them. What the S2 library does is followed (which points are kept, how far an edge reaches), but that it
//! also bends edges around points of other chains.

use super::points::Points;
use crate::library::scalar::geo::sphere::angle;
use s2::cellid::CellID;
use s2::point::Point;
use std::collections::{HashMap, HashSet};
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// A chain of points; the last point of a closed one is joined to its first and not repeated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chain {
    pub(crate) points: Vec<Point>,
    pub(crate) closed: bool,
}

/// Points as they are replaced.
struct Sites {
    points: Points,
    /// For each kept point the dropped ones that it stands for, and itself.
    dropped: HashMap<usize, Vec<Point>>,
    /// Points where chains end or part.
    fixed: HashSet<usize>,
    tolerance: f64,
}

/// Chains with less points, in their order; one with less than two points (or three, when it is closed) has vanished.
pub(crate) fn simplify(chains: &[Chain], tolerance: f64) -> Vec<Chain> {
    let (mut sites, mut ways) = sites(chains, tolerance);
    for (chain, way) in chains.iter().zip(&mut ways) {
        way.dedup();
        if chain.closed && way.len() > 1 && way.first() == way.last() {
            way.pop();
        }
    }
    sites.fix(chains, &ways);
    let simple = chains.iter().zip(&ways).map(|(chain, way)| {
        let kept = if chain.closed { sites.ring(way) } else { sites.line(way) };
        Chain { points: sites.points.all(&kept), closed: chain.closed }
    });
    simple.collect()
}

/// The points that are kept, and the chains as their numbers.
fn sites(chains: &[Chain], tolerance: f64) -> (Sites, Vec<Vec<usize>>) {
    let mut all: Vec<(CellID, Point)> =
        chains.iter().flat_map(|chain| &chain.points).map(|point| (CellID::from(point), *point)).collect();
    all.sort_by_key(|(cell, _)| *cell);
    let chord = |a: &Point, b: &Point| (a.0 - b.0).norm2();
    let nearest = (2.0 * (tolerance / 2.0).sin()).powi(2);
    let mut kept: Vec<Point> = vec![];
    for (_, point) in &all {
        if !kept.iter().rev().any(|kept| chord(kept, point) <= nearest) {
            kept.push(*point);
        }
    }
    let mut sites = Sites { points: Points::default(), dropped: HashMap::new(), fixed: HashSet::new(), tolerance };
    for point in &kept {
        sites.points.number(point);
    }
    let mut known: HashMap<[u64; 3], usize> = HashMap::new();
    let mut site = |point: &Point| {
        let key = [point.0.x.to_bits(), point.0.y.to_bits(), point.0.z.to_bits()];
        *known.entry(key).or_insert_with(|| {
            let nearest = kept.iter().min_by(|a, b| chord(a, point).total_cmp(&chord(b, point)));
            let number = nearest.and_then(|nearest| sites.points.find(nearest)).unwrap_or(0);
            sites.dropped.entry(number).or_default().push(*point);
            number
        })
    };
    let ways = chains.iter().map(|chain| chain.points.iter().map(&mut site).collect()).collect();
    (sites, ways)
}

impl Sites {
    /// Finds the points that no chain may pass by: ends of lines, and those with more than two neighbours.
    fn fix(&mut self, chains: &[Chain], ways: &[Vec<usize>]) {
        let mut neighbours: HashMap<usize, HashSet<usize>> = HashMap::new();
        for (chain, way) in chains.iter().zip(ways) {
            let back = if chain.closed { way.first() } else { None };
            for (a, b) in way.iter().zip(way.iter().skip(1).chain(back)).filter(|(a, b)| a != b) {
                neighbours.entry(*a).or_default().insert(*b);
                neighbours.entry(*b).or_default().insert(*a);
            }
            if !chain.closed {
                self.fixed.extend(way.first());
                self.fixed.extend(way.last());
            }
        }
        self.fixed.extend(neighbours.iter().filter(|(_, others)| others.len() != 2).map(|(site, _)| *site));
    }

    /// A ring from its first fixed point around; from the one that was kept first when it has none.
    fn ring(&self, way: &[usize]) -> Vec<usize> {
        let least = || way.iter().enumerate().min_by_key(|(_, site)| **site).map(|(place, _)| place);
        let start = way.iter().position(|site| self.fixed.contains(site)).or_else(least).unwrap_or(0);
        let around: Vec<usize> = way.iter().copied().cycle().skip(start).take(way.len() + 1).collect();
        let mut kept = self.line(&around);
        kept.pop();
        // Back to where it began, as far as that point is still there.
        let first = way.iter().find_map(|site| kept.iter().position(|kept| kept == site));
        kept.rotate_left(first.unwrap_or(0));
        kept
    }

    /// A line, each stretch between fixed points by itself.
    fn line(&self, way: &[usize]) -> Vec<usize> {
        let mut kept: Vec<usize> = way.first().copied().into_iter().collect();
        let mut stretch: Vec<usize> = kept.clone();
        for (place, site) in way.iter().enumerate().skip(1) {
            stretch.push(*site);
            if self.fixed.contains(site) || place + 1 == way.len() {
                kept.extend(self.stretch(&stretch).into_iter().skip(1));
                stretch = vec![*site];
            }
        }
        if kept.len() == 2 && kept.first() == kept.last() {
            kept.pop();
        }
        kept
    }

    /// A stretch; always walked from the end that was kept first, so that both sides of a border agree.
    fn stretch(&self, way: &[usize]) -> Vec<usize> {
        let turned = way.last() < way.first();
        let mut way = way.to_vec();
        if turned {
            way.reverse();
        }
        let mut kept = self.greedy(&way);
        if turned {
            kept.reverse();
        }
        kept
    }

    /// From each kept point as far as an edge reaches that passes all points between.
    fn greedy(&self, way: &[usize]) -> Vec<usize> {
        let mut kept: Vec<usize> = way.first().copied().into_iter().collect();
        let mut place = 0;
        while place + 1 < way.len() {
            let rest = way.get(place..).unwrap_or_default();
            let step = self.reach(rest).max(1);
            place += step;
            kept.extend(way.get(place));
        }
        kept
    }

    /// How many steps an edge from the first point of a way may span.
    fn reach(&self, way: &[usize]) -> usize {
        let Some(from) = way.first().and_then(|site| self.points.get(*site)) else { return 1 };
        let mut window: Option<(f64, f64)> = None;
        let mut farthest = 0.0;
        for (steps, site) in way.iter().enumerate().skip(1) {
            let Some(to) = self.points.get(*site) else { return steps };
            let away = angle(&from, &to);
            let aims = window.is_none_or(|(middle, half)| turn(middle, direction(&from, &to)).abs() <= half);
            if steps > 1 && (!aims || away <= farthest || away > FRAC_PI_2) {
                return steps - 1;
            }
            farthest = away;
            let passed = self.dropped.get(site).map(Vec::as_slice).unwrap_or_default();
            for target in passed {
                match self.narrow(window, &from, target) {
                    Some(narrower) => window = narrower,
                    None => return steps,
                }
            }
        }
        way.len().saturating_sub(1)
    }

    /// The directions (their middle and half their range) that pass a point within the tolerance, too; `None` when none does.
    fn narrow(&self, window: Option<(f64, f64)>, from: &Point, target: &Point) -> Option<Option<(f64, f64)>> {
        let away = angle(from, target);
        if away <= self.tolerance {
            return Some(window);
        }
        let half = (self.tolerance.sin() / away.sin()).min(1.0).asin();
        let middle = direction(from, target);
        let Some((known, range)) = window else { return Some(Some((middle, half))) };
        let offset = turn(known, middle);
        let (low, high) = ((-range).max(offset - half), range.min(offset + half));
        (low <= high).then(|| Some((known + (low + high) / 2.0, (high - low) / 2.0)))
    }
}

/// The direction from one point to another, as an angle around the first.
fn direction(from: &Point, to: &Point) -> f64 {
    let east = from.0.ortho();
    let way = to.0 - from.0;
    way.dot(&from.0.cross(&east)).atan2(way.dot(&east))
}

/// The turn from one direction to another, from -pi to pi.
fn turn(from: f64, to: f64) -> f64 {
    (to - from + PI).rem_euclid(TAU) - PI
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::scalar::geo::sphere::{distance, edges, point_at};

    fn chain(positions: &[[f64; 2]], closed: bool) -> Chain {
        Chain { points: positions.iter().copied().map(point_at).collect(), closed }
    }

    #[test]
    fn dropped_points_stay_near() {
        let wave: Vec<[f64; 2]> = (0..200).map(|i| [f64::from(i) / 50., (f64::from(i) / 9.).sin() / 10.]).collect();
        let line = chain(&wave, false);
        let tolerance = 0.05f64.to_radians();
        let simple = simplify(std::slice::from_ref(&line), tolerance).remove(0).points;
        assert!(simple.len() > 5 && simple.len() < 60, "{}", simple.len());
        assert_eq!(simple.first(), line.points.first());
        for point in &line.points {
            let away = edges(&simple).map(|edge| distance(point, &edge)).fold(f64::INFINITY, f64::min);
            assert!(away <= tolerance * 2.0);
        }
        assert_eq!(simplify(std::slice::from_ref(&line), 0.0)[0].points.first(), line.points.first());
    }

    #[test]
    fn a_border_is_simplified_once() {
        let border: Vec<[f64; 2]> = (0..=20).map(|i| [f64::from(i % 2) / 100., f64::from(i) / 10.]).collect();
        let with = |x: f64| -> Vec<[f64; 2]> { border.iter().copied().chain([[x, 2.], [x, 0.]]).collect() };
        let simple = simplify(&[chain(&with(5.), true), chain(&with(-5.), true)], 0.02f64.to_radians());
        assert_eq!(simple[0].points.len(), 4);
        let shared = |index: usize| -> HashSet<[u64; 3]> {
            simple[index].points.iter().map(|p| [p.0.x.to_bits(), p.0.y.to_bits(), p.0.z.to_bits()]).collect()
        };
        assert_eq!(shared(0).intersection(&shared(1)).count(), 2);
    }

    #[test]
    fn small_rings_vanish() {
        let ring = chain(&[[0., 0.], [1., 0.], [1., 1.]], true);
        assert!(simplify(&[ring], 0.1).remove(0).points.len() < 3);
    }
}
