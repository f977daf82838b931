//! `top-nested`: the best values of each level within those of the level above.
//!
//! Level by level the rows are split into those of the best values, which keep the value and its measure as columns of
//! their own, and the rest, which stays only where a level asks for `others`.

use crate::bind::Binder;
use crate::bind::coerce::assign;
use crate::bind::naming::{Projection, result_name};
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{ColumnName, Expr, JoinKind, Relation, RelationKind};
use crate::syntax::ast::{self, TopNestedLevel};
use crate::value::{Field, Schema, Type, Value};
use std::sync::Arc;

/// Tells the rows of the rest: the number of the level that left them, 0 for the others.
const REST: &str = "$rest";

/// The rows on their way through the levels.
struct Nest {
    /// Rows of the best values.
    kept: Rows,
    /// Rows left by a level.
    rest: Option<Rows>,
    /// Columns that tell partitions apart.
    outer: Vec<ColumnName>,
    /// The columns made so far, and what the result calls them: value and measure of each level.
    columns: Vec<(ColumnName, String)>,
}

impl Nest {
    /// The values of the levels so far.
    fn keys(&self) -> Vec<ColumnName> {
        let keys = self.columns.iter().step_by(2).map(|(name, _)| name.clone());
        self.outer.iter().cloned().chain(keys).collect()
    }
}

