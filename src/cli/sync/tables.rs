//! Incidents as tables: rows of the ledger's outbox into the mirror.

use crate::cli::context::{Context, Failure};
use crate::ledger::{Ledger, OutRow};
use crate::mirror::{self, ImportOptions, Mirror};
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

/// Rows that go into the mirror in one import.
const BATCH: usize = 20_000;

/// Brings every waiting row into the mirror; the number of rows. A batch that was brought before a crash has the same
/// content after it, and the mirror takes a file once.
pub fn export(context: &Context, ledger: &Ledger) -> Result<usize, Failure> {
    let mut rows = 0;
    while let Some(batch) = ledger.pending(BATCH)? {
        let dir = tempfile::tempdir()?;
        let mut tables: BTreeMap<&str, Vec<&OutRow>> = BTreeMap::new();
        for row in &batch.rows {
            tables.entry(row.table.as_str()).or_default().push(row);
        }
        let mirror = Mirror::open(&context.mirror)?;
        for (table, waiting) in tables {
            let path = dir.path().join(format!("{table}-{}.ndjson", batch.id.0));
            let mut file = BufWriter::new(std::fs::File::create(&path)?);
            for row in waiting {
                writeln!(file, "{}", row.row)?;
            }
            file.flush()?;
            drop(file);
            let options = ImportOptions { table: Some(table.to_owned()), strict: true, ..ImportOptions::default() };
            mirror::import(&mirror, &[path], &options, &mut |_| true)?;
        }
        rows += batch.rows.len();
        ledger.acknowledge(batch.id)?;
    }
    Ok(rows)
}
