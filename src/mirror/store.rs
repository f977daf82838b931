//! The store as a catalog.
//!
//! In: the mirror's folder. Out: tables, by name, with the list of their files; saved functions and watchlists from the
//! files beside them. Only manifests are read, each when its table is first named, and then kept: a run sees one state of
//! a table. Never writes.

use super::manifest::{self, Manifest};
use super::transaction;
use crate::catalog::{Catalog, DataFile, FileLayout, SavedFunction, Shelf, Table, TableSource, Watchlist, device};
use crate::diagnostic::{Code, Diagnostic};
use crate::value::{Schema, Type};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The tables of a mirror. All documented tables exist; those without files have no rows.
#[derive(Debug)]
pub struct Mirror {
    dir: PathBuf,
    tables: Mutex<HashMap<String, Arc<Table>>>,
    shelf: Shelf,
}

impl Mirror {
    /// Opens a mirror. A folder that is not there yet is an empty mirror; it is made by the first import.
    ///
    /// # Errors
    /// When the path is no folder.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Mirror, Diagnostic> {
        let dir = dir.into();
        if dir.exists() && !dir.is_dir() {
            let text = format!("`{}` is a file, and a mirror is a folder", dir.display());
            return Err(Diagnostic::general(Code::CannotRead, text));
        }
        Ok(Mirror { shelf: Shelf::new(&dir), dir, tables: Mutex::default() })
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The manifest of a table; none when nothing was imported.
    pub(super) fn manifest(&self, table: &str) -> Result<Option<Manifest>, Diagnostic> {
        transaction::read_manifest(&self.dir, table)
    }

    /// The tables that have files.
    pub(super) fn stored(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let names = entries.filter_map(|e| e.file_name().into_string().ok());
        names.filter(|name| is_table_name(name) && self.dir.join(name).join(manifest::FILE_NAME).exists()).collect()
    }

    fn load(&self, name: &str) -> Result<Option<Table>, Diagnostic> {
        let manifest = if is_table_name(name) { self.manifest(name)? } else { None };
        if manifest.is_none() && device::known_table(name).is_none() {
            return Ok(None);
        }
        let manifest = manifest.unwrap_or_default();
        let schema = manifest.schema(name);
        let contents = manifest.layouts.iter().map(|l| manifest.contents(name, l).map(Arc::new));
        let contents: Vec<_> = contents.collect::<Result<_, _>>()?;
        let folder = self.dir.join(name);
        let files = manifest.files.iter().map(|part| DataFile {
            path: folder.join(&part.path),
            rows: Some(part.rows),
            time_range: part.range,
            contents: contents.get(part.layout).cloned(),
        });
        let source = TableSource::Files { files: files.collect(), layout: FileLayout::Mirror };
        Ok(Some(Table { name: name.into(), time_column: time_column(name, &schema), schema, source }))
    }
}

/// The folder of refused rows.
pub const REJECTS: &str = "rejects";

/// A name that may be a table's folder.
pub fn is_table_name(name: &str) -> bool {
    if name == REJECTS {
        return false;
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(fits) && name.len() <= 120
}

/// The time column of a table: as documented, else by name.
pub fn time_column(table: &str, schema: &Schema) -> Option<Arc<str>> {
    match device::known_table(table) {
        Some(known) => known.time_column.map(Into::into),
        None => {
            let is_time = |name: &&str| schema.field(name).is_some_and(|f| f.ty == Type::Datetime);
            super::ingest::TIMES.iter().copied().find(is_time).map(Into::into)
        }
    }
}

impl Catalog for Mirror {
    fn table(&self, name: &str) -> Result<Option<Arc<Table>>, Diagnostic> {
        let current = device::resolve_alias(name).unwrap_or(name);
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = tables.get(current) {
            return Ok(Some(table.clone()));
        }
        let Some(table) = self.load(current)?.map(Arc::new) else { return Ok(None) };
        tables.insert(current.to_owned(), table.clone());
        Ok(Some(table))
    }

    fn names(&self) -> Vec<Arc<str>> {
        let mut names = self.stored();
        names.extend(device::TABLES.iter().map(|t| t.name.to_owned()));
        names.into_iter().map(Into::into).collect()
    }

    fn column_alias(&self, table: &str, column: &str) -> Option<Arc<str>> {
        device::column_alias(device::resolve_alias(table).unwrap_or(table), column).map(Into::into)
    }

    fn function(&self, name: &str) -> Result<Option<Arc<SavedFunction>>, Diagnostic> {
        self.shelf.function(name)
    }

    fn function_names(&self) -> Vec<Arc<str>> {
        self.shelf.function_names()
    }

    fn watchlist(&self, alias: &str) -> Result<Option<Arc<Watchlist>>, Diagnostic> {
        self.shelf.watchlist(alias)
    }

    fn watchlist_aliases(&self) -> Vec<Arc<str>> {
        self.shelf.watchlist_aliases()
    }

    fn shelf(&self) -> Option<PathBuf> {
        Some(self.dir.clone())
    }
}

/// What the mirror holds of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableStatus {
    /// The table.
    pub table: String,
    /// Rows.
    pub rows: u64,
    /// Files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// Ticks of the first event.
    pub first: Option<i64>,
    /// Ticks of the last event.
    pub last: Option<i64>,
    /// Imports that brought rows.
    pub imports: u64,
    /// Rows that were refused.
    pub rejects: u64,
    /// Rows that came again and were dropped.
    pub duplicates: u64,
    /// Rows by hour of the event, by the ticks of the hour's start.
    #[serde(skip)]
    pub hours: BTreeMap<i64, u64>,
    /// Ticks of the last pull.
    pub last_pull: Option<i64>,
    /// Why the last pull ended without its rows.
    pub last_pull_error: Option<String>,
}

/// What the mirror holds, a line for each table with files.
///
/// # Errors
/// When a manifest is damaged.
pub fn status(mirror: &Mirror) -> Result<Vec<TableStatus>, Diagnostic> {
    let mut all = Vec::new();
    for table in mirror.stored() {
        let Some(manifest) = mirror.manifest(&table)? else { continue };
        let ranges = || manifest.files.iter().filter_map(|f| f.range);
        all.push(TableStatus {
            rows: manifest.files.iter().map(|f| f.rows).sum(),
            files: manifest.files.len() as u64,
            bytes: manifest.files.iter().map(|f| f.bytes).sum(),
            first: ranges().map(|r| r.0).min(),
            last: ranges().map(|r| r.1).max(),
            imports: manifest.imports,
            rejects: manifest.rejects,
            duplicates: 0,
            hours: BTreeMap::new(),
            last_pull: None,
            last_pull_error: None,
            table,
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_tables_are_there_before_any_import() {
        let mirror = Mirror::open("/nowhere/at/all").unwrap();
        let table = mirror.table("MiscEvents").unwrap().unwrap();
        assert_eq!(&*table.name, "DeviceEvents");
        assert!(matches!(&table.source, TableSource::Files { files, .. } if files.is_empty()));
        assert!(mirror.table("../etc").unwrap().is_none());
        assert!(mirror.names().len() >= 150);
        assert_eq!(status(&mirror).unwrap(), []);
    }
}
