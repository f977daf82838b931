//! The service, the mirror and the clock of these tests. A call of the service takes half a second.

use crate::diagnostic::{Code, Diagnostic};
use crate::pull::kql::HOUR;
use crate::pull::machine::Machine;
use crate::pull::pace::ticks;
use crate::pull::port::{Added, HuntFailure, Hunting, Page, Question, Store};
use crate::value::datetime;
use crate::value::timespan;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A clock that goes on only while everybody sleeps.
pub struct Clock {
    start: i64,
    now: Mutex<i64>,
    sleepers: Mutex<Vec<(i64, Waker)>>,
}

impl Clock {
    pub fn new(start: i64) -> Clock {
        Clock { start, now: Mutex::new(start), sleepers: Mutex::default() }
    }

    pub fn passed(&self) -> Duration {
        crate::pull::pace::duration(self.now() - self.start)
    }

    /// Goes on to the next who wakes.
    fn tick(&self) {
        let mut sleepers = self.sleepers.lock().unwrap();
        let next = sleepers.iter().map(|(at, _)| *at).min().expect("nobody sleeps, and nobody goes on");
        let mut now = self.now.lock().unwrap();
        *now = next.max(*now);
        sleepers.retain(|(at, waker)| {
            if *at <= *now {
                waker.wake_by_ref();
            }
            *at > *now
        });
    }
}

impl Machine for Arc<Clock> {
    fn now(&self) -> i64 {
        Clock::now(self)
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        let until = Clock::now(self) + ticks(time);
        std::future::poll_fn(move |context| match Clock::now(self) >= until {
            true => Poll::Ready(()),
            false => {
                self.sleepers.lock().unwrap().push((until, context.waker().clone()));
                Poll::Pending
            }
        })
    }

    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        Some(work())
    }
}

impl Clock {
    pub fn now(&self) -> i64 {
        *self.now.lock().unwrap()
    }
}

/// Runs a future; time passes when it waits.
pub fn block_on<T>(clock: &Clock, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => return value,
            Poll::Pending => clock.tick(),
        }
    }
}

/// What goes wrong: sizes in rows, chances in percent of all calls.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    /// An answer ends after so many rows without a word.
    pub cut: Option<usize>,
    /// An answer with more is refused.
    pub too_large: Option<usize>,
    /// A query over more runs out of time.
    pub slow: Option<usize>,
    /// The quota is said to be spent for 100 s.
    pub throttle: u64,
    pub partial: u64,
    pub unavailable: u64,
    /// Rows arrive late.
    pub late: u64,
    /// Rows come twice in an answer, though the service has them once.
    pub twice: u64,
}

pub struct Service {
    state: Mutex<State>,
    clock: Arc<Clock>,
}

struct State {
    faults: Faults,
    seed: u64,
    rows: BTreeMap<String, Vec<(i64, u64)>>,
    calls: Vec<i64>,
    last: u64,
    /// Calls of a table that is down.
    down: u64,
}

impl State {
    fn below(&mut self, most: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % most.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        percent == 1 || self.below(100) < percent
    }

    fn add(&mut self, table: &str, at: i64) {
        self.last += 1;
        let row = (at, self.last);
        self.rows.entry(table.to_owned()).or_default().push(row);
    }
}

impl Service {
    pub fn new(seed: u64, faults: Faults, clock: Arc<Clock>) -> Service {
        let seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let state = State { faults, seed, rows: BTreeMap::new(), calls: vec![], last: 0, down: 0 };
        Service { state: Mutex::new(state), clock }
    }

    /// Rows at random times of the last so many ticks, every third in a burst.
    pub fn fill(&self, table: &str, rows: usize, within: i64) {
        let mut state = self.state.lock().unwrap();
        let mut at = self.clock.now();
        for number in 0..rows {
            if number % 3 < 2 {
                at = self.clock.now() - i64::try_from(state.below(within.unsigned_abs())).unwrap();
            }
            state.add(table, at);
        }
    }

    pub fn add(&self, table: &str, at: i64) {
        self.state.lock().unwrap().add(table, at);
    }

