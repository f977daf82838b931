//! What there is to read: files, folders, patterns, archives, objects in a cloud, the standard input.
//!
//! In: paths and addresses. Out: sources in a fixed order, what is known of each one from earlier imports, and its bytes,
//! decompressed. Knows nothing of what the bytes mean, beyond whether they are lines.

mod address;
mod archive;
mod decode;
mod expand;
mod glob;
mod lines;
mod mark;
mod object;
mod place;
mod recall;
mod remote;
mod table;
mod trouble;
mod watch;

pub use archive::is_archive;
pub use decode::{decode, is_packed};
pub use expand::{Expand, expand};
pub use lines::line_start;
pub use mark::{Counted, Tally};
pub use place::{Handle, Origin, Part, Place, Stamp};
pub use recall::{Known, Recall, Taken, hash, recall};
pub use remote::RemoteOptions;
pub use table::documented;
pub use watch::{Listing, Rounds, Seen, list};

use std::fs::File;
use std::io::{Read, Seek};
use std::sync::Arc;

/// Bytes that are looked at to tell a format.
pub const SNIFFED: usize = 64 << 10;

/// One thing to read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name, as people know it: a path, an address without its secrets, `archive.zip/member`, `<stdin>`.
    pub name: String,
    /// Where the bytes are.
    pub place: Place,
    /// True when the user named it; false when it was found in a folder, by a pattern or in an archive.
    pub named: bool,
    /// Bytes of it, where known.
    pub bytes: u64,
}

impl Source {
    /// What tells the source from others over time: an absolute path or an address, `!` and the member of an archive, `@`
    /// and the start of a piece, and the table that its rows were forced into. None for what cannot come again.
    pub fn identity(&self, forced: Option<&str>) -> Option<String> {
        let Place::In(origin, part) = &self.place else { return None };
        let mut identity = match origin {
            Origin::File(path) => {
                let whole = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
                whole.unwrap_or_else(|_| path.clone()).display().to_string()
            }
            Origin::Object(_) => self.name.clone(),
        };
        match part {
            Part::Member(member) => {
                if let Origin::Object(object) = origin {
                    identity = object.name();
                }
                identity.push('!');
                identity.push_str(&member.name);
            }
            Part::Lines(range) if range.start > 0 => identity.push_str(&format!("@{}", range.start)),
            Part::Lines(_) | Part::All => {}
        }
        if let Some(table) = forced {
            identity.push_str(&format!(" as {table}"));
        }
        Some(identity)
    }

    /// The table that the path names: a blob container, a file or a folder.
    pub fn table(&self) -> Option<Arc<str>> {
        table::of_path(&self.name)
    }

    /// The file itself, if it is a parquet file on this machine.
    pub fn parquet_file(&self) -> Option<File> {
        let Place::In(Origin::File(path), Part::All) = &self.place else { return None };
        let mut file = File::open(path).ok()?;
        let mut start = [0; 4];
        file.read_exact(&mut start).ok()?;
        file.rewind().ok()?;
        (start == *b"PAR1").then_some(file)
    }
}

#[cfg(test)]
mod tests;
