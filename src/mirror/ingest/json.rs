//! Rows in JSON: lines, arrays, and the envelopes of every interface.
//!
//! In: text. Out: rows. Known envelopes: the Defender stream (`category`, `properties`; `records`), the advanced hunting and
//! Graph interfaces (`Schema`, `Results`), Log Analytics and Kusto answers (`tables`, frames). Anything else is a row.

use super::cell::{self, Cell};
use super::envelope::{self, Envelope, is_list};
use super::infer::Kinds;
use super::output::{Failure, Output, Reject};
use super::rows::{Slot, TableRows, Taken};
use super::token::{Reason, Scanner, Token};
use crate::catalog::device;
use crate::value::Type;
use std::io::{BufRead, Read};
use std::sync::Arc;

/// Bytes that are read at once.
const BLOCK: usize = 4 << 20;

/// Reads an object a line.
///
/// # Errors
/// When the source cannot be read any further.
pub fn read_lines(reader: &mut dyn BufRead, output: &mut Output<'_>) -> Result<(), Failure> {
    let mut json = JsonRows::default();
    let mut block = Vec::with_capacity(BLOCK + (1 << 16));
    loop {
        block.clear();
        let read = (&mut *reader).take(BLOCK as u64).read_to_end(&mut block).map_err(broken)?;
        if read == BLOCK {
            reader.read_until(b'\n', &mut block).map_err(broken)?;
        }
        if block.is_empty() {
            return Ok(());
        }
        let taken = if output.grows() { finished(&block) } else { &block };
        let mut from = 0;
        let ends = memchr::memchr_iter(b'\n', taken).map(|end| end + 1);
        for end in ends.chain([taken.len()]) {
            let Some(line) = taken.get(from..end).filter(|line| !line.is_empty()) else { continue };
            from = end;
            output.summary.lines += 1;
            json.line(line.trim_ascii(), output.summary.lines, output)?;
        }
        output.consume(taken);
        if taken.len() < block.len() {
            output.unfinished();
            return Ok(());
        }
        output.advance(block.len())?;
    }
}

/// The text without a last line that has no end and is no whole object.
fn finished(text: &[u8]) -> &[u8] {
    let (lines, last) = text.split_at(memchr::memrchr(b'\n', text).map_or(0, |at| at + 1));
    if is_whole(last.trim_ascii()) { text } else { lines }
}

/// Whether a line is empty, or one object from its first brace to its last.
fn is_whole(line: &[u8]) -> bool {
    let line = line.strip_prefix(super::sniff::BOM).unwrap_or(line);
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let mut scanner = Scanner::new(line);
    line.is_empty() || (line.starts_with('{') && scanner.skip_nested().is_ok() && scanner.end().is_ok())
}

/// Reads JSON that is spread over lines.
///
/// # Errors
/// When the source cannot be read, or is no JSON.
pub fn read_document(reader: &mut dyn BufRead, output: &mut Output<'_>) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(broken)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Failure::Broken("it is not UTF-8 text".into()))?;
    let mut scanner = Scanner::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut json = JsonRows::default();
    // An array's brackets and commas are stepped over: what matters are the objects.
    while let Some(next) = scanner.peek() {
        let from = scanner.position();
        if next != b'{' {
            if !(scanner.eat(b'[') || scanner.eat(b',') || scanner.eat(b']')) {
                return Err(Failure::Broken("the JSON is broken".into()));
            }
            continue;
        }
        let raw = scanner.skip_nested().map_err(Failure::Broken)?;
        let line = output.summary.lines + 1;
        json.line(raw.as_bytes(), line, output)?;
        let passed = text.as_bytes().get(from..scanner.position()).unwrap_or_default();
        output.summary.lines += memchr::memchr_iter(b'\n', passed).count() as u64;
        output.advance(raw.len())?;
    }
    Ok(())
}

fn broken(e: std::io::Error) -> Failure {
    Failure::Broken(e.to_string().into())
}

