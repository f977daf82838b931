//! Constants: calls and paths over literals, computed by the kernels.

use super::{Expr, ExprKind, PathStep};
use crate::library::{Function, Volatility};
use crate::value::{Json, Type, Value};

/// The value of a call whose arguments are all constant; `None` when it must wait for the rows.
pub fn fold_call(function: &Function, arguments: &[Expr], ty: Type) -> Option<Value> {
    if function.volatility == Volatility::Volatile {
        return None;
    }
    let values: Option<Vec<Value>> = arguments.iter().map(|a| a.as_literal().cloned()).collect();
    Some(of_type(function.evaluate(&values?), ty))
}

/// The value of a path of constant steps into a constant.
pub fn fold_path(base: &Expr, steps: &[PathStep]) -> Option<Value> {
    let mut current = match base.as_literal()? {
        Value::Dynamic(json) => json.clone(),
        Value::String(text) => crate::value::dynamic::parse(text),
        Value::Null => return Some(Value::Null),
        _ => return None,
    };
    for step in steps {
        current = match step {
            PathStep::Key(key) => current.get(key).cloned(),
            PathStep::Index(index) => element(&current, *index),
            PathStep::Computed(_) => return None,
        }
        .unwrap_or(Json::Null);
    }
    Some(if current.is_null() { Value::Null } else { Value::Dynamic(current) })
}

fn element(json: &Json, index: i64) -> Option<Json> {
    let items = json.as_array()?;
    let place = if index < 0 { index + i64::try_from(items.len()).ok()? } else { index };
    items.get(usize::try_from(place).ok()?).cloned()
}

/// INVARIANT: a literal of type string is never null.
fn of_type(value: Value, ty: Type) -> Value {
    match value {
        Value::Null => Value::missing(ty),
        Value::Dynamic(Json::Null) if ty == Type::Dynamic => Value::Null,
        value => value,
    }
}

impl Expr {
    /// A call, computed at once when it is constant.
    pub fn call(function: &'static Function, arguments: Vec<Expr>, ty: Type, span: crate::diagnostic::Span) -> Expr {
        match fold_call(function, &arguments, ty) {
            Some(value) => Expr::literal(value, ty, span),
            None => Expr { kind: ExprKind::Call { function, arguments }, ty, span },
        }
    }

    /// A read of a member; steps behind steps become one path.
    pub fn path(base: Expr, step: PathStep, span: crate::diagnostic::Span) -> Expr {
        let (base, steps) = match base.kind {
            ExprKind::Path { base, mut steps } => {
                steps.push(step);
                (base, steps)
            }
            kind => (Box::new(Expr { kind, ..base }), vec![step]),
        };
        match fold_path(&base, &steps) {
            Some(value) => Expr::literal(value, Type::Dynamic, span),
            None => Expr { kind: ExprKind::Path { base, steps }, ty: Type::Dynamic, span },
        }
    }

    /// True when no column is read (tables inside stand alone, so they do not count).
    pub fn is_rowless(&self) -> bool {
        let mut rowless = true;
        self.visit(&mut |e| rowless &= !matches!(e.kind, ExprKind::Column(_)));
        rowless
    }
}
