//! Files of lines in pieces, to be read side by side.
//!
//! In: places in a file. Out: places where lines begin. A line belongs to the piece in which it begins. Pieces are cut at
//! the same places however long the file is, so that a file that grows keeps the pieces it had.

use super::place::Handle;
use memchr::memchr;
use std::io::{self, Read};
use std::ops::Range;

/// Size of a piece.
pub const PIECE: u64 = 32 << 20;
/// Bytes that are read at once to find the end of a line.
const BLOCK: usize = 64 << 10;

/// The pieces of a file of so many bytes. The last one is as long as the others: the file may grow into it.
pub fn pieces(bytes: u64, size: u64) -> impl Iterator<Item = Range<u64>> {
    (0..bytes).step_by(size as usize).map(move |from| from..from + size)
}

/// The bytes of the lines that begin in a range, in a file of so many bytes.
///
/// # Errors
/// When it cannot be read.
pub fn of_range(handle: &Handle, range: &Range<u64>, bytes: u64) -> io::Result<Range<u64>> {
    let start = next_line(handle, range.start, bytes)?;
    let end = if range.end >= bytes { bytes } else { next_line(handle, range.end, bytes)? };
    Ok(start..end.max(start))
}

/// The first place from `at` on where a line begins; the end of the file if there is none.
fn next_line(handle: &Handle, at: u64, bytes: u64) -> io::Result<u64> {
    let Some(before) = at.checked_sub(1) else { return Ok(0) };
    let mut reader = handle.read(before..bytes)?;
    let (mut block, mut from) = (vec![0; BLOCK], before);
    loop {
        let read = reader.read(&mut block)?;
        if read == 0 {
            return Ok(from.min(bytes));
        }
        if let Some(found) = memchr(b'\n', block.get(..read).unwrap_or_default()) {
            return Ok(from + found as u64 + 1);
        }
        from += read as u64;
    }
}

/// The place where the line begins that goes on at `at`, not before `start`.
///
/// # Errors
/// When it cannot be read.
pub fn line_start(handle: &Handle, start: u64, at: u64) -> io::Result<u64> {
    let mut end = at;
    while end > start {
        let from = end.saturating_sub(BLOCK as u64).max(start);
        let mut block = Vec::new();
        handle.read(from..end)?.read_to_end(&mut block)?;
        if let Some(found) = memchr::memrchr(b'\n', &block) {
            return Ok(from + found as u64 + 1);
        }
        end = from;
    }
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::super::place::Origin;
    use super::*;

    fn handle(dir: &tempfile::TempDir, text: &str) -> Handle {
        let path = dir.path().join("x");
        std::fs::write(&path, text).unwrap();
        Origin::File(path).open().unwrap()
    }

    #[test]
    fn pieces_of_a_file_hold_each_line_once() {
        let dir = tempfile::tempdir().unwrap();
        let text: String = (0..100).map(|n| "x".repeat(n % 7) + "\r\n").collect();
        let (handle, size) = (handle(&dir, &text), text.len() as u64);
        let mut all = String::new();
        for piece in pieces(size, 10) {
            let range = of_range(&handle, &piece, size).unwrap();
            handle.read(range).unwrap().read_to_string(&mut all).unwrap();
        }
        assert_eq!(all, text);
    }

    #[test]
    fn a_line_that_is_longer_than_a_piece_belongs_to_the_one_where_it_begins() {
        let dir = tempfile::tempdir().unwrap();
        let text = format!("a\n{}\nb", "x".repeat(35));
        let (handle, size) = (handle(&dir, &text), text.len() as u64);
        let ranges: Vec<_> = pieces(size, 10).map(|p| of_range(&handle, &p, size).unwrap()).collect();
        assert_eq!(ranges, [0..38, 38..38, 38..38, 38..39]);
        assert_eq!(line_start(&handle, 0, 39).unwrap(), 38);
        assert_eq!(line_start(&handle, 0, 20).unwrap(), 2);
        assert_eq!(line_start(&handle, 5, 20).unwrap(), 5);
    }
}
