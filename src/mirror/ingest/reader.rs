//! One source from its first byte to its last.
//!
//! In: a source and what is known of it. Out: messages: frames, rejects, and always an end.

use super::output::{Failure, Message, Output, Settings};
use super::sniff::{self, Format};
use super::source::{Bytes, Place, Source};
use super::{csv, json, parquet};
use std::fs::File;
use std::io::{BufRead, Chain, Cursor, Read};

/// Reads a source; what goes wrong is told at the end.
///
/// # Errors
/// When nobody wants the messages.
pub fn read(
    source: &Source,
    settings: Settings,
    send: &mut dyn FnMut(Message) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut output = Output::new(settings, send);
    match open_and_read(source, &mut output) {
        Err(Failure::Stopped) => Err(Failure::Stopped),
        done => output.end(done.err()),
    }
}

fn open_and_read(source: &Source, output: &mut Output<'_>) -> Result<(), Failure> {
    let broken = |e: std::io::Error| Failure::Broken(e.to_string().into());
    output.summary.mark = source.mark(output.settings.forced.as_deref().unwrap_or("")).map_err(broken)?;
    if output.summary.mark.as_ref().is_some_and(|mark| output.settings.seen.contains(mark)) {
        return Err(Failure::Repeated);
    }
    match source.open().map_err(broken)? {
        Bytes::File(file) => {
            output.summary.format = Some(Format::Parquet);
            // A frozen copy of the handle for each pass over the file.
            parquet::read::<File>(|| file.try_clone(), output)
        }
        Bytes::Stream(reader) => {
            let (start, mut reader) = peek(reader).map_err(broken)?;
            let format = match source.place {
                // It was seen to be lines when the file was cut into pieces.
                Place::Lines(..) => Format::Ndjson,
                _ => sniff::format(&start).map_err(Failure::Format)?,
            };
            output.summary.format = Some(format);
            match format {
                Format::Ndjson => json::read_lines(&mut reader, output),
                Format::Json => json::read_document(&mut reader, output),
                Format::Csv(delimiter) => csv::read(&mut reader, delimiter, output),
                Format::Parquet => {
                    let mut bytes = Vec::new();
                    reader.read_to_end(&mut bytes).map_err(broken)?;
                    parquet::read(|| Ok(Cursor::new(bytes.clone())), output)
                }
            }
        }
    }
}

type Peeked = Chain<Cursor<Vec<u8>>, Box<dyn BufRead>>;

/// The first bytes, and a reader that still has them.
fn peek(mut reader: Box<dyn BufRead>) -> std::io::Result<(Vec<u8>, Peeked)> {
    let mut start = Vec::new();
    Read::take(&mut reader, super::source::SNIFFED as u64).read_to_end(&mut start)?;
    Ok((start.clone(), Cursor::new(start).chain(reader)))
}
