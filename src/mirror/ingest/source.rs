//! What there is to read: files, folders, archives, the standard input.
//!
//! In: paths. Out: sources in a fixed order, and each one's bytes, decompressed. Knows nothing of what the bytes mean.

use crate::catalog::device;
use crate::diagnostic::{Code, Diagnostic};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files of lines that are larger than this are read in pieces, side by side.
const SPLIT_ABOVE: u64 = 64 << 20;
/// Size of such a piece.
const PIECE: u64 = 32 << 20;
/// Bytes that are looked at to tell a format.
pub const SNIFFED: usize = 64 << 10;

/// One thing to read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name, as people know it: a path, `archive.zip/member`, `<stdin>`.
    pub name: String,
    /// Where the bytes are.
    pub place: Place,
    /// True when the user named it; false when it was found in a folder or archive.
    pub named: bool,
    /// Bytes of the file, where known.
    pub bytes: u64,
}

/// Where bytes are.
#[derive(Clone, Debug)]
pub enum Place {
    /// The standard input.
    Stdin,
    /// A file.
    File(PathBuf),
    /// Some lines of a file: those that begin in the range.
    Lines(PathBuf, Range<u64>),
    /// A file in an archive.
    Member(PathBuf, usize),
}

fn cannot_read(path: &Path, e: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::general(Code::CannotRead, format!("`{}` cannot be read: {e}", path.display()))
}

/// The sources that paths stand for. Folders are walked in the order of names, without hidden files.
///
/// # Errors
/// When a named path cannot be read.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<Source>, Diagnostic> {
    let mut all = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            all.push(Source { name: "<stdin>".into(), place: Place::Stdin, named: true, bytes: 0 });
        } else {
            walk(path, true, &mut all)?;
        }
    }
    Ok(all)
}

fn walk(path: &Path, named: bool, all: &mut Vec<Source>) -> Result<(), Diagnostic> {
    let about = std::fs::metadata(path).map_err(|e| cannot_read(path, &e))?;
    if !about.is_dir() {
        return file(path, named, about.len(), all);
    }
    let entries = std::fs::read_dir(path).map_err(|e| cannot_read(path, &e))?;
    let mut inside: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    inside.sort();
    let hidden = |p: &Path| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
    inside.iter().filter(|p| !hidden(p)).try_for_each(|p| walk(p, false, all))
}

fn file(path: &Path, named: bool, bytes: u64, all: &mut Vec<Source>) -> Result<(), Diagnostic> {
    let start = start_of(path).map_err(|e| cannot_read(path, &e))?;
    let name = path.display().to_string();
    if start.starts_with(b"PK\x03\x04") {
        return archive(path, all);
    }
    let lines = bytes > SPLIT_ABOVE && start.first() == Some(&b'{') && super::sniff::is_lines(&start);
    if !lines {
        all.push(Source { name, place: Place::File(path.to_owned()), named, bytes });
        return Ok(());
    }
    let pieces = (0..bytes).step_by(PIECE as usize).map(|from| from..(from + PIECE).min(bytes));
    all.extend(pieces.map(|range| Source {
        name: name.clone(),
        bytes: range.end - range.start,
        place: Place::Lines(path.to_owned(), range),
        named,
    }));
    Ok(())
}

fn start_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path)?.take(SNIFFED as u64).read_to_end(&mut start)?;
    Ok(start)
}

fn archive(path: &Path, all: &mut Vec<Source>) -> Result<(), Diagnostic> {
    let mut zip = open_zip(path).map_err(|e| cannot_read(path, &e))?;
    for index in 0..zip.len() {
        let member = zip.by_index(index).map_err(|e| cannot_read(path, &e))?;
        if member.is_dir() {
            continue;
        }
        let inside = member.name().map_err(|e| cannot_read(path, &e))?.into_owned();
        let name = format!("{}/{inside}", path.display());
        all.push(Source { name, place: Place::Member(path.to_owned(), index), named: false, bytes: member.size() });
    }
    Ok(())
}

fn open_zip(path: &Path) -> io::Result<zip::ZipArchive<BufReader<File>>> {
    zip::ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)
}

/// The bytes of a source.
pub enum Bytes {
    /// A file as it is, for readers that must seek.
    File(File),
    /// A stream, decompressed.
    Stream(Box<dyn BufRead>),
}

