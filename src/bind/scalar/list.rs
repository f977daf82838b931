//! `in`, `has_any` and `has_all`: one value against many.
//!
//! In: the value and the items as written. Out: a call with items of the value's type (constant arrays laid open), or a test
//! against a table. Lists of tens of thousands of items are usual.

use crate::bind::coerce::{convert, function};
use crate::bind::table::Item;
use crate::bind::{Binder, coerce};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::library::Function;
use crate::plan::{Expr, ExprKind, Relation, RelationKind};
use crate::syntax::ast::{self, ListOp};
use crate::value::{Json, Type, Value, dynamic};
use std::sync::Arc;

impl Binder<'_> {
    /// `value op (items)`
    pub(in crate::bind) fn list(
        &mut self,
        op: ListOp,
        op_span: Span,
        value: &ast::Expr,
        items: &[ast::Expr],
        span: Span,
    ) -> Option<Expr> {
        if matches!(value.kind, ast::ExprKind::Star) {
            return self.refuse(Code::NotBuiltYet, value.span, "`*` before a list is not built yet");
        }
        let value = self.scalar(value);
        if let [item] = items {
            match self.item(item)? {
                Item::Table(rows) => {
                    let rows = self.tabular(rows, item.span);
                    return if rows.open { None } else { self.in_table(op, value?, rows.relation, span) };
                }
                Item::Scalar(item) => return self.in_items(op, op_span, value?, vec![item], span),
            }
        }
        let bound: Vec<Option<Expr>> = items.iter().map(|item| self.scalar(item)).collect();
        let bound: Option<Vec<Expr>> = bound.into_iter().collect();
        self.in_items(op, op_span, value?, bound?, span)
    }

    fn in_items(&mut self, op: ListOp, op_span: Span, value: Expr, items: Vec<Expr>, span: Span) -> Option<Expr> {
        let found = self.ok(function(spelling(op), op_span))?;
        let value = self.tested(op, value, &items)?;
        let mut constants = Vec::with_capacity(items.len());
        let mut arrays = vec![];
        for item in items {
            match (&item.kind, item.ty) {
                (ExprKind::Literal(Value::Dynamic(json)), _) => lay_open(json, value.ty, item.span, &mut constants),
                (ExprKind::Literal(Value::Null), Type::Dynamic) => {}
                (_, Type::Dynamic) => arrays.push(item),
                _ => constants.push(self.list_item(op, &value, item)?),
            }
        }
        self.joined(op, found, value, constants, arrays, span)
    }

    /// One call over the items, and one for each array that is only known by row.
    fn joined(
        &mut self,
        op: ListOp,
        found: &'static Function,
        value: Expr,
        constants: Vec<Expr>,
        arrays: Vec<Expr>,
        span: Span,
    ) -> Option<Expr> {
        let mut terms = vec![];
        if !constants.is_empty() || arrays.is_empty() {
            let mut arguments = Vec::with_capacity(constants.len() + 1);
            arguments.push(value.clone());
            arguments.extend(constants);
            terms.push(Expr::call(found, arguments, Type::Bool, span));
        }
        for array in arrays {
            terms.push(Expr::call(found, vec![value.clone(), array], Type::Bool, span));
        }
        let all = matches!(op, ListOp::HasAll | ListOp::In { negated: true, .. });
        self.balanced(if all { "and" } else { "or" }, terms, span, span)
    }

    /// The value as the type that it is tested as.
    fn tested(&mut self, op: ListOp, value: Expr, items: &[Expr]) -> Option<Expr> {
        if is_textual(op) {
            return self.text(value, spelling(op));
        }
        if value.ty != Type::Dynamic {
            return Some(value);
        }
        let to = items.iter().find_map(|item| match (item.ty, item.as_literal()) {
            (Type::Dynamic, Some(Value::Dynamic(json))) => json_type(json),
            (Type::Dynamic, _) => None,
            (Type::Int, _) => Some(Type::Long),
            (ty, _) => Some(ty),
        });
        self.ok(convert(value, to.unwrap_or(Type::String)))
    }

    fn list_item(&mut self, op: ListOp, value: &Expr, item: Expr) -> Option<Expr> {
        let item = if is_textual(op) { item } else { coerce::digits_beside(item, value) };
        if item.ty == value.ty {
            return Some(item);
        }
        if is_textual(op) {
            return self.text(item, spelling(op));
        }
        let span = item.span;
        let fits = item.ty.is_numeric() && value.ty.is_numeric();
        if !fits && !coerce::reads_as(&item, value.ty) {
            let diagnostic = coerce::not_comparable(value.ty, item.ty, span);
            self.report(diagnostic);
            return None;
        }
        if value.ty.is_integer() && matches!(item.ty, Type::Real | Type::Decimal) {
            let diagnostic =
                Diagnostic::error(Code::WrongType, span, format!("a `{}` in a list for a `{}`", item.ty, value.ty));
            self.report(diagnostic.with_help("convert the value with `toreal()`"));
            return None;
        }
        self.ok(convert(item, value.ty))
    }

    /// Against the first column of a table.
    fn in_table(&mut self, op: ListOp, value: Expr, table: Relation, span: Span) -> Option<Expr> {
        let Some(field) = table.schema.fields().first().cloned() else {
            return self.refuse(Code::NotTabular, table.span, "the table has no column");
        };
        let table_span = table.span;
        let column = Expr::column(field.name.clone(), field.ty, table_span);
        let value = self.tested(op, value, std::slice::from_ref(&column))?;
        let item = match (is_textual(op), field.ty) {
            (_, ty) if ty == value.ty => column,
            (_, Type::Dynamic) => self.ok(convert(column, value.ty))?,
            _ => self.list_item(op, &value, column)?,
        };
        let table = Box::new(first_column(table, field.name, item));
        let kind = match op {
            ListOp::In { case_sensitive, negated } => {
                ExprKind::InTable { value: Box::new(value), table, case_sensitive, negated }
            }
            ListOp::HasAny | ListOp::HasAll => {
                let function = self.ok(function(spelling(op), span))?;
                let array = Expr { kind: ExprKind::ArrayOf(table), ty: Type::Dynamic, span: table_span };
                ExprKind::Call { function, arguments: vec![value, array] }
            }
        };
        Some(Expr { kind, ty: Type::Bool, span })
    }
}

