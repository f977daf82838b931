//! Graphs of the plan: how one is made of tables, changed, and turned into rows.

use super::{ColumnName, Expr};
use crate::value::Schema;
use std::sync::Arc;

/// A graph over the tables of a node: the first of them has a row for each edge, those behind it rows for nodes.
///
/// Expressions of its steps read the properties of a node (or edge) by their names. Expressions of a pattern read those of
/// a variable by `part_column`, and the variable itself, as a bag, by [`whole`]. [`DEGREE_IN`], [`DEGREE_OUT`] and
/// [`NODE_ID`] are properties of every node.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Column of the edges with the id of their source.
    pub source: ColumnName,
    /// Column of the edges with the id of their target.
    pub target: ColumnName,
    /// Column with the id of the node, for each table of nodes.
    pub keys: Vec<ColumnName>,
    /// Property that holds the id of a node, where there is no table of nodes.
    pub node_id: Option<ColumnName>,
    /// Edges and nodes of different values of this column are graphs of their own.
    pub partition: Option<ColumnName>,
    /// Properties of the nodes as they are made.
    pub nodes: Arc<Schema>,
    /// What happens to the graph, in order.
    pub steps: Vec<GraphStep>,
    /// What becomes of it.
    pub output: GraphOutput,
}

/// A change of a graph.
#[derive(Clone, Debug)]
pub enum GraphStep {
    /// Each node gets the number of its connected component, from 0 by the first node of each.
    MarkComponents {
        /// Connected in both directions; else in any.
        strong: bool,
        /// The property: a `long`.
        name: ColumnName,
    },
    /// Only nodes for which it is true, and edges between them.
    WhereNodes(Expr),
    /// Only edges for which it is true; the nodes stay.
    WhereEdges(Expr),
}

/// Rows of a graph.
#[derive(Clone, Debug)]
pub enum GraphOutput {
    /// A row for each node: its properties.
    Nodes {
        /// Column for the hash of its id, put first.
        id: Option<ColumnName>,
    },
    /// A row for each edge: its properties.
    Edges {
        /// Column for the hash of the id of its source, put first.
        source: Option<ColumnName>,
        /// Column for the hash of the id of its target, put behind that.
        target: Option<ColumnName>,
    },
    /// A row for each match of a pattern.
    Match(Box<GraphMatch>),
}

/// A pattern, what must hold of a match, and what is told of it.
#[derive(Clone, Debug)]
pub struct GraphMatch {
    /// The variables of nodes; unique names.
    pub nodes: Vec<ColumnName>,
    /// The edges between them.
    pub edges: Vec<PatternEdge>,
    /// Which cycles a match may have.
    pub cycles: Cycles,
    /// Only the shortest matches between the first and the last node of the pattern.
    pub shortest: Option<Shortest>,
    /// Columns over the edges or inner nodes of edges of variable length, which conditions and columns read.
    pub paths: Vec<PathColumn>,
    /// All of them must be true.
    pub conditions: Vec<Expr>,
    /// Names and values of the result.
    pub columns: Vec<(ColumnName, Expr)>,
}

/// An edge of a pattern.
#[derive(Clone, Debug)]
pub struct PatternEdge {
    /// Its variable; unique.
    pub name: ColumnName,
    /// Node on the left, an index of `nodes`.
    pub left: usize,
    /// Node on the right.
    pub right: usize,
    /// Where it points.
    pub direction: Direction,
    /// Fewest and most edges of the graph that it stands for; `None` for exactly one, whose properties are single values.
    pub range: Option<(u32, u32)>,
}

/// Where an edge of a pattern points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the right.
    Right,
    /// To the left.
    Left,
    /// Either.
    Any,
}

/// Which cycles a match may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycles {
    /// Any.
    All,
    /// None: no node twice.
    None,
    /// Those that go over no edge twice.
    UniqueEdges,
}

/// How many of the shortest matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortest {
    /// One for each pair of ends.
    Any,
    /// All of the least length.
    All,
}

/// A column over the elements of an edge of variable length.
#[derive(Clone, Debug)]
pub struct PathColumn {
    /// Its name in expressions.
    pub name: ColumnName,
    /// The edge, an index of the pattern's.
    pub edge: usize,
    /// Over the nodes between the ends, not over the edges.
    pub inner_nodes: bool,
    /// What it tells.
    pub kind: PathKind,
    /// Over the properties of an element by their names; the pattern's variables of single elements are in sight too.
    pub expr: Expr,
}

/// What a [`PathColumn`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// Whether it is true of all elements.
    All,
    /// Whether it is true of any.
    Any,
    /// Its value for each, an array.
    Map,
}

/// Name of the property with the number of edges that come into a node.
pub const DEGREE_IN: &str = "$(in)";
/// Name of the property with the number of edges that leave a node.
pub const DEGREE_OUT: &str = "$(out)";
/// Name of the property with the text of a node's id.
pub const NODE_ID: &str = "$(id)";

/// The name that expressions have for a variable itself.
pub fn whole(variable: &str) -> ColumnName {
    format!("${variable}").into()
}

impl Graph {
    /// Its expressions.
    pub fn expressions(&self) -> Vec<&Expr> {
        let mut found: Vec<&Expr> = vec![];
        for step in &self.steps {
            if let GraphStep::WhereNodes(e) | GraphStep::WhereEdges(e) = step {
                found.push(e);
            }
        }
        if let GraphOutput::Match(pattern) = &self.output {
            found.extend(pattern.paths.iter().map(|p| &p.expr));
            found.extend(&pattern.conditions);
            found.extend(pattern.columns.iter().map(|(_, e)| e));
        }
        found
    }

    /// Its expressions, to change.
    pub fn expressions_mut(&mut self) -> Vec<&mut Expr> {
        let mut found: Vec<&mut Expr> = vec![];
        for step in &mut self.steps {
            if let GraphStep::WhereNodes(e) | GraphStep::WhereEdges(e) = step {
                found.push(e);
            }
        }
        if let GraphOutput::Match(pattern) = &mut self.output {
            let GraphMatch { paths, conditions, columns, .. } = &mut **pattern;
            found.extend(paths.iter_mut().map(|p| &mut p.expr));
            found.extend(conditions);
            found.extend(columns.iter_mut().map(|(_, e)| e));
        }
        found
    }
}
