//! Lines on the ellipsoid WGS84.
//!
//! In: positions in degrees. Out: fractions of lines. Edges are the shortest ways on the ellipsoid.

use crate::library::scalar::geo::Position;
use geo::{Distance, Geodesic, InterpolatePoint, Point};

/// Steps of the search for the closest point of an edge: each makes the place 1.6 times as exact.
const STEPS: usize = 60;

/// The fraction of a line's length at which it is closest to a point; zero for a line without length.
pub(crate) fn fraction_of(line: &[Position], to: Position) -> f64 {
    let at = |[longitude, latitude]: Position| Point::new(longitude, latitude);
    let mut passed = 0.0;
    let (mut best, mut place) = (f64::INFINITY, 0.0);
    for (from, end) in line.iter().zip(line.iter().skip(1)) {
        let (from, end) = (at(*from), at(*end));
        let step = Geodesic.distance(from, end);
        let (share, distance) = closest(from, end, at(to));
        if distance < best {
            (best, place) = (distance, passed + share * step);
        }
        passed += step;
    }
    if passed > 0.0 { (place / passed).clamp(0.0, 1.0) } else { 0.0 }
}

/// The share of the way between two points at which it is closest to a third, and its distance there, by golden sections.
fn closest(from: Point, end: Point, to: Point) -> (f64, f64) {
    let distance = |share: f64| Geodesic.distance(Geodesic.point_at_ratio_between(from, end, share), to);
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..STEPS {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if distance(left) <= distance(right) { high = right } else { low = left }
    }
    let candidates = [0.0, (low + high) / 2.0, 1.0].map(|share| (share, distance(share)));
    candidates.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0.0, f64::INFINITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meridians_are_longer_toward_the_poles() {
        let fraction = fraction_of(&[[0., 0.], [0., 90.]], [10., 45.]);
        assert!((0.49..0.51).contains(&fraction), "{fraction}");
        assert!((fraction_of(&[[0., 0.], [8., 0.], [8., 8.]], [8., -3.]) - 0.5).abs() < 0.01);
        assert_eq!(fraction_of(&[[0., 0.], [8., 0.]], [-1., 0.]), 0.0);
    }
}
