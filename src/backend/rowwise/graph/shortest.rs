//! Shortest matches between the first and the last node of a pattern.
//!
//! A pattern of one edge is searched in breadth, from each node of its rarer end. For others, lengths are tried from the least
//! on: a pair of ends that has a match of one length takes none of a greater.

use super::pattern::{Bound, Hop, Path, Pattern, Variable};
use super::search::{Search, told, too_many};
use super::{Bounds, Fault};
use crate::plan::graph::Shortest;
use crate::value::Value;
use std::collections::{HashMap, HashSet};

type Rows = Vec<Vec<Value>>;

/// Adds a row for each shortest match, or for one of each pair of ends.
///
/// # Errors
/// What cannot be evaluated, and more steps or rows than allowed.
pub(super) fn run(pattern: &Pattern<'_>, which: Shortest, bounds: Bounds, rows: &mut Rows) -> Result<(), Fault> {
    match pattern.hops.as_slice() {
        [hop] if is_plain(pattern, hop) => in_breadth(pattern, hop, which, bounds, rows),
        _ => by_length(pattern, which, bounds, rows),
    }
}

/// One edge between two variables, whose length begins at 0 or 1, and no condition on a path as a whole: then the shortest
/// path to a node goes over shortest paths to those before it.
fn is_plain(pattern: &Pattern<'_>, hop: &Hop) -> bool {
    let on_ends = |at: &usize| {
        let condition = pattern.plan.conditions.get(*at);
        condition.is_none_or(|c| pattern.reads(c).iter().all(|v| matches!(v, Variable::Node(_))))
    };
    hop.range.0 <= 1 && hop.near != hop.far && hop.conditions.iter().all(on_ends)
}

fn by_length(pattern: &Pattern<'_>, which: Shortest, bounds: Bounds, rows: &mut Rows) -> Result<(), Fault> {
    let edges = &pattern.plan.edges;
    let (Some(first), Some(last)) = (edges.first(), edges.last()) else { return Ok(()) };
    let ends = (first.left, last.right);
    let (least, most) = pattern.hops.iter().fold((0, 0), |(l, m), hop| (l + hop.range.0, m + hop.range.1));
    // no edge is followed twice, unless the pattern has all cycles: then once more for each of its edges
    let most = most.min(pattern.net.edges.len().saturating_mul(edges.len()));
    let count = |node: usize| pattern.candidates.get(node).map_or(0, |c| c.iter().filter(|left| **left).count());
    let pairs = if ends.0 == ends.1 { count(ends.0) } else { count(ends.0).saturating_mul(count(ends.1)) };
    let mut search = Search::new(pattern, bounds);
    let mut done: HashSet<(usize, usize)> = HashSet::new();
    for length in least..=most {
        let mut now: HashSet<(usize, usize)> = HashSet::new();
        search.run(Some(length), &mut |bound| {
            let Some(pair) = pair_of(bound, ends) else { return Ok(()) };
            let fresh = now.insert(pair);
            if done.contains(&pair) || (which == Shortest::Any && !fresh) {
                return Ok(());
            }
            told(pattern, bound, bounds, rows)
        })?;
        done.extend(now);
        if done.len() >= pairs {
            break;
        }
    }
    Ok(())
}

fn pair_of(bound: &Bound, (first, last): (usize, usize)) -> Option<(usize, usize)> {
    let node = |at: usize| bound.nodes.get(at).copied().flatten();
    Some((node(first)?, node(last)?))
}

/// How a node was reached first: after how many edges, and by which, from which nodes.
#[derive(Default)]
struct Reached {
    length: usize,
    by: Vec<(usize, usize)>,
}

