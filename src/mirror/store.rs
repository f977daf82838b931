//! The store as a catalog.
//!
//! In: the mirror's folder. Out: tables, by name, with the list of their files; saved functions and watchlists from the
//! files beside them. Only logs are read, each when its table is first named, and then kept: a run sees one version of
//! a table, and its files stay as long as the run. Never writes.

use super::delta::{self, At, Columns, Part, Snapshot};
use super::lock::ReadLock;
use crate::catalog::{
    Catalog, DataFile, FileContents, FileLayout, SavedFunction, Shelf, Table, TableSource, Watchlist, device,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::value::{Schema, Type};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The tables of a mirror. All documented tables exist; those without files have no rows.
#[derive(Debug)]
pub struct Mirror {
    dir: PathBuf,
    at: At,
    tables: Mutex<HashMap<String, Arc<Table>>>,
    shelf: Shelf,
    /// From the first table that is named until the end: no file disappears that it names.
    share: OnceLock<ReadLock>,
}

impl Mirror {
    /// Opens a mirror. A folder that is not there yet is an empty mirror; it is made by the first import.
    ///
    /// # Errors
    /// When the path is no folder.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Mirror, Diagnostic> {
        Mirror::open_at(dir, At::Latest)
    }

    /// Opens a mirror as it was.
    ///
    /// # Errors
    /// When the path is no folder.
    pub fn open_at(dir: impl Into<PathBuf>, at: At) -> Result<Mirror, Diagnostic> {
        let dir = dir.into();
        if dir.exists() && !dir.is_dir() {
            let text = format!("`{}` is a file, and a mirror is a folder", dir.display());
            return Err(Diagnostic::general(Code::CannotRead, text));
        }
        if !is_plain(&dir) {
            let text = format!(
                "`{}` cannot be the path of a mirror: it has a backslash, or `%` with two digits",
                dir.display()
            );
            return Err(Diagnostic::general(Code::CannotRead, text).with_help("logs of tables cannot name such a path"));
        }
        Ok(Mirror { shelf: Shelf::new(&dir), dir, at, tables: Mutex::default(), share: OnceLock::new() })
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A table's folder.
    pub(super) fn folder(&self, table: &str) -> PathBuf {
        self.dir.join(table)
    }

    /// What is stored of a table; none when nothing was imported.
    pub(super) fn snapshot(&self, table: &str) -> Result<Option<Snapshot>, Diagnostic> {
        let folder = self.folder(table);
        refuse_old(&folder, table)?;
        Snapshot::read(&folder, self.at)
    }

    /// The tables that are stored.
    pub(super) fn stored(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let names = entries.filter_map(|e| e.file_name().into_string().ok());
        names.filter(|name| is_table_name(name) && delta::is_table(&self.folder(name))).collect()
    }

    fn load(&self, name: &str) -> Result<Option<Table>, Diagnostic> {
        let valid = is_table_name(name);
        if valid && self.folder(name).exists() {
            self.share.get_or_init(|| ReadLock::share(&self.dir));
        }
        let recalled = if valid && self.at == At::Latest { delta::recall(&self.folder(name)) } else { None };
        let snapshot = match recalled {
            None if valid => self.snapshot(name)?,
            recalled => recalled,
        };
        let there = snapshot.is_some() || (valid && delta::is_table(&self.folder(name)));
        if !there && device::known_table(name).is_none() {
            return Ok(None);
        }
        let (columns, parts) = match snapshot {
            Some(snapshot) => (snapshot.columns, snapshot.parts),
            // It was not there yet: its columns are known, its rows are none.
            None if there => {
                (Snapshot::read(&self.folder(name), At::Latest)?.map(|s| s.columns).unwrap_or_default(), vec![])
            }
            None => Default::default(),
        };
        let schema = schema_of(name, &columns)?;
        let time_column = time_column(name, &schema);
        let folder = self.folder(name);
        if self.at != At::Latest {
            still_there(name, &folder, &parts)?;
        }
        let mut contents: Vec<(&Part, Arc<FileContents>)> = Vec::new();
        let mut files = Vec::with_capacity(parts.len());
        for part in &parts {
            let alike = |other: &Part| match (&part.own, &other.own) {
                (Some(a), Some(b)) => a.columns == b.columns && a.ticks == b.ticks,
                _ => false,
            };
            let known = contents.iter().find(|(other, _)| alike(other)).map(|(_, contents)| contents.clone());
            let known = known.or_else(|| {
                let fresh = Arc::new(contents_of(&schema, &columns, part)?);
                contents.push((part, fresh.clone()));
                Some(fresh)
            });
            let (path, rows) = (folder.join(&part.path), Some(part.rows));
            let digest = part.own.as_ref().map(|own| own.digest);
            // A file that was written before the time column was there tells the times of another one.
            let lacks =
                |contents: &Arc<FileContents>| contents.missing.iter().any(|name| time_column.as_ref() == Some(name));
            let timed = !known.as_ref().is_some_and(lacks);
            let time_range = part.range().filter(|_| timed);
            let hours = part.own.as_ref().filter(|_| timed).map(|own| Arc::new(own.hours.clone()));
            files.push(DataFile { path, rows, time_range, digest, hours, contents: known });
        }
        let source = TableSource::Files { files, layout: FileLayout::Mirror, renamed: Arc::new(columns.renamed()) };
        Ok(Some(Table { name: name.into(), time_column, schema, source }))
    }
}

/// Whether a path stays the same as an address and back.
fn is_plain(dir: &Path) -> bool {
    let text = dir.to_string_lossy();
    let decoded = percent_encoding::percent_decode_str(&text).decode_utf8();
    (cfg!(windows) || !text.contains('\\')) && decoded.is_ok_and(|decoded| decoded == text)
}

/// The columns of a table: the documented ones, then the others.
///
/// # Errors
/// When a column has another type in the files than it is documented with now.
pub fn schema_of(table: &str, columns: &Columns) -> Result<Schema, Diagnostic> {
    let documented = device::known_table(table).map(device::KnownTable::schema).unwrap_or_default();
    let mut extra = Vec::new();
    for field in columns.fields() {
        match documented.field(&field.name) {
            None => extra.push(field),
            Some(now) if now.ty == field.ty => {}
            Some(now) => {
                let (name, ty, now) = (&field.name, field.ty, now.ty);
                let text = format!("column `{name}` of `{table}` is kept as {ty} and is {now} in this version");
                return Err(Diagnostic::general(Code::StoreDamaged, text).with_help("import the table again"));
            }
        }
    }
    Ok(Schema::new(documented.fields().iter().cloned().chain(extra)))
}

/// What a file lacks of a table's columns; none when another program wrote it.
fn contents_of(schema: &Schema, columns: &Columns, part: &Part) -> Option<FileContents> {
    let own = part.own.as_ref()?;
    let has = |name: &str| columns.0.iter().take(own.columns).any(|c| &*c.name == name);
    let missing = schema.names().filter(|name| !has(name)).map(Into::into).collect();
    Some(FileContents { missing, ticks: own.ticks.clone() })
}

/// Files of an old version may have been removed since.
fn still_there(table: &str, folder: &Path, parts: &[Part]) -> Result<(), Diagnostic> {
    let gone = parts.iter().filter(|part| !folder.join(&part.path).exists()).count();
    if gone == 0 {
        return Ok(());
    }
    let text = format!("`{table}` as it was then is no longer whole: {gone} of its {} files were removed", parts.len());
    Err(Diagnostic::general(Code::NoVersion, text)
        .with_help("`mirror retain` removes days for good, `mirror compact` what is older than mirror.history"))
}

/// Earlier versions of huntline kept a list of files of their own.
pub(super) fn refuse_old(folder: &Path, table: &str) -> Result<(), Diagnostic> {
    if !folder.join("manifest.json").exists() || delta::is_table(folder) {
        return Ok(());
    }
    let text =
        format!("`{table}` was written by an earlier version of huntline, in a form that this one does not read");
    Err(Diagnostic::general(Code::StoreDamaged, text)
        .with_help("import the files into a new mirror; those of the old one are parquet: `huntline import OLD/TABLE`"))
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
        names.extend(device::names().map(str::to_owned));
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
    }
}
