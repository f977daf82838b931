//! The H3 cells whose middles lie in polygons.
//!
//! In: polygons, a resolution, a radius. Out: cells ordered by their indexes. Edges are straight lines in degrees, as H3 has
//! it; a polygon with an edge longer than 180 degrees of longitude goes over the antimeridian.

use crate::library::scalar::geo::{EARTH_RADIUS, Position, Rings};
use h3o::{CellIndex, LatLng, Resolution};

/// All descendants of a cell have their middles within so many times the distance of its farthest corner: in a plane the
/// factor is 1.06, the rest is for distortion.
const REACH: f64 = 1.5;

/// So many cells are looked at, at most: a sliver has few cells, but its outline may go through millions of them.
const PATIENCE: usize = 1_000_000;

type Edge = (Position, Position);

/// The cells of a resolution with their middles in the polygons, or nearer to them than a radius in meters; `None` when
/// there are more than `most`, or when more than [`PATIENCE`] had to be looked at.
pub(super) fn cells(polygons: &[Rings], resolution: Resolution, radius: f64, most: usize) -> Option<Vec<CellIndex>> {
    let areas = polygons.iter().map(Area::new).collect();
    let mut search =
        Search { areas, resolution, radius: radius / EARTH_RADIUS, most, patience: PATIENCE, found: vec![] };
    CellIndex::base_cells().try_for_each(|cell| search.visit(cell))?;
    Some(search.found)
}

/// A polygon in the plane of degrees.
struct Area {
    edges: Vec<Edge>,
    /// Longitudes below zero were put 360 degrees further east.
    shifted: bool,
}

impl Area {
    fn new(rings: &Rings) -> Self {
        let edges = || rings.iter().flat_map(|ring| ring.iter().zip(ring.iter().skip(1)));
        let shifted = edges().any(|(from, to)| (from[0] - to[0]).abs() > 180.0);
        let mut area = Area { edges: vec![], shifted };
        area.edges = edges().map(|(from, to)| (area.shift(*from), area.shift(*to))).collect();
        area
    }

    fn shift(&self, [longitude, latitude]: Position) -> Position {
        [if self.shifted && longitude < 0.0 { longitude + 360.0 } else { longitude }, latitude]
    }

