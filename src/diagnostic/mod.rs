//! Everything the user is told about a query, a file or a rule.
//!
//! In: spans and codes from every other module. Out: text (plain, with colour) or JSON lines. This module knows no KQL
//! and nothing of the rest of the crate: it lies at the bottom.
//!
//! Style of a message: lower case, no full stop, the user's own words in backticks, no Rust type names, one line; what to
//! do about it goes into the help.

mod code;
mod mask;
mod print;
mod report;
mod source;
mod span;

pub use code::{CODES, Code, CodeInfo};
pub use mask::{SECRET_PARAMETERS, mask};
pub use print::{Style, print, print_json};
pub use report::{Diagnostic, Diagnostics, Label, Severity};
pub use source::{Location, Source};
pub use span::{SourceId, Span};

/// The nearest of `candidates` to what was typed, if one is near enough to be a slip of the fingers.
///
/// Case is ignored first (names in KQL are case-sensitive, so a wrong case is the most common slip), then the
/// Damerau-Levenshtein distance (optimal string alignment) decides; at most a third of the length may differ.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lowered = typed.to_lowercase();
    let limit = (lowered.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = distance(&lowered, &candidate.to_lowercase());
        if distance <= limit && best.is_none_or(|(d, c)| (distance, candidate) < (d, c)) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate).filter(|c| *c != typed)
}

/// Edits (insert, delete, replace, swap of neighbours) from one text to the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX / 2);
            let mut cost =
                (at(&previous, j + 1) + 1).min(at(&row, j) + 1).min(at(&previous, j) + usize::from(ca != cb));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca);
            if swapped {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut previous, row);
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_slip_and_nothing_far() {
        assert_eq!(nearest("Filename", ["FileName", "FolderPath"]), Some("FileName"));
        assert_eq!(nearest("DevcieName", ["DeviceName", "DeviceId"]), Some("DeviceName"));
        assert_eq!(nearest("sumarize", ["summarize", "sort"]), Some("summarize"));
        assert_eq!(nearest("xyz", ["DeviceName"]), None);
    }
}
