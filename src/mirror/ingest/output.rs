//! Where readers leave what they read.
//!
//! In: rows of any table, and rows that cannot be read. Out: frames and rejects, handed on as soon as there are enough of
//! them, so that memory stays bounded. Counts everything.

use super::cell::Cell;
use super::infer::Kinds;
use super::rows::{Frame, TableRows};
use super::sniff::Format;
use super::source::{Known, Tally};
use super::time::Zone;
use super::token::Reason;
use crate::value::Type;
use std::collections::BTreeMap;
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
    /// What tells the source from others over time; none for what cannot come again.
    pub identity: Option<String>,
    /// What tells the bytes again that are now taken, from the start of the source. None when none are, or they cannot be
    /// trusted.
    pub mark: Option<String>,
    /// How many bytes these are.
    pub consumed: u64,
    /// How many of them earlier imports took, when only the rest was read now.
    pub grown_from: Option<u64>,
    /// The version (e-tag) of the object that was taken to its end.
    pub version: Option<String>,
    /// What the user should know: of a last line that is not finished.
    pub notes: Vec<Note>,
    /// Why it could not be read to its end.
    pub failure: Option<Failure>,
}

/// What the user should know of a line at the end of a file that grows. Lines count from 1, in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// It has no end yet and is no whole row.
    Unfinished {
        /// The line.
        line: u64,
    },
    /// An earlier import took it for a whole row, and it went on.
    TakenAgain {
        /// The line.
        line: u64,
    },
}

impl Note {
    /// In words, after so many lines of the same file in earlier sources.
    pub fn tell(self, before: u64) -> String {
        match self {
            Note::Unfinished { line } => format!("line {} is not finished; it is taken when it is", before + line),
            Note::TakenAgain { line } => {
                format!("line {} was taken before it was finished; it is taken once more as it is now", before + line)
            }
        }
    }
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
    /// What earlier imports took; none when all is to be taken, again or not.
    pub known: Option<Arc<dyn Known>>,
    /// Whether files of lines may still grow: then a last line that is not finished is left for later, else it is a bad row.
    pub may_grow: bool,
}

/// Rows of any table on their way out.
pub struct Output<'a> {
    /// What the reader was told.
    pub settings: Settings,
    /// What was read so far.
    pub summary: Summary,
    /// The bytes of a source of lines that may grow, as they are taken.
    pub tally: Option<Tally>,
    tables: BTreeMap<Arc<str>, TableRows>,
    since: usize,
    send: &'a mut dyn FnMut(Message) -> Result<(), Failure>,
}

impl<'a> Output<'a> {
    /// Hands on through `send`.
    pub fn new(settings: Settings, send: &'a mut dyn FnMut(Message) -> Result<(), Failure>) -> Self {
        Output { settings, summary: Summary::default(), tally: None, tables: BTreeMap::new(), since: 0, send }
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

    /// Whether a last line that is not finished is left for later.
    pub fn grows(&self) -> bool {
        self.tally.is_some()
    }

    /// Counts bytes of the source whose rows are taken, or refused for good.
    pub fn consume(&mut self, bytes: &[u8]) {
        if let Some(tally) = &mut self.tally {
            tally.take(bytes);
        }
    }

    /// Notes that the line after those read so far is not finished.
    pub fn unfinished(&mut self) {
        let line = self.summary.lines + 1;
        self.summary.notes.push(Note::Unfinished { line });
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
