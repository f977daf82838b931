//! Charts as SVG.
//!
//! The picture stands for itself (inline colours, no script, no style sheet). Elements carry classes, so that a page may
//! recolour and move them: `s0`.. and `f0`.. for the stroke and fill of a colour, `ink`, `faint`, `grid`, `axis`, `paper`.

mod axis;
mod document;
mod legend;
mod marks;
mod pie;
pub mod plot;
pub mod text;

use super::chart::{Chart, Kind, Unit};
use super::{Size, panel, stack};
use document::{Anchor, Document, Type};
use plot::{Frame, LARGE, Plot, SMALL};

/// Draws a chart. The height grows beyond the asked one when bars or slices need it.
pub fn svg(chart: &Chart, size: Size) -> String {
    draw(chart, size).svg
}

/// A drawn chart and where its panels are, for scripts that move things in it.
pub struct Drawing {
    pub svg: String,
    pub plots: Vec<Plot>,
}

/// Draws a chart.
pub fn draw(chart: &Chart, size: Size) -> Drawing {
    let top = if chart.title.is_empty() { 18.0 } else { 48.0 };
    let (width, height) = (f64::from(size.width.max(200)), f64::from(size.height.max(120)));
    let mut doc = Document::new(width, height.max(least_height(chart, top)));
    if !chart.title.is_empty() {
        let look = Type { bold: true, ..Type::plain(LARGE, Anchor::Start) };
        doc.text(16.0, 28.0, look, &text::fit(&chart.title, LARGE, 0.9 * doc.width - 32.0));
    }
    let mut plots = vec![];
    if chart.is_empty() {
        let rows = if chart.series.iter().any(|s| !s.points.is_empty()) { "no values to draw" } else { "no rows" };
        let (x, y) = (doc.width / 2.0, doc.height / 2.0);
        doc.text(x, y, Type::faint(LARGE, Anchor::Middle), rows);
    } else {
        match chart.kind {
            Kind::Pie => pie::draw(&mut doc, chart, top),
            Kind::Card => pie::card(&mut doc, chart, top),
            _ => plots = axes_and_marks(&mut doc, chart, top),
        }
    }
    Drawing { svg: doc.finish(&description(chart)), plots }
}

/// What the picture shows, in words.
fn description(chart: &Chart) -> String {
    if !chart.title.is_empty() {
        return chart.title.clone();
    }
    match (chart.y.title.as_str(), chart.x.title.as_str()) {
        ("", "") => "chart".to_owned(),
        (y, "") => y.to_owned(),
        ("", x) => format!("chart by {x}"),
        (y, x) => format!("{y} by {x}"),
    }
}

fn least_height(chart: &Chart, top: f64) -> f64 {
    match chart.kind {
        Kind::Pie => pie::height(chart, top),
        Kind::Bar => {
            let beside = if chart.stacking == super::Stacking::None { chart.series.len().clamp(1, 12) } else { 1 };
            top + 60.0 + chart.categories.len() as f64 * (6.0 + 12.0 * beside as f64)
        }
        Kind::Card => top + 110.0 * chart.cards.len().div_ceil(4) as f64,
        _ if chart.panels => top + 60.0 + 130.0 * panel::panels(chart).len() as f64,
        _ => 0.0,
    }
}

/// Everything of a chart that has two axes.
fn axes_and_marks(doc: &mut Document, chart: &Chart, top: f64) -> Vec<Plot> {
    let plots = layout(doc, chart, top);
    let legend_width = legend::width(chart);
    for (i, plot) in plots.iter().enumerate() {
        axis::values(doc, plot, i);
        marks::draw(doc, chart, plot, i);
        axis::base_line(doc, plot);
        let title = if plot.upright { plot.title.as_str() } else { chart.x.title.as_str() };
        axis::left_title(doc, plot.frame, 18.0, title);
    }
    let (Some(first), Some(last)) = (plots.first(), plots.last()) else { return plots };
    let mut below = axis::height_below(chart, last.frame.width);
    if chart.x.unit == Unit::Category {
        let labels = if last.upright {
            axis::CategoryLabels::plan(chart, last.frame.width)
        } else {
            below = 22.0;
            axis::CategoryLabels { every: 1, turned: false, height: 0.0 }
        };
        axis::categories(doc, chart, last, labels);
    } else {
        axis::places(doc, last);
    }
    let title = if last.upright { &chart.x.title } else { &chart.y.title };
    let middle = last.frame.left + last.frame.width / 2.0;
    let title = text::fit(title, SMALL, last.frame.width);
    doc.text(middle, last.frame.bottom() + below + 16.0, Type::faint(SMALL, Anchor::Middle), &title);
    if chart.categories_left_out > 0 {
        let note = format!("+{} more not shown", chart.categories_left_out);
        doc.text(last.frame.right(), first.frame.top - 5.0, Type::faint(SMALL, Anchor::End), &note);
    }
    if legend_width > 0.0 {
        let left = last.frame.right() + 18.0;
        let frame = Frame {
            left,
            top: first.frame.top,
            width: doc.width - left - 6.0,
            height: last.frame.bottom() - first.frame.top,
        };
        legend::draw(doc, chart, frame);
    }
    plots
}

