//! The run around the decision: read both services, decide, write what was decided, remember it.
//!
//! In: the port to both services, the ledger, a rule. Out: writes, each journalled before it is sent and closed after it,
//! and a report. The order of things makes a crash harmless: the base moves only after a service has acknowledged, and a
//! write whose end is not known is looked for before anything else is done to its incident.

mod memory;
mod pair;
mod plan;
mod poll;
mod reading;
mod recover;
mod report;
mod write;

pub use plan::{PlannedIncident, SyncPlan, dry_run};
pub use reading::{Dated, Identities, Reading, Record, order};
pub use report::{Failure, PassReport, RunError};

use super::decision::Resolver;
use super::input::{Moment, Settings};
use super::port::Services;
use crate::ledger::Ledger;
use std::sync::atomic::{AtomicBool, Ordering};

/// The name and the digest of the rule that decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleName {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub digest: String,
}

/// What a run needs to know beside the services.
#[derive(Clone, Debug)]
pub struct Options {
    /// What holds for every incident.
    pub settings: Settings,
    /// How names are told apart.
    pub identities: Identities,
    /// The rule.
    pub rule: RuleName,
    /// How far a list reaches back before the last change that was read, ticks: late entries.
    pub overlap: i64,
    /// Within this, ticks, two clocks say the same.
    pub skew: i64,
    /// Incidents under way at the same time.
    pub parallel: usize,
    /// Whether rows of the incident tables are kept for the mirror.
    pub tables: bool,
}

/// The clock of a run: it is seen here and at the rim only.
pub trait Clock {
    /// Now, ticks.
    fn now(&self) -> i64;
    /// Now, as rules see it.
    fn moment(&self) -> Moment;
}

/// A sync of one pair of sides.
pub struct Sync<'a, S> {
    /// Both services.
    pub services: &'a S,
    /// The memory.
    pub ledger: &'a Ledger,
    /// Who decides.
    pub rule: &'a dyn Resolver,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// The rest.
    pub options: &'a Options,
    /// Set by whoever wants it to end; looked at between incidents.
    pub stop: &'a AtomicBool,
}

impl<S: Services> Sync<'_, S> {
    /// One pass: looks for the ends of broken writes, reads what changed, decides and writes. `full` reads everything and
    /// looks for incidents that are gone.
    ///
    /// # Errors
    /// When the ledger fails, or neither list could be read. What fails for one incident is in the report, and is tried
    /// again in the next pass.
    pub async fn pass(&self, full: bool) -> Result<PassReport, RunError> {
        let mut report = PassReport::default();
        self.recover(&mut report).await?;
        self.poll(full, &mut report).await?;
        self.decide_queue(&mut report).await?;
        report.stopped = self.stop.load(Ordering::Relaxed);
        Ok(report)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
