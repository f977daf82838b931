//! A table of GitHub's Markdown, in which no value can become markup.

use super::{Buffer, View, cell, escape};
use crate::value::Type;
use std::io::{self, Write};

/// Writes the table; numbers are aligned to the right.
pub fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = Buffer::new(out);
    line(&mut buffer.text, view.names());
    let fields = view.result.schema.fields().iter();
    for field in fields {
        let right = field.ty.is_numeric() || field.ty == Type::Timespan;
        buffer.text.extend_from_slice(if right { b"| ---: " } else { b"| --- " });
    }
    buffer.text.extend_from_slice(b"|\n");
    for (columns, row) in view.rows() {
        line(&mut buffer.text, columns.iter().map(|c| cell::text(c, row)));
        buffer.pass_on()?;
    }
    buffer.finish()
}

fn line(out: &mut Vec<u8>, fields: impl Iterator<Item = impl AsRef<str>>) {
    for field in fields {
        out.extend_from_slice(b"| ");
        escaped(out, field.as_ref());
        out.push(b' ');
    }
    out.extend_from_slice(b"|\n");
}

fn escaped(out: &mut Vec<u8>, text: &str) {
    let mut lines = text.lines();
    let mut next = lines.next();
    while let Some(piece) = next {
        for &byte in escape::visible(piece).as_bytes() {
            match byte {
                b'<' => out.extend_from_slice(b"&lt;"),
                b'&' => out.extend_from_slice(b"&amp;"),
                b'\\' | b'|' | b'`' | b'*' | b'_' | b'[' | b']' | b'~' | b'#' | b'!' => out.extend([b'\\', byte]),
                byte => out.push(byte),
            }
        }
        next = lines.next();
        if next.is_some() {
            out.extend_from_slice(b"<br>");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sink::{Format, Options, samples};
    use crate::value::{Type, Value};

    #[test]
    fn values_stay_values() {
        let columns = [("n", Type::Long), ("s", Type::String)];
        let text = "<img src=x> a|b\n*.exe C:\\x [l](u)";
        let result = samples::result(&columns, vec![vec![Value::Long(1), Value::String(text.into())]]);
        assert_eq!(
            samples::text(&result, Format::Markdown, &Options::default()),
            "| n | s |\n| ---: | --- |\n| 1 | &lt;img src=x> a\\|b<br>\\*.exe C:\\\\x \\[l\\](u) |\n"
        );
    }
}
