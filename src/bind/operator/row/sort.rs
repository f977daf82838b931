//! `sort`, `top`, `take`, `count`, `distinct`, `top-hitters`, `sample-distinct`.

use crate::bind::Binder;
use crate::bind::coerce::{convert, is_column};
use crate::bind::naming::{Projection, result_name, schema_of};
use crate::bind::operator::project::{Style, by_names, projected};
use crate::bind::scope::Rows;
use crate::bind::window::with_windows;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::library;
use crate::plan::{Aggregate, ColumnName, Expr, RelationKind, SortKey, WindowColumn, WindowFunction};
use crate::syntax::ast;
use crate::value::{Field, Schema, Type, Value};
use std::sync::Arc;

/// The place of a row within its partition.
const PLACE: &str = "$place";

impl Binder<'_> {
    /// `sort by a asc nulls first, b`
    pub(in crate::bind::operator) fn sort(&mut self, rows: Rows, keys: &[ast::SortKey], span: Span) -> Rows {
        let bound: Vec<Option<SortKey>> = self.over(&rows, |b| keys.iter().map(|k| b.sort_key(k)).collect());
        let bound: Option<Vec<SortKey>> = bound.into_iter().collect();
        match bound {
            Some(keys) => sorted(rows, keys, span),
            None => Rows { ordered: true, serialized: true, ..rows },
        }
    }

    fn sort_key(&mut self, key: &ast::SortKey) -> Option<SortKey> {
        let expr = self.scalar(&key.expr)?;
        let origin = self.rows.last().is_some_and(|r| r.sides.iter().any(|s| s.origin.is_some()));
        // columns like `AdditionalFields` are texts to the portal, and sorted by their text
        let expr = if expr.ty == Type::Dynamic && origin && is_column(&expr) {
            self.ok(convert(expr, Type::String))?
        } else {
            expr
        };
        if expr.ty == Type::Dynamic {
            let diagnostic = Diagnostic::error(Code::WrongType, expr.span, "rows cannot be sorted by a `dynamic`");
            self.report(diagnostic.with_help("convert it, for example with `tostring()`"));
            return None;
        }
        let ascending = key.ascending.is_some_and(|(ascending, _)| ascending);
        // nulls are the smallest: first when ascending, last when descending
        let nulls_first = key.nulls_first.map_or(ascending, |(first, _)| first);
        Some(SortKey { expr, descending: !ascending, nulls_first })
    }

    /// `top n by key`
    pub(in crate::bind::operator) fn top(
        &mut self,
        rows: Rows,
        count: &ast::Expr,
        by: &ast::SortKey,
        span: Span,
    ) -> Rows {
        let count = self.row_count(count);
        let sorted = self.sort(rows, std::slice::from_ref(by), span);
        match count {
            Some(count) => self.first_rows(sorted, count, span),
            None => sorted,
        }
    }

    /// `take n`
    pub(in crate::bind::operator) fn take(&mut self, rows: Rows, count: &ast::Expr, span: Span) -> Rows {
        match self.row_count(count) {
            Some(count) => self.first_rows(rows, count, span),
            None => rows,
        }
    }

    /// The first rows, of each partition where there are partitions.
    pub(in crate::bind::operator) fn first_rows(&mut self, rows: Rows, count: Expr, span: Span) -> Rows {
        let keys = rows.hidden_columns(span);
        if keys.is_empty() {
            return taken(rows, count, span);
        }
        let by_partition =
            keys.iter().map(|(_, key)| SortKey { expr: key.clone(), descending: false, nulls_first: true });
        let (ordered, serialized) = (rows.ordered, rows.serialized);
        let sorted = sorted(rows, by_partition.collect(), span);
        let numbered = self.numbered_by(sorted, &keys, span);
        let place = Expr::column(PLACE, Type::Long, span);
        let Some(predicate) = self.operator("<=", "<=", vec![place, count], span) else { return numbered };
        let filtered = numbered.then(span, |input| {
            let schema = input.schema.clone();
            (RelationKind::Filter { input, predicate }, schema)
        });
        let names = filtered.schema().fields().iter().map(|f| f.name.clone()).filter(|n| &**n != PLACE).collect();
        Rows { ordered, serialized, ..by_names(filtered, names, span) }
    }

    /// Rows sorted by partition, numbered from 1 within each.
    fn numbered_by(&mut self, rows: Rows, keys: &[(ColumnName, Expr)], span: Span) -> Rows {
        let mut changes = vec![];
        let mut before = vec![];
        for (place, (_, key)) in keys.iter().enumerate() {
            let name: ColumnName = format!("$before{place}").into();
            let function = WindowFunction::Shift { value: key.clone(), offset: 1, default: None };
            before.push(WindowColumn { name: name.clone(), function, ty: key.ty, span });
            let previous = Expr::column(name, key.ty, span);
            changes.extend(self.changed(key.clone(), previous, span));
        }
        let names: Vec<ColumnName> = rows.schema().fields().iter().map(|f| f.name.clone()).collect();
        let Some(restart) = self.balanced("or", changes, span, span) else { return rows };
        let number = WindowFunction::RowNumber { first: 1, restart: Some(restart) };
        let number = WindowColumn { name: PLACE.into(), function: number, ty: Type::Long, span };
        let numbered = with_windows(with_windows(rows, before, span), vec![number], span);
        by_names(numbered, names.into_iter().chain([PLACE.into()]).collect(), span)
    }

    /// Whether a key is another than that of the row before. NaN is no number, yet one partition.
    fn changed(&mut self, key: Expr, previous: Expr, span: Span) -> Option<Expr> {
        let differ = self.operator("!=", "!=", vec![key.clone(), previous.clone()], span)?;
        if key.ty != Type::Real {
            return Some(differ);
        }
        let [this, that] = [key, previous].map(|e| self.operator("isnan", "isnan", vec![e], span));
        let both = self.operator("and", "and", vec![this?, that?], span)?;
        // a null before is no number either, and nothing is known of it
        let no = Expr::literal(Value::Bool(false), Type::Bool, span);
        let both = self.operator("coalesce", "coalesce", vec![both, no], span)?;
        let not = self.operator("not", "not", vec![both], span)?;
        self.operator("and", "and", vec![differ, not], span)
    }

    /// `count`, `count as Name`
    pub(in crate::bind::operator) fn count(&mut self, rows: Rows, name: Option<&ast::Name>, span: Span) -> Rows {
        let name: ColumnName = name.map_or_else(|| "Count".into(), |n| n.text.clone());
        let Some(function) = library::aggregate_function("count") else {
            self.report(Diagnostic::error(Code::NotBuiltYet, span, "`count` is not built yet"));
            return Rows::unknown(span);
        };
        let aggregate =
            Aggregate { name: name.clone(), function, arguments: vec![], more: vec![], ty: Type::Long, span };
        let keys = rows.hidden_columns(span);
        let fields = schema_of(&keys).fields().to_vec();
        let schema = Arc::new(Schema::new(fields.into_iter().chain([Field { name, ty: Type::Long }])));
        let counted = rows
            .unordered()
            .then(span, |input| (RelationKind::Summarize { input, keys, aggregates: vec![aggregate] }, schema));
        Rows { open: false, loose: false, poisoned: vec![], origin: None, ..counted }
    }

    /// `distinct a, b` and `distinct *`
    pub(in crate::bind::operator) fn distinct(&mut self, rows: Rows, columns: &[ast::Expr], span: Span) -> Rows {
        let open = rows.open && columns.iter().any(|c| matches!(c.kind, ast::ExprKind::Star));
        let mut projection = Projection::default();
        self.over(&rows, |b| b.project_items(&mut projection, columns, Style::Project));
        Rows { open, ..distinct_rows(rows, projection, span) }
    }

    /// `sample-distinct n of expr`: any n of the distinct values.
    pub(in crate::bind::operator) fn sample_distinct(
        &mut self,
        rows: Rows,
        count: &ast::Expr,
        of: &ast::Expr,
        span: Span,
    ) -> Rows {
        let distinct = self.distinct(rows, std::slice::from_ref(of), span);
        self.take(distinct, count, span)
    }

    /// `top-hitters n of expr by expr`: the groups of the largest count or sum.
    pub(in crate::bind::operator) fn top_hitters(
        &mut self,
        rows: Rows,
        count: &ast::Expr,
        of: &ast::Expr,
        by: Option<&ast::Expr>,
        span: Span,
    ) -> Rows {
        let count = self.row_count(count);
        let mut projection = Projection::default();
        let weight = self.over(&rows, |b| {
            b.project_items(&mut projection, std::slice::from_ref(of), Style::Project);
            by.map(|by| b.scalar(by))
        });
        let (function, arguments) = match weight {
            None => ("count", vec![]),
            Some(Some(weight)) => ("sum", vec![weight]),
            Some(None) => return Rows::unknown(span),
        };
        let prefix = if by.is_some() { "approximate_sum_" } else { "approximate_count_" };
        let name: ColumnName = format!("{prefix}{}", by.or(Some(of)).and_then(result_name).unwrap_or_default()).into();
        let grouped = distinct_rows(rows, projection, span);
        let Some(aggregate) = self.plain_aggregate(function, name.clone(), arguments, span) else {
            return Rows::unknown(span);
        };
        let by_weight = SortKey { expr: Expr::column(name, aggregate.ty, span), descending: true, nulls_first: false };
        let summed = with_aggregate(grouped, aggregate);
        let sorted = sorted(summed, vec![by_weight], span);
        match count {
            Some(count) => self.first_rows(sorted, count, span),
            None => sorted,
        }
    }
}

