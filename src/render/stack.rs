//! Series as layers: where each begins and ends, alone or on top of each other.

use super::chart::{Chart, Kind, Stacking, range};

/// What is drawn of a series at one place: from a value to a value. NaN where there is nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    pub x: f64,
    pub from: f64,
    pub to: f64,
}

/// A series as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its place in the chart's list.
    pub series: usize,
    pub spans: Vec<Span>,
}

/// The layers of some of a chart's series, in their order.
pub fn layers(chart: &Chart, members: &[usize]) -> Vec<Layer> {
    let stackable = matches!(chart.kind, Kind::Area | Kind::Column | Kind::Bar);
    match chart.stacking {
        Stacking::None => alone(chart, members),
        _ if !stackable => alone(chart, members),
        stacking => stacked(chart, members, stacking == Stacking::Percent),
    }
}

/// Lowest and highest value of the layers.
pub fn value_range(layers: &[Layer], from_base: bool) -> Option<(f64, f64)> {
    let spans = || layers.iter().flat_map(|l| &l.spans);
    let ends = spans().map(|s| s.to);
    if from_base { range(ends.chain(spans().map(|s| s.from))) } else { range(ends) }
}

fn alone(chart: &Chart, members: &[usize]) -> Vec<Layer> {
    let layer = |&series: &usize| {
        let points = &chart.series.get(series)?.points;
        let spans = points.iter().map(|p| Span { x: p.x, from: 0.0, to: finite(p.y) }).collect();
        Some(Layer { series, spans })
    };
    members.iter().filter_map(layer).collect()
}

fn finite(y: f64) -> f64 {
    if y.is_finite() { y } else { f64::NAN }
}

/// Every layer has a span at each place where any series has a point: a series without a value there adds nothing.
/// Values below zero are stacked downwards.
fn stacked(chart: &Chart, members: &[usize], percent: bool) -> Vec<Layer> {
    let series: Vec<_> = members.iter().filter_map(|&i| Some((i, chart.series.get(i)?))).collect();
    let mut places: Vec<f64> = series.iter().flat_map(|(_, s)| s.points.iter().map(|p| p.x)).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let columns: Vec<Vec<f64>> = series.iter().map(|(_, s)| sums_at(&places, &s.points)).collect();
    let total = |i: usize| columns.iter().filter_map(|c| c.get(i)).map(|y| y.abs()).sum::<f64>();
    let scale: Vec<f64> =
        (0..places.len()).map(|i| if percent && total(i) > 0.0 { 100.0 / total(i) } else { 1.0 }).collect();
    let (mut above, mut below) = (vec![0.0; places.len()], vec![0.0; places.len()]);
    let mut layers = vec![];
    for ((series, _), column) in series.iter().zip(&columns) {
        let cells = places.iter().zip(column).zip(&scale).zip(above.iter_mut().zip(below.iter_mut()));
        let spans = cells
            .map(|(((&x, &y), &scale), (above, below))| {
                let y = y * scale;
                let edge = if y < 0.0 { below } else { above };
                let from = *edge;
                *edge += y;
                Span { x, from, to: *edge }
            })
            .collect();
        layers.push(Layer { series: *series, spans });
    }
    layers
}

/// The sum of the points at each place; both lists are sorted.
fn sums_at(places: &[f64], points: &[super::Point]) -> Vec<f64> {
    let mut points = points.iter().peekable();
    let sum = |&place: &f64| {
        let mut sum = 0.0;
        while let Some(point) = points.next_if(|p| p.x <= place) {
            sum += if point.y.is_finite() { point.y } else { 0.0 };
        }
        sum
    };
    places.iter().map(sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::svg::samples;

    #[test]
    fn layers_lie_on_each_other_and_fill_gaps() {
        let mut chart =
            samples::numbers(Kind::Area, &[("a", &[(0.0, 1.0), (1.0, 2.0)]), ("b", &[(1.0, 6.0), (2.0, f64::NAN)])]);
        chart.stacking = Stacking::Stacked;
        let both = layers(&chart, &[0, 1]);
        let ends = |layer: usize| both[layer].spans.iter().map(|s| (s.from, s.to)).collect::<Vec<_>>();
        assert_eq!(ends(0), [(0.0, 1.0), (0.0, 2.0), (0.0, 0.0)]);
        assert_eq!(ends(1), [(1.0, 1.0), (2.0, 8.0), (0.0, 0.0)]);
        chart.stacking = Stacking::Percent;
        assert_eq!(layers(&chart, &[0, 1])[1].spans[1], Span { x: 1.0, from: 25.0, to: 100.0 });
    }

    #[test]
    fn negative_values_go_down() {
        let mut chart =
            samples::numbers(Kind::Column, &[("a", &[(0.0, 3.0)]), ("b", &[(0.0, -2.0)]), ("c", &[(0.0, -1.0)])]);
        chart.stacking = Stacking::Stacked;
        let spans: Vec<_> = layers(&chart, &[0, 1, 2]).iter().map(|l| (l.spans[0].from, l.spans[0].to)).collect();
        assert_eq!(spans, [(0.0, 3.0), (0.0, -2.0), (-2.0, -3.0)]);
    }
}
