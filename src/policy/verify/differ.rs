//! Two rules over the same states: what [`crate::policy::diff`] groups and shows.

use super::domain::{Kind, Product, World, products};
use super::find::Simple;
use super::memo::Memo;
use super::report::{decision, state};
use super::work::CHUNK;
use super::{Options, Progress, VerifySource};
use crate::incident::Side;
use crate::policy::diff::{Group, GroupKey, about};
use crate::policy::host::Rule;
use crate::sync::decision::RuleFault;
use crate::sync::input::{Input, Settings};
use crate::sync::pass::{Asked, Outcome, Ruled, Subject, decide};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was found.
pub(in crate::policy) struct Differences {
    /// The groups, in no order.
    pub groups: Vec<Group>,
    /// Whether every state was looked at.
    pub complete: bool,
    /// States.
    pub states: u64,
    /// States with a difference.
    pub different: u64,
}

/// What one thread found.
struct Worker {
    rules: [Memo<Rule>; 2],
    groups: HashMap<GroupKey, (u64, Simple)>,
    states: u64,
    different: u64,
}

/// Runs both rules over every state.
///
/// # Errors
/// When one of them cannot be compiled.
pub(in crate::policy) fn differences(
    first: &VerifySource,
    second: &VerifySource,
    settings: &Settings,
    options: &Options,
    progress: &Progress,
) -> Result<Differences, RuleFault> {
    let world = World::new(settings, options.scope);
    // One pass says what is decided; the runs that are disturbed ask nothing else.
    let mut products = products(&world, settings, options);
    products.retain(|p| matches!(p.kind, Kind::Any | Kind::Tags | Kind::Comments));
    progress.begin(products.iter().map(Product::size).sum());
    let with_people = products.first().map_or_else(|| settings.clone(), |p| world.settings(settings, p));
    let worker = || -> Result<Worker, RuleFault> {
        let rule = |source: &VerifySource| {
            Rule::compile(source.name, source.script, &with_people).map(|rule| Memo::new(rule, options.remember))
        };
        Ok(Worker { rules: [rule(first)?, rule(second)?], groups: HashMap::new(), states: 0, different: 0 })
    };
    let mut workers = (0..options.threads.max(1)).map(|_| worker()).collect::<Result<Vec<_>, _>>()?;
    for (number, product) in products.iter().enumerate() {
        let own = world.settings(settings, product);
        let chunk = AtomicU64::new(0);
        let job = Job { world: &world, product, number, settings: &own, chunk: &chunk, progress };
        std::thread::scope(|scope| {
            workers.iter_mut().for_each(|worker| {
                scope.spawn(|| job.run(worker));
            });
        });
        workers.iter().flat_map(|w| &w.rules).for_each(|rule| drop(rule.take_known()));
    }
    Ok(put_together(workers, &world, &products, settings, !progress.cancelled()))
}

fn put_together(
    workers: Vec<Worker>,
    world: &World,
    products: &[Product],
    settings: &Settings,
    complete: bool,
) -> Differences {
    let mut all: HashMap<GroupKey, (u64, Simple)> = HashMap::new();
    let (mut states, mut different) = (0, 0);
    for worker in workers {
        states += worker.states;
        different += worker.different;
        for (key, (count, simplest)) in worker.groups {
            let group = all.entry(key).or_insert((0, simplest));
            group.0 += count;
            group.1 = group.1.min(simplest);
        }
    }
    let example = |at: &Simple| {
        let product = products.get(at.product)?;
        let (mut digits, mut input) = (vec![], product.skeleton());
        product.digits(at.index, &mut digits);
        (product.build)(world, &digits, &mut input)?;
        Some(state(&input, product.fields, &world.settings(settings, product)))
    };
    let groups = all.into_iter().filter_map(|(key, (states, at))| Some(Group { key, states, example: example(&at)? }));
    Differences { groups: groups.collect(), complete, states, different }
}

/// One product for all threads.
#[derive(Clone, Copy)]
struct Job<'a> {
    world: &'a World,
    product: &'a Product,
    number: usize,
    settings: &'a Settings,
    chunk: &'a AtomicU64,
    progress: &'a Progress,
}

