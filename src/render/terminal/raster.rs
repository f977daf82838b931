//! A field of dots: eight in a character (Braille), or one.

use super::grid::{Ink, glyph};

/// Dots of a character in Braille's numbering, by row and column.
const BRAILLE: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

#[derive(Clone, Copy, Default)]
struct Cell {
    dots: u8,
    series: Option<usize>,
}

/// Dots, each of a series; what is drawn later covers what was there.
pub struct Raster {
    /// Dots from left to right.
    pub width: usize,
    /// Dots from top to bottom.
    pub height: usize,
    fine: bool,
    columns: usize,
    cells: Vec<Cell>,
}

impl Raster {
    /// A field of so many characters. `fine`: eight dots each, and one colour; else one, the series' own character.
    pub fn new(columns: usize, rows: usize, fine: bool) -> Self {
        let (across, down) = if fine { (2, 4) } else { (1, 1) };
        let cells = vec![Cell::default(); columns * rows];
        Raster { width: columns * across, height: rows * down, fine, columns, cells }
    }

    /// Sets a dot; outside there is nothing to set.
    pub fn set(&mut self, x: i64, y: i64, series: usize) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x >= self.width || y >= self.height {
            return;
        }
        let (across, down) = if self.fine { (2, 4) } else { (1, 1) };
        if let Some(cell) = self.cells.get_mut(y / down * self.columns + x / across) {
            let dot = BRAILLE.get(y % down).and_then(|row| row.get(x % across)).copied().unwrap_or(0);
            // A character has one colour: what another series left in it goes.
            cell.dots = if cell.series == Some(series) { cell.dots | dot } else { dot };
            cell.series = Some(series);
        }
    }

    /// A straight line, both ends included.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), series: usize) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().min(1e5) as i64;
        for step in 0..=steps {
            let share = if steps == 0 { 0.0 } else { step as f64 / steps as f64 };
            let (x, y) = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            self.set(x.round() as i64, y.round() as i64, series);
        }
    }

    /// The characters of a row.
    pub fn row(&self, row: usize) -> Vec<(String, Ink)> {
        let cells = self.cells.iter().skip(row * self.columns).take(self.columns);
        cells
            .map(|cell| match cell.series {
                None => (" ".to_owned(), Ink::Plain),
                Some(series) if self.fine => {
                    let c = char::from_u32(0x2800 + u32::from(cell.dots)).unwrap_or(' ');
                    (c.to_string(), Ink::Series(series))
                }
                Some(series) => (glyph(series).to_string(), Ink::Series(series)),
            })
            .collect()
    }
}
