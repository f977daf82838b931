//! A service that fails in a row is left alone for a while, then probed by one request.

use crate::connector::settings::Breaker as Settings;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug)]
pub(in crate::connector) struct Breaker {
    settings: Settings,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// What the last one was.
    why: String,
    /// Open until then; afterwards one probe at a time, each with a pause of its own, so that a lost probe blocks nobody
    /// for good.
    open: Option<Instant>,
}

impl Breaker {
    pub(in crate::connector) fn new(settings: Settings) -> Breaker {
        Breaker { settings, state: Mutex::default() }
    }

    /// Lets a request through.
    ///
    /// # Errors
    /// How long the service is left alone yet, and what its last failure was.
    pub(in crate::connector) fn admit(&self, now: Instant) -> Result<(), (Duration, String)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.open {
            Some(until) if now < until => Err((until - now, state.why.clone())),
            Some(_) => {
                state.open = Some(now + self.settings.pause);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The service answered.
    pub(in crate::connector) fn succeeded(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// The service did not answer, or with a failure of its own.
    pub(in crate::connector) fn failed(&self, now: Instant, why: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        why.clone_into(&mut state.why);
        if self.settings.failures > 0 && state.failures >= self.settings.failures {
            state.open = Some(now + self.settings.pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_probes_and_closes() {
        let second = Duration::from_secs(1);
        let breaker = Breaker::new(Settings { failures: 2, pause: second * 10 });
        let now = Instant::now();
        breaker.failed(now, "a");
        assert!(breaker.admit(now).is_ok());
        breaker.failed(now, "b");
        assert_eq!(breaker.admit(now + second), Err((second * 9, "b".to_owned())));
        let later = now + second * 10;
        assert!(breaker.admit(later).is_ok());
        assert!(breaker.admit(later).is_err(), "one probe at a time");
        breaker.failed(later, "c");
        assert!(breaker.admit(later + second).is_err());
        breaker.succeeded();
        assert!(breaker.admit(later + second).is_ok());
    }
}