/// What is kept from row to row.
#[derive(Debug, Default)]
struct JsonRows {
    shape: Shape,
    /// The last table and its keys in order: the next row usually has the same.
    last: Option<Arc<str>>,
    /// True when rows tell their table by `Type`: then each one must.
    said: bool,
    keys: Vec<(String, Slot)>,
    /// The category of the stream that was met last, and its table.
    category: Option<(String, Arc<str>)>,
}

/// The envelope that was met last and is tried first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Shape {
    #[default]
    Row,
    Stream,
    Other,
}

/// What follows a row in its text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    /// Nothing.
    Row,
    /// The rest of the envelope that holds it.
    Envelope,
}

/// Why an object gave no row.
enum Fault {
    Row(Reason),
    Source(Failure),
    /// It is an envelope after all.
    Envelope,
    /// It says that it belongs to another table.
    Table(Arc<str>),
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Fault::Row(reason)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Fault::Source(failure)
    }
}

impl JsonRows {
    /// One object of the source. A bad one is rejected, and reading goes on.
    fn line(&mut self, line: &[u8], number: u64, output: &mut Output<'_>) -> Result<(), Failure> {
        let line = line.strip_prefix(super::sniff::BOM).unwrap_or(line);
        if line.is_empty() {
            return Ok(());
        }
        let result = match std::str::from_utf8(line) {
            Ok(text) => self.object(text, number, output),
            Err(_) => Err(Fault::Row("the line is not UTF-8 text".into())),
        };
        if result.is_ok() {
            return Ok(());
        }
        self.settle(result, &String::from_utf8_lossy(line), number, output)
    }

    /// Turns a bad row into a reject.
    fn settle(&self, result: Result<(), Fault>, raw: &str, line: u64, output: &mut Output<'_>) -> Result<(), Failure> {
        let reason = match result {
            Ok(()) => return Ok(()),
            Err(Fault::Source(failure)) => return Err(failure),
            Err(Fault::Row(reason)) => reason,
            Err(Fault::Envelope | Fault::Table(_)) => "the JSON is of no known form".into(),
        };
        let table = output.settings.forced.clone().or_else(|| self.last.clone());
        output.reject(Reject { table, line, reason, raw: raw.to_owned() })
    }

    fn object(&mut self, raw: &str, line: u64, output: &mut Output<'_>) -> Result<(), Fault> {
        if self.shape == Shape::Stream
            && let Some((category, row)) = Envelope::head(raw)
        {
            let table = self.category(category);
            match self.row(Some(table), row, Ends::Envelope, output) {
                // What is wrong is told by the way that reads the envelope first.
                Err(Fault::Row(_)) => {}
                done => return done,
            }
        }
        if self.shape == Shape::Row {
            match self.row(None, raw, Ends::Row, output) {
                Err(Fault::Envelope) => {}
                done => return done,
            }
        }
        let envelope = Envelope::read(raw)?;
        if let Some((table, row)) = envelope.stream() {
            self.shape = Shape::Stream;
            return self.row(Some(table), row, Ends::Row, output);
        }
        self.shape = Shape::Other;
        if envelope.frame_type.is_some() && !envelope.primary {
            return Ok(());
        }
        if let Some(rows) = envelope.grid {
            output.declare(&envelope.columns);
            return self.grid(&envelope.columns, rows, line, output);
        }
        let Some(list) = envelope.list else {
            self.shape = Shape::Row;
            // Names of envelopes that are plain columns here.
            return self.row_of_any(raw, output);
        };
        if !envelope.columns.is_empty() {
            output.declare(&envelope.columns);
        }
        let mut scanner = Scanner::of_envelope(list);
        let mut items = Vec::new();
        scanner.items(|item| {
            items.push(item);
            Ok(())
        })?;
        for item in items {
            let Token::Nested(row) = item else { return Err(Fault::Row("a row was expected in the list".into())) };
            let result =
                if envelope.holds_rows { self.row_of_any(row, output) } else { self.object(row, line, output) };
            self.settle(result, row, line, output)?;
            output.advance(row.len())?;
        }
        Ok(())
    }

