//! The last steps towards a chart, once all points are known: sums, slices, the order of categories, and an end to them.

use super::points::{sort, sum_same_x};
use super::{Chart, Kind, Point, Unit};

/// More categories than this are of no use in a picture.
const MOST_CATEGORIES: usize = 120;
/// Slices of a pie; the smallest beyond are put together.
const MOST_SLICES: usize = 12;

/// In which order categories and series stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As the query sorted its rows, or as time and numbers have it.
    Given,
    /// Nothing is said, and engines return rows in any order: the largest category first, series by their names.
    Free,
}

/// What remains once all points are known: sums, slices, and categories without end.
pub fn finish(chart: &mut Chart, order: Order) {
    if matches!(chart.kind, Kind::Column | Kind::Bar | Kind::Pie) {
        chart.series.iter_mut().for_each(|s| sum_same_x(&mut s.points));
    }
    if chart.kind == Kind::Pie {
        slices(chart);
        return;
    }
    rearrange(chart, order);
    if chart.x.unit == Unit::Category && chart.categories.len() > MOST_CATEGORIES {
        chart.categories_left_out = chart.categories.len() - MOST_CATEGORIES;
        chart.categories.truncate(MOST_CATEGORIES);
        for series in &mut chart.series {
            series.points.retain(|p| p.x < MOST_CATEGORIES as f64);
        }
    }
}

/// Turns a pie's points into slices: largest first, the smallest put together. What is not above zero has no slice.
fn slices(chart: &mut Chart) {
    let Some(series) = chart.series.first_mut() else { return };
    let names = std::mem::take(&mut chart.categories);
    let mut slices: Vec<(String, f64)> = series
        .points
        .iter()
        .filter(|p| p.y > 0.0 && p.y.is_finite())
        .filter_map(|p| Some((names.get(p.x as usize)?.clone(), p.y)))
        .collect();
    slices.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    if slices.len() > MOST_SLICES {
        let rest = slices.split_off(MOST_SLICES - 1);
        slices.push((format!("{} others", rest.len()), rest.iter().map(|(_, y)| y).sum()));
    }
    series.points = slices.iter().enumerate().map(|(i, (_, y))| Point { x: i as f64, y: *y }).collect();
    chart.categories = slices.into_iter().map(|(name, _)| name).collect();
}

/// Puts what has no order of its own into one that is always the same.
fn rearrange(chart: &mut Chart, order: Order) {
    if order == Order::Given || chart.categories.is_empty() {
        return;
    }
    let mut totals = vec![0.0; chart.categories.len()];
    for point in chart.series.iter().flat_map(|s| &s.points).filter(|p| p.y.is_finite()) {
        if let Some(total) = totals.get_mut(point.x as usize) {
            *total += point.y;
        }
    }
    let names = std::mem::take(&mut chart.categories);
    let mut sorted: Vec<(usize, String, f64)> =
        names.into_iter().zip(totals).enumerate().map(|(i, (name, total))| (i, name, total)).collect();
    let by_size = matches!(chart.kind, Kind::Column | Kind::Bar);
    sorted.sort_by(|a, b| if by_size { b.2.total_cmp(&a.2).then(a.1.cmp(&b.1)) } else { a.1.cmp(&b.1) });
    let mut places = vec![0.0; sorted.len()];
    for (new, (old, _, _)) in sorted.iter().enumerate() {
        if let Some(place) = places.get_mut(*old) {
            *place = new as f64;
        }
    }
    for points in chart.series.iter_mut().map(|s| &mut s.points) {
        points.iter_mut().for_each(|p| p.x = places.get(p.x as usize).copied().unwrap_or(p.x));
        sort(points);
    }
    chart.categories = sorted.into_iter().map(|(_, name, _)| name).collect();
}
