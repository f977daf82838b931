//! One source from its first byte to its last.
//!
//! In: a source and what is known of it. Out: messages: frames, rejects, and always an end, which says which bytes are
//! taken now. Bytes are hashed as they are read; they are read before that only when an earlier import may have taken them.

use super::output::{Failure, Message, Note, Output, Settings};
use super::sniff::{self, Format};
use super::source::{Counted, Handle, Origin, Part, Place, Recall, Source, Stamp, Tally};
use super::source::{SNIFFED, decode, hash, is_archive, is_packed, line_start, recall};
use super::{csv, json, parquet};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read, Seek};
use std::ops::Range;
use std::rc::Rc;

/// Bytes that are read at once.
const BLOCK: usize = 1 << 20;

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
    let done = match &source.place {
        Place::Stdin => read_stream(BufReader::new(io::stdin()), &Part::All, &mut output),
        Place::Bytes(bytes) => read_stream(Cursor::new(bytes.clone()), &Part::All, &mut output),
        Place::In(origin, part) => stored(source, origin, part, &mut output),
    };
    match done {
        Err(Failure::Stopped) => Err(Failure::Stopped),
        done => output.end(done.err()),
    }
}

fn broken(e: io::Error) -> Failure {
    Failure::Broken(e.to_string().into())
}

/// A source that is open.
struct Opened<'s> {
    origin: &'s Origin,
    part: &'s Part,
    handle: Handle,
    /// What the whole looked like when it was opened.
    stamp: Stamp,
    /// The bytes of the source in it.
    range: Range<u64>,
    /// The first bytes of the source.
    start: Vec<u8>,
    /// The format of plain lines that may grow.
    lines: Option<Format>,
}

impl<'s> Opened<'s> {
    fn new(origin: &'s Origin, part: &'s Part, may_grow: bool) -> io::Result<Self> {
        let handle = origin.open()?;
        let stamp = handle.stamp()?;
        let range = part.range(&handle, stamp.bytes)?;
        let mut start = Vec::new();
        handle.read(range.start..range.end.min(range.start + SNIFFED as u64))?.read_to_end(&mut start)?;
        let lines = if may_grow { lines_of(part, &start) } else { None };
        Ok(Opened { origin, part, handle, stamp, range, start, lines })
    }

