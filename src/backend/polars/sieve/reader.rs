//! One data file, read by the column and by the row.
//!
//! In: the path of a file that the mirror wrote. Out: columns of its row groups, of all rows, of the rows of a mask, or only
//! which rows pass a test. A dictionary is asked once for each of its values; pages without a wanted row stay compressed.

use super::asker::{Question, broken};
use super::pages::{self, Passing};
use super::{codes, numbers, pick};
use crate::backend::polars::function::TextTest;
use ::polars::polars_utils::mmap::MMapSemaphore;
use ::polars::prelude::{
    ArrowField, ArrowSchema, Column, DataType, IntoColumn, PlHashMap, PlSmallStr, PolarsError, PolarsResult, Series,
    StringChunked,
};
use polars_arrow::array::{Array, DictionaryArray, Utf8ViewArray};
use polars_arrow::bitmap::{Bitmap, BitmapBuilder};
use polars_arrow::datatypes::{ArrowDataType, DTYPE_CATEGORICAL_NEW, IntegerType};
use polars_buffer::Buffer;
use polars_parquet::read::expr::{ParquetColumnExpr, SpecializedParquetColumnExpr};
use polars_parquet::read::{
    BasicDecompressor, ColumnChunkMetadata, FileMetadata, Filter, PageReader, PredicateFilter, column_iter_to_arrays,
    infer_schema, read_metadata,
};
use std::fs::File;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

/// A share of the rows of which less than one is wanted is few.
const FEW: usize = 64;

/// An open file; its bytes are mapped, and read where they are needed.
pub(super) struct OpenFile {
    bytes: Buffer<u8>,
    metadata: FileMetadata,
    schema: ArrowSchema,
}

/// Texts, each told by the number of its value.
pub(super) struct Coded {
    /// The number of each row's text.
    pub(super) codes: Vec<u32>,
    /// The texts; some may be of no row.
    pub(super) values: Utf8ViewArray,
}

impl Coded {
    /// Texts by the numbers of distinct ones, in the order in which they come; a missing text is `""`.
    pub(super) fn of(texts: &StringChunked) -> Coded {
        let (mut codes, mut known, mut values) = (Vec::with_capacity(texts.len()), PlHashMap::default(), Vec::new());
        for text in texts.iter() {
            let text = text.unwrap_or_default();
            codes.push(*known.entry(text).or_insert_with(|| {
                values.push(text);
                values.len() as u32 - 1
            }));
        }
        Coded { codes, values: Utf8ViewArray::from_slice_values(values.as_slice()) }
    }
}

/// The arrays of a column, and for a test the rows that pass it.
type Pages = (Vec<Box<dyn Array>>, Bitmap);

impl OpenFile {
    /// Opens a file and reads its footer.
    pub(super) fn open(path: &Path) -> PolarsResult<OpenFile> {
        let file = File::open(path)?;
        if file.metadata()?.len() == 0 {
            return Err(PolarsError::ComputeError("the file is empty".into()));
        }
        let bytes = Buffer::from_owner(MMapSemaphore::new_from_file(&file)?);
        let metadata = read_metadata(&mut Cursor::new(bytes.clone()))?;
        let schema = infer_schema(&metadata)?;
        Ok(OpenFile { bytes, metadata, schema })
    }

    /// The number of its row groups.
    pub(super) fn groups(&self) -> usize {
        self.metadata.row_groups.len()
    }

    /// The rows of a row group.
    pub(super) fn rows(&self, group: usize) -> usize {
        self.metadata.row_groups.get(group).map_or(0, |group| group.num_rows())
    }

    /// The first and the last value of a time column in a row group, in the unit of the file, where the file says.
    pub(super) fn span(&self, group: usize, column: &str) -> Option<(i64, i64)> {
        let statistics = self.chunk(group, column)?.statistics(&self.metadata.footer_buf)?.ok()?;
        let longs = statistics.expect_as_int64();
        Some((longs.min_value?, longs.max_value?))
    }

    /// The bytes of a column of a row group once it is unpacked: what its pages tell, at least a view for each text.
    pub(super) fn weight(&self, group: usize, column: &str) -> u64 {
        let unpacked = self.chunk(group, column).map_or(0, |chunk| chunk.uncompressed_size().max(0).cast_unsigned());
        unpacked.max(self.rows(group) as u64 * 16)
    }

