//! Comma- and tab-separated values, with a header line. Values are written as they are: nothing is added for the sake of
//! spreadsheets, so that a file can be read back.

use super::{Buffer, View, cell};
use std::io::{self, Write};

/// RFC 4180: CRLF, quotes where needed.
pub fn write_csv(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    writer.write_record(view.names())?;
    for (columns, row) in view.rows() {
        for column in columns {
            writer.write_field(cell::text(column, row).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()
}

/// A line a row; what would break a line or a column is escaped with a backslash.
pub fn write_tsv(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = Buffer::new(out);
    line(&mut buffer.text, view.names().map(Into::into));
    for (columns, row) in view.rows() {
        line(&mut buffer.text, columns.iter().map(|c| cell::text(c, row)));
        buffer.pass_on()?;
    }
    buffer.finish()
}

fn line<'a>(out: &mut Vec<u8>, fields: impl Iterator<Item = std::borrow::Cow<'a, str>>) {
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(b'\t');
        }
        for &byte in field.as_bytes() {
            match byte {
                b'\t' => out.extend_from_slice(b"\\t"),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\\' => out.extend_from_slice(b"\\\\"),
                byte => out.push(byte),
            }
        }
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use crate::sink::{Format, Options, samples};
    use crate::value::{Type, Value};

    #[test]
    fn quotes_as_the_rfc_says() {
        let text = samples::text(&samples::every_type(), Format::Csv, &Options::default());
        let (head, rest) = text.split_once("\r\n").unwrap();
        assert_eq!(head, "bool,int,long,real,decimal,datetime,timespan,guid,string,dynamic");
        assert_eq!(
            rest,
            "true,-7,9007199254740993,-Infinity,12.50,2015-12-31T23:59:59.9000000Z,-1.00:00:01.5000000,\
             74be27de-1e4e-49d9-b579-fe0b331d3642,\"a,\"\"b\"\"\n\u{1b}[31m|\",\"{\"\"k\"\":[1,\"\"x y\"\"]}\"\r\n\
             ,,,,,,,,,\r\n"
        );
    }

    #[test]
    fn one_empty_value_is_still_a_row() {
        let result = samples::result(&[("s", Type::String)], vec![vec![Value::String(String::new())]]);
        assert_eq!(samples::text(&result, Format::Csv, &Options::default()), "s\r\n\"\"\r\n");
    }

    #[test]
    fn tabs_keep_rows_on_one_line() {
        let result = samples::result(&[("s", Type::String)], vec![vec![Value::String("C:\\a\tb\nc".into())]]);
        assert_eq!(samples::text(&result, Format::Tsv, &Options::default()), "s\nC:\\\\a\\tb\\nc\n");
    }
}
