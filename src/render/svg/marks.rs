//! What the data looks like: lines, areas, bars, dots. One path for each series, so that a page can redraw it.

use super::document::{Document, number};
use super::plot::Plot;
use crate::render::chart::{Chart, Kind, Stacking};
use crate::render::stack::{Layer, Span};
use crate::render::{palette, reduce};
use std::fmt::Write;

/// Points of a line so few that each gets a dot.
const FEW: usize = 45;
const DOT: f64 = 2.6;

/// Draws all series of a panel, within its frame.
pub fn draw(doc: &mut Document, chart: &Chart, plot: &Plot, panel: usize) {
    let f = plot.frame;
    let [x, y, w, h] = [f.left - 3.0, f.top - 3.0, f.width + 6.0, f.height + 6.0].map(number);
    doc.raw(&format!(
        "<clipPath id=\"clip{panel}\"><rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/></clipPath>"
    ));
    doc.raw(&format!("<g class=\"plot\" data-plot=\"{panel}\" clip-path=\"url(#clip{panel})\">"));
    for (place, layer) in plot.layers.iter().enumerate() {
        series(doc, chart, plot, layer, place);
    }
    doc.raw("</g>");
}

fn series(doc: &mut Document, chart: &Chart, plot: &Plot, layer: &Layer, place: usize) {
    let (slot, color) = (palette::slot(layer.series), palette::light(layer.series));
    let dashes = palette::dashes(layer.series).map(|d| format!(" stroke-dasharray=\"{d}\"")).unwrap_or_default();
    doc.raw(&format!("<g class=\"series\" data-series=\"{}\">", layer.series));
    let stroke = |d: &str| {
        format!(
            "<path class=\"line s{slot}\" d=\"{d}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.8\" \
             stroke-linejoin=\"round\" stroke-linecap=\"round\"{dashes}/>"
        )
    };
    let fill = |class: &str, d: &str, opacity: f64| {
        format!("<path class=\"{class} f{slot}\" d=\"{d}\" fill=\"{color}\" fill-opacity=\"{opacity}\"/>")
    };
    match chart.kind {
        Kind::Area => {
            let opacity = if chart.stacking == Stacking::None { 0.25 } else { 0.75 };
            doc.raw(&fill("area", &area_path(plot, &layer.spans), opacity));
            doc.raw(&stroke(&line_path(&line(plot, &layer.spans))));
        }
        Kind::Column | Kind::Bar => {
            let share = if chart.stacking == Stacking::None { plot.layers.len() } else { 1 };
            doc.raw(&fill("bars", &bars_path(plot, &layer.spans, place % share, share), 0.9));
        }
        Kind::Scatter => doc.raw(&fill("dots", &dots_path(reduce::dots(pixels(plot, &layer.spans)), 3.2), 0.7)),
        _ => {
            let points = line(plot, &layer.spans);
            doc.raw(&stroke(&line_path(&points)));
            doc.raw(&fill("dots", &dots_path(lonely(&points), DOT), 1.0));
        }
    }
    doc.raw("</g>");
}

fn pixels<'a>(plot: &'a Plot, spans: &'a [Span]) -> impl Iterator<Item = (f64, f64)> + 'a {
    spans.iter().map(|s| plot.pixel(s.x, s.to))
}

/// The pixels of a line, no more than can be seen.
fn line(plot: &Plot, spans: &[Span]) -> Vec<(f64, f64)> {
    reduce::line(pixels(plot, spans).filter(|p| p.0.is_finite()).collect(), 1.0)
}

/// Runs of points between gaps.
fn runs(points: &[(f64, f64)]) -> impl Iterator<Item = &[(f64, f64)]> {
    points.split(|p| p.1.is_nan()).filter(|run| !run.is_empty())
}

fn line_path(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    for run in runs(points) {
        put_run(&mut d, run, 'M');
    }
    d
}

/// Points joined by lines, after a move or a line to the first.
fn put_run(d: &mut String, run: &[(f64, f64)], first: char) {
    for (i, (x, y)) in run.iter().enumerate() {
        let letter = if i == 0 { first } else { 'L' };
        let _ = write!(d, "{letter}{} {}", number(*x), number(*y));
    }
}

/// Points that need a dot: all when there are few, else those that no line reaches.
fn lonely(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let few = points.len() <= FEW;
    runs(points).filter(|run| few || run.len() == 1).flatten().copied().collect()
}

/// The outline of an area: along its top, back along its bottom.
fn area_path(plot: &Plot, spans: &[Span]) -> String {
    let mut d = String::new();
    for run in spans.split(|s| s.to.is_nan()).filter(|run| !run.is_empty()) {
        let edge = |end: fn(&Span) -> f64| {
            let pixels =
                run.iter().map(|s| plot.pixel(s.x, plot.base(end(s)))).filter(|p| p.0.is_finite() && p.1.is_finite());
            reduce::line(pixels.collect(), 1.0)
        };
        let mut bottom = edge(|s| s.from);
        bottom.reverse();
        put_run(&mut d, &edge(|s| s.to), 'M');
        put_run(&mut d, &bottom, 'L');
        d.push('Z');
    }
    d
}

/// The bars of one series: the `place`-th of `share` beside each other.
fn bars_path(plot: &Plot, spans: &[Span], place: usize, share: usize) -> String {
    let width = plot.band * 0.82;
    let each = width / share as f64;
    let mut d = String::new();
    for span in spans.iter().filter(|s| s.to.is_finite() && s.to != s.from) {
        let start = span.x - width / 2.0 + each * place as f64;
        let (x1, y1) = plot.pixel(start, plot.base(span.from));
        let (x2, y2) = plot.pixel(start + each, plot.base(span.to));
        if [x1, y1, x2, y2].iter().all(|n| n.is_finite()) {
            let (x1, x2) = if plot.upright { at_least_a_hair(x1, x2) } else { (x1, x2) };
            let _ = write!(d, "M{} {}H{}V{}H{}Z", number(x1), number(y1), number(x2), number(y2), number(x1));
        }
    }
    d
}

/// A bar of a narrow band stays visible.
fn at_least_a_hair(x1: f64, x2: f64) -> (f64, f64) {
    let missing = (0.8 - (x2 - x1)).max(0.0) / 2.0;
    (x1 - missing, x2 + missing)
}

fn dots_path(points: impl IntoIterator<Item = (f64, f64)>, radius: f64) -> String {
    let mut d = String::new();
    let (r, across) = (number(radius), number(2.0 * radius));
    for (x, y) in points {
        let _ = write!(d, "M{} {}a{r} {r} 0 1 0 {across} 0a{r} {r} 0 1 0 -{across} 0Z", number(x - radius), number(y));
    }
    d
}
