//! A text that diagnostics point into.

use super::{SourceId, Span};

/// One query text, owned once; everything else holds spans into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Number of the source in this run.
    pub id: SourceId,
    /// File name, or a word for where the text came from (`<argument>`, `<stdin>`).
    pub name: String,
    /// The text as it was given.
    pub text: String,
    line_starts: Vec<usize>,
}

/// A position as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Source {
    /// Takes a text and indexes its lines (`\n`, `\r\n` and a lone `\r` each end one).
    pub fn new(id: SourceId, name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let bytes = text.as_bytes();
        let mut line_starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let ends = *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            if ends {
                line_starts.push(at + 1);
            }
        }
        Source { id, name: name.into(), text, line_starts }
    }

    /// Line and column of a byte offset; past the end it is the end.
    pub fn location(&self, offset: usize) -> Location {
        let offset = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(offset - start, |t| t.chars().count()) + 1;
        Location { line, column }
    }

    /// The text of a line, from 1, without its line end.
    pub fn line(&self, line: usize) -> &str {
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let end = self.line_starts.get(line).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }

    /// The text that a span covers; empty when it does not fit this source.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters() {
        let s = Source::new(SourceId(0), "q", "ab\r\nçd\nx");
        assert_eq!(s.location(0), Location { line: 1, column: 1 });
        assert_eq!(s.location(6), Location { line: 2, column: 2 });
        assert_eq!(s.location(99), Location { line: 3, column: 2 });
        assert_eq!((s.line(1), s.line(2), s.line(3)), ("ab", "çd", "x"));
    }
}
