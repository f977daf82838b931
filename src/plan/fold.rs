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
    let Some(mut current) = PathValue::root(base.as_literal()?) else { return Some(Value::Null) };
    for step in steps {
        current = match step {
            PathStep::Key(key) => current.key(key),
            PathStep::Index(index) => current.index(*index),
            PathStep::Computed(_) => return None,
        };
    }
    Some(current.value())
}

/// A place in a dynamic value; `null` where there is nothing.
pub(super) struct PathValue(pub(super) Json);

impl PathValue {
    /// The value that a path starts at; `None` where it has no members.
    pub(super) fn root(value: &Value) -> Option<PathValue> {
        match value {
            Value::Dynamic(json) => Some(PathValue(json.clone())),
            Value::String(text) => Some(PathValue(crate::value::dynamic::parse(text))),
            _ => None,
        }
    }

    /// The member of that name.
    pub(super) fn key(self, key: &str) -> PathValue {
        PathValue(self.0.get(key).cloned().unwrap_or(Json::Null))
    }

    /// The element at that place; negative counts from the end.
    pub(super) fn index(self, index: i64) -> PathValue {
        PathValue(element(&self.0, index).unwrap_or(Json::Null))
    }

    /// What stands there.
    pub(super) fn value(self) -> Value {
        if self.0.is_null() { Value::Null } else { Value::Dynamic(self.0) }
    }
}

fn element(json: &Json, index: i64) -> Option<Json> {
    let items = json.as_array()?;
    let place = if index < 0 { index + i64::try_from(items.len()).ok()? } else { index };
    items.get(usize::try_from(place).ok()?).cloned()
}

/// INVARIANT: a literal of type string is never null.
pub(super) fn of_type(value: Value, ty: Type) -> Value {
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
