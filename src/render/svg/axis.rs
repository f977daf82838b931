//! Axes, their ticks and titles, and the grid.

use super::document::{AXIS, Anchor, Document, GRID, Type};
use super::plot::{Frame, Plot, SMALL};
use super::text;
use crate::render::chart::{Chart, Unit};

/// The longest label of a category, in pixels.
pub const LONGEST_LABEL: f64 = 170.0;

/// How the labels of categories below an axis stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CategoryLabels {
    /// Every how many categories have a label.
    pub every: usize,
    /// Whether they are turned.
    pub turned: bool,
    /// The height that they need.
    pub height: f64,
}

impl CategoryLabels {
    /// Level when there is room, turned when not, and only some of them when there are too many.
    pub fn plan(chart: &Chart, width: f64) -> Self {
        let band = width / chart.categories.len().max(1) as f64;
        let widest = chart.categories.iter().map(|c| text::width(c, SMALL)).fold(0.0, f64::max);
        if widest + 8.0 <= band {
            return CategoryLabels { every: 1, turned: false, height: 22.0 };
        }
        let every = (15.0 / band).ceil().max(1.0) as usize;
        CategoryLabels { every, turned: true, height: 18.0 + 0.64 * widest.min(LONGEST_LABEL) }
    }
}

/// The value axis: grid, labels, title.
pub fn values(doc: &mut Document, plot: &Plot, panel: usize) {
    let f = plot.frame;
    doc.raw(&format!("<g class=\"values\" data-plot=\"{panel}\">"));
    for tick in plot.value_ticks() {
        let across = plot.values.place(tick.value);
        if plot.upright {
            let y = f.bottom() - across * f.height;
            doc.line("grid", (f.left, y), (f.right(), y), GRID);
            doc.text(f.left - 8.0, y + 4.0, Type::faint(SMALL, Anchor::End), &tick.label);
        } else {
            let x = f.left + across * f.width;
            doc.line("grid", (x, f.top), (x, f.bottom()), GRID);
            doc.text(x, f.bottom() + 18.0, Type::faint(SMALL, Anchor::Middle), &tick.label);
        }
    }
    doc.raw("</g>");
}

/// The line on which bars and areas stand, above the grid.
pub fn base_line(doc: &mut Document, plot: &Plot) {
    let f = plot.frame;
    let zero = if plot.values.log { 0.0 } else { plot.values.place(0.0).clamp(0.0, 1.0) };
    if plot.upright {
        let y = f.bottom() - zero * f.height;
        doc.line("axis zero", (f.left, y), (f.right(), y), AXIS);
        if zero > 0.0 && plot.band == 0.0 {
            doc.line("axis", (f.left, f.bottom()), (f.right(), f.bottom()), AXIS);
        }
    } else {
        let x = f.left + zero * f.width;
        doc.line("axis", (x, f.top), (x, f.bottom()), AXIS);
    }
}

/// A title along the left side.
pub fn left_title(doc: &mut Document, frame: Frame, x: f64, title: &str) {
    let look = Type { turned: -90.0, ..Type::faint(SMALL, Anchor::Middle) };
    doc.text(x, frame.top + frame.height / 2.0, look, &text::fit(title, SMALL, frame.height));
}

/// The labels of time or numbers below the plot.
pub fn places(doc: &mut Document, plot: &Plot) {
    let f = plot.frame;
    doc.raw("<g class=\"places\">");
    for tick in plot.places.ticks(((f.width / 80.0) as usize).clamp(2, 14)) {
        let x = f.left + plot.places.place(tick.value) * f.width;
        doc.line("axis", (x, f.bottom()), (x, f.bottom() + 5.0), AXIS);
        doc.text(x, f.bottom() + 19.0, Type::faint(SMALL, Anchor::Middle), &tick.label);
        if let Some(context) = &tick.context {
            doc.text(x, f.bottom() + 34.0, Type { bold: true, ..Type::faint(SMALL - 1.0, Anchor::Middle) }, context);
        }
    }
    doc.raw("</g>");
}

/// The names of categories: below upright bars, left of lying ones.
pub fn categories(doc: &mut Document, chart: &Chart, plot: &Plot, labels: CategoryLabels) {
    let f = plot.frame;
    for (i, name) in chart.categories.iter().enumerate().step_by(labels.every) {
        let along = plot.places.place(i as f64);
        if !plot.upright {
            let name = text::fit(name, SMALL, f.left - 40.0);
            doc.text(f.left - 8.0, f.top + along * f.height + 4.0, Type::plain(SMALL, Anchor::End), &name);
            continue;
        }
        let x = f.left + along * f.width;
        if labels.turned {
            let look = Type { turned: -40.0, ..Type::faint(SMALL, Anchor::End) };
            doc.text(x + 4.0, f.bottom() + 14.0, look, &text::fit(name, SMALL, LONGEST_LABEL));
        } else {
            doc.text(x, f.bottom() + 18.0, Type::faint(SMALL, Anchor::Middle), name);
        }
    }
}

/// The room at the left that a turned label of the first category may take.
pub fn room_for_first(chart: &Chart, upright: bool) -> f64 {
    match chart.categories.first() {
        Some(first) if upright => 0.77 * text::width(first, SMALL).min(LONGEST_LABEL) - 8.0,
        _ => 0.0,
    }
}

/// The height of what stands below the plot, the title apart.
pub fn height_below(chart: &Chart, width: f64) -> f64 {
    match chart.x.unit {
        Unit::Category => CategoryLabels::plan(chart, width).height,
        Unit::Time => 40.0,
        _ => 26.0,
    }
}
