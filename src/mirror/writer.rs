//! From frames to files: settles undocumented columns, sorts, splits by day, writes.
//!
//! In: frames of any table, in the order of the input. Out: files in the store, noted in a transaction. Rows that came before
//! are left out.
//! Frames wait until there are enough rows for a good file, or until memory is short.

use super::dedupe::{self, Key};
use super::frame;
use super::ingest::{Frame, RawColumn, convert};
use super::layout::{self, tick_column};
use super::part_file::{Piece, add_part, range, says, write_part};
use super::store::time_column;
use super::transaction::Transaction;
use crate::catalog::device;
use crate::diagnostic::{Code, Diagnostic};
use crate::value::{Field, Schema, Type, datetime};
use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray, PolarsError, SortMultipleOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// Rows of one table that wait at most.
const ROWS: usize = layout::ROW_GROUP;
/// Bytes that wait at most, over all tables.
const BYTES: usize = 256 << 20;

/// What was written of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Written {
    /// Rows.
    pub rows: u64,
    /// Files.
    pub files: u64,
    /// First and last event, in ticks.
    pub range: Option<(i64, i64)>,
    /// Rows left out because they came before.
    pub duplicates: u64,
}

/// What is done with rows that came before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// They are dropped from documented tables, whose rows are delivered at least once, and kept in others, where equal
    /// lines may be meant.
    #[default]
    Auto,
    /// They are dropped.
    Drop,
    /// They are kept.
    Keep,
}

/// The counter of rows that came before.
pub const DUPLICATES: &str = "count/duplicates";

/// Frames that wait, and what became of the earlier ones.
#[derive(Debug, Default)]
pub struct Writer {
    duplicates: Duplicates,
    waiting: BTreeMap<Arc<str>, Waiting>,
    written: BTreeMap<Arc<str>, Written>,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: Vec<Frame>,
    rows: usize,
    bytes: usize,
}

impl Writer {
    /// A writer without rows.
    pub fn new(duplicates: Duplicates) -> Writer {
        Writer { duplicates, ..Writer::default() }
    }

    /// Takes a frame.
    ///
    /// # Errors
    /// When a part cannot be written.
    pub fn add(&mut self, transaction: &mut Transaction, frame: Frame) -> Result<(), Diagnostic> {
        let table = frame.table.clone();
        let waiting = self.waiting.entry(table.clone()).or_default();
        waiting.rows += frame.data.height();
        waiting.bytes += frame.data.estimated_size();
        waiting.frames.push(frame);
        if waiting.rows >= ROWS {
            self.flush(transaction, &table)?;
        }
        while self.waiting.values().map(|w| w.bytes).sum::<usize>() > BYTES {
            let Some((largest, _)) = self.waiting.iter().max_by_key(|(_, w)| w.bytes) else { break };
            let largest = largest.clone();
            self.flush(transaction, &largest)?;
        }
        Ok(())
    }

    /// Writes all that waits, and tells what was written since it was told last.
    ///
    /// # Errors
    /// When a part cannot be written.
    pub fn take(&mut self, transaction: &mut Transaction) -> Result<BTreeMap<Arc<str>, Written>, Diagnostic> {
        while let Some(table) = self.waiting.keys().next().cloned() {
            self.flush(transaction, &table)?;
        }
        Ok(std::mem::take(&mut self.written))
    }

    fn flush(&mut self, transaction: &mut Transaction, table: &Arc<str>) -> Result<(), Diagnostic> {
        let Some(waiting) = self.waiting.remove(table).filter(|w| w.rows > 0) else { return Ok(()) };
        let staged = transaction.table(table)?;
        let mut extra = staged.extra();
        let whole = settle(waiting.frames, &mut extra, device::known_table(table).is_some())
            .map_err(|e| unwritable(table, &e))?;
        // Documented columns keep their names, whatever else differs from one by case alone.
        let documented = staged.schema();
        staged.change.columns.extend(&documented, &[]);
        staged.change.columns.extend(&Schema::new(extra), &[]);
        let schema = staged.schema();
        let times: Vec<Arc<str>> = ticks_of(&whole, &schema);
        staged.change.columns.extend(&schema, &times);
        let renamed = staged.change.columns.renamed();
        let time = time_column(table, &schema);
        let ordered = frame::in_order(&whole, &schema).map_err(|e| unwritable(table, &e))?;
        let sorted = sort(ordered, time.as_deref()).map_err(|e| unwritable(table, &e))?;
        let key = self.drops(table).then(|| Key::new(&schema, time.as_ref()));
        let always = self.duplicates == Duplicates::Drop;
        for (day, rows) in days(&sorted, time.as_deref()).map_err(|e| unwritable(table, &e))? {
            let piece = Piece { table, schema: &schema, time: time.as_deref(), day, renamed: &renamed };
            let rows = sorted.slice(rows.start as i64, rows.len());
            let fresh = match &key {
                // Rows without a time have no key, unless all that they say is to be one.
                Some(key) if day.is_some() || always => self.fresh(transaction, &piece, rows, key)?,
                _ => rows,
            };
            if fresh.height() > 0 {
                self.write(transaction, &piece, fresh)?;
            }
        }
        Ok(())
    }

