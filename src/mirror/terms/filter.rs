//! Building the filters of one column, while its row groups are written.
//!
//! In: the texts of a column of one row group, in the order of its rows. Out: a filter for each block, or none where filters
//! would not help: a column with few distinct texts is better answered from its dictionary.

use super::block::BlockFilter;
use super::distinct::{Keys, Texts};
use super::probe::Probe;
use super::section::Blocks;
use super::words::{Words, WordsBuilder};
use super::{BLOCK, token};

/// A block with fewer distinct texts has no filter.
const FEW: usize = 64;

/// Keys for two distinct texts up to which fingerprints are wide: columns of digests and addresses, of which thousands are
/// looked for at once.
const FEW_KEYS: usize = 3;

/// Keys of a block for which wide fingerprints take little room: those of names of hosts.
const SMALL: usize = 2560;

/// The filters of a column of one row group.
#[derive(Clone, Debug)]
pub struct RowGroupFilter {
    /// Rows of the row group.
    pub rows: usize,
    /// One for each block of [`BLOCK`] rows, the last one may be shorter.
    pub blocks: Vec<BlockFilter>,
    /// The words of all blocks that have a filter.
    pub(super) words: Words,
}

impl RowGroupFilter {
    /// The filters of a column of one row group; a missing text is `""`. None where no block has a filter. The same texts
    /// give the same filters.
    pub fn of<'t>(texts: impl IntoIterator<Item = Option<&'t str>>) -> Option<RowGroupFilter> {
        let (texts_of_block, keys, words) = (Texts::new(), Keys::new(), WordsBuilder::new());
        let mut builder = Builder { texts: texts_of_block, keys, words, rows: 0, blocks: vec![] };
        for text in texts {
            builder.push(text.unwrap_or_default());
        }
        builder.finish()
    }

    /// The blocks of which a row may satisfy the condition that the probe stands for.
    pub fn candidates(&self, probe: &Probe) -> Blocks {
        match &*probe.with_words(&self.words) {
            Probe::Always => Blocks::All,
            probe => Blocks::Some(self.blocks.iter().map(|block| block.admits(probe)).collect()),
        }
    }
}

/// Goes over the texts, and remembers those of one block.
struct Builder<'t> {
    texts: Texts<'t>,
    keys: Keys,
    words: WordsBuilder,
    rows: usize,
    blocks: Vec<BlockFilter>,
}

impl<'t> Builder<'t> {
    fn push(&mut self, text: &'t str) {
        self.texts.insert(text);
        self.rows += 1;
        if self.rows.is_multiple_of(BLOCK) {
            self.end_block();
        }
    }

    fn end_block(&mut self) {
        let texts = self.texts.all();
        let filter = if texts.len() < FEW {
            BlockFilter::Always
        } else {
            for text in texts {
                token::keys_and_words(text, |key, word| {
                    if !word.is_some_and(|word| self.words.insert(key, word)) {
                        self.keys.insert(key);
                    }
                });
            }
            self.words.end_block();
            let keys = self.keys.all();
            let small = keys.len() <= SMALL && keys.len() <= 2 * texts.len();
            let wide = small || keys.len() * 2 <= FEW_KEYS * texts.len();
            BlockFilter::new(keys, wide && !texts.iter().all(|text| is_count(text)))
        };
        self.blocks.push(filter);
        self.texts.clear();
        self.keys.clear();
    }

    fn finish(mut self) -> Option<RowGroupFilter> {
        if !self.rows.is_multiple_of(BLOCK) {
            self.end_block();
        }
        let any = self.blocks.iter().any(|block| !matches!(block, BlockFilter::Always));
        any.then(|| RowGroupFilter { rows: self.rows, blocks: self.blocks, words: self.words.finish() })
    }
}

/// Whether a text is a number as processes have: nobody brings a list of thousands of these.
fn is_count(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::xxh3_64;

    fn of(texts: &[String]) -> Option<RowGroupFilter> {
        RowGroupFilter::of(texts.iter().map(|text| Some(text.as_str())))
    }

    fn wide(filter: &BlockFilter) -> bool {
        matches!(filter, BlockFilter::Wide(_))
    }

    #[test]
    fn a_filter_for_each_block() {
        let texts: Vec<String> = (0..2 * BLOCK + 100).map(|n| format!("cmd /c start {n} /x{n}")).collect();
        let built = of(&texts).unwrap();
        assert_eq!((built.rows, built.blocks.len()), (texts.len(), 3));
        for (row, text) in texts.iter().enumerate() {
            token::keys(text, |key| assert!(built.blocks[row / BLOCK].contains(key), "{text}"));
        }
        assert!(!wide(&built.blocks[0]), "a number, a switch and the whole");
        assert!(!matches!(built.blocks[2], BlockFilter::Always), "100 distinct texts");
    }

    #[test]
    fn digests_and_addresses_have_wide_prints() {
        let digests: Vec<String> = (0..BLOCK as u64).map(|n| format!("{:064x}", xxh3_64(&n.to_le_bytes()))).collect();
        assert!(wide(&of(&digests).unwrap().blocks[0]));
        let addresses: Vec<String> = (0..BLOCK).map(|n| format!("10.7.{}.{}", n >> 8, n & 255)).collect();
        assert!(wide(&of(&addresses).unwrap().blocks[0]));
        let processes: Vec<String> = (0..BLOCK).map(|n| format!("{}", 7919 * n)).collect();
        assert!(!wide(&of(&processes).unwrap().blocks[0]));
        let files: Vec<String> = (0..BLOCK).map(|n| format!("file{n}.tmp")).collect();
        assert!(!wide(&of(&files).unwrap().blocks[0]), "a term and the whole");
    }

    #[test]
    fn few_texts_have_no_filter() {
        let texts: Vec<String> = (0..BLOCK).map(|n| format!("host{}", n % 63)).collect();
        assert!(of(&texts).is_none());
        assert!(RowGroupFilter::of((0..BLOCK).map(|_| None)).is_none());
        assert!(of(&[]).is_none());
        let mixed: Vec<String> = (0..2 * BLOCK).map(|n| format!("h{}", if n < BLOCK { 0 } else { n })).collect();
        let built = of(&mixed).unwrap();
        assert!(matches!(built.blocks[0], BlockFilter::Always) && wide(&built.blocks[1]));
    }
}