fn in_breadth(pattern: &Pattern<'_>, hop: &Hop, which: Shortest, bounds: Bounds, rows: &mut Rows) -> Result<(), Fault> {
    let mut steps = 0;
    let is = |variable: usize, node: usize| pattern.candidates.get(variable).and_then(|c| c.get(node)) == Some(&true);
    for start in (0..pattern.net.ids.len()).filter(|node| is(hop.near, *node)) {
        let reached = reached_from(pattern, hop, start, bounds, &mut steps)?;
        let mut ends: Vec<usize> = reached.keys().copied().filter(|node| is(hop.far, *node)).collect();
        ends.sort_unstable_by_key(|node| (reached.get(node).map_or(0, |r| r.length), *node));
        for end in ends {
            let mut bound = pattern.unbound();
            for (variable, node) in [(hop.near, start), (hop.far, end)] {
                if let Some(slot) = bound.nodes.get_mut(variable) {
                    *slot = Some(node);
                }
            }
            if pattern.hold(&hop.conditions, &bound)? {
                paths_to(hop, (start, end), &reached, which, &mut |path| {
                    if let Some(slot) = bound.paths.get_mut(hop.edge) {
                        *slot = Some(path);
                    }
                    told(pattern, &bound, bounds, rows)
                })?;
            }
        }
    }
    Ok(())
}

/// The nodes that a start reaches, and by which edges on shortest paths. The start itself is there when a path of no edge
/// counts, or a ring leads back to it.
fn reached_from(
    pattern: &Pattern<'_>,
    hop: &Hop,
    start: usize,
    bounds: Bounds,
    steps: &mut u64,
) -> Result<HashMap<usize, Reached>, Fault> {
    let edges = pattern.edges_left.get(hop.edge).and_then(Option::as_ref);
    let inner = pattern.inner_left.get(hop.edge).and_then(Option::as_ref);
    let mut reached: HashMap<usize, Reached> = HashMap::new();
    if hop.range.0 == 0 {
        reached.insert(start, Reached::default());
    }
    let mut level = vec![start];
    for length in 1..=hop.range.1 {
        let mut next = vec![];
        for node in level {
            if length > 1 && (node == start || inner.is_some_and(|left| left.get(node) != Some(&true))) {
                continue;
            }
            let [first, second] = pattern.touching(hop, node);
            let both = first.iter().chain(second.iter().filter(|(_, other)| *other != node));
            for (edge, other) in both {
                *steps += 1;
                if *steps > bounds.steps {
                    return Err(too_many(bounds));
                }
                if edges.is_some_and(|left| left.get(*edge) != Some(&true)) {
                    continue;
                }
                let way = reached.entry(*other).or_insert_with(|| {
                    next.push(*other);
                    Reached { length, by: vec![] }
                });
                if way.length == length {
                    way.by.push((*edge, node));
                }
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    Ok(reached)
}

/// Shows the shortest paths to an end, or one of them: backwards over those that were reached before.
fn paths_to(
    hop: &Hop,
    (start, end): (usize, usize),
    reached: &HashMap<usize, Reached>,
    which: Shortest,
    show: &mut dyn FnMut(Path) -> Result<(), Fault>,
) -> Result<(), Fault> {
    // ways in the making, from the end back: edges, and the nodes they come from
    let mut open: Vec<(Vec<usize>, Vec<usize>)> = vec![(vec![], vec![end])];
    while let Some((edges, nodes)) = open.pop() {
        let Some(node) = nodes.last().copied() else { continue };
        let way = reached.get(&node).filter(|way| way.length > 0);
        let arrived = node == start && (way.is_none() || !edges.is_empty());
        if arrived {
            let mut path = Path { edges, nodes };
            // found from the far end to the near one: the right way round for a hop that is followed backwards
            if !hop.backward {
                path.edges.reverse();
                path.nodes.reverse();
            }
            show(path)?;
            if which == Shortest::Any {
                return Ok(());
            }
            continue;
        }
        for (edge, from) in way.into_iter().flat_map(|way| way.by.iter().rev()) {
            let edges = edges.iter().copied().chain([*edge]).collect();
            let nodes = nodes.iter().copied().chain([*from]).collect();
            open.push((edges, nodes));
        }
    }
    Ok(())
}
