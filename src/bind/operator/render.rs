//! `render`: what a picture of the result should look like. The rows stay as they are.

use crate::bind::Binder;
use crate::bind::scope::Rows;
use crate::syntax::ast::{self, OperatorParameter};
use crate::value::{Json, Visualization, dynamic};

impl Binder<'_> {
    /// `render kind with (...)`
    pub(super) fn render(&mut self, rows: Rows, kind: Option<&ast::Name>, properties: &[OperatorParameter]) -> Rows {
        let kind = kind.map_or_else(|| "table".to_owned(), |k| k.text.to_string());
        let mut shown: Vec<(String, Json)> = vec![];
        for given in properties {
            let (name, value) = (given.name.text.to_string(), property(&given.value));
            match shown.iter_mut().find(|(known, _)| *known == name) {
                Some((_, Json::Array(values))) => values.push(value),
                Some((_, known)) => *known = value,
                None if is_list(&name) && !value.is_array() => shown.push((name, Json::Array(vec![value]))),
                None => shown.push((name, value)),
            }
        }
        Rows { visualization: Some(Visualization { kind, properties: shown }), ..rows }
    }
}

/// Properties that name several columns.
fn is_list(name: &str) -> bool {
    matches!(name, "ycolumns" | "series" | "anomalycolumns")
}

/// The value of a property: names are texts here.
fn property(value: &ast::Expr) -> Json {
    match &value.kind {
        ast::ExprKind::Name(name) => Json::String(name.text.to_string()),
        ast::ExprKind::Literal(literal) => dynamic::from_value(&literal.value),
        ast::ExprKind::Parenthesized(inner) => property(inner),
        ast::ExprKind::Unary { negative, operand } => match property(operand) {
            Json::Number(n) if *negative => n.as_f64().map_or(Json::Null, |x| Json::from(-x)),
            json => json,
        },
        _ => Json::Null,
    }
}