/// The panels, below each other, and their scales.
fn layout(doc: &Document, chart: &Chart, top: f64) -> Vec<Plot> {
    let upright = chart.kind != Kind::Bar;
    let (places, band) = panel::places(chart);
    let panels = panel::panels(chart);
    let legend = legend::width(chart);
    let right = if legend > 0.0 { legend + 18.0 } else { 28.0 };
    // The height below depends on the width, which depends on the labels at the left, which depend on the height: the
    // labels are measured with the height that is there at most.
    let rough = (doc.height - top) / panels.len().max(1) as f64;
    let ticks = if upright { (rough / 55.0) as usize } else { 8 }.clamp(2, 8);
    let drawn: Vec<_> = panels
        .into_iter()
        .map(|(title, members)| {
            let layers = stack::layers(chart, &members);
            let values = panel::values(chart, &layers, ticks);
            (title, layers, values)
        })
        .collect();
    let labels = if upright {
        plot::widest(drawn.iter().flat_map(|(_, _, v)| v.ticks(ticks)).map(|t| t.label))
    } else {
        plot::widest(chart.categories.iter().map(|c| crate::sink::visible(c)))
            .min((doc.width * 0.32).max(axis::LONGEST_LABEL))
    };
    let left = (16.0 + 18.0 + labels + 8.0).max(axis::room_for_first(chart, upright));
    let width = (doc.width - left - right).max(60.0);
    let below = 24.0 + if upright { axis::height_below(chart, width) } else { 22.0 };
    let gap = 22.0;
    let count = drawn.len().max(1) as f64;
    let height = ((doc.height - top - below - gap * (count - 1.0)) / count).max(40.0);
    let place = |(i, (title, layers, values)): (usize, (String, _, _))| {
        let frame = Frame { left, top: top + (height + gap) * i as f64, width, height };
        Plot { frame, places: places.clone(), values, upright, band, layers, ticks, title }
    };
    drawn.into_iter().enumerate().map(place).collect()
}

#[cfg(test)]
pub mod samples {
    //! Charts for tests.

    use super::super::chart::{Axis, Chart, Kind, Point, Series, Stacking, Unit};

    pub fn numbers(kind: Kind, series: &[(&str, &[(f64, f64)])]) -> Chart {
        let axis = |unit| Axis { title: String::new(), unit, log: false, min: None, max: None };
        let series = series.iter().map(|(name, points)| Series {
            name: (*name).to_owned(),
            measure: 0,
            points: points.iter().map(|&(x, y)| Point { x, y }).collect(),
        });
        Chart {
            kind,
            title: String::new(),
            x: axis(Unit::Number),
            y: axis(Unit::Number),
            stacking: Stacking::None,
            legend: true,
            panels: false,
            categories: vec![],
            categories_left_out: 0,
            series: series.collect(),
            cards: vec![],
            notes: vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Stacking;

    const KINDS: [Kind; 6] = [Kind::Line, Kind::Area, Kind::Column, Kind::Bar, Kind::Pie, Kind::Scatter];

    fn hostile(kind: Kind) -> Chart {
        let name = "</text><script>alert(1)</script>\" onload=\"x\u{1b}\u{0}";
        let mut chart =
            samples::numbers(kind, &[(name, &[(0.0, 1.0), (1.0, 2.0)]), (name, &[(0.0, 5.0), (1.0, f64::NAN)])]);
        if matches!(kind, Kind::Bar | Kind::Pie) {
            chart.x.unit = Unit::Category;
            chart.categories = vec![name.to_owned(), name.to_owned()];
        }
        for text in [&mut chart.title, &mut chart.x.title, &mut chart.y.title] {
            *text = name.to_owned();
        }
        chart
    }

    #[test]
    fn names_from_telemetry_never_become_markup() {
        for kind in KINDS {
            let text = svg(&hostile(kind), Size::default());
            assert!(!text.contains("<script") && !text.contains("\" onload"), "{kind:?}");
            let options = resvg::usvg::Options::default();
            assert!(resvg::usvg::Tree::from_str(&text, &options).is_ok(), "{kind:?} is well-formed");
        }
    }

    #[test]
    fn nothing_is_ever_drawn_at_nan() {
        let odd: &[&[(f64, f64)]] =
            &[&[], &[(0.0, f64::NAN)], &[(5.0, 0.0)], &[(0.0, -1e308), (1.0, 1e308)], &[(0.0, 0.0), (0.0, 0.0)]];
        for kind in KINDS {
            for points in odd {
                for (stacking, log) in [(Stacking::None, false), (Stacking::Percent, false), (Stacking::Stacked, true)]
                {
                    let mut chart = samples::numbers(kind, &[("a", points), ("b", points)]);
                    (chart.stacking, chart.y.log) = (stacking, log);
                    let text = svg(&chart, Size { width: 300, height: 100 });
                    assert!(!text.contains("NaN") && !text.contains("inf"), "{kind:?} {points:?} {stacking:?}\n{text}");
                }
            }
        }
    }

    #[test]
    fn a_peak_reaches_the_top_and_a_gap_breaks_the_line() {
        let chart = samples::numbers(
            Kind::Line,
            &[("a", &[(0.0, 0.0), (1.0, 100.0), (2.0, f64::NAN), (3.0, 50.0), (4.0, 0.0)])],
        );
        let drawing = draw(&chart, Size::default());
        let frame = drawing.plots[0].frame;
        let path = drawing.svg.split("class=\"line s0\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(path.matches('M').count(), 2, "{path}");
        let peak = format!("L{} {}", document::number(frame.left + frame.width / 4.0), document::number(frame.top));
        assert!(path.contains(&peak), "{path} lacks {peak}");
    }

    #[test]
    fn fifty_series_are_told_apart_and_counted() {
        let points: &[(f64, f64)] = &[(0.0, 1.0), (1.0, 2.0)];
        let names: Vec<String> = (0..50).map(|i| format!("series {i}")).collect();
        let series: Vec<(&str, &[(f64, f64)])> = names.iter().map(|n| (n.as_str(), points)).collect();
        let text = svg(&samples::numbers(Kind::Line, &series), Size::default());
        assert!(text.contains("more</text>") && text.contains("stroke-dasharray=\"6 3\""));
    }
}
