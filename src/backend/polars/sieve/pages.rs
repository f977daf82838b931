//! Which rows of a row group have a text that passes, off the pages of the column.
//!
//! In: the packed pages of a column of texts, a question, the rows that are still wanted. Out: the rows that pass. A page
//! without a wanted row stays packed. A dictionary is asked once for each of its texts, and where all answers are the same
//! its pages stay packed as well. Pages in a form that the mirror does not write are left to the caller.

use super::asker::{Asker, Question, broken};
use super::codes::{codes, named};
use super::kept::Kept;
use super::room::{Room, rows_of, unpack};
use ::polars::prelude::PolarsResult;
use polars_arrow::bitmap::{Bitmap, BitmapBuilder, MutableBitmap};
use polars_parquet::parquet::compression::DecompressionContext;
use polars_parquet::parquet::encoding::hybrid_rle::{HybridRleChunk, HybridRleDecoder};
use polars_parquet::parquet::page::{CompressedDataPage, CompressedPage, DataPageHeader, FormatEncoding, Page};
use polars_parquet::read::{ColumnChunkMetadata, PageReader, decompress};

/// What a data page holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
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
    /// The texts of these rows; none where they are not kept.
    kept: Option<Kept>,
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

/// Rows that pass.
pub(super) struct Passing {
    /// Which.
    pub(super) rows: Bitmap,
    /// Their texts, where they are few and at hand.
    pub(super) kept: Option<Kept>,
}

/// The wanted rows whose text passes; a missing text is `""`. None where the pages have another form.
pub(super) fn passing(
    pages: PageReader,
    chunk: &ColumnChunkMetadata,
    question: &Question,
    wanted: Option<&Bitmap>,
) -> PolarsResult<Option<Passing>> {
    let levels = &chunk.descriptor().descriptor;
    let missing = match (levels.max_rep_level, levels.max_def_level) {
        (0, 0) => None,
        (0, 1) => Some(question.passes("")),
        _ => return Ok(None),
    };
    let room = Room::take();
    let mut walk = Walk {
        asker: Asker::new(question, room.small),
        wanted,
        dictionary: None,
        missing,
        passing: BitmapBuilder::with_capacity(pages.total_num_values()),
        kept: Some(Kept::default()),
        page: room.page,
        codes: room.codes,
        context: room.context,
    };
    let known = walk.all(pages, room.dictionary)?;
    let mut kept = walk.kept.take();
    if let (Some(some), Some(dictionary)) = (&mut kept, &walk.dictionary)
        && !some.look_up(&dictionary.texts)?
    {
        kept = None;
    }
    let (passing, room) = walk.end();
    room.give_back();
    if !known {
        return Ok(None);
    }
    let rows = match wanted {
        Some(wanted) => &passing & wanted,
        None => passing,
    };
    Ok(Some(Passing { rows, kept }))
}

