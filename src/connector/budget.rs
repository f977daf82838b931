//! Buckets of requests. A request takes one and waits until it is there; the order is that of asking.

use super::settings::Budget;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A bucket. It may be in debt: then the next request waits longer.
#[derive(Debug)]
pub(super) struct Bucket {
    budget: Budget,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tokens: f64,
    at: Instant,
    /// The service asked to be left alone until then.
    paused: Option<Instant>,
}

impl Bucket {
    pub(super) fn new(budget: Budget, now: Instant) -> Bucket {
        Bucket { budget, state: Mutex::new(State { tokens: f64::from(budget.burst), at: now, paused: None }) }
    }

    /// Takes one request; how long to wait before it is sent. Takes nothing when that is more than `limit`.
    ///
    /// # Errors
    /// How long it would be.
    pub(super) fn take(&self, now: Instant, limit: Duration) -> Result<Duration, Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let gained = now.saturating_duration_since(state.at).as_secs_f64() * self.budget.per_second;
        state.tokens = (state.tokens + gained).min(f64::from(self.budget.burst));
        state.at = now;
        let missing = (1.0 - state.tokens).max(0.0) / self.budget.per_second;
        let pause = state.paused.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        let wait = Duration::try_from_secs_f64(missing).unwrap_or(Duration::MAX).max(pause);
        if wait > limit {
            return Err(wait);
        }
        state.tokens -= 1.0;
        Ok(wait)
    }

    /// The service throttles: nobody asks before that time.
    pub(super) fn pause(&self, until: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.paused = state.paused.max(Some(until));
    }

    /// The service says what is left of its own bucket; others may be drawing from it too.
    pub(super) fn learn(&self, remaining: f64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.tokens = state.tokens.min(remaining);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_then_end_in_refusal() {
        let now = Instant::now();
        let bucket = Bucket::new(Budget { burst: 2, per_second: 1.0 }, now);
        let seconds = |n: u64| Duration::from_secs(n);
        let waits: Vec<_> = (0..4).map(|_| bucket.take(now, seconds(2))).collect();
        assert_eq!(waits, [Ok(seconds(0)), Ok(seconds(0)), Ok(seconds(1)), Ok(seconds(2))]);
        assert_eq!(bucket.take(now, seconds(2)), Err(seconds(3)));
        assert_eq!(bucket.take(now + seconds(3), seconds(0)), Ok(seconds(0)));
    }

    #[test]
    fn a_throttle_holds_everybody() {
        let now = Instant::now();
        let bucket = Bucket::new(Budget { burst: 9, per_second: 1.0 }, now);
        bucket.pause(now + Duration::from_secs(7));
        bucket.learn(0.0);
        assert_eq!(bucket.take(now, Duration::from_secs(9)), Ok(Duration::from_secs(7)));
    }
}
