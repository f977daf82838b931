//! `join` and `lookup`: two tables by equal keys.
//!
//! `innerunique`, the default, is spelled out: the left side's first row for each key, then an inner join.

use crate::bind::Binder;
use crate::bind::coerce::convert;
use crate::bind::naming::join_names;
use crate::bind::operator::parameter_text;
use crate::bind::scope::{Found, Rows};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::plan::{ColumnName, Expr, ExprKind, JoinKind, RelationKind};
use crate::syntax::ast::{self, BinaryOp};
use crate::value::{Field, Schema, Type};
use std::sync::Arc;

/// A kind as written.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    kind: JoinKind,
    /// The left side is made unique by the keys first.
    unique: bool,
}

/// A pair of keys.
type Pair = (Expr, Expr);

impl Binder<'_> {
    /// `join kind=inner (right) on a, $left.x == $right.y`; `lookup` likewise.
    pub(in crate::bind::operator) fn join(&mut self, left: Rows, join: &ast::Join, span: Span) -> Rows {
        let [kind] = self.parameters(&join.parameters, &["kind"]);
        let kind = self.join_kind(kind.as_ref(), join);
        let right = self.table(&join.right);
        let scope = self.row_scope(vec![left.side(), right.side()], false);
        let (pairs, _) = self.in_row(scope, |b| b.join_keys(join, span));
        let (Some(kind), Some(pairs)) = (kind, pairs) else { return Rows::unknown(span) };
        if left.open || right.open {
            return Rows::unknown(span);
        }
        let loose = left.loose || right.loose;
        Rows { loose, ..joined(left, right, kind, pairs, join.lookup, span) }
    }

    fn join_kind(&mut self, given: Option<&ast::OperatorParameter>, join: &ast::Join) -> Option<Kind> {
        use JoinKind as J;
        let Some(given) = given else {
            let kind = if join.lookup { J::LeftOuter } else { J::Inner };
            return Some(Kind { kind, unique: !join.lookup });
        };
        let text = parameter_text(given);
        let kind = match text.as_str() {
            "innerunique" if !join.lookup => return Some(Kind { kind: J::Inner, unique: true }),
            "inner" => J::Inner,
            "leftouter" => J::LeftOuter,
            "rightouter" if !join.lookup => J::RightOuter,
            "fullouter" if !join.lookup => J::FullOuter,
            "leftsemi" if !join.lookup => J::LeftSemi,
            "leftanti" | "anti" | "leftantisemi" if !join.lookup => J::LeftAnti,
            "rightsemi" if !join.lookup => J::RightSemi,
            "rightanti" | "rightantisemi" if !join.lookup => J::RightAnti,
            _ => {
                const KINDS: [&str; 9] = [
                    "innerunique",
                    "inner",
                    "leftouter",
                    "rightouter",
                    "fullouter",
                    "leftsemi",
                    "leftanti",
                    "rightsemi",
                    "rightanti",
                ];
                let near = nearest(&text, KINDS);
                let diagnostic = Diagnostic::error(
                    Code::WrongValue,
                    crate::bind::operator::parameter_span(given),
                    format!("no kind `{text}` here"),
                );
                self.report(diagnostic.with_suggestion(near));
                return None;
            }
        };
        Some(Kind { kind, unique: false })
    }

    fn join_keys(&mut self, join: &ast::Join, span: Span) -> Option<Vec<Pair>> {
        if join.conditions.is_empty() {
            let help = "name the columns that must be equal, as in `on DeviceId`";
            self.report(
                Diagnostic::error(Code::JoinKeyMissing, span, "a join needs `on` and its keys").with_help(help),
            );
            return None;
        }
        let mut pairs = Some(vec![]);
        for condition in &join.conditions {
            let found = self.join_condition(condition);
            match (&mut pairs, found) {
                (Some(pairs), Some(found)) => pairs.extend(found),
                _ => pairs = None,
            }
        }
        pairs
    }

    /// One condition: a column of both sides, an equality of the two, or several joined by `and`.
    fn join_condition(&mut self, condition: &ast::Expr) -> Option<Vec<Pair>> {
        match &condition.kind {
            ast::ExprKind::Parenthesized(inner) => self.join_condition(inner),
            ast::ExprKind::Name(name) => self.common_column(name).map(|pair| vec![pair]),
            ast::ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
                let (left, right) = (self.join_condition(left), self.join_condition(right));
                let mut pairs = left?;
                pairs.extend(right?);
                Some(pairs)
            }
            ast::ExprKind::Binary { op: BinaryOp::Equal, left, right, .. } => {
                self.join_equality(left, right, condition.span).map(|pair| vec![pair])
            }
            ast::ExprKind::Missing => None,
            _ => {
                let message = "a join goes by equal columns only";
                let help = "join by `$left.a == $right.b` and filter afterwards with `where`";
                self.report(Diagnostic::error(Code::JoinKeyMissing, condition.span, message).with_help(help));
                None
            }
        }
    }

    /// `on a`: the column must be on both sides, of one type.
    fn common_column(&mut self, name: &ast::Name) -> Option<Pair> {
        let left = self.key_on_side(name, 0, "left");
        let right = self.key_on_side(name, 1, "right");
        self.key_pair(left?, right?, name.span)
    }

    fn key_on_side(&mut self, name: &ast::Name, place: usize, which: &str) -> Option<Expr> {
        let side = self.rows.last()?.sides.get(place)?.clone();
        let found = match side.column(&name.text, name.span) {
            Found::Nothing => side.alias(self.env, &name.text, name.span),
            found => found,
        };
        match found {
            Found::Column(column) => Some(column),
            Found::Silent => None,
            Found::Nothing => {
                let near = nearest(&name.text, side.schema.names()).map(str::to_owned);
                let message = format!("the join column `{}` is missing on the {which} side", name.text);
                let diagnostic = Diagnostic::error(Code::JoinKeyMissing, name.span, message);
                self.report(diagnostic.with_suggestion(near.as_deref()));
                None
            }
        }
    }

    /// `$left.a == $right.b`, in either order.
    fn join_equality(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Option<Pair> {
        let (first, second) = (side_of(left), side_of(right));
        let (left, right) = match (first, second) {
            (Some("$left"), Some("$right")) => (left, right),
            (Some("$right"), Some("$left")) => (right, left),
            _ => {
                let message = "each side of the equality must be a column of `$left` or of `$right`";
                let help = "compute the key with `extend` before the join";
                self.report(Diagnostic::error(Code::JoinKeyMissing, span, message).with_help(help));
                return None;
            }
        };
        let (left, right) = (self.scalar(left), self.scalar(right));
        self.key_pair(left?, right?, span)
    }

    /// Keys of one type: numbers widen, nothing else converts.
    fn key_pair(&mut self, left: Expr, right: Expr, span: Span) -> Option<Pair> {
        if left.ty == Type::Dynamic || right.ty == Type::Dynamic {
            let diagnostic = Diagnostic::error(Code::WrongType, span, "a `dynamic` cannot be the key of a join");
            self.report(diagnostic.with_help("convert it with `extend` before, for example with `tostring()`"));
            return None;
        }
        if left.ty == right.ty {
            return Some((left, right));
        }
        if left.ty.is_integer() && right.ty.is_integer() {
            let (left, right) = (self.ok(convert(left, Type::Long)), self.ok(convert(right, Type::Long)));
            return Some((left?, right?));
        }
        let message = format!("the keys have different types: `{}` and `{}`", left.ty, right.ty);
        let help = "convert one of them with `extend` before the join";
        self.report(Diagnostic::error(Code::NotComparable, span, message).with_help(help));
        None
    }
}

