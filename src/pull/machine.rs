//! Time and threads, as a run needs them. The only place of this module that knows tokio.
//!
//! In: the present, once, from whoever may ask the clock. Out: the time as it goes on, pauses, and work on other
//! threads.

use std::time::{Duration, Instant};

/// Time and threads.
pub trait Machine: Send + Sync {
    /// Now, ticks.
    fn now(&self) -> i64;
    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
    /// Does work that would hold everybody up on another thread; `None` when it broke down.
    fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send;
}

/// The real one. It must be used within a tokio runtime.
#[derive(Clone, Copy, Debug)]
pub struct Tokio {
    now: i64,
    begin: Instant,
}

impl Tokio {
    /// A machine whose clock shows `now`, in ticks, and goes on from there.
    pub fn new(now: i64) -> Tokio {
        Tokio { now, begin: Instant::now() }
    }
}

impl Machine for Tokio {
    fn now(&self) -> i64 {
        self.now.saturating_add(super::pace::ticks(self.begin.elapsed()))
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }

    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        tokio::task::spawn_blocking(work).await.ok()
    }
}
