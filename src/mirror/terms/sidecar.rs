//! The sidecar of a data file: a file with the filters of its columns.
//!
//! In: filters by row group and column; later the path of the sidecar and what the data file is known by. Out: bytes; later
//! the filters of one column, read on their own. A sidecar that is absent, of another file or version, or damaged is none:
//! the query then reads the data file without it.
//!
//! All numbers are little-endian, all checksums XXH64:
//!
//! | part | content |
//! |---|---|
//! | head | magic, version (u32), rows of a block (u32), rows and digest of the data file (u64, u64), its row groups (u32), length of the directory (u32), checksum of the head before it and of the directory (u64) |
//! | directory | number of columns (u32); for each: length of its name (u32), name, place after the directory (u64), length (u64), checksum (u64) |
//! | sections | for each column: number of row groups (u32); for each: its number (u32), its rows (u32), a filter for each block, length of its packed words (u32), [words](super::words) |
//! | filter | 0; or 8 or 16, seed (u64), segment length (u32), length of all segments but two (u32), number of fingerprints (u32), fingerprints |

use super::BLOCK;
use super::filter::RowGroupFilter;
use super::section::ColumnFilters;
use crate::mirror::layout::OWN;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use xxhash_rust::xxh64::{Xxh64, xxh64};

const MAGIC: [u8; 8] = *b"HLTERMS\0";

/// Goes up whenever the bytes of a sidecar, or the keys of a term, change their meaning.
const VERSION: u32 = 2;

/// Sidecars of this version have no words; all else is the same.
const WITHOUT_WORDS: u32 = 1;

/// Bytes of the head.
const HEAD: usize = 48;

/// Bytes of the head that its checksum covers.
const SUMMED: usize = HEAD - 8;

/// Bytes that are read at once: the head, and the directory of a usual table.
const FIRST_READ: u64 = 8192;

/// Where the sidecar of a data file lies: that of `TABLE/__day=2026-07-01/part-x.parquet` is
/// `TABLE/_huntline/part-x.terms`. Other tools leave folders alone whose name starts with an underscore. None where the path
/// names no file.
pub fn sidecar_path(data_file: &Path) -> Option<PathBuf> {
    let folder = data_file.parent()?;
    let is_partition = folder.file_name().and_then(OsStr::to_str).is_some_and(|name| name.contains('='));
    let table = if is_partition { folder.parent()? } else { folder };
    let mut path = table.join(OWN);
    path.push(data_file.file_stem()?);
    path.as_mut_os_string().push(".terms");
    Some(path)
}

/// Collects the filters of a data file, row group by row group.
#[derive(Debug, Default)]
pub struct SidecarBuilder {
    row_groups: usize,
    columns: Vec<(String, ColumnFilters)>,
}

impl SidecarBuilder {
    /// Adds the next row group. A column that is not among the filters has none there: each of its blocks may hold anything.
    pub fn row_group(&mut self, filters: Vec<(String, RowGroupFilter)>) {
        for (name, filter) in filters {
            match self.columns.iter_mut().find(|(known, _)| *known == name) {
                Some((_, filters)) => filters.push(self.row_groups, filter),
                None => {
                    let mut filters = ColumnFilters::default();
                    filters.push(self.row_groups, filter);
                    self.columns.push((name, filters));
                }
            }
        }
        self.row_groups += 1;
    }

    /// The bytes of the sidecar of a data file with this digest and so many rows.
    pub fn finish(&self, digest: u64, rows: u64) -> Vec<u8> {
        let (mut directory, mut sections) = (vec![], vec![]);
        directory.extend_from_slice(&(self.columns.len() as u32).to_le_bytes());
        for (name, filters) in &self.columns {
            let section = filters.write();
            directory.extend_from_slice(&(name.len() as u32).to_le_bytes());
            directory.extend_from_slice(name.as_bytes());
            for number in [sections.len() as u64, section.len() as u64, xxh64(&section, 0)] {
                directory.extend_from_slice(&number.to_le_bytes());
            }
            sections.extend_from_slice(&section);
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(BLOCK as u32).to_le_bytes());
        bytes.extend_from_slice(&rows.to_le_bytes());
        bytes.extend_from_slice(&digest.to_le_bytes());
        bytes.extend_from_slice(&(self.row_groups as u32).to_le_bytes());
        bytes.extend_from_slice(&(directory.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&checksum(&bytes, &directory).to_le_bytes());
        bytes.extend_from_slice(&directory);
        bytes.extend_from_slice(&sections);
        bytes
    }
}

/// A section of the file: where it starts, its length and its checksum.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u64,
    length: u64,
    checksum: u64,
}

