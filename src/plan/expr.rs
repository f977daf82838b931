//! Scalar expressions of the plan.

use super::{ColumnName, Tabular};
use crate::catalog::Lookup;
use crate::diagnostic::Span;
use crate::library::{AggregateFunction, Function};
use crate::value::{Type, Value};
use std::sync::Arc;

/// A typed scalar expression over the columns of its input.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
    /// Where it was written.
    pub span: Span,
}

/// The kinds of scalar expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A constant; `Null` has the type of the expression.
    Literal(Value),
    /// A column of the input.
    Column(ColumnName),
    /// A function or operator; arguments already have the types that the function's kernel takes.
    Call {
        /// Which. Operators (`==`, `has`, `+`) are functions too, see `library::scalar::operator`.
        function: &'static Function,
        /// Arguments.
        arguments: Vec<Expr>,
    },
    /// A read of members of a `dynamic`, without building a tree. The type is `dynamic`.
    Path {
        /// The dynamic value (its text may be any string, see `value::dynamic::parse`).
        base: Box<Expr>,
        /// Steps from the outside in.
        steps: Vec<PathStep>,
    },
    /// A question to something beside the tables (`geo_info_from_ip_address`).
    Lookup {
        /// What answers.
        source: Arc<dyn Lookup>,
        /// Arguments.
        arguments: Vec<Expr>,
    },
    /// The first cell of a table, null (or `""`) when it has no row.
    Scalar(Tabular),
    /// Whether the value equals any cell of the table's first column (`in (T)`, `in~ (T)`).
    InTable {
        /// The value.
        value: Box<Expr>,
        /// The table; only its first column counts, of the value's type.
        table: Tabular,
        /// `in`, not `in~`.
        case_sensitive: bool,
        /// `!in`
        negated: bool,
    },
    /// All cells of the table's first column as a dynamic array (`has_any (T)`, `has_all (T)` and functions over it).
    ArrayOf(Tabular),
}

/// A step into a dynamic value.
#[derive(Clone, Debug, PartialEq)]
pub enum PathStep {
    /// `.name` or `["name"]`
    Key(String),
    /// `[0]`; negative counts from the end
    Index(i64),
    /// `[expr]` with a computed key or index (a string, int or long)
    Computed(Box<Expr>),
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        super::explain::expr_text(self) == super::explain::expr_text(other) && self.ty == other.ty
    }
}

/// An aggregation over the rows of a group.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// Name of the result column.
    pub name: ColumnName,
    /// Which.
    pub function: &'static AggregateFunction,
    /// Arguments, evaluated on each row. Constant ones (percentiles, limits) are literals.
    pub arguments: Vec<Expr>,
    /// Names of further result columns and their types: `arg_max(x, a, b)` yields `name` for the first argument and one
    /// for each other argument; `percentiles(x, 5, 50)` one for each percentile. Empty for most.
    pub more: Vec<(ColumnName, Type)>,
    /// Type of the (first) result.
    pub ty: Type,
    /// Where.
    pub span: Span,
}

impl Expr {
    /// A constant.
    pub fn literal(value: Value, ty: Type, span: Span) -> Expr {
        Expr { kind: ExprKind::Literal(value), ty, span }
    }

    /// A column.
    pub fn column(name: impl Into<ColumnName>, ty: Type, span: Span) -> Expr {
        Expr { kind: ExprKind::Column(name.into()), ty, span }
    }

    /// The constant, if it is one.
    pub fn as_literal(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Calls `visit` on this expression and all inside it, tables apart.
    pub fn visit(&self, visit: &mut impl FnMut(&Expr)) {
        visit(self);
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::Scalar(_) | ExprKind::ArrayOf(_) => {}
            ExprKind::Call { arguments, .. } | ExprKind::Lookup { arguments, .. } => {
                arguments.iter().for_each(|a| a.visit(visit));
            }
            ExprKind::InTable { value, .. } => value.visit(visit),
            ExprKind::Path { base, steps } => {
                base.visit(visit);
                for step in steps {
                    if let PathStep::Computed(inner) = step {
                        inner.visit(visit);
                    }
                }
            }
        }
    }
}
