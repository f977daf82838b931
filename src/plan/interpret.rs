//! Expressions over single rows, by the kernels.
//!
//! In: an expression and a row of its input. Out: its value. Operators that go from row to row with a memory of their own
//! (`scan`, the graph operators) are run with this; rows in bulk are a backend's work. Tables inside expressions are not
//! run here: a backend puts their values in place first.

use super::fold::{self, PathValue};
use super::{Expr, ExprKind, PathStep};
use crate::value::{Json, Value};

/// Where an expression finds the values of columns.
pub trait Row {
    /// The value of the column; `None` when there is none of that name.
    fn column(&self, name: &str) -> Option<Value>;
}

impl<F: Fn(&str) -> Option<Value>> Row for F {
    fn column(&self, name: &str) -> Option<Value> {
        self(name)
    }
}

/// The value of an expression on a row.
///
/// # Errors
/// The name of what cannot be evaluated on a single row: a column that is not there, or a table inside the expression.
pub fn interpret(expr: &Expr, row: &dyn Row) -> Result<Value, String> {
    match &expr.kind {
        ExprKind::Literal(value) => Ok(value.clone()),
        ExprKind::Column(name) => row.column(name).ok_or_else(|| format!("the column `{name}` is not there")),
        ExprKind::Call { function, arguments } => {
            let values = arguments.iter().map(|a| interpret(a, row)).collect::<Result<Vec<_>, _>>()?;
            Ok(fold::of_type(function.evaluate(&values), expr.ty))
        }
        ExprKind::Lookup { source, arguments } => {
            let values = arguments.iter().map(|a| interpret(a, row)).collect::<Result<Vec<_>, _>>()?;
            Ok(fold::of_type(source.value(&values), expr.ty))
        }
        ExprKind::Path { base, steps } => {
            let Some(mut current) = PathValue::root(&interpret(base, row)?) else { return Ok(Value::Null) };
            for step in steps {
                current = match step {
                    PathStep::Key(key) => current.key(key),
                    PathStep::Index(index) => current.index(*index),
                    PathStep::Computed(inner) => match interpret(inner, row)? {
                        Value::String(key) => current.key(&key),
                        other => other.as_i64().map_or(PathValue(Json::Null), |index| current.index(index)),
                    },
                };
            }
            Ok(current.value())
        }
        ExprKind::Scalar(_) | ExprKind::InTable { .. } | ExprKind::ArrayOf(_) => {
            Err("a table inside of the expression is not built yet here".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{SourceId, Span};
    use crate::library::scalar_function;
    use crate::value::Type;

    #[test]
    fn calls_columns_and_paths() {
        let span = Span::new(0, 0, SourceId(0));
        let row = |name: &str| match name {
            "n" => Some(Value::Long(2)),
            "d" => Some(Value::Dynamic(serde_json::json!({"a": [1, 5]}))),
            _ => None,
        };
        let column = |name: &str, ty| Expr::column(name, ty, span);
        let plus = scalar_function("+").unwrap();
        let sum = Expr::call(plus, vec![column("n", Type::Long), column("n", Type::Long)], Type::Long, span);
        assert_eq!(interpret(&sum, &row), Ok(Value::Long(4)));
        let member = Expr::path(column("d", Type::Dynamic), PathStep::Key("a".into()), span);
        let last = Expr::path(member, PathStep::Index(-1), span);
        assert_eq!(interpret(&last, &row), Ok(Value::Dynamic(5.into())));
        assert!(interpret(&column("x", Type::Long), &row).is_err());
    }
}
