//! Query operators, a file for each family.
//!
//! In: bound rows and an operator as written. Out: the next rows. An operator that is valid and not built is refused by its
//! name; the rows behind it are of unknown schema.

pub(super) mod column;
mod combine;
mod evaluate;
mod expand;
mod graph;
mod group;
mod render;
mod row;
mod scan;
mod source;
mod whole;

use super::Binder;
use super::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::syntax::ast::{self, OperatorKind as K, OperatorParameter};
use column::project;
pub(super) use expand::with_column;

impl Binder<'_> {
    /// An operator at the head of a pipeline.
    pub(super) fn source_operator(&mut self, operator: &ast::Operator) -> Rows {
        let span = operator.span;
        match &operator.kind {
            K::Print { columns } => self.print(columns, span),
            K::Range { name, from, to, step } => self.range(name, [from, to, step], span),
            K::Datatable { columns, values } => self.datatable(columns, values, span),
            K::Union { parameters, tables } => self.union(None, parameters, tables, span),
            K::ExternalData { columns, uris, properties } => self.external(columns, uris, properties, operator.keyword),
            K::Missing => Rows::unknown(span),
            K::Find(find) => self.find(find, span),
            K::Search { parameters, tables, predicate } => self.search(None, parameters, tables, predicate, span),
            K::Evaluate { parameters, call, schema } => self.evaluate(None, parameters, call, schema.as_ref(), span),
            K::MacroExpand { parameters, group, alias, body } => {
                self.macro_expand(parameters, group, alias, body, span)
            }
            _ => {
                let message = format!("`{}` needs a table before it", operator_name(&operator.kind));
                self.report(Diagnostic::error(Code::NotTabular, operator.keyword, message));
                Rows::unknown(span)
            }
        }
    }

    /// An operator over rows.
    pub(super) fn operator_over(&mut self, rows: Rows, operator: &ast::Operator) -> Rows {
        let span = operator.span;
        if !rows.hidden.is_empty() && !works_by_partition(&operator.kind) {
            let name = operator_name(&operator.kind);
            let message = format!("the operator `{name}` inside of `mv-apply` and `partition` is not built yet");
            self.report(Diagnostic::error(Code::NotBuiltYet, operator.keyword, message));
            return Rows::unknown(span);
        }
        if !rows.more.is_empty() {
            let message = "nothing can follow an operator that gives several tables";
            self.report(Diagnostic::error(Code::UnexpectedToken, operator.keyword, message));
            return Rows::unknown(span);
        }
        if rows.graph.is_some() && !matches!(operator.kind, K::Graph(_) | K::Missing) {
            return self.over_graph(&operator.kind, operator.keyword, span);
        }
        let names_rows = matches!(operator.kind, K::As { .. });
        let rows = match &operator.kind {
            K::Where { parameters, predicate } => {
                self.hints(parameters);
                self.filter(rows, predicate, span)
            }
            K::Project { columns } => self.project(rows, columns, span),
            K::ProjectAway { columns } => self.project_away(rows, columns, span),
            K::ProjectKeep { columns } => self.project_keep(rows, columns, span),
            K::ProjectRename { columns } => self.project_rename(rows, columns, span),
            K::ProjectReorder { columns } => self.project_reorder(rows, columns, span),
            K::ProjectByNames { columns } => self.project_by_names(rows, columns, span),
            K::Extend { columns } => self.extend(rows, columns, span),
            K::Serialize { columns } => self.serialize(rows, columns, span),
            K::Summarize(summarize) => self.summarize(rows, summarize, span),
            K::MakeSeries(series) => self.make_series(rows, series, span),
            K::Distinct { parameters, columns } => {
                self.hints(parameters);
                self.distinct(rows, columns, span)
            }
            K::Count { name } => self.count(rows, name.as_ref(), span),
            K::Sort { parameters, keys } => {
                self.hints(parameters);
                self.sort(rows, keys, span)
            }
            K::Top { parameters, count, by } => {
                self.hints(parameters);
                self.top(rows, count, by, span)
            }
            K::Take { parameters, count } => {
                self.hints(parameters);
                self.take(rows, count, span)
            }
            K::TopHitters { count, of, by } => self.top_hitters(rows, count, of, by.as_ref(), span),
            K::TopNested { levels } => self.top_nested(rows, levels, span),
            K::Sample { count } => self.sample(rows, count, span),
            K::Consume { parameters } => self.consume(rows, parameters, span),
            K::Reduce { parameters, by, with } => self.reduce(rows, parameters, by, with, span),
            K::ParseKv { value, columns, properties } => self.parse_kv(rows, value, columns, properties, span),
            K::Fork { branches } => self.fork(rows, branches, span),
            K::Facet { columns, with } => self.facet(rows, columns, with.as_deref(), span),
            K::SampleDistinct { count, of } => self.sample_distinct(rows, count, of, span),
            K::Union { parameters, tables } => self.union(Some(rows), parameters, tables, span),
            K::Join(join) => self.join(rows, join, span),
            K::Search { parameters, tables, predicate } => self.search(Some(rows), parameters, tables, predicate, span),
            K::MvExpand(expand) if expand.apply.is_none() => self.mv_expand(rows, expand, span),
            K::MvExpand(expand) => self.mv_apply(rows, expand, span),
            K::Partition { parameters, by, body } => self.partition(rows, parameters, by, body, span),
            K::Parse(parse) => self.parse(rows, parse, span),
            K::Graph(graph) => self.graph_operator(rows, graph, operator.keyword, span),
            K::Scan(scan) => self.scan_steps(rows, scan, span),
            K::Render { kind, properties } => self.render(rows, kind.as_ref(), properties),
            K::As { parameters, name } => {
                self.hints(parameters);
                self.name_rows(rows, name, span)
            }
            K::GetSchema => self.getschema(rows, span),
            K::Invoke { call } => self.invoke(rows, call, span),
            K::AssertSchema { columns } => self.assert_schema(rows, columns, operator.keyword),
            K::Evaluate { parameters, call, schema } => {
                self.evaluate(Some(rows), parameters, call, schema.as_ref(), span)
            }
            K::Missing => Rows::unknown(span),
            _ => {
                self.not_built(operator);
                Rows::unknown(span)
            }
        };
        if names_rows { rows } else { Rows { source: None, ..rows } }
    }

    /// Refuses an operator by its name.
    fn not_built(&mut self, operator: &ast::Operator) -> Rows {
        let name = operator_name(&operator.kind);
        let message = format!("the operator `{name}` is not built yet");
        self.report(Diagnostic::error(Code::NotBuiltYet, operator.keyword, message));
        Rows::unknown(operator.span)
    }

    /// Parameters of an operator that knows hints only.
    fn hints(&mut self, parameters: &[OperatorParameter]) {
        self.parameters(parameters, &[]);
    }

    /// The values of the known parameters, in their order; hints are left, anything else is refused.
    fn parameters<const N: usize>(
        &mut self,
        parameters: &[OperatorParameter],
        known: &[&str; N],
    ) -> [Option<OperatorParameter>; N] {
        let mut values = [const { None }; N];
        for parameter in parameters {
            let name = &*parameter.name.text;
            let place = known.iter().position(|k| *k == name);
            if let Some(slot) = place.and_then(|p| values.get_mut(p)) {
                *slot = Some(parameter.clone());
            } else if !is_hint(name) {
                let near = nearest(name, known.iter().copied());
                let message = format!("no parameter `{name}` here");
                self.report(Diagnostic::error(Code::BadParameter, parameter.name.span, message).with_suggestion(near));
            }
        }
        values
    }

    /// A count of rows: a constant `long` that is not negative.
    pub(in crate::bind) fn row_count(&mut self, count: &ast::Expr) -> Option<crate::plan::Expr> {
        let bound = self.constant(count, "a number of rows")?;
        let bound = self.ok(super::coerce::assign(bound, crate::value::Type::Long, "a number of rows"))?;
        if bound.as_literal().is_some_and(|v| v.as_i64().is_none_or(|n| n < 0)) {
            return self.refuse(Code::WrongValue, count.span, "a number of rows cannot be negative");
        }
        Some(bound)
    }
}