/// The table with its first column only, as the value given.
pub(in crate::bind) fn first_column(table: Relation, name: crate::plan::ColumnName, item: Expr) -> Relation {
    let span = table.span;
    if table.schema.len() == 1 && coerce::is_column(&item) {
        return table;
    }
    let columns = vec![(name, item)];
    let schema = Arc::new(crate::bind::naming::schema_of(&columns));
    Relation { kind: RelationKind::Project { input: Box::new(table), columns }, schema, span }
}

/// Operators that know texts only.
const fn is_textual(op: ListOp) -> bool {
    matches!(op, ListOp::HasAny | ListOp::HasAll | ListOp::In { case_sensitive: false, .. })
}

/// The items of a constant dynamic, as the type that is compared.
fn lay_open(json: &Json, ty: Type, span: Span, out: &mut Vec<Expr>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| lay_open(item, ty, span, out)),
        json => out.extend(item_of(json, ty).map(|value| Expr::literal(value, ty, span))),
    }
}

/// A JSON value as a type; nothing when it is none of that type, since then it equals nothing.
fn item_of(json: &Json, ty: Type) -> Option<Value> {
    match (json, ty) {
        (Json::Null, _) => None,
        (Json::String(text), Type::String) => Some(Value::String(text.clone())),
        (json, Type::String) => Some(Value::String(json.to_string())),
        (Json::Bool(b), Type::Bool) => Some(Value::Bool(*b)),
        (Json::Number(n), Type::Long) => n.as_i64().map(Value::Long),
        (Json::Number(n), Type::Int) => n.as_i64().and_then(|n| i32::try_from(n).ok()).map(Value::Int),
        (Json::Number(n), Type::Real) => n.as_f64().map(Value::Real),
        (json, ty) => {
            let literal = Expr::literal(Value::Dynamic(json.clone()), Type::Dynamic, Span::default());
            let value = convert(literal, ty).ok()?.as_literal()?.clone();
            (!value.is_null()).then_some(value)
        }
    }
}

/// The type that a dynamic value is compared as, by a constant item.
fn json_type(json: &Json) -> Option<Type> {
    match json {
        Json::Array(items) => items.iter().find_map(json_type),
        Json::Bool(_) => Some(Type::Bool),
        Json::Number(n) if n.is_i64() => Some(Type::Long),
        Json::Number(_) => Some(Type::Real),
        Json::String(_) => Some(Type::String),
        Json::Null | Json::Object(_) => None,
    }
}

/// The operator's name in the library.
const fn spelling(op: ListOp) -> &'static str {
    match op {
        ListOp::In { case_sensitive: true, negated: false } => "in",
        ListOp::In { case_sensitive: true, negated: true } => "!in",
        ListOp::In { case_sensitive: false, negated: false } => "in~",
        ListOp::In { case_sensitive: false, negated: true } => "!in~",
        ListOp::HasAny => "has_any",
        ListOp::HasAll => "has_all",
    }
}

/// The texts of a constant array (`project-by-names`, `bag_pack_columns`).
pub(in crate::bind) fn texts_of(value: &Value) -> Vec<String> {
    match dynamic::from_value(value) {
        Json::Array(items) => items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect(),
        Json::String(text) => vec![text],
        _ => vec![],
    }
}
