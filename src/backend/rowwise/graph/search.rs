//! The search for matches of a pattern: variables are bound one after the other, along edges only, and let go again.

use super::pattern::{Bound, Hop, Path, Pattern};
use super::{Bounds, Fault, shortest};
use crate::diagnostic::Code;
use crate::plan::graph::{Cycles, GraphMatch};
use crate::value::Value;

/// No way.
const FAR: usize = usize::MAX;
/// Edges of a path that are copied while one edge is followed, about.
const COPIED: usize = 64;

/// Adds a row for each match.
///
/// # Errors
/// What cannot be evaluated, and more steps or rows than allowed.
pub(super) fn matches(
    net: &super::net::Net<'_>,
    plan: &GraphMatch,
    bounds: Bounds,
    rows: &mut Vec<Vec<Value>>,
) -> Result<(), Fault> {
    let pattern = Pattern::new(net, plan)?;
    match plan.shortest {
        Some(which) => shortest::run(&pattern, which, bounds, rows),
        None => Search::new(&pattern, bounds).run(None, &mut |bound| told(&pattern, bound, bounds, rows)),
    }
}

/// Adds the row of a match.
pub(super) fn told(
    pattern: &Pattern<'_>,
    bound: &Bound,
    bounds: Bounds,
    rows: &mut Vec<Vec<Value>>,
) -> Result<(), Fault> {
    let columns = &pattern.plan.columns;
    let row = columns.iter().map(|(_, e)| pattern.evaluate(e, bound, None)).collect::<Result<Vec<_>, _>>()?;
    rows.push(row);
    if (rows.len() as u64).saturating_mul(columns.len().max(1) as u64) > bounds.cells {
        let text = format!("the pattern has more matches than the memory may hold: {} rows so far", rows.len());
        return Err(Fault { code: Code::MemoryLimit, text });
    }
    Ok(())
}

/// The refusal of a pattern that would take too long.
pub(super) fn too_many(bounds: Bounds) -> Fault {
    let text = format!(
        "the pattern has too many ways to be matched: {} edges were followed; a narrower condition or a smaller range of an \
         edge's length bounds them",
        bounds.steps
    );
    text.into()
}

/// What is done with a match.
type Found<'f> = dyn FnMut(&Bound) -> Result<(), Fault> + 'f;

/// A search.
pub(super) struct Search<'s> {
    pattern: &'s Pattern<'s>,
    bounds: Bounds,
    bound: Bound,
    /// Edges of the match in the making.
    used: Vec<bool>,
    /// Nodes of it.
    visited: Vec<bool>,
    steps: u64,
    /// For each hop and node, the fewest edges to a node that may stand at the hop's far end.
    reach: Vec<Vec<usize>>,
}

/// A node on the way, and how many of its edges were tried.
struct Frame {
    node: usize,
    tried: usize,
}

