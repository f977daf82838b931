//! Rows in CSV: the exports of both portals, and plain files.
//!
//! In: text with a header. Out: rows. Fields may hold line ends and doubled quotes. A quote that stands undoubled inside a
//! field costs that one row: reading goes on at the next line from which a whole row can be read.

use super::cell::{self, Cell};
use super::infer::{Kinds, loose_token};
use super::json::table_name;
use super::output::{Failure, Output, Reject};
use super::rows::{Slot, Taken};
use super::sniff::{BOM, Delimiter};
use super::time::{self, Clock, Zone};
use super::token::{Reason, Token};
use crate::value::{Type, datetime};
use memchr::{memchr, memchr_iter, memchr2};
use std::borrow::Cow;
use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::sync::Arc;

/// Bytes that are read at once.
const BLOCK: usize = 4 << 20;
/// How far the next good row is looked for, in bytes.
const SEARCH: usize = 1 << 20;

/// The end of the header line in the first bytes of a file; none when it is not there.
pub fn header_end(start: &[u8], delimiter: Delimiter) -> Option<usize> {
    let at = if start.starts_with(BOM) { BOM.len() } else { 0 };
    let text = Text { reader: &mut io::empty(), bytes: start.to_vec(), at, whole: false, delimiter: delimiter.byte() };
    match text.scan(at, &mut Vec::new()) {
        Some(Record::Row(end)) => Some(end),
        _ => None,
    }
}

/// Reads a whole file. Of one that may grow, the header comes again before what is new. `grew` tells whether the file has
/// grown since it was opened: then a last line without an end is cut off, even if it reads like a row.
///
/// # Errors
/// When the source cannot be read, or has no header.
pub fn read(
    reader: &mut dyn BufRead,
    delimiter: Delimiter,
    grew: &dyn Fn() -> bool,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let mut text = Text { reader, bytes: vec![], at: 0, whole: false, delimiter: delimiter.byte() };
    text.fill().map_err(broken)?;
    if text.bytes.starts_with(BOM) {
        text.at = BOM.len();
    }
    let mut fields = Vec::new();
    let Record::Row(end) = text.record(&mut fields).map_err(broken)? else {
        return Err(Failure::Format("the header line cannot be read".into()));
    };
    if output.grows() && text.is_cut_off(end) {
        output.unfinished();
        return Ok(());
    }
    let header: Result<Vec<_>, Reason> = fields.iter().map(|f| text.field(f)).collect();
    let mut rows = CsvRows::new(&header.map_err(Failure::Format)?, output);
    if output.summary.grown_from.is_none() {
        output.consume(text.bytes.get(..end).unwrap_or_default());
        output.summary.lines += text.pass(end);
    } else {
        text.pass(end);
    }
    let width = rows.columns.len();
    loop {
        let record = text.record(&mut fields).map_err(broken)?;
        if output.grows() && text.is_unfinished(&record, fields.len() == width, width, grew) {
            output.unfinished();
            return Ok(());
        }
        let (end, result) = match record {
            Record::End => return Ok(()),
            Record::Blank(end) => (end, Ok(())),
            Record::Row(end) if fields.len() == width => (end, rows.row(&text, &fields, output)),
            Record::Row(_) => {
                let reason = format!("{} fields below {width} names", fields.len());
                (text.resync(width).map_err(broken)?, Err(Fault::Row(reason.into())))
            }
            Record::Stray | Record::Open => {
                let reason = "a quote inside a quoted field is not doubled, or a quoted field has no end";
                (text.resync(width).map_err(broken)?, Err(Fault::Row(reason.into())))
            }
        };
        let line = output.summary.lines + 1;
        match result {
            Ok(()) => {}
            Err(Fault::Source(failure)) => return Err(failure),
            Err(Fault::Row(reason)) => {
                let raw = text.raw(end);
                output.reject(Reject { table: rows.table(output), line, reason, raw })?;
            }
        }
        let bytes = end - text.at;
        output.consume(text.bytes.get(text.at..end).unwrap_or_default());
        output.summary.lines += text.pass(end);
        output.advance(bytes)?;
    }
}

