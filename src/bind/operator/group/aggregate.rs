//! Aggregations: a call of an aggregation function to the plan's aggregates.
//!
//! In: the call as written. Out: one aggregate for most; for `take_any(a, b)` one for each, for `arg_max` and `percentiles`
//! one with several result columns.

use crate::bind::Binder;
use crate::bind::coerce::resolve;
use crate::bind::naming::{prefixed, result_name};
use crate::bind::scope::RowScope;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::library::{self, AggregateFunction};
use crate::plan::{Aggregate, ColumnName, Expr, ExprKind};
use crate::syntax::ast;
use crate::value::{Json, Type, Value};

/// A result column of an aggregation: the name it asks for, and whether it is an input column by its own name.
pub(in crate::bind::operator) struct Wanted {
    pub(in crate::bind::operator) name: String,
    pub(in crate::bind::operator) ty: Type,
}

/// An aggregation whose columns have no final names yet.
pub(in crate::bind::operator) struct Draft {
    pub(in crate::bind::operator) function: &'static AggregateFunction,
    pub(in crate::bind::operator) arguments: Vec<Expr>,
    pub(in crate::bind::operator) columns: Vec<Wanted>,
    pub(in crate::bind::operator) span: Span,
}

impl Draft {
    /// The aggregation with its final names, one for each of its columns.
    pub(in crate::bind::operator) fn named(self, names: Vec<ColumnName>) -> Option<Aggregate> {
        let mut columns = names.into_iter().zip(self.columns.iter().map(|c| c.ty));
        let (name, ty) = columns.next()?;
        let more = columns.collect();
        Some(Aggregate { name, function: self.function, arguments: self.arguments, more, ty, span: self.span })
    }
}