    /// A column of a row group, as the footer has it; none when the file has no such column.
    pub(super) fn chunk(&self, group: usize, column: &str) -> Option<&ColumnChunkMetadata> {
        self.metadata.row_groups.get(group)?.columns_under_root_iter(column)?.next()
    }

    /// Decodes a column of a row group; none when the file has no such column.
    fn decode(&self, group: usize, column: &str, filter: Option<Filter>) -> PolarsResult<Option<Pages>> {
        let (Some(field), Some(chunk)) = (self.schema.get(column), self.chunk(group, column)) else { return Ok(None) };
        self.pages(group, chunk, field.clone(), filter).map(Some)
    }

    /// The packed pages of a column of a row group, which has as many rows as its pages.
    pub(super) fn packed(&self, group: usize, chunk: &ColumnChunkMetadata) -> PolarsResult<PageReader> {
        if usize::try_from(chunk.num_values()).ok() != Some(self.rows(group)) {
            return Err(broken("a column has more or fewer rows than its row group"));
        }
        Ok(PageReader::new(Cursor::new(self.bytes_of(chunk)?), chunk, vec![], usize::MAX))
    }

    /// The bytes of a column of a row group.
    fn bytes_of(&self, chunk: &ColumnChunkMetadata) -> PolarsResult<Buffer<u8>> {
        let (start, end) = (chunk.byte_range().start as usize, chunk.byte_range().end as usize);
        if start > end || end > self.bytes.len() {
            let name = &chunk.descriptor().descriptor.primitive_type.field_info.name;
            return Err(PolarsError::ComputeError(format!("the pages of `{name}` lie outside of the file").into()));
        }
        Ok(self.bytes.clone().sliced(start..end))
    }

    /// A column of texts of a row group, as the footer has it.
    fn texts(&self, group: usize, column: &str) -> Option<&ColumnChunkMetadata> {
        let field = self.schema.get(column)?;
        self.chunk(group, column).filter(|_| is_text(&field.dtype))
    }

    fn pages(
        &self,
        group: usize,
        chunk: &ColumnChunkMetadata,
        field: ArrowField,
        filter: Option<Filter>,
    ) -> PolarsResult<Pages> {
        let pages = self.packed(group, chunk)?;
        let primitive = &chunk.descriptor().descriptor.primitive_type;
        column_iter_to_arrays(vec![BasicDecompressor::new(pages, vec![])], vec![primitive], field, filter)
    }

    /// The rows of a row group, or of a mask, whose text passes; a missing text is `""`. None when the file has no such
    /// column.
    pub(super) fn passing(
        &self,
        group: usize,
        column: &str,
        question: &Question,
        mask: Option<&Bitmap>,
    ) -> PolarsResult<Option<Passing>> {
        let (Some(field), Some(chunk)) = (self.schema.get(column), self.chunk(group, column)) else { return Ok(None) };
        if !is_text(&field.dtype) {
            return Err(PolarsError::ComputeError(format!("`{column}` holds no texts").into()));
        }
        if let Some(passing) = pages::passing(self.packed(group, chunk)?, chunk, question, mask)? {
            return Ok(Some(passing));
        }
        // Pages in another form than the mirror's are asked as polars reads them, all their rows.
        let asked = PredicateFilter { predicate: Arc::new(Asked(question.test().clone())), include_values: false };
        let (_, passing) = self.pages(group, chunk, field.clone(), Some(Filter::Predicate(asked)))?;
        let rows = match mask {
            Some(mask) => &passing & mask,
            None => passing,
        };
        Ok(Some(Passing { rows, kept: None }))
    }

    /// The rows of a row group, or of a mask, whose whole number passes, where the numbers lie in a dictionary: `ask` is given
    /// each of them, and null.
    pub(super) fn passing_numbers(
        &self,
        group: usize,
        column: &str,
        mask: Option<&Bitmap>,
        ask: impl FnOnce(&[Option<i64>]) -> PolarsResult<Bitmap>,
    ) -> PolarsResult<Option<Bitmap>> {
        match self.chunk(group, column) {
            Some(chunk) if chunk.dictionary_page_offset().is_some() => {
                numbers::passing(self.packed(group, chunk)?, chunk, mask, ask)
            }
            _ => Ok(None),
        }
    }

