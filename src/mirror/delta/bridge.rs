//! From asynchronous work to a plain call.

use crate::diagnostic::Diagnostic;
use std::future::Future;

/// Runs a future to its end on a thread of its own, so that it may be called from anywhere, also from within a server.
///
/// # Errors
/// When the system gives no thread.
pub fn run<T: Send>(work: impl Future<Output = T> + Send) -> Result<T, Diagnostic> {
    let failed = || Diagnostic::bug("the log of a table cannot be worked on");
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().name("delta".to_owned()).spawn_scoped(scope, || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            Some(runtime.block_on(work))
        });
        worker.ok().and_then(|worker| worker.join().ok()).flatten().ok_or_else(failed)
    })
}