    /// A row whose keys are columns, whatever they are called.
    fn row_of_any(&mut self, raw: &str, output: &mut Output<'_>) -> Result<(), Fault> {
        let table = output.table_of(type_of(raw)?)?;
        self.row(Some(table), raw, Ends::Row, output)
    }

    /// The table of a stream's category, which usually is that of the row before.
    fn category(&mut self, text: &str) -> Arc<str> {
        if let Some((known, table)) = &self.category
            && *known == *text
        {
            return table.clone();
        }
        let table = envelope::category(text).unwrap_or_else(|| Arc::from(text));
        self.category = Some((text.to_owned(), table.clone()));
        table
    }

    /// A row. Where the table is not given, its `Type` or what is known of the source tells it.
    fn row(&mut self, table: Option<Arc<str>>, raw: &str, ends: Ends, output: &mut Output<'_>) -> Result<(), Fault> {
        let open = table.is_none();
        let table = match table {
            Some(table) => output.settings.forced.clone().unwrap_or(table),
            None => match output.settings.forced.clone().or_else(|| self.last.clone()) {
                Some(table) => table,
                None => {
                    let said = type_of(raw)?;
                    self.said = said.is_some();
                    output.table_of(said).map_err(|failure| match Envelope::read(raw) {
                        Ok(envelope) if envelope.is_any() => Fault::Envelope,
                        _ => Fault::Source(failure),
                    })?
                }
            },
        };
        match self.row_in(&table, open, raw, ends, output) {
            Err(Fault::Table(other)) => {
                self.said = true;
                self.row_in(&other, open, raw, ends, output)
            }
            done => done,
        }
    }

    fn row_in(
        &mut self,
        table: &Arc<str>,
        open: bool,
        raw: &str,
        ends: Ends,
        output: &mut Output<'_>,
    ) -> Result<(), Fault> {
        if self.last.as_ref() != Some(table) {
            self.last = Some(table.clone());
            self.keys.clear();
        }
        let free = output.settings.forced.is_none();
        let keys = &mut self.keys;
        let rows = output.table(table);
        let (mut cells, mut place, mut fault, mut says) = (Vec::with_capacity(keys.len()), 0, None, false);
        let mut scanner = Scanner::new(raw);
        scanner
            .members(|key, value| {
                let slot = slot(rows, keys, place, key);
                place += 1;
                if let Some(name) = key.text().filter(|_| open) {
                    let may_be = matches!(value, Token::Nested(_)) || name == "FrameType";
                    if may_be && is_list(&name, slot, rows) {
                        fault = Some(Fault::Envelope);
                        return Err("".into());
                    }
                    if free
                        && name == "Type"
                        && let Some(said) = table_name(value)
                    {
                        says = true;
                        if said != *table {
                            fault = Some(Fault::Table(said));
                            return Err("".into());
                        }
                    }
                }
                let Slot::Column(at) = slot else { return Ok(()) };
                let (cell, kinds) = read_cell(rows.taken(at), value)
                    .map_err(|reason| Reason::from(format!("{}: {reason}", key.text().unwrap_or_default())))?;
                cells.push((at, cell, kinds));
                Ok(())
            })
            .and_then(|()| match ends {
                Ends::Row => scanner.end(),
                Ends::Envelope => scanner.rest_of_object(&["category", "properties"]).and_then(|()| scanner.end()),
            })
            .map_err(|reason| fault.take().unwrap_or(Fault::Row(reason)))?;
        if open && free && self.said && !says {
            return Err(Fault::Row("it has no `Type` to tell its table".into()));
        }
        output.push(table, &mut cells);
        Ok(())
    }

