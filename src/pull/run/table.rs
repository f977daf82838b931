//! One table: count, find what is due, read it newest first, split what does not come whole, commit.
//!
//! In: a table, a span of time, what the mirror has noted of its hours. Out: rows in the mirror, a report. Never: an hour
//! noted that has rows which did not come; older rows held up by a span that never comes whole.

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
/// Windows in a row that never come whole, after which the table is left.
const MOST_LOST: u32 = 5;

/// A table under way.
pub(super) struct Run<'a, H, S, M> {
    pull: &'a Pull<H, S, M>,
    table: &'a PullTable,
    scope: Scope,
    report: TableReport,
    queue: Queue,
    /// What ended it.
    ended: Option<Broken>,
    /// Hours with spans that never came whole.
    lost: BTreeSet<i64>,
    /// Such spans since the last answer that was taken.
    lost_in_row: u32,
    /// Rows received by five minutes.
    seen: BTreeMap<i64, i64>,
    /// Rows that a question may ask for, after one that was too much.
    cap: u64,
    row_bytes: u64,
    /// Tries of the smallest window.
    stubborn: u32,
}

impl<H: Hunting, S: Store + 'static, M: Machine> Pull<H, S, M> {
    /// Counts a table and reads what is due of its last day.
    pub(super) async fn newest<'a>(&'a self, table: &'a PullTable, scope: Scope) -> Run<'a, H, S, M> {
        let range = Some((scope.from, scope.to));
        let mut run = Run {
            pull: self,
            table,
            scope,
            report: TableReport { table: table.name.clone(), range, ..TableReport::default() },
            queue: Queue::default(),
            ended: None,
            lost: BTreeSet::new(),
            lost_in_row: 0,
            seen: lock(&self.seen).remove(&table.name).unwrap_or_default(),
            cap: u64::MAX,
            row_bytes: ROW_BYTES,
            stubborn: 0,
        };
        run.ended = run.begin().await.err();
        run
    }
}

impl<'a, H: Hunting, S: Store + 'static, M: Machine> Run<'a, H, S, M> {
    /// Reads what is due before the last day.
    pub(super) async fn rest(mut self) -> TableReport {
        if self.ended.is_none() {
            self.ended = self.read(i64::MIN).await.err();
        }
        match self.ended.take() {
            None => {
                let recent = self.seen.split_off(&self.scope.recent);
                lock(&self.pull.seen).insert(self.table.name.clone(), recent);
            }
            Some(Broken::Stopped) => {}
            Some(Broken::Closed(told)) => {
                self.report.closed = true;
                self.fail(told);
            }
            Some(Broken::Failed(told) | Broken::Lost(told)) => self.fail(told),
            Some(Broken::Cut(why)) => self.fail(never_whole(self.table, self.scope.from, self.scope.to, &why)),
        }
        self.report
    }

    /// The first failure is the one that is told.
    fn fail(&mut self, told: Diagnostic) {
        self.report.error.get_or_insert(told);
    }

    async fn begin(&mut self) -> Result<(), Broken> {
        let (scope, table) = (self.scope, self.table);
        let known = self.known().await?;
        let step = move |start: i64| if start >= scope.recent { SLOT } else { HOUR };
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
        self.read(scope.near).await
    }

    /// What the mirror has noted.
    async fn known(&self) -> Result<BTreeMap<i64, i64>, Broken> {
        if self.pull.options.again {
            return Ok(BTreeMap::new());
        }
        let (store, name) = (Arc::clone(&self.pull.store), self.table.name.clone());
        self.aside(move || store.known(&name)).await
    }

    /// Reads what is due, newest first, as long as it begins at this time or later. A question may reach further back.
    async fn read(&mut self, from: i64) -> Result<(), Broken> {
        while self.queue.newest().is_some_and(|start| start >= from) {
            let Some(window) = self.queue.next(self.target()) else { break };
            let (hours, rows) = (window.hours(), window.rows);
            match self.window(window).await {
                Err(Broken::Lost(told)) => self.lose(hours, rows, told)?,
                done => done?,
            }
        }
        Ok(())
    }

    /// Goes on without a window. Its hours stay due.
    fn lose(&mut self, hours: Vec<i64>, rows: u64, told: Diagnostic) -> Result<(), Broken> {
        self.lost_in_row += 1;
        if self.lost_in_row >= MOST_LOST {
            return Err(Broken::Failed(told));
        }
        self.fail(told);
        self.lost.extend(hours);
        self.stubborn = 0;
        // What was small for this window need not be for others.
        self.cap = u64::MAX;
        self.pull.advance(|p| p.due = p.due.saturating_sub(rows));
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
                return Err(Broken::Lost(never_whole(self.table, window.start, window.end, &why)));
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
                    return Err(Broken::Lost(never_whole(self.table, from, to, &why)));
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
        let done = window.hours().into_iter().filter(|h| !self.queue.has(*h) && !self.lost.contains(h));
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
        (self.stubborn, self.lost_in_row) = (0, 0);
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
        .with_help("its other rows are asked for all the same; run it again, and these are asked for again")
}
