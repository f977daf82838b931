//! `where`, `as`, `invoke`, `getschema`, `assert-schema`: operators that keep the rows or tell about them.

use crate::bind::Binder;
use crate::bind::function::LetFunction;
use crate::bind::operator::project::by_names;
use crate::bind::scope::{Binding, Rows};
use crate::bind::table::Item;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::plan::{Relation, RelationKind};
use crate::syntax::ast;
use crate::value::{Batch, Schema, Type, Value};
use std::rc::Rc;
use std::sync::Arc;

impl Binder<'_> {
    /// `where predicate`
    pub(in crate::bind::operator) fn filter(&mut self, rows: Rows, predicate: &ast::Expr, span: Span) -> Rows {
        let (predicate, windowed) = self.over_windows(&rows, span, |b| b.predicate(predicate));
        let Some(predicate) = predicate else { return rows };
        let filtered = windowed.unwrap_or_else(|| rows.clone()).then(span, |input| {
            let schema = input.schema.clone();
            (RelationKind::Filter { input, predicate }, schema)
        });
        // columns of window functions were for the predicate only
        if filtered.schema() == rows.schema() {
            return filtered;
        }
        by_names(filtered, rows.schema().fields().iter().map(|f| f.name.clone()).collect(), span)
    }

    /// `as name`
    pub(in crate::bind::operator) fn name_rows(&mut self, rows: Rows, name: &ast::Name, span: Span) -> Rows {
        let mut rows = self.shared(rows, span);
        rows.source = Some(name.text.clone());
        self.names = self.names.with(name.text.clone(), Binding::Table(Rc::new(rows.clone())));
        rows
    }

    /// `invoke f(arguments)`: the rows are the first argument.
    pub(in crate::bind::operator) fn invoke(&mut self, rows: Rows, call: &ast::Expr, span: Span) -> Rows {
        let ast::ExprKind::Call(call) = &call.kind else {
            self.report(Diagnostic::error(Code::UnexpectedToken, call.span, "`invoke` takes a call of a function"));
            return Rows::unknown(span);
        };
        let declared = match self.names.find(&call.name.text).cloned() {
            Some(Binding::Function(function)) => Some(Some(function)),
            Some(Binding::Unknown) => Some(None),
            _ => self.kept_function(&call.name),
        };
        match declared {
            Some(Some(function)) => self.invoked(&function, call, rows, span),
            Some(None) => Rows::unknown(span),
            None => self.portal_invoke(rows, call, span),
        }
    }

    /// A function whose first argument is the rows.
    pub(in crate::bind) fn invoked(
        &mut self,
        function: &Rc<LetFunction>,
        call: &ast::Call,
        rows: Rows,
        span: Span,
    ) -> Rows {
        // bare columns as arguments are columns of the rows
        let side = rows.clone();
        match self.over(&side, |b| b.call_declared(function, call, Some(rows), span)) {
            Some(Item::Table(rows)) => rows,
            Some(Item::Scalar(_)) => {
                let message = format!("`{}` returns a single value, not a table", call.name.text);
                self.report(Diagnostic::error(Code::NotTabular, call.name.span, message));
                Rows::unknown(span)
            }
            None => Rows::unknown(span),
        }
    }

    /// `getschema`: a row for each column.
    pub(in crate::bind::operator) fn getschema(&mut self, rows: Rows, span: Span) -> Rows {
        if rows.open {
            return Rows::unknown(span);
        }
        let schema = Schema::of([
            ("ColumnName", Type::String),
            ("ColumnOrdinal", Type::Int),
            ("DataType", Type::String),
            ("ColumnType", Type::String),
        ]);
        let described = rows.schema().fields().iter().enumerate().map(|(ordinal, field)| {
            vec![
                Value::String(field.name.to_string()),
                Value::Int(i32::try_from(ordinal).unwrap_or(i32::MAX)),
                Value::String(field.ty.net_name().to_owned()),
                Value::String(field.ty.name().to_owned()),
            ]
        });
        let batch = Batch::from_rows(&schema, described);
        Rows::new(Relation::new(RelationKind::Values(Arc::new(batch)), schema, span))
    }

    /// `assert-schema (a:long)`
    pub(in crate::bind::operator) fn assert_schema(
        &mut self,
        rows: Rows,
        columns: &[ast::ColumnDeclaration],
        keyword: Span,
    ) -> Rows {
        if rows.open {
            return rows;
        }
        let declared = columns.iter().map(|c| (&*c.name.text, c.ty.ty));
        let actual = rows.schema().fields().iter().map(|f| (&*f.name, f.ty));
        if !declared.eq(actual) {
            self.report(Diagnostic::error(Code::WrongType, keyword, "the table has other columns than asserted"));
        }
        rows
    }
}
