//! Texts by the numbers that they have in the dictionary of their column.
//!
//! In: pages that name entries of a dictionary. Out: the numbers of all rows, or of a few; or which rows name an entry that
//! passes.

use super::asker::broken;
use super::pages::{Form, form, present};
use super::room::{Room, rows_of, unpack};
use ::polars::prelude::PolarsResult;
use polars_arrow::bitmap::{Bitmap, BitmapBuilder};
use polars_parquet::parquet::encoding::hybrid_rle::{HybridRleChunk, HybridRleDecoder};
use polars_parquet::parquet::page::CompressedPage;
use polars_parquet::read::{ColumnChunkMetadata, PageReader};

/// Numbers are taken one by one where but one of so many is wanted.
const WANTED: usize = 8;

/// The numbers of the rows of a mask, or of all rows; none where a page has another form, or where some row has no text.
pub(super) fn of_rows(
    mut pages: PageReader,
    chunk: &ColumnChunkMetadata,
    mask: Option<&Bitmap>,
) -> PolarsResult<Option<Vec<u32>>> {
    let levels = &chunk.descriptor().descriptor;
    if levels.max_rep_level > 0 || levels.max_def_level > 1 {
        return Ok(None);
    }
    pages.read_dict()?;
    let mut all = Vec::with_capacity(mask.map_or(pages.total_num_values(), Bitmap::set_bits));
    let mut room = Room::take();
    let mut row = 0;
    while let Some(page) = pages.next() {
        let CompressedPage::Data(page) = page? else { return Ok(None) };
        let Some(Form::Coded) = form(page.header()) else { return Ok(None) };
        let count = rows_of(&page, pages.total_num_values() - row)?;
        let wanted = mask.map(|mask| mask.clone().sliced(row, count));
        row += count;
        if wanted.as_ref().is_some_and(|wanted| wanted.set_bits() == 0) {
            continue;
        }
        unpack(page, &mut room.page, &mut room.context)?;
        let mut bytes = room.page.as_slice();
        if levels.max_def_level > 0 {
            let (there, rest) = present(bytes, count)?;
            if there.unset_bits() > 0 {
                return Ok(None);
            }
            bytes = rest;
        }
        let codes = codes(bytes, count)?;
        match wanted {
            None => append(codes, &mut all)?,
            Some(wanted) if wanted.set_bits() < count / WANTED => {
                few(codes, wanted.true_idx_iter(), |code| all.push(code))?;
            }
            Some(wanted) => {
                room.codes.clear();
                append(codes, &mut room.codes)?;
                all.extend(wanted.true_idx_iter().filter_map(|row| room.codes.get(row).copied()));
            }
        }
    }
    room.give_back();
    Ok(Some(all))
}

/// The numbers of the texts of a page.
pub(super) fn codes(bytes: &[u8], count: usize) -> PolarsResult<HybridRleDecoder<'_>> {
    match bytes.split_first() {
        Some((bits, codes)) if *bits <= 32 => Ok(HybridRleDecoder::new(codes, u32::from(*bits), count)),
        None if count == 0 => Ok(HybridRleDecoder::new(bytes, 0, 0)),
        _ => Err(broken("a page has no numbers of texts")),
    }
}

/// The texts of these numbers that pass. `room` is used for some of the numbers.
pub(super) fn named(codes: HybridRleDecoder<'_>, passing: &Bitmap, room: &mut Vec<u32>) -> PolarsResult<Bitmap> {
    let unknown = || broken("a page names a text that its dictionary has not");
    let count = codes.len();
    let mut rows = BitmapBuilder::with_capacity(count);
    for run in codes.into_chunk_iter() {
        match run? {
            HybridRleChunk::Rle(code, length) => {
                rows.extend_constant(length, passing.get(code as usize).ok_or_else(unknown)?);
            }
            HybridRleChunk::Bitpacked(packed) => {
                room.clear();
                packed.collect_into(room);
                for code in room.iter() {
                    rows.push(passing.get(*code as usize).ok_or_else(unknown)?);
                }
            }
        }
    }
    let whole = rows.len() == count;
    whole.then(|| rows.freeze()).ok_or_else(|| broken("a page has too few numbers of texts"))
}

