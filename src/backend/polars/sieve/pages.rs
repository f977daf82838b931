//! Which rows of a row group have a text that passes, off the pages of the column.
//!
//! In: the packed pages of a column of texts, a question, the rows that are still wanted. Out: the rows that pass. A page
//! without a wanted row stays packed. A dictionary is asked once for each of its texts, and where all answers are the same
//! its pages stay packed as well. Pages in a form that the mirror does not write are left to the caller.

use super::asker::{Asker, Question, broken};
use ::polars::prelude::PolarsResult;
use polars_arrow::bitmap::{Bitmap, BitmapBuilder, MutableBitmap};
use polars_parquet::parquet::compression::{Compression, DecompressionContext, decompress as unpack};
use polars_parquet::parquet::encoding::hybrid_rle::{HybridRleChunk, HybridRleDecoder};
use polars_parquet::parquet::page::{CompressedDataPage, CompressedPage, DataPageHeader, FormatEncoding, Page};
use polars_parquet::read::{ColumnChunkMetadata, PageReader, decompress};
use std::cell::Cell;

/// A thread keeps so many bytes of each kind for its next column.
const KEPT: usize = 16 << 20;

thread_local! {
    static ROOM: Cell<Room> = Cell::new(Room::default());
}

/// Room that is used again and again: fresh memory costs as much as what is put there.
struct Room {
    page: Vec<u8>,
    dictionary: Vec<u8>,
    small: Vec<u8>,
    codes: Vec<u32>,
    context: DecompressionContext,
}

impl Default for Room {
    fn default() -> Room {
        let context = DecompressionContext::Unset;
        Room { page: vec![], dictionary: vec![], small: vec![], codes: vec![], context }
    }
}

/// What a data page holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Coded,
}

/// The pages of a column, and what is known while they are walked.
struct Walk<'a> {
    asker: Asker<'a>,
    wanted: Option<&'a Bitmap>,
    dictionary: Option<Dictionary>,
    /// Whether a missing text passes; none where none can be missing.
    missing: Option<bool>,
    passing: BitmapBuilder,
    page: Vec<u8>,
    codes: Vec<u32>,
    context: DecompressionContext,
}

/// Texts that pages name by their numbers.
struct Dictionary {
    texts: Vec<u8>,
    count: usize,
    /// Which of them pass, where all have been asked.
    passing: Option<Bitmap>,
}

/// The wanted rows whose text passes; a missing text is `""`. None where the pages have another form.
pub(super) fn passing(
    pages: PageReader,
    chunk: &ColumnChunkMetadata,
    question: &Question,
    wanted: Option<&Bitmap>,
) -> PolarsResult<Option<Bitmap>> {
    let levels = &chunk.descriptor().descriptor;
    let missing = match (levels.max_rep_level, levels.max_def_level) {
        (0, 0) => None,
        (0, 1) => Some(question.passes("")),
        _ => return Ok(None),
    };
    // What breaks off in the middle does not come back.
    let room = ROOM.take();
    let mut walk = Walk {
        asker: Asker::new(question, room.small),
        wanted,
        dictionary: None,
        missing,
        passing: BitmapBuilder::with_capacity(pages.total_num_values()),
        page: room.page,
        codes: room.codes,
        context: room.context,
    };
    let known = walk.all(pages, room.dictionary)?;
    let (passing, room) = walk.end();
    ROOM.set(room);
    if !known {
        return Ok(None);
    }
    match wanted {
        Some(wanted) if wanted.len() == passing.len() => Ok(Some(&passing & wanted)),
        Some(_) => Err(broken("a column has more or fewer rows than its row group")),
        None => Ok(Some(passing)),
    }
}

