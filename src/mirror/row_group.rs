//! Row groups of parquet files: how each column is encoded, and all of them packed on all cores.
//!
//! In: the rows of a row group. Out: its pages, in the file. Texts that repeat are written once, in a dictionary, and a
//! query asks it instead of the rows. Long texts that hardly repeat are written as they are. Times and other whole numbers
//! that hardly repeat are written as differences. Pages are small, so that a query that wants a few rows unpacks few others;
//! and what packing makes hardly smaller is not packed, since unpacking it takes longer than reading it.

use polars::io::parquet::write::{BatchedWriter, get_encodings};
use polars::polars_compute::cardinality::estimate_cardinality;
use polars::prelude::{
    CompatLevel, DataFrame, ParquetCompression, ParquetWriter, PolarsResult, Schema, SchemaExt, StatisticsOptions,
};
use polars_arrow::array::{Array, PrimitiveArray, Utf8ViewArray};
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::compression::Compression;
use polars_parquet::parquet::page::{CompressedDictPage, DataPage, DataPageHeader, DictPage};
use polars_parquet::parquet::schema::types::PhysicalType as ParquetPhysicalType;
use polars_parquet::parquet::statistics::ParquetStatistics;
use polars_parquet::write::{
    CompressedDataPage, CompressedPage, CompressionOptions, Encoding, Page, ParquetType, Version, WriteOptions,
    array_to_columns,
};
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::io::Write;
use zstd::bulk::Compressor;

/// Bytes of a page before it is packed, where it holds what the rows have. Texts have less in common on smaller ones.
const PAGE: usize = 64 << 10;

/// Bytes of a page that names entries of a dictionary, as far as one can tell.
const CODED_PAGE: usize = 14 << 10;

/// Rows of such a page at least, and at most.
const CODED_ROWS: (usize, usize) = (8192, 1 << 17);

/// Rows by which the size of a dictionary is told.
const SAMPLE: usize = 8192;

/// The bytes that a row of such a page counts for when pages are cut.
const CODE: usize = 5;

/// A page is packed if so many hundredths of it are left at most.
const PAYS: usize = 90;

/// The level of zstd.
const LEVEL: i32 = 3;

/// The level at which zstd looks for nothing.
const UNPACKED: i32 = -(1 << 17);

/// The share of distinct texts from which on a dictionary does not pay.
const DISTINCT: f64 = 0.3;

/// The mean length of texts from which on a dictionary does not pay, if they are that distinct.
const LONG: usize = 24;

/// A file that grows by row groups.
pub struct RowGroups<W: Write> {
    writer: BatchedWriter<W>,
    types: Vec<ParquetType>,
    encodings: Vec<Vec<Encoding>>,
}

impl<W: Write> RowGroups<W> {
    /// A file of these columns, still without rows.
    ///
    /// # Errors
    /// When a column has no form in parquet, or the file cannot be written.
    pub fn begin(file: W, schema: &Schema) -> PolarsResult<RowGroups<W>> {
        let encodings = get_encodings(&schema.to_arrow(CompatLevel::newest())).to_vec();
        let mut writer = ParquetWriter::new(file)
            .with_compression(ParquetCompression::Zstd(None))
            // What a column tells of itself is made of its pages' statistics all the same. This would add an index of all
            // pages, in which a page that tells nothing is one of nulls, and which other readers skip it by.
            .with_statistics(StatisticsOptions::empty())
            .with_data_page_size(Some(PAGE))
            .batched(schema)?;
        let types = writer.parquet_schema().fields().to_vec();
        Ok(RowGroups { writer, types, encodings })
    }

    /// Adds a row group.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, rows: &mut DataFrame) -> PolarsResult<()> {
        rows.rechunk_mut_par();
        let Some(batch) = rows.iter_chunks(CompatLevel::newest(), false).next().filter(|batch| !batch.is_empty())
        else {
            return Ok(());
        };
        let columns = batch.columns().par_iter().zip(&self.types).zip(&self.encodings);
        let pages = columns.map(|((array, ty), encodings)| pages(array.as_ref(), ty, encodings));
        let pages = pages.collect::<PolarsResult<Vec<Vec<Vec<CompressedPage>>>>>()?;
        let pages: Vec<Vec<CompressedPage>> = pages.into_iter().flatten().collect();
        self.writer.write_row_group(batch.len() as u64, &pages)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> PolarsResult<()> {
        self.writer.finish().map(drop)
    }
}

