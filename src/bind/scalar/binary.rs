//! Operators between scalars, and what they do to types.
//!
//! In: operands as written or bound. Out: calls of the library's operators, operands converted as Kusto converts them; what
//! Kusto refuses is refused.

use crate::bind::Binder;
use crate::bind::coerce::{self, comparable, convert};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::Expr;
use crate::syntax::ast::{self, BinaryOp, TextOp, TextRelation};
use crate::value::{Type, Value};

impl Binder<'_> {
    /// Operators between two scalars. Long chains lean to the left: the loop keeps the stack flat.
    pub(in crate::bind) fn binary(&mut self, expr: &ast::Expr) -> Option<Expr> {
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
    pub(in crate::bind) fn balanced(
        &mut self,
        op: &str,
        mut terms: Vec<Expr>,
        op_span: Span,
        span: Span,
    ) -> Option<Expr> {
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
    pub(in crate::bind) fn related(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Option<Expr> {
        self.binary_of(op, span, left, right, span)
    }

    fn binary_of(&mut self, op: BinaryOp, op_span: Span, left: Expr, right: Expr, span: Span) -> Option<Expr> {
        let name = spelling(op);
        match op {
            BinaryOp::And | BinaryOp::Or => self.operator(name, name, vec![left, right], span),
            BinaryOp::Equal | BinaryOp::NotEqual => {
                let left = coerce::digits_beside(left, &right);
                let right = coerce::digits_beside(right, &left);
                let left = self.ok(coerce::truth_beside(left, &right))?;
                let right = self.ok(coerce::truth_beside(right, &left))?;
                let (left, right) = self.ok(comparable(left, right, span))?;
                self.operator(name, name, vec![left, right], span)
            }
            BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => {
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
    pub(in crate::bind) fn text(&mut self, operand: Expr, op: &str) -> Option<Expr> {
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

    pub(in crate::bind) fn between(
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
    pub(in crate::bind) fn any_column(&mut self, op: BinaryOp, op_span: Span, right: Expr, span: Span) -> Option<Expr> {
        let sides = self.rows.last().map(|r| r.sides.clone()).unwrap_or_default();
        if sides.iter().any(|s| s.open) {
            return None;
        }
        let mut terms = vec![];
        // `$table` tells where a row is from: it is no content
        for field in sides.iter().flat_map(|s| s.fields()).filter(|f| !f.name.starts_with('$')) {
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

const HAS: TextOp = TextOp { relation: TextRelation::Has, case_sensitive: false, negated: false };

/// The name of an operator in the library.
pub(in crate::bind) fn spelling(op: BinaryOp) -> &'static str {
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
