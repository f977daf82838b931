//! Text in a picture: safe, and of a known width.

use std::borrow::Cow;
use unicode_width::UnicodeWidthChar;

/// The widths of ASCII's printable characters in Noto Sans, in hundredths of the font size.
const WIDTHS: [u8; 95] = [
    26, 27, 41, 65, 57, 83, 73, 23, 30, 30, 55, 57, 27, 32, 27, 37, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 27, 27, 57,
    57, 57, 43, 90, 64, 65, 63, 73, 56, 52, 73, 74, 34, 27, 62, 52, 91, 76, 78, 60, 78, 62, 55, 56, 73, 60, 93, 59, 57,
    57, 33, 37, 33, 57, 44, 58, 56, 62, 48, 62, 56, 34, 62, 62, 26, 26, 53, 26, 94, 62, 60, 62, 62, 41, 48, 36, 62, 51,
    79, 53, 51, 47, 38, 55, 38, 57,
];

/// The fonts of a picture: ours first, which PNG carries, then those that machines have.
pub const FONTS: &str = "'Noto Sans', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";

/// The width of a text in pixels, as our font has it.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

fn advance(c: char) -> f64 {
    let known = (c as usize).checked_sub(32).and_then(|i| WIDTHS.get(i));
    match known {
        Some(w) => f64::from(*w) / 100.0,
        None if c.width() == Some(2) => 1.0,
        None => 0.6,
    }
}

/// The text as it is shown, or its beginning and an ellipsis, in at most `room` pixels.
pub fn fit(text: &str, size: f64, room: f64) -> String {
    let text = crate::sink::visible(text);
    if width(&text, size) <= room {
        return text.into_owned();
    }
    let mut used = advance('…') * size;
    let fits = |c: &char| {
        used += advance(*c) * size;
        used <= room
    };
    let head: String = text.chars().take_while(fits).collect();
    format!("{}…", head.trim_end())
}

/// Text for XML and HTML, in content and in quoted attributes. Characters that XML forbids are written as escapes.
pub fn escape(text: &str) -> String {
    let text: Cow<'_, str> = crate::sink::visible(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(
            escape("</text><script>alert('x')</script>\u{0}\u{1b}"),
            "&lt;/text&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\\x00\\x1b"
        );
        assert_eq!(escape("\" onload=\"x"), "&quot; onload=&quot;x");
    }

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        assert_eq!(fit("short", 12.0, 100.0), "short");
        let cut = fit(&"wide ".repeat(50), 12.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 101.0, "{cut}");
    }
}