    /// Delivers rows once more, as they are.
    pub fn twice(&self, table: &str, rows: usize) {
        let mut state = self.state.lock().unwrap();
        let list = state.rows.get_mut(table).unwrap();
        let again: Vec<_> = list.iter().take(rows).copied().collect();
        list.extend(again);
    }

    /// How many calls were made.
    pub fn calls(&self) -> usize {
        self.state.lock().unwrap().calls.len()
    }

    /// Nothing goes wrong any more.
    pub fn rest(&self) {
        let faults = &mut self.state.lock().unwrap().faults;
        *faults = Faults {
            cut: faults.cut,
            too_large: faults.too_large,
            slow: faults.slow,
            twice: faults.twice,
            ..Faults::default()
        };
    }

    pub fn tables(&self) -> Vec<String> {
        self.state.lock().unwrap().rows.keys().cloned().collect()
    }

    pub fn rows(&self, table: &str) -> BTreeSet<(i64, u64)> {
        self.state.lock().unwrap().rows[table].iter().copied().collect()
    }

    /// A span in which more calls were made than allowed.
    pub fn most_calls_within(&self, within: i64, most: usize) -> Option<(i64, usize)> {
        let calls = &self.state.lock().unwrap().calls;
        let count = |at: i64| calls.iter().filter(|c| (at..at + within).contains(*c)).count();
        calls.iter().map(|at| (*at, count(*at))).find(|(_, n)| *n > most)
    }

    fn answer(&self, question: Question<'_>) -> Result<Page, HuntFailure> {
        let mut state = self.state.lock().unwrap();
        let faults = state.faults;
        let table = question.kql.lines().next().unwrap().to_owned();
        if state.chance(faults.throttle) {
            return Err(HuntFailure::Throttled(Duration::from_secs(100)));
        }
        if state.chance(faults.unavailable) {
            return Err(HuntFailure::Unavailable("503".to_owned()));
        }
        if table == "DeviceDenied" {
            return Err(HuntFailure::Denied("403".to_owned()));
        }
        if table == "DeviceSignedOut" {
            return Err(HuntFailure::NoToken { text: "no token: AADSTS7000215".to_owned(), passes: false });
        }
        if table == "DeviceDown" {
            state.down += 1;
            let text = if state.down == 1 { "no connection" } else { "left alone" };
            return Err(HuntFailure::Unavailable(text.to_owned()));
        }
        if !state.rows.contains_key(&table) {
            return Err(HuntFailure::UnknownTable(format!("no `{table}`")));
        }
        if state.chance(faults.late) {
            let back = i64::try_from(state.below(HOUR.unsigned_abs() * 24)).unwrap();
            state.add(&table, self.clock.now() - back);
        }
        let times: Vec<i64> = between(question.kql, "datetime(", ")").map(|t| datetime::parse(t).unwrap()).collect();
        let (from, to) = (times[0], times[1]);
        let found: Vec<_> = state.rows[&table].iter().copied().filter(|(at, _)| (from..to).contains(at)).collect();
        let mut rows: Vec<Value> = match question.kql.contains("summarize") {
            true => counted(question.kql, &found, times.get(2).copied()),
            false => {
                if faults.slow.is_some_and(|most| found.len() > most) {
                    return Err(HuntFailure::Timeout("504".to_owned()));
                }
                if faults.too_large.is_some_and(|most| found.len() > most) {
                    return Err(HuntFailure::TooLarge("exceeded".to_owned()));
                }
                let mut rows = vec![];
                for (at, id) in &found {
                    let row = json!({"Timestamp": datetime::format(*at), "Id": id});
                    if state.chance(faults.twice) {
                        rows.push(row.clone());
                    }
                    rows.push(row);
                }
                rows
            }
        };
        let partial = state.chance(faults.partial).then(|| "PartialError".to_owned());
        if partial.is_some() {
            rows.truncate(rows.len() / 2);
        }
        if let Some(most) = faults.cut {
            rows.truncate(most);
        }
        let body = json!({"schema": [], "results": rows}).to_string().into_bytes();
        Ok(Page { partial, ..Page::read(body, question.time).unwrap() })
    }
}

fn between<'a>(text: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).map(move |rest| rest.split(after).next().unwrap())
}

