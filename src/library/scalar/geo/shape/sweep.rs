//! Which edges of a set may meet.
//!
//! In: edges. Out: pairs of their places in the set whose boxes overlap, each pair once. Whether they meet is not decided
//! here.

use crate::library::scalar::geo::sphere::{Edge, angle};

/// What is added to boxes, so that edges that only touch are found.
const MARGIN: f64 = 1e-12;

/// Lowest and highest coordinate on each axis.
type Bounds = [(f64, f64); 3];

/// Calls for each pair of edges whose boxes overlap, the smaller place first; stops when told so (`false`).
pub(crate) fn pairs(edges: &[Edge], mut meet: impl FnMut(usize, usize) -> bool) {
    let mut boxes: Vec<(usize, Bounds)> = edges.iter().map(bounds).enumerate().collect();
    boxes.sort_by(|(_, [a, ..]), (_, [b, ..])| a.0.total_cmp(&b.0));
    for (place, (index, bounds)) in boxes.iter().enumerate() {
        let [(_, end), y, z] = bounds;
        let rest = boxes.get(place + 1..).unwrap_or_default();
        for (other, [_, other_y, other_z]) in rest.iter().take_while(|(_, [x, ..])| x.0 <= *end) {
            if overlap(y, other_y) && overlap(z, other_z) && !meet(*index.min(other), *index.max(other)) {
                return;
            }
        }
    }
}

fn overlap(one: &(f64, f64), other: &(f64, f64)) -> bool {
    one.0 <= other.1 && other.0 <= one.1
}

/// The box around an edge. An arc rises over the box of its ends by no more than over its chord.
fn bounds((a, b): &Edge) -> Bounds {
    let margin = MARGIN + 1.0 - (angle(a, b) / 2.0).cos();
    let span = |a: f64, b: f64| (a.min(b) - margin, a.max(b) + margin);
    [span(a.0.x, b.0.x), span(a.0.y, b.0.y), span(a.0.z, b.0.z)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::scalar::geo::sphere::point_at;

    #[test]
    fn every_crossing_pair_is_among_them() {
        let edge = |a: [f64; 2], b: [f64; 2]| (point_at(a), point_at(b));
        let edges = [
            edge([0., 0.], [100., 50.]),
            edge([50., 20.], [50., 60.]),
            edge([-60., -5.], [-61., -6.]),
            edge([-61., -6.], [-62., -6.]),
        ];
        let mut found = vec![];
        pairs(&edges, |a, b| {
            found.push((a, b));
            true
        });
        found.sort_unstable();
        assert_eq!(found, [(0, 1), (2, 3)]);
    }
}
