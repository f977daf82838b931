//! Row groups of parquet files: how each column is encoded, and all of them packed on all cores.
//!
//! In: the rows of a row group. Out: its pages, in the file. Texts that repeat are written once, in a dictionary, and a
//! query asks it instead of the rows. Long texts that hardly repeat are written as they are, in small pages, so that a query
//! that wants a few rows unpacks these only and no dictionary.

use polars::io::parquet::write::{BatchedWriter, get_encodings};
use polars::polars_compute::cardinality::estimate_cardinality;
use polars::prelude::{
    CompatLevel, DataFrame, ParquetCompression, ParquetWriter, PolarsError, PolarsResult, Schema, SchemaExt,
    StatisticsOptions,
};
use polars_arrow::array::{Array, Utf8ViewArray};
use polars_parquet::write::{
    CompressedPage, CompressionOptions, Encoding, ParquetType, Version, WriteOptions, array_to_columns, compress,
};
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::io::Write;

/// Bytes of a page before it is packed.
const PAGE: usize = 256 << 10;

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
            .with_statistics(StatisticsOptions::full())
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
    let plain = [Encoding::Plain];
    let encodings = if hardly_repeats(array) { &plain } else { encodings };
    // Each page of a column with a dictionary counts the nulls of all of them, and the counts are added up: one page then.
    let one_page = array.null_count() > 0 && encodings != plain;
    let options = WriteOptions {
        statistics: StatisticsOptions::full(),
        compression: CompressionOptions::Zstd(None),
        version: Version::V1,
        data_page_size: Some(if one_page { PAGE.max(8 * array.len()) } else { PAGE }),
    };
    let packed = |page| compress(page, vec![], options.compression).map_err(PolarsError::from);
    let columns = array_to_columns(array.to_boxed(), ty.clone(), options, encodings)?;
    columns.into_iter().map(|pages| pages.map(|page| packed(page?)).collect()).collect()
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
