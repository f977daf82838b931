//! Scalar expressions.
//!
//! In: an expression as written, with the rows and names in sight. Out: a typed plan expression, or nothing when a part of
//! it failed (which is reported where it failed).

use super::coerce::{comparable, convert, function, resolve};
use super::scope::{Binding, Found};
use super::table::Item;
use super::{Binder, coerce};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::library::Function;
use crate::plan::{Expr, PathStep};
use crate::syntax::ast::{self, BinaryOp, TextOp, TextRelation};
use crate::value::{Json, Type, Value};

impl Binder<'_> {
    /// A scalar expression; nothing when it failed.
    pub(super) fn scalar(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let span = expr.span;
        match &expr.kind {
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
    pub(super) fn constant(&mut self, expr: &ast::Expr, what: &str) -> Option<Expr> {
        let bound = self.without_row(|b| b.scalar(expr))?;
        if bound.is_rowless() {
            return Some(bound);
        }
        self.refuse(Code::NotConstant, expr.span, format!("{what} must be a constant"))
    }

    /// A constant whose value is known now.
    pub(super) fn literal(&mut self, expr: &ast::Expr, what: &str) -> Option<Expr> {
        let bound = self.constant(expr, what)?;
        if bound.as_literal().is_some() {
            return Some(bound);
        }
        self.refuse(Code::NotConstant, expr.span, format!("{what} must be a constant"))
    }

    /// A predicate: nothing but a `bool` will do.
    pub(super) fn predicate(&mut self, expr: &ast::Expr) -> Option<Expr> {
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
    pub(super) fn refuse<T>(&mut self, code: Code, span: Span, message: impl Into<String>) -> Option<T> {
        self.report(Diagnostic::error(code, span, message));
        None
    }

    fn not_scalar(&mut self, span: Span) {
        let diagnostic = Diagnostic::error(Code::NotScalar, span, "a table stands where a single value is needed");
        self.report(diagnostic.with_help("`toscalar(...)` takes the first cell of a table"));
    }

    /// A name: a column first, then what is declared.
    fn name(&mut self, name: &ast::Name) -> Option<Expr> {
        match self.column(&name.text, name.span) {
            Found::Column(column) => return self.outside_aggregation(column),
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
            Some(Binding::Function(_)) => {
                let call = ast::Call { name: name.clone(), arguments: vec![], arguments_span: name.span.after() };
                match self.call(&call, name.span)? {
                    Item::Scalar(value) => Some(value),
                    Item::Table(_) => {
                        self.not_scalar(name.span);
                        None
                    }
                }
            }
            None => {
                self.unknown_name(name);
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
    pub(super) fn column(&self, name: &str, span: Span) -> Found {
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
    pub(super) fn operator(&mut self, name: &str, shown: &str, arguments: Vec<Expr>, span: Span) -> Option<Expr> {
        let found =
            function(name, span).map_err(|d| Diagnostic { message: format!("`{shown}` is not built yet"), ..d });
        let found = self.ok(found)?;
        self.library_call(shown, found, arguments, span)
    }

    /// A call of a library function whose arguments are bound.
    pub(super) fn library_call(
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

    /// Operators between two scalars. Long chains lean to the left: the loop keeps the stack flat.
    fn binary(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let mut spine = vec![];
        let mut leftmost = expr;
        while let ast::ExprKind::Binary { op, op_span, left, right } = &leftmost.kind {
            spine.push((*op, *op_span, &**right, leftmost.span));
            leftmost = left;
        }
        if matches!(leftmost.kind, ast::ExprKind::Star) {
            return self.starred(&mut spine);
        }
        let mut bound = self.scalar(leftmost);
        while let Some((op, op_span, right, span)) = spine.pop() {
            let right = self.scalar(right);
            bound = match (bound, right) {
                (Some(left), Some(right)) => self.binary_of(op, op_span, left, right, span),
                _ => None,
            };
        }
        bound
    }

    /// Joins predicates by `and` or `or`, as a balanced tree: nothing that walks the plan should need a deep stack.
    pub(super) fn balanced(&mut self, op: &str, mut terms: Vec<Expr>, op_span: Span, span: Span) -> Option<Expr> {
        while terms.len() > 1 {
            let mut halved = Vec::with_capacity(terms.len().div_ceil(2));
            let mut rest = terms.into_iter();
            while let Some(left) = rest.next() {
                halved.push(match rest.next() {
                    Some(right) => {
                        let joined = self.operator(op, op, vec![left, right], op_span)?;
                        Expr { span, ..joined }
                    }
                    None => left,
                });
            }
            terms = halved;
        }
        terms.pop()
    }

    /// An operator between bound operands.
    pub(super) fn related(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Option<Expr> {
        self.binary_of(op, span, left, right, span)
    }

    fn binary_of(&mut self, op: BinaryOp, op_span: Span, left: Expr, right: Expr, span: Span) -> Option<Expr> {
        let name = spelling(op);
        match op {
            BinaryOp::And | BinaryOp::Or => self.operator(name, name, vec![left, right], span),
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual => {
                let (left, right) = self.ok(comparable(left, right, span))?;
                self.operator(name, name, vec![left, right], span)
            }
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
                self.arithmetic(op, left, right, span)
            }
            BinaryOp::EqualTilde | BinaryOp::NotEqualTilde | BinaryOp::MatchesRegex | BinaryOp::Text(_) => {
                if matches!(op, BinaryOp::Text(TextOp { relation: TextRelation::Like, .. })) {
                    return self.refuse(Code::NotBuiltYet, op_span, "the operator `like` is not built yet");
                }
                let left = self.text(left, name)?;
                let right = self.text(right, name)?;
                self.operator(name, name, vec![left, right], span)
            }
            BinaryOp::SearchTerm => {
                let has = spelling(BinaryOp::Text(HAS));
                let left = self.text(left, ":")?;
                let right = self.text(right, ":")?;
                self.operator(has, ":", vec![left, right], span)
            }
        }
    }

    /// An operand of a string operator: a text, or the text of a dynamic.
    pub(super) fn text(&mut self, operand: Expr, op: &str) -> Option<Expr> {
        match operand.ty {
            Type::String => Some(operand),
            Type::Dynamic => self.ok(convert(operand, Type::String)),
            ty => {
                let message = format!("`{op}` works on texts, not on `{ty}`");
                let diagnostic = Diagnostic::error(Code::WrongType, operand.span, message);
                self.report(diagnostic.with_help("convert it with `tostring()`"));
                None
            }
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Option<Expr> {
        let name = spelling(op);
        if op == BinaryOp::Add && (left.ty == Type::String || right.ty == Type::String) {
            let message = format!("`+` does not add `{}` and `{}`", left.ty, right.ty);
            self.report(Diagnostic::error(Code::WrongType, span, message).with_help("join texts with `strcat()`"));
            return None;
        }
        let (left, right, untyped) = match (left.ty, right.ty) {
            (Type::Dynamic, Type::Dynamic) => {
                (self.ok(convert(left, Type::Real))?, self.ok(convert(right, Type::Real))?, true)
            }
            (Type::Dynamic, other) => (self.ok(convert(left, beside(op, other, true)))?, right, false),
            (other, Type::Dynamic) => {
                let right = self.ok(convert(right, beside(op, other, false)))?;
                (left, right, false)
            }
            _ => (left, right, false),
        };
        let result = self.operator(name, name, vec![left, right], span)?;
        // both types unknown: so is the result's
        if untyped { self.ok(convert(result, Type::Dynamic)) } else { Some(result) }
    }

    fn between(
        &mut self,
        negated: bool,
        op_span: Span,
        [value, low, high]: [&ast::Expr; 3],
        span: Span,
    ) -> Option<Expr> {
        let name = if negated { "!between" } else { "between" };
        let (value, low, high) = (self.scalar(value), self.scalar(low), self.scalar(high));
        let (mut value, mut low, mut high) = (value?, low?, high?);
        if value.ty == Type::Datetime && high.ty == Type::Timespan && low.ty == Type::Datetime {
            high = self.operator("+", "..", vec![low.clone(), high], span)?;
        }
        if value.ty == Type::Dynamic {
            let to = if low.ty == Type::Int { Type::Long } else { low.ty };
            value = self.ok(convert(value, to))?;
        }
        for bound in [&mut low, &mut high] {
            if bound.ty == Type::Dynamic {
                *bound = self.ok(convert(bound.clone(), value.ty))?;
            }
        }
        let ty = [&value, &low, &high]
            .into_iter()
            .map(|e| e.ty)
            .reduce(|a, b| if a.is_numeric() && b.is_numeric() { coerce::widest(a, b) } else { a })?;
        for part in [&mut value, &mut low, &mut high] {
            if coerce::reads_as(part, ty) {
                *part = self.ok(convert(part.clone(), ty))?;
            }
            if part.ty != ty && !(part.ty.is_numeric() && ty.is_numeric()) {
                let diagnostic = coerce::not_comparable(ty, part.ty, part.span);
                self.report(diagnostic);
                return None;
            }
            *part = self.ok(convert(part.clone(), ty))?;
        }
        let bound = self.operator(name, name, vec![value, low, high], op_span)?;
        Some(Expr { span, ..bound })
    }

    /// `base.member`
    fn member(&mut self, base: &ast::Expr, member: &ast::Expr, span: Span) -> Option<Expr> {
        if let Some(side) = join_side(base) {
            return self.side_column(side, member);
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

    /// `* has "x"` and what follows it: the predicate over every column that the operator can work on.
    fn starred(&mut self, spine: &mut Vec<(BinaryOp, Span, &ast::Expr, Span)>) -> Option<Expr> {
        let (op, op_span, right, span) = spine.pop()?;
        let right = self.scalar(right);
        let mut bound = self.any_column(op, op_span, right?, span);
        while let Some((op, op_span, right, span)) = spine.pop() {
            let right = self.scalar(right);
            bound = self.binary_of(op, op_span, bound?, right?, span);
        }
        bound
    }

    /// The predicate over any column.
    pub(super) fn any_column(&mut self, op: BinaryOp, op_span: Span, right: Expr, span: Span) -> Option<Expr> {
        let sides = self.rows.last().map(|r| r.sides.clone()).unwrap_or_default();
        if sides.iter().any(|s| s.open) {
            return None;
        }
        let mut terms = vec![];
        for field in sides.iter().flat_map(|s| s.fields()) {
            let column = Expr::column(field.name.clone(), field.ty, op_span);
            let Some(column) = starred_operand(op, column, &right) else { continue };
            terms.push(self.binary_of(op, op_span, column, right.clone(), span)?);
        }
        if terms.is_empty() {
            return Some(Expr::literal(Value::Bool(false), Type::Bool, span));
        }
        self.balanced("or", terms, op_span, span)
    }
}

/// A column as the left operand of an operator that is tried on all columns; nothing when it cannot hold.
fn starred_operand(op: BinaryOp, column: Expr, right: &Expr) -> Option<Expr> {
    match op {
        BinaryOp::Text(_)
        | BinaryOp::EqualTilde
        | BinaryOp::NotEqualTilde
        | BinaryOp::MatchesRegex
        | BinaryOp::SearchTerm => matches!(column.ty, Type::String | Type::Dynamic).then_some(column),
        _ => {
            let same = column.ty == right.ty || (column.ty.is_numeric() && right.ty.is_numeric());
            (same && column.ty != Type::Dynamic).then_some(column)
        }
    }
}

/// The type that a dynamic operand takes beside another type.
fn beside(op: BinaryOp, other: Type, on_left: bool) -> Type {
    match (op, other) {
        (_, Type::Int) => Type::Long,
        (BinaryOp::Add, Type::Datetime) => Type::Timespan,
        (BinaryOp::Subtract, Type::Timespan) if on_left => Type::Timespan,
        (BinaryOp::Multiply | BinaryOp::Divide, Type::Timespan) if !on_left => Type::Real,
        (_, other) => other,
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

/// A literal as a plan expression.
pub(super) fn literal_expr(literal: &ast::Literal, span: Span) -> Expr {
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

const HAS: TextOp = TextOp { relation: TextRelation::Has, case_sensitive: false, negated: false };

/// The name of an operator in the library.
pub(super) fn spelling(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::EqualTilde => "=~",
        BinaryOp::NotEqualTilde => "!~",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
        BinaryOp::MatchesRegex => "matches regex",
        BinaryOp::SearchTerm => ":",
        BinaryOp::Text(op) => text_spelling(op),
    }
}

fn text_spelling(op: TextOp) -> &'static str {
    use TextRelation as R;
    match (op.relation, op.case_sensitive, op.negated) {
        (R::Has, false, false) => "has",
        (R::Has, false, true) => "!has",
        (R::Has, true, false) => "has_cs",
        (R::Has, true, true) => "!has_cs",
        (R::HasPrefix, false, false) => "hasprefix",
        (R::HasPrefix, false, true) => "!hasprefix",
        (R::HasPrefix, true, false) => "hasprefix_cs",
        (R::HasPrefix, true, true) => "!hasprefix_cs",
        (R::HasSuffix, false, false) => "hassuffix",
        (R::HasSuffix, false, true) => "!hassuffix",
        (R::HasSuffix, true, false) => "hassuffix_cs",
        (R::HasSuffix, true, true) => "!hassuffix_cs",
        (R::Contains, false, false) => "contains",
        (R::Contains, false, true) => "!contains",
        (R::Contains, true, false) => "contains_cs",
        (R::Contains, true, true) => "!contains_cs",
        (R::StartsWith, false, false) => "startswith",
        (R::StartsWith, false, true) => "!startswith",
        (R::StartsWith, true, false) => "startswith_cs",
        (R::StartsWith, true, true) => "!startswith_cs",
        (R::EndsWith, false, false) => "endswith",
        (R::EndsWith, false, true) => "!endswith",
        (R::EndsWith, true, false) => "endswith_cs",
        (R::EndsWith, true, true) => "!endswith_cs",
        (R::Like, _, false) => "like",
        (R::Like, _, true) => "notlike",
    }
}