fn broken(e: io::Error) -> Failure {
    Failure::Broken(e.to_string().into())
}

/// Why a record gave no row.
enum Fault {
    Row(Reason),
    Source(Failure),
}

/// What stands at the place where a record should begin. Numbers are the place after it.
#[derive(Debug, PartialEq)]
enum Record {
    Row(usize),
    Blank(usize),
    /// A quoted field goes on after its end.
    Stray,
    /// A quoted field never ends.
    Open,
    End,
}

/// A field's place, without its quotes.
#[derive(Clone, Debug, PartialEq)]
struct FieldAt {
    range: Range<usize>,
    doubled: bool,
}

/// The part of the text that is in memory.
struct Text<'r> {
    reader: &'r mut dyn BufRead,
    bytes: Vec<u8>,
    /// Where the next record begins.
    at: usize,
    /// True when there is no more to read.
    whole: bool,
    delimiter: u8,
}

impl Text<'_> {
    /// Reads more, and forgets what was passed.
    fn fill(&mut self) -> io::Result<()> {
        self.bytes.drain(..self.at);
        self.at = 0;
        let read = self.reader.take(BLOCK as u64).read_to_end(&mut self.bytes)?;
        self.whole = read < BLOCK;
        Ok(())
    }

    /// The record at the current place.
    fn record(&mut self, fields: &mut Vec<FieldAt>) -> io::Result<Record> {
        loop {
            match self.scan(self.at, fields) {
                Some(record) => return Ok(record),
                None => self.fill()?,
            }
        }
    }

    /// The record at a place; none when more text is needed to tell.
    fn scan(&self, from: usize, fields: &mut Vec<FieldAt>) -> Option<Record> {
        fields.clear();
        match self.bytes.get(from..)? {
            [] => return self.whole.then_some(Record::End),
            [b'\n', ..] => return Some(Record::Blank(from + 1)),
            [b'\r', b'\n', ..] => return Some(Record::Blank(from + 2)),
            _ => {}
        }
        let mut at = from;
        loop {
            let quoted = self.bytes.get(at) == Some(&b'"');
            let (field, next) = match if quoted { self.quoted(at + 1)? } else { self.plain(at)? } {
                Ok(found) => found,
                Err(bad) => return Some(bad),
            };
            fields.push(field);
            match self.bytes.get(next) {
                Some(b) if *b == self.delimiter => at = next + 1,
                Some(_) => return Some(Record::Row(next + 1)),
                None => return Some(Record::Row(next)),
            }
        }
    }

    /// A quoted field and the place of what ends it, or how it does not end well. None: more text is needed.
    fn quoted(&self, start: usize) -> Option<Result<(FieldAt, usize), Record>> {
        let (mut from, mut doubled) = (start, false);
        loop {
            let Some(found) = memchr(b'"', self.bytes.get(from..)?) else {
                return self.whole.then_some(Err(Record::Open));
            };
            let end = from + found;
            let field = |doubled| FieldAt { range: start..end, doubled };
            match self.bytes.get(end + 1..)? {
                [b'"', ..] => (from, doubled) = (end + 2, true),
                [b'\r', b'\n', ..] => return Some(Ok((field(doubled), end + 2))),
                [b, ..] if *b == self.delimiter || *b == b'\n' => return Some(Ok((field(doubled), end + 1))),
                [] | [b'\r'] if self.whole => return Some(Ok((field(doubled), self.bytes.len()))),
                [] | [b'\r'] => return None,
                _ => return Some(Err(Record::Stray)),
            }
        }
    }

    fn plain(&self, start: usize) -> Option<Result<(FieldAt, usize), Record>> {
        let rest = self.bytes.get(start..)?;
        let end = match memchr2(self.delimiter, b'\n', rest) {
            Some(found) => start + found,
            None if self.whole => self.bytes.len(),
            None => return None,
        };
        let ends_line = self.bytes.get(end) != Some(&self.delimiter);
        let carriage = ends_line && end > start && self.bytes.get(end - 1) == Some(&b'\r');
        Some(Ok((FieldAt { range: start..end - usize::from(carriage), doubled: false }, end)))
    }

    /// The text of a field.
    fn field(&self, field: &FieldAt) -> Result<Cow<'_, str>, Reason> {
        let bytes = self.bytes.get(field.range.clone()).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|_| Reason::from("the row is not UTF-8 text"))?;
        Ok(if field.doubled { Cow::Owned(text.replace("\"\"", "\"")) } else { Cow::Borrowed(text) })
    }

    /// The current record up to its end, as it stands there.
    fn raw(&self, end: usize) -> String {
        let bytes = self.bytes.get(self.at..end).unwrap_or_default();
        String::from_utf8_lossy(bytes).trim_end_matches(['\r', '\n']).to_owned()
    }

    /// Goes on to a place; returns the number of lines passed.
    fn pass(&mut self, to: usize) -> u64 {
        let passed = memchr_iter(b'\n', self.bytes.get(self.at..to).unwrap_or_default()).count();
        self.at = to;
        passed as u64
    }

    /// Whether the text ends at a place without a line end before it.
    fn is_cut_off(&self, end: usize) -> bool {
        self.whole && end >= self.bytes.len() && !self.bytes.ends_with(b"\n")
    }

    /// Whether the record, the last one of a file that may grow, is to be read when more of it is there. A quoted field
    /// without an end is so when no row follows from which reading could go on.
    fn is_unfinished(&self, record: &Record, fits: bool, width: usize, grew: &dyn Fn() -> bool) -> bool {
        match record {
            Record::End | Record::Blank(_) => false,
            Record::Row(end) => self.is_cut_off(*end) && (!fits || grew()),
            Record::Open => grew() || !self.row_follows(width),
            Record::Stray => self.whole && memchr(b'\n', self.rest()).is_none(),
        }
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Whether a row of the right width begins at a later line, or more text follows than a field has.
    fn row_follows(&self, width: usize) -> bool {
        let mut fields = Vec::new();
        let mut follows = |end: usize| {
            let found = self.scan(self.at + end + 1, &mut fields);
            matches!(found, Some(Record::Row(_))) && fields.len() == width
        };
        self.rest().len() > SEARCH || memchr_iter(b'\n', self.rest()).any(&mut follows)
    }

    /// The end of a bad record: the next line from which a row of the right width can be read. Where none is near, the bad
    /// record is its first line.
    fn resync(&mut self, width: usize) -> io::Result<usize> {
        let mut fields = Vec::new();
        let (mut passed, mut first) = (0, None);
        while passed < SEARCH {
            let from = self.at + passed;
            let Some(found) = memchr(b'\n', self.bytes.get(from..).unwrap_or_default()) else {
                if self.whole {
                    return Ok(first.map_or(self.bytes.len(), |first| self.at + first));
                }
                self.fill()?;
                continue;
            };
            let next = found + passed + 1;
            match self.scan(self.at + next, &mut fields) {
                Some(Record::Row(_)) if fields.len() == width => return Ok(self.at + next),
                Some(Record::End) => return Ok(self.at + next),
                None if !self.whole => self.fill()?,
                _ => {
                    passed = next;
                    first = first.or(Some(next));
                }
            }
        }
        Ok(self.at + first.unwrap_or(passed))
    }
}

