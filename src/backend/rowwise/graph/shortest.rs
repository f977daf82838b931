//! Shortest matches between the first and the last node of a pattern.
//!
//! Lengths are tried from the least on. A pair of ends that has a match of one length takes none of a greater.

use super::pattern::{Bound, Pattern};
use super::search::{Search, told};
use super::{Bounds, Fault};
use crate::plan::graph::Shortest;
use crate::value::Value;
use std::collections::HashSet;

/// Adds a row for each shortest match, or for one of each pair of ends.
///
/// # Errors
/// What cannot be evaluated, and more steps or rows than allowed.
pub(super) fn run(
    pattern: &Pattern<'_>,
    which: Shortest,
    bounds: Bounds,
    rows: &mut Vec<Vec<Value>>,
) -> Result<(), Fault> {
    let edges = &pattern.plan.edges;
    let (Some(first), Some(last)) = (edges.first(), edges.last()) else { return Ok(()) };
    let ends = (first.left, last.right);
    let (least, most) = pattern.hops.iter().fold((0, 0), |(l, m), hop| (l + hop.range.0, m + hop.range.1));
    // no shortest match goes over an edge twice more than its pattern asks for
    let most = most.min(pattern.net.edges.len().saturating_mul(edges.len()));
    let count = |node: usize| pattern.candidates.get(node).map_or(0, |c| c.iter().filter(|left| **left).count());
    let pairs = count(ends.0).saturating_mul(count(ends.1));
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
