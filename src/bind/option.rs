//! `set` and `restrict access`: what holds for the statements that follow.
//!
//! In: the statements as written. Out: settings of the binder. A property that means nothing on a machine of one's own is
//! told of by a warning, never passed over in silence.

use super::operator::column::project::wildcard_matches;
use super::scope::{Binding, Names, Rows};
use super::{Binder, coerce};
use crate::catalog::Table;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::plan::{Expr, RelationKind};
use crate::syntax::ast;
use crate::value::{Type, Value};
use std::rc::Rc;
use std::sync::Arc;

/// Kusto's request properties that are about a service: how it spreads work, caches, cuts answers off.
const OF_A_SERVICE: &[&str] = &[
    "best_effort",
    "client_max_redirect_count",
    "deferpartialqueryfailures",
    "materialized_view_shuffle",
    "max_memory_consumption_per_query_per_node",
    "maxmemoryconsumptionperiterator",
    "maxoutputcolumns",
    "norequesttimeout",
    "notruncation",
    "push_selection_through_aggregation",
    "query_cursor_after_default",
    "query_cursor_before_or_at_default",
    "query_cursor_current",
    "query_cursor_disabled",
    "query_cursor_scoped_tables",
    "query_datascope",
    "query_distribution_nodes_span",
    "query_fanout_nodes_percent",
    "query_fanout_threads_percent",
    "query_force_row_level_security",
    "query_language",
    "query_log_query_parameters",
    "query_max_entities_in_union",
    "query_optimize_fts_at_relop",
    "query_python_debug",
    "query_results_apply_getschema",
    "query_results_cache_force_refresh",
    "query_results_cache_max_age",
    "query_results_cache_per_shard",
    "query_results_progressive_row_count",
    "query_results_progressive_update_period",
    "query_weakconsistency_session_id",
    "queryconsistency",
    "request_app_name",
    "request_block_row_level_security",
    "request_callout_disabled",
    "request_description",
    "request_external_data_disabled",
    "request_external_table_disabled",
    "request_impersonation_disabled",
    "request_readonly",
    "request_remote_entities_disabled",
    "request_sandboxed_execution_disabled",
    "request_user",
    "results_progressive_enabled",
    "results_v2_fragment_primary_tables",
    "results_v2_newlines_between_frames",
    "servertimeout",
    "truncationmaxrecords",
    "truncationmaxsize",
    "validate_permissions",
];

/// The properties that hold here.
const HELD: [&str; 7] = [
    "query_now",
    "query_bin_auto_size",
    "query_bin_auto_at",
    "query_take_max_records",
    "query_datetimescope_from",
    "query_datetimescope_to",
    "query_datetimescope_column",
];

/// What `set` has set.
#[derive(Clone, Default)]
pub(super) struct Settings {
    /// Size and fixed point of `bin_auto`.
    pub(super) auto_bins: (Option<Expr>, Option<Expr>),
    /// At most so many rows of each result.
    most_rows: Option<Expr>,
    /// First and last time of the tables' rows.
    from: Option<Expr>,
    to: Option<Expr>,
    /// The column that the times are about; the table's time column unless set.
    column: Option<String>,
}

/// What `restrict access` leaves in sight; `None` is everything.
pub(super) type Sight = Option<Rc<[Visible]>>;

/// An entry of `restrict access to (...)`.
pub(super) enum Visible {
    /// A name or pattern: declared names, and tables unless it is a mere `*`.
    Named(Arc<str>),
    /// `database().pattern`: tables and saved functions.
    Kept(Arc<str>),
}

