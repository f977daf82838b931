//! A table for reading on a terminal: columns side by side, cut to its width.
//!
//! Numbers and guids are never cut, since a shortened one would be a wrong one; texts end in an ellipsis, and times at the
//! millisecond. When not even that fits, rows are written as records (see `record`).

use super::{Options, View, cell, escape, record, row_count};
use crate::value::{Column, Field, Type, datetime, datetime::TICKS_PER_SECOND};
use std::borrow::Cow;
use std::io::{self, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Digits of a second down to its thousandth.
const MILLISECONDS: usize = 3;
/// Blanks between columns.
const GAP: usize = 2;
/// Texts may be cut down to this width before the table turns into records.
const LEAST_TEXT: usize = 12;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

/// Writes the table, or records, and the count of rows.
pub fn write(view: &View<'_>, out: &mut dyn Write, options: &Options<'_>) -> io::Result<()> {
    let paint = Paint(options.color);
    let columns = shortened(measure(view), options.width);
    if !columns.is_empty() {
        match fit(&columns, options.width) {
            Some(widths) => grid(view, out, &columns, &widths, paint)?,
            None => record::write(view, out, &measure(view), options.width.unwrap_or(80), paint)?,
        }
    }
    writeln!(out, "{}", paint.dim(&row_count(view.result, Some(view.rows))))
}

/// Colours, or none.
#[derive(Clone, Copy)]
pub struct Paint(bool);

impl Paint {
    /// Headings.
    pub fn bold<'a>(self, text: &'a str) -> Cow<'a, str> {
        if self.0 { format!("{BOLD}{text}{RESET}").into() } else { text.into() }
    }

    /// What is not data.
    pub fn dim<'a>(self, text: &'a str) -> Cow<'a, str> {
        if self.0 { format!("{DIM}{text}{RESET}").into() } else { text.into() }
    }
}

/// What the layout knows of a column.
pub struct Shown {
    /// The name, safe to show.
    pub name: String,
    /// Whether values stand on the right.
    right: bool,
    /// Digits of a second that the column's datetimes need: 0, 3 or 7.
    digits: usize,
    /// Width of the widest value.
    values: usize,
    /// Whether values may be cut.
    elastic: bool,
}

impl Shown {
    fn new(field: &Field) -> Self {
        Shown {
            name: escape::visible(&field.name).into_owned(),
            right: field.ty.is_numeric() || field.ty == Type::Timespan,
            digits: 0,
            values: 0,
            elastic: matches!(field.ty, Type::String | Type::Dynamic),
        }
    }

    /// The width at which nothing is cut.
    fn wanted(&self) -> usize {
        self.values.max(self.name.width()).max(1)
    }

    /// The width below which the column says nothing any more.
    fn needed(&self) -> usize {
        if self.elastic { self.wanted().min(LEAST_TEXT) } else { self.values.max(self.name.width().min(LEAST_TEXT)) }
    }

    /// The text of a value, safe to show.
    pub fn text<'a>(&self, column: &'a Column, row: usize) -> Cow<'a, str> {
        match column {
            Column::Datetime(v) => {
                v.get(row).copied().flatten().map(|t| readable(t, self.digits)).unwrap_or_default().into()
            }
            Column::String(_) | Column::Dynamic(_) => match cell::text(column, row) {
                Cow::Borrowed(text) => escape::visible(text),
                Cow::Owned(text) => escape::visible(&text).into_owned().into(),
            },
            _ => cell::text(column, row),
        }
    }
}

/// `2024-05-01 10:00:00`, with as many digits of a second as the column needs. All times are UTC.
fn readable(ticks: i64, digits: usize) -> String {
    let full = datetime::format(ticks);
    let end = 19 + if digits > 0 { digits + 1 } else { 0 };
    full.get(..end).unwrap_or(&full).replacen('T', " ", 1)
}

