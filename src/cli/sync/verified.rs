//! Which rules were verified, by digest: a file beside the ledger.

use crate::cli::context::Failure;
use crate::diagnostic::{Code, Diagnostic};
use crate::policy::{PRESETS, digest};
use crate::sync::input::Settings;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is kept of a verification.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Verified {
    rule: String,
    states: u64,
    at: String,
}

fn file(ledger: &Path) -> PathBuf {
    ledger.with_file_name("verified.json")
}

fn read(ledger: &Path) -> BTreeMap<String, Verified> {
    std::fs::read_to_string(file(ledger)).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// True when a rule was verified as it is now. The presets are verified with every release, as long as nothing that they
/// could see was set.
pub fn is_verified(ledger: &Path, rule_digest: &str) -> bool {
    let plain = Settings::default();
    PRESETS.iter().any(|p| digest(p.source, &plain) == rule_digest) || read(ledger).contains_key(rule_digest)
}

/// Notes that a rule was verified.
pub fn note_verified(ledger: &Path, rule_digest: &str, rule: &str, states: u64, at: &str) -> Result<(), Failure> {
    let mut known = read(ledger);
    let entry = Verified { rule: rule.to_owned(), states, at: at.to_owned() };
    known.insert(rule_digest.to_owned(), entry);
    let path = file(ledger);
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let text = serde_json::to_string_pretty(&known).map_err(std::io::Error::other)?;
    let mut temp = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    std::io::Write::write_all(&mut temp, text.as_bytes())?;
    temp.persist(&path).map_err(|e| Diagnostic::general(Code::CannotWrite, format!("`{}`: {e}", path.display())))?;
    Ok(())
}