impl Walk<'_> {
    /// Walks all pages; whether all of them are known.
    fn all(&mut self, mut pages: PageReader, room: Vec<u8>) -> PolarsResult<bool> {
        self.dictionary = self.dictionary(&mut pages, room)?;
        let rows = pages.total_num_values();
        for page in pages {
            let CompressedPage::Data(page) = page? else { return Ok(false) };
            let Some(form) = form(page.header()) else { return Ok(false) };
            let count = rows_of(&page, rows - self.passing.len())?;
            self.data(page, count, form)?;
        }
        let whole = self.passing.len() == rows;
        whole.then_some(true).ok_or_else(|| broken("a column has fewer rows than its row group"))
    }

    /// The rows that pass, and the room.
    fn end(self) -> (Bitmap, Room) {
        let room = Room {
            page: self.page,
            dictionary: self.dictionary.map(|dictionary| dictionary.texts).unwrap_or_default(),
            small: self.asker.into_room(),
            codes: self.codes,
            context: self.context,
        };
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
    fn data(&mut self, page: CompressedDataPage, count: usize, form: Form) -> PolarsResult<()> {
        let row = self.passing.len();
        let wanted = self.wanted.map(|wanted| wanted.clone().sliced(row, count));
        if wanted.as_ref().is_some_and(|wanted| wanted.set_bits() == 0) {
            self.passing.extend_constant(count, false);
            return Ok(());
        }
        if let Some(same) = self.same(form) {
            self.passing.extend_constant(count, same);
            self.kept = self.kept.take().filter(|_| !same);
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.page);
        unpack(page, &mut bytes, &mut self.context)?;
        let passing = self.rows(&bytes, count, form, wanted.clone());
        if let Ok(passing) = &passing {
            self.keep(row, &bytes, form, wanted.map_or_else(|| passing.clone(), |wanted| &wanted & passing))?;
        }
        self.page = bytes;
        self.passing.extend_from_bitmap(&passing?);
        Ok(())
    }

    /// Keeps the texts of the rows of a page that pass.
    fn keep(&mut self, first: usize, bytes: &[u8], form: Form, passing: Bitmap) -> PolarsResult<()> {
        let Some(mut kept) = self.kept.take() else { return Ok(()) };
        if passing.set_bits() > 0 {
            let texts = match self.missing {
                None => bytes,
                Some(_) => match present(bytes, passing.len())? {
                    (there, texts) if there.unset_bits() == 0 => texts,
                    _ => return Ok(()),
                },
            };
            let keeps = match form {
                Form::Plain => kept.keep(first, texts, &passing)?,
                Form::Coded => kept.keep_named(first, codes(texts, passing.len())?, &passing)?,
            };
            if !keeps {
                return Ok(());
            }
        }
        self.kept = Some(kept);
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
pub(super) fn form(header: &DataPageHeader) -> Option<Form> {
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
pub(super) fn present(bytes: &[u8], count: usize) -> PolarsResult<(Bitmap, &[u8])> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::polars::function::{TextTest, text_test};
    use crate::backend::polars::operand::Operand;
    use crate::backend::polars::sieve::reader::OpenFile;
    use crate::library::Native;
    use crate::mirror::RowGroups;
    use crate::value::{Type, Value};
    use ::polars::prelude::{Column, DataFrame, DataType, col};
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
        Ok(passing(file.packed(0, chunk)?, chunk, question, wanted)?.expect("the mirror's own form").rows)
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
    fn texts_of_rows_come_back_however_they_are_read() {
        let columns = columns();
        let file = file(&columns, |_| {});
        for (name, texts) in &columns {
            let of = |mask: &Bitmap| mask.true_idx_iter().map(|row| texts[row].clone()).collect::<Texts>();
            let mut kept_of = 0;
            for mask in masks().into_iter().map(|mask| mask.unwrap_or_else(|| Bitmap::new_with_value(true, ROWS))) {
                let column = file.column(0, name, Some(&mask), &DataType::String).unwrap();
                let read: Texts = column.str().unwrap().iter().map(|text| text.map(str::to_owned)).collect();
                assert_eq!(read, of(&mask), "{name}");
                let coded = file.codes(0, name, Some(&mask)).unwrap();
                let read: Texts =
                    coded.codes.iter().map(|n| Some(coded.values.value(*n as usize).to_owned())).collect();
                assert_eq!(
                    read,
                    of(&mask).into_iter().map(|text| text.or_else(|| Some(String::new()))).collect::<Texts>()
                );
                for question in [
                    question(Native::Contains, "Evil"),
                    question(Native::EqualTilde, &texts[7].clone().unwrap_or_default()),
                ] {
                    let passing = file.passing(0, name, &question, Some(&mask)).unwrap().unwrap();
                    let Some(kept) = passing.kept else { continue };
                    let column = kept.column(name, &passing.rows);
                    let read: Texts = column.str().unwrap().iter().map(|text| text.map(str::to_owned)).collect();
                    assert_eq!(read, of(&passing.rows), "{name}");
                    kept_of += passing.rows.set_bits();
                }
            }
            let keeps = matches!(*name, "Plain" | "Coded" | "Runs" | "Same");
            assert_eq!(kept_of > 0, keeps, "{name}: {kept_of}");
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