    /// Whether rows of a table that came before are dropped.
    fn drops(&self, table: &str) -> bool {
        match self.duplicates {
            Duplicates::Auto => device::known_table(table).is_some(),
            Duplicates::Drop => true,
            Duplicates::Keep => false,
        }
    }

    /// The rows of a piece that did not come before; the others are counted.
    fn fresh(
        &mut self,
        transaction: &mut Transaction,
        piece: &Piece<'_>,
        rows: DataFrame,
        key: &Key,
    ) -> Result<DataFrame, Diagnostic> {
        let folder = transaction.dir().join(piece.table.as_ref());
        let staged = transaction.table(piece.table)?;
        let range = piece.time.and_then(|time| range(&rows, time));
        let files = staged.of_day(piece.day);
        let keep = dedupe::fresh(&rows, key, piece, &folder, files, range).map_err(|e| unreadable(piece.table, &e))?;
        let dropped = keep.iter().filter(|keep| !**keep).count() as u64;
        if dropped == 0 {
            return Ok(rows);
        }
        staged.count(DUPLICATES, dropped);
        self.written.entry(piece.table.clone()).or_default().duplicates += dropped;
        let mask = BooleanChunked::from_iter_values("keep".into(), keep.into_iter());
        rows.filter(&mask).map_err(|e| unwritable(piece.table, &e))
    }

    fn write(&mut self, transaction: &mut Transaction, piece: &Piece<'_>, rows: DataFrame) -> Result<(), Diagnostic> {
        let (name, path) = transaction.new_part(piece.table, piece.day);
        let part = write_part(&path, name, *piece, &rows)?;
        let written = self.written.entry(piece.table.clone()).or_default();
        written.rows += part.rows;
        written.files += 1;
        written.range = match (written.range, part.range()) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        add_part(transaction.table(piece.table)?, piece.schema, part);
        Ok(())
    }
}

/// The datetimes with a companion that says something.
fn ticks_of(rows: &DataFrame, schema: &Schema) -> Vec<Arc<str>> {
    let times = schema.fields().iter().filter(|f| f.ty == Type::Datetime).map(|f| f.name.clone());
    times.filter(|name| says(rows, name)).collect()
}

fn unreadable(table: &str, e: &PolarsError) -> Diagnostic {
    Diagnostic::general(Code::StoreDamaged, format!("rows of `{table}` that are there already cannot be read: {e}"))
        .with_help("`huntline mirror verify` says what is wrong")
}

fn unwritable(table: &str, e: &PolarsError) -> Diagnostic {
    Diagnostic::general(Code::CannotWrite, format!("rows of `{table}` cannot be written: {e}"))
}

/// One frame of all, with every undocumented column at its type. Types are settled here once and for all, and noted.
pub fn settle(frames: Vec<Frame>, extra: &mut Vec<Field>, known: bool) -> Result<DataFrame, PolarsError> {
    for (name, ty) in frames.iter().flat_map(|f| &f.typed) {
        if !extra.iter().any(|f| *f.name == **name) {
            extra.push(Field { name: name.as_str().into(), ty: *ty });
        }
    }
    for (name, ty) in kinds_of(&frames, known) {
        if !extra.iter().any(|f| *f.name == *name) {
            extra.push(Field { name: name.into(), ty });
        }
    }
    let mut settled = Vec::with_capacity(frames.len());
    for frame in frames {
        settled.push(settle_one(frame, extra)?);
    }
    match <[DataFrame; 1]>::try_from(settled) {
        Ok([only]) => Ok(only),
        Err(several) => polars::functions::concat_df_diagonal(&several),
    }
}

