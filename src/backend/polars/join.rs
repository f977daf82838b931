//! `join`: pairs of rows with equal keys.

use super::lowering::{Lowering, keep};
use super::sort::{canonical, named, needs_canonical};
use super::types::{self, column};
use crate::diagnostic::Diagnostic;
use crate::plan::{ColumnName, Expr, ExprKind, JoinKind, Relation};
use crate::value::{Schema, Type, Value};
use ::polars::prelude::{
    Expr as PolarsExpr, JoinArgs, JoinCoalesce, JoinType, LazyFrame, MaintainOrderJoin, PlSmallStr,
};

/// One side of a join: its rows, and the names of its keys.
struct Side {
    frame: LazyFrame,
    keys: Vec<PlSmallStr>,
}

impl Lowering<'_> {
    /// A join. Null keys match each other; string columns of a side without a row are `""`.
    pub(super) fn join(
        &self,
        left: &Relation,
        right: &Relation,
        kind: JoinKind,
        keys: &[(Expr, Expr)],
        right_columns: &[(ColumnName, ColumnName)],
        schema: &Schema,
    ) -> Result<LazyFrame, Diagnostic> {
        let (left_keys, right_keys): (Vec<&Expr>, Vec<&Expr>) = keys.iter().map(|(l, r)| (l, r)).unzip();
        let identity: Vec<(ColumnName, ColumnName)> =
            left.schema.fields().iter().map(|f| (f.name.clone(), f.name.clone())).collect();
        let (left_rows, right_rows) = self.both_sides(left, right, kind, keys)?;
        let left_side = self.side(left, left_rows, &left_keys, &identity, "\u{1}left")?;
        let right_side = self.side(right, right_rows, &right_keys, right_columns, "\u{1}right")?;
        if keys.is_empty() && kind == JoinKind::Inner {
            return Ok(keep(left_side.frame.cross_join(right_side.frame, None), schema));
        }
        let (one, other) = if matches!(kind, JoinKind::RightSemi | JoinKind::RightAnti) {
            (right_side, left_side)
        } else {
            (left_side, right_side)
        };
        let joined = one.frame.join(other.frame, named(&one.keys), named(&other.keys), arguments(kind));
        Ok(keep(filled(joined, kind, left, right_columns, right), schema))
    }

    /// The rows of a side with its kept columns under their final names, and its keys under names of their own unless a
    /// kept column is the key.
    fn side(
        &self,
        input: &Relation,
        frame: LazyFrame,
        keys: &[&Expr],
        kept: &[(ColumnName, ColumnName)],
        prefix: &str,
    ) -> Result<Side, Diagnostic> {
        let mut names = Vec::new();
        let mut exprs: Vec<PolarsExpr> = kept.iter().map(|(from, to)| column(from).alias(types::small(to))).collect();
        for (at, key) in keys.iter().enumerate() {
            if let Some(name) = kept_key(key, kept) {
                names.push(types::small(name));
                continue;
            }
            let name: PlSmallStr = format!("{prefix}{at}").into();
            exprs.push(canonical(self.expr(key, &input.schema)?, key.ty).alias(name.clone()));
            names.push(name);
        }
        if names.is_empty() {
            // Every row pairs with every other one.
            let name: PlSmallStr = prefix.into();
            exprs.push(types::literal(&Value::Int(0), Type::Int).alias(name.clone()));
            names.push(name);
        }
        // A select of constants alone would forget the number of rows.
        let frame = if kept.is_empty() { frame.with_columns(exprs).select(named(&names)) } else { frame.select(exprs) };
        Ok(Side { frame, keys: names })
    }
}

/// The final name of a key that is a kept column as it is.
fn kept_key<'k>(key: &Expr, kept: &'k [(ColumnName, ColumnName)]) -> Option<&'k ColumnName> {
    let ExprKind::Column(name) = &key.kind else { return None };
    if needs_canonical(key.ty) {
        return None;
    }
    kept.iter().find(|(from, _)| from == name).map(|(_, to)| to)
}

fn arguments(kind: JoinKind) -> JoinArgs {
    let (how, order) = match kind {
        JoinKind::Inner => (JoinType::Inner, MaintainOrderJoin::LeftRight),
        JoinKind::LeftOuter => (JoinType::Left, MaintainOrderJoin::LeftRight),
        JoinKind::RightOuter => (JoinType::Right, MaintainOrderJoin::RightLeft),
        JoinKind::FullOuter => (JoinType::Full, MaintainOrderJoin::LeftRight),
        JoinKind::LeftSemi | JoinKind::RightSemi => (JoinType::Semi, MaintainOrderJoin::Left),
        JoinKind::LeftAnti | JoinKind::RightAnti => (JoinType::Anti, MaintainOrderJoin::Left),
    };
    let mut arguments = JoinArgs::new(how);
    arguments.maintain_order = order;
    arguments.coalesce = JoinCoalesce::KeepColumns;
    arguments.nulls_equal = true;
    arguments
}

/// Puts `""` where a side had no row.
fn filled(
    joined: LazyFrame,
    kind: JoinKind,
    left: &Relation,
    right_columns: &[(ColumnName, ColumnName)],
    right: &Relation,
) -> LazyFrame {
    let mut missing: Vec<&ColumnName> = Vec::new();
    if matches!(kind, JoinKind::RightOuter | JoinKind::FullOuter) {
        missing.extend(left.schema.fields().iter().filter(|f| f.ty == Type::String).map(|f| &f.name));
    }
    if matches!(kind, JoinKind::LeftOuter | JoinKind::FullOuter) {
        let text = |name: &str| right.schema.field(name).is_some_and(|f| f.ty == Type::String);
        missing.extend(right_columns.iter().filter(|(from, _)| text(from)).map(|(_, to)| to));
    }
    if missing.is_empty() {
        return joined;
    }
    let nothing = types::literal(&Value::missing(Type::String), Type::String);
    joined.with_columns(missing.iter().map(|n| column(n).fill_null(nothing.clone())).collect::<Vec<_>>())
}
