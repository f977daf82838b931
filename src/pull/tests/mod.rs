//! Pulls from a service in memory that has bad days, into a mirror in memory that breaks down.

mod world;

use super::kql::{self, HOUR};
use super::machine::Machine;
use super::port::Store;
use super::run::{Options, Pull, Since};
use super::source::Source;
use super::tables::PullTable;
use crate::value::datetime::{self, TICKS_PER_DAY, TICKS_PER_SECOND};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use world::{Clock, Faults, Memory, Service, block_on};

fn now() -> i64 {
    datetime::parse("2026-07-10T12:34:56.7654321Z").unwrap()
}

fn table(name: &str) -> PullTable {
    PullTable { name: name.to_owned(), time: "Timestamp".to_owned() }
}

fn options() -> Options {
    Options {
        source: Source::Graph,
        since: Since::Span(5 * TICKS_PER_DAY),
        parallel: 3,
        target_rows: Some(60),
        local: false,
        again: false,
    }
}

/// A service, a mirror and the clock of both.
struct Scene {
    clock: Arc<Clock>,
    service: Arc<Service>,
    memory: Arc<Memory>,
    options: Options,
}

impl Scene {
    fn new(seed: u64, faults: Faults) -> Scene {
        let clock = Arc::new(Clock::new(now()));
        let service = Arc::new(Service::new(seed, faults, Arc::clone(&clock)));
        Scene { clock, service, memory: Arc::default(), options: options() }
    }

    fn pull(&self) -> Pull<Arc<Service>, Memory, Arc<Clock>> {
        self.pull_until(std::future::pending())
    }

    fn pull_until(&self, stop: impl Future<Output = ()> + Send + 'static) -> Pull<Arc<Service>, Memory, Arc<Clock>> {
        let (service, clock) = (Arc::clone(&self.service), Arc::clone(&self.clock));
        Pull::new(service, Arc::clone(&self.memory), clock, self.options, stop, |_| {})
    }

    fn tables(&self) -> Vec<PullTable> {
        self.service.tables().iter().map(|t| table(t)).collect()
    }

    /// Passes until one is complete, each by a process of its own.
    fn until_complete(&self) -> usize {
        for pass in 1..200 {
            if block_on(&self.clock, self.pull().pass(&self.tables())).complete() {
                return pass;
            }
            // The next process does not know of this one's calls; if it comes sooner, the service tells it.
            block_on(&self.clock, Machine::sleep(&self.clock, Duration::from_secs(60)));
        }
        panic!("it does not end");
    }

    fn same(&self) {
        for table in self.service.tables() {
            let (have, should) = (self.memory.rows(&table), self.service.rows(&table));
            let differ: Vec<_> = have.symmetric_difference(&should).take(3).collect();
            assert!(differ.is_empty(), "{table}: {} of {} rows, {differ:?}", have.len(), should.len());
        }
    }
}

#[test]
fn a_quiet_service_is_read_once_and_newest_first() {
    let scene = Scene::new(1, Faults::default());
    scene.service.fill("DeviceEvents", 3000, 5 * TICKS_PER_DAY - HOUR);
    scene.service.fill("DeviceInfo", 40, 5 * TICKS_PER_DAY - HOUR);
    let report = block_on(&scene.clock, scene.pull().pass(&scene.tables()));
    assert!(report.complete(), "{report:?}");
    scene.same();
    let info = report.tables.iter().find(|t| t.table == "DeviceInfo").unwrap();
    assert_eq!((info.rows, info.calls, info.windows), (40, 2, 1), "few rows are one question");
    let events = report.tables.iter().find(|t| t.table == "DeviceEvents").unwrap();
    assert_eq!((events.rows, events.duplicates), (3000, 0));
    assert!(events.windows < 3000 / 60 * 2, "{events:?}");
    let newest: Vec<i64> = scene.memory.commits("DeviceEvents");
    assert!(newest.windows(2).all(|w| w[0] >= w[1]), "newest first");

    let again = block_on(&scene.clock, scene.pull().pass(&scene.tables()));
    assert!(again.tables.iter().all(|t| (t.calls, t.due, t.rows) == (1, 0, 0)), "{again:?}");
}