/// The type of each column of tokens, by all that waits; columns of nothing are left out of documented tables.
fn kinds_of(frames: &[Frame], known: bool) -> Vec<(String, Type)> {
    let mut order: Vec<&str> = Vec::new();
    let mut all: BTreeMap<&str, (super::ingest::Kinds, Option<Type>)> = BTreeMap::new();
    for RawColumn { name, kinds, declared } in frames.iter().flat_map(|f| &f.raw) {
        let entry = all.entry(name).or_insert_with(|| {
            order.push(name);
            Default::default()
        });
        entry.0 = entry.0.and(*kinds);
        entry.1 = entry.1.or(*declared);
    }
    let settled = order.into_iter().filter_map(|name| {
        let (kinds, declared) = all.get(name)?;
        let wanted = kinds.any() || declared.is_some() || !known;
        wanted.then(|| (name.to_owned(), declared.unwrap_or_else(|| kinds.settle())))
    });
    settled.collect()
}

fn settle_one(frame: Frame, extra: &mut Vec<Field>) -> Result<DataFrame, PolarsError> {
    let rows = frame.data.height();
    let mut columns = Vec::with_capacity(frame.data.width());
    for column in frame.data.columns() {
        let name = column.name().as_str();
        if let Some((_, ty)) = frame.typed.iter().find(|(n, _)| n == name) {
            columns.extend(settle_typed(column, *ty, extra));
            continue;
        }
        if !frame.raw.iter().any(|raw| raw.name == name) {
            columns.push(column.clone());
            continue;
        }
        let Some(ty) = extra.iter().find(|f| *f.name == *name).map(|f| f.ty) else { continue };
        let tokens = column.str()?;
        for builder in convert(name, ty, tokens.iter()) {
            if !extra.iter().any(|f| *f.name == *builder.name()) {
                let ty = builder.ty();
                extra.push(Field { name: builder.name().into(), ty });
            }
            columns.extend(builder.finish());
        }
    }
    let mut seen = BTreeSet::new();
    columns.retain(|c| seen.insert(c.name().clone()));
    DataFrame::new(rows, columns)
}

/// A typed column under its name, or under a name with its type where the name already has another.
fn settle_typed(column: &polars::prelude::Column, ty: Type, extra: &mut Vec<Field>) -> Option<polars::prelude::Column> {
    let name = column.name().as_str();
    if extra.iter().any(|f| *f.name == *name && f.ty == ty) {
        return Some(column.clone());
    }
    let beside = format!("{name}_{}", ty.name());
    if !extra.iter().any(|f| *f.name == *beside) {
        extra.push(Field { name: beside.as_str().into(), ty });
    }
    Some(column.clone().with_name(beside.as_str().into()))
}

/// Rows by time; rows without a time come first. Rows that are in order already are left alone.
pub fn sort(frame: DataFrame, time: Option<&str>) -> Result<DataFrame, PolarsError> {
    let Some(time) = time else { return Ok(frame) };
    let companion = tick_column(time);
    let has_ticks = frame.column(&companion).is_ok();
    if !has_ticks && frame.column(time)?.datetime()?.physical().iter().is_sorted() {
        return Ok(frame);
    }
    let by: Vec<&str> = if has_ticks { vec![time, &companion] } else { vec![time] };
    frame.sort(by, SortMultipleOptions::default().with_maintain_order(true))
}

/// The rows of each day of a sorted frame; the day is that since year 1.
fn days(frame: &DataFrame, time: Option<&str>) -> Result<Vec<(Option<i64>, Range<usize>)>, PolarsError> {
    const MICROS: i64 = datetime::TICKS_PER_DAY / 10;
    let Some(time) = time else { return Ok(vec![(None, 0..frame.height())]) };
    let times = frame.column(time)?.datetime()?.physical().iter();
    let days = times.map(|t| t.map(|micros| (micros + datetime::UNIX_EPOCH / 10).div_euclid(MICROS)));
    let mut ranges: Vec<(Option<i64>, Range<usize>)> = Vec::new();
    for (row, day) in days.enumerate() {
        match ranges.last_mut() {
            Some((last, range)) if *last == day => range.end = row + 1,
            _ => ranges.push((day, row..row + 1)),
        }
    }
    Ok(ranges)
}
