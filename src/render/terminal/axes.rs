//! A plot with its axes: values at the left, time or numbers below.

use super::grid::{Grid, Ink, right};
use super::marks;
use crate::render::chart::{Chart, Unit};
use crate::render::scale::{Scale, Tick};
use crate::render::stack::Layer;
use crate::sink::{cut, visible};
use unicode_width::UnicodeWidthStr;

/// One panel.
pub struct Plot {
    pub places: Scale,
    pub values: Scale,
    /// Width of the room for the bars of one place, in units of x.
    pub band: f64,
    pub layers: Vec<Layer>,
    /// About how many ticks the value axis has.
    pub ticks: usize,
    /// Lines of the plot, the axis below apart.
    pub rows: usize,
    /// Title of the value axis.
    pub title: String,
}

impl Plot {
    /// Draws the plot; the labels below only where asked.
    pub fn draw(&self, page: &mut Grid, chart: &Chart, labelled: bool) {
        let ticks = self.values.ticks(self.ticks);
        let margin = ticks.iter().map(|t| t.label.width()).max().unwrap_or(1);
        let columns = page.width.saturating_sub(margin + 3).max(8);
        if !self.title.is_empty() {
            let title = visible(&self.title);
            page.push_line(&[(cut(&title, page.width).into_owned(), Ink::Dim)]);
        }
        let body = marks::draw(self, chart, columns, page.color);
        for (row, cells) in body.into_iter().enumerate() {
            let tick = ticks.iter().find(|t| self.row_of(t.value) == Some(row));
            let label = tick.map_or("", |t| t.label.as_str());
            let edge = if tick.is_some() { " ┤" } else { " │" };
            let mut line = vec![(format!("{}{edge}", right(label, margin)), Ink::Dim)];
            line.extend(cells);
            page.push_line(&line);
        }
        self.below(page, chart, margin, columns, labelled);
    }

    /// The line of a value.
    fn row_of(&self, value: f64) -> Option<usize> {
        let place = self.values.place(value);
        let row = ((1.0 - place) * (self.rows.saturating_sub(1)) as f64).round();
        (0.0..self.rows as f64).contains(&row).then_some(row as usize)
    }

    /// The axis below, with its ticks and labels.
    fn below(&self, page: &mut Grid, chart: &Chart, margin: usize, columns: usize, labelled: bool) {
        let ticks = self.place_ticks(chart, columns);
        let column = |t: &Tick| (self.places.place(t.value) * (columns - 1) as f64).round() as usize;
        let mut axis = vec!['─'; columns];
        for tick in &ticks {
            if let Some(c) = axis.get_mut(column(tick)) {
                *c = '┬';
            }
        }
        let pad = " ".repeat(margin + 1);
        page.push_line(&[(format!("{pad}└{}", axis.iter().collect::<String>()), Ink::Dim)]);
        if !labelled {
            return;
        }
        let labels = ticks.iter().map(|t| (column(t), t.label.as_str()));
        page.push_line(&[(below_axis(labels, margin + 2, page.width), Ink::Dim)]);
        let contexts: Vec<_> = ticks.iter().filter_map(|t| Some((column(t), t.context.as_deref()?))).collect();
        if !contexts.is_empty() {
            page.push_line(&[(below_axis(contexts.into_iter(), margin + 2, page.width), Ink::Dim)]);
        }
    }

    fn place_ticks(&self, chart: &Chart, columns: usize) -> Vec<Tick> {
        if chart.x.unit != Unit::Category {
            return self.places.ticks((columns / 12).clamp(2, 12));
        }
        let every = chart.categories.len().div_ceil((columns / 12).max(1)).max(1);
        let names = chart.categories.iter().enumerate().step_by(every);
        let label = |name: &str| cut(&visible(name), 11).into_owned();
        names.map(|(i, name)| Tick { value: i as f64, label: label(name), context: None }).collect()
    }
}

/// Labels centered below their columns; one that would touch its neighbour is left out.
fn below_axis<'a>(labels: impl Iterator<Item = (usize, &'a str)>, margin: usize, width: usize) -> String {
    let mut line = String::new();
    for (column, label) in labels {
        let used = line.width();
        let start = (margin + column).saturating_sub(label.width() / 2).min(width.saturating_sub(label.width()));
        if start >= used + usize::from(used > 0) && start + label.width() <= width {
            line.push_str(&" ".repeat(start - used));
            line.push_str(label);
        }
    }
    line
}
