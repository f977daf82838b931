//! A file of this machine, as rows of a declared schema.
//!
//! In: a file, a format, columns. Out: a batch, and what to tell beside it. Contents are unpacked and decoded as they are
//! read; only the rows are held. What does not convert to its column's type is null, as Kusto has it, and counted.

mod columns;
mod delimited;
mod json;
mod text;
mod unpack;

use super::{Refusal, Warning};
use crate::catalog::{Address, ExternalData, ExternalFormat};
use crate::diagnostic::Code;
use crate::value::{Batch, Schema};
use columns::Columns;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

/// One artifact to read.
pub(super) struct Job<'a> {
    /// The file.
    pub path: &'a Path,
    /// What the user calls it.
    pub address: &'a Address,
    /// What the server called its kind.
    pub media_type: Option<&'a str>,
    /// Its format.
    pub format: ExternalFormat,
    /// Which record is left out, and where columns come from.
    pub data: &'a ExternalData,
    /// The columns.
    pub schema: &'a Schema,
    /// Bytes unpacked, at most.
    pub limit: u64,
}

/// Reads a file of any format but parquet.
///
/// # Errors
/// When it cannot be read, is larger than the limit, or is not of its format.
pub(super) fn read(job: &Job<'_>, warnings: &mut Vec<Warning>) -> Result<Batch, Refusal> {
    let mut columns = Columns::new(job);
    let mut head = vec![];
    let result = unpack::open(job.path, job.limit, &mut |mut head_of, reader| {
        head.append(&mut head_of);
        records(job.format, reader, &mut columns)
    });
    let page = warn_of_page(job, &head, warnings);
    if let Err(fault) = result {
        return Err(refusal(job, fault, page));
    }
    let (batch, told) = columns.finish(job.address);
    if batch.rows == 0 {
        warnings.push((Code::OddContents, format!("`{}` has no record", job.address)));
    }
    warnings.extend(told);
    Ok(batch)
}

/// Why a file gives no rows.
enum Fault {
    /// Reading failed.
    Io(io::Error),
    /// It is not of its format: what is wrong, and what to do.
    Format(String, Option<String>),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Io(error)
    }
}

/// All records of a text, into the columns.
fn records(format: ExternalFormat, reader: &mut dyn BufRead, columns: &mut Columns<'_>) -> Result<(), Fault> {
    use ExternalFormat as F;
    match format {
        F::Csv => delimited::read(reader, b',', delimited::Quotes::Double, columns),
        F::Psv => delimited::read(reader, b'|', delimited::Quotes::Double, columns),
        F::Scsv => delimited::read(reader, b';', delimited::Quotes::Double, columns),
        F::Tsv => delimited::read(reader, b'\t', delimited::Quotes::Double, columns),
        F::Tsve => delimited::read(reader, b'\t', delimited::Quotes::Backslash, columns),
        F::Sohsv => delimited::read(reader, 1, delimited::Quotes::None, columns),
        F::Txt => text::lines(reader, columns),
        F::Raw => text::whole(reader, columns),
        F::Json => json::lines(reader, columns),
        F::SingleJson => json::values(reader, columns, true),
        F::MultiJson => json::values(reader, columns, false),
        F::Parquet => Err(Fault::Format("parquet is read by the engine".to_owned(), None)),
    }
}

fn refusal(job: &Job<'_>, fault: Fault, page: bool) -> Refusal {
    let address = job.address;
    match fault {
        Fault::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let message = format!("`{address}` is larger than the limit of {} bytes unpacked", job.limit);
            Refusal::new(Code::CannotRead, message)
                .with_help("raise `max_unpacked` below `[external]` in huntline.toml")
        }
        Fault::Io(error) => {
            let refusal = Refusal::new(Code::CannotRead, format!("`{address}` cannot be read: {error}"));
            match error.kind() {
                io::ErrorKind::NotFound => refusal.with_help("paths are looked up from the working folder"),
                _ => refusal,
            }
        }
        Fault::Format(_, _) if page => {
            let message = format!("`{address}` is a web page (HTML), not {}", job.format.name());
            Refusal::new(Code::OddContents, message)
        }
        Fault::Format(why, help) => {
            let refusal = Refusal::new(Code::OddContents, format!("`{address}` is not {}: {why}", job.format.name()));
            Refusal { help, ..refusal }
        }
    }
}

/// Warns when a web page came instead of data. True when it did.
fn warn_of_page(job: &Job<'_>, head: &[u8], warnings: &mut Vec<Warning>) -> bool {
    let start = String::from_utf8_lossy(head).trim_start().to_ascii_lowercase();
    let html = start.starts_with("<!doctype html") || start.starts_with("<html");
    let said = job.media_type.is_some_and(|m| m.to_ascii_lowercase().starts_with("text/html"));
    let page = html || (said && start.starts_with('<'));
    if page && job.format != ExternalFormat::Raw {
        let message = format!("`{}` looks like a web page (HTML), not like {}", job.address, job.format.name());
        warnings.push((Code::OddContents, message));
    }
    page
}

/// Looks whether a file is parquet.
///
/// # Errors
/// When it cannot be read, or is none.
pub(super) fn check_parquet(path: &Path, address: &Address) -> Result<(), Refusal> {
    let mut magic = vec![];
    let read = File::open(path).and_then(|file| file.take(4).read_to_end(&mut magic));
    match read {
        Ok(_) if magic == b"PAR1" => Ok(()),
        Ok(_) => Err(Refusal::new(Code::OddContents, format!("`{address}` is not parquet"))),
        Err(e) => Err(Refusal::new(Code::CannotRead, format!("`{address}` cannot be read: {e}"))),
    }
}
