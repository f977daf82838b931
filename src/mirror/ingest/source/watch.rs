//! Which files of a folder that another tool fills are to be imported now.
//!
//! In: what lay there at the last look and at this one. Out: what is due. A file is due when it differs from what was
//! imported of it and has been quiet from one look to the next; a file of lines also when it only grew, since the last line
//! that is not finished waits by itself.

use super::Expand;
use super::expand::{Found, find};
use super::place::{Origin, Stamp};
use crate::diagnostic::Diagnostic;
use crate::mirror::ingest::sniff;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::PathBuf;

/// A file or an object, as a look saw it.
#[derive(Clone, PartialEq)]
pub struct Seen {
    /// Its name: a path, or an address without its secrets.
    pub name: String,
    /// How it is given to [`expand`](super::expand()) to be imported; of an object with its signature, a secret.
    pub path: PathBuf,
    /// Its size, and what changes with every change of it.
    pub stamp: Stamp,
    /// Where it is.
    origin: Origin,
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("name", &self.name).field("stamp", &self.stamp).finish_non_exhaustive()
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Origin::File(a), Origin::File(b)) => a == b,
            (Origin::Object(a), Origin::Object(b)) => a.name() == b.name(),
            _ => false,
        }
    }
}

impl Seen {
    /// Whether it is a file of JSON lines as it is, neither packed nor a document.
    fn is_lines(&self) -> bool {
        let mut start = Vec::new();
        let read = self.origin.open().and_then(|handle| {
            let end = self.stamp.bytes.min(super::SNIFFED as u64);
            handle.read(0..end)?.read_to_end(&mut start)
        });
        read.is_ok() && start.first() == Some(&b'{') && sniff::is_lines(&start)
    }
}

/// What lies there, by name.
pub type Listing = BTreeMap<String, Seen>;

/// Looks at folders and addresses. A file that goes away meanwhile is not there.
///
/// # Errors
/// When a folder cannot be read, or a service does not answer.
pub fn list(roots: &[PathBuf], how: &Expand) -> Result<Listing, Diagnostic> {
    let mut listing = Listing::new();
    for found in find(roots, how)? {
        let (name, origin, path) = match found {
            Found::Stdin => continue,
            Found::File(path, _) => (path.display().to_string(), Origin::File(path.clone()), path),
            Found::Object(object, _) => (object.name(), Origin::Object(object.clone()), object.address().into()),
        };
        let stamp = match &origin {
            Origin::Object(object) => object.stamp().clone(),
            Origin::File(_) => match origin.open().and_then(|handle| handle.stamp()) {
                Ok(stamp) => stamp,
                Err(_) => continue,
            },
        };
        listing.insert(name.clone(), Seen { name, path, stamp, origin });
    }
    Ok(listing)
}

/// The looks so far.
#[derive(Debug, Default)]
pub struct Rounds {
    last: Listing,
    taken: BTreeMap<String, Stamp>,
}

impl Rounds {
    /// Takes a look, and says what is due, in the order of names.
    pub fn due(&mut self, now: Listing) -> Vec<Seen> {
        let due = now.iter().filter(|(name, seen)| self.is_due(name, seen)).map(|(_, seen)| seen.clone()).collect();
        self.taken.retain(|name, _| now.contains_key(name));
        self.last = now;
        due
    }

    fn is_due(&self, name: &str, seen: &Seen) -> bool {
        if seen.stamp.bytes == 0 || self.taken.get(name) == Some(&seen.stamp) {
            return false;
        }
        let Some(last) = self.last.get(name) else { return false };
        last.stamp == seen.stamp || (seen.stamp.bytes > last.stamp.bytes && seen.is_lines())
    }

    /// Notes that what was due is imported, as far as it went at that look.
    pub fn done(&mut self, due: &[Seen]) {
        self.taken.extend(due.iter().map(|seen| (seen.name.clone(), seen.stamp.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::path::Path;

    struct World {
        dir: tempfile::TempDir,
        rounds: Rounds,
    }

    impl World {
        fn append(&self, name: &str, text: &str) {
            let path = self.dir.path().join(name);
            std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .unwrap()
                .write_all(text.as_bytes())
                .unwrap();
        }

        fn look(&mut self) -> Vec<String> {
            let now = list(&[self.dir.path().to_owned()], &Expand::default()).unwrap();
            let due = self.rounds.due(now);
            self.rounds.done(&due);
            due.iter().map(|s| Path::file_name(&s.path).unwrap().to_string_lossy().into_owned()).collect()
        }
    }

    #[test]
    fn files_are_due_when_they_are_quiet_and_lines_as_they_grow() {
        let mut world = World { dir: tempfile::tempdir().unwrap(), rounds: Rounds::default() };
        world.append("a.csv", "x,y\n1,");
        world.append("b.json", "{\"n\":1}\n");
        world.append("empty", "");
        assert_eq!(world.look(), [] as [&str; 0], "all is new");
        world.append("a.csv", "2\n");
        world.append("b.json", "{\"n\":2}\n{\"n");
        assert_eq!(world.look(), ["b.json"], "it grew by lines; the other may be half a file");
        assert_eq!(world.look(), ["a.csv"], "now it is quiet");
        assert_eq!(world.look(), [] as [&str; 0]);
        world.append("b.json", "\":3}\n");
        assert_eq!(world.look(), ["b.json"]);
        std::fs::remove_file(world.dir.path().join("b.json")).unwrap();
        assert_eq!(world.look(), [] as [&str; 0]);
        world.append("b.json", "{\"n\":1}\n");
        assert_eq!(world.look(), [] as [&str; 0]);
        assert_eq!(world.look(), ["b.json"], "it came back");
    }

    #[test]
    fn what_failed_is_due_again() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.csv"), "x,y\n1,2\n").unwrap();
        let look = || list(&[dir.path().to_owned()], &Expand::default()).unwrap();
        let mut rounds = Rounds::default();
        assert_eq!(rounds.due(look()).len(), 0);
        assert_eq!(rounds.due(look()).len(), 1);
        let due = rounds.due(look());
        assert_eq!(due.len(), 1);
        rounds.done(&due);
        assert_eq!(rounds.due(look()).len(), 0);
    }
}
