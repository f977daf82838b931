//! `evaluate`: a table function over the rows, by its record.
//!
//! In: rows, the call and the columns that the query declares. Out: a node of the plan; rows already, where only the rows of
//! the input tell the columns. Which plugins there are is for the library to say.

mod argument;
mod pivot;

use crate::bind::Binder;
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::library::table::{self, Argument, Columns, TableCall, TableFunction};
use crate::plan::{Expr, Relation, RelationKind};
use crate::syntax::ast::{self, OperatorParameter};
use crate::value::{Field, Schema, Value};
use argument::Draft;
use std::sync::Arc;

impl Binder<'_> {
    /// `evaluate plugin(arguments) : (schema)`
    pub(in crate::bind::operator) fn evaluate(
        &mut self,
        rows: Option<Rows>,
        parameters: &[OperatorParameter],
        call: &ast::Expr,
        schema: Option<&ast::EvaluateSchema>,
        span: Span,
    ) -> Rows {
        self.hints(parameters);
        let ast::ExprKind::Call(call) = &call.kind else {
            self.report(Diagnostic::error(Code::UnexpectedToken, call.span, "`evaluate` takes a call of a plugin"));
            return Rows::unknown(span);
        };
        if &*call.name.text == "pivot" {
            return self.pivot(rows, call, schema, span);
        }
        let Some(function) = self.plugin(&call.name) else { return Rows::unknown(span) };
        match (&rows, function.piped) {
            (None, true) => {
                let message = format!("`evaluate {}` needs a table before it", function.name);
                self.report(Diagnostic::error(Code::NotTabular, call.name.span, message));
                return Rows::unknown(span);
            }
            (Some(_), false) => {
                let message = format!("`evaluate {}` stands at the head of a query", function.name);
                self.report(Diagnostic::error(Code::UnexpectedToken, call.name.span, message));
                return Rows::unknown(span);
            }
            _ => {}
        }
        match self.placed(rows, function, call) {
            Some(draft) => self.applied(function, draft, schema, span),
            None => Rows::unknown(span),
        }
    }

    /// The plugin of that name, or a refusal by name.
    fn plugin(&mut self, name: &ast::Name) -> Option<&'static TableFunction> {
        let text = &*name.text;
        if let Some(function) = table::plugin(text) {
            return Some(function);
        }
        let diagnostic = match table::never_offline(text) {
            Some(why) => Diagnostic::error(
                Code::NeverSupported,
                name.span,
                format!("the plugin `{text}` cannot run here: {why}"),
            ),
            None => Diagnostic::error(Code::UnknownFunction, name.span, format!("no plugin `{text}`"))
                .with_suggestion(nearest(text, table::plugin_names())),
        };
        self.report(diagnostic);
        None
    }

    /// A constant that rows decide (`toscalar`).
    pub(in crate::bind::operator) fn probed_constant(&mut self, expr: &Expr) -> Option<Value> {
        let span = expr.span;
        let one = Relation::new(
            RelationKind::Values(Arc::new(crate::value::Batch { columns: vec![], rows: 1 })),
            Schema::default(),
            span,
        );
        let schema = Schema::of([("value", expr.ty)]);
        let columns = vec![("value".into(), expr.clone())];
        let kind = RelationKind::Project { input: Box::new(one), columns };
        let batch = self.probe(&Relation::new(kind, schema, span))?;
        batch.columns.first().map(|column| column.value(0))
    }

    /// The rows of a relation, now; nothing when the query is only looked at, or running fails.
    pub(in crate::bind::operator) fn probe(&mut self, relation: &Relation) -> Option<crate::value::Batch> {
        let result = self.probe.map(|probe| probe.rows(relation))?;
        self.ok(result)
    }

    /// The call over its tables.
    fn applied(
        &mut self,
        function: &'static TableFunction,
        draft: Draft,
        declared: Option<&ast::EvaluateSchema>,
        span: Span,
    ) -> Rows {
        let places = draft.places.clone();
        let (mut call, mut inputs) = draft.finish(span);
        let declared = declared.map(|d| declared_schema(&call, d));
        let schema = match (&declared, function.columns) {
            (Some(schema), _) => Ok(schema.clone()),
            (None, Columns::Bound(schema)) => schema(&call),
            (None, Columns::FromRows(schema)) => {
                for (relation, table) in inputs.iter().zip(&mut call.tables) {
                    let Some(batch) = self.probe(relation) else { return Rows::unknown(span) };
                    table.batch = batch;
                }
                let loose = call.rows() == 0;
                if loose {
                    let message = format!("`{}` has no rows, so its columns are not known", function.name);
                    let diagnostic = Diagnostic::warning(Code::NothingToAsk, span, message);
                    self.report(
                        diagnostic.with_help("any name behind it is null; `: (name: type, ...)` declares columns"),
                    );
                }
                return match schema(&call).and_then(|schema| Ok(((function.kernel)(&call, &schema)?, schema))) {
                    Ok((batch, schema)) => {
                        let relation = Relation::new(RelationKind::Values(Arc::new(batch)), schema, span);
                        Rows { loose, ..Rows::new(relation) }
                    }
                    Err(text) => self.cannot_apply(function, &text, &places, span),
                };
            }
        };
        match schema {
            Ok(schema) => {
                if !function.also.is_empty() {
                    inputs = inputs.into_iter().map(|input| self.shared(Rows::new(input), span).relation).collect();
                }
                let mut rows = applied_rows(function, &call, inputs.clone(), schema, span);
                for also in function.also {
                    rows.more.push(match also.columns {
                        Columns::Bound(schema) | Columns::FromRows(schema) => match schema(&call) {
                            Ok(schema) => applied_rows(also, &call, inputs.clone(), schema, span),
                            Err(text) => return self.cannot_apply(function, &text, &places, span),
                        },
                    });
                }
                rows
            }
            Err(text) => self.cannot_apply(function, &text, &places, span),
        }
    }

    /// Reports what a function says; a text that begins with the name of a parameter is about that argument.
    fn cannot_apply(&mut self, function: &TableFunction, text: &str, places: &[(&str, Span)], span: Span) -> Rows {
        let about = places.iter().find(|(name, _)| text.starts_with(&format!("`{name}`")));
        let place = about.map_or(span, |(_, place)| *place);
        self.report(Diagnostic::error(Code::WrongValue, place, format!("`{}`: {text}", function.name)));
        Rows::unknown(span)
    }

    /// A table function of the binder's own over rows: all their columns, and the arguments.
    pub(in crate::bind::operator) fn apply(
        &mut self,
        function: &'static TableFunction,
        rows: Rows,
        arguments: Vec<(&'static str, Argument)>,
        declared: Option<&ast::EvaluateSchema>,
        span: Span,
    ) -> Rows {
        let draft = Draft { input: Some(rows), computed: vec![], tables: vec![], arguments, places: vec![] };
        self.applied(function, draft, declared, span)
    }

    /// A table function of the binder's own over rows and a value of each, its first argument. The columns are those that
    /// the function says, unless they are given.
    pub(in crate::bind::operator) fn apply_to(
        &mut self,
        function: &'static TableFunction,
        rows: Rows,
        value: Expr,
        arguments: Vec<(&'static str, Argument)>,
        schema: Option<Schema>,
        span: Span,
    ) -> Rows {
        let index = rows.schema().len();
        let first = function.parameters.first().map_or("", |p| p.name);
        let value_argument = (first, Argument::Column { table: 0, index, name: first.to_owned() });
        let arguments = std::iter::once(value_argument).chain(arguments).collect();
        let draft = Draft { input: Some(rows), computed: vec![value], tables: vec![], arguments, places: vec![] };
        let (call, inputs) = draft.finish(span);
        let schema = match (schema, function.columns) {
            (Some(schema), _) => Ok(schema),
            (None, Columns::Bound(schema) | Columns::FromRows(schema)) => schema(&call),
        };
        match schema {
            Ok(schema) => applied_rows(function, &call, inputs, schema, span),
            Err(text) => self.cannot_apply(function, &text, &[], span),
        }
    }
}

/// The call as a relation.
fn applied_rows(
    function: &'static TableFunction,
    call: &TableCall,
    inputs: Vec<Relation>,
    schema: Schema,
    span: Span,
) -> Rows {
    let (own_columns, arguments) = (call.own_columns, call.arguments.clone());
    let kind = RelationKind::Apply { function, inputs, own_columns, arguments };
    Rows::new(Relation::new(kind, schema, span))
}

/// The columns that the query declares; `*` stands for the input's, but for those that are arguments.
fn declared_schema(call: &TableCall, declared: &ast::EvaluateSchema) -> Schema {
    let taken = |index: usize| {
        call.arguments.iter().any(|(_, a)| matches!(a, Argument::Column { table: 0, index: i, .. } if *i == index))
    };
    let input = call.input_columns().filter(|c| declared.star && !taken(c.index));
    let input = input.map(|c| Field { name: c.name.into(), ty: c.ty });
    let columns = declared.columns.iter().map(|c| Field { name: c.name.text.clone(), ty: c.ty.ty });
    let columns: Vec<Field> = columns.collect();
    let kept: Vec<Field> = input.filter(|f| !columns.iter().any(|c| c.name == f.name)).collect();
    Schema::new(kept.into_iter().chain(columns))
}