impl Binder<'_> {
    /// An aggregation with a name of the binder's choice.
    pub(in crate::bind::operator) fn plain_aggregate(
        &mut self,
        function: &str,
        name: ColumnName,
        arguments: Vec<Expr>,
        span: Span,
    ) -> Option<Aggregate> {
        let Some(found) = library::aggregate_function(function) else {
            return self.refuse(
                Code::NotBuiltYet,
                span,
                format!("the aggregation function `{function}` is not built yet"),
            );
        };
        let resolved = self.ok(resolve(function, found.signatures, arguments, span))?;
        Some(Aggregate { name, function: found, arguments: resolved.arguments, more: vec![], ty: resolved.ty, span })
    }

    /// The aggregations of a call. Its arguments are bound without aggregations in sight.
    pub(in crate::bind::operator) fn draft(&mut self, call: &ast::Call, span: Span) -> Option<Vec<Draft>> {
        let function = library::aggregate_function(&call.name.text)?;
        match function.name {
            "arg_max" | "arg_min" => self.extreme(function, call, span).map(|d| vec![d]),
            "take_any" | "any" => self.take_any(function, call, span),
            _ => self.plain(function, call, span).map(|d| vec![d]),
        }
    }

    fn plain(&mut self, function: &'static AggregateFunction, call: &ast::Call, span: Span) -> Option<Draft> {
        let arguments = self.call_arguments(call, function.signatures)?;
        let resolved = self.ok(resolve(&call.name.text, function.signatures, arguments, span))?;
        let columns = match function.name {
            "percentile" | "percentiles" => percentile_columns(call, &resolved.arguments, 1, resolved.ty),
            "percentilew" | "percentilesw" => percentile_columns(call, &resolved.arguments, 2, resolved.ty),
            _ => vec![Wanted { name: default_name(call), ty: resolved.ty }],
        };
        Some(Draft { function, arguments: resolved.arguments, columns, span })
    }

    /// `arg_max(by, a, *)`: the row with the greatest value, and columns of that row.
    fn extreme(&mut self, function: &'static AggregateFunction, call: &ast::Call, span: Span) -> Option<Draft> {
        let old = matches!(&*call.name.text, "argmax" | "argmin");
        let prefix = if function.name == "arg_max" { "max" } else { "min" };
        let (first, rest) = match call.arguments.split_first() {
            Some(parts) => parts,
            None => {
                let message = format!("`{}` needs what it goes by", call.name.text);
                return self.refuse(Code::WrongArgumentCount, call.arguments_span, message);
            }
        };
        let by = self.scalar(first)?;
        if by.ty == Type::Dynamic {
            let diagnostic = Diagnostic::error(Code::WrongType, by.span, "there is no order among `dynamic` values");
            self.report(diagnostic.with_help("convert it, for example with `tolong()`"));
            return None;
        }
        let by_name = result_name(first);
        let shown = match (&by_name, old) {
            (Some(name), false) => name.clone(),
            (name, true) => prefixed(prefix, name.clone()),
            (None, false) => format!("{prefix}_"),
        };
        let mut columns = vec![Wanted { name: shown, ty: by.ty }];
        let starred = rest.iter().any(|a| matches!(a.kind, ast::ExprKind::Star));
        let mut seen: Vec<Expr> = vec![by.clone()];
        let mut arguments = vec![by];
        for (place, argument) in rest.iter().enumerate() {
            for (name, value) in self.returned(argument, &seen, starred)? {
                let base = by_name.clone().unwrap_or_default();
                let name = match (name, old) {
                    (Some(name), false) => name,
                    (name, true) => format!("{}_{}", prefixed(prefix, by_name.clone()), name.unwrap_or_default()),
                    (None, false) => format!("{prefix}_{base}_arg{}", place + 1),
                };
                columns.push(Wanted { name, ty: value.ty });
                seen.push(value.clone());
                arguments.push(value);
            }
        }
        Some(Draft { function, arguments, columns, span })
    }

    /// A returned argument: one value, or for `*` every column that is no group key and was not named before.
    fn returned(&mut self, argument: &ast::Expr, seen: &[Expr], starred: bool) -> Option<Vec<(Option<String>, Expr)>> {
        if matches!(argument.kind, ast::ExprKind::Star) {
            let columns = self.all_columns(argument.span)?;
            let keys = self.group_columns();
            let fresh = columns.into_iter().filter(|(_, column)| !seen.contains(column) && !keys.contains(column));
            return Some(fresh.map(|(name, column)| (Some(name.to_string()), column)).collect());
        }
        let value = match &argument.kind {
            ast::ExprKind::Named { value, .. } => self.scalar(value)?,
            _ => self.scalar(argument)?,
        };
        let repeated = starred && (seen.contains(&value) || self.group_columns().contains(&value));
        if repeated && matches!(value.kind, ExprKind::Column(_)) {
            return Some(vec![]);
        }
        Some(vec![(result_name(argument), value)])
    }

    /// The group keys that are plain columns under their own names.
    fn group_columns(&self) -> Vec<Expr> {
        let hidden = self.rows.iter().rev().nth(1).and_then(|outer| outer.aggregation.as_ref());
        let keys = hidden.map(|a| a.keys.as_slice()).unwrap_or_default();
        let plain = keys.iter().filter(|(name, key)| matches!(&key.kind, ExprKind::Column(column) if column == name));
        plain.map(|(_, key)| key.clone()).collect()
    }

    /// `take_any(a, b)`, `take_any(*)`: any row's values.
    fn take_any(&mut self, function: &'static AggregateFunction, call: &ast::Call, span: Span) -> Option<Vec<Draft>> {
        let old = &*call.name.text == "any" && call.arguments.len() == 1;
        let starred = call.arguments.iter().any(|a| matches!(a.kind, ast::ExprKind::Star));
        let mut columns = vec![];
        let mut arguments: Vec<Expr> = vec![];
        for (place, argument) in call.arguments.iter().enumerate() {
            for (name, value) in self.returned(argument, &arguments, starred)? {
                let name = match name {
                    Some(name) if old && !starred => prefixed("any", Some(name)),
                    Some(name) => name,
                    None if old => "any_".to_owned(),
                    None => format!("any_arg{place}"),
                };
                columns.push(Wanted { name, ty: value.ty });
                arguments.push(value);
            }
        }
        match (arguments.len(), starred) {
            // nothing is left beside the group keys
            (0, true) => Some(vec![]),
            (0, false) => self.refuse(Code::WrongArgumentCount, call.arguments_span, "`take_any` needs a column"),
            // several values are of one row
            _ => Some(vec![Draft { function, arguments, columns, span }]),
        }
    }

    /// A call within an expression of `summarize`: its column stands for it.
    pub(in crate::bind) fn aggregate_inside(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let mut drafts = self.drafted(call, span)?;
        let draft = drafts.pop()?;
        if !drafts.is_empty() || draft.columns.len() != 1 {
            let message = format!("`{}` gives several values, which cannot stand in an expression", call.name.text);
            return self.refuse(Code::NotScalar, span, message);
        }
        let ty = draft.columns.first().map_or(Type::Dynamic, |c| c.ty);
        let scope = self.rows.last_mut()?;
        let aggregation = scope.aggregation.as_mut()?;
        let shown = aggregation
            .found
            .iter()
            .find(|a| a.function.name == draft.function.name && a.arguments == draft.arguments && a.more.is_empty());
        if let Some(same) = shown {
            return Some(Expr::column(same.name.clone(), ty, span));
        }
        let name: ColumnName = format!("$aggregate{}", aggregation.found.len()).into();
        aggregation.found.extend(draft.named(vec![name.clone()]));
        Some(Expr::column(name, ty, span))
    }

    /// The aggregations of a call, its arguments bound over the plain rows.
    pub(in crate::bind::operator) fn drafted(&mut self, call: &ast::Call, span: Span) -> Option<Vec<Draft>> {
        let scope = self.rows.last().cloned()?;
        let plain = RowScope { aggregation: None, ..scope };
        self.in_row(plain, |b| b.draft(call, span)).0
    }
}

/// The name of an aggregation's only column.
fn default_name(call: &ast::Call) -> String {
    let expr = ast::Expr { kind: ast::ExprKind::Call(call.clone()), span: call.name.span };
    result_name(&expr).unwrap_or_else(|| prefixed(&call.name.text, call.arguments.first().and_then(result_name)))
}

/// A column for each percentile: `percentile_Size_95`.
fn percentile_columns(call: &ast::Call, arguments: &[Expr], first: usize, ty: Type) -> Vec<Wanted> {
    let of = call.arguments.first().and_then(result_name).unwrap_or_default();
    // an array of results is one column of type dynamic, whatever it is an array of
    let constants = arguments.iter().skip(first).filter_map(Expr::as_literal);
    constants.map(|p| Wanted { name: format!("percentile_{of}_{}", fragment(p)), ty }).collect()
}

/// A number as part of a name: `99.9` gives `99_9`.
fn fragment(value: &Value) -> String {
    let text = match value {
        Value::Real(x) => x.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Long(n) => n.to_string(),
        Value::Decimal(d) => d.to_string(),
        Value::Dynamic(Json::Number(n)) => n.to_string(),
        _ => String::new(),
    };
    text.replace(['.', '-'], "_")
}