#[test]
fn late_rows_are_found_in_their_hour_and_nothing_else_is_read_again() {
    let scene = Scene::new(2, Faults::default());
    scene.service.fill("DeviceEvents", 2000, 5 * TICKS_PER_DAY - HOUR);
    scene.until_complete();
    scene.service.add("DeviceEvents", now() - 3 * TICKS_PER_DAY);
    let report = block_on(&scene.clock, scene.pull().pass(&scene.tables()));
    let table = &report.tables[0];
    assert_eq!((table.rows, table.due, table.calls), (1, 1, 2), "{table:?}");
    assert!(table.duplicates < 60, "{table:?}");
    scene.same();
}

#[test]
fn many_rows_of_one_instant_come_whole_or_are_told() {
    let mut scene = Scene::new(3, Faults { cut: Some(50), ..Faults::default() });
    scene.options.target_rows = None;
    let at = now() - TICKS_PER_DAY;
    for step in 0..200 {
        scene.service.add("DeviceEvents", at + step % 5);
    }
    scene.until_complete();
    scene.same();
    for _ in 0..60 {
        scene.service.add("DeviceEvents", at);
    }
    let report = block_on(&scene.clock, scene.pull().pass(&scene.tables()));
    let told = report.tables[0].error.clone().unwrap().message;
    assert!(told.contains("does not come whole") && told.contains(&datetime::format(at)), "{told}");
    assert!(told.contains("of them distinct"), "{told}");
}

#[test]
fn a_bad_day_ends_exact_and_within_the_quota() {
    for seed in 0..24 {
        let faults = Faults {
            cut: Some(100),
            too_large: (seed % 3 == 1).then_some(70),
            slow: (seed % 3 == 2).then_some(90),
            throttle: 5,
            partial: 7,
            unavailable: 4,
            late: 10,
            twice: if seed % 4 == 3 { 5 } else { 0 },
        };
        let mut scene = Scene::new(seed, faults);
        // Hours pass, so a span would lose rows at its rim.
        scene.options = Options {
            since: Since::Time(now() - 5 * TICKS_PER_DAY),
            target_rows: (seed % 2 == 1).then_some(300),
            ..scene.options
        };
        scene.service.fill("DeviceEvents", 700, 5 * TICKS_PER_DAY - HOUR);
        scene.service.fill("DeviceInfo", 30, 5 * TICKS_PER_DAY - HOUR);
        scene.service.fill("DeviceFileEvents", 300, 2 * HOUR);
        scene.service.twice("DeviceEvents", 20);
        scene.memory.frail(true);
        scene.until_complete();
        scene.service.rest();
        scene.memory.frail(false);
        block_on(&scene.clock, Machine::sleep(&scene.clock, Duration::from_secs(60)));
        scene.until_complete();
        scene.same();
        assert_eq!(scene.service.most_calls_within(60 * TICKS_PER_SECOND, 45), None, "seed {seed}");
        let again = block_on(&scene.clock, scene.pull().pass(&scene.tables()));
        assert!(again.tables.iter().all(|t| t.due == 0), "seed {seed}: {again:?}");
    }
}

#[test]
fn a_denied_or_missing_table_stops_no_other() {
    let scene = Scene::new(4, Faults::default());
    scene.service.fill("DeviceInfo", 40, HOUR);
    let tables = [table("DeviceNothing"), table("DeviceDenied"), table("DeviceInfo")];
    let report = block_on(&scene.clock, scene.pull().pass(&tables));
    let told: Vec<Option<String>> = report.tables.iter().map(|t| t.error.clone().and_then(|e| e.help)).collect();
    assert!(told[0].as_ref().unwrap().contains("DeviceNothing = false"), "{told:?}");
    assert!(told[1].as_ref().unwrap().contains("ThreatHunting.Read.All"), "{told:?}");
    assert_eq!((told[2].clone(), report.tables[2].rows), (None, 40));
}

#[test]
fn all_tables_get_their_last_day_before_any_gets_more() {
    for (parallel, throttle) in [(1, 0), (3, 10)] {
        let mut scene = Scene::new(8, Faults { throttle, ..Faults::default() });
        scene.options.parallel = parallel;
        let tables = ["DeviceEvents", "DeviceFileEvents", "DeviceInfo", "DeviceLogonEvents", "DeviceProcessEvents"];
        tables.iter().for_each(|name| scene.service.fill(name, 900, 5 * TICKS_PER_DAY - HOUR));
        assert!(block_on(&scene.clock, scene.pull().pass(&scene.tables())).complete());
        scene.same();
        let near = kql::hour(now()) - 24 * HOUR;
        let days: Vec<bool> = scene.memory.all_commits().iter().map(|(_, newest)| *newest >= near).collect();
        assert!(days.is_sorted_by(|a, b| a >= b), "{parallel} at a time: {days:?}");
        assert!(days.contains(&true) && days.contains(&false));
    }
}

