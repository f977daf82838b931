//! Where things stand in a chart with two axes.

use super::text;
use crate::render::chart::{Chart, Kind, Unit, range};
use crate::render::scale::{Scale, Tick};
use crate::render::stack::{self, Layer};

/// Font size of ticks, legend and axis titles.
pub const SMALL: f64 = 12.0;
/// Font size of the chart's title.
pub const LARGE: f64 = 16.0;
/// More panels than this would be too flat to read.
const MOST_PANELS: usize = 5;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    pub const fn right(&self) -> f64 {
        self.left + self.width
    }

    pub const fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

/// One panel: its frame, its scales, the series in it.
pub struct Plot {
    pub frame: Frame,
    pub places: Scale,
    pub values: Scale,
    /// False when bars lie: places go down, values to the right.
    pub upright: bool,
    /// Width of the room for the bars of one place, in units of x.
    pub band: f64,
    pub layers: Vec<Layer>,
    /// About how many ticks the value axis has.
    pub ticks: usize,
    /// Title of the value axis.
    pub title: String,
}

impl Plot {
    /// The pixel of a point; NaN where it has no place.
    pub fn pixel(&self, x: f64, y: f64) -> (f64, f64) {
        let (along, across) = (self.places.place(x), self.values.place(y));
        let f = self.frame;
        if self.upright {
            (f.left + along * f.width, f.bottom() - across * f.height)
        } else {
            (f.left + across * f.width, f.top + along * f.height)
        }
    }

    /// The value from which bars and areas rise: zero, or the end of the axis that is nearest to it.
    pub fn base(&self, from: f64) -> f64 {
        if self.values.log { from.max(self.values.low) } else { from }
    }

    pub fn value_ticks(&self) -> Vec<Tick> {
        self.values.ticks(self.ticks)
    }
}

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
    let stacked = matches!(chart.kind, Kind::Area | Kind::Column | Kind::Bar)
        && chart.stacking == crate::render::Stacking::Percent;
    let range = if stacked { Some((0.0, 100.0)) } else { stack::value_range(layers, from_base && !chart.y.log) };
    Scale::for_values(range, &chart.y, from_base, ticks)
}

/// The width of the widest label.
pub fn widest(labels: impl Iterator<Item = impl AsRef<str>>) -> f64 {
    labels.map(|l| text::width(l.as_ref(), SMALL)).fold(0.0, f64::max)
}
