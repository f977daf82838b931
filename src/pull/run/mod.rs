//! The run: all tables, side by side, within one quota.
//!
//! In: the ports, the tables, how far back. Out: rows in the mirror and a report. A table that fails stops no other.

mod call;
mod table;

use super::kql::{HOUR, hour};
use super::machine::Machine;
use super::pace::Pace;
use super::port::{Hunting, Store};
use super::report::{Progress, PullReport, TableReport};
use super::source::Source;
use super::tables::PullTable;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::value::datetime;
use futures_util::future::{BoxFuture, FutureExt, Shared, select};
use futures_util::stream::{self, StreamExt};
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use table::Run;

/// Hours before this one whose counts are taken by five minutes.
const RECENT: i64 = 2 * HOUR;
/// Device clocks may be ahead: rows of the future are taken so far.
const AHEAD: i64 = 2 * HOUR;
/// What a pass of [`Pull::follow`] looks at, unless it looks at everything; what all tables get before any gets more.
const NEAR: i64 = 24 * HOUR;
/// How often a pass of [`Pull::follow`] looks at everything.
const FULL: i64 = 6 * HOUR;

/// How far back rows are pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Ticks before the present.
    Span(i64),
    /// A time, in ticks.
    Time(i64),
}

/// What a pull is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The service, which has its limits.
    pub source: Source,
    /// How far back.
    pub since: Since,
    /// Tables at the same time, as far as the service allows.
    pub parallel: usize,
    /// Rows that one question aims at; as many as the service's limits allow unless set.
    pub target_rows: Option<u64>,
    /// The service is on this machine: its quota is kept only as far as it tells it.
    pub local: bool,
    /// Hours are read whatever the mirror has noted of them.
    pub again: bool,
}

impl Options {
    /// What to tell when the service does not reach as far back as is asked.
    pub fn shortfall(&self, now: i64) -> Option<Diagnostic> {
        let (from, reach) = (self.wanted(now), self.source.limits().reach?);
        let days = reach / datetime::TICKS_PER_DAY;
        (from < now.saturating_sub(reach)).then(|| Diagnostic {
            severity: Severity::Warning,
            ..Diagnostic::general(
                Code::OutOfRange,
                format!("{} keeps {days} days: older rows cannot be pulled", self.source.title()),
            )
            .with_help("import older rows from the streaming API's storage account, or pull from `log_analytics`")
        })
    }

    fn wanted(&self, now: i64) -> i64 {
        match self.since {
            Since::Span(ticks) => now.saturating_sub(ticks),
            Since::Time(ticks) => ticks,
        }
        .max(datetime::MIN)
    }

    /// The span that a pass looks at: whole hours.
    fn scope(&self, now: i64, full: bool) -> Scope {
        let mut from = hour(self.wanted(now));
        if let Some(reach) = self.source.limits().reach {
            // The hour at the rim loses rows by the minute.
            from = from.max(hour(now.saturating_sub(reach)) + HOUR);
        }
        if !full {
            from = from.max(hour(now) - NEAR);
        }
        let to = (hour(now) + AHEAD).min(datetime::MAX);
        Scope { from: from.min(to), to, near: hour(now) - NEAR, recent: hour(now) - RECENT }
    }
}

/// A span of time, ticks: `to` is not part of it; what begins at `near` or later comes first; from `recent` on, counts are
/// taken by five minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scope {
    from: i64,
    to: i64,
    near: i64,
    recent: i64,
}

/// Is there when the run is to end.
type Stop = Shared<BoxFuture<'static, ()>>;
/// Rows that were received, by table and five minutes.
type Seen = BTreeMap<String, BTreeMap<i64, i64>>;

/// A pull from one service into one mirror.
pub struct Pull<H, S, M> {
    service: H,
    store: Arc<S>,
    machine: M,
    options: Options,
    stop: Stop,
    pace: Mutex<Pace>,
    progress: Mutex<Progress>,
    seen: Mutex<Seen>,
    /// Why there is no token, once that is known in this pass.
    no_token: Mutex<Option<Diagnostic>>,
    watch: Box<dyn Fn(&Progress) + Send + Sync>,
}

