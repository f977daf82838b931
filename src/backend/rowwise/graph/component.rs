//! Connected components.

use super::net::{Net, Touching};

/// For each node the number of its component, edges taken without their direction. Numbers come in the order of the nodes.
pub(super) fn weak(net: &Net<'_>) -> Vec<i64> {
    let mut marks: Vec<Option<i64>> = vec![None; net.ids.len()];
    let mut next = 0;
    for start in 0..net.ids.len() {
        if marks.get(start).is_some_and(Option::is_some) {
            continue;
        }
        let mut stack = vec![start];
        while let Some(node) = stack.pop() {
            let Some(mark @ None) = marks.get_mut(node) else { continue };
            *mark = Some(next);
            stack.extend(around(&net.outgoing, node).chain(around(&net.incoming, node)));
        }
        next += 1;
    }
    marks.into_iter().map(Option::unwrap_or_default).collect()
}

/// For each node the number of its component, where every node reaches every other one along the edges: by Kosaraju's two
/// passes, with stacks of their own.
pub(super) fn strong(net: &Net<'_>) -> Vec<i64> {
    let count = net.ids.len();
    let mut component: Vec<Option<usize>> = vec![None; count];
    let mut found = 0;
    for start in finishing_order(net).into_iter().rev() {
        if component.get(start).is_some_and(Option::is_some) {
            continue;
        }
        let mut stack = vec![start];
        while let Some(node) = stack.pop() {
            let Some(mark @ None) = component.get_mut(node) else { continue };
            *mark = Some(found);
            stack.extend(around(&net.incoming, node));
        }
        found += 1;
    }
    // numbered anew, in the order of the nodes
    let mut numbers: Vec<Option<i64>> = vec![None; found];
    let mut next = 0;
    let number = |component: Option<usize>| {
        let slot = numbers.get_mut(component?)?;
        Some(*slot.get_or_insert_with(|| {
            next += 1;
            next - 1
        }))
    };
    component.into_iter().map(number).map(Option::unwrap_or_default).collect()
}

/// The nodes in the order in which a search in depth is done with them.
fn finishing_order(net: &Net<'_>) -> Vec<usize> {
    let mut seen = vec![false; net.ids.len()];
    let mut order = vec![];
    for start in 0..net.ids.len() {
        let mut stack = vec![(start, 0)];
        while let Some((node, at)) = stack.pop() {
            if at == 0 {
                match seen.get_mut(node) {
                    Some(seen @ false) => *seen = true,
                    _ => continue,
                }
            }
            match net.outgoing.get(node).and_then(|touching| touching.get(at)) {
                Some((_, next)) => {
                    stack.push((node, at + 1));
                    stack.push((*next, 0));
                }
                None => order.push(node),
            }
        }
    }
    order
}

fn around(touching: &[Touching], node: usize) -> impl Iterator<Item = usize> {
    touching.get(node).into_iter().flatten().map(|(_, other)| *other)
}