impl Binder<'_> {
    /// `top-nested 3 of a with others="x" by sum(b) desc, top-nested of c by max(d)`
    pub(in crate::bind::operator) fn top_nested(&mut self, rows: Rows, levels: &[TopNestedLevel], span: Span) -> Rows {
        let outer = rows.hidden.clone();
        let open = rows.open;
        let last = levels.iter().rposition(|level| level.others.is_some());
        let mut nest = Nest { kept: Rows { hidden: vec![], ..rows }, rest: None, outer, columns: vec![] };
        for (place, level) in levels.iter().enumerate() {
            match self.nested_level(nest, level, place, last.is_some_and(|last| place <= last), span) {
                Some(next) => nest = next,
                None => return Rows::unknown(span),
            }
        }
        if open { Rows::unknown(span) } else { nested_result(nest, span) }
    }

    fn nested_level(
        &mut self,
        nest: Nest,
        level: &TopNestedLevel,
        place: usize,
        with_rest: bool,
        span: Span,
    ) -> Option<Nest> {
        let key = self.over(&nest.kept, |b| b.scalar(unnamed(&level.of)))?;
        if key.ty == Type::Dynamic {
            let diagnostic = Diagnostic::error(Code::WrongType, key.span, "rows cannot be grouped by a `dynamic`");
            self.report(diagnostic.with_help("convert it, for example with `tostring()`"));
            return None;
        }
        let (name, measure) = (column_name("$key", place), column_name("$value", place));
        let shown = result_name(&level.of).unwrap_or_else(|| format!("Column{}", place + 1));
        let shown_measure = match &level.by.expr.kind {
            ast::ExprKind::Named { names, .. } => names.first().map(|n| n.text.to_string()),
            _ => None,
        };
        let shown_measure = shown_measure.unwrap_or_else(|| format!("aggregated_{shown}"));
        let parents = nest.keys();
        let kept = with(nest.kept, &name, key.clone(), span);
        let kept = self.shared(kept, span);
        let grouped = self.measured(&kept, &parents, Some(&name), &measure, level, span)?;
        let ranked = match &level.count {
            Some(count) => {
                let count = self.row_count(count)?;
                let by = ast::SortKey { expr: column(&measure, span), ..level.by.clone() };
                let sorted = self.sort(grouped, &[by], span);
                let first = self.first_rows(sorted, count, span);
                self.shared(first, span)
            }
            None => grouped,
        };
        let on: Vec<ColumnName> = parents.iter().cloned().chain([name.clone()]).collect();
        let best = matched(kept.clone(), &ranked, &on, JoinKind::Inner, Some(&measure), span);
        let rest = match with_rest {
            true => {
                let left = matched(kept, &ranked, &on, JoinKind::LeftAnti, None, span);
                let number = Expr::literal(Value::Long(i64::try_from(place).ok()? + 1), Type::Long, span);
                let left = with(left, &REST.into(), number, span);
                let types = (key.ty, ranked.schema().field(&measure).map_or(Type::Long, |f| f.ty));
                Some(self.nested_rest(left, nest.rest, &parents, (&name, &measure), types, level, span)?)
            }
            // what an earlier level told as its others stays a row, with nothing to say here
            false => nest.rest.map(|before| {
                let measured = ranked.schema().field(&measure).map_or(Type::Long, |f| f.ty);
                let named = with(before, &name, Expr::literal(Value::missing(key.ty), key.ty, span), span);
                with(named, &measure, Expr::literal(Value::missing(measured), measured, span), span)
            }),
        };
        let mut columns = nest.columns;
        columns.extend([(name, shown), (measure, shown_measure)]);
        Some(Nest { kept: best, rest, outer: nest.outer, columns })
    }

    /// The rest of a level: what it left and what those before it left, with the value that stands for it and its measure.
    #[expect(clippy::too_many_arguments, reason = "the two halves of one level")]
    fn nested_rest(
        &mut self,
        left: Rows,
        before: Option<Rows>,
        parents: &[ColumnName],
        (name, measure): (&ColumnName, &ColumnName),
        (key, value): (Type, Type),
        level: &TopNestedLevel,
        span: Span,
    ) -> Option<Rows> {
        let others = match &level.others {
            Some(others) => {
                let constant = self.constant(others, "the value for others")?;
                self.ok(assign(constant, key, "the value for others"))?
            }
            None => Expr::literal(Value::missing(key), key, span),
        };
        let parts = std::iter::once(left).chain(before).map(|rows| with(rows, name, others.clone(), span));
        let rest = self.shared(united(parts.collect(), span)?, span);
        if level.others.is_none() {
            return Some(with(rest, measure, Expr::literal(Value::missing(value), value, span), span));
        }
        let on: Vec<ColumnName> = parents.iter().cloned().chain([name.clone(), REST.into()]).collect();
        let measured = self.measured(&rest, &on, None, measure, level, span)?;
        Some(matched(rest, &measured, &on, JoinKind::Inner, Some(measure), span))
    }

    /// The measure of each group: of each value of a column within the parents.
    fn measured(
        &mut self,
        rows: &Rows,
        parents: &[ColumnName],
        key: Option<&ColumnName>,
        measure: &ColumnName,
        level: &TopNestedLevel,
        span: Span,
    ) -> Option<Rows> {
        let name = ast::Name { text: measure.clone(), span, quoted: true };
        let value = Box::new(unnamed(&level.by.expr).clone());
        let aggregate = ast::Expr { kind: ast::ExprKind::Named { names: vec![name], value }, span: level.by.expr.span };
        let keys = key.map(|key| column(key, span)).into_iter().collect();
        let summarize = ast::Summarize { parameters: vec![], aggregates: vec![aggregate], by: Some(span), keys };
        let rows = Rows { hidden: parents.to_vec(), ..rows.clone() };
        let measured = self.summarize(rows, &summarize, span);
        (!measured.open && measured.poisoned.is_empty()).then_some(measured)
    }
}

fn column_name(prefix: &str, place: usize) -> ColumnName {
    format!("{prefix}{place}").into()
}

fn column(name: &ColumnName, span: Span) -> ast::Expr {
    ast::Expr { kind: ast::ExprKind::Name(ast::Name { text: name.clone(), span, quoted: true }), span }
}

/// The expression without the name before it.
fn unnamed(expr: &ast::Expr) -> &ast::Expr {
    match &expr.kind {
        ast::ExprKind::Named { value, .. } => value,
        _ => expr,
    }
}

