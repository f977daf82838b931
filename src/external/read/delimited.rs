//! Values separated by a character: CSV after RFC 4180 and its kin.
//!
//! In: text. Out: records of fields. A quoted field may hold separators, line ends and doubled quotes. Rows may be of any
//! width; lines without a character are no records.

use super::Fault;
use super::columns::Columns;
use csv::{ByteRecord, ErrorKind, ReaderBuilder};
use std::cell::Cell;
use std::io::{self, BufRead, Read};

/// How a separator stands inside of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// The field is quoted, quotes in it are doubled.
    Double,
    /// `\t`, `\n`, `\r`, `\\`.
    Backslash,
    /// Never.
    None,
}

/// Reads all records.
pub(super) fn read(
    reader: &mut dyn BufRead,
    delimiter: u8,
    quotes: Quotes,
    columns: &mut Columns<'_>,
) -> Result<(), Fault> {
    let counted = Counted { reader, quotes: Cell::new(0) };
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(quotes == Quotes::Double)
        .from_reader(counted);
    let (mut record, mut last) = (ByteRecord::new(), ByteRecord::new());
    while reader.read_byte_record(&mut record).map_err(fault)? {
        match quotes {
            Quotes::Backslash => {
                let fields: Vec<Vec<u8>> = record.iter().map(unescaped).collect();
                columns.fields(|at| fields.get(at).map(Vec::as_slice));
            }
            Quotes::Double | Quotes::None => columns.fields(|at| record.get(at)),
        }
        std::mem::swap(&mut record, &mut last);
    }
    // A quote that is never closed takes in the rest of the text.
    let odd = reader.get_ref().quotes.get() % 2 == 1;
    columns.unclosed = quotes == Quotes::Double && odd && last.iter().any(|field| field.contains(&b'\n'));
    Ok(())
}

fn fault(error: csv::Error) -> Fault {
    match error.into_kind() {
        ErrorKind::Io(error) => Fault::Io(error),
        other => Fault::Format(format!("{other:?}"), None),
    }
}

/// A field with its escapes read. Any other character after `\` stands for itself.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut bytes = field.iter();
    while let Some(&b) = bytes.next() {
        let plain = match b {
            b'\\' => match bytes.next() {
                Some(b't') => b'\t',
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(&other) => other,
                None => b'\\',
            },
            other => other,
        };
        out.push(plain);
    }
    out
}

/// Counts quotes on the way.
struct Counted<'r> {
    reader: &'r mut dyn BufRead,
    quotes: Cell<usize>,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(into)?;
        let found = memchr::memchr_iter(b'"', into.get(..n).unwrap_or_default()).count();
        self.quotes.set(self.quotes.get() + found);
        Ok(n)
    }
}
