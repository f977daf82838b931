//! Statements: what a query declares, and what it asks for.

use super::call::no_meaning;
use super::function::LetFunction;
use super::scope::{Binding, Rows};
use super::table::Item;
use super::{Binder, coerce};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{Expr, Plan};
use crate::syntax::ast;
use crate::value::{Type, Value};
use std::rc::Rc;

impl Binder<'_> {
    /// All statements; a plan for each tabular one.
    pub(super) fn query(&mut self, query: &ast::Query) -> Vec<Plan> {
        let mut plans = vec![];
        let mut asked = false;
        for (at, statement) in query.statements.iter().enumerate() {
            match statement {
                ast::Statement::Expression(expr) => {
                    asked = true;
                    let mut rows = self.results(expr);
                    let more = std::mem::take(&mut rows.more);
                    let rows = self.tabular(rows, expr.span);
                    // tables of a graph get their names in the middle of a query, and are asked for by them later
                    let names_only = !more.is_empty() && names_graph_tables(expr);
                    if !names_only || !query.statements.iter().skip(at + 1).any(is_result) {
                        for rows in std::iter::once(rows).chain(more) {
                            plans.push(plan_of(self.as_far_as_set(rows)));
                        }
                    }
                }
                other => declare(self, other),
            }
        }
        if !asked {
            let diagnostic =
                Diagnostic::error(Code::NoResult, query.span, "the query declares names but asks for nothing");
            self.report(diagnostic.with_help("end it with a table, for example the last name declared"));
        }
        plans
    }

    fn let_statement(&mut self, statement: &ast::Let) {
        let binding = match &statement.value {
            ast::LetValue::Function(literal) => Binding::Function(Rc::new(LetFunction {
                name: statement.name.text.clone(),
                literal: (**literal).clone(),
                names: self.names.clone(),
                mentioned: None,
                sight: self.sight.clone(),
            })),
            ast::LetValue::Expression(ast::Expr { kind: ast::ExprKind::EntityGroup(places), .. }) => {
                Binding::Places(places.as_slice().into())
            }
            ast::LetValue::Expression(expr) => match self.item(expr) {
                Some(Item::Scalar(expr)) => {
                    let row = if expr.is_rowless() { None } else { self.rows.last().map(|r| r.id) };
                    Binding::Scalar { expr, row }
                }
                Some(Item::Table(rows)) if rows.graph.is_some() => Binding::Table(Rc::new(rows)),
                Some(Item::Table(rows)) => {
                    let rows = self.tabular(rows, expr.span);
                    Binding::Table(Rc::new(declared_table(rows, expr)))
                }
                None => Binding::Unknown,
            },
        };
        self.names = self.names.with(statement.name.text.clone(), binding);
    }

    fn query_parameter(&mut self, parameter: &ast::Parameter) {
        let binding = self.parameter_value(parameter).unwrap_or(Binding::Unknown);
        self.names = self.names.with(parameter.name.text.clone(), binding);
    }

    /// The value given from outside, or the default.
    fn parameter_value(&mut self, parameter: &ast::Parameter) -> Option<Binding> {
        let span = parameter.name.span;
        let ast::ParameterType::Scalar(ty) = &parameter.ty else {
            return self.refuse(Code::NotScalar, span, "a query parameter is a single value");
        };
        let expr = match (self.env.parameters.get(&*parameter.name.text), &parameter.default) {
            (Some(text), _) => self.ok(given_value(text, ty.ty, span))?,
            (None, Some(default)) => {
                let bound = self.constant(default, "a default")?;
                self.ok(coerce::assign(bound, ty.ty, &format!("the parameter `{}`", parameter.name.text)))?
            }
            (None, None) => {
                let message = format!("the query parameter `{}` has no value", parameter.name.text);
                let diagnostic = Diagnostic::error(Code::WrongValue, span, message);
                self.report(diagnostic.with_help(format!("give it with `--param {}=...`", parameter.name.text)));
                return None;
            }
        };
        Some(Binding::Scalar { expr, row: None })
    }
}

/// A parameter's text as its type.
fn given_value(text: &str, ty: Type, span: Span) -> Result<Expr, Diagnostic> {
    let written = Expr::literal(Value::String(text.to_owned()), Type::String, span);
    if ty == Type::String {
        return Ok(written);
    }
    let value = match ty {
        Type::Dynamic => Expr::literal(Value::Dynamic(crate::value::dynamic::parse(text)), ty, span),
        ty => coerce::convert(written, ty)?,
    };
    match value.as_literal() {
        Some(v) if !v.is_null() => Ok(value),
        _ => Err(Diagnostic::error(Code::WrongValue, span, format!("`{text}` is no `{ty}`"))),
    }
}

/// A table behind a name: `union withsource=` does not call it by that name, unless it is another table's.
fn declared_table(rows: Rows, expr: &ast::Expr) -> Rows {
    match expr.kind {
        ast::ExprKind::Name(_) => rows,
        _ => Rows { source: None, ..rows },
    }
}

/// Declares what a statement declares, and refuses the others by name.
pub(super) fn declare(binder: &mut Binder<'_>, statement: &ast::Statement) {
    match statement {
        ast::Statement::Let(statement) => binder.let_statement(statement),
        ast::Statement::Set { name, value, .. } => binder.set_option(name, value.as_ref()),
        ast::Statement::DeclareQueryParameters { parameters, .. } => {
            parameters.iter().for_each(|p| binder.query_parameter(p));
        }
        ast::Statement::DeclarePattern { keyword, .. } => {
            binder.report(no_meaning("declare pattern", *keyword));
        }
        ast::Statement::AliasDatabase { keyword, .. } => {
            binder.report(no_meaning("alias database", *keyword));
        }
        ast::Statement::RestrictAccess { items, .. } => binder.restrict(items),
        ast::Statement::Expression(expr) => {
            let message = "a result in the middle of a function";
            binder.report(Diagnostic::error(Code::UnexpectedToken, expr.span, message));
        }
    }
}

/// True for `... | graph-to-table nodes as N, edges as E`.
fn names_graph_tables(expr: &ast::Expr) -> bool {
    let ast::ExprKind::Pipeline(pipeline) = &expr.kind else { return false };
    matches!(pipeline.operators.last().map(|o| &o.kind), Some(ast::OperatorKind::Graph(_)))
}

const fn is_result(statement: &ast::Statement) -> bool {
    matches!(statement, ast::Statement::Expression(_))
}

fn plan_of(rows: Rows) -> Plan {
    Plan { ordered: rows.ordered, visualization: rows.visualization, root: rows.relation }
}