/// The rows with a column set.
fn with(rows: Rows, name: &ColumnName, value: Expr, span: Span) -> Rows {
    let field = Field { name: name.clone(), ty: value.ty };
    let own = rows.schema().fields().iter().map(|f| if f.name == field.name { field.clone() } else { f.clone() });
    let mut fields: Vec<Field> = own.collect();
    if !fields.iter().any(|f| f.name == field.name) {
        fields.push(field);
    }
    let (schema, columns) = (Arc::new(Schema::new(fields)), vec![(name.clone(), value)]);
    rows.then(span, |input| (RelationKind::Extend { input, columns }, schema))
}

/// The rows that have, or have not, a group of equal keys, with the group's measure.
fn matched(
    left: Rows,
    right: &Rows,
    on: &[ColumnName],
    kind: JoinKind,
    measure: Option<&ColumnName>,
    span: Span,
) -> Rows {
    let side = |rows: &Rows, name: &ColumnName| {
        let ty = rows.schema().field(name).map_or(Type::Dynamic, |f| f.ty);
        Expr::column(name.clone(), ty, span)
    };
    let keys = on.iter().map(|name| (side(&left, name), side(right, name))).collect();
    let right_columns = measure.map(|m| (m.clone(), m.clone())).into_iter().collect();
    let new = measure.and_then(|m| right.schema().field(m)).cloned();
    let schema = Arc::new(Schema::new(left.schema().fields().iter().cloned().chain(new)));
    let right = Box::new(right.relation.clone());
    left.then(span, |left| (RelationKind::Join { left, right, kind, keys, right_columns }, schema))
}

/// All rows, by the columns of the first.
fn united(parts: Vec<Rows>, span: Span) -> Option<Rows> {
    let first = parts.first()?.clone();
    let columns = first.columns(span);
    let project = |rows: Rows| {
        let kind = RelationKind::Project { input: Box::new(rows.relation), columns: columns.clone() };
        Relation { kind, schema: first.schema().clone(), span }
    };
    let inputs: Vec<Relation> = parts.into_iter().map(project).collect();
    let relation = Relation { kind: RelationKind::Union { inputs }, schema: first.schema().clone(), span };
    Some(Rows { relation, ..first })
}

/// A row for each combination of values, under the names that were asked for.
fn nested_result(nest: Nest, span: Span) -> Rows {
    let zero = Expr::literal(Value::Long(0), Type::Long, span);
    let kept = with(nest.kept, &REST.into(), zero, span);
    let names: Vec<ColumnName> = nest.columns.iter().map(|(name, _)| name.clone()).chain([REST.into()]).collect();
    let part = |rows: Rows| {
        let all = rows.columns(span);
        let find = |name: &ColumnName| all.iter().find(|(n, _)| n == name).cloned();
        let columns: Vec<(ColumnName, Expr)> = nest.outer.iter().chain(&names).filter_map(find).collect();
        let schema = Arc::new(crate::bind::naming::schema_of(&columns));
        rows.then(span, |input| (RelationKind::Project { input, columns }, schema))
    };
    let parts: Vec<Rows> = std::iter::once(kept).chain(nest.rest).map(part).collect();
    let Some(all) = united(parts, span) else { return Rows::unknown(span) };
    let keys = all.columns(span);
    let schema = all.schema().clone();
    let distinct = all.then(span, |input| (RelationKind::Summarize { input, keys, aggregates: vec![] }, schema));
    let mut projection = Projection::default();
    for (name, value) in distinct.columns(span) {
        let shown = nest.columns.iter().find(|(n, _)| *n == name).map(|(_, shown)| shown.as_str());
        match shown {
            Some(shown) => drop(projection.add(shown, Some(value), false)),
            None if nest.outer.contains(&name) => drop(projection.add(&name, Some(value), false)),
            None => {}
        }
    }
    let columns: Vec<(ColumnName, Expr)> = projection.into_columns().into_iter().map(|c| c.into_pair()).collect();
    let schema = Arc::new(crate::bind::naming::schema_of(&columns));
    let result = distinct.then(span, |input| (RelationKind::Project { input, columns }, schema));
    Rows { hidden: nest.outer, origin: None, poisoned: vec![], ..result.unordered() }
}
