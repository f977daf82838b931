//! Edges that are straight on the map as chains of edges that are straight on the sphere.
//!
//! In: positions in a row, whose edges are straight in longitude and latitude, and a tolerance (radians). Out: positions; the
//! shortest ways between them stay within the tolerance of the straight edges. Edges are halved until they do, as the S2
//! library does it.

use crate::library::scalar::geo::sphere::{angle, interpolate, point_at, position_at};
use crate::library::scalar::geo::{Path, Position};

/// Where an edge is compared with the way on the sphere: at this fraction from both ends. An edge may bend the other way in
/// its other half; at its middle that would go unseen.
const PROBE: f64 = 0.312_156_910_822_482_3;
/// The worst error of an edge whose error at the probes is one.
const SCALE: f64 = 0.838_299_925_698_885_1;
/// Most points of a result.
const MOST: usize = 10_485_760;
/// How far from the antimeridian lines are cut, in degrees.
const CUT: f64 = 1e-12;

/// A chain of positions along positions; `None` when it has too many. With `wrap`, an edge takes the shorter way around the
/// Earth, else the one that does not leave the map. A longitude beyond 180 degrees lies beyond the antimeridian.
pub(crate) fn densify(path: &[Position], tolerance: f64, wrap: bool) -> Option<Path> {
    let mut found = vec![turned(*path.first()?)];
    for (from, to) in path.iter().zip(path.iter().skip(1)) {
        let mut to = *to;
        if wrap && (to[0] - from[0]).abs() > 180.0 {
            to[0] -= 360.0 * ((to[0] - from[0]) / 360.0).round();
        }
        if !halve(*from, to, tolerance * SCALE, &mut found) {
            return None;
        }
    }
    Some(found)
}

/// Appends positions after the first of an edge; `false` when there are too many.
fn halve(from: Position, to: Position, tolerance: f64, found: &mut Path) -> bool {
    if found.len() >= MOST {
        return false;
    }
    if error(from, to) <= tolerance {
        found.push(turned(to));
        return true;
    }
    let middle = between(from, to, 0.5);
    halve(from, middle, tolerance, found) && halve(middle, to, tolerance, found)
}

/// How far the straight edge is from the way on the sphere; infinite where that is longer than a quarter around it.
fn error(from: Position, to: Position) -> f64 {
    let (a, b) = (point_at(from), point_at(to));
    if a.0.dot(&b.0) < -1e-14 {
        return f64::INFINITY;
    }
    let gap = |share: f64| angle(&interpolate(&a, &b, share), &point_at(between(from, to, share)));
    gap(PROBE).max(gap(1.0 - PROBE))
}

fn between(from: Position, to: Position, share: f64) -> Position {
    [from[0] * (1.0 - share) + to[0] * share, from[1] * (1.0 - share) + to[1] * share]
}

/// A position with a longitude from -180 to 180.
fn turned(position: Position) -> Position {
    position_at(&point_at(position))
}

/// A chain cut where it passes the antimeridian.
pub(crate) fn cut(path: &[Position]) -> Vec<Path> {
    let on_it = |position: &Position| position[0].abs() >= 180.0 - CUT;
    let mut parts: Vec<Path> = vec![];
    let mut part: Path = path.first().copied().into_iter().collect();
    for to in path.iter().skip(1) {
        let from = part.last().copied().unwrap_or(*to);
        let mut to = *to;
        if on_it(&to) {
            // It has two names; the one on the side that the chain comes from fits.
            to[0] = 180f64.copysign(from[0]);
        } else if (from[0] - to[0]).abs() > 180.0 {
            let latitude = latitude_at_antimeridian(from, to);
            let side = if on_it(&from) { from[0] } else { (180.0 - CUT).copysign(from[0]) };
            if !on_it(&from) {
                part.push([side, latitude]);
            }
            parts.extend((part.len() > 1).then_some(part));
            part = vec![[-side, latitude]];
        }
        part.push(to);
    }
    parts.push(part);
    parts
}

/// Where the shortest way between two positions passes the antimeridian.
fn latitude_at_antimeridian(from: Position, to: Position) -> f64 {
    let normal = point_at(from).0.cross(&point_at(to).0);
    // Right angles to both the way's plane and that of the meridian, on the side of the antimeridian.
    let along = [-normal.z, normal.x];
    let [x, z] = if along.first().is_some_and(|x| *x > 0.0) { along.map(|value| -value) } else { along };
    z.atan2(-x).to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_stay_within_the_tolerance() {
        let tolerance = 1e-6;
        let chain = densify(&[[10., 50.], [30., 50.]], tolerance, false).unwrap();
        assert!(chain.len() > 10);
        for (a, b) in chain.iter().zip(chain.iter().skip(1)) {
            let middle = interpolate(&point_at(*a), &point_at(*b), 0.5);
            assert!(angle(&middle, &point_at(between(*a, *b, 0.5))) <= tolerance);
        }
        assert_eq!(densify(&[[10., 10.], [10., 40.]], tolerance, false).unwrap().len(), 2);
    }

    #[test]
    fn edges_wrap_or_do_not() {
        let across = |wrap| densify(&[[170., 10.], [-171., 10.]], 1e-3, wrap).unwrap();
        assert!(across(false).iter().any(|[longitude, _]| longitude.abs() < 1.0));
        assert!(across(true).iter().all(|[longitude, _]| longitude.abs() > 169.0));
        let parts = cut(&across(true));
        assert_eq!(parts.len(), 2);
        assert!(parts[0].last().unwrap()[1] > 10.0 && (parts[1][0][0] + 180.0).abs() < 1e-9);
        let upon = cut(&[[170., 0.], [-180., 1.], [-170., 0.]]);
        assert_eq!(upon.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        assert_eq!((upon[0][1][0], upon[1][0][0]), (180., -180.));
        assert_eq!(cut(&[[170., 0.], [-180., 1.], [170., 2.]]).len(), 1);
    }
}