/// A column of the header.
struct HeaderColumn {
    name: String,
    clock: Clock,
    /// True when the header marks its values as times.
    is_time: bool,
}

impl HeaderColumn {
    /// `TimeGenerated [UTC]` is the column `TimeGenerated`.
    fn new(text: &str, zone: &Zone) -> Self {
        let text = text.trim();
        let (name, clock, is_time) = match text.rsplit_once(" [") {
            Some((name, "UTC]")) => (name, Clock::Utc, true),
            Some((name, mark)) if mark.to_ascii_lowercase().starts_with("local") => {
                (name, Clock::Local(zone.clone()), true)
            }
            _ => (text, Clock::Portal(zone.clone()), false),
        };
        HeaderColumn { name: name.to_owned(), clock, is_time }
    }

    /// Whether the text is a local time that nobody gave the zone of.
    fn wants_zone(&self, text: &str) -> bool {
        match &self.clock {
            Clock::Local(Zone(None)) => true,
            Clock::Portal(Zone(None)) => text.starts_with(|c: char| c.is_ascii_alphabetic()),
            _ => false,
        }
    }
}

/// What is kept from row to row.
struct CsvRows {
    columns: Vec<HeaderColumn>,
    type_at: Option<usize>,
    /// The last table, and what the columns are in it.
    last: Option<(Arc<str>, Vec<(Slot, Taken)>)>,
}

