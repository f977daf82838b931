//! `summarize`: group keys, aggregations, and expressions over them.

use super::aggregate::Draft;
use crate::bind::Binder;
use crate::bind::naming::{Projected, Projection, result_name, schema_of};
use crate::bind::operator::project::Style;
use crate::bind::scope::{Aggregation, Rows};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::library;
use crate::plan::{Aggregate, ColumnName, Expr, ExprKind, RelationKind};
use crate::syntax::ast;
use crate::value::{Field, Schema, Type, Value};
use std::sync::Arc;

/// The columns of a `summarize` in the making.
#[derive(Default)]
struct Grouping {
    keys: Vec<(ColumnName, Expr)>,
    aggregates: Vec<Aggregate>,
    /// Names of all result columns, keys first.
    names: Projection,
    /// Set when a result is an expression over aggregations: then a projection follows.
    computed: bool,
}

impl Binder<'_> {
    /// `summarize aggregates by keys`
    pub(in crate::bind::operator) fn summarize(&mut self, rows: Rows, summarize: &ast::Summarize, span: Span) -> Rows {
        self.hints(&summarize.parameters);
        let scope = self.row_scope(vec![rows.side()], false);
        let (grouping, _) = self.in_row(scope, |b| b.grouping(summarize));
        grouped(rows, grouping, span)
    }

    fn grouping(&mut self, summarize: &ast::Summarize) -> Grouping {
        let mut grouping = Grouping::default();
        self.project_items(&mut grouping.names, &summarize.keys, Style::Project);
        let keys = std::mem::take(&mut grouping.names).into_columns();
        for key in keys {
            self.check_key(&key);
            let name = grouping.names.add(
                &key.name,
                key.value.as_ref().map(|v| Expr::column(key.name.clone(), v.ty, v.span)),
                false,
            );
            if let Some(value) = key.value {
                grouping.keys.push((name, value));
            }
        }
        if let Some(scope) = self.rows.last_mut() {
            scope.aggregation = Some(Aggregation { found: vec![], keys: grouping.keys.clone() });
        }
        for item in &summarize.aggregates {
            self.aggregate_item(&mut grouping, item);
        }
        grouping
    }

    fn check_key(&mut self, key: &Projected) {
        let Some(value) = &key.value else { return };
        // columns like `AdditionalFields` are texts to the portal, and grouped by their text
        let origin = self.rows.last().is_some_and(|r| r.sides.iter().any(|s| s.origin.is_some()));
        // a name behind rows of unknown columns is a null, which no group minds
        let nothing = value.as_literal().is_some_and(Value::is_null);
        let kept_as_text = nothing || (origin && matches!(value.kind, ExprKind::Column(_)));
        if value.ty == Type::Dynamic && !kept_as_text {
            let diagnostic = Diagnostic::error(Code::WrongType, value.span, "rows cannot be grouped by a `dynamic`");
            self.report(diagnostic.with_help("convert it, for example with `tostring()`"));
        }
    }

    /// One item: an aggregation, or an expression over some.
    fn aggregate_item(&mut self, grouping: &mut Grouping, item: &ast::Expr) {
        let (names, value) = match &item.kind {
            ast::ExprKind::Named { names, value } => (names.as_slice(), &**value),
            _ => (&[] as &[ast::Name], item),
        };
        match aggregation_call(value) {
            Some(call) => {
                let drafts = self.drafted(call, value.span);
                self.name_drafts(grouping, drafts, names, item);
            }
            None => self.computed_item(grouping, names, value),
        }
    }

    /// Gives the columns of aggregations their names: written ones first, then those they ask for.
    fn name_drafts(
        &mut self,
        grouping: &mut Grouping,
        drafts: Option<Vec<Draft>>,
        names: &[ast::Name],
        item: &ast::Expr,
    ) {
        let Some(drafts) = drafts else {
            for name in names {
                let declared = grouping.names.declare(&name.text, None, name.span, false);
                self.ok(declared);
            }
            if names.is_empty() {
                grouping.names.add(&result_name(item).unwrap_or_default(), None, false);
            }
            return;
        };
        let count: usize = drafts.iter().map(|d| d.columns.len()).sum();
        if let Some(extra) = names.get(count) {
            let message = format!("there are {count} values for {} names", names.len());
            self.report(Diagnostic::error(Code::WrongArgumentCount, extra.span, message));
        }
        let mut written = names.iter();
        for draft in drafts {
            let mut named = vec![];
            for column in &draft.columns {
                let name = match written.next() {
                    Some(name) => {
                        let declared = grouping.names.declare(&name.text, None, name.span, false);
                        self.ok(declared).unwrap_or_else(|| name.text.clone())
                    }
                    None => grouping.names.add(&column.name, None, false),
                };
                // now that the name is final, the column stands for itself
                let value = Expr::column(name.clone(), column.ty, draft.span);
                named.push(grouping.names.add(&name, Some(value), true));
            }
            grouping.aggregates.extend(draft.named(named));
        }
    }

    fn one_computed(&mut self, grouping: &mut Grouping, names: &[ast::Name], value: &ast::Expr) {
        let bound = self.scalar(value);
        match names {
            [] => {
                let name = result_name(value).unwrap_or_else(|| grouping.names.unnamed());
                grouping.names.add(&name, bound, false);
            }
            [name] => {
                let declared = grouping.names.declare(&name.text, bound, name.span, false);
                self.ok(declared);
            }
            [_, second, ..] => {
                let message = "there is one value for these names";
                self.report(Diagnostic::error(Code::WrongArgumentCount, second.span, message));
            }
        }
    }

    /// An expression over aggregations.
    fn computed_item(&mut self, grouping: &mut Grouping, names: &[ast::Name], value: &ast::Expr) {
        grouping.computed = true;
        match self.call_of_several(value) {
            Some(call) => self.add_results(&mut grouping.names, names, call, value.span, true),
            None => self.one_computed(grouping, names, value),
        }
        // what it reads is aggregated beside the others
        if let Some(aggregation) = self.rows.last().and_then(|r| r.aggregation.as_ref()) {
            for aggregate in &aggregation.found {
                if !grouping.aggregates.iter().any(|a| a.name == aggregate.name) {
                    grouping.aggregates.push(aggregate.clone());
                }
            }
        }
    }
}

