//! A pattern made ready for a graph: what its expressions read, which nodes and edges can stand for a variable at all, and in
//! which order the variables are bound.

use super::Fault;
use super::net::{Net, Touching};
use super::view::{self, Element, property};
use crate::plan::graph::{Direction, GraphMatch, PathKind, whole};
use crate::plan::{ColumnName, Expr, ExprKind, Row, interpret, split_part_column};
use crate::value::{Json, Value, dynamic};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

/// Where a name of an expression finds its value.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    Node(usize, ColumnName),
    NodeWhole(usize),
    /// A property of an edge: a value, or an array for an edge of variable length.
    Edge(usize, ColumnName),
    EdgeWhole(usize),
    Path(usize),
}

/// A variable of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Variable {
    Node(usize),
    Edge(usize),
}

/// The edges that stand for one of the pattern, and the nodes along them, both ends included; from left to right.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    pub(super) edges: Vec<usize>,
    pub(super) nodes: Vec<usize>,
}

/// What the variables stand for so far.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) nodes: Vec<Option<usize>>,
    pub(super) paths: Vec<Option<Path>>,
}

/// A step of the search: an edge of the pattern is followed from an end that is bound.
#[derive(Clone, Debug)]
pub(super) struct Hop {
    /// The pattern's edge.
    pub(super) edge: usize,
    /// The bound end.
    pub(super) near: usize,
    /// The other end.
    pub(super) far: usize,
    /// Followed from its right end.
    pub(super) backward: bool,
    /// Fewest and most edges.
    pub(super) range: (usize, usize),
    /// Conditions that can be told once it is bound.
    pub(super) conditions: Vec<usize>,
}

/// A pattern over a graph.
pub(super) struct Pattern<'p> {
    pub(super) net: &'p Net<'p>,
    pub(super) plan: &'p GraphMatch,
    slots: HashMap<ColumnName, Slot>,
    /// For each variable of a node, the nodes that its own conditions leave.
    pub(super) candidates: Vec<Vec<bool>>,
    /// For each edge of the pattern, the edges that may be part of it; none for all of them.
    pub(super) edges_left: Vec<Option<Vec<bool>>>,
    /// For each edge of the pattern, the nodes that may stand between its ends.
    pub(super) inner_left: Vec<Option<Vec<bool>>>,
    /// The variable that is bound first.
    pub(super) start: usize,
    /// What follows.
    pub(super) hops: Vec<Hop>,
}

