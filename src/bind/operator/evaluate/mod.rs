//! `evaluate`: a table function over the rows, by its record.
//!
//! Arguments are told apart by what they are: columns of the input by name, constants, tables, and expressions, which become
//! columns of the binder's own behind the input's.

mod pivot;

use super::whole::plugin::{declared_schema, wanted};
use crate::bind::Binder;
use crate::bind::naming::{Projection, result_name};
use crate::bind::scope::{Found, Rows};
use crate::bind::table::Item;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::library::table::{self, Argument, Columns, TableCall, TableData, TableFunction, TableParameter, Takes};
use crate::plan::{Expr, Relation, RelationKind};
use crate::syntax::ast::{self, OperatorParameter};
use crate::value::{Schema, Type, Value};
use std::sync::Arc;

/// An argument before its place is found.
#[expect(clippy::large_enum_variant, reason = "made and taken apart at once")]
enum Given {
    Column(usize),
    ColumnOfTable(usize),
    Expression(Expr),
    Constant(Value),
    Table(Rows),
}

/// A call in the making: the tables and arguments placed so far.
struct Draft {
    input: Option<Rows>,
    /// Columns computed behind the input's.
    computed: Vec<Expr>,
    tables: Vec<Rows>,
    arguments: Vec<(&'static str, Argument)>,
    /// Where the arguments were written.
    places: Vec<(&'static str, Span)>,
}

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

    /// The arguments at their parameters; nothing when one does not fit, or a table is of unknown columns.
    fn placed(&mut self, rows: Option<Rows>, function: &'static TableFunction, call: &ast::Call) -> Option<Draft> {
        let open = rows.as_ref().is_some_and(|r| r.open);
        let mut draft = Draft { input: rows, computed: vec![], tables: vec![], arguments: vec![], places: vec![] };
        let mut parameters = function.parameters;
        for argument in &call.arguments {
            let (written, value) = match &argument.kind {
                ast::ExprKind::Named { names, value } => (names.first(), &**value),
                _ => (None, argument),
            };
            let given = self.given(function, &draft, value)?;
            let parameter = match written {
                Some(name) if !names_an_expression(function, name) => self.parameter_named(function, name)?,
                _ => self.next_parameter(function, &mut parameters, &draft, &given, value.span)?,
            };
            if is_default(&given, parameter) {
                continue;
            }
            if !fits(&draft, &given, parameter.takes) {
                return self.misplaced(function, parameter, value.span);
            }
            draft.places.push((parameter.name, value.span));
            let label = written.filter(|name| names_an_expression(function, name)).map(|n| n.text.to_string());
            draft.place(parameter, given, label.or_else(|| result_name(value)));
        }
        let given = |p: &TableParameter| draft.arguments.iter().any(|(name, _)| *name == p.name);
        if let Some(missing) = function.parameters.iter().find(|p| !p.optional && !given(p)) {
            let message = format!("`{}` needs its argument `{}`", function.name, missing.name);
            return self.refuse(Code::WrongArgumentCount, call.arguments_span, message);
        }
        (!open && draft.tables.iter().all(|t| !t.open)).then_some(draft)
    }

    /// The next parameter that an argument fits; optional ones that it does not fit are passed over.
    fn next_parameter(
        &mut self,
        function: &'static TableFunction,
        parameters: &mut &'static [TableParameter],
        draft: &Draft,
        given: &Given,
        span: Span,
    ) -> Option<&'static TableParameter> {
        let mut passed = None;
        while let Some((parameter, rest)) = parameters.split_first() {
            let fits = fits(draft, given, parameter.takes) && (!parameter.optional || draft.alike(parameter, given));
            if is_default(given, parameter) || fits {
                if !parameter.repeats {
                    *parameters = rest;
                }
                return Some(parameter);
            }
            if !parameter.optional {
                return self.misplaced(function, parameter, span);
            }
            passed = passed.or(Some(parameter));
            *parameters = rest;
        }
        match passed {
            Some(parameter) => self.misplaced(function, parameter, span),
            None => {
                let most = function.parameters.len();
                let most = match most {
                    0 => "no arguments".to_owned(),
                    1 => "one argument".to_owned(),
                    most => format!("at most {most} arguments"),
                };
                let message = format!("`{}` takes {most}", function.name);
                self.refuse(Code::WrongArgumentCount, span, message)
            }
        }
    }