impl Walk<'_> {
    /// Walks all pages; whether all of them are known.
    fn all(&mut self, mut pages: PageReader, room: Vec<u8>) -> PolarsResult<bool> {
        self.dictionary = self.dictionary(&mut pages, room)?;
        for page in pages {
            let CompressedPage::Data(page) = page? else { return Ok(false) };
            let Some(form) = form(page.header()) else { return Ok(false) };
            self.data(page, form)?;
        }
        Ok(true)
    }

    /// The rows that pass, and the room.
    fn end(self) -> (Bitmap, Room) {
        let mut room = Room {
            page: self.page,
            dictionary: self.dictionary.map(|dictionary| dictionary.texts).unwrap_or_default(),
            small: self.asker.into_room(),
            codes: self.codes,
            context: self.context,
        };
        for bytes in [&mut room.page, &mut room.dictionary, &mut room.small] {
            if bytes.capacity() > KEPT {
                *bytes = vec![];
            }
        }
        if room.codes.capacity() > KEPT / 4 {
            room.codes = vec![];
        }
        (self.passing.freeze(), room)
    }

    /// The dictionary of the column, asked throughout where about all of its texts are wanted.
    fn dictionary(&mut self, pages: &mut PageReader, mut room: Vec<u8>) -> PolarsResult<Option<Dictionary>> {
        let Some(packed) = pages.read_dict()? else { return Ok(None) };
        let Page::Dict(page) = decompress(CompressedPage::Dict(packed), &mut room, &mut self.context)? else {
            return Err(broken("a dictionary is none"));
        };
        let mut dictionary = Dictionary { texts: page.buffer.into_vec(), count: page.num_values, passing: None };
        if self.wanted.is_none_or(|wanted| wanted.set_bits() >= dictionary.count) {
            dictionary.passing = Some(self.ask(&dictionary.texts, dictionary.count, None)?);
        }
        Ok(Some(dictionary))
    }

    fn ask(&mut self, texts: &[u8], count: usize, wanted: Option<&Bitmap>) -> PolarsResult<Bitmap> {
        let mut passing = BitmapBuilder::with_capacity(count);
        self.asker.ask(texts, count, wanted, &mut passing)?;
        Ok(passing.freeze())
    }

    /// Adds the rows of a page.
    fn data(&mut self, page: CompressedDataPage, form: Form) -> PolarsResult<()> {
        let (row, count) = (self.passing.len(), page.num_values());
        let wanted = match self.wanted {
            Some(wanted) if row + count > wanted.len() => {
                return Err(broken("a column has more rows than its row group"));
            }
            Some(wanted) => Some(wanted.clone().sliced(row, count)),
            None => None,
        };
        if wanted.as_ref().is_some_and(|wanted| wanted.set_bits() == 0) {
            self.passing.extend_constant(count, false);
            return Ok(());
        }
        if let Some(same) = self.same(form) {
            self.passing.extend_constant(count, same);
            return Ok(());
        }
        let bytes = self.unpacked(page)?;
        let passing = self.rows(&bytes, count, form, wanted);
        self.page = bytes;
        self.passing.extend_from_bitmap(&passing?);
        Ok(())
    }

    /// The answer of all rows of a page in that form, where they have but one.
    fn same(&self, form: Form) -> Option<bool> {
        let passing = self.dictionary.as_ref().filter(|_| form == Form::Coded)?.passing.as_ref()?;
        let is = |answer: bool| self.missing.is_none_or(|missing| missing == answer);
        match passing.set_bits() {
            0 if is(false) => Some(false),
            all if all == passing.len() && is(true) => Some(true),
            _ => None,
        }
    }

    /// The bytes of a page.
    fn unpacked(&mut self, mut page: CompressedDataPage) -> PolarsResult<Vec<u8>> {
        let mut bytes = std::mem::take(&mut self.page);
        let (size, compression) = (page.uncompressed_size(), page.compression());
        if compression == Compression::Uncompressed {
            bytes.clear();
            bytes.extend_from_slice(page.slice_mut());
            return Ok(bytes);
        }
        bytes.resize(size, 0);
        unpack(compression, page.slice_mut(), &mut bytes, &mut self.context)?;
        Ok(bytes)
    }

    /// The rows of a page that pass; of those that are not wanted any may.
    fn rows(&mut self, bytes: &[u8], count: usize, form: Form, wanted: Option<Bitmap>) -> PolarsResult<Bitmap> {
        let Some(missing) = self.missing else { return self.texts(bytes, count, form, wanted.as_ref()) };
        let (present, texts) = present(bytes, count)?;
        let texts_there = present.set_bits();
        if texts_there == count {
            return self.texts(texts, count, form, wanted.as_ref());
        }
        let wanted = wanted.map(|wanted| present.true_idx_iter().map(|row| wanted.get(row) == Some(true)).collect());
        let passing = self.texts(texts, texts_there, form, wanted.as_ref())?;
        let mut passing = passing.iter();
        Ok(present.iter().map(|there| if there { passing.next() == Some(true) } else { missing }).collect())
    }

    /// The texts of a page that pass; of those that are not wanted any may.
    fn texts(&mut self, bytes: &[u8], count: usize, form: Form, wanted: Option<&Bitmap>) -> PolarsResult<Bitmap> {
        if form == Form::Plain {
            return self.ask(bytes, count, wanted);
        }
        let Some(dictionary) = self.dictionary.take() else { return Err(broken("a dictionary is missing")) };
        let passing = match &dictionary.passing {
            Some(passing) => named(codes(bytes, count)?, passing, &mut self.codes),
            None => self.few(&dictionary, bytes, count, wanted),
        };
        self.dictionary = Some(dictionary);
        passing
    }

    /// The same, where only those texts of the dictionary are asked that a wanted row has.
    fn few(
        &mut self,
        dictionary: &Dictionary,
        bytes: &[u8],
        count: usize,
        wanted: Option<&Bitmap>,
    ) -> PolarsResult<Bitmap> {
        let mut met = MutableBitmap::from_len_zeroed(dictionary.count);
        let codes_of_rows = codes(bytes, count)?.collect()?;
        for (row, code) in codes_of_rows.into_iter().enumerate() {
            let code = code as usize;
            if code < dictionary.count && wanted.is_none_or(|wanted| wanted.get(row) == Some(true)) {
                met.set(code, true);
            }
        }
        let passing = self.ask(&dictionary.texts, dictionary.count, Some(&met.freeze()))?;
        named(codes(bytes, count)?, &passing, &mut self.codes)
    }
}

