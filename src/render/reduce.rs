//! Fewer points for the same picture.
//!
//! Of all points of a line that fall into one column of pixels, the first, the lowest, the highest and the last suffice:
//! the drawn pixels are the same (the M4 aggregation). So a year of minutes stays a small file, and no peak is lost.

/// Keeps what can be seen of a line. Points are pixels, sorted by the first member; NaN in the second is a gap, which is
/// kept. `per_unit` is the number of columns in one unit of the first member.
pub fn line(points: Vec<(f64, f64)>, per_unit: f64) -> Vec<(f64, f64)> {
    let mut kept = Vec::new();
    let mut rest = points.as_slice();
    while let Some(&(x, _)) = rest.first() {
        let column = (x * per_unit).floor();
        let gap = rest.first().is_some_and(|p| p.1.is_nan());
        let same = |p: &&(f64, f64)| p.1.is_nan() == gap && (p.0 * per_unit).floor() == column;
        let length = rest.iter().take_while(same).count().max(1);
        let (group, further) = rest.split_at(length);
        keep(&mut kept, group);
        rest = further;
    }
    kept
}

/// The first, lowest, highest and last of a group, in their order.
fn keep(kept: &mut Vec<(f64, f64)>, group: &[(f64, f64)]) {
    if group.len() <= 4 {
        kept.extend_from_slice(group);
        return;
    }
    let by_y = |a: &(usize, &(f64, f64)), b: &(usize, &(f64, f64))| a.1.1.total_cmp(&b.1.1);
    let low = group.iter().enumerate().min_by(by_y).map_or(0, |(i, _)| i);
    let high = group.iter().enumerate().max_by(by_y).map_or(0, |(i, _)| i);
    let mut places = [0, low.min(high), low.max(high), group.len() - 1].to_vec();
    places.dedup();
    kept.extend(places.into_iter().filter_map(|i| group.get(i)));
}

/// Keeps one of all dots that cover the same pixel.
pub fn dots(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut seen = std::collections::HashSet::new();
    points
        .filter(|p| p.0.is_finite() && p.1.is_finite())
        .filter(|p| seen.insert((p.0.round() as i64, p.1.round() as i64)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_of_minutes_becomes_small_and_keeps_its_peak() {
        let mut points: Vec<(f64, f64)> = (0..525_600).map(|i| (f64::from(i) / 525.6, f64::from(i % 97))).collect();
        points[300_000].1 = 1e6;
        points[400_000].1 = f64::NAN;
        let kept = line(points, 1.0);
        assert!(kept.len() <= 4 * 1003, "{}", kept.len());
        assert!(kept.iter().any(|p| p.1 == 1e6));
        assert_eq!(kept.iter().filter(|p| p.1.is_nan()).count(), 1);
        assert!(kept.windows(2).all(|w| w[0].0 <= w[1].0));
    }
}
