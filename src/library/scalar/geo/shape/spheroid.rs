//! Lines on the ellipsoid WGS84.
//!
//! In: positions in degrees. Out: fractions of lines. Edges are the shortest ways on the ellipsoid.

use crate::library::scalar::geo::Position;
use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use std::sync::LazyLock;

static WGS84: LazyLock<Geodesic> = LazyLock::new(Geodesic::wgs84);

/// Steps of the search for the closest point of an edge: each makes the place 1.6 times as exact.
const STEPS: usize = 60;

/// Meters between two positions.
pub(crate) fn distance([from_longitude, from_latitude]: Position, [longitude, latitude]: Position) -> f64 {
    WGS84.inverse(from_latitude, from_longitude, latitude, longitude)
}

/// The fraction of a line's length at which it is closest to a point; zero for a line without length.
pub(crate) fn fraction_of(line: &[Position], to: Position) -> f64 {
    let mut passed = 0.0;
    let (mut best, mut place) = (f64::INFINITY, 0.0);
    for (from, end) in line.iter().zip(line.iter().skip(1)) {
        let step = distance(*from, *end);
        let (share, away) = closest(*from, *end, to);
        if away < best {
            (best, place) = (away, passed + share * step);
        }
        passed += step;
    }
    if passed > 0.0 { (place / passed).clamp(0.0, 1.0) } else { 0.0 }
}

/// The share of the way between two points at which it is closest to a third, and its distance there, by golden sections.
fn closest(from: Position, end: Position, to: Position) -> (f64, f64) {
    // length, azimuths at both ends, and the arc
    let (length, azimuth, _, _): (f64, f64, f64, f64) = WGS84.inverse(from[1], from[0], end[1], end[0]);
    let distance = |share: f64| {
        let (latitude, longitude) = WGS84.direct(from[1], from[0], azimuth, share * length);
        distance([longitude, latitude], to)
    };
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