fn sorted(rows: Rows, keys: Vec<SortKey>, span: Span) -> Rows {
    let rows = rows.then(span, |input| {
        let schema = input.schema.clone();
        (RelationKind::Sort { input, keys }, schema)
    });
    Rows { ordered: true, serialized: true, ..rows }
}

fn taken(rows: Rows, count: Expr, span: Span) -> Rows {
    rows.then(span, |input| {
        let schema = input.schema.clone();
        (RelationKind::Take { input, count }, schema)
    })
}

/// The distinct values of the projection's columns: a grouping without aggregations.
fn distinct_rows(rows: Rows, projection: Projection, span: Span) -> Rows {
    let rows = projected(rows.unordered(), projection, span);
    // the projection's columns are the keys themselves
    let Rows { relation, .. } = rows;
    let (schema, kind) = (relation.schema, relation.kind);
    let kind = match kind {
        RelationKind::Project { input, columns } => {
            RelationKind::Summarize { input, keys: columns, aggregates: vec![] }
        }
        kind => kind,
    };
    Rows { relation: crate::plan::Relation { kind, schema, span }, ..rows }
}

/// The grouping with one aggregation more.
fn with_aggregate(mut rows: Rows, aggregate: Aggregate) -> Rows {
    let field = Field { name: aggregate.name.clone(), ty: aggregate.ty };
    if let RelationKind::Summarize { aggregates, .. } = &mut rows.relation.kind {
        aggregates.push(aggregate);
        let fields = rows.relation.schema.fields().iter().cloned().chain([field]);
        rows.relation.schema = Arc::new(Schema::new(fields));
    }
    rows
}