    /// Rows as arrays, below a list of columns.
    fn grid(
        &mut self,
        columns: &[(String, Option<Type>)],
        rows: &str,
        line: u64,
        output: &mut Output<'_>,
    ) -> Result<(), Fault> {
        let type_at = columns.iter().position(|(name, _)| name == "Type");
        let mut items = Vec::new();
        Scanner::new(rows).items(|row| {
            items.push(row);
            Ok(())
        })?;
        for row in items {
            let result = grid_row(columns, type_at, row, output);
            self.settle(result, &row.json(), line, output)?;
        }
        Ok(())
    }
}

fn grid_row(
    columns: &[(String, Option<Type>)],
    type_at: Option<usize>,
    row: Token<'_>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let Token::Nested(raw) = row else { return Err(Fault::Row("a row was expected in the list".into())) };
    let mut values = Vec::with_capacity(columns.len());
    Scanner::new(raw).items(|value| {
        values.push(value);
        Ok(())
    })?;
    if values.len() != columns.len() {
        return Err(Fault::Row(format!("{} values for {} columns", values.len(), columns.len()).into()));
    }
    let said = type_at.and_then(|at| values.get(at)).and_then(|v| table_name(*v));
    let table = output.table_of(said)?;
    let rows = output.table(&table);
    let mut cells = Vec::with_capacity(values.len());
    for ((name, _), value) in columns.iter().zip(values) {
        let Slot::Column(at) = rows.slot(name) else { continue };
        let (cell, kinds) =
            read_cell(rows.taken(at), value).map_err(|reason| Reason::from(format!("{name}: {reason}")))?;
        cells.push((at, cell, kinds));
    }
    output.push(&table, &mut cells);
    Ok(())
}

/// The slot of the key at a place in the row: that of the row before, if the key is the same.
fn slot(rows: &mut TableRows, keys: &mut Vec<(String, Slot)>, place: usize, key: Token<'_>) -> Slot {
    let Some(name) = key.text() else { return Slot::Dropped };
    match keys.get_mut(place) {
        Some((expected, slot)) if *expected == *name => *slot,
        Some(entry) => {
            let found = rows.slot(&name);
            *entry = (name.into_owned(), found);
            found
        }
        None => {
            let found = rows.slot(&name);
            keys.push((name.into_owned(), found));
            found
        }
    }
}

fn read_cell(taken: Taken, value: Token<'_>) -> Result<(Cell<'_>, Kinds), Reason> {
    match taken {
        Taken::Typed(ty) => Ok((cell::from_token(ty, value)?, Kinds::default())),
        Taken::Raw if value == Token::Null => Ok((Cell::Missing, Kinds::default())),
        Taken::Raw => Ok((Cell::Text(value.json()), Kinds::of(value))),
    }
}

/// The table that a `Type` value names, if it is a table's name at all.
pub fn table_name(value: Token<'_>) -> Option<Arc<str>> {
    let name = value.text()?;
    let custom = name.ends_with("_CL") && crate::mirror::store::is_table_name(&name);
    let known = device::known_table(&name).map(|t| t.name).or_else(|| device::resolve_alias(&name));
    known.map(Arc::from).or_else(|| custom.then(|| Arc::from(&*name)))
}

