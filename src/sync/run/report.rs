//! What a pass did.

use crate::ledger::LedgerError;
use crate::sync::port::ServiceError;
use serde::Serialize;
use std::fmt;

/// The counts of one pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PassReport {
    /// Incidents that changed in Defender since they were read before.
    pub changed_in_defender: usize,
    /// Incidents that changed in Sentinel.
    pub changed_in_sentinel: usize,
    /// Pairs that were linked for the first time.
    pub linked: usize,
    /// Pairs that were decided.
    pub decided: usize,
    /// Defender's incidents that were changed.
    pub patched: usize,
    /// Sentinel's incidents that were changed.
    pub put: usize,
    /// Comments that were added.
    pub comments: usize,
    /// Times that Sentinel had a newer version and everything was decided again.
    pub conflicts: usize,
    /// Fields that wait for a person.
    pub held: usize,
    /// Pairs that are frozen.
    pub frozen: usize,
    /// Broken writes whose end was found out.
    pub recovered: usize,
    /// Incidents that are gone.
    pub gone: usize,
    /// What failed, to be tried again.
    pub failures: Vec<Failure>,
    /// Sentinel incidents that claim a Defender incident that another one has already.
    pub doubles: Vec<String>,
    /// What went on without something that it would have liked to know.
    pub warnings: Vec<String>,
    /// Whether the pass was ended early.
    pub stopped: bool,
}

impl PassReport {
    /// Everything that was written.
    pub fn writes(&self) -> usize {
        self.patched + self.put + self.comments
    }

    /// True when nothing was written and nothing failed.
    pub fn quiet(&self) -> bool {
        self.writes() == 0 && self.failures.is_empty() && !self.stopped
    }

    /// Adds what was done for one incident, or in one more pass.
    pub fn add(&mut self, other: PassReport) {
        self.decided += other.decided;
        self.patched += other.patched;
        self.put += other.put;
        self.comments += other.comments;
        self.conflicts += other.conflicts;
        self.held += other.held;
        self.frozen += other.frozen;
        self.gone += other.gone;
        self.failures.extend(other.failures);
        self.warnings.extend(other.warnings);
    }

    pub(super) fn fail(&mut self, incident: impl Into<String>, error: &ServiceError) {
        self.failures.push(Failure { incident: incident.into(), message: error.to_string() });
    }
}

/// What failed for one incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its id, or the list that could not be read.
    pub incident: String,
    /// Why.
    pub message: String,
}

/// Why a pass ended without its work.
#[derive(Debug)]
pub enum RunError {
    /// The ledger failed.
    Ledger(LedgerError),
    /// A list could not be read.
    Service(ServiceError),
    /// A value of our own could not be written as JSON, or read from it.
    Json(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Ledger(error) => write!(f, "{error}"),
            RunError::Service(error) => write!(f, "{error}"),
            RunError::Json(error) => f.write_str(error),
        }
    }
}

impl std::error::Error for RunError {}

impl From<LedgerError> for RunError {
    fn from(error: LedgerError) -> RunError {
        RunError::Ledger(error)
    }
}

impl From<ServiceError> for RunError {
    fn from(error: ServiceError) -> RunError {
        RunError::Service(error)
    }
}

impl From<serde_json::Error> for RunError {
    fn from(error: serde_json::Error) -> RunError {
        RunError::Json(error.to_string())
    }
}
