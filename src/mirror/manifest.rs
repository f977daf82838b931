//! The list of a table's files.
//!
//! In and out: `manifest.json` in the table's folder. It holds all that a query must know before it opens a file: rows,
//! bytes, time range, columns. Files that no manifest names do not exist.

use crate::catalog::FileContents;
use crate::catalog::device;
use crate::diagnostic::{Code, Diagnostic};
use crate::value::{Field, Schema};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// The form of manifests that this version writes and reads.
const VERSION: u32 = 1;

/// Name of the file.
pub const FILE_NAME: &str = "manifest.json";

/// What the store knows of one table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    version: u32,
    /// Columns beyond the documented ones, in the order in which they were met.
    pub extra: Vec<Field>,
    /// Which columns files have; most files share one layout.
    pub layouts: Vec<Layout>,
    /// The files.
    pub files: Vec<Part>,
    /// Imports that brought rows.
    pub imports: u64,
    /// Rows that were refused.
    pub rejects: u64,
}

/// The columns of some files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Names and types.
    pub columns: Schema,
    /// Datetimes with a companion column.
    pub ticks: Vec<Arc<str>>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Where, from the table's folder.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Size.
    pub bytes: u64,
    /// Ticks of the first and last row.
    pub range: Option<(i64, i64)>,
    /// Number of its layout.
    pub layout: usize,
}

impl Default for Manifest {
    fn default() -> Self {
        Manifest { version: VERSION, extra: vec![], layouts: vec![], files: vec![], imports: 0, rejects: 0 }
    }
}

impl Manifest {
    /// Reads a manifest; none when there is no such file.
    ///
    /// # Errors
    /// When it is there but cannot be used.
    pub fn read(path: &Path) -> Result<Option<Manifest>, Diagnostic> {
        let damaged = |why: String| {
            Diagnostic::general(Code::StoreDamaged, format!("`{}` cannot be used: {why}", path.display()))
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(damaged(e.to_string())),
        };
        let manifest: Manifest = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        match manifest.version {
            VERSION => Ok(Some(manifest)),
            other => Err(damaged(format!("it has form {other}, and this version of huntline reads form {VERSION}"))),
        }
    }

    /// The columns of the table: the documented ones, then the others.
    pub fn schema(&self, table: &str) -> Schema {
        let documented = device::known_table(table).map(device::KnownTable::schema).unwrap_or_default();
        Schema::new(documented.fields().iter().chain(&self.extra).cloned())
    }

    /// The number of a layout, new or not.
    pub fn layout(&mut self, layout: Layout) -> usize {
        match self.layouts.iter().position(|l| *l == layout) {
            Some(at) => at,
            None => {
                self.layouts.push(layout);
                self.layouts.len() - 1
            }
        }
    }

    /// What the files of a layout lack of the table's columns.
    ///
    /// # Errors
    /// When a column has another type in the files than it is documented with now.
    pub fn contents(&self, table: &str, layout: &Layout) -> Result<FileContents, Diagnostic> {
        let schema = self.schema(table);
        for field in layout.columns.fields() {
            if let Some(now) = schema.field(&field.name).filter(|now| now.ty != field.ty) {
                let text = format!(
                    "column `{}` of `{table}` is kept as {} and is {} in this version",
                    field.name, field.ty, now.ty
                );
                return Err(Diagnostic::general(Code::StoreDamaged, text).with_help("import the table again"));
            }
        }
        let missing = schema.fields().iter().filter(|f| layout.columns.field(&f.name).is_none());
        Ok(FileContents { missing: missing.map(|f| f.name.clone()).collect(), ticks: layout.ticks.clone() })
    }
}
