//! Calls with several results: each of them becomes a column.
//!
//! In: a call as written. Out: a name and a value for each result. Such a call is no value, so that it cannot stand within
//! an expression.

use crate::bind::Binder;
use crate::bind::coerce::convert;
use crate::bind::naming::{Projection, prefixed, result_name};
use crate::bind::scope::{Binding, Rows};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::library::{self, Function};
use crate::plan::{ColumnName, Expr, ExprKind, PathStep, RelationKind};
use crate::syntax::ast;
use crate::value::{Field, Schema};
use std::sync::Arc;

/// Results by the names that they get unless others are written; without a value where the call failed to bind.
type Results = Vec<(String, Option<Expr>)>;

impl Binder<'_> {
    /// The call that an item is, if that has several results.
    pub(in crate::bind) fn call_of_several<'e>(&self, item: &'e ast::Expr) -> Option<&'e ast::Call> {
        let ast::ExprKind::Call(call) = &item.kind else { return None };
        let declared = matches!(self.names.find(&call.name.text), Some(Binding::Function(_)));
        (!declared && (sorts_together(call) || tuple_function(call).is_some())).then_some(call)
    }

    /// Adds a column for each result: under the written names first, then under those that Kusto makes. Where names are
    /// written, `project` and `summarize` keep the results that have none (`rest`), `extend` and `print` do not.
    pub(in crate::bind) fn add_results(
        &mut self,
        projection: &mut Projection,
        names: &[ast::Name],
        call: &ast::Call,
        span: Span,
        rest: bool,
    ) {
        let results = self.results_of(call, span);
        if let Some(extra) = names.get(results.len()) {
            let message = format!("there are {} values for {} names", results.len(), names.len());
            self.report(Diagnostic::error(Code::WrongArgumentCount, extra.span, message));
        }
        let wanted = if rest || names.is_empty() { results.len() } else { names.len() };
        for (place, (own, value)) in results.into_iter().enumerate().take(wanted) {
            match names.get(place) {
                Some(name) => {
                    let declared = projection.declare(&name.text, value, name.span, true);
                    self.ok(declared);
                }
                None => drop(projection.add(&own, value, false)),
            }
        }
    }

    fn results_of(&mut self, call: &ast::Call, span: Span) -> Results {
        match tuple_function(call) {
            Some(function) => self.tuple(function, call, span),
            None => self.sorted_together(call, span),
        }
    }

    /// The kernel gives an array with an element for each result.
    fn tuple(&mut self, function: &'static Function, call: &ast::Call, span: Span) -> Results {
        let arguments = self.call_arguments(call, function.signatures);
        let whole = arguments.and_then(|arguments| self.library_call(&call.name.text, function, arguments, span));
        let prefix = prefixed(function.name, call.arguments.first().and_then(result_name));
        let results = function.results.iter().zip(0..);
        results
            .map(|(result, place)| {
                let one = whole.clone().map(|whole| Expr::path(whole, PathStep::Index(place), span));
                let value = one.and_then(|one| self.ok(convert(one, result.ty)));
                (format!("{prefix}_{}", result.name), value)
            })
            .collect()
    }

    /// Sorting several arrays together gives each of them.
    fn sorted_together(&mut self, call: &ast::Call, span: Span) -> Results {
        let function = library::scalar_function(&call.name.text);
        let whole = function.and_then(|function| {
            let arguments = self.call_arguments(call, function.signatures)?;
            self.library_call(&call.name.text, function, arguments, span)
        });
        let named = arrays(call).zip(0..).map(|(argument, place)| {
            let of = result_name(argument).unwrap_or_else(|| format!("array{place}"));
            (format!("{of}_sorted"), whole.clone().map(|whole| Expr::path(whole, PathStep::Index(place), span)))
        });
        named.collect()
    }

    /// Refuses a call with several results where one value is needed.
    pub(super) fn refuse_several(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let message = format!("`{}` gives several values, which cannot stand in an expression", call.name.text);
        let diagnostic = Diagnostic::error(Code::NotScalar, span, message);
        self.report(diagnostic.with_help("give its values names with `extend (a, b) = ...` first"));
        None
    }
}

/// Computes every call that gives several of these columns once, in a column below them; nothing where there is none.
pub(in crate::bind) fn shared_results(rows: &Rows, projection: &mut Projection, span: Span) -> Option<Rows> {
    let mut calls: Vec<(Expr, usize)> = vec![];
    for call in projection.values_mut().filter_map(tuple_in) {
        match calls.iter_mut().find(|(same, _)| same == call) {
            Some((_, uses)) => *uses += 1,
            None => calls.push((call.clone(), 1)),
        }
    }
    let often = calls.into_iter().filter(|(_, uses)| *uses > 1).zip(0..);
    let shared: Vec<(ColumnName, Expr)> =
        often.map(|((call, _), number)| (format!("$results{number}").into(), call)).collect();
    if shared.is_empty() {
        return None;
    }
    for call in projection.values_mut().filter_map(tuple_in) {
        if let Some((name, _)) = shared.iter().find(|(_, same)| same == call) {
            *call = Expr::column(name.clone(), call.ty, call.span);
        }
    }
    let new = shared.iter().map(|(name, call)| Field { name: name.clone(), ty: call.ty });
    let schema = Arc::new(Schema::new(rows.schema().fields().iter().cloned().chain(new)));
    Some(rows.clone().then(span, |input| (RelationKind::Extend { input, columns: shared }, schema)))
}

/// The call whose result this is: under its place, under a conversion.
fn tuple_in(value: &mut Expr) -> Option<&mut Expr> {
    match &mut value.kind {
        ExprKind::Call { arguments, .. } => arguments.first_mut().and_then(tuple_in),
        ExprKind::Path { base, .. } => {
            matches!(&base.kind, ExprKind::Call { function, .. } if !function.results.is_empty()).then_some(&mut **base)
        }
        _ => None,
    }
}

fn tuple_function(call: &ast::Call) -> Option<&'static Function> {
    library::scalar_function(&call.name.text).filter(|function| !function.results.is_empty())
}

fn arrays(call: &ast::Call) -> impl Iterator<Item = &ast::Expr> {
    call.arguments.iter().filter(|a| !matches!(a.kind, ast::ExprKind::Literal(_)))
}

fn sorts_together(call: &ast::Call) -> bool {
    matches!(&*call.name.text, "array_sort_asc" | "array_sort_desc") && arrays(call).count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    #[test]
    fn every_tuple_is_an_array_of_its_results() {
        for function in library::scalar::FAMILIES.iter().flat_map(|family| family.functions) {
            let dynamic = |s: &library::Signature| matches!(s.returns, library::Returns::Type(Type::Dynamic));
            assert!(function.results.is_empty() || function.signatures.iter().all(dynamic), "`{}`", function.name);
        }
    }
}
