//! What names mean where: `let` names by lexical scope, columns by row scope.
//!
//! In: declarations and input schemas. Out: the binding of a name. Nothing here reports anything.

use super::function::LetFunction;
use crate::catalog::{Env, Table, device};
use crate::diagnostic::Span;
use crate::plan::graph::PathColumn;
use crate::plan::{Aggregate, ColumnName, Expr, Graph, Relation, RelationKind, WindowColumn};
use crate::syntax::ast;
use crate::value::{Batch, Field, Schema, Type, Value, Visualization};
use std::rc::Rc;
use std::sync::Arc;

/// What a declared name stands for.
#[derive(Clone)]
pub(super) enum Binding {
    /// A value; `row` tells the row scope whose columns it reads, if any.
    Scalar { expr: Expr, row: Option<u32> },
    /// A table.
    Table(Rc<Rows>),
    /// A function.
    Function(Rc<LetFunction>),
    /// A place whose tables are read (`macro-expand ... as place`).
    Place(Rc<ast::Expr>),
    /// Places that `macro-expand` goes through (`let g = entity_group [...]`).
    Places(Rc<[ast::Expr]>),
    /// A declaration that failed; uses stay silent.
    Unknown,
}

/// Declared names, innermost first. Cheap to clone: functions keep the names of the place of their declaration.
#[derive(Clone, Default)]
pub(super) struct Names(Option<Rc<Node>>);

struct Node {
    name: Arc<str>,
    binding: Binding,
    outer: Names,
}

impl Names {
    /// These names and one more.
    pub(super) fn with(&self, name: Arc<str>, binding: Binding) -> Names {
        Names(Some(Rc::new(Node { name, binding, outer: self.clone() })))
    }

    /// What the name stands for.
    pub(super) fn find(&self, name: &str) -> Option<&Binding> {
        self.iter().find(|(n, _)| &***n == name).map(|(_, binding)| binding)
    }

    /// All names, innermost first; a shadowed one comes again.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Binding)> {
        std::iter::successors(self.0.as_deref(), |node| node.outer.0.as_deref()).map(|n| (&n.name, &n.binding))
    }
}

impl Drop for Node {
    /// Unlinks the chain in a loop: a long one must not recurse when it is dropped.
    fn drop(&mut self) {
        let mut next = self.outer.0.take();
        while let Some(node) = next {
            match Rc::try_unwrap(node) {
                Ok(mut alone) => next = alone.outer.0.take(),
                Err(_) => break,
            }
        }
    }
}

/// A bound table and what the binder knows about it beyond the plan.
#[derive(Clone)]
pub(super) struct Rows {
    /// The plan.
    pub(super) relation: Relation,
    /// The graph, where this is none of rows; the plan is empty then.
    pub(super) graph: Option<Rc<GraphRows>>,
    /// Columns whose expression failed to bind: reading them is silent.
    pub(super) poisoned: Vec<ColumnName>,
    /// The schema is not known, since an operator failed: any name may be a column.
    pub(super) open: bool,
    /// There are no rows that could tell which columns there are: any other name is a null.
    pub(super) loose: bool,
    /// The order of the rows means something.
    pub(super) ordered: bool,
    /// The rows are serialized: window functions may run.
    pub(super) serialized: bool,
    /// What `union withsource=` calls these rows.
    pub(super) source: Option<Arc<str>>,
    /// The catalog table that the columns come from unchanged, for old column names.
    pub(super) origin: Option<Arc<Table>>,
    /// Columns of the binder's own that tell partitions apart (`mv-apply`, `partition`): out of sight, never dropped.
    pub(super) hidden: Vec<ColumnName>,
    /// What `render` asked for; kept only at the end of a statement.
    pub(super) visualization: Option<Visualization>,
    /// Further results beside this one (`fork`, `facet`); only a statement as a whole can have some.
    pub(super) more: Vec<Rows>,
}

impl Rows {
    /// Rows of a relation, in no order.
    pub(super) fn new(relation: Relation) -> Rows {
        Rows {
            relation,
            graph: None,
            poisoned: vec![],
            open: false,
            loose: false,
            ordered: false,
            serialized: false,
            source: None,
            origin: None,
            hidden: vec![],
            visualization: None,
            more: vec![],
        }
    }

    /// A graph instead of rows.
    pub(super) fn of_graph(graph: GraphRows, span: Span) -> Rows {
        let relation = Relation::new(RelationKind::Values(Arc::new(Batch::default())), Schema::default(), span);
        Rows { graph: Some(Rc::new(graph)), ..Rows::new(relation) }
    }

    /// Rows of unknown schema, after an error.
    pub(super) fn unknown(span: Span) -> Rows {
        let relation = Relation::new(RelationKind::Values(Arc::new(Batch::default())), Schema::default(), span);
        Rows { open: true, ..Rows::new(relation) }
    }

    /// The columns.
    pub(super) fn schema(&self) -> &Arc<Schema> {
        &self.relation.schema
    }

    /// The next relation over these rows; everything else that is known stays.
    pub(super) fn then(mut self, span: Span, make: impl FnOnce(Box<Relation>) -> (RelationKind, Arc<Schema>)) -> Rows {
        let empty = Relation::new(RelationKind::Values(Arc::new(Batch::default())), Schema::default(), span);
        let input = Box::new(std::mem::replace(&mut self.relation, empty));
        let (kind, schema) = make(input);
        self.relation = Relation { kind, schema, span };
        self.visualization = None;
        self
    }

    /// The next relation, with rows in no order and a name of its own.
    pub(super) fn unordered(mut self) -> Rows {
        self.ordered = false;
        self.serialized = false;
        self.source = None;
        self
    }

