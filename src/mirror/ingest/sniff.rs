//! Which format a text is in.
//!
//! In: the first bytes. Out: a [`Format`], or a reason why there is none. Names of files are not trusted.

use super::token::{Reason, Scanner};
use serde::Serialize;

/// How rows stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A JSON object on each line.
    Ndjson,
    /// JSON over several lines: an array, an answer of an interface, objects one after the other.
    Json,
    /// Text with this delimiter.
    Csv(Delimiter),
    /// Parquet.
    Parquet,
}

/// What stands between fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Delimiter {
    /// `,`
    Comma,
    /// tab
    Tab,
    /// `;`
    Semicolon,
}

impl Delimiter {
    /// Its byte.
    pub const fn byte(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Tab => b'\t',
            Delimiter::Semicolon => b';',
        }
    }
}

/// The mark that some programs write before UTF-8 text.
pub const BOM: &[u8] = b"\xef\xbb\xbf";

/// Tells the format from the first bytes.
///
/// # Errors
/// When it is none of ours.
pub fn format(start: &[u8]) -> Result<Format, Reason> {
    if start.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Err("it is UTF-16 text; save it as UTF-8".into());
    }
    let text = start.strip_prefix(BOM).unwrap_or(start).trim_ascii_start();
    match text.first() {
        None => Err("it is empty".into()),
        Some(b'[') => Ok(Format::Json),
        Some(b'{') if is_lines(text) => Ok(Format::Ndjson),
        Some(b'{') => Ok(Format::Json),
        Some(_) => csv(text),
    }
}

/// Whether the first line is a whole JSON object, or so long that it must be.
pub fn is_lines(text: &[u8]) -> bool {
    let Some(line) = text.split(|b| *b == b'\n').next() else { return false };
    // What is cut off in the middle of a character still counts up to there.
    let line = match std::str::from_utf8(line) {
        Ok(line) => line,
        Err(e) => line.get(..e.valid_up_to()).and_then(|l| std::str::from_utf8(l).ok()).unwrap_or(""),
    };
    line.len() + 4 > text.len() || Scanner::new(line).skip_nested().is_ok()
}

/// Text with a header line of names.
fn csv(text: &[u8]) -> Result<Format, Reason> {
    let header = text.split(|b| *b == b'\n').next().unwrap_or(text);
    if header.contains(&0) || header.iter().any(|b| b.is_ascii_control() && !matches!(b, b'\t' | b'\r')) {
        return Err("it is no text".into());
    }
    let count = |d: Delimiter| header.iter().filter(|b| **b == d.byte()).count();
    let all = [Delimiter::Comma, Delimiter::Tab, Delimiter::Semicolon];
    match all.into_iter().max_by_key(|d| (count(*d), *d == Delimiter::Comma)) {
        Some(best) if count(best) > 0 => Ok(Format::Csv(best)),
        _ => Err("it is no JSON, CSV or parquet".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_formats_by_their_first_bytes() {
        assert_eq!(format(b"PAR1\x15"), Ok(Format::Parquet));
        assert_eq!(format(b"{\"a\":1}\r\n{\"a\":2}\r\n"), Ok(Format::Ndjson));
        assert_eq!(format(b"{\"a\":1}"), Ok(Format::Ndjson));
        assert_eq!(format(b"{\n \"Results\": []}"), Ok(Format::Json));
        assert_eq!(format(b" [{\"a\":1}]"), Ok(Format::Json));
        assert_eq!(format(b"\xef\xbb\xbfTimestamp,DeviceId\n"), Ok(Format::Csv(Delimiter::Comma)));
        assert_eq!(format(b"a\tb\n1\t2"), Ok(Format::Csv(Delimiter::Tab)));
        assert!(format(b"hello world\n").is_err());
        assert!(format(b"\x7fELF,\x00").is_err());
        assert!(format(b"").is_err());
    }
}
