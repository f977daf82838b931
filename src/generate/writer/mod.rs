//! Files of telemetry, in the forms that the portals and the streaming API give them.
//!
//! In: events in order of their time. Out: files below a folder, one folder for each table.

mod csv;
mod ndjson;
mod parquet;

use super::event::Event;
use super::{Format, Options};
use crate::diagnostic::{Code, Diagnostic};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes events into files.
pub trait Writer {
    /// Takes an event; events come in order of their time.
    ///
    /// # Errors
    /// A diagnostic when a file cannot be written.
    fn take(&mut self, event: Event) -> Result<(), Diagnostic>;

    /// No earlier event will come.
    ///
    /// # Errors
    /// A diagnostic when a file cannot be written.
    fn advance(&mut self, time: i64) -> Result<(), Diagnostic>;
}

/// The writer of a format.
pub fn of(options: &Options) -> Box<dyn Writer> {
    match options.format {
        Format::Ndjson => Box::new(ndjson::Stream::new(options)),
        Format::Csv => Box::new(csv::Export::new(options)),
        Format::Parquet => Box::new(parquet::Files::new(options)),
    }
}

/// A file that is being written.
pub struct Output {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Output {
    /// A new file; its folder is made.
    ///
    /// # Errors
    /// A diagnostic when that fails.
    pub fn create(path: PathBuf) -> Result<Output, Diagnostic> {
        let make = || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            File::create(&path)
        };
        let file = make().map_err(|error| cannot_write(&path, &error))?;
        Ok(Output { file: BufWriter::with_capacity(1 << 18, file), path })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// A diagnostic when that fails.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Diagnostic> {
        self.file.write_all(bytes).map_err(|error| cannot_write(&self.path, &error))
    }

    /// Ends the file. Dropping it instead would hide that the disk is full.
    ///
    /// # Errors
    /// A diagnostic when that fails.
    pub fn close(mut self) -> Result<(), Diagnostic> {
        self.file.flush().map_err(|error| cannot_write(&self.path, &error))
    }
}

/// A file that cannot be written.
pub fn cannot_write(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::general(Code::CannotWrite, format!("cannot write `{}`: {error}", path.display()))
}
