//! Lines of text with colours, written out with as few control sequences as needed.

use crate::render::palette;
use unicode_width::UnicodeWidthStr;

/// The colour of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The terminal's own.
    Plain,
    /// Headings.
    Bold,
    /// Axes and what else is not data.
    Dim,
    /// A series.
    Series(usize),
}

const RESET: &str = "\x1b[0m";

/// Text that grows line by line.
pub struct Grid {
    pub width: usize,
    pub color: bool,
    out: String,
}

impl Grid {
    pub fn new(width: usize, color: bool) -> Self {
        Grid { width, color, out: String::new() }
    }

    /// Adds a line of pieces; neighbours of one colour are written together.
    pub fn push_line(&mut self, pieces: &[(String, Ink)]) {
        let mut line = String::new();
        let mut rest = pieces;
        while let Some((_, ink)) = rest.first() {
            let same = rest.iter().take_while(|(_, i)| i == ink).count();
            let (run, further) = rest.split_at(same);
            let text: String = run.iter().map(|(t, _)| t.as_str()).collect();
            line.push_str(&self.painted(&text, *ink));
            rest = further;
        }
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn painted(&self, text: &str, ink: Ink) -> String {
        if !self.color || text.trim().is_empty() {
            return text.to_owned();
        }
        match ink {
            Ink::Plain => text.to_owned(),
            Ink::Bold => format!("\x1b[1m{text}{RESET}"),
            Ink::Dim => format!("\x1b[2m{text}{RESET}"),
            Ink::Series(series) => {
                let color = palette::TERMINAL.get(palette::slot(series)).copied().unwrap_or(7);
                format!("\x1b[38;5;{color}m{text}{RESET}")
            }
        }
    }

    pub fn finish(self) -> String {
        self.out
    }
}

/// Characters that stand for series where there is no colour.
const GLYPHS: [char; 10] = ['•', '+', 'x', 'o', '*', '#', '@', '%', '&', '='];
/// The same for filled areas.
const SHADES: [char; 8] = ['█', '░', '▓', '▒', '#', '+', '=', ':'];

/// The character of a line or dot.
pub fn glyph(series: usize) -> char {
    GLYPHS.get(series % GLYPHS.len()).copied().unwrap_or('•')
}

/// The character of an area or bar.
pub fn shade(series: usize) -> char {
    SHADES.get(series % SHADES.len()).copied().unwrap_or('█')
}

/// The text with blanks before it, so that it ends at a width.
pub fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

/// The text with blanks behind it.
pub fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}
