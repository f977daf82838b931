//! One table: count, find what is due, read it newest first, split what does not come whole, commit.

use super::call::Broken;
use super::{Pull, Scope, lock};
use crate::diagnostic::{Code, Diagnostic};
use crate::pull::answer;
use crate::pull::bins::{Bin, Queue, Window, bins, due, sum};
use crate::pull::kql::{self, HOUR, SLOT, hour};
use crate::pull::machine::Machine;
use crate::pull::port::{Hunting, Page, Question, Store};
use crate::pull::report::TableReport;
use crate::pull::tables::PullTable;
use crate::value::datetime;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a row, until there is an answer to tell.
const ROW_BYTES: u64 = 4096;
/// An answer of fewer rows says nothing about their size.
const TELLING: u64 = 100;
/// Parts that a window is split in, at least.
const PARTS: i64 = 8;
/// How often the smallest window is tried again.
const STUBBORN: u32 = 3;

/// A table under way.
struct Run<'a, H, S, M> {
    pull: &'a Pull<H, S, M>,
    table: &'a PullTable,
    report: TableReport,
    queue: Queue,
    /// Rows received by five minutes.
    seen: BTreeMap<i64, i64>,
    /// Rows that a question may ask for, after one that was too much.
    cap: u64,
    row_bytes: u64,
    /// Tries of the smallest window.
    stubborn: u32,
}

impl<H: Hunting, S: Store + 'static, M: Machine> Pull<H, S, M> {
    /// Pulls one table.
    pub(super) async fn table(&self, table: &PullTable, scope: Scope) -> TableReport {
        let range = Some((scope.from, scope.to));
        let mut run = Run {
            pull: self,
            table,
            report: TableReport { table: table.name.clone(), range, ..TableReport::default() },
            queue: Queue::default(),
            seen: lock(&self.seen).remove(&table.name).unwrap_or_default(),
            cap: u64::MAX,
            row_bytes: ROW_BYTES,
            stubborn: 0,
        };
        match run.all(scope).await {
            Ok(()) => {
                let recent = run.seen.split_off(&scope.recent);
                lock(&self.seen).insert(table.name.clone(), recent);
            }
            Err(Broken::Stopped) => {}
            Err(Broken::Failed(told)) => run.report.error = Some(told),
            Err(Broken::Cut(why)) => run.report.error = Some(never_whole(table, scope.from, scope.to, &why)),
        }
        run.report
    }
}

impl<H: Hunting, S: Store + 'static, M: Machine> Run<'_, H, S, M> {
    async fn all(&mut self, scope: Scope) -> Result<(), Broken> {
        let (store, name) = (Arc::clone(&self.pull.store), self.table.name.clone());
        let known = self.aside(move || store.known(&name)).await?;
        let step = move |start: i64| if start >= scope.recent { SLOT } else { HOUR };
        let table = self.table;
        let ask = move |from, to| kql::overview(table, from, to, scope.recent);
        let counted = self.count(scope.from, scope.to, HOUR, step, ask).await?;
        let due = due(&counted, &known, &self.seen);
        for bin in &due {
            self.seen.retain(|slot, _| !(bin.start..bin.end).contains(slot));
        }
        self.report.due = due.iter().map(|b| hour(b.start)).collect::<BTreeSet<_>>().len() as u64;
        self.queue = Queue::new(due);
        let rows = self.queue.rows();
        self.pull.advance(|p| p.due += rows);
        while let Some(window) = self.queue.next(self.target()) {
            self.window(window).await?;
        }
        Ok(())
    }

    /// Rows that the next question may ask for.
    fn target(&self) -> u64 {
        let limits = self.pull.options.source.limits();
        let wanted = self.pull.options.target_rows.unwrap_or(u64::MAX).max(1);
        wanted.min(limits.aim()).min(limits.aim_of_bytes(self.row_bytes)).min(self.cap)
    }

    /// Reads a window, or puts its parts back into the queue.
    async fn window(&mut self, window: Window) -> Result<(), Broken> {
        let target = self.target();
        if window.rows > target && window.end - window.start > 1 {
            let parts = i64::try_from(window.rows / target).unwrap_or(i64::MAX / 8).saturating_mul(4);
            let finer = self.recount(&window, parts.max(PARTS)).await?;
            self.queue.put_back(finer);
            return Ok(());
        }
        let text = kql::rows(self.table, window.start, window.end);
        let question = Question { kql: &text, time: Some(&self.table.time) };
        match self.pull.call(question, &mut self.report).await {
            Ok(page) if is_whole(&page, window.rows) => self.take(&window, page).await,
            Ok(page) => {
                let (rows, distinct, counted) = (page.rows, page.distinct, window.rows);
                let why =
                    format!("the answer has {rows} rows, {distinct} of them distinct, where {counted} were counted");
                self.split(window, Some(page), why).await
            }
            Err(Broken::Cut(why)) => self.split(window, None, why).await,
            Err(other) => Err(other),
        }
    }

