//! The texts of a few rows, off the pages.
//!
//! In: the bytes of a column of texts, the wanted rows. Out: their texts. Pages without a wanted row stay packed. Of a
//! dictionary no more is unpacked than up to the last text that is wanted: texts stand there in the order in which rows
//! first had them, so that the first rows of a table need little of it. Pages in a form that the mirror does not write are
//! left to the caller.

use super::asker::broken;
use super::codes::{codes, few};
use super::pages::{Form, form, present};
use super::room::{Room, rows_of, unpack};
use ::polars::prelude::{PolarsError, PolarsResult};
use polars_arrow::array::Utf8ViewArray;
use polars_arrow::bitmap::Bitmap;
use polars_buffer::Buffer;
use polars_parquet::parquet::compression::{Compression, decompress};
use polars_parquet::parquet::page::CompressedPage;
use polars_parquet::read::{ColumnChunkMetadata, PageReader};
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;
use polars_parquet_format::{PageHeader, PageType};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// A dictionary is unpacked step by step where no more than one of so many entries comes before the last wanted one.
const FIRST: usize = 8;

/// Bytes that are unpacked in the first step; the next ones double them.
const STEP: usize = 32 << 10;

/// A row's text.
enum Cell {
    Missing,
    Own(String),
    /// That of the dictionary.
    Entry(u32),
}

/// The packed dictionary of a column.
struct Dictionary {
    bytes: Buffer<u8>,
    packed: bool,
    /// Its bytes once they are unpacked.
    size: usize,
    /// Its entries.
    count: usize,
}

/// The texts of the wanted rows; none where the pages have another form. `bytes` are those of the whole column.
pub(super) fn texts(
    mut pages: PageReader,
    bytes: Buffer<u8>,
    chunk: &ColumnChunkMetadata,
    wanted: &Bitmap,
) -> PolarsResult<Option<Utf8ViewArray>> {
    let levels = &chunk.descriptor().descriptor;
    let optional = match (levels.max_rep_level, levels.max_def_level) {
        (0, 0) => false,
        (0, 1) => true,
        _ => return Ok(None),
    };
    let dictionary = match chunk.dictionary_page_offset() {
        None => None,
        Some(_) => match dictionary(&bytes, chunk.compression())? {
            Some(dictionary) => Some(dictionary),
            None => return Ok(None),
        },
    };
    pages.read_dict()?;
    let (mut cells, mut row) = (Vec::with_capacity(wanted.set_bits()), 0);
    let mut room = Room::take();
    for page in pages {
        let CompressedPage::Data(page) = page? else { return Ok(None) };
        let Some(form) = form(page.header()) else { return Ok(None) };
        let count = rows_of(&page, wanted.len() - row)?;
        let of_page = wanted.clone().sliced(row, count);
        row += count;
        if of_page.set_bits() == 0 {
            continue;
        }
        unpack(page, &mut room.page, &mut room.context)?;
        page_cells(&room.page, count, optional, form, &of_page, &mut cells)?;
    }
    if row != wanted.len() {
        return Err(broken("a column has fewer rows than its row group"));
    }
    let mut entries: BTreeMap<u32, String> = BTreeMap::new();
    entries.extend(cells.iter().filter_map(|cell| match cell {
        Cell::Entry(entry) => Some((*entry, String::new())),
        _ => None,
    }));
    if !entries.is_empty() {
        let Some(dictionary) = dictionary else { return Err(broken("a dictionary is missing")) };
        dictionary.look_up(&mut entries, &mut room)?;
    }
    room.give_back();
    let text = |cell| match cell {
        &Cell::Missing => None,
        Cell::Own(text) => Some(text.as_str()),
        Cell::Entry(entry) => entries.get(entry).map(String::as_str),
    };
    let texts: Vec<Option<&str>> = cells.iter().map(text).collect();
    Ok(Some(Utf8ViewArray::from_slice(&texts)))
}