impl Binder<'_> {
    /// `set name = value`
    pub(super) fn set_option(&mut self, name: &ast::Name, value: Option<&ast::Expr>) {
        let option = name.text.to_lowercase();
        match (option.as_str(), value) {
            ("query_now" | "querynow", Some(value)) => {
                let now = self.time_option(value, "the time of the query");
                if let Some(ticks) = now.and_then(|e| e.as_literal().and_then(Value::as_ticks)) {
                    self.now = ticks;
                }
            }
            ("query_bin_auto_size", Some(value)) => {
                self.settings.auto_bins.0 = self.literal(value, "the size of bins");
            }
            ("query_bin_auto_at", Some(value)) => {
                self.settings.auto_bins.1 = self.literal(value, "the fixed point of bins");
            }
            ("query_take_max_records", Some(value)) => self.settings.most_rows = self.row_count(value),
            ("query_datetimescope_from", Some(value)) => {
                self.settings.from = self.time_option(value, "the first time");
            }
            ("query_datetimescope_to", Some(value)) => self.settings.to = self.time_option(value, "the last time"),
            ("query_datetimescope_column", Some(value)) => {
                let column = self.literal(value, "the name of a column");
                self.settings.column = column.and_then(|e| e.as_literal().and_then(Value::as_str).map(str::to_owned));
            }
            (option, None) if HELD.contains(&option) => {
                let message = format!("`set {}` needs a value", name.text);
                self.report(Diagnostic::error(Code::WrongValue, name.span, message));
            }
            (option, _) if OF_A_SERVICE.contains(&option) => {
                let message = format!("`set {}` has no effect here", name.text);
                self.report(Diagnostic::warning(Code::IgnoredHint, name.span, message));
            }
            (option, _) => {
                let near = nearest(option, HELD.iter().chain(OF_A_SERVICE).copied());
                let message = format!("`set {}` has no effect here: Kusto has no property of that name", name.text);
                self.report(Diagnostic::warning(Code::IgnoredHint, name.span, message).with_suggestion(near));
            }
        }
    }

    fn time_option(&mut self, value: &ast::Expr, what: &str) -> Option<Expr> {
        let bound = self.literal(value, what)?;
        let time = coerce::convert(bound, Type::Datetime).ok();
        match time.filter(|e| e.as_literal().and_then(Value::as_ticks).is_some()) {
            Some(time) => Some(time),
            None => self.refuse(Code::WrongType, value.span, format!("{what} is a datetime")),
        }
    }

    /// The rows of a result, as far as `query_take_max_records` lets them.
    pub(super) fn as_far_as_set(&mut self, rows: Rows) -> Rows {
        let span = rows.relation.span;
        match self.settings.most_rows.clone() {
            Some(count) if !rows.open => {
                let visualization = rows.visualization.clone();
                let cut = rows.then(span, |input| {
                    let schema = input.schema.clone();
                    (RelationKind::Take { input, count }, schema)
                });
                Rows { visualization, ..cut }
            }
            _ => rows,
        }
    }

    /// The rows of a table within the times that are set.
    pub(super) fn within_scope(&mut self, mut rows: Rows, table: &Table, span: Span) -> Rows {
        let column = self.settings.column.clone().or_else(|| table.time_column.as_deref().map(str::to_owned));
        let Some(field) = column.and_then(|name| table.schema.field(&name)) else { return rows };
        if field.ty != Type::Datetime {
            return rows;
        }
        let bounds = [(">=", self.settings.from.clone()), ("<=", self.settings.to.clone())];
        for (op, bound) in bounds.into_iter().filter_map(|(op, bound)| Some((op, bound?))) {
            let column = Expr::column(field.name.clone(), Type::Datetime, span);
            if let Some(predicate) = self.operator(op, op, vec![column, bound], span) {
                rows = rows.then(span, |input| {
                    let schema = input.schema.clone();
                    (RelationKind::Filter { input, predicate }, schema)
                });
            }
        }
        rows
    }

    /// `restrict access to (A, View*, database().T)`: what is not named is out of sight from here on. What was declared
    /// before still sees what it saw.
    pub(super) fn restrict(&mut self, items: &[ast::Expr]) {
        let mut visible = vec![];
        for item in items {
            match &item.kind {
                ast::ExprKind::Name(name) => visible.push(Visible::Named(name.text.clone())),
                ast::ExprKind::Star => visible.push(Visible::Named("*".into())),
                ast::ExprKind::Member { base, member } if self.is_table_path(base) => match &member.kind {
                    ast::ExprKind::Name(name) => visible.push(Visible::Kept(name.text.clone())),
                    ast::ExprKind::Star => visible.push(Visible::Kept("*".into())),
                    _ => self.not_an_entity(item.span),
                },
                _ => self.not_an_entity(item.span),
            }
        }
        let declared = |name: &str| visible.iter().any(|v| matches!(v, Visible::Named(p) if wildcard_matches(p, name)));
        let kept: Vec<(Arc<str>, Binding)> = self
            .names
            .iter()
            .filter(|(name, binding)| !matches!(binding, Binding::Table(_) | Binding::Function(_)) || declared(name))
            .map(|(name, binding)| (name.clone(), binding.clone()))
            .collect();
        self.names = kept.into_iter().rev().fold(Names::default(), |names, (name, b)| names.with(name, b));
        self.sight = Some(visible.into());
    }

    fn not_an_entity(&mut self, span: Span) {
        let message = "`restrict access` takes names of tables and of declared views";
        self.report(Diagnostic::error(Code::UnexpectedToken, span, message));
    }

    /// Whether a table or function of the catalog is in sight.
    pub(super) fn sees(&self, name: &str) -> bool {
        self.sight.as_ref().is_none_or(|visible| {
            visible.iter().any(|entry| match entry {
                Visible::Named(pattern) => &**pattern != "*" && wildcard_matches(pattern, name),
                Visible::Kept(pattern) => wildcard_matches(pattern, name),
            })
        })
    }
}
