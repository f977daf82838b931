//! `mv-apply` and `partition`: a subquery for each row's elements, or for each value of a column.
//!
//! The rows of all partitions go through the subquery together, with a hidden column that tells them apart: grouping
//! operators group by it too, `take` and `top` count within it.

use crate::bind::Binder;
use crate::bind::naming::{Projection, schema_of};
use crate::bind::operator::project::by_names;
use crate::bind::operator::{parameter_span, parameter_text};
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::plan::{ColumnName, Expr, JoinKind, RelationKind, SortKey};
use crate::syntax::ast::{self, OperatorParameter, PartitionBody};
use crate::value::{Field, Schema, Type};
use std::sync::Arc;

impl Binder<'_> {
    /// `mv-apply name = expr to typeof(long) limit n on (subquery)`
    pub(in crate::bind::operator) fn mv_apply(&mut self, rows: Rows, expand: &ast::MvExpand, span: Span) -> Rows {
        let Some(subquery) = &expand.apply else { return rows };
        let ordered = rows.ordered;
        let outer = rows.hidden.clone();
        let row: ColumnName = format!("$row{}", outer.len()).into();
        let rows = numbered(rows, row.clone(), span);
        let base = self.shared(rows, span);
        let inside = Rows { hidden: outer.iter().cloned().chain([row.clone()]).collect(), ..base.clone() };
        let expanded = self.mv_expand(inside, expand, span);
        let result = self.operators(expanded, subquery);
        if base.open || result.open {
            return Rows::unknown(span);
        }
        let applied = applied_columns(expand);
        let place: ColumnName = format!("$place{}", outer.len()).into();
        let result = if ordered { numbered(result, place.clone(), span) } else { result };
        let joined = rejoined(base, result, &row, &applied, span);
        if ordered { in_order(joined, &[row, place], span) } else { joined }.without(&outer, span)
    }

    /// `partition by column (subquery)`
    pub(in crate::bind::operator) fn partition(
        &mut self,
        rows: Rows,
        parameters: &[OperatorParameter],
        by: &ast::Expr,
        body: &PartitionBody,
        span: Span,
    ) -> Rows {
        self.hints(parameters);
        for strategy in parameters.iter().filter(|p| &*p.name.text == "hint.strategy") {
            let (text, known) = (parameter_text(strategy), ["legacy", "native", "shuffle"]);
            if !known.contains(&&*text) {
                let message = format!("no strategy `{text}` of `partition`");
                let diagnostic = Diagnostic::error(Code::WrongValue, parameter_span(strategy), message);
                let diagnostic = diagnostic.with_help("a strategy is `native`, `shuffle` or `legacy`");
                self.report(diagnostic.with_suggestion(nearest(&text, known)));
            }
        }
        let subquery = match body {
            PartitionBody::Operators(subquery) => subquery,
            PartitionBody::Query(statements) => return self.partition_query(rows, by, statements, span),
        };
        let Some(key) = self.over(&rows, |b| b.scalar(by)) else { return Rows::unknown(span) };
        if key.ty == Type::Dynamic {
            let diagnostic = Diagnostic::error(Code::WrongType, key.span, "rows cannot be parted by a `dynamic`");
            self.report(diagnostic.with_help("convert it, for example with `tostring()`"));
            return Rows::unknown(span);
        }
        let outer = rows.hidden.clone();
        let name: ColumnName = format!("$part{}", outer.len()).into();
        let parted = with_column(rows, name.clone(), key, span);
        let hidden = outer.iter().cloned().chain([name]).collect();
        let result = self.operators(Rows { hidden, ..parted }, subquery);
        if result.open {
            return Rows::unknown(span);
        }
        result.without(&outer, span).unordered()
    }
}

impl Rows {
    /// The rows without the binder's own columns, but for those that were hidden outside already.
    fn without(mut self, outer: &[ColumnName], span: Span) -> Rows {
        self.hidden = outer.to_vec();
        let names = self.schema().fields().iter().map(|f| f.name.clone());
        let names = names.filter(|n| !n.starts_with('$') || outer.contains(n)).collect();
        by_names(self, names, span)
    }
}

/// The columns that are expanded under their own names: the result has the subquery's instead.
fn applied_columns(expand: &ast::MvExpand) -> Vec<ColumnName> {
    let values = expand.columns.iter().map(|c| match &c.expr.kind {
        ast::ExprKind::Name(name) => Some(name.text.clone()),
        _ => None,
    });
    values.flatten().collect()
}

fn numbered(rows: Rows, name: ColumnName, span: Span) -> Rows {
    let field = Field { name: name.clone(), ty: Type::Long };
    let schema = Arc::new(Schema::new(rows.schema().fields().iter().cloned().chain([field])));
    rows.then(span, |input| (RelationKind::RowNumber { input, name }, schema))
}

/// The rows and one column more.
pub(in crate::bind) fn with_column(rows: Rows, name: ColumnName, value: Expr, span: Span) -> Rows {
    let mut columns = Projection::over(rows.columns(span));
    columns.add(&name, Some(value), false);
    crate::bind::operator::project::extended(rows, columns, span)
}

/// The rows beside what the subquery made of them. A column of both is the subquery's.
fn rejoined(base: Rows, result: Rows, row: &ColumnName, applied: &[ColumnName], span: Span) -> Rows {
    let own = |f: &&Field| f.name != *row && !base.hidden.contains(&f.name);
    let made: Vec<Field> = result.schema().fields().iter().filter(own).cloned().collect();
    let right_name = |name: &ColumnName| -> ColumnName { format!("$made.{name}").into() };
    let right_columns: Vec<(ColumnName, ColumnName)> =
        made.iter().map(|f| (f.name.clone(), right_name(&f.name))).collect();
    let renamed = made.iter().map(|f| Field { name: right_name(&f.name), ty: f.ty });
    let schema = Arc::new(Schema::new(base.schema().fields().iter().cloned().chain(renamed)));
    let key = Expr::column(row.clone(), Type::Long, span);
    let mut columns: Vec<(ColumnName, Expr)> = vec![];
    for field in base.schema().fields() {
        let new = made.iter().find(|m| m.name == field.name);
        match new {
            Some(new) if !applied.contains(&field.name) => {
                columns.push((new.name.clone(), Expr::column(right_name(&new.name), new.ty, span)));
            }
            None if !applied.contains(&field.name) => {
                columns.push((field.name.clone(), Expr::column(field.name.clone(), field.ty, span)));
            }
            _ => {}
        }
    }
    for field in &made {
        if !columns.iter().any(|(name, _)| *name == field.name) {
            columns.push((field.name.clone(), Expr::column(right_name(&field.name), field.ty, span)));
        }
    }
    let poisoned = base.poisoned.iter().chain(&result.poisoned).cloned().collect();
    let right = Box::new(result.relation);
    let keys = vec![(key.clone(), key)];
    let joined = base
        .then(span, |left| (RelationKind::Join { left, right, kind: JoinKind::Inner, keys, right_columns }, schema));
    let schema = Arc::new(schema_of(&columns));
    let projected = joined.then(span, |input| (RelationKind::Project { input, columns }, schema));
    Rows { poisoned, ..projected }
}

/// Back in the order of the rows, and of the subquery within a row.
fn in_order(rows: Rows, keys: &[ColumnName], span: Span) -> Rows {
    let keys = keys.iter().map(|key| SortKey {
        expr: Expr::column(key.clone(), Type::Long, span),
        descending: false,
        nulls_first: true,
    });
    let keys = keys.collect();
    rows.then(span, |input| {
        let schema = input.schema.clone();
        (RelationKind::Sort { input, keys }, schema)
    })
}