/// Adds the cells of the wanted rows of a page.
fn page_cells(
    bytes: &[u8],
    count: usize,
    optional: bool,
    form: Form,
    wanted: &Bitmap,
    cells: &mut Vec<Cell>,
) -> PolarsResult<()> {
    let (there, texts) = if optional { present(bytes, count)? } else { (Bitmap::new_with_value(true, count), bytes) };
    let rows = there.iter().zip(wanted.iter());
    match form {
        Form::Coded => {
            if there.unset_bits() == 0 {
                return few(codes(texts, count)?, wanted.true_idx_iter(), |code| cells.push(Cell::Entry(code)));
            }
            // Rows without a text have no number.
            let (mut before, mut numbered, mut places) = (0, vec![], vec![]);
            for (is_there, is_wanted) in rows {
                if is_wanted {
                    numbered.extend(is_there.then_some(cells.len()));
                    places.extend(is_there.then_some(before));
                    cells.push(Cell::Missing);
                }
                before += usize::from(is_there);
            }
            let mut numbered = numbered.into_iter();
            few(codes(texts, before)?, places.into_iter(), |code| {
                if let Some(cell) = numbered.next().and_then(|row| cells.get_mut(row)) {
                    *cell = Cell::Entry(code);
                }
            })?;
        }
        Form::Plain => {
            let mut rest = texts;
            for (is_there, is_wanted) in rows {
                let text = if is_there { Some(first_text(&mut rest).ok_or_else(cut)?) } else { None };
                if is_wanted {
                    cells.push(match text {
                        Some(text) => Cell::Own(checked(text)?),
                        None => Cell::Missing,
                    });
                }
            }
        }
    }
    Ok(())
}

/// The dictionary at the start of a column's bytes; none where it is not what the mirror writes.
fn dictionary(bytes: &Buffer<u8>, compression: Compression) -> PolarsResult<Option<Dictionary>> {
    if !matches!(compression, Compression::Zstd | Compression::Uncompressed) {
        return Ok(None);
    }
    let mut cursor = Cursor::new(&**bytes);
    let header = PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut cursor, usize::MAX));
    let header = header.map_err(|e| broken(&e.to_string()))?;
    let sizes = (usize::try_from(header.compressed_page_size), usize::try_from(header.uncompressed_page_size));
    let (Ok(packed), Ok(size)) = sizes else { return Err(broken("a dictionary has no size")) };
    let start = cursor.position() as usize;
    if header.type_ != PageType::DICTIONARY_PAGE || start + packed > bytes.len() {
        return Ok(None);
    }
    let count = header.dictionary_page_header.map_or(0, |header| header.num_values.max(0).cast_unsigned() as usize);
    let bytes = bytes.clone().sliced(start..start + packed);
    Ok(Some(Dictionary { bytes, packed: compression == Compression::Zstd, size, count }))
}

impl Dictionary {
    /// Fills in the entries, which are known by their numbers.
    fn look_up(&self, entries: &mut BTreeMap<u32, String>, room: &mut Room) -> PolarsResult<()> {
        let last = entries.last_key_value().map_or(0, |(entry, _)| *entry as usize);
        let texts = &mut room.dictionary;
        texts.clear();
        let mut source: Option<Box<dyn Read + '_>> = match self.packed {
            // The first of many.
            true if last < self.count / FIRST => {
                Some(Box::new(zstd::stream::read::Decoder::with_buffer(&*self.bytes)?))
            }
            true => {
                texts.resize(self.size, 0);
                decompress(Compression::Zstd, &self.bytes, texts, &mut room.context)?;
                None
            }
            false => {
                texts.extend_from_slice(&self.bytes);
                None
            }
        };
        let (mut place, mut number) = (0, 0);
        for (entry, text) in entries {
            loop {
                let mut rest = texts.get(place..).unwrap_or_default();
                let before = rest.len();
                match first_text(&mut rest) {
                    Some(found) => {
                        place += before - rest.len();
                        number += 1;
                        if number > *entry {
                            *text = checked(found)?;
                            break;
                        }
                    }
                    None => {
                        let step = STEP.max(texts.len()) as u64;
                        let more = source.as_mut().map_or(Ok(0), |source| source.take(step).read_to_end(texts))?;
                        if more == 0 {
                            return Err(cut());
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Takes the first text, which follows its length.
fn first_text<'t>(bytes: &mut &'t [u8]) -> Option<&'t [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *bytes = rest;
    Some(text)
}

fn cut() -> PolarsError {
    broken("a page ends within a text")
}

fn checked(text: &[u8]) -> PolarsResult<String> {
    let text = std::str::from_utf8(text).map_err(|_| broken("a text is not in UTF-8"))?;
    Ok(text.to_owned())
}
