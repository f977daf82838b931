//! What the data of a plot looks like: lines, areas and dots as dots, upright bars as blocks.

use super::axes::Plot;
use super::grid::{Ink, shade};
use super::raster::Raster;
use crate::render::chart::{Chart, Kind, Stacking};
use crate::render::reduce;
use crate::render::stack::Layer;

/// The lines of a plot's inside.
type Lines = Vec<Vec<(String, Ink)>>;

/// Eighths of a block, rising.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws all series of a plot.
pub fn draw(plot: &Plot, chart: &Chart, columns: usize, color: bool) -> Lines {
    let side_by_side = chart.stacking == Stacking::None && plot.layers.len() > 1;
    match chart.kind {
        // Bars beside each other need room; lines tell the same where there is none.
        Kind::Column if !side_by_side => columns_of_blocks(plot, columns, color),
        Kind::Area if plot.layers.len() > 1 && !side_by_side => areas(plot, columns, color),
        kind => dots(plot, kind, columns, color),
    }
}

/// Lines and dots. Without colour, several series are told apart by their characters.
fn dots(plot: &Plot, kind: Kind, columns: usize, color: bool) -> Lines {
    let mut raster = Raster::new(columns, plot.rows, color || plot.layers.len() == 1);
    for layer in &plot.layers {
        let points = pixels(plot, layer, &raster);
        match kind {
            Kind::Scatter => reduce::dots(points.into_iter()).iter().for_each(|p| dot(&mut raster, *p, layer.series)),
            Kind::Area if color || plot.layers.len() == 1 => filled(&mut raster, plot, &points, layer.series),
            _ => joined(&mut raster, &points, layer.series),
        }
    }
    (0..plot.rows).map(|row| raster.row(row)).collect()
}

/// The points of a layer in dots, no more than can be seen.
fn pixels(plot: &Plot, layer: &Layer, raster: &Raster) -> Vec<(f64, f64)> {
    let (w, h) = ((raster.width - 1) as f64, (raster.height - 1) as f64);
    let pixel = |s: &crate::render::stack::Span| (plot.places.place(s.x) * w, (1.0 - plot.values.place(s.to)) * h);
    let points = layer.spans.iter().map(pixel).filter(|p| p.0.is_finite()).collect();
    reduce::line(points, 1.0)
}

fn dot(raster: &mut Raster, point: (f64, f64), series: usize) {
    raster.set(point.0.round() as i64, point.1.round() as i64, series);
}

fn joined(raster: &mut Raster, points: &[(f64, f64)], series: usize) {
    for run in points.split(|p| p.1.is_nan()) {
        if let [only] = run {
            dot(raster, *only, series);
        }
        for pair in run.windows(2) {
            if let [from, to] = pair {
                raster.line(*from, *to, series);
            }
        }
    }
}

/// A line, and every other dot below it down to zero.
fn filled(raster: &mut Raster, plot: &Plot, points: &[(f64, f64)], series: usize) {
    let zero = if plot.values.log { 0.0 } else { plot.values.place(0.0).clamp(0.0, 1.0) };
    let base = (1.0 - zero) * (raster.height - 1) as f64;
    for pair in points.windows(2) {
        let [from, to] = pair else { continue };
        if from.1.is_nan() || to.1.is_nan() {
            continue;
        }
        for x in from.0.ceil() as i64..=to.0.floor() as i64 {
            let share = if to.0 > from.0 { (x as f64 - from.0) / (to.0 - from.0) } else { 0.0 };
            let y = from.1 + (to.1 - from.1) * share;
            let (top, bottom) = (y.min(base).round() as i64, y.max(base).round() as i64);
            (top..=bottom).filter(|y| (x + y) % 2 == 0).for_each(|y| raster.set(x, y, series));
        }
    }
    joined(raster, points, series);
}

/// Stacked areas: each character belongs to the series that holds its middle.
fn areas(plot: &Plot, columns: usize, color: bool) -> Lines {
    let ends: Vec<Vec<(f64, f64)>> = plot.layers.iter().map(|l| sampled(plot, l, columns)).collect();
    cells(plot, columns, color, |column| {
        let here = ends.iter().zip(&plot.layers).filter_map(|(e, l)| Some((l.series, *e.get(column)?)));
        here.map(|(series, (from, to))| (series, from, to)).collect()
    })
}

