//! Apache Parquet, in the form of the mirror's files: what is written here can be queried in place, and nothing is lost.

use super::View;
use crate::mirror;
use crate::value::Batch;
use std::io::{self, Write};

/// Writes one file. It is made beside the system's other temporary files first, since its end is written before its
/// length is known.
pub fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("result.parquet");
    let (schema, batches) = (&view.result.schema, &view.result.batches);
    let written = if view.rows < view.result.rows() {
        let rows = view.rows().map(|(columns, row)| columns.iter().map(|c| c.value(row)).collect());
        mirror::write_parquet(&path, schema, &[Batch::from_rows(schema, rows)])
    } else {
        mirror::write_parquet(&path, schema, batches)
    };
    written.map_err(|diagnostic| io::Error::other(diagnostic.message))?;
    io::copy(&mut std::fs::File::open(&path)?, out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::mirror;
    use crate::sink::{Format, Options, samples, write};

    #[test]
    fn every_value_comes_back() {
        let result = samples::every_type();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.parquet");
        for (limit, rows) in [(None, 2), (Some(1), 1)] {
            let mut file = std::fs::File::create(&path).unwrap();
            write(&result, Format::Parquet, &mut file, &Options { limit, ..Options::default() }).unwrap();
            let read = mirror::read_parquet(&path, &result.schema).unwrap();
            assert_eq!(read.rows, rows);
            assert_eq!(read.row(0), result.batches[0].row(0));
        }
    }
}
