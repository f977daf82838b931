//! Scalar expressions.
//!
//! In: an expression as written, with the rows and names in sight. Out: a typed plan expression, or nothing when a part of
//! it failed (which is reported where it failed).

use crate::bind::Binder;
use crate::bind::coerce::{convert, function, resolve};
use crate::bind::scope::{Binding, Found};
use crate::bind::table::Item;
use crate::catalog::device;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::library::Function;
use crate::plan::{Expr, ExprKind, PathStep};
use crate::syntax::ast;
use crate::value::{Json, Type, Value};

impl Binder<'_> {
    /// A scalar expression; nothing when it failed.
    pub(in crate::bind) fn scalar(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Literal(literal) if is_least_long(literal) => {
                let diagnostic =
                    Diagnostic::error(Code::BadLiteral, span, "the number is out of range without its sign");
                self.report(diagnostic.with_help("Kusto reads it with its sign in `long(-9223372036854775808)`"));
                None
            }
            ast::ExprKind::Literal(literal) => Some(literal_expr(literal, span)),
            ast::ExprKind::Name(name) => self.name(name),
            ast::ExprKind::Parenthesized(inner) => self.scalar(inner),
            ast::ExprKind::Binary { .. } => self.binary(expr),
            ast::ExprKind::Unary { negative, operand } => self.unary(*negative, operand, span),
            ast::ExprKind::Between { negated, op_span, value, low, high } => {
                self.between(*negated, *op_span, [value, low, high], span)
            }
            ast::ExprKind::List { op, op_span, value, items } => self.list(*op, *op_span, value, items, span),
            ast::ExprKind::Call(call) => match self.call(call, span)? {
                Item::Scalar(value) => Some(value),
                Item::Table(_) => {
                    self.not_scalar(span);
                    None
                }
            },
            ast::ExprKind::Member { base, member } => self.member(base, member, span),
            ast::ExprKind::Index { base, index } => self.index(base, index, span),
            ast::ExprKind::Typeof(name) => {
                Some(Expr::literal(Value::String(name.ty.name().to_owned()), Type::String, span))
            }
            ast::ExprKind::Missing => None,
            ast::ExprKind::Pipeline(_) => {
                // bound for its own faults' sake
                self.table(expr);
                self.not_scalar(span);
                None
            }
            ast::ExprKind::Star => self.refuse(Code::NotScalar, span, "`*` cannot stand here"),
            ast::ExprKind::Named { value, .. } => {
                self.scalar(value)?;
                self.refuse(Code::NotScalar, span, "a name cannot be given here")
            }
            ast::ExprKind::EntityGroup(_) => self.refuse(Code::NotBuiltYet, span, "`entity_group` is not built yet"),
            ast::ExprKind::Schema(_) => self.refuse(Code::NotScalar, span, "a schema cannot stand here"),
        }
    }

    /// A scalar expression that is known without any row.
    pub(in crate::bind) fn constant(&mut self, expr: &ast::Expr, what: &str) -> Option<Expr> {
        let bound = self.without_row(|b| b.scalar(expr))?;
        if bound.is_rowless() {
            return Some(bound);
        }
        self.refuse(Code::NotConstant, expr.span, format!("{what} must be a constant"))
    }

    /// A constant whose value is known now.
    pub(in crate::bind) fn literal(&mut self, expr: &ast::Expr, what: &str) -> Option<Expr> {
        let bound = self.constant(expr, what)?;
        if bound.as_literal().is_some() {
            return Some(bound);
        }
        self.refuse(Code::NotConstant, expr.span, format!("{what} must be a constant"))
    }

    /// A predicate: nothing but a `bool` will do.
    pub(in crate::bind) fn predicate(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let bound = self.scalar(expr)?;
        if bound.ty == Type::Bool {
            return Some(bound);
        }
        let message = format!("a condition is a `bool`, not `{}`", bound.ty);
        let help = if bound.ty == Type::Dynamic { "convert it with `tobool()`" } else { "compare it with something" };
        self.report(Diagnostic::error(Code::WrongType, expr.span, message).with_help(help));
        None
    }

    /// Reports an error; the result is nothing.
    pub(in crate::bind) fn refuse<T>(&mut self, code: Code, span: Span, message: impl Into<String>) -> Option<T> {
        self.report(Diagnostic::error(code, span, message));
        None
    }

    fn not_scalar(&mut self, span: Span) {
        let diagnostic = Diagnostic::error(Code::NotScalar, span, "a table stands where a single value is needed");
        self.report(diagnostic.with_help("`toscalar(...)` takes the first cell of a table"));
    }

    /// A name: a column first, then what is declared.
    fn name(&mut self, name: &ast::Name) -> Option<Expr> {
        if let Some(variable) = self.part_whole(name) {
            return Some(variable);
        }
        match self.column(&name.text, name.span) {
            Found::Column(column) => {
                if let ExprKind::Column(today) = &column.kind
                    && **today != *name.text
                    && device::is_old_column(&name.text)
                {
                    self.old_name(&name.text, today, name.span);
                }
                return self.outside_aggregation(column);
            }
            Found::Silent => return None,
            Found::Nothing => {}
        }
        match self.names.find(&name.text).cloned() {
            Some(Binding::Scalar { expr, row }) => self.declared(name, expr, row),
            Some(Binding::Unknown) => None,
            Some(Binding::Table(_)) => {
                self.not_scalar(name.span);
                None
            }
            Some(Binding::Function(_)) => self.called_by_name(name),
            Some(Binding::Place(_) | Binding::Places(_)) => {
                let message = format!("`{}` stands for a place, not for a value", name.text);
                self.refuse(Code::NotScalar, name.span, message)
            }
            None if self.kept_function(name).is_some() => self.called_by_name(name),
            None => {
                self.unknown_name(name);
                None
            }
        }
    }

    /// A function without parentheses.
    fn called_by_name(&mut self, name: &ast::Name) -> Option<Expr> {
        let call = ast::Call { name: name.clone(), arguments: vec![], arguments_span: name.span.after() };
        match self.call(&call, name.span)? {
            Item::Scalar(value) => Some(value),
            Item::Table(_) => {
                self.not_scalar(name.span);
                None
            }
        }
    }

    /// The value of a declared name. One that reads columns is good only for the row it was made for.
    fn declared(&mut self, name: &ast::Name, expr: Expr, row: Option<u32>) -> Option<Expr> {
        let here = self.rows.last().map(|r| r.id);
        if row.is_none() || row == here {
            return Some(Expr { span: name.span, ..expr });
        }
        let message = format!("`{}` stands for a column here, which a table inside cannot read", name.text);
        self.refuse(Code::NotConstant, name.span, message)
    }

    /// A column of the rows in sight.
    pub(in crate::bind) fn column(&self, name: &str, span: Span) -> Found {
        let Some(scope) = self.rows.last().filter(|r| r.visible) else { return Found::Nothing };
        for side in &scope.sides {
            match side.column(name, span) {
                Found::Nothing => {}
                found => return found,
            }
        }
        let aliases = scope.sides.iter().map(|side| side.alias(self.env, name, span));
        aliases.into_iter().find(|found| matches!(found, Found::Column(_))).unwrap_or(Found::Nothing)
    }

    fn unknown_name(&mut self, name: &ast::Name) {
        let scope = self.rows.last().filter(|r| r.visible && !r.sides.is_empty());
        let declared: Vec<&str> = self.names.iter().map(|(n, _)| &**n).collect();
        let (code, message, near) = match scope {
            Some(scope) => {
                let columns = scope.sides.iter().flat_map(|s| s.schema.names());
                let near = nearest(&name.text, columns.chain(declared)).map(str::to_owned);
                let gone = device::gone_column(&name.text)
                    .filter(|today| scope.sides.iter().any(|s| s.schema.field(today).is_some()));
                if let Some(today) = gone {
                    let diagnostic = Diagnostic::error(
                        Code::UnknownColumn,
                        name.span,
                        format!("the column `{}` is gone", name.text),
                    );
                    self.report(diagnostic.with_help(format!("today it is `{today}`, with other values")));
                    return;
                }
                (Code::UnknownColumn, format!("no column `{}` here", name.text), near)
            }
            None => {
                let tables = self.env.catalog.names();
                let candidates = declared.into_iter().chain(tables.iter().map(|t| &**t));
                let near = nearest(&name.text, candidates).map(str::to_owned);
                (Code::UnknownName, format!("nothing is named `{}` here", name.text), near)
            }
        };
        self.report(Diagnostic::error(code, name.span, message).with_suggestion(near.as_deref()));
    }

    /// In `summarize`, a column beside aggregations must be a group key.
    fn outside_aggregation(&mut self, column: Expr) -> Option<Expr> {
        let Some(aggregation) = self.rows.last().and_then(|r| r.aggregation.as_ref()) else { return Some(column) };
        if let Some((name, key)) = aggregation.keys.iter().find(|(_, key)| *key == column) {
            return Some(Expr::column(name.clone(), key.ty, column.span));
        }
        let diagnostic =
            Diagnostic::error(Code::NotAggregate, column.span, "a column outside of an aggregation function");
        self.report(diagnostic.with_help("aggregate it, for example with `take_any()`, or group by it"));
        None
    }

    fn unary(&mut self, negative: bool, operand: &ast::Expr, span: Span) -> Option<Expr> {
        let operand = self.scalar(operand)?;
        if !negative {
            return Some(operand);
        }
        let operand = if operand.ty == Type::Dynamic { self.ok(convert(operand, Type::Real))? } else { operand };
        self.operator("negate", "-", vec![operand], span)
    }

    /// A call of an operator of the library.
    pub(in crate::bind) fn operator(
        &mut self,
        name: &str,
        shown: &str,
        arguments: Vec<Expr>,
        span: Span,
    ) -> Option<Expr> {
        let found =
            function(name, span).map_err(|d| Diagnostic { message: format!("`{shown}` is not built yet"), ..d });
        let found = self.ok(found)?;
        self.library_call(shown, found, arguments, span)
    }

    /// A call of a library function whose arguments are bound.
    pub(in crate::bind) fn library_call(
        &mut self,
        shown: &str,
        function: &'static Function,
        arguments: Vec<Expr>,
        span: Span,
    ) -> Option<Expr> {
        let resolved = self.ok(resolve(shown, function.signatures, arguments, span))?;
        if let Some(check) = function.check {
            let constants: Vec<Option<Value>> = resolved.arguments.iter().map(|a| a.as_literal().cloned()).collect();
            if let Err(message) = check(&constants) {
                return self.refuse(Code::WrongValue, span, message);
            }
        }
        Some(Expr::call(function, resolved.arguments, resolved.ty, span))
    }

    /// `base.member`
    fn member(&mut self, base: &ast::Expr, member: &ast::Expr, span: Span) -> Option<Expr> {
        if let Some(side) = join_side(base) {
            return self.side_column(side, member);
        }
        if let Some(part) = self.part_named(base) {
            return self.part_member(&part, member, span);
        }
        if self.is_table_path(base) {
            self.table_path(base, member, span);
            self.not_scalar(span);
            return None;
        }
        let bound = self.scalar(base)?;
        match &member.kind {
            ast::ExprKind::Name(name) => {
                let bound = self.dynamic_base(bound, span)?;
                Some(Expr::path(bound, PathStep::Key(name.text.to_string()), span))
            }
            ast::ExprKind::Missing => None,
            _ => self.refuse(Code::UnexpectedToken, member.span, "a member's name is needed after the dot"),
        }
    }

    /// `$left.a` in the condition of a join.
    fn side_column(&mut self, side: usize, member: &ast::Expr) -> Option<Expr> {
        let ast::ExprKind::Name(name) = &member.kind else { return None };
        let scope = self.rows.last()?;
        let Some(found) = scope.sides.get(side).filter(|_| scope.sides.len() == 2) else {
            return self.refuse(Code::UnknownName, member.span, "`$left` and `$right` belong into the `on` of a join");
        };
        match found.column(&name.text, member.span) {
            Found::Column(column) => Some(column),
            Found::Silent => None,
            Found::Nothing => {
                let near = nearest(&name.text, found.schema.names()).map(str::to_owned);
                let which = if side == 0 { "left" } else { "right" };
                let message = format!("no column `{}` on the {which} side", name.text);
                let diagnostic = Diagnostic::error(Code::UnknownColumn, member.span, message);
                self.report(diagnostic.with_suggestion(near.as_deref()));
                None
            }
        }
    }

    /// `base[index]`
    fn index(&mut self, base: &ast::Expr, index: &ast::Expr, span: Span) -> Option<Expr> {
        let base = self.scalar(base);
        let index = self.scalar(index);
        let (base, index) = (self.dynamic_base(base?, span)?, index?);
        let step = match (index.as_literal(), index.ty) {
            (Some(Value::String(key)), _) => PathStep::Key(key.clone()),
            (Some(Value::Dynamic(Json::String(key))), _) => PathStep::Key(key.clone()),
            (Some(n), Type::Int | Type::Long) => PathStep::Index(n.as_i64().unwrap_or(i64::MAX)),
            (_, Type::String | Type::Int | Type::Long) => PathStep::Computed(Box::new(index)),
            (_, Type::Dynamic) => PathStep::Computed(Box::new(self.ok(convert(index, Type::String))?)),
            (_, ty) => {
                let message = format!("an index is a text or a whole number, not `{ty}`");
                return self.refuse(Code::WrongType, index.span, message);
            }
        };
        Some(Expr::path(base, step, span))
    }

    fn dynamic_base(&mut self, base: Expr, span: Span) -> Option<Expr> {
        if base.ty == Type::Dynamic {
            return Some(base);
        }
        let message = format!("a `{}` has no members", base.ty);
        let diagnostic = Diagnostic::error(Code::AccessOnScalar, span, message);
        let help = (base.ty == Type::String).then_some("read it with `parse_json()` first");
        self.report(match help {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        });
        None
    }
}