impl CsvRows {
    fn new(header: &[Cow<'_, str>], output: &Output<'_>) -> Self {
        let columns: Vec<_> = header.iter().map(|text| HeaderColumn::new(text, &output.settings.zone)).collect();
        CsvRows { type_at: columns.iter().position(|c| c.name == "Type"), columns, last: None }
    }

    fn table(&self, output: &Output<'_>) -> Option<Arc<str>> {
        output.settings.forced.clone().or_else(|| self.last.as_ref().map(|l| l.0.clone()))
    }

    fn row(&mut self, text: &Text<'_>, fields: &[FieldAt], output: &mut Output<'_>) -> Result<(), Fault> {
        let said = match self.type_at.and_then(|at| fields.get(at)) {
            Some(field) => {
                let name = text.field(field).map_err(Fault::Row)?;
                table_name(Token::Text { raw: &name, escaped: false })
            }
            None => None,
        };
        let table = output.table_of(said).map_err(Fault::Source)?;
        let places = match self.last.take() {
            Some((last, places)) if last == table => places,
            _ => self.places(&table, output),
        };
        let mut cells = Vec::with_capacity(fields.len());
        let mut fault = None;
        for ((column, field), (slot, taken)) in self.columns.iter().zip(fields).zip(&places) {
            let Slot::Column(at) = slot else { continue };
            match text.field(field).and_then(|text| read_cell(column, *taken, text)) {
                Ok((cell, kinds, zone_wanted)) => {
                    output.summary.zone_wanted |= zone_wanted;
                    cells.push((*at, cell, kinds));
                }
                Err(reason) => {
                    fault = Some(Reason::from(format!("{}: {reason}", column.name)));
                    break;
                }
            }
        }
        if fault.is_none() {
            output.push(&table, &mut cells);
        }
        self.last = Some((table, places));
        fault.map_or(Ok(()), |reason| Err(Fault::Row(reason)))
    }

    fn places(&self, table: &Arc<str>, output: &mut Output<'_>) -> Vec<(Slot, Taken)> {
        let rows = output.table(table);
        let mut place = |column: &HeaderColumn| {
            if column.is_time {
                rows.declare(&column.name, Type::Datetime);
            }
            match rows.slot(&column.name) {
                Slot::Column(at) => (Slot::Column(at), rows.taken(at)),
                Slot::Dropped => (Slot::Dropped, Taken::Raw),
            }
        };
        self.columns.iter().map(&mut place).collect()
    }
}

/// The cell of a field, its kind where no table documents the column, and whether a zone is missing.
fn read_cell<'a>(column: &HeaderColumn, taken: Taken, text: Cow<'a, str>) -> Result<(Cell<'a>, Kinds, bool), Reason> {
    let Taken::Typed(ty) = taken else {
        let (cell, kinds) = loose_cell(column, &text)?;
        return Ok((cell, kinds.and(Kinds::LOOSE), column.is_time && column.wants_zone(&text)));
    };
    let wants_zone = ty == Type::Datetime && column.wants_zone(&text);
    let cell = cell::from_text(ty, text, &column.clock)?;
    let is_time = matches!(cell, Cell::Time(_));
    Ok((cell, Kinds::default(), wants_zone && is_time))
}