impl<'s> Search<'s> {
    pub(super) fn new(pattern: &'s Pattern<'s>, bounds: Bounds) -> Search<'s> {
        let reach = pattern.hops.iter().map(|hop| reach(pattern, hop)).collect();
        Search {
            pattern,
            bounds,
            bound: pattern.unbound(),
            used: vec![false; pattern.net.edges.len()],
            visited: vec![false; pattern.net.ids.len()],
            steps: 0,
            reach,
        }
    }

    /// Shows every match; with a `length`, those of so many edges in all.
    pub(super) fn run(&mut self, length: Option<usize>, found: &mut Found<'_>) -> Result<(), Fault> {
        let start = self.pattern.start;
        for node in 0..self.pattern.net.ids.len() {
            if !self.is_candidate(start, node) {
                continue;
            }
            self.bind(start, Some(node));
            mark(&mut self.visited, node, true);
            self.hop(0, length, found)?;
            mark(&mut self.visited, node, false);
            self.bind(start, None);
        }
        Ok(())
    }

    fn is_candidate(&self, variable: usize, node: usize) -> bool {
        self.pattern.candidates.get(variable).and_then(|left| left.get(node)) == Some(&true)
    }

    fn bind(&mut self, variable: usize, node: Option<usize>) {
        if let Some(slot) = self.bound.nodes.get_mut(variable) {
            *slot = node;
        }
    }

    /// Follows the hops from this one on.
    fn hop(&mut self, at: usize, left: Option<usize>, found: &mut Found<'_>) -> Result<(), Fault> {
        let pattern = self.pattern;
        let Some(hop) = pattern.hops.get(at) else { return found(&self.bound) };
        let Some(near) = self.bound.nodes.get(hop.near).copied().flatten() else { return Ok(()) };
        let Some(range) = self.range(at, hop, left) else { return Ok(()) };
        let mut path = Path { edges: vec![], nodes: vec![near] };
        if range.0 == 0 {
            self.arrive(at, hop, &path, left, found)?;
        }
        let mut frames = vec![];
        if range.1 > 0 && self.reaches(at, near) <= range.1 {
            frames.push(Frame { node: near, tried: 0 });
        }
        while let Some(frame) = frames.last_mut() {
            let [first, second] = pattern.touching(hop, frame.node);
            let tried = frame.tried;
            frame.tried += 1;
            let Some((edge, other)) = first.get(tried).or_else(|| second.get(tried - first.len())).copied() else {
                frames.pop();
                if !frames.is_empty() {
                    self.leave(&mut path);
                }
                continue;
            };
            // an edge from a node to itself is in both lists
            let again = tried >= first.len() && other == frame.node;
            if again || !self.may_follow(hop, edge, other)? {
                continue;
            }
            self.follow(&mut path, edge, other);
            let length = path.edges.len();
            if length >= range.0 {
                self.arrive(at, hop, &path, left, found)?;
            }
            let inner = pattern.inner_left.get(hop.edge).and_then(Option::as_ref);
            let goes_on = length < range.1
                && inner.is_none_or(|left| left.get(other) == Some(&true))
                && self.reaches(at, other) <= range.1 - length;
            if goes_on {
                frames.push(Frame { node: other, tried: 0 });
            } else {
                self.leave(&mut path);
            }
        }
        Ok(())
    }

    /// Fewest and most edges of a hop, when so many are left for all that follow.
    fn range(&self, at: usize, hop: &Hop, left: Option<usize>) -> Option<(usize, usize)> {
        let Some(left) = left else { return Some(hop.range) };
        let behind = self.pattern.hops.iter().skip(at + 1);
        let (least, most) = behind.fold((0, 0), |(least, most), hop| (least + hop.range.0, most + hop.range.1));
        let low = hop.range.0.max(left.saturating_sub(most));
        let high = hop.range.1.min(left.checked_sub(least)?);
        (low <= high).then_some((low, high))
    }

    fn reaches(&self, at: usize, node: usize) -> usize {
        self.reach.get(at).map_or(0, |reach| if reach.is_empty() { 0 } else { reach.get(node).copied().unwrap_or(FAR) })
    }

    /// Whether an edge may be part of the match; counts the steps.
    fn may_follow(&mut self, hop: &Hop, edge: usize, other: usize) -> Result<bool, Fault> {
        self.steps += 1;
        if self.steps > self.bounds.steps {
            return Err(too_many(self.bounds));
        }
        let allowed = self.pattern.edges_left.get(hop.edge).and_then(Option::as_ref);
        Ok(allowed.is_none_or(|left| left.get(edge) == Some(&true))
            && match self.pattern.plan.cycles {
                Cycles::All => true,
                Cycles::UniqueEdges => self.used.get(edge) == Some(&false),
                Cycles::None => self.visited.get(other) == Some(&false),
            })
    }

    fn follow(&mut self, path: &mut Path, edge: usize, node: usize) {
        path.edges.push(edge);
        path.nodes.push(node);
        match self.pattern.plan.cycles {
            Cycles::All => {}
            Cycles::UniqueEdges => mark(&mut self.used, edge, true),
            Cycles::None => mark(&mut self.visited, node, true),
        }
    }

    fn leave(&mut self, path: &mut Path) {
        let (Some(edge), Some(node)) = (path.edges.pop(), path.nodes.pop()) else { return };
        match self.pattern.plan.cycles {
            Cycles::All => {}
            Cycles::UniqueEdges => mark(&mut self.used, edge, false),
            Cycles::None => mark(&mut self.visited, node, false),
        }
    }

    /// A path that may stand for the hop's edge: its far end is bound, and the next hop follows.
    fn arrive(
        &mut self,
        at: usize,
        hop: &Hop,
        path: &Path,
        left: Option<usize>,
        found: &mut Found<'_>,
    ) -> Result<(), Fault> {
        let Some(far) = path.nodes.last().copied() else { return Ok(()) };
        let before = self.bound.nodes.get(hop.far).copied().flatten();
        if before.is_some_and(|node| node != far) || !self.is_candidate(hop.far, far) {
            return Ok(());
        }
        // a long path costs more to copy than an edge to follow
        self.steps += (path.edges.len() / COPIED) as u64;
        let mut oriented = path.clone();
        if hop.backward {
            oriented.edges.reverse();
            oriented.nodes.reverse();
        }
        self.bind(hop.far, Some(far));
        self.bind_path(hop.edge, Some(oriented));
        let result = match self.pattern.hold(&hop.conditions, &self.bound) {
            Ok(true) => self.hop(at + 1, left.map(|left| left.saturating_sub(path.edges.len())), found),
            Ok(false) => Ok(()),
            Err(fault) => Err(fault),
        };
        self.bind(hop.far, before);
        self.bind_path(hop.edge, None);
        result
    }

    fn bind_path(&mut self, edge: usize, path: Option<Path>) {
        if let Some(slot) = self.bound.paths.get_mut(edge) {
            *slot = path;
        }
    }
}

fn mark(marks: &mut [bool], at: usize, value: bool) {
    if let Some(mark) = marks.get_mut(at) {
        *mark = value;
    }
}

/// The fewest edges from each node to one that may stand at the far end; empty for single edges, where nothing is gained.
fn reach(pattern: &Pattern<'_>, hop: &Hop) -> Vec<usize> {
    if hop.range.1 <= 1 {
        return vec![];
    }
    let candidates = pattern.candidates.get(hop.far).map_or(&[][..], Vec::as_slice);
    let mut reach: Vec<usize> = candidates.iter().map(|left| if *left { 0 } else { FAR }).collect();
    let mut level: Vec<usize> = reach.iter().enumerate().filter(|(_, far)| **far == 0).map(|(node, _)| node).collect();
    let back = Hop { backward: !hop.backward, ..hop.clone() };
    let edges = pattern.edges_left.get(hop.edge).and_then(Option::as_ref);
    let inner = pattern.inner_left.get(hop.edge).and_then(Option::as_ref);
    for length in 1..=hop.range.1 {
        let mut next = vec![];
        for node in level {
            if length > 1 && inner.is_some_and(|left| left.get(node) != Some(&true)) {
                continue;
            }
            for (edge, other) in pattern.touching(&back, node).into_iter().flatten() {
                let passes = edges.is_none_or(|left| left.get(*edge) == Some(&true));
                if passes && let Some(far @ &mut FAR) = reach.get_mut(*other) {
                    *far = length;
                    next.push(*other);
                }
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    reach
}