/// `$left` or `$right`.
fn join_side(base: &ast::Expr) -> Option<usize> {
    match &base.kind {
        ast::ExprKind::Name(name) if &*name.text == "$left" => Some(0),
        ast::ExprKind::Name(name) if &*name.text == "$right" => Some(1),
        _ => None,
    }
}

/// `-9223372036854775808`: the engine negates a number that no `long` holds. In a `datatable` it reads the sign too.
fn is_least_long(literal: &ast::Literal) -> bool {
    literal.kind == ast::LiteralKind::Number && literal.value == Value::Long(i64::MIN)
}

/// A literal as a plan expression.
pub(in crate::bind) fn literal_expr(literal: &ast::Literal, span: Span) -> Expr {
    use ast::LiteralKind as K;
    let ty = match literal.kind {
        K::String => Type::String,
        K::Number => literal.value.type_of().unwrap_or(Type::Long),
        K::Real => Type::Real,
        K::Timespan => Type::Timespan,
        K::Bool => Type::Bool,
        K::Null => Type::Dynamic,
        K::Typed(ty) => ty,
    };
    let value = match &literal.value {
        Value::Null | Value::Dynamic(Json::Null) => Value::missing(ty),
        value => value.clone(),
    };
    Expr::literal(value, ty, span)
}