/// Looks at all values that will be shown.
fn measure(view: &View<'_>) -> Vec<Shown> {
    let mut shown: Vec<Shown> = view.result.schema.fields().iter().map(Shown::new).collect();
    for (columns, row) in view.rows() {
        for (column, shown) in columns.iter().zip(&mut shown) {
            if let Column::Datetime(v) = column {
                let ticks = v.get(row).copied().flatten().unwrap_or(0);
                let digits = if ticks % TICKS_PER_SECOND == 0 {
                    0
                } else if ticks % 10_000 == 0 {
                    3
                } else {
                    7
                };
                shown.digits = shown.digits.max(digits);
            }
            shown.values = shown.values.max(shown.text(column, row).width());
        }
    }
    shown
}

/// Where room is short, times are shown to the millisecond: the ticks below it say nothing to a reader. Other formats are
/// exact.
fn shortened(mut columns: Vec<Shown>, width: Option<usize>) -> Vec<Shown> {
    let wanted = columns.iter().map(Shown::wanted).sum::<usize>() + GAP * columns.len().saturating_sub(1);
    if width.is_some_and(|width| wanted > width) {
        for column in columns.iter_mut().filter(|c| c.digits > MILLISECONDS) {
            column.values -= column.digits - MILLISECONDS;
            column.digits = MILLISECONDS;
        }
    }
    columns
}

/// The width of each column within the terminal's; `None` when they do not fit side by side.
///
/// Wide columns give way first: all get what they want up to a common limit, and that limit is as high as the width allows.
fn fit(columns: &[Shown], width: Option<usize>) -> Option<Vec<usize>> {
    let wanted: Vec<usize> = columns.iter().map(Shown::wanted).collect();
    let Some(width) = width else { return Some(wanted) };
    let room = width.checked_sub(GAP * columns.len().saturating_sub(1))?;
    let limited = |limit: usize| -> Vec<usize> {
        columns.iter().zip(&wanted).map(|(c, &w)| w.min(limit).max(c.needed())).collect()
    };
    let total = |limit: usize| limited(limit).iter().sum::<usize>();
    if total(usize::MAX) <= room {
        return Some(wanted);
    }
    if total(0) > room {
        return None;
    }
    // Invariant: `low` fits, `high` does not.
    let (mut low, mut high) = (0, wanted.iter().copied().max().unwrap_or(0));
    while high - low > 1 {
        let middle = low.midpoint(high);
        if total(middle) <= room { low = middle } else { high = middle }
    }
    let mut widths = limited(low);
    let mut left = room - total(low);
    for (width, &wanted) in widths.iter_mut().zip(&wanted) {
        if left > 0 && *width < wanted && *width >= low {
            *width += 1;
            left -= 1;
        }
    }
    Some(widths)
}