fn counted(kql: &str, rows: &[(i64, u64)], recent: Option<i64>) -> Vec<Value> {
    let steps: Vec<i64> = between(kql, "bin(Timestamp, ", ")").map(|t| timespan::parse(t).unwrap()).collect();
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for (at, _) in rows {
        let step = match recent {
            Some(recent) if *at < recent => steps[1],
            _ => steps[0],
        };
        *counts.entry(at - at.rem_euclid(step)).or_default() += 1;
    }
    let pairs: Vec<String> = counts.iter().map(|(at, n)| format!("{}={n}", datetime::format(*at))).collect();
    vec![json!({"Steps": counts.len(), "Total": counts.values().sum::<u64>(), "Counts": pairs.join(" ")})]
}

impl Hunting for Arc<Service> {
    async fn query(&self, question: Question<'_>) -> Result<Page, HuntFailure> {
        let now = self.clock.now();
        self.state.lock().unwrap().calls.push(now);
        Machine::sleep(&self.clock, Duration::from_millis(500)).await;
        self.answer(question)
    }
}

/// A mirror that keeps rows and counts, a set of each.
#[derive(Default)]
pub struct Memory(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    rows: BTreeMap<String, BTreeSet<(i64, u64)>>,
    known: BTreeMap<String, BTreeMap<i64, i64>>,
    /// Of each commit: its table and its newest row.
    commits: Vec<(String, i64)>,
    asked: u64,
    frail: bool,
}

impl Memory {
    pub fn rows(&self, table: &str) -> BTreeSet<(i64, u64)> {
        self.0.lock().unwrap().rows.get(table).cloned().unwrap_or_default()
    }

    /// The newest row of each commit.
    pub fn commits(&self, table: &str) -> Vec<i64> {
        self.all_commits().into_iter().filter(|(name, _)| name == table).map(|(_, at)| at).collect()
    }

    /// The table and the newest row of each commit.
    pub fn all_commits(&self) -> Vec<(String, i64)> {
        self.0.lock().unwrap().commits.clone()
    }

    /// Loses all rows; the notes stay.
    pub fn lose(&self) {
        self.0.lock().unwrap().rows.clear();
    }

    /// Repairs an hour: its note is of no count that there is.
    pub fn forget(&self, table: &str, hour: i64) {
        self.0.lock().unwrap().known.get_mut(table).unwrap().insert(hour, -1);
    }

    /// Of nine commits one fails and one is done without anybody learning of it.
    pub fn frail(&self, frail: bool) {
        self.0.lock().unwrap().frail = frail;
    }
}

impl Store for Memory {
    fn known(&self, table: &str) -> Result<BTreeMap<i64, i64>, Diagnostic> {
        Ok(self.0.lock().unwrap().known.get(table).cloned().unwrap_or_default())
    }

    fn commit(&self, table: &str, bodies: Vec<Vec<u8>>, hours: Vec<(i64, i64)>) -> Result<Added, Diagnostic> {
        let mut kept = self.0.lock().unwrap();
        kept.asked += 1;
        let broken = Err(Diagnostic::general(Code::CannotWrite, "the disk is full"));
        if kept.frail && kept.asked % 9 == 4 {
            return broken;
        }
        let mut added = Added::default();
        for body in bodies {
            let json: Value = serde_json::from_slice(&body).unwrap();
            let read = |row: &Value| (datetime::parse(row["Timestamp"].as_str().unwrap()), row["Id"].as_u64());
            let rows: Vec<_> = json["results"].as_array().unwrap().iter().map(read).collect();
            let newest = rows.iter().filter_map(|(at, _)| *at).max().unwrap();
            kept.commits.push((table.to_owned(), newest));
            for (at, id) in rows {
                match kept.rows.entry(table.to_owned()).or_default().insert((at.unwrap(), id.unwrap())) {
                    true => added.rows += 1,
                    false => added.duplicates += 1,
                }
            }
        }
        kept.known.entry(table.to_owned()).or_default().extend(hours);
        match kept.frail && kept.asked % 9 == 8 {
            true => broken,
            false => Ok(added),
        }
    }
}
