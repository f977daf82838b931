//! `evaluate pivot`: values of a column become columns.
//!
//! It is a `summarize` by the pivoted column and those that stay, and a turn of its rows, which is the library's.

use crate::bind::Binder;
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::library::table::{Argument, PIVOT};
use crate::syntax::ast;
use crate::value::{Type, Value};
use std::collections::HashSet;

impl Binder<'_> {
    /// `evaluate pivot(column, aggregation, staying columns) : (schema)`
    pub(in crate::bind::operator) fn pivot(
        &mut self,
        rows: Option<Rows>,
        call: &ast::Call,
        schema: Option<&ast::EvaluateSchema>,
        span: Span,
    ) -> Rows {
        let Some(rows) = rows else {
            let message = "`evaluate pivot` needs a table before it";
            self.report(Diagnostic::error(Code::NotTabular, call.name.span, message));
            return Rows::unknown(span);
        };
        let Some((pivoted, rest)) = call.arguments.split_first() else {
            let message = "`pivot` needs its argument `pivotColumn`";
            self.report(Diagnostic::error(Code::WrongArgumentCount, call.arguments_span, message));
            return Rows::unknown(span);
        };
        let ast::ExprKind::Name(pivoted) = &pivoted.kind else {
            let message = "`pivot` takes a column as its `pivotColumn`";
            self.report(Diagnostic::error(Code::WrongType, pivoted.span, message));
            return Rows::unknown(span);
        };
        let (aggregate, staying) = match rest.split_first() {
            Some((first, staying)) if matches!(first.kind, ast::ExprKind::Call(_)) => (first.clone(), staying),
            _ => (counting(span), rest),
        };
        if let Some(other) = staying.iter().find(|s| !matches!(s.kind, ast::ExprKind::Name(_))) {
            let message = match other.kind {
                ast::ExprKind::Call(_) => "`pivot` takes its `aggregationFunction` before the columns that stay",
                _ => "`pivot` takes columns by their names, after one call as its `aggregationFunction`",
            };
            self.report(Diagnostic::error(Code::WrongType, other.span, message));
            return Rows::unknown(span);
        }
        if rows.open {
            return rows;
        }
        let aggregation = match &aggregate.kind {
            ast::ExprKind::Call(call) => call.name.text.clone(),
            _ => "count".into(),
        };
        let stays = if staying.is_empty() { others(&rows, pivoted, &aggregate) } else { staying.to_vec() };
        let pivot = ast::Expr { kind: ast::ExprKind::Name(pivoted.clone()), span: pivoted.span };
        let keys = stays.iter().cloned().chain([pivot]).collect();
        let summarize = ast::Summarize { parameters: vec![], aggregates: vec![aggregate], by: Some(span), keys };
        let grouped = self.summarize(rows, &summarize, span);
        if grouped.open || !grouped.poisoned.is_empty() {
            return Rows::unknown(span);
        }
        let column = |index: usize| {
            let name = grouped.schema().fields().get(index).map(|f| f.name.to_string()).unwrap_or_default();
            Argument::Column { table: 0, index, name }
        };
        let mut arguments =
            vec![("pivotColumn", column(stays.len())), ("aggregationFunction", column(stays.len() + 1))];
        if let Some(value) = empty_group(&aggregation, grouped.schema().fields().last().map(|f| f.ty)) {
            arguments.push(("empty", Argument::Constant(value)));
        }
        self.apply(&PIVOT, grouped, arguments, schema, span)
    }
}

/// What stands where a group has no row of a value: 0 where the aggregation counts or adds up.
fn empty_group(aggregation: &str, ty: Option<Type>) -> Option<Value> {
    if !matches!(aggregation, "count" | "countif" | "dcount" | "dcountif" | "sum" | "sumif") {
        return None;
    }
    Some(match ty? {
        Type::Int => Value::Int(0),
        Type::Long => Value::Long(0),
        Type::Real => Value::Real(0.0),
        Type::Timespan => Value::Timespan(0),
        _ => return None,
    })
}

/// `count()`
fn counting(span: Span) -> ast::Expr {
    let name = ast::Name { text: "count".into(), span, quoted: false };
    ast::Expr { kind: ast::ExprKind::Call(ast::Call { name, arguments: vec![], arguments_span: span }), span }
}

/// The columns that are neither pivoted nor aggregated.
fn others(rows: &Rows, pivoted: &ast::Name, aggregate: &ast::Expr) -> Vec<ast::Expr> {
    let mut used = HashSet::from([pivoted.text.clone()]);
    if let ast::ExprKind::Call(call) = &aggregate.kind {
        used.extend(call.arguments.iter().filter_map(|a| match &a.kind {
            ast::ExprKind::Name(name) => Some(name.text.clone()),
            _ => None,
        }));
    }
    let names = rows.schema().fields().iter().map(|f| f.name.clone()).filter(|name| !used.contains(name));
    let name = |text| ast::Name { text, span: pivoted.span, quoted: true };
    names.map(|text| ast::Expr { kind: ast::ExprKind::Name(name(text)), span: pivoted.span }).collect()
}
