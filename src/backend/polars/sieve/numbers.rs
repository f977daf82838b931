//! Which rows of a row group have a whole number that passes, where the numbers lie in a dictionary.
//!
//! In: the packed pages of a column of whole numbers, a question, the rows that are still wanted. Out: the rows that pass.
//! Each number of the dictionary is asked once; where none passes, no page is unpacked. Other pages are left to the caller.

use super::asker::broken;
use super::codes::{codes, named};
use super::pages::{Form, form, present};
use super::room::{Room, unpack};
use ::polars::prelude::PolarsResult;
use polars_arrow::bitmap::{Bitmap, BitmapBuilder};
use polars_parquet::parquet::page::{CompressedPage, Page};
use polars_parquet::parquet::schema::types::PhysicalType;
use polars_parquet::read::{ColumnChunkMetadata, PageReader, decompress};

/// The wanted rows whose number passes. `ask` is given the numbers and a null, and answers for each. None where the pages
/// have another form.
pub(super) fn passing(
    mut pages: PageReader,
    chunk: &ColumnChunkMetadata,
    wanted: Option<&Bitmap>,
    ask: impl FnOnce(&[Option<i64>]) -> PolarsResult<Bitmap>,
) -> PolarsResult<Option<Bitmap>> {
    let levels = &chunk.descriptor().descriptor;
    let physical = levels.primitive_type.physical_type;
    if levels.max_rep_level > 0 || levels.max_def_level > 1 {
        return Ok(None);
    }
    let Some(packed) = pages.read_dict()? else { return Ok(None) };
    let mut room = Room::take();
    let Page::Dict(page) = decompress(CompressedPage::Dict(packed), &mut room.dictionary, &mut room.context)? else {
        return Err(broken("a dictionary is none"));
    };
    let Some(mut numbers) = numbers(&page.buffer, physical) else { return Ok(None) };
    room.dictionary = page.buffer.into_vec();
    numbers.push(None);
    let answers = ask(&numbers)?;
    let missing = answers.get(numbers.len() - 1) == Some(true);
    let answers = answers.sliced(0, numbers.len() - 1);
    let mut rows = BitmapBuilder::with_capacity(pages.total_num_values());
    for page in pages {
        let CompressedPage::Data(page) = page? else { return Ok(None) };
        let (Some(Form::Coded), count) = (form(page.header()), page.num_values()) else { return Ok(None) };
        let of_page = match wanted {
            Some(wanted) if rows.len() + count > wanted.len() => {
                return Err(broken("a column has more rows than its row group"));
            }
            Some(wanted) => wanted.clone().sliced(rows.len(), count),
            None => Bitmap::new_with_value(true, count),
        };
        let nothing = answers.set_bits() == 0 && !missing;
        if nothing || of_page.set_bits() == 0 {
            rows.extend_constant(count, false);
            continue;
        }
        unpack(page, &mut room.page, &mut room.context)?;
        let mut bytes = room.page.as_slice();
        let mut there = None;
        if levels.max_def_level > 0 {
            let (some, rest) = present(bytes, count)?;
            bytes = rest;
            there = Some(some).filter(|there| there.unset_bits() > 0);
        }
        let passing = match there {
            None => named(codes(bytes, count)?, &answers, &mut room.codes)?,
            Some(there) => {
                let passing = named(codes(bytes, there.set_bits())?, &answers, &mut room.codes)?;
                let mut passing = passing.iter();
                there.iter().map(|is_there| if is_there { passing.next() == Some(true) } else { missing }).collect()
            }
        };
        rows.extend_from_bitmap(&(&passing & &of_page));
    }
    room.give_back();
    let rows = rows.freeze();
    match wanted {
        Some(wanted) if wanted.len() != rows.len() => Err(broken("a column has fewer rows than its row group")),
        _ => Ok(Some(rows)),
    }
}

/// The numbers of a dictionary; none where they are no whole numbers.
fn numbers(bytes: &[u8], physical: PhysicalType) -> Option<Vec<Option<i64>>> {
    match physical {
        PhysicalType::Int32 => {
            let (numbers, rest) = bytes.as_chunks();
            let numbers = numbers.iter().map(|number| Some(i64::from(i32::from_le_bytes(*number))));
            rest.is_empty().then(|| numbers.collect())
        }
        PhysicalType::Int64 => {
            let (numbers, rest) = bytes.as_chunks();
            let numbers = numbers.iter().map(|number| Some(i64::from_le_bytes(*number)));
            rest.is_empty().then(|| numbers.collect())
        }
        _ => None,
    }
}
