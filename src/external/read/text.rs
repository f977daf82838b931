//! Text without fields: a record a line, or the whole.
//!
//! In: text. Out: records of one field.

use super::Fault;
use super::columns::Columns;
use std::io::BufRead;

/// A record for each line that has a character; the line end, `\n` or `\r\n`, is no part of it.
pub(super) fn lines(reader: &mut dyn BufRead, columns: &mut Columns<'_>) -> Result<(), Fault> {
    let mut line = vec![];
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if !text.is_empty() {
            columns.fields(|at| (at == 0).then_some(text));
        }
        line.clear();
    }
    Ok(())
}

/// One record: everything.
pub(super) fn whole(reader: &mut dyn BufRead, columns: &mut Columns<'_>) -> Result<(), Fault> {
    let mut all = vec![];
    reader.read_to_end(&mut all)?;
    if !all.is_empty() {
        columns.fields(|at| (at == 0).then_some(all.as_slice()));
    }
    Ok(())
}