    fn bytes(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Holds that what was read is still what is there.
    fn hold(&self) -> Result<(), Failure> {
        let now = self.handle.stamp().map_err(broken)?;
        if self.stamp.holds(&now, self.lines.is_some()) {
            return Ok(());
        }
        Err(Failure::Broken("it changed while it was read".into()))
    }
}

/// The format of a source of plain lines; none for what is packed, or no lines.
fn lines_of(part: &Part, start: &[u8]) -> Option<Format> {
    match part {
        // It was seen to be lines when the file was cut into pieces.
        Part::Lines(_) => Some(Format::Ndjson),
        Part::All if !is_packed(start) && !is_archive(start) => {
            sniff::format(start).ok().filter(|f| matches!(f, Format::Ndjson | Format::Csv(_)))
        }
        _ => None,
    }
}

/// Reads something that can be read again, with regard to what earlier imports took of it.
fn stored(source: &Source, origin: &Origin, part: &Part, output: &mut Output<'_>) -> Result<(), Failure> {
    let salt = output.settings.forced.clone().unwrap_or_default();
    let known = output.settings.known.clone();
    let identity = source.identity(output.settings.forced.as_deref());
    output.summary.identity = identity.clone();
    let version = identity.as_ref().and_then(|i| known.as_ref()?.version(i));
    if let (Origin::Object(object), Some(version)) = (origin, version)
        && object.stamp().version == version
    {
        output.summary.version = Some(version);
        return Err(Failure::Repeated);
    }
    let opened = Opened::new(origin, part, output.settings.may_grow).map_err(broken)?;
    let mut tally = Tally::new(&salt);
    if let (Some(known), Some(identity)) = (known, identity) {
        let grow = opened.lines.is_some();
        let recalled = recall(&*known, &identity, &opened.handle, &opened.range, &salt, grow).map_err(broken)?;
        match recalled {
            Recall::New => {}
            Recall::Grown(taken) => {
                output.summary.grown_from = Some(taken.bytes());
                tally = taken;
            }
            Recall::Repeated(taken) => {
                note(output, &opened, &taken);
                return Err(Failure::Repeated);
            }
        }
    }
    let taken = match opened.lines {
        Some(format) => growing(&opened, format, tally, output)?,
        None => whole(&opened, tally, output)?,
    };
    opened.hold()?;
    note(output, &opened, &taken);
    Ok(())
}

/// Notes which bytes are taken now.
fn note(output: &mut Output<'_>, opened: &Opened<'_>, taken: &Tally) {
    output.summary.mark = taken.mark();
    output.summary.consumed = taken.bytes();
    if opened.lines.is_some() {
        // Of what is not read again, too: line numbers in later pieces go on from here.
        output.summary.lines = output.summary.lines.max(taken.lines());
    }
    if matches!(opened.origin, Origin::Object(_)) && taken.bytes() == opened.bytes() {
        output.summary.version = Some(opened.stamp.version.clone());
    }
}

/// Reads lines that may grow, from where the last import ended.
fn growing(opened: &Opened<'_>, format: Format, tally: Tally, output: &mut Output<'_>) -> Result<Tally, Failure> {
    let resumed = resume(opened, format, tally, output).map_err(broken)?;
    output.summary.format = Some(format);
    output.summary.lines = resumed.tally.lines();
    output.tally = Some(resumed.tally);
    let rest = opened.handle.read(resumed.at..opened.range.end).map_err(broken)?;
    let mut reader = resumed.header.chain(BufReader::with_capacity(BLOCK, rest));
    match format {
        Format::Csv(delimiter) => {
            let grew = || opened.handle.stamp().is_ok_and(|now| now.bytes > opened.stamp.bytes);
            csv::read(&mut reader, delimiter, &grew, output)?;
        }
        _ => json::read_lines(&mut reader, output)?,
    }
    output.tally.take().ok_or_else(|| Failure::Broken("its bytes were not counted".into()))
}

/// Where reading goes on.
struct Resumed {
    at: u64,
    /// The header that comes before it; empty when there is none.
    header: Cursor<Vec<u8>>,
    tally: Tally,
}

/// Finds the place where reading goes on, after the bytes that are taken.
fn resume(opened: &Opened<'_>, format: Format, mut tally: Tally, output: &mut Output<'_>) -> io::Result<Resumed> {
    let start = opened.range.start;
    let mut at = start + tally.bytes();
    let mut header = Vec::new();
    if let (Format::Csv(delimiter), true) = (format, tally.bytes() > 0) {
        let end = csv::header_end(&opened.start, delimiter).unwrap_or_default();
        header = opened.start.get(..end).unwrap_or_default().to_vec();
        if header.is_empty() {
            // A header that long is read once more with all that follows.
            output.summary.grown_from = None;
            return Ok(Resumed { at: start, header: Cursor::new(header), tally: tally.anew() });
        }
        let mut around = Vec::new();
        opened.handle.read(at - 1..at + 1)?.read_to_end(&mut around)?;
        if !matches!(around.as_slice(), [b'\n', _] | [_, b'\r' | b'\n']) {
            let from = line_start(&opened.handle, start, at)?;
            output.summary.notes.push(Note::TakenAgain { line: tally.lines() + 1 });
            tally.expect_again(at - from);
            at = from;
        }
    }
    Ok(Resumed { at, header: Cursor::new(header), tally })
}

/// Reads something from its start to its end, as it is.
fn whole(opened: &Opened<'_>, mut tally: Tally, output: &mut Output<'_>) -> Result<Tally, Failure> {
    if let (Handle::File(file), Part::All, true) = (&opened.handle, opened.part, opened.start.starts_with(b"PAR1")) {
        hash(&opened.handle, opened.range.clone(), &mut tally).map_err(broken)?;
        output.summary.format = Some(Format::Parquet);
        read_parquet(file.try_clone().map_err(broken)?, output)?;
        return Ok(tally);
    }
    let tally = Rc::new(RefCell::new(tally));
    let bytes = Counted::new(opened.handle.read(opened.range.clone()).map_err(broken)?, tally.clone());
    read_stream(BufReader::with_capacity(BLOCK, bytes), opened.part, output)?;
    let mut tally = tally.borrow().clone();
    // What a reader did not need belongs to the source all the same.
    hash(&opened.handle, opened.range.start + tally.bytes()..opened.range.end, &mut tally).map_err(broken)?;
    Ok(tally)
}

fn read_parquet(mut file: File, output: &mut Output<'_>) -> Result<(), Failure> {
    file.rewind().map_err(broken)?;
    // A frozen copy of the handle for each pass over the file.
    parquet::read::<File>(|| file.try_clone(), output)
}

fn read_stream(bytes: impl BufRead + 'static, part: &Part, output: &mut Output<'_>) -> Result<(), Failure> {
    let member = match part {
        Part::Member(member) => Some(member),
        Part::All | Part::Lines(_) => None,
    };
    let (start, mut reader) = peek(decode(bytes, member).map_err(broken)?).map_err(broken)?;
    if is_archive(&start) {
        return Err(Failure::Format(
            "it is a zip archive inside of something, or an object without `.zip` in its name".into(),
        ));
    }
    let format = match part {
        Part::Lines(_) => Format::Ndjson,
        Part::All | Part::Member(_) => sniff::format(&start).map_err(Failure::Format)?,
    };
    output.summary.format = Some(format);
    match format {
        Format::Ndjson => json::read_lines(&mut reader, output),
        Format::Json => json::read_document(&mut reader, output),
        Format::Csv(delimiter) => csv::read(&mut reader, delimiter, &|| false, output),
        Format::Parquet => {
            // It is read from many places: a copy on the disk, since memory may not hold it.
            let mut file = tempfile::tempfile().map_err(broken)?;
            io::copy(&mut reader, &mut file).map_err(broken)?;
            read_parquet(file, output)
        }
    }
}

type Peeked = Chain<Cursor<Vec<u8>>, Box<dyn BufRead>>;

/// The first bytes, and a reader that still has them.
fn peek(mut reader: Box<dyn BufRead>) -> io::Result<(Vec<u8>, Peeked)> {
    let mut start = Vec::new();
    Read::take(&mut reader, SNIFFED as u64).read_to_end(&mut start)?;
    Ok((start.clone(), Cursor::new(start).chain(reader)))
}

#[cfg(test)]
mod tests;