/// Operators that treat each partition for itself.
const fn works_by_partition(kind: &K) -> bool {
    matches!(
        kind,
        K::Where { .. }
            | K::Project { .. }
            | K::ProjectAway { .. }
            | K::ProjectKeep { .. }
            | K::ProjectRename { .. }
            | K::ProjectReorder { .. }
            | K::Extend { .. }
            | K::Summarize(_)
            | K::Distinct { .. }
            | K::Count { .. }
            | K::Sort { .. }
            | K::Top { .. }
            | K::Take { .. }
            | K::Sample { .. }
            | K::SampleDistinct { .. }
            | K::Serialize { .. }
            | K::TopHitters { .. }
            | K::TopNested { .. }
            | K::ParseKv { .. }
            | K::MvExpand(_)
            | K::Parse(_)
            | K::Scan(_)
            | K::Missing
    )
}

/// Parameters that tell an engine how, not what.
fn is_hint(name: &str) -> bool {
    name.starts_with("hint.") || matches!(name, "bestEffort" | "decodeblocks")
}

/// The text of a parameter's value: a name or a literal.
fn parameter_text(parameter: &OperatorParameter) -> String {
    match &parameter.value.kind {
        ast::ExprKind::Name(name) => name.text.to_string(),
        ast::ExprKind::Literal(literal) => {
            literal.value.as_str().map_or_else(|| literal.text.to_string(), str::to_owned)
        }
        _ => String::new(),
    }
}

