//! Functions declared in the query or saved outside of it: bound anew at every call, with their arguments in place of the parameters.

use super::coerce::{assign, function};
use super::list::first_column;
use super::option::Sight;
use super::scope::{Binding, Names, RowScope, Rows};
use super::table::Item;
use super::{Binder, statement};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::plan::{Expr, ExprKind};
use crate::syntax::ast;
use crate::value::Type;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// Calls may be nested so deep, and so many are expanded in one query.
const DEEPEST: usize = 48;
const MOST: usize = 20_000;

/// A declared function and the names that its body sees.
pub(super) struct LetFunction {
    pub(super) name: Arc<str>,
    pub(super) literal: ast::FunctionLiteral,
    pub(super) names: Names,
    /// The names in its text, when that is not the query's: see [`super::Binder::mentioned`].
    pub(super) mentioned: Option<BTreeSet<Arc<str>>>,
    /// What its text sees of the catalog.
    pub(super) sight: Sight,
}

impl LetFunction {
    /// Declared with `view`: wildcards of `union` find it.
    pub(super) fn is_view(&self) -> bool {
        self.literal.view.is_some()
    }
}

impl Binder<'_> {
    /// A call; `piped` is the table that `invoke` gives as the first argument.
    pub(super) fn call_declared(
        &mut self,
        function: &Rc<LetFunction>,
        call: &ast::Call,
        piped: Option<Rows>,
        span: Span,
    ) -> Option<Item> {
        if self.calls.len() >= DEEPEST {
            return self.refuse(Code::TooDeep, span, "function calls are nested too deeply");
        }
        self.expanded += 1;
        if self.expanded > MOST {
            // Every call further out would tell it again.
            let first = self.expanded == MOST + 1;
            let message = format!("functions are called more than {MOST} times in all, those that they call included");
            return if first { self.refuse(Code::TooDeep, span, message) } else { None };
        }
        let names = self.bind_parameters(function, call, piped)?;
        let outer = std::mem::replace(&mut self.names, names);
        let sight = std::mem::replace(&mut self.sight, function.sight.clone());
        self.calls.push(function.name.clone());
        let result = match &function.mentioned {
            Some(mentioned) => self.abroad(function, mentioned, span),
            None => self.hidden_row(|b| b.body(&function.literal)),
        };
        self.calls.pop();
        self.names = outer;
        self.sight = sight;
        match result? {
            Item::Table(rows) if function.is_view() => {
                Some(Item::Table(Rows { source: Some(function.name.clone()), ..rows }))
            }
            Item::Table(rows) => Some(Item::Table(Rows { source: None, ..rows })),
            item => Some(item),
        }
    }

    /// The caller's row stays there for the parameters; its columns are out of sight.
    pub(super) fn hidden_row<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        match self.rows.last().cloned() {
            Some(scope) => {
                let hidden = RowScope { visible: false, aggregation: None, windows: vec![], ..scope };
                self.in_row(hidden, run).0
            }
            None => run(self),
        }
    }

    pub(super) fn body(&mut self, literal: &ast::FunctionLiteral) -> Option<Item> {
        for statement in &literal.statements {
            self.declare(statement);
        }
        match &literal.body {
            Some(body) => self.item(body),
            None => self.refuse(Code::NoResult, literal.span, "the function returns nothing"),
        }
    }

    /// The names that the body sees: those of its declaration, and the parameters.
    fn bind_parameters(&mut self, function: &Rc<LetFunction>, call: &ast::Call, piped: Option<Rows>) -> Option<Names> {
        let parameters = &function.literal.parameters;
        for (place, parameter) in parameters.iter().enumerate() {
            if parameters.iter().take(place).any(|p| p.name.text == parameter.name.text) {
                let message = format!("`{}` has the parameter `{}` twice", function.name, parameter.name.text);
                self.report(Diagnostic::error(Code::DuplicateName, parameter.name.span, message));
                return None;
            }
        }
        let mut given: Vec<Option<&ast::Expr>> = vec![None; parameters.len()];
        let mut piped = piped.map(|rows| Binding::Table(Rc::new(rows)));
        let first = usize::from(piped.is_some());
        self.place_arguments(function, call, first, &mut given)?;
        let mut names = function.names.clone();
        let mut complete = true;
        for (place, (parameter, argument)) in parameters.iter().zip(given).enumerate() {
            let outside = function.mentioned.is_some();
            let binding = match (piped.take_if(|_| place == 0), argument, &parameter.default) {
                (Some(Binding::Table(rows)), ..) => self.piped_parameter(parameter, rows),
                (_, Some(argument), _) => self.bind_parameter(parameter, argument, outside),
                (_, None, Some(default)) => self.bind_parameter(parameter, default, outside),
                (_, None, None) => {
                    let message = format!("`{}` needs its argument `{}`", function.name, parameter.name.text);
                    self.report(Diagnostic::error(Code::WrongArgumentCount, call.arguments_span, message));
                    None
                }
            };
            complete &= binding.is_some();
            names = names.with(parameter.name.text.clone(), binding.unwrap_or(Binding::Unknown));
        }
        complete.then_some(names)
    }

    fn place_arguments<'e>(
        &mut self,
        function: &LetFunction,
        call: &'e ast::Call,
        first: usize,
        given: &mut [Option<&'e ast::Expr>],
    ) -> Option<()> {
        let parameters = &function.literal.parameters;
        let mut next = first;
        for argument in &call.arguments {
            let (place, value) = match &argument.kind {
                ast::ExprKind::Named { names, value } => {
                    let name = names.first()?;
                    let Some(place) = parameters.iter().position(|p| p.name.text == name.text) else {
                        let near = nearest(&name.text, parameters.iter().map(|p| &*p.name.text));
                        let message = format!("`{}` has no parameter `{}`", function.name, name.text);
                        self.report(Diagnostic::error(Code::UnknownArgument, name.span, message).with_suggestion(near));
                        return None;
                    };
                    (place, &**value)
                }
                _ => (next, argument),
            };
            next = place + 1;
            let Some(slot) = given.get_mut(place) else {
                let (takes, count) = (parameters.len(), call.arguments.len() + first);
                let message = format!("`{}` takes {takes} arguments, not {count}", function.name);
                return self.refuse(Code::WrongArgumentCount, call.arguments_span, message);
            };
            if slot.replace(value).is_some() {
                let message = format!("the arguments of `{}` give one parameter twice", function.name);
                return self.refuse(Code::UnknownArgument, argument.span, message);
            }
        }
        Some(())
    }

    /// An argument as its parameter's type. Functions from `outside` of the query take a single text where their parameter
    /// is a list, as the documents of ASIM's views say; and hunts give them tables.
    fn bind_parameter(&mut self, parameter: &ast::Parameter, argument: &ast::Expr, outside: bool) -> Option<Binding> {
        match &parameter.ty {
            ast::ParameterType::Scalar(ty) => {
                let bound = match ty.ty {
                    Type::Dynamic if outside => self.list_argument(argument)?,
                    _ => self.scalar(argument)?,
                };
                let what = format!("the parameter `{}`", parameter.name.text);
                let bound = self.ok(assign(bound, ty.ty, &what))?;
                let row = if bound.is_rowless() { None } else { self.rows.last().map(|r| r.id) };
                Some(Binding::Scalar { expr: bound, row })
            }
            ast::ParameterType::Tabular { .. } => {
                let rows = self.table(argument);
                self.piped_parameter(parameter, Rc::new(rows))
            }
        }
    }

    /// A list for a function from outside of the query: as a dynamic, as a single text, or as a table's first column.
    fn list_argument(&mut self, argument: &ast::Expr) -> Option<Expr> {
        let span = argument.span;
        match self.item(argument)? {
            Item::Scalar(value) if value.ty == Type::String => {
                let pack = self.ok(function("pack_array", span))?;
                self.library_call("pack_array", pack, vec![value], span)
            }
            Item::Scalar(value) => Some(value),
            Item::Table(rows) if rows.open => None,
            Item::Table(rows) => {
                let Some(field) = rows.schema().fields().first().cloned() else {
                    return self.refuse(Code::NotTabular, span, "the table has no column");
                };
                let message = "a table stands where a list is needed: its first column is taken";
                let help = "Kusto takes no table here; `toscalar(T | summarize make_set(x))` makes a list of it";
                self.report(Diagnostic::warning(Code::NotScalar, span, message).with_help(help));
                let column = Expr::column(field.name.clone(), field.ty, span);
                let table = Box::new(first_column(rows.relation, field.name, column));
                Some(Expr { kind: ExprKind::ArrayOf(table), ty: Type::Dynamic, span })
            }
        }
    }

    /// A table for a parameter: it must have the declared columns, and may have more.
    fn piped_parameter(&mut self, parameter: &ast::Parameter, rows: Rc<Rows>) -> Option<Binding> {
        let ast::ParameterType::Tabular { columns, span, .. } = &parameter.ty else {
            let message = format!("the parameter `{}` takes a single value, not a table", parameter.name.text);
            return self.refuse(Code::NotScalar, parameter.name.span, message);
        };
        if !rows.open {
            for column in columns {
                let field = rows.schema().field(&column.name.text);
                if field.is_none_or(|f| f.ty != column.ty.ty) {
                    let message = format!(
                        "the table has no column `{}` of type `{}`, which the parameter `{}` asks for",
                        column.name.text, column.ty.ty, parameter.name.text
                    );
                    let diagnostic = Diagnostic::error(Code::UnknownColumn, rows.relation.span, message);
                    self.report(diagnostic.with_label(*span, "asked for here"));
                    return None;
                }
            }
        }
        Some(Binding::Table(rows))
    }

    /// Declares what a statement declares.
    pub(super) fn declare(&mut self, statement: &ast::Statement) {
        statement::declare(self, statement);
    }
}
