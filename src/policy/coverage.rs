//! Watches a rule at work: which of its branches are taken, and which lines one call ran through.
//!
//! In: a script, questions. Out: the same decisions as [`Rule`] gives, and counts. Never: another decision than the rule's.

use super::branches::{self, Branch, Count, Map};
use super::host::{Rule, engine, register};
use crate::sync::decision::{IncidentQuestion, Question, Resolver, RuleFault, Ruling};
use crate::sync::input::Settings;
use rhai::debugger::{DebuggerCommand, DebuggerEvent};
use rhai::{ASTNode, OptimizationLevel, Position, Stmt};
use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

thread_local! {
    /// What the call under way has done so far.
    static CALL: RefCell<Call> = const { RefCell::new(Call { counts: Vec::new(), lines: None }) };
    /// The calls that are followed on this thread.
    static FOLLOWED: RefCell<Option<Vec<Followed>>> = const { RefCell::new(None) };
}

/// One call.
struct Call {
    counts: Vec<u32>,
    lines: Option<Vec<u32>>,
}

/// The branches of a rule, and how often each was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The branches, by place.
    pub branches: Vec<Branch>,
    /// How often each was taken, in the same order.
    pub hits: Vec<u64>,
}

impl Coverage {
    /// How many branches there are.
    pub fn total(&self) -> usize {
        self.branches.len()
    }

    /// How many were taken.
    pub fn taken(&self) -> usize {
        self.hits.iter().filter(|h| **h > 0).count()
    }

    /// The branches that were never taken, by place.
    pub fn never(&self) -> impl Iterator<Item = &Branch> {
        self.branches.iter().zip(&self.hits).filter(|(_, hits)| **hits == 0).map(|(branch, _)| branch)
    }

    /// Adds what was counted elsewhere for the same script.
    pub fn merge(&mut self, other: &Coverage) {
        if self.branches.is_empty() {
            *self = other.clone();
            return;
        }
        for (mine, theirs) in self.hits.iter_mut().zip(&other.hits) {
            *mine += theirs;
        }
    }
}

/// One call of a function of the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The function: `decide`, `review` or `incident`.
    pub function: &'static str,
    /// The lines that were run, in order, from 1; a line that is run again is named again.
    pub lines: Vec<u32>,
    /// The numbers of the branches that were taken, in [`Coverage::branches`].
    pub branches: Vec<usize>,
}

/// A rule that is watched. It may be asked from several threads; the counts are one.
pub struct Watched {
    rule: Rule,
    map: Arc<OnceLock<Map>>,
    hits: Vec<AtomicU64>,
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").field("rule", &self.rule).finish_non_exhaustive()
    }
}

impl Watched {
    /// Compiles a rule that is watched.
    ///
    /// # Errors
    /// As [`Rule::compile`].
    // The interpreter's authors mark this interface as one that may change, by calling it deprecated.
    #[allow(deprecated)]
    pub fn compile(name: &str, source: &str, settings: &Settings) -> Result<Watched, RuleFault> {
        let mut engine = engine();
        register(&mut engine, &settings.directory);
        // What never changes a decision may take branches away: they could not be counted.
        engine.set_optimization_level(OptimizationLevel::None);
        let map = Arc::new(OnceLock::new());
        let seen: Arc<OnceLock<Map>> = Arc::clone(&map);
        engine.register_debugger(
            |_, debugger| debugger,
            move |_, event, node, _, position| {
                let starts = matches!(event, DebuggerEvent::Start | DebuggerEvent::Step);
                if let Some(map) = seen.get().filter(|_| starts) {
                    count(map, node, position);
                }
                Ok(DebuggerCommand::StepInto)
            },
        );
        let rule = Rule::with_engine(name, source, settings, engine)?;
        let found = branches::branches(rule.ast(), source);
        let hits = found.branches.iter().map(|_| AtomicU64::new(0)).collect();
        // The cell is new: it is empty.
        let _ = map.set(found);
        Ok(Watched { rule, map, hits })
    }

