//! Where things stand in a chart with two axes.

use super::text;
use crate::render::scale::{Scale, Tick};
use crate::render::stack::Layer;

/// Font size of ticks, legend and axis titles.
pub const SMALL: f64 = 12.0;
/// Font size of the chart's title.
pub const LARGE: f64 = 16.0;

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

/// The width of the widest label.
pub fn widest(labels: impl Iterator<Item = impl AsRef<str>>) -> f64 {
    labels.map(|l| text::width(l.as_ref(), SMALL)).fold(0.0, f64::max)
}
