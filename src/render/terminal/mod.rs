//! Charts as text for a terminal.
use super::Chart;
/// Draws a chart as text.
pub fn terminal(_c: &Chart, _w: usize, _h: usize, _color: bool) -> String {
    String::new()
}
