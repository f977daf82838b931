//! What an import did, in numbers.

use super::sniff::Format;
use crate::diagnostic::{Code, Diagnostic};
use crate::value::Field;
use serde::Serialize;
use std::path::PathBuf;

/// What became of an import. Nothing that was left out is left unsaid.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ImportReport {
    /// Rows taken.
    pub rows: u64,
    /// Rows left out because they came before.
    pub duplicates: u64,
    /// Rows refused.
    pub rejected: u64,
    /// Where the refused rows are, with their reasons.
    pub rejects_file: Option<PathBuf>,
    /// Files left out because an earlier import took them.
    pub repeated: u64,
    /// Bytes of input.
    pub bytes: u64,
    /// True when it was ended before all was read: what is told here was kept.
    pub interrupted: bool,
    /// A line for each table.
    pub tables: Vec<TableImport>,
    /// A line for each file.
    pub sources: Vec<SourceImport>,
}

/// What came into one table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableImport {
    /// The table.
    pub table: String,
    /// Rows taken.
    pub rows: u64,
    /// Rows left out because they came before.
    pub duplicates: u64,
    /// Rows refused.
    pub rejected: u64,
    /// Files written.
    pub files: u64,
    /// Ticks of the first event.
    pub first: Option<i64>,
    /// Ticks of the last event.
    pub last: Option<i64>,
    /// Columns that no documentation knows and that the table did not have before.
    pub new_columns: Vec<Field>,
}

/// What came out of one file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SourceImport {
    /// The file.
    pub name: String,
    /// Its format.
    pub format: Option<Format>,
    /// Rows taken.
    pub rows: u64,
    /// Rows refused.
    pub rejected: u64,
    /// Why it was left out, where it was.
    pub skipped: Option<String>,
    /// True when an earlier import took it, so that it was left out.
    pub repeated: bool,
    /// True when local times in it were read as UTC because no zone was given.
    pub zone_wanted: bool,
    /// What is to know of a last line that is not finished.
    pub notes: Vec<String>,
}

impl ImportReport {
    /// Adds what came into a table, to what came before.
    pub fn add(&mut self, more: TableImport) {
        self.rows += more.rows;
        self.duplicates += more.duplicates;
        match self.tables.iter_mut().find(|t| t.table == more.table) {
            None => self.tables.push(more),
            Some(table) => {
                table.rows += more.rows;
                table.duplicates += more.duplicates;
                table.rejected += more.rejected;
                table.files += more.files;
                table.first = [table.first, more.first].into_iter().flatten().min();
                table.last = table.last.max(more.last);
                table.new_columns.extend(more.new_columns);
            }
        }
        self.tables.sort_by(|a, b| a.table.cmp(&b.table));
    }

    /// What the user should know beyond the numbers.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        let mut all = Vec::new();
        let warn = |code, text: String| {
            let mut warning = Diagnostic::general(code, text);
            warning.severity = crate::diagnostic::Severity::Warning;
            warning
        };
        for source in &self.sources {
            if let Some(why) = &source.skipped {
                all.push(warn(Code::UnknownFormat, format!("`{}` was left out: {why}", source.name)));
            }
            for text in &source.notes {
                let mut note = warn(Code::BadRow, format!("`{}`: {text}", source.name));
                note.severity = crate::diagnostic::Severity::Note;
                all.push(note);
            }
            if source.zone_wanted {
                let text =
                    format!("`{}` has times of a local clock without a zone; they were read as UTC", source.name);
                all.push(warn(Code::BadRow, text).with_help("import it with --timezone, such as Europe/Berlin"));
            }
        }
        if self.repeated > 0 {
            let text = format!("{} files were imported before and are left out", self.repeated);
            let mut note = warn(Code::BadRow, text).with_help("`--again` takes them once more");
            note.severity = crate::diagnostic::Severity::Note;
            all.push(note);
        }
        if self.rejected > 0 {
            let text = format!("{} rows could not be read and were left out", self.rejected);
            let place = self.rejects_file.as_ref().map(|p| format!("they are in `{}`", p.display()));
            let mut warning = warn(Code::BadRow, text);
            warning.help = place;
            all.push(warning);
        }
        all
    }
}
