//! The quota that all tables share: so many calls within a span of time, none while the service wants none.
//!
//! In: the time, and what the service said of its quota. Out: leave to call now, or how long to wait. Pure.

use std::collections::VecDeque;
use std::time::Duration;

/// Who may call when. Times are ticks.
#[derive(Debug)]
pub(super) struct Pace {
    calls: usize,
    within: i64,
    /// When the last calls were made, oldest first; no more than `calls`.
    made: VecDeque<i64>,
    paused: i64,
}

impl Pace {
    /// So many calls in any span of that length.
    pub(super) fn new(calls: usize, within: i64) -> Pace {
        Pace { calls: calls.max(1), within, made: VecDeque::new(), paused: i64::MIN }
    }

    /// Takes a call, which is then to be made at once.
    ///
    /// # Errors
    /// How long to wait before asking again.
    pub(super) fn take(&mut self, now: i64) -> Result<(), Duration> {
        let full = (self.made.len() >= self.calls).then(|| self.made.front().map_or(now, |first| first + self.within));
        let free = full.unwrap_or(now).max(self.paused);
        if free > now {
            return Err(duration(free - now));
        }
        if full.is_some() {
            self.made.pop_front();
        }
        self.made.push_back(now);
        Ok(())
    }

    /// Nobody calls before that time.
    pub(super) fn pause(&mut self, until: i64) {
        self.paused = self.paused.max(until);
    }
}

/// A span of ticks.
pub(super) fn duration(ticks: i64) -> Duration {
    Duration::from_nanos(u64::try_from(ticks).unwrap_or(0).saturating_mul(100))
}

/// The ticks of a span.
pub(super) fn ticks(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_span_sees_more_calls_than_allowed() {
        let mut pace = Pace::new(3, 100);
        let mut made = vec![];
        let mut now = 0;
        while made.len() < 50 {
            match pace.take(now) {
                Ok(()) => made.push(now),
                Err(wait) => now += ticks(wait),
            }
            now += i64::try_from(made.len() % 4).unwrap();
        }
        assert!(made.windows(4).all(|w| w[3] - w[0] >= 100), "{made:?}");
    }

    #[test]
    fn one_call_within_no_time_is_no_limit() {
        let mut pace = Pace::new(1, 0);
        assert!((0..9).all(|_| pace.take(5).is_ok()));
    }

    #[test]
    fn a_pause_holds_everybody_and_is_never_shortened() {
        let mut pace = Pace::new(9, 100);
        pace.pause(70);
        pace.pause(50);
        assert_eq!(pace.take(60), Err(duration(10)));
        assert_eq!(pace.take(70), Ok(()));
    }
}
