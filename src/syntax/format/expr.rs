//! Expressions. Parentheses are nodes of the tree, so none is ever added.

use super::writer::Writer;
use crate::syntax::ast::{
    BinaryOp, Call, ColumnDeclaration, Expr, ExprKind, ListOp, LiteralKind, Name, Operator, Pipeline, Source, TextOp,
    TextRelation,
};

impl Writer<'_> {
    /// Any expression.
    pub fn expr(&mut self, expr: &Expr) {
        if self.gave_up() {
            return;
        }
        match &expr.kind {
            ExprKind::Literal(literal) => self.text(&literal.text),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Star => self.text("*"),
            ExprKind::Call(call) => self.call(call, expr),
            ExprKind::Member { base, member } => {
                self.expr(base);
                let number = matches!(&base.kind, ExprKind::Literal(literal) if literal.kind == LiteralKind::Number);
                self.text(if number { " " } else { "" });
                self.before_dot();
                self.text(".");
                self.expr(member);
            }
            ExprKind::Index { base, index } => {
                self.expr(base);
                self.text("[");
                self.expr(index);
                self.text("]");
            }
            ExprKind::Unary { negative, operand } => self.signed(*negative, operand),
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } => self.chain(expr, *op),
            ExprKind::Binary { op, left, right, .. } => {
                self.expr(left);
                self.text(binary_text(*op).as_ref());
                self.expr(right);
            }
            ExprKind::Between { negated, value, low, high, .. } => {
                self.expr(value);
                self.text(if *negated { " !between (" } else { " between (" });
                self.expr(low);
                self.text(" .. ");
                self.expr(high);
                self.text(")");
            }
            ExprKind::List { op, value, items, .. } => {
                self.expr(value);
                self.text(list_text(*op));
                self.list_in(expr, items);
            }
            ExprKind::Named { names, value } => {
                self.assigned(names);
                self.expr(value);
            }
            ExprKind::Parenthesized(inner) => self.parenthesized(inner, expr),
            ExprKind::Pipeline(pipeline) => self.pipeline(pipeline),
            ExprKind::Typeof(ty) => self.text(&format!("typeof({})", ty.ty)),
            ExprKind::Schema(columns) => self.columns(columns),
            ExprKind::EntityGroup(items) => {
                self.text("entity_group ");
                self.bracketed("[", "]", items, expr.span.end, |w, item| w.expr(item));
            }
            ExprKind::Missing => {}
        }
    }

    /// A sign. Before a number it stands apart, or it would become part of it.
    fn signed(&mut self, negative: bool, operand: &Expr) {
        let number = match &operand.kind {
            ExprKind::Literal(literal) => {
                matches!(literal.kind, LiteralKind::Number | LiteralKind::Real | LiteralKind::Timespan)
            }
            ExprKind::Index { .. } | ExprKind::Member { .. } => true,
            _ => false,
        };
        self.text(if negative { "-" } else { "+" });
        if number {
            self.text(" ");
        }
        self.expr(operand);
    }

    /// `a and b and c`, on a line each when one line is too short.
    fn chain(&mut self, expr: &Expr, op: BinaryOp) {
        let mut terms = Vec::new();
        flatten(expr, op, &mut terms);
        let word = if op == BinaryOp::And { "and " } else { "or " };
        let fits = self.fits(|w| {
            for (n, term) in terms.iter().enumerate() {
                w.text(if n > 0 { " " } else { "" });
                w.text(if n > 0 { word } else { "" });
                w.expr(term);
            }
        });
        self.indented(|w| {
            for (n, term) in terms.iter().enumerate() {
                match (n, fits) {
                    (0, _) => {}
                    (_, true) => w.text(" "),
                    (_, false) => w.line_at(term.span.start),
                }
                w.text(if n > 0 { word } else { "" });
                w.expr(term);
            }
        });
    }

    /// `a = ` or `(a, b) = `
    fn assigned(&mut self, names: &[Name]) {
        match names {
            [name] => self.name(name),
            names => {
                self.text("(");
                self.separated(names, Self::name);
                self.text(")");
            }
        }
        self.text(" = ");
    }

    fn call(&mut self, call: &Call, expr: &Expr) {
        self.name(&call.name);
        let tabular = crate::syntax::parse::TABULAR_FUNCTIONS.contains(&&*call.name.text) && !call.name.quoted;
        match call.arguments.as_slice() {
            [only] if subquery_in(only) && matches!(only.kind, ExprKind::Pipeline(_)) => {
                self.block("(", only, ")", expr.span.end)
            }
            [kind, table] if tabular => {
                if let ExprKind::Named { names, value } = &kind.kind {
                    self.text(" ");
                    names.iter().for_each(|name| self.name(name));
                    self.value(value);
                    self.text(" ");
                }
                self.block("(", table, ")", expr.span.end);
            }
            arguments => self.bracketed("(", ")", arguments, expr.span.end, |w, argument| w.expr(argument)),
        }
    }

    /// `(a, b)` after `in`; a subquery gets lines of its own.
    fn list_in(&mut self, expr: &Expr, items: &[Expr]) {
        match items {
            [only] if matches!(only.kind, ExprKind::Pipeline(_)) => self.block("(", only, ")", expr.span.end),
            items => self.bracketed("(", ")", items, expr.span.end, |w, item| w.expr(item)),
        }
    }

    fn parenthesized(&mut self, inner: &Expr, outer: &Expr) {
        if matches!(inner.kind, ExprKind::Pipeline(_)) {
            return self.block("(", inner, ")", outer.span.end);
        }
        self.text("(");
        self.expr(inner);
        self.text(")");
    }

    /// A bracket, a query on lines of its own, a bracket. `end` is where the last one stood.
    pub fn block(&mut self, open: &str, inner: &Expr, close: &str, end: u32) {
        self.text(open);
        if self.fits(|w| w.expr(inner)) {
            self.expr(inner);
        } else {
            self.indented(|w| {
                w.line_at(inner.span.start);
                w.expr(inner);
            });
            self.line_at(end);
        }
        self.text(close);
    }

    /// A source and its operators, a line each.
    fn pipeline(&mut self, pipeline: &Pipeline) {
        match &pipeline.source {
            Source::Expr(expr) => self.expr(expr),
            Source::Operator(operator) => self.operator(operator),
        }
        self.piped(&pipeline.operators);
    }

    /// `| operator`, a line each.
    pub fn piped(&mut self, operators: &[Operator]) {
        for operator in operators {
            self.line_at(operator.span.start);
            self.text("| ");
            self.operator(operator);
        }
    }

    /// Items with commas between, in brackets; a line each when one line is too short. `end` is where the last bracket
    /// stood: comments before it stay before it.
    pub fn bracketed<T: Placed>(
        &mut self,
        open: &str,
        close: &str,
        items: &[T],
        end: u32,
        write: impl Fn(&mut Writer<'_>, &T),
    ) {
        self.text(open);
        let flat = |w: &mut Writer<'_>| w.separated(items, &write);
        if items.is_empty() || self.fits(flat) {
            self.separated(items, &write);
        } else {
            self.indented(|w| w.lines(items, &write));
            self.line_at(end);
        }
        self.text(close);
    }

    /// Items with commas between, after a keyword; a line each when one line is too short.
    pub fn list<T: Placed>(&mut self, items: &[T], write: impl Fn(&mut Writer<'_>, &T)) {
        let flat = |w: &mut Writer<'_>| w.separated(items, &write);
        if items.len() < 2 || self.fits(flat) {
            self.separated(items, &write);
        } else {
            self.indented(|w| w.lines(items, &write));
        }
    }

    /// Items with commas between, in one line.
    pub fn separated<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        for (n, item) in items.iter().enumerate() {
            if self.gave_up() {
                return;
            }
            self.text(if n > 0 { ", " } else { "" });
            write(self, item);
        }
    }

    /// Items on a line each, commas at the ends.
    fn lines<T: Placed>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        for (n, item) in items.iter().enumerate() {
            self.text(if n > 0 { "," } else { "" });
            self.line_at(item.start());
            write(self, item);
        }
    }

    /// `(a:long, b:string)`
    pub fn columns(&mut self, columns: &[ColumnDeclaration]) {
        self.bracketed("(", ")", columns, NOWHERE, |w, column| {
            w.name(&column.name);
            w.text(":");
            w.text(column.ty.ty.name());
        });
    }
}