/// `$left` or `$right`, when the expression is a column of it.
fn side_of(expr: &ast::Expr) -> Option<&str> {
    match &expr.kind {
        ast::ExprKind::Parenthesized(inner) => side_of(inner),
        ast::ExprKind::Member { base, member } => match (&base.kind, &member.kind) {
            (ast::ExprKind::Name(side), ast::ExprKind::Name(_)) => Some(&*side.text),
            _ => None,
        },
        _ => None,
    }
}

fn joined(left: Rows, right: Rows, kind: Kind, keys: Vec<Pair>, lookup: bool, span: Span) -> Rows {
    use JoinKind as J;
    let dropped: Vec<ColumnName> = if lookup { keys.iter().filter_map(|(_, r)| name_of(r)).collect() } else { vec![] };
    let right_fields: Vec<Field> = match kind.kind {
        J::LeftSemi | J::LeftAnti => vec![],
        _ => right.schema().fields().iter().filter(|f| !dropped.contains(&f.name)).cloned().collect(),
    };
    let one_sided_right = matches!(kind.kind, J::RightSemi | J::RightAnti);
    let left_fields: &[Field] = if one_sided_right { &[] } else { left.schema().fields() };
    let names: Vec<&str> = right_fields.iter().map(|f| &*f.name).collect();
    let names = join_names(left_fields.iter().map(|f| &*f.name), &names);
    let renamed = right_fields.iter().zip(&names).map(|(f, name)| Field { name: name.clone(), ty: f.ty });
    let schema = Arc::new(Schema::new(left_fields.iter().cloned().chain(renamed)));
    let right_columns: Vec<(ColumnName, ColumnName)> = right_fields.iter().map(|f| f.name.clone()).zip(names).collect();
    let poisoned = poisoned_after(&left, &right, one_sided_right, &right_columns);
    let origin = left.origin.clone().filter(|_| !one_sided_right);
    let left = if kind.unique { unique_by(left, &keys, span) } else { left };
    let (join, right) = (kind.kind, Box::new(right.relation));
    let rows = left
        .unordered()
        .then(span, |left| (RelationKind::Join { left, right, kind: join, keys, right_columns }, schema));
    Rows { poisoned, origin, ..rows }
}

/// The first row for each key.
fn unique_by(rows: Rows, keys: &[Pair], span: Span) -> Rows {
    let keys = keys.iter().map(|(left, _)| left.clone()).collect();
    rows.then(span, |input| {
        let schema = input.schema.clone();
        (RelationKind::DistinctOn { input, keys }, schema)
    })
}

fn poisoned_after(
    left: &Rows,
    right: &Rows,
    one_sided_right: bool,
    right_columns: &[(ColumnName, ColumnName)],
) -> Vec<ColumnName> {
    let mut poisoned = if one_sided_right { vec![] } else { left.poisoned.clone() };
    let from_right = right_columns.iter().filter(|(from, _)| right.poisoned.contains(from));
    poisoned.extend(from_right.map(|(_, to)| to.clone()));
    poisoned
}

fn name_of(expr: &Expr) -> Option<ColumnName> {
    match &expr.kind {
        ExprKind::Column(name) => Some(name.clone()),
        // a key that was widened
        ExprKind::Call { arguments, .. } => arguments.first().and_then(name_of),
        _ => None,
    }
}