fn grid(view: &View<'_>, out: &mut dyn Write, columns: &[Shown], widths: &[usize], paint: Paint) -> io::Result<()> {
    let names: Vec<Cow<'_, str>> = columns.iter().map(|c| c.name.as_str().into()).collect();
    let mut line = String::new();
    put_line(&mut line, columns, widths, &names);
    writeln!(out, "{}", paint.bold(&line))?;
    let rules: Vec<String> = widths.iter().map(|&w| "─".repeat(w)).collect();
    writeln!(out, "{}", paint.dim(&rules.join(&" ".repeat(GAP))))?;
    for (values, row) in view.rows() {
        let texts: Vec<Cow<'_, str>> = columns.iter().zip(values).map(|(c, v)| c.text(v, row)).collect();
        put_line(&mut line, columns, widths, &texts);
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// One line of cells into `line`, without blanks at its end.
fn put_line(line: &mut String, columns: &[Shown], widths: &[usize], texts: &[Cow<'_, str>]) {
    line.clear();
    for (i, ((column, &width), text)) in columns.iter().zip(widths).zip(texts).enumerate() {
        if i > 0 {
            line.push_str(&" ".repeat(GAP));
        }
        let text = cut(text, width);
        let pad = " ".repeat(width - text.width().min(width));
        if column.right {
            line.push_str(&pad);
            line.push_str(&text);
        } else {
            line.push_str(&text);
            line.push_str(&pad);
        }
    }
    line.truncate(line.trim_end().len());
}

/// The text, or its beginning and an ellipsis, in at most `width` columns of the terminal.
pub fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if text.len() <= width || text.width() <= width {
        return text.into();
    }
    let (head, _) = split_at_width(text, width.saturating_sub(1));
    format!("{head}…").into()
}

/// Splits a text so that the first part takes at most `width` columns.
pub fn split_at_width(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width {
            return text.split_at(at);
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::{Format, samples};
    use crate::value::{QueryResult, Value};

    fn hunt() -> QueryResult {
        let columns = [
            ("Timestamp", Type::Datetime),
            ("FileName", Type::String),
            ("ProcessCommandLine", Type::String),
            ("n", Type::Long),
        ];
        let row = |s: i64, file: &str, line: &str, n| {
            let start = datetime::from_date(2024, 5, 1).unwrap();
            vec![
                Value::Datetime(start + s * TICKS_PER_SECOND),
                Value::String(file.into()),
                Value::String(line.into()),
                Value::Long(n),
            ]
        };
        let rows = vec![
            row(0, "cmd.exe", "cmd.exe /c echo \u{1b}[2J and a long tail that does not fit", 7),
            row(61, "世界.exe", "short", -12_345),
        ];
        samples::result(&columns, rows)
    }

    #[test]
    fn cuts_texts_and_nothing_else() {
        let text = samples::text(&hunt(), Format::Table, &Options { width: Some(60), ..Options::default() });
        assert_eq!(
            text,
            "Timestamp            FileName  ProcessCommandLine          n\n\
             ───────────────────  ────────  ─────────────────────  ──────\n\
             2024-05-01 00:00:00  cmd.exe   cmd.exe /c echo \\x1b…       7\n\
             2024-05-01 00:01:01  世界.exe  short                  -12345\n\
             2 rows\n"
        );
        assert!(text.lines().all(|line| line.width() <= 60));
    }

    #[test]
    fn nothing_is_cut_without_a_width_and_the_limit_is_told() {
        let text = samples::text(&hunt(), Format::Table, &Options { limit: Some(1), ..Options::default() });
        assert!(text.contains("\\x1b[2J and a long tail that does not fit  7"), "{text}");
        assert!(text.ends_with("1 of 2 rows\n"), "{text}");
    }

    #[test]
    fn too_many_columns_become_records() {
        let text =
            samples::text(&samples::every_type(), Format::Table, &Options { width: Some(70), ..Options::default() });
        assert!(text.starts_with("── row 1 ──"), "{text}");
        assert!(text.contains("\nlong      9007199254740993\n"), "{text}");
        assert!(text.lines().all(|line| line.width() <= 70), "{text}");
    }

    #[test]
    fn times_are_exact_where_there_is_room() {
        let row = vec![Value::Datetime(1_234_567), Value::String("x".repeat(40))];
        let result = samples::result(&[("t", Type::Datetime), ("s", Type::String)], vec![row]);
        let text = |width| samples::text(&result, Format::Table, &Options { width: Some(width), ..Options::default() });
        assert!(text(80).contains("0001-01-01 00:00:00.1234567  x"), "{}", text(80));
        assert!(text(60).contains("0001-01-01 00:00:00.123  x"), "{}", text(60));
    }

    #[test]
    fn fills_the_width_to_the_last_column() {
        let columns: Vec<(String, Type)> = (0..5).map(|i| (format!("c{i}"), Type::String)).collect();
        let columns: Vec<(&str, Type)> = columns.iter().map(|(n, t)| (n.as_str(), *t)).collect();
        let rows = vec![columns.iter().map(|_| Value::String("x".repeat(90))).collect()];
        let text = samples::text(
            &samples::result(&columns, rows),
            Format::Table,
            &Options { width: Some(101), ..Options::default() },
        );
        assert_eq!(text.lines().nth(2).unwrap().width(), 101);
    }
}
