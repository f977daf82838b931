//! The panels of a chart with two axes and their scales, the same for pixels and for terminal cells.

use super::chart::{Chart, Kind, Stacking, Unit, range};
use super::scale::Scale;
use super::stack::{self, Layer};

/// More panels than this would be too flat to read.
const MOST_PANELS: usize = 5;

/// The series of each panel.
pub fn panels(chart: &Chart) -> Vec<(String, Vec<usize>)> {
    let all: Vec<usize> = (0..chart.series.len()).collect();
    if !chart.panels {
        return vec![(chart.y.title.clone(), all)];
    }
    let mut measures: Vec<usize> = chart.series.iter().map(|s| s.measure).collect();
    measures.dedup();
    measures.sort_unstable();
    measures.dedup();
    let by_series = measures.len() < 2;
    let keys = if by_series { all.clone() } else { measures };
    let name = |i: usize| chart.series.get(i).map(|s| s.name.clone()).unwrap_or_default();
    let count = keys.len();
    let mut panels: Vec<(String, Vec<usize>)> = keys
        .into_iter()
        .map(|key| {
            let belongs =
                |i: &usize| if by_series { *i == key } else { chart.series.get(*i).is_some_and(|s| s.measure == key) };
            let members: Vec<usize> = all.iter().copied().filter(belongs).collect();
            (members.first().map_or(String::new(), |&i| name(i)), members)
        })
        .collect();
    if count > MOST_PANELS {
        let rest = panels.split_off(MOST_PANELS - 1);
        let members: Vec<usize> = rest.into_iter().flat_map(|(_, m)| m).collect();
        panels.push((format!("{} further", members.len()), members));
    }
    panels
}

/// The scale of the x axis, and the width of a band of bars in its units.
pub fn places(chart: &Chart) -> (Scale, f64) {
    if chart.x.unit == Unit::Category {
        return (Scale::for_categories(chart.categories.len()), 1.0);
    }
    let scale = Scale::for_places(chart.x_range(), &chart.x);
    if !matches!(chart.kind, Kind::Column | Kind::Bar) {
        let room = if chart.kind == Kind::Scatter { 0.02 * (scale.high - scale.low) } else { 0.0 };
        return (scale.widened(room), 0.0);
    }
    let mut places: Vec<f64> = chart.series.iter().flat_map(|s| s.points.iter().map(|p| p.x)).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let gaps = places.windows(2).filter_map(|w| Some(w.last()? - w.first()?));
    let (band, _) = range(gaps).unwrap_or((scale.high - scale.low, 0.0));
    (scale.widened(band / 2.0), band)
}

/// The scale of a panel's values.
pub fn values(chart: &Chart, layers: &[Layer], ticks: usize) -> Scale {
    let from_base = matches!(chart.kind, Kind::Area | Kind::Column | Kind::Bar);
    let range = if from_base && chart.stacking == Stacking::Percent {
        Some((0.0, 100.0))
    } else {
        stack::value_range(layers, from_base && !chart.y.log)
    };
    Scale::for_values(range, &chart.y, from_base, ticks)
}
