//! Which rows of a row group have a whole number that passes, where the numbers lie in a dictionary.
//!
//! In: the packed pages of a column of whole numbers, a question, the rows that are still wanted. Out: the rows that pass.
//! Each number of the dictionary is asked once; where none passes, no page is unpacked. Other pages are left to the caller.

use super::asker::broken;
use super::codes::{codes, named};
use super::pages::{Form, form, present};
use super::room::{Room, rows_of, unpack};
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
    while let Some(page) = pages.next() {
        let CompressedPage::Data(page) = page? else { return Ok(None) };
        let Some(Form::Coded) = form(page.header()) else { return Ok(None) };
        let count = rows_of(&page, pages.total_num_values() - rows.len())?;
        let of_page = match wanted {
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
    let whole = rows.len() == pages.total_num_values();
    whole.then(|| Some(rows.freeze())).ok_or_else(|| broken("a column has fewer rows than its row group"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::polars::sieve::reader::OpenFile;
    use crate::mirror::RowGroups;
    use ::polars::prelude::{Column, DataFrame};

    const ROWS: usize = 30_000;

    fn file(columns: &[(&str, Vec<Option<i64>>)]) -> OpenFile {
        let cells = columns.iter().map(|(name, numbers)| Column::new((*name).into(), numbers.clone()));
        let small = Column::new("Int".into(), (0..ROWS as i32).map(|n| n % 9 - 4).collect::<Vec<_>>());
        let mut frame = DataFrame::new(ROWS, cells.chain([small]).collect()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.parquet");
        let mut groups = RowGroups::begin(std::fs::File::create(&path).unwrap(), frame.schema()).unwrap();
        groups.write(&mut frame).unwrap();
        groups.finish().unwrap();
        OpenFile::open(&path).unwrap()
    }

    #[test]
    fn each_number_of_the_dictionary_is_asked_once() {
        let numbers = |number: &dyn Fn(usize) -> Option<i64>| (0..ROWS).map(number).collect::<Vec<_>>();
        let columns = [
            ("Ports", numbers(&|n| Some((n * n % 500) as i64))),
            ("Some", numbers(&|n| (n % 7 > 0).then_some((n % 300) as i64))),
            ("Null", numbers(&|_| None)),
        ];
        let file = file(&columns);
        let masks: [Option<fn(usize) -> bool>; 4] =
            [None, Some(|n| n % 5 == 0), Some(|n| n == ROWS - 1), Some(|n| (100..9000).contains(&n))];
        for (name, numbers) in &columns {
            for of in [Some(25), Some(-1), None] {
                for mask in masks {
                    let bits = mask.map(|mask| (0..ROWS).map(mask).collect::<Bitmap>());
                    let mut asked = 0;
                    let ask = |numbers: &[Option<i64>]| {
                        asked = numbers.len();
                        Ok(numbers.iter().map(|number| *number == of).collect())
                    };
                    let Some(rows) = file.passing_numbers(0, name, bits.as_ref(), ask).unwrap() else {
                        assert_eq!(*name, "Null", "it has no dictionary");
                        continue;
                    };
                    let wanted = |n: usize| mask.is_none_or(|mask| mask(n));
                    let expected: Bitmap =
                        numbers.iter().enumerate().map(|(n, number)| wanted(n) && *number == of).collect();
                    assert!(rows == expected, "{name} {of:?}");
                    assert!(asked <= 501);
                }
            }
        }
        let ask = |numbers: &[Option<i64>]| Ok(numbers.iter().map(|number| *number == Some(-4)).collect());
        let rows = file.passing_numbers(0, "Int", None, ask).unwrap().unwrap();
        assert!(rows == (0..ROWS).map(|n| n % 9 == 0).collect::<Bitmap>());
    }

    #[test]
    fn numbers_that_hardly_repeat_are_left_to_the_caller() {
        let file = file(&[("Distinct", (0..ROWS).map(|n| Some(n as i64 * 7)).collect())]);
        assert!(file.passing_numbers(0, "Distinct", None, |_| Ok(Bitmap::new())).unwrap().is_none());
        assert!(file.passing_numbers(0, "Gone", None, |_| Ok(Bitmap::new())).unwrap().is_none());
    }
}