/// An open sidecar. Only its directory is in memory.
#[derive(Debug)]
pub struct Sidecar {
    file: Mutex<File>,
    version: u32,
    row_groups: usize,
    columns: Vec<(String, Place)>,
}

impl Sidecar {
    /// Opens the sidecar of a data file with this digest and so many rows. None where there is no such sidecar, or where it
    /// cannot be trusted.
    pub fn open(path: &Path, digest: u64, rows: u64) -> Option<Sidecar> {
        let mut file = File::open(path).ok()?;
        let length = file.metadata().ok()?.len();
        let mut start = vec![];
        file.by_ref().take(FIRST_READ).read_to_end(&mut start).ok()?;
        let (version, row_groups, directory_length) = lengths(start.get(..HEAD)?, digest, rows)?;
        let whole = HEAD + directory_length;
        if whole as u64 > length {
            return None;
        }
        if let Some(more) = whole.checked_sub(start.len()) {
            file.by_ref().take(more as u64).read_to_end(&mut start).ok()?;
        }
        let (head, directory) = start.get(..whole)?.split_at_checked(HEAD)?;
        let (summed, mut sum) = head.split_at_checked(SUMMED)?;
        if u64(&mut sum)? != checksum(summed, directory) {
            return None;
        }
        let columns = columns(directory, whole as u64, length)?;
        Some(Sidecar { file: Mutex::new(file), version, row_groups, columns })
    }

    /// Whether it has all that a sidecar can have; one of an older version has not.
    pub fn is_complete(&self) -> bool {
        self.version == VERSION
    }

    /// The row groups of the data file.
    pub fn row_groups(&self) -> usize {
        self.row_groups
    }

    /// Names of the columns that have filters.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// Reads the filters of a column. None where it has none, or where its section is damaged.
    pub fn column(&self, name: &str) -> Option<ColumnFilters> {
        let (_, place) = self.columns.iter().find(|(known, _)| known == name)?;
        let mut section = vec![0; usize::try_from(place.length).ok()?];
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(place.start)).ok()?;
            file.read_exact(&mut section).ok()?;
        }
        if xxh64(&section, 0) != place.checksum {
            return None;
        }
        ColumnFilters::read(&section, self.version != WITHOUT_WORDS)
    }
}

/// The version, the number of row groups and the length of the directory, where the head is that of this data file's sidecar.
fn lengths(head: &[u8], digest: u64, rows: u64) -> Option<(u32, usize, usize)> {
    let (magic, mut rest) = head.split_first_chunk()?;
    let rest = &mut rest;
    let version = u32(rest)?;
    let fits = *magic == MAGIC
        && matches!(version, VERSION | WITHOUT_WORDS)
        && u32(rest)? as usize == BLOCK
        && u64(rest)? == rows
        && u64(rest)? == digest;
    if fits { Some((version, u32(rest)? as usize, u32(rest)? as usize)) } else { None }
}

fn columns(mut directory: &[u8], sections: u64, file_length: u64) -> Option<Vec<(String, Place)>> {
    let rest = &mut directory;
    let mut columns = vec![];
    for _ in 0..u32(rest)? {
        let length = u32(rest)? as usize;
        let (name, after) = rest.split_at_checked(length)?;
        *rest = after;
        let (start, length, checksum) = (u64(rest)?, u64(rest)?, u64(rest)?);
        let start = start.checked_add(sections)?;
        if start.checked_add(length)? > file_length {
            return None;
        }
        columns.push((std::str::from_utf8(name).ok()?.to_owned(), Place { start, length, checksum }));
    }
    Some(columns)
}

fn checksum(head: &[u8], directory: &[u8]) -> u64 {
    let mut sum = Xxh64::new(0);
    sum.update(head);
    sum.update(directory);
    sum.digest()
}

/// Takes a number from the front of some bytes.
pub(super) fn u32(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*number))
}

