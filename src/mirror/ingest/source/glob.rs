//! Patterns of paths: `logs/*/h=0?/*.json`.
//!
//! In: a pattern. Out: what it matches, in the order of names. `*` does not match hidden names, and stays within a folder;
//! `**` goes below.

use crate::diagnostic::{Code, Diagnostic};
use glob::{MatchOptions, Pattern};
use std::path::{Path, PathBuf};

const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Whether a text has characters of patterns.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The paths that a pattern matches; there may be none.
///
/// # Errors
/// When it is no pattern, or a folder on the way cannot be read.
pub fn paths(pattern: &str) -> Result<Vec<PathBuf>, Diagnostic> {
    let found = glob::glob_with(pattern, OPTIONS).map_err(|e| broken(pattern, &e))?;
    let found: Result<Vec<PathBuf>, _> = found.collect();
    let mut found = found.map_err(|e| {
        let text = format!("`{}` cannot be read: {}", e.path().display(), e.error());
        Diagnostic::general(Code::CannotRead, text)
    })?;
    // `**` matches a folder and all below it: the folder is walked anyway.
    found.sort();
    let mut kept: Vec<PathBuf> = Vec::with_capacity(found.len());
    for path in found {
        if !kept.last().is_some_and(|last| path.starts_with(last) && last.is_dir()) {
            kept.push(path);
        }
    }
    Ok(kept)
}

/// A pattern of the names of objects.
#[derive(Debug)]
pub struct Names(Pattern);

impl Names {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(pattern: &str) -> Result<Names, Diagnostic> {
        Pattern::new(pattern).map(Names).map_err(|e| broken(pattern, &e))
    }

    /// Whether it matches a name.
    pub fn matches(&self, name: &str) -> bool {
        self.0.matches_path_with(Path::new(name), OPTIONS)
    }

    /// The folders at the start of a pattern that are no pattern themselves.
    pub fn fixed(pattern: &str) -> String {
        let fixed: Vec<&str> = pattern.split('/').take_while(|part| !is_pattern(part)).collect();
        fixed.join("/")
    }
}

fn broken(pattern: &str, e: &glob::PatternError) -> Diagnostic {
    Diagnostic::general(Code::Usage, format!("`{pattern}` is no pattern: {}", e.msg))
}

/// Says that a pattern matches nothing.
pub fn no_match(pattern: &str) -> Diagnostic {
    Diagnostic::general(Code::CannotRead, format!("nothing matches the pattern `{pattern}`"))
        .with_help("`*` stands for any characters within a name, `**` for any folders, `?` for one character")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_in_order_of_names() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["h=01/b.json", "h=01/a.json", "h=02/a.json", "h=02/.hidden.json", "h=02/x.txt"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let found = |pattern: &str| -> Result<Vec<String>, Diagnostic> {
            let all = paths(&format!("{}/{pattern}", dir.path().display()))?;
            Ok(all.iter().map(|p| p.strip_prefix(dir.path()).unwrap().display().to_string()).collect::<Vec<_>>())
        };
        assert_eq!(found("*/*.json"), Ok(vec!["h=01/a.json".into(), "h=01/b.json".into(), "h=02/a.json".into()]));
        assert_eq!(found("h=0[2]"), Ok(vec!["h=02".into()]));
        assert_eq!(found("**"), Ok(vec!["h=01".into(), "h=02".into()]));
        assert_eq!(found("*.csv"), Ok(vec![]));
        assert_eq!(found("[").unwrap_err().code, Code::Usage);
    }

    #[test]
    fn patterns_of_objects() {
        let names = Names::new("logs/*/PT1H.json").unwrap();
        assert!(names.matches("logs/h=1/PT1H.json"));
        assert!(!names.matches("logs/h=1/m=0/PT1H.json"));
        assert_eq!(Names::fixed("logs/y=2026/*/x"), "logs/y=2026");
        assert_eq!(Names::fixed("*.json"), "");
    }
}