/// The value's place of a parameter.
fn parameter_span(parameter: &OperatorParameter) -> Span {
    parameter.value.span
}

/// The name of an operator, for messages.
fn operator_name(kind: &K) -> String {
    let name = match kind {
        K::As { .. } => "as",
        K::AssertSchema { .. } => "assert-schema",
        K::Consume { .. } => "consume",
        K::Count { .. } => "count",
        K::Datatable { .. } => "datatable",
        K::Distinct { .. } => "distinct",
        K::Evaluate { call, .. } => return evaluate_name(call),
        K::Extend { .. } => "extend",
        K::ExternalData { .. } => "externaldata",
        K::Facet { .. } => "facet",
        K::Find(_) => "find",
        K::Fork { .. } => "fork",
        K::GetSchema => "getschema",
        K::Graph(graph) => return graph.operator.clone(),
        K::Invoke { .. } => "invoke",
        K::Join(join) => {
            if join.lookup {
                "lookup"
            } else {
                "join"
            }
        }
        K::MacroExpand { .. } => "macro-expand",
        K::MakeSeries(_) => "make-series",
        K::MvExpand(expand) => {
            if expand.apply.is_some() {
                "mv-apply"
            } else {
                "mv-expand"
            }
        }
        K::Parse(parse) => {
            if parse.filter {
                "parse-where"
            } else {
                "parse"
            }
        }
        K::ParseKv { .. } => "parse-kv",
        K::Partition { .. } => "partition",
        K::Print { .. } => "print",
        K::Project { .. } => "project",
        K::ProjectAway { .. } => "project-away",
        K::ProjectKeep { .. } => "project-keep",
        K::ProjectRename { .. } => "project-rename",
        K::ProjectReorder { .. } => "project-reorder",
        K::ProjectByNames { .. } => "project-by-names",
        K::Range { .. } => "range",
        K::Reduce { .. } => "reduce",
        K::Render { .. } => "render",
        K::Sample { .. } => "sample",
        K::SampleDistinct { .. } => "sample-distinct",
        K::Scan(_) => "scan",
        K::Search { .. } => "search",
        K::Serialize { .. } => "serialize",
        K::Sort { .. } => "sort",
        K::Summarize(_) => "summarize",
        K::Take { .. } => "take",
        K::Top { .. } => "top",
        K::TopHitters { .. } => "top-hitters",
        K::TopNested { .. } => "top-nested",
        K::Union { .. } => "union",
        K::Where { .. } => "where",
        K::Missing => "?",
    };
    name.to_owned()
}

fn evaluate_name(call: &ast::Expr) -> String {
    match &call.kind {
        ast::ExprKind::Call(call) => format!("evaluate {}", call.name.text),
        _ => "evaluate".to_owned(),
    }
}
