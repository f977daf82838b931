//! Results to pictures.
//!
//! In: a [`QueryResult`] whose query ended in `render`. Out: a [`Chart`] (what is drawn), and from it SVG, a page of HTML,
//! PNG, or text for a terminal. Never asks for the time, the network, the terminal or fonts of the machine: the same
//! result gives the same picture everywhere.
//!
//! All names and values in a picture come from telemetry, which attackers write: whatever becomes text goes through
//! [`svg::text::escape`] or the sink's escaping for terminals.

mod chart;
mod html;
mod palette;
mod panel;
mod png;
mod reduce;
mod scale;
mod stack;
mod svg;
mod terminal;

pub use chart::{Axis, Chart, Kind, Point, Series, Stacking, Unit, chart, draws};
pub use html::html;
pub use png::{PngError, png};
pub use svg::svg;
pub use terminal::terminal;

use crate::value::Visualization;

/// Width and height of a picture in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom. A chart with many bars may grow beyond it.
    pub height: u32,
}

impl Default for Size {
    fn default() -> Self {
        Size { width: 1000, height: 460 }
    }
}

/// True when `render` asks for something else than the table that is shown anyway.
pub fn is_picture(visualization: &Visualization) -> bool {
    !visualization.kind.eq_ignore_ascii_case("table")
}
