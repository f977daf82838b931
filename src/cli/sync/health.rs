//! Whoever watches the watcher: a file after every pass, `/healthz` and `/metrics` on loopback, and a log of requests.

use crate::cli::context::Failure;
use crate::connector::{Observer, Recorder, RequestEvent, Service};
use crate::diagnostic::{Code, Diagnostic};
use crate::ledger::Ledger;
use crate::sync::run::PassReport;
use crate::value::datetime;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The state of the last pass.
#[derive(Debug, Default)]
pub struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    ok: bool,
    body: String,
    metrics: String,
    passes: u64,
    failed_passes: u64,
    writes: u64,
}

impl Health {
    /// Takes in a pass, and writes it to the file.
    pub fn pass(
        &self,
        ledger: &Ledger,
        report: &Result<PassReport, String>,
        file: Option<&Path>,
    ) -> Result<(), Failure> {
        let stats = ledger.stats()?;
        let now = datetime::from_system_time(std::time::SystemTime::now());
        let lag = stats.lag(now).map(|ticks| ticks / datetime::TICKS_PER_SECOND);
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.passes += 1;
        state.failed_passes += u64::from(report.is_err());
        state.writes += report.as_ref().map_or(0, |r| r.writes() as u64);
        state.ok = report.is_ok();
        let body = json!({
            "ok": report.is_ok(),
            "at": datetime::format(now),
            "passes": state.passes,
            "error": report.as_ref().err(),
            "pass": report.as_ref().ok(),
            "lag_seconds": lag,
            "held": stats.held,
            "dead_letters": stats.letters,
            "queue": stats.queue,
        });
        state.body = body.to_string();
        let mut metrics = String::new();
        for (name, kind, help, value) in [
            ("passes_total", "counter", "Passes since the start.", state.passes),
            ("failed_passes_total", "counter", "Passes that failed.", state.failed_passes),
            ("writes_total", "counter", "Writes to both services.", state.writes),
            ("pairs", "gauge", "Incidents that both sides have.", stats.pairs),
            ("held_fields", "gauge", "Fields that wait for a person.", stats.held),
            ("dead_letters", "gauge", "Writes that a service refused for good.", stats.letters),
            ("queue", "gauge", "Incidents that wait to be decided.", stats.queue),
            ("open_writes", "gauge", "Writes of which it is not known whether they were done.", stats.open_intents),
            (
                "lag_seconds",
                "gauge",
                "How far behind the sync is.",
                lag.and_then(|l| u64::try_from(l).ok()).unwrap_or(0),
            ),
        ] {
            metrics.push_str(&format!("# HELP huntline_sync_{name} {help}\n# TYPE huntline_sync_{name} {kind}\n"));
            metrics.push_str(&format!("huntline_sync_{name} {value}\n"));
        }
        state.metrics = metrics;
        let Some(path) = file else { return Ok(()) };
        // Whole or not at all: whoever reads it may come at any time.
        let mut temp = tempfile::NamedTempFile::new_in(
            path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")),
        )?;
        temp.write_all(state.body.as_bytes())?;
        temp.persist(path).map_err(|e| Failure::from(e.error))?;
        Ok(())
    }

    fn read<T>(&self, f: impl FnOnce(&State) -> T) -> T {
        f(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An address of this machine.
fn loopback(address: &str) -> Result<SocketAddr, Failure> {
    let refused = |what: String| Failure::from(Diagnostic::general(Code::NotLoopback, what));
    let found = address.to_socket_addrs().map_err(|e| refused(format!("`{address}` is no address: {e}")))?.next();
    match found.filter(|a| a.ip().is_loopback()) {
        Some(address) => Ok(address),
        None => Err(refused(format!("`{address}` is not an address of this machine: use 127.0.0.1:PORT"))),
    }
}

/// Serves the state until the process ends.
pub async fn serve(address: &str, health: Arc<Health>) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind(loopback(address)?).await?;
    let state = Arc::clone(&health);
    let healthz = move || {
        let (ok, body) = state.read(|s| (s.ok, s.body.clone()));
        let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        async move { (status, body) }
    };
    let metrics = move || {
        let text = health.read(|s| s.metrics.clone());
        async move { text }
    };
    let app = Router::new().route("/healthz", get(healthz)).route("/metrics", get(metrics));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(())
}

/// Keeps traffic in a file.
struct FileRecorder(Mutex<BufWriter<File>>);

impl Recorder for FileRecorder {
    fn exchange(&self, service: Service, line: &str) {
        if service == Service::Arm {
            let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = writeln!(file, "{line}").and_then(|()| file.flush());
        }
    }
}

/// Keeps the traffic with ARM in a file.
pub fn file_recorder(path: &Path) -> Result<Arc<dyn Recorder>, Failure> {
    let file = File::options().create(true).append(true).open(path)?;
    Ok(Arc::new(FileRecorder(Mutex::new(BufWriter::new(file)))))
}

/// A line a request on stderr.
struct Log;

impl Observer for Log {
    fn request(&self, event: &RequestEvent) {
        let how = match (event.status, &event.failure) {
            (_, Some(failure)) => format!("{failure:?}"),
            (Some(status), None) => status.to_string(),
            (None, None) => "no answer".to_owned(),
        };
        let line = format!(
            "{} {} {how} in {} ms, {} tries, request {}",
            event.method,
            event.operation,
            event.duration.as_millis(),
            event.tries,
            event.correlation
        );
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

/// Logs requests: never a token, never a body.
pub fn log_observer() -> Arc<dyn Observer> {
    Arc::new(Log)
}
