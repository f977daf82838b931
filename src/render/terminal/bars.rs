//! Categories as lying bars, a line each with the value behind it; slices of a pie likewise. Names stay readable so, which
//! they would not below upright bars.

use super::grid::{Grid, Ink, left, right, shade};
use crate::render::chart::{Chart, Kind, Stacking};
use crate::render::panel;
use crate::render::scale::{self, Scale};
use crate::render::stack::{self, Layer};
use crate::sink::{cut, visible};
use unicode_width::UnicodeWidthStr;

/// Eighths of a block, growing to the right.
const EIGHTHS: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// One line: a name, pieces of bar (series, from, to), and what is written behind.
struct Line {
    name: String,
    pieces: Vec<(usize, f64, f64)>,
    note: String,
}

/// Draws bars, of at most so many categories as there are lines (and no less than ten).
pub fn draw(page: &mut Grid, chart: &Chart, height: usize) {
    let members: Vec<usize> = (0..if chart.kind == Kind::Pie { 1 } else { chart.series.len() }).collect();
    let layers = stack::layers(chart, &members);
    let values = panel::values(chart, &layers, 4);
    let shown = chart.categories.len().min(height.max(10));
    let lines: Vec<Line> = (0..shown).flat_map(|c| category(chart, &layers, c)).collect();
    let notes = lines.iter().map(|l| l.note.width()).max().unwrap_or(0);
    let most = (page.width * 2 / 5).min(page.width.saturating_sub(notes + 7));
    let names = lines.iter().map(|l| l.name.width()).max().unwrap_or(0).min(most);
    let room = page.width.saturating_sub(names + notes + 3);
    for line in &lines {
        let name = cut(&line.name, names);
        let mut pieces = vec![(format!("{} ", right(&name, names)), Ink::Plain)];
        pieces.push(("│".to_owned(), Ink::Dim));
        pieces.extend(bar(line, &values, room, page.color || chart.series.len() < 2));
        pieces.push((format!(" {}", right(&line.note, notes)), Ink::Dim));
        page.push_line(&pieces);
    }
    let hidden = chart.categories.len() - shown + chart.categories_left_out;
    if hidden > 0 {
        page.push_line(&[(format!("{} +{hidden} more", " ".repeat(names)), Ink::Dim)]);
    }
}

/// The lines of a category: one when its bars are stacked or alone, else one for each series.
fn category(chart: &Chart, layers: &[Layer], category: usize) -> Vec<Line> {
    let name = chart.categories.get(category).map(|n| visible(n).into_owned()).unwrap_or_default();
    let span = |l: &Layer| l.spans.iter().find(|s| s.x == category as f64).copied().filter(|s| s.to.is_finite());
    let pieces: Vec<(usize, f64, f64)> =
        layers.iter().filter_map(|l| span(l).map(|s| (l.series, s.from, s.to))).collect();
    let value = |v: f64| scale::full(v, chart.y.unit);
    if chart.kind == Kind::Pie {
        let total: f64 = chart.series.iter().take(1).flat_map(|s| &s.points).map(|p| p.y).sum();
        let size = pieces.first().map_or(0.0, |p| p.2);
        return vec![Line { name, pieces, note: format!("{}  {:>5.1} %", value(size), 100.0 * size / total) }];
    }
    if chart.stacking != Stacking::None {
        let sum: f64 = pieces.iter().map(|(_, from, to)| to - from).sum();
        let note = if chart.stacking == Stacking::Percent { String::new() } else { value(sum) };
        return vec![Line { name, pieces, note }];
    }
    let mut name = Some(name);
    let line = |piece: (usize, f64, f64)| Line {
        name: name.take().unwrap_or_default(),
        pieces: vec![piece],
        note: value(piece.2),
    };
    let lines: Vec<Line> = pieces.into_iter().map(line).collect();
    match name {
        Some(name) if lines.is_empty() => vec![Line { name, pieces: vec![], note: String::new() }],
        _ => lines,
    }
}

/// The characters of a bar.
fn bar(line: &Line, values: &Scale, room: usize, blocks: bool) -> Vec<(String, Ink)> {
    let place = |v: f64| {
        let place = values.place(v);
        if place.is_finite() { (place * room as f64).clamp(0.0, room as f64) } else { 0.0 }
    };
    let ends = line.pieces.iter().map(|&(series, from, to)| (series, place(from.min(to)), place(from.max(to))));
    let pieces: Vec<(usize, f64, f64)> = ends.collect();
    (0..room).map(|i| cell(&pieces, i as f64, blocks)).collect()
}

/// One character: in the colour of the piece that covers most of it, and as full as all of them cover it.
fn cell(pieces: &[(usize, f64, f64)], at: f64, blocks: bool) -> (String, Ink) {
    let nothing = (" ".to_owned(), Ink::Plain);
    let covered = |(_, start, end): &(usize, f64, f64)| (end.min(at + 1.0) - start.max(at)).clamp(0.0, 1.0);
    let Some(most) = pieces.iter().max_by(|a, b| covered(a).total_cmp(&covered(b))) else { return nothing };
    let eighths = (pieces.iter().map(covered).sum::<f64>() * 8.0).round() as usize;
    // Blocks grow from the left: what begins within the character takes it whole, or leaves it.
    let from_left = pieces.iter().any(|piece| piece.1 <= at && covered(piece) > 0.0);
    let c = match eighths.min(8) {
        0 => return nothing,
        n if blocks && from_left => EIGHTHS.get(n).copied().unwrap_or('█'),
        n if n < 4 => return nothing,
        _ if blocks => '█',
        _ => shade(most.0),
    };
    (c.to_string(), Ink::Series(most.0))
}

/// Names and values of a card.
pub fn card(page: &mut Grid, chart: &Chart) {
    let names = chart.cards.iter().map(|(n, _)| n.width()).max().unwrap_or(0).min(page.width / 2);
    for (name, value) in &chart.cards {
        let name = left(&cut(&visible(name), names), names);
        let value = cut(&visible(value), page.width.saturating_sub(names + 2)).into_owned();
        page.push_line(&[(format!("{name}  "), Ink::Dim), (value, Ink::Bold)]);
    }
}