impl Source {
    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(&self) -> io::Result<Bytes> {
        match &self.place {
            Place::Stdin => decompress(BufReader::new(io::stdin())).map(Bytes::Stream),
            Place::Lines(path, range) => lines(path, range).map(Bytes::Stream),
            Place::Member(path, index) => {
                let mut zip = open_zip(path)?;
                let mut bytes = Vec::new();
                zip.by_index(*index).map_err(io::Error::other)?.read_to_end(&mut bytes)?;
                decompress(Cursor::new(bytes)).map(Bytes::Stream)
            }
            Place::File(path) => {
                let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?);
                if reader.fill_buf()?.starts_with(b"PAR1") {
                    let mut file = reader.into_inner();
                    file.rewind()?;
                    return Ok(Bytes::File(file));
                }
                decompress(reader).map(Bytes::Stream)
            }
        }
    }

    /// A mark of the bytes as they lie there, together with `salt`: the same bytes read in the same way have the same mark.
    /// None for what can be read only once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn mark(&self, salt: &str) -> io::Result<Option<String>> {
        let (path, range) = match &self.place {
            Place::Stdin => return Ok(None),
            Place::File(path) => (path, 0..u64::MAX),
            Place::Lines(path, range) => (path, range.clone()),
            Place::Member(path, index) => return Ok(Some(format!("{index}:{}", mark_of(path, 0..u64::MAX, salt)?))),
        };
        mark_of(path, range, salt).map(Some)
    }

    /// The table that the path names: a blob container, a file or a folder.
    pub fn table(&self) -> Option<Arc<str>> {
        let mut parts: Vec<&str> = self.name.split(['/', '\\']).collect();
        let file = parts.pop()?;
        table_of_file(file).or_else(|| parts.iter().rev().find_map(|folder| table_of_folder(folder))).map(Into::into)
    }
}

/// `DeviceEvents.json`, `DeviceEvents-2024.csv.gz`, `Custom_CL.csv`.
fn table_of_file(file: &str) -> Option<&str> {
    let stem = file.split('.').next()?;
    let word = stem.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
    documented(stem).or_else(|| documented(word)).or_else(|| stem.ends_with("_CL").then_some(stem))
}

/// `insights-logs-advancedhunting-deviceevents`, `am-DeviceEvents`, `DeviceEvents`, `Custom_CL`.
fn table_of_folder(folder: &str) -> Option<&str> {
    let container = ["insights-logs-advancedhunting-", "am-"].iter().find_map(|p| folder.strip_prefix(p));
    container.and_then(documented).or_else(|| documented(folder)).or_else(|| folder.ends_with("_CL").then_some(folder))
}

/// The documented table of a name in any case, current or old.
pub fn documented(name: &str) -> Option<&'static str> {
    let table = device::TABLES.iter().map(|t| t.name).find(|t| t.eq_ignore_ascii_case(name));
    table.or_else(|| device::resolve_alias(name))
}

fn decompress(mut reader: impl BufRead + 'static) -> io::Result<Box<dyn BufRead>> {
    let start = reader.fill_buf()?;
    if start.starts_with(&[0x1f, 0x8b]) {
        let plain = flate2::bufread::MultiGzDecoder::new(reader);
        return Ok(Box::new(BufReader::with_capacity(1 << 18, plain)));
    }
    if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Ok(Box::new(BufReader::with_capacity(1 << 18, zstd::Decoder::with_buffer(reader)?)));
    }
    Ok(Box::new(reader))
}

fn mark_of(path: &Path, range: Range<u64>, salt: &str) -> io::Result<String> {
    let mut hash = xxhash_rust::xxh64::Xxh64::new(0);
    hash.update(salt.as_bytes());
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(range.start))?;
    let mut file = file.take(range.end - range.start);
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(format!("{bytes}-{:016x}", hash.digest()));
        }
        bytes += read;
        hash.update(buffer.get(..read).unwrap_or_default());
    }
}

/// The lines of a file that begin in a range.
fn lines(path: &Path, range: &Range<u64>) -> io::Result<Box<dyn BufRead>> {
    let start = next_line(path, range.start)?;
    let end = next_line(path, range.end)?;
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    Ok(Box::new(BufReader::with_capacity(1 << 20, file.take(end.saturating_sub(start)))))
}

/// The first place from `at` on where a line begins.
fn next_line(path: &Path, at: u64) -> io::Result<u64> {
    let Some(before) = at.checked_sub(1) else { return Ok(0) };
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(before))?;
    let mut skipped = Vec::new();
    BufReader::new(file).read_until(b'\n', &mut skipped)?;
    Ok(before + skipped.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Option<String> {
        let source = Source { name: name.into(), place: Place::Stdin, named: true, bytes: 0 };
        source.table().map(|t| t.to_string())
    }

    #[test]
    fn paths_name_tables() {
        let blob =
            "x/insights-logs-advancedhunting-deviceprocessevents/tenantId=1/y=2026/m=07/d=18/h=14/m=00/PT1H.json";
        assert_eq!(table(blob).as_deref(), Some("DeviceProcessEvents"));
        assert_eq!(table("am-deviceevents/y=2026/PT05M_1.json").as_deref(), Some("DeviceEvents"));
        assert_eq!(table("MiscEvents-2020.csv.gz").as_deref(), Some("DeviceEvents"));
        assert_eq!(table("data/DeviceInfo/2026-06-01.parquet").as_deref(), Some("DeviceInfo"));
        assert_eq!(table("my/Thing_CL.csv").as_deref(), Some("Thing_CL"));
        assert_eq!(table("data/truth.json"), None);
    }

    #[test]
    fn pieces_of_a_file_hold_each_line_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let text: String = (0..100).map(|n| "x".repeat(n % 7) + "\r\n").collect();
        std::fs::write(&path, &text).unwrap();
        let mut all = String::new();
        let size = text.len() as u64;
        for from in (0..size).step_by(10) {
            lines(&path, &(from..(from + 10).min(size))).unwrap().read_to_string(&mut all).unwrap();
        }
        assert_eq!(all, text);
    }
}
