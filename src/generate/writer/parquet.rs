//! Parquet files, in the form that the mirror keeps: the quickest way into it.
//!
//! `DIR/<Table>/2026-09-30.parquet`, in the order of time; a day of many rows goes into several files (`...-2.parquet`),
//! so that a bounded number of rows is in memory.

use super::Writer;
use crate::diagnostic::Diagnostic;
use crate::generate::Options;
use crate::generate::column::{Cell, Column};
use crate::generate::event::{Event, Table};
use crate::mirror;
use crate::value::datetime::{self, TICKS_PER_DAY};
use crate::value::{Batch, Column as Values, Field, Schema, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Rows of a file at most.
const ROWS: usize = 60_000;

/// Writes parquet files.
pub struct Files {
    folder: PathBuf,
    tables: BTreeMap<Table, Rows>,
    day: i64,
}

/// The rows of a table that are not yet in a file.
struct Rows {
    columns: Vec<Column>,
    schema: Schema,
    batch: Batch,
    /// Files of the day so far
    files: usize,
}

impl Files {
    /// Files in a folder.
    pub fn new(options: &Options) -> Files {
        let tables = Table::ALL.into_iter().map(|table| (table, Rows::of(table))).collect();
        Files { folder: options.out.clone(), tables, day: i64::MIN }
    }

    fn write_all(&mut self) -> Result<(), Diagnostic> {
        for (table, rows) in &mut self.tables {
            rows.write(*table, &self.folder, self.day)?;
            rows.files = 0;
        }
        Ok(())
    }
}

impl Writer for Files {
    fn take(&mut self, event: Event) -> Result<(), Diagnostic> {
        let day = event.time.div_euclid(TICKS_PER_DAY);
        if day != self.day {
            self.write_all()?;
            self.day = day;
        }
        let Some(rows) = self.tables.get_mut(&event.table) else { return Ok(()) };
        rows.push(&event);
        if rows.batch.rows >= ROWS {
            rows.write(event.table, &self.folder, self.day)?;
        }
        Ok(())
    }

    fn advance(&mut self, time: i64) -> Result<(), Diagnostic> {
        if time == i64::MAX { self.write_all() } else { Ok(()) }
    }
}

impl Rows {
    fn of(table: Table) -> Rows {
        let columns: Vec<Column> = Column::all(table).into_iter().filter(|c| !c.of_sentinel).collect();
        let schema = Schema::new(columns.iter().map(|c| Field { name: c.name.into(), ty: c.ty }));
        Rows { batch: Batch::empty(&schema), columns, schema, files: 0 }
    }

    fn push(&mut self, event: &Event) {
        for (column, values) in self.columns.iter().zip(&mut self.batch.columns) {
            match (values, column.read(event)) {
                // The text as it is: the sensor's JSON is not ours to rewrite.
                (Values::Dynamic(v), Cell::Text(text)) => v.push((!text.is_empty()).then(|| text.to_owned())),
                (Values::Dynamic(v), Cell::Made(text)) => v.push(Some(text)),
                (values, Cell::Missing) => values.push(Value::missing(column.ty)),
                (values, Cell::Text(text)) => values.push(Value::String(text.to_owned())),
                (values, Cell::Made(text)) => values.push(Value::String(text)),
                (values, Cell::Number(n)) => values.push(Value::Long(n)),
                (values, Cell::Bool(b)) => values.push(Value::Bool(b)),
                (values, Cell::Time(t)) => values.push(Value::Datetime(t)),
            }
        }
        self.batch.rows += 1;
    }

    fn write(&mut self, table: Table, folder: &std::path::Path, day: i64) -> Result<(), Diagnostic> {
        if self.batch.rows == 0 {
            return Ok(());
        }
        self.files += 1;
        let p = datetime::parts(day * TICKS_PER_DAY);
        let part = if self.files > 1 { format!("-{}", self.files) } else { String::new() };
        let name = format!("{:04}-{:02}-{:02}{part}.parquet", p.year, p.month, p.day);
        let batch = std::mem::replace(&mut self.batch, Batch::empty(&self.schema));
        mirror::write_parquet(&folder.join(table.name()).join(name), &self.schema, &[batch])?;
        Ok(())
    }
}