/// The JSON token of a field whose column no table documents.
fn loose_cell<'a>(column: &HeaderColumn, text: &str) -> Result<(Cell<'a>, Kinds), Reason> {
    if text.is_empty() {
        return Ok((Cell::Missing, Kinds::default()));
    }
    let quoted = |text: &str| Cell::Text(Cow::Owned(serde_json::Value::from(text).to_string()));
    if column.is_time {
        let ticks = time::parse(text, &column.clock).ok_or_else(|| format!("`{text}` is no datetime"))?;
        return Ok((quoted(&datetime::format(ticks)), Kinds::TIME));
    }
    match loose_token(text) {
        Token::Number(raw) => Ok((Cell::Text(Cow::Owned(raw.to_owned())), Kinds::of(Token::Number(raw)))),
        // Kept as it is written, in case that the column turns out to be one of texts.
        Token::Bool(_) => Ok((quoted(text), Kinds::BOOL)),
        other => Ok((quoted(text), Kinds::of(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::frame;
    use crate::mirror::ingest::output::{Message, Settings};
    use crate::value::{Batch, Schema, Value};

    /// The rows with the columns of `schema`, rejects, and whether a zone was wanted.
    fn read(text: &str, zone: Option<&str>, schema: &Schema) -> (Vec<Batch>, Vec<(u64, String)>, bool) {
        let (mut batches, mut rejects, mut wanted) = (vec![], vec![], false);
        let mut send = |message| {
            match message {
                Message::Frame(f) => batches.push(frame::to_batch(&f.data, schema).unwrap()),
                Message::Reject(r) => rejects.push((r.line, r.raw)),
                Message::End(s) => wanted = s.zone_wanted,
            }
            Ok(())
        };
        let zone = Zone(zone.map(|z| jiff::tz::TimeZone::get(z).unwrap()));
        let settings = Settings { guess: Some("DeviceEvents".into()), zone, ..Settings::default() };
        let mut output = Output::new(settings, &mut send);
        let done = super::read(&mut text.as_bytes(), Delimiter::Comma, &|| false, &mut output);
        output.end(done.err()).unwrap();
        (batches, rejects, wanted)
    }

    #[test]
    fn portal_exports_of_both_sides() {
        let schema = Schema::of([
            ("Timestamp", Type::Datetime),
            ("ReportId", Type::Long),
            ("IsInitiatingProcessRemoteSession", Type::Bool),
            ("AdditionalFields", Type::Dynamic),
        ]);
        let text = "\u{feff}Timestamp,ReportId,IsInitiatingProcessRemoteSession,AdditionalFields\r\n\
            \"Oct 9, 2024 2:41:10 PM\",9007199254740993,0,\"{\"\"a\"\":\r\n1}\"\r\nInvalid date,,TRUE,";
        let (batches, rejects, wanted) = read(text, Some("Europe/Berlin"), &schema);
        assert!(rejects.is_empty() && !wanted);
        let time = datetime::from_date(2024, 10, 9).unwrap() + (12 * 3600 + 41 * 60 + 10) * datetime::TICKS_PER_SECOND;
        let row = batches[0].row(0);
        assert_eq!(row[..3], [Value::Datetime(time), Value::Long(9_007_199_254_740_993), Value::Bool(false)]);
        assert_eq!(row[3], Value::Dynamic(serde_json::json!({"a": 1})));
        assert_eq!(batches[0].row(1), [Value::Null, Value::Null, Value::Bool(true), Value::Null]);
        assert!(read(text, None, &schema).2, "the zone is asked for");
        let text = "TimeGenerated [UTC],ReportId\n\"10/9/2024, 2:41:10.000 PM\",1\n";
        let (batches, _, wanted) = read(text, None, &schema);
        assert_eq!(batches[0].row(0)[0], Value::Datetime(time + 2 * 3600 * datetime::TICKS_PER_SECOND));
        assert!(!wanted);
    }

    #[test]
    fn a_stray_quote_costs_one_row() {
        let text =
            "ReportId,AdditionalFields,FileName\n1,\"{\"\"a\"\":\"\"b\"c\"\"}\",x\n2,\"two\nlines\",y\n3,z\n4,\"\",w\n";
        let (batches, rejects, _) =
            read(text, None, &Schema::of([("ReportId", Type::Long), ("FileName", Type::String)]));
        assert_eq!(batches[0].rows, 2);
        assert_eq!(batches[0].row(0), [Value::Long(2), Value::String("y".into())]);
        assert_eq!(batches[0].row(1), [Value::Long(4), Value::String("w".into())]);
        assert_eq!(rejects[0].0, 2);
        assert_eq!(rejects[1], (5, "3,z".to_owned()));
    }
}