    fn parameter_named(
        &mut self,
        function: &'static TableFunction,
        name: &ast::Name,
    ) -> Option<&'static TableParameter> {
        let found = function.parameters.iter().find(|p| p.name == &*name.text);
        if found.is_none() {
            let near = nearest(&name.text, function.parameters.iter().map(|p| p.name));
            let message = format!("`{}` has no parameter `{}`", function.name, name.text);
            self.report(Diagnostic::error(Code::UnknownArgument, name.span, message).with_suggestion(near));
        }
        found
    }

    fn misplaced<T>(&mut self, function: &TableFunction, parameter: &TableParameter, span: Span) -> Option<T> {
        let message = format!("`{}` takes {} as its `{}`", function.name, wanted(parameter.takes), parameter.name);
        self.refuse(Code::WrongType, span, message)
    }

    /// What an argument is.
    fn given(&mut self, function: &TableFunction, draft: &Draft, argument: &ast::Expr) -> Option<Given> {
        if let ast::ExprKind::Name(name) = &argument.kind {
            match draft.input.as_ref().map(|rows| rows.side().column(&name.text, name.span)) {
                Some(Found::Column(_)) => {
                    let schema = draft.input.as_ref()?.schema();
                    return Some(Given::Column(schema.index_of(&name.text)?));
                }
                Some(Found::Silent) => return None,
                _ => {}
            }
            let last = draft.tables.last().and_then(|table| table.schema().index_of(&name.text));
            if let Some(index) = last {
                return Some(Given::ColumnOfTable(index));
            }
        }
        // where no table is due, a name that there is not is a column's
        let tables = function.parameters.iter().filter(|p| matches!(p.takes, Takes::Table)).count();
        let item = match &draft.input {
            Some(rows) if draft.tables.len() < tables => self.over(rows, |b| b.item(argument)),
            Some(rows) => self.over(rows, |b| b.scalar(argument)).map(Item::Scalar),
            None => self.without_row(|b| b.item(argument)),
        };
        match item? {
            Item::Table(rows) => Some(Given::Table(self.tabular(rows, argument.span))),
            Item::Scalar(expr) if !expr.is_rowless() => Some(Given::Expression(expr)),
            Item::Scalar(expr) => match expr.as_literal() {
                Some(value) => Some(Given::Constant(value.clone())),
                None => self.probed_constant(&expr).map(Given::Constant),
            },
        }
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
        let declared = declared.map(|d| (declared_schema(&call, d), d.span));
        let schema = match (&declared, function.columns) {
            (Some((schema, _)), Columns::FromRows(_)) => Ok(schema.clone()),
            (Some((schema, at)), Columns::Bound(own)) => match own(&call) {
                Ok(own) if own != *schema => {
                    let columns = own.fields().iter().map(|f| format!("{}: {}", f.name, f.ty)).collect::<Vec<_>>();
                    let message = format!("`{}` gives the columns ({})", function.name, columns.join(", "));
                    self.report(Diagnostic::error(Code::WrongType, *at, message));
                    return Rows::unknown(span);
                }
                own => own,
            },
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

/// A name before an expression that is no parameter's: the name of the column that the expression becomes.
fn names_an_expression(function: &TableFunction, name: &ast::Name) -> bool {
    let takes_expressions = function.parameters.iter().any(|p| matches!(p.takes, Takes::Expression(_)));
    takes_expressions && !function.parameters.iter().any(|p| p.name == &*name.text)
}

/// `~` stands for the default of a parameter that does not take a text.
fn is_default(given: &Given, parameter: &TableParameter) -> bool {
    let takes_text = match parameter.takes {
        Takes::Constant(types) | Takes::ColumnOrConstant(types) => types.is_empty() || types.contains(&Type::String),
        _ => false,
    };
    let tilde = matches!(given, Given::Constant(Value::String(text)) if text == "~");
    tilde && parameter.optional && !takes_text
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

impl Draft {
    /// Whether a constant has the type of the column that its parameter goes with.
    fn alike(&self, parameter: &TableParameter, given: &Given) -> bool {
        let (Some(column), Given::Constant(value)) = (parameter.like, given) else { return true };
        let with = self.arguments.iter().find_map(|(name, argument)| match argument {
            Argument::Column { table: 0, index, .. } if *name == column => self.column_type(*index),
            _ => None,
        });
        let same = |(a, b): (Type, Type)| a == b || (a.is_integer() && b.is_integer());
        with.zip(value.type_of()).is_none_or(same)
    }

    fn place(&mut self, parameter: &TableParameter, given: Given, name: Option<String>) {
        let columns = |rows: Option<&Rows>| rows.map_or(0, |r| r.schema().len());
        let argument = match given {
            // a column of both sides by one name
            Given::Column(index) if matches!(parameter.takes, Takes::ColumnOfTable(_)) => {
                let name = name.unwrap_or_default();
                let index = self.tables.last().and_then(|table| table.schema().index_of(&name)).unwrap_or(index);
                Argument::Column { table: self.last_table(), index, name }
            }
            Given::Column(index) => Argument::Column { table: 0, index, name: name.unwrap_or_default() },
            Given::ColumnOfTable(index) => {
                Argument::Column { table: self.last_table(), index, name: name.unwrap_or_default() }
            }
            Given::Constant(value) if matches!(parameter.takes, Takes::Expression(_)) => {
                let ty = value.type_of().unwrap_or(Type::Dynamic);
                return self.place(parameter, Given::Expression(Expr::literal(value, ty, Span::default())), name);
            }
            Given::Expression(expr) => {
                let index = columns(self.input.as_ref()) + self.computed.len();
                self.computed.push(expr);
                Argument::Column { table: 0, index, name: name.unwrap_or_else(|| format!("Column{}", index + 1)) }
            }
            Given::Constant(value) => Argument::Constant(value),
            Given::Table(rows) => {
                self.tables.push(rows);
                Argument::Table(self.last_table())
            }
        };
        self.arguments.push((parameter.name, argument));
    }

    /// The call without rows, and the relations of its tables.
    fn finish(self, span: Span) -> (TableCall, Vec<Relation>) {
        let own_columns = self.input.as_ref().map_or(0, |rows| rows.schema().len());
        let input = self.input.map(|rows| {
            let mut projection = Projection::over(rows.columns(span));
            for (place, expr) in self.computed.into_iter().enumerate() {
                projection.add(&format!("$argument{place}"), Some(expr), false);
            }
            crate::bind::operator::project::extended(rows, projection, span)
        });
        let inputs: Vec<Relation> = input.into_iter().chain(self.tables).map(|rows| rows.relation).collect();
        let tables = inputs.iter().map(|r| TableData::of_schema(r.schema.as_ref().clone())).collect();
        (TableCall { tables, own_columns, arguments: self.arguments }, inputs)
    }

    /// The number of the table given last; the piped one is number 0.
    fn last_table(&self) -> usize {
        (self.tables.len() + usize::from(self.input.is_some())).saturating_sub(1)
    }

    fn column_type(&self, index: usize) -> Option<Type> {
        self.input.as_ref().and_then(|rows| rows.schema().fields().get(index)).map(|f| f.ty)
    }
}

/// Whether an argument can stand at a parameter.
fn fits(draft: &Draft, given: &Given, takes: Takes) -> bool {
    let one_of = |types: &[Type], ty: Option<Type>| types.is_empty() || ty.is_some_and(|ty| types.contains(&ty));
    match (given, takes) {
        (Given::Column(index), Takes::Column(types) | Takes::Expression(types) | Takes::ColumnOrConstant(types)) => {
            matches!(takes, Takes::ColumnOrConstant(_)) || one_of(types, draft.column_type(*index))
        }
        (Given::Column(index), Takes::ColumnOfTable(types)) => {
            // a column of both sides by one name
            let name = draft.input.as_ref().and_then(|rows| rows.schema().fields().get(*index)).map(|f| &f.name);
            let field = draft.tables.last().zip(name).and_then(|(table, name)| table.schema().field(name));
            field.is_some_and(|f| one_of(types, Some(f.ty)))
        }
        (Given::ColumnOfTable(index), Takes::ColumnOfTable(types)) => {
            let field = draft.tables.last().and_then(|table| table.schema().fields().get(*index));
            field.is_some_and(|f| one_of(types, Some(f.ty)))
        }
        (Given::Expression(expr), Takes::Expression(types)) => one_of(types, Some(expr.ty)),
        (Given::Constant(value), Takes::Constant(types) | Takes::ColumnOrConstant(types)) => {
            let ty = value.type_of();
            let widens = ty.is_some_and(Type::is_integer) && types.iter().any(|t| matches!(t, Type::Real | Type::Long));
            ty.is_none() || widens || one_of(types, ty)
        }
        (Given::Constant(value), Takes::Expression(types)) => one_of(types, value.type_of()),
        (Given::Table(_), Takes::Table) => true,
        _ => false,
    }
}
