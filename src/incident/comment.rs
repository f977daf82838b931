//! Comments that are copied once and never copied back.
//!
//! A comment is known by its fingerprint: in Sentinel by its id, in Defender, which gives none, by incident, text, author
//! and time. A copy ends with a marker that names the fingerprint of its origin, so that it is recognised with no ledger
//! at hand, after a crash between the write and the note of it, and by a second huntline.

use super::Side;
use super::defender::DefenderComment;
use super::sentinel::SentinelComment;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Characters that either service takes in a comment.
pub const MAX_COMMENT: usize = 30_000;
/// Comments that a Sentinel incident holds.
pub const MAX_SENTINEL_COMMENTS: usize = 100;

/// What the marker begins with.
const MARKER: &str = "(huntline ";
/// Hexadecimal digits of a fingerprint: 80 bits.
const DIGITS: usize = 20;

/// Names a comment wherever its copies are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub String);

impl Fingerprint {
    /// Of Defender's comment, the `nth` equal one of its incident (from 1).
    pub fn of_defender(incident: &str, comment: &DefenderComment, nth: u32) -> Fingerprint {
        let author = comment.created_by_display_name.as_deref().unwrap_or_default();
        let time = comment.created_date_time.as_deref().unwrap_or_default();
        Fingerprint::of_parts(&["defender", incident, &comment.comment, author, time, &nth.to_string()])
    }

    /// Of Sentinel's comment. An edited one keeps its fingerprint: edits are not synchronised.
    pub fn of_sentinel(comment: &SentinelComment) -> Fingerprint {
        Fingerprint::of_parts(&["sentinel", &comment.id.to_ascii_lowercase()])
    }

    /// Of a text that a rule adds to an incident.
    pub fn of_rule(incident: &str, text: &str) -> Fingerprint {
        Fingerprint::of_parts(&["rule", incident, text])
    }

    fn of_parts(parts: &[&str]) -> Fingerprint {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part.as_bytes());
        }
        let mut text: String = digest.finalize().iter().map(|b| format!("{b:02x}")).collect();
        text.truncate(DIGITS);
        Fingerprint(text)
    }
}

/// The fingerprint that a text's marker names; `None` for a text that is no copy of ours.
pub fn marker_of(text: &str) -> Option<Fingerprint> {
    let (_, rest) = text.trim_end().rsplit_once(MARKER)?;
    let digits = rest.strip_suffix(')')?;
    let fits = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| Fingerprint(digits.to_owned()))
}

/// The text of a copy: where it comes from and by whom, the text (cut where the services' limit asks for it), the marker.
pub fn copy_text(from: Side, author: Option<&str>, text: &str, print: &Fingerprint) -> String {
    let head = match author.filter(|a| !a.is_empty()) {
        Some(author) => format!("[{} · {author}] ", from.title()),
        None => format!("[{}] ", from.title()),
    };
    let tail = format!("\n{MARKER}{})", print.0);
    let room = MAX_COMMENT.saturating_sub(head.chars().count() + tail.chars().count());
    let body = match text.chars().count() > room {
        true => text.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
        false => text.to_owned(),
    };
    format!("{head}{body}{tail}")
}

/// The id of a copy in Sentinel. It follows from the fingerprint, so that writing it again changes nothing.
pub fn sentinel_copy_id(print: &Fingerprint) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("huntline comment {}", print.0).as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_names_its_origin() {
        let print = Fingerprint::of_rule("1", "x");
        for text in ["short", &"é".repeat(40_000), "(huntline 00)", ""] {
            let copy = copy_text(Side::Sentinel, Some("alice"), text, &print);
            assert_eq!(marker_of(&copy), Some(print.clone()), "{}", copy.len());
            assert!(copy.chars().count() <= MAX_COMMENT);
        }
        assert_eq!(marker_of("blocked (huntline 12)"), None);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(Fingerprint::of_parts(&["a", "bc"]), Fingerprint::of_parts(&["ab", "c"]));
    }
}