#[test]
fn a_span_that_never_comes_whole_hides_no_older_rows() {
    let scene = Scene::new(9, Faults { cut: Some(50), ..Faults::default() });
    let at = kql::hour(now()) - 2 * TICKS_PER_DAY;
    scene.service.fill("DeviceEvents", 400, 5 * TICKS_PER_DAY - HOUR);
    scene.service.add("DeviceEvents", at + 1);
    for _ in 0..60 {
        scene.service.add("DeviceEvents", at + 7);
        scene.service.add("DeviceEvents", at + 2 * HOUR + 7);
    }
    for _ in 0..2 {
        let report = block_on(&scene.clock, scene.pull().pass(&scene.tables()));
        let told = report.tables[0].error.clone().unwrap().message;
        assert!(told.contains(&datetime::format(at + 2 * HOUR + 7)), "the first one is told: {told}");
        assert!(!report.complete() && !report.tables[0].closed && report.tables[0].due > 0);
        let missing = &scene.service.rows("DeviceEvents") - &scene.memory.rows("DeviceEvents");
        let instants = [at + 7, at + 2 * HOUR + 7];
        assert!(!missing.is_empty() && missing.iter().all(|(row, _)| instants.contains(row)), "{missing:?}");
        let known = scene.memory.known("DeviceEvents").unwrap();
        assert!(!known.contains_key(&at) && !known.contains_key(&(at + 2 * HOUR)) && known.len() > 50);
        block_on(&scene.clock, Machine::sleep(&scene.clock, Duration::from_secs(60)));
    }
}

#[test]
fn a_table_of_which_nothing_comes_whole_is_left() {
    let scene = Scene::new(9, Faults { cut: Some(0), ..Faults::default() });
    scene.service.fill("DeviceEvents", 400, 5 * TICKS_PER_DAY - HOUR);
    let report = block_on(&scene.clock, scene.pull().pass(&scene.tables()));
    assert!(report.tables[0].error.is_some() && scene.service.calls() < 100, "{} calls", scene.service.calls());
}

#[test]
fn without_a_token_all_tables_end_at_once() {
    let mut scene = Scene::new(10, Faults::default());
    scene.options.parallel = 1;
    scene.service.fill("DeviceInfo", 40, HOUR);
    let tables = [table("DeviceSignedOut"), table("DeviceInfo")];
    let report = block_on(&scene.clock, scene.pull().pass(&tables));
    assert_eq!(scene.service.calls(), 1);
    assert_eq!(report.tables[0].error, report.tables[1].error);
    let told = report.tables[0].error.clone().unwrap();
    assert_eq!(told.message, "no token: AADSTS7000215");
    assert!(told.help.unwrap().contains("huntline login --check"));
}

#[test]
fn of_failures_in_a_row_the_first_is_told() {
    let scene = Scene::new(11, Faults::default());
    let report = block_on(&scene.clock, scene.pull().pass(&[table("DeviceDown")]));
    let table = &report.tables[0];
    assert_eq!(table.error.as_ref().unwrap().message, "`DeviceDown`: no connection");
    assert_eq!((table.calls, table.waited), (5, Duration::from_secs(2 + 4 + 8 + 16)));
}

#[test]
fn a_quota_that_stays_spent_is_waited_for_an_hour_at_most() {
    let scene = Scene::new(12, Faults { throttle: 100, ..Faults::default() });
    scene.service.fill("DeviceInfo", 40, HOUR);
    let report = block_on(&scene.clock, scene.pull().pass(&scene.tables()));
    let table = &report.tables[0];
    assert!(table.error.as_ref().unwrap().message.contains("the quota is spent"), "{table:?}");
    assert_eq!((table.calls, table.waited), (37, Duration::from_secs(3600)));
}

