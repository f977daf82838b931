//! Rows as records, a line for each column: for results with more columns than the terminal has room for.

use super::View;
use super::table::{Paint, Shown, cut, split_at_width};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// A long text runs over at most so many lines.
const MOST_LINES: usize = 6;

/// Writes each row as a record. Columns without a value are left out of it.
pub fn write(view: &View<'_>, out: &mut dyn Write, columns: &[Shown], width: usize, paint: Paint) -> io::Result<()> {
    let names = columns.iter().map(|c| c.name.width()).max().unwrap_or(0).min(width / 2);
    let room = width.saturating_sub(names + 2).max(8);
    for (number, (values, row)) in view.rows().enumerate() {
        let title = format!("── row {} ", number + 1);
        let rule = "─".repeat(width.saturating_sub(title.width()));
        writeln!(out, "{}", paint.dim(&format!("{title}{rule}")))?;
        for (column, value) in columns.iter().zip(values) {
            let text = column.text(value, row);
            if text.is_empty() {
                continue;
            }
            let name = cut(&column.name, names);
            let pad = " ".repeat(names - name.width() + 2);
            write!(out, "{}{pad}", paint.bold(&name))?;
            wrapped(out, &text, room, names + 2)?;
        }
    }
    Ok(())
}

/// The text over several lines, the further ones indented.
fn wrapped(out: &mut dyn Write, text: &str, room: usize, indent: usize) -> io::Result<()> {
    let mut rest = text;
    for line in 1..=MOST_LINES {
        if line == MOST_LINES {
            return writeln!(out, "{}", cut(rest, room));
        }
        let (head, tail) = split_at_width(rest, room);
        writeln!(out, "{head}")?;
        if tail.is_empty() {
            break;
        }
        write!(out, "{}", " ".repeat(indent))?;
        rest = tail;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_wrap_and_end() {
        let mut out = Vec::new();
        wrapped(&mut out, &"x".repeat(100), 10, 3).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), MOST_LINES);
        assert!(text.ends_with("   xxxxxxxxx…\n"), "{text}");
    }
}