    /// Whether a point lies inside: an odd number of edges lies east of it.
    fn contains(&self, point: Position) -> bool {
        let [x, y] = self.shift(point);
        let east = |([x1, y1], [x2, y2]): &&Edge| (*y1 > y) != (*y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1;
        self.edges.iter().filter(east).count() % 2 == 1
    }

    /// Whether an edge has a point within a number of radians from a point, or might have.
    fn is_near(&self, point: Position, reach: f64) -> bool {
        let center = self.shift(point);
        let height = reach.to_degrees();
        let near_pole = center[1].abs() + height >= 90.0;
        // As wide as the circle becomes in degrees of longitude.
        let wide = (reach.sin() / center[1].to_radians().cos()).min(1.0).asin().to_degrees();
        let width = if near_pole || reach >= 1.5 { 720.0 } else { wide };
        [-360.0, 0.0, 360.0].iter().any(|turn| {
            let center = [center[0] + turn, center[1]];
            self.edges.iter().any(|edge| crosses_box(edge, center, [width, height]))
        })
    }

    /// The distance in radians from a point to the nearest edge.
    fn distance(&self, point: LatLng) -> f64 {
        let center = self.shift([point.lng(), point.lat()]);
        let narrow = point.lat_radians().cos();
        let to_edge = |(from, to): &Edge| {
            let nearest = nearest(*from, *to, center, narrow);
            LatLng::new(nearest[1], nearest[0]).map_or(f64::INFINITY, |nearest| nearest.distance_rads(point))
        };
        self.edges.iter().map(to_edge).fold(f64::INFINITY, f64::min)
    }
}

/// Whether a line goes through a box around a center: it is cut down to each side in turn.
fn crosses_box((from, to): &Edge, center: Position, half: [f64; 2]) -> bool {
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for (((from, to), center), half) in from.iter().zip(to).zip(center).zip(half) {
        for (a, b) in [(from - (center - half), to - (center - half)), ((center + half) - from, (center + half) - to)] {
            match (a >= 0.0, b >= 0.0) {
                (true, true) => {}
                (false, false) => return false,
                (true, false) => end = end.min(a / (a - b)),
                (false, true) => start = start.max(a / (a - b)),
            }
        }
    }
    start <= end
}

/// The point of a line that is nearest to a center, where a degree of longitude is that much shorter than one of latitude.
fn nearest([x1, y1]: Position, [x2, y2]: Position, [x, y]: Position, narrow: f64) -> Position {
    let (dx, dy) = ((x2 - x1) * narrow, y2 - y1);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { ((x - x1) * narrow * dx + (y - y1) * dy) / length } else { 0.0 };
    let along = along.clamp(0.0, 1.0);
    [x1 + (x2 - x1) * along, y1 + (y2 - y1) * along]
}

struct Search {
    areas: Vec<Area>,
    resolution: Resolution,
    /// In radians.
    radius: f64,
    most: usize,
    patience: usize,
    found: Vec<CellIndex>,
}

impl Search {
    /// Looks at a cell and what belongs to it. `None` when there are too many cells.
    fn visit(&mut self, cell: CellIndex) -> Option<()> {
        self.patience = self.patience.checked_sub(1)?;
        let center = LatLng::from(cell);
        let place = [center.lng(), center.lat()];
        if cell.resolution() == self.resolution {
            let taken = self
                .areas
                .iter()
                .any(|area| area.contains(place) || self.radius > 0.0 && area.distance(center) <= self.radius);
            return if taken { self.take(cell) } else { Some(()) };
        }
        let corners = cell.boundary();
        let farthest = corners.iter().map(|corner| corner.distance_rads(center)).fold(0.0, f64::max);
        let reach = farthest * REACH + self.radius;
        if self.areas.iter().any(|area| area.is_near(place, reach)) {
            let next = cell.resolution().succ()?;
            return cell.children(next).try_for_each(|child| self.visit(child));
        }
        // No edge is near: everything that belongs to the cell is inside, or nothing.
        if self.areas.iter().any(|area| area.contains(place)) { self.take(cell) } else { Some(()) }
    }

    fn take(&mut self, cell: CellIndex) -> Option<()> {
        if cell.children_count(self.resolution) > (self.most - self.found.len()) as u64 {
            return None;
        }
        self.found.extend(cell.children(self.resolution));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use h3o::Resolution::{Five, Three};

    fn square(west: f64, east: f64, south: f64, north: f64) -> Rings {
        vec![vec![[west, south], [east, south], [east, north], [west, north], [west, south]]]
    }

    #[test]
    fn every_cell_with_its_middle_inside_is_found() {
        let area = square(-30.0, 5.0, -10.0, 20.0);
        let found = cells(std::slice::from_ref(&area), Three, 0.0, 61_680).unwrap();
        let inside = |cell: &CellIndex| {
            let center = LatLng::from(*cell);
            (-30.0..5.0).contains(&center.lng()) && (-10.0..20.0).contains(&center.lat())
        };
        let wanted: Vec<_> = CellIndex::base_cells().flat_map(|cell| cell.children(Three)).filter(inside).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn polygons_go_over_the_antimeridian() {
        let found = cells(&[square(179.0, -179.0, -1.0, 1.0)], Five, 0.0, 61_680).unwrap();
        assert!(!found.is_empty() && found.iter().all(|cell| LatLng::from(*cell).lng().abs() > 179.0));
    }

    #[test]
    fn a_radius_adds_what_is_near_and_too_many_are_none() {
        let area = [square(8.0, 9.0, 50.0, 51.0)];
        let count = |radius| cells(&area, Five, radius, 61_680).unwrap().len();
        assert!(count(20_000.0) > count(0.0) + 20);
        assert_eq!(cells(&area, Five, 0.0, 10), None);
        let sliver = vec![vec![[0.0, 0.0], [100.0, 1e-9], [100.0, 2e-9], [0.0, 0.0]]];
        assert_eq!(cells(&[sliver], h3o::Resolution::Fourteen, 0.0, 61_680), None);
    }
}