#[test]
fn what_waits_is_measured_by_the_clock() {
    let scene = Scene::new(13, Faults { throttle: 100, ..Faults::default() });
    scene.service.fill("DeviceInfo", 40, HOUR);
    let clock = Arc::clone(&scene.clock);
    let stop = async move { Machine::sleep(&clock, Duration::from_secs(30)).await };
    let report = block_on(&scene.clock, scene.pull_until(stop).pass(&scene.tables()));
    assert_eq!(report.tables[0].waited, Duration::from_millis(29_500), "of a pause of 100 s");
}

#[test]
fn a_repaired_hour_is_read_again_and_all_of_them_where_notes_are_ignored() {
    let mut scene = Scene::new(14, Faults::default());
    scene.service.fill("DeviceEvents", 400, 5 * TICKS_PER_DAY - HOUR);
    scene.until_complete();
    let (hour, rows) = scene.memory.known("DeviceEvents").unwrap().pop_first().unwrap();
    scene.memory.lose();
    scene.memory.forget("DeviceEvents", hour);
    let report = block_on(&scene.clock, scene.pull().pass(&scene.tables()));
    assert_eq!((report.tables[0].due, i64::try_from(report.tables[0].rows)), (1, Ok(rows)));
    assert_eq!(scene.memory.known("DeviceEvents").unwrap()[&hour], rows);
    scene.options.again = true;
    block_on(&scene.clock, scene.pull().pass(&scene.tables()));
    scene.same();
}

#[test]
fn what_is_older_than_the_service_keeps_is_told_and_not_asked_for() {
    let scene = Scene { options: Options { since: Since::Time(0), ..options() }, ..Scene::new(5, Faults::default()) };
    scene.service.fill("DeviceInfo", 400, 40 * TICKS_PER_DAY);
    let report = block_on(&scene.clock, scene.pull().pass(&scene.tables()));
    let from = report.tables[0].range.unwrap().0;
    assert!(from > now() - 30 * TICKS_PER_DAY && from <= now() - 30 * TICKS_PER_DAY + HOUR);
    assert!(scene.options.shortfall(now()).unwrap().message.contains("30 days"));
    assert_eq!(options().shortfall(now()), None);
    assert_eq!(Options { source: Source::LogAnalytics, ..scene.options }.shortfall(now()), None);
}

#[test]
fn a_stop_ends_a_pause_at_once_and_the_next_run_goes_on() {
    let scene = Scene::new(6, Faults { throttle: 1, ..Faults::default() });
    scene.service.fill("DeviceEvents", 900, 4 * TICKS_PER_DAY);
    let clock = Arc::clone(&scene.clock);
    let stop = async move { Machine::sleep(&clock, Duration::from_secs(5)).await };
    let report = block_on(&scene.clock, scene.pull_until(stop).pass(&scene.tables()));
    assert!(report.stopped && !report.complete() && report.tables[0].error.is_none(), "{report:?}");
    assert_eq!(scene.clock.passed(), Duration::from_secs(5), "the pause is longer");
    scene.service.rest();
    scene.until_complete();
    scene.same();
}

#[test]
fn following_reads_what_is_new_and_little_else() {
    let scene = Scene::new(7, Faults::default());
    // A table that is denied makes no pass look at more.
    let tables = [table("DeviceEvents"), table("DeviceDenied"), table("DeviceNothing")];
    scene.service.fill("DeviceEvents", 600, 3 * HOUR);
    let ended = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ended);
    let stop = std::future::poll_fn(move |_| match flag.load(Ordering::Relaxed) {
        true => std::task::Poll::Ready(()),
        false => std::task::Poll::Pending,
    });
    let mut passes = vec![];
    block_on(
        &scene.clock,
        scene.pull_until(stop).follow(&tables, Duration::from_secs(300), |report| {
            passes.push(report.tables[0].clone());
            for _ in 0..20 {
                scene.service.add("DeviceEvents", Machine::now(&scene.clock));
            }
            ended.store(passes.len() == 100, Ordering::Relaxed);
        }),
    );
    assert_eq!(passes.len(), 100);
    assert!(passes.iter().skip(1).all(|p| p.rows == 20 && p.calls == 2), "{passes:?}");
    let again: u64 = passes.iter().map(|p| p.duplicates).sum();
    assert!(again <= 100 * 20, "{again} rows were read again");
    let spans: Vec<i64> = passes.iter().filter_map(|p| p.range).map(|(from, to)| to - from).collect();
    assert_eq!(spans.iter().filter(|s| **s > 48 * HOUR).count(), 2, "everything is looked at every six hours");
    scene.until_complete();
    scene.same();
}