/// The packed pages of a column; of a column of text or numbers there is one list.
fn pages(array: &dyn Array, ty: &ParquetType, encodings: &[Encoding]) -> PolarsResult<Vec<Vec<CompressedPage>>> {
    if is_sorted(array) {
        return packed(array, ty, &[Encoding::DeltaBinaryPacked]);
    }
    if hardly_repeats(array) {
        return packed(array, ty, &[Encoding::Plain]);
    }
    let pages = packed(array, ty, encodings)?;
    let has_dictionary = pages.iter().flatten().any(|page| matches!(page, CompressedPage::Dict(_)));
    if has_dictionary || !is_long(array) {
        return Ok(pages);
    }
    let differences = packed(array, ty, &[Encoding::DeltaBinaryPacked])?;
    Ok(if size(&differences) < size(&pages) { differences } else { pages })
}

/// The packed pages of a column in these encodings.
fn packed(array: &dyn Array, ty: &ParquetType, encodings: &[Encoding]) -> PolarsResult<Vec<Vec<CompressedPage>>> {
    let is_coded = encodings.contains(&Encoding::RleDictionary);
    let options = WriteOptions {
        statistics: StatisticsOptions::full(),
        compression: CompressionOptions::Zstd(None),
        version: Version::V1,
        data_page_size: Some(if is_coded { CODE * coded_rows(array) } else { PAGE }),
    };
    let mut packer = Packer { zstd: Compressor::new(LEVEL)?, fast: Compressor::new(UNPACKED)? };
    let columns = array_to_columns(array.to_boxed(), ty.clone(), options, encodings)?;
    columns.into_iter().map(|pages| packer.column(pages)).collect()
}

/// Packs pages.
struct Packer {
    zstd: Compressor<'static>,
    fast: Compressor<'static>,
}

impl Packer {
    /// The pages of a column, packed.
    fn column(&mut self, pages: impl Iterator<Item = PolarsResult<Page>>) -> PolarsResult<Vec<CompressedPage>> {
        let (mut packed, mut data) = (Vec::new(), Vec::new());
        for page in pages {
            match page? {
                Page::Dict(page) => packed.push(CompressedPage::Dict(self.dictionary(&page)?)),
                Page::Data(page) => data.push(page),
            }
        }
        let mut told: Vec<_> = data.iter().map(|page| statistics(page.header()).cloned()).collect();
        if !packed.is_empty() {
            // Each page tells of the whole column.
            told.iter_mut().skip(1).for_each(|told| *told = None);
        } else if data.first().is_some_and(is_text) {
            tell_at_once(&mut told);
        }
        for (page, told) in data.iter().zip(told) {
            packed.push(CompressedPage::Data(self.data(page, told)?));
        }
        Ok(packed)
    }

    fn dictionary(&mut self, page: &DictPage) -> PolarsResult<CompressedDictPage> {
        let packed = CowBuffer::Owned(self.zstd.compress(&page.buffer)?);
        let (size, values) = (page.buffer.len(), page.num_values);
        Ok(CompressedDictPage::new(packed, Compression::Zstd, size, values, page.is_sorted))
    }

    fn data(&mut self, page: &DataPage, told: Option<ParquetStatistics>) -> PolarsResult<CompressedDataPage> {
        let bytes = page.buffer();
        let mut packed = self.zstd.compress(bytes)?;
        if packed.len() * 100 > bytes.len() * PAYS {
            packed = self.fast.compress(bytes)?;
        }
        let mut header = page.header().clone();
        match &mut header {
            DataPageHeader::V1(header) => header.statistics = told,
            DataPageHeader::V2(header) => header.statistics = told,
        }
        let rows = page.num_rows().unwrap_or(page.num_values());
        let packed = CowBuffer::Owned(packed);
        Ok(CompressedDataPage::new(header, packed, Compression::Zstd, bytes.len(), page.descriptor.clone(), rows))
    }
}

fn statistics(header: &DataPageHeader) -> Option<&ParquetStatistics> {
    match header {
        DataPageHeader::V1(header) => header.statistics.as_ref(),
        DataPageHeader::V2(header) => header.statistics.as_ref(),
    }
}

fn is_text(page: &DataPage) -> bool {
    page.descriptor.primitive_type.physical_type == ParquetPhysicalType::ByteArray
}

/// Lets the first page tell of all of them: bounds of texts are as long as texts, and only those of the column are asked.
fn tell_at_once(told: &mut [Option<ParquetStatistics>]) {
    let Some((Some(first), rest)) = told.split_first_mut() else { return };
    for page in rest {
        let Some(mut page) = page.take() else { continue };
        // A page of nulls has no bounds.
        first.min_value = first.min_value.take().into_iter().chain(page.min_value.take()).min();
        first.max_value = first.max_value.take().max(page.max_value.take());
        first.null_count = first.null_count.zip(page.null_count).map(|(mine, other)| mine + other);
    }
    first.distinct_count = None;
}

