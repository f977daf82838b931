//! The filters of one column of a data file, as a section of the sidecar.
//!
//! In: filters of row groups, or the bytes of a section. Out: the bytes; or which blocks may satisfy a condition.

use super::block::BlockFilter;
use super::filter::RowGroupFilter;
use super::probe::Probe;
use super::words::Words;
use super::{BLOCK, sidecar};

/// The filters of one column, by row group.
#[derive(Clone, Debug, Default)]
pub struct ColumnFilters {
    groups: Vec<(usize, RowGroupFilter)>,
}

/// Blocks of a row group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// Each of them.
    All,
    /// One answer for each block.
    Some(Vec<bool>),
}

impl ColumnFilters {
    pub(super) fn push(&mut self, row_group: usize, filter: RowGroupFilter) {
        self.groups.push((row_group, filter));
    }

    /// The blocks of a row group of which a row may satisfy the condition that the probe stands for. All of them where the
    /// row group has no filters.
    pub fn candidates(&self, row_group: usize, probe: &Probe) -> Blocks {
        let found = self.groups.iter().find(|(at, _)| *at == row_group);
        found.map_or(Blocks::All, |(_, group)| group.candidates(probe))
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = vec![];
        out.extend_from_slice(&(self.groups.len() as u32).to_le_bytes());
        for (row_group, filter) in &self.groups {
            out.extend_from_slice(&(*row_group as u32).to_le_bytes());
            out.extend_from_slice(&(filter.rows as u32).to_le_bytes());
            filter.blocks.iter().for_each(|block| block.write(&mut out));
            out.extend_from_slice(&(filter.words.bytes().len() as u32).to_le_bytes());
            out.extend_from_slice(filter.words.bytes());
        }
        out
    }

    /// A section with words, or without. None where the bytes are none.
    pub(super) fn read(mut bytes: &[u8], with_words: bool) -> Option<ColumnFilters> {
        let bytes = &mut bytes;
        let mut filters = ColumnFilters::default();
        for _ in 0..sidecar::u32(bytes)? {
            let row_group = sidecar::u32(bytes)? as usize;
            let rows = sidecar::u32(bytes)? as usize;
            let blocks = (0..rows.div_ceil(BLOCK)).map(|_| BlockFilter::read(bytes)).collect::<Option<_>>()?;
            let words = if with_words { words(bytes)? } else { Words::default() };
            filters.push(row_group, RowGroupFilter { rows, blocks, words });
        }
        bytes.is_empty().then_some(filters)
    }
}

/// Takes words from the front of some bytes.
fn words(bytes: &mut &[u8]) -> Option<Words> {
    let length = sidecar::u32(bytes)? as usize;
    let (packed, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(Words::packed(packed))
}

impl Blocks {
    /// Whether this block is one of them.
    pub fn contains(&self, block: usize) -> bool {
        match self {
            Blocks::All => true,
            // A block that nobody knows of is read.
            Blocks::Some(blocks) => blocks.get(block).copied().unwrap_or(true),
        }
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        matches!(self, Blocks::Some(blocks) if !blocks.contains(&true))
    }

    /// The blocks that are in both.
    pub fn and(self, other: &Blocks) -> Blocks {
        match (self, other) {
            (Blocks::All, other) => other.clone(),
            (mine, Blocks::All) => mine,
            (Blocks::Some(mut mine), other) => {
                mine.iter_mut().enumerate().for_each(|(block, admitted)| *admitted &= other.contains(block));
                Blocks::Some(mine)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::text::Place;

    fn texts(from: usize) -> Vec<String> {
        (from..from + BLOCK + 500).map(|n| format!("file{n}")).collect()
    }

    fn column() -> ColumnFilters {
        let mut column = ColumnFilters::default();
        for (row_group, from) in [(0, 0), (2, 50_000)] {
            let texts = texts(from);
            column.push(row_group, RowGroupFilter::of(texts.iter().map(|t| Some(t.as_str()))).unwrap());
        }
        column
    }

    #[test]
    fn candidates_by_row_group_and_block() {
        let column = ColumnFilters::read(&column().write(), true).unwrap();
        let probe = Probe::equals("FILE50001");
        assert_eq!(column.candidates(2, &probe), Blocks::Some(vec![true, false]));
        assert_eq!(column.candidates(1, &probe), Blocks::All, "no filters there");
        assert!(column.candidates(0, &probe).is_none());
        assert_eq!(column.candidates(0, &Probe::Always), Blocks::All);
    }

    #[test]
    fn pieces_by_row_group_and_block() {
        let column = ColumnFilters::read(&column().write(), true).unwrap();
        let probe = |piece| Probe::needle(piece, Place::ANYWHERE);
        assert_eq!(column.candidates(2, &probe("LE50001")), Blocks::Some(vec![true, false]));
        assert_eq!(column.candidates(1, &probe("LE50001")), Blocks::All, "no filters there");
        assert!(column.candidates(0, &probe("LE50001")).is_none());
        assert_eq!(column.candidates(0, &probe("file")), Blocks::All, "too many words");
    }

    #[test]
    fn a_section_without_words_knows_terms() {
        let mut bytes = vec![];
        for (row_group, filter) in column().groups {
            bytes.extend_from_slice(&(row_group as u32).to_le_bytes());
            bytes.extend_from_slice(&(filter.rows as u32).to_le_bytes());
            filter.blocks.iter().for_each(|block| block.write(&mut bytes));
        }
        let bytes = [&[2, 0, 0, 0], bytes.as_slice()].concat();
        assert!(ColumnFilters::read(&bytes, true).is_none());
        let column = ColumnFilters::read(&bytes, false).unwrap();
        assert_eq!(column.candidates(2, &Probe::equals("file50001")), Blocks::Some(vec![true, false]));
        assert_eq!(column.candidates(2, &Probe::needle("LE50001", Place::ANYWHERE)), Blocks::All);
    }

    #[test]
    fn a_section_that_is_cut_or_goes_on_is_none() {
        let bytes = column().write();
        assert!(ColumnFilters::read(&bytes[..bytes.len() - 1], true).is_none());
        assert!(ColumnFilters::read(&[bytes.as_slice(), &[0]].concat(), true).is_none());
        assert!(ColumnFilters::read(&[], true).is_none());
    }

    #[test]
    fn blocks_of_two_conditions() {
        let some = |bits: [bool; 2]| Blocks::Some(bits.to_vec());
        assert_eq!(some([true, true]).and(&some([false, true])), some([false, true]));
        assert_eq!(Blocks::All.and(&some([false, true])), some([false, true]));
        assert_eq!(some([false, true]).and(&Blocks::All), some([false, true]));
        assert!(Blocks::All.contains(9) && !Blocks::All.is_none());
        assert!(!some([false, true]).contains(0) && some([false, true]).contains(2));
    }
}
