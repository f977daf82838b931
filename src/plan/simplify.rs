//! Constant folding, and what constants make superfluous: filters that let everything through, conditions decided early.
//!
//! Nothing here depends on how rows are run: `true and x` is `x` for a null `x` too.

use super::rewrite::Rewrite;
use super::{Expr, ExprKind, Plan, Relation, RelationKind, fold_call, fold_path};
use crate::library::Native;
use crate::value::Value;

/// Folds constants throughout a plan.
pub fn simplify(plan: Plan) -> Plan {
    Simplify.plan(plan)
}

struct Simplify;

impl Rewrite for Simplify {
    fn expr(&mut self, expr: Expr) -> Expr {
        let (ty, span) = (expr.ty, expr.span);
        let folded = match &expr.kind {
            ExprKind::Call { function, arguments } => fold_call(function, arguments, ty),
            ExprKind::Path { base, steps } => fold_path(base, steps),
            _ => None,
        };
        match folded {
            Some(value) => Expr::literal(value, ty, span),
            None => decided(expr),
        }
    }

    fn relation(&mut self, relation: Relation) -> Relation {
        match relation.kind {
            RelationKind::Filter { input, predicate } if is_bool(&predicate, true) => *input,
            kind => Relation { kind, ..relation },
        }
    }
}

/// `and`, `or` and `iff` with a constant side.
fn decided(expr: Expr) -> Expr {
    let ExprKind::Call { function, arguments } = &expr.kind else { return expr };
    match (function.native, arguments.as_slice()) {
        (Some(Native::And), [a, b]) => either(&expr, a, b, true),
        (Some(Native::Or), [a, b]) => either(&expr, a, b, false),
        (Some(Native::Iff), [condition, then, otherwise]) => match condition.as_literal() {
            Some(Value::Bool(true)) => then.clone(),
            Some(_) => otherwise.clone(),
            None => expr,
        },
        _ => expr,
    }
}

/// A side that decides nothing goes; one that decides all stays alone.
fn either(whole: &Expr, a: &Expr, b: &Expr, neutral: bool) -> Expr {
    match (a, b) {
        (a, b) if is_bool(a, neutral) => b.clone(),
        (a, b) if is_bool(b, neutral) => a.clone(),
        (a, _) if is_bool(a, !neutral) => a.clone(),
        (_, b) if is_bool(b, !neutral) => b.clone(),
        _ => whole.clone(),
    }
}

fn is_bool(expr: &Expr, value: bool) -> bool {
    expr.as_literal() == Some(&Value::Bool(value))
}
