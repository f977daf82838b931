//! Filters sink towards the scans, so that a scan hears of them.
//!
//! In: a plan. Out: the same rows; each condition stands as far down as its columns reach: in every input of a `union`, below
//! what renames or adds other columns, below a sort, on the side of a join whose rows it asks. A condition that reads a
//! table, or whose answer may change, stays where it is.

use super::rewrite::{Rewrite, rewrite_expr};
use super::{ColumnName, Expr, ExprKind, JoinKind, Plan, Relation, RelationKind};
use crate::library::{Native, Volatility};

/// Moves the conditions of filters down.
pub fn sink(plan: Plan) -> Plan {
    Sink.plan(plan)
}

/// The rows of a relation for which a condition holds, asked as far down as it can be.
pub fn filtered(mut relation: Relation, condition: Expr) -> Relation {
    place(&mut relation, condition);
    relation
}

struct Sink;

impl Rewrite for Sink {
    fn relation(&mut self, relation: Relation) -> Relation {
        let RelationKind::Filter { mut input, predicate } = relation.kind else { return relation };
        let and = match &predicate.kind {
            ExprKind::Call { function, .. } if function.native == Some(Native::And) => Some(*function),
            _ => None,
        };
        let mut conditions = Vec::new();
        split(predicate, &mut conditions);
        let stays = conditions.into_iter().filter_map(|condition| offer(&mut input, condition));
        let both = |a: Expr, b: Expr| match and {
            Some(function) => {
                let (ty, span) = (a.ty, a.span.to(b.span));
                Expr { kind: ExprKind::Call { function, arguments: vec![a, b] }, ty, span }
            }
            // A single condition is never joined with another one.
            None => a,
        };
        match stays.reduce(both) {
            Some(predicate) => Relation { kind: RelationKind::Filter { input, predicate }, ..relation },
            None => *input,
        }
    }
}

/// The conditions that all have to hold.
fn split(predicate: Expr, conditions: &mut Vec<Expr>) {
    match predicate.kind {
        ExprKind::Call { function, arguments } if function.native == Some(Native::And) => {
            arguments.into_iter().for_each(|side| split(side, conditions));
        }
        kind => conditions.push(Expr { kind, ..predicate }),
    }
}

/// Takes a condition into a relation; gives it back where it has to stay above.
fn offer(relation: &mut Relation, condition: Expr) -> Option<Expr> {
    use RelationKind as K;
    if !movable(&condition) {
        return Some(condition);
    }
    let columns = columns_of(&condition);
    match &mut relation.kind {
        K::Filter { input, .. } => return offer(input, condition),
        K::Sort { input, .. } => place(input, condition),
        K::Union { inputs } => inputs.iter_mut().for_each(|input| place(input, condition.clone())),
        K::Project { input, columns: made } => {
            let source = |name: &ColumnName| made.iter().find(|(made, _)| made == name).and_then(|(_, e)| plain(e));
            match columns.iter().map(|name| Some((name.clone(), source(name)?))).collect::<Option<Vec<_>>>() {
                Some(renamed) => place(input, rename(condition, renamed)),
                None => return Some(condition),
            }
        }
        K::Extend { input, columns: made } => {
            if columns.iter().any(|name| made.iter().any(|(made, _)| made == name)) {
                return Some(condition);
            }
            place(input, condition);
        }
        K::Join { left, right, kind, right_columns, .. } => {
            let of_left = columns.iter().all(|name| left.schema.field(name).is_some());
            let source =
                |name: &ColumnName| right_columns.iter().find(|(_, to)| to == name).map(|(from, _)| from.clone());
            let of_right = columns.iter().map(|name| Some((name.clone(), source(name)?))).collect::<Option<Vec<_>>>();
            match (*kind, of_left, of_right) {
                (JoinKind::Inner | JoinKind::LeftOuter | JoinKind::LeftSemi | JoinKind::LeftAnti, true, _) => {
                    place(left, condition);
                }
                (JoinKind::Inner | JoinKind::RightOuter, false, Some(renamed)) => {
                    place(right, rename(condition, renamed));
                }
                _ => return Some(condition),
            }
        }
        _ => return Some(condition),
    }
    None
}

/// Puts a condition over a relation, or into it.
fn place(relation: &mut Relation, condition: Expr) {
    let Some(predicate) = offer(relation, condition) else { return };
    let (schema, span) = (relation.schema.clone(), predicate.span);
    let hollow = Relation { kind: RelationKind::Union { inputs: vec![] }, schema: schema.clone(), span };
    let input = Box::new(std::mem::replace(relation, hollow));
    *relation = Relation { kind: RelationKind::Filter { input, predicate }, schema, span };
}

/// Whether a condition may be asked elsewhere, and of other rows, with the same answer.
fn movable(condition: &Expr) -> bool {
    let mut movable = true;
    condition.visit(&mut |inner| match &inner.kind {
        ExprKind::Call { function, .. } => movable &= function.volatility == Volatility::Stable,
        ExprKind::Lookup { .. } | ExprKind::Scalar(_) | ExprKind::InTable { .. } | ExprKind::ArrayOf(_) => {
            movable = false;
        }
        _ => {}
    });
    movable && !columns_of(condition).is_empty()
}

fn columns_of(expr: &Expr) -> Vec<ColumnName> {
    let mut columns: Vec<ColumnName> = Vec::new();
    expr.visit(&mut |inner| {
        if let ExprKind::Column(name) = &inner.kind
            && !columns.contains(name)
        {
            columns.push(name.clone());
        }
    });
    columns
}

/// The column that an expression merely passes on.
fn plain(expr: &Expr) -> Option<ColumnName> {
    match &expr.kind {
        ExprKind::Column(name) => Some(name.clone()),
        _ => None,
    }
}

fn rename(condition: Expr, names: Vec<(ColumnName, ColumnName)>) -> Expr {
    struct Rename(Vec<(ColumnName, ColumnName)>);
    impl Rewrite for Rename {
        fn expr(&mut self, expr: Expr) -> Expr {
            let to = plain(&expr).and_then(|name| self.0.iter().find(|(from, _)| *from == name));
            match to {
                Some((_, to)) => Expr { kind: ExprKind::Column(to.clone()), ..expr },
                None => expr,
            }
        }
    }
    rewrite_expr(&mut Rename(names), condition)
}
