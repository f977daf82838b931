//! What a picture shows, apart from how it is drawn: series, axes, titles.

mod build;
mod columns;
mod finish;
mod kind;
mod points;
mod property;
mod series_data;

pub use build::chart;
pub use kind::Kind;

use crate::diagnostic::Diagnostic;

/// True for a kind of `render` that is drawn, by its name.
pub fn draws(name: &str) -> bool {
    kind::read(name).is_ok()
}

/// A chart, ready to be drawn in any form.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// The kind of picture.
    pub kind: Kind,
    /// Title, or nothing.
    pub title: String,
    /// The axis of what is measured against: time, a number, categories.
    pub x: Axis,
    /// The axis of measurements.
    pub y: Axis,
    /// How series share the picture.
    pub stacking: Stacking,
    /// Whether a legend is wanted. It is left out anyway when there is one series only.
    pub legend: bool,
    /// `ysplit`: a panel for each measure (for each series, when there is one measure only).
    pub panels: bool,
    /// Names of the categories, when the x axis is one of categories: a point's x is a place in this list.
    pub categories: Vec<String>,
    /// How many further categories were left out, since there is no room for them in any picture.
    pub categories_left_out: usize,
    /// The series, in the order in which they first occur.
    pub series: Vec<Series>,
    /// Names and values of a `card`.
    pub cards: Vec<(String, String)>,
    /// What the reader should know: values that could not be drawn, properties without effect.
    pub notes: Vec<Diagnostic>,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Title, or nothing.
    pub title: String,
    /// What its numbers stand for.
    pub unit: Unit,
    /// Whether the axis is logarithmic.
    pub log: bool,
    /// Fixed lower end.
    pub min: Option<f64>,
    /// Fixed upper end.
    pub max: Option<f64>,
}

/// What the numbers of an axis stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Numbers.
    Number,
    /// Datetimes, as ticks.
    Time,
    /// Timespans, as ticks.
    Span,
    /// Places in the list of categories.
    Category,
}

/// How series share the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stacking {
    /// Each for itself.
    None,
    /// On top of each other.
    Stacked,
    /// On top of each other, as shares of 100 %.
    Percent,
}

/// A line, or the bars of one colour.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// Which of the measures it shows.
    pub measure: usize,
    /// Its points, sorted by x.
    pub points: Vec<Point>,
}

/// A measurement. `y` is NaN where there is none: a line has a gap there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Place on the x axis.
    pub x: f64,
    /// The value.
    pub y: f64,
}

impl Chart {
    /// True when nothing can be drawn.
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty() && !self.series.iter().any(|s| s.points.iter().any(|p| p.y.is_finite()))
    }

    /// Whether the legend is drawn.
    pub fn shows_legend(&self) -> bool {
        self.legend && self.series.len() > 1 && !matches!(self.kind, Kind::Card | Kind::Pie)
    }

    /// Lowest and highest x; `None` when there is no point.
    pub fn x_range(&self) -> Option<(f64, f64)> {
        range(self.series.iter().flat_map(|s| s.points.iter().map(|p| p.x)))
    }
}

/// Lowest and highest of the finite numbers.
pub fn range(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.filter(|n| n.is_finite()).fold(None, |seen, n| match seen {
        None => Some((n, n)),
        Some((low, high)) => Some((low.min(n), high.max(n))),
    })
}
