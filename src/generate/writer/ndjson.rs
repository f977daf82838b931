//! The streaming API's blobs: one JSON object a line, an envelope around each row, in the order of arrival.
//!
//! `DIR/<Table>/tenantId=<guid>/y=2026/m=09/d=30/h=14/m=00/PT1H.json`. A row arrives a minute or two after it happened, now
//! and then hours later, and lands in the blob of the hour in which it arrived. Missing strings are `null` or `""`, both in
//! one row. Rows may come twice.

use super::{Output, Writer};
use crate::diagnostic::Diagnostic;
use crate::generate::Options;
use crate::generate::column::{Cell, Column};
use crate::generate::event::{Event, Table};
use crate::generate::random::Random;
use crate::generate::world::TENANT;
use crate::value::Type;
use crate::value::datetime::{self, TICKS_PER_SECOND};
use std::collections::BTreeMap;
use std::path::PathBuf;

const HOUR: i64 = 3600 * TICKS_PER_SECOND;

/// Writes blobs.
pub struct Stream {
    folder: PathBuf,
    duplicates: u64,
    late: bool,
    random: Random,
    tables: BTreeMap<Table, Keys>,
    /// Rows on their way, by the hour in which they arrive
    waiting: BTreeMap<i64, Vec<(i64, Event)>>,
}

/// The columns of a table in the stream, with their keys as JSON text.
struct Keys(Vec<(String, Column)>);

impl Stream {
    /// A stream into a folder.
    pub fn new(options: &Options) -> Stream {
        Stream {
            folder: options.out.clone(),
            duplicates: options.duplicates.into(),
            late: options.late,
            random: Random::of(options.seed, &[5]),
            tables: Table::ALL.into_iter().map(|table| (table, Keys::of(table))).collect(),
            waiting: BTreeMap::new(),
        }
    }

    /// How long a row is on its way: a minute and a half mostly, in one of fifty rows up to half a day.
    fn lag(&mut self) -> i64 {
        let seconds = match self.random.below(1000) {
            0..20 if self.late => self.random.between(1_200, 50_000),
            20..250 => self.random.between(90, 300),
            _ => self.random.between(40, 130),
        };
        seconds * TICKS_PER_SECOND + self.random.between(0, TICKS_PER_SECOND - 1)
    }

    fn send(&mut self, arrival: i64, event: Event) {
        self.waiting.entry(arrival.div_euclid(HOUR)).or_default().push((arrival, event));
    }

    /// Writes the blobs of an hour, one for each table.
    fn write_hour(&self, hour: i64, mut rows: Vec<(i64, Event)>) -> Result<(), Diagnostic> {
        // Stable: rows that arrive together stay in the order of their time.
        rows.sort_by_key(|(arrival, event)| (event.table, *arrival));
        let mut line = Vec::with_capacity(8192);
        for of_table in rows.chunk_by(|a, b| a.1.table == b.1.table) {
            let Some((table, keys)) = of_table.first().and_then(|(_, e)| self.tables.get_key_value(&e.table)) else {
                continue;
            };
            let mut blob = Output::create(self.blob(*table, hour))?;
            for (arrival, event) in of_table {
                line.clear();
                keys.write(&mut line, *arrival, event);
                blob.write(&line)?;
            }
            blob.close()?;
        }
        Ok(())
    }

    fn blob(&self, table: Table, hour: i64) -> PathBuf {
        let p = datetime::parts(hour * HOUR);
        let place = format!("y={:04}/m={:02}/d={:02}/h={:02}/m=00/PT1H.json", p.year, p.month, p.day, p.hour);
        self.folder.join(table.name()).join(format!("tenantId={TENANT}")).join(place)
    }
}

impl Writer for Stream {
    fn take(&mut self, event: Event) -> Result<(), Diagnostic> {
        let arrival = event.time + self.lag();
        if self.random.per_mille(self.duplicates) {
            let again = arrival + self.random.between(TICKS_PER_SECOND, 900 * TICKS_PER_SECOND);
            self.send(again, event.clone());
        }
        self.send(arrival, event);
        Ok(())
    }

    fn advance(&mut self, time: i64) -> Result<(), Diagnostic> {
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().saturating_add(1).saturating_mul(HOUR) > time {
                break;
            }
            let (hour, rows) = entry.remove_entry();
            self.write_hour(hour, rows)?;
        }
        Ok(())
    }
}

impl Keys {
    /// Those columns that the streaming API sends.
    fn of(table: Table) -> Keys {
        let streamed = Column::all(table).into_iter().filter(|c| !c.of_sentinel && c.name != "LogonID");
        Keys(streamed.map(|c| (format!("\"{}\":", c.name), c)).collect())
    }

    fn write(&self, line: &mut Vec<u8>, arrival: i64, event: &Event) {
        let head = format!(
            "{{\"time\":\"{}\",\"tenantId\":\"{TENANT}\",\"operationName\":\"Publish\",\"category\":\"AdvancedHunting-{}\",\"_TimeReceivedBySvc\":\"{}\",\"properties\":{{",
            datetime::format(arrival + 31 * TICKS_PER_SECOND),
            event.table.name(),
            datetime::format(arrival)
        );
        line.extend_from_slice(head.as_bytes());
        for (n, (key, column)) in self.0.iter().enumerate() {
            if n > 0 {
                line.push(b',');
            }
            line.extend_from_slice(key.as_bytes());
            match column.read(event) {
                // Which of the two an empty string becomes differs from column to column and from row to row.
                Cell::Missing | Cell::Text("") if column.ty == Type::String && (event.report + n as i64) % 3 == 0 => {
                    line.extend_from_slice(b"\"\"");
                }
                Cell::Missing | Cell::Text("") => line.extend_from_slice(b"null"),
                Cell::Text(text) => write_string(line, text),
                Cell::Made(text) => write_string(line, &text),
                Cell::Number(n) => line.extend_from_slice(n.to_string().as_bytes()),
                Cell::Bool(b) => line.extend_from_slice(if b { b"true" } else { b"false" }),
                Cell::Time(t) => {
                    line.push(b'"');
                    line.extend_from_slice(datetime::format(t).as_bytes());
                    line.push(b'"');
                }
            }
        }
        line.extend_from_slice(b"},\"Tenant\":\"DefaultTenant\"}\r\n");
    }
}

/// A JSON string.
fn write_string(line: &mut Vec<u8>, text: &str) {
    line.push(b'"');
    let bytes = text.as_bytes();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20)) {
        let (plain, tail) = rest.split_at(at);
        line.extend_from_slice(plain);
        match tail.first() {
            Some(b'"') => line.extend_from_slice(b"\\\""),
            Some(b'\\') => line.extend_from_slice(b"\\\\"),
            Some(b'\n') => line.extend_from_slice(b"\\n"),
            Some(b'\r') => line.extend_from_slice(b"\\r"),
            Some(b'\t') => line.extend_from_slice(b"\\t"),
            Some(other) => line.extend_from_slice(format!("\\u{other:04x}").as_bytes()),
            None => {}
        }
        rest = tail.get(1..).unwrap_or_default();
    }
    line.extend_from_slice(rest);
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_json_wants() {
        for text in ["", "plain", "C:\\a\\b", "say \"no\"\r\n\tend", "\u{1}\u{7f}é\\"] {
            let mut line = Vec::new();
            write_string(&mut line, text);
            assert_eq!(serde_json::from_slice::<String>(&line).unwrap(), text);
        }
    }
}