impl<H: Hunting, S: Store + 'static, M: Machine> Pull<H, S, M> {
    /// Puts it together; asks for nothing yet. It ends after the commits under way when `stop` does; `watch` is called
    /// often and must not block.
    pub fn new(
        service: H,
        store: Arc<S>,
        machine: M,
        options: Options,
        stop: impl Future<Output = ()> + Send + 'static,
        watch: impl Fn(&Progress) + Send + Sync + 'static,
    ) -> Pull<H, S, M> {
        let limits = options.source.limits();
        Pull {
            service,
            store,
            machine,
            options,
            stop: stop.boxed().shared(),
            pace: Mutex::new(match options.local {
                // One call within no time at all.
                true => Pace::new(1, 0),
                false => Pace::new(limits.pace(), limits.within),
            }),
            progress: Mutex::default(),
            seen: Mutex::default(),
            no_token: Mutex::default(),
            watch: Box::new(watch),
        }
    }

    /// One pass over the tables. What fails for a table is in its report, and is tried again in the next pass.
    pub async fn pass(&self, tables: &[PullTable]) -> PullReport {
        self.look(tables, true).await
    }

    /// Pass after pass, `every` so often, until it is stopped. Each report is handed to `done`.
    pub async fn follow(&self, tables: &[PullTable], every: Duration, mut done: impl FnMut(&PullReport)) {
        let mut full_at = i64::MIN;
        loop {
            let now = self.machine.now();
            let full = full_at.checked_add(FULL).is_none_or(|due| due <= now) || full_at == i64::MIN;
            let report = self.look(tables, full).await;
            if full && report.complete_where_open() {
                full_at = now;
            }
            done(&report);
            if report.stopped || self.rest(every).await.is_err() {
                return;
            }
        }
    }

    /// All tables get their last day before any gets older rows.
    async fn look(&self, tables: &[PullTable], full: bool) -> PullReport {
        let scope = self.options.scope(self.machine.now(), full);
        *lock(&self.progress) = Progress { all_tables: tables.len(), ..Progress::default() };
        let parallel = self.options.parallel.clamp(1, self.options.source.limits().parallel);
        *lock(&self.no_token) = None;
        let news =
            tables.iter().enumerate().map(|(place, table)| async move { (place, self.newest(table, scope).await) });
        let begun: Vec<(usize, Run<'_, H, S, M>)> = stream::iter(news).buffer_unordered(parallel).collect().await;
        let runs = begun.into_iter().map(|(place, run)| async move {
            let report = run.rest().await;
            self.advance(|p| p.tables += 1);
            (place, report)
        });
        let mut reports: Vec<(usize, TableReport)> = stream::iter(runs).buffer_unordered(parallel).collect().await;
        reports.sort_by_key(|(place, _)| *place);
        let tables = reports.into_iter().map(|(_, report)| report).collect();
        PullReport { tables, stopped: self.stopped() }
    }

    fn stopped(&self) -> bool {
        self.stop.clone().now_or_never().is_some()
    }

    /// Waits.
    ///
    /// # Errors
    /// At once when the run is to end.
    async fn rest(&self, time: Duration) -> Result<(), Stopped> {
        match self.stopped() {
            true => Err(Stopped),
            false => {
                select(pin!(self.machine.sleep(time)), self.stop.clone()).await;
                if self.stopped() { Err(Stopped) } else { Ok(()) }
            }
        }
    }

    fn advance(&self, change: impl FnOnce(&mut Progress)) {
        let mut progress = lock(&self.progress);
        change(&mut progress);
        (self.watch)(&progress);
    }
}

/// The run was asked to end.
#[derive(Debug)]
struct Stopped;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
