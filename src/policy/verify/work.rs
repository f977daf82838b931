//! The work: products cut into chunks, threads that take them, and what each of them found put together.

use super::check::{check, warnings};
use super::domain::{Kind, Product, World, products};
use super::find::{Findings, What};
use super::memo::{Facts, Memo};
use super::report::{Branches, Report, Violation, Warning, state, trace};
use super::run::{Run, Tape};
use super::{Options, Progress, Scope, VerifySource, lists, special};
use crate::policy::coverage::{Coverage, Watched};
use crate::sync::decision::{Decision, RuleFault};
use crate::sync::input::{Input, Settings};
use crate::sync::pass::{Asked, Outcome, decide};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// States that a thread takes at a time.
pub(super) const CHUNK: u64 = 2_048;

/// A thread's own rule, and what it found.
struct Worker {
    rule: Memo<Watched>,
    findings: Findings,
    tally: Tally,
    digits: Vec<usize>,
}

/// What is counted of states.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    states: u64,
    held: u64,
    by_default: u64,
}

/// Verifies a rule; the report has no digest yet.
pub(super) fn verify(
    source: &VerifySource,
    settings: &Settings,
    options: &Options,
    progress: &Progress,
) -> Result<Report, RuleFault> {
    let world = World::new(settings, options.scope);
    let products = products(&world, settings, options);
    progress.begin(products.iter().map(Product::size).sum());
    let with_people = products.first().map_or_else(|| settings.clone(), |p| world.settings(settings, p));
    let worker = || -> Result<Worker, RuleFault> {
        let rule = Memo::new(Watched::compile(source.name, source.script, &with_people)?, options.remember);
        Ok(Worker { rule, findings: Findings::default(), tally: Tally::default(), digits: vec![] })
    };
    let mut workers = (0..options.threads.max(1)).map(|_| worker()).collect::<Result<Vec<_>, _>>()?;
    let (mut counted, mut known) = (Vec::new(), HashSet::<Facts>::new());
    let stop = AtomicBool::new(false);
    for (number, product) in products.iter().enumerate() {
        let before: u64 = workers.iter().map(|w| w.tally.states).sum();
        let own = world.settings(settings, product);
        let chunk = AtomicU64::new(0);
        let job = Job { world: &world, product, number, settings: &own, chunk: &chunk, stop: &stop, progress, options };
        std::thread::scope(|scope| {
            workers.iter_mut().for_each(|worker| {
                scope.spawn(|| job.run(worker));
            });
        });
        counted.push((product.name, workers.iter().map(|w| w.tally.states).sum::<u64>() - before));
        known.extend(workers.iter().flat_map(|w| w.rule.take_known()));
    }
    let complete = !stop.load(Ordering::Relaxed) && !progress.cancelled();
    let mut report = Report {
        rule: source.name.to_owned(),
        digest: String::new(),
        complete,
        full: options.scope == Scope::Full,
        states: workers.iter().map(|w| w.tally.states).sum(),
        products: counted,
        questions: workers.iter().map(|w| w.rule.asked()).sum(),
        distinct_questions: known.len() as u64,
        held: workers.iter().map(|w| w.tally.held).sum(),
        by_default: workers.iter().map(|w| w.tally.by_default).sum(),
        violations: vec![],
        warnings: vec![],
        branches: Some(branches(&workers)),
    };
    tell(&mut report, workers, &world, &products, settings);
    Ok(report)
}

fn branches(workers: &[Worker]) -> Branches {
    let mut all = Coverage::default();
    workers.iter().for_each(|w| all.merge(&w.rule.inner.coverage()));
    let never = all.never().map(|b| format!("line {}: {}", b.line, b.label)).collect();
    Branches { taken: all.taken(), total: all.total(), never }
}

/// Adds the trace of every finding.
fn tell(report: &mut Report, workers: Vec<Worker>, world: &World, products: &[Product], settings: &Settings) {
    let mut findings = Findings::default();
    let mut rules = Vec::new();
    for worker in workers {
        findings.merge(worker.findings);
        rules.push(worker.rule);
    }
    let Some(rule) = rules.first() else { return };
    for (what, found) in &findings.found {
        let Some(product) = products.get(found.simplest.product) else { continue };
        let own = world.settings(settings, product);
        let mut again = Replay { world, product, settings: &own, rule };
        if let Some(trace) = again.trace(*what, found.simplest.index, found.simplest.passes) {
            report.violations.push(Violation { invariant: what.0, kind: what.1, states: found.states, trace });
        }
    }
    for (message, found) in &findings.warned {
        let Some(product) = products.get(found.simplest.product) else { continue };
        let own = world.settings(settings, product);
        let again = Replay { world, product, settings: &own, rule };
        if let Some((_, input)) = again.input(found.simplest.index) {
            let invariant = if message.contains("Defender") && message.starts_with("sets") { "I15" } else { "I9" };
            let example = state(&input, product.fields, &own);
            report.warnings.push(Warning { invariant, message, states: found.states, example });
        }
    }
}

/// A state that is run again to be told.
struct Replay<'a> {
    world: &'a World,
    product: &'a Product,
    settings: &'a Settings,
    rule: &'a Memo<Watched>,
}

