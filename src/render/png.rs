//! Charts as PNG, drawn from the SVG with a font of our own: a machine without fonts gives the same picture.

use super::{Chart, Size, svg};
use resvg::{tiny_skia, usvg};
use std::sync::Arc;

/// Why there is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PngError {
    /// The size asks for more memory than a picture may take.
    TooLarge,
    /// The SVG cannot be read, or the image cannot be written: a fault of ours.
    Failed,
}

impl std::fmt::Display for PngError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            PngError::TooLarge => "the picture is too large",
            PngError::Failed => "the picture cannot be drawn",
        })
    }
}

impl std::error::Error for PngError {}

/// Pixels of the image for each of the chart: fine enough for screens of today.
const DENSITY: f32 = 2.0;
const MOST_PIXELS: u64 = 100_000_000;

/// Draws a chart.
///
/// # Errors
/// [`PngError::TooLarge`] when the size is beyond reason.
pub fn png(chart: &Chart, size: Size) -> Result<Vec<u8>, PngError> {
    let mut options = usvg::Options { font_family: "Noto Sans".to_owned(), ..usvg::Options::default() };
    let fonts = options.fontdb_mut();
    for font in [notosans::REGULAR_TTF, notosans::BOLD_TTF] {
        fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(font)));
    }
    let tree = usvg::Tree::from_str(&svg(chart, size), &options).map_err(|_| PngError::Failed)?;
    let pixels = |length: f32| (length * DENSITY).ceil() as u32;
    let (width, height) = (pixels(tree.size().width()), pixels(tree.size().height()));
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(PngError::TooLarge);
    }
    let mut image = tiny_skia::Pixmap::new(width, height).ok_or(PngError::TooLarge)?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(DENSITY, DENSITY), &mut image.as_mut());
    image.encode_png().map_err(|_| PngError::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Kind, svg::samples};

    #[test]
    fn text_is_drawn_without_any_font_of_the_machine() {
        let drawn = |title: &str| {
            let mut chart = samples::numbers(Kind::Line, &[]);
            chart.title = title.to_owned();
            png(&chart, Size { width: 300, height: 120 }).unwrap()
        };
        assert!(drawn("a").starts_with(b"\x89PNG"));
        assert_ne!(drawn("A title"), drawn("B title"));
    }

    #[test]
    fn a_size_beyond_reason_is_refused() {
        let chart = samples::numbers(Kind::Line, &[]);
        assert_eq!(png(&chart, Size { width: 1_000_000, height: 1_000_000 }), Err(PngError::TooLarge));
    }
}
