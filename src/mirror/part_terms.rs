//! The term filters of data files: made as the rows are written, and again where they are gone.
//!
//! In: the rows of a row group. Out: the sidecar of the file, beside it in the table's folder. A sidecar that cannot be written
//! costs queries time, nothing else; so it fails no import.

use super::delta::Part;
use super::frame::readable;
use super::part_file::{Renamed, read_part};
use super::terms::{RowGroupFilter, Sidecar, SidecarBuilder, sidecar_path};
use crate::value::{Schema, Type};
use polars::prelude::{DataFrame, PolarsResult, StringChunked};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// The filters of the text columns of a row group, by the names of the file. A guid, a decimal or JSON is no text.
pub fn filters(rows: &DataFrame, schema: &Schema, renamed: &Renamed) -> Vec<(String, RowGroupFilter)> {
    let texts = schema.fields().iter().filter(|field| field.ty == Type::String);
    let stored = texts.map(|field| renamed.get(&field.name).unwrap_or(&field.name));
    let columns: Vec<(&str, &StringChunked)> =
        stored.filter_map(|name| Some((&**name, rows.column(name).ok()?.str().ok()?))).collect();
    let filters =
        columns.into_par_iter().filter_map(|(name, texts)| Some((name.to_owned(), RowGroupFilter::of(texts.iter())?)));
    filters.collect()
}

/// Writes the sidecar of a data file.
pub fn write(data_file: &Path, filters: &SidecarBuilder, digest: u64, rows: u64) {
    let Some(path) = sidecar_path(data_file) else { return };
    let bytes = filters.finish(digest, rows);
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = readable(tempfile::Builder::new().prefix(".writing-")).tempfile_in(folder)?;
        file.write_all(&bytes)?;
        file.persist(&path).map_err(|e| e.error)?;
        Ok::<(), std::io::Error>(())
    };
    drop(write());
}

/// Whether a data file has its sidecar, it can be used, and nothing is missing in it.
pub fn is_there(data_file: &Path, part: &Part) -> bool {
    let digest = part.own.as_ref().map(|own| own.digest);
    let sidecar =
        digest.zip(sidecar_path(data_file)).and_then(|(digest, path)| Sidecar::open(&path, digest, part.rows));
    sidecar.is_some_and(|sidecar| sidecar.is_complete())
}

/// Makes the sidecar of a data file anew; not of one that is no longer what was written.
///
/// # Errors
/// When the file cannot be read.
pub fn rebuild(data_file: &Path, part: &Part, schema: &Schema, renamed: &Renamed) -> PolarsResult<()> {
    let Some(own) = &part.own else { return Ok(()) };
    if super::verify::digest(&mut File::open(data_file)?)? != (part.bytes, own.digest) {
        return Ok(());
    }
    let mut sidecar = SidecarBuilder::default();
    let mut from = 0;
    for rows in super::frame::row_groups(data_file)? {
        // Under the names of the file.
        let group = read_part(data_file, &Renamed::new(), None, Some((from, rows)))?;
        sidecar.row_group(filters(&group, schema, renamed));
        from += rows;
    }
    if from as u64 == part.rows {
        write(data_file, &sidecar, own.digest, part.rows);
    }
    Ok(())
}
