//! The texts of rows that passed a test, kept from when they were asked: their pages need not be unpacked again.
//!
//! In: the pages of a column of texts while they are asked. Out: the texts of the rows that are left in the end. Only few are
//! kept; of a column of which many pass, none.

use super::asker::text_after;
use super::codes::few;
use ::polars::prelude::{Column, IntoColumn, PlSmallStr, PolarsResult, StringChunked};
use polars_arrow::array::Utf8ViewArray;
use polars_arrow::bitmap::Bitmap;
use polars_parquet::parquet::encoding::hybrid_rle::HybridRleDecoder;

/// Of the rows of a page, one of so many is kept at most.
const SHARE: usize = 16;

/// Bytes of a column of a row group that are kept at most.
const MOST: usize = 4 << 20;

/// Bytes of a row beside those of its text.
const ROW: usize = 40;

/// Texts of some rows of a row group.
#[derive(Default)]
pub(super) struct Kept {
    /// The rows, in their order.
    rows: Vec<u32>,
    texts: Vec<Box<str>>,
    /// Which entries of the dictionary the texts of some of them are, by their places.
    entries: Vec<(u32, usize)>,
    bytes: usize,
}

impl Kept {
    /// Keeps the texts of the rows of a page that pass, the first of them being `first`; whether all such texts are kept.
    /// `texts` has one for each row.
    pub(super) fn keep(&mut self, first: usize, texts: &[u8], passing: &Bitmap) -> PolarsResult<bool> {
        if is_much(passing) {
            return Ok(false);
        }
        let (mut row, mut end) = (0, 0);
        for wanted in passing.true_idx_iter() {
            let mut text = text_after(texts, &mut end)?;
            for _ in row..wanted {
                text = text_after(texts, &mut end)?;
            }
            row = wanted + 1;
            // Its test has read it.
            let Ok(text) = std::str::from_utf8(text) else { return Ok(false) };
            self.rows.push((first + wanted) as u32);
            self.texts.push(text.into());
            self.bytes += text.len();
        }
        Ok(self.bytes <= MOST)
    }

    /// The same of a page that names entries of the dictionary.
    pub(super) fn keep_named(
        &mut self,
        first: usize,
        codes: HybridRleDecoder<'_>,
        passing: &Bitmap,
    ) -> PolarsResult<bool> {
        if is_much(passing) {
            return Ok(false);
        }
        self.rows.extend(passing.true_idx_iter().map(|row| (first + row) as u32));
        few(codes, passing.true_idx_iter(), |code| {
            self.entries.push((code, self.texts.len()));
            self.texts.push(Box::default());
        })?;
        Ok(true)
    }

    /// Takes the texts of entries that are named from the dictionary, which has each after its length; whether that is all
    /// right.
    pub(super) fn look_up(&mut self, dictionary: &[u8]) -> PolarsResult<bool> {
        self.entries.sort_unstable();
        let (mut place, mut met) = (0, 0);
        let mut text: &[u8] = &[];
        for (entry, at) in &self.entries {
            while met <= *entry {
                text = text_after(dictionary, &mut place)?;
                met += 1;
            }
            let (Ok(text), Some(cell)) = (std::str::from_utf8(text), self.texts.get_mut(*at)) else { return Ok(false) };
            *cell = text.into();
            self.bytes += text.len();
        }
        Ok(self.bytes <= MOST)
    }

    /// The bytes that they take, about.
    pub(super) fn weight(&self) -> usize {
        self.bytes + self.rows.len() * ROW
    }

    /// The texts of the rows of a mask, all of which passed.
    pub(super) fn column(&self, name: &str, mask: &Bitmap) -> Column {
        let wanted = self.rows.iter().zip(&self.texts).filter(|(row, _)| mask.get(**row as usize) == Some(true));
        let texts: Vec<&str> = wanted.map(|(_, text)| &**text).collect();
        let texts = Utf8ViewArray::from_slice_values(texts.as_slice());
        StringChunked::with_chunk(PlSmallStr::from_str(name), texts).into_column()
    }
}

/// Whether too many rows of a page pass.
fn is_much(passing: &Bitmap) -> bool {
    passing.set_bits() * SHARE > passing.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::polars::sieve::codes::codes;
    use polars_parquet::parquet::encoding::hybrid_rle::encode;

    fn page(texts: &[&str]) -> Vec<u8> {
        texts.iter().flat_map(|text| [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()).collect()
    }

    fn bits(length: usize, set: &[usize]) -> Bitmap {
        (0..length).map(|n| set.contains(&n)).collect()
    }

    #[test]
    fn few_texts_are_kept_and_fewer_given() {
        let texts: Vec<String> = (0..64).map(|n| format!("text {n}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut kept = Kept::default();
        assert!(kept.keep(0, &page(&texts), &bits(64, &[0, 5, 63])).unwrap());
        assert!(kept.keep(64, &page(&texts), &bits(64, &[])).unwrap());
        assert!(kept.keep(128, &page(&texts), &bits(64, &[1, 2])).unwrap());
        let column = kept.column("C", &bits(192, &[5, 63, 70, 129]));
        let column: Vec<&str> = column.str().unwrap().iter().flatten().collect();
        assert_eq!(column, ["text 5", "text 63", "text 1"]);
        assert!(!kept.keep(192, &page(&texts), &bits(64, &[0, 1, 2, 3, 4])).unwrap(), "too many");
        let long = "x".repeat(MOST);
        let page = page(&[&[long.as_str()], texts.as_slice()].concat());
        assert!(!Kept::default().keep(0, &page, &bits(65, &[0, 1])).unwrap(), "too long");
    }
    #[test]
    fn entries_of_a_dictionary_are_looked_up_once() {
        let numbers: Vec<u32> = (0..64).map(|n| n % 4).collect();
        let mut bytes = vec![2];
        encode::<u32, _, _>(&mut bytes, numbers.into_iter(), 2).unwrap();
        let mut kept = Kept::default();
        let named = || codes(&bytes, 64).unwrap();
        assert!(kept.keep_named(0, named(), &bits(64, &[3, 9])).unwrap());
        assert!(kept.keep_named(64, named(), &bits(64, &[1, 2, 63])).unwrap());
        assert!(kept.look_up(&page(&["a", "b", "c", "d", "unused"])).unwrap());
        let column = kept.column("C", &bits(128, &[3, 9, 65, 66, 127]));
        let column: Vec<&str> = column.str().unwrap().iter().flatten().collect();
        assert_eq!(column, ["d", "b", "b", "c", "d"]);
        assert!(kept.look_up(&page(&["a", "b"])).is_err());
        assert!(!kept.keep_named(0, named(), &bits(64, &[0, 1, 2, 3, 4])).unwrap());
    }
}