    /// Counts a window anew, in finer steps, to be read in parts of half its rows. An answer that has as many rows as are
    /// counted now was whole.
    async fn split(&mut self, window: Window, page: Option<Page>, why: String) -> Result<(), Broken> {
        self.report.splits += 1;
        self.cap = (window.rows / 2).max(1);
        if window.rows <= 1 || window.end - window.start <= 1 {
            self.stubborn += 1;
            if self.stubborn > STUBBORN {
                return Err(Broken::Failed(never_whole(self.table, window.start, window.end, &why)));
            }
            self.pull.wait(Duration::from_secs(1 << self.stubborn), &mut self.report).await?;
        }
        let finer = self.recount(&window, PARTS).await?;
        let rows: u64 = finer.iter().map(|b| b.rows).sum();
        let instant = window.end - window.start <= 1;
        if let Some(page) = page.filter(|p| is_whole(p, rows) || instant && p.rows > rows) {
            return self.take(&window, page).await;
        }
        self.queue.put_back(finer);
        Ok(())
    }

    /// The bins of a window as they are now, in so many steps at least.
    async fn recount(&mut self, window: &Window, parts: i64) -> Result<Vec<Bin>, Broken> {
        let step = kql::step(window.end - window.start, parts);
        let table = self.table;
        let ask = move |from, to| kql::counts(table, from, to, step);
        self.count(window.start, window.end, step, move |_| step, ask).await
    }

    /// Counts a span; in parts where the service cannot do it at once.
    async fn count(
        &mut self,
        from: i64,
        to: i64,
        least: i64,
        step: impl Fn(i64) -> i64 + Copy,
        ask: impl Fn(i64, i64) -> String,
    ) -> Result<Vec<Bin>, Broken> {
        let mut waiting = vec![(from, to)];
        let mut counted = vec![];
        let mut stubborn = 0;
        while let Some((from, to)) = waiting.pop() {
            let text = ask(from, to);
            let question = Question { kql: &text, time: None };
            let answer = self.pull.call(question, &mut self.report).await;
            match answer.and_then(|page| counts(&page)) {
                Ok(counts) => counted.extend(bins(&counts, from, to, step)),
                Err(Broken::Cut(_)) if to - from >= 2 * least => {
                    let half = from + (to - from) / 2;
                    let aligned = half - half.rem_euclid(least);
                    let middle = if aligned > from { aligned } else { aligned + least };
                    waiting.extend([(middle, to), (from, middle)]);
                }
                Err(Broken::Cut(why)) if stubborn >= STUBBORN => {
                    return Err(Broken::Failed(never_whole(self.table, from, to, &why)));
                }
                Err(Broken::Cut(_)) => {
                    stubborn += 1;
                    waiting.push((from, to));
                    self.pull.wait(Duration::from_secs(1 << stubborn), &mut self.report).await?;
                }
                Err(other) => return Err(other),
            }
        }
        Ok(counted)
    }

    /// Commits an answer, with the counts of the hours that it completes.
    async fn take(&mut self, window: &Window, page: Page) -> Result<(), Broken> {
        // Where more came than was counted, the answer may have rows twice that the service has once.
        let slots = if page.rows > window.rows { &page.distinct_slots } else { &page.slots };
        for (slot, rows) in slots {
            *self.seen.entry(*slot).or_insert(0) += rows;
        }
        let done = window.hours().into_iter().filter(|h| !self.queue.has(*h));
        let hours: Vec<(i64, i64)> = done.map(|h| (h, sum(&self.seen, h))).collect();
        let (rows, bytes, whole) = (page.rows, page.body.len() as u64, hours.len() as u64);
        let bodies = if rows > 0 { vec![page.body] } else { vec![] };
        let (store, name) = (Arc::clone(&self.pull.store), self.table.name.clone());
        let added = self.aside(move || store.commit(&name, bodies, hours)).await?;
        let report = &mut self.report;
        report.rows += added.rows;
        report.duplicates += added.duplicates;
        report.rejected += added.rejected;
        report.hours += whole;
        report.windows += 1;
        self.stubborn = 0;
        self.cap = self.cap.saturating_add(self.cap / 4).saturating_add(1);
        if rows >= TELLING {
            self.row_bytes = (bytes / rows).max(1);
        }
        self.pull.advance(|p| {
            p.rows += rows;
            p.due = p.due.saturating_sub(window.rows);
        });
        Ok(())
    }

    /// Asks the mirror, beside the run.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Diagnostic> + Send + 'static,
    ) -> Result<T, Broken> {
        let done = self.pull.machine.aside(work).await;
        done.unwrap_or_else(|| Err(Diagnostic::bug("the mirror broke down during a pull"))).map_err(Broken::Failed)
    }
}

/// The counts of an answer. One that does not add up was cut off.
fn counts(page: &Page) -> Result<BTreeMap<i64, u64>, Broken> {
    match page.body.is_empty() {
        // An empty workspace.
        true => Ok(BTreeMap::new()),
        false => answer::counts(&page.body).map_err(Broken::Cut),
    }
}

/// Whether an answer has all rows that were counted. More are fine when they came in between; rows that come twice only in
/// the answer must not stand for others that are missing.
fn is_whole(page: &Page, counted: u64) -> bool {
    page.rows == counted || page.rows > counted && page.distinct >= counted
}

/// The error for a span that never came whole.
fn never_whole(table: &PullTable, from: i64, to: i64, why: &str) -> Diagnostic {
    let (from, to) = (datetime::format(from), datetime::format(to));
    Diagnostic::general(Code::ServiceFailed, format!("`{}` from {from} to {to} does not come whole: {why}", table.name))
        .with_help("newer rows are in the mirror; run it again, and what is missing is asked for again")
}