/// The places (0 to 1) between which a layer lies at each column.
fn sampled(plot: &Plot, layer: &Layer, columns: usize) -> Vec<(f64, f64)> {
    let at = |column: usize| {
        let x = plot.places.low + (plot.places.high - plot.places.low) * (column as f64 + 0.5) / columns as f64;
        let after = layer.spans.partition_point(|s| s.x < x);
        let (Some(b), a) = (layer.spans.get(after).or(layer.spans.last()), layer.spans.get(after.saturating_sub(1)))
        else {
            return (f64::NAN, f64::NAN);
        };
        let a = a.unwrap_or(b);
        let share = if b.x > a.x { ((x - a.x) / (b.x - a.x)).clamp(0.0, 1.0) } else { 0.0 };
        let between = |a: f64, b: f64| plot.values.place(a + (b - a) * share);
        (between(a.from, b.from), between(a.to, b.to))
    };
    (0..columns).map(at).collect()
}

/// Upright bars, alone or stacked. Where several share a column of characters, the largest stands for them.
fn columns_of_blocks(plot: &Plot, columns: usize, color: bool) -> Lines {
    let mut stacks: Vec<Vec<(usize, f64, f64)>> = vec![vec![]; columns];
    let low = |v: f64| if plot.values.log && v <= 0.0 { 0.0 } else { plot.values.place(v) };
    for layer in &plot.layers {
        for span in layer.spans.iter().filter(|s| s.to.is_finite()) {
            let place = |x: f64| plot.places.place(x) * columns as f64;
            // All bars have the same width, wherever they fall between the characters.
            let width = ((place(plot.band) - place(0.0)) * 0.82).floor().max(1.0);
            let first = (place(span.x) - width / 2.0).round().max(0.0) as usize;
            for stack in stacks.iter_mut().skip(first).take(width as usize) {
                let (from, to) = (low(span.from), low(span.to));
                match stack.iter_mut().find(|s| s.0 == layer.series) {
                    Some(there) if (to - from).abs() > (there.2 - there.1).abs() => *there = (layer.series, from, to),
                    Some(_) => {}
                    None => stack.push((layer.series, from, to)),
                }
            }
        }
    }
    cells(plot, columns, color, |column| stacks.get(column).cloned().unwrap_or_default())
}

/// Fills characters from what lies in each column: series, and the places (0 to 1) between which it lies.
fn cells(plot: &Plot, columns: usize, color: bool, column: impl Fn(usize) -> Vec<(usize, f64, f64)>) -> Lines {
    let mut lines: Lines = vec![vec![(" ".to_owned(), Ink::Plain); columns]; plot.rows];
    for c in 0..columns {
        let stack = column(c);
        for (row, line) in lines.iter_mut().enumerate() {
            let bottom = (plot.rows - 1 - row) as f64 / plot.rows as f64;
            if let (Some(cell), Some((series, fill))) = (line.get_mut(c), covering(&stack, bottom, plot.rows)) {
                let several = plot.layers.len() > 1 && !color;
                let block = EIGHTHS.get(fill).copied().unwrap_or('█');
                let shaded = if several && fill >= 4 { shade(series) } else { block };
                let shown = if several && fill < 4 { ' ' } else { shaded };
                *cell = (shown.to_string(), Ink::Series(series));
            }
        }
    }
    lines
}

/// The series that covers most of a character, and how many eighths of it are covered from below.
fn covering(stack: &[(usize, f64, f64)], bottom: f64, rows: usize) -> Option<(usize, usize)> {
    let height = 1.0 / rows as f64;
    let shared = |from: f64, to: f64| (to.max(from).min(bottom + height) - from.min(to).max(bottom)).max(0.0) / height;
    let parts = || stack.iter().map(|(series, from, to)| (*series, shared(*from, *to))).filter(|p| p.1 > 0.0);
    let (series, _) = parts().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let total: f64 = parts().map(|p| p.1).sum();
    // A bar that does not begin at the bottom of the character (below zero) fills it or not at all.
    let hangs = stack.iter().any(|(_, from, to)| to < from && shared(*from, *to) > 0.0);
    let eighths = (total * 8.0).round().min(8.0) as usize;
    let fill = if hangs { if total >= 0.5 { 8 } else { 0 } } else { eighths };
    (fill > 0).then_some((series, fill))
}
