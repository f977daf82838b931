//! The legend, below the plot.

use super::grid::{Grid, Ink, glyph, shade};
use crate::render::chart::{Chart, Kind, Stacking};
use crate::sink::{cut, visible};
use unicode_width::UnicodeWidthStr;

const MOST_LINES: usize = 3;
const LONGEST: usize = 32;
const GAP: usize = 3;

/// Names beside each other over a few lines; what does not fit is counted.
pub fn draw(page: &mut Grid, chart: &Chart) {
    let room = page.width.saturating_sub(GAP);
    let entries: Vec<(String, String)> = (0..chart.series.len()).map(|i| entry(chart, i, page.color, room)).collect();
    let mut rest = entries.iter().enumerate().peekable();
    for line in 1..=MOST_LINES {
        let mut pieces: Vec<(String, Ink)> = vec![];
        let mut used = 0;
        while let Some((i, (mark, name))) = rest.peek() {
            let needed = GAP + mark.width() + 1 + name.width();
            // The last line keeps room for the count.
            let kept = if line == MOST_LINES && i + 1 < entries.len() { 12 } else { 0 };
            if used > 0 && used + needed + kept > page.width {
                break;
            }
            pieces.push((" ".repeat(GAP), Ink::Plain));
            pieces.push((format!("{mark} "), Ink::Series(*i)));
            pieces.push((name.clone(), Ink::Plain));
            used += needed;
            rest.next();
        }
        let left = rest.len();
        if line == MOST_LINES && left > 0 {
            pieces.push((cut(&format!("   +{left} more"), page.width.saturating_sub(used)).into_owned(), Ink::Dim));
        }
        if !pieces.is_empty() {
            page.push_line(&pieces);
        }
    }
}

/// The mark and the name of a series.
fn entry(chart: &Chart, series: usize, color: bool, room: usize) -> (String, String) {
    let blocks = matches!(chart.kind, Kind::Bar | Kind::Column) && !as_lines(chart)
        || chart.kind == Kind::Area && chart.stacking != Stacking::None;
    let mark = match (color, blocks) {
        (true, true) => "■".to_owned(),
        (true, false) => "──".to_owned(),
        (false, true) => shade(series).to_string(),
        (false, false) => glyph(series).to_string(),
    };
    let name = chart.series.get(series).map_or("", |s| s.name.as_str());
    (mark, cut(&visible(name), LONGEST.min(room.saturating_sub(3))).into_owned())
}

/// Upright bars beside each other over time are drawn as lines.
fn as_lines(chart: &Chart) -> bool {
    chart.kind == Kind::Column && chart.stacking == Stacking::None && chart.categories.is_empty()
}