impl Replay<'_> {
    fn input(&self, index: u64) -> Option<(Vec<usize>, Input)> {
        let (mut digits, mut input) = (vec![], self.product.skeleton());
        self.product.digits(index, &mut digits);
        (self.product.build)(self.world, &digits, &mut input)?;
        Some((digits, input))
    }

    fn trace(&mut self, what: What, index: u64, passes: usize) -> Option<super::Trace> {
        let (digits, input) = self.input(index)?;
        let (mut findings, mut tape) = (Findings::wanting(what), Tape::recording());
        let state =
            State { world: self.world, product: self.product, digits: &digits, input: &input, settings: self.settings };
        state.examine(self.rule, &mut findings, &mut tape);
        let broken = findings.into_said()?;
        trace(&tape.events?, self.product.fields, self.settings, passes, broken)
    }
}

/// One product for all threads.
#[derive(Clone, Copy)]
struct Job<'a> {
    world: &'a World,
    product: &'a Product,
    number: usize,
    settings: &'a Settings,
    chunk: &'a AtomicU64,
    stop: &'a AtomicBool,
    progress: &'a Progress,
    options: &'a Options,
}

impl Job<'_> {
    fn run(self, worker: &mut Worker) {
        let size = self.product.size();
        let mut input = self.product.skeleton();
        loop {
            let from = self.chunk.fetch_add(1, Ordering::Relaxed) * CHUNK;
            if from >= size || self.stop.load(Ordering::Relaxed) || self.progress.cancelled() {
                break;
            }
            let until = (from + CHUNK).min(size);
            for index in from..until {
                self.state(index, worker, &mut input);
                if self.options.stop_at_first && !worker.findings.found.is_empty() {
                    self.stop.store(true, Ordering::Relaxed);
                    return;
                }
            }
            self.progress.advance(until - from);
        }
    }

    fn state(self, index: u64, worker: &mut Worker, input: &mut Input) {
        self.product.digits(index, &mut worker.digits);
        if (self.product.build)(self.world, &worker.digits, input).is_none() {
            return; // It would repeat another one.
        }
        let distance = worker.digits.iter().filter(|d| **d > 0).count();
        worker.findings.at(self.number, index, distance);
        worker.rule.take_ruled();
        let state =
            State { world: self.world, product: self.product, digits: &worker.digits, input, settings: self.settings };
        let held = state.examine(&worker.rule, &mut worker.findings, &mut Tape::default());
        worker.tally.states += 1;
        worker.tally.held += u64::from(held);
        worker.tally.by_default += u64::from(!worker.rule.take_ruled());
    }
}

/// One state with all that it takes to look at it.
struct State<'a> {
    world: &'a World,
    product: &'a Product,
    digits: &'a [usize],
    input: &'a Input,
    settings: &'a Settings,
}

impl State<'_> {
    /// Runs and checks it. True when something is held in the end.
    fn examine(&self, rule: &Memo<Watched>, findings: &mut Findings, tape: &mut Tape) -> bool {
        let State { world, product, digits, input, settings } = *self;
        let last = digits.last().copied().unwrap_or_default();
        tape.start(input);
        match product.kind {
            Kind::Tags => lists::tags(input, settings, rule, findings, tape),
            Kind::Comments => lists::comments(input, last, settings, rule, findings, tape),
            Kind::Interrupted => special::interrupted(input, last, settings, rule, findings, tape),
            Kind::ThereAndBack => special::there_and_back(world, digits, input, settings, rule, findings, tape),
            Kind::Undone => special::undone(digits, input, settings, rule, findings, tape),
            Kind::Any => {
                let run = Run::new(input, settings, rule, tape);
                check(&run, settings, findings);
                warnings(&run, findings);
                lists::merged(&run, findings);
                if product.mirror.is_some() {
                    self.symmetric(run.outs.first(), rule, findings);
                }
                return run.end().is_some_and(|out| !out.holds.is_empty());
            }
        }
        false
    }

    /// I9, to know about: whether the rule decides the same with the sides swapped.
    fn symmetric(&self, out: Option<&Outcome>, rule: &Memo<Watched>, findings: &mut Findings) {
        let Some(digits) = self.product.mirror.and_then(|mirror| mirror(self.digits)) else { return };
        let conflict = |out: &Outcome| {
            out.rulings.iter().find(|r| r.question == Asked::Conflict).map(|r| r.ruling.decision.clone())
        };
        let Some(decision) = out.and_then(conflict) else { return };
        let mut other = self.input.clone();
        if (self.product.build)(self.world, &digits, &mut other).is_none() {
            return;
        }
        let swapped = conflict(&decide(&other, self.settings, rule));
        let fitting = match &decision {
            Decision::TakeDefender => Decision::TakeSentinel,
            Decision::TakeSentinel => Decision::TakeDefender,
            Decision::SetEach(d, s) => Decision::SetEach(s.clone(), d.clone()),
            Decision::SplitEach(d, s) => Decision::SplitEach(s.clone(), d.clone()),
            other => other.clone(),
        };
        if swapped.as_ref().is_none_or(|s| *s == fitting) {
            return;
        }
        findings.warn(match (&decision, swapped) {
            (Decision::TakeDefender, Some(Decision::TakeDefender)) => "prefers Defender",
            (Decision::TakeSentinel, Some(Decision::TakeSentinel)) => "prefers Sentinel",
            _ => "decides otherwise when the sides are swapped",
        });
    }
}