impl<'p> Pattern<'p> {
    /// Looks at the conditions of single variables, and puts the others where they can be told first.
    ///
    /// # Errors
    /// What cannot be evaluated.
    pub(super) fn new(net: &'p Net<'p>, plan: &'p GraphMatch) -> Result<Pattern<'p>, Fault> {
        let mut pattern = Pattern {
            net,
            plan,
            slots: slots(plan),
            candidates: vec![],
            edges_left: vec![],
            inner_left: vec![],
            start: 0,
            hops: vec![],
        };
        let reads: Vec<BTreeSet<Variable>> = plan.conditions.iter().map(|c| pattern.reads(c)).collect();
        let mut told = vec![false; plan.conditions.len()];
        for node in 0..plan.nodes.len() {
            let own = |at: &usize| reads.get(*at).is_some_and(|r| r.iter().eq([&Variable::Node(node)]));
            let own: Vec<usize> = (0..plan.conditions.len()).filter(own).collect();
            own.iter().for_each(|at| told.get_mut(*at).into_iter().for_each(|t| *t = true));
            let left = pattern.nodes_left(node, &own)?;
            pattern.candidates.push(left);
        }
        for edge in 0..plan.edges.len() {
            let edges = pattern.elements_left(edge, false, net.edges.len(), &mut told)?;
            let inner = pattern.elements_left(edge, true, net.ids.len(), &mut told)?;
            pattern.edges_left.push(edges);
            pattern.inner_left.push(inner);
        }
        pattern.order(&reads, &mut told)?;
        Ok(pattern)
    }

    fn nodes_left(&self, node: usize, conditions: &[usize]) -> Result<Vec<bool>, Fault> {
        let mut bound = self.unbound();
        let mut left = vec![true; self.net.ids.len()];
        for (at, left) in left.iter_mut().enumerate() {
            if let Some(slot) = bound.nodes.get_mut(node) {
                *slot = Some(at);
            }
            *left = self.hold(conditions, &bound)?;
        }
        Ok(left)
    }

    /// The elements that pass the conditions `all(edge, ...)` which read nothing else.
    fn elements_left(
        &self,
        edge: usize,
        inner: bool,
        count: usize,
        told: &mut [bool],
    ) -> Result<Option<Vec<bool>>, Fault> {
        let mut left: Option<Vec<bool>> = None;
        for (condition, told) in self.plan.conditions.iter().zip(told) {
            let ExprKind::Column(name) = &condition.kind else { continue };
            let Some(Slot::Path(path)) = self.slots.get(name) else { continue };
            let Some(path) = self.plan.paths.get(*path) else { continue };
            let alone = self.reads(&path.expr).is_empty();
            if path.kind != PathKind::All || path.edge != edge || path.inner_nodes != inner || !alone {
                continue;
            }
            *told = true;
            let left = left.get_or_insert_with(|| vec![true; count]);
            let bound = self.unbound();
            for (at, left) in left.iter_mut().enumerate().filter(|(_, left)| **left) {
                let element = if inner { Element::Node(at) } else { Element::Edge(at) };
                *left = self.evaluate(&path.expr, &bound, Some(element))? == Value::Bool(true);
            }
        }
        Ok(left)
    }

    /// Nothing bound.
    pub(super) fn unbound(&self) -> Bound {
        Bound { nodes: vec![None; self.plan.nodes.len()], paths: vec![None; self.plan.edges.len()] }
    }

    /// Chooses the order: the rarest variable first, then edges that close a ring, single edges, and rare ends.
    fn order(&mut self, reads: &[BTreeSet<Variable>], told: &mut [bool]) -> Result<(), Fault> {
        let count = |node: usize| self.candidates.get(node).map_or(0, |c| c.iter().filter(|left| **left).count());
        let counts: Vec<usize> = (0..self.plan.nodes.len()).map(count).collect();
        let count = |node: usize| counts.get(node).copied().unwrap_or(usize::MAX);
        self.start = (0..counts.len()).min_by_key(|node| count(*node)).unwrap_or(0);
        let mut known: BTreeSet<Variable> = [Variable::Node(self.start)].into();
        let mut open: Vec<usize> = (0..self.plan.edges.len()).collect();
        let mut hops = vec![];
        while !open.is_empty() {
            let ends = |edge: usize| self.plan.edges.get(edge).map(|e| (e.left, e.right)).unwrap_or_default();
            let cost = |edge: &usize| {
                let (left, right) = ends(*edge);
                let (left_known, right_known) =
                    (known.contains(&Variable::Node(left)), known.contains(&Variable::Node(right)));
                let variable = self.plan.edges.get(*edge).is_some_and(|e| e.range.is_some());
                let far = if left_known { right } else { left };
                (left_known || right_known).then(|| (!(left_known && right_known), variable, count(far)))
            };
            let next = open.iter().enumerate().filter_map(|(at, edge)| Some((cost(edge)?, at))).min();
            let Some((_, at)) = next else {
                return Err("the pattern is not of one piece".to_owned().into());
            };
            let edge = open.swap_remove(at);
            let (left, right) = ends(edge);
            let backward = !known.contains(&Variable::Node(left));
            let (near, far) = if backward { (right, left) } else { (left, right) };
            known.extend([Variable::Node(far), Variable::Edge(edge)]);
            let mut conditions = vec![];
            for (at, (reads, told)) in reads.iter().zip(told.iter_mut()).enumerate() {
                if !*told && reads.is_subset(&known) {
                    *told = true;
                    conditions.push(at);
                }
            }
            let range = self.plan.edges.get(edge).and_then(|e| e.range).unwrap_or((1, 1));
            let range = (range.0 as usize, range.1 as usize);
            hops.push(Hop { edge, near, far, backward, range, conditions });
        }
        self.hops = hops;
        // conditions that read no variable at all
        let rest: Vec<usize> = told.iter().enumerate().filter(|(_, told)| !**told).map(|(at, _)| at).collect();
        if !self.hold(&rest, &self.unbound())? {
            self.candidates.iter_mut().for_each(|left| left.fill(false));
        }
        Ok(())
    }

    /// The variables that an expression reads.
    pub(super) fn reads(&self, expr: &Expr) -> BTreeSet<Variable> {
        let mut found = BTreeSet::new();
        expr.visit(&mut |e| {
            let ExprKind::Column(name) = &e.kind else { return };
            match self.slots.get(name) {
                Some(Slot::Node(node, _) | Slot::NodeWhole(node)) => drop(found.insert(Variable::Node(*node))),
                Some(Slot::Edge(edge, _) | Slot::EdgeWhole(edge)) => drop(found.insert(Variable::Edge(*edge))),
                Some(Slot::Path(path)) => {
                    if let Some(path) = self.plan.paths.get(*path) {
                        found.insert(Variable::Edge(path.edge));
                        found.extend(self.reads(&path.expr));
                    }
                }
                None => {}
            }
        });
        found
    }

    /// Whether these conditions are all true.
    pub(super) fn hold(&self, conditions: &[usize], bound: &Bound) -> Result<bool, Fault> {
        for at in conditions {
            let Some(condition) = self.plan.conditions.get(*at) else { continue };
            if self.evaluate(condition, bound, None)? != Value::Bool(true) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The value of an expression; `element` is the one that a path's expression is about.
    pub(super) fn evaluate(&self, expr: &Expr, bound: &Bound, element: Option<Element>) -> Result<Value, Fault> {
        let view = MatchView { pattern: self, bound, element, failed: RefCell::new(None) };
        let value = interpret(expr, &view);
        match view.failed.into_inner() {
            Some(fault) => Err(fault),
            None => Ok(value?),
        }
    }

    /// The edges of a node that a hop may follow.
    pub(super) fn touching(&self, hop: &Hop, node: usize) -> [&'p [(usize, usize)]; 2] {
        let net = self.net;
        let of = |lists: &'p [Touching]| lists.get(node).map_or(&[][..], Vec::as_slice);
        let direction = self.plan.edges.get(hop.edge).map_or(Direction::Any, |e| e.direction);
        match (direction, hop.backward) {
            (Direction::Right, false) | (Direction::Left, true) => [of(&net.outgoing), &[]],
            (Direction::Left, false) | (Direction::Right, true) => [of(&net.incoming), &[]],
            (Direction::Any, _) => [of(&net.outgoing), of(&net.incoming)],
        }
    }
}

fn slots(plan: &GraphMatch) -> HashMap<ColumnName, Slot> {
    let mut slots = HashMap::new();
    let paths = plan.paths.iter().map(|p| &p.expr);
    let columns = plan.columns.iter().map(|(_, e)| e);
    for expr in paths.chain(&plan.conditions).chain(columns) {
        expr.visit(&mut |e| {
            if let ExprKind::Column(name) = &e.kind
                && let Some(slot) = slot(plan, name)
            {
                slots.insert(name.clone(), slot);
            }
        });
    }
    slots
}

fn slot(plan: &GraphMatch, name: &str) -> Option<Slot> {
    if let Some(path) = plan.paths.iter().position(|p| &*p.name == name) {
        return Some(Slot::Path(path));
    }
    for (at, variable) in plan.nodes.iter().enumerate() {
        if let Some(property) = split_part_column(name, variable) {
            return Some(Slot::Node(at, property.into()));
        }
        if *name == *whole(variable) {
            return Some(Slot::NodeWhole(at));
        }
    }
    for (at, edge) in plan.edges.iter().enumerate() {
        if let Some(property) = split_part_column(name, &edge.name) {
            return Some(Slot::Edge(at, property.into()));
        }
        if *name == *whole(&edge.name) {
            return Some(Slot::EdgeWhole(at));
        }
    }
    None
}

/// A match, or one in the making, by the names of its variables.
struct MatchView<'v> {
    pattern: &'v Pattern<'v>,
    bound: &'v Bound,
    element: Option<Element>,
    failed: RefCell<Option<Fault>>,
}

impl MatchView<'_> {
    fn path(&self, edge: usize) -> Option<&Path> {
        self.bound.paths.get(edge)?.as_ref()
    }

    /// What an edge of the pattern tells: a value, or an array of them where its length varies.
    fn along(&self, edge: usize, tell: impl Fn(usize) -> Value) -> Option<Value> {
        let path = self.path(edge)?;
        let varies = self.pattern.plan.edges.get(edge)?.range.is_some();
        if !varies {
            return path.edges.first().map(|e| tell(*e));
        }
        let items = path.edges.iter().map(|e| dynamic::from_value(&tell(*e))).collect();
        Some(Value::Dynamic(Json::Array(items)))
    }

    fn of_path(&self, at: usize) -> Option<Value> {
        let column = self.pattern.plan.paths.get(at)?;
        let path = self.path(column.edge)?;
        let inner = path.nodes.len().saturating_sub(2);
        let elements: Vec<Element> = if column.inner_nodes {
            path.nodes.iter().skip(1).take(inner).copied().map(Element::Node).collect()
        } else {
            path.edges.iter().copied().map(Element::Edge).collect()
        };
        let mut values = vec![];
        for element in elements {
            match self.pattern.evaluate(&column.expr, self.bound, Some(element)) {
                Ok(value) => values.push(value),
                Err(fault) => {
                    *self.failed.borrow_mut() = Some(fault);
                    return None;
                }
            }
        }
        Some(match column.kind {
            PathKind::All => Value::Bool(values.iter().all(|v| *v == Value::Bool(true))),
            PathKind::Any => Value::Bool(values.contains(&Value::Bool(true))),
            PathKind::Map => Value::Dynamic(Json::Array(values.iter().map(dynamic::from_value).collect())),
        })
    }
}

impl Row for MatchView<'_> {
    fn column(&self, name: &str) -> Option<Value> {
        let net = self.pattern.net;
        let node = |at: &usize| self.bound.nodes.get(*at).copied().flatten();
        match self.pattern.slots.get(name) {
            Some(Slot::Node(at, name)) => property(net, Element::Node(node(at)?), name),
            Some(Slot::NodeWhole(at)) => Some(Value::Dynamic(view::bag(net, Element::Node(node(at)?)))),
            Some(Slot::Edge(at, name)) => {
                self.along(*at, |e| property(net, Element::Edge(e), name).unwrap_or(Value::Null))
            }
            Some(Slot::EdgeWhole(at)) => self.along(*at, |e| Value::Dynamic(view::bag(net, Element::Edge(e)))),
            Some(Slot::Path(at)) => self.of_path(*at),
            None => property(net, self.element?, name),
        }
    }
}
