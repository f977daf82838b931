//! The arguments of `evaluate`, told apart by what they are, each at its parameter.
//!
//! In: arguments as written and the record's parameters. Out: a call in the making. Nothing here knows what the function
//! gives.

use crate::bind::Binder;
use crate::bind::naming::{Projection, result_name};
use crate::bind::scope::{Found, Rows};
use crate::bind::table::Item;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::library::table::{Argument, TableCall, TableData, TableFunction, TableParameter, Takes};
use crate::plan::{Expr, Relation};
use crate::syntax::ast;
use crate::value::{Type, Value};

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
pub(super) struct Draft {
    pub(super) input: Option<Rows>,
    /// Columns computed behind the input's.
    pub(super) computed: Vec<Expr>,
    pub(super) tables: Vec<Rows>,
    pub(super) arguments: Vec<(&'static str, Argument)>,
    /// Where the arguments were written.
    pub(super) places: Vec<(&'static str, Span)>,
}

impl Binder<'_> {
    /// The arguments at their parameters; nothing when one does not fit, or a table is of unknown columns.
    pub(super) fn placed(
        &mut self,
        rows: Option<Rows>,
        function: &'static TableFunction,
        call: &ast::Call,
    ) -> Option<Draft> {
        let open = rows.as_ref().is_some_and(|r| r.open);
        let mut draft = Draft { input: rows, computed: vec![], tables: vec![], arguments: vec![], places: vec![] };
        let mut parameters = function.parameters;
        for argument in &call.arguments {
            let (written, value) = match &argument.kind {
                ast::ExprKind::Named { names, value } => (names.first(), &**value),
                _ => (None, argument),
            };
            let given = self.given(&draft, value)?;
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
            draft.place(parameter, given, written.map(|n| n.text.to_string()).or_else(|| result_name(value)));
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
    fn given(&mut self, draft: &Draft, argument: &ast::Expr) -> Option<Given> {
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
        let item = match &draft.input {
            Some(rows) => self.over(rows, |b| b.item(argument)),
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
    pub(super) fn finish(self, span: Span) -> (TableCall, Vec<Relation>) {
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

fn wanted(takes: Takes) -> String {
    let (what, types) = match takes {
        Takes::Column(types) => ("a column", types),
        Takes::Expression(types) => ("a value of each row", types),
        Takes::Constant(types) => ("a constant", types),
        Takes::ColumnOrConstant(types) => ("a column or a constant", types),
        Takes::Table => ("a table", &[] as &[Type]),
        Takes::ColumnOfTable(types) => ("a column of the table before", types),
    };
    if types.is_empty() {
        return what.to_owned();
    }
    let names: Vec<String> = types.iter().map(|t| format!("`{t}`")).collect();
    format!("{what} of type {}", names.join(" or "))
}
