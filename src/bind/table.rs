//! Tabular expressions: where rows come from, and pipelines.
//!
//! In: an expression as written. Out: bound rows; after an error, rows of unknown schema, so that what follows is silent.

use super::Binder;
use super::scope::{Binding, Found, Rows};
use crate::catalog::{FileLayout, Table, TableSource, device, portal};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::plan::{Expr, Relation, RelationKind, ScanBounds};
use crate::syntax::ast;
use crate::value::{Schema, Type, Value};
use std::rc::Rc;
use std::sync::Arc;

/// What an expression turned out to be: KQL does not tell by its syntax.
#[expect(clippy::large_enum_variant, reason = "made and taken apart at once")]
pub(super) enum Item {
    Scalar(Expr),
    Table(Rows),
}

impl Binder<'_> {
    /// A scalar or a table, whichever it is; nothing when it failed and its kind is not known.
    pub(super) fn item(&mut self, expr: &ast::Expr) -> Option<Item> {
        match &expr.kind {
            ast::ExprKind::Parenthesized(inner) => self.item(inner),
            ast::ExprKind::Pipeline(pipeline) => {
                let rows = self.pipeline(pipeline, expr.span);
                Some(Item::Table(self.one_result(rows, expr.span)))
            }
            ast::ExprKind::Name(name) => self.named_item(name),
            ast::ExprKind::Call(call) => self.call(call, expr.span),
            ast::ExprKind::Member { base, member } if self.is_table_path(base) => {
                Some(Item::Table(self.table_path(base, member, expr.span)))
            }
            _ => self.scalar(expr).map(Item::Scalar),
        }
    }

    /// What a statement asks for: a table, and with `fork` and its like further ones beside it.
    pub(super) fn results(&mut self, expr: &ast::Expr) -> Rows {
        match &expr.kind {
            ast::ExprKind::Parenthesized(inner) => self.results(inner),
            ast::ExprKind::Pipeline(pipeline) => self.without_columns(|b| b.pipeline(pipeline, expr.span)),
            _ => self.table(expr),
        }
    }

    /// Refuses several results where one table is needed.
    pub(super) fn one_result(&mut self, rows: Rows, span: Span) -> Rows {
        if rows.more.is_empty() {
            return rows;
        }
        let message = "this gives several tables, where one is needed";
        let help = "`fork`, `facet` and the like stand at the end of a statement of their own";
        self.report(Diagnostic::error(Code::NotTabular, span, message).with_help(help));
        Rows::unknown(span)
    }

    /// A table.
    pub(super) fn table(&mut self, expr: &ast::Expr) -> Rows {
        let rows = self.table_or_graph(expr);
        self.tabular(rows, expr.span)
    }

    /// The rows, unless they are a graph, which is reported.
    pub(super) fn tabular(&mut self, rows: Rows, span: Span) -> Rows {
        if rows.graph.is_none() {
            return rows;
        }
        let help = "`graph-match` finds patterns in it, `graph-to-table nodes` gives its nodes";
        let diagnostic = Diagnostic::error(Code::NotTabular, span, "a graph stands where a table is needed");
        self.report(diagnostic.with_help(help));
        Rows::unknown(span)
    }

    /// A table, or a graph.
    fn table_or_graph(&mut self, expr: &ast::Expr) -> Rows {
        // a table reads no column of the row around it, except through parameters
        let item = match &expr.kind {
            ast::ExprKind::Name(name) => self.without_columns(|b| b.named_item(name)),
            _ => self.without_columns(|b| b.item(expr)),
        };
        match item {
            Some(Item::Table(rows)) => rows,
            Some(Item::Scalar(_)) => {
                let message = "a single value stands where a table is needed";
                let help = "`print` makes a table of a value";
                self.report(Diagnostic::error(Code::NotTabular, expr.span, message).with_help(help));
                Rows::unknown(expr.span)
            }
            None => Rows::unknown(expr.span),
        }
    }

    /// Does something where the columns in sight are hidden, parameters that read them apart.
    fn without_columns<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        match self.rows.last().cloned() {
            Some(scope) => {
                let hidden = super::RowScope { visible: false, aggregation: None, windows: vec![], ..scope };
                self.in_row(hidden, run).0
            }
            None => run(self),
        }
    }

    fn named_item(&mut self, name: &ast::Name) -> Option<Item> {
        match self.column(&name.text, name.span) {
            Found::Column(column) => return Some(Item::Scalar(column)),
            Found::Silent => return None,
            Found::Nothing => {}
        }
        match self.names.find(&name.text).cloned() {
            Some(Binding::Table(rows)) => Some(Item::Table(relocated(&rows, name.span))),
            Some(Binding::Function(_)) => {
                let call = ast::Call { name: name.clone(), arguments: vec![], arguments_span: name.span.after() };
                self.call(&call, name.span)
            }
            Some(_) => {
                let expr = ast::Expr { kind: ast::ExprKind::Name(name.clone()), span: name.span };
                self.scalar(&expr).map(Item::Scalar)
            }
            None => self.catalog_item(name),
        }
    }

    fn catalog_item(&mut self, name: &ast::Name) -> Option<Item> {
        if !self.sees(&name.text) {
            let message = format!("`{}` is out of sight here: `restrict access` does not name it", name.text);
            return self.refuse(Code::UnknownTable, name.span, message);
        }
        match self.env.catalog.table(&name.text) {
            Ok(Some(table)) => Some(Item::Table(self.scan(&table, &name.text, name.span))),
            Ok(None) if self.env.legacy_names && device::gone_table(&name.text).is_some() => self.gone_table(name),
            Ok(None) if self.is_outside(name) => {
                let call = ast::Call { name: name.clone(), arguments: vec![], arguments_span: name.span.after() };
                self.call(&call, name.span)
            }
            Ok(None) => {
                self.unknown_table(name);
                None
            }
            Err(diagnostic) => {
                self.report(Diagnostic { span: diagnostic.span.or(Some(name.span)), ..diagnostic });
                None
            }
        }
    }

    /// Reports a table that there is not.
    pub(super) fn unknown_table(&mut self, name: &ast::Name) {
        let tables = self.env.catalog.names();
        let declared: Vec<&str> = self.names.iter().map(|(n, _)| &**n).collect();
        let near = nearest(&name.text, tables.iter().map(|t| &**t).chain(declared)).map(str::to_owned);
        let near = near.or_else(|| self.near_function(&name.text, false));
        let diagnostic = Diagnostic::error(Code::UnknownTable, name.span, format!("no table `{}`", name.text));
        self.report(match device::gone_table(&name.text) {
            Some(today) => diagnostic.with_help(format!("it is gone; today {today}, and `--legacy-names` reads it so")),
            None => diagnostic.with_suggestion(near.as_deref()),
        });
    }

    /// A table of old that today's tables answer for.
    fn gone_table(&mut self, name: &ast::Name) -> Option<Item> {
        let function = portal::gone_table(&name.text).and_then(|text| self.read_function(&text))?;
        let call = ast::Call { name: name.clone(), arguments: vec![], arguments_span: name.span.after() };
        self.call_declared(&function, &call, None, name.span)
    }

    /// Tells of a name that was another one's before, unless old names are asked for.
    pub(super) fn old_name(&mut self, old: &str, today: &str, span: Span) {
        if self.env.legacy_names {
            return;
        }
        let message = format!("`{old}` is the old name of `{today}`");
        self.report(Diagnostic::warning(Code::Deprecated, span, message).with_help(format!("write `{today}`")));
    }

    /// All rows of a catalog table, within the portal's time range.
    pub(super) fn scan(&mut self, table: &Arc<Table>, written: &str, span: Span) -> Rows {
        if device::resolve_alias(written).is_some_and(|today| today == &*table.name) {
            self.old_name(written, &table.name, span);
        }
        let kind = RelationKind::Scan { table: table.clone(), bounds: ScanBounds::default() };
        let shown = table.schema.fields().iter().filter(|f| self.shows(table, &f.name)).cloned();
        let mut rows = Rows::new(Relation::new(kind, Schema::new(shown), span));
        rows.origin = Some(table.clone());
        rows.source = Some(written.into());
        if let (Some(range), Some(time)) = (self.env.time_range, &table.time_column) {
            rows = self.since(rows, time, self.now.saturating_sub(range), span);
        }
        self.within_scope(rows, table, span)
    }

    /// Whether a column of the mirror is there without being named. Tables of both portals have the columns of both, so
    /// that a query of either runs; but `*` and results show what the portals agree on, as each of them would.
    fn shows(&self, table: &Table, column: &Arc<str>) -> bool {
        let mirrored = matches!(table.source, TableSource::Files { layout: FileLayout::Mirror, .. });
        let known = device::known_table(&table.name).filter(|known| mirrored && known.portals.both());
        let Some(known) = known else { return true };
        let twin = &**column == "TimeGenerated" && table.time_column.as_deref() != Some("TimeGenerated");
        let quiet = twin || known.column(column).is_some_and(|c| !c.portals.both());
        !quiet || self.mentioned.contains(column)
    }

    fn since(&mut self, rows: Rows, time: &Arc<str>, from: i64, span: Span) -> Rows {
        let column = Expr::column(time.clone(), Type::Datetime, span);
        let bound = Expr::literal(Value::Datetime(from), Type::Datetime, span);
        match self.operator(">=", ">=", vec![column, bound], span) {
            Some(predicate) => rows.then(span, |input| {
                let schema = input.schema.clone();
                (RelationKind::Filter { input, predicate }, schema)
            }),
            None => rows,
        }
    }

    /// A source and its operators.
    pub(super) fn pipeline(&mut self, pipeline: &ast::Pipeline, _span: Span) -> Rows {
        let rows = match &pipeline.source {
            ast::Source::Expr(expr) => self.table_or_graph(expr),
            ast::Source::Operator(operator) => self.without_columns(|b| b.source_operator(operator)),
        };
        self.operators(rows, &pipeline.operators)
    }

    /// Operators one after the other.
    pub(super) fn operators(&mut self, mut rows: Rows, operators: &[ast::Operator]) -> Rows {
        for operator in operators {
            rows = self.one_result(rows, operator.span);
            rows = self.operator_over(rows, operator);
        }
        rows
    }

    /// Computed once, however often it is read.
    pub(super) fn shared(&mut self, rows: Rows, span: Span) -> Rows {
        if rows.open {
            return rows;
        }
        let id = self.shared_id();
        rows.then(span, |input| {
            let schema = input.schema.clone();
            (RelationKind::Shared { id, input }, schema)
        })
    }

    /// `toscalar(T)`: the first cell.
    pub(super) fn first_cell(&mut self, argument: &ast::Expr, span: Span) -> Option<Expr> {
        let item = match self.without_columns(|b| b.item(argument))? {
            // a scalar is its own first cell
            Item::Scalar(value) => return Some(value),
            Item::Table(rows) => self.tabular(rows, argument.span),
        };
        if item.open {
            return None;
        }
        let rows = self.shared(item, span);
        let Some(field) = rows.schema().fields().first().cloned() else {
            return self.refuse(Code::NotScalar, argument.span, "the table has no column");
        };
        Some(Expr { kind: crate::plan::ExprKind::Scalar(Box::new(rows.relation)), ty: field.ty, span })
    }
}

/// A declared table where it is used: its errors and its source belong to the place of use.
fn relocated(rows: &Rc<Rows>, span: Span) -> Rows {
    let mut rows = (**rows).clone();
    rows.relation.span = span;
    rows
}

/// A text literal's text.
pub(super) fn text_literal(expr: &ast::Expr) -> Option<String> {
    match &expr.kind {
        ast::ExprKind::Literal(literal) => literal.value.as_str().map(str::to_owned),
        ast::ExprKind::Parenthesized(inner) => text_literal(inner),
        _ => None,
    }
}