impl Job<'_> {
    fn run(self, worker: &mut Worker) {
        let size = self.product.size();
        let (mut digits, mut input) = (vec![], self.product.skeleton());
        loop {
            let from = self.chunk.fetch_add(1, Ordering::Relaxed) * CHUNK;
            if from >= size || self.progress.cancelled() {
                break;
            }
            let until = (from + CHUNK).min(size);
            for index in from..until {
                self.product.digits(index, &mut digits);
                if (self.product.build)(self.world, &digits, &mut input).is_some() {
                    let distance = digits.iter().filter(|d| **d > 0).count();
                    let at = Simple { passes: 0, distance, product: self.number, index };
                    self.compare(&input, at, worker);
                }
            }
            self.progress.advance(until - from);
        }
    }

    fn compare(self, input: &Input, at: Simple, worker: &mut Worker) {
        let [first, second] = &worker.rules;
        let (a, b) = (decide(input, self.settings, first), decide(input, self.settings, second));
        worker.states += 1;
        let mut differs = false;
        for (key, answers) in pairs(&a, &b) {
            let (subject, asked) = key;
            let [first, second] = answers.map(|r| r.unwrap_or_else(|| "fails".to_owned()));
            if first == second {
                continue;
            }
            differs = true;
            let key = group_key(input, subject, asked, first, second);
            let group = worker.groups.entry(key).or_insert((0, at));
            group.0 += 1;
            group.1 = group.1.min(at);
        }
        worker.different += u64::from(differs);
    }
}

type Asks = (Subject, Asked);

/// What both were asked about, with both answers. A later field may be asked about by one only: that is no difference of
/// its own, but follows from an earlier one.
fn pairs(a: &Outcome, b: &Outcome) -> Vec<(Asks, [Option<String>; 2])> {
    let find = |out: &Outcome, subject: Subject| out.rulings.iter().find(|r| r.subject == subject).map(answer);
    let failed = |out: &Outcome, subject: Subject| {
        let field = match subject {
            Subject::Field(field) => Some(field),
            Subject::Incident(_) => None,
        };
        out.refusals.iter().any(|r| r.field == field)
    };
    let mut list: Vec<(Asks, [Option<String>; 2])> = Vec::new();
    for (from, other, swap) in [(a, b, false), (b, a, true)] {
        for ruled in &from.rulings {
            if list.iter().any(|((subject, _), _)| *subject == ruled.subject) {
                continue;
            }
            let theirs = find(other, ruled.subject);
            if theirs.is_none() && !failed(other, ruled.subject) {
                continue;
            }
            let both = if swap { [theirs, Some(answer(ruled))] } else { [Some(answer(ruled)), theirs] };
            list.push(((ruled.subject, ruled.question), both));
        }
    }
    list
}

/// The decision as a rule writes it; comments by their number, since their texts are the same on both sides.
fn answer(ruled: &Ruled) -> String {
    decision(&ruled.ruling.decision)
}

fn group_key(input: &Input, subject: Subject, asked: Asked, first: String, second: String) -> GroupKey {
    let (field, event) = match subject {
        Subject::Field(field) => (Some(field), ""),
        Subject::Incident(event) => (None, event.name()),
    };
    let by = |side: Side| match (field, asked) {
        (None, _) => "-",
        (Some(_), Asked::Carried(from)) if from != side => "-",
        (Some(field), _) => input.actor(side, field).name(),
    };
    GroupKey {
        about: about(field, event),
        asked: match asked {
            Asked::Conflict => "conflict",
            Asked::Carried(Side::Defender) => "changed in Defender",
            Asked::Carried(Side::Sentinel) => "changed in Sentinel",
            Asked::Answer => "answered",
            Asked::Event => "event",
        },
        first,
        second,
        defender_by: by(Side::Defender),
        sentinel_by: by(Side::Sentinel),
        order: field.map_or("-", |f| input.order(f).name()),
    }
}