/// Adds all numbers.
fn append(codes: HybridRleDecoder<'_>, all: &mut Vec<u32>) -> PolarsResult<()> {
    let end = all.len() + codes.len();
    for run in codes.into_chunk_iter() {
        match run? {
            HybridRleChunk::Rle(code, length) => all.resize(all.len() + length, code),
            HybridRleChunk::Bitpacked(packed) => packed.collect_into(all),
        }
    }
    let whole = all.len() == end;
    whole.then_some(()).ok_or_else(|| broken("a page has too few numbers of texts"))
}

/// Tells the numbers at these places, which ascend, without unpacking the others.
pub(super) fn few(
    codes: HybridRleDecoder<'_>,
    places: impl Iterator<Item = usize>,
    mut tell: impl FnMut(u32),
) -> PolarsResult<()> {
    let mut places = places.peekable();
    let (mut start, bits) = (0, codes.num_bits());
    for run in codes.into_chunk_iter() {
        if places.peek().is_none() {
            break;
        }
        match run? {
            HybridRleChunk::Rle(code, length) => {
                start += length;
                while places.next_if(|place| *place < start).is_some() {
                    tell(code);
                }
            }
            HybridRleChunk::Bitpacked(packed) => {
                let end = start + packed.len();
                while let Some(place) = places.next_if(|place| *place < end) {
                    tell(packed_number(packed.as_slice(), place - start, bits));
                }
                start = end;
            }
        }
    }
    places.peek().is_none().then_some(()).ok_or_else(|| broken("a page has too few numbers of texts"))
}

/// A number of so many bits, at most 32, at a place of packed ones.
fn packed_number(packed: &[u8], place: usize, bits: usize) -> u32 {
    let first = place * bits;
    let mut eight = [0; 8];
    for (to, from) in eight.iter_mut().zip(packed.get(first / 8..).unwrap_or_default()) {
        *to = *from;
    }
    (u64::from_le_bytes(eight) >> (first % 8) & ((1 << bits) - 1)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars_parquet::parquet::encoding::hybrid_rle::encode;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn few_numbers_are_those_at_their_places(
            runs in proptest::collection::vec((0..40_000_u32, 1..60_usize), 1..30),
            step in 1..50_usize,
        ) {
            let numbers: Vec<u32> = runs.iter().flat_map(|(number, length)| (0..*length).map(move |n| {
                if length % 2 == 0 { *number } else { (number + n as u32 * 7919) % 40_000 }
            })).collect();
            let mut bytes = vec![16];
            encode::<u32, _, _>(&mut bytes, numbers.iter().copied(), 16).unwrap();
            let mut all = Vec::new();
            append(codes(&bytes, numbers.len()).unwrap(), &mut all).unwrap();
            prop_assert_eq!(&all, &numbers);
            let mut some = Vec::new();
            few(codes(&bytes, numbers.len()).unwrap(), (0..numbers.len()).step_by(step), |code| some.push(code)).unwrap();
            let each: Vec<u32> = numbers.iter().copied().step_by(step).collect();
            prop_assert_eq!(some, each);
        }
    }

    #[test]
    fn a_page_that_ends_early_is_damaged() {
        let mut bytes = vec![5];
        encode::<u32, _, _>(&mut bytes, (0..30_u32).map(|n| n % 32), 5).unwrap();
        for count in [31, 64] {
            let codes = || HybridRleDecoder::new(&bytes[1..], 5, count + 32);
            assert!(append(codes(), &mut vec![]).is_err());
            assert!(few(codes(), [count + 30].into_iter(), |_| ()).is_err());
        }
    }
}
