//! From what the user named to sources.
//!
//! In: paths, patterns and addresses. Out: sources in a fixed order: as they were named, and by name below each. Files of
//! lines are cut into pieces, archives into their members.

use super::address::Address;
use super::archive::{is_archive, members};
use super::glob;
use super::lines::{PIECE, pieces};
use super::object::Object;
use super::place::{Handle, Origin, Part, Place};
use super::remote::{Remote, RemoteOptions, Remotes};
use super::{SNIFFED, Source};
use crate::diagnostic::{Code, Diagnostic};
use crate::mirror::ingest::sniff;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How paths are expanded.
#[derive(Clone, Debug)]
pub struct Expand {
    /// Whether what is given was named by the user: then a file that cannot be read is an error, and so is a pattern that
    /// matches nothing.
    pub named: bool,
    /// What services are told: keys, accounts, endpoints.
    pub remote: RemoteOptions,
}

impl Default for Expand {
    fn default() -> Self {
        Expand { named: true, remote: RemoteOptions::default() }
    }
}

/// The sources that paths stand for: `-`, files, folders, patterns and addresses. Folders are walked in the order of names,
/// without hidden files.
///
/// # Errors
/// When a named path cannot be read, a named pattern matches nothing, or a service does not answer.
pub fn expand(paths: &[PathBuf], how: &Expand) -> Result<Vec<Source>, Diagnostic> {
    let mut sources = Vec::new();
    for found in find(paths, how)? {
        match found {
            Found::Stdin => {
                sources.push(Source { name: "<stdin>".into(), place: Place::Stdin, named: true, bytes: 0 });
            }
            Found::File(path, named) => {
                let name = path.display().to_string();
                cut(name, Origin::File(path), named, &mut sources)?;
            }
            Found::Object(object, named) => {
                cut(object.name(), Origin::Object(object), named, &mut sources)?;
            }
        }
    }
    // What is named twice is read once.
    let mut seen = BTreeSet::new();
    sources.retain(|source| source.identity(None).is_none_or(|identity| seen.insert(identity)));
    Ok(sources)
}

/// Something to read that was found, and whether the user named it.
pub enum Found {
    Stdin,
    File(PathBuf, bool),
    Object(Arc<Object>, bool),
}

/// Finds what paths stand for, without opening it.
pub fn find(paths: &[PathBuf], how: &Expand) -> Result<Vec<Found>, Diagnostic> {
    let mut remotes = Remotes::new(how.remote.clone());
    let mut all = Vec::new();
    for path in paths {
        match path.to_str().map(Address::parse).transpose()?.flatten() {
            _ if path.as_os_str() == "-" => all.push(Found::Stdin),
            None => local(path, how.named, &mut all)?,
            Some(Address::Local(path)) => local(&path, how.named, &mut all)?,
            Some(Address::Remote { service, root, key, query }) => {
                let remote = remotes.open(service, &root, query.as_deref())?;
                objects(&remote, &key, how.named, &mut all)?;
            }
        }
    }
    Ok(all)
}

fn local(path: &Path, named: bool, all: &mut Vec<Found>) -> Result<(), Diagnostic> {
    let text = path.to_string_lossy();
    if glob::is_pattern(&text) && !path.exists() {
        let found = glob::paths(&text)?;
        // Where somebody waits for files, there may be none yet.
        if found.is_empty() && named {
            return Err(glob::no_match(&text));
        }
        return found.iter().try_for_each(|path| walk(path, false, all));
    }
    walk(path, named, all)
}

fn walk(path: &Path, named: bool, all: &mut Vec<Found>) -> Result<(), Diagnostic> {
    let about = std::fs::metadata(path).map_err(|e| cannot_read(path.display(), &e))?;
    if !about.is_dir() {
        all.push(Found::File(path.to_owned(), named));
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(|e| cannot_read(path.display(), &e))?;
    let entries: Result<Vec<PathBuf>, _> = entries.map(|e| e.map(|e| e.path())).collect();
    let mut inside = entries.map_err(|e| cannot_read(path.display(), &e))?;
    inside.sort();
    let own = |name: &str| name.starts_with('.') || name == "_delta_log" || name == crate::mirror::layout::OWN;
    let hidden = |p: &Path| p.file_name().is_some_and(|n| own(&n.to_string_lossy()));
    inside.iter().filter(|p| !hidden(p)).try_for_each(|p| walk(p, false, all))
}

fn objects(remote: &Arc<Remote>, key: &str, named: bool, all: &mut Vec<Found>) -> Result<(), Diagnostic> {
    if glob::is_pattern(key) {
        let names = glob::Names::new(key)?;
        let mut found = remote.list(&glob::Names::fixed(key))?;
        found.retain(|object| names.matches(object.key()));
        if found.is_empty() && named {
            return Err(glob::no_match(&remote.name_of(key)));
        }
        all.extend(found.into_iter().map(|object| Found::Object(object, false)));
        return Ok(());
    }
    let found = remote.list(key)?;
    if found.is_empty() {
        all.push(Found::Object(remote.one(key)?, named));
    }
    all.extend(found.into_iter().map(|object| Found::Object(object, false)));
    Ok(())
}

/// The sources in one file or object.
fn cut(name: String, origin: Origin, named: bool, all: &mut Vec<Source>) -> Result<(), Diagnostic> {
    let broken = |e: std::io::Error| cannot_read(&name, &e);
    let handle = origin.open().map_err(broken)?;
    let bytes = handle.stamp().map_err(broken)?.bytes;
    // Objects that are one piece at most are not asked for now: there may be many, each a request. As a whole and as a
    // first piece they are known by the same name.
    let small = matches!(origin, Origin::Object(_)) && bytes <= PIECE && !name.to_ascii_lowercase().ends_with(".zip");
    if small {
        all.push(Source { name, place: Place::In(origin, Part::All), named, bytes });
        return Ok(());
    }
    let start = start_of(&handle, bytes).map_err(broken)?;
    if is_archive(&start) {
        for member in members(&handle).map_err(broken)? {
            let name = format!("{name}/{}", member.name);
            let bytes = member.bytes;
            let place = Place::In(origin.clone(), Part::Member(member));
            all.push(Source { name, place, named: false, bytes });
        }
        return Ok(());
    }
    if start.first() != Some(&b'{') || !sniff::is_lines(&start) {
        all.push(Source { name, place: Place::In(origin, Part::All), named, bytes });
        return Ok(());
    }
    all.extend(pieces(bytes, PIECE).map(|range| Source {
        name: name.clone(),
        bytes: range.end.min(bytes) - range.start,
        place: Place::In(origin.clone(), Part::Lines(range)),
        named,
    }));
    Ok(())
}

fn start_of(handle: &Handle, bytes: u64) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::new();
    handle.read(0..bytes.min(SNIFFED as u64))?.read_to_end(&mut start)?;
    Ok(start)
}

fn cannot_read(name: impl std::fmt::Display, e: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::general(Code::CannotRead, format!("`{name}` cannot be read: {e}"))
}
