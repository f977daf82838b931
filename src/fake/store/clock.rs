//! The present: the caller's clock, or a pinned one that moves with each write.

use super::super::options::TimeSource;

/// Ticks of a second.
pub(in crate::fake) const SECOND: i64 = 10_000_000;

/// Tells the time in ticks.
#[derive(Clone)]
pub(in crate::fake) struct Clock {
    source: TimeSource,
    pinned: Option<i64>,
    step: i64,
}

impl Clock {
    /// Follows `source`.
    pub(in crate::fake) fn new(source: TimeSource) -> Clock {
        Clock { source, pinned: None, step: SECOND }
    }

    /// Stands still at `at`, and moves by `step` with each write.
    pub(in crate::fake) fn pin(&mut self, at: i64, step: Option<i64>) {
        self.pinned = Some(at);
        self.step = step.unwrap_or(self.step).max(1);
    }

    /// Moves a pinned clock; false if it is not pinned.
    pub(in crate::fake) fn advance(&mut self, ticks: i64) -> bool {
        match self.pinned {
            Some(at) => {
                self.pinned = Some(at.saturating_add(ticks.max(0)));
                true
            }
            None => false,
        }
    }

    /// The present.
    pub(in crate::fake) fn now(&self) -> i64 {
        self.pinned.unwrap_or_else(|| (self.source)())
    }

    /// The caller's present, whether pinned or not: what rates and budgets are measured with.
    pub(in crate::fake) fn real(&self) -> i64 {
        (self.source)()
    }

    /// The time of a write.
    pub(in crate::fake) fn write(&mut self) -> i64 {
        let step = self.step;
        self.advance(step);
        self.now()
    }
}