    /// The cells of the rows of a mask, or of all rows, as polars has the file's type; nulls of the given type when the file
    /// has no such column.
    pub(super) fn column(
        &self,
        group: usize,
        column: &str,
        mask: Option<&Bitmap>,
        absent: &DataType,
    ) -> PolarsResult<Column> {
        let rows = mask.map_or_else(|| self.rows(group), Bitmap::set_bits);
        let few = rows < self.rows(group) / FEW;
        if let (true, Some(mask), Some(texts)) = (few, mask, self.texts(group, column))
            && let Some(texts) = pick::texts(self.packed(group, texts)?, self.bytes_of(texts)?, texts, mask)?
        {
            return self.gathered(column, vec![texts.boxed()], absent);
        }
        let Some((arrays, _)) = self.decode(group, column, mask.cloned().map(Filter::Mask))? else {
            return Ok(Column::full_null(column.into(), rows, absent));
        };
        // Views of a few texts would keep all that pages and dictionary hold; many of them share what they keep.
        let arrays = arrays.into_iter().map(|array| match array.as_any().downcast_ref::<Utf8ViewArray>() {
            Some(texts) if few => texts.clone().gc().boxed(),
            _ => array,
        });
        self.gathered(column, arrays.collect(), absent)
    }

    fn gathered(&self, column: &str, arrays: Vec<Box<dyn Array>>, absent: &DataType) -> PolarsResult<Column> {
        let name = PlSmallStr::from_str(column);
        match self.schema.get(column).filter(|_| !arrays.is_empty()) {
            Some(field) => Ok(Series::try_from((field, arrays))?.with_name(name).into_column()),
            None => Ok(Column::new_empty(name, absent)),
        }
    }
}

impl OpenFile {
    /// The texts of the rows of a mask, or of all rows, as numbers of distinct ones; a missing text is `""`.
    pub(super) fn codes(&self, group: usize, column: &str, mask: Option<&Bitmap>) -> PolarsResult<Coded> {
        if let Some(coded) = self.dictionary(group, column, mask) {
            return Ok(coded);
        }
        let texts = self.column(group, column, mask, &DataType::String)?;
        Ok(Coded::of(texts.str()?))
    }

    /// The codes that the file itself has, where all pages of the column have them.
    pub(super) fn dictionary(&self, group: usize, column: &str, mask: Option<&Bitmap>) -> Option<Coded> {
        let chunk = self.chunk(group, column)?;
        let field = self.schema.get(column).filter(|field| is_text(&field.dtype))?;
        chunk.dictionary_page_offset()?;
        // Pages that are not coded throughout are read as they are.
        let codes = codes::of_rows(self.packed(group, chunk).ok()?, chunk, mask).ok()??;
        // The reader makes numbers and texts of a categorical; of no row, only the texts.
        let dtype = ArrowDataType::Dictionary(IntegerType::UInt32, Box::new(ArrowDataType::Utf8View), false);
        let metadata = [(PlSmallStr::from_static(DTYPE_CATEGORICAL_NEW), PlSmallStr::EMPTY)].into_iter().collect();
        let field = ArrowField::new(field.name.clone(), dtype, field.is_nullable).with_metadata(metadata);
        let nothing = Filter::Mask(Bitmap::new_zeroed(self.rows(group)));
        let (arrays, _) = self.pages(group, chunk, field, Some(nothing)).ok()?;
        let [array] = arrays.as_slice() else { return None };
        let array = array.as_any().downcast_ref::<DictionaryArray<u32>>()?;
        let values = array.values().as_any().downcast_ref::<Utf8ViewArray>()?.clone();
        // A number without a text would be no text at all.
        let known = codes.iter().max().is_none_or(|most| (*most as usize) < values.len());
        known.then_some(Coded { codes, values })
    }
}

fn is_text(dtype: &ArrowDataType) -> bool {
    matches!(dtype, ArrowDataType::Utf8View)
}

/// A test of texts, as the reader of pages asks it: of the values of a dictionary, or of those of a page.
struct Asked(TextTest);

impl ParquetColumnExpr for Asked {
    fn evaluate_mut(&self, values: &dyn Array, passing: &mut BitmapBuilder) {
        match values.as_any().downcast_ref::<Utf8ViewArray>() {
            Some(texts) => texts.values_iter().for_each(|text| passing.push(self.0.passes(text))),
            // `passing` above lets nothing else come here.
            None => passing.extend_constant(values.len(), false),
        }
    }

    fn evaluate_null(&self) -> bool {
        self.0.passes("")
    }

    fn as_specialized(&self) -> Option<&SpecializedParquetColumnExpr> {
        None
    }
}