    /// The rule itself.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// What was counted so far.
    pub fn coverage(&self) -> Coverage {
        Coverage {
            branches: self.map.get().map(|m| m.branches.clone()).unwrap_or_default(),
            hits: self.hits.iter().map(|h| h.load(Ordering::Relaxed)).collect(),
        }
    }

    /// Does something with the rule on this thread, and tells each call of it.
    pub fn follow<T>(&self, work: impl FnOnce(&dyn Resolver) -> T) -> (T, Vec<Followed>) {
        let outer = FOLLOWED.replace(Some(Vec::new()));
        let result = work(self);
        (result, FOLLOWED.replace(outer).unwrap_or_default())
    }

    /// One call, counted.
    fn watch<T>(&self, function: &'static str, call: impl FnOnce() -> Result<T, RuleFault>) -> Result<T, RuleFault> {
        let Some(map) = self.map.get() else { return call() };
        let follows = FOLLOWED.with_borrow(Option::is_some);
        CALL.with_borrow_mut(|c| {
            c.counts.clear();
            c.counts.resize(map.counters, 0);
            c.lines = follows.then(Vec::new);
        });
        let answer = call();
        let taken = CALL.with_borrow_mut(|c| self.add(map, c, answer.is_err(), follows));
        if let Some((lines, branches)) = taken.filter(|(lines, _)| !lines.is_empty()) {
            FOLLOWED.with_borrow_mut(|f| f.get_or_insert_default().push(Followed { function, lines, branches }));
        }
        answer
    }

    /// Adds the counts of a call to those of the rule.
    fn add(&self, map: &Map, call: &mut Call, failed: bool, follows: bool) -> Option<(Vec<u32>, Vec<usize>)> {
        let of = |counter: &usize| call.counts.get(*counter).copied().unwrap_or(0);
        let mut taken = Vec::new();
        for (index, (branch, hits)) in map.branches.iter().zip(&self.hits).enumerate() {
            let count = match &branch.count {
                Count::Node(counter) => of(counter),
                // Where a call failed, what remains may be what failed.
                Count::Rest(..) if failed => 0,
                Count::Rest(whole, others) => of(whole).saturating_sub(others.iter().map(of).sum()),
            };
            if count > 0 {
                hits.fetch_add(u64::from(count), Ordering::Relaxed);
                if follows {
                    taken.push(index);
                }
            }
        }
        call.lines.take().map(|lines| (lines, taken))
    }
}

/// Counts a node that is about to be evaluated.
fn count(map: &Map, node: ASTNode, position: Position) {
    let known = match node {
        // The body of a function shows itself by a statement that is made for the occasion.
        ASTNode::Stmt(Stmt::Noop(_)) => {
            let here = branches::place(position);
            map.bodies.binary_search_by_key(&here, |(at, _)| *at).ok().and_then(|i| map.bodies.get(i)).map(|b| b.1)
        }
        ASTNode::Stmt(statement) => find(map, std::ptr::from_ref(statement) as usize),
        ASTNode::Expr(expression) => find(map, std::ptr::from_ref(expression) as usize),
        _ => None,
    };
    CALL.with_borrow_mut(|call| {
        if let Some(count) = known.and_then(|counter| call.counts.get_mut(counter)) {
            *count += 1;
        }
        if let Some(lines) = &mut call.lines
            && let Some(line) = position.line().and_then(|l| u32::try_from(l).ok())
            && lines.last() != Some(&line)
        {
            lines.push(line);
        }
    });
}

fn find(map: &Map, address: usize) -> Option<usize> {
    map.nodes.binary_search_by_key(&address, |(a, _)| *a).ok().and_then(|i| map.nodes.get(i)).map(|n| n.1)
}

impl Resolver for Watched {
    fn conflict(&self, question: &Question) -> Result<Ruling, RuleFault> {
        self.watch("decide", || self.rule.conflict(question))
    }

    fn review(&self, question: &Question) -> Result<Option<Ruling>, RuleFault> {
        self.watch("review", || self.rule.review(question))
    }

