//! Which file made a query fail.
//!
//! In: a plan, and the error it ended with. Out: the error that names the file of the mirror that is lost or cut off, where
//! there is one. Files are looked at only after a failure.

use super::first_line;
use crate::catalog::{DataFile, FileLayout, TableSource};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Relation, RelationKind};
use ::polars::prelude::{ParquetReader, SerReader};
use std::fs::File;

/// The error, or a better one.
pub(super) fn explained(root: &Relation, error: Diagnostic) -> Diagnostic {
    if !matches!(error.code, Code::ExecutionFailed | Code::Bug | Code::CannotRead) {
        return error;
    }
    let mut waiting = vec![root];
    while let Some(relation) = waiting.pop() {
        waiting.extend(relation.inputs());
        let RelationKind::Scan { table, .. } = &relation.kind else { continue };
        let TableSource::Files { files, layout: FileLayout::Mirror, .. } = &table.source else { continue };
        if let Some((file, why)) = files.iter().find_map(|file| Some((file, fault(file)?))) {
            let text = format!("the file `{}` of `{}` is damaged: {why}", file.path.display(), table.name);
            return Diagnostic::error(Code::StoreDamaged, relation.span, text).with_help(
                "`huntline mirror verify` looks at every file, `--repair` lets the table go on without this one",
            );
        }
    }
    error
}

/// Why a file cannot be read; none when it can.
fn fault(file: &DataFile) -> Option<String> {
    let open = || File::open(&file.path).map_err(|e| e.to_string());
    let rows = open().and_then(|f| ParquetReader::new(f).num_rows().map_err(|e| e.to_string()));
    let read = rows.and_then(|rows| match file.rows {
        Some(wanted) if wanted != rows as u64 => Err(format!("it has {rows} rows and should have {wanted}")),
        _ => open().and_then(|f| ParquetReader::new(f).finish().map_err(|e| e.to_string())),
    });
    read.err().map(|why| first_line(&why))
}
