//! The legend, right of the plot.

use super::document::{Anchor, Document, Type, number};
use super::plot::{Frame, SMALL};
use super::text;
use crate::render::chart::{Chart, Kind};
use crate::render::palette;

const ROW: f64 = 19.0;
const SAMPLE: f64 = 18.0;
const WIDEST: f64 = 230.0;

/// The width that the legend takes, with its distance from the plot; 0 when there is none.
pub fn width(chart: &Chart) -> f64 {
    if !chart.shows_legend() {
        return 0.0;
    }
    let names = chart.series.iter().take(60).map(|s| text::width(&crate::sink::visible(&s.name), SMALL));
    (names.fold(0.0, f64::max) + SAMPLE + 30.0).min(WIDEST)
}

/// Draws it into a frame; what does not fit is counted.
pub fn draw(doc: &mut Document, chart: &Chart, frame: Frame) {
    let rows = ((frame.height / ROW) as usize).max(2);
    let shown = if chart.series.len() > rows { rows - 1 } else { chart.series.len() };
    let room = frame.width - SAMPLE - 12.0;
    for (i, series) in chart.series.iter().take(shown).enumerate() {
        let y = frame.top + ROW * i as f64 + 10.0;
        doc.raw(&format!("<g class=\"key\" data-series=\"{i}\">"));
        let [x, top, line] = [frame.left, y - 9.5, frame.width].map(number);
        doc.raw(&format!(
            "<rect x=\"{x}\" y=\"{top}\" width=\"{line}\" height=\"{}\" fill=\"none\" pointer-events=\"all\"/>",
            number(ROW)
        ));
        sample(doc, chart, i, frame.left, y);
        doc.text(
            frame.left + SAMPLE + 6.0,
            y + 4.0,
            Type::plain(SMALL, Anchor::Start),
            &text::fit(&series.name, SMALL, room),
        );
        doc.raw("</g>");
    }
    if shown < chart.series.len() {
        let y = frame.top + ROW * shown as f64 + 14.0;
        let more = format!("+{} more", chart.series.len() - shown);
        doc.text(frame.left + SAMPLE + 6.0, y, Type::faint(SMALL, Anchor::Start), &more);
    }
}

/// A piece of line, or a patch.
fn sample(doc: &mut Document, chart: &Chart, series: usize, x: f64, y: f64) {
    let (slot, color) = (palette::slot(series), palette::light(series));
    let element = match chart.kind {
        Kind::Line => {
            let dashes = palette::dashes(series).map(|d| format!(" stroke-dasharray=\"{d}\"")).unwrap_or_default();
            let [x, to, y] = [x, x + SAMPLE, y].map(number);
            format!("<path class=\"s{slot}\" d=\"M{x} {y}H{to}\" stroke=\"{color}\" stroke-width=\"2.5\"{dashes}/>")
        }
        _ => patch(slot, color, x + 3.0, y - 6.0),
    };
    doc.raw(&element);
}

/// A square of a colour.
pub fn patch(slot: usize, color: &str, x: f64, y: f64) -> String {
    format!(
        "<rect class=\"f{slot}\" x=\"{}\" y=\"{}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{color}\"/>",
        number(x),
        number(y)
    )
}
