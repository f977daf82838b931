//! Writing of SVG elements. Every text goes through here, and is escaped here.

use super::text;
use std::fmt::Write;

/// Ink of text.
pub const INK: &str = "#24292F";
/// Ink of text that stands back.
pub const FAINT: &str = "#57606A";
/// Grid lines.
pub const GRID: &str = "#E4E7EB";
/// Axis lines.
pub const AXIS: &str = "#8C959F";

/// Where a text stands with regard to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    pub size: f64,
    pub bold: bool,
    pub fill: &'static str,
    pub anchor: Anchor,
    /// Degrees, clockwise.
    pub turned: f64,
}

impl Type {
    /// Plain text.
    pub const fn plain(size: f64, anchor: Anchor) -> Type {
        Type { size, bold: false, fill: INK, anchor, turned: 0.0 }
    }

    /// Text that stands back.
    pub const fn faint(size: f64, anchor: Anchor) -> Type {
        Type { size, bold: false, fill: FAINT, anchor, turned: 0.0 }
    }
}

/// A picture that grows.
pub struct Document {
    body: String,
    pub width: f64,
    pub height: f64,
}

impl Document {
    pub fn new(width: f64, height: f64) -> Self {
        Document { body: String::new(), width, height }
    }

    /// The whole SVG. The description is for those who cannot see the picture.
    pub fn finish(self, description: &str) -> String {
        let (w, h) = (number(self.width), number(self.height));
        let description = text::escape(description);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
             role=\"img\" aria-label=\"{description}\" font-family=\"{}\">\n<title>{description}</title>\n\
             <rect class=\"paper\" width=\"{w}\" height=\"{h}\" fill=\"#FFFFFF\"/>\n{}</svg>\n",
            text::FONTS,
            self.body
        )
    }

    /// Adds an element as it is. Nothing but numbers and our own words may be in it.
    pub fn raw(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    pub fn text(&mut self, x: f64, y: f64, look: Type, content: &str) {
        let anchor = match look.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let class = if look.fill == INK { "ink" } else { "faint" };
        let weight = if look.bold { " font-weight=\"bold\"" } else { "" };
        let (x, y) = (number(x), number(y));
        let turn = if look.turned == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {x} {y})\"", number(look.turned))
        };
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"{}\"{anchor}{weight}{turn}>{}</text>",
            number(look.size),
            look.fill,
            text::escape(content)
        );
    }

    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64), stroke: &str) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(number);
        let _ = writeln!(
            self.body,
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"{stroke}\"/>"
        );
    }
}

/// A coordinate: a tenth of a pixel is enough, and far outside is outside.
pub fn number(n: f64) -> String {
    let text = format!("{:.1}", n.clamp(-1e5, 1e5));
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}