/// Takes a number from the front of some bytes.
fn u64(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::terms::{Blocks, Probe};

    const DIGEST: u64 = 77;
    const ROWS: u64 = 1000;

    fn filter(prefix: &str) -> RowGroupFilter {
        let texts: Vec<String> = (0..ROWS / 2).map(|n| format!("{prefix}{n}")).collect();
        RowGroupFilter::of(texts.iter().map(|t| Some(t.as_str()))).unwrap()
    }

    fn bytes(columns: usize) -> Vec<u8> {
        let mut builder = SidecarBuilder::default();
        for row_group in 0..2 {
            let named = |column| (format!("Column{column}"), filter(&format!("g{row_group}c{column}n")));
            builder.row_group((0..columns).map(named).collect());
        }
        builder.row_group(vec![]);
        builder.finish(DIGEST, ROWS)
    }

    fn open(bytes: &[u8]) -> Option<Sidecar> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.terms");
        std::fs::write(&path, bytes).unwrap();
        Sidecar::open(&path, DIGEST, ROWS)
    }

    #[test]
    fn columns_are_read_one_by_one() {
        let sidecar = open(&bytes(3)).unwrap();
        assert_eq!(sidecar.columns().collect::<Vec<_>>(), ["Column0", "Column1", "Column2"]);
        assert_eq!(sidecar.row_groups(), 3, "also those without filters");
        let column = sidecar.column("Column1").unwrap();
        assert_eq!(column.candidates(2, &Probe::equals("anything")), Blocks::All);
        assert_eq!(column.candidates(1, &Probe::equals("G1C1N77")), Blocks::Some(vec![true]));
        assert_eq!(column.candidates(0, &Probe::equals("G1C1N77")), Blocks::Some(vec![false]));
        assert!(sidecar.column("Column3").is_none());
    }

    #[test]
    fn a_sidecar_of_the_version_before_can_be_used() {
        let of_version = |version: u32| {
            let mut bytes = bytes(1);
            let (head, directory) = (SUMMED, HEAD..HEAD + 4 + 4 + "Column0".len() + 3 * 8);
            bytes[MAGIC.len()..MAGIC.len() + 4].copy_from_slice(&version.to_le_bytes());
            let sum = checksum(&bytes[..head], &bytes[directory]);
            bytes[head..HEAD].copy_from_slice(&sum.to_le_bytes());
            open(&bytes)
        };
        assert!(
            of_version(VERSION).is_some_and(|sidecar| sidecar.is_complete() && sidecar.column("Column0").is_some())
        );
        let before = of_version(WITHOUT_WORDS).unwrap();
        assert!(!before.is_complete() && before.row_groups() == 3);
        assert!(before.column("Column0").is_none(), "no words are expected where these are");
        assert!(of_version(0).is_none() && of_version(VERSION + 1).is_none());
    }

    #[test]
    fn a_long_directory_is_read_whole() {
        let sidecar = open(&bytes(400)).unwrap();
        let probe = Probe::equals("g0c399n3");
        assert_eq!(sidecar.column("Column399").unwrap().candidates(0, &probe), Blocks::Some(vec![true]));
    }

    #[test]
    fn another_file_has_another_sidecar() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.terms");
        assert!(Sidecar::open(&path, DIGEST, ROWS).is_none());
        std::fs::write(&path, bytes(1)).unwrap();
        assert!(Sidecar::open(&path, DIGEST, ROWS).is_some());
        assert!(Sidecar::open(&path, DIGEST + 1, ROWS).is_none());
        assert!(Sidecar::open(&path, DIGEST, ROWS + 1).is_none());
    }

    #[test]
    fn no_damaged_byte_goes_unnoticed() {
        let sound = bytes(1);
        let sections = HEAD + 4 + 4 + "Column0".len() + 3 * 8;
        for at in (0..sections).chain((sections..sound.len()).step_by(61)) {
            let mut broken = sound.clone();
            broken[at] ^= 0x10;
            assert!(open(&broken).is_none_or(|sidecar| sidecar.column("Column0").is_none()), "byte {at}");
        }
        for length in [0, 7, HEAD - 1, HEAD, HEAD + 9, sound.len() - 1] {
            assert!(open(&sound[..length]).is_none(), "{length} bytes");
        }
    }

    #[test]
    fn sidecars_lie_beside_the_days() {
        let path = |file: &str| sidecar_path(Path::new(file)).unwrap();
        let expected = Path::new("m/T/_huntline/part-1.terms");
        assert_eq!(path("m/T/__day=2026-07-01/part-1.parquet"), expected);
        assert_eq!(path("m/T/part-1.parquet"), expected);
        assert_eq!(sidecar_path(Path::new("/")), None);
    }
}