/// What a page holds, in the forms that the mirror writes.
fn form(header: &DataPageHeader) -> Option<Form> {
    let DataPageHeader::V1(header) = header else { return None };
    if header.definition_level_encoding != FormatEncoding::RLE {
        return None;
    }
    match header.encoding {
        FormatEncoding::PLAIN => Some(Form::Plain),
        FormatEncoding::PLAIN_DICTIONARY | FormatEncoding::RLE_DICTIONARY => Some(Form::Coded),
        _ => None,
    }
}

/// Which rows of a page have a text, and the bytes of these texts.
fn present(bytes: &[u8], count: usize) -> PolarsResult<(Bitmap, &[u8])> {
    let split = bytes.split_first_chunk::<4>();
    let split = split.and_then(|(length, rest)| rest.split_at_checked(u32::from_le_bytes(*length) as usize));
    let (levels, texts) = split.ok_or_else(|| broken("a page ends before its texts"))?;
    let mut present = BitmapBuilder::with_capacity(count);
    for run in HybridRleDecoder::new(levels, 1, count).into_chunk_iter() {
        match run? {
            HybridRleChunk::Rle(level, rows) => present.extend_constant(rows, level == 1),
            HybridRleChunk::Bitpacked(levels) => present.extend_from_slice(levels.as_slice(), 0, levels.len()),
        }
    }
    let whole = present.len() == count;
    whole.then(|| (present.freeze(), texts)).ok_or_else(|| broken("a page has too few levels"))
}

/// The numbers of the texts of a page.
fn codes(bytes: &[u8], count: usize) -> PolarsResult<HybridRleDecoder<'_>> {
    match bytes.split_first() {
        Some((bits, codes)) if *bits <= 32 => Ok(HybridRleDecoder::new(codes, u32::from(*bits), count)),
        None if count == 0 => Ok(HybridRleDecoder::new(bytes, 0, 0)),
        _ => Err(broken("a page has no numbers of texts")),
    }
}