    /// The columns as expressions.
    pub(super) fn columns(&self, span: Span) -> Vec<(ColumnName, Expr)> {
        let fields = self.schema().fields().iter();
        fields.map(|f| (f.name.clone(), Expr::column(f.name.clone(), f.ty, span))).collect()
    }

    /// These rows as one side of a row scope.
    pub(super) fn side(&self) -> Side {
        Side {
            schema: self.schema().clone(),
            poisoned: self.poisoned.clone().into(),
            open: self.open,
            loose: self.loose,
            origin: self.origin.clone(),
            hidden: self.hidden.clone().into(),
        }
    }

    /// The columns out of sight, as expressions.
    pub(super) fn hidden_columns(&self, span: Span) -> Vec<(ColumnName, Expr)> {
        self.columns(span).into_iter().filter(|(name, _)| self.hidden.contains(name)).collect()
    }
}

/// A graph, and what the binder knows about it beyond the plan.
#[derive(Clone)]
pub(super) struct GraphRows {
    /// The edges, then the tables of nodes.
    pub(super) inputs: Vec<Relation>,
    /// The graph; its output is still to come.
    pub(super) graph: Graph,
    /// The properties of nodes.
    pub(super) nodes: Side,
    /// The properties of edges.
    pub(super) edges: Side,
}

/// Columns that expressions may read.
#[derive(Clone)]
pub(super) struct Side {
    pub(super) schema: Arc<Schema>,
    pub(super) poisoned: Rc<[ColumnName]>,
    pub(super) open: bool,
    pub(super) loose: bool,
    pub(super) origin: Option<Arc<Table>>,
    pub(super) hidden: Rc<[ColumnName]>,
}

impl Side {
    /// The fields in sight.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.schema.fields().iter().filter(|f| !self.hidden.contains(&f.name))
    }

    /// The column of that name.
    pub(super) fn column(&self, name: &str, span: Span) -> Found {
        if self.poisoned.iter().any(|p| &**p == name) {
            return Found::Silent;
        }
        match self.schema.field(name) {
            Some(field) => Found::Column(Expr::column(field.name.clone(), field.ty, span)),
            None if self.open => Found::Silent,
            None if self.loose => Found::Column(Expr::literal(Value::Null, Type::Dynamic, span)),
            None => Found::Nothing,
        }
    }
}

impl Side {
    /// A column by another name that the catalog knows it under.
    pub(super) fn alias(&self, env: &Env, name: &str, span: Span) -> Found {
        let real = self.origin.as_ref().and_then(|table| env.catalog.column_alias(&table.name, name));
        let gone = || device::gone_column(name).filter(|_| env.legacy_names).map(Arc::from);
        match real.or_else(gone).and_then(|real| self.schema.field(&real)) {
            Some(field) => Found::Column(Expr::column(field.name.clone(), field.ty, span)),
            None => Found::Nothing,
        }
    }
}

/// What a look-up among columns gives.
pub(super) enum Found {
    Column(Expr),
    /// Broken earlier: say nothing.
    Silent,
    Nothing,
}

/// The rows that an expression is evaluated on.
#[derive(Clone)]
pub(super) struct RowScope {
    /// Tells row scopes apart.
    pub(super) id: u32,
    /// The columns: none outside of operators, two sides in a join's condition.
    pub(super) sides: Vec<Side>,
    /// False inside the body of a scalar function: its parameters may read the caller's row, its text may not.
    pub(super) visible: bool,
    /// Rows are serialized: window functions may run.
    pub(super) serialized: bool,
    /// Inside `summarize`, outside of an aggregation's arguments.
    pub(super) aggregation: Option<Aggregation>,
    /// Columns of window functions met so far, in the order in which they must be computed.
    pub(super) windows: Vec<WindowColumn>,
    /// Rows with names of their own: `name.column` reads them.
    pub(super) parts: Rc<[Part]>,
    /// Inside of a graph operator.
    pub(super) graph: Option<GraphScope>,
}

/// What expressions of a graph operator may say.
#[derive(Clone, Default)]
pub(super) struct GraphScope {
    /// The variables of edges, in the order of the pattern.
    pub(super) edges: Vec<ColumnName>,
    /// The properties of nodes and of edges.
    pub(super) sides: Option<(Side, Side)>,
    /// Columns over paths met so far.
    pub(super) paths: Vec<PathColumn>,
    /// A property of an edge of variable length is that of each of its edges, not an array.
    pub(super) by_element: bool,
    /// Edges that were read so.
    pub(super) touched: Vec<usize>,
    /// Where a single element is in sight, what it is.
    pub(super) element: Option<PartKind>,
}

/// What has a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    /// A step of `scan`.
    Step,
    /// A node.
    Node,
    /// An edge.
    Edge,
    /// An edge of variable length.
    Path,
}

/// Rows in sight by a name of their own: a step of `scan`, a node or an edge of a pattern.
#[derive(Clone)]
pub(super) struct Part {
    /// The name.
    pub(super) name: Arc<str>,
    /// What it is.
    pub(super) kind: PartKind,
    /// The columns that it has.
    pub(super) side: Side,
}

/// Aggregations met in an expression of `summarize`.
#[derive(Clone, Default)]
pub(super) struct Aggregation {
    /// Found so far; an expression over them reads their columns.
    pub(super) found: Vec<Aggregate>,
    /// Names and values of the group keys.
    pub(super) keys: Vec<(ColumnName, Expr)>,
}

/// A type for a poisoned column.
pub(super) const POISON: Type = Type::Dynamic;