/// The place of a closing bracket that the tree does not know: no comment is put before it.
pub const NOWHERE: u32 = 0;

/// Something with a place in the source, which decides what comments come before it.
pub trait Placed {
    /// First byte.
    fn start(&self) -> u32;
}

impl Placed for Expr {
    fn start(&self) -> u32 {
        self.span.start
    }
}

impl Placed for ColumnDeclaration {
    fn start(&self) -> u32 {
        self.name.span.start
    }
}

impl Placed for crate::syntax::ast::Parameter {
    fn start(&self) -> u32 {
        self.name.span.start
    }
}

/// True for a pipeline with operators: it gets lines of its own.
pub fn subquery_in(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Pipeline(pipeline) => !pipeline.operators.is_empty(),
        _ => false,
    }
}

/// The terms of a chain of one operator, whatever the tree's shape.
fn flatten<'e>(expr: &'e Expr, op: BinaryOp, terms: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Binary { op: same, left, right, .. } if *same == op => {
            flatten(left, op, terms);
            flatten(right, op, terms);
        }
        _ => terms.push(expr),
    }
}

/// An operator with the blanks around it.
fn binary_text(op: BinaryOp) -> std::borrow::Cow<'static, str> {
    let text = match op {
        BinaryOp::Or => " or ",
        BinaryOp::And => " and ",
        BinaryOp::Equal => " == ",
        BinaryOp::NotEqual => " != ",
        BinaryOp::EqualTilde => " =~ ",
        BinaryOp::NotEqualTilde => " !~ ",
        BinaryOp::Less => " < ",
        BinaryOp::LessOrEqual => " <= ",
        BinaryOp::Greater => " > ",
        BinaryOp::GreaterOrEqual => " >= ",
        BinaryOp::Add => " + ",
        BinaryOp::Subtract => " - ",
        BinaryOp::Multiply => " * ",
        BinaryOp::Divide => " / ",
        BinaryOp::Modulo => " % ",
        BinaryOp::MatchesRegex => " matches regex ",
        BinaryOp::SearchTerm => ":",
        BinaryOp::Text(op) => return format!(" {} ", text_operator(op)).into(),
    };
    text.into()
}

fn text_operator(op: TextOp) -> String {
    let word = match op.relation {
        TextRelation::Has => "has",
        TextRelation::HasPrefix => "hasprefix",
        TextRelation::HasSuffix => "hassuffix",
        TextRelation::Contains => "contains",
        TextRelation::StartsWith => "startswith",
        TextRelation::EndsWith => "endswith",
        TextRelation::Like => "like",
    };
    let like = op.relation == TextRelation::Like;
    let negation = match (op.negated, like) {
        (false, _) => "",
        (true, false) => "!",
        (true, true) => "not",
    };
    let case = match (op.case_sensitive, like) {
        (false, _) => "",
        (true, false) => "_cs",
        (true, true) => "cs",
    };
    format!("{negation}{word}{case}")
}

fn list_text(op: ListOp) -> &'static str {
    match op {
        ListOp::In { case_sensitive: true, negated: false } => " in ",
        ListOp::In { case_sensitive: true, negated: true } => " !in ",
        ListOp::In { case_sensitive: false, negated: false } => " in~ ",
        ListOp::In { case_sensitive: false, negated: true } => " !in~ ",
        ListOp::HasAny => " has_any ",
        ListOp::HasAll => " has_all ",
    }
}
