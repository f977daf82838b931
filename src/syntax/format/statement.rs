//! Statements, functions, parameters.

use super::expr::{NOWHERE, subquery_in};
use super::writer::Writer;
use crate::diagnostic::Span;
use crate::syntax::ast::{ExprKind, FunctionLiteral, Let, LetValue, Name, Parameter, ParameterType, Statement};

impl Writer<'_> {
    /// Statements, a line or more each.
    pub fn statements(&mut self, statements: &[Statement]) {
        for (n, statement) in statements.iter().enumerate() {
            if n > 0 {
                self.text(";");
            }
            self.line_at(place(statement).start);
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Let(declared) => self.let_statement(declared),
            Statement::Set { name, value, .. } => {
                self.text("set ");
                self.name(name);
                if let Some(value) = value {
                    self.text(" = ");
                    self.expr(value);
                }
            }
            Statement::DeclareQueryParameters { parameters, .. } => {
                self.text("declare query_parameters ");
                self.parameters(parameters);
            }
            Statement::DeclarePattern { name, text, .. } => {
                self.text("declare pattern ");
                self.name(name);
                self.text(" ");
                self.text(text);
            }
            Statement::AliasDatabase { name, value, .. } => {
                self.text("alias database ");
                self.name(name);
                self.text(" = ");
                self.expr(value);
            }
            Statement::RestrictAccess { items, .. } => {
                self.text("restrict access to ");
                self.bracketed("(", ")", items, NOWHERE, |w, item| w.expr(item));
            }
            Statement::Expression(expr) => self.expr(expr),
        }
    }

    fn let_statement(&mut self, declared: &Let) {
        self.text("let ");
        self.name(&declared.name);
        self.text(" =");
        match &declared.value {
            LetValue::Function(function) => {
                self.text(" ");
                self.function(function);
            }
            LetValue::Expression(value) if subquery_in(value) && matches!(value.kind, ExprKind::Pipeline(_)) => {
                self.indented(|w| {
                    w.line_at(value.span.start);
                    w.expr(value);
                });
            }
            LetValue::Expression(value) => {
                self.text(" ");
                self.expr(value);
            }
        }
    }

    /// `view (a: long) { ... }`
    fn function(&mut self, function: &FunctionLiteral) {
        if function.view.is_some() {
            self.text("view ");
        }
        self.parameters(&function.parameters);
        self.text(" {");
        self.indented(|w| {
            w.statements(&function.statements);
            if let Some(body) = &function.body {
                if !function.statements.is_empty() {
                    w.text(";");
                }
                w.line_at(body.span.start);
                w.expr(body);
            } else if !function.statements.is_empty() {
                w.text(";");
            }
        });
        self.line_at(function.span.end);
        self.text("}");
    }

    /// `(a:long = 1, T:(*))`
    pub fn parameters(&mut self, parameters: &[Parameter]) {
        self.bracketed("(", ")", parameters, NOWHERE, |w, parameter| w.parameter(parameter));
    }

    fn parameter(&mut self, parameter: &Parameter) {
        self.name(&parameter.name);
        self.text(":");
        match &parameter.ty {
            ParameterType::Scalar(ty) => self.text(ty.ty.name()),
            ParameterType::Tabular { open: true, .. } => self.text("(*)"),
            ParameterType::Tabular { columns, .. } => self.columns(columns),
        }
        if let Some(default) = &parameter.default {
            self.text(" = ");
            self.expr(default);
        }
    }

    /// A name, in brackets and quotes when it was.
    pub fn name(&mut self, name: &Name) {
        if name.quoted {
            self.text(&format!("['{}']", escaped(&name.text)));
        } else {
            self.text(&name.text);
        }
    }
}

/// Where a statement starts.
fn place(statement: &Statement) -> Span {
    match statement {
        Statement::Let(declared) => declared.keyword,
        Statement::Set { keyword, .. }
        | Statement::DeclareQueryParameters { keyword, .. }
        | Statement::DeclarePattern { keyword, .. }
        | Statement::AliasDatabase { keyword, .. }
        | Statement::RestrictAccess { keyword, .. } => *keyword,
        Statement::Expression(expr) => expr.span,
    }
}

/// A text as the inside of a string in single quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
