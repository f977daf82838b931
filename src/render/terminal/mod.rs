//! Charts as text: for terminals, logs and mails.
//!
//! Lines are drawn in Braille dots, eight to a character; bars in eighths of blocks. Without colour each series has a
//! character of its own, so that nothing is told by colour alone. Texts of the data are escaped: no control sequence in
//! them reaches the terminal.

mod axes;
mod bars;
mod grid;
mod legend;
mod marks;
mod raster;

use super::chart::{Chart, Kind, Unit};
use super::{panel, stack};
use crate::sink::{cut, visible};
use grid::{Grid, Ink};

/// The least width and height at which something can be read.
const LEAST: (usize, usize) = (24, 6);

/// Draws a chart in at most `width` columns. A plot takes `height` lines with its axis; the title, the legend and a long
/// list of bars come on top of them.
pub fn terminal(chart: &Chart, width: usize, height: usize, color: bool) -> String {
    let (width, height) = (width.max(LEAST.0), height.max(LEAST.1));
    let mut page = Grid::new(width, color);
    if !chart.title.is_empty() {
        page.push_line(&[(cut(&visible(&chart.title), width).into_owned(), Ink::Bold)]);
    }
    if chart.is_empty() {
        let nothing = if chart.series.iter().any(|s| !s.points.is_empty()) { "no values to draw" } else { "no rows" };
        page.push_line(&[(format!("  ({nothing})"), Ink::Dim)]);
        return page.finish();
    }
    match chart.kind {
        Kind::Card => bars::card(&mut page, chart),
        Kind::Pie | Kind::Bar => bars::draw(&mut page, chart, height),
        Kind::Column if chart.x.unit == Unit::Category => bars::draw(&mut page, chart, height),
        _ => plots(&mut page, chart, height),
    }
    if chart.shows_legend() {
        legend::draw(&mut page, chart);
    }
    page.finish()
}

/// The panels, below each other.
fn plots(page: &mut Grid, chart: &Chart, height: usize) {
    let panels = panel::panels(chart);
    let rows = (height / panels.len().max(1)).max(LEAST.1);
    let (places, band) = panel::places(chart);
    let last = panels.len().saturating_sub(1);
    for (i, (title, members)) in panels.into_iter().enumerate() {
        let layers = stack::layers(chart, &members);
        let ticks = (rows / 4).clamp(2, 6);
        let values = panel::values(chart, &layers, ticks);
        let plot = axes::Plot { places: places.clone(), values, band, layers, ticks, rows: rows - 2, title };
        plot.draw(page, chart, i == last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Stacking;
    use crate::render::svg::samples;
    use unicode_width::UnicodeWidthStr;

    const KINDS: [Kind; 6] = [Kind::Line, Kind::Area, Kind::Column, Kind::Bar, Kind::Pie, Kind::Scatter];

    #[test]
    fn no_line_is_wider_than_asked_and_no_sequence_of_the_data_gets_through() {
        let name = "a\u{1b}[31m very long name that will not fit 世界 at all, whatever is done about it";
        for kind in KINDS {
            for stacking in [Stacking::None, Stacking::Stacked, Stacking::Percent] {
                let mut chart = samples::numbers(
                    kind,
                    &[(name, &[(0.0, 1.0), (1.0, -3.0)]), ("b", &[(0.0, 9.0), (1.0, f64::NAN)])],
                );
                chart.stacking = stacking;
                chart.title = name.to_owned();
                if matches!(kind, Kind::Bar | Kind::Pie) {
                    (chart.x.unit, chart.categories) = (Unit::Category, vec![name.to_owned(), "c".to_owned()]);
                }
                for width in [10, 40, 80] {
                    let text = terminal(&chart, width, 12, false);
                    assert!(!text.contains('\u{1b}'), "{kind:?}");
                    let widest = text.lines().map(UnicodeWidthStr::width).max().unwrap();
                    assert!(widest <= width.max(LEAST.0), "{kind:?} {stacking:?} {width}: {widest}\n{text}");
                }
            }
        }
    }

    #[test]
    fn a_line_goes_from_corner_to_corner() {
        let chart = samples::numbers(Kind::Line, &[("a", &[(0.0, 0.0), (10.0, 10.0)])]);
        let text = terminal(&chart, 40, 10, false);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("10 ┤") && !lines[0].ends_with('⠁'), "{text}");
        let dots = |line: &str| line.chars().position(|c| ('\u{2801}'..='\u{28FF}').contains(&c));
        assert!(dots(lines[0]).unwrap() > 34, "{text}");
        assert_eq!(dots(lines[7]), Some(4), "{text}");
        assert!(lines[8].starts_with("   └┬"), "{text}");
    }

    #[test]
    fn bars_are_as_long_as_their_values() {
        let mut chart = samples::numbers(Kind::Bar, &[("n", &[(0.0, 40.0), (1.0, 20.0), (2.0, 0.0)])]);
        (chart.x.unit, chart.categories) = (Unit::Category, ["a", "b", "c"].map(str::to_owned).to_vec());
        let text = terminal(&chart, 40, 10, false);
        let bar = |line: usize| text.lines().nth(line).unwrap().matches('█').count();
        assert_eq!((bar(0), bar(1), bar(2)), (2 * bar(1), bar(1), 0), "{text}");
        assert!(text.lines().nth(1).unwrap().ends_with(" 20"), "{text}");
    }

    #[test]
    fn without_colour_series_have_characters() {
        let chart = samples::numbers(Kind::Line, &[("a", &[(0.0, 0.0), (9.0, 9.0)]), ("b", &[(0.0, 9.0), (9.0, 0.0)])]);
        let plain = terminal(&chart, 60, 12, false);
        assert!(plain.contains('•') && plain.contains('+'), "{plain}");
        assert!(plain.trim_end().ends_with("• a   + b"), "{plain}");
        assert!(terminal(&chart, 60, 12, true).contains("\u{1b}[38;5;74m"));
    }
}
