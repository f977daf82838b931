//! Where in a source something stands.

use serde::{Deserialize, Serialize};

/// Which source a span points into; the engine numbers them from 0 as they are loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceId(pub u16);

/// A half-open range of bytes, `start..end`, in one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte; equal to `start` for a position between two bytes.
    pub end: u32,
    /// The source that both offsets belong to.
    pub source: SourceId,
}

impl Span {
    /// A span of bytes `start..end`. Offsets past 4 GiB are cut there: no source is that long.
    pub fn new(start: usize, end: usize, source: SourceId) -> Self {
        let cut = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { start: cut(start), end: cut(end.max(start)), source }
    }

    /// The smallest span that covers both. Both must lie in one source; the first one's wins.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end), source: self.source }
    }

    /// The empty span just after this one: where a missing piece would stand.
    pub fn after(self) -> Span {
        Span { start: self.end, end: self.end, source: self.source }
    }

    /// The bytes as a range for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}