    fn incident(&self, question: &IncidentQuestion) -> Result<Option<Ruling>, RuleFault> {
        self.watch("incident", || self.rule.incident(question))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{DefenderIncident, Open, SentinelIncident};
    use crate::sync::input::{Input, Order};
    use crate::sync::pass::decide;

    fn input(order: Order) -> Input {
        let (mut defender, mut sentinel) = (DefenderIncident::new("1"), SentinelIncident::new("a"));
        defender.status = Open::read("inProgress");
        sentinel.status = Open::read("New");
        let mut input = Input { defender: Some(defender), sentinel: Some(sentinel), ..Input::default() };
        input.order.insert(crate::incident::Field::Status, order);
        input
    }

    fn watched(body: &str) -> Watched {
        Watched::compile("test", body, &Settings::default()).unwrap()
    }

    fn taken(watched: &Watched) -> Vec<(String, u64)> {
        let coverage = watched.coverage();
        coverage.branches.iter().map(|b| b.label.clone()).zip(coverage.hits.iter().copied()).collect()
    }

    const SCRIPT: &str = "fn late(f) {
    f.order == \"tie\" || f.order == \"unknown\"
}

fn decide(f) {
    if true { f.order; }
    if late(f) {
        return hold(\"late\");
    }
    for tag in f.defender.tags {
        if tag == \"x\" { return keep(); } else { f.order; }
    }
    switch f.order {
        \"defender\" => take_defender(),
        \"sentinel\" => { take_sentinel() }
    }
}";

    #[test]
    fn counts_what_is_written_and_what_is_not() {
        let watched = watched(SCRIPT);
        let settings = Settings::default();
        for order in [Order::Unknown, Order::Defender, Order::Defender] {
            decide(&input(order), &settings, &watched);
        }
        let expected = [
            ("fn late", 3),
            ("fn decide", 3),
            ("if true: no", 0),
            ("if true", 3),
            ("if late(f): no", 2),
            ("if late(f)", 1),
            ("for tag in f.defender.tags", 0),
            ("if tag == \"x\"", 0),
            ("else", 0),
            ("switch f.order: none of the cases", 0),
            ("\"defender\"", 2),
            ("\"sentinel\"", 0),
        ];
        assert_eq!(taken(&watched), expected.map(|(label, hits)| (label.to_owned(), hits)));
        let mut both = watched.coverage();
        both.merge(&watched.coverage());
        assert_eq!((both.taken(), both.total(), both.hits[0]), (6, 12, 6));
        assert_eq!(both.never().map(|b| b.line).collect::<Vec<_>>(), [6, 10, 11, 11, 13, 15]);
    }

    #[test]
    fn what_failed_is_not_what_was_left_over() {
        let watched = watched("fn decide(f) { if f.order.nothing > 1 { return keep(); } hold(\"x\") }");
        let out = decide(&input(Order::Tie), &Settings::default(), &watched);
        assert_eq!(out.refusals.len(), 1);
        assert_eq!(watched.coverage().taken(), 1, "{:?}", taken(&watched));
    }

    #[test]
    fn follows_one_call_line_by_line() {
        let watched = watched(SCRIPT);
        let settings = Settings::default();
        let (out, calls) = watched.follow(|rule| decide(&input(Order::Defender), &settings, rule));
        assert_eq!(out.refusals, []);
        let call = &calls[0];
        assert_eq!((call.function, call.lines.as_slice()), ("decide", &[5, 6, 7, 1, 2, 10, 13, 14][..]));
        let labels: Vec<&str> =
            call.branches.iter().map(|b| watched.coverage().branches[*b].label.clone().leak() as &str).collect();
        assert_eq!(labels, ["fn late", "fn decide", "if true", "if late(f): no", "\"defender\""]);
    }

    #[test]
    fn decides_as_the_rule_does() {
        let settings = Settings::default();
        for preset in crate::policy::PRESETS {
            let plain = Rule::compile(preset.name, preset.source, &settings).unwrap();
            let watched = Watched::compile(preset.name, preset.source, &settings).unwrap();
            for order in [Order::Defender, Order::Sentinel, Order::Tie, Order::Unknown] {
                let input = input(order);
                assert_eq!(decide(&input, &settings, &plain), decide(&input, &settings, &watched));
            }
            assert!(watched.coverage().taken() > 0);
        }
    }
}
