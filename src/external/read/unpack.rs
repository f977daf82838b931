//! Bytes of a file as UTF-8 text: unpacked, decoded, bounded.
//!
//! In: a path. Out: a reader. gzip and zip are told by their first bytes, whatever the name says; a byte order mark is
//! dropped, UTF-16 with one becomes UTF-8. Bytes that are no UTF-8 are left to whoever makes values of them.

use super::Fault;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

/// Bytes that are looked at first.
const HEAD: u64 = 512;
/// Bytes that are read at once.
const BLOCK: usize = 64 << 10;

/// What is done with the contents: their first bytes, and the reader of all of them.
type Use<'u> = dyn FnMut(Vec<u8>, &mut dyn BufRead) -> Result<(), Fault> + 'u;

/// Opens a file for one use. More than `limit` bytes unpacked are an error of the kind `FileTooLarge`.
pub(super) fn open(path: &Path, limit: u64, run: &mut Use<'_>) -> Result<(), Fault> {
    let mut file = BufReader::with_capacity(BLOCK, File::open(path)?);
    if std::fs::metadata(path)?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder").into());
    }
    let magic = file.fill_buf()?.get(..4).map_or([0; 4], |m| <[u8; 4]>::try_from(m).unwrap_or_default());
    match magic {
        [0x1f, 0x8b, ..] => decoded(&mut flate2::bufread::MultiGzDecoder::new(file), limit, run),
        // The second is an archive without a file.
        [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6] => {
            file.rewind()?;
            let mut archive = zip::ZipArchive::new(file).map_err(bad_zip)?;
            let names: Result<Vec<String>, _> = archive.file_names().map(|name| name.map(String::from)).collect();
            let mut names = names.map_err(bad_zip)?;
            names.retain(|name| !name.ends_with('/'));
            match names.as_slice() {
                [name] => decoded(&mut archive.by_name(name).map_err(bad_zip)?, limit, run),
                names => {
                    let why = format!("the zip archive has {} files, not one", names.len());
                    Err(Fault::Format(why, Some("unpack it and read the files that are meant".to_owned())))
                }
            }
        }
        _ => decoded(&mut file, limit, run),
    }
}

fn bad_zip(error: zip::result::ZipError) -> Fault {
    Fault::Format(format!("the zip archive cannot be unpacked: {error}"), None)
}

fn decoded(reader: &mut dyn Read, limit: u64, run: &mut Use<'_>) -> Result<(), Fault> {
    let mut reader = Limited { reader, left: limit };
    let mut head = vec![];
    reader.by_ref().take(HEAD).read_to_end(&mut head)?;
    let (mark, wide) = match head.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => (3, None),
        [0xff, 0xfe, ..] => (2, Some(Order::Little)),
        [0xfe, 0xff, ..] => (2, Some(Order::Big)),
        _ => (0, None),
    };
    head.drain(..mark);
    let whole = Cursor::new(head.clone()).chain(reader);
    match wide {
        None => run(head, &mut BufReader::with_capacity(BLOCK, whole)),
        Some(order) => {
            let mut shown = String::new();
            Utf16::new(Cursor::new(&head), order).take(HEAD).read_to_string(&mut shown).ok();
            run(shown.into_bytes(), &mut BufReader::with_capacity(BLOCK, Utf16::new(whole, order)))
        }
    }
}

/// Fails where more comes than allowed.
struct Limited<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(into)?;
        match self.left.checked_sub(n as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than allowed")),
        }
        Ok(n)
    }
}

/// Which half of a unit comes first.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

/// UTF-16 as UTF-8. Halves of pairs that stand alone become U+FFFD.
struct Utf16<R> {
    reader: R,
    order: Order,
    /// Text that waits to be read.
    ready: Cursor<Vec<u8>>,
    /// Bytes that are no whole character yet.
    rest: Vec<u8>,
}

impl<R: Read> Utf16<R> {
    fn new(reader: R, order: Order) -> Utf16<R> {
        Utf16 { reader, order, ready: Cursor::default(), rest: vec![] }
    }

    /// Reads on until there is text, or an end.
    fn fill(&mut self) -> io::Result<()> {
        let mut text = String::new();
        while text.is_empty() {
            let read = self.reader.by_ref().take(BLOCK as u64).read_to_end(&mut self.rest)?;
            let mut units: Vec<u16> = self.rest.chunks_exact(2).filter_map(|pair| self.unit(pair)).collect();
            let mut kept = self.rest.len() % 2;
            if read > 0 && units.last().is_some_and(|u| (0xd800..0xdc00).contains(u)) {
                units.pop();
                kept += 2;
            }
            text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
            self.rest.drain(..self.rest.len() - kept);
            if read == 0 {
                self.rest.clear();
                break;
            }
        }
        self.ready = Cursor::new(text.into_bytes());
        Ok(())
    }

    fn unit(&self, pair: &[u8]) -> Option<u16> {
        let pair = <[u8; 2]>::try_from(pair).ok()?;
        Some(match self.order {
            Order::Little => u16::from_le_bytes(pair),
            Order::Big => u16::from_be_bytes(pair),
        })
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.ready.read(into)?;
        if n > 0 || into.is_empty() {
            return Ok(n);
        }
        self.fill()?;
        self.ready.read(into)
    }
}
