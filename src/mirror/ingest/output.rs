//! Where readers leave what they read.
//!
//! In: rows of any table, and rows that cannot be read. Out: frames and rejects, handed on as soon as there are enough of
//! them, so that memory stays bounded. Counts everything.

use super::cell::Cell;
use super::infer::Kinds;
use super::rows::{Frame, TableRows};
use super::sniff::Format;
use super::time::Zone;
use super::token::Reason;
use crate::value::Type;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Bytes of input after which frames are handed on.
const BYTES: usize = 16 << 20;

/// A row, or more, that was not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Reject {
    /// The table, where known.
    pub table: Option<Arc<str>>,
    /// Line of the source where it starts, from 1.
    pub line: u64,
    /// Why.
    pub reason: Reason,
    /// The text as it stands there.
    pub raw: String,
}

/// What a reader hands on.
#[derive(Debug)]
pub enum Message {
    /// Rows.
    Frame(Frame),
    /// A row that was not taken.
    Reject(Reject),
    /// The end of the source.
    End(Summary),
}

/// A source that was read to its end, or as far as it went.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How the rows stood there.
    pub format: Option<Format>,
    /// Rows taken.
    pub rows: u64,
    /// Lines read, for line numbers in what follows in the same file.
    pub lines: u64,
    /// True when local times were read as UTC for want of a zone.
    pub zone_wanted: bool,
    /// What tells the source again when it comes a second time.
    pub mark: Option<String>,
    /// Why it could not be read to its end.
    pub failure: Option<Failure>,
}

/// Why a source cannot be read.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The rows say nothing of their table.
    NoTable,
    /// It is in no known format.
    Format(Reason),
    /// It cannot be read, or breaks off.
    Broken(Reason),
    /// It was read in an earlier import.
    Repeated,
    /// Nobody wants the rest.
    Stopped,
}

/// What a reader is told.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The table that every row belongs to, whatever the file says.
    pub forced: Option<Arc<str>>,
    /// The table of rows that do not say theirs.
    pub guess: Option<Arc<str>>,
    /// The zone of times in portal exports.
    pub zone: Zone,
    /// Types of columns that no table documents, as the user wants them.
    pub columns: Arc<Vec<(String, Type)>>,
    /// Marks of the sources that are not to be read again.
    pub seen: Arc<HashSet<String>>,
}

/// Rows of any table on their way out.
pub struct Output<'a> {
    /// What the reader was told.
    pub settings: Settings,
    /// What was read so far.
    pub summary: Summary,
    tables: BTreeMap<Arc<str>, TableRows>,
    since: usize,
    send: &'a mut dyn FnMut(Message) -> Result<(), Failure>,
}

impl<'a> Output<'a> {
    /// Hands on through `send`.
    pub fn new(settings: Settings, send: &'a mut dyn FnMut(Message) -> Result<(), Failure>) -> Self {
        Output { settings, summary: Summary::default(), tables: BTreeMap::new(), since: 0, send }
    }

    /// The rows of a table.
    pub fn table(&mut self, table: &Arc<str>) -> &mut TableRows {
        self.tables.entry(table.clone()).or_insert_with(|| {
            let mut rows = TableRows::new(table.clone());
            self.settings.columns.iter().for_each(|(name, ty)| rows.declare(name, *ty));
            rows
        })
    }

    /// The table of a row that says `said`.
    ///
    /// # Errors
    /// When nothing tells it.
    pub fn table_of(&self, said: Option<Arc<str>>) -> Result<Arc<str>, Failure> {
        let settings = &self.settings;
        settings.forced.clone().or(said).or_else(|| settings.guess.clone()).ok_or(Failure::NoTable)
    }

    /// Notes the types that a file says its columns have, for the one table that it must be of.
    pub fn declare(&mut self, columns: &[(String, Option<Type>)]) {
        let Ok(table) = self.table_of(None) else { return };
        for (name, ty) in columns {
            if let Some(ty) = ty {
                self.table(&table).declare(name, *ty);
            }
        }
    }

    /// Takes a row.
    pub fn push(&mut self, table: &Arc<str>, cells: &mut Vec<(usize, Cell<'_>, Kinds)>) {
        self.table(table).push(cells);
        self.summary.rows += 1;
    }

    /// Hands a finished frame on.
    ///
    /// # Errors
    /// When nobody wants it.
    pub fn frame(&mut self, frame: Frame) -> Result<(), Failure> {
        self.summary.rows += frame.data.height() as u64;
        (self.send)(Message::Frame(frame))
    }

    /// Hands a reject on.
    ///
    /// # Errors
    /// When nobody wants it.
    pub fn reject(&mut self, reject: Reject) -> Result<(), Failure> {
        (self.send)(Message::Reject(reject))
    }

    /// Notes that so many bytes of input were read, and hands frames on when there are enough.
    ///
    /// # Errors
    /// When nobody wants them.
    pub fn advance(&mut self, bytes: usize) -> Result<(), Failure> {
        self.since += bytes;
        if self.since >= BYTES { self.flush() } else { Ok(()) }
    }

    /// Hands on all rows.
    ///
    /// # Errors
    /// When nobody wants them.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.since = 0;
        for rows in self.tables.values_mut().filter(|r| r.rows() > 0) {
            let frame = rows.take().map_err(|e| Failure::Broken(e.to_string().into()))?;
            (self.send)(Message::Frame(frame))?;
        }
        Ok(())
    }

    /// The end.
    ///
    /// # Errors
    /// When nobody wants it.
    pub fn end(mut self, failure: Option<Failure>) -> Result<(), Failure> {
        self.flush()?;
        self.summary.failure = failure;
        (self.send)(Message::End(self.summary))
    }
}
