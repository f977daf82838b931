//! The Defender portal's CSV export: a BOM, CRLF, whole seconds in a local form (here UTC), `0` and `1` for booleans.
//!
//! `DIR/<Table>/2026-09-30.csv`, in the order of time. Columns that no row could fill are left out, as the portal does.

use super::{Output, Writer};
use crate::diagnostic::Diagnostic;
use crate::generate::Options;
use crate::generate::column::{Cell, Column};
use crate::generate::event::{Event, Table};
use crate::value::Type;
use crate::value::datetime::{self, TICKS_PER_DAY};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Writes exports.
pub struct Export {
    folder: PathBuf,
    columns: BTreeMap<Table, Vec<Column>>,
    /// The day's files
    open: BTreeMap<Table, Output>,
    day: i64,
    line: Vec<u8>,
}

impl Export {
    /// Exports into a folder.
    pub fn new(options: &Options) -> Export {
        let exported = |table| Column::all(table).into_iter().filter(|c| !c.of_sentinel && c.is_filled()).collect();
        Export {
            folder: options.out.clone(),
            columns: Table::ALL.into_iter().map(|table| (table, exported(table))).collect(),
            open: BTreeMap::new(),
            day: i64::MIN,
            line: Vec::with_capacity(4096),
        }
    }

    fn close_all(&mut self) -> Result<(), Diagnostic> {
        std::mem::take(&mut self.open).into_values().try_for_each(Output::close)
    }
}

impl Writer for Export {
    fn take(&mut self, event: Event) -> Result<(), Diagnostic> {
        let day = event.time.div_euclid(TICKS_PER_DAY);
        if day != self.day {
            self.close_all()?;
            self.day = day;
        }
        let columns = self.columns.get(&event.table).map(Vec::as_slice).unwrap_or_default();
        let line = &mut self.line;
        line.clear();
        if !self.open.contains_key(&event.table) {
            let p = datetime::parts(event.time);
            let name = format!("{:04}-{:02}-{:02}.csv", p.year, p.month, p.day);
            self.open.insert(event.table, Output::create(self.folder.join(event.table.name()).join(name))?);
            let names: Vec<&str> = columns.iter().map(|c| c.name).collect();
            line.extend_from_slice("\u{feff}".as_bytes());
            line.extend_from_slice(names.join(",").as_bytes());
            line.extend_from_slice(b"\r\n");
        }
        for (n, column) in columns.iter().enumerate() {
            if n > 0 {
                line.push(b',');
            }
            write_cell(line, column, column.read(&event));
        }
        line.extend_from_slice(b"\r\n");
        match self.open.get_mut(&event.table) {
            Some(file) => file.write(line),
            None => Ok(()),
        }
    }

    fn advance(&mut self, time: i64) -> Result<(), Diagnostic> {
        if time == i64::MAX { self.close_all() } else { Ok(()) }
    }
}

fn write_cell(line: &mut Vec<u8>, column: &Column, cell: Cell<'_>) {
    match cell {
        Cell::Missing if column.ty == Type::Datetime => line.extend_from_slice(b"Invalid date"),
        Cell::Missing => {}
        Cell::Text(text) => write_text(line, text),
        Cell::Made(text) => write_text(line, &text),
        Cell::Number(n) => line.extend_from_slice(n.to_string().as_bytes()),
        Cell::Bool(b) => line.push(if b { b'1' } else { b'0' }),
        Cell::Time(t) => write_text(line, &local_time(t)),
    }
}

/// `Oct 9, 2024 2:41:10 PM`
fn local_time(ticks: i64) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let p = datetime::parts(ticks);
    let month = MONTHS.get(p.month as usize - 1).copied().unwrap_or_default();
    let (hour, half) = ((p.hour + 11) % 12 + 1, if p.hour < 12 { "AM" } else { "PM" });
    format!("{month} {}, {} {hour}:{:02}:{:02} {half}", p.day, p.year, p.minute, p.second)
}

/// A field, in quotes where it needs them.
fn write_text(line: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|b| matches!(b, b',' | b'"' | b'\r' | b'\n')) {
        return line.extend_from_slice(text.as_bytes());
    }
    line.push(b'"');
    line.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_look_as_in_the_portal() {
        let at = |hour| {
            let midnight = datetime::from_date(2026, 10, 9).unwrap();
            local_time(midnight + hour * TICKS_PER_DAY / 24)
        };
        assert_eq!(at(0), "Oct 9, 2026 12:00:00 AM");
        assert_eq!(at(12), "Oct 9, 2026 12:00:00 PM");
        assert_eq!(at(14), "Oct 9, 2026 2:00:00 PM");
    }
}
