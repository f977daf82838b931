//! Compressed bytes made plain.
//!
//! In: bytes. Out: the text in them. What they are is told by their first bytes, not by names.

use super::archive::Member;
use std::io::{self, BufRead, BufReader};

/// Bytes of plain text that are made at once.
const PLAIN: usize = 1 << 18;

/// Whether these first bytes are of something compressed.
pub fn is_packed(start: &[u8]) -> bool {
    is_gzip(start) || is_zstd(start)
}

fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b])
}

fn is_zstd(start: &[u8]) -> bool {
    start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

/// The plain bytes of a stream, or of a member of an archive.
///
/// # Errors
/// When it cannot be read.
pub fn decode(reader: impl BufRead + 'static, member: Option<&Member>) -> io::Result<Box<dyn BufRead>> {
    match member {
        Some(member) => unpack(BufReader::with_capacity(PLAIN, member.inflate(reader))),
        None => unpack(reader),
    }
}

fn unpack(mut reader: impl BufRead + 'static) -> io::Result<Box<dyn BufRead>> {
    let start = reader.fill_buf()?;
    if is_gzip(start) {
        return Ok(Box::new(BufReader::with_capacity(PLAIN, flate2::bufread::MultiGzDecoder::new(reader))));
    }
    if is_zstd(start) {
        return Ok(Box::new(BufReader::with_capacity(PLAIN, zstd::Decoder::with_buffer(reader)?)));
    }
    Ok(Box::new(reader))
}
