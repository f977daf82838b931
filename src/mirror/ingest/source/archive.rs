//! Files in zip archives.
//!
//! In: an archive. Out: its members: where their bytes are in it, and a reader that makes them plain and checks them. They
//! are streamed, so that a large member needs no memory.

use super::place::{Handle, Stamp};
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use zip::CompressionMethod;

/// Bytes that are read at once where members are looked up.
const BLOCK: usize = 256 << 10;

/// A file in an archive.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name in the archive.
    pub name: String,
    /// Where its bytes are in the archive.
    pub range: Range<u64>,
    /// Its size when it is plain.
    pub bytes: u64,
    deflated: bool,
    checksum: u32,
}

/// Whether these first bytes are of an archive.
pub fn is_archive(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04")
}

/// The members of an archive, in its order, without folders.
///
/// # Errors
/// When it is damaged, encrypted, or packed in a way that is not known.
pub fn members(handle: &Handle) -> io::Result<Vec<Member>> {
    let Stamp { bytes, .. } = handle.stamp()?;
    let mut zip = zip::ZipArchive::new(BufReader::with_capacity(BLOCK, Seeker { handle, at: 0, bytes }))
        .map_err(io::Error::other)?;
    let mut all = Vec::with_capacity(zip.len());
    for index in 0..zip.len() {
        let member = zip.by_index_raw(index).map_err(io::Error::other)?;
        if member.is_dir() {
            continue;
        }
        let name = member.name().map_err(io::Error::other)?.into_owned();
        let deflated = match member.compression() {
            _ if member.encrypted() => return Err(io::Error::other(format!("`{name}` in it is encrypted"))),
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            other => return Err(io::Error::other(format!("`{name}` in it is packed by {other}, which is not known"))),
        };
        let start = member.data_start().ok_or_else(|| io::Error::other("the archive is damaged"))?;
        let range = start..start + member.compressed_size();
        all.push(Member { name, range, bytes: member.size(), deflated, checksum: member.crc32() });
    }
    Ok(all)
}

impl Member {
    /// Its plain bytes, checked at their end.
    pub fn inflate(&self, packed: impl BufRead + 'static) -> impl Read + 'static {
        let plain: Box<dyn Read> = if self.deflated { Box::new(DeflateDecoder::new(packed)) } else { Box::new(packed) };
        Checked { plain, crc: Crc::new(), bytes: self.bytes, checksum: self.checksum }
    }
}

/// A reader that fails at the end when the bytes were not those that the archive promises.
struct Checked {
    plain: Box<dyn Read>,
    crc: Crc,
    bytes: u64,
    checksum: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.plain.read(buffer)?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        let ends = read == 0 && !buffer.is_empty();
        // `amount` counts within 32 bits.
        if ends && (self.crc.sum() != self.checksum || self.crc.amount() != self.bytes as u32) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum in the archive is another one"));
        }
        Ok(read)
    }
}

/// A handle as something to seek in.
struct Seeker<'h> {
    handle: &'h Handle,
    at: u64,
    bytes: u64,
}

impl Read for Seeker<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.bytes.min(self.at.saturating_add(buffer.len() as u64));
        if end <= self.at {
            return Ok(0);
        }
        let read = self.handle.read(self.at..end)?.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Seeker<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.bytes.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::Origin;
    use super::*;
    use std::io::Write;

    #[test]
    fn members_are_streamed_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.zip");
        let text = "some text ".repeat(50_000);
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        let deflated = zip::write::SimpleFileOptions::default();
        zip.add_directory("folder", deflated).unwrap();
        zip.start_file("folder/a.json", deflated).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
        zip.start_file("b.json", deflated.compression_method(CompressionMethod::Stored)).unwrap();
        zip.write_all(b"plain").unwrap();
        zip.finish().unwrap();
        let read = |index: usize| {
            let handle = Origin::File(path.clone()).open().unwrap();
            let member = members(&handle).unwrap().swap_remove(index);
            let mut plain = String::new();
            let packed = BufReader::new(handle.read(member.range.clone()).unwrap());
            member.inflate(packed).read_to_string(&mut plain).map(|_| (member, plain))
        };
        let (member, plain) = read(0).unwrap();
        assert_eq!((member.name.as_str(), plain), ("folder/a.json", text));
        let (member, plain) = read(1).unwrap();
        assert_eq!((member.name.as_str(), plain.as_str()), ("b.json", "plain"));
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[member.range.start as usize] = b'P';
        std::fs::write(&path, bytes).unwrap();
        assert!(read(1).unwrap_err().to_string().contains("checksum"));
    }
}
