//! `rules verify`: a rule over every state of a finite domain, by the interpreter that decides in earnest.
//!
//! In: a rule, the settings. Out: a [`Report`]: what is broken, with the shortest way to see it. Each state is decided and
//! applied until nothing is written any more, and looked at on the way. Never: a file, a request, a clock, a sample: what
//! is counted was run.

mod check;
mod differ;
mod domain;
mod find;
mod lists;
mod memo;
mod report;
mod run;
mod special;
mod work;

pub(super) use differ::differences;
pub use find::Invariant;
pub(super) use report::show_state;
pub use report::{Branches, Decided, Report, State, Step, Trace, Violation, Warning};

use super::host::digest;
use crate::sync::decision::RuleFault;
use crate::sync::input::Settings;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A rule to verify.
#[derive(Clone, Copy, Debug)]
pub struct VerifySource<'a> {
    /// Its name.
    pub name: &'a str,
    /// The script.
    pub script: &'a str,
}

/// How much of the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Full,
    /// A part for tests and for writing rules: five of Defender's fifteen closings, three of the values of other fields,
    /// three of the four actors or two, no crowded incident, no tie. A rule that passes here may still fail in full.
    Quick,
}

/// How to verify.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How much of the domain.
    pub scope: Scope,
    /// Threads; 0 is 1.
    pub threads: usize,
    /// Whether to stop when something is broken. The trace is then that of a state found early, not of the simplest.
    pub stop_at_first: bool,
    /// Whether to remember answers, so that equal questions are asked once a thread. Off only to measure.
    pub remember: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { scope: Scope::Full, threads: 1, stop_at_first: false, remember: true }
    }
}

/// How far it is; shared with whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
}

impl Progress {
    /// States done, and states in all; both 0 before the start.
    pub fn states(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    fn begin(&self, total: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    fn advance(&self, states: u64) {
        self.done.fetch_add(states, Ordering::Relaxed);
    }

    /// Stops the verification soon; its report is then not complete.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    pub fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Verifies a rule.
///
/// # Errors
/// When the rule cannot be compiled.
pub fn verify(
    source: &VerifySource,
    settings: &Settings,
    options: &Options,
    progress: &Progress,
) -> Result<Report, RuleFault> {
    let mut report = work::verify(source, settings, options, progress)?;
    report.digest = digest(source.script, settings);
    Ok(report)
}

#[cfg(test)]
mod tests;
