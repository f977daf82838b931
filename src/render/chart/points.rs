//! Points, and the values of columns as numbers and names.

use super::Point;
use crate::sink::cell_text;
use crate::value::Column;
use std::borrow::Cow;

/// Orders points along x; those at one place by their value, so that the order of the rows does not matter.
pub fn sort(points: &mut [Point]) {
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
}

/// `accumulate=true`: each value plus all before it.
pub fn accumulate(points: &mut [Point]) {
    let mut sum = 0.0;
    for point in points.iter_mut().filter(|p| p.y.is_finite()) {
        sum += point.y;
        point.y = sum;
    }
}

/// Bars at the same place become one; points must be sorted.
pub fn sum_same_x(points: &mut Vec<Point>) {
    points.dedup_by(|next, kept| {
        let same = next.x == kept.x;
        if same && !next.y.is_nan() {
            kept.y = if kept.y.is_nan() { next.y } else { kept.y + next.y };
        }
        same
    });
}

/// The value at a row as a number; times are ticks.
pub fn number(column: &Column, row: usize) -> Option<f64> {
    match column {
        Column::Real(v) => v.get(row).copied().flatten(),
        Column::Long(v) | Column::Datetime(v) | Column::Timespan(v) => v.get(row).copied().flatten().map(|n| n as f64),
        Column::Int(v) => v.get(row).copied().flatten().map(f64::from),
        other => other.value(row).as_f64(),
    }
}

/// The name of a category; datetimes without a time of day are dates.
pub fn category_label(column: &Column, row: usize) -> Cow<'_, str> {
    let text = cell_text(column, row);
    if text.is_empty() {
        return "(empty)".into();
    }
    if let Column::Datetime(_) = column {
        let day = text.strip_suffix("T00:00:00.0000000Z");
        let second = text.strip_suffix(".0000000Z");
        return day.or(second).unwrap_or(&text).replacen('T', " ", 1).into();
    }
    text
}
