//! Pies and cards.

use super::document::{Anchor, Document, FAINT, Type, number};
use super::plot::SMALL;
use super::{legend, text};
use crate::render::chart::Chart;
use crate::render::{palette, scale};
use std::f64::consts::TAU;

/// A pie, and right of it the names, values and shares of its slices.
pub fn draw(doc: &mut Document, chart: &Chart, top: f64) {
    let Some(series) = chart.series.first() else { return };
    let total: f64 = series.points.iter().map(|p| p.y).sum();
    if total <= 0.0 {
        return;
    }
    let radius = ((doc.height - top - 24.0) / 2.0).min(doc.width / 4.0).max(20.0);
    let center = (24.0 + radius + (doc.width * 0.42 - 2.0 * radius - 24.0).max(0.0) / 2.0, top + radius + 4.0);
    let mut angle = 0.0;
    doc.raw("<g class=\"pie\">");
    for (i, point) in series.points.iter().enumerate() {
        let share = point.y / total;
        slice(doc, i, center, radius, (angle, angle + share));
        angle += share;
    }
    doc.raw("</g>");
    let left = (center.0 + radius + 48.0).max(doc.width * 0.46);
    for (i, (name, point)) in chart.categories.iter().zip(&series.points).enumerate() {
        let y = top + 14.0 + 22.0 * i as f64;
        doc.raw(&legend::patch(palette::slot(i), palette::light(i), left, y - 10.0));
        let value = scale::full(point.y, chart.y.unit);
        let share = format!("{:.1} %", 100.0 * point.y / total);
        let room = doc.width - left - 110.0 - text::width(&value, SMALL);
        doc.text(left + 20.0, y, Type::plain(SMALL, Anchor::Start), &text::fit(name, SMALL, room));
        doc.text(doc.width - 74.0, y, Type::faint(SMALL, Anchor::End), &value);
        doc.text(doc.width - 16.0, y, Type::faint(SMALL, Anchor::End), &share);
    }
}

/// One slice, from a share to a share of the whole, clockwise from the top.
fn slice(doc: &mut Document, i: usize, center: (f64, f64), radius: f64, share: (f64, f64)) {
    let at = |share: f64, radius: f64| {
        let angle = share * TAU;
        (center.0 + radius * angle.sin(), center.1 - radius * angle.cos())
    };
    let (slot, color) = (palette::slot(i), palette::light(i));
    let edge = "stroke=\"#FFFFFF\" stroke-width=\"1.5\"";
    let (r, width) = (number(radius), share.1 - share.0);
    if width > 0.999_999 {
        let (x, y) = (number(center.0), number(center.1));
        doc.raw(&format!(
            "<circle class=\"slice f{slot}\" data-slice=\"{i}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"{color}\"/>"
        ));
        return;
    }
    let (from, to) = (at(share.0, radius), at(share.1, radius));
    let [cx, cy, x1, y1, x2, y2] = [center.0, center.1, from.0, from.1, to.0, to.1].map(number);
    let large = u8::from(width > 0.5);
    doc.raw(&format!(
        "<path class=\"slice f{slot}\" data-slice=\"{i}\" d=\"M{cx} {cy}L{x1} {y1}A{r} {r} 0 {large} 1 {x2} {y2}Z\" fill=\"{color}\" {edge}/>"
    ));
}

/// Height that the list of slices needs.
pub fn height(chart: &Chart, top: f64) -> f64 {
    top + 22.0 * chart.categories.len() as f64 + 16.0
}

/// The values of a card, in large print.
pub fn card(doc: &mut Document, chart: &Chart, top: f64) {
    let columns = chart.cards.len().clamp(1, 4);
    let width = (doc.width - 32.0) / columns as f64;
    for (i, (name, value)) in chart.cards.iter().enumerate() {
        let x = 16.0 + width * ((i % columns) as f64 + 0.5);
        let y = top + 60.0 + 110.0 * (i / columns) as f64;
        let size = (width * 0.9 / text::width(value, 1.0).max(1.0)).clamp(16.0, 44.0);
        doc.text(x, y, Type { bold: true, ..Type::plain(size, Anchor::Middle) }, &text::fit(value, size, width * 0.95));
        doc.text(
            x,
            y + 26.0,
            Type { fill: FAINT, ..Type::plain(14.0, Anchor::Middle) },
            &text::fit(name, 14.0, width * 0.95),
        );
    }
}