/// The bytes of packed pages of rows.
fn size(columns: &[Vec<CompressedPage>]) -> usize {
    let of_page = |page: &CompressedPage| match page {
        CompressedPage::Data(page) => page.compressed_size(),
        CompressedPage::Dict(_) => 0,
    };
    columns.iter().flatten().map(of_page).sum()
}

/// The rows of a page that names entries of a dictionary: more of them where its entries are few and their numbers small.
fn coded_rows(array: &dyn Array) -> usize {
    let sample = array.sliced(0, SAMPLE.min(array.len()));
    let bits = usize::BITS - estimate_cardinality(&*sample).leading_zeros();
    let (least, most) = CODED_ROWS;
    (8 * CODED_PAGE / bits.max(1) as usize).clamp(least, most)
}

/// Whether these are whole numbers of 64 bits, or times. The differences of smaller ones may be larger than they are, which
/// not every reader takes.
fn is_long(array: &dyn Array) -> bool {
    array.as_any().is::<PrimitiveArray<i64>>()
}

/// Whether these are numbers of 64 bits, or times, in ascending order, and not always the same.
fn is_sorted(array: &dyn Array) -> bool {
    let Some(numbers) = array.as_any().downcast_ref::<PrimitiveArray<i64>>() else { return false };
    let values = numbers.values();
    numbers.null_count() == 0 && values.first() < values.last() && values.is_sorted()
}

/// Whether texts are long and mostly distinct.
fn hardly_repeats(array: &dyn Array) -> bool {
    let Some(texts) = array.as_any().downcast_ref::<Utf8ViewArray>() else { return false };
    texts.total_bytes_len() > LONG * texts.len() && estimate_cardinality(array) as f64 > DISTINCT * texts.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{Column, ParquetReader, SerReader};

    #[test]
    fn texts_that_hardly_repeat_have_no_dictionary_and_all_come_back() {
        let rows = 5000;
        let texts = |f: &dyn Fn(usize) -> String| (0..rows).map(f).collect::<Vec<String>>();
        let mut frame = DataFrame::new(
            rows,
            vec![
                Column::new("Distinct".into(), texts(&|n| format!("c:\\users\\someone\\{n}.exe"))),
                Column::new("Repeated".into(), texts(&|n| format!("c:\\windows\\system32\\{}.exe", n % 40))),
                Column::new("Short".into(), texts(&|n| n.to_string())),
                Column::new("Number".into(), (0..rows as i64).map(|n| (n % 3 > 0).then_some(n)).collect::<Vec<_>>()),
                Column::new("Empty".into(), vec![""; rows]),
            ],
        )
        .unwrap();
        let mut bytes = Vec::new();
        let mut file = RowGroups::begin(&mut bytes, frame.schema()).unwrap();
        file.write(&mut frame).unwrap();
        file.write(&mut frame.head(Some(7))).unwrap();
        file.write(&mut frame.head(Some(0))).unwrap();
        file.finish().unwrap();
        let mut reader = ParquetReader::new(std::io::Cursor::new(bytes));
        let groups = &reader.get_metadata().unwrap().row_groups;
        assert_eq!(groups.iter().map(|group| group.num_rows()).collect::<Vec<_>>(), [rows, 7]);
        let has_dictionary = |name: &str| {
            let mut chunks = groups[0].columns_under_root_iter(name).unwrap();
            chunks.next().unwrap().dictionary_page_offset().is_some()
        };
        assert!(!has_dictionary("Distinct") && has_dictionary("Repeated"));
        let all = reader.finish().unwrap();
        assert!(all.head(Some(rows)).equals_missing(&frame));
        assert!(all.tail(Some(7)).equals_missing(&frame.head(Some(7))));
    }

    #[test]
    fn nulls_are_counted_once_however_many_the_rows() {
        let rows = 120_000;
        let half: Vec<Option<i64>> = (0..rows as i64).map(|n| (n % 2 == 0).then_some(n % 1000)).collect();
        let texts: Vec<Option<String>> = half.iter().map(|n| n.map(|n| format!("{{\"n\":{n}}}"))).collect();
        let columns = vec![Column::new("Number".into(), half), Column::new("Json".into(), texts)];
        let mut frame = DataFrame::new(rows, columns).unwrap();
        let mut bytes = Vec::new();
        let mut file = RowGroups::begin(&mut bytes, frame.schema()).unwrap();
        file.write(&mut frame).unwrap();
        file.finish().unwrap();
        let mut reader = ParquetReader::new(std::io::Cursor::new(bytes));
        let metadata = reader.get_metadata().unwrap();
        for name in ["Number", "Json"] {
            let chunk = metadata.row_groups[0].columns_under_root_iter(name).unwrap().next().unwrap();
            let statistics = chunk.statistics(&metadata.footer_buf).unwrap().unwrap();
            assert_eq!(statistics.null_count(), Some(rows as i64 / 2), "{name}");
        }
    }
}
