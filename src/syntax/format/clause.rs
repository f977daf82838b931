//! Pieces that several operators have: parameters, sort keys, properties, subqueries.

use super::expr::{NOWHERE, Placed};
use super::writer::Writer;
use crate::syntax::ast::{
    Expr, ExprKind, Name, Operator, OperatorParameter, ReorderOrder, SortKey, Statement, TypeName,
};

impl Writer<'_> {
    /// ` kind=inner hint.remote=left`, each with a blank before.
    pub fn operator_parameters(&mut self, parameters: &[OperatorParameter]) {
        for parameter in parameters {
            self.text(" ");
            self.property(parameter);
        }
    }

    /// `name=value`
    pub fn property(&mut self, property: &OperatorParameter) {
        self.name(&property.name);
        self.value(&property.value);
    }

    /// `=value`. A `~~~` string stands apart from the `=`, or both would be read as `=~`.
    pub fn value(&mut self, value: &Expr) {
        let tilde = matches!(&value.kind, ExprKind::Literal(literal) if literal.text.starts_with('~'));
        self.text(if tilde { "= " } else { "=" });
        self.expr(value);
    }

    /// ` with (a=1, b=2)`, or nothing.
    pub fn with_properties(&mut self, properties: &[OperatorParameter]) {
        if properties.is_empty() {
            return;
        }
        self.text(" with ");
        self.bracketed("(", ")", properties, NOWHERE, |w, property| w.property(property));
    }

    /// The same for `render`, where the values of one name stand in a row: `ycolumns=a, b`.
    pub fn render_properties(&mut self, properties: &[OperatorParameter]) {
        if properties.is_empty() {
            return;
        }
        self.text(" with (");
        let mut before: Option<&Name> = None;
        for property in properties {
            self.text(if before.is_some() { ", " } else { "" });
            if before.is_some_and(|name| name.text == property.name.text) {
                self.expr(&property.value);
            } else {
                self.property(property);
            }
            before = Some(&property.name);
        }
        self.text(")");
    }

    /// ` expr, expr`, or nothing.
    pub fn expressions(&mut self, items: &[Expr]) {
        if !items.is_empty() {
            self.text(" ");
            self.list(items, |w, item| w.expr(item));
        }
    }

    /// ` a*, b`, or nothing.
    pub fn names(&mut self, names: &[Name]) {
        if !names.is_empty() {
            self.text(" ");
            self.list(names, |w, name| w.name(name));
        }
    }

    /// A keyword and an expression after it, when there is one.
    pub fn optional(&mut self, keyword: &str, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.text(keyword);
            self.expr(expr);
        }
    }

    /// `expr asc nulls last`
    pub fn sort_key(&mut self, key: &SortKey) {
        self.expr(&key.expr);
        if let Some((ascending, _)) = key.ascending {
            self.text(if ascending { " asc" } else { " desc" });
        }
        if let Some((first, _)) = key.nulls_first {
            self.text(if first { " nulls first" } else { " nulls last" });
        }
    }

    /// `: type`, or nothing.
    pub fn column_type(&mut self, ty: Option<&TypeName>) {
        if let Some(ty) = ty {
            self.text(":");
            self.text(ty.ty.name());
        }
    }

    /// `(operators)` on lines of their own.
    pub fn subquery(&mut self, operators: &[Operator], end: u32) {
        self.text("(");
        self.indented(|w| {
            if let Some((first, others)) = operators.split_first() {
                w.line_at(first.span.start);
                w.operator(first);
                w.piped(others);
            }
        });
        self.line_at(end);
        self.text(")");
    }

    /// Statements on lines of their own, in brackets.
    pub fn statement_block(&mut self, open: &str, statements: &[Statement], close: &str, end: u32) {
        self.text(open);
        self.indented(|w| w.statements(statements));
        self.line_at(end);
        self.text(close);
    }
}

/// The word of a `project-reorder` order.
pub fn reorder_text(order: ReorderOrder) -> &'static str {
    match order {
        ReorderOrder::Ascending => " asc",
        ReorderOrder::Descending => " desc",
        ReorderOrder::GrannyAscending => " granny-asc",
        ReorderOrder::GrannyDescending => " granny-desc",
    }
}

impl Placed for Name {
    fn start(&self) -> u32 {
        self.span.start
    }
}

impl Placed for SortKey {
    fn start(&self) -> u32 {
        self.expr.span.start
    }
}

impl Placed for OperatorParameter {
    fn start(&self) -> u32 {
        self.name.span.start
    }
}