/// The table that a row's `Type` names.
fn type_of(raw: &str) -> Result<Option<Arc<str>>, Reason> {
    let mut found = None;
    Scanner::of_envelope(raw).members(|key, value| {
        if key.text().as_deref() == Some("Type") {
            found = table_name(value);
        }
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::ingest::output::{Message, Settings};

    /// Rows a table, rejects by line, and how the source ended.
    fn read(text: &str, forced: Option<&str>) -> (Vec<(String, usize)>, Vec<(u64, String)>, Option<Failure>) {
        let (mut rows, mut rejects, mut failure) = (vec![], vec![], None);
        let mut send = |message| {
            match message {
                Message::Frame(f) => rows.push((f.table.to_string(), f.data.height())),
                Message::Reject(r) => rejects.push((r.line, r.reason.to_string())),
                Message::End(s) => failure = s.failure,
            }
            Ok(())
        };
        let settings = Settings { forced: forced.map(Into::into), ..Settings::default() };
        let mut output = Output::new(settings, &mut send);
        let mut reader = text.as_bytes();
        let lines = super::super::sniff::is_lines(text.as_bytes());
        let done = if lines { read_lines(&mut reader, &mut output) } else { read_document(&mut reader, &mut output) };
        output.end(done.err()).unwrap();
        (rows, rejects, failure)
    }

    fn tables(rows: &[(&str, usize)]) -> Vec<(String, usize)> {
        rows.iter().map(|(t, n)| ((*t).to_owned(), *n)).collect()
    }

    #[test]
    fn streams_tell_their_tables() {
        let a =
            r#"{"time":"x","category":"AdvancedHunting-DeviceEvents","properties":{"ReportId":1,"Type":"DeviceInfo"}}"#;
        let b = r#"{"properties":{"ReportId":2},"category":"AdvancedHunting-DeviceInfo"}"#;
        let lines = format!("{a}\r\n{b}\r\n\r\n{a}\r\n");
        let both = tables(&[("DeviceEvents", 2), ("DeviceInfo", 1)]);
        assert_eq!(read(&lines, None).0, both);
        assert_eq!(read(&format!("{{\"records\":[{a},{b},{a}]}}"), None).0, both);
    }

    #[test]
    fn flat_rows_tell_their_table_each() {
        let text = "{\"ReportId\":1,\"Type\":\"DeviceEvents\"}\n{\"Type\":\"DeviceInfo\"}\n{\"ReportId\":3}\n";
        let (rows, rejects, _) = read(text, None);
        assert_eq!(rows, tables(&[("DeviceEvents", 1), ("DeviceInfo", 1)]));
        assert_eq!(rejects, [(3, "it has no `Type` to tell its table".to_owned())]);
        assert!(matches!(read("{\"ReportId\":3}\n", None).2, Some(Failure::NoTable)));
        assert_eq!(read(text, Some("DeviceEvents")).0, tables(&[("DeviceEvents", 3)]));
    }

    #[test]
    fn answers_of_the_interfaces() {
        let hunting = r#"{"Schema":[{"Name":"ReportId","Type":"Int64"}],"Results":[{"ReportId":1},{"ReportId":2}]}"#;
        assert_eq!(read(hunting, Some("DeviceEvents")).0, tables(&[("DeviceEvents", 2)]));
        let logs = r#"{
            "tables":[{"name":"PrimaryResult","columns":[{"name":"ReportId","type":"long"}],
            "rows":[[1],[2,3],[null]]}]}"#;
        let (rows, rejects, _) = read(logs, Some("DeviceEvents"));
        assert_eq!(rows, tables(&[("DeviceEvents", 2)]));
        assert_eq!(rejects, [(1, "2 values for 1 columns".to_owned())]);
        let frames = r#"[{"FrameType":"DataSetHeader"},{"FrameType":"DataTable","TableKind":"QueryProperties","Columns":[],"Rows":[]},
            {"FrameType":"DataTable","TableKind":"PrimaryResult","Columns":[{"ColumnName":"x","ColumnType":"long"}],"Rows":[[1]]}]"#;
        assert_eq!(read(frames, Some("T")).0, tables(&[("T", 1)]));
    }

    #[test]
    fn a_bad_row_spoils_no_other() {
        let text = "{\"ReportId\":1}\n{\"ReportId\":\"x\",\"ActionType\":\"a\"}\n{\"ReportId\":2\n{\"ReportId\":3}\n";
        let (rows, rejects, _) = read(text, Some("DeviceEvents"));
        assert_eq!(rows, tables(&[("DeviceEvents", 2)]));
        assert_eq!(rejects, [(2, "ReportId: `x` is no long".to_owned()), (3, "the JSON is broken".to_owned())]);
    }
}
