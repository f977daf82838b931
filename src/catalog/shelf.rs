//! Saved functions and watchlists as files beside the tables.
//!
//! In: a folder with `functions/NAME.kql` and `watchlists/ALIAS.csv`. Out: the function or watchlist of a name. The folders
//! are listed once; a file is read when it is first named, and then kept. Never writes.

use super::{SavedFunction, Watchlist};
use crate::diagnostic::{Code, Diagnostic};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The folder of saved functions, and the ending of their files.
pub const FUNCTIONS: (&str, &str) = ("functions", "kql");

/// The folder of watchlists, and the ending of their files.
pub const WATCHLISTS: (&str, &str) = ("watchlists", "csv");

/// What was read of one kind of file, by its name.
type Kept<T> = Mutex<HashMap<String, Arc<T>>>;

/// The files of one folder.
#[derive(Debug)]
pub struct Shelf {
    dir: PathBuf,
    functions: Kept<SavedFunction>,
    watchlists: Kept<Watchlist>,
    function_files: OnceLock<Vec<Arc<str>>>,
    watchlist_files: OnceLock<Vec<Arc<str>>>,
}

impl Shelf {
    /// Looks for files below a folder, which need not be there.
    pub fn new(dir: impl Into<PathBuf>) -> Shelf {
        Shelf {
            dir: dir.into(),
            functions: Kept::default(),
            watchlists: Kept::default(),
            function_files: OnceLock::new(),
            watchlist_files: OnceLock::new(),
        }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The function of that name.
    ///
    /// # Errors
    /// When its file cannot be read or is no UTF-8 text.
    pub fn function(&self, name: &str) -> Result<Option<Arc<SavedFunction>>, Diagnostic> {
        if !has(&self.function_names(), name) {
            return Ok(None);
        }
        kept(&self.functions, name, || {
            let path = self.file(FUNCTIONS, name);
            let text = read(&path)?;
            Ok(SavedFunction { name: name.into(), place: path.display().to_string(), text })
        })
        .map(Some)
    }

    /// The names of all functions, sorted.
    pub fn function_names(&self) -> Vec<Arc<str>> {
        self.function_files.get_or_init(|| listed(&self.dir, FUNCTIONS)).clone()
    }

    /// The watchlist of that alias; aliases ignore case, as Sentinel's do.
    ///
    /// # Errors
    /// When its file cannot be read as CSV with a header.
    pub fn watchlist(&self, alias: &str) -> Result<Option<Arc<Watchlist>>, Diagnostic> {
        let aliases = self.watchlist_aliases();
        let Some(alias) = aliases.iter().find(|a| a.eq_ignore_ascii_case(alias)) else { return Ok(None) };
        kept(&self.watchlists, alias, || {
            let path = self.file(WATCHLISTS, alias);
            let text = read(&path)?;
            let changed = std::fs::metadata(&path).and_then(|m| m.modified()).ok();
            Watchlist::read(alias, &text, changed).map_err(|why| cannot_read(&path, &why))
        })
        .map(Some)
    }

    /// The aliases of all watchlists, sorted.
    pub fn watchlist_aliases(&self) -> Vec<Arc<str>> {
        self.watchlist_files.get_or_init(|| listed(&self.dir, WATCHLISTS)).clone()
    }

    /// The file of that name. Its ending may be written in any case.
    fn file(&self, kind: (&str, &str), name: &str) -> PathBuf {
        let (folder, ending) = kind;
        let plain = self.dir.join(folder).join(format!("{name}.{ending}"));
        if plain.is_file() {
            return plain;
        }
        files(&self.dir, kind).find(|path| path.file_stem().is_some_and(|stem| stem == name)).unwrap_or(plain)
    }
}

fn has(names: &[Arc<str>], name: &str) -> bool {
    names.binary_search_by(|n| (**n).cmp(name)).is_ok()
}

/// What was read before, or is read now.
fn kept<T>(all: &Kept<T>, name: &str, make: impl FnOnce() -> Result<T, Diagnostic>) -> Result<Arc<T>, Diagnostic> {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = all.get(name) {
        return Ok(found.clone());
    }
    let made = Arc::new(make()?);
    all.insert(name.to_owned(), made.clone());
    Ok(made)
}

/// The names of the files in a folder that have the ending, sorted.
fn listed(dir: &Path, kind: (&str, &str)) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> =
        files(dir, kind).filter_map(|path| Some(path.file_stem()?.to_str()?.into())).collect();
    names.sort();
    names.dedup();
    names
}

/// The files in a folder that have the ending, in any case; no folders.
fn files(dir: &Path, (folder, ending): (&str, &str)) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(dir.join(folder)).into_iter().flatten().flatten();
    let fits = move |path: &PathBuf| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending)) && path.is_file();
    entries.map(|e| e.path()).filter(fits)
}

fn read(path: &Path) -> Result<String, Diagnostic> {
    let bytes = std::fs::read(path).map_err(|e| cannot_read(path, &e.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| cannot_read(path, "it is not UTF-8 text"))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn cannot_read(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::general(Code::CannotRead, format!("`{}` cannot be read: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(dir.path());
        assert_eq!(shelf.function("Mine").unwrap(), None);
        std::fs::create_dir(dir.path().join("functions")).unwrap();
        std::fs::create_dir(dir.path().join("watchlists")).unwrap();
        std::fs::write(dir.path().join("functions/Mine.kql"), "\u{feff}print 1").unwrap();
        std::fs::write(dir.path().join("functions/notes.txt"), "print 1").unwrap();
        std::fs::write(dir.path().join("functions/Loud.KQL"), "print 2").unwrap();
        std::fs::create_dir(dir.path().join("functions/Folder.kql")).unwrap();
        std::fs::write(dir.path().join("watchlists/Vips.csv"), "Name\nx\n").unwrap();
        let shelf = Shelf::new(dir.path());
        assert_eq!(shelf.function_names(), ["Loud".into(), "Mine".into()]);
        assert_eq!(shelf.function("Loud").unwrap().unwrap().text, "print 2", "endings in any case");
        assert_eq!(shelf.function("Mine").unwrap().unwrap().text, "print 1");
        assert_eq!(shelf.function("mine").unwrap(), None, "names are case-sensitive");
        assert_eq!(&*shelf.watchlist("VIPS").unwrap().unwrap().alias, "Vips");
        assert!(shelf.function("../functions/Mine").unwrap().is_none());
    }
}
