//! Charts as a page of HTML that needs nothing else: the SVG, its data, and a script of our own.
//!
//! The page shows values below the pointer, zooms into a dragged range, hides series by a click on their names, and is dark
//! where the reader's system is. It never loads anything. Its content security policy allows exactly our script and style
//! by their hashes, so that even a name that slipped through unescaped could not run.

use super::chart::{Chart, Kind, Stacking, Unit};
use super::svg::plot::Plot;
use super::svg::{self, text};
use super::{Size, palette, reduce};
use crate::value::datetime::UNIX_EPOCH;
use base64::Engine;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;

const SCRIPT: &str = include_str!("chart.js");
const STYLE: &str = include_str!("chart.css");

/// Points of all series together that a page carries, at most about so many.
const MOST_POINTS: usize = 160_000;

/// Draws a chart as a page.
pub fn html(chart: &Chart) -> String {
    let drawing = svg::draw(chart, Size::default());
    let style = format!("{STYLE}{}", dark_colours());
    let title = if chart.title.is_empty() { "huntline" } else { &chart.title };
    let policy = format!("default-src 'none'; style-src '{}'; script-src '{}'", hash(&style), hash(SCRIPT));
    let hint = if chart.is_empty() { "" } else { hint(chart) };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n{}<p id=\"hint\">{hint}</p>\n\
         <div id=\"tip\" hidden></div>\n</main>\n\
         <script type=\"application/json\" id=\"model\">{}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        text::escape(title),
        drawing.svg,
        embedded(&model(chart, &drawing.plots)),
    )
}

/// The hash by which a policy names a script or style.
fn hash(content: &str) -> String {
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(content.as_bytes())))
}

fn hint(chart: &Chart) -> &'static str {
    match (chart.x.unit, chart.shows_legend()) {
        (Unit::Category, false) => "",
        (Unit::Category, true) => "Click a name to hide it.",
        (_, false) => "Drag to zoom, double-click to reset.",
        (_, true) => "Drag to zoom, double-click to reset. Click a name to hide it.",
    }
}

/// The palette on black. Style rules win over the picture's own attributes.
fn dark_colours() -> String {
    let mut rules = String::from("@media (prefers-color-scheme: dark) {\n");
    for (i, color) in palette::DARK.iter().enumerate() {
        let _ = writeln!(rules, "  .s{i} {{ stroke: {color}; }} .f{i} {{ fill: {color}; }}");
    }
    rules.push_str("}\n");
    rules
}

/// JSON that cannot end the element that holds it.
fn embedded(model: &Json) -> String {
    model.to_string().replace('<', "\\u003c")
}

/// What the script knows: the data, and where it is drawn.
fn model(chart: &Chart, plots: &[Plot]) -> Json {
    let place = |x: f64| in_page(x, chart.x.unit);
    let plots: Vec<Json> = plots
        .iter()
        .map(|p| {
            json!({
                "left": p.frame.left, "top": p.frame.top, "width": p.frame.width, "height": p.frame.height,
                "x": {"low": place(p.places.low), "high": place(p.places.high), "log": p.places.log},
                "y": {"low": p.values.low, "high": p.values.high, "log": p.values.log},
                "fixed": [chart.y.min.is_some(), chart.y.max.is_some()],
                "upright": p.upright, "ticks": p.ticks,
                "band": if chart.x.unit == Unit::Time { p.band / 1e4 } else { p.band },
                "series": p.layers.iter().map(|l| l.series).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "kind": kind(chart.kind), "stacking": stacking(chart.stacking),
        "xUnit": unit(chart.x.unit), "yUnit": unit(chart.y.unit),
        "plots": plots, "categories": chart.categories, "series": series(chart),
    })
}

/// The points, no more of them than can be told apart after a zoom.
fn series(chart: &Chart) -> Vec<Json> {
    let (low, high) = chart.x_range().unwrap_or((0.0, 1.0));
    let columns = (MOST_POINTS / (4 * chart.series.len().max(1))).clamp(200, 4000) as f64;
    let each = columns / (high - low).max(f64::MIN_POSITIVE);
    let points = |series: &super::Series| {
        let points: Vec<(f64, f64)> = series.points.iter().map(|p| (p.x, p.y)).collect();
        let line = matches!(chart.kind, Kind::Line | Kind::Area) && chart.x.unit != Unit::Category;
        if line && points.len() > 4 * columns as usize && each.is_finite() {
            reduce::line(points, each)
        } else {
            points
        }
    };
    let series = |s: &super::Series| {
        let points = points(s);
        let x: Vec<f64> = points.iter().map(|p| in_page(p.0, chart.x.unit)).collect();
        let y: Vec<Option<f64>> = points.iter().map(|p| Some(p.1).filter(|y| y.is_finite())).collect();
        json!({"name": crate::sink::visible(&s.name), "x": x, "y": y})
    };
    chart.series.iter().map(series).collect()
}

/// Times become milliseconds since 1970, as browsers count.
fn in_page(x: f64, unit: Unit) -> f64 {
    if unit == Unit::Time { (x - UNIX_EPOCH as f64) / 1e4 } else { x }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Line => "line",
        Kind::Area => "area",
        Kind::Column => "column",
        Kind::Bar => "bar",
        Kind::Pie => "pie",
        Kind::Scatter => "scatter",
        Kind::Card => "card",
    }
}

const fn stacking(stacking: Stacking) -> &'static str {
    match stacking {
        Stacking::None => "none",
        Stacking::Stacked => "stacked",
        Stacking::Percent => "percent",
    }
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Number => "number",
        Unit::Time => "time",
        Unit::Span => "span",
        Unit::Category => "category",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::svg::samples;

    #[test]
    fn a_page_holds_no_markup_of_the_data_and_loads_nothing() {
        let name = "</script><script>alert(1)</script><img src=x onerror=alert(1)>";
        let mut chart = samples::numbers(Kind::Line, &[(name, &[(0.0, 1.0), (1.0, f64::NAN)]), ("b", &[(0.0, 2.0)])]);
        chart.title = name.to_owned();
        let page = html(&chart);
        assert_eq!(page.matches("<script").count(), 2);
        assert!(!page.contains("<img"));
        let links = page.matches("http").count()
            - page.matches("http://www.w3.org/2000/svg").count()
            - page.matches("http-equiv").count();
        assert_eq!(links, 0, "no address but SVG's name");
    }

    #[test]
    fn the_policy_allows_our_script_only() {
        let page = html(&samples::numbers(Kind::Line, &[]));
        assert!(page.contains(&format!("script-src '{}'", hash(SCRIPT))));
        assert!(page.contains("default-src 'none'") && !page.contains("unsafe-inline"));
    }

    #[test]
    fn many_points_are_thinned() {
        let points: Vec<(f64, f64)> = (0..100_000).map(|i| (f64::from(i), f64::from(i % 7))).collect();
        let chart = samples::numbers(Kind::Line, &[("a", &points)]);
        let kept = series(&chart)[0]["x"].as_array().unwrap().len();
        assert!((4000..=16_004).contains(&kept), "{kept}");
    }
}
