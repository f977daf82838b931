//! Ctrl-C: the first one asks a run to end cleanly, the second one ends it at once.
//!
//! In: signals of the system. Out: whether the run shall end, and pauses that a signal cuts short.

use crate::diagnostic::{Code, Diagnostic};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a future looks whether the run shall end.
const GLANCE: Duration = Duration::from_millis(100);
/// The exit code of a run that was interrupted.
const INTERRUPTED: i32 = 130;

/// Whether the run shall end.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// Heeds signals from now on.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn heed() -> Result<Stop, Diagnostic> {
        let stop = Stop::default();
        let failed =
            |e: std::io::Error| Diagnostic::general(Code::CannotRead, format!("no thread can be started: {e}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let asked = stop.clone();
        let heed = move || loop {
            runtime.block_on(interrupted());
            if asked.ask() {
                std::process::exit(INTERRUPTED);
            }
        };
        std::thread::Builder::new().name("signals".into()).spawn(heed).map_err(failed)?;
        Ok(stop)
    }

    /// Asks the run to end; true when it was asked before.
    pub fn ask(&self) -> bool {
        let (asked, changed) = &*self.0;
        let before = std::mem::replace(&mut *asked.lock().unwrap_or_else(PoisonError::into_inner), true);
        changed.notify_all();
        before
    }

    /// Is there when the run shall end: looked at ten times a second.
    pub async fn asked(self) {
        while !self.is_asked() {
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Whether the run shall end.
    pub fn is_asked(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pauses, but not longer than until the run shall end; true when it shall.
    pub fn nap(&self, pause: Duration) -> bool {
        let (asked, changed) = &*self.0;
        let until = Instant::now() + pause;
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if *asked || left.is_zero() {
                return *asked;
            }
            asked = changed.wait_timeout(asked, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Waits for Ctrl-C, or for the system to ask for an end.
#[cfg(unix)]
pub async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub async fn interrupted() {
    let _ = tokio::signal::ctrl_c().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_when_the_run_shall() {
        let stop = Stop::default();
        assert!(!stop.nap(Duration::from_millis(1)) && !stop.is_asked());
        let asker = stop.clone();
        let thread = std::thread::spawn(move || asker.ask());
        assert!(stop.nap(Duration::from_secs(60)));
        assert!(!thread.join().unwrap() && stop.ask() && stop.is_asked());
        assert!(stop.nap(Duration::from_secs(60)), "at once");
    }
}
