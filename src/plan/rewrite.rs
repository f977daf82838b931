//! Walking and rebuilding plans: the one place that knows every child of every node.

use super::{
    Aggregate, ColumnName, Expr, ExprKind, MvColumn, PathStep, Plan, Relation, RelationKind, SortKey, Tabular,
};

/// A rewriting of a plan. Children come first: `relation` and `expr` see nodes whose parts are rewritten.
pub trait Rewrite {
    /// A relation, its inputs and expressions done.
    fn relation(&mut self, relation: Relation) -> Relation {
        relation
    }

    /// An expression, its parts done.
    fn expr(&mut self, expr: Expr) -> Expr {
        expr
    }

    /// The whole plan.
    fn plan(&mut self, plan: Plan) -> Plan
    where
        Self: Sized,
    {
        Plan { root: rewrite_relation(self, plan.root), ..plan }
    }
}

/// Rewrites a relation from its leaves up.
pub fn rewrite_relation(pass: &mut impl Rewrite, relation: Relation) -> Relation {
    let inner = map_parts(relation, &mut |part| match part {
        Part::Relation(relation) => *relation = take(relation, |r| rewrite_relation(pass, r)),
        Part::Expr(expr) => *expr = take(expr, |e| rewrite_expr(pass, e)),
    });
    pass.relation(inner)
}

/// Rewrites an expression from its leaves up, tables inside it included.
pub fn rewrite_expr(pass: &mut impl Rewrite, mut expr: Expr) -> Expr {
    each_part(&mut expr, &mut |part| match part {
        Part::Relation(relation) => *relation = take(relation, |r| rewrite_relation(pass, r)),
        Part::Expr(expr) => *expr = take(expr, |e| rewrite_expr(pass, e)),
    });
    pass.expr(expr)
}

/// A part of a node.
pub enum Part<'p> {
    /// A table.
    Relation(&'p mut Relation),
    /// An expression.
    Expr(&'p mut Expr),
}

/// Replaces a value by what becomes of it.
fn take<T: Hollow>(place: &mut T, change: impl FnOnce(T) -> T) -> T {
    change(std::mem::replace(place, T::hollow()))
}

/// Something to stand in for a value while it is rebuilt.
trait Hollow {
    fn hollow() -> Self;
}

impl Hollow for Expr {
    fn hollow() -> Self {
        Expr::literal(crate::value::Value::Null, crate::value::Type::Bool, crate::diagnostic::Span::default())
    }
}

impl Hollow for Relation {
    fn hollow() -> Self {
        Relation::new(
            RelationKind::Union { inputs: vec![] },
            crate::value::Schema::default(),
            crate::diagnostic::Span::default(),
        )
    }
}

fn map_parts(mut relation: Relation, visit: &mut impl FnMut(Part<'_>)) -> Relation {
    relation.each_part(visit);
    relation
}

impl Relation {
    /// Shows every input and every expression of this node, not what is inside them.
    pub fn each_part(&mut self, visit: &mut impl FnMut(Part<'_>)) {
        use RelationKind as K;
        match &mut self.kind {
            K::Scan { .. } | K::Values(_) | K::External(_) => {}
            K::Range { from, to, step } => [from, to, step].into_iter().for_each(|e| visit(Part::Expr(e))),
            K::Filter { input, predicate } => {
                visit(Part::Relation(input));
                visit(Part::Expr(predicate));
            }
            K::Project { input, columns } | K::Extend { input, columns } => {
                visit(Part::Relation(input));
                named(columns, visit);
            }
            K::Summarize { input, keys, aggregates } => {
                visit(Part::Relation(input));
                named(keys, visit);
                aggregates.iter_mut().for_each(|a| aggregate(a, visit));
            }
            K::DistinctOn { input, keys } => {
                visit(Part::Relation(input));
                keys.iter_mut().for_each(|e| visit(Part::Expr(e)));
            }
            K::Sort { input, keys } => {
                visit(Part::Relation(input));
                keys.iter_mut().for_each(|SortKey { expr, .. }| visit(Part::Expr(expr)));
            }
            K::Take { input, count } => {
                visit(Part::Relation(input));
                visit(Part::Expr(count));
            }
            K::Union { inputs } | K::Apply { inputs, .. } => inputs.iter_mut().for_each(|r| visit(Part::Relation(r))),
            K::Join { left, right, keys, .. } => {
                visit(Part::Relation(left));
                visit(Part::Relation(right));
                for (left, right) in keys {
                    visit(Part::Expr(left));
                    visit(Part::Expr(right));
                }
            }
            K::MvExpand { input, columns, .. } => {
                visit(Part::Relation(input));
                columns.iter_mut().for_each(|MvColumn { value, .. }| visit(Part::Expr(value)));
            }
            K::Parse { input, value, .. } => {
                visit(Part::Relation(input));
                visit(Part::Expr(value));
            }
            K::Window { input, columns } => {
                visit(Part::Relation(input));
                let expressions = columns.iter_mut().flat_map(|c| c.function.expressions_mut());
                expressions.for_each(|e| visit(Part::Expr(e)));
            }
            K::Series { input, values, from, to, step, .. } => {
                visit(Part::Relation(input));
                named(values, visit);
                from.iter_mut().chain(to).chain([step]).for_each(|e| visit(Part::Expr(e)));
            }
            K::Sequence { input, sequence } => {
                visit(Part::Relation(input));
                sequence.expressions_mut().for_each(|e| visit(Part::Expr(e)));
            }
            K::Graph { inputs, graph } => {
                inputs.iter_mut().for_each(|r| visit(Part::Relation(r)));
                graph.expressions_mut().into_iter().for_each(|e| visit(Part::Expr(e)));
            }
            K::RowNumber { input, .. } | K::Shared { input, .. } => visit(Part::Relation(input)),
        }
    }
}

fn named(columns: &mut [(ColumnName, Expr)], visit: &mut impl FnMut(Part<'_>)) {
    columns.iter_mut().for_each(|(_, e)| visit(Part::Expr(e)));
}

fn aggregate(aggregate: &mut Aggregate, visit: &mut impl FnMut(Part<'_>)) {
    aggregate.arguments.iter_mut().for_each(|e| visit(Part::Expr(e)));
}

fn each_part(expr: &mut Expr, visit: &mut impl FnMut(Part<'_>)) {
    match &mut expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) => {}
        ExprKind::Call { arguments, .. } | ExprKind::Lookup { arguments, .. } => {
            arguments.iter_mut().for_each(|e| visit(Part::Expr(e)));
        }
        ExprKind::Path { base, steps } => {
            visit(Part::Expr(base));
            for step in steps {
                if let PathStep::Computed(inner) = step {
                    visit(Part::Expr(inner));
                }
            }
        }
        ExprKind::Scalar(table) | ExprKind::ArrayOf(table) => visit_table(table, visit),
        ExprKind::InTable { value, table, .. } => {
            visit(Part::Expr(value));
            visit_table(table, visit);
        }
    }
}

fn visit_table(table: &mut Tabular, visit: &mut impl FnMut(Part<'_>)) {
    visit(Part::Relation(table));
}

/// Calls `visit` on every table inside an expression.
pub(super) fn tables_in(expr: &mut Expr, visit: &mut dyn FnMut(&mut Relation)) {
    each_part(expr, &mut |part| match part {
        Part::Relation(relation) => visit(relation),
        Part::Expr(expr) => tables_in(expr, visit),
    });
}