/// The aggregation that an item is, if it is nothing else.
fn aggregation_call(value: &ast::Expr) -> Option<&ast::Call> {
    match &value.kind {
        ast::ExprKind::Call(call) if library::aggregate_function(&call.name.text).is_some() => Some(call),
        ast::ExprKind::Parenthesized(inner) => aggregation_call(inner),
        _ => None,
    }
}

/// The relation: the grouping, and a projection when results are computed from aggregations.
fn grouped(rows: Rows, grouping: Grouping, span: Span) -> Rows {
    let Grouping { mut keys, aggregates, names, computed } = grouping;
    // `*` over columns that are not known leaves out columns that are not known
    let open = rows.open || !rows.poisoned.is_empty();
    // the groups of one partition are none of another's
    let hidden = rows.hidden_columns(span);
    keys.extend(hidden.iter().cloned());
    let columns = names.into_columns();
    let poisoned: Vec<ColumnName> = columns.iter().filter(|c| c.value.is_none()).map(|c| c.name.clone()).collect();
    let schema = Arc::new(inner_schema(&keys, &aggregates));
    let rows = rows.unordered();
    let mut summed = rows.then(span, |input| (RelationKind::Summarize { input, keys, aggregates }, schema));
    if computed || !poisoned.is_empty() {
        let pairs: Vec<(ColumnName, Expr)> = columns.into_iter().map(Projected::into_pair).chain(hidden).collect();
        let schema = Arc::new(schema_of(&pairs));
        summed = summed.then(span, |input| (RelationKind::Project { input, columns: pairs }, schema));
    }
    Rows { poisoned, open, loose: false, ..summed }
}

/// The columns of the grouping itself.
fn inner_schema(keys: &[(ColumnName, Expr)], aggregates: &[Aggregate]) -> Schema {
    let keys = keys.iter().map(|(name, value)| Field { name: name.clone(), ty: value.ty });
    let results = aggregates.iter().flat_map(|a| {
        let more = a.more.iter().map(|(name, ty)| Field { name: name.clone(), ty: *ty });
        std::iter::once(Field { name: a.name.clone(), ty: a.ty }).chain(more)
    });
    Schema::new(keys.chain(results))
}