/// The texts of these numbers that pass. `room` is used for some of the numbers.
fn named(codes: HybridRleDecoder<'_>, passing: &Bitmap, room: &mut Vec<u32>) -> PolarsResult<Bitmap> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::polars::function::{TextTest, text_test};
    use crate::backend::polars::operand::Operand;
    use crate::backend::polars::sieve::reader::OpenFile;
    use crate::library::Native;
    use crate::mirror::RowGroups;
    use crate::value::{Type, Value};
    use ::polars::prelude::{Column, DataFrame, col};
    use std::sync::{Arc, Mutex};

    const ROWS: usize = 20_000;

    type Texts = Vec<Option<String>>;

    fn question(native: Native, constant: &str) -> Question {
        let constant = Operand::Constant(Value::String(constant.into()), Type::String);
        let operands = [Operand::Column(col("C"), Type::String), constant];
        Question::new(text_test(native, &operands).unwrap().1)
    }

    fn texts(text: impl Fn(usize) -> Option<String>) -> Texts {
        (0..ROWS).map(text).collect()
    }

    /// Columns in all the forms that the mirror writes.
    fn columns() -> Vec<(&'static str, Texts)> {
        let long = |n: usize| match n % 50 {
            0 => String::new(),
            7 => format!("c:\\users\\jürgen\\{n}\\EVIL-\u{212a}\u{17f}.exe"),
            9 => "l".repeat(n % 700),
            _ => format!("c:\\users\\someone\\appdata\\local\\{n}\\{}.exe", if n % 997 == 1 { "Evil" } else { "good" }),
        };
        let short = |n: usize| match n % 300 {
            0 => String::new(),
            1 => "Evil.exe".to_owned(),
            2 => "evil-\u{17f}".to_owned(),
            other => format!("{other}.exe"),
        };
        let some = |n: usize| n % 3 != 1;
        vec![
            ("Plain", texts(|n| Some(long(n)))),
            ("PlainSome", texts(|n| some(n).then(|| long(n)))),
            ("Coded", texts(|n| Some(short(n)))),
            ("CodedSome", texts(|n| some(n).then(|| short(n)))),
            ("Runs", texts(|n| Some(short(n / 1000)))),
            ("Missing", texts(|_| None)),
            ("Same", texts(|_| Some("Evil".to_owned()))),
        ]
    }

    /// A file of these columns; its bytes are changed before it is opened.
    fn file(columns: &[(&str, Texts)], change: impl Fn(&mut [u8])) -> OpenFile {
        let cells = columns.iter().map(|(name, texts)| Column::new((*name).into(), texts.clone()));
        let mut frame = DataFrame::new(ROWS, cells.collect()).unwrap();
        let mut bytes = Vec::new();
        let mut groups = RowGroups::begin(&mut bytes, frame.schema()).unwrap();
        groups.write(&mut frame).unwrap();
        groups.finish().unwrap();
        change(&mut bytes);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.parquet");
        std::fs::write(&path, bytes).unwrap();
        OpenFile::open(&path).unwrap()
    }

    /// What the walk says, without what would stand in for it.
    fn walked(file: &OpenFile, name: &str, question: &Question, wanted: Option<&Bitmap>) -> PolarsResult<Bitmap> {
        let chunk = file.chunk(0, name).unwrap();
        Ok(passing(file.packed(chunk)?, chunk, question, wanted)?.expect("the mirror's own form"))
    }

    fn masks() -> Vec<Option<Bitmap>> {
        let of = |wanted: fn(usize) -> bool| Some((0..ROWS).map(wanted).collect());
        vec![
            None,
            of(|n| (8192..16384).contains(&n)),
            of(|n| n % 97 == 0),
            of(|n| n % 4 != 0),
            of(|n| n == ROWS - 1),
            of(|n| n == 7),
        ]
    }

    #[test]
    fn pages_answer_as_their_texts_do() {
        let columns = columns();
        let file = file(&columns, |_| {});
        let forms = ["Plain", "Coded"].map(|name| file.chunk(0, name).unwrap().dictionary_page_offset().is_some());
        assert_eq!(forms, [false, true]);
        for (native, constant) in [
            (Native::Contains, "EVIL"),
            (Native::Has, "evil"),
            (Native::HasCs, "Evil"),
            (Native::EqualTilde, "EVIL-S"),
            (Native::EqualTilde, "evil.exe"),
            (Native::NotContains, "evil"),
            (Native::Contains, "e"),
            (Native::Contains, ""),
            (Native::Contains, "ll"),
            (Native::EndsWith, ".exe"),
            (Native::Contains, "nowhere"),
            (Native::Equal, ""),
            (Native::MatchesRegex, r"(?i)evil-\w+\.EXE$"),
        ] {
            let question = question(native, constant);
            for (name, texts) in &columns {
                for mask in masks() {
                    let wanted = |row: usize| mask.as_ref().is_none_or(|mask| mask.get_bit(row));
                    let passes = |(row, text): (usize, &Option<String>)| {
                        wanted(row) && question.passes(text.as_deref().unwrap_or_default())
                    };
                    let expected: Bitmap = texts.iter().enumerate().map(passes).collect();
                    let answer = walked(&file, name, &question, mask.as_ref()).unwrap();
                    assert!(answer == expected, "{native:?} {constant:?} {name}");
                }
            }
        }
    }

    #[test]
    fn only_wanted_rows_are_asked_and_each_text_of_a_dictionary_once() {
        let columns = columns();
        let file = file(&columns, |_| {});
        for (name, texts) in &columns {
            for mask in masks() {
                let asked: Arc<Mutex<Vec<String>>> = Arc::default();
                let notes = asked.clone();
                let question = Question::new(TextTest::new(move |text| {
                    notes.lock().unwrap().push(text.to_owned());
                    text.contains("Evil")
                }));
                walked(&file, name, &question, mask.as_ref()).unwrap();
                let asked = asked.lock().unwrap();
                let rows = mask.as_ref().map_or(ROWS, Bitmap::set_bits);
                if name.starts_with("Plain") {
                    // And the missing text.
                    assert!(asked.len() <= rows + 1, "{name}: {} of {rows}", asked.len());
                } else {
                    assert!(asked.len() <= 301, "{name}: {}", asked.len());
                }
                if rows == 1 && !name.ends_with("Some") {
                    let row = mask.unwrap().true_idx_iter().next().unwrap();
                    let text = texts[row].clone().unwrap_or_default();
                    assert!(asked.iter().all(|asked| asked.is_empty() || *asked == text), "{name} {asked:?}");
                }
            }
        }
    }

    #[test]
    fn pages_that_say_nothing_new_stay_packed() {
        let columns = &columns()[..3];
        let whole = file(columns, |_| {});
        let spoil = |bytes: &mut [u8], name: &str| {
            let at = whole.chunk(0, name).unwrap().data_page_offset() as usize;
            // The mark at which packed bytes begin, after the page's header.
            let mark = memchr::memmem::find(&bytes[at..], &[0x28, 0xB5, 0x2F, 0xFD]).unwrap();
            bytes[at + mark] = 0;
        };
        let spoiled = file(columns, |bytes| {
            spoil(bytes, "Plain");
            spoil(bytes, "Coded");
        });
        let evil = question(Native::Contains, "evil");
        assert!(walked(&spoiled, "Plain", &evil, None).is_err());
        assert!(walked(&spoiled, "Coded", &evil, None).is_err());
        let last: Bitmap = (0..ROWS).map(|row| row == ROWS - 1).collect();
        assert!(walked(&spoiled, "Plain", &evil, Some(&last)).is_ok());
        let nowhere = question(Native::Contains, "nowhere");
        assert_eq!(walked(&spoiled, "Coded", &nowhere, None).unwrap().set_bits(), 0);
        let everywhere = question(Native::NotContains, "nowhere");
        assert_eq!(walked(&spoiled, "Coded", &everywhere, None).unwrap().set_bits(), ROWS);
        // An error leaves nothing behind that the next column stumbles over.
        assert!(walked(&whole, "Plain", &evil, None).is_ok());
    }
}
